//! Small source trees, good and bad, and what the layer rules must say of them.
//!
//! They are judged by the real tables, so a rule that stopped working shows here and not in silence. Every example
//! has the same rooms, of which it fills one or two.

use super::law;
use super::rules::{findings, permissions};
use crate::source::Tree;

/// What a row is about, its files, and the findings wanted: each as its place and a piece of its text.
type Example = (&'static str, &'static [(&'static str, &'static str)], &'static [(&'static str, &'static str)]);

#[test]
fn examples_are_judged_as_they_should_be() {
    for (about, files, wanted) in EXAMPLES {
        let rooms = ROOMS.iter().filter(|(path, _)| !files.iter().any(|(named, _)| named == path));
        let all = rooms.chain(files.iter()).map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        let found = findings(&Tree::of(all), &law());
        let matches = found.len() == wanted.len()
            && wanted
                .iter()
                .all(|(place, text)| found.iter().any(|line| line.starts_with(place) && line.contains(text)));
        assert!(matches, "{about}: wanted {wanted:?}, found\n{}", found.join("\n"));
    }
}

#[test]
fn a_dependency_without_a_home_is_found() {
    let manifest = "[dependencies]\nserde-json = '1'\n[target.'cfg(unix)'.dependencies]\nleft_pad = '1'";
    let found = law().homes_against(manifest).join("\n");
    assert!(found.contains("`left_pad` has no home"), "{found}");
    assert!(!found.contains("`serde_json` has no home"), "{found}");
    assert!(found.contains("`tokio` is no dependency"), "{found}");
}

#[test]
fn what_is_used_is_named_as_the_tables_name_it() {
    let files = [
        ("src/lib.rs", "mod pool; pub use cli::Command;"),
        ("src/backend.rs", ""),
        ("src/cli/mod.rs", ""),
        ("src/main.rs", "fn main() { limpet::Command::run() }"),
        ("src/pool.rs", "use crate::backend::Backend;"),
        ("src/session/token.rs", "use sha2::Sha256;\n#[cfg(test)]\nuse toml::Value;"),
    ];
    let used = law().used(&Tree::of(files.map(|(path, text)| (path.to_owned(), text.to_owned()))));
    let wanted = permissions("backend >\npool > backend\nmain > cli\nsha2 > session::token");
    assert!(wanted.into_iter().all(|permission| used.contains(&permission)), "{used:?}");
    for unused in ["pool > policy", "discovery >", "toml > config::file", "toml > session::token"] {
        assert!(!used.contains(unused), "{unused} in {used:?}");
    }
}

/// Rooms that exist in every example.
const ROOMS: &[(&str, &str)] = &[
    ("src/lib.rs", "mod pool; pub use cli::Command; #[doc(hidden)] pub mod lab { pub use crate::proxy::exchange; }"),
    ("src/main.rs", "fn main() { limpet::cli::run() }"),
    ("src/backend.rs", ""),
    ("src/cli/mod.rs", ""),
    ("src/config/mod.rs", ""),
    ("src/http/mod.rs", ""),
    ("src/metrics.rs", ""),
    ("src/net/mod.rs", ""),
    ("src/pool.rs", ""),
    ("src/proxy/mod.rs", ""),
    ("src/session/mod.rs", "mod store; mod token;"),
    ("src/session/redis.rs", ""),
    ("src/session/store.rs", ""),
    ("src/session/token.rs", ""),
];

const EXAMPLES: &[Example] = &[
    ("nothing is wrong with the rooms themselves", &[], &[]),
    // Imports.
    (
        "allowed imports, and everyone reads config",
        &[
            ("src/pool.rs", "use crate::backend::Backend;\nuse crate::config::Pool;"),
            ("src/http/mod.rs", "use crate::config::Limits;"),
        ],
        &[],
    ),
    (
        "a plain import",
        &[("src/pool.rs", "\nuse crate::proxy::exchange;")],
        &[("src/pool.rs:2:", "`pool` may not import `proxy`")],
    ),
    (
        "a nested group",
        &[("src/pool.rs", "use crate::{\n  backend::{self, Backend},\n  net::{tls::{A, B}},\n};")],
        &[("src/pool.rs:3:", "`crate::net::tls::A`"), ("src/pool.rs:3:", "`crate::net::tls::B`")],
    ),
    (
        "a path inside a function",
        &[("src/pool.rs", "fn f() {\n  crate::proxy::go();\n}")],
        &[("src/pool.rs:2:", "`pool` may not import `proxy`")],
    ),
    (
        "an import inside a function",
        &[("src/pool.rs", "fn f() {\n  use crate::proxy::go;\n  go()\n}")],
        &[("src/pool.rs:2:", "`crate::proxy::go`")],
    ),
    (
        "a path inside a macro call",
        &[("src/pool.rs", "fn f() { println!(\"{}\", crate::proxy::N) }")],
        &[("src/pool.rs:1:", "`crate::proxy::N`")],
    ),
    (
        "a path in a type",
        &[("src/backend.rs", "struct A(Vec<crate::net::Stream>);")],
        &[("src/backend.rs:1:", "`backend` may not import `net`")],
    ),
    (
        "a qualified path",
        &[("src/pool.rs", "fn f() { <u8 as crate::net::X>::y() }")],
        &[("src/pool.rs:1:", "`crate::net::X`")],
    ),
    ("a path in a visibility", &[("src/http/mod.rs", "pub(in crate::http) fn f() {}")], &[]),
    (
        "super that leaves its room",
        &[("src/net/tls.rs", "use super::super::proxy::X;")],
        &[("src/net/tls.rs:1:", "`net` may not import `proxy`")],
    ),
    ("super that stays", &[("src/net/tls.rs", "use super::Stream;"), ("src/net/mod.rs", "mod tls;")], &[]),
    ("super in an inline module stays", &[("src/pool.rs", "mod inner { use super::X; }")], &[]),
    (
        "super in an inline module leaves",
        &[("src/pool.rs", "mod inner { use super::super::net::X; }")],
        &[("src/pool.rs:1:", "`crate::net::X`")],
    ),
    (
        "tests keep to the table too",
        &[("src/pool.rs", "#[cfg(test)]\nmod tests {\n  use crate::proxy::X;\n}")],
        &[("src/pool.rs:3:", "`crate::proxy::X`")],
    ),
    ("the root has no names of its own", &[("src/pool.rs", "use crate::*;")], &[("src/pool.rs:1:", "names no room")]),
    (
        "what lib hands out is its owner's",
        &[("src/pool.rs", "use crate::Command;")],
        &[("src/pool.rs:1:", "`pool` may not import `cli`")],
    ),
    (
        "nobody imports the lab",
        &[("src/cli/mod.rs", "use crate::lab::X;")],
        &[("src/cli/mod.rs:1:", "`cli` may not import `lab`")],
    ),
    (
        "main sees the library as a crate",
        &[("src/main.rs", "fn main() { limpet::proxy::x() }")],
        &[("src/main.rs:1:", "`main` may not import `proxy`")],
    ),
    ("a new room needs a row", &[("src/shelf.rs", "")], &[("src/shelf.rs:1:", "room `shelf` has no row")]),
    (
        "code from elsewhere",
        &[("src/pool.rs", "#[path = \"x.rs\"]\nmod x;\ninclude!(\"y.rs\");")],
        &[("src/pool.rs:1:", "no module of its own"), ("src/pool.rs:3:", "no module of its own")],
    ),
    (
        "names in comments and strings",
        &[("src/pool.rs", "// crate::proxy::X\nconst A: &str = \"crate::proxy::X\";")],
        &[],
    ),
    // The two parts of session.
    (
        "the store sees the rest",
        &[("src/session/store.rs", "use super::token::Token;\nuse crate::metrics::Metrics;")],
        &[],
    ),
    (
        "the pure part does not see the store",
        &[("src/session/token.rs", "use super::store::Store;")],
        &[("src/session/token.rs:1:", "`session` may not import `session::store`")],
    ),
    (
        "nor by a re-export",
        &[("src/session/mod.rs", "mod store;\npub(crate) use store::Store;")],
        &[("src/session/mod.rs:2:", "`session::store`")],
    ),
    (
        "nor does a pure room, by a name for the module",
        &[("src/pool.rs", "use crate::session as s;\nfn f() { s::redis::go() }")],
        &[("src/pool.rs:2:", "`session::store`")],
    ),
    ("but the proxy may", &[("src/proxy/mod.rs", "use crate::session::store::Store;")], &[]),
    (
        "the pure part sees no metrics",
        &[("src/session/token.rs", "use crate::metrics::X;")],
        &[("src/session/token.rs:1:", "`session` may not import `metrics`")],
    ),
    // Cycles.
    (
        "a cycle is named as one",
        &[("src/backend.rs", "use crate::pool::Pool;"), ("src/pool.rs", "\nuse crate::backend::Backend;")],
        &[("src/backend.rs:1:", "`backend` may not import `pool`"), ("src/backend.rs:1:", "backend > pool > backend")],
    ),
    // Purity.
    ("async in a pure room", &[("src/pool.rs", "async fn f() {}")], &[("src/pool.rs:1:", "no async there")]),
    (
        "a runtime in a pure room",
        &[("src/http/mod.rs", "use tokio::io::AsyncRead;")],
        &[("src/http/mod.rs:1:", "`tokio` in a pure room")],
    ),
    (
        "the clock, whole",
        &[("src/pool.rs", "fn f() { std::time::Instant::now(); }")],
        &[("src/pool.rs:1:", "no clocks there")],
    ),
    (
        "the clock, imported",
        &[("src/pool.rs", "use std::time::Instant;\nfn f() { Instant::now(); }")],
        &[("src/pool.rs:2:", "no clocks there")],
    ),
    (
        "the clock, renamed",
        &[("src/pool.rs", "use std::time::Instant as T;\nfn f() { T::now(); }")],
        &[("src/pool.rs:2:", "no clocks there")],
    ),
    (
        "the clock, by a method",
        &[("src/pool.rs", "fn f(t: X) { t.elapsed(); }")],
        &[("src/pool.rs:1:", "no clocks there")],
    ),
    (
        "an instant is a value",
        &[("src/pool.rs", "use std::time::Instant;\nfn f(now: Instant) -> Instant { now }")],
        &[],
    ),
    (
        "a socket",
        &[("src/backend.rs", "use std::net::{IpAddr, TcpStream};")],
        &[("src/backend.rs:1:", "no sockets there")],
    ),
    ("chance", &[("src/policy/random.rs", "use rand::Rng;")], &[("src/policy/random.rs:1:", "no chance there")]),
    ("the store is not pure", &[("src/session/store.rs", "async fn f() { Instant::now(); }")], &[]),
    (
        "tests of a pure room are free",
        &[("src/pool.rs", "#[cfg(test)]\nmod tests { fn f() { std::time::Instant::now(); } }")],
        &[],
    ),
    // Homes of crates.
    ("a crate at home", &[("src/http/parse.rs", "use httparse::Request;\nuse memchr::memchr;")], &[]),
    ("a crate below its home", &[("src/metrics/table.rs", "use prometheus::core::Collector;")], &[]),
    (
        "a crate below a home that is one module",
        &[("src/session/token/digest.rs", "use sha2::Sha256;")],
        &[("src/session/token/digest.rs:1:", "`sha2` may be named only in `session::token`")],
    ),
    (
        "a crate away from home",
        &[("src/proxy/mod.rs", "\nuse httparse::Request;")],
        &[("src/proxy/mod.rs:2:", "`httparse` may be named only in `http::parse`")],
    ),
    ("a crate, whole", &[("src/proxy/mod.rs", "fn f() { ::httparse::x() }")], &[("src/proxy/mod.rs:1:", "`httparse`")]),
    (
        "a crate, the old way",
        &[("src/proxy/mod.rs", "extern crate httparse;")],
        &[("src/proxy/mod.rs:1:", "`httparse`")],
    ),
    (
        "a crate in an attribute",
        &[("src/proxy/mod.rs", "#[derive(clap::Parser)]\nstruct A;")],
        &[("src/proxy/mod.rs:1:", "`clap` may be named only in `cli::*`")],
    ),
    (
        "a crate in a group",
        &[("src/net/mod.rs", "use {bytes::Bytes, toml::Value};")],
        &[("src/net/mod.rs:1:", "`toml` may be named only in `config::file`")],
    ),
    ("a crate in a test", &[("src/proxy/mod.rs", "#[cfg(test)]\nmod tests { use httparse::Request; }")], &[]),
    (
        "a crate in a test file",
        &[("src/proxy/mod.rs", "#[cfg(test)]\nmod tests;"), ("src/proxy/tests.rs", "use httparse::Request;")],
        &[],
    ),
    ("our module is not the crate of its name", &[("src/lib.rs", "mod config;\npub use config::Limits;")], &[]),
];
