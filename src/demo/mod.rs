//! limpet to try out: three stateful toy carts and a limpet in front of them, in one process.
//!
//! The limpet is a whole one, started by `run` from TOML that a reader could have written; nothing in it knows that
//! this is a demo. `cart` and `carts` are the backends, `tour` plays a client and judges what it sees. Signals and
//! arguments are the command's.

mod cart;
mod carts;
mod stage;
mod tour;
mod visitor;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use crate::config::{Report, from_text};
use crate::net::cores;
use crate::run::{Running, StartError, start};

use carts::Carts;

/// Toy carts, and where the limpet in front of them is.
pub(crate) struct Demo {
    carts: Carts,
    listen: SocketAddr,
    status: SocketAddr,
    /// Why the status listener is not where it was to be.
    notice: Option<String>,
}

/// Why there is no demo.
#[derive(Debug)]
pub(crate) enum DemoError {
    /// Somebody listens there already, or it is no address of this machine.
    Address(SocketAddr, io::Error),
    Carts(io::Error),
    Configuration(Report),
    Start(StartError),
}

impl Demo {
    /// Starts carts, and a limpet that listens on these addresses; if that of its status is taken, on any port.
    ///
    /// # Errors
    /// What could not be had. Whatever was started has ended again.
    pub(crate) fn start(listen: SocketAddr, status: SocketAddr) -> Result<(Demo, Running), DemoError> {
        is_free(listen).map_err(|error| DemoError::Address(listen, error))?;
        let carts = Carts::start().map_err(DemoError::Carts)?;
        let (running, notice) = match serve(&carts, listen, status) {
            Err(DemoError::Start(StartError::Listen { listener, error, .. })) if listener == "status" => {
                let notice = format!("{status} cannot be had for the status ({error}); another port serves it.");
                (serve(&carts, listen, ANY)?, Some(notice))
            }
            served => (served?, None),
        };
        // A limpet listens wherever its configuration says, so there is an address of each.
        let listen = running.addresses.first().copied().unwrap_or(listen);
        let status = running.status.unwrap_or(status);
        Ok((Demo { carts, listen, status, notice }, running))
    }

    /// For somebody who sees limpet for the first time: what runs, what to paste, what file it stands for.
    pub(crate) fn introduction(&self) -> String {
        let notice = self.notice.as_ref().map(|notice| format!("\n{notice}\n")).unwrap_or_default();
        let (web, status) = (format!("http://{}", self.listen), format!("http://{}", self.status));
        let lines = LINES.replace("{web}", &web).replace("{status}", &status);
        format!("{OPENING}{notice}{lines}\n{FILE}\n{}", indented(&toml(&self.carts, self.listen, self.status)))
    }
}

/// Plays the tour, on ports that the system chooses, and reports it step by step. True if every step held.
///
/// # Errors
/// The report could not be written.
pub(crate) fn tour(report: &mut dyn Write) -> io::Result<bool> {
    match stage::House::open() {
        Ok(mut house) => Ok(tour::play(&mut house, report)?.is_empty()),
        Err(error) => {
            writeln!(report, "✖ nothing could be started: {error}")?;
            Ok(false)
        }
    }
}

/// A limpet before these carts.
fn serve(carts: &Carts, listen: SocketAddr, status: SocketAddr) -> Result<Running, DemoError> {
    // No environment: what is shown is what runs.
    let loaded = from_text("demo", &toml(carts, listen, status), [], cores()).map_err(DemoError::Configuration)?;
    start(&loaded.config).map_err(DemoError::Start)
}

/// The configuration of a demo. Its backends have names, so that no address can be searched in a cookie.
fn toml(carts: &Carts, listen: SocketAddr, status: SocketAddr) -> String {
    let backend = |(name, address)| format!("  {{ name = \"{name}\", address = \"{address}\" }},\n");
    let backends: String = carts.backends().map(backend).collect();
    format!(
        "[listeners.web]\naddress = \"{listen}\"\n\n[routes.all]\npool = \"carts\"\n\n\
         [pools.carts]\nbackends = [\n{backends}]\nsticky = \"cookie\"\n\n\
         [status]\naddress = \"{status}\"\n\n[log]\nlevel = \"warn\"\naccess = \"off\"\n"
    )
}

/// limpet's own sockets share a port between workers, and so would two demos: half of the requests would go to each.
/// Asked before, and without sharing.
fn is_free(address: SocketAddr) -> io::Result<()> {
    TcpListener::bind(address).map(drop)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

/// Any port of this machine.
const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

const OPENING: &str = "\
Three toy carts and a limpet in front of them run in this process, until Ctrl-C.

Each cart keeps what it is given in its own memory; no other cart knows it. limpet brings every client back to the
cart that has their things. Paste these lines into another terminal:
";

const LINES: &str = "
  # A first visit. One of the carts takes the apples; limpet's cookie, which says where that was, goes into the jar.
  curl -c jar -b jar -X POST {web}/cart/apples

  # The same jar, the same cart, as often as you like. The cart saw its own cookie and not limpet's.
  curl -c jar -b jar {web}/cart

  # Another client with another jar: other things, and a way home of their own.
  curl -c jar2 -b jar2 -X POST {web}/cart/pears
  curl -c jar2 -b jar2 {web}/cart

  # Nobody's requests: without a jar the carts take turns, and each is empty.
  curl {web}/cart {web}/cart {web}/cart

  # What the cookie looks like, and what limpet counted.
  grep limpet jar
  curl -s {status}/metrics | grep limpet_sticky_requests_total
";

const FILE: &str = "  # The configuration that runs here, a file for `limpet run -c FILE`.";

#[cfg(test)]
mod tests {
    use super::*;

    fn taken() -> (TcpListener, SocketAddr) {
        let socket = TcpListener::bind(ANY).unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    #[test]
    fn an_introduction_shows_what_runs() {
        let (demo, running) = Demo::start(ANY, ANY).unwrap();
        let (text, web) = (demo.introduction(), running.addresses[0]);
        assert!(text.contains(&format!("curl -c jar -b jar http://{web}/cart\n")), "{text}");
        assert!(text.contains(&format!("curl -s http://{}/metrics", running.status.unwrap())), "{text}");
        assert!(text.contains(&format!("    address = \"{web}\"\n")), "{text}");
        assert!(!text.contains("another port"), "{text}");
    }

    #[test]
    fn a_taken_status_address_is_no_reason_to_give_up() {
        let (_held, address) = taken();
        let (demo, running) = Demo::start(ANY, address).unwrap();
        assert_ne!(running.status, Some(address));
        assert!(demo.introduction().contains(&format!("\n{address} cannot be had for the status")));
    }

    /// Workers share ports, so the system alone would let a second demo take half of the first one's requests.
    #[test]
    fn two_demos_never_share_an_address() {
        let (_first, running) = Demo::start(ANY, ANY).unwrap();
        let address = running.addresses[0];
        let second = Demo::start(address, ANY);
        assert!(matches!(&second, Err(DemoError::Address(at, _)) if *at == address));
    }
}
