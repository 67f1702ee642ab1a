//! How limpet ends: what was begun is finished, nobody new is let in, and it is quick when nothing is under way.
//!
//! Everything is told by signals to the real binary and seen by its clients, its backends and its exit status.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::harness::{Act, Answer, Ended, Journal, Limpet, RawBackend, RawClient, ScriptedBackend, until};

/// When nothing is under way, the end takes no longer.
const AT_ONCE: Duration = Duration::from_secs(1);

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Takes a request and answers when it is released.
const SLOW: &[Act] =
    &[Act::Request, Act::Hold, Act::Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow"), Act::Request];

fn toml(backend: SocketAddr, workers: usize) -> String {
    format!(
        "[listeners.web]\naddress = \"127.0.0.1:0\"\n[routes.all]\npool = \"app\"\n[pools.app]\n\
         backends = [\"{backend}\"]\n[workers]\ncount = {workers}\n[status]\naddress = \"127.0.0.1:0\"\n[log]\nformat = \"json\"\n"
    )
}

async fn idle_client(limpet: &Limpet) -> RawClient {
    let mut client = RawClient::connect(limpet.address("web")).await;
    client.send(GET).await;
    assert_eq!(client.answer().await.status, 200);
    client
}

/// A client whose request has arrived at the backend and is not answered.
async fn hanging_client(limpet: &Limpet, journal: &Journal) -> RawClient {
    let mut client = RawClient::connect(limpet.address("web")).await;
    client.send(b"GET /hang HTTP/1.1\r\nHost: a\r\n\r\n").await;
    journal.wait("the hanging request", |records| records.has("/hang")).await;
    client
}

async fn ready(status: SocketAddr) -> Answer {
    let mut client = RawClient::connect(status).await;
    client.send(b"GET /readyz HTTP/1.1\r\nHost: status\r\nConnection: close\r\n\r\n").await;
    client.answer().await
}

/// Waits for its end, which is to come at once and be a success.
async fn ends_well(limpet: &mut Limpet) {
    let asked = Instant::now();
    let code = limpet.exit().await;
    assert_eq!(code, Some(0), "it said:\n{}", limpet.said());
    assert!(asked.elapsed() < AT_ONCE, "took {:?}", asked.elapsed());
}

async fn ends_when_idle(signal: Signal) {
    let backend = RawBackend::start("app", &Journal::default()).await;
    let mut limpet = Limpet::start(&toml(backend.address, 2)).await;
    let (client, fresh) = (idle_client(&limpet).await, RawClient::connect(limpet.address("web")).await);
    limpet.signal(signal);
    ends_well(&mut limpet).await;
    assert_eq!(client.rest().await.ended, Ended::Fin, "an idle connection is closed in order");
    assert_ne!(fresh.rest().await.ended, Ended::Open, "so is one without a request");
}

#[tokio::test]
async fn sigterm_ends_at_once_when_idle() {
    ends_when_idle(Signal::TERM).await;
}

#[tokio::test]
async fn sigint_ends_at_once_when_idle() {
    ends_when_idle(Signal::INT).await;
}

#[tokio::test]
async fn what_was_begun_is_answered_with_close() {
    let journal = Journal::default();
    let backend = ScriptedBackend::start(&[SLOW], &journal).await;
    let mut limpet = Limpet::start(&toml(backend.address, 1)).await;
    let fresh = RawClient::connect(limpet.address("web")).await;
    let mut hanging = hanging_client(&limpet, &journal).await;
    assert_eq!(ready(limpet.address("status")).await.status, 200);
    limpet.signal(Signal::TERM);
    // From here on limpet is told: it closes whom it owes nothing.
    assert_ne!(fresh.rest().await.ended, Ended::Open);
    let answer = ready(limpet.address("status")).await;
    assert_eq!((answer.status, &answer.body[..]), (503, &b"stopping\n"[..]));
    assert!(limpet.lives(), "a request is under way");
    backend.release();
    let answer = hanging.answer().await;
    assert_eq!((answer.status, &answer.body[..]), (200, &b"slow"[..]));
    assert!(answer.says_close());
    assert_eq!(hanging.rest().await.ended, Ended::Fin);
    ends_well(&mut limpet).await;
}

#[tokio::test]
async fn nobody_new_is_let_in() {
    let journal = Journal::default();
    let backend = ScriptedBackend::start(&[SLOW], &journal).await;
    let mut limpet = Limpet::start(&toml(backend.address, 2)).await;
    let _hanging = hanging_client(&limpet, &journal).await;
    let address = limpet.address("web");
    limpet.signal(Signal::TERM);
    let refused = async || tokio::net::TcpStream::connect(address).await.is_err();
    assert!(until(refused).await, "connections are still taken");
    for _ in 0..32 {
        assert!(refused().await, "one worker still takes connections");
    }
    assert!(limpet.lives());
}

#[tokio::test]
async fn a_second_signal_waits_for_nobody() {
    let journal = Journal::default();
    let backend = ScriptedBackend::start(&[SLOW], &journal).await;
    let mut limpet = Limpet::start(&toml(backend.address, 1)).await;
    let hanging = hanging_client(&limpet, &journal).await;
    let fresh = RawClient::connect(limpet.address("web")).await;
    limpet.signal(Signal::TERM);
    assert_ne!(fresh.rest().await.ended, Ended::Open);
    assert!(limpet.lives(), "a request is under way");
    limpet.signal(Signal::TERM);
    ends_well(&mut limpet).await;
    let received = hanging.rest().await;
    assert!(received.bytes.is_empty() && received.ended != Ended::Open, "{received:?}");
}

#[tokio::test]
async fn half_a_response_that_ends_with_its_connection_is_reset() {
    let half: &[Act] = &[Act::Request, Act::Send("HTTP/1.1 200 OK\r\n\r\nhalf"), Act::Hold];
    let journal = Journal::default();
    let backend = ScriptedBackend::start(&[half], &journal).await;
    let mut limpet = Limpet::start(&toml(backend.address, 1)).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    client.send(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n").await;
    client.sees("half").await;
    limpet.signal(Signal::TERM);
    limpet.signal(Signal::INT);
    assert_eq!(client.rest().await.ended, Ended::Reset, "FIN would say that this was all");
    ends_well(&mut limpet).await;
}
