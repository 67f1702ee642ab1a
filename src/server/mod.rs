//! The listening side: workers, and the connections that they serve.

mod gate;
mod h1;
mod worker;

pub(crate) use gate::Gate;
pub(crate) use worker::{Setup, Stop, run};

/// Bytes of the future that serves a client connection.
#[cfg(feature = "lab")]
pub(crate) fn connection_bytes() -> usize {
    worker::connection_bytes()
}
