//! However the bytes are cut, the verdict is the same: the samples, in one piece, in random pieces and byte by byte.
//!
//! Over sockets, where a cut is a hint to the kernel; cuts at every single byte are made in process, over the same
//! samples.

use super::group::hold;
use super::play::Delivery;
use super::tables::table;

#[tokio::test]
async fn samples_in_one_piece_and_byte_by_byte() {
    hold(table("samples.txt"), |_| vec![Delivery::Whole, Delivery::Bytes]).await;
}

#[tokio::test]
async fn samples_in_random_pieces() {
    hold(table("samples.txt"), |case| (0..12).map(|seed| Delivery::Split(seed * 1009 + u64::from(case.row))).collect())
        .await;
}

#[test]
fn there_are_forty_samples_and_more() {
    assert!(table("samples.txt").cases.len() >= 40);
}
