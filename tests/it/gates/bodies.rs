//! A body of 1 GiB passes whole, each way and in each framing; see `stall` for what is sent and how it is checked.
//!
//! Here because it takes optimised code to do so quickly.

use crate::bulk::Bulk;
use crate::stall::{Way, passes};

const GIB: u64 = 1 << 30;

#[tokio::test]
async fn up_with_length() {
    passes(Way::Up, Bulk { bytes: GIB, chunked: false }).await;
}

#[tokio::test]
async fn up_chunked() {
    passes(Way::Up, Bulk { bytes: GIB, chunked: true }).await;
}

#[tokio::test]
async fn down_with_length() {
    passes(Way::Down, Bulk { bytes: GIB, chunked: false }).await;
}

#[tokio::test]
async fn down_chunked() {
    passes(Way::Down, Bulk { bytes: GIB, chunked: true }).await;
}
