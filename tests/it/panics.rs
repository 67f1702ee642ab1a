//! A panic in the middle of an exchange ends that exchange's connection, and nothing of it is left behind.
//!
//! Panics are made at every step that the feature `lab` knows, very often, so that whatever each of them loses adds
//! up: memory of the worker, places for clients, counters. Beside them somebody is served all the time, and somebody
//! else waits for a slow answer.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Once;

use limpet::lab;

use crate::harness::{Metrics, until};
use crate::inside::Inside;
use crate::lockstep::{Caller, CannedBackend};

/// Panics at each step.
const TIMES: u32 = 1_000;
/// Panics before anything is measured.
const WARM: u32 = 20;
/// Bytes that the worker may hold more after all panics of a step: a single buffer that was not given back is more,
/// and so is any loss of 33 bytes a panic.
const SLACK: i64 = 32 * 1024;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
/// Answered by limpet itself: when its answer has come, the steps of all earlier exchanges are over.
const CALM: &[u8] = b"OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[tokio::test]
async fn at_each_step_of_an_exchange() {
    silence();
    let (backend, slow) = (CannedBackend::start(OK), TcpListener::bind("127.0.0.1:0").unwrap());
    let limpet = Inside::start(&toml(&backend, &slow));
    let mut bystander = Caller::connect(limpet.address());
    bystander.exchange(CALM);
    for step in lab::steps() {
        println!("{step}");
        panics(&limpet, &step, WARM, &mut bystander);
        let (mut waiting, mut slow_side) = (Caller::connect(limpet.address()), [0; 4096]);
        waiting.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
        let (mut answering, _) = slow.accept().unwrap();
        let count = answering.read(&mut slow_side).unwrap();
        assert!(slow_side[..count].starts_with(b"GET /slow "));
        let before = settled(&limpet, &step).await;
        panics(&limpet, &step, TIMES, &mut bystander);
        let after = settled(&limpet, &step).await;
        assert_eq!(after.panics - before.panics, f64::from(TIMES), "{step}: each is counted once");
        let grown = after.live - before.live;
        assert!(grown < SLACK, "{step}: {grown} bytes more are held");
        answering.write_all(OK).unwrap();
        assert_eq!(waiting.answer().expect("an answer to whoever waited").body, b"ok", "{step}");
        // The next step's slow exchange finds no connection of this one.
        drop(answering);
        waiting.exchange(CALM);
    }
}

/// More places than there are clients here; far fewer than panics.
fn toml(backend: &CannedBackend, slow: &TcpListener) -> String {
    format!(
        "[listeners.web]\naddress = \"127.0.0.1:0\"\n[routes.all]\npool = \"app\"\n\
         [routes.slow]\npaths = [\"/slow\"]\npool = \"slow\"\n\
         [pools.app]\nbackends = [\"{}\"]\nsticky = \"cookie\"\n[pools.slow]\nbackends = [\"{}\"]\n\
         [log]\naccess = \"off\"\n[limits]\nmax_connections = 8\n",
        backend.address,
        slow.local_addr().unwrap()
    )
}

/// Makes exchanges panic, one after the other, and lets the bystander have one of his own after each.
fn panics(limpet: &Inside, step: &str, times: u32, bystander: &mut Caller) {
    for _ in 0..times {
        lab::panic_at(step, 1);
        let mut victim = Caller::connect(limpet.address());
        victim.send(GET);
        // The later steps come when the answer is out already.
        victim.answer();
        victim.end();
        assert_eq!(bystander.exchange(GET).body, b"ok");
        bystander.exchange(CALM);
    }
}

/// What is to be as it was.
struct Settled {
    panics: f64,
    live: i64,
}

/// Waits until nobody is connected but the bystander and the one who waits, and only he is at a backend.
async fn settled(limpet: &Inside, step: &str) -> Settled {
    let mut seen = Metrics::default();
    let at_rest = async || {
        seen = Metrics::scrape(limpet.status()).await;
        let at_backends = seen.sum("limpet_backend_connections", &[("state", "active")]);
        let counts = [seen.sum("limpet_connections", &[]), seen.sum("limpet_backend_in_flight", &[]), at_backends];
        counts == [2.0, 1.0, 1.0] && seen.sum("limpet_backend_connections", &[("state", "idle")]) <= 2.0
    };
    assert!(until(at_rest).await, "{step}: connections or requests are counted that are gone");
    Settled { panics: seen.sum("limpet_panics_total", &[]), live: limpet.account().live }
}

/// Our own panics say nothing; all others are told as usual.
fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !info.payload_as_str().is_some_and(|text| text.starts_with("made to panic at")) {
                usual(info);
            }
        }));
    });
}
