//! limpet: an HTTP load balancer that always brings a session home.
#![allow(dead_code, unused_imports)]

mod cli;
mod config;
mod http;

pub use cli::main;
