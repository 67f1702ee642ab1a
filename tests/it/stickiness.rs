//! A session stays home: limpet's cookie without keys, as clients, browsers, shared caches and backends meet it.
//!
//! The attributes of the cookie, one by one, are in `effects`; what a token is, byte by byte, beside the code.

mod cookie;
mod home;
mod plants;
mod shared;
mod turns;
