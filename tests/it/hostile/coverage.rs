//! No row is forgotten: each line of the catalogue in `README.md` stands in a table, as a case, as a named test, or with
//! the reason why not; and no table has a row that the catalogue does not explain.
//!
//! What becomes of a row is not looked at here.

use std::collections::{BTreeMap, BTreeSet};

use super::tables::all;

#[test]
fn every_row_of_the_catalogue_is_in_a_table() {
    let rows = rows_of_tables();
    let missing: Vec<_> = catalogue().into_iter().filter(|(row, _)| !rows.contains(row)).collect();
    assert!(missing.is_empty(), "in no table: {missing:?}");
}

#[test]
fn every_row_of_a_table_is_in_the_catalogue() {
    let catalogue = catalogue();
    let unknown: Vec<u16> = rows_of_tables().into_iter().filter(|row| !catalogue.contains_key(row)).collect();
    assert!(unknown.is_empty(), "rows that README.md does not explain: {unknown:?}");
}

#[test]
fn the_catalogue_has_each_request_once() {
    let rows: Vec<u16> = lines().map(|(row, _)| row).collect();
    assert!(rows.is_sorted_by(|one, next| one < next), "out of order or twice: {rows:?}");
    assert!(rows.starts_with(&(1..=121).collect::<Vec<u16>>()), "a request is missing: {rows:?}");
}

#[test]
fn every_named_test_exists() {
    let tests = include_str!("conversations.rs");
    for (row, name) in all().iter().flat_map(|table| &table.tested_by) {
        assert!(tests.contains(&format!("async fn {name}()")), "row {row} names the test {name}, which does not exist");
    }
}

fn rows_of_tables() -> BTreeSet<u16> {
    let tables = all();
    let cases = tables.iter().flat_map(|table| table.cases.iter().map(|case| case.row));
    let others = tables
        .iter()
        .flat_map(|table| table.tested_by.iter().map(|(row, _)| *row).chain(table.not_ours.iter().copied()));
    cases.chain(others).collect()
}

fn catalogue() -> BTreeMap<u16, &'static str> {
    lines().collect()
}

/// `- NUMBER: what it is about`.
fn lines() -> impl Iterator<Item = (u16, &'static str)> {
    let lines = include_str!("README.md").lines().filter_map(|line| line.strip_prefix("- "));
    lines.map(|line| {
        let (row, what) = line.split_once(": ").unwrap_or_else(|| panic!("no row of the catalogue: {line}"));
        (row.parse().unwrap_or_else(|_| panic!("no number of a row: {row}")), what)
    })
}
