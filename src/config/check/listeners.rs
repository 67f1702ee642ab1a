//! Listeners among each other and beside the status listener: is there one, and does none take another's connections?
//!
//! Warns of a listener that believes everybody, and of one that no route answers on.

use std::net::SocketAddr;

use crate::config::code::Code;
use crate::config::keys::Written;
use crate::config::networks::Network;
use crate::config::report::Problem;
use crate::config::source::{Place, Placed};

use super::meant;

pub(super) fn check(written: &Written, problems: &mut Vec<Problem>) {
    if written.listeners.is_empty() {
        problems.push(
            Problem::new(Code::NoListener, "there is no listener, so nobody can connect")
                .help("add [listeners.web] with address = \"0.0.0.0:8080\""),
        );
    }
    check_addresses(written, problems);
    for listener in &written.listeners {
        let name = &listener.name.value;
        let trusted = &listener.value.trusted_proxies;
        if trusted.value.iter().any(Network::is_everything) {
            problems.push(
                Problem::new(Code::TrustsEverybody, format!("listener `{name}` believes everybody"))
                    .at(trusted.place, "any client can claim any address")
                    .help("name the networks of your own proxies, or \"private\""),
            );
        }
        let answers = |names: &[Placed<String>]| {
            let is_this = |other: &Placed<String>| {
                meant(&written.listeners, &other.value).is_some_and(|meant| meant.name == listener.name)
            };
            names.is_empty() || names.iter().any(is_this)
        };
        if !written.routes.iter().any(|route| answers(&route.value.listeners)) {
            problems.push(
                Problem::new(Code::UnusedListener, format!("no route answers on listener `{name}`"))
                    .at(listener.name.place, "every request here is answered 404")
                    .help("add a route without `listeners`, or one that names it"),
            );
        }
    }
}

/// Who listens, where, and where that is written.
struct Socket<'w> {
    who: &'w str,
    address: SocketAddr,
    place: Option<Place>,
}

fn check_addresses(written: &Written, problems: &mut Vec<Problem>) {
    let listeners = written.listeners.iter().filter_map(|listener| {
        let address = listener.value.address.as_ref()?;
        Some(Socket { who: &listener.name.value, address: address.value, place: address.place })
    });
    let status = &written.status.address;
    let status = status.value.map(|address| Socket { who: "status", address, place: status.place });
    let sockets: Vec<_> = listeners.chain(status).collect();
    for (at, second) in sockets.iter().enumerate() {
        let Some(first) = sockets[..at].iter().find(|first| clash(first.address, second.address)) else { continue };
        // The default of the status listener stands nowhere; the caret then goes to the other.
        let (here, there) = if second.place.is_some() { (second, first) } else { (first, second) };
        let title = format!("`{}` and `{}` listen on one address", first.who, second.who);
        let label = format!("{} takes connections of {}", here.address, there.address);
        let help = "choose another port; 0.0.0.0 is every IPv4 address, [::] every address";
        let problem = Problem::new(Code::SameAddress, title).at(here.place, label);
        problems.push(problem.also(there.place, "the other address").help(help));
    }
}

/// One takes connections that the other is meant for. Port 0 is another port each time.
fn clash(a: SocketAddr, b: SocketAddr) -> bool {
    let takes = |wide: SocketAddr, other: SocketAddr| wide.ip().is_unspecified() && (wide.is_ipv6() || other.is_ipv4());
    a.port() == b.port() && a.port() != 0 && (a.ip() == b.ip() || takes(a, b) || takes(b, a))
}
