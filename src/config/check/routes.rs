//! Routes among each other, and what they name: do listeners and pool exist, and is it always clear which route wins?
//!
//! Warns of a route that can never match and of a pool that no route uses.

use std::collections::{HashMap, HashSet};

use crate::config::code::Code;
use crate::config::keys::{self, Written};
use crate::config::report::Problem;
use crate::config::section::Named;
use crate::config::source::Placed;
use crate::config::{Match, Route};

use super::{index_of, meant};

pub(super) fn check(written: &Written, routes: &[Route], problems: &mut Vec<Problem>) {
    for route in &written.routes {
        for name in &route.value.listeners {
            check_reference("listener", name, &written.listeners, problems);
        }
        if let Some(name) = &route.value.pool {
            check_reference("pool", name, &written.pools, problems);
        }
        if route.value.paths.value.is_empty() && route.sound {
            problems.push(
                Problem::new(Code::Path, format!("route `{}` has no path", route.name.value))
                    .at(route.value.paths.place, "an empty list matches nothing")
                    .help("leave `paths` out to match every path"),
            );
        }
        warn_of_never(route, problems);
    }
    check_ties(written, routes, problems);
    let pools = written.routes.iter().filter_map(|route| meant(&written.pools, &route.value.pool.as_ref()?.value));
    let used: HashSet<&str> = pools.map(|pool| pool.name.value.as_str()).collect();
    for pool in &written.pools {
        if !used.contains(pool.name.value.as_str()) {
            problems.push(
                Problem::new(Code::UnusedPool, format!("no route uses pool `{}`", pool.name.value))
                    .at(pool.name.place, "gets no request")
                    .help(format!("add a route with pool = \"{}\", or remove it", pool.name.value)),
            );
        }
    }
}

fn check_reference<T>(noun: &str, name: &Placed<String>, list: &[Named<T>], problems: &mut Vec<Problem>) {
    if index_of(list, &name.value).is_some() {
        return;
    }
    let near = meant(list, &name.value);
    let known = list.iter().map(|named| named.name.value.as_str()).collect::<Vec<_>>().join(", ");
    let help = match near {
        Some(near) => format!("change it to \"{}\", or rename the {noun}", near.name.value),
        None if known.is_empty() => format!("add [{noun}s.{}]", name.value),
        None => format!("add [{noun}s.{}], or name one that is there: {known}", name.value),
    };
    problems.push(
        Problem::new(Code::UnknownReference, format!("unknown {noun} `{}`", name.value))
            .at(name.place, format!("no {noun} has this name"))
            .also(near.and_then(|near| near.name.place), format!("a {noun} with a similar name is defined here"))
            .help(help),
    );
}

/// What makes a route win is its host, its path and its number of matchers. Where two are equal in all of these and
/// one request can match both, nothing says which.
fn check_ties(written: &Written, routes: &[Route], problems: &mut Vec<Problem>) {
    let mut places: HashMap<(Option<&str>, &str, usize), Vec<usize>> = HashMap::new();
    for (at, route) in routes.iter().enumerate().filter(|(at, _)| written.routes[*at].sound) {
        let any = route.hosts.is_empty().then_some(None);
        for host in route.hosts.iter().map(|host| Some(host.as_str())).chain(any) {
            for path in &route.paths {
                places.entry((host, path, route.matchers())).or_default().push(at);
            }
        }
    }
    let mut ties: Vec<_> = Vec::new();
    for ((host, path, _), here) in places {
        for (n, &second) in here.iter().enumerate() {
            let first = here[..n].iter().find(|&&first| first != second && overlap(&routes[first], &routes[second]));
            ties.extend(first.map(|&first| (first, second, host, path)));
        }
    }
    ties.sort_unstable();
    let mut reported = HashSet::new();
    for (first, second, host, path) in ties {
        if reported.insert((first, second)) {
            problems.push(tie(&written.routes[first], &written.routes[second], host, path));
        }
    }
}

fn tie(first: &Named<keys::Route>, second: &Named<keys::Route>, host: Option<&str>, path: &str) -> Problem {
    let host = host.map_or("any host".to_owned(), |host| format!("host {host}"));
    let title = format!("routes `{}` and `{}` match the same requests equally", first.name.value, second.name.value);
    Problem::new(Code::RouteTie, title)
        .at(second.name.place, format!("{host}, path {path}, as many matchers"))
        .also(first.name.place, "the same here")
        .help("give one of them another host, a longer path or one more matcher; order in the file decides nothing")
}

/// Whether one request can match both, given the same host and path.
fn overlap(a: &Route, b: &Route) -> bool {
    share(&a.methods, &b.methods)
        && share(&a.listeners, &b.listeners)
        && agree(&a.match_headers, &b.match_headers)
        && agree(&a.match_query, &b.match_query)
}

/// An empty list is all there are.
fn share<T: PartialEq>(a: &[T], b: &[T]) -> bool {
    a.is_empty() || b.is_empty() || a.iter().any(|item| b.contains(item))
}

/// No name is asked for two values that exclude each other. (A request that carries a field twice can still match
/// both; that is rare enough to be left to the order of the routes' names.)
fn agree(a: &[(String, Match)], b: &[(String, Match)]) -> bool {
    let both = |a: &Match, b: &Match| match (a, b) {
        (Match::Present, _) | (_, Match::Present) => true,
        (Match::Exact(a), Match::Exact(b)) => a == b,
        (Match::Exact(exact), Match::Prefix(prefix)) | (Match::Prefix(prefix), Match::Exact(exact)) => {
            exact.starts_with(prefix.as_str())
        }
        (Match::Prefix(a), Match::Prefix(b)) => a.starts_with(b.as_str()) || b.starts_with(a.as_str()),
    };
    a.iter().all(|(name, value)| b.iter().all(|(other, wanted)| name != other || both(value, wanted)))
}

fn warn_of_never(route: &Named<keys::Route>, problems: &mut Vec<Problem>) {
    let mut never = |place: &Placed<String>, why: &str, help: String| {
        let title = format!("route `{}` can never match", route.name.value);
        problems.push(Problem::new(Code::NeverMatches, title).at(place.place, why).help(help));
    };
    let is_standard = |method: &str| STANDARD_METHODS.contains(&method.to_ascii_uppercase().as_str());
    let methods = &route.value.methods;
    if !methods.is_empty()
        && methods.iter().all(|method| is_standard(&method.value) && !STANDARD_METHODS.contains(&method.value.as_str()))
    {
        let method = &methods[0];
        never(method, "methods have a case", format!("write \"{}\"", method.value.to_ascii_uppercase()));
    }
    for (name, value) in &route.value.match_headers {
        if name.value.starts_with("limpet-") {
            never(name, "limpet removes this field from requests", "match another field".to_owned());
        }
        let padded = |text: &str| text.starts_with([' ', '\t']) || text.ends_with([' ', '\t']);
        let blank = match value {
            Match::Exact(text) => padded(text),
            Match::Prefix(text) => text.starts_with([' ', '\t']),
            Match::Present => false,
        };
        if blank {
            never(name, "values arrive without blanks around them", "leave the blanks out".to_owned());
        }
    }
}

const STANDARD_METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
