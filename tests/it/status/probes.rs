//! `/livez`, `/readyz`, `/metrics` as a probe asks them, in good times and while limpet stops.
//!
//! A stop is held open by one request that its backend does not answer yet. What the page of metrics says is in the
//! files beside this one.

use std::net::SocketAddr;

use tokio::net::TcpStream;

use crate::harness::{Act, Answer, Ended, Journal, Limpet, RawClient, ScriptedBackend, until};
use crate::scene::{Scene, ask, ask_all, body, post, request, toml};

async fn probe(status: SocketAddr, path: &str) -> Answer {
    ask(&mut RawClient::connect(status).await, &request("GET", path, &[])).await
}

#[tokio::test]
async fn probes_are_answered_in_good_times() {
    let scene = Scene::start("").await;
    let status = scene.limpet.address("status");
    let ready = async || probe(status, "/readyz").await.status == 200;
    assert!(until(ready).await, "limpet is never ready");
    for (path, text) in [("/livez", "live\n"), ("/readyz", "ready\n")] {
        let answer = probe(status, path).await;
        assert_eq!((answer.status, &body(&answer)[..]), (200, text));
        assert_eq!(answer.fields.text("cache-control").as_deref(), Some("no-store"), "{path}");
    }
    let page = probe(status, "/metrics").await;
    assert_eq!(page.fields.text("content-type").as_deref(), Some("text/plain; version=0.0.4"));
    let text = body(&page);
    assert!(text.contains("\n# TYPE limpet_connections gauge\n") && text.ends_with('\n'), "{text}");
    assert!(!text.contains("127.0.0.1"), "an address is on the page: {text}");
}

#[tokio::test]
async fn it_answers_nothing_else() {
    let scene = Scene::start("").await;
    let status = scene.limpet.address("status");
    for (request, wanted) in [
        (request("GET", "/", &[]), 404),
        (request("GET", "/metrics/x", &[]), 404),
        (request("GET", "/livez?verbose", &[]), 200),
        (post("/livez", &[], "body"), 405),
        (request("DELETE", "/readyz", &[]), 405),
    ] {
        assert_eq!(ask(&mut RawClient::connect(status).await, &request).await.status, wanted, "{request}");
    }
    let (answers, _) = ask_all(RawClient::connect(status).await, &request("HEAD", "/livez", &[]), |_| true).await;
    assert_eq!((answers.whole[0].status, answers.whole[0].body.len()), (200, 0));
}

/// A limpet that is busy with one request, and the client of that.
async fn busy() -> (Limpet, ScriptedBackend, RawClient) {
    let journal = Journal::default();
    let script = [Act::Request, Act::Hold, Act::Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")];
    let backend = ScriptedBackend::start(&[&script], &journal).await;
    let limpet = Limpet::start(&toml(&format!("\"{}\"", backend.address), "")).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    client.send(request("GET", "/busy", &[]).as_bytes()).await;
    journal.wait("the request", |records| records.has("/busy")).await;
    (limpet, backend, client)
}

#[tokio::test]
async fn while_it_stops_it_is_alive_and_not_ready() {
    let (mut limpet, backend, mut client) = busy().await;
    let (status, web) = (limpet.address("status"), limpet.address("web"));
    let idle = RawClient::connect(web).await;
    let both = async || limpet.metrics().await.sum("limpet_connections", &[]) == 2.0;
    assert!(until(both).await, "a connection is not accepted");
    limpet.terminate();
    let not_ready = async || probe(status, "/readyz").await.status == 503;
    assert!(until(not_ready).await, "limpet is ready, and stops");
    assert_eq!(body(&probe(status, "/readyz").await), "stopping\n");
    assert_eq!(probe(status, "/livez").await.status, 200);
    assert_eq!(limpet.metrics().await.sum("limpet_backend_in_flight", &[]), 1.0, "what was begun goes on");
    assert_eq!(idle.rest().await.ended, Ended::Fin, "who is between two requests is sent home");
    let refused = async || TcpStream::connect(web).await.is_err();
    assert!(until(refused).await, "new clients are accepted");
    backend.release();
    let answer = client.answer().await;
    assert_eq!((answer.status, &body(&answer)[..]), (200, "ok"));
    assert!(answer.says_close());
    assert_eq!(client.rest().await.ended, Ended::Fin);
    assert_eq!(limpet.exit().await, Some(0));
    assert_eq!(limpet.lines().len(), 1, "the last line is written before the end");
}
