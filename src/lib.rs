//! limpet: an HTTP load balancer that always brings a session home.
#![allow(dead_code, unused_imports)]

mod backend;
mod config;
mod http;
mod net;
mod policy;
mod pool;
mod route;
mod session;
mod state;
mod wire;
