//! What limpet was told to do, validated: every value here can be used as it stands.
//!
//! `file` is the TOML as written, with the places of its words; `check` turns it into a [`Config`] or into all its
//! problems at once; `report` shows these with carets. This module imports nobody of ours: each part of limpet
//! builds itself from its slice of the configuration.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A whole configuration. Tables keep the order of their names, so equal files give equal configurations.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub listeners: Vec<Listener>,
    pub routes: Vec<Route>,
    pub pools: Vec<Pool>,
    pub limits: Limits,
    pub timeouts: Timeouts,
    /// Worker threads; already resolved from affinity mask and cgroup quota where the file says 0.
    pub workers: usize,
    /// The read-only listener for probes and metrics; none when `"off"`.
    pub status: Option<Status>,
    pub log: Log,
}

/// An address that accepts clients.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    pub name: String,
    pub address: SocketAddr,
    /// Peers that are believed about client addresses, schemes, hosts and request ids.
    pub trusted_proxies: Networks,
}

/// Which requests go to which pool. Every matcher present must match.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    pub name: String,
    /// Lower case, no port; `*.example.com` matches any name below. Empty: any host, also none.
    pub hosts: Vec<String>,
    /// Prefixes on segment borders, or `=/exact`. Never empty: `/` by default.
    pub paths: Vec<String>,
    /// Method names as sent. Empty: any.
    pub methods: Vec<String>,
    pub match_headers: Vec<(String, Match)>,
    pub match_query: Vec<(String, Match)>,
    /// Indexes into [`Config::listeners`]. Empty: all.
    pub listeners: Vec<usize>,
    /// Index into [`Config::pools`].
    pub pool: usize,
}

/// How a header or query value is matched: `"value"`, `"*"`, `"pre*"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    Exact(String),
    Present,
    Prefix(String),
}

/// The backends of one service, with a policy and, optionally, stickiness.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    pub name: String,
    pub backends: Vec<Backend>,
    pub policy: Policy,
    pub sticky: Option<Sticky>,
}

/// A member of a fixed list.
#[derive(Clone, Debug, PartialEq)]
pub struct Backend {
    /// The entry's text unless it gives a name; unique in its pool.
    pub name: String,
    /// `host:port` as written: an IP address, or a host name that the system resolves.
    pub address: String,
}

/// How a request without a binding is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    RoundRobin,
}

impl Policy {
    /// Every policy, for the suites that go over all of them.
    pub const ALL: &'static [Policy] = &[Policy::RoundRobin];
}

/// Stickiness by limpet's own cookie.
#[derive(Clone, Debug, PartialEq)]
pub struct Sticky {
    pub cookie: CookieSettings,
}

/// The attributes of a pool's cookie (RFC 6265bis, section 4.1).
#[derive(Clone, Debug, PartialEq)]
pub struct CookieSettings {
    pub name: String,
    pub path: String,
    /// None: host-only.
    pub domain: Option<String>,
    pub same_site: SameSite,
    pub secure: Secure,
    pub http_only: bool,
    pub partitioned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    Strict,
    Lax,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secure {
    /// When the client came over TLS, or a trusted proxy says so.
    Auto,
    Always,
    Never,
}

/// Bounds, for the whole process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Client connections at a time. 0: from the file-descriptor and memory limits.
    pub max_connections: usize,
    /// Bytes of a request or response head, start line included.
    pub max_header_size: usize,
    pub max_header_fields: usize,
    /// Bytes of a request body; 0: streamed without a limit.
    pub max_body_size: u64,
}

/// How long each thing may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// A request head, from its first byte.
    pub head: Duration,
    /// A request body, without a byte of progress.
    pub body: Duration,
    pub connect: Duration,
    /// From the whole request sent to the first byte of its response.
    pub first_byte: Duration,
    /// A response body, without a byte of progress.
    pub idle: Duration,
    /// A client connection between requests.
    pub keep_alive: Duration,
    /// A backend connection between requests.
    pub backend_keep_alive: Duration,
}

/// The read-only listener.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub address: SocketAddr,
    pub allow: Networks,
    pub deny: Networks,
}

/// What is logged.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    pub level: Level,
    pub format: LogFormat,
    pub access: Option<AccessLog>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    Text,
    Json,
}

/// One line a request, JSON, to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessLog {
    pub only: AccessOnly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessOnly {
    All,
    /// Responses of 500 and above, and every exchange that did not end as it should.
    Errors,
}

/// A set of networks, as CIDRs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

/// One CIDR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}
