//! `[status]`: where the read-only listener listens, and who may ask it.
//!
//! Its clients are all on this machine, so the lists name loopback or leave it out. What it answers to those it lets in
//! is in the tests of `status`.

use std::net::SocketAddr;

use crate::harness::{Limpet, RawClient, own_address, until};
use crate::scene::{Scene, ask, named, open, request, toml};

async fn livez(address: SocketAddr) -> u16 {
    ask(&mut RawClient::connect(address).await, &request("GET", "/livez", &[])).await.status
}

#[tokio::test]
pub(super) async fn it_listens_at_its_address_or_not_at_all() {
    let address = own_address();
    let scene = Scene::start(&format!("[status]\naddress = \"{address}\"\n")).await;
    assert_eq!(scene.limpet.address("status"), address);
    assert_eq!(livez(address).await, 200);

    let (_journal, apps) = open(&["web-1"]).await;
    let web = own_address();
    let off = toml(&named(&apps), "[status]\naddress = \"off\"\n").replace("127.0.0.1:0", &web.to_string());
    let limpet = Limpet::launch(&off, &[], |_| {});
    assert!(until(async || limpet.said().contains(&web.to_string())).await, "{}", limpet.said());
    // The status listener would have been named before the first request is served.
    assert_eq!(ask(&mut RawClient::connect(web).await, &request("GET", "/", &[])).await.status, 200);
    assert!(!limpet.said().contains("\"status\""), "{}", limpet.said());
}

#[tokio::test]
pub(super) async fn only_who_is_allowed_is_answered() {
    for (allow, status) in [
        ("[\"private\"]", 200),
        ("[\"127.0.0.1\"]", 200),
        ("[\"10.0.0.0/8\", \"127.0.0.0/8\"]", 200),
        ("[\"10.0.0.0/8\"]", 403),
        ("[]", 403),
    ] {
        let scene = Scene::start(&format!("[status]\naddress = \"127.0.0.1:0\"\nallow = {allow}\n")).await;
        assert_eq!(livez(scene.limpet.address("status")).await, status, "{allow}");
    }
}

#[tokio::test]
pub(super) async fn who_is_denied_is_told_so() {
    for (deny, status) in [("[\"10.0.0.0/8\"]", 200), ("[\"127.0.0.1/32\"]", 403), ("[\"private\"]", 403)] {
        let scene = Scene::start(&format!("[status]\naddress = \"127.0.0.1:0\"\ndeny = {deny}\n")).await;
        assert_eq!(livez(scene.limpet.address("status")).await, status, "{deny}");
    }
}
