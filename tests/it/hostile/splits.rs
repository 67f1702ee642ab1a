//! However the bytes are cut, the verdict is the same: the samples, in one piece, in random pieces and byte by byte.
//!
//! Over sockets, where a cut is a hint to the kernel; cuts at every single byte are made in process, over the same
//! samples.

use super::group::play_and_judge;
use super::play::Delivery;
use super::table::Case;
use super::tables::table;

#[tokio::test]
async fn one_piece_or_byte_by_byte_is_all_the_same() {
    play_and_judge(table("samples.txt"), |_| vec![Delivery::Whole, Delivery::Bytes]).await;
}

#[tokio::test]
async fn random_pieces_change_no_verdict() {
    let splits = |case: &Case| (0..12).map(|seed| Delivery::Split(seed * 1009 + u64::from(case.row))).collect();
    play_and_judge(table("samples.txt"), splits).await;
}
