//! What is counted of connections: gauges go up and come down again.
//!
//! Each test leads its gauge through all that it can show and back to where it began. A gauge follows its event some
//! time later, so every value is waited for.

use crate::harness::{Act, Journal, Limpet, RawClient, ScriptedBackend, until};
use crate::scene::{Scene, ask, request, toml};

/// A metric, labels, and the sum of the series that carry them.
type Sum<'a> = (&'a str, &'a [(&'a str, &'a str)], f64);

/// Waits until each of these sums is what it should be.
async fn come_to(limpet: &Limpet, wanted: &[Sum<'_>]) {
    let mut last = Vec::new();
    let there = async || {
        let metrics = limpet.metrics().await;
        last = wanted.iter().map(|(name, labels, _)| metrics.sum(name, labels)).collect();
        last.iter().zip(wanted).all(|(sum, (.., wanted))| sum == wanted)
    };
    assert!(until(there).await, "{wanted:?}, but they are {last:?}");
}

#[tokio::test]
pub(super) async fn client_connections_come_and_go() {
    let scene = Scene::start("[listeners.side]\naddress = \"127.0.0.1:0\"\n").await;
    let (web, side): (&[_], &[_]) = (&[("listener", "web")], &[("listener", "side")]);
    let at = |open: f64, accepted: f64| {
        [
            ("limpet_connections", web, open),
            ("limpet_connections_total", web, accepted),
            ("limpet_connections", side, 1.0),
            ("limpet_connections_total", side, 1.0),
            ("limpet_worker_connections", &[("worker", "0")], open + 1.0),
        ]
    };
    let _side = RawClient::connect(scene.limpet.address("side")).await;
    come_to(&scene.limpet, &at(0.0, 0.0)).await;
    let mut clients = vec![scene.client().await, scene.client().await, scene.client().await];
    come_to(&scene.limpet, &at(3.0, 3.0)).await;
    assert_eq!(ask(&mut clients[0], &request("GET", "/", &[])).await.status, 200);
    clients.truncate(1);
    come_to(&scene.limpet, &at(1.0, 3.0)).await;
    clients.push(scene.client().await);
    come_to(&scene.limpet, &at(2.0, 4.0)).await;
}

const OK: Act = Act::Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

#[tokio::test]
pub(super) async fn requests_at_a_backend_are_counted_while_they_are_there() {
    let journal = Journal::default();
    let backend = ScriptedBackend::start(&[&[Act::Request, Act::Hold, OK]], &journal).await;
    let limpet = Limpet::start(&toml(&format!("{{ name = \"web-1\", address = \"{}\" }}", backend.address), "")).await;
    let labels: &[_] = &[("pool", "app"), ("backend", "web-1")];
    let in_flight = |count| [("limpet_backend_in_flight", labels, count)];
    come_to(&limpet, &in_flight(0.0)).await;
    let mut clients = Vec::new();
    for count in [1.0, 2.0, 3.0] {
        let mut client = RawClient::connect(limpet.address("web")).await;
        client.send(request("GET", "/", &[]).as_bytes()).await;
        clients.push(client);
        come_to(&limpet, &in_flight(count)).await;
    }
    backend.release();
    for client in &mut clients {
        assert_eq!(client.answer().await.status, 200);
    }
    come_to(&limpet, &in_flight(0.0)).await;
}

#[tokio::test]
pub(super) async fn backend_connections_are_in_use_or_idle() {
    let journal = Journal::default();
    let backend = ScriptedBackend::start(&[&[Act::Request, Act::Hold, OK]], &journal).await;
    let more = "[timeouts]\nbackend_keep_alive = \"1s\"\n";
    let limpet =
        Limpet::start(&toml(&format!("{{ name = \"web-1\", address = \"{}\" }}", backend.address), more)).await;
    let labels = |state| [("pool", "app"), ("backend", "web-1"), ("state", state)];
    let (active, idle) = (labels("active"), labels("idle"));
    let name = "limpet_backend_connections";
    let at = |active_now, idle_now| [(name, &active[..], active_now), (name, &idle[..], idle_now)];
    come_to(&limpet, &at(0.0, 0.0)).await;
    let mut clients =
        [RawClient::connect(limpet.address("web")).await, RawClient::connect(limpet.address("web")).await];
    for client in &mut clients {
        client.send(request("GET", "/", &[]).as_bytes()).await;
    }
    come_to(&limpet, &at(2.0, 0.0)).await;
    backend.release();
    for client in &mut clients {
        assert_eq!(client.answer().await.status, 200);
    }
    come_to(&limpet, &at(0.0, 2.0)).await;
    // They lie idle for their time and are closed.
    come_to(&limpet, &at(0.0, 0.0)).await;
}

#[tokio::test]
pub(super) async fn accepting_pauses_when_there_is_no_room() {
    let scene = Scene::start("[limits]\nmax_connections = 1\n").await;
    let paused = |now| [("limpet_accept_paused", &[][..], now)];
    come_to(&scene.limpet, &paused(0.0)).await;
    let mut client = scene.client().await;
    assert_eq!(ask(&mut client, &request("GET", "/", &[])).await.status, 200);
    come_to(&scene.limpet, &paused(1.0)).await;
    let mut next = scene.client().await;
    come_to(&scene.limpet, &paused(1.0)).await;
    drop(client);
    assert_eq!(ask(&mut next, &request("GET", "/", &[])).await.status, 200);
    drop(next);
    come_to(&scene.limpet, &paused(0.0)).await;
}
