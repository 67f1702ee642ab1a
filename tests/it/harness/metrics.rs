//! A scrape of `/metrics`, read enough to ask for sums.
//!
//! The text format of Prometheus, as limpet writes it: one sample a line. It knows no metric's name.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::{RawClient, quote};

/// One scrape.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    samples: Vec<Sample>,
}

#[derive(Clone, Debug)]
struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

impl Metrics {
    pub(crate) async fn scrape(status: SocketAddr) -> Metrics {
        let mut client = RawClient::connect(status).await;
        client.send(b"GET /metrics HTTP/1.1\r\nHost: status\r\nConnection: close\r\n\r\n").await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 200, "/metrics: {}", quote(&answer.body, 200));
        Metrics::parse(&String::from_utf8_lossy(&answer.body))
    }

    fn parse(text: &str) -> Metrics {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        Metrics { samples: lines.filter_map(sample).collect() }
    }

    /// The sum of all series of `name` that carry these labels.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let carries = |sample: &&Sample| labels.iter().all(|(label, value)| sample.has(label, value));
        self.samples.iter().filter(|sample| sample.name == name).filter(carries).map(|sample| sample.value).sum()
    }

    /// For each counter with some label of this value: its sum over the series that have it.
    pub(crate) fn counters_of(&self, value: &str) -> BTreeMap<String, f64> {
        let mut sums = BTreeMap::new();
        for sample in self.samples.iter().filter(|sample| sample.name.ends_with("_total")) {
            if sample.labels.iter().any(|(_, one)| one == value) {
                *sums.entry(sample.name.clone()).or_default() += sample.value;
            }
        }
        sums
    }
}

impl Sample {
    fn has(&self, label: &str, value: &str) -> bool {
        self.labels.iter().any(|(one, held)| one == label && held == value)
    }
}

/// `name{label="value",…} number`; label values here hold neither quotes nor braces.
fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let labels = labels.trim_end_matches('}').split("\",").filter_map(|pair| {
        let (label, value) = pair.split_once("=\"")?;
        Some((label.to_owned(), value.trim_end_matches('"').to_owned()))
    });
    Some(Sample { name: name.to_owned(), labels: labels.collect(), value: value.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_go_over_the_series_that_carry_the_labels() {
        let text = "# TYPE a_total counter\na_total{side=\"client\",rule=\"x, y\"} 2\na_total{side=\"client\",rule=\"z\"} 3\n\
            a_total{side=\"backend\",rule=\"z\"} 4\nb 1.5\n";
        let metrics = Metrics::parse(text);
        assert_eq!(metrics.sum("a_total", &[("side", "client")]), 5.0);
        assert_eq!(metrics.sum("a_total", &[("rule", "x, y")]), 2.0);
        assert_eq!(metrics.sum("b", &[]), 1.5);
        assert_eq!(metrics.counters_of("z"), BTreeMap::from([("a_total".to_owned(), 7.0)]));
    }
}
