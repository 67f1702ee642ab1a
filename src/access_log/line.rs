//! One exchange as one line: the fields of the access log and how they are written.
//!
//! Names are OpenTelemetry's where it has one, `limpet.` and a word of ours otherwise; a field that has nothing to
//! say is left out. The formatter reads no clock and keeps nothing: the caller brings the time as text. Whatever
//! came from outside passes through `escape`, so a line is always one line of one JSON object.

use std::io::Write;
use std::net::IpAddr;
use std::time::Duration;

use crate::config::AccessOnly;

use super::escape;

/// An exchange that ended, as it is logged. Bytes may be anything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// When the exchange ended, RFC 3339.
    pub(crate) timestamp: &'a str,
    /// This and all other texts are left out if empty: a head that was refused has neither method nor path.
    pub(crate) method: &'a [u8],
    pub(crate) path: &'a [u8],
    /// Without the `?`.
    pub(crate) query: Option<&'a [u8]>,
    /// Empty where the request named none.
    pub(crate) host: &'a [u8],
    /// What the client was sent; 0 if nothing.
    pub(crate) status: u16,
    pub(crate) client: IpAddr,
    pub(crate) user_agent: Option<&'a [u8]>,
    /// `1.1`.
    pub(crate) version: &'static str,
    /// Bytes of body taken from the client.
    pub(crate) request_body: u64,
    /// Bytes of body sent to the client.
    pub(crate) response_body: u64,
    pub(crate) listener: &'a str,
    pub(crate) route: Option<&'a str>,
    pub(crate) pool: Option<&'a str>,
    pub(crate) backend: Option<&'a str>,
    /// What became of the session; none where the pool is not sticky.
    pub(crate) sticky: Option<&'a str>,
    /// Backends asked.
    pub(crate) attempts: u32,
    pub(crate) total: Duration,
    pub(crate) connect: Option<Duration>,
    pub(crate) first_byte: Option<Duration>,
    /// Why limpet made the response itself.
    pub(crate) reason: Option<&'static str>,
    /// Who broke the exchange off, and where it stood; none if it ended as it should.
    pub(crate) broken: Option<(EndedBy, &'static str)>,
    pub(crate) request_id: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndedBy {
    Client,
    Backend,
    Limpet,
}

impl EndedBy {
    fn label(self) -> &'static str {
        match self {
            EndedBy::Client => "client",
            EndedBy::Backend => "backend",
            EndedBy::Limpet => "limpet",
        }
    }
}

impl Line<'_> {
    pub(super) fn wanted(&self, only: AccessOnly) -> bool {
        match only {
            AccessOnly::All => true,
            AccessOnly::Errors => self.status >= 500 || self.broken.is_some(),
        }
    }

    /// At least as many bytes as [`write`](Line::write) appends.
    pub(super) fn most(&self) -> usize {
        let names = [self.route, self.pool, self.backend, self.sticky].into_iter().flatten().map(str::as_bytes);
        let words = [self.reason, self.broken.map(|(_, phase)| phase)].into_iter().flatten().map(str::as_bytes);
        let own = [self.timestamp.as_bytes(), self.version.as_bytes(), self.listener.as_bytes()];
        let others = [self.method, self.host, self.request_id].into_iter().chain(self.query).chain(self.user_agent);
        let texts = own.into_iter().chain(others).chain(names).chain(words);
        FRAME + escape::most(self.path, PATH) + texts.map(|text| escape::most(text, TEXT)).sum::<usize>()
    }

    /// Appends the line and its end.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"timestamp":"#);
        escape::quoted(out, self.timestamp.as_bytes(), TEXT);
        text(out, "http.request.method", filled(self.method));
        if !self.path.is_empty() {
            key(out, "url.path");
            escape::quoted(out, self.path, PATH);
        }
        text(out, "url.query", self.query);
        text(out, "server.address", filled(self.host));
        if self.status != 0 {
            number(out, "http.response.status_code", self.status.into());
        }
        key(out, "client.address");
        display(out, format_args!("\"{}\"", self.client));
        text(out, "user_agent.original", self.user_agent);
        text(out, "network.protocol.version", filled(self.version.as_bytes()));
        number(out, "http.request.body.size", self.request_body);
        number(out, "http.response.body.size", self.response_body);
        self.write_own(out);
        out.extend_from_slice(b"}\n");
    }

    /// The fields that OpenTelemetry has no name for.
    fn write_own(&self, out: &mut Vec<u8>) {
        text(out, "limpet.listener", filled(self.listener.as_bytes()));
        text(out, "limpet.route", self.route.map(str::as_bytes));
        text(out, "limpet.pool", self.pool.map(str::as_bytes));
        text(out, "limpet.backend", self.backend.map(str::as_bytes));
        text(out, "limpet.sticky", self.sticky.map(str::as_bytes));
        number(out, "limpet.attempts", self.attempts.into());
        key(out, "limpet.duration_ms");
        out.extend_from_slice(br#"{"total":"#);
        milliseconds(out, self.total);
        for (name, took) in [("connect", self.connect), ("first_byte", self.first_byte)] {
            if let Some(took) = took {
                key(out, name);
                milliseconds(out, took);
            }
        }
        out.push(b'}');
        text(out, "limpet.reason", self.reason.map(str::as_bytes));
        text(out, "limpet.ended_by", self.broken.map(|(by, _)| by.label().as_bytes()));
        text(out, "limpet.phase", self.broken.map(|(_, phase)| phase.as_bytes()));
        text(out, "limpet.request_id", filled(self.request_id));
    }
}

/// A text that may be empty, as where a head was refused before it could be read.
fn filled(text: &[u8]) -> Option<&[u8]> {
    Some(text).filter(|text| !text.is_empty())
}

fn key(out: &mut Vec<u8>, name: &'static str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn text(out: &mut Vec<u8>, name: &'static str, value: Option<&[u8]>) {
    if let Some(value) = value {
        key(out, name);
        escape::quoted(out, value, TEXT);
    }
}

fn number(out: &mut Vec<u8>, name: &'static str, value: u64) {
    key(out, name);
    display(out, format_args!("{value}"));
}

/// With three decimals; no further than 2^64 microseconds.
fn milliseconds(out: &mut Vec<u8>, took: Duration) {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    display(out, format_args!("{}.{:03}", micros / 1_000, micros % 1_000));
}

fn display(out: &mut Vec<u8>, value: std::fmt::Arguments<'_>) {
    // Writing to a Vec cannot fail.
    let _ = out.write_fmt(value);
}

/// Bytes of a path that are kept.
const PATH: usize = 1_024;
/// Bytes of any other text that are kept.
const TEXT: usize = 256;
/// More than the keys, numbers and punctuation of a line with every field take.
const FRAME: usize = 1_024;
