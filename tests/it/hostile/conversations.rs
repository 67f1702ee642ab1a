//! Rows whose point is the order of events, each a scripted conversation between a client, limpet and a backend.
//!
//! Where a table would say what is sent and what comes of it, these say when. Every wait here is for something that
//! limpet does; a test that waits for what does not come says so in a sentence.

use crate::harness::{Act, Answers, Ended, Journal, Limpet, RawClient, ScriptedBackend, until};

/// One limpet before one scripted backend.
struct Stage {
    limpet: Limpet,
    journal: Journal,
    backend: ScriptedBackend,
}

impl Stage {
    async fn set(scripts: &[&[Act]]) -> Stage {
        let journal = Journal::default();
        let backend = ScriptedBackend::start(scripts, &journal).await;
        let toml = TOML.replace("BACKEND", &backend.address.to_string());
        Stage { limpet: Limpet::start(&toml).await, journal, backend }
    }

    async fn client(&self) -> RawClient {
        RawClient::connect(self.limpet.address("web")).await
    }

    /// Waits until the n-th backend connection, from 0, has ended.
    async fn dropped(&self, connection: usize) {
        let ended = |records: &crate::harness::Records| {
            records.connections.get(connection).is_some_and(|connection| connection.ended.is_some())
        };
        self.journal.wait("the end of a backend connection", ended).await;
    }

    /// What the backend received on its connections.
    fn received(&self) -> Vec<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.journal.read(|records| records.connections.iter().map(|connection| text(&connection.bytes)).collect())
    }
}

/// Row 72.
#[tokio::test]
async fn a_bad_chunk_after_the_answer_closes_both_sides() {
    let stage = Stage::set(&[&[Act::Head, Act::Send(OK)], ECHO]).await;
    let mut client = stage.client().await;
    client.send(b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 200);
    client.send(b"ZZ\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let received = client.rest().await;
    assert_ne!(received.ended, Ended::Open, "the client's connection lived on");
    stage.dropped(0).await;
    let mut next = stage.client().await;
    next.send(b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(next.answer().await.status, 200);
    let backend = stage.received();
    assert!(backend[0].starts_with("POST /p ") && !backend[0].contains("ZZ"), "{backend:?}");
    assert!(backend[1].starts_with("GET /next ") && !backend.concat().contains("/x"), "{backend:?}");
}

/// Row 110.
#[tokio::test]
async fn an_expectation_is_relayed_and_the_body_waits() {
    let script = &[Act::Head, Act::Hold, Act::Send("HTTP/1.1 100 Continue\r\n\r\n"), Act::Request, Act::Send(OK)];
    let stage = Stage::set(&[script]).await;
    let mut client = stage.client().await;
    client.send(EXPECTS.as_bytes()).await;
    stage.journal.wait("the head at the backend", |records| records.has("/p")).await;
    let head = stage.received().concat();
    assert!(head.to_lowercase().contains("\r\nexpect: 100-continue\r\n"), "Expect was not forwarded: {head}");
    assert!(head.ends_with("\r\n\r\n"), "something followed the head: {head}");
    stage.backend.release();
    client.sees("HTTP/1.1 100 ").await;
    client.send(b"hello").await;
    let answer = client.answer().await;
    assert_eq!((answer.status, &answer.interim[..]), (200, &[100][..]));
    assert!(stage.received().concat().ends_with("hello"));
    client.send(b"GET /after HTTP/1.1\r\nHost: a\r\n\r\n").await;
    stage.journal.wait("the next request", |records| records.has("/after")).await;
}

/// Row 111. The client may still send the body that it announced, so its connection can only close, or take the body
/// for what it is; the backend's can no longer be used.
#[tokio::test]
async fn a_refused_expectation_leaves_no_body_behind() {
    let stage = Stage::set(&[&[Act::Head, Act::Send(REFUSED)], ECHO]).await;
    let mut client = stage.client().await;
    client.send(EXPECTS.as_bytes()).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, &answer.interim[..]), (417, &[][..]));
    stage.dropped(0).await;
    client.send(b"GET /").await;
    if answer.says_close() {
        assert_ne!(client.rest().await.ended, Ended::Open, "close was said, and not done");
    } else {
        client.send(b"GET /after HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(client.answer().await.status, 200);
    }
    let backend = stage.received();
    assert!(!backend[0].contains("GET /"), "the body came after the refusal: {backend:?}");
    assert!(backend[1..].iter().all(|bytes| bytes.starts_with("GET /after ")), "{backend:?}");
}

/// Row 121: FIN is no abort, and while the answer is waited for the only worker sleeps. That somebody else was answered
/// after the FIN proves that the worker has seen it.
#[tokio::test]
async fn a_half_close_does_not_spin() {
    let stage = Stage::set(&[&[Act::Request, Act::Hold, Act::Send(OK)], ECHO]).await;
    let mut client = stage.client().await;
    client.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    stage.journal.wait("the request", |records| records.has("/slow")).await;
    client.half_close().await;
    let mut other = stage.client().await;
    other.send(b"GET /other HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(other.answer().await.status, 200);
    let mut last = None;
    let slept_through = until(async || {
        let now = stage.limpet.sleeping_worker();
        now.is_some() && std::mem::replace(&mut last, now) == now
    });
    assert!(slept_through.await, "the worker never sleeps from one look to the next");
    stage.backend.release();
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(client.rest().await.ended, Ended::Fin);
}

/// Row 133, which holds before there are tunnels.
#[tokio::test]
async fn an_unasked_101_is_a_bad_response() {
    let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nraw";
    let stage = Stage::set(&[&[Act::Request, Act::Send(switch)], &[Act::Request, Act::Send(switch)]]).await;
    let mut client = stage.client().await;
    client.send(b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 502);
    assert!(!answer.body.windows(3).any(|part| part == b"raw"));
    stage.dropped(0).await;
}

/// Row 127: the client notices that the response is not whole.
#[tokio::test]
async fn a_response_cut_short_is_never_a_whole_one() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
    let stage = Stage::set(&[&[Act::Request, Act::Send(cut), Act::Close]]).await;
    let mut client = stage.client().await;
    client.send(b"GET /cut HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let received = client.rest().await;
    let answers = Answers::read(&received.bytes, true, |_| false);
    assert_ne!(received.ended, Ended::Open, "the client waits for the rest: {received:?}");
    assert!(answers.whole.iter().all(|answer| answer.status >= 500), "{answers:?}");
}

/// Row 145: what may have reached a backend is not sent again.
#[tokio::test]
async fn a_post_is_not_sent_twice_when_the_backend_resets() {
    let stage = Stage::set(&[&[Act::Request, Act::Reset], ECHO]).await;
    let mut client = stage.client().await;
    client.send(b"POST /once HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").await;
    assert_eq!(client.answer().await.status, 502);
    assert_eq!(stage.journal.read(|records| records.with("/once").len()), 1);
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

const REFUSED: &str = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno";

const ECHO: &[Act] = &[Act::Request, Act::Send(OK)];

const EXPECTS: &str = "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";

const TOML: &str = r#"
[listeners.web]
address = "127.0.0.1:0"

[routes.all]
pool = "app"

[pools.app]
backends = ["BACKEND"]

[timeouts]
body = "2s"

[workers]
count = 1

[status]
address = "127.0.0.1:0"

[log]
format = "json"
"#;
