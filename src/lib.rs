//! limpet: an HTTP load balancer that always brings a session home.
//!
//! This file declares the rooms of the house and hands out what the binary needs; it has no code of its own.

// The rooms are joined one by one: until all are, some hold what nobody calls yet.
#![allow(dead_code, unused_imports)]

mod access_log;
mod backend;
mod config;
mod http;
mod metrics;
mod net;
mod policy;
mod pool;
mod proxy;
mod route;
mod server;
mod session;
mod state;
mod upstream;
mod wire;
