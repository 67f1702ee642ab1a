//! A configuration as written: tables, lists and scalars, each with its place, before anything is known about keys.
//!
//! Files are merged and environment variables applied on this form, so that whatever reads it meets one tree and need
//! not know where a value came from.

use std::fmt::Write as _;

use super::source::Place;

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    /// Held at the ends of the type if it is larger.
    Integer(i128),
    Boolean(bool),
    List(Vec<Node>),
    Table(Table),
    /// A float or a date: no key takes one, so its text is enough.
    Other {
        kind: &'static str,
        text: String,
    },
}

/// The keys of a table, in the order of their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Where the key stands, in a table's header or before the `=`.
    pub(super) place: Place,
    pub(super) node: Node,
}

impl Table {
    /// A table of one key, standing where its value stands.
    pub(super) fn single(key: &str, node: Node) -> Self {
        Table { entries: vec![Entry { key: key.to_owned(), place: node.place, node }] }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.position(key).map(|at| &self.entries[at])
    }

    pub(super) fn entry_mut(&mut self, key: &str) -> Option<&mut Entry> {
        self.position(key).map(|at| &mut self.entries[at])
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<Entry> {
        self.position(key).map(|at| self.entries.remove(at))
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.entries.binary_search_by(|entry| entry.key.as_str().cmp(key)).ok()
    }

    pub(super) fn insert(&mut self, entry: Entry) {
        let at = self.entries.partition_point(|other| other.key < entry.key);
        self.entries.insert(at, entry);
    }
}

impl Node {
    pub(super) fn text(text: impl Into<String>, place: Place) -> Self {
        Node { place, value: Value::Text(text.into()) }
    }

    /// What it is, with an article, for "expected …, found …".
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "a string",
            Value::Integer(_) => "a number",
            Value::Boolean(_) => "a boolean",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other { kind, .. } => kind,
        }
    }

    /// The value in TOML, on one line.
    pub(super) fn to_toml(&self) -> String {
        match &self.value {
            Value::Text(text) => quote(text),
            Value::Integer(number) => number.to_string(),
            Value::Boolean(flag) => flag.to_string(),
            Value::Other { text, .. } => text.clone(),
            Value::List(items) => format!("[{}]", items.iter().map(Node::to_toml).collect::<Vec<_>>().join(", ")),
            Value::Table(table) => {
                let pair = |entry: &Entry| format!("{} = {}", key(&entry.key), entry.node.to_toml());
                match table.entries.iter().map(pair).collect::<Vec<_>>().join(", ") {
                    pairs if pairs.is_empty() => "{}".to_owned(),
                    pairs => format!("{{ {pairs} }}"),
                }
            }
        }
    }
}

/// A TOML basic string.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn key(text: &str) -> String {
    let bare = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if bare { text.to_owned() } else { quote(text) }
}
