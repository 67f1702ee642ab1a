//! Each family moves, sums hold over workers that come and go, and no name outlives its backend.
//!
//! All of it is read from the page, as a scraper reads it: what is right inside and wrong on the page is wrong.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::{Exchange, Metrics, Names, PoolNames, Readings, Series, Side};

fn names(generation: u64, pools: &[(&str, &[&str])]) -> Names {
    let own = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let pool = |(name, backends): &(&str, &[&str])| PoolNames { name: name.to_string(), backends: own(backends) };
    Names { generation, listeners: own(&["web"]), routes: own(&["all"]), pools: pools.iter().map(pool).collect() }
}

/// One listener, one route, one pool of two.
fn shop(generation: u64) -> Names {
    names(generation, &[("shop", &["web-0", "web-1"])])
}

fn hit(series: &Series) -> Exchange<'_> {
    Exchange {
        series,
        listener: 0,
        route: Some(0),
        pool: Some(0),
        backend: Some(1),
        method: "GET",
        status: 200,
        backend_status: Some(200),
        outcome: Some("hit"),
        total: Duration::from_millis(4),
        connect: Some(Duration::from_micros(500)),
        first_byte: Some(Duration::from_millis(3)),
        body: None,
    }
}

fn page(metrics: &Metrics) -> String {
    String::from_utf8(metrics.page().unwrap()).unwrap()
}

/// The value of the sample with exactly this name and labels, as written on the page.
fn sample<'a>(page: &'a str, series: &str) -> Option<&'a str> {
    page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

#[track_caller]
fn shows(page: &str, samples: &[(&str, &str)]) {
    for (series, value) in samples {
        assert_eq!(sample(page, series), Some(*value), "{series} on\n{page}");
    }
}

#[test]
fn an_exchange_moves_every_family_it_touches() {
    let metrics = Metrics::new();
    metrics.names(&shop(1));
    let worker = metrics.worker(0);
    let series = worker.series(1);
    worker.exchange(&hit(&series));
    worker.exchange(&Exchange { body: Some(Duration::from_secs(20)), ..hit(&series) });
    worker.exchange(&Exchange { status: 502, backend_status: None, outcome: None, method: "POST", ..hit(&series) });
    let page = page(&metrics);
    let failed = r#"limpet_requests_total{listener="web",route="all",pool="shop",method="POST",code="502"}"#;
    shows(
        &page,
        &[
            (GET_200, "2"),
            (failed, "1"),
            (r#"limpet_request_duration_seconds_count{route="all",pool="shop"}"#, "3"),
            (r#"limpet_request_duration_seconds_sum{route="all",pool="shop"}"#, "0.012"),
            (r#"limpet_request_duration_seconds_bucket{route="all",pool="shop",le="0.0025"}"#, "0"),
            (r#"limpet_request_duration_seconds_bucket{route="all",pool="shop",le="0.005"}"#, "3"),
            (r#"limpet_phase_seconds_count{pool="shop",phase="connect"}"#, "3"),
            (r#"limpet_phase_seconds_bucket{pool="shop",phase="body",le="10"}"#, "0"),
            (r#"limpet_phase_seconds_bucket{pool="shop",phase="body",le="+Inf"}"#, "1"),
            (r#"limpet_backend_requests_total{pool="shop",backend="web-1",code_class="2xx"}"#, "2"),
            (r#"limpet_backend_requests_total{pool="shop",backend="web-1",code_class="none"}"#, "1"),
            (r#"limpet_sticky_requests_total{pool="shop",outcome="hit"}"#, "2"),
        ],
    );
}

#[test]
fn what_happens_beside_an_exchange_is_counted_too() {
    let metrics = Metrics::new();
    metrics.names(&shop(1));
    let worker = metrics.worker(3);
    let series = worker.series(1);
    worker.backend_failed(&series, 0, 0, "connect_refused");
    worker.rejected(Side::Client, "bare_lf");
    worker.rejected(Side::Backend, "bare_lf");
    worker.made_response("no_route");
    worker.client_aborted("body");
    worker.lagged(Duration::from_millis(30));
    let _one = worker.pause_accept();
    let (_two, ended) = (metrics.worker(4).pause_accept(), worker.pause_accept());
    drop(ended);
    metrics.panicked();
    shows(
        &page(&metrics),
        &[
            (r#"limpet_backend_failures_total{pool="shop",backend="web-0",reason="connect_refused"}"#, "1"),
            (r#"limpet_rejects_total{side="client",rule="bare_lf"}"#, "1"),
            (r#"limpet_rejects_total{side="backend",rule="bare_lf"}"#, "1"),
            (r#"limpet_responses_made_total{reason="no_route"}"#, "1"),
            (r#"limpet_client_aborts_total{phase="body"}"#, "1"),
            (r#"limpet_worker_lag_seconds_bucket{le="0.025"}"#, "0"),
            (r#"limpet_worker_lag_seconds_bucket{le="0.05"}"#, "1"),
            ("limpet_accept_paused", "2"),
            ("limpet_panics_total", "1"),
            (concat!(r#"limpet_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""}"#), "1"),
        ],
    );
}

#[test]
fn marks_count_what_is_open_and_nothing_else() {
    let metrics = Metrics::new();
    metrics.names(&shop(1));
    let worker = metrics.worker(3);
    let series = worker.series(1);
    let idle = r#"limpet_backend_connections{pool="shop",backend="web-0",state="idle"}"#;
    let active = r#"limpet_backend_connections{pool="shop",backend="web-0",state="active"}"#;
    let (open, total) = (r#"limpet_connections{listener="web"}"#, r#"limpet_connections_total{listener="web"}"#);
    let of_worker = r#"limpet_worker_connections{worker="3"}"#;
    shows(&page(&metrics), &[(idle, "0"), (active, "0"), (open, "0"), (total, "0"), (of_worker, "0")]);

    let clients = [worker.client_connection(&series, 0), worker.client_connection(&series, 0)];
    let mut backend = worker.backend_connection(&series, 0, 0);
    shows(&page(&metrics), &[(idle, "0"), (active, "1"), (open, "2"), (total, "2"), (of_worker, "2")]);

    drop(clients);
    backend.set_idle(true);
    backend.set_idle(true);
    shows(&page(&metrics), &[(idle, "1"), (active, "0"), (open, "0"), (total, "2"), (of_worker, "0")]);

    drop(backend);
    shows(&page(&metrics), &[(idle, "0"), (active, "0")]);
}

struct Fixed;

impl Readings for Fixed {
    fn in_flight(&self, each: &mut dyn FnMut(&str, &str, u64)) {
        each("shop", "web-0", 2);
        each("shop", "web-1", 0);
        each("shop", "web-0", 3);
    }

    fn log_lines_dropped(&self) -> u64 {
        7
    }
}

#[test]
fn figures_kept_elsewhere_are_read_at_the_scrape() {
    let metrics = Metrics::new();
    metrics.read_from(Arc::new(Fixed));
    let page = page(&metrics);
    shows(
        &page,
        &[
            (r#"limpet_backend_in_flight{pool="shop",backend="web-0"}"#, "5"),
            (r#"limpet_backend_in_flight{pool="shop",backend="web-1"}"#, "0"),
            ("limpet_log_lines_dropped_total", "7"),
        ],
    );
    assert!(sample(&page, "process_resident_memory_bytes").is_some(), "{page}");
}

#[test]
fn workers_add_up_and_what_they_counted_outlives_them() {
    let metrics = Metrics::new();
    metrics.names(&shop(1));
    let run = |index: usize, exchanges: usize| {
        let worker = metrics.worker(index);
        let series = worker.series(1);
        let _client = worker.client_connection(&series, 0);
        (0..exchanges).for_each(|_| worker.exchange(&hit(&series)));
    };
    run(0, 3);
    run(1, 4);
    shows(&page(&metrics), &[(GET_200, "7"), (r#"limpet_connections{listener="web"}"#, "0")]);

    run(1, 10);
    let _alive = metrics.worker(1);
    run(1, 100);
    let page = page(&metrics);
    shows(&page, &[(GET_200, "117"), (r#"limpet_worker_connections{worker="1"}"#, "0")]);
    assert_eq!(page.matches("limpet_worker_connections{").count(), 2, "a worker that comes back is no new one\n{page}");
}

#[test]
fn a_mark_keeps_its_counters_from_the_next_worker() {
    let metrics = Metrics::new();
    metrics.names(&shop(1));
    let first = metrics.worker(0);
    let mark = first.client_connection(&first.series(1), 0);
    drop(first);
    let second = metrics.worker(0);
    assert!(!Arc::ptr_eq(&mark.worker.block, &second.block));
    drop(mark);
    drop(second);
    shows(&page(&metrics), &[(r#"limpet_connections{listener="web"}"#, "0")]);
}

#[test]
fn names_keep_their_counters_through_new_indexes_and_removed_ones_vanish() {
    let metrics = Metrics::new();
    metrics.names(&names(1, &[("old", &["a"]), ("shop", &["web-0", "web-1"])]));
    let worker = metrics.worker(0);
    let before = worker.series(1);
    worker.exchange(&Exchange { pool: Some(1), ..hit(&before) });
    worker.exchange(&Exchange { pool: Some(0), backend: Some(0), ..hit(&before) });
    worker.backend_failed(&before, 0, 0, "timeout");
    worker.backend_failed(&before, 1, 0, "timeout");
    assert!(page(&metrics).contains(r#""old""#));

    metrics.names(&names(2, &[("shop", &["web-1"])]));
    let after = worker.series(2);
    worker.exchange(&Exchange { backend: Some(0), ..hit(&after) });
    // An exchange that began before the change ends after it.
    worker.exchange(&Exchange { pool: Some(1), ..hit(&before) });
    worker.exchange(&Exchange { pool: Some(0), backend: Some(0), ..hit(&before) });
    let text = page(&metrics);
    let web_1 = r#"limpet_backend_requests_total{pool="shop",backend="web-1",code_class="2xx"}"#;
    shows(&text, &[(GET_200, "3"), (web_1, "3")]);
    assert!(!text.contains(r#""old""#) && !text.contains("web-0"), "{text}");

    metrics.names(&names(3, &[("shop", &["web-1"]), ("old", &["a"])]));
    let page = page(&metrics);
    shows(&page, &[(web_1, "3")]);
    assert!(!page.contains(r#"limpet_requests_total{listener="web",route="all",pool="old""#), "starts anew\n{page}");
}

#[test]
fn indexes_without_names_count_without_labels() {
    let metrics = Metrics::new();
    let worker = metrics.worker(0);
    let unknown = worker.series(99);
    worker.exchange(&hit(&unknown));
    worker.exchange(&Exchange { status: 0, route: None, pool: None, ..hit(&unknown) });
    worker.exchange(&Exchange { status: 65_535, route: None, pool: None, ..hit(&unknown) });
    drop((worker.backend_connection(&unknown, 9, 9), worker.client_connection(&unknown, 9)));
    let of = |code| format!(r#"limpet_requests_total{{listener="",route="",pool="",method="GET",code="{code}"}}"#);
    shows(&page(&metrics), &[(&of("200"), "1"), (&of("none"), "2")]);
}

/// Everything inside quotes on the page, but for bucket bounds.
fn label_values(page: &str) -> BTreeSet<&str> {
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    let quoted = samples.flat_map(|line| line.split(['{', '}']).nth(1).unwrap_or("").split("\","));
    let pairs = quoted.filter_map(|pair| pair.split_once("=\""));
    pairs.filter(|(name, _)| *name != "le").map(|(_, value)| value.trim_end_matches('"')).collect()
}

#[test]
fn label_values_are_names_of_the_configuration_or_words_of_ours() {
    let metrics = Metrics::new();
    metrics.names(&shop(1));
    let worker = metrics.worker(0);
    let series = worker.series(1);
    for status in 0..=u16::MAX {
        worker.exchange(&Exchange { status, backend_status: Some(status), ..hit(&series) });
    }
    let page = page(&metrics);
    let mut expected = BTreeSet::from(["web", "all", "shop", "web-0", "web-1", "GET", "hit", "0", "none"]);
    expected.extend(["1xx", "2xx", "3xx", "4xx", "5xx", "active", "idle", "connect", "first_byte", "body"]);
    expected.insert(env!("CARGO_PKG_VERSION"));
    let codes: Vec<String> = (100..600).map(|code: u16| code.to_string()).collect();
    expected.extend(codes.iter().map(String::as_str));
    assert_eq!(label_values(&page), expected);
}

#[test]
fn a_name_cannot_break_the_page() {
    let metrics = Metrics::new();
    metrics.names(&names(1, &[("a\"} 1\nlimpet_panics_total 9", &["b\\"])]));
    let page = page(&metrics);
    shows(&page, &[("limpet_panics_total", "0")]);
    assert!(page.contains(r#"pool="a\"} 1\nlimpet_panics_total 9",backend="b\\""#), "{page}");
}

#[test]
fn a_scrape_while_workers_write_never_goes_back() {
    let metrics = Metrics::new();
    metrics.names(&shop(1));
    let over = AtomicBool::new(false);
    let count = |page: &str| sample(page, GET_200).map_or(0, |value| value.parse::<u64>().unwrap());
    let written: u64 = thread::scope(|scope| {
        let work = |index| {
            let (metrics, over) = (&metrics, &over);
            scope.spawn(move || {
                let worker = metrics.worker(index);
                let mut written = 0;
                while written == 0 || !over.load(Ordering::Relaxed) {
                    worker.exchange(&hit(&worker.series(written % 3)));
                    worker.exchange(&hit(&worker.series(1)));
                    written += 1;
                }
                written
            })
        };
        let workers = [work(0), work(1)];
        let mut last = 0;
        for turn in 0..200 {
            metrics.names(&shop(turn % 2 + 1));
            let now = count(&page(&metrics));
            assert!(now >= last, "{now} after {last}");
            last = now;
        }
        over.store(true, Ordering::Relaxed);
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    let last = page(&metrics);
    let unnamed = r#"limpet_requests_total{listener="",route="",pool="",method="GET",code="200"}"#;
    let unnamed = sample(&last, unnamed).map_or(0, |value| value.parse::<u64>().unwrap());
    assert_eq!(count(&last) + unnamed, 2 * written);
}

const GET_200: &str = r#"limpet_requests_total{listener="web",route="all",pool="shop",method="GET",code="200"}"#;
