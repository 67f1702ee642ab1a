//! Listening sockets: one a worker, all on the same address.
//!
//! The kernel then spreads connections over them (SO_REUSEPORT) and no worker waits for another at an accept. It opens
//! sockets and nothing more: who accepts, and how many, is decided where they are handed to.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that the kernel holds until they are accepted.
const BACKLOG: i32 = 4096;

/// Opens `count` sockets that listen on `address`. Where its port is 0 they share the one that the system chose;
/// says which address they have.
///
/// # Errors
/// The system's: the address is taken, is not ours, or needs a privilege.
pub(crate) fn listen(address: SocketAddr, count: usize) -> io::Result<(SocketAddr, Vec<TcpListener>)> {
    let mut sockets: Vec<TcpListener> = Vec::with_capacity(count);
    let mut bound = address;
    for _ in 0..count.max(1) {
        let socket = Socket::new(Domain::for_address(bound), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(count > 1)?;
        if bound.is_ipv6() && bound.ip().is_unspecified() {
            socket.set_only_v6(false)?;
        }
        socket.set_nonblocking(true)?;
        socket.bind(&bound.into())?;
        socket.listen(BACKLOG)?;
        let listener: TcpListener = socket.into();
        bound = listener.local_addr()?;
        sockets.push(listener);
    }
    Ok((bound, sockets))
}
