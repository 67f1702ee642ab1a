//! Texts that are addresses: where to listen, where a backend is reached, whom to believe.
//!
//! Nothing is resolved here; a host name is only looked at.

use std::net::SocketAddr;

use crate::config::code::Code;
use crate::config::networks::{Network, NetworkFault, Networks};

use super::{Fault, is_host_name};

/// `IP:port`, with an IPv6 address in brackets. Port 0 lets the system choose.
pub(in crate::config) fn address(text: &str) -> Result<SocketAddr, Fault> {
    text.parse().map_err(|_| {
        let help = match text.strip_prefix(':').or_else(|| text.strip_prefix("*:")) {
            Some(port) => format!("write \"0.0.0.0:{port}\", or \"[::]:{port}\" for IPv6 as well"),
            None => "write an IP address and a port: \"0.0.0.0:8080\", \"[::]:8080\", \"127.0.0.1:8080\"".to_owned(),
        };
        Fault::new(Code::Address, format!("{text:?} is not an address to listen on"), "", help)
    })
}

/// Where a backend is reached: `host:port`, kept as written.
pub(in crate::config) fn backend_address(text: &str) -> Result<String, Fault> {
    let fault =
        |label, help: &str| Fault::new(Code::Address, format!("{text:?} is not a backend's address"), label, help);
    if text.contains("://") {
        return Err(fault("an address has no scheme", "leave out what stands before the host, and any path"));
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return if address.port() == 0 { Err(fault("no port 0", "name its port")) } else { Ok(text.to_owned()) };
    }
    let how =
        "write \"host:port\", with an IPv6 address in brackets: \"web-1:3000\", \"10.0.0.1:3000\", \"[::1]:3000\"";
    let Some((name, port)) = text.rsplit_once(':') else { return Err(fault("the port is missing", how)) };
    if !port.bytes().all(|b| b.is_ascii_digit()) || !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(fault("", "a port is a number from 1 to 65535"));
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    // A last label of digits would make it an IPv4 address, and it is not a right one (WHATWG URL, section 3.5).
    let numeric = name.rsplit('.').next().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()));
    if numeric || !is_host_name(name) {
        return Err(fault("", how));
    }
    Ok(text.to_owned())
}

/// A CIDR, an address or `private`.
pub(in crate::config) fn networks(text: &str) -> Result<Networks, Fault> {
    Networks::parse([text]).map_err(|_| {
        let help = match text.parse::<Network>() {
            Err(NetworkFault::Host(network)) => {
                let alone = text.split('/').next().unwrap_or_default();
                format!(
                    "bits are set beyond the prefix: write \"{network}\" for the network, \"{alone}\" for the address"
                )
            }
            _ => "write a network, an address or the word private: \"10.0.0.0/8\", \"192.0.2.7\", \"fd00::/8\""
                .to_owned(),
        };
        Fault::new(Code::Network, format!("{text:?} is not a network"), "", help)
    })
}
