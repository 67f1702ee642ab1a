//! Several files as one: listeners, routes and pools come together by name; everything else stands in one file alone.
//!
//! So every table is found in one place, and two files can only clash by saying the same thing twice, which is an
//! error with both places. Knows of the keys only which hold named tables.

use super::code::Code;
use super::report::Problem;
use super::schema::{Key, Shape};
use super::tree::{Entry, Node, Table, Value};

pub(super) fn merge(tables: Vec<Table>, keys: &[Key], problems: &mut Vec<Problem>) -> Table {
    let mut merged = Table::default();
    for entry in tables.into_iter().flat_map(|table| table.entries) {
        let Some(key) = keys.iter().find(|key| key.name == entry.key) else {
            // Unknown, which is reported of each when they are read.
            merged.insert(entry);
            continue;
        };
        let is_named = matches!(key.shape, Shape::Named(_));
        match (merged.entry_mut(&entry.key), entry) {
            (None, entry) => merged.insert(entry),
            (
                Some(Entry { node: Node { value: Value::Table(names), .. }, .. }),
                Entry { node: Node { value: Value::Table(more), .. }, .. },
            ) if is_named => {
                for entry in more.entries {
                    match names.entry(&entry.key) {
                        None => names.insert(entry),
                        Some(first) => problems.push(twice(first, &entry)),
                    }
                }
            }
            (Some(first), entry) => problems.push(twice(first, &entry)),
        }
    }
    merged
}

fn twice(first: &Entry, second: &Entry) -> Problem {
    Problem::new(Code::DefinedTwice, format!("`{}` is defined twice", second.key))
        .at(second.place, "defined again here")
        .also(first.place, "first defined here")
        .help("keep it in one file")
}
