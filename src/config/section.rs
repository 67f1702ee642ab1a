//! Reading one table: each call names a key, says what it takes, what it is when left out and what it is for.
//!
//! The calls are the schema. A reading function runs twice: first over nothing, which describes its keys, then over
//! the table, where keys that were not described are unknown and nothing can be read that is not known. It does not
//! know which keys exist; `keys` says that.

mod tables;

use super::code::Code;
use super::grammars::Fault;
use super::kind::{Kind, wrong_type};
use super::report::Problem;
use super::schema::{Key, Need, Shape};
use super::source::{Place, Placed};
use super::suggest::nearest;
use super::tree::{Entry, Table, Value};

/// What reading leaves behind beside the values.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) problems: Vec<Problem>,
    pub(super) settings: Vec<Setting>,
}

/// A value in effect, and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) path: Vec<String>,
    /// In TOML.
    pub(super) value: String,
    /// None for a default.
    pub(super) place: Option<Place>,
}

/// A table with a name of the user's.
#[derive(Clone, Debug)]
pub(super) struct Named<T> {
    pub(super) name: Placed<String>,
    pub(super) value: T,
    /// No problem was found inside, so that a comparison with others says something.
    pub(super) sound: bool,
}

/// One table while it is read.
pub(super) struct Section<'t, 'f> {
    findings: &'f mut Findings,
    table: Option<&'t Table>,
    /// Where the table's own name stands.
    place: Option<Place>,
    path: Vec<String>,
    keys: Vec<Key>,
    /// Entries that were reported as unknown and are read as the key that was probably meant, so that one typo is
    /// reported once.
    misspelt: Vec<(String, &'t Entry)>,
}

/// Describes the keys that a function reads.
pub(super) fn describe<T>(name: &str, read: &impl Fn(&mut Section<'_, '_>) -> T) -> Vec<Key> {
    let mut findings = Findings::default();
    let (path, keys, misspelt) = (vec![name.to_owned()], Vec::new(), Vec::new());
    let mut section = Section { findings: &mut findings, table: None, place: None, path, keys, misspelt };
    read(&mut section);
    section.keys
}

/// Reads a whole configuration.
pub(super) fn read<T>(root: &Table, findings: &mut Findings, read: impl Fn(&mut Section<'_, '_>) -> T) -> T {
    let keys = describe("", &read);
    read(&mut Section::open(findings, Some(root), None, Vec::new(), &keys))
}

impl<'t, 'f> Section<'t, 'f> {
    /// The last part of the table's path: the user's name for it, in a named table.
    pub(super) fn name(&self) -> String {
        self.path.last().cloned().unwrap_or_default()
    }

    /// Where the table's own name stands.
    pub(super) fn place(&self) -> Option<Place> {
        self.place
    }

    /// A key with a default.
    pub(super) fn with_default<K: Kind>(
        &mut self,
        name: &'static str,
        kind: &K,
        default: K::Out,
        about: &'static str,
    ) -> Placed<K::Out> {
        let shown = kind.show(&default);
        self.describe(name, about, kind.shape(), Need::Default(shown.clone()));
        let Some(entry) = self.entry(name) else {
            self.set(name, shown, None);
            return Placed { value: default, place: None };
        };
        self.read_entry(name, entry, kind).unwrap_or(Placed::new(default, entry.node.place))
    }

    /// A key that means nothing when left out. None then, and after a problem.
    pub(super) fn optional<K: Kind>(
        &mut self,
        name: &'static str,
        kind: &K,
        about: &'static str,
    ) -> Option<Placed<K::Out>> {
        self.describe(name, about, kind.shape(), Need::Optional);
        let entry = self.entry(name)?;
        self.read_entry(name, entry, kind)
    }

    /// A key that must be there. None after a problem.
    pub(super) fn required<K: Kind>(
        &mut self,
        name: &'static str,
        kind: &K,
        example: &str,
        about: &'static str,
    ) -> Option<Placed<K::Out>> {
        self.describe(name, about, kind.shape(), Need::Required);
        let entry = self.entry_or_missing(name, example)?;
        self.read_entry(name, entry, kind)
    }

    /// Free names, each with a value. `check` says what a name may be, and gives its one form.
    pub(super) fn map<K: Kind>(
        &mut self,
        name: &'static str,
        check: fn(&str) -> Result<String, Fault>,
        kind: &K,
        about: &'static str,
    ) -> Vec<(Placed<String>, K::Out)> {
        self.describe(name, about, Shape::Map(Box::new(kind.shape())), Need::Default("{}".to_owned()));
        let Some(entry) = self.entry(name) else {
            self.set(name, "{}".to_owned(), None);
            return Vec::new();
        };
        let Value::Table(table) = &entry.node.value else {
            self.report(wrong_type(&entry.node, "a table", "write { name = \"value\" }"));
            return Vec::new();
        };
        self.set(name, entry.node.to_toml(), Some(entry.node.place));
        let mut pairs: Vec<(Placed<String>, K::Out)> = Vec::new();
        for entry in &table.entries {
            let key = check(&entry.key).map_err(|fault| self.report(fault.at(entry.place)));
            let value = kind.read(&entry.key, &entry.node, &mut self.findings.problems);
            let (Ok(key), Some(value)) = (key, value) else { continue };
            if let Some((first, _)) = pairs.iter().find(|(first, _)| first.value == key) {
                let twice = Problem::new(Code::DefinedTwice, format!("`{key}` is defined twice"));
                let first = first.place;
                let twice = twice.at(entry.place, "the same name again").also(first, "first defined here");
                self.report(twice.help("keep one of the two"));
                continue;
            }
            pairs.push((Placed::new(key, entry.place), value));
        }
        pairs
    }

    /// Opens a table: every key in it that was not described is unknown.
    fn open(
        findings: &'f mut Findings,
        table: Option<&'t Table>,
        place: Option<Place>,
        path: Vec<String>,
        keys: &[Key],
    ) -> Self {
        let mut misspelt: Vec<(String, &'t Entry)> = Vec::new();
        let is_known = |name: &str| keys.iter().any(|key| key.name == name);
        for entry in table.iter().flat_map(|table| &table.entries).filter(|entry| !is_known(&entry.key)) {
            let near = nearest(&entry.key, keys.iter().map(|key| key.name.as_str()));
            findings.problems.push(unknown(entry, near, &path, keys));
            let free = |near: &&str| {
                table.is_none_or(|table| table.entry(near).is_none()) && misspelt.iter().all(|(key, _)| key != near)
            };
            if let Some(near) = near.filter(free) {
                misspelt.push((near.to_owned(), entry));
            }
        }
        Section { findings, table, place, path, keys: Vec::new(), misspelt }
    }

    fn within<T>(
        &mut self,
        name: &str,
        table: Option<&Table>,
        place: Option<Place>,
        keys: &[Key],
        read: impl Fn(&mut Section<'_, '_>) -> T,
    ) -> T {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        read(&mut Section::open(self.findings, table, place, path, keys))
    }

    fn read_entry<K: Kind>(&mut self, name: &str, entry: &Entry, kind: &K) -> Option<Placed<K::Out>> {
        let value = kind.read(name, &entry.node, &mut self.findings.problems)?;
        self.set(name, entry.node.to_toml(), Some(entry.node.place));
        Some(Placed::new(value, entry.node.place))
    }

    fn describe(&mut self, name: &'static str, about: &'static str, shape: Shape, need: Need) {
        self.keys.push(Key { name: name.to_owned(), about, shape, need });
    }

    fn entry(&self, name: &str) -> Option<&'t Entry> {
        let misspelt = || self.misspelt.iter().find(|(meant, _)| meant == name).map(|(_, entry)| *entry);
        self.table?.entry(name).or_else(misspelt)
    }

    fn entry_or_missing(&mut self, name: &str, example: &str) -> Option<&'t Entry> {
        let entry = self.entry(name);
        // Where there is no table at all, that has been said, or it is being described.
        if entry.is_none() && self.table.is_some() {
            let table = self.path.join(".");
            self.report(
                Problem::new(Code::MissingKey, format!("`{name}` is missing in `{table}`"))
                    .at(self.place, format!("needs `{name}`"))
                    .help(format!("add {name} = {example}")),
            );
        }
        entry
    }

    fn report(&mut self, problem: Problem) {
        self.findings.problems.push(problem);
    }

    fn set(&mut self, name: &str, value: String, place: Option<Place>) {
        let path = self.path.iter().cloned().chain([name.to_owned()]).collect();
        self.findings.settings.push(Setting { path, value, place });
    }
}

fn unknown(entry: &Entry, near: Option<&str>, path: &[String], keys: &[Key]) -> Problem {
    // Further down a table may as well stand in braces, as the value of a key.
    let is_table = path.is_empty() && matches!(entry.node.value, Value::Table(_));
    let noun = if is_table { "table" } else { "key" };
    let label = near.map_or_else(|| format!("no {noun} has this name"), |near| format!("did you mean `{near}`?"));
    let known = keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ");
    let place = if path.is_empty() { "the file".to_owned() } else { format!("`{}`", path.join(".")) };
    Problem::new(Code::UnknownKey, format!("unknown {noun} `{}`", entry.key))
        .at(entry.place, label)
        .help(format!("{place} may hold {known}"))
}
