//! Addresses with a certain behaviour: one of one's own, one that refuses every connection, one that swallows them.
//!
//! All of 127.0.0.0/8 is this host's, so each has a whole IP address to itself and no other test, nor another run of
//! the tests at the same time, ever listens there.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};

use socket2::{Domain, Socket, Type};

use super::sure;

/// An address at which nobody else listens: a connection to it is refused until somebody begins to listen there.
pub(crate) fn own_address() -> SocketAddr {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let [high, low] = TAKEN.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let process = std::process::id();
    // Not 127.0.x.x, where everybody else is.
    let second = u8::try_from(1 + process % 250).unwrap_or(1);
    let port = u16::try_from(2_000 + process / 250 % 28_000).unwrap_or(2_000);
    SocketAddr::from((Ipv4Addr::new(127, second, high, low), port))
}

/// How many connections to this address are still open at the end that made them, as the system sees it: what the other
/// end did may take its time to arrive, also within one machine.
pub(crate) fn open_connections_to(address: SocketAddr) -> usize {
    const ESTABLISHED: &str = "01";
    let IpAddr::V4(ip) = address.ip() else { panic!("{address} is not in the table of IPv4") };
    let remote = format!("{:08X}:{:04X}", u32::from_ne_bytes(ip.octets()), address.port());
    let table = sure("the system's connections", std::fs::read_to_string("/proc/net/tcp"));
    let lines = table.lines().map(|line| line.split_whitespace().skip(2).take(2));
    lines.filter(|line| line.clone().eq([remote.as_str(), ESTABLISHED])).count()
}

/// An address that takes no connection and refuses none, for as long as this lives: the queue of its listener is
/// full, and the system drops further attempts.
#[derive(Debug)]
pub(crate) struct BlackHole {
    pub(crate) address: SocketAddr,
    _listener: Socket,
    _filling: TcpStream,
}

impl BlackHole {
    pub(crate) fn open() -> BlackHole {
        let address = own_address();
        let listener = sure("a socket", Socket::new(Domain::IPV4, Type::STREAM, None));
        sure("a black hole's address", listener.bind(&address.into()));
        // Room for one connection, which nobody ever accepts.
        sure("a black hole's queue", listener.listen(0));
        let filling = sure("what fills a black hole", TcpStream::connect(address));
        BlackHole { address, _listener: listener, _filling: filling }
    }
}
