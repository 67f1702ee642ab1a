//! A backend: a member of a pool, known by its name, reached at an address.
//!
//! A [`Backend`] is as immutable as the snapshot it lies in. What changes with every request, its [`Live`] counters,
//! belongs to the incarnation: the next snapshot takes the same `Live` over, so loads outlive a change of the pool.
//! This file knows neither pools nor policies.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// One life of a backend, as one snapshot sees it.
#[derive(Debug)]
pub(crate) struct Backend {
    /// Unique in its pool. Bindings name a backend by this, never by its address.
    pub(crate) name: Box<str>,
    pub(crate) address: SocketAddr,
    /// Unique in the process; another one as soon as the address changes.
    pub(crate) incarnation: u64,
    /// Its share of the new sessions, beside those of the others. 0: none; bound ones stay.
    pub(crate) weight: u16,
    pub(crate) live: Arc<Live>,
}

impl Backend {
    /// Whether a policy may give it a request without a binding.
    pub(crate) fn takes_new(&self) -> bool {
        self.weight > 0
    }

    /// Whether it answers the sessions bound to it. So far every backend that is known is Ready.
    pub(crate) fn keeps_bound(&self) -> bool {
        true
    }
}

/// The requests in flight to one incarnation: a counter a worker, each written by its worker alone.
#[derive(Debug)]
pub(crate) struct Live {
    in_flight: Box<[Counter]>,
}

impl Live {
    pub(crate) fn new(workers: usize) -> Live {
        Live { in_flight: (0..workers).map(|_| Counter::default()).collect() }
    }

    /// Counts one request of this worker, until it [leaves](Live::leave).
    ///
    /// Only the thread of that worker may call either: a plain load and store is enough then, and no two cores write
    /// one cache line.
    pub(crate) fn enter(&self, worker: usize) {
        self.in_flight[worker].add(1);
    }

    pub(crate) fn leave(&self, worker: usize) {
        self.in_flight[worker].add(u32::MAX);
    }

    /// Requests in flight from all workers. Not one moment's truth: each counter is read after the other.
    pub(crate) fn total(&self) -> u64 {
        self.in_flight.iter().map(|counter| u64::from(counter.value())).sum()
    }
}

/// Alone on its cache line, so that workers do not slow each other down.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Counter(AtomicU32);

impl Counter {
    fn value(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Modulo 2^32: adding `u32::MAX` takes one away.
    fn add(&self, change: u32) {
        self.0.store(self.value().wrapping_add(change), Ordering::Relaxed);
    }
}

#[cfg(test)]
impl Backend {
    /// A backend of this name and weight, at an address that nobody dials.
    pub(crate) fn sample(name: &str, weight: u16) -> Arc<Backend> {
        let address = SocketAddr::from(([192, 0, 2, 1], 80));
        Arc::new(Backend { name: name.into(), address, incarnation: 0, weight, live: Arc::new(Live::new(1)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_worker() {
        let live = Live::new(3);
        for worker in [0, 2, 2] {
            live.enter(worker);
        }
        assert_eq!([0, 1, 2].map(|worker| live.in_flight[worker].value()), [1, 0, 2]);
        assert_eq!(live.total(), 3);
        live.leave(2);
        live.leave(0);
        assert_eq!([0, 1, 2].map(|worker| live.in_flight[worker].value()), [0, 0, 1]);
        live.leave(2);
        assert_eq!(live.total(), 0);
    }

    #[test]
    fn counters_share_no_cache_line() {
        assert_eq!(size_of::<Counter>(), 64);
    }

    #[test]
    fn weight_zero_keeps_its_sessions_only() {
        let backend = Backend::sample("a", 0);
        assert!(!backend.takes_new() && backend.keeps_bound());
        assert!(Backend::sample("a", 1).takes_new());
    }
}
