//! The metrics page for any number of scrapers at a time.
//!
//! A page is written on a blocking thread, one at a time, and answers everybody who asked before its writing began.
//! So it is never older than the question, fifty scrapers cost as much as two, and they all hold the same bytes.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::metrics::Metrics;

pub(super) struct Scrapes {
    metrics: Arc<Metrics>,
    latest: Arc<Mutex<Option<Page>>>,
}

struct Page {
    began: Instant,
    text: Bytes,
}

impl Scrapes {
    pub(super) fn new(metrics: Arc<Metrics>) -> Scrapes {
        Scrapes { metrics, latest: Arc::default() }
    }

    /// The page as of now or later. The error is a fault of ours, for the log.
    pub(super) async fn page(&self) -> Result<Bytes, String> {
        let asked = Instant::now();
        let mut latest = Arc::clone(&self.latest).lock_owned().await;
        if let Some(page) = latest.as_ref()
            && page.began >= asked
        {
            return Ok(page.text.clone());
        }
        let metrics = Arc::clone(&self.metrics);
        // The lock goes along: a scraper that hangs up cancels its wait here, and must not thereby start a second
        // writer beside the first.
        let write = move || {
            let began = Instant::now();
            let text = Bytes::from(metrics.page().map_err(|error| error.to_string())?);
            *latest = Some(Page { began, text: text.clone() });
            Ok(text)
        };
        spawn_blocking(write).await.unwrap_or_else(|error| Err(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc::{Receiver, channel};
    use std::sync::{Mutex, PoisonError};

    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

    use super::*;
    use crate::metrics::Readings;

    /// Counts the pages written. Each reports that it began and waits until the gate is open.
    struct Gate {
        pages: AtomicU64,
        began: UnboundedSender<()>,
        open: Mutex<Receiver<()>>,
    }

    impl Readings for Gate {
        fn in_flight(&self, _: &mut dyn FnMut(&str, &str, u64)) {
            let _ = self.began.send(());
            let _ = self.open.lock().unwrap_or_else(PoisonError::into_inner).recv();
            self.pages.fetch_add(1, Ordering::Relaxed);
        }

        fn log_lines_dropped(&self) -> u64 {
            self.pages.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn those_who_ask_during_a_page_share_the_next_one_even_when_the_first_hangs_up() {
        let ((open, opened), (began, mut beginning)) = (channel(), unbounded_channel());
        let gate = Arc::new(Gate { pages: AtomicU64::new(0), began, open: Mutex::new(opened) });
        let metrics = Metrics::new();
        metrics.read_from(Arc::clone(&gate) as Arc<dyn Readings>);
        let scrapes = Arc::new(Scrapes::new(metrics));
        let ask = || {
            let scrapes = Arc::clone(&scrapes);
            tokio::spawn(async move { scrapes.page().await })
        };
        let first = ask();
        beginning.recv().await.unwrap();
        let others: Vec<_> = (0..49).map(|_| ask()).collect();
        tokio::task::yield_now().await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        drop(open);
        for other in others {
            let page = other.await.unwrap().unwrap();
            let second = b"\nlimpet_log_lines_dropped_total 2\n";
            assert!(page.windows(second.len()).any(|part| part == second), "{}", String::from_utf8_lossy(&page));
        }
        assert_eq!(gate.pages.load(Ordering::Relaxed), 2);
    }
}
