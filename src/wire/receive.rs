//! The receiving half: a head when it is whole, then the body's data as it comes, framing taken away.
//!
//! Data is decoded where it was read and lent from there, never copied; what lies behind a message's end stays unread
//! in the buffer, for the next. How long it may take is the deadline of whoever polls.

use std::task::{Context, Poll, ready};

use crate::http::{Bounds, Chunked, Extent, Framing, Reject, Scan, Trailers};

use super::Wire;

/// What is still to come of the body being received.
#[derive(Debug)]
pub(super) enum Incoming {
    Length(u64),
    Chunked(Chunked),
    UntilClose,
    Done,
}

/// Why no head came.
#[derive(Debug)]
pub(crate) enum HeadError {
    /// The end, before a byte of a head.
    Closed,
    /// The end, in the middle of a head.
    Truncated,
    Io,
    Reject(Reject),
}

/// Why a body did not come whole.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// The connection ended before the body did.
    Truncated,
    Io,
    Reject(Reject),
}

impl Wire {
    /// Waits for a whole head. `scan` begins with the head and remembers how far it has come.
    pub(crate) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        scan: &mut Scan,
        bounds: Bounds,
    ) -> Poll<Result<Extent, HeadError>> {
        loop {
            if let Some(input) = self.input.as_ref().filter(|input| !input.is_empty())
                && let Some(extent) = scan.advance(input.unread(), bounds).map_err(HeadError::Reject)?
            {
                return Poll::Ready(Ok(extent));
            }
            if ready!(self.poll_fill(cx)).map_err(|_| HeadError::Io)? == 0 {
                let nothing_came = !self.has_input();
                return Poll::Ready(Err(if nothing_came { HeadError::Closed } else { HeadError::Truncated }));
            }
        }
    }

    /// The bytes of a head that [`Wire::poll_head`] found.
    pub(crate) fn head(&self, extent: Extent) -> &[u8] {
        self.input.as_ref().map_or(&[], |input| &input.unread()[extent.start..extent.end])
    }

    /// Goes on to the body behind a head; `trailers` are those that may follow it.
    pub(crate) fn begin_body(&mut self, extent: Extent, framing: Framing, trailers: Option<Box<Trailers>>) {
        if let Some(input) = &mut self.input {
            input.consume(extent.end);
        }
        self.data = 0..0;
        self.incoming = match framing {
            Framing::None | Framing::Length(0) => Incoming::Done,
            Framing::Length(length) => Incoming::Length(length),
            Framing::Chunked => Incoming::Chunked(Chunked::new(trailers)),
            Framing::UntilClose => Incoming::UntilClose,
        };
        if self.input.as_ref().is_some_and(super::Buffer::is_empty) {
            self.input = None;
        }
    }

    /// Waits for data of the body: true when [`Wire::data`] has some, false when the body is at its end.
    pub(crate) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, BodyError>> {
        loop {
            if !self.data.is_empty() {
                return Poll::Ready(Ok(true));
            }
            if self.is_received() {
                return Poll::Ready(Ok(false));
            }
            if self.decode().map_err(BodyError::Reject)? {
                continue;
            }
            if ready!(self.poll_fill(cx)).map_err(|_| BodyError::Io)? == 0 {
                if !matches!(self.incoming, Incoming::UntilClose) {
                    return Poll::Ready(Err(BodyError::Truncated));
                }
                self.incoming = Incoming::Done;
            }
        }
    }

    /// Body data received and not yet used.
    pub(crate) fn data(&self) -> &[u8] {
        self.input.as_ref().map_or(&[], |input| input.slice(self.data.clone()))
    }

    pub(crate) fn use_data(&mut self, count: usize) {
        self.data.start += count;
    }

    /// The end of the body was seen; [`Wire::data`] holds the last of it.
    pub(crate) fn is_received(&self) -> bool {
        match &self.incoming {
            Incoming::Done | Incoming::Length(0) => true,
            Incoming::Chunked(chunked) => chunked.is_done(),
            Incoming::Length(_) | Incoming::UntilClose => false,
        }
    }

    /// The trailers that came behind the body and may go on, once.
    pub(crate) fn take_trailers(&mut self) -> Option<Box<Trailers>> {
        match &mut self.incoming {
            Incoming::Chunked(chunked) => chunked.take_trailers(),
            _ => None,
        }
    }

    /// The message announced trailers: its end is not yet all of it.
    pub(crate) fn awaits_trailers(&self) -> bool {
        matches!(&self.incoming, Incoming::Chunked(chunked) if chunked.has_trailers())
    }

    /// Turns what was read into data; false when there was nothing to turn.
    fn decode(&mut self) -> Result<bool, Reject> {
        let Some(input) = self.input.as_mut().filter(|input| !input.is_empty()) else {
            return Ok(false);
        };
        let (start, unread) = (input.start(), input.unread().len());
        let (data, used) = match &mut self.incoming {
            Incoming::Length(left) => {
                let take = usize::try_from(*left).unwrap_or(usize::MAX).min(unread);
                *left -= take as u64;
                (0..take, take)
            }
            Incoming::Chunked(chunked) => {
                let decoded = chunked.decode(input.unread_mut())?;
                (decoded.data, decoded.consumed)
            }
            Incoming::UntilClose => (0..unread, unread),
            Incoming::Done => (0..0, 0),
        };
        self.data = start + data.start..start + data.end;
        input.consume(used);
        Ok(true)
    }
}
