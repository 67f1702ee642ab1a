//! What comes before or instead of the usual order: interim responses, expectations, answers before the request's end.
//!
//! The order of events is the point, so each test is a conversation, held up where something has to have happened
//! first. What a backend may not do here is in `hostile`.

use crate::harness::{Act, Answers, Ended, Journal, Limpet, RawClient, Records, ScriptedBackend};
use crate::scene::{ask, body, line, post, request, toml};

/// A limpet before one backend that plays this script on each connection.
async fn before(script: &[Act]) -> (Limpet, Journal, ScriptedBackend) {
    let journal = Journal::default();
    let backend = ScriptedBackend::start(&[script], &journal).await;
    let limpet = Limpet::start(&toml(&format!("\"{}\"", backend.address), "")).await;
    (limpet, journal, backend)
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

const HINTS: &str = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-First: 1\r\nConnection: X-Gone\r\n\
                     X-Gone: 1\r\nLimpet-Session: forged\r\n\r\n";

#[tokio::test]
async fn early_hints_reach_the_client_before_the_answer() {
    let (limpet, _journal, backend) =
        before(&[Act::Request, Act::Send(HINTS), Act::Send(HINTS), Act::Hold, Act::Send(OK)]).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    client.send(request("GET", "/", &["Connection: close"]).as_bytes()).await;
    client.sees("HTTP/1.1 103 ").await;
    backend.release();
    let received = client.rest().await;
    let text = String::from_utf8_lossy(&received.bytes);
    assert_eq!(text.matches("Link: </a.css>; rel=preload\r\nX-First: 1\r\n").count(), 2, "{text}");
    assert!(!text.contains("X-Gone") && !text.contains("forged"), "{text}");
    let answers = Answers::read(&received.bytes, true, |_| false);
    assert_eq!((answers.whole[0].status, &answers.whole[0].interim[..]), (200, &[103, 103][..]));
}

#[tokio::test]
async fn a_client_of_http_1_0_is_sent_no_interim_response() {
    let (limpet, _journal, _backend) = before(&[Act::Request, Act::Send(HINTS), Act::Send(OK)]).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    let answer = ask(&mut client, "GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!((answer.status, answer.interim.len()), (200, 0));
}

#[tokio::test]
async fn the_backend_decides_whether_a_body_is_sent() {
    let go_on = [Act::Head, Act::Hold, Act::Send("HTTP/1.1 100 Continue\r\n\r\n"), Act::Request, Act::Send(OK)];
    let (limpet, journal, backend) = before(&go_on).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    let whole = post("/", &["Expect: 100-continue"], "hello");
    let (head, hello) = whole.split_at(whole.len() - 5);
    client.send(head.as_bytes()).await;
    journal.wait("the head", |records| records.has("Expect: 100-continue")).await;
    backend.release();
    client.sees("HTTP/1.1 100 Continue\r\n\r\n").await;
    client.send(hello.as_bytes()).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, &answer.interim[..]), (200, &[100][..]));
    assert!(!answer.says_close());
    journal.read(|records| assert_eq!(records.seen[0].request.body, b"hello"));
}

#[tokio::test]
async fn a_client_that_does_not_wait_for_100_is_served_too() {
    let (limpet, journal, _backend) = before(&[Act::Request, Act::Send(OK), Act::Request, Act::Send(OK)]).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    for _ in 0..2 {
        let answer = ask(&mut client, &post("/", &["Expect: 100-continue"], "hello")).await;
        assert_eq!((answer.status, answer.interim.len()), (200, 0));
    }
    journal.read(|records| assert!(records.seen.iter().all(|seen| seen.request.body == b"hello")));
}

/// The answer goes out at once, and says that it is the connection's last: what comes of the body is nobody's.
#[tokio::test]
async fn an_answer_may_overtake_its_request() {
    let no = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno";
    let (limpet, journal, _backend) = before(&[Act::Head, Act::Send(no)]).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    client.send(request("POST", "/early", &["Content-Length: 100000"]).as_bytes()).await;
    client.send(b"only the beginning").await;
    let answer = client.answer().await;
    assert_eq!((answer.status, &body(&answer)[..]), (403, "no"));
    assert!(answer.says_close());
    client.send(b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(client.rest().await.ended, Ended::Fin);
    let ended = |records: &Records| records.connections[0].ended.is_some();
    journal.wait("the end of the backend's connection", ended).await;
    assert!(!journal.read(|records| records.has("/smuggled")));
}

#[tokio::test]
async fn a_switch_that_nobody_asked_for_is_502() {
    let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nraw";
    let (limpet, _journal, _backend) = before(&[Act::Request, Act::Send(switch)]).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    for request in [request("GET", "/", &[]), post("/", &[], "body")] {
        let answer = ask(&mut client, &request).await;
        assert_eq!(answer.status, 502);
        assert!(!body(&answer).contains("raw"));
        assert_eq!(line(&limpet, &answer).await.get("limpet.reason").as_deref(), Some("unasked_switch"));
    }
}
