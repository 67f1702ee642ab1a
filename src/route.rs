//! Which pool a request is for: by host, path, method, headers and query.
//!
//! The order of routes in a file never matters. Of the routes that match, the best is taken: exact host before
//! wildcard (the longer one first) before any; then the longer path, `=/exact` before a prefix of that length; then
//! more matchers; then one that names listeners. What still ties goes by name; the configuration refuses routes that
//! could never be told apart. Paths are compared in canonical form. This file knows pools by index only.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::config::{self, Match};
use crate::http::{Request, path, query};

/// All routes, sorted for finding: per host a list of paths, best first.
#[derive(Debug)]
pub(crate) struct Router {
    routes: Box<[config::Route]>,
    exact: Hosts,
    /// By what follows `*.`.
    below: Hosts,
    any: Box<[Entry]>,
}

/// The route of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Index into the configuration's routes.
    pub(crate) route: u16,
    /// Index into the configuration's pools.
    pub(crate) pool: u16,
    /// The path has to be replaced by its canonical form, which lies in the scratch buffer: the route names a path
    /// other than `/`, and what was matched is what is forwarded.
    pub(crate) rewrite: bool,
}

impl Router {
    pub(crate) fn new(routes: &[config::Route]) -> Router {
        let (mut exact, mut below, mut any) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for (index, route) in routes.iter().enumerate() {
            let entries: Vec<Entry> = route.paths.iter().map(|path| Entry::new(index, path)).collect();
            if route.hosts.is_empty() {
                any.extend_from_slice(&entries);
            }
            for host in &route.hosts {
                let list: &mut Vec<Entry> = match host.strip_prefix("*.") {
                    Some(parent) => below.entry(parent).or_default(),
                    None => exact.entry(host.as_str()).or_default(),
                };
                list.extend_from_slice(&entries);
            }
        }
        Router {
            exact: Hosts::new(exact, routes),
            below: Hosts::new(below, routes),
            any: best_first(any, routes),
            routes: routes.into(),
        }
    }

    /// The best route of a request that came by this listener. `scratch` is any buffer that may be overwritten.
    ///
    /// A request without a host, which only HTTP/1.0 sends, matches routes without hosts; `OPTIONS *` those with
    /// the path `/`.
    pub(crate) fn find(&self, request: &Request, listener: u16, scratch: &mut Vec<u8>) -> Option<Found> {
        let path = path::canonical(request.path(), scratch);
        let matches = |entry: &&Entry| {
            entry.path.matches(path) && fits(&self.routes[entry.route], request, usize::from(listener))
        };
        let host = request.host();
        let entry = self
            .exact
            .list(host)
            .iter()
            .chain(self.below.lists_above(host).flatten())
            .chain(&self.any)
            .find(matches)?;
        let rewrite = !entry.path.is_root() && path != request.path();
        // The configuration bounds how many there are.
        let index = |place: usize| u16::try_from(place).ok();
        Some(Found { route: index(entry.route)?, pool: index(self.routes[entry.route].pool)?, rewrite })
    }

    /// The name of a found route.
    pub(crate) fn name(&self, route: u16) -> &str {
        self.routes.get(usize::from(route)).map_or("", |route| &route.name)
    }

    /// The names of all routes, in the configuration's order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().map(|route| &*route.name)
    }
}

/// Everything but host and path.
fn fits(route: &config::Route, request: &Request, listener: usize) -> bool {
    let method_fits = |name: &String| name.as_bytes() == request.method_text();
    let field_fits = |(name, wanted): &(String, Match)| {
        request.fields.all_named(name).any(|value| is(value.iter().copied(), wanted))
    };
    let parameter_fits = |(name, wanted): &(String, Match)| {
        query::parameters(request.query().unwrap_or_default())
            .any(|(text, value)| query::decoded(text).eq(name.bytes()) && is(query::decoded(value), wanted))
    };
    (route.listeners.is_empty() || route.listeners.contains(&listener))
        && (route.methods.is_empty() || route.methods.iter().any(method_fits))
        && route.match_headers.iter().all(field_fits)
        && route.match_query.iter().all(parameter_fits)
}

/// Whether one value is what the matcher wants. Of several values of a name, any may be.
fn is(mut value: impl Iterator<Item = u8>, wanted: &Match) -> bool {
    match wanted {
        Match::Present => true,
        Match::Exact(text) => value.eq(text.bytes()),
        Match::Prefix(text) => text.bytes().all(|octet| value.next() == Some(octet)),
    }
}

/// The entries of each host, sorted by host.
#[derive(Debug)]
struct Hosts {
    names: Box<[Box<[u8]>]>,
    /// By the place of the name.
    lists: Box<[Box<[Entry]>]>,
    /// Octets of the longest name. Longer parts of a request's host are not looked up.
    longest: usize,
}

impl Hosts {
    fn new(entries: BTreeMap<&str, Vec<Entry>>, routes: &[config::Route]) -> Hosts {
        Hosts {
            longest: entries.keys().map(|host| host.len()).max().unwrap_or(0),
            names: entries.keys().map(|host| host.as_bytes().into()).collect(),
            lists: entries.into_values().map(|list| best_first(list, routes)).collect(),
        }
    }

    fn list(&self, host: &[u8]) -> &[Entry] {
        let found = self.names.binary_search_by(|name| name.as_ref().cmp(host));
        found.map_or(&[], |at| &self.lists[at])
    }

    /// The lists of the domains that `host` lies below, nearest first.
    fn lists_above(&self, host: &[u8]) -> impl Iterator<Item = &[Entry]> {
        let from = host.len().saturating_sub(self.longest + 1);
        let near = if self.names.is_empty() { &[] } else { &host[from..] };
        let dots = near.iter().enumerate().filter(|(_, octet)| **octet == b'.');
        dots.map(|(at, _)| self.list(&near[at + 1..]))
    }
}

/// One path of one route.
#[derive(Clone, Debug)]
struct Entry {
    path: Pattern,
    route: usize,
}

impl Entry {
    fn new(route: usize, path: &str) -> Entry {
        Entry { path: Pattern::new(path), route }
    }
}

fn best_first(mut entries: Vec<Entry>, routes: &[config::Route]) -> Box<[Entry]> {
    entries.sort_by_key(|entry| {
        let route = &routes[entry.route];
        let matchers = route.matchers();
        let path = &entry.path;
        (Reverse((path.text.len(), path.is_exact, matchers, !route.listeners.is_empty())), &route.name)
    });
    entries.into()
}

/// A path as a route writes it, in canonical form.
#[derive(Clone, Debug)]
struct Pattern {
    text: Box<[u8]>,
    is_exact: bool,
    has_escapes: bool,
}

impl Pattern {
    fn new(written: &str) -> Pattern {
        let exact = written.strip_prefix('=');
        let text = exact.unwrap_or(written).as_bytes();
        let text: Box<[u8]> = path::canonical(text, &mut Vec::new()).into();
        Pattern { is_exact: exact.is_some(), has_escapes: text.contains(&b'%'), text }
    }

    /// Matches every path, the asterisk too.
    fn is_root(&self) -> bool {
        *self.text == *b"/" && !self.is_exact
    }

    fn matches(&self, path: &[u8]) -> bool {
        if self.is_root() {
            return true;
        }
        let Some((start, rest)) = path.split_at_checked(self.text.len()) else {
            return false;
        };
        let begins = start == &*self.text || self.has_escapes && is_same_but_for_digits(start, &self.text);
        let on_border = rest.is_empty() || !self.is_exact && (rest.starts_with(b"/") || self.text.ends_with(b"/"));
        begins && on_border
    }
}

/// `%2f` and `%2F` are one escape (RFC 3986, section 6.2.2.1), but both are forwarded as they came.
fn is_same_but_for_digits(one: &[u8], other: &[u8]) -> bool {
    let is_digit_at = |at: usize| (1..=2).any(|back| at >= back && one[at - back] == b'%');
    one.len() == other.len()
        && one.iter().zip(other).enumerate().all(|(at, (a, b))| a == b || is_digit_at(at) && a.eq_ignore_ascii_case(b))
}

#[cfg(test)]
mod tests;
