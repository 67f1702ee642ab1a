//! What limpet decides by itself: no route, a circle, too late, too large, cut short.
//!
//! None of these breaks a rule of HTTP and no backend is to blame, so they stand apart from both other tables. When
//! each of the deadlines fires is in `effects`.

use super::witness::{Expected, Witness};
use crate::harness::{Limpet, RawClient};
use crate::scene::{Scene, ask, body, named, open, post, request};

/// The reasons of these tests.
pub(super) const REASONS: [&str; 6] =
    ["body_timeout", "body_too_large", "body_truncated", "head_timeout", "loop", "no_route"];

const MORE: &str = "[listeners.named]\naddress = \"127.0.0.1:0\"\n[limits]\nmax_body_size = \"8B\"\n\
                    [timeouts]\nhead = \"300ms\"\nbody = \"300ms\"\n";

/// As [`Scene::start`], but that no route takes what comes by the listener `named` for another host than `a`.
async fn scene() -> Scene {
    let (journal, apps) = open(&["web-1"]).await;
    let toml = crate::scene::toml(&named(&apps), MORE);
    let toml = toml.replace("[routes.all]\n", "[routes.all]\nhosts = [\"a\"]\n");
    Scene { limpet: Limpet::start(&toml).await, journal, apps }
}

#[tokio::test]
async fn what_limpet_decides_is_told_like_everything_else() {
    let scene = scene().await;
    let mut witness = Witness::default();
    let circle = format!("Via: {}", ["1.1 limpet"; 8].join(", "));
    let elsewhere = |request: String| request.replace("Host: a\r\n", "Host: elsewhere\r\n");
    let chunked = request("POST", "/", &["Transfer-Encoding: chunked"]);
    for (request, half_closes, status, reason, ended_by, goes_on) in [
        (elsewhere(request("GET", "/", &[])), false, 404, "no_route", None, true),
        (elsewhere(post("/", &[], "body")), false, 404, "no_route", None, false),
        (elsewhere(request("GET", "/", &["Connection: close"])), false, 404, "no_route", None, false),
        (request("GET", "/", &[&circle]), false, 508, "loop", Some("client"), false),
        (request("GET", "/", &["Via: 1.0 a, 1.1 limpet"; 8]), false, 508, "loop", Some("client"), false),
        (post("/", &[], "123456789"), false, 413, "body_too_large", Some("client"), false),
        (chunked.clone() + "9\r\n123456789\r\n0\r\n\r\n", false, 413, "body_too_large", Some("client"), false),
        ("GET / HTTP/1.1\r\nHo".to_owned(), false, 408, "head_timeout", Some("client"), false),
        (post("/", &[], "1234").replace("1234", "12"), false, 408, "body_timeout", Some("client"), false),
        (chunked.clone() + "4\r\n12", false, 408, "body_timeout", Some("client"), false),
        (post("/", &[], "1234").replace("1234", "12"), true, 400, "body_truncated", Some("client"), false),
        (chunked + "4\r\n1234\r\n", true, 400, "body_truncated", Some("client"), false),
    ] {
        let mut client = scene.client().await;
        client.send(request.as_bytes()).await;
        if half_closes {
            client.half_close().await;
        }
        let answer = client.answer().await;
        let expected = Expected { status, reason, ended_by, goes_on };
        witness.sees(client, &answer, expected, "/ok").await;
    }
    witness.agrees_with(&scene.limpet).await;
    let aborts = scene.limpet.metrics().await.sum("limpet_client_aborts_total", &[]);
    assert_eq!(aborts, 2.0, "two requests were cut short by their clients");
}

#[tokio::test]
async fn a_version_1_0_client_is_told_the_same_and_its_connection_ends() {
    let scene = scene().await;
    let mut witness = Witness::default();
    for request in ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nHost: b\r\nConnection: keep-alive\r\n\r\n"] {
        let mut client = scene.client().await;
        let answer = ask(&mut client, request).await;
        let expected = Expected { status: 404, reason: "no_route", ended_by: None, goes_on: false };
        witness.sees(client, &answer, expected, "/ok").await;
    }
    witness.agrees_with(&scene.limpet).await;
}

/// TRACE and OPTIONS that may go no further are answered here, and that is no failure.
#[tokio::test]
async fn an_answer_that_is_no_failure_has_a_reason_too() {
    let scene = scene().await;
    let mut client = scene.client().await;
    let answer = ask(&mut client, &request("OPTIONS", "/", &["Max-Forwards: 0"])).await;
    assert_eq!((answer.status, answer.says_close(), &body(&answer)[..]), (200, false, ""));
    let line = crate::scene::line(&scene.limpet, &answer).await;
    assert_eq!(line.get("limpet.reason").as_deref(), Some("last_hop"));
    assert_eq!(line.get("limpet.ended_by"), None);
    let metrics = scene.limpet.metrics().await;
    assert_eq!(metrics.sum("limpet_responses_made_total", &[("reason", "last_hop")]), 1.0);
    assert_eq!(metrics.sum("limpet_rejects_total", &[]), 0.0);
}

/// An id that a stranger brings is not his to choose; a trusted proxy's is kept, also where limpet answers itself.
#[tokio::test]
async fn the_id_of_a_trusted_proxy_is_kept() {
    let more = "[listeners.edge]\naddress = \"127.0.0.1:0\"\ntrusted_proxies = [\"private\"]\n";
    let (_journal, apps) = open(&["web-1"]).await;
    let toml = crate::scene::toml(&named(&apps), more);
    let limpet = Limpet::start(&toml.replace("[routes.all]\n", "[routes.all]\npaths = [\"/ok\"]\n")).await;
    for (listener, kept) in [("web", false), ("edge", true)] {
        let mut client = RawClient::connect(limpet.address(listener)).await;
        let answer = ask(&mut client, &request("GET", "/nowhere", &["X-Request-Id: from-outside"])).await;
        let told = body(&answer).contains("\nrequest: from-outside\n");
        let id = answer.fields.text("x-request-id").unwrap();
        assert_eq!((answer.status, told, id == "from-outside"), (404, kept, kept), "{listener}");
        assert_eq!(crate::scene::line(&limpet, &answer).await.get("limpet.request_id"), Some(id));
    }
}
