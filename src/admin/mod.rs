//! What an operator and his machines see: the status listener, open to probes and scrapers.
//!
//! Runs on the control thread, by hyper, away from the workers: nothing that is asked here can slow a request. It
//! only ever reads what the rest of limpet publishes, and none of its paths can be reached through a listener for
//! clients.

mod connections;
mod readiness;
mod scrapes;
pub(crate) mod status;

pub(crate) use readiness::Readiness;
