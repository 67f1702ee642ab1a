//! limpet: an HTTP load balancer that always brings a session home.
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
