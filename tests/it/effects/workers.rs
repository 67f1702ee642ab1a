//! `[workers]`: as many threads as asked for, each of which takes connections of its own.
//!
//! The system spreads connections over them, so this is seen in their counters and not in their number alone. It must
//! not depend on how many cores there are.

use crate::harness::until;
use crate::scene::{Scene, ask, request};

#[tokio::test]
pub(super) async fn each_worker_takes_connections() {
    for count in [1, 3] {
        let scene = Scene::start(&format!("[workers]\ncount = {count}\n")).await;
        let told = async || scene.limpet.said().contains(&format!("\"workers\":{count}"));
        assert!(until(told).await, "{}", scene.limpet.said());
        let mut clients = Vec::new();
        // The system spreads them by a hash of their ports; that one of three workers gets none of 60 never happens.
        for _ in 0..60 {
            let mut client = scene.client().await;
            assert_eq!(ask(&mut client, &request("GET", "/", &[])).await.status, 200);
            clients.push(client);
        }
        let mut open = Vec::new();
        let all_open = async || {
            let metrics = scene.limpet.metrics().await;
            let of = |worker: usize| metrics.sum("limpet_worker_connections", &[("worker", &worker.to_string())]);
            open = (0..count + 1).map(of).collect();
            open.iter().sum::<f64>() == 60.0
        };
        assert!(until(all_open).await, "connections by worker: {open:?}");
        assert!(open[..count].iter().all(|open| *open > 0.0) && open[count] == 0.0, "connections by worker: {open:?}");
    }
}
