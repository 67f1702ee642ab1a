//! How new sessions are spread: evenly by each worker, and not by all workers in step.
//!
//! Evenness is exact where one worker places everything, so nothing here is a matter of luck. The order within a round
//! is tested beside the policy.

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::{App, Journal, Limpet, RawClient};
use crate::scene::{Scene, ask, backend, cookie, line, request, toml};

const BACKENDS: [&str; 3] = ["web-1", "web-2", "web-3"];

#[tokio::test]
async fn a_worker_spreads_new_sessions_evenly() {
    for sticky in ["", "[pools.app.sticky]\n"] {
        let scene = Scene::with(&BACKENDS, sticky).await;
        let mut clients = [scene.client().await, scene.client().await, scene.client().await, scene.client().await];
        let mut asked: BTreeMap<String, usize> = BTreeMap::new();
        for turn in 0..120 {
            let answer = ask(&mut clients[turn * 5 % 4], &request("GET", "/", &[])).await;
            *asked.entry(backend(&answer).unwrap()).or_default() += 1;
        }
        assert_eq!(asked.into_values().collect::<Vec<_>>(), [40, 40, 40], "with {sticky:?}");
    }
}

/// Hits go home without taking a turn from those who have none.
#[tokio::test]
async fn sessions_at_home_do_not_bend_the_spread_of_new_ones() {
    let scene = Scene::with(&BACKENDS, "[pools.app.sticky]\n").await;
    let mut client = scene.client().await;
    let token = cookie(&ask(&mut client, &request("GET", "/", &[])).await).unwrap();
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..60 {
        // Two hits between two new sessions: with three backends a shared count would send all to one.
        for _ in 0..2 {
            ask(&mut client, &request("GET", "/", &[&token])).await;
        }
        *asked.entry(backend(&ask(&mut client, &request("GET", "/", &[])).await).unwrap()).or_default() += 1;
    }
    assert_eq!(asked.into_values().collect::<Vec<_>>(), [20, 20, 20]);
}

#[tokio::test]
async fn workers_do_not_march_in_step() {
    let journal = Journal::default();
    let app = App::start("all", &journal).await;
    // A thousand names for one address: whoever begins where another began shows it by the name.
    let members: Vec<_> =
        (0..1000).map(|at| format!("{{ name = \"web-{at}\", address = \"{}\" }}", app.address)).collect();
    let limpet = Limpet::start(&toml(&members.join(", "), "[workers]\ncount = 8\n")).await;
    let mut answers = Vec::new();
    for _ in 0..48 {
        answers.push(ask(&mut RawClient::connect(limpet.address("web")).await, &request("GET", "/", &[])).await);
    }
    let mut asked = BTreeSet::new();
    for answer in &answers {
        asked.insert(line(&limpet, answer).await.get("limpet.backend").unwrap());
    }
    // In step, all eight would go through the same few names.
    assert!(asked.len() > 36, "only {} of 48 were asked: {asked:?}", asked.len());
}
