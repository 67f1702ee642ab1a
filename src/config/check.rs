//! Values that are right in themselves, and whether they fit together; then the [`Config`] they are.
//!
//! Everything is looked at before anything is refused, so that all mistakes are reported at once. Pure: the number of
//! cores is an argument.

mod cookies;
mod listeners;
mod pools;
mod routes;

use super::keys::{self, Written};
use super::report::Problem;
use super::section::Named;
use super::source::Placed;
use super::suggest::nearest;
use super::{Backend, Config, CookieSettings, Listener, Match, Pool, Route, Status, Sticky};

/// Reports what does not fit. What is returned counts only if nothing was reported here or before but warnings.
pub(super) fn check(written: &Written, cores: usize, problems: &mut Vec<Problem>) -> Option<Config> {
    listeners::check(written, problems);
    pools::check(&written.pools, problems);
    let routes: Vec<Route> = written.routes.iter().map(|route| to_route(route, written)).collect();
    routes::check(written, &routes, problems);
    cookies::check(written, problems);
    Some(Config {
        listeners: written.listeners.iter().map(to_listener).collect::<Option<_>>()?,
        routes,
        pools: written.pools.iter().map(to_pool).collect::<Option<_>>()?,
        limits: written.limits,
        timeouts: written.timeouts,
        workers: if written.workers == 0 { cores.max(1) } else { written.workers },
        status: written.status.address.value.map(|address| {
            let (allow, deny) = (written.status.allow.clone(), written.status.deny.clone());
            Status { address, allow, deny }
        }),
        log: written.log.clone(),
    })
}

fn to_listener(listener: &Named<keys::Listener>) -> Option<Listener> {
    Some(Listener {
        name: listener.name.value.clone(),
        address: listener.value.address.as_ref()?.value,
        trusted_proxies: listener.value.trusted_proxies.value.clone(),
    })
}

/// Listeners and a pool that do not exist are reported by `routes`; then nothing comes of this route.
fn to_route(route: &Named<keys::Route>, written: &Written) -> Route {
    let keys::Route { hosts, paths, methods, match_headers, match_query, listeners, pool } = &route.value;
    let texts = |list: &[Placed<String>]| list.iter().map(|placed| placed.value.clone()).collect();
    let pairs = |list: &[(Placed<String>, Match)]| {
        list.iter().map(|(name, value)| (name.value.clone(), value.clone())).collect()
    };
    Route {
        name: route.name.value.clone(),
        hosts: texts(hosts),
        paths: texts(&paths.value),
        methods: texts(methods),
        match_headers: pairs(match_headers),
        match_query: pairs(match_query),
        listeners: listeners.iter().filter_map(|name| index_of(&written.listeners, &name.value)).collect(),
        pool: pool.as_ref().and_then(|name| index_of(&written.pools, &name.value)).unwrap_or(0),
    }
}

/// What a name stands for, or most likely was to stand for.
fn meant<'n, T>(list: &'n [Named<T>], name: &str) -> Option<&'n Named<T>> {
    index_of(list, name).map(|at| &list[at]).or_else(|| {
        let near = nearest(name, list.iter().map(|named| named.name.value.as_str()))?;
        list.iter().find(|named| named.name.value == near)
    })
}

fn index_of<T>(list: &[Named<T>], name: &str) -> Option<usize> {
    // Tables keep the order of their names; a look from end to end would make ten thousand of them a minute's work.
    list.binary_search_by(|named| named.name.value.as_str().cmp(name)).ok()
}

fn to_pool(pool: &Named<keys::Pool>) -> Option<Pool> {
    let backend = |backend: &keys::Backend| {
        Some(Backend { name: backend.name()?.value.clone(), address: backend.address.as_ref()?.value.clone() })
    };
    Some(Pool {
        name: pool.name.value.clone(),
        backends: pool.value.members().map(backend).collect::<Option<_>>()?,
        policy: pool.value.policy,
        sticky: pool.value.sticky.as_ref().map(|sticky| Sticky { cookie: to_cookie(sticky) }),
    })
}

fn to_cookie(sticky: &keys::Sticky) -> CookieSettings {
    CookieSettings {
        name: sticky.name.value.clone(),
        path: sticky.path.value.clone(),
        domain: sticky.domain.value.clone(),
        same_site: sticky.same_site.value,
        secure: sticky.secure.value,
        http_only: sticky.http_only,
        partitioned: sticky.partitioned.value,
    }
}
