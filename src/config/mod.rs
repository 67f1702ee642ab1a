//! The configuration, validated: every value here can be used as it stands.
//!
//! `load` has the steps. `file` parses TOML into a `tree` with places; `keys` names every key there is and reads the
//! tree by them; `check` judges whether the values fit together and makes them a [`Config`]; `report` shows all
//! problems at once, with carets. This room imports nobody of ours: each part of limpet builds itself from its slice
//! of the configuration.

mod check;
mod code;
mod environment;
mod file;
mod grammars;
mod include;
mod keys;
mod kind;
mod kinds;
mod load;
mod merge;
mod networks;
mod report;
mod schema;
mod section;
mod show;
mod source;
mod suggest;
mod tree;

use std::net::SocketAddr;
use std::time::Duration;

pub(crate) use load::{Loaded, from_text, json_schema, load};
pub(crate) use networks::Networks;
pub(crate) use report::Report;
pub(crate) use tree::quote;

/// A whole configuration. Tables keep the order of their names, so equal files give equal configurations.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    pub(crate) listeners: Vec<Listener>,
    pub(crate) routes: Vec<Route>,
    pub(crate) pools: Vec<Pool>,
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
    /// Worker threads; already resolved from affinity mask and cgroup quota where the file says 0.
    pub(crate) workers: usize,
    /// The read-only listener for probes and metrics; none when `"off"`.
    pub(crate) status: Option<Status>,
    pub(crate) log: Log,
}

/// An address that accepts clients.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listener {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    /// Clients that are believed about client addresses, schemes, hosts and request ids.
    pub(crate) trusted_proxies: Networks,
}

/// Which requests go to which pool. Every matcher present must match.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Route {
    pub(crate) name: String,
    /// Lower case, no port; `*.example.com` matches any name below. Empty: any host, also none.
    pub(crate) hosts: Vec<String>,
    /// Prefixes on segment borders, or `=/exact`. Never empty: `/` by default.
    pub(crate) paths: Vec<String>,
    /// Method names as sent. Empty: any.
    pub(crate) methods: Vec<String>,
    pub(crate) match_headers: Vec<(String, Match)>,
    pub(crate) match_query: Vec<(String, Match)>,
    /// Indexes into [`Config::listeners`]. Empty: all.
    pub(crate) listeners: Vec<usize>,
    /// Index into [`Config::pools`].
    pub(crate) pool: usize,
}

impl Route {
    /// How many things it asks of a request beside host and path. Of two routes with the same host and path, the one
    /// that asks for more goes first.
    pub(crate) fn matchers(&self) -> usize {
        usize::from(!self.methods.is_empty()) + self.match_headers.len() + self.match_query.len()
    }
}

/// How a header or query value is matched: `"value"`, `"*"`, `"pre*"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    Exact(String),
    Present,
    Prefix(String),
}

/// The backends of one service, with a policy and, optionally, stickiness.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pool {
    pub(crate) name: String,
    pub(crate) backends: Vec<Backend>,
    pub(crate) policy: Policy,
    pub(crate) sticky: Option<Sticky>,
}

/// A member of a fixed list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Backend {
    /// The entry's text unless it gives a name; unique in its pool.
    pub(crate) name: String,
    /// `host:port` as written: an IP address, or a host name that the system resolves.
    pub(crate) address: String,
}

/// How a request without a binding is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    RoundRobin,
}

impl Policy {
    /// Every policy, for the suites that go over all of them.
    #[cfg(test)]
    pub(crate) const ALL: &'static [Policy] = &[Policy::RoundRobin];
}

/// Stickiness by limpet's own cookie.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sticky {
    pub(crate) cookie: CookieSettings,
}

/// The attributes of a pool's cookie (RFC 6265bis, section 4.1).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CookieSettings {
    pub(crate) name: String,
    pub(crate) path: String,
    /// None: host-only.
    pub(crate) domain: Option<String>,
    pub(crate) same_site: SameSite,
    pub(crate) secure: Secure,
    pub(crate) http_only: bool,
    pub(crate) partitioned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SameSite {
    Strict,
    Lax,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secure {
    /// When the client came over TLS, or a trusted proxy says so.
    Auto,
    Always,
    Never,
}

/// Bounds, for the whole process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Client connections at a time. 0: from the file-descriptor and memory limits.
    pub(crate) max_connections: usize,
    /// Bytes of a request or response head, start line included.
    pub(crate) max_header_size: usize,
    pub(crate) max_header_fields: usize,
    /// Bytes of a request body; 0: streamed without a limit.
    pub(crate) max_body_size: u64,
}

/// How long each thing may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timeouts {
    /// A request head, from its first byte; also a new connection that sends nothing.
    pub(crate) head: Duration,
    /// A request body, without a byte of progress, until the response begins.
    pub(crate) body: Duration,
    pub(crate) connect: Duration,
    /// From the whole request sent to the end of the response head; each interim response begins it anew.
    pub(crate) first_byte: Duration,
    /// Once the response has begun: without a byte of progress, from the backend or to the client.
    pub(crate) idle: Duration,
    /// A client connection between requests. 0: closed after each response.
    pub(crate) keep_alive: Duration,
    /// A backend connection between requests. 0: not kept.
    pub(crate) backend_keep_alive: Duration,
}

/// The read-only listener.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Status {
    pub(crate) address: SocketAddr,
    pub(crate) allow: Networks,
    pub(crate) deny: Networks,
}

/// What is logged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Log {
    pub(crate) level: Level,
    pub(crate) format: LogFormat,
    pub(crate) access: Option<AccessLog>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    Text,
    Json,
}

/// One line a request, JSON, to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccessLog {
    pub(crate) only: AccessOnly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessOnly {
    All,
    /// Responses of 500 and above, and every exchange that did not end as it should.
    Errors,
}

/// The most that `limits.max_header_fields` may ask for: what a parser has to hold at a time.
pub(crate) const MAX_HEADER_FIELDS: usize = 512;

#[cfg(test)]
mod tests;
