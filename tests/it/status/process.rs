//! What is counted of the process itself: its version, its sweeps, what went wrong inside it.
//!
//! Some of this never happens to a limpet that is well, so a reader of its log is taken away, and a panic is made. No
//! client can bring about either.

use crate::harness::{Limpet, Metrics, RawClient, until};
use crate::inside::Inside;
use crate::scene::{Scene, ask, named, open, request, toml};

#[tokio::test]
pub(super) async fn the_version_is_told() {
    let metrics = Scene::start("").await.limpet.metrics().await;
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(metrics.sum("limpet_build_info", &[("version", version)]), 1.0);
    assert_eq!(metrics.sum("limpet_panics_total", &[]), 0.0);
    assert!(metrics.sum("process_resident_memory_bytes", &[]) > 0.0, "what every process tells is told as well");
}

#[tokio::test]
pub(super) async fn sweeps_are_timed() {
    let scene = Scene::start("").await;
    let count = async || scene.limpet.metrics().await.sum("limpet_worker_lag_seconds_count", &[]);
    let first = count().await;
    assert!(until(async || count().await >= first + 3.0).await, "no sweep since {first}");
}

#[tokio::test]
pub(super) async fn log_lines_that_nobody_reads_are_counted() {
    let (_journal, apps) = open(&["web-1"]).await;
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let toml = toml(&named(&apps), "");
    let limpet = Limpet::start_with(&toml, |command| _ = command.stdout(writer)).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    for _ in 0..5 {
        // Without a reader of its log limpet serves as ever.
        assert_eq!(ask(&mut client, &request("GET", "/", &[])).await.status, 200);
    }
    let dropped = async || limpet.metrics().await.sum("limpet_log_lines_dropped_total", &[]) == 5.0;
    assert!(until(dropped).await);
}

/// Nothing from outside makes limpet panic, as far as anybody knows; so this one is made to, from inside.
#[tokio::test]
pub(super) async fn a_panic_is_counted() {
    let (_journal, apps) = open(&["web-1"]).await;
    let toml = format!(
        "[listeners.web]\naddress = \"127.0.0.1:0\"\n[routes.all]\npool = \"app\"\n[pools.app]\nbackends = [{}]\n\
         [log]\naccess = \"off\"\n",
        named(&apps)
    );
    let inside = Inside::start(&toml);
    let panics = async || Metrics::scrape(inside.status()).await.sum("limpet_panics_total", &[]);
    assert_eq!(panics().await, 0.0);
    limpet::lab::panic_at("Routed", 1);
    let mut client = RawClient::connect(inside.address()).await;
    client.send(request("GET", "/", &[]).as_bytes()).await;
    assert!(client.rest().await.bytes.is_empty(), "the exchange that panicked is answered");
    assert!(until(async || panics().await == 1.0).await);
    assert_eq!(ask(&mut RawClient::connect(inside.address()).await, &request("GET", "/", &[])).await.status, 200);
}
