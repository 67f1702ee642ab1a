//! Every family on the page: its name, its help, its labels.
//!
//! Names and labels are a promise to dashboards and alerts: they change with a word in the changelog. A family
//! stands here once limpet does what it counts, not before. Seconds and bytes, no other units.

/// A family, before it has values.
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) labels: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, help, kind: Kind::Counter, labels }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, help, kind: Kind::Gauge, labels }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, help, kind: Kind::Histogram, labels }
}

pub(super) static REQUESTS: Family = counter(
    "limpet_requests_total",
    &["listener", "route", "pool", "method", "code"],
    "Requests that ended, by the status sent; code is none where the client got no status.",
);

pub(super) static REQUEST_DURATION: Family = histogram(
    "limpet_request_duration_seconds",
    &["route", "pool"],
    "From the request head read to the end of its exchange.",
);

pub(super) static PHASE: Family =
    histogram("limpet_phase_seconds", &["pool", "phase"], "Time an exchange spent in a phase.");

pub(super) static BACKEND_REQUESTS: Family = counter(
    "limpet_backend_requests_total",
    &["pool", "backend", "code_class"],
    "Requests by the backend they went to and its answer; code_class is none where it gave none.",
);

pub(super) static BACKEND_IN_FLIGHT: Family =
    gauge("limpet_backend_in_flight", &["pool", "backend"], "Requests at a backend now.");

pub(super) static BACKEND_CONNECTIONS: Family =
    gauge("limpet_backend_connections", &["pool", "backend", "state"], "Open connections to a backend.");

pub(super) static BACKEND_FAILURES: Family = counter(
    "limpet_backend_failures_total",
    &["pool", "backend", "reason"],
    "Connections and requests that a backend failed.",
);

pub(super) static CONNECTIONS: Family = gauge("limpet_connections", &["listener"], "Open client connections.");

pub(super) static CONNECTIONS_ACCEPTED: Family =
    counter("limpet_connections_total", &["listener"], "Client connections accepted.");

pub(super) static STICKY_REQUESTS: Family =
    counter("limpet_sticky_requests_total", &["pool", "outcome"], "Requests to a sticky pool, by what became of them.");

pub(super) static REJECTS: Family =
    counter("limpet_rejects_total", &["side", "rule"], "Messages refused by the parser, by who sent them and why.");

pub(super) static RESPONSES_MADE: Family =
    counter("limpet_responses_made_total", &["reason"], "Responses that limpet made itself.");

pub(super) static CLIENT_ABORTS: Family =
    counter("limpet_client_aborts_total", &["phase"], "Exchanges that the client broke off, by how far they were.");

pub(super) static WORKER_LAG: Family =
    histogram("limpet_worker_lag_seconds", &[], "How late a worker's periodic sweep ran: time its loop was held up.");

pub(super) static WORKER_CONNECTIONS: Family =
    gauge("limpet_worker_connections", &["worker"], "Open client connections of a worker.");

pub(super) static ACCEPT_PAUSED: Family =
    gauge("limpet_accept_paused", &[], "Listeners, counted on each worker, that accept nobody now for want of room.");

pub(super) static PANICS: Family =
    counter("limpet_panics_total", &[], "Panics, each of which ended one connection or task.");

pub(super) static LOG_LINES_DROPPED: Family =
    counter("limpet_log_lines_dropped_total", &[], "Access-log lines dropped because their reader was too slow.");

pub(super) static BUILD_INFO: Family = gauge("limpet_build_info", &["version"], "Always 1.");

pub(super) static ALL: [&Family; 19] = [
    &REQUESTS,
    &REQUEST_DURATION,
    &PHASE,
    &BACKEND_REQUESTS,
    &BACKEND_IN_FLIGHT,
    &BACKEND_CONNECTIONS,
    &BACKEND_FAILURES,
    &CONNECTIONS,
    &CONNECTIONS_ACCEPTED,
    &STICKY_REQUESTS,
    &REJECTS,
    &RESPONSES_MADE,
    &CLIENT_ABORTS,
    &WORKER_LAG,
    &WORKER_CONNECTIONS,
    &ACCEPT_PAUSED,
    &PANICS,
    &LOG_LINES_DROPPED,
    &BUILD_INFO,
];
