//! How far a request may go: circles end, and TRACE and OPTIONS count their hops (RFC 9110, sections 7.6.2 and 7.6.3).
//!
//! The circle is a real one, a limpet that has itself for a backend. How these answers are told is in `errors`.

use crate::harness::{Limpet, Line, RawClient, own_address, until};
use crate::scene::{Scene, ask, ask_all, body, request, toml};

#[tokio::test]
async fn a_limpet_that_points_at_itself_answers_508() {
    for trusted in ["[]", "[\"127.0.0.0/8\"]"] {
        let itself = own_address();
        let toml = toml(&format!("\"{itself}\""), "");
        let toml = toml.replacen("127.0.0.1:0\"", &format!("{itself}\"\ntrusted_proxies = {trusted}"), 1);
        let limpet = Limpet::start(&toml).await;
        let mut client = RawClient::connect(itself).await;
        let answer = ask(&mut client, &request("GET", "/around", &[])).await;
        assert_eq!(answer.status, 508);
        let all_told = |lines: &[Line]| lines.len() == 9;
        assert!(until(async || all_told(&limpet.lines())).await, "{:?}", limpet.lines());
        let reasons: Vec<_> = limpet.lines().iter().filter_map(|line| line.get("limpet.reason")).collect();
        assert_eq!(reasons, ["loop"], "one of nine made the answer");
    }
}

#[tokio::test]
async fn trace_and_options_lose_one_hop_at_each_limpet() {
    let scene = Scene::start("").await;
    for method in ["TRACE", "OPTIONS"] {
        for (given, left) in [("1", "0"), ("10", "9"), ("0010", "9"), ("4294967295", "4294967294")] {
            let answer =
                ask(&mut scene.client().await, &request(method, "/", &[&format!("Max-Forwards: {given}")])).await;
            assert_eq!((answer.status, &body(&answer)[..]), (200, "web-1"));
            assert!(scene.told().contains(&format!("\r\nMax-Forwards: {left}\r\n")), "{}", scene.told());
        }
    }
    assert_eq!(ask(&mut scene.client().await, &request("GET", "/", &["Max-Forwards: 0"])).await.status, 200);
    assert!(scene.told().contains("\r\nMax-Forwards: 0\r\n"), "other methods do not count");
}

#[tokio::test]
async fn trace_and_options_without_a_hop_left_are_answered_here() {
    let scene = Scene::start("").await;
    let trace =
        request("TRACE", "/x?y", &["Max-Forwards: 0", "X-Seen: 1", "Cookie: secret=1", "Authorization: secret"]);
    let options = request("OPTIONS", "*", &["Max-Forwards: 0"]);
    let last = request("OPTIONS", "/", &["Max-Forwards: 0", "Connection: close"]);
    let (answers, _) = ask_all(scene.client().await, &(trace + &options + &last), |_| false).await;
    assert_eq!(answers.whole.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 200, 200]);
    let echo = body(&answers.whole[0]);
    assert_eq!(answers.whole[0].fields.text("content-type").as_deref(), Some("message/http"));
    assert!(echo.starts_with("TRACE /x?y HTTP/1.1\r\n") && echo.contains("X-Seen: 1\r\n"), "{echo}");
    assert!(!echo.contains("secret"), "{echo}");
    assert!(answers.whole[1].body.is_empty());
    assert_eq!(scene.connections(), 0, "nothing of it reached the backend");
}

#[tokio::test]
async fn hops_that_are_no_number_are_refused() {
    let scene = Scene::start("").await;
    for hops in ["-1", "+1", "1.0", "", "99999999999", "0x1"] {
        let answer = ask(&mut scene.client().await, &request("TRACE", "/", &[&format!("Max-Forwards: {hops}")])).await;
        assert_eq!(answer.status, 400, "{hops:?}");
        assert!(body(&answer).contains("reason: max_forwards\n"));
    }
    assert_eq!(scene.connections(), 0);
}
