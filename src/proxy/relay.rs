//! Moves an exchange's bytes: the request out, the response in, both at once where both are under way.
//!
//! One hand-written poll drives both directions and watches for the response head meanwhile: a backend may answer
//! before it has read everything, and an interim response may be what the client waits for. Nothing is read from one
//! side before the other has taken what came before, so memory stays bounded whatever a body's size.

use std::task::{Context, Poll, ready};

use crate::config::{Limits, Timeouts};
use crate::http::{Bounds, Extent, Scan};
use crate::net::Deadline;
use crate::state::State;
use crate::wire::{BodyError, HeadError, Wire};

use super::error::ProxyError;

/// The two connections of an exchange.
pub(crate) struct Ends<'a> {
    pub(crate) client: &'a mut Wire,
    pub(crate) backend: &'a mut Wire,
}

/// What the relay is bound by.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub(crate) timeouts: &'a Timeouts,
    pub(crate) bounds: Bounds,
    /// Bytes of the request body; 0: no limit.
    pub(crate) max_body: u64,
}

impl Terms<'_> {
    pub(crate) fn new(state: &State) -> Terms<'_> {
        let (timeouts, limits) = (&state.timeouts, &state.limits);
        Terms { timeouts, bounds: bounds(limits), max_body: limits.max_body_size }
    }
}

/// The bounds of every head, either way.
pub(crate) fn bounds(limits: &Limits) -> Bounds {
    Bounds { bytes: limits.max_header_size, fields: limits.max_header_fields }
}

/// How far an exchange's bytes have come.
#[derive(Debug, Default)]
pub(crate) struct Relay {
    up: Up,
    /// The response head was taken.
    in_body: bool,
    awaits_continue: bool,
    scan: Scan,
    /// Body bytes taken from the client, and from the backend.
    pub(crate) received: u64,
    pub(crate) sent: u64,
    stuck: Stuck,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Up {
    #[default]
    Sending,
    Done,
    /// The backend takes no more; its answer may be on the way.
    Failed,
}

/// What the relay waits for, should the deadline fire.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stuck {
    #[default]
    RequestBody,
    BackendTakes,
    FirstByte,
    ResponseBody,
    ClientTakes,
}

impl Relay {
    /// `awaits_continue`: the client sends its body only when it was told to.
    pub(crate) fn new(awaits_continue: bool) -> Relay {
        Relay { awaits_continue, ..Relay::default() }
    }

    /// The request went out whole, so that the backend's connection is at a message's end.
    pub(crate) fn is_sent(&self) -> bool {
        self.up == Up::Done
    }

    pub(crate) fn begin(&self, deadline: &Deadline, terms: Terms<'_>) {
        self.arm(deadline, terms.timeouts);
    }

    /// The head was an interim one: another follows.
    pub(crate) fn expect_another_head(&mut self, deadline: &Deadline, terms: Terms<'_>) {
        self.scan = Scan::default();
        self.awaits_continue = false;
        self.arm(deadline, terms.timeouts);
    }

    /// The response head was taken: its body follows.
    pub(crate) fn begin_response(&mut self, deadline: &Deadline, terms: Terms<'_>) {
        self.in_body = true;
        self.arm(deadline, terms.timeouts);
    }

    /// Sends the request and waits for a response head.
    ///
    /// # Errors
    /// Whoever broke off, broke a rule or let the deadline pass.
    pub(crate) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        ends: &mut Ends<'_>,
        terms: Terms<'_>,
        deadline: &Deadline,
    ) -> Poll<Result<Extent, ProxyError>> {
        let before = self.progress();
        self.send_request(cx, ends, terms)?;
        let head = self.await_head(cx, ends, terms);
        self.bounded(cx, head, before, terms, deadline)
    }

    /// Moves both bodies until the response went out whole.
    ///
    /// # Errors
    /// As above.
    pub(crate) fn poll_bodies(
        &mut self,
        cx: &mut Context<'_>,
        ends: &mut Ends<'_>,
        terms: Terms<'_>,
        deadline: &Deadline,
    ) -> Poll<Result<(), ProxyError>> {
        let before = self.progress();
        self.send_request(cx, ends, terms)?;
        let done = self.send_response(cx, ends);
        self.bounded(cx, done, before, terms, deadline)
    }

    /// Progress buys time; without any the deadline decides.
    fn bounded<T>(
        &self,
        cx: &mut Context<'_>,
        outcome: Poll<Result<T, ProxyError>>,
        before: (u64, u64, Up),
        terms: Terms<'_>,
        deadline: &Deadline,
    ) -> Poll<Result<T, ProxyError>> {
        if outcome.is_pending() {
            if self.progress() != before {
                self.arm(deadline, terms.timeouts);
            }
            return deadline.poll(cx).map(|_| Err(self.stalled()));
        }
        outcome
    }

    fn progress(&self) -> (u64, u64, Up) {
        (self.received, self.sent, self.up)
    }

    /// Sets the time that the next step may take.
    fn arm(&self, deadline: &Deadline, timeouts: &Timeouts) {
        deadline.arm(match self.up {
            _ if self.in_body => timeouts.idle,
            Up::Sending if !self.awaits_continue => timeouts.body,
            _ => timeouts.first_byte,
        });
    }

    fn send_request(&mut self, cx: &mut Context<'_>, ends: &mut Ends<'_>, terms: Terms<'_>) -> Result<(), ProxyError> {
        if self.up != Up::Sending {
            return Ok(());
        }
        match pump(cx, ends.client, ends.backend, &mut self.received, terms.max_body) {
            Poll::Pending if is_blocked(ends.client, ends.backend) => self.stuck = Stuck::BackendTakes,
            Poll::Pending if self.awaits_continue && self.received == 0 => self.stuck = Stuck::FirstByte,
            Poll::Pending => self.stuck = Stuck::RequestBody,
            Poll::Ready(Ok(())) => self.up = Up::Done,
            Poll::Ready(Err(PumpError::Write)) => self.up = Up::Failed,
            Poll::Ready(Err(PumpError::TooLarge)) => return Err(ProxyError::BodyTooLarge),
            // The response may finish: it was begun, and the request's end no longer matters to it.
            Poll::Ready(Err(PumpError::Read(_))) if self.in_body => self.up = Up::Failed,
            Poll::Ready(Err(PumpError::Read(error))) => return Err(client_broke(&error)),
        }
        Ok(())
    }

    fn await_head(
        &mut self,
        cx: &mut Context<'_>,
        ends: &mut Ends<'_>,
        terms: Terms<'_>,
    ) -> Poll<Result<Extent, ProxyError>> {
        if let Poll::Ready(Err(_)) = ends.client.poll_flush(cx) {
            return Poll::Ready(Err(ProxyError::ClientGone));
        }
        if self.up != Up::Sending {
            self.stuck = Stuck::FirstByte;
        }
        match ready!(ends.backend.poll_head(cx, &mut self.scan, terms.bounds)) {
            Ok(extent) => Poll::Ready(Ok(extent)),
            Err(HeadError::Closed) => Poll::Ready(Err(ProxyError::BackendClosed)),
            Err(HeadError::Truncated) => Poll::Ready(Err(ProxyError::BackendTruncated)),
            Err(HeadError::Io) => Poll::Ready(Err(ProxyError::BackendReset)),
            Err(HeadError::Reject(reject)) => Poll::Ready(Err(ProxyError::BackendRejected(reject))),
        }
    }

    fn send_response(&mut self, cx: &mut Context<'_>, ends: &mut Ends<'_>) -> Poll<Result<(), ProxyError>> {
        let pumped = pump(cx, ends.backend, ends.client, &mut self.sent, 0);
        if pumped.is_pending() {
            let blocked = is_blocked(ends.backend, ends.client);
            self.stuck = if blocked { Stuck::ClientTakes } else { Stuck::ResponseBody };
        }
        match ready!(pumped) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(PumpError::Write | PumpError::TooLarge) => Poll::Ready(Err(ProxyError::ClientGone)),
            Err(PumpError::Read(BodyError::Truncated)) => Poll::Ready(Err(ProxyError::BackendTruncated)),
            Err(PumpError::Read(BodyError::Io)) => Poll::Ready(Err(ProxyError::BackendReset)),
            Err(PumpError::Read(BodyError::Reject(reject))) => Poll::Ready(Err(ProxyError::BackendRejected(reject))),
        }
    }

    fn stalled(&self) -> ProxyError {
        match self.stuck {
            Stuck::RequestBody => ProxyError::BodyTimeout,
            Stuck::BackendTakes => ProxyError::BackendStalled,
            Stuck::FirstByte => ProxyError::FirstByteTimeout,
            Stuck::ResponseBody => ProxyError::BackendIdle,
            Stuck::ClientTakes => ProxyError::ClientStalled,
        }
    }
}

enum PumpError {
    Read(BodyError),
    Write,
    TooLarge,
}

/// Moves a body from one wire to the other until its end was written; a head that waits goes out with its first
/// bytes. Not a byte beyond `most` goes out, if that is not 0.
fn pump(
    cx: &mut Context<'_>,
    from: &mut Wire,
    to: &mut Wire,
    moved: &mut u64,
    most: u64,
) -> Poll<Result<(), PumpError>> {
    loop {
        match from.poll_data(cx) {
            Poll::Ready(Ok(true)) => {
                let last = from.is_received() && !from.awaits_trailers();
                if most > 0 && *moved + from.data().len() as u64 > most {
                    return Poll::Ready(Err(PumpError::TooLarge));
                }
                let count = ready!(to.poll_send(cx, from.data(), last)).map_err(|_| PumpError::Write)?;
                from.use_data(count);
                *moved += count as u64;
            }
            Poll::Ready(Ok(false)) => {
                if let Some(trailers) = from.take_trailers() {
                    to.end_with(&trailers);
                }
                return to.poll_finish(cx).map_err(|_| PumpError::Write);
            }
            Poll::Ready(Err(error)) => return Poll::Ready(Err(PumpError::Read(error))),
            Poll::Pending => {
                ready!(to.poll_flush(cx)).map_err(|_| PumpError::Write)?;
                return Poll::Pending;
            }
        }
    }
}

/// What was received from one side waits for the other to take it.
fn is_blocked(from: &Wire, to: &Wire) -> bool {
    !from.data().is_empty() || !to.is_flushed()
}

fn client_broke(error: &BodyError) -> ProxyError {
    match error {
        BodyError::Truncated => ProxyError::BodyTruncated,
        BodyError::Io => ProxyError::ClientGone,
        BodyError::Reject(reject) => ProxyError::Rejected(*reject),
    }
}
