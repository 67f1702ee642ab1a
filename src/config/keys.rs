//! Every key that exists: its name, what it takes, its default, what it is for. Once.
//!
//! A configuration as written becomes [`Written`] here, each value right in itself; whether the values fit together is
//! for `check`. The schema, the environment's variables and the suggestions follow from these lines.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::grammars;
use super::kind::{Flag, List, NetworkList, OrOff, Size, Time, Whole};
use super::kinds::{
    ADDRESS, BACKEND_ADDRESS, BACKEND_NAME, COOKIE_DOMAIN, COOKIE_NAME, COOKIE_PATH, FORMAT, HOST, LEVEL, MATCH,
    METHOD, MODE, Mode, ONLY, PATH, PATTERN, POLICY, REFERENCE, SAME_SITE, SECURE,
};
use super::networks::Networks;
use super::section::{Named, Section};
use super::source::{Place, Placed};
use super::{
    AccessLog, AccessOnly, Level, Limits, Log, LogFormat, MAX_HEADER_FIELDS, Match, Policy, SameSite, Secure, Timeouts,
};

/// A configuration as written, with defaults filled in.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) listeners: Vec<Named<Listener>>,
    pub(super) routes: Vec<Named<Route>>,
    pub(super) pools: Vec<Named<Pool>>,
    pub(super) limits: Limits,
    pub(super) timeouts: Timeouts,
    /// 0: as many as there are cores.
    pub(super) workers: usize,
    pub(super) status: Status,
    pub(super) log: Log,
}

#[derive(Debug)]
pub(super) struct Listener {
    pub(super) address: Option<Placed<SocketAddr>>,
    pub(super) trusted_proxies: Placed<Networks>,
}

#[derive(Debug)]
pub(super) struct Route {
    pub(super) hosts: Vec<Placed<String>>,
    pub(super) paths: Placed<Vec<Placed<String>>>,
    pub(super) methods: Vec<Placed<String>>,
    pub(super) match_headers: Vec<(Placed<String>, Match)>,
    pub(super) match_query: Vec<(Placed<String>, Match)>,
    pub(super) listeners: Vec<Placed<String>>,
    pub(super) pool: Option<Placed<String>>,
}

#[derive(Debug)]
pub(super) struct Pool {
    pub(super) backends: Option<Placed<Vec<Placed<Backend>>>>,
    pub(super) policy: Policy,
    pub(super) sticky: Option<Sticky>,
}

#[derive(Debug)]
pub(super) struct Backend {
    /// The address, where none is given.
    pub(super) name: Option<Placed<String>>,
    pub(super) address: Option<Placed<String>>,
}

#[derive(Debug)]
pub(super) struct Sticky {
    pub(super) place: Option<Place>,
    pub(super) name: Placed<String>,
    pub(super) path: Placed<String>,
    pub(super) domain: Placed<Option<String>>,
    pub(super) same_site: Placed<SameSite>,
    pub(super) secure: Placed<Secure>,
    pub(super) http_only: bool,
    pub(super) partitioned: Placed<bool>,
}

#[derive(Debug)]
pub(super) struct Status {
    pub(super) address: Placed<Option<SocketAddr>>,
    pub(super) allow: Networks,
    pub(super) deny: Networks,
}

/// The whole file.
pub(super) fn root(root: &mut Section<'_, '_>) -> Written {
    // Followed before this is read; described here so that the schema knows it.
    root.with_default(INCLUDE, &List(PATTERN), Vec::new(), "Files to read beside this one; `*` in the last component.");
    Written {
        listeners: root.named_tables("listeners", "Addresses that accept clients.", listener),
        routes: root.named_tables("routes", "Which requests go to which pool.", route),
        pools: root.named_tables("pools", "The backends of each service.", pool),
        limits: root.table("limits", "Bounds, for the whole process.", limits),
        timeouts: root.table("timeouts", "How long each thing may take.", timeouts),
        workers: root.table("workers", "The threads that serve.", workers),
        status: root.table("status", "The read-only listener: /livez, /readyz, /metrics.", status),
        log: root.table("log", "What is logged.", log),
    }
}

fn listener(table: &mut Section<'_, '_>) -> Listener {
    let trusted = "CIDRs or \"private\"; only these are believed about client addresses.";
    Listener {
        address: table.required("address", &ADDRESS, "\"0.0.0.0:8080\"", "Where clients connect: IP address and port."),
        trusted_proxies: table.with_default("trusted_proxies", &NetworkList, Networks::default(), trusted),
    }
}

fn route(table: &mut Section<'_, '_>) -> Route {
    let root = Placed { value: "/".to_owned(), place: None };
    let values = "name = \"value\", \"*\" or \"pre*\"; all must match.";
    Route {
        hosts: table
            .with_default("hosts", &List(HOST), Vec::new(), "Hosts; \"*.\" in front for any below. Empty: any.")
            .value,
        paths: table.with_default("paths", &List(PATH), vec![root], "Prefixes on segment borders; \"=/exact\"."),
        methods: table.with_default("methods", &List(METHOD), Vec::new(), "Methods. Empty: any.").value,
        match_headers: table.map("match_headers", grammars::field_name, &MATCH, values),
        match_query: table.map("match_query", grammars::parameter_name, &MATCH, values),
        listeners: table.with_default("listeners", &List(REFERENCE), Vec::new(), "Listeners. Empty: all.").value,
        pool: table.required("pool", &REFERENCE, "\"NAME\"", "The pool that answers."),
    }
}

fn pool(table: &mut Section<'_, '_>) -> Pool {
    let name = table.name();
    let members = "The members: \"host:port\", or { name, address }.";
    let policy = "How a request without a binding is placed.";
    Pool {
        backends: table.shorthand_list("backends", "address", "[\"10.0.0.11:3000\"]", members, backend),
        policy: table.with_default("policy", &POLICY, Policy::RoundRobin, policy).value,
        sticky: table.shorthand("sticky", "mode", "Keeps sessions at their home.", |table| sticky(table, &name)),
    }
}

fn backend(table: &mut Section<'_, '_>) -> Backend {
    Backend {
        name: table.optional("name", &BACKEND_NAME, "What it is known by; by default its address."),
        address: table.required("address", &BACKEND_ADDRESS, "\"10.0.0.11:3000\"", "Where it is reached: host:port."),
    }
}

fn sticky(table: &mut Section<'_, '_>, pool: &str) -> Sticky {
    table.with_default("mode", &MODE, Mode::Cookie, "How a session is recognised.");
    let default_name = format!("limpet-{pool}");
    let secure = "auto: when the client came over TLS, or a trusted proxy says so.";
    Sticky {
        place: table.place(),
        name: table.with_default("name", &COOKIE_NAME, default_name, "The cookie's name; by default limpet-POOL."),
        path: table.with_default("path", &COOKIE_PATH, "/".to_owned(), "The cookie's Path."),
        domain: table.with_default("domain", &COOKIE_DOMAIN, None, "The cookie's Domain. Empty: this host only."),
        same_site: table.with_default("same_site", &SAME_SITE, SameSite::Lax, "The cookie's SameSite."),
        secure: table.with_default("secure", &SECURE, Secure::Auto, secure),
        http_only: table.with_default("http_only", &Flag, true, "Hidden from scripts.").value,
        partitioned: table.with_default("partitioned", &Flag, false, "One cookie jar for each embedding site."),
    }
}

fn limits(table: &mut Section<'_, '_>) -> Limits {
    let connections = "Client connections at a time; 0: from the file-descriptor and memory limits.";
    let head = Size(1 << 10..=1 << 20);
    let max_connections = table.with_default("max_connections", &Whole(0..=usize::MAX), 0, connections).value;
    let max_header_size = table.with_default("max_header_size", &head, 32 << 10, "A request or response head, in all.");
    let fields = "Fields in a head.";
    Limits {
        max_connections,
        max_header_size: usize::try_from(max_header_size.value).unwrap_or(usize::MAX),
        max_header_fields: table.with_default("max_header_fields", &Whole(1..=MAX_HEADER_FIELDS), 100, fields).value,
        max_body_size: table
            .with_default("max_body_size", &Size(0..=u64::MAX), 0, "A request body; 0B: no limit.")
            .value,
    }
}

fn timeouts(table: &mut Section<'_, '_>) -> Timeouts {
    let mut some = |name, seconds, about| {
        table.with_default(name, &Time { zero: false }, Duration::from_secs(seconds), about).value
    };
    let (head, body, connect, first_byte, idle) = (
        some("head", 10, "A request head, from its first byte; also a new connection that sends nothing."),
        some("body", 30, "A request body, without a byte of progress, until the response begins."),
        some("connect", 2, "A connection to a backend."),
        some("first_byte", 60, "From the request sent to the end of the response head, anew after each 1xx."),
        some("idle", 300, "Once the response has begun, without a byte of progress on either side."),
    );
    let mut any = |name, seconds, about| {
        table.with_default(name, &Time { zero: true }, Duration::from_secs(seconds), about).value
    };
    let keep_alive = any("keep_alive", 75, "A client connection between requests; 0s: closed after each response.");
    let backend_keep_alive = any("backend_keep_alive", 4, "A backend connection between requests; 0s: not kept.");
    Timeouts { head, body, connect, first_byte, idle, keep_alive, backend_keep_alive }
}

fn workers(table: &mut Section<'_, '_>) -> usize {
    table.with_default("count", &Whole(0..=1024), 0, "Threads; 0: one a core (cgroup quota respected).").value
}

fn status(table: &mut Section<'_, '_>) -> Status {
    let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 9902));
    Status {
        address: table.with_default("address", &OrOff(ADDRESS), Some(address), "IP address and port, or \"off\"."),
        allow: table
            .with_default("allow", &NetworkList, Networks::private(), "CIDRs or \"private\"; empty: nobody.")
            .value,
        deny: table.with_default("deny", &NetworkList, Networks::default(), "CIDRs or \"private\".").value,
    }
}

fn log(table: &mut Section<'_, '_>) -> Log {
    let format = "auto: text on a terminal, json elsewhere.";
    Log {
        level: table.with_default("level", &LEVEL, Level::Info, "The least important lines to write.").value,
        format: table.with_default("format", &FORMAT, LogFormat::Auto, format).value,
        access: table.table_or_off("access", "One line a request, or \"off\".", access),
    }
}

fn access(table: &mut Section<'_, '_>) -> AccessLog {
    let only = "all; errors: responses of 500 and above, and exchanges that did not end as they should.";
    AccessLog { only: table.with_default("only", &ONLY, AccessOnly::All, only).value }
}

/// Files are followed by it before anything else is read.
pub(super) const INCLUDE: &str = "include";
