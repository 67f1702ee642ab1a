//! Fuzz targets for everything that limpet reads from outside: heads, bodies, cookies, paths, configuration; and the
//! oracles that its reading of a message is held against.
//!
//! A target is a function that panics on a finding, so the same code runs under libFuzzer (`targets/`) and over all
//! seeds (`replay`). Seeds are lines of escaped text in `seeds/`; `divergences.md` explains where limpet accepts what
//! an oracle does not, and `differ::explained` holds the same list as predicates. How to run them says `run`.

pub mod bodies;
pub mod config;
pub mod cookies;
pub mod cuts;
pub mod differ;
pub mod escaped;
pub mod heads;
pub mod hyper;
pub mod limpet;
pub mod memory;
pub mod paths;
pub mod reading;
pub mod rules;
pub mod trailers;

/// One target: a name, what it does with an input, and the file of its seeds.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    pub seeds: &'static str,
}

pub const TARGETS: &[Target] = &[
    Target { name: "requests", run: heads::requests, seeds: "requests" },
    Target { name: "responses", run: heads::responses, seeds: "responses" },
    Target { name: "bodies", run: bodies::bodies, seeds: "bodies" },
    Target { name: "trailers", run: trailers::trailers, seeds: "trailers" },
    Target { name: "differ_requests", run: differ::requests, seeds: "requests" },
    Target { name: "differ_responses", run: differ::responses, seeds: "responses" },
    Target { name: "differ_bodies", run: differ::bodies, seeds: "bodies" },
    Target { name: "cookies", run: cookies::cookies, seeds: "cookies" },
    Target { name: "paths", run: paths::paths, seeds: "paths" },
    Target { name: "config", run: config::config, seeds: "config" },
];

/// Runs one target. For the programs in `targets/`.
///
/// # Panics
/// On a finding, and when no target has this name.
pub fn run(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("no target has this name").run)(input);
}
