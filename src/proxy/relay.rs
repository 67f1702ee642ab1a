//! Moves an exchange's bytes: the request out, the response in, both at once where both are under way.
//!
//! One hand-written poll drives both directions and watches for the response head meanwhile: a backend may answer
//! before it has read everything, and an interim response may be what the client waits for. Nothing is read from one
//! side before the other has taken what came before, so memory stays bounded whatever a body's size.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use crate::config::{Limits, Timeouts};
use crate::http::{Bounds, Extent, Scan};
use crate::net::Deadline;
use crate::state::State;
use crate::wire::{BodyError, HeadError, Wire};

use super::error::ProxyError;

/// Both connections of an exchange, and how far its bytes have come.
pub(super) struct Relay<'a> {
    pub(super) client: &'a mut Wire,
    pub(super) backend: &'a mut Wire,
    deadline: &'a Deadline,
    timeouts: &'a Timeouts,
    /// Of the response's head.
    pub(super) bounds: Bounds,
    /// Bytes of the request's body; 0: no limit.
    max_body: u64,
    request: RequestSide,
    /// The response's head was taken: its body follows.
    in_body: bool,
    awaits_continue: bool,
    scan: Scan,
    /// Bytes of the request's body that the backend took.
    pub(super) received: u64,
    /// Bytes of the response's body that the client took.
    pub(super) sent: u64,
    waiting_for: WaitingFor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RequestSide {
    Sending,
    Sent,
    /// The backend takes no more; its answer may be on the way.
    Failed,
}

/// What the relay waits for, should the deadline fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WaitingFor {
    RequestBody,
    BackendToTake,
    ResponseHead,
    ResponseBody,
    ClientToTake,
}

impl<'a> Relay<'a> {
    /// A request's head waits in the backend's wire. `awaits_continue`: the client sends its body only when it was told
    /// to.
    pub(super) fn new(
        client: &'a mut Wire,
        backend: &'a mut Wire,
        deadline: &'a Deadline,
        state: &'a State,
        awaits_continue: bool,
    ) -> Relay<'a> {
        let relay = Relay {
            client,
            backend,
            deadline,
            timeouts: &state.timeouts,
            bounds: bounds(&state.limits),
            max_body: state.limits.max_body_size,
            request: RequestSide::Sending,
            in_body: false,
            awaits_continue,
            scan: Scan::default(),
            received: 0,
            sent: 0,
            waiting_for: WaitingFor::RequestBody,
        };
        relay.arm();
        relay
    }

    /// The request went out whole, so that the backend's connection is at a message's end.
    pub(super) fn is_sent(&self) -> bool {
        self.request == RequestSide::Sent
    }

    /// Sends the request and waits for a response head.
    ///
    /// # Errors
    /// Whoever broke off, broke a rule or let the deadline pass.
    pub(super) async fn head(&mut self) -> Result<Extent, ProxyError> {
        poll_fn(|cx| self.poll(cx, Relay::await_head)).await
    }

    /// The head was an interim one: another follows.
    pub(super) fn expect_another_head(&mut self) {
        self.scan = Scan::default();
        self.awaits_continue = false;
        self.arm();
    }

    /// Moves both bodies until the response went out whole. Its head waits in the client's wire.
    ///
    /// # Errors
    /// As [`Relay::head`].
    pub(super) async fn bodies(&mut self) -> Result<(), ProxyError> {
        self.in_body = true;
        self.arm();
        poll_fn(|cx| self.poll(cx, Relay::send_response)).await
    }

    /// Moves what can be moved. Progress buys time; without any the deadline decides.
    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        response: fn(&mut Self, &mut Context<'_>) -> Poll<Result<T, ProxyError>>,
    ) -> Poll<Result<T, ProxyError>> {
        let before = self.progress();
        self.send_request(cx)?;
        let outcome = response(self, cx);
        if outcome.is_pending() {
            if self.progress() != before {
                self.arm();
            }
            return self.deadline.poll(cx).map(|_| Err(self.stalled()));
        }
        outcome
    }

    /// What was taken from either side, and what either side took: a slow reader is no dead one.
    fn progress(&self) -> (u64, u64, u64, u64, RequestSide) {
        (self.received, self.sent, self.backend.taken(), self.client.taken(), self.request)
    }

    /// Sets the time that the next step may take.
    fn arm(&self) {
        self.deadline.arm(match self.request {
            _ if self.in_body => self.timeouts.idle,
            RequestSide::Sending if !self.awaits_continue || self.received > 0 => self.timeouts.body,
            _ => self.timeouts.first_byte,
        });
    }

    fn send_request(&mut self, cx: &mut Context<'_>) -> Result<(), ProxyError> {
        if self.request != RequestSide::Sending {
            return Ok(());
        }
        match pump(cx, self.client, self.backend, &mut self.received, self.max_body) {
            Poll::Pending if is_blocked(self.client, self.backend) => self.waiting_for = WaitingFor::BackendToTake,
            Poll::Pending if self.awaits_continue && self.received == 0 => self.waiting_for = WaitingFor::ResponseHead,
            Poll::Pending => self.waiting_for = WaitingFor::RequestBody,
            Poll::Ready(Ok(())) => self.request = RequestSide::Sent,
            Poll::Ready(Err(PumpError::Write)) => self.request = RequestSide::Failed,
            Poll::Ready(Err(PumpError::TooLarge)) => return Err(ProxyError::BodyTooLarge),
            // The response may finish: it was begun, and the request's end no longer matters to it.
            Poll::Ready(Err(PumpError::Read(_))) if self.in_body => self.request = RequestSide::Failed,
            Poll::Ready(Err(PumpError::Read(error))) => return Err(client_broke(&error)),
        }
        Ok(())
    }

    fn await_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<Extent, ProxyError>> {
        // An interim response may wait to be written.
        if let Poll::Ready(Err(_)) = self.client.poll_flush(cx) {
            return Poll::Ready(Err(ProxyError::ClientGone));
        }
        if self.request != RequestSide::Sending {
            self.waiting_for = WaitingFor::ResponseHead;
            // Nothing is read from the client now: whether it still is there has to be asked.
            if self.client.poll_reset(cx).is_ready() {
                return Poll::Ready(Err(ProxyError::ClientGone));
            }
        }
        match ready!(self.backend.poll_head(cx, &mut self.scan, self.bounds)) {
            Ok(extent) => Poll::Ready(Ok(extent)),
            Err(HeadError::Closed) => Poll::Ready(Err(ProxyError::BackendClosed)),
            Err(HeadError::Truncated) => Poll::Ready(Err(ProxyError::BackendTruncated)),
            Err(HeadError::Io) => Poll::Ready(Err(ProxyError::BackendReset)),
            Err(HeadError::Reject(reject)) => Poll::Ready(Err(ProxyError::BackendRejected(reject))),
        }
    }

    fn send_response(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ProxyError>> {
        let pumped = pump(cx, self.backend, self.client, &mut self.sent, 0);
        if pumped.is_pending() {
            let blocked = is_blocked(self.backend, self.client);
            self.waiting_for = if blocked { WaitingFor::ClientToTake } else { WaitingFor::ResponseBody };
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
        match self.waiting_for {
            WaitingFor::RequestBody => ProxyError::BodyTimeout,
            WaitingFor::BackendToTake => ProxyError::BackendStalled,
            WaitingFor::ResponseHead => ProxyError::FirstByteTimeout,
            WaitingFor::ResponseBody => ProxyError::BackendIdle,
            WaitingFor::ClientToTake => ProxyError::ClientStalled,
        }
    }
}

/// The bounds of every head, either way.
pub(crate) fn bounds(limits: &Limits) -> Bounds {
    Bounds { bytes: limits.max_header_size, fields: limits.max_header_fields }
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
