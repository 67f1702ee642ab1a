//! The status listener: probes say what is true of limpet now, and every metric moves when what it counts happens.
//!
//! [`moved`] names for each family of the source a test that moves it and sees by how much; a family without an entry
//! fails. Who may ask is in `effects`.

mod connections;
mod exchanges;
mod probes;
mod process;

use std::path::Path;

use crate::walk::{Entry, entry, walk};

fn moved() -> Vec<Entry> {
    vec![
        entry("limpet_accept_paused", connections::accepting_pauses_when_there_is_no_room),
        entry("limpet_backend_connections", connections::backend_connections_are_in_use_or_idle),
        entry("limpet_backend_failures_total", exchanges::failures_are_counted_by_their_reason),
        entry("limpet_backend_in_flight", connections::requests_at_a_backend_are_counted_while_they_are_there),
        entry("limpet_backend_requests_total", exchanges::requests_are_counted_by_backend_and_class),
        entry("limpet_build_info", process::the_version_is_told),
        entry("limpet_client_aborts_total", exchanges::clients_that_go_away_are_counted),
        entry("limpet_connections", connections::client_connections_come_and_go),
        entry("limpet_connections_total", connections::client_connections_come_and_go),
        entry("limpet_log_lines_dropped_total", process::log_lines_that_nobody_reads_are_counted),
        entry("limpet_panics_total", process::a_panic_is_counted),
        entry("limpet_phase_seconds", exchanges::each_phase_has_its_time),
        entry("limpet_rejects_total", exchanges::failures_are_counted_by_their_reason),
        entry("limpet_request_duration_seconds", exchanges::requests_are_counted_by_what_they_were),
        entry("limpet_requests_total", exchanges::requests_are_counted_by_what_they_were),
        entry("limpet_responses_made_total", exchanges::failures_are_counted_by_their_reason),
        entry("limpet_sticky_requests_total", exchanges::sticky_outcomes_are_counted),
        entry("limpet_worker_connections", connections::client_connections_come_and_go),
        entry("limpet_worker_lag_seconds", process::sweeps_are_timed),
    ]
}

#[test]
fn every_family_has_a_test_that_moves_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/metrics/families.rs");
    let source = std::fs::read_to_string(path).unwrap();
    let names = source.split('"').filter(|text| text.starts_with("limpet_") && !text.contains(char::is_whitespace));
    walk(&names.map(str::to_owned).collect(), &moved());
}
