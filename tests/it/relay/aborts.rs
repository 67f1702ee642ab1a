//! A client that goes away for good while its request is at a backend: a reset is an abort, and the backend learns of
//! it at once.
//!
//! A FIN is none, it only says that nothing more will be asked; `streaming` shows that it is answered.

use crate::harness::{Act, Journal, Limpet, RawClient, ScriptedBackend, until};
use crate::scene::{request, toml};

/// Takes a request and never answers it.
const SILENT: &[Act] = &[Act::Request];

#[tokio::test]
async fn a_reset_ends_the_exchange_at_the_backend() {
    let journal = Journal::default();
    let backend = ScriptedBackend::start(&[SILENT], &journal).await;
    let limpet = Limpet::start(&toml(&format!("\"{}\"", backend.address), "")).await;
    for (aborts, body) in [(1, ""), (2, "with a body")] {
        let mut client = RawClient::connect(limpet.address("web")).await;
        let head = request("POST", &format!("/{aborts}"), &[&format!("Content-Length: {}", body.len())]);
        client.send(format!("{head}{body}").as_bytes()).await;
        let whole = |target: &str| journal.read(|records| records.with(target).iter().any(|seen| seen.whole));
        assert!(until(async || whole(&format!("/{aborts} "))).await, "no request at the backend");
        client.reset();
        let line = limpet.wait_line("the abort", |line| line.get("url.path") == Some(format!("/{aborts}"))).await;
        let told = ["limpet.reason", "limpet.ended_by", "limpet.phase"].map(|name| line.get(name).unwrap());
        assert_eq!(told, ["client_gone", "client", "backend"]);
        let ended = || journal.read(|records| records.connections.iter().all(|one| one.ended.is_some()));
        assert!(until(async || ended()).await, "the backend goes on for nobody");
        let metrics = limpet.metrics().await;
        assert_eq!(metrics.sum("limpet_client_aborts_total", &[("phase", "backend")]), f64::from(aborts));
        assert_eq!(metrics.sum("limpet_backend_in_flight", &[]), 0.0);
    }
}
