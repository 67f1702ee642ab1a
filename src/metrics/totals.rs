//! The blocks of all workers, added up for one scrape.
//!
//! Reads counters while workers write them: a sum may miss what happened during the scrape, and never tears or goes
//! back. Works in ids; names and the text format come afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::block::{BOUNDS, BackendCell, Block, Count, Histogram, RequestKey, TallyKey};
use super::names::Id;

/// Sums over all blocks.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) requests: BTreeMap<RequestKey, u64>,
    /// By route and pool.
    pub(super) durations: BTreeMap<(Id, Id), Distribution>,
    /// Open and accepted connections.
    pub(super) listeners: BTreeMap<Id, (u64, u64)>,
    /// Connect, first byte, body.
    pub(super) phases: BTreeMap<Id, [Distribution; 3]>,
    /// By pool and backend.
    pub(super) backends: BTreeMap<(Id, Id), BackendTotal>,
    pub(super) tallies: BTreeMap<TallyKey, u64>,
    /// Open connections.
    pub(super) workers: BTreeMap<usize, u64>,
    pub(super) accept_pauses: u64,
    pub(super) lag: Distribution,
}

/// A histogram's sum.
#[derive(Debug, Default)]
pub(super) struct Distribution {
    pub(super) buckets: [u64; BOUNDS.len() + 1],
    pub(super) nanoseconds: u64,
}

#[derive(Debug, Default)]
pub(super) struct BackendTotal {
    pub(super) classes: [u64; 6],
    pub(super) idle: u64,
    pub(super) active: u64,
}

impl Totals {
    pub(super) fn of(blocks: &[Arc<Block>]) -> Totals {
        let mut totals = Totals::default();
        for block in blocks {
            totals.add(block);
        }
        totals
    }

    fn add(&mut self, block: &Block) {
        *self.workers.entry(block.worker).or_default() += block.connections.value();
        self.accept_pauses += block.accept_pauses.value();
        self.lag.add(&block.lag);
        // A copy: a worker that meets a new series waits for the copying of pointers only.
        let cells = block.cells().clone();
        for (key, cell) in &cells.requests {
            *self.requests.entry(*key).or_default() += cell.count.value();
        }
        for (key, histogram) in &cells.durations {
            self.durations.entry(*key).or_default().add(histogram);
        }
        for (key, cell) in &cells.listeners {
            let (open, accepted) = self.listeners.entry(*key).or_default();
            *open += cell.open.value();
            *accepted += cell.accepted.value();
        }
        for (key, cell) in &cells.pools {
            let [connect, first_byte, body] = self.phases.entry(*key).or_default();
            connect.add(&cell.connect);
            first_byte.add(&cell.first_byte);
            body.add(&cell.body);
        }
        for (key, cell) in &cells.backends {
            self.backends.entry(*key).or_default().add(cell);
        }
        for (key, tally) in &cells.tallies {
            *self.tallies.entry(*key).or_default() += tally.0.value();
        }
    }
}

impl Distribution {
    fn add(&mut self, histogram: &Histogram) {
        add_each(&mut self.buckets, &histogram.buckets);
        self.nanoseconds = self.nanoseconds.wrapping_add(histogram.nanoseconds.value());
    }
}

impl BackendTotal {
    fn add(&mut self, cell: &BackendCell) {
        add_each(&mut self.classes, &cell.classes);
        self.idle += cell.idle.value();
        self.active += cell.active.value();
    }
}

fn add_each(sums: &mut [u64], counts: &[Count]) {
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum += count.value();
    }
}
