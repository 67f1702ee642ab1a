//! One scrape: everything limpet counts, as the text a scraper reads.
//!
//! One `Collector` stands for it all; it is built for a scrape and dropped with it, so that nothing has to be
//! registered or withdrawn when workers and backends come and go. With `sheet` the home of prometheus.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use prometheus::core::{Collector, Desc};
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::MetricFamily;
use prometheus::{Encoder, Registry, TEXT_FORMAT, TextEncoder};

use super::families::{self, Family};
use super::sheet::Sheet;
use super::totals::Totals;
use super::{ScrapeError, Shared};

pub(super) fn page(shared: &Arc<Shared>) -> Result<Vec<u8>, ScrapeError> {
    let registry = Registry::new();
    registry.register(Box::new(Workers::new(shared)?))?;
    registry.register(Box::new(ProcessCollector::for_self()))?;
    let mut page = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut page)?;
    Ok(page)
}

impl From<prometheus::Error> for ScrapeError {
    fn from(error: prometheus::Error) -> ScrapeError {
        ScrapeError(error.to_string())
    }
}

/// The one collector: all workers, added up.
struct Workers {
    shared: Arc<Shared>,
    descs: Vec<Desc>,
}

impl Workers {
    fn new(shared: &Arc<Shared>) -> Result<Workers, prometheus::Error> {
        let desc = |family: &&Family| {
            let labels = family.labels.iter().map(ToString::to_string).collect();
            Desc::new(family.name.to_owned(), family.help.to_owned(), labels, HashMap::new())
        };
        let descs = families::ALL.iter().map(desc).collect::<Result<_, _>>()?;
        Ok(Workers { shared: Arc::clone(shared), descs })
    }
}

impl Collector for Workers {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut sheet = Sheet::new(self.shared.directory());
        sheet.totals(&Totals::of(&self.shared.blocks()));
        sheet.row(&families::PANICS, &[], self.shared.panics.load(Relaxed));
        sheet.row(&families::BUILD_INFO, &[env!("CARGO_PKG_VERSION")], 1);
        if let Some(readings) = self.shared.readings() {
            let mut in_flight = BTreeMap::<(String, String), u64>::new();
            readings.in_flight(&mut |pool, backend, requests| {
                // Two lives of one name may be at work at a time; a series may stand on the page once.
                *in_flight.entry((pool.to_owned(), backend.to_owned())).or_default() += requests;
            });
            for ((pool, backend), requests) in &in_flight {
                sheet.row(&families::BACKEND_IN_FLIGHT, &[pool, backend], *requests);
            }
            sheet.row(&families::LOG_LINES_DROPPED, &[], readings.log_lines_dropped());
        }
        sheet.into_families()
    }
}

pub(super) const MEDIA_TYPE: &str = TEXT_FORMAT;
