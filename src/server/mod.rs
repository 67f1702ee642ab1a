//! The listening side: workers, and the connections that they serve.
//!
//! `worker` is one core with everything it owns, `h1` one client connection, `gate` how many of those there may be.
//! What is done with a request is `proxy`'s; nothing here knows pools, backends or sessions.

mod h1;
mod limit;
mod worker;

pub(crate) use limit::ConnectionLimit;
pub(crate) use worker::{Phase, Setup, run};

/// Bytes of the future that serves a client connection.
#[cfg(feature = "lab")]
pub(crate) fn connection_bytes() -> usize {
    worker::connection_bytes()
}
