//! `[limits]`: what is beyond a bound is refused with its own status and reason, and what is just within it passes.
//!
//! Both sides of each bound are asked, so that an error by one shows. How a refusal is told is in `errors`.

use crate::harness::{Act, Journal, Limpet, RawClient, Records, ScriptedBackend, until};
use crate::scene::{Scene, ask, body, line, post, request, toml};

#[tokio::test]
pub(super) async fn a_body_beyond_its_limit_is_refused() {
    let scene = Scene::start("[limits]\nmax_body_size = \"8B\"\n").await;
    let chunked = |data: &str| {
        request("POST", "/chunked", &["Transfer-Encoding: chunked"])
            + &format!("{:x}\r\n{data}\r\n0\r\n\r\n", data.len())
    };
    for (request, status) in [
        (post("/length", &[], "12345678"), 200),
        (post("/length", &[], "123456789"), 413),
        (chunked("12345678"), 200),
        (chunked("123456789"), 413),
    ] {
        let mut client = scene.client().await;
        let answer = ask(&mut client, &request).await;
        assert_eq!(answer.status, status, "{request}");
        if status == 413 {
            assert_eq!(line(&scene.limpet, &answer).await.get("limpet.reason").as_deref(), Some("body_too_large"));
        }
    }
    let bodies = |records: &Records| {
        records.seen.iter().filter(|seen| seen.whole).map(|seen| seen.request.body.clone()).collect::<Vec<_>>()
    };
    assert_eq!(scene.journal.read(bodies), [b"12345678", b"12345678"], "no more than allowed came through whole");
}

#[tokio::test]
pub(super) async fn connections_beyond_their_limit_wait() {
    let scene = Scene::start("[limits]\nmax_connections = 2\n").await;
    let mut clients = [scene.client().await, scene.client().await];
    for client in &mut clients {
        assert_eq!(ask(client, &request("GET", "/", &[])).await.status, 200);
    }
    let told = async || scene.limpet.said().contains("\"max_connections\":2");
    assert!(until(told).await, "{}", scene.limpet.said());
    let mut third = scene.client().await;
    third.send(request("GET", "/third", &[]).as_bytes()).await;
    let paused = async || scene.limpet.metrics().await.sum("limpet_accept_paused", &[]) == 1.0;
    assert!(until(paused).await, "limpet goes on accepting");
    assert_eq!(scene.limpet.metrics().await.sum("limpet_connections", &[("listener", "web")]), 2.0);
    for client in &mut clients {
        assert_eq!(ask(client, &request("GET", "/", &[])).await.status, 200, "those inside are served on");
    }
    assert!(!scene.journal.read(|records| records.has("/third")), "a third connection was served");
    drop(clients);
    assert_eq!(third.answer().await.status, 200);
}

/// The listeners share one bound: none of them may hold on to a place that nobody uses.
#[tokio::test]
async fn the_last_place_is_free_on_every_listener() {
    let more = "[listeners.side]\naddress = \"127.0.0.1:0\"\n[limits]\nmax_connections = 1\n[workers]\ncount = 3\n";
    let scene = Scene::start(more).await;
    for listener in ["web", "side", "web", "side", "side", "web", "web"] {
        let mut client = RawClient::connect(scene.limpet.address(listener)).await;
        assert_eq!(ask(&mut client, &request("GET", "/", &[])).await.status, 200);
    }
}

#[tokio::test]
pub(super) async fn a_head_has_no_more_fields_than_allowed() {
    let scene = Scene::start("[limits]\nmax_header_fields = 8\n").await;
    let fields = |count: usize, field: &'static str| vec![field; count];
    // With Host; and the app adds three to what it is asked for.
    for (fields, status, reason) in [
        (fields(7, "A: b"), 200, None),
        (fields(8, "A: b"), 431, Some("too_many_fields")),
        (fields(5, "Please-Field: A: b"), 200, None),
        (fields(6, "Please-Field: A: b"), 502, Some("too_many_fields")),
    ] {
        let answer = scene.get("/", &fields).await;
        assert_eq!(answer.status, status, "{} times {}", fields.len(), fields[0]);
        assert_eq!(line(&scene.limpet, &answer).await.get("limpet.reason").as_deref(), reason);
    }
}

#[tokio::test]
pub(super) async fn a_head_is_no_larger_than_allowed() {
    let head = |start: &str, size: usize| {
        let end = "\r\n\r\n";
        format!("{start}{}{end}", "x".repeat(size - start.len() - end.len()))
    };
    let response = |size| head("HTTP/1.1 204 No Content\r\nX-Fill: ", size).leak();
    let (fits, does_not) = ([Act::Request, Act::Send(response(1024))], [Act::Request, Act::Send(response(1025))]);
    let journal = Journal::default();
    let backend = ScriptedBackend::start(&[&fits, &does_not], &journal).await;
    let more = "[limits]\nmax_header_size = \"1KiB\"\n[timeouts]\nbackend_keep_alive = \"0s\"\n";
    let limpet = Limpet::start(&toml(&format!("\"{}\"", backend.address), more)).await;
    let large = "GET / HTTP/1.1\r\nHost: a\r\nX-Fill: ";
    for (request, status, reason) in [
        (head(large, 1024), 204, None),
        (head(large, 1024), 502, Some("head_too_large")),
        (head(large, 1025), 431, Some("head_too_large")),
    ] {
        let answer = ask(&mut RawClient::connect(limpet.address("web")).await, &request).await;
        assert_eq!(answer.status, status);
        let said = reason.is_none_or(|reason| body(&answer).contains(&format!("reason: {reason}\n")));
        assert!(said, "{}", body(&answer));
    }
    assert_eq!(journal.read(|records| records.seen.len()), 2, "the third head went no further");
}
