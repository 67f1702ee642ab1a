//! One HTTP/1 connection, seen from one end: heads and bodies in, framed messages out.
//!
//! The same code serves the client's side and the backend's side, so that both keep the same promises: a buffer is
//! held only while there are bytes in it, a body is never taken beyond its end, a partial write is taken up where it
//! stopped. It knows bytes and framing; what a message means is decided by who holds the wire.

mod receive;
mod send;

use std::ops::Range;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use crate::net::{Buffer, Buffers, Stream};

pub(crate) use receive::{BodyError, HeadError};

use receive::Incoming;
use send::Outgoing;

/// A connection that speaks HTTP/1.
pub(crate) struct Wire {
    stream: Stream,
    buffers: Rc<Buffers>,
    input: Option<Buffer>,
    /// Decoded body data in `input`, before its unread bytes.
    data: Range<usize>,
    incoming: Incoming,
    out: Vec<u8>,
    /// How much of `out` was written.
    written: usize,
    outgoing: Outgoing,
    reset_if_dropped: bool,
    /// Bytes that the connection took, of all messages.
    taken: u64,
}

impl Wire {
    pub(crate) fn new(stream: Stream, buffers: &Rc<Buffers>) -> Wire {
        Wire {
            stream,
            buffers: Rc::clone(buffers),
            input: None,
            data: 0..0,
            incoming: Incoming::Done,
            out: Vec::new(),
            written: 0,
            outgoing: Outgoing::default(),
            reset_if_dropped: false,
            taken: 0,
        }
    }

    /// Lends the connection room to write from; an idle connection has none.
    pub(crate) fn lend_out(&mut self, out: Vec<u8>) {
        self.out = out;
        self.out.clear();
        self.written = 0;
    }

    /// Takes the room back, and the read buffer if nothing is in it.
    pub(crate) fn take_out(&mut self) -> Vec<u8> {
        if self.input.as_ref().is_some_and(Buffer::is_empty) {
            self.input = None;
        }
        self.written = 0;
        std::mem::take(&mut self.out)
    }

    /// Bytes were received that nobody asked for yet.
    pub(crate) fn has_input(&self) -> bool {
        self.input.as_ref().is_some_and(|input| !input.is_empty())
    }

    /// Waits for bytes: true when there are some, false at the end. Holds no buffer meanwhile.
    ///
    /// It reads, for readiness alone may be a guess: a new connection counts as readable until a read says otherwise,
    /// and would be taken for one with a request under way.
    pub(crate) fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<bool>> {
        if self.has_input() {
            return Poll::Ready(Ok(true));
        }
        self.poll_fill(cx).map_ok(|count| count > 0)
    }

    /// What was received so far is at most the empty line that some clients send behind a body.
    pub(crate) fn holds_only_line_ends(&self) -> bool {
        self.input.as_ref().is_none_or(|input| input.unread().iter().all(|byte| matches!(byte, b'\r' | b'\n')))
    }

    /// Bytes that the connection took since it was made.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Ready once the other side broke off, as far as that can be seen without reading.
    pub(crate) fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stream.poll_reset(cx)
    }

    /// An idle backend connection is quiet. Bytes or an end on it mean that it must not be used: unsolicited data
    /// would be taken for the next answer (RFC 9112, section 9.2).
    pub(crate) fn is_quiet(&mut self, cx: &mut Context<'_>) -> bool {
        if self.has_input() || self.stream.poll_read_ready(cx).is_ready() {
            let mut probe = [0; 1];
            // Readiness may be stale after a read that filled its buffer exactly; the socket itself decides.
            return !self.has_input() && self.stream.poll_read(cx, &mut probe).is_pending();
        }
        true
    }

    /// Whether dropping the connection, in the middle of a message or not, resets it.
    pub(crate) fn reset_if_dropped(&mut self, reset: bool) {
        self.reset_if_dropped = reset;
    }

    /// Ends both ways at once, so that nobody takes what came so far for the whole.
    pub(crate) fn abort(mut self) {
        self.stream.abort();
    }

    /// Says that no more will be written.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stream.poll_shutdown(cx).map(drop)
    }

    /// Reads and forgets what still comes, until the end: closing with bytes unread would reset the connection and
    /// could take our last answer with it (RFC 9112, section 9.6).
    pub(crate) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.data = 0..0;
        loop {
            if let Some(input) = &mut self.input {
                input.consume(input.unread().len());
            }
            match ready!(self.poll_fill(cx)) {
                Ok(0) | Err(_) => return Poll::Ready(()),
                Ok(_) => {}
            }
        }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
        if self.input.is_none() {
            ready!(self.stream.poll_read_ready(cx))?;
        }
        let input = self.input.get_or_insert_with(|| self.buffers.lease());
        let read = self.stream.poll_read(cx, input.room());
        if let Poll::Ready(Ok(count)) = read {
            input.filled(count);
        } else if input.is_empty() {
            self.input = None;
        }
        read
    }
}

impl Drop for Wire {
    /// Whoever is cut off in the middle of a message, by a panic or by the end of the worker, must not leave half a
    /// message that ends where its connection does (RFC 9112, section 8).
    fn drop(&mut self) {
        if self.reset_if_dropped || self.cut_looks_whole() {
            self.stream.abort();
        }
    }
}

#[cfg(test)]
mod tests;
