//! Which connections carry the exchanges: kept on both sides, used again, given up when they may not be.
//!
//! The backend's journal says how many there were and what each of them carried. For how long one is kept is a timeout,
//! and in `effects`.

use crate::harness::{Act, Ended, Journal, Limpet, RawClient, Records, ScriptedBackend, open_connections_to, until};
use crate::scene::{Scene, ask, ask_all, backend, body, post, request, toml};

#[tokio::test]
async fn a_hundred_requests_take_one_connection_to_the_backend() {
    let scene = Scene::start("").await;
    let mut client = scene.client().await;
    for turn in 0..100 {
        let target = format!("/{turn}");
        let request = if turn % 2 == 0 { request("GET", &target, &[]) } else { post(&target, &[], "body") };
        let answer = ask(&mut client, &request).await;
        assert!(answer.status == 200 && !answer.says_close(), "{answer:?}");
    }
    assert_eq!(scene.connections(), 1);
    for _ in 0..20 {
        // Another client, another connection to limpet, the same to the backend.
        assert_eq!(scene.get("/", &[]).await.status, 200);
    }
    assert_eq!(scene.connections(), 1);
    assert_eq!(scene.limpet.metrics().await.sum("limpet_connections_total", &[("listener", "web")]), 21.0);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let scene = Scene::with(&["web-1", "web-2", "web-3"], "").await;
    let mut requests = String::new();
    for turn in 0..40 {
        let wish = format!("Please-Body: {turn}");
        let frame = ["Please-Frame: length", "Please-Frame: chunked", "Please-Frame: close"][turn % 3];
        let fields = [&wish[..], frame];
        requests += &if turn % 4 == 1 { post("/", &fields, "body") } else { request("GET", "/", &fields) };
    }
    let last = request("GET", "/", &["Connection: close", "Please-Body: last"]);
    let (answers, received) = ask_all(scene.client().await, &(requests + &last), |_| false).await;
    let bodies: Vec<_> = answers.whole.iter().map(body).collect();
    let expected: Vec<_> = (0..40).map(|turn| turn.to_string()).chain(["last".to_owned()]).collect();
    assert_eq!(bodies, expected);
    assert_eq!((received.ended, answers.rest), (Ended::Fin, Vec::new()));
    assert_eq!(scene.journal.read(|records| records.seen.len()), 41);
}

#[tokio::test]
async fn what_comes_after_the_last_request_is_left_alone() {
    let scene = Scene::start("").await;
    let requests = request("GET", "/last", &["Connection: close"]) + &request("GET", "/after", &[]);
    let (answers, received) = ask_all(scene.client().await, &requests, |_| false).await;
    assert_eq!((answers.whole.len(), received.ended), (1, Ended::Fin));
    assert!(answers.whole[0].says_close() && !scene.journal.read(|records| records.has("/after")));
}

#[tokio::test]
async fn a_client_that_has_said_all_still_gets_its_answers() {
    let scene = Scene::start("").await;
    let mut client = scene.client().await;
    let requests = request("GET", "/1", &[]) + &post("/2", &[], "body") + &request("GET", "/3", &[]);
    client.send(requests.as_bytes()).await;
    client.half_close().await;
    for _ in 0..3 {
        assert_eq!(client.answer().await.status, 200);
    }
    assert_eq!(client.rest().await.ended, Ended::Fin);
}

/// A limpet before one backend with these scripts, one a connection.
async fn before(scripts: &[&[Act]]) -> (Limpet, Journal, ScriptedBackend) {
    let journal = Journal::default();
    let backend = ScriptedBackend::start(scripts, &journal).await;
    let limpet = Limpet::start(&toml(&format!("\"{}\"", backend.address), "")).await;
    (limpet, journal, backend)
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const ECHO: &[Act] = &[Act::Request, Act::Send(OK), Act::Request, Act::Send(OK)];

/// Waits until limpet has taken notice that its only connection to a backend is idle or gone.
async fn settles(limpet: &Limpet) {
    let none_active = async || limpet.metrics().await.sum("limpet_backend_connections", &[("state", "active")]) == 0.0;
    assert!(until(none_active).await, "a backend connection stays in use");
}

#[tokio::test]
async fn an_idle_connection_that_its_backend_ended_is_not_used_again() {
    for end in [Act::Close, Act::Reset] {
        let (limpet, journal, backend) = before(&[&[Act::Request, Act::Send(OK), Act::Hold, end], ECHO]).await;
        let mut client = RawClient::connect(limpet.address("web")).await;
        assert_eq!(body(&ask(&mut client, &request("GET", "/1", &[])).await), "ok");
        settles(&limpet).await;
        backend.release();
        assert!(until(async || open_connections_to(backend.address) == 0).await, "{end:?} does not arrive");
        // A POST is never sent twice, so it must not meet the old connection at all.
        let answer = ask(&mut client, &post("/2", &[], "body")).await;
        assert_eq!((answer.status, &body(&answer)[..]), (200, "ok"), "{end:?}");
        assert_eq!(journal.read(|records| records.connections.len()), 2);
    }
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_nobodys() {
    let two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
    let (limpet, journal, _backend) = before(&[&[Act::Request, Act::Send(two)], ECHO]).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    for target in ["/1", "/2", "/3"] {
        assert_eq!(body(&ask(&mut client, &request("GET", target, &[])).await), "ok", "{target}");
    }
    assert_eq!(journal.read(|records| records.connections.len()), 2);
}

#[tokio::test]
async fn a_connection_that_its_backend_ends_is_not_kept() {
    let says_close = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    let old = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
    for answer in [says_close, old] {
        let (limpet, journal, _backend) = before(&[&[Act::Request, Act::Send(answer)], ECHO]).await;
        let mut client = RawClient::connect(limpet.address("web")).await;
        for target in ["/1", "/2"] {
            let answer = ask(&mut client, &request("GET", target, &[])).await;
            assert!(body(&answer) == "ok" && !answer.says_close(), "the client's connection goes on: {answer:?}");
        }
        let ended = |records: &Records| records.connections.len() == 2 && records.connections[0].ended.is_some();
        journal.wait("the end of the first connection", ended).await;
    }
}

#[tokio::test]
async fn connections_are_kept_for_each_backend_apart() {
    let scene = Scene::with(&["web-1", "web-2"], "").await;
    let mut client = scene.client().await;
    let mut asked = Vec::new();
    for _ in 0..10 {
        asked.extend(backend(&ask(&mut client, &request("GET", "/", &[])).await));
    }
    assert_eq!(asked.iter().filter(|name| *name == "web-1").count(), 5);
    assert_eq!(scene.connections(), 2);
    scene.journal.read(|records| {
        for seen in &records.seen {
            assert_eq!(seen.backend, records.seen[seen.connection].backend, "a request on another's connection");
        }
    });
}

/// The runtime grants a task so many readings at a turn, and calls every socket quiet beyond that. A pipeline can use
/// them up, and then ask for a connection on which an answer lies that nobody asked for.
#[tokio::test]
async fn a_pipeline_of_any_length_gets_no_answer_but_its_own() {
    const RIGHT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright";
    const STRAY: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray";
    let first = [Act::Request, Act::Send(RIGHT), Act::Hold, Act::Send(STRAY), Act::Close];
    for length in 118..=130 {
        let journal = Journal::default();
        let backend = ScriptedBackend::start(&[&first, &[Act::Request, Act::Send(RIGHT)]], &journal).await;
        let limpet = Limpet::start(&toml(&format!("\"{}\"", backend.address), "")).await;
        let mut other = RawClient::connect(limpet.address("web")).await;
        assert_eq!(body(&ask(&mut other, &request("GET", "/", &[])).await), "right");
        backend.release();
        assert!(until(async || open_connections_to(backend.address) == 0).await, "the backend has not ended");
        let local = request("OPTIONS", "*", &["Max-Forwards: 0"]).repeat(length);
        let last = request("GET", "/mine", &["Connection: close"]);
        let client = RawClient::connect(limpet.address("web")).await;
        let (answers, _) = ask_all(client, &(local + &last), |_| false).await;
        assert_eq!(answers.whole.len(), length + 1);
        assert_eq!(answers.whole.last().map(body).as_deref(), Some("right"), "after {length}");
    }
}
