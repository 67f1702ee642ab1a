//! One exchange after the other between a client and a backend: what passes, what is added, what ends at this hop, and
//! which connections carry it (product of HTTP/1.1 on both sides).
//!
//! Each client and each backend here keeps the rules; those that break them are in `hostile`.

mod connections;
mod failures;
mod fields;
mod framing;
mod hops;
mod interim;
mod lines;
mod streaming;
