//! The counters of one worker: what it alone writes and any scrape reads.
//!
//! Rule of this file: a [`Count`] has one writing thread at a time, so adding is a plain load and store, with no bus
//! lock and no line shared between workers. The mutex guards only which series exist; it is taken when a series is
//! first met, when names change and at a scrape, never by an exchange whose series are known. Knows neither names
//! nor prometheus.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::names::Id;

/// Everything one worker counts. Outlives the worker: counters never go back.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) worker: usize,
    /// A live worker writes here. The next worker of this index goes on where the last one stopped.
    pub(super) taken: AtomicBool,
    pub(super) connections: Count,
    pub(super) accept_pauses: Count,
    pub(super) lag: Histogram,
    cells: Mutex<Cells>,
}

/// The series that exist in a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    pub(super) requests: HashMap<RequestKey, Arc<Requests>>,
    /// By route and pool.
    pub(super) durations: HashMap<(Id, Id), Arc<Histogram>>,
    pub(super) listeners: HashMap<Id, Arc<ListenerCell>>,
    pub(super) pools: HashMap<Id, Arc<PoolCell>>,
    /// By pool and backend.
    pub(super) backends: HashMap<(Id, Id), Arc<BackendCell>>,
    pub(super) tallies: HashMap<TallyKey, Arc<Tally>>,
}

impl Block {
    pub(super) fn new(worker: usize) -> Block {
        Block {
            worker,
            taken: AtomicBool::new(false),
            connections: Count::default(),
            accept_pauses: Count::default(),
            lag: Histogram::default(),
            cells: Mutex::default(),
        }
    }

    pub(super) fn cells(&self) -> MutexGuard<'_, Cells> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn requests(&self, key: RequestKey) -> Arc<Requests> {
        let mut cells = self.cells();
        let durations = get(&mut cells.durations, (key.route, key.pool));
        let fresh = || Arc::new(Requests { count: Count::default(), durations });
        Arc::clone(cells.requests.entry(key).or_insert_with(fresh))
    }

    pub(super) fn listener(&self, id: Id) -> Arc<ListenerCell> {
        get(&mut self.cells().listeners, id)
    }

    pub(super) fn pool(&self, id: Id) -> Arc<PoolCell> {
        get(&mut self.cells().pools, id)
    }

    pub(super) fn backend(&self, pool: Id, backend: Id) -> Arc<BackendCell> {
        get(&mut self.cells().backends, (pool, backend))
    }

    pub(super) fn tally(&self, key: TallyKey) -> Arc<Tally> {
        get(&mut self.cells().tallies, key)
    }

    /// Forgets the series of names that are no more.
    pub(super) fn keep(&self, known: impl Fn(Id) -> bool) {
        let mut cells = self.cells();
        cells.requests.retain(|key, _| known(key.listener) && known(key.route) && known(key.pool));
        cells.durations.retain(|&(route, pool), _| known(route) && known(pool));
        cells.listeners.retain(|&id, _| known(id));
        cells.pools.retain(|&id, _| known(id));
        cells.backends.retain(|&(pool, backend), _| known(pool) && known(backend));
        cells.tallies.retain(|key, _| known(key.pool) && known(key.backend));
    }
}

fn get<K: Eq + Hash, V: Default>(cells: &mut HashMap<K, Arc<V>>, key: K) -> Arc<V> {
    Arc::clone(cells.entry(key).or_default())
}

/// A number with one writing thread.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, more: u64) {
        self.set(self.value().wrapping_add(more));
    }

    pub(super) fn less_one(&self) {
        self.set(self.value().saturating_sub(1));
    }

    pub(super) fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    pub(super) fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Durations by bucket. Their number is the sum of the buckets, so a scrape never sees the two disagree.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Histogram {
    pub(super) buckets: [Count; BOUNDS.len() + 1],
    pub(super) nanoseconds: Count,
}

impl Histogram {
    pub(super) fn observe(&self, took: Duration) {
        let bucket = BOUNDS.partition_point(|bound| *bound < took);
        self.buckets[bucket].add(1);
        self.nanoseconds.add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RequestKey {
    pub(super) listener: Id,
    pub(super) route: Id,
    pub(super) pool: Id,
    pub(super) status: u16,
    pub(super) method: &'static str,
}

#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Requests {
    pub(super) count: Count,
    /// Shared by the requests of one route and pool.
    pub(super) durations: Arc<Histogram>,
}

#[derive(Debug, Default)]
pub(super) struct ListenerCell {
    pub(super) open: Count,
    pub(super) accepted: Count,
}

#[derive(Debug, Default)]
pub(super) struct PoolCell {
    pub(super) connect: Histogram,
    pub(super) first_byte: Histogram,
    pub(super) body: Histogram,
}

#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct BackendCell {
    /// No answer, then 1xx to 5xx.
    pub(super) classes: [Count; 6],
    pub(super) idle: Count,
    pub(super) active: Count,
}

/// A counter whose last label is one of limpet's own words.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Tally(pub(super) Count);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TallyKey {
    pub(super) of: Tallied,
    pub(super) pool: Id,
    pub(super) backend: Id,
    pub(super) label: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tallied {
    Sticky,
    BackendFailure,
    ClientReject,
    BackendReject,
    ResponseMade,
    ClientAbort,
}

/// OpenTelemetry's advice for HTTP durations, with two buckets below it: a proxy on a fast network lives there.
pub(super) const BOUNDS: [Duration; 16] = [
    Duration::from_micros(1_000),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(75),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_millis(750),
    Duration::from_millis(1_000),
    Duration::from_millis(2_500),
    Duration::from_millis(5_000),
    Duration::from_millis(7_500),
    Duration::from_secs(10),
];
