//! How many client connections the process has, and when it takes no more.
//!
//! One count for all workers: it is touched when a connection comes or goes, never by a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bound on client connections of the process.
#[derive(Debug)]
pub(crate) struct Gate {
    open: AtomicUsize,
    most: usize,
}

/// One connection that came in, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Pass(Arc<Gate>);

impl Gate {
    pub(crate) fn new(most: usize) -> Arc<Gate> {
        Arc::new(Gate { open: AtomicUsize::new(0), most })
    }

    /// Lets one more in, or nobody.
    pub(crate) fn enter(self: &Arc<Gate>) -> Option<Pass> {
        let room = |open: usize| (open < self.most).then_some(open + 1);
        self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).ok()?;
        Some(Pass(Arc::clone(self)))
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_opens_again_when_somebody_leaves() {
        let gate = Gate::new(2);
        let first = gate.enter();
        let second = gate.enter();
        assert!(first.is_some() && second.is_some() && gate.enter().is_none());
        drop(first);
        assert!(gate.enter().is_some());
    }
}
