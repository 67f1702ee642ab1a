//! What limpet counts, and the page that shows it.
//!
//! One [`Metrics`] a process, one [`WorkerMetrics`] a worker. A worker writes only counters of its own
//! (`block`), so counting costs it no lock, no bus traffic and no allocation; whoever asks for the page adds the
//! workers up (`totals`), names the sums (`names`, `sheet`) and lets prometheus write them (`scrape`).
//! Labels come from the configuration and from limpet's own words, never from a message. Imports nobody of ours:
//! what others count is read through [`Readings`].

mod block;
mod families;
mod hash;
mod marks;
mod names;
mod scrape;
mod sheet;
mod totals;
mod worker;

use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use marks::{BackendConnection, ClientConnection};
pub(crate) use names::{Names, PoolNames};
pub(crate) use worker::{Exchange, Series, Side, WorkerMetrics};

use block::Block;
use names::Directory;

/// The metrics of the process.
pub(crate) struct Metrics {
    shared: Arc<Shared>,
}

/// Figures that others keep, read at each scrape. Neither call may block for long.
pub(crate) trait Readings: Send + Sync {
    /// Calls `each(pool, backend, requests)` with the requests in flight, for every backend of the current state.
    fn in_flight(&self, each: &mut dyn FnMut(&str, &str, u64));

    /// Access-log lines dropped since the start.
    fn log_lines_dropped(&self) -> u64;
}

impl Metrics {
    pub(crate) fn new() -> Arc<Metrics> {
        Arc::new(Metrics { shared: Arc::default() })
    }

    /// The names of a generation; to be set before its state is published. Series of names that are not among them
    /// vanish. One caller at a time. Takes about half a microsecond a name: thousands belong on a blocking thread.
    pub(crate) fn names(&self, names: &Names) {
        let directory = Arc::new(self.shared.directory().renewed(names));
        *lock(&self.shared.directory) = Arc::clone(&directory);
        for block in self.shared.blocks() {
            block.keep(|id| directory.label(id).is_some());
        }
    }

    /// The metrics of the worker of this index, to be called on its thread. They go on where an earlier worker of
    /// the index stopped.
    pub(crate) fn worker(&self, index: usize) -> Rc<WorkerMetrics> {
        let block = self.shared.take(index);
        Rc::new(WorkerMetrics::new(Arc::clone(&self.shared), block))
    }

    /// A panic ended a connection or a task.
    pub(crate) fn panicked(&self) {
        self.shared.panics.fetch_add(1, Ordering::Relaxed);
    }

    /// Whom to ask for what is counted elsewhere.
    pub(crate) fn read_from(&self, readings: Arc<dyn Readings>) {
        *lock(&self.shared.readings) = Some(readings);
    }

    /// The page, in text format 0.0.4. Takes milliseconds: not for a thread that has other duties.
    pub(crate) fn page(&self) -> Result<Vec<u8>, ScrapeError> {
        scrape::page(&self.shared)
    }

    /// The page's media type.
    pub(crate) const MEDIA_TYPE: &str = scrape::MEDIA_TYPE;
}

/// The page could not be written: a fault of ours.
#[derive(Debug)]
pub(crate) struct ScrapeError(String);

impl std::fmt::Display for ScrapeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ScrapeError {}

/// What scrapes and workers have in common.
#[derive(Default)]
struct Shared {
    directory: Mutex<Arc<Directory>>,
    blocks: Mutex<Vec<Arc<Block>>>,
    readings: Mutex<Option<Arc<dyn Readings>>>,
    panics: AtomicU64,
}

impl Shared {
    fn directory(&self) -> Arc<Directory> {
        Arc::clone(&lock(&self.directory))
    }

    fn blocks(&self) -> Vec<Arc<Block>> {
        lock(&self.blocks).clone()
    }

    fn readings(&self) -> Option<Arc<dyn Readings>> {
        lock(&self.readings).clone()
    }

    /// A block of this index that nobody writes to.
    fn take(&self, index: usize) -> Arc<Block> {
        let mut blocks = lock(&self.blocks);
        // Acquire meets the release of the worker that left: its last writes are seen before ours.
        let free = |block: &&Arc<Block>| block.worker == index && !block.taken.swap(true, Ordering::Acquire);
        if let Some(block) = blocks.iter().find(free) {
            return Arc::clone(block);
        }
        let block = Arc::new(Block::new(index));
        block.taken.store(true, Ordering::Relaxed);
        blocks.push(Arc::clone(&block));
        block
    }
}

/// A panic elsewhere does not make these values wrong: each is replaced or extended in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
