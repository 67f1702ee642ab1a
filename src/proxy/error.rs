//! Every way an exchange can fail: whose fault it is, what the client is told, and the word for it in logs and metrics.
//!
//! One match for all of them, so that nothing else in limpet decides a failure's status, and so that the words stay
//! what dashboards know. It sees no message and no connection: a failure says enough by its kind.

use std::time::Duration;

use crate::http::Reject;
use crate::pool::Refusal;

/// Why an exchange did not end as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProxyError {
    /// The request's head or body broke a rule.
    Rejected(Reject),
    HeadTimeout,
    BodyTimeout,
    BodyTooLarge,
    /// The client's connection ended in the middle of its request.
    BodyTruncated,
    ClientGone,
    /// The client takes no more of the response.
    ClientStalled,
    Loop,
    NoRoute,
    /// Nobody in the pool may take the request.
    Refused(Refusal),
    /// This process has no file descriptor left to reach a backend by.
    NoDescriptor,
    ConnectFailed,
    ConnectTimeout,
    FirstByteTimeout,
    /// The backend takes no more of the request.
    BackendStalled,
    /// The backend's response stopped in the middle.
    BackendIdle,
    /// The backend's connection ended before its response began.
    BackendClosed,
    BackendReset,
    /// The response's head or body broke a rule.
    BackendRejected(Reject),
    BackendTruncated,
    /// 101 where nothing was to be switched.
    UnaskedSwitch,
    TooManyInterim,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    Client,
    Backend,
    Us,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) blame: Blame,
    /// The status to answer with, where an answer can still be given.
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
    /// Zero: nothing is said about it.
    pub(crate) retry_after: Duration,
}

impl ProxyError {
    pub(crate) fn verdict(self) -> Verdict {
        use Blame::{Backend, Client, Us};
        let (blame, status, reason) = match self {
            ProxyError::Rejected(reject) => (Client, reject.rule.status(), reject.rule.label()),
            ProxyError::HeadTimeout => (Client, 408, "head_timeout"),
            ProxyError::BodyTimeout => (Client, 408, "body_timeout"),
            ProxyError::BodyTooLarge => (Client, 413, "body_too_large"),
            ProxyError::BodyTruncated => (Client, 400, "body_truncated"),
            ProxyError::ClientGone => (Client, 400, "client_gone"),
            ProxyError::ClientStalled => (Client, 408, "client_write_timeout"),
            ProxyError::Loop => (Client, 508, "loop"),
            ProxyError::NoRoute => (Client, 404, "no_route"),
            ProxyError::Refused(Refusal::NoBackend) => (Us, 503, "no_backend"),
            ProxyError::NoDescriptor => (Us, 503, "no_descriptor"),
            ProxyError::ConnectFailed => (Backend, 503, "connect_failed"),
            ProxyError::ConnectTimeout => (Backend, 504, "connect_timeout"),
            ProxyError::FirstByteTimeout => (Backend, 504, "first_byte_timeout"),
            ProxyError::BackendStalled => (Backend, 504, "backend_write_timeout"),
            ProxyError::BackendIdle => (Backend, 504, "backend_idle_timeout"),
            ProxyError::BackendClosed => (Backend, 502, "backend_closed"),
            ProxyError::BackendReset => (Backend, 502, "backend_reset"),
            ProxyError::BackendRejected(reject) => (Backend, 502, reject.rule.label()),
            ProxyError::BackendTruncated => (Backend, 502, "backend_truncated"),
            ProxyError::UnaskedSwitch => (Backend, 502, "unasked_switch"),
            ProxyError::TooManyInterim => (Backend, 502, "too_many_interim"),
        };
        let retry_after = match self {
            ProxyError::Refused(_) | ProxyError::ConnectFailed | ProxyError::NoDescriptor => RETRY_AFTER,
            _ => Duration::ZERO,
        };
        Verdict { blame, status, reason, retry_after }
    }
}

/// Clients are asked to stay away this long when nobody can be reached: long enough to end a storm of retries.
const RETRY_AFTER: Duration = Duration::from_secs(1);
