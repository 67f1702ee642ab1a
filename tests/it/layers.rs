//! Who may know whom: the import table, the rooms that are pure, and the one home of each third-party crate. These are
//! the layout rules; a room is a module of the crate's root.
//!
//! The tables are the law and this file is where it is changed, in the same commit as the code that needs it and with
//! the reason. What is allowed and used stands apart from what is allowed for parts that are yet to be built; a test
//! keeps both lists true. How a source tree is read and judged stands in `layers/`.

mod examples;
mod paths;
mod rules;

use std::path::Path;

use crate::source::Tree;
use rules::{Law, findings, permissions};

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
    net        >
    backend    >
    policy     > backend
    session    > http
    route      > http
    pool       > policy session backend
    state      > route pool backend
    wire       > http net
    upstream   > backend net wire metrics
    proxy      > state pool policy session upstream wire http net metrics access_log failpoint
    server     > proxy state wire http net metrics access_log
    admin      > metrics
    run        > server admin state net metrics access_log
    demo       > run http net
    cli        > run demo net
    main       > cli
";

/// As [`TABLE`], for what the design allows and nobody does yet: rooms that are not built, and imports that rooms will
/// need for them. Nothing here is an oversight, and nothing stays here once it is used.
const TABLE_TO_COME: &str = "
    session        > backend
    session::store > session backend metrics
    pool           > http
    discovery      > backend
    health         > backend http net
    upstream       > http
    proxy          > route backend
    server         > session upstream backend
    control        > state pool route policy backend discovery health session net metrics
    admin          > control state pool route backend session http net
    run            > control session
    bench          > http net
    demo           > session
    cli            > bench http route state pool session
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

/// Crate > its homes: single modules, or with `::*` also what is below. `*` is everywhere; tests below `#[cfg(test)]`
/// are free.
const HOMES: &str = "
    annotate_snippets  > config::report
    arc_swap           > state
    bytes              > *
    clap               > cli::*
    http               > *
    http_body_util     > admin::status
    httparse           > http::parse
    httpdate           > net::date
    hyper              > admin::status
    hyper_util         > admin::status
    memchr             > http::parse http::scan http::target
    prometheus         > metrics::*
    serde_json         > config::schema demo::cart demo::visitor
    sha2               > session::token
    rustix             > net::machine
    socket2            > net net::listen
    tokio              > *
    toml               > config::file
    tracing            > *
    tracing_subscriber > cli::logging
";

/// As [`HOMES`], for modules that are not built yet.
const HOMES_TO_COME: &str = "
    http_body_util     > server::h2 upstream::h2 net::client
    hyper              > server::h2 upstream::h2 net::client
    hyper_util         > server::h2 upstream::h2 net::client
";

fn law() -> Law {
    let (table, homes) = ([TABLE, TABLE_TO_COME].concat(), [HOMES, HOMES_TO_COME].concat());
    Law::parse(&table, PURE, IMPURE_PATHS, IMPURE_WORDS, &homes)
}

fn source() -> Tree {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tree = Tree::read(root, &crate::source::files_below(root, "src"));
    assert!(!tree.files.is_empty(), "no source was found");
    tree
}

#[test]
fn the_table_has_no_cycle() {
    assert_eq!(law().cycle_in_table(), None);
}

#[test]
fn every_room_keeps_to_the_table() {
    let found = findings(&source(), &law());
    assert!(found.is_empty(), "{} break the layout rules:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_tables_allow_what_is_used_and_name_apart_what_is_to_come() {
    let used = law().used(&source());
    let unused = permissions(TABLE).chain(permissions(HOMES)).filter(|permission| !used.contains(permission));
    let came = permissions(TABLE_TO_COME).chain(permissions(HOMES_TO_COME)).filter(|one| used.contains(one));
    let found = unused
        .map(|permission| format!("nobody uses `{permission}`: take it out, or move it to what is to come"))
        .chain(came.map(|permission| format!("`{permission}` has come: move it to what is used")));
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_dependency_has_a_home() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let found = law().homes_against(&manifest);
    assert!(found.is_empty(), "{}", found.join("\n"));
}
