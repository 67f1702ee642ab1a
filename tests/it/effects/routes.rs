//! `[routes.NAME]`: each matcher picks the requests that it names, and leaves all others to the route that asks for
//! nothing.
//!
//! Two routes are enough to see a matcher at work; which of several wins is tested beside the router.

use crate::harness::{Limpet, RawClient};
use crate::scene::{ask, backend, line, named, open, request};

/// Starts a limpet with a route `picked` that has this matcher, and sends it requests; each comes with the listener
/// it goes to and whether it is to be picked.
async fn picks(matcher: &str, cases: &[(bool, &str, String)]) {
    picks_beside(matcher, "", cases).await;
}

/// As above, where the other route has a matcher too.
async fn picks_beside(matcher: &str, other: &str, cases: &[(bool, &str, String)]) {
    let (_journal, apps) = open(&["picked", "rest"]).await;
    let toml = format!(
        "[listeners.web]\naddress = \"127.0.0.1:0\"\n[listeners.side]\naddress = \"127.0.0.1:0\"\n\
         [routes.picked]\npool = \"picked\"\n{matcher}\n[routes.rest]\npool = \"rest\"\n{other}\n\
         [pools.picked]\nbackends = [{}]\n[pools.rest]\nbackends = [{}]\n[status]\naddress = \"127.0.0.1:0\"\n",
        named(&apps[..1]),
        named(&apps[1..]),
    );
    let limpet = Limpet::start(&toml).await;
    for (picked, listener, request) in cases {
        let answer = ask(&mut RawClient::connect(limpet.address(listener)).await, request).await;
        let wanted = if *picked { "picked" } else { "rest" };
        assert_eq!(backend(&answer).as_deref(), Some(wanted), "{matcher}: {request}");
        let line = line(&limpet, &answer).await;
        let told = ["limpet.route", "limpet.pool", "limpet.backend"].map(|name| line.get(name));
        assert!(told.iter().all(|name| name.as_deref() == Some(wanted)), "{told:?}: {matcher}: {request}");
    }
}

fn get(target: &str, fields: &[&str]) -> String {
    request("GET", target, fields)
}

fn host(name: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: {name}\r\n\r\n")
}

#[tokio::test]
pub(super) async fn by_host() {
    let cases = [
        (true, "web", host("shop.test")),
        (true, "web", host("SHOP.test.:8080")),
        (true, "web", host("a.apps.test")),
        (true, "web", host("a.b.apps.test")),
        (true, "web", "GET http://shop.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n".to_owned()),
        (false, "web", host("apps.test")),
        (false, "web", host("www.shop.test")),
        (false, "web", "GET / HTTP/1.0\r\n\r\n".to_owned()),
    ];
    picks("hosts = [\"shop.test\", \"*.apps.test\"]", &cases).await;
}

#[tokio::test]
pub(super) async fn by_path() {
    let cases = [
        (true, "web", get("/cart", &[])),
        (true, "web", get("/cart/items?a=b", &[])),
        (true, "web", get("/x/../c%61rt", &[])),
        (true, "web", get("/exact", &[])),
        (false, "web", get("/carts", &[])),
        (false, "web", get("/exact/ly", &[])),
        (false, "web", get("/cart%2Fitems", &[])),
        (false, "web", get("/", &[])),
    ];
    picks("paths = [\"/cart\", \"=/exact\"]", &cases).await;
}

#[tokio::test]
pub(super) async fn by_method() {
    let cases = [
        (true, "web", request("PUT", "/", &[])),
        (true, "web", request("PROPFIND", "/", &[])),
        (false, "web", get("/", &[])),
        (false, "web", request("put", "/", &[])),
    ];
    picks("methods = [\"PUT\", \"PROPFIND\"]", &cases).await;
}

#[tokio::test]
pub(super) async fn by_header() {
    let cases = [
        (true, "web", get("/", &["X-Plan: gold", "X-Version: v2.1", "X-Any: whatever"])),
        (true, "web", get("/", &["x-plan: silver", "x-plan: gold", "x-version: v2", "x-any:"])),
        (false, "web", get("/", &["X-Plan: golden", "X-Version: v2", "X-Any: 1"])),
        (false, "web", get("/", &["X-Plan: gold", "X-Version: v1", "X-Any: 1"])),
        (false, "web", get("/", &["X-Plan: gold", "X-Version: v2"])),
    ];
    picks("match_headers = { X-Plan = \"gold\", X-Version = \"v2*\", X-Any = \"*\" }", &cases).await;
}

#[tokio::test]
pub(super) async fn by_query() {
    let cases = [
        (true, "web", get("/?plan=gold&v=2.1", &[])),
        (true, "web", get("/?v=2&a=b&plan=%67old", &[])),
        (false, "web", get("/?plan=golden&v=2", &[])),
        (false, "web", get("/?plan=gold", &[])),
        (false, "web", get("/", &[])),
    ];
    picks("match_query = { plan = \"gold\", v = \"2*\" }", &cases).await;
}

#[tokio::test]
pub(super) async fn by_listener() {
    let cases = [(true, "side", get("/", &[])), (false, "web", get("/", &[])), (true, "side", get("/a?b", &[]))];
    picks_beside("listeners = [\"side\"]", "listeners = [\"web\"]", &cases).await;
}

#[tokio::test]
pub(super) async fn each_route_has_its_pool() {
    picks("paths = [\"/a\"]", &[(true, "web", get("/a", &[])), (false, "web", get("/b", &[]))]).await;
}
