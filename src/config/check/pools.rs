//! The backends of a pool among each other: are there any, and is each name there once?
//!
//! Warns of addresses as names under a cookie without keys: its digest can be searched for.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::config::code::Code;
use crate::config::keys::{Backend, Pool};
use crate::config::report::Problem;
use crate::config::section::Named;
use crate::config::source::Placed;

impl Pool {
    pub(super) fn members(&self) -> impl Iterator<Item = &Backend> {
        self.backends.iter().flat_map(|list| &list.value).map(|placed| &placed.value)
    }
}

impl Backend {
    /// Its name, or the address that it is known by. None after a problem.
    pub(super) fn name(&self) -> Option<&Placed<String>> {
        self.name.as_ref().or(self.address.as_ref())
    }
}

pub(super) fn check(pools: &[Named<Pool>], problems: &mut Vec<Problem>) {
    for pool in pools {
        check_members(pool, problems);
        warn_of_addresses(pool, problems);
    }
}

fn check_members(pool: &Named<Pool>, problems: &mut Vec<Problem>) {
    let Some(list) = &pool.value.backends else { return };
    let name = &pool.name.value;
    if list.value.is_empty() && pool.sound {
        problems.push(
            Problem::new(Code::NoBackend, format!("pool `{name}` has no backend"))
                .at(list.place, "an empty list")
                .help("add one: backends = [\"10.0.0.11:3000\"]"),
        );
    }
    if list.value.len() > MAX_MEMBERS {
        problems.push(
            Problem::new(Code::TooMany, format!("pool `{name}` has {} backends", list.value.len()))
                .at(list.place, "")
                .help(format!("at most {MAX_MEMBERS}; divide it into several pools")),
        );
    }
    let mut seen: HashMap<&str, &Placed<String>> = HashMap::new();
    for backend in pool.value.members().filter_map(Backend::name) {
        let Some(first) = seen.get(backend.value.as_str()) else {
            seen.insert(&backend.value, backend);
            continue;
        };
        problems.push(
            Problem::new(
                Code::DuplicateBackend,
                format!("two backends of pool `{name}` are called `{}`", backend.value),
            )
            .at(backend.place, "the same name again")
            .also(first.place, "first used here")
            .help("a session comes home by name: give each backend its own"),
        );
    }
}

fn warn_of_addresses(pool: &Named<Pool>, problems: &mut Vec<Problem>) {
    let Some(sticky) = &pool.value.sticky else { return };
    let is_address = |name: &&Placed<String>| name.value.parse::<SocketAddr>().is_ok();
    let Some(first) = pool.value.members().filter_map(Backend::name).find(is_address) else { return };
    problems.push(
        Problem::new(Code::AddressAsName, "clients can find out the addresses of these backends")
            .at(sticky.place, "the cookie names a backend by a digest without a key")
            .also(first.place, "an address as a name can be found by search")
            .help(format!("name the backends: {{ name = \"web-1\", address = \"{}\" }}", first.value)),
    );
}

/// A pool's members are numbered in 16 bits and weighed one by one.
const MAX_MEMBERS: usize = 1024;
