//! Backends that fail: 502, 503 or 504 by how they do it, in words that name them and not the client.
//!
//! Each way to fail has a backend, a pool and a path of its own before one limpet. What a client sees of a response
//! that had begun is in `relay`.

use std::fmt::Write;

use super::witness::{Expected, Witness};
use crate::harness::{Act, App, BlackHole, Journal, Limpet, RawClient, ScriptedBackend, own_address};
use crate::scene::{ask, named, open, post, request, toml};

/// A reason, and the script of a backend that gives it. All of them are 502.
const SCRIPTS: [(&str, &[Act]); 17] = [
    ("backend_closed", &[Act::Request, Act::Close]),
    ("backend_reset", &[Act::Request, Act::Reset]),
    ("backend_truncated", &[Act::Request, Act::Send("HTTP/1.1 200 OK\r\nContent-Le"), Act::Close]),
    ("unasked_switch", &[Act::Request, Act::Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")]),
    ("status_line", &[Act::Request, Act::Send("HTTP/1.1 20 OK\r\n\r\n")]),
    ("field_line", &[Act::Request, Act::Send("HTTP/1.1 200 OK\r\nX-Name : value\r\n\r\n")]),
    ("bare_lf", &[Act::Request, Act::Send("HTTP/1.1 200 OK\nContent-Length: 0\n\n")]),
    ("obs_fold", &[Act::Request, Act::Send("HTTP/1.1 200 OK\r\nX-Name: a\r\n b\r\n\r\n")]),
    (
        "conflicting_length",
        &[Act::Request, Act::Send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")],
    ),
    ("invalid_length", &[Act::Request, Act::Send("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n")]),
    (
        "length_and_coding",
        &[Act::Request, Act::Send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")],
    ),
    ("transfer_coding", &[Act::Request, Act::Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n")]),
    ("connection_field", &[Act::Request, Act::Send("HTTP/1.1 200 OK\r\nConnection: transfer-encoding\r\n\r\n")]),
    // Made long when they are played.
    ("too_many_interim", &[Act::Request]),
    ("too_many_fields", &[Act::Request]),
    ("head_too_large", &[Act::Request]),
    ("first_byte_timeout", &[Act::Request, Act::Hold]),
];

/// Everything that can be wrong with a backend, each with the status of it.
const UNREACHED: [(&str, u16); 3] = [("connect_failed", 503), ("connect_timeout", 504), ("backend_write_timeout", 504)];

pub(super) fn reasons() -> impl Iterator<Item = &'static str> {
    SCRIPTS.into_iter().map(|(reason, _)| reason).chain(UNREACHED.into_iter().map(|(reason, _)| reason))
}

fn script(reason: &str, script: &[Act]) -> Vec<Act> {
    let long = match reason {
        "too_many_interim" => "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(17),
        "too_many_fields" => format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-One: more\r\n".repeat(101)),
        "head_too_large" => format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(40_000)),
        _ => return script.to_vec(),
    };
    vec![Act::Request, Act::Send(long.leak())]
}

/// A limpet with a pool and a path for each of these addresses, by reason, and `/ok` for what works.
async fn before(addresses: &[(&str, String)]) -> (Limpet, Journal, Vec<App>) {
    let (journal, apps) = open(&["web-1"]).await;
    let mut more = String::from("[timeouts]\nconnect = \"300ms\"\nfirst_byte = \"300ms\"\nbody = \"300ms\"\n");
    for (reason, address) in addresses {
        write!(more, "[routes.{reason}]\npaths = [\"/{reason}\"]\npool = \"{reason}\"\n").unwrap();
        write!(more, "[pools.{reason}]\nbackends = [\"{address}\"]\nsticky = \"cookie\"\n").unwrap();
    }
    (Limpet::start(&toml(&named(&apps), &more)).await, journal, apps)
}

#[tokio::test]
async fn a_backend_that_fails_is_named_as_the_one_to_blame() {
    let journal = Journal::default();
    let (mut backends, mut addresses) = (Vec::new(), Vec::new());
    for (reason, acts) in SCRIPTS {
        let backend = ScriptedBackend::start(&[&script(reason, acts)], &journal).await;
        addresses.push((reason, backend.address.to_string()));
        backends.push(backend);
    }
    let hole = BlackHole::open();
    addresses.push(("connect_failed", own_address().to_string()));
    addresses.push(("connect_timeout", hole.address.to_string()));
    let (limpet, _journal, _apps) = before(&addresses).await;
    let mut witness = Witness::default();
    for (reason, _) in &addresses {
        let known = UNREACHED.iter().find(|(name, _)| name == reason).map(|(_, status)| *status);
        let status = known.unwrap_or(if *reason == "first_byte_timeout" { 504 } else { 502 });
        let expected = |goes_on| Expected { status, reason, ended_by: Some("backend"), goes_on };
        for request in [request("GET", &format!("/{reason}"), &[]), post(&format!("/{reason}"), &[], "")] {
            let mut client = RawClient::connect(limpet.address("web")).await;
            let answer = ask(&mut client, &request).await;
            assert_eq!(answer.fields.text("retry-after").is_some(), *reason == "connect_failed", "{reason}");
            witness.sees(client, &answer, expected(true), "/ok").await;
        }
    }
    let metrics = limpet.metrics().await;
    for (reason, _) in &addresses {
        let labels = [("pool", *reason), ("reason", *reason)];
        assert_eq!(metrics.sum("limpet_backend_failures_total", &labels), 2.0, "{reason}");
        let rejected = metrics.sum("limpet_rejects_total", &[("side", "backend"), ("rule", reason)]);
        let is_rule = !reason.starts_with("backend") && !reason.contains("connect_") && !reason.ends_with("timeout");
        let is_rule = is_rule && !["unasked_switch", "too_many_interim"].contains(reason);
        assert_eq!(rejected, if is_rule { 2.0 } else { 0.0 }, "{reason}");
    }
    assert_eq!(metrics.sum("limpet_rejects_total", &[("side", "client")]), 0.0);
    witness.agrees_with(&limpet).await;
}

/// What has come of a body stays in the connection, which therefore cannot go on.
#[tokio::test]
async fn a_failure_before_the_end_of_a_request_ends_its_connection() {
    let journal = Journal::default();
    let never_reads = ScriptedBackend::start(&[&[Act::Head, Act::Hold]], &journal).await;
    let addresses =
        [("connect_failed", own_address().to_string()), ("backend_write_timeout", never_reads.address.to_string())];
    let (limpet, _journal, _apps) = before(&addresses).await;
    let mut witness = Witness::default();
    for (reason, _) in &addresses {
        let mut client = RawClient::connect(limpet.address("web")).await;
        let status = if *reason == "connect_failed" { 503 } else { 504 };
        let length = 16 << 20;
        let head = request("POST", &format!("/{reason}"), &[&format!("Content-Length: {length}")]);
        client.send(head.as_bytes()).await;
        if *reason == "backend_write_timeout" {
            client.send(&vec![b'x'; length - 1]).await;
        }
        let answer = client.answer().await;
        let expected = Expected { status, reason, ended_by: Some("backend"), goes_on: false };
        witness.sees(client, &answer, expected, "/ok").await;
    }
    witness.agrees_with(&limpet).await;
}
