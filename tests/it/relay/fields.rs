//! Header fields: what passes untouched, what belongs to one connection and ends here, what limpet adds.
//!
//! The same lines are sent both ways, since both ways have the same rules for most of them. What a trusted proxy may
//! say is in `effects`.

use crate::harness::{Fields, Limpet, RawClient};
use crate::scene::{Scene, ask, id, line, named, open, request, toml};

/// The names and values of those lines whose names begin with `X-` and are not limpet's, as they came.
fn custom(fields: &Fields) -> Vec<String> {
    let own = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id", "x-backend", "x-told-id"];
    let lines = fields.0.iter().filter(|field| field.name.to_lowercase().starts_with("x-"));
    let lines = lines.filter(|field| !own.contains(&&field.name.to_lowercase()[..]));
    lines.map(|field| format!("{}: {}", field.name, String::from_utf8_lossy(&field.value))).collect()
}

const ODD: [&str; 7] =
    ["X-b: 1", "x-A: 2", "X-TWICE: a, b", "X-Mixed: \"q,;= \\\"\"", "X-Twice: c", "X-Empty: ", "x-b: caf\u{e9}"];

#[tokio::test]
async fn names_and_values_keep_case_and_order_both_ways() {
    let scene = Scene::start("").await;
    let wishes = ODD.map(|line| format!("Please-Field: {line}"));
    let fields: Vec<&str> = ODD.into_iter().chain(wishes.iter().map(String::as_str)).collect();
    let answer = scene.get("/A//b/../%7e?q=%2F&&x", &fields).await;
    assert_eq!(custom(&answer.fields), ODD);
    scene.journal.read(|records| {
        let request = &records.seen[0].request;
        assert_eq!(custom(&request.fields), ODD);
        assert_eq!(request.target, "/A//b/../%7e?q=%2F&&x", "a route for every path leaves the path as it is");
    });
}

#[tokio::test]
async fn a_status_keeps_its_number_and_its_words() {
    let scene = Scene::start("").await;
    for status in ["200 Fine by me", "299 ", "404 Gone fishing", "599 \u{e9}t\u{e9}"] {
        let mut client = scene.client().await;
        let wish = format!("Please-Status: {status}");
        client.send(request("GET", "/", &[&wish, "Connection: close"]).as_bytes()).await;
        let received = client.rest().await;
        assert!(received.bytes.starts_with(format!("HTTP/1.1 {status}\r\n").as_bytes()), "{status}: {received:?}");
    }
}

/// What belongs to one connection (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [&str; 7] = [
    "Connection: keep-alive, X-Secret",
    "X-Secret: 1",
    "Keep-Alive: timeout=5",
    "Proxy-Connection: keep-alive",
    "Upgrade: h2c",
    "Trailer: X-Sum",
    "Limpet-Session: forged",
];

#[tokio::test]
async fn what_belongs_to_one_connection_ends_here_both_ways() {
    let scene = Scene::start("").await;
    let wishes = HOP_BY_HOP.map(|line| format!("Please-Field: {line}"));
    let only_of_requests = ["TE: trailers", "Proxy-Authorization: Basic x", "X-End: here"];
    let fields: Vec<&str> =
        HOP_BY_HOP.into_iter().chain(only_of_requests).chain(wishes.iter().map(String::as_str)).collect();
    let answer = scene.get("/", &[&fields[..], &["Please-Field: X-End: here"]].concat()).await;
    let request = scene.journal.read(|records| records.seen[0].request.fields.clone());
    for fields in [&answer.fields, &request] {
        for line in HOP_BY_HOP.into_iter().chain(["TE: ", "Proxy-Authorization: "]) {
            let name = line.split(':').next().unwrap_or_default();
            assert!(fields.all(name).is_empty(), "{name} came through: {fields:?}");
        }
        assert_eq!(fields.text("x-end").as_deref(), Some("here"));
    }
}

#[tokio::test]
async fn a_backend_is_told_who_asked_and_by_which_way() {
    let scene = Scene::start("").await;
    let answer = scene.get("/", &["Via: 1.1 elsewhere"]).await;
    let told = scene.told();
    let expected = ["X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Host: a", "Via: 1.1 limpet"];
    for line in expected {
        assert_eq!(told.matches(&format!("\r\n{line}\r\n")).count(), 1, "{line} in {told}");
    }
    assert!(!told.contains("elsewhere"), "a stranger's way was believed: {told}");
    let id = id(&answer);
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    assert_eq!(line(&scene.limpet, &answer).await.get("limpet.request_id"), Some(id.clone()));
    assert_ne!(crate::scene::id(&scene.get("/", &[]).await), id, "each request has its own id");
}

#[tokio::test]
async fn a_client_that_names_no_host_is_given_the_backends_name() {
    let (journal, apps) = open(&["web-1"]).await;
    let limpet = Limpet::start(&toml(&named(&apps), "")).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    let answer = ask(&mut client, "GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!(answer.status, 200);
    let host = journal.read(|records| records.seen[0].request.fields.text("host"));
    assert_eq!(host.as_deref(), Some("web-1"));
}

#[tokio::test]
async fn a_date_is_added_where_there_is_none() {
    let scene = Scene::start("").await;
    let date = "Thu, 01 Jan 1970 00:00:00 GMT";
    let kept = scene.get("/", &[&format!("Please-Field: Date: {date}")]).await;
    assert_eq!(kept.fields.all("date"), [date.as_bytes()]);
    let added = scene.get("/", &[]).await;
    let text = added.fields.text("date").unwrap_or_default();
    let then = httpdate::parse_http_date(&text).unwrap_or_else(|_| panic!("the date is {text:?}"));
    assert!(then.elapsed().is_ok_and(|since| since.as_secs() < 20), "{text}");
    assert_eq!(added.fields.all("date").len(), 1);
}
