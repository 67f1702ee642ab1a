//! limpet: an HTTP load balancer that always brings a session home.
//!
//! The tour follows.
#![forbid(unsafe_code)]

mod access_log;
mod admin;
mod backend;
mod cli;
mod config;
mod demo;
mod failpoint;
mod http;
#[cfg(feature = "lab")]
#[doc(hidden)]
pub mod lab;
mod metrics;
mod net;
mod policy;
mod pool;
mod proxy;
mod route;
mod run;
mod server;
mod session;
mod state;
mod upstream;
mod wire;

pub use cli::main;
