//! When limpet is full: it takes no more clients, says so, spins on nothing, and goes on as soon as somebody leaves.
//!
//! Two bounds, the connections that the configuration allows and the descriptors that the system does. The kernel
//! completes connections that limpet has not taken; so "not taken" is seen by the answer that does not come.

use std::net::SocketAddr;
use std::time::Instant;

use rustix::process::{Resource, Rlimit, Signal, prlimit};

use crate::harness::{Ended, Journal, Limpet, Metrics, RawBackend, RawClient, until};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Of one core. A worker that spins uses all of it; one that waits, next to nothing.
const BUSY: f64 = 0.25;

fn toml(backend: SocketAddr, workers: usize, most: usize) -> String {
    format!(
        "[listeners.web]\naddress = \"127.0.0.1:0\"\n[routes.all]\npool = \"app\"\n[pools.app]\n\
         backends = [\"{backend}\"]\n[workers]\ncount = {workers}\n[status]\naddress = \"127.0.0.1:0\"\n\
         [log]\nformat = \"json\"\naccess = \"off\"\n[limits]\nmax_connections = {most}\n"
    )
}

async fn served(address: SocketAddr) -> RawClient {
    let mut client = RawClient::connect(address).await;
    client.send(GET).await;
    assert_eq!(client.answer().await.status, 200);
    client
}

fn open(metrics: &Metrics) -> f64 {
    metrics.sum("limpet_connections", &[])
}

fn paused(metrics: &Metrics) -> f64 {
    metrics.sum("limpet_accept_paused", &[])
}

#[tokio::test]
async fn the_fourth_of_three_waits_until_one_leaves() {
    let backend = RawBackend::start("app", &Journal::default()).await;
    let limpet = Limpet::start(&toml(backend.address, 2, 3)).await;
    let address = limpet.address("web");
    let (first, second, third) = (served(address).await, served(address).await, served(address).await);
    let mut fourth = RawClient::connect(address).await;
    fourth.send(GET).await;
    assert!(until(async || paused(&limpet.metrics().await) >= 1.0).await, "nobody says that somebody waits");
    let metrics = limpet.metrics().await;
    assert_eq!((open(&metrics), metrics.sum("limpet_requests_total", &[])), (3.0, 3.0));
    drop(first);
    assert_eq!(fourth.answer().await.status, 200);
    assert_eq!(open(&limpet.metrics().await), 3.0, "full again");
    drop((fourth, second, third));
    assert!(until(async || paused(&limpet.metrics().await) == 0.0).await, "still paused");
}

#[tokio::test]
async fn one_place_is_a_place_for_every_workers_clients() {
    let backend = RawBackend::start("app", &Journal::default()).await;
    let limpet = Limpet::start(&toml(backend.address, 2, 1)).await;
    // The kernel chooses a worker for each: with so many, both have their turn.
    for _ in 0..20 {
        drop(served(limpet.address("web")).await);
    }
}

#[tokio::test]
async fn clients_beyond_the_descriptors_wait_and_nothing_spins() {
    let backend = RawBackend::start("app", &Journal::default()).await;
    let shell = ["sh", "-c", "ulimit -n 256 && exec \"$@\"", "sh"];
    let mut limpet = Limpet::start_by(&shell, &toml(backend.address, 1, 0)).await;
    let mut clients = Vec::new();
    for _ in 0..300 {
        clients.push(RawClient::connect(limpet.address("web")).await);
    }
    assert!(until(async || paused(&limpet.metrics().await) == 1.0).await, "everybody was let in");
    let taken = open(&limpet.metrics().await);
    assert_eq!(taken, 96.0, "a reserve of 64, and two descriptors for each client");
    for client in &mut clients {
        client.send(GET).await;
    }
    let spent = spent_in_a_second(&limpet).await;
    assert!(spent < BUSY, "{spent} of a core while there is nothing to do");
    assert!(limpet.open_files() < 256);
    drop(clients);
    drop(served(limpet.address("web")).await);
    limpet.signal(Signal::TERM);
    assert_eq!(limpet.exit().await, Some(0));
}

#[tokio::test]
async fn without_a_descriptor_left_accepting_rests() {
    let backend = RawBackend::start("app", &Journal::default()).await;
    let times = "[timeouts]\nkeep_alive = \"1s\"\nbackend_keep_alive = \"1m\"\n";
    let limpet = Limpet::start(&(toml(backend.address, 1, 0) + times)).await;
    let address = limpet.address("web");
    drop(served(address).await);
    assert!(until(async || open(&limpet.metrics().await) == 0.0).await, "the first client is not gone");
    // One client more than now; or two, if the scrape's own descriptor was counted.
    let most = Some(limpet.open_files() as u64 + 1);
    prlimit(Some(limpet.id()), Resource::Nofile, Rlimit { current: most, maximum: most }).expect("a lower limit");
    let mut last = served(address).await;
    let mut next = loop {
        let mut next = RawClient::connect(address).await;
        next.send(GET).await;
        tokio::select! {
            _ = next.answer() => last = next,
            failed = until(async || limpet.said().contains("accept failed")) => {
                assert!(failed, "neither served nor refused by the system");
                break next;
            }
        }
    };
    let (started, cpu) = (Instant::now(), limpet.cpu());
    assert_eq!(last.rest().await.ended, Ended::Fin, "its time between two requests is over");
    let spent = (limpet.cpu() - cpu).as_secs_f64() / started.elapsed().as_secs_f64();
    assert!(spent < BUSY, "{spent} of a core while there is nothing to do");
    assert_eq!(next.answer().await.status, 200, "the descriptor that became free is used");
    let complaints = limpet.said().matches("accept failed").count();
    assert!(complaints <= 3, "{complaints} complaints in a second: once each time is enough");
}

/// The share of a core that limpet uses, over a second by its own heartbeat.
async fn spent_in_a_second(limpet: &Limpet) -> f64 {
    let beats = async || limpet.metrics().await.sum("limpet_worker_lag_seconds_count", &[]);
    let (started, cpu, first) = (Instant::now(), limpet.cpu(), beats().await);
    assert!(until(async || beats().await >= first + 20.0).await, "the worker's heart stopped");
    (limpet.cpu() - cpu).as_secs_f64() / started.elapsed().as_secs_f64()
}
