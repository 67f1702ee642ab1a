//! No row is forgotten: 1 to 121 each stand in a table, as a case, as a named test, or with the reason why not.
//!
//! The numbers are those of the catalogue of attacks that the tables were written from; rows on HTTP/2, tunnels and
//! responses have higher numbers and tables of their own.

use std::collections::BTreeSet;

use super::tables::all;

#[test]
fn every_row_is_somewhere() {
    let tables = all();
    let mut rows: BTreeSet<u16> = tables.iter().flat_map(|table| table.cases.iter().map(|case| case.row)).collect();
    rows.extend(
        tables.iter().flat_map(|table| table.told.iter().map(|(row, _)| *row).chain(table.left.iter().copied())),
    );
    let missing: Vec<u16> = (1..=121).filter(|row| !rows.contains(row)).collect();
    assert!(missing.is_empty(), "rows in no table: {missing:?}");
}

#[test]
fn every_named_test_exists() {
    let tests = include_str!("conversations.rs");
    for (row, name) in all().iter().flat_map(|table| &table.told) {
        assert!(tests.contains(&format!("async fn {name}()")), "row {row} is told by {name}, which does not exist");
    }
}
