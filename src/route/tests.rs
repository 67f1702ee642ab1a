//! Routes, as a configuration names them and as requests meet them.
//!
//! A table for each rule, and a slow reference that finds the best route by looking at all of them: the router's sorted
//! lists must never choose otherwise.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

fn route(name: &str, hosts: &[&str], paths: &[&str]) -> config::Route {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    config::Route {
        name: name.to_owned(),
        hosts: texts(hosts),
        paths: texts(paths),
        methods: Vec::new(),
        match_headers: Vec::new(),
        match_query: Vec::new(),
        listeners: Vec::new(),
        pool: 0,
    }
}

/// The name of the route for a GET; none is `-`, and a rewritten path follows the name.
fn found(routes: &[config::Route], host: &str, target: &str) -> String {
    let method = if target == "*" { "OPTIONS" } else { "GET" };
    outcome(routes, &Request::sample(method, target, &[("Host", host)]), 0)
}

fn outcome(routes: &[config::Route], request: &Request, listener: usize) -> String {
    let router = Router::new(routes);
    let mut scratch = b"left over".to_vec();
    match router.find(request, listener as u16, &mut scratch) {
        None => "-".to_owned(),
        Some(found) if found.rewrite => format!("{} {}", router.name(found.route), String::from_utf8(scratch).unwrap()),
        Some(found) => router.name(found.route).to_owned(),
    }
}

#[test]
fn hosts() {
    let routes = [
        route("exact", &["shop.example.com", "[2001:db8::1]"], &["/"]),
        route("near", &["*.shop.example.com"], &["/"]),
        route("far", &["*.example.com"], &["/"]),
        route("deep", &["shop.example.com"], &["/deep"]),
    ];
    for (host, expected) in [
        ("shop.example.com", "exact"),
        ("a.shop.example.com", "near"),
        ("b.a.shop.example.com", "near"),
        ("a.example.com", "far"),
        ("c.b.example.com", "far"),
        ("example.com", "-"),
        ("xexample.com", "-"),
        ("shop.example.com.evil", "-"),
        ("[2001:db8::1]", "exact"),
        ("", "-"),
        (".", "-"),
        ("com", "-"),
    ] {
        assert_eq!(found(&routes, host, "/"), expected, "{host}");
        let with_any = [&routes[..], &[route("any", &[], &["/"])]].concat();
        let expected = if expected == "-" { "any" } else { expected };
        assert_eq!(found(&with_any, host, "/"), expected, "{host}");
    }
}

#[test]
fn a_better_host_that_does_not_match_otherwise_gives_way() {
    let routes = [
        route("exact", &["a.example.com"], &["/x"]),
        route("wild", &["*.example.com"], &["/y"]),
        route("any", &[], &["/y/z", "/w"]),
    ];
    for (target, expected) in [("/x", "exact"), ("/y/z", "wild"), ("/w", "any"), ("/", "-")] {
        assert_eq!(found(&routes, "a.example.com", target), expected, "{target}");
    }
}

#[test]
fn paths() {
    let routes = [
        route("a", &[], &["/a"]),
        route("a/", &[], &["/a/"]),
        route("a/b", &[], &["/a/b"]),
        route("=a/b", &[], &["=/a/b"]),
        route("=root", &[], &["=/"]),
        route("dots", &[], &["/x/./y/../d"]),
        route("escape", &[], &["/caf%C3%A9"]),
        route("slashes", &[], &["//s"]),
    ];
    for (target, expected) in [
        ("/", "=root"),
        ("*", "-"),
        ("/a", "a"),
        ("/a?b", "a"),
        ("/a/", "a/"),
        ("/a/x", "a/"),
        ("/ab", "-"),
        ("/A", "-"),
        ("/a/b", "=a/b"),
        ("/a/b?c=d", "=a/b"),
        ("/a/b/", "a/b"),
        ("/a/bc", "a/"),
        ("/x/d/e", "dots"),
        ("/x/d", "dots"),
        ("/x", "-"),
        ("/caf%C3%A9", "escape"),
        ("/caf%c3%a9/x", "escape"),
        ("/CAF%C3%A9", "-"),
        ("//s", "slashes"),
        ("/s", "-"),
        ("//a", "-"),
        ("/x/../a", "a /a"),
        ("/%61", "a /a"),
        ("/a/%2e%2e/a/b", "=a/b /a/b"),
        ("/a%2Fb", "-"),
        ("/a/../b", "-"),
        ("/a/..", "=root /"),
    ] {
        assert_eq!(found(&routes, "h", target), expected, "{target}");
        let with_root = [&routes[..], &[route("root", &[], &["/"])]].concat();
        let expected = if expected == "-" { "root" } else { expected };
        assert_eq!(found(&with_root, "h", target), expected, "{target}: the root's bytes stay as they came");
    }
}

#[test]
fn other_matchers() {
    let mut get = route("get", &[], &["/"]);
    get.methods = vec!["GET".to_owned(), "PURGE".to_owned()];
    let mut gold = route("gold", &[], &["/"]);
    gold.methods = vec!["GET".to_owned()];
    gold.match_headers = vec![("X-Plan".to_owned(), Match::Exact("gold".to_owned()))];
    let mut query = route("query", &[], &["/"]);
    query.match_query =
        ["v", "b c"].map(|name| (name.to_owned(), Match::Prefix("1.".to_owned()))).into_iter().collect();
    query.match_headers = vec![("x-any".to_owned(), Match::Present)];
    let mut inner = route("inner", &[], &["/"]);
    inner.listeners = vec![1, 3];
    let routes = [route("all", &[], &["/"]), get, gold, query, inner];
    for (expected, listener, method, target, fields) in [
        ("all", 0, "POST", "/", &[][..]),
        ("inner", 1, "POST", "/", &[]),
        ("inner", 3, "POST", "/", &[]),
        ("get", 0, "GET", "/", &[]),
        ("get", 1, "GET", "/", &[]),
        ("get", 0, "PURGE", "/", &[]),
        ("all", 0, "get", "/", &[]),
        ("gold", 0, "GET", "/", &[("x-plan", "gold")]),
        ("gold", 0, "GET", "/", &[("X-Plan", "tin"), ("X-PLAN", "gold")]),
        ("get", 0, "GET", "/", &[("X-Plan", "Gold")]),
        ("get", 0, "GET", "/", &[("X-Plan", "gold, tin")]),
        ("all", 0, "POST", "/", &[("X-Plan", "gold")]),
        ("query", 0, "POST", "/?v=1.2&b%20c=1.", &[("X-Any", "")]),
        ("query", 0, "GET", "/?v=2&a&b+c=%31%2e5&v=1.", &[("X-Any", "z"), ("X-Plan", "gold")]),
        ("all", 0, "POST", "/?v=1.2&b%20c=1.", &[]),
        ("all", 0, "POST", "/?v=1.2&b%20c=1", &[("X-Any", "")]),
        ("all", 0, "POST", "/?v=1.2", &[("X-Any", "")]),
    ] {
        let request = Request::sample(method, target, fields);
        assert_eq!(outcome(&routes, &request, listener), expected, "{method} {target} {fields:?}");
    }
}

/// Everything that ranks a match, from the rules as they are written; the greatest wins.
type Rank<'a> = (usize, usize, usize, bool, usize, bool, Reverse<&'a str>);

fn reference<'a>(
    routes: &'a [config::Route],
    host: &str,
    path: &str,
    method: &str,
    listener: usize,
) -> Option<Rank<'a>> {
    let host_rank = |written: &str| match written.strip_prefix('*') {
        Some(suffix) => (host.len() > suffix.len() && host.ends_with(suffix)).then_some((1, suffix.len())),
        None => (written == host).then_some((2, 0)),
    };
    let path_rank = |written: &str| match written.strip_prefix('=') {
        Some(exact) => (exact == path).then_some((exact.len(), true)),
        None => {
            let trimmed = written.trim_end_matches('/');
            let matches = written == "/" || path == written || path.starts_with(&format!("{trimmed}/"));
            matches.then_some((written.len(), false))
        }
    };
    let mut ranks = Vec::new();
    for route in routes {
        let methods_fit = route.methods.is_empty() || route.methods.iter().any(|name| name == method);
        let listeners_fit = route.listeners.is_empty() || route.listeners.contains(&listener);
        let any = route.hosts.is_empty().then_some((0, 0));
        let hosts = any.into_iter().chain(route.hosts.iter().filter_map(|written| host_rank(written)));
        for (class, suffix) in hosts.filter(|_| methods_fit && listeners_fit) {
            for (length, exact) in route.paths.iter().filter_map(|written| path_rank(written)) {
                let matchers = usize::from(!route.methods.is_empty());
                let limited = !route.listeners.is_empty();
                ranks.push((class, suffix, length, exact, matchers, limited, Reverse(route.name.as_str())));
            }
        }
    }
    ranks.into_iter().max()
}

fn any_route() -> impl Strategy<Value = config::Route> {
    let hosts = select(vec!["a.b", "b", "c.a.b", "*.b", "*.a.b", "*.c.a.b"]);
    let paths = select(vec!["/", "/a", "/a/b", "/a/b/c", "/ab", "=/", "=/a", "=/a/b"]);
    let methods = select(vec!["GET", "POST"]);
    let lists = (
        prop::collection::vec(hosts, 0..3),
        prop::collection::vec(paths, 1..3),
        prop::collection::vec(methods, 0..2),
        prop::collection::vec(0usize..2, 0..2),
    );
    lists.prop_map(|(hosts, paths, methods, listeners)| {
        let mut route = route("", &hosts, &paths);
        route.methods = methods.into_iter().map(str::to_owned).collect();
        route.listeners = listeners;
        route
    })
}

proptest! {
    #[test]
    fn the_best_is_found_in_any_order(
        mut routes in prop::collection::vec(any_route(), 0..12),
        swaps in prop::collection::vec((any::<Index>(), any::<Index>()), 12),
        host in select(vec!["", "b", "a.b", "c.a.b", "d.c.a.b", "x.b", "z"]),
        path in select(vec!["/", "/a", "/a/", "/a/b", "/a/b/c/d", "/ab", "/abc", "/b"]),
        method in select(vec!["GET", "POST", "PUT"]),
        listener in 0usize..2,
    ) {
        for (number, route) in routes.iter_mut().enumerate() {
            route.name = format!("route-{number:02}");
        }
        let request = Request::sample(method, path, &[("Host", host)]);
        let first = outcome(&routes, &request, listener);
        let best = reference(&routes, host, path, method, listener);
        prop_assert_eq!(&first, best.map_or("-", |rank| rank.6.0));
        let length = routes.len();
        for (one, other) in swaps.iter().filter(|_| length > 0) {
            routes.swap(one.index(length), other.index(length));
        }
        prop_assert_eq!(outcome(&routes, &request, listener), first, "after shuffling");
    }
}
