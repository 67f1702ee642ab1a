//! `[listeners.NAME]`: where clients connect, and whom to believe about where they came from.
//!
//! Several listeners of one limpet differ in that one key alone, so that what differs in the outcome is its effect.
//! What each forwarding field is made of is tested beside the code.

use tokio::net::TcpStream;

use crate::harness::{Limpet, RawClient, own_address};
use crate::scene::{Scene, ask, named, open, request};

#[tokio::test]
pub(super) async fn clients_connect_to_its_address_and_no_other() {
    let (_journal, apps) = open(&["web-1"]).await;
    let (one, other) = (own_address(), own_address());
    let toml = format!(
        "[listeners.one]\naddress = \"{one}\"\n[listeners.two]\naddress = \"127.0.0.1:0\"\n\
         [routes.all]\npool = \"app\"\n[pools.app]\nbackends = [{}]\n[status]\naddress = \"127.0.0.1:0\"\n",
        named(&apps)
    );
    let limpet = Limpet::start(&toml).await;
    assert_eq!(limpet.address("one"), one);
    let chosen = limpet.address("two");
    assert_ne!(chosen.port(), 0, "port 0 asks for any port");
    for address in [one, chosen] {
        let mut client = RawClient::connect(address).await;
        assert_eq!(ask(&mut client, &request("GET", "/", &[])).await.status, 200);
    }
    for address in [other, (other.ip(), one.port()).into()] {
        assert!(TcpStream::connect(address).await.is_err(), "somebody listens at {address}");
    }
}

/// What a proxy in front says; a stranger may say it as well.
const TOLD: [&str; 7] = [
    "X-Forwarded-For: 198.51.100.7",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: shop.example",
    "X-Forwarded-Port: 443",
    "X-Real-IP: 198.51.100.7",
    "Forwarded: for=198.51.100.7",
    "X-Request-Id: from-outside",
];

#[tokio::test]
pub(super) async fn only_a_trusted_proxy_is_believed() {
    let more = "[listeners.edge]\naddress = \"127.0.0.1:0\"\ntrusted_proxies = [\"127.0.0.0/8\"]\n\
                [listeners.far]\naddress = \"127.0.0.1:0\"\ntrusted_proxies = [\"10.0.0.0/8\"]\n";
    let scene = Scene::start(more).await;
    for (listener, believed) in [("web", false), ("edge", true), ("far", false)] {
        let mut client = RawClient::connect(scene.limpet.address(listener)).await;
        assert_eq!(ask(&mut client, &request("GET", &format!("/{listener}"), &TOLD)).await.status, 200);
        let told = scene.told();
        let has = |line: &str| told.contains(&format!("\r\n{line}\r\n"));
        if believed {
            assert!(has("X-Forwarded-For: 198.51.100.7, 127.0.0.1"), "{told}");
            assert!(TOLD[1..].iter().all(|line| has(line)), "{told}");
        } else {
            assert!(TOLD.iter().all(|line| !has(line)), "{listener} believed a stranger: {told}");
            assert!(!told.contains("198.51.100.7") && !told.contains("https"), "{told}");
            assert!(has("X-Forwarded-For: 127.0.0.1") && has("X-Forwarded-Proto: http"), "{told}");
            assert!(has("X-Forwarded-Host: a"), "{told}");
        }
        let path = format!("/{listener}");
        let line = scene.limpet.wait_line("its line", |line| line.get("url.path").as_ref() == Some(&path)).await;
        let client = if believed { "198.51.100.7" } else { "127.0.0.1" };
        assert_eq!(line.get("client.address").as_deref(), Some(client));
        assert_eq!(line.get("limpet.listener").as_deref(), Some(listener));
        assert_eq!(line.get("limpet.request_id").as_deref() == Some("from-outside"), believed);
    }
}
