//! `[timeouts]`: each ends its own wait, after its time, with its own status and reason.
//!
//! Every configuration here makes one of them short and leaves the others long, so that what is seen is that one.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::harness::{
    Act, Answers, BlackHole, Ended, Journal, Limpet, PATIENCE, RawClient, Received, Records, ScriptedBackend, read_on,
};
use crate::scene::{Scene, ask, line, post, request, toml};

/// What the short one allows, less a beat of the clock that deadlines go by.
const SHORT: Duration = Duration::from_millis(300 - 60);

fn short(name: &str) -> String {
    format!("[timeouts]\n{name} = \"300ms\"\n")
}

/// A limpet before one backend that plays this script on each connection.
async fn before(script: &[Act], more: &str) -> (Limpet, Journal, ScriptedBackend) {
    let journal = Journal::default();
    let backend = ScriptedBackend::start(&[script], &journal).await;
    let limpet = Limpet::start(&toml(&format!("\"{}\"", backend.address), more)).await;
    (limpet, journal, backend)
}

/// Sends this, and is answered `status` with `reason` after the short time; then the connection ends unless it is kept.
async fn is_answered_late(limpet: &Limpet, request: &str, status: u16, reason: &str) {
    let mut client = RawClient::connect(limpet.address("web")).await;
    let begin = Instant::now();
    let answer = ask(&mut client, request).await;
    assert_eq!(answer.status, status);
    assert!(begin.elapsed() >= SHORT, "after {:?} already", begin.elapsed());
    assert_eq!(line(limpet, &answer).await.get("limpet.reason").as_deref(), Some(reason));
    if answer.says_close() {
        assert_eq!(client.rest().await.ended, Ended::Fin);
    } else {
        client.send(request.as_bytes()).await;
        assert_eq!(client.answer().await.status, status, "the connection is kept");
    }
}

/// Sends a head and then body data without end, while it reads, until the connection ends.
async fn pour(address: SocketAddr, head: &str) -> Received {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let head = head.as_bytes().to_vec();
    let pouring = tokio::spawn(async move {
        writing.write_all(&head).await?;
        loop {
            writing.write_all(&[b'x'; 64 << 10]).await?;
        }
        #[expect(unreachable_code, reason = "the type of what the loop never ends with")]
        Ok::<(), std::io::Error>(())
    });
    let mut received = Received::default();
    read_on(&mut reading, &mut received, PATIENCE, |_| false).await;
    pouring.abort();
    received
}

#[tokio::test]
pub(super) async fn half_a_head_is_408() {
    let scene = Scene::start(&short("head")).await;
    is_answered_late(&scene.limpet, "GET / HTTP/1.1\r\nHost:", 408, "head_timeout").await;
    let mut client = scene.client().await;
    assert_eq!(ask(&mut client, &request("GET", "/", &[])).await.status, 200);
    client.send(b"GET / HT").await;
    assert_eq!(client.answer().await.status, 408, "also on a connection that was answered before");
}

#[tokio::test]
pub(super) async fn a_connection_without_a_byte_is_closed() {
    let scene = Scene::start(&short("head")).await;
    let begin = Instant::now();
    let received = scene.client().await.rest().await;
    assert_eq!((received.ended, received.bytes), (Ended::Fin, Vec::new()));
    assert!((SHORT..PATIENCE).contains(&begin.elapsed()), "{:?}", begin.elapsed());
    assert!(scene.limpet.lines().is_empty(), "no exchange, no line");
}

#[tokio::test]
pub(super) async fn a_body_that_stops_coming_is_408() {
    let scene = Scene::start(&short("body")).await;
    let cut = post("/", &[], "1234567890").replace("67890", "");
    is_answered_late(&scene.limpet, &cut, 408, "body_timeout").await;
    let cut = request("POST", "/", &["Transfer-Encoding: chunked"]) + "5\r\n12345\r\n";
    is_answered_late(&scene.limpet, &cut, 408, "body_timeout").await;
    let whole = |records: &Records| records.seen.iter().any(|seen| seen.whole);
    assert!(!scene.journal.read(whole), "half a request looks whole to the backend");
}

#[tokio::test]
pub(super) async fn a_body_that_a_backend_does_not_take_is_504() {
    let (limpet, _journal, _backend) = before(&[Act::Head, Act::Hold], &short("body")).await;
    let received = pour(limpet.address("web"), &request("POST", "/", &["Content-Length: 10000000000"])).await;
    let answers = Answers::read(&received.bytes, true, |_| false);
    assert_eq!(answers.whole[0].status, 504);
    assert_eq!(line(&limpet, &answers.whole[0]).await.get("limpet.reason").as_deref(), Some("backend_write_timeout"));
}

#[tokio::test]
pub(super) async fn a_backend_that_does_not_answer_a_connect_is_504() {
    let hole = BlackHole::open();
    let limpet = Limpet::start(&toml(&format!("\"{}\"", hole.address), &short("connect"))).await;
    is_answered_late(&limpet, &request("GET", "/", &[]), 504, "connect_timeout").await;
}

#[tokio::test]
pub(super) async fn a_backend_that_does_not_answer_a_request_is_504() {
    let (limpet, journal, _backend) = before(&[Act::Request, Act::Hold], &short("first_byte")).await;
    is_answered_late(&limpet, &request("GET", "/", &[]), 504, "first_byte_timeout").await;
    is_answered_late(&limpet, &post("/", &[], "whole"), 504, "first_byte_timeout").await;
    let all_ended = |records: &Records| records.connections.iter().all(|one| one.ended.is_some());
    drop(_backend);
    journal.wait("the end of the backend's connections", all_ended).await;
}

#[tokio::test]
pub(super) async fn a_response_that_stops_coming_is_broken_off() {
    for start in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
        "HTTP/1.1 200 OK\r\n\r\n12345",
    ] {
        let (limpet, _journal, _backend) = before(&[Act::Request, Act::Send(start), Act::Hold], &short("idle")).await;
        let mut client = RawClient::connect(limpet.address("web")).await;
        let begin = Instant::now();
        client.send(request("GET", "/", &[]).as_bytes()).await;
        let received = client.rest().await;
        assert!(begin.elapsed() >= SHORT, "after {:?} already", begin.elapsed());
        let answers = Answers::read(&received.bytes, true, |_| false);
        assert!(answers.whole.is_empty() && answers.rest.windows(5).any(|part| part == b"12345"), "{received:?}");
        assert_ne!(received.ended, Ended::Open);
        let line = limpet.wait_line("its line", |_| true).await;
        assert_eq!(line.get("limpet.reason").as_deref(), Some("backend_idle_timeout"));
        assert_eq!(line.get("http.response.status_code").as_deref(), Some("200"));
    }
}

#[tokio::test]
pub(super) async fn a_response_that_a_client_does_not_take_is_broken_off() {
    let large = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", 64 << 20, "x".repeat(64 << 20)).leak();
    let (limpet, _journal, _backend) = before(&[Act::Request, Act::Send(large)], &short("idle")).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    client.send(request("GET", "/", &[]).as_bytes()).await;
    let line = limpet.wait_line("the line of a response nobody reads", |_| true).await;
    assert_eq!(line.get("limpet.reason").as_deref(), Some("client_write_timeout"));
    assert_eq!(line.get("limpet.ended_by").as_deref(), Some("client"));
    assert_eq!(client.rest().await.ended, Ended::Reset);
}

#[tokio::test]
pub(super) async fn an_idle_client_connection_is_closed_after_its_time() {
    let scene = Scene::start(&short("keep_alive")).await;
    let mut client = scene.client().await;
    let begin = Instant::now();
    let answer = ask(&mut client, &request("GET", "/", &[])).await;
    assert!(!answer.says_close());
    assert_eq!(client.rest().await.ended, Ended::Fin);
    assert!((SHORT..PATIENCE).contains(&begin.elapsed()), "{:?}", begin.elapsed());
}

#[tokio::test]
pub(super) async fn client_connections_are_not_kept_if_so_asked() {
    let scene = Scene::start("[timeouts]\nkeep_alive = \"0s\"\n").await;
    let mut client = scene.client().await;
    let answer = ask(&mut client, &request("GET", "/", &[])).await;
    assert!(answer.status == 200 && answer.says_close());
    assert_eq!(client.rest().await.ended, Ended::Fin);
}

#[tokio::test]
pub(super) async fn an_idle_backend_connection_is_closed_after_its_time() {
    let scene = Scene::start(&short("backend_keep_alive")).await;
    let begin = Instant::now();
    assert_eq!(scene.get("/", &[]).await.status, 200);
    let ended = |records: &Records| records.connections[0].ended.is_some();
    scene.journal.wait("the end of an idle backend connection", ended).await;
    assert!(begin.elapsed() >= SHORT, "after {:?} already", begin.elapsed());
    assert!(begin.elapsed() < Duration::from_secs(3), "only after {:?}", begin.elapsed());
}

#[tokio::test]
pub(super) async fn a_backend_connection_is_not_kept_if_so_asked() {
    let scene = Scene::start("[timeouts]\nbackend_keep_alive = \"0s\"\n").await;
    let mut client = scene.client().await;
    for _ in 0..3 {
        assert_eq!(ask(&mut client, &request("GET", "/", &[])).await.status, 200);
    }
    assert_eq!(scene.connections(), 3);
}
