//! `limpet health`: asks a limpet that runs whether it is ready, for container probes.
//!
//! An image with nothing but limpet in it has no other client. It asks where the configuration says that the status is;
//! what ready means is decided by who answers. Exit code 0 or 1 and no other, which is what probes know.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::{Files, RUNTIME, print};

/// Ask a running limpet whether it is ready: exit with 0 if so, else with 1
#[derive(Args, Debug)]
pub(super) struct Health {
    #[command(flatten)]
    files: Files,

    /// Where its status is, instead of what a configuration says
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "paths")]
    status: Option<SocketAddr>,
}

impl Health {
    pub(super) fn run(&self) -> ExitCode {
        let address = match self.status {
            Some(address) => address,
            None => match self.files.load().map(|loaded| loaded.config.status) {
                Ok(Some(status)) => status.address,
                Ok(None) => return unknown("status.address is \"off\""),
                Err(_) => return ExitCode::from(RUNTIME),
            },
        };
        let address = reachable(address);
        match ask(address) {
            Ok((true, said)) => print(&said),
            Ok((false, said)) => unknown(said.trim_end()),
            Err(error) => unknown(&format!("{address}: {error}")),
        }
    }
}

fn unknown(why: &str) -> ExitCode {
    eprintln!("not ready: {why}");
    ExitCode::from(RUNTIME)
}

/// Who listens everywhere is met at home.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let home = if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { IpAddr::V6(Ipv6Addr::LOCALHOST) };
        address.set_ip(home);
    }
    address
}

/// Whether the answer was 200, and what it said.
fn ask(address: SocketAddr) -> io::Result<(bool, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.take(LONGEST).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok((head.starts_with("HTTP/1.1 200 "), body.to_owned()))
}

/// Of each step. Probes give up after a second themselves, as they are usually set.
const PATIENCE: Duration = Duration::from_secs(2);
const LONGEST: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn who_listens_everywhere_is_asked_at_home() {
        for (configured, asked) in
            [("0.0.0.0:9902", "127.0.0.1:9902"), ("[::]:9902", "[::1]:9902"), ("192.0.2.1:80", "192.0.2.1:80")]
        {
            assert_eq!(reachable(configured.parse().unwrap()).to_string(), asked);
        }
    }

    #[test]
    fn only_200_is_ready() {
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\n\r\nready\n", Some((true, "ready\n"))),
            ("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\nstopping\n", Some((false, "stopping\n"))),
            ("HTTP/1.1 2000 X\r\n\r\n", Some((false, ""))),
            ("220 mail.example.com\r\n", None),
            ("", None),
        ] {
            let socket = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = socket.local_addr().unwrap();
            let server = thread::spawn(move || {
                let (mut stream, _) = socket.accept().unwrap();
                let mut asked = [0; 512];
                let count = stream.read(&mut asked).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
                String::from_utf8_lossy(&asked[..count]).into_owned()
            });
            let said = ask(address).ok();
            assert_eq!(said.as_ref().map(|(ready, text)| (*ready, text.as_str())), expected, "{answer:?}");
            assert!(server.join().unwrap().starts_with("GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:"));
        }
    }
}
