//! Bodies pass while they come: the first bytes arrive before the last are sent, and none is stored for a reader who
//! does not read.
//!
//! Where a writer has to wait, the test writes until a write is stuck: that alone shows that somebody waits. It knows
//! nothing of limpet's buffers but that they are small.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Act, Journal, Limpet, RawClient, Records, ScriptedBackend, find, own_address, until, within};
use crate::scene::{Scene, body, post, request, toml};

#[tokio::test]
async fn the_first_bytes_of_a_request_arrive_before_the_last_are_sent() {
    let scene = Scene::start("").await;
    let whole = post("/", &[], "first and last");
    let chunked = request("POST", "/", &["Transfer-Encoding: chunked"]);
    for (start, end) in [
        (whole.replace(" and last", ""), " and last".to_owned()),
        (chunked + "5\r\nfirst\r\n", "9\r\n and last\r\n0\r\n\r\n".to_owned()),
    ] {
        let mut client = scene.client().await;
        client.send(start.as_bytes()).await;
        let first = |records: &Records| {
            records.connections.last().is_some_and(|connection| find(&connection.bytes, b"first").is_some())
        };
        scene.journal.wait("the first bytes", first).await;
        client.send(end.as_bytes()).await;
        assert_eq!(body(&client.answer().await), "web-1");
        let last = scene.journal.read(|records| records.seen.last().map(|seen| seen.request.body.clone()));
        assert_eq!(last.as_deref(), Some(&b"first and last"[..]));
    }
}

#[tokio::test]
async fn the_first_bytes_of_a_response_arrive_before_the_last_are_sent() {
    for (start, end) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nfirst", " and last"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", "9\r\n and last\r\n0\r\n\r\n"),
        ("HTTP/1.1 200 OK\r\n\r\nfirst", " and last"),
    ] {
        let journal = Journal::default();
        let script = [Act::Request, Act::Send(start), Act::Hold, Act::Send(end), Act::Close];
        let backend = ScriptedBackend::start(&[&script], &journal).await;
        let limpet = Limpet::start(&toml(&format!("\"{}\"", backend.address), "")).await;
        let mut client = RawClient::connect(limpet.address("web")).await;
        client.send(request("GET", "/", &[]).as_bytes()).await;
        client.sees("first").await;
        backend.release();
        assert_eq!(body(&client.answer().await), "first and last");
    }
}

/// Bytes of a body in these tests.
const LARGE: usize = 48 << 20;
/// What may lie between a writer and a reader who does not read: the kernel's buffers of two connections, and ours.
const BETWEEN: usize = 24 << 20;
/// A write that waits so long waits for a reader.
const STUCK: Duration = Duration::from_millis(400);

/// Writes as much of a body as goes before a write is stuck. How much that was.
async fn write_until_stuck(stream: &mut TcpStream) -> usize {
    let mut written = 0;
    while written < LARGE {
        let piece = [b'x'; 64 << 10];
        let most = piece.len().min(LARGE - written);
        match tokio::time::timeout(STUCK, stream.write(&piece[..most])).await {
            Ok(count) => written += count.unwrap(),
            Err(_) => break,
        }
    }
    written
}

async fn write_rest(stream: &mut TcpStream, written: usize) {
    let rest = vec![b'x'; LARGE - written];
    stream.write_all(&rest).await.unwrap();
}

async fn read_head(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within("a head", stream.read_u8()).await.unwrap());
    }
    head
}

async fn read_body(stream: &mut TcpStream) -> usize {
    let (mut count, mut buffer) = (0, vec![0; 256 << 10]);
    while count < LARGE {
        let more = within("more of a body", stream.read(&mut buffer)).await.unwrap();
        assert!(more > 0, "the body ends after {count} bytes");
        count += more;
    }
    count
}

/// A limpet before a backend that a test plays by hand.
async fn by_hand() -> (Limpet, TcpListener) {
    let address: SocketAddr = own_address();
    let backend = TcpListener::bind(address).await.unwrap();
    (Limpet::start(&toml(&format!("\"{address}\""), "")).await, backend)
}

#[tokio::test]
async fn a_backend_waits_for_a_client_that_does_not_read() {
    let (limpet, backend) = by_hand().await;
    let mut client = TcpStream::connect(limpet.address("web")).await.unwrap();
    client.write_all(request("GET", "/", &[]).as_bytes()).await.unwrap();
    let (mut backend, _) = within("a connection", backend.accept()).await.unwrap();
    read_head(&mut backend).await;
    let before = limpet.resident();
    backend.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n").as_bytes()).await.unwrap();
    let written = write_until_stuck(&mut backend).await;
    assert!(written < BETWEEN, "{written} bytes went somewhere");
    assert!(limpet.resident() < before + (1 << 20), "limpet grew by {} bytes", limpet.resident() - before);
    let rest = tokio::spawn(async move { write_rest(&mut backend, written).await });
    read_head(&mut client).await;
    assert_eq!(read_body(&mut client).await, LARGE);
    rest.await.unwrap();
    let told =
        async || limpet.lines().iter().any(|line| line.get("http.response.body.size") == Some(LARGE.to_string()));
    assert!(until(told).await, "{:?}", limpet.lines());
}

#[tokio::test]
async fn a_client_waits_for_a_backend_that_does_not_read() {
    let (limpet, backend) = by_hand().await;
    let mut client = TcpStream::connect(limpet.address("web")).await.unwrap();
    client.write_all(request("POST", "/", &[&format!("Content-Length: {LARGE}")]).as_bytes()).await.unwrap();
    let (mut backend, _) = within("a connection", backend.accept()).await.unwrap();
    let before = limpet.resident();
    let written = write_until_stuck(&mut client).await;
    assert!(written < BETWEEN, "{written} bytes went somewhere");
    assert!(limpet.resident() < before + (1 << 20), "limpet grew by {} bytes", limpet.resident() - before);
    let rest = tokio::spawn(async move {
        write_rest(&mut client, written).await;
        client
    });
    read_head(&mut backend).await;
    assert_eq!(read_body(&mut backend).await, LARGE);
    backend.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    let head = read_head(&mut rest.await.unwrap()).await;
    assert!(head.starts_with(b"HTTP/1.1 200 OK\r\n"));
}

/// FIN is no abort: what was asked before it is answered to the last byte, however slowly it is read.
#[tokio::test]
async fn a_client_that_has_said_all_gets_a_large_answer_whole() {
    let (limpet, backend) = by_hand().await;
    let mut client = TcpStream::connect(limpet.address("web")).await.unwrap();
    client.write_all(request("GET", "/", &[]).as_bytes()).await.unwrap();
    client.shutdown().await.unwrap();
    let (mut backend, _) = within("a connection", backend.accept()).await.unwrap();
    read_head(&mut backend).await;
    // Little enough to lie in the kernel's buffers when limpet has written all of it.
    let length = 1 << 17;
    backend.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").as_bytes()).await.unwrap();
    backend.write_all(&vec![b'x'; length]).await.unwrap();
    limpet.wait_line("the end of the exchange", |_| true).await;
    let closed = async || limpet.metrics().await.sum("limpet_connections", &[]) == 0.0;
    assert!(until(closed).await, "limpet keeps the connection");
    read_head(&mut client).await;
    let mut body = Vec::new();
    within("the body", client.read_to_end(&mut body)).await.unwrap();
    assert_eq!(body.len(), length);
}
