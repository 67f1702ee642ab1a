//! Reading tables inside a table: plain ones, named ones, and those that a word may stand for.
//!
//! Each describes its inside first, by a reading of nothing, so that what is unknown in there can be reported.

use std::collections::HashMap;

use crate::config::code::Code;
use crate::config::grammars;
use crate::config::kind::{list_items, wrong_type};
use crate::config::report::Problem;
use crate::config::schema::{Key, NAME, Need, Shape};
use crate::config::source::{Place, Placed};
use crate::config::tree::{Entry, Node, Table, Value};

use super::{Named, Section, describe};

impl<'t> Section<'t, '_> {
    /// A table that need not be written: left out, every key of it has its default.
    pub(in crate::config) fn table<T>(
        &mut self,
        name: &'static str,
        about: &'static str,
        read: impl Fn(&mut Section<'_, '_>) -> T,
    ) -> T {
        let keys = describe(name, &read);
        self.describe(name, about, Shape::Table(keys.clone()), Need::Optional);
        let entry = self.entry(name);
        let table = entry.and_then(|entry| self.table_of(entry, &format!("[{name}]")));
        self.within(name, table, entry.map(|entry| entry.place), &keys, read)
    }

    /// A table, or a text that is short for a table with the one key `short`. None if left out.
    pub(in crate::config) fn shorthand<T>(
        &mut self,
        name: &'static str,
        short: &'static str,
        about: &'static str,
        read: impl Fn(&mut Section<'_, '_>) -> T,
    ) -> Option<T> {
        let keys = describe(name, &read);
        self.describe(name, about, Shape::Shorthand { key: short, keys: keys.clone() }, Need::Optional);
        let entry = self.entry(name)?;
        self.shorthand_node(name, &entry.node, entry.place, (short, &keys), &read)
    }

    /// A list of what [`Section::shorthand`] takes. It must be there. None after a problem with the list as such.
    pub(in crate::config) fn shorthand_list<T>(
        &mut self,
        name: &'static str,
        short: &'static str,
        example: &str,
        about: &'static str,
        read: impl Fn(&mut Section<'_, '_>) -> T,
    ) -> Option<Placed<Vec<Placed<T>>>> {
        let keys = describe(name, &read);
        let item = Shape::Shorthand { key: short, keys: keys.clone() };
        self.describe(name, about, Shape::List(Box::new(item)), Need::Required);
        let entry = self.entry_or_missing(name, example)?;
        let items = list_items(&entry.node, &mut self.findings.problems)?;
        self.set(name, entry.node.to_toml(), Some(entry.node.place));
        let before = self.findings.settings.len();
        let mut values = Vec::new();
        for item in items {
            let value = self.shorthand_node(name, item, item.place, (short, &keys), &read);
            values.extend(value.map(|value| Placed::new(value, item.place)));
        }
        // The list was recorded as a whole.
        self.findings.settings.truncate(before);
        Some(Placed::new(values, entry.node.place))
    }

    /// A table, or `"off"`: then None. Left out, every key of it has its default.
    pub(in crate::config) fn table_or_off<T>(
        &mut self,
        name: &'static str,
        about: &'static str,
        read: impl Fn(&mut Section<'_, '_>) -> T,
    ) -> Option<T> {
        let keys = describe(name, &read);
        self.describe(name, about, Shape::TableOrOff(keys.clone()), Need::Optional);
        let entry = self.entry(name);
        if let Some(Entry { node, .. }) = entry
            && matches!(&node.value, Value::Text(text) if text == "off")
        {
            self.set(name, node.to_toml(), Some(node.place));
            return None;
        }
        let table = entry.and_then(|entry| self.table_of(entry, "a table, or \"off\""));
        Some(self.within(name, table, entry.map(|entry| entry.place), &keys, read))
    }

    /// Tables with names of the user's.
    pub(in crate::config) fn named_tables<T>(
        &mut self,
        name: &'static str,
        about: &'static str,
        read: impl Fn(&mut Section<'_, '_>) -> T,
    ) -> Vec<Named<T>> {
        let keys = describe(NAME, &read);
        self.describe(name, about, Shape::Named(keys.clone()), Need::Optional);
        let how = format!("[{name}.{NAME}]");
        let Some(whole) = self.entry(name) else { return Vec::new() };
        let Some(tables) = self.table_of(whole, &how) else { return Vec::new() };
        if tables.entries.len() > MAX_TABLES {
            self.report(too_many(name, tables.entries.len(), whole.place));
        }
        self.path.push(name.to_owned());
        let (mut values, mut variables) = (Vec::new(), HashMap::new());
        for entry in tables.entries.iter().take(MAX_TABLES) {
            let before = self.findings.problems.len();
            let _ = grammars::name(&entry.key).map_err(|fault| self.report(fault.at(entry.place)));
            // In the environment names that differ in `-` and `_` alone are one (`LIMPET__POOLS__MY_SHOP__…`).
            let first = *variables.entry(entry.key.replace('-', "_")).or_insert(entry);
            if first.key != entry.key {
                self.report(collision(first, entry));
            }
            let table = self.table_of(entry, &how);
            let value = self.within(&entry.key, table, Some(entry.place), &keys, &read);
            let sound = self.findings.problems.len() == before;
            values.push(Named { name: Placed::new(entry.key.clone(), entry.place), value, sound });
        }
        self.path.pop();
        values
    }

    fn shorthand_node<T>(
        &mut self,
        name: &str,
        node: &Node,
        place: Place,
        (shorthand, keys): (&str, &[Key]),
        read: &impl Fn(&mut Section<'_, '_>) -> T,
    ) -> Option<T> {
        match &node.value {
            Value::Table(table) => Some(self.within(name, Some(table), Some(place), keys, read)),
            Value::Text(_) => {
                let table = Table::single(shorthand, node.clone());
                Some(self.within(name, Some(&table), Some(place), keys, read))
            }
            _ => {
                self.report(wrong_type(node, "a string or a table", &format!("the string stands for `{shorthand}`")));
                None
            }
        }
    }

    fn table_of(&mut self, entry: &'t Entry, how: &str) -> Option<&'t Table> {
        if let Value::Table(table) = &entry.node.value {
            return Some(table);
        }
        self.report(wrong_type(&entry.node, "a table", &format!("write {how}")));
        None
    }
}

fn too_many(name: &str, count: usize, place: Place) -> Problem {
    Problem::new(Code::TooMany, format!("there are {count} {name}"))
        .at(place, "")
        .help(format!("at most {MAX_TABLES}; more than that is for a limpet of its own"))
}

fn collision(first: &Entry, second: &Entry) -> Problem {
    Problem::new(
        Code::NamesCollide,
        format!("`{}` and `{}` are one name in environment variables", first.key, second.key),
    )
    .at(second.place, "reads as the other there")
    .also(first.place, "the other")
    .help("rename one of the two: `-` is written `_` there")
}

/// Of listeners, routes and pools each: elsewhere they are numbered in 16 bits.
const MAX_TABLES: usize = 10_000;
