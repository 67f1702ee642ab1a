//! Sums become families: ids turn into names, status codes and classes into text.
//!
//! This is where a series whose name is no longer known is left out, and where a gauge of a known name that no
//! worker has touched yet stands at zero. Knows the totals and the directory, never a worker.

use std::collections::BTreeMap;
use std::sync::Arc;

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use super::block::{BOUNDS, Tallied, TallyKey};
use super::families::{self, Family, Kind};
use super::names::Directory;
use super::totals::{Distribution, Totals};

/// The families of one scrape, as they fill.
pub(super) struct Sheet {
    names: Arc<Directory>,
    families: BTreeMap<&'static str, MetricFamily>,
}

impl Sheet {
    pub(super) fn new(names: Arc<Directory>) -> Sheet {
        Sheet { names, families: BTreeMap::new() }
    }

    pub(super) fn into_families(self) -> Vec<MetricFamily> {
        self.families.into_values().collect()
    }

    pub(super) fn totals(&mut self, totals: &Totals) {
        self.requests(totals);
        self.connections(totals);
        self.pools(totals);
        self.backends(totals);
        for (key, count) in &totals.tallies {
            self.tally(key, *count);
        }
        for (worker, connections) in &totals.workers {
            self.row(&families::WORKER_CONNECTIONS, &[&worker.to_string()], *connections);
        }
        self.row(&families::ACCEPT_PAUSED, &[], totals.accept_pauses);
        self.distribution(&families::WORKER_LAG, &[], &totals.lag);
    }

    /// A counter or gauge.
    pub(super) fn row(&mut self, family: &'static Family, labels: &[&str], value: u64) {
        let mut metric = labelled(family, labels);
        if family.kind == Kind::Gauge {
            let mut gauge = Gauge::default();
            gauge.set_value(value as f64);
            metric.set_gauge(gauge);
        } else {
            let mut counter = Counter::default();
            counter.set_value(value as f64);
            metric.set_counter(counter);
        }
        self.push(family, metric);
    }

    fn distribution(&mut self, family: &'static Family, labels: &[&str], values: &Distribution) {
        let mut count = 0;
        let mut buckets = Vec::with_capacity(BOUNDS.len());
        for (bound, more) in BOUNDS.iter().zip(values.buckets) {
            count += more;
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(bound.as_secs_f64());
            bucket.set_cumulative_count(count);
            buckets.push(bucket);
        }
        let mut histogram = Histogram::default();
        histogram.set_bucket(buckets);
        histogram.set_sample_count(values.buckets.iter().sum());
        histogram.set_sample_sum(values.nanoseconds as f64 / 1e9);
        let mut metric = labelled(family, labels);
        metric.set_histogram(histogram);
        self.push(family, metric);
    }

    fn requests(&mut self, totals: &Totals) {
        let names = Arc::clone(&self.names);
        for (key, count) in &totals.requests {
            let labels = (names.label(key.listener), names.label(key.route), names.label(key.pool));
            if let (Some(listener), Some(route), Some(pool)) = labels {
                let code = code(key.status);
                self.row(&families::REQUESTS, &[listener, route, pool, key.method, &code], *count);
            }
        }
        for ((route, pool), durations) in &totals.durations {
            if let (Some(route), Some(pool)) = (names.label(*route), names.label(*pool)) {
                self.distribution(&families::REQUEST_DURATION, &[route, pool], durations);
            }
        }
    }

    fn connections(&mut self, totals: &Totals) {
        let names = Arc::clone(&self.names);
        for id in names.listeners() {
            let Some(listener) = names.label(id) else { continue };
            let (open, accepted) = totals.listeners.get(&id).copied().unwrap_or_default();
            self.row(&families::CONNECTIONS, &[listener], open);
            self.row(&families::CONNECTIONS_ACCEPTED, &[listener], accepted);
        }
    }

    fn pools(&mut self, totals: &Totals) {
        let names = Arc::clone(&self.names);
        for (pool, phases) in &totals.phases {
            let Some(pool) = names.label(*pool) else { continue };
            for (phase, durations) in PHASES.iter().zip(phases) {
                self.distribution(&families::PHASE, &[pool, phase], durations);
            }
        }
    }

    fn backends(&mut self, totals: &Totals) {
        let names = Arc::clone(&self.names);
        for key in names.backends() {
            let (Some(pool), Some(backend)) = (names.label(key.0), names.label(key.1)) else { continue };
            let total = totals.backends.get(&key);
            for (state, open) in [("active", total.map(|of| of.active)), ("idle", total.map(|of| of.idle))] {
                self.row(&families::BACKEND_CONNECTIONS, &[pool, backend, state], open.unwrap_or_default());
            }
            for (class, count) in CLASSES.iter().zip(total.map(|of| of.classes).unwrap_or_default()) {
                if count > 0 {
                    self.row(&families::BACKEND_REQUESTS, &[pool, backend, class], count);
                }
            }
        }
    }

    fn tally(&mut self, key: &TallyKey, count: u64) {
        let names = Arc::clone(&self.names);
        let (Some(pool), Some(backend)) = (names.label(key.pool), names.label(key.backend)) else { return };
        let label = key.label;
        match key.of {
            Tallied::Sticky => self.row(&families::STICKY_REQUESTS, &[pool, label], count),
            Tallied::BackendFailure => self.row(&families::BACKEND_FAILURES, &[pool, backend, label], count),
            Tallied::ClientReject => self.row(&families::REJECTS, &["client", label], count),
            Tallied::BackendReject => self.row(&families::REJECTS, &["backend", label], count),
            Tallied::ResponseMade => self.row(&families::RESPONSES_MADE, &[label], count),
            Tallied::ClientAbort => self.row(&families::CLIENT_ABORTS, &[label], count),
        }
    }

    fn push(&mut self, family: &'static Family, metric: Metric) {
        let filled = self.families.entry(family.name).or_insert_with(|| {
            let mut new = MetricFamily::default();
            new.set_name(family.name.to_owned());
            new.set_help(family.help.to_owned());
            new.set_field_type(match family.kind {
                Kind::Counter => MetricType::COUNTER,
                Kind::Gauge => MetricType::GAUGE,
                Kind::Histogram => MetricType::HISTOGRAM,
            });
            new
        });
        filled.mut_metric().push(metric);
    }
}

fn labelled(family: &Family, values: &[&str]) -> Metric {
    let pair = |(name, value): (&&str, &&str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    Metric::from_label(family.labels.iter().zip(values).map(pair).collect())
}

fn code(status: u16) -> String {
    if status == 0 { "none".to_owned() } else { status.to_string() }
}

const PHASES: [&str; 3] = ["connect", "first_byte", "body"];
const CLASSES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];
