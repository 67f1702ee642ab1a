//! One test a table, and which tables there are.
//!
//! A row whose verdict allows that the head has gone upstream before the fault shows is played twice: once as one
//! write, once with its body held back until a backend has seen the head.

use super::group::hold;
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
    if case.verdict.may_kill() { vec![Delivery::Whole, Delivery::AfterHead] } else { vec![Delivery::Whole] }
}

#[tokio::test]
async fn lengths() {
    hold(table("lengths.txt"), deliveries).await;
}

#[tokio::test]
async fn transfer_encoding() {
    hold(table("transfer_encoding.txt"), deliveries).await;
}

#[tokio::test]
async fn chunks() {
    hold(table("chunks.txt"), deliveries).await;
}

#[tokio::test]
async fn request_line() {
    hold(table("request_line.txt"), deliveries).await;
}

#[tokio::test]
async fn fields() {
    hold(table("fields.txt"), deliveries).await;
}

#[tokio::test]
async fn limits() {
    hold(table("limits.txt"), deliveries).await;
}

#[tokio::test]
async fn upgrade() {
    hold(table("upgrade.txt"), deliveries).await;
}
