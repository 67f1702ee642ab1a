//! Who may know whom: the import table, the rooms that are pure, and the one home of each third-party crate.
//!
//! The tables are the law and this file is where it is changed, in the same commit as the code that needs it and with
//! the reason. How a source tree is read and judged stands in `layers/`; here is only what is allowed.

mod examples;
mod paths;
mod rules;

use std::path::Path;

use crate::source::Tree;
use rules::{Law, findings};

/// Room > the rooms it may import. Everyone may read the plain types of `config`; `lib` and `lab` hand things out and
/// may see everything, and nobody may import them.
///
/// `wire` is one HTTP/1 connection seen from either end: client and backend side share it, and the relay between them
/// is written against it. `failpoint` is nothing but the places where tests make an exchange panic.
const TABLE: &str = "
    failpoint  >
    http       >
    metrics    >
    access_log >
    config     >
    net        > config
    backend    >
    policy     > backend
    session    > backend http
    session::store > session backend metrics
    route      > http
    pool       > policy session backend http
    state      > route pool backend
    discovery  > backend
    health     > backend http net
    wire       > http net
    upstream   > backend http net wire metrics
    proxy      > state pool route policy session backend upstream wire http net metrics access_log failpoint
    server     > proxy state session upstream wire backend http net metrics access_log
    control    > state pool route policy backend discovery health session net metrics
    admin      > control state pool route backend session http net metrics
    run        > server control admin state session net metrics access_log
    bench      > http net
    demo       > run http net session
    cli        > run bench demo config http route state pool session net
    main       > cli
";

/// Rooms without async, sockets, clocks, metrics and random bits: time and chance are arguments there. They see only
/// the pure part of `session`, whose store (`session::store`, `session::redis`) is a room of its own.
const PURE: &str = "http backend policy pool route session state config";

/// What a pure room must not name, as paths from the name they begin with.
const IMPURE_PATHS: &str = "
    async   tokio futures futures_util http_body http_body_util hyper hyper_util std::future std::task core::future core::task
    sockets socket2 std::net::TcpStream std::net::TcpListener std::net::UdpSocket std::net::ToSocketAddrs std::os::unix::net
    clocks  std::time::Instant::now std::time::SystemTime std::time::UNIX_EPOCH std::thread::sleep httpdate
    metrics prometheus
    chance  rand fastrand getrandom std::hash::RandomState std::collections::hash_map::RandomState
";

/// What a pure room must not say at all.
const IMPURE_WORDS: &str = "
    async   async await
    sockets to_socket_addrs
    clocks  SystemTime UNIX_EPOCH elapsed
    chance  RandomState
";

/// Crate > its home: a module, with what is below it. `*` is everywhere; tests below `#[cfg(test)]` are free.
const HOMES: &str = "
    annotate_snippets  > config::report
    arc_swap           > state
    bytes              > *
    clap               > cli
    http               > *
    http_body          > *
    http_body_util     > server::h2 upstream::h2 net::client admin
    httparse           > http::parse
    httpdate           > net::date
    hyper              > server::h2 upstream::h2 net::client admin
    hyper_util         > server::h2 upstream::h2 net::client admin
    memchr             > http
    prometheus         > metrics
    serde_json         > admin cli access_log config::schema demo
    sha2               > session::token
    rustix             > net::machine
    socket2            > net server
    tokio              > *
    toml               > config
    tracing            > *
    tracing_subscriber > run cli
";

fn law() -> Law {
    Law::parse(TABLE, PURE, IMPURE_PATHS, IMPURE_WORDS, HOMES)
}

#[test]
fn the_table_has_no_cycle() {
    assert_eq!(law().cycle_in_table(), None);
}

#[test]
fn every_room_keeps_to_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tree = Tree::read(root, &crate::source::files_below(root, "src"));
    assert!(!tree.files.is_empty(), "no source was found");
    let found = findings(&tree, &law());
    assert!(found.is_empty(), "{} break the house's layers:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_dependency_has_a_home() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let found = law().homes_against(&manifest);
    assert!(found.is_empty(), "{}", found.join("\n"));
}
