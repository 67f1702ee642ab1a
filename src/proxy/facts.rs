//! What an exchange was, noted while it runs and told once at its end: to the counters, and to the access log.
//!
//! One place for both, so that a metric and a log line can never tell two stories, and so that every way out of an
//! exchange tells them. Facts record; what follows from a failure is `error`'s to say, and
//! where a request goes is the pool's.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant, SystemTime};

use crate::access_log::{EndedBy, Line};
use crate::http::{Fields, Framing, Name, Request};
use crate::metrics::{self, Side};
use crate::net::timestamp;
use crate::session::Outcome;

use super::client_end::ClientEnd;
use super::engine::{Engine, Snapshot};
use super::error::{Blame, ProxyError};

/// The facts of one exchange.
#[derive(Debug)]
pub(crate) struct Facts {
    started: Option<Instant>,
    listener: u16,
    client: IpAddr,
    pub(crate) route: Option<u16>,
    pub(crate) pool: Option<u16>,
    pub(crate) backend: Option<u16>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) attempts: u32,
    /// What the client was sent; 0 if nothing.
    pub(crate) status: u16,
    pub(crate) backend_status: Option<u16>,
    /// From the head read until there was a connection to a backend, if it had to be made.
    connect: Option<Duration>,
    /// From the head read until the head of the response.
    first_byte: Option<Duration>,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    pub(crate) error: Option<ProxyError>,
    /// The framing of the response whose head went to the client: no other can.
    pub(crate) begun: Option<Framing>,
    /// limpet made the response itself, for this reason.
    pub(crate) made: Option<&'static str>,
}

impl Default for Facts {
    fn default() -> Facts {
        Facts {
            started: None,
            listener: 0,
            client: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            route: None,
            pool: None,
            backend: None,
            outcome: None,
            attempts: 0,
            status: 0,
            backend_status: None,
            connect: None,
            first_byte: None,
            received: 0,
            sent: 0,
            error: None,
            begun: None,
            made: None,
        }
    }
}

impl Facts {
    /// A message is in hand. To be called before the fields that say who the client is are written.
    pub(super) fn begin(&mut self, engine: &Engine, end: &ClientEnd, fields: &Fields) {
        self.started = Some(engine.clock.look());
        self.listener = end.listener;
        self.client = end.client(fields);
    }

    /// There is a connection to a backend.
    pub(super) fn connected(&mut self, engine: &Engine, reused: bool) {
        if !reused {
            self.connect = self.since_start(engine);
        }
    }

    /// The head of a response came.
    pub(super) fn answered(&mut self, engine: &Engine) {
        self.first_byte = self.since_start(engine);
    }

    fn since_start(&self, engine: &Engine) -> Option<Duration> {
        let now = engine.clock.look();
        self.started.map(|started| now.duration_since(started))
    }

    /// Where an exchange stood when it broke off.
    fn phase(&self) -> &'static str {
        match (self.begun.is_some(), self.attempts) {
            (true, _) => "response",
            (false, 0) => "request",
            (false, _) => "backend",
        }
    }

    /// Counts the exchange and logs it.
    pub(super) fn report(&self, engine: &Engine, snapshot: &Snapshot, request: &Request) {
        let total = self.since_start(engine).unwrap_or_default();
        engine.metrics.exchange(&metrics::Exchange {
            series: &snapshot.series,
            listener: self.listener,
            route: self.route,
            pool: self.pool,
            backend: self.backend,
            method: request.method.label(),
            status: self.status,
            backend_status: self.backend_status,
            outcome: self.outcome.map(Outcome::label),
            total,
            connect: self.connect,
            first_byte: self.first_byte.map(|head| head.saturating_sub(self.connect.unwrap_or_default())),
            body: self.first_byte.map(|head| total.saturating_sub(head)),
        });
        if let Some(reason) = self.made {
            engine.metrics.made_response(reason);
        }
        if let Some(error) = self.error {
            self.report_failure(error, engine, snapshot);
        }
        if let Some(log) = &engine.access_log {
            let now = timestamp(SystemTime::now());
            log.record(&self.line(str::from_utf8(&now).unwrap_or_default(), snapshot, request, total));
        }
    }

    fn report_failure(&self, error: ProxyError, engine: &Engine, snapshot: &Snapshot) {
        let verdict = error.verdict();
        match error {
            ProxyError::Rejected(reject) => {
                tracing::debug!(client = %self.client, rule = reject.rule.label(), at = reject.at, "request refused");
                engine.metrics.rejected(Side::Client, reject.rule.label());
            }
            ProxyError::BackendRejected(reject) => {
                let (rule, at) = (reject.rule.label(), reject.at);
                tracing::debug!(pool = self.pool, backend = self.backend, rule, at, "response refused");
                engine.metrics.rejected(Side::Backend, rule);
            }
            ProxyError::ClientGone | ProxyError::BodyTruncated => engine.metrics.client_aborted(self.phase()),
            _ => {}
        }
        if let (Blame::Backend, Some(pool), Some(backend)) = (verdict.blame, self.pool, self.backend) {
            engine.metrics.backend_failed(&snapshot.series, pool, backend, verdict.reason);
        }
    }

    fn line<'a>(
        &'a self,
        timestamp: &'a str,
        snapshot: &'a Snapshot,
        request: &'a Request,
        total: Duration,
    ) -> Line<'a> {
        let state = &snapshot.state;
        let pool = self.pool.and_then(|pool| state.pools.get(usize::from(pool)));
        let backend = pool.zip(self.backend).and_then(|(pool, index)| pool.members.all.get(usize::from(index)));
        let verdict = self.error.map(ProxyError::verdict);
        // A request for nothing that is here was answered as it should be.
        let cut_off = verdict.filter(|_| self.error != Some(ProxyError::NoRoute));
        Line {
            timestamp,
            method: request.method_text(),
            path: request.path(),
            query: request.query(),
            host: request.host(),
            status: self.status,
            client: self.client,
            user_agent: request.fields.get(Name::UserAgent),
            version: request.version.number(),
            request_body: self.received,
            response_body: self.sent,
            listener: state.listeners.get(usize::from(self.listener)).map_or("", |listener| &listener.name),
            route: self.route.map(|route| state.router.name(route)),
            pool: pool.map(|pool| &*pool.name),
            backend: backend.map(|backend| &*backend.name),
            sticky: self.outcome.map(Outcome::label),
            attempts: self.attempts,
            total,
            connect: self.connect,
            first_byte: self.first_byte,
            reason: self.made.or(verdict.map(|verdict| verdict.reason)),
            broken: cut_off.map(|verdict| (ended_by(verdict.blame), self.phase())),
            request_id: request.fields.get(Name::XRequestId).unwrap_or_default(),
        }
    }
}

fn ended_by(blame: Blame) -> EndedBy {
    match blame {
        Blame::Client => EndedBy::Client,
        Blame::Backend => EndedBy::Backend,
        Blame::Us => EndedBy::Limpet,
    }
}
