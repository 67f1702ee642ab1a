//! limpet: an HTTP load balancer that always brings a session home.

mod config;
mod http;
