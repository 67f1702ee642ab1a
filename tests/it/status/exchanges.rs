//! What is counted of exchanges: by what they were, whom they reached, how they failed, how long each phase took.
//!
//! Each test makes a known number of exchanges on a limpet of its own and wants exactly that number. Reasons are walked
//! one by one in `errors`; here is where they are counted.

use std::time::{Duration, Instant};

use crate::harness::{Act, Journal, Limpet, Metrics, RawClient, ScriptedBackend, own_address, until};
use crate::scene::{Scene, ask, cookie, named, open, post, request, toml};

/// Waits until this sum is what it should be: an exchange is counted when it has ended, some time after its answer.
async fn comes_to(limpet: &Limpet, name: &str, labels: &[(&str, &str)], wanted: f64) {
    let mut last = 0.0;
    let there = async || {
        last = limpet.metrics().await.sum(name, labels);
        last == wanted
    };
    assert!(until(there).await, "{name}{labels:?} is {last}, not {wanted}");
}

#[tokio::test]
pub(super) async fn requests_are_counted_by_what_they_were() {
    let more = "[routes.other]\nhosts = [\"other\"]\npool = \"app\"\n[listeners.side]\naddress = \"127.0.0.1:0\"\n";
    let scene = Scene::start(more).await;
    let mut client = scene.client().await;
    for _ in 0..3 {
        ask(&mut client, &request("GET", "/", &[])).await;
    }
    ask(&mut client, &post("/", &["Please-Status: 404 Not Found"], "body")).await;
    ask(&mut client, &request("BREW", "/", &[]).replace("Host: a", "Host: other")).await;
    let mut side = RawClient::connect(scene.limpet.address("side")).await;
    ask(&mut side, &request("GET", "/", &[])).await;
    ask(&mut side, "GET / HTTP/1.1\r\n\r\n").await;
    let counted = [
        (("web", "all", "app", "GET", "200"), 3.0),
        (("web", "all", "app", "POST", "404"), 1.0),
        (("web", "other", "app", "OTHER", "200"), 1.0),
        (("side", "all", "app", "GET", "200"), 1.0),
        (("side", "", "", "OTHER", "400"), 1.0),
    ];
    for ((listener, route, pool, method, code), count) in counted {
        let labels = [("listener", listener), ("route", route), ("pool", pool), ("method", method), ("code", code)];
        comes_to(&scene.limpet, "limpet_requests_total", &labels, count).await;
    }
    let metrics = scene.limpet.metrics().await;
    assert_eq!(metrics.sum("limpet_requests_total", &[]), 7.0);
    for (route, pool, count) in [("all", "app", 5.0), ("other", "app", 1.0), ("", "", 1.0)] {
        let labels = [("route", route), ("pool", pool)];
        assert_eq!(metrics.sum("limpet_request_duration_seconds_count", &labels), count, "{route}");
        let seconds = metrics.sum("limpet_request_duration_seconds_sum", &labels);
        assert!(seconds > 0.0 && seconds < 5.0, "{route}: {seconds}");
    }
}

#[tokio::test]
pub(super) async fn requests_are_counted_by_backend_and_class() {
    let scene = Scene::with(&["web-1", "web-2"], "").await;
    let statuses = ["200 OK", "302 Found", "404 Not Found", "500 Oh", "no status"];
    for status in statuses {
        for _ in 0..2 {
            // One after the other, by turns.
            scene.get("/", &[&format!("Please-Status: {status}")]).await;
        }
    }
    for backend in ["web-1", "web-2"] {
        for class in ["2xx", "3xx", "4xx", "5xx", "none"] {
            let labels = [("pool", "app"), ("backend", backend), ("code_class", class)];
            comes_to(&scene.limpet, "limpet_backend_requests_total", &labels, 1.0).await;
        }
    }
    assert_eq!(scene.limpet.metrics().await.sum("limpet_backend_requests_total", &[]), 10.0);
}

/// Longer than anything that happens at once.
const PAUSE: Duration = Duration::from_millis(150);

async fn pause() {
    let begin = Instant::now();
    assert!(until(async || begin.elapsed() >= PAUSE).await);
}

fn phase(metrics: &Metrics, phase: &str) -> (f64, f64) {
    let of = |what: &str| metrics.sum(&format!("limpet_phase_seconds_{what}"), &[("pool", "app"), ("phase", phase)]);
    (of("count"), of("sum"))
}

#[tokio::test]
pub(super) async fn each_phase_has_its_time() {
    let late: &[Act] = &[Act::Request, Act::Hold, Act::Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")];
    let slow: &[Act] =
        &[Act::Request, Act::Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"), Act::Hold, Act::Send("k")];
    for (script, pauses, does_not) in [(late, "first_byte", "body"), (slow, "body", "first_byte")] {
        let journal = Journal::default();
        let backend = ScriptedBackend::start(&[script], &journal).await;
        let limpet = Limpet::start(&toml(&format!("\"{}\"", backend.address), "")).await;
        let mut client = RawClient::connect(limpet.address("web")).await;
        client.send(request("GET", "/", &[]).as_bytes()).await;
        journal.wait("the request", |records| records.has("GET / ")).await;
        if pauses == "body" {
            client.sees("\r\n\r\n").await;
        }
        pause().await;
        backend.release();
        assert_eq!(client.answer().await.status, 200);
        comes_to(&limpet, "limpet_phase_seconds_count", &[("pool", "app"), ("phase", pauses)], 1.0).await;
        let metrics = limpet.metrics().await;
        let (paused, other, connect) = (phase(&metrics, pauses), phase(&metrics, does_not), phase(&metrics, "connect"));
        assert!(paused.1 >= PAUSE.as_secs_f64(), "{pauses} took {paused:?}");
        assert!(other.0 == 1.0 && other.1 < paused.1, "{does_not} took {other:?}, {pauses} {paused:?}");
        assert!(connect.0 == 1.0 && connect.1 < paused.1, "connect took {connect:?}");
    }
}

/// There is nothing to connect where a connection lay idle.
#[tokio::test]
async fn only_new_connections_have_a_time_to_connect() {
    let scene = Scene::start("").await;
    for _ in 0..5 {
        scene.get("/", &[]).await;
    }
    comes_to(&scene.limpet, "limpet_phase_seconds_count", &[("phase", "body")], 5.0).await;
    let metrics = scene.limpet.metrics().await;
    assert_eq!((phase(&metrics, "connect").0, phase(&metrics, "first_byte").0), (1.0, 5.0));
}

#[tokio::test]
pub(super) async fn failures_are_counted_by_their_reason() {
    let scene = Scene::start("").await;
    scene.get("/", &["Please-Status: 20"]).await;
    ask(&mut scene.client().await, "GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n").await;
    let limpet = &scene.limpet;
    comes_to(limpet, "limpet_rejects_total", &[("side", "backend"), ("rule", "status_line")], 1.0).await;
    comes_to(limpet, "limpet_rejects_total", &[("side", "client"), ("rule", "field_line")], 1.0).await;
    let failed = [("pool", "app"), ("backend", "web-1"), ("reason", "status_line")];
    comes_to(limpet, "limpet_backend_failures_total", &failed, 1.0).await;
    let metrics = limpet.metrics().await;
    for (name, sum) in
        [("limpet_rejects_total", 2.0), ("limpet_backend_failures_total", 1.0), ("limpet_responses_made_total", 2.0)]
    {
        assert_eq!(metrics.sum(name, &[]), sum, "{name}");
    }
    for reason in ["status_line", "field_line"] {
        assert_eq!(metrics.sum("limpet_responses_made_total", &[("reason", reason)]), 1.0, "{reason}");
    }
    // A backend that is passed over is counted too, though no answer says so.
    let (_journal, apps) = open(&["web-1"]).await;
    let down = format!("{{ name = \"down\", address = \"{}\" }}, {}", own_address(), named(&apps));
    let limpet = Limpet::start(&toml(&down, "")).await;
    for _ in 0..4 {
        assert_eq!(
            ask(&mut RawClient::connect(limpet.address("web")).await, &request("GET", "/", &[])).await.status,
            200
        );
    }
    comes_to(&limpet, "limpet_backend_failures_total", &[("backend", "down"), ("reason", "connect_failed")], 2.0).await;
    assert_eq!(limpet.metrics().await.sum("limpet_responses_made_total", &[]), 0.0);
}

#[tokio::test]
pub(super) async fn sticky_outcomes_are_counted() {
    let more =
        "[pools.app.sticky]\n[routes.plain]\npaths = [\"/plain\"]\npool = \"plain\"\n[pools.plain]\nbackends = [";
    let (_journal, apps) = open(&["web-1", "web-2"]).await;
    let members = named(&apps);
    let limpet = Limpet::start(&toml(&members, &format!("{more}{members}]\n"))).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    let token = cookie(&ask(&mut client, &request("GET", "/", &[])).await).unwrap();
    for fields in [&[][..], &[&token[..]], &[&token], &[&token], &["Cookie: limpet-app=x"]] {
        ask(&mut client, &request("GET", "/", fields)).await;
    }
    ask(&mut client, &request("GET", "/plain", &[&token])).await;
    ask(&mut client, &post("/", &["Sec-Fetch-Site: cross-site"], "a")).await;
    for (pool, outcome, count) in
        [("app", "new", 2.0), ("app", "hit", 3.0), ("app", "invalid", 1.0), ("app", "none", 1.0)]
    {
        let labels = [("pool", pool), ("outcome", outcome)];
        comes_to(&limpet, "limpet_sticky_requests_total", &labels, count).await;
    }
    assert_eq!(limpet.metrics().await.sum("limpet_sticky_requests_total", &[]), 7.0);
}

#[tokio::test]
pub(super) async fn clients_that_go_away_are_counted() {
    let journal = Journal::default();
    let large = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", 32 << 20, "x".repeat(32 << 20)).leak();
    let backend = ScriptedBackend::start(&[&[Act::Head, Act::Hold], &[Act::Request, Act::Send(large)]], &journal).await;
    let limpet = Limpet::start(&toml(&format!("\"{}\"", backend.address), "")).await;
    // In the middle of its request; the beginning of it is at the backend.
    let mut client = RawClient::connect(limpet.address("web")).await;
    client.send(post("/cut", &[], "body").replace("body", "bo").as_bytes()).await;
    journal.wait("the request's head", |records| records.has("/cut")).await;
    client.half_close().await;
    assert_eq!(client.answer().await.status, 400);
    comes_to(&limpet, "limpet_client_aborts_total", &[("phase", "backend")], 1.0).await;
    // In the middle of its response.
    let mut client = RawClient::connect(limpet.address("web")).await;
    client.send(request("GET", "/", &[]).as_bytes()).await;
    client.sees("xxx").await;
    drop(client);
    comes_to(&limpet, "limpet_client_aborts_total", &[("phase", "response")], 1.0).await;
    let line = limpet.wait_line("its line", |line| line.get("limpet.phase").as_deref() == Some("response")).await;
    assert_eq!(line.get("limpet.ended_by").as_deref(), Some("client"));
    assert_eq!(limpet.metrics().await.sum("limpet_responses_made_total", &[]), 1.0, "nobody is left to be answered");
}
