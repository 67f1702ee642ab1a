//! `[pools.NAME]`: its members and their names, how a request is placed among them, whether sessions are kept.
//!
//! Names and addresses are told apart by moving one while the other stays. How evenly turns are taken over a longer
//! time is in `stickiness`.

use crate::harness::{App, Journal, Limpet, RawClient};
use crate::scene::{Scene, ask, backend, cookie, line, named, open, request, toml};

#[tokio::test]
pub(super) async fn a_backend_is_reached_at_its_address() {
    let (journal, apps) = open(&["web-1", "web-2"]).await;
    let mixed = format!("\"{}\", {{ address = \"{}\" }}", apps[0].address, apps[1].address);
    let limpet = Limpet::start(&toml(&mixed, "")).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    let mut reached = Vec::new();
    for _ in 0..2 {
        let answer = ask(&mut client, &request("GET", "/", &[])).await;
        reached.push((backend(&answer).unwrap(), line(&limpet, &answer).await.get("limpet.backend").unwrap()));
    }
    reached.sort();
    // Without a name, a backend is known by its address.
    let known: Vec<_> = apps.iter().map(|app| (app.name.to_owned(), app.address.to_string())).collect();
    assert_eq!(reached, known);
    assert_eq!(journal.read(|records| records.seen.len()), 2);
}

#[tokio::test]
pub(super) async fn a_backend_is_known_by_its_name() {
    let scene = Scene::with(&["web-1", "web-2", "web-3"], "[pools.app.sticky]\n").await;
    let first = scene.get("/", &[]).await;
    let (token, home) = (cookie(&first).unwrap(), backend(&first).unwrap());
    assert_eq!(line(&scene.limpet, &first).await.get("limpet.backend").as_ref(), Some(&home));
    let metrics = scene.limpet.metrics().await;
    assert_eq!(metrics.sum("limpet_backend_requests_total", &[("backend", &home)]), 1.0);

    // The same names at new addresses: sessions follow the name.
    let journal = Journal::default();
    let mut apps = Vec::new();
    for name in ["web-3", "web-1", "web-2"] {
        apps.push(App::start(name, &journal).await);
    }
    let limpet = Limpet::start(&toml(&named(&apps), "[pools.app.sticky]\n")).await;
    for _ in 0..3 {
        let mut client = RawClient::connect(limpet.address("web")).await;
        let answer = ask(&mut client, &request("GET", "/", &[&token])).await;
        assert_eq!(backend(&answer), Some(home.clone()));
    }
}

#[tokio::test]
pub(super) async fn round_robin_asks_one_after_the_other() {
    let scene = Scene::with(&["web-1", "web-2", "web-3"], "").await;
    let mut client = scene.client().await;
    let mut asked = Vec::new();
    for _ in 0..9 {
        asked.push(backend(&ask(&mut client, &request("GET", "/", &[])).await).unwrap());
    }
    let mut round = asked[..3].to_vec();
    assert_eq!(asked, [&round[..], &round, &round].concat());
    round.sort();
    assert_eq!(round, ["web-1", "web-2", "web-3"]);
}

#[tokio::test]
pub(super) async fn a_sticky_pool_sets_a_cookie_and_another_does_not() {
    let (_journal, apps) = open(&["web-1", "web-2"]).await;
    for (more, sticky) in [
        ("", false),
        ("sticky = \"cookie\"\n", true),
        ("sticky = { mode = \"cookie\" }\n", true),
        ("sticky = {}\n", true),
    ] {
        let toml = toml(&named(&apps), "").replace("[workers]", &format!("{more}[workers]"));
        let limpet = Limpet::start(&toml).await;
        let mut client = RawClient::connect(limpet.address("web")).await;
        let answer = ask(&mut client, &request("GET", "/", &[])).await;
        assert_eq!(cookie(&answer).is_some(), sticky, "{more}");
        let outcome = line(&limpet, &answer).await.get("limpet.sticky");
        assert_eq!(outcome.as_deref(), sticky.then_some("new"), "{more}");
    }
}
