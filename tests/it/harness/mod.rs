//! What the black-box tests stand on: the real binary as a process, backends that record every byte they are sent,
//! and clients that send any bytes, legal or not.
//!
//! Nothing here knows what limpet ought to do; that is for the tests. Nothing here sleeps for a time either: it waits
//! for something to be seen, and gives up with a sentence after [`PATIENCE`]. The reading of HTTP is this module's
//! own, strict and independent of limpet's.

mod addresses;
mod answer;
mod backend;
mod bystander;
mod client;
mod journal;
mod limpet;
mod log;
mod message;
mod metrics;
mod obedient;
mod script;
mod strict;
mod text;

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

pub(crate) use addresses::{BlackHole, open_connections_to, own_address};
pub(crate) use answer::{Answer, Answers};
pub(crate) use backend::RawBackend;
pub(crate) use bystander::{BYSTANDER, Bystander};
pub(crate) use client::{Ended, RawClient, Received, read_on};
pub(crate) use journal::{Journal, Records, Seen};
pub(crate) use limpet::Limpet;
pub(crate) use log::Line;
pub(crate) use message::{Field, Fields, find};
pub(crate) use metrics::Metrics;
pub(crate) use obedient::App;
pub(crate) use script::{Act, ScriptedBackend};
pub(crate) use strict::{Event, Framing, Request, Strict};
pub(crate) use text::quote;

/// The longest that anything here waits for what should come at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Waits for `future`, and fails the test with a sentence when it takes longer than [`PATIENCE`].
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: not within {PATIENCE:?}"),
    }
}

/// Asks again and again until `question` has an answer; for what cannot be waited for otherwise (`/proc`, a counter).
/// Says at the end whether it came within [`PATIENCE`].
pub(crate) async fn until(mut question: impl AsyncFnMut() -> bool) -> bool {
    let mut beat = tokio::time::interval(Duration::from_millis(20));
    let asked = async {
        while !question().await {
            beat.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.is_ok()
}

/// `result`, or the test fails with `what` and the error.
pub(crate) fn sure<T, E: Display>(what: impl Display, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error}"))
}
