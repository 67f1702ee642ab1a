//! The integration binary: one module a behaviour.
//!
//! `layers` and `tidy` read the project's own source and need nothing running; `source` is what both read with. All
//! other modules talk to the real binary or to the inside of limpet as the feature `lab` hands it out; `harness` is
//! what those talk through.

// A test that cannot go on says so by panicking, also in the functions that several tests share.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod allocator;
mod bulk;
mod capacity;
mod check;
mod demo;
mod docs;
mod effects;
mod errors;
mod gates;
mod harness;
mod hostile;
mod inside;
mod layers;
mod lockstep;
mod memory;
mod panics;
mod relay;
mod scene;
mod schema;
mod source;
mod stall;
mod status;
mod stickiness;
mod stop;
mod tidy;
mod walk;
