//! A bound request goes home, in this process and the next, through this limpet and another one.
//!
//! Without keys and without a store, what limpets share is a configuration and the clients' cookies. What becomes of a
//! session whose home fails is in `relay`, as far as it goes today.

use std::collections::BTreeSet;

use crate::harness::{App, Limpet, RawClient, own_address};
use crate::scene::{Scene, SetCookie, ask, ask_all, backend, cookie, line, named, open, post, request, toml};

const STICKY: &str = "[pools.app.sticky]\n";
const BACKENDS: [&str; 4] = ["web-1", "web-2", "web-3", "web-4"];

#[tokio::test]
async fn a_bound_request_goes_home_and_sets_no_cookie() {
    let scene = Scene::with(&BACKENDS, STICKY).await;
    let mut homes = BTreeSet::new();
    for _ in 0..BACKENDS.len() {
        let first = scene.get("/", &[]).await;
        let (token, home) = (cookie(&first).unwrap(), backend(&first));
        assert_eq!(line(&scene.limpet, &first).await.get("limpet.sticky").as_deref(), Some("new"));
        let mut client = scene.client().await;
        for request in [
            request("GET", "/a", &[&token]),
            post("/b", &[&token], "body"),
            request("GET", "/c?d", &["Cookie: x=y", &token, "Accept: */*"]),
        ] {
            let next = ask(&mut client, &request).await;
            assert_eq!((backend(&next), SetCookie::all(&next)), (home.clone(), Vec::new()), "{request}");
            assert_eq!(next.fields.text("cache-control"), None, "a hit changes nothing in an answer");
            assert_eq!(line(&scene.limpet, &next).await.get("limpet.sticky").as_deref(), Some("hit"));
        }
        homes.extend(home);
    }
    assert_eq!(homes.len(), BACKENDS.len(), "each of four new sessions has another home");
    let metrics = scene.limpet.metrics().await;
    let of = |outcome| metrics.sum("limpet_sticky_requests_total", &[("pool", "app"), ("outcome", outcome)]);
    assert_eq!([of("new"), of("hit"), of("invalid")], [4.0, 12.0, 0.0]);
}

/// Decided for each request, never for a connection.
#[tokio::test]
async fn sessions_may_share_a_connection() {
    let scene = Scene::with(&BACKENDS, STICKY).await;
    let mut sessions = Vec::new();
    for _ in 0..BACKENDS.len() {
        let first = scene.get("/", &[]).await;
        sessions.push((cookie(&first).unwrap(), backend(&first)));
    }
    let turns: Vec<usize> = (0..40).map(|turn| turn * 7 % 5 % BACKENDS.len()).collect();
    let requests: String = turns.iter().map(|turn| request("GET", "/", &[&sessions[*turn].0])).collect();
    let last = request("GET", "/", &["Connection: close", &sessions[0].0]);
    let (answers, _) = ask_all(scene.client().await, &(requests + &last), |_| false).await;
    let homes: Vec<_> = answers.whole.iter().map(backend).collect();
    let expected: Vec<_> = turns.iter().chain(&[0]).map(|turn| sessions[*turn].1.clone()).collect();
    assert_eq!(homes, expected);
}

#[tokio::test]
async fn a_session_outlives_limpet_and_is_at_home_behind_another_one() {
    let (_journal, apps) = open(&BACKENDS).await;
    let toml = toml(&named(&apps), STICKY);
    let mut limpet = Limpet::start(&toml).await;
    let mut sessions = Vec::new();
    for _ in 0..8 {
        let first = ask(&mut RawClient::connect(limpet.address("web")).await, &request("GET", "/", &[])).await;
        sessions.push((cookie(&first).unwrap(), backend(&first)));
    }
    let beside = Limpet::start(&toml).await;
    limpet.terminate();
    assert_eq!(limpet.exit().await, Some(0));
    let after = Limpet::start(&toml).await;
    for limpet in [&beside, &after] {
        let mut client = RawClient::connect(limpet.address("web")).await;
        for (token, home) in &sessions {
            let next = ask(&mut client, &request("GET", "/", &[token])).await;
            assert_eq!((&backend(&next), SetCookie::all(&next)), (home, Vec::new()));
        }
    }
}

#[tokio::test]
async fn a_session_is_bound_by_name_wherever_the_pool_grows_or_is_written_in_another_order() {
    let (journal, mut apps) = open(&["web-2", "web-3"]).await;
    let small = Limpet::start(&toml(&named(&apps), STICKY)).await;
    let mut client = RawClient::connect(small.address("web")).await;
    let mut sessions = Vec::new();
    for _ in 0..2 {
        let first = ask(&mut client, &request("GET", "/", &[])).await;
        sessions.push((cookie(&first).unwrap(), backend(&first)));
    }
    apps.insert(0, App::start("web-1", &journal).await);
    apps.reverse();
    let large = Limpet::start(&toml(&named(&apps), STICKY)).await;
    let mut client = RawClient::connect(large.address("web")).await;
    for (token, home) in sessions.iter().cycle().take(6) {
        assert_eq!(&backend(&ask(&mut client, &request("GET", "/", &[token])).await), home);
    }
}

#[tokio::test]
async fn a_session_whose_home_is_no_longer_named_begins_anew() {
    let (_journal, apps) = open(&["web-1", "web-2"]).await;
    let both = Limpet::start(&toml(&named(&apps), STICKY)).await;
    let mut client = RawClient::connect(both.address("web")).await;
    let mut first = ask(&mut client, &request("GET", "/", &[])).await;
    while backend(&first).as_deref() != Some("web-1") {
        first = ask(&mut client, &request("GET", "/", &[])).await;
    }
    let token = cookie(&first).unwrap();
    let one = Limpet::start(&toml(&named(&apps[1..]), STICKY)).await;
    let mut client = RawClient::connect(one.address("web")).await;
    let next = ask(&mut client, &request("GET", "/", &[&token])).await;
    assert_eq!((next.status, backend(&next).as_deref()), (200, Some("web-2")));
    let renewed = cookie(&next).unwrap();
    assert_ne!(renewed, token);
    assert_eq!(line(&one, &next).await.get("limpet.sticky").as_deref(), Some("invalid"));
    assert_eq!(cookie(&ask(&mut client, &request("GET", "/", &[&renewed])).await), None);
}

#[tokio::test]
async fn the_cookie_works_for_a_client_of_http_1_0() {
    let scene = Scene::with(&BACKENDS, STICKY).await;
    let old = |fields: &str| format!("GET / HTTP/1.0\r\n{fields}\r\n");
    for frame in ["length", "chunked", "close"] {
        let wish = format!("Please-Frame: {frame}\r\n");
        let (first, _) = ask_all(scene.client().await, &old(&wish), |_| false).await;
        let (token, home) = (cookie(&first.whole[0]).unwrap(), backend(&first.whole[0]));
        for _ in 0..3 {
            let again = old(&format!("{wish}{token}\r\n"));
            let (next, _) = ask_all(scene.client().await, &again, |_| false).await;
            assert_eq!((backend(&next.whole[0]), cookie(&next.whole[0])), (home.clone(), None), "{frame}");
        }
    }
}

/// A session begins with an answer of a backend: never with one of limpet's, never where the backend itself failed.
#[tokio::test]
async fn no_session_begins_with_a_failure() {
    let scene = Scene::with(&["web-1"], &format!("{STICKY}[limits]\nmax_body_size = \"4B\"\n")).await;
    for (status, binds) in [
        ("200 OK", true),
        ("302 Found", true),
        ("403 Forbidden", true),
        ("404 Not Found", true),
        ("500 Internal Server Error", true),
        ("501 Not Implemented", true),
        ("502 Bad Gateway", false),
        ("503 Service Unavailable", false),
        ("504 Gateway Timeout", false),
        ("no status", false),
    ] {
        let answer = scene.get("/", &[&format!("Please-Status: {status}")]).await;
        assert_eq!(cookie(&answer).is_some(), binds, "{status}: {answer:?}");
    }
    let mut client = scene.client().await;
    let too_large = ask(&mut client, &post("/", &[], "12345")).await;
    assert_eq!((too_large.status, cookie(&too_large)), (413, None));
    let down = Limpet::start(&toml(&format!("\"{}\"", own_address()), STICKY)).await;
    let refused = ask(&mut RawClient::connect(down.address("web")).await, &request("GET", "/", &[])).await;
    assert_eq!((refused.status, cookie(&refused)), (503, None));
}
