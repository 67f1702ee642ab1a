//! limpet: an HTTP load balancer that always brings a session home.
#![allow(dead_code, unused_imports)]

mod access_log;
mod admin;
mod config;
mod http;
mod metrics;
