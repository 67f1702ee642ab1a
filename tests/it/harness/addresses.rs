//! Addresses with a certain behaviour: one of one's own, one that refuses every connection, one that swallows them.
//!
//! All of 127.0.0.0/8 is this host's, so each has a whole IP address to itself and no other test, nor another run of
//! the tests at the same time, ever listens there.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
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
