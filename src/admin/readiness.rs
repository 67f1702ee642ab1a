//! Whether limpet should be sent requests, and if not, why.
//!
//! A set of reasons against it; ready is when there are none. Each part that needs time sets its reason before the
//! others can look and clears it when done; a stop sets one for good. Whoever asks gets the reasons as text.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The reasons why limpet is not ready.
#[derive(Debug, Default)]
pub(crate) struct Readiness {
    reasons: Mutex<BTreeSet<String>>,
}

impl Readiness {
    /// Not ready for these reasons; ready at once if there are none.
    pub(crate) fn new<'a>(reasons: impl IntoIterator<Item = &'a str>) -> Readiness {
        Readiness { reasons: Mutex::new(reasons.into_iter().map(str::to_owned).collect()) }
    }

    /// Adds a reason. One line of plain words: it is shown as it stands.
    pub(crate) fn set(&self, reason: &str) {
        self.lock().insert(reason.to_owned());
    }

    /// The reason no longer holds.
    pub(crate) fn clear(&self, reason: &str) {
        self.lock().remove(reason);
    }

    /// In the order of their words; empty when ready.
    pub(crate) fn reasons(&self) -> Vec<String> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
