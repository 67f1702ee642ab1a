//! limpet: an HTTP load balancer that always brings a session home.
#![allow(dead_code, unused_imports)]

mod config;
mod http;
mod metrics;
