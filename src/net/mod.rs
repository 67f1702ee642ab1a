//! Connections, time and memory: what a worker needs of the machine.
//!
//! [`Stream`] is a connection's bytes, whatever carries them: connection code is written against it, so that a test can
//! put a connection in memory and TLS can come without a change above. Knows nothing of HTTP, of backends or of what
//! the bytes mean.

mod buffer;
mod clock;
mod cores;
mod date;
mod listen;
mod machine;
#[cfg(test)]
mod memory;

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

pub(crate) use buffer::{Buffer, Buffers};
pub(crate) use clock::{Clock, Deadline, Elapsed, TICK};
pub(crate) use cores::cores;
pub(crate) use date::timestamp;
pub(crate) use listen::listen;
pub(crate) use machine::{connection_capacity, raise_descriptor_limit};
#[cfg(test)]
pub(crate) use memory::Memory;

/// A connection's bytes, whatever carries them.
pub(crate) enum Stream {
    Tcp(TcpStream),
    #[cfg(test)]
    Memory(Memory),
}

impl Stream {
    /// A TCP connection, set up for messages: answers in two pieces do not wait for an acknowledgement, and what the
    /// other side does not take piles up here and not in the kernel, so that its progress can be seen.
    pub(crate) fn tcp(stream: TcpStream) -> Stream {
        // A failure costs only what these are for.
        let _ = stream.set_nodelay(true);
        let _ = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(MAX_UNSENT);
        Stream::Tcp(stream)
    }

    /// Connects to a backend. No deadline of its own.
    ///
    /// # Errors
    /// The system's.
    pub(crate) async fn dial(address: SocketAddr) -> io::Result<Stream> {
        let stream = TcpStream::connect(address).await?;
        Ok(Stream::tcp(stream))
    }

    /// Ready when a read would not wait. Costs no system call while nothing came.
    pub(crate) fn poll_read_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Tcp(stream) => stream.poll_read_ready(cx),
            #[cfg(test)]
            Stream::Memory(memory) => memory.poll_read_ready(cx),
        }
    }

    /// Ready once the peer broke the connection off by a reset. Bytes or an end that lie unread may hide one that comes
    /// after them. Costs no system call while nothing came.
    pub(crate) fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Stream::Tcp(stream) => {
                let is_reset = stream.poll_read_ready(cx).is_ready() && !matches!(stream.take_error(), Ok(None));
                if is_reset { Poll::Ready(()) } else { Poll::Pending }
            }
            #[cfg(test)]
            Stream::Memory(memory) => memory.poll_reset(cx),
        }
    }

    /// Reads what is there; 0 is the end. `poll_read` alone clears the readiness after a short read, every other way
    /// costs one more system call a message.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Stream::Tcp(stream) => {
                let mut room = ReadBuf::new(into);
                ready!(Pin::new(stream).poll_read(cx, &mut room))?;
                Poll::Ready(Ok(room.filled().len()))
            }
            #[cfg(test)]
            Stream::Memory(memory) => memory.poll_read(cx, into),
        }
    }

    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Stream::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            #[cfg(test)]
            Stream::Memory(memory) => memory.poll_write(cx, bytes),
        }
    }

    pub(crate) fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Stream::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
            #[cfg(test)]
            Stream::Memory(memory) => {
                let whole: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
                memory.poll_write(cx, &whole)
            }
        }
    }

    /// Says that no more will be written.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(test)]
            Stream::Memory(memory) => {
                memory.shutdown();
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Once it is dropped, both ways end at once: the peer sees a reset, so nobody takes what came so far for the
    /// whole.
    pub(crate) fn abort(&mut self) {
        match self {
            // A failure leaves an ordinary close, which is all that can still be done.
            Stream::Tcp(stream) => drop(socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO))),
            #[cfg(test)]
            Stream::Memory(memory) => memory.abort(),
        }
    }
}

/// Bytes that the kernel holds of a connection before it has sent them. It asks for more when half of them went; at
/// 128 KiB a response of 256 KiB cost 7 % more.
const MAX_UNSENT: u32 = 512 * 1024;
