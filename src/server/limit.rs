//! How many client connections the process has, and when it takes no more.
//!
//! One count for all workers: it is touched when a connection comes or goes, never by a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bound on client connections of the process.
#[derive(Debug)]
pub(crate) struct ConnectionLimit {
    open: AtomicUsize,
    most: usize,
}

/// One connection that came in, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Permit(Arc<ConnectionLimit>);

impl ConnectionLimit {
    pub(crate) fn new(most: usize) -> Arc<ConnectionLimit> {
        Arc::new(ConnectionLimit { open: AtomicUsize::new(0), most })
    }

    /// One more would be let in now. Asked before a connection is accepted, so that a listener which nobody comes to
    /// keeps no place from the others.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed) < self.most
    }

    /// Lets one more in, or nobody.
    pub(crate) fn enter(self: &Arc<ConnectionLimit>) -> Option<Permit> {
        let room = |open: usize| (open < self.most).then_some(open + 1);
        self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).ok()?;
        Some(Permit(Arc::clone(self)))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_opens_again_when_somebody_leaves() {
        let limit = ConnectionLimit::new(2);
        let first = limit.enter();
        let second = limit.enter();
        assert!(first.is_some() && second.is_some() && limit.enter().is_none());
        drop(first);
        assert!(limit.enter().is_some());
    }
}
