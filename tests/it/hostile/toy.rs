//! A toy gateway, honest or sinful, on which the judge proves that it passes the good and finds the bad.
//!
//! The honest one takes whole strict requests only, one backend connection each. A sin changes one thing, the thing
//! that one invariant watches. A judge that could not fail would be worth nothing, so every sin has its test.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::harness::{Answers, Event, PATIENCE, Received, Request, Strict, read_on, sure};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sin {
    None,
    /// Passes bytes on unread.
    Blind,
    /// Refuses, and goes on reading.
    StaysOpen,
    /// Refuses and closes, but does not say so.
    ClosesUnsaid,
    /// Refuses, and forwards all the same.
    ForwardsRefused,
    /// Presents the beginning of a body as the whole.
    Completes,
    /// Leaves the backend connection of a broken request open.
    KeepsBroken,
    /// Answers with what another was answered.
    SwapsAnswers,
    /// Loses the second of two pipelined requests.
    LosesSecond,
    /// Forwards a body under another length.
    CutsBody,
    /// Gives the client's bytes back in a refusal.
    Echoes,
    /// Resets instead of closing.
    Resets,
}

/// A running toy; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Toy {
    pub(crate) address: SocketAddr,
    accepting: AbortHandle,
}

impl Toy {
    pub(crate) async fn start(sin: Sin, backend: SocketAddr) -> Toy {
        let listener = sure("a toy's listener", TcpListener::bind("127.0.0.1:0").await);
        let address = sure("a toy's address", listener.local_addr());
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(serve(client, sin, backend));
            }
        });
        Toy { address, accepting: accepting.abort_handle() }
    }
}

impl Drop for Toy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut client: TcpStream, sin: Sin, backend: SocketAddr) -> io::Result<()> {
    if sin == Sin::Blind {
        let mut upstream = TcpStream::connect(backend).await?;
        tokio::io::copy_bidirectional(&mut client, &mut upstream).await?;
        return Ok(());
    }
    let (mut strict, mut buffer, mut all) = (Strict::default(), vec![0; 16 << 10], Vec::new());
    loop {
        let count = client.read(&mut buffer).await?;
        all.extend_from_slice(&buffer[..count]);
        let (events, violation) = strict.feed(&buffer[..count]);
        let broken = violation.is_some() || (count == 0 && strict.partial().is_some());
        let mut forwarded = 0;
        for event in events {
            if let Event::Whole(request) = event {
                forwarded += 1;
                if sin == Sin::LosesSecond && forwarded > 1 {
                    continue;
                }
                let answer = forward(&request, sin, backend).await?;
                client.write_all(&answer).await?;
                if request.fields.lists("connection", "close") {
                    return client.shutdown().await;
                }
            }
        }
        if broken {
            break_off(&mut client, sin, backend, strict.partial(), &all).await?;
            if sin == Sin::Resets {
                return socket2::SockRef::from(&client).set_linger(Some(std::time::Duration::ZERO));
            }
            if sin != Sin::StaysOpen {
                return client.shutdown().await;
            }
            strict = Strict::default();
        }
        if count == 0 && sin != Sin::StaysOpen {
            return Ok(());
        }
        if count == 0 {
            std::future::pending::<()>().await;
        }
    }
}

/// Sends a whole request afresh, and brings its answer.
async fn forward(request: &Request, sin: Sin, backend: SocketAddr) -> io::Result<Vec<u8>> {
    if sin == Sin::SwapsAnswers {
        return Ok(b"HTTP/1.1 200 OK\r\nX-Echo: GET /somebody\r\nContent-Length: 6\r\n\r\nsecret".to_vec());
    }
    let mut upstream = TcpStream::connect(backend).await?;
    let (head, mut body) = (afresh(request), &request.body[..]);
    if sin == Sin::CutsBody {
        body = &body[..body.len().saturating_sub(1)];
    }
    upstream.write_all(&head).await?;
    upstream.write_all(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes()).await?;
    upstream.write_all(body).await?;
    let mut received = Received::default();
    let enough = |bytes: &[u8]| !Answers::read(bytes, false, |_| request.method == "HEAD").whole.is_empty();
    read_on(&mut upstream, &mut received, PATIENCE, enough).await;
    Ok(received.bytes)
}

/// The head without its framing and without its end.
fn afresh(request: &Request) -> Vec<u8> {
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target).into_bytes();
    for field in &request.fields.0 {
        let dropped = ["content-length", "transfer-encoding", "connection"];
        if !dropped.contains(&&field.name.to_ascii_lowercase()[..]) {
            head.extend([field.name.as_bytes(), b": ", &field.value[..], b"\r\n"].concat());
        }
    }
    head
}

/// 400, in the way of the sin.
async fn break_off(
    client: &mut TcpStream,
    sin: Sin,
    backend: SocketAddr,
    partial: Option<&Request>,
    all: &[u8],
) -> io::Result<()> {
    match (sin, partial) {
        (Sin::ForwardsRefused, _) => {
            let mut upstream = TcpStream::connect(backend).await?;
            upstream.write_all(&[b"GET /x HTTP/1.1\r\nHost: a\r\nX-Case: ", id(all), b"\r\n\r\n"].concat()).await?;
            upstream.read_u8().await?;
        }
        (Sin::Completes, Some(request)) => drop(forward(request, sin, backend).await?),
        (Sin::KeepsBroken, Some(request)) => {
            let mut upstream = TcpStream::connect(backend).await?;
            upstream.write_all(&afresh(request)).await?;
            upstream.write_all(b"Content-Length: 99\r\n\r\nbeginning").await?;
            tokio::spawn(async move { upstream.read_u8().await });
        }
        _ => {}
    }
    let close = if sin == Sin::ClosesUnsaid { "" } else { "Connection: close\r\n" };
    let body = if sin == Sin::Echoes { all } else { b"no" };
    let head = format!("HTTP/1.1 400 Bad Request\r\n{close}X-Request-Id: 1\r\nContent-Length: {}\r\n\r\n", body.len());
    client.write_all(&[head.as_bytes(), body].concat()).await
}

/// The path's last segment: the case's id.
fn id(all: &[u8]) -> &[u8] {
    let target = all.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    target.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

#[cfg(test)]
#[path = "toy/tests.rs"]
mod tests;
