//! The line of an exchange that went well: what it was, where it went, how much of it there was.
//!
//! The whole line is compared, so that nothing can appear in it or vanish from it unnoticed. The lines of exchanges that
//! failed are in `errors`; how texts from outside are escaped is tested beside the code.

use serde_json::{Value, json};

use crate::harness::{Answer, Limpet};
use crate::scene::{Scene, ask, backend, cookie, id, line, post, request};

/// A line without its time, which differs from run to run, and how long things took, in milliseconds.
async fn told(limpet: &Limpet, answer: &Answer) -> (Value, Value) {
    let mut value: Value = serde_json::from_str(&line(limpet, answer).await.text).unwrap();
    let members = value.as_object_mut().unwrap();
    let time = members.remove("timestamp").unwrap();
    assert!(time.as_str().is_some_and(|time| time.len() == 24 && time.ends_with('Z')), "{time}");
    let took = members.remove("limpet.duration_ms").unwrap();
    (value, took)
}

#[tokio::test]
async fn an_exchange_is_told_in_one_line() {
    let scene = Scene::with(&["web-1", "web-2"], "[pools.app.sticky]\n").await;
    let mut client = scene.client().await;
    let fields = ["User-Agent: a \"test\"", "Please-Body: some answer"];
    let first = ask(&mut client, &post("/cart%20/x?add=1&y", &fields, "hello")).await;
    let (value, took) = told(&scene.limpet, &first).await;
    let expected = json!({
        "http.request.method": "POST",
        "url.path": "/cart%20/x",
        "url.query": "add=1&y",
        "server.address": "a",
        "http.response.status_code": 200,
        "client.address": "127.0.0.1",
        "user_agent.original": "a \"test\"",
        "network.protocol.version": "1.1",
        "http.request.body.size": 5,
        "http.response.body.size": 11,
        "limpet.listener": "web",
        "limpet.route": "all",
        "limpet.pool": "app",
        "limpet.backend": backend(&first),
        "limpet.sticky": "new",
        "limpet.attempts": 1,
        "limpet.request_id": id(&first),
    });
    assert_eq!(value, expected);
    let [total, connect, first_byte] = ["total", "connect", "first_byte"].map(|name| took[name].as_f64().unwrap());
    assert!(0.0 < connect && connect <= first_byte && first_byte <= total && total < 5_000.0, "{took}");
    // On the same connections, at home, and without a body either way.
    let fields = [&cookie(&first).unwrap()[..], "Please-Status: 204 No Content"];
    let next = ask(&mut client, &request("GET", "/", &fields)).await;
    let (value, took) = told(&scene.limpet, &next).await;
    for (name, wanted) in [
        ("limpet.sticky", json!("hit")),
        ("http.response.status_code", json!(204)),
        ("http.request.body.size", json!(0)),
        ("http.response.body.size", json!(0)),
        ("limpet.backend", json!(backend(&first))),
        ("url.query", Value::Null),
        ("user_agent.original", Value::Null),
    ] {
        assert_eq!(value[name], wanted, "{name} in {value}");
    }
    assert!(took["connect"].is_null(), "nothing was connected: {took}");
    assert_eq!(scene.limpet.lines().len(), 2);
}
