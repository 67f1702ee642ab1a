//! Backends that cannot be reached, or break off: who is asked instead, and what the client is told.
//!
//! A dead backend is an address of its own where nobody listens, so that a connect is refused at once and by nobody
//! else. The words for each failure are in `errors`.

use std::time::{Duration, Instant};

use crate::harness::{
    Act, Answers, App, Ended, Journal, Limpet, RawClient, ScriptedBackend, open_connections_to, own_address, until,
};
use crate::scene::{Scene, ask, backend, body, cookie, line, named, open, post, request, toml};

#[tokio::test]
async fn a_request_without_a_binding_goes_elsewhere_when_a_connect_fails() {
    let (journal, apps) = open(&["web-1"]).await;
    for down in [1, 2] {
        let refusing: String =
            (0..down).map(|at| format!("{{ name = \"down-{at}\", address = \"{}\" }}, ", own_address())).collect();
        let limpet = Limpet::start(&toml(&(refusing + &named(&apps)), "[pools.app.sticky]\n")).await;
        let mut client = RawClient::connect(limpet.address("web")).await;
        for turn in 0..6 {
            let target = format!("/{down}/{turn}");
            let request = if turn % 2 == 0 { request("GET", &target, &[]) } else { post(&target, &[], "body") };
            let answer = ask(&mut client, &request).await;
            assert_eq!((answer.status, backend(&answer).as_deref()), (200, Some("web-1")), "{target}");
            assert!(cookie(&answer).is_some());
            assert_eq!(journal.read(|records| records.with(&format!(" {target} ")).len()), 1, "sent once");
        }
        let metrics = limpet.metrics().await;
        assert!(metrics.sum("limpet_backend_failures_total", &[("reason", "connect_failed")]) >= 2.0);
        assert_eq!(metrics.sum("limpet_backend_failures_total", &[("backend", "web-1")]), 0.0);
    }
}

#[tokio::test]
async fn a_session_does_not_leave_its_home_for_one_failed_connect() {
    let mut scene = Scene::with(&["web-1", "web-2"], "[pools.app.sticky]\n").await;
    let mut first = scene.get("/", &[]).await;
    while backend(&first).as_deref() != Some("web-1") {
        first = scene.get("/", &[]).await;
    }
    let token = cookie(&first).unwrap();
    let address = scene.apps.remove(0).address;
    assert!(until(async || open_connections_to(address) == 0).await, "the end of the home does not arrive");
    let mut client = scene.client().await;
    for _ in 0..2 {
        let answer = ask(&mut client, &request("GET", "/", &[&token])).await;
        assert_eq!((answer.status, cookie(&answer)), (503, None), "{}", body(&answer));
        assert_eq!(answer.fields.text("retry-after").as_deref(), Some("1"));
        assert!(!answer.says_close(), "the client's connection goes on");
        let line = line(&scene.limpet, &answer).await;
        let told = ["limpet.reason", "limpet.backend", "limpet.attempts"].map(|name| line.get(name).unwrap());
        assert_eq!(told, ["connect_failed", "web-1", "1"]);
    }
    let elsewhere = ask(&mut client, &request("GET", "/", &[])).await;
    assert_eq!(backend(&elsewhere).as_deref(), Some("web-2"), "who has no home is served");
    let _again = App::start_at("web-1", address, &scene.journal).await;
    let home = ask(&mut client, &request("GET", "/", &[&token])).await;
    assert_eq!((home.status, backend(&home).as_deref(), cookie(&home)), (200, Some("web-1"), None));
}

#[tokio::test]
async fn with_everything_down_the_answer_is_503_at_once() {
    for members in [1, 2, 5] {
        let down: Vec<_> = (0..members).map(|_| format!("\"{}\"", own_address())).collect();
        let limpet = Limpet::start(&toml(&down.join(", "), "[pools.app.sticky]\n")).await;
        let mut client = RawClient::connect(limpet.address("web")).await;
        for request in [request("GET", "/", &[]), post("/", &[], "body")] {
            let begin = Instant::now();
            let answer = ask(&mut client, &request).await;
            // Far from every timeout, and far enough from at once for a machine that is busy.
            assert!(begin.elapsed() < Duration::from_millis(1_500), "only after {:?}", begin.elapsed());
            assert_eq!(answer.status, 503);
            assert_eq!(answer.fields.text("retry-after").as_deref(), Some("1"));
            assert!(cookie(&answer).is_none(), "a session begins with a backend's answer");
            let attempts = line(&limpet, &answer).await.get("limpet.attempts");
            assert_eq!(attempts, Some(members.min(3).to_string()));
        }
    }
}

#[tokio::test]
async fn a_backend_that_breaks_off_is_seen_to_break_off() {
    for start in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
        "HTTP/1.1 200 OK\r\n\r\n12345",
    ] {
        for (version, end) in [("1.1", Act::Close), ("1.1", Act::Reset), ("1.0", Act::Close), ("1.0", Act::Reset)] {
            if matches!(end, Act::Close) && !start.contains("Length") && !start.contains("chunked") {
                // That one is whole.
                continue;
            }
            let journal = Journal::default();
            let script = [Act::Request, Act::Send(start), Act::Hold, end];
            let broken = ScriptedBackend::start(&[&script], &journal).await;
            let limpet = Limpet::start(&toml(&format!("\"{}\"", broken.address), "")).await;
            let mut client = RawClient::connect(limpet.address("web")).await;
            let what = format!("{start:?} {end:?} {version}");
            client.send(request("GET", "/", &[]).replace("HTTP/1.1", &format!("HTTP/{version}")).as_bytes()).await;
            client.sees("12345").await;
            broken.release();
            let received = client.rest().await;
            let ended = received.ended == Ended::Fin;
            let answers = Answers::read(&received.bytes, ended, |_| false);
            assert!(answers.whole.is_empty() && received.ended != Ended::Open, "{what}: {received:?}");
            let line = limpet.wait_line("its line", |_| true).await;
            assert!(line.get("limpet.reason").is_some(), "{what}: {}", line.text);
            assert_eq!(line.get("limpet.ended_by").as_deref(), Some("backend"), "{what}");
        }
    }
}

#[tokio::test]
async fn an_answer_of_the_backends_own_is_never_limpets() {
    let scene = Scene::start("").await;
    for status in ["500 Oh", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"] {
        let answer = scene.get("/", &[&format!("Please-Status: {status}"), "Please-Body: own"]).await;
        assert_eq!((format!("{} ", answer.status), &body(&answer)[..]), (status[..4].to_owned(), "own"));
        assert_eq!(line(&scene.limpet, &answer).await.get("limpet.reason"), None);
    }
    assert_eq!(scene.limpet.metrics().await.sum("limpet_responses_made_total", &[]), 0.0);
}
