//! The routing state: one immutable value, and the one place in the process where it is swapped for another.
//!
//! A request takes a snapshot and chooses by it from beginning to end. One writer publishes; workers read through a
//! [`Reader`] each, which costs one atomic load while nothing changed and touches no count that workers share. The
//! home of `arc-swap`. This file knows no addresses but those it is given.

use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};

use crate::backend::{Backend, Live};
use crate::config::{self, Config};
use crate::pool::Pool;
use crate::route::Router;

/// Everything that says where a request goes.
pub(crate) struct State {
    /// Higher in each State that is published.
    pub(crate) generation: u64,
    /// In the configuration's order: listeners are named by their index.
    pub(crate) listeners: Box<[config::Listener]>,
    pub(crate) router: Router,
    /// In the configuration's order: routes name pools by their index.
    pub(crate) pools: Box<[Arc<Pool>]>,
    pub(crate) limits: config::Limits,
    pub(crate) timeouts: config::Timeouts,
}

impl State {
    /// The first State of a process with this many workers. `address` resolves a backend, by the indexes of its pool
    /// and of itself in that pool; it is asked once for each.
    pub(crate) fn new(config: &Config, mut address: impl FnMut(usize, usize) -> SocketAddr, workers: usize) -> State {
        let mut incarnations = 0..;
        let pools = config.pools.iter().enumerate().map(|(pool_index, pool)| {
            let backends = pool.backends.iter().enumerate().zip(&mut incarnations);
            let backends = backends.map(|((index, backend), incarnation)| {
                Arc::new(Backend {
                    name: backend.name.as_str().into(),
                    address: address(pool_index, index),
                    incarnation,
                    weight: 1,
                    live: Arc::new(Live::new(workers)),
                })
            });
            Arc::new(Pool::new(pool, backends.collect()))
        });
        State {
            generation: FIRST_GENERATION,
            listeners: config.listeners.as_slice().into(),
            pools: pools.collect(),
            router: Router::new(&config.routes),
            limits: config.limits,
            timeouts: config.timeouts,
        }
    }
}

/// The State of the process. Only the writer publishes.
pub(crate) struct Shared(Arc<ArcSwap<State>>);

impl Shared {
    pub(crate) fn new(state: State) -> Shared {
        Shared(Arc::new(ArcSwap::from_pointee(state)))
    }

    /// From now on readers see this State. Requests under way keep the one they took.
    #[cfg_attr(not(test), expect(dead_code, reason = "one State lasts for the process, so far"))]
    pub(crate) fn publish(&self, state: Arc<State>) {
        self.0.store(state);
    }

    /// One for each worker.
    pub(crate) fn reader(&self) -> Reader {
        Reader(Cache::new(Arc::clone(&self.0)))
    }
}

/// A worker's own view of the State.
pub(crate) struct Reader(Cache<Arc<ArcSwap<State>>, Arc<State>>);

impl Reader {
    /// The State published last.
    pub(crate) fn current(&mut self) -> &Arc<State> {
        self.0.load()
    }
}

const FIRST_GENERATION: u64 = 1;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::config::{Limits, Log, LogFormat, Networks, Timeouts};

    fn config() -> Config {
        let pool = |name: &str, backends: &[&str]| config::Pool {
            name: name.to_owned(),
            backends: backends
                .iter()
                .map(|text| config::Backend { name: (*text).to_owned(), address: (*text).to_owned() })
                .collect(),
            policy: config::Policy::RoundRobin,
            sticky: None,
        };
        let second = Duration::from_secs(1);
        let listener = config::Listener {
            name: "web".to_owned(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            trusted_proxies: Networks::default(),
        };
        Config {
            listeners: vec![listener],
            routes: Vec::new(),
            pools: vec![pool("app", &["a:1", "b:2"]), pool("shop", &["c:3"])],
            limits: Limits { max_connections: 0, max_header_size: 1, max_header_fields: 1, max_body_size: 0 },
            timeouts: Timeouts {
                head: second,
                body: second,
                connect: second,
                first_byte: second,
                idle: second,
                keep_alive: second,
                backend_keep_alive: second,
            },
            workers: 2,
            status: None,
            log: Log { level: config::Level::Info, format: LogFormat::Auto, access: None },
        }
    }

    fn state() -> State {
        let port = |pool: usize, backend: usize| u16::try_from(1000 * pool + backend).unwrap();
        State::new(&config(), |pool, backend| SocketAddr::from(([192, 0, 2, 1], port(pool, backend))), 2)
    }

    #[test]
    fn a_configuration_becomes_pools() {
        let state = state();
        let seen: Vec<_> = state
            .pools
            .iter()
            .flat_map(|pool| pool.members.all.iter().map(|one| (&*pool.name, &*one.name, one.address.port())))
            .collect();
        assert_eq!(seen, [("app", "a:1", 0), ("app", "b:2", 1), ("shop", "c:3", 1000)]);
        let incarnations: BTreeSet<u64> =
            state.pools.iter().flat_map(|pool| pool.members.all.iter().map(|one| one.incarnation)).collect();
        assert_eq!(incarnations.len(), 3, "unique in the process");
        assert_eq!(state.listeners[0].name, "web");
        state.pools[1].members.all[0].live.enter(1);
        assert_eq!(state.pools[1].members.all[0].live.total(), 1);
    }

    #[test]
    fn readers_see_what_is_published_and_keep_what_they_took() {
        let shared = Shared::new(state());
        let (mut one, mut other) = (shared.reader(), shared.reader());
        let taken = Arc::clone(one.current());
        assert_eq!((taken.generation, other.current().generation), (1, 1));
        shared.publish(Arc::new(State { generation: 2, ..state() }));
        assert_eq!((one.current().generation, other.current().generation), (2, 2));
        assert_eq!(taken.generation, 1);
    }
}
