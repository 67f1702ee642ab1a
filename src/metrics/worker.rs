//! A worker's own hand on the counters: [`WorkerMetrics`], and what an exchange says of itself at its end.
//!
//! It belongs to one thread. Its caches lead from what an exchange says to the counters in the worker's [`Block`]:
//! two look-ups in small tables and a few indexed ones, no allocation and no lock once a series was met. The block's
//! lock is taken for a series met for the first time, the directory's when the generation changed.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Release;
use std::time::Duration;

use super::Shared;
use super::block::{BackendCell, Block, PoolCell, RequestKey, Requests, Tallied, Tally, TallyKey};
use super::hash::FastMap;
use super::names::{Id, Ids};

/// The metrics of one worker. Neither `Send` nor `Sync`: its counters have this thread as their only writer.
pub(crate) struct WorkerMetrics {
    pub(super) block: Arc<Block>,
    shared: Arc<Shared>,
    current: RefCell<Option<Rc<Series>>>,
    requests: RefCell<FastMap<RequestKey, Arc<Requests>>>,
    tallies: RefCell<FastMap<TallyKey, Arc<Tally>>>,
}

/// What an exchange was, reported once at its end. Indexes are those of `series`' generation.
#[derive(Clone, Copy)]
pub(crate) struct Exchange<'a> {
    /// Taken when the exchange took its snapshot.
    pub(crate) series: &'a Series,
    pub(crate) listener: u16,
    pub(crate) route: Option<u16>,
    pub(crate) pool: Option<u16>,
    /// Index among the pool's members.
    pub(crate) backend: Option<u16>,
    pub(crate) method: &'static str,
    /// What the client was sent; 0 if nothing.
    pub(crate) status: u16,
    /// What the backend answered; `None` if it never did.
    pub(crate) backend_status: Option<u16>,
    /// The sticky outcome, where the pool is sticky.
    pub(crate) outcome: Option<&'static str>,
    /// From the head read to the last byte written.
    pub(crate) total: Duration,
    pub(crate) connect: Option<Duration>,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) body: Option<Duration>,
}

/// Whose bytes were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Backend,
}

impl WorkerMetrics {
    pub(super) fn new(shared: Arc<Shared>, block: Arc<Block>) -> WorkerMetrics {
        let (current, requests, tallies) = <_>::default();
        WorkerMetrics { block, shared, current, requests, tallies }
    }

    /// The counters behind the indexes of a generation. Ask at the snapshot, keep it for as long as its indexes.
    pub(crate) fn series(&self, generation: u64) -> Rc<Series> {
        let mut current = self.current.borrow_mut();
        if let Some(series) = current.as_ref()
            && series.generation == generation
        {
            return Rc::clone(series);
        }
        // What the old generation met may be gone: met again, it is asked of the block again.
        self.requests.borrow_mut().clear();
        self.tallies.borrow_mut().clear();
        let series = Rc::new(Series::new(&self.shared.directory().ids(generation)));
        *current = Some(Rc::clone(&series));
        series
    }

    /// Counts an exchange that ended, however it ended.
    pub(crate) fn exchange(&self, exchange: &Exchange<'_>) {
        let series = exchange.series;
        let pool = exchange.pool.and_then(|index| series.pools.get(usize::from(index)));
        let pool_id = pool.map_or(Id::NONE, |pool| pool.id);
        let key = RequestKey {
            listener: id_at(&series.listeners, Some(exchange.listener)),
            route: id_at(&series.routes, exchange.route),
            pool: pool_id,
            status: if (100..600).contains(&exchange.status) { exchange.status } else { 0 },
            method: exchange.method,
        };
        self.request(key, exchange.total);
        if let Some(pool) = pool {
            pool.phases(&self.block, exchange);
            if let Some(backend) = exchange.backend.and_then(|index| pool.backend(&self.block, index)) {
                backend.classes[class(exchange.backend_status)].add(1);
            }
        }
        if let Some(label) = exchange.outcome {
            self.tally(TallyKey { of: Tallied::Sticky, pool: pool_id, backend: Id::NONE, label });
        }
    }

    /// A backend failed a request or a connection: `reason` says how.
    pub(crate) fn backend_failed(&self, series: &Series, pool: u16, backend: u16, reason: &'static str) {
        let slot = series.pools.get(usize::from(pool));
        let member = slot.and_then(|slot| slot.backends.get(usize::from(backend)));
        let (pool, backend) = (slot.map_or(Id::NONE, |slot| slot.id), member.map_or(Id::NONE, |(id, _)| *id));
        self.tally(TallyKey { of: Tallied::BackendFailure, pool, backend, label: reason });
    }

    /// A message was refused by the parser.
    pub(crate) fn rejected(&self, side: Side, rule: &'static str) {
        let of = match side {
            Side::Client => Tallied::ClientReject,
            Side::Backend => Tallied::BackendReject,
        };
        self.tally(TallyKey { of, pool: Id::NONE, backend: Id::NONE, label: rule });
    }

    /// limpet answered by itself.
    pub(crate) fn made_response(&self, reason: &'static str) {
        self.tally(TallyKey { of: Tallied::ResponseMade, pool: Id::NONE, backend: Id::NONE, label: reason });
    }

    /// A client went away in the middle of an exchange.
    pub(crate) fn client_aborted(&self, phase: &'static str) {
        self.tally(TallyKey { of: Tallied::ClientAbort, pool: Id::NONE, backend: Id::NONE, label: phase });
    }

    /// The sweep ran this much later than it was due.
    pub(crate) fn lagged(&self, by: Duration) {
        self.block.lag.observe(by);
    }

    fn request(&self, key: RequestKey, took: Duration) {
        let mut known = self.requests.borrow_mut();
        let cell = known.entry(key).or_insert_with(|| self.block.requests(key));
        cell.count.add(1);
        cell.durations.observe(took);
    }

    fn tally(&self, key: TallyKey) {
        let mut known = self.tallies.borrow_mut();
        known.entry(key).or_insert_with(|| self.block.tally(key)).0.add(1);
    }
}

impl Drop for WorkerMetrics {
    fn drop(&mut self) {
        self.block.taken.store(false, Release);
    }
}

/// One generation's indexes, led to one worker's counters; each is resolved when it is first used.
pub(crate) struct Series {
    generation: u64,
    pub(super) listeners: Vec<Id>,
    routes: Vec<Id>,
    pools: Vec<PoolSlot>,
}

struct PoolSlot {
    id: Id,
    cell: OnceCell<Arc<PoolCell>>,
    backends: Vec<(Id, OnceCell<Arc<BackendCell>>)>,
}

impl Series {
    fn new(ids: &Ids) -> Series {
        let slot = |(id, backends): &(Id, Vec<Id>)| PoolSlot {
            id: *id,
            cell: OnceCell::new(),
            backends: backends.iter().map(|id| (*id, OnceCell::new())).collect(),
        };
        Series {
            generation: ids.generation,
            listeners: ids.listeners.clone(),
            routes: ids.routes.clone(),
            pools: ids.pools.iter().map(slot).collect(),
        }
    }

    /// The cell of a backend; one without a name if the indexes mean nothing.
    pub(super) fn backend(&self, block: &Block, pool: u16, backend: u16) -> Arc<BackendCell> {
        let cell = self.pools.get(usize::from(pool)).and_then(|slot| slot.backend(block, backend));
        cell.map_or_else(|| block.backend(Id::NONE, Id::NONE), Arc::clone)
    }
}

impl PoolSlot {
    fn phases(&self, block: &Block, exchange: &Exchange<'_>) {
        let cell = self.cell.get_or_init(|| block.pool(self.id));
        let phases =
            [(&cell.connect, exchange.connect), (&cell.first_byte, exchange.first_byte), (&cell.body, exchange.body)];
        for (histogram, took) in phases {
            if let Some(took) = took {
                histogram.observe(took);
            }
        }
    }

    fn backend(&self, block: &Block, index: u16) -> Option<&Arc<BackendCell>> {
        let (id, cell) = self.backends.get(usize::from(index))?;
        Some(cell.get_or_init(|| block.backend(self.id, *id)))
    }
}

pub(super) fn id_at(ids: &[Id], index: Option<u16>) -> Id {
    index.and_then(|index| ids.get(usize::from(index))).copied().unwrap_or(Id::NONE)
}

/// Index into [`BackendCell::classes`].
fn class(status: Option<u16>) -> usize {
    status.map_or(0, |status| usize::from((status / 100).min(5)))
}
