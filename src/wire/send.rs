//! The sending half: a head put in front, then body data in the framing that the head announced.
//!
//! Small pieces are copied behind what already waits and leave in one write with it; large ones go out beside it from
//! where they lie (one vectored write), so head and first body bytes share a system call either way.

use std::io::{self, IoSlice};
use std::task::{Context, Poll, ready};

use crate::http::{Framing, Trailers, chunk_head};

use super::Wire;

/// Pieces up to this many bytes are copied; above it a second element in the write is cheaper than the copy.
const SMALL: usize = 4 * 1024;
/// What may wait to be written before more is taken.
const MAX_WAITING: usize = 64 * 1024;

/// The framing of the message being sent.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    chunked: bool,
    until_close: bool,
    /// Bytes of the chunk begun that are still to be written.
    chunk_left: usize,
    ended: bool,
}

impl Wire {
    /// Begins a message: its head is appended to the room given here, its body will be framed so.
    pub(crate) fn begin_send(&mut self, framing: Framing) -> &mut Vec<u8> {
        let (chunked, until_close) = (framing == Framing::Chunked, framing == Framing::UntilClose);
        self.outgoing = Outgoing { chunked, until_close, ..Outgoing::default() };
        &mut self.out
    }

    /// Room for an interim head, which has no body and ends nothing.
    pub(crate) fn interim(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Sends body data; says how much of it was taken, at least one byte. What is left is to be sent next, before any
    /// other: it may lie in a chunk whose size was announced. `last` when the body ends with `data`.
    pub(crate) fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8], last: bool) -> Poll<io::Result<usize>> {
        if self.out.len() - self.written > MAX_WAITING {
            ready!(self.poll_flush(cx))?;
        }
        self.forget_written();
        if self.outgoing.chunked && self.outgoing.chunk_left == 0 {
            chunk_head(data.len(), &mut self.out);
            self.outgoing.chunk_left = data.len();
        }
        if data.len() <= SMALL {
            self.out.extend_from_slice(data);
            self.sent(data.len(), last);
            return Poll::Ready(Ok(data.len()));
        }
        self.poll_send_large(cx, data, last)
    }

    fn poll_send_large(&mut self, cx: &mut Context<'_>, data: &[u8], last: bool) -> Poll<io::Result<usize>> {
        let tail: &[u8] = match (self.outgoing.chunked, last) {
            (false, _) => b"",
            (true, false) => b"\r\n",
            (true, true) => b"\r\n0\r\n\r\n",
        };
        loop {
            let waiting = self.out.len() - self.written;
            let parts = [IoSlice::new(&self.out[self.written..]), IoSlice::new(data), IoSlice::new(tail)];
            let count = if waiting == 0 && tail.is_empty() {
                ready!(self.stream.poll_write(cx, data))?
            } else {
                ready!(self.stream.poll_write_vectored(cx, &parts))?
            };
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.taken += count as u64;
            if count <= waiting {
                self.written += count;
                continue;
            }
            let taken = (count - waiting).min(data.len());
            self.clear_out();
            self.sent(taken, last && taken == data.len());
            self.written = count - waiting - taken;
            return Poll::Ready(Ok(taken));
        }
    }

    /// Ends the message and waits until all of it was written.
    pub(crate) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end(None);
        self.poll_flush(cx)
    }

    /// Ends the message with these trailers, if its framing can carry them; still to be finished.
    pub(crate) fn end_with(&mut self, trailers: &Trailers) {
        self.end(Some(trailers));
    }

    /// Writes what waits.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.out.len() {
            let count = ready!(self.stream.poll_write(cx, &self.out[self.written..]))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.taken += count as u64;
            self.written += count;
        }
        self.clear_out();
        Poll::Ready(Ok(()))
    }

    /// Cut off now, what was sent of the message would look like all of it, and is not.
    pub(super) fn cut_looks_whole(&self) -> bool {
        self.outgoing.until_close && !(self.outgoing.ended && self.is_flushed())
    }

    /// Nothing waits to be written.
    pub(crate) fn is_flushed(&self) -> bool {
        self.written == self.out.len()
    }

    fn sent(&mut self, count: usize, last: bool) {
        if self.outgoing.chunked {
            self.outgoing.chunk_left -= count;
            if self.outgoing.chunk_left == 0 {
                self.out.extend_from_slice(b"\r\n");
            }
        }
        if last {
            self.end(None);
        }
    }

    /// The last chunk and the trailer section, once.
    fn end(&mut self, trailers: Option<&Trailers>) {
        if self.outgoing.chunked && !self.outgoing.ended {
            self.out.extend_from_slice(b"0\r\n");
            if let Some(trailers) = trailers {
                trailers.write(&mut self.out);
            }
            self.out.extend_from_slice(b"\r\n");
        }
        self.outgoing.ended = true;
    }

    /// A reader that is always a little behind never lets `out` run empty: without this it would grow with the body.
    fn forget_written(&mut self) {
        if self.written > MAX_WAITING {
            self.out.drain(..self.written);
            self.written = 0;
        }
    }

    fn clear_out(&mut self) {
        self.out.clear();
        self.written = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::net::{Buffers, Memory, Stream};

    /// Bytes that the reader takes at a time.
    const SIP: usize = 3 * 1024;

    #[test]
    fn a_reader_that_is_always_behind_costs_no_more_than_its_backlog() {
        let (near, mut far) = Memory::pair(SIP);
        let mut wire = Wire::new(Stream::Memory(near), &Buffers::new(1024));
        let mut cx = Context::from_waker(Waker::noop());
        wire.begin_send(Framing::Length(u64::MAX));
        let (mut sent, mut taken) = (0_u64, 0);
        while taken < 8 * 1024 * 1024 {
            let data: Vec<u8> = (sent..sent + 1024).map(stamp).collect();
            match wire.poll_send(&mut cx, &data, false) {
                Poll::Ready(count) => sent += count.unwrap() as u64,
                Poll::Pending => {
                    let mut sip = [0; SIP];
                    let Poll::Ready(Ok(count)) = far.poll_read(&cx, &mut sip) else { panic!("nothing to read") };
                    assert!(sip[..count].iter().zip(taken..).all(|(byte, at)| *byte == stamp(at)), "at {taken}");
                    taken += count as u64;
                    assert!(wire.out.len() < 3 * MAX_WAITING, "{} bytes wait after {taken}", wire.out.len());
                }
            }
        }
    }

    fn stamp(at: u64) -> u8 {
        (at % 251) as u8
    }
}
