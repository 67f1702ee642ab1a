//! One test a table, and which tables there are.
//!
//! A row whose verdict says that the head may have gone upstream before the fault shows is played twice: once as one
//! write, once with its body held back until a backend has seen the head.

use super::group::play_and_judge;
use super::play::Delivery;
use super::table::{Case, Table};

/// Every table, read.
pub(crate) fn all() -> Vec<Table> {
    let files = [
        ("lengths.txt", include_str!("lengths.txt")),
        ("transfer_encoding.txt", include_str!("transfer_encoding.txt")),
        ("chunks.txt", include_str!("chunks.txt")),
        ("request_line.txt", include_str!("request_line.txt")),
        ("fields.txt", include_str!("fields.txt")),
        ("limits.txt", include_str!("limits.txt")),
        ("responses.txt", include_str!("responses.txt")),
        ("upgrade.txt", include_str!("upgrade.txt")),
        ("samples.txt", include_str!("samples.txt")),
    ];
    files.into_iter().map(|(file, text)| Table::parse(file, text)).collect()
}

pub(crate) fn table(file: &str) -> Table {
    let found = all().into_iter().find(|table| table.file == file);
    found.unwrap_or_else(|| panic!("no table {file}"))
}

fn deliveries(case: &Case) -> Vec<Delivery> {
    if case.verdict.kills() { vec![Delivery::Whole, Delivery::AfterHead] } else { vec![Delivery::Whole] }
}

#[tokio::test]
async fn every_disguise_of_a_length_meets_its_verdict() {
    play_and_judge(table("lengths.txt"), deliveries).await;
}

#[tokio::test]
async fn every_disguise_of_chunked_meets_its_verdict() {
    play_and_judge(table("transfer_encoding.txt"), deliveries).await;
}

#[tokio::test]
async fn every_broken_chunk_stream_meets_its_verdict() {
    play_and_judge(table("chunks.txt"), deliveries).await;
}

#[tokio::test]
async fn every_request_line_meets_its_verdict() {
    play_and_judge(table("request_line.txt"), deliveries).await;
}

#[tokio::test]
async fn every_field_section_meets_its_verdict() {
    play_and_judge(table("fields.txt"), deliveries).await;
}

#[tokio::test]
async fn a_body_beyond_its_limit_meets_its_verdict() {
    play_and_judge(table("limits.txt"), deliveries).await;
}

#[tokio::test]
async fn every_upgrade_meets_its_verdict() {
    play_and_judge(table("upgrade.txt"), deliveries).await;
}
