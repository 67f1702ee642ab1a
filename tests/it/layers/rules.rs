//! Judges a source tree by a [`Law`]: imports between rooms, cycles, purity, and the homes of crates.
//!
//! Every finding is one line that names file, line and rule. The law is given as text, so that the examples are judged
//! by the very same code as the project itself.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{Modules, Named, paths, re_exports};
use crate::source::{File, Kind, Tree};

/// The tables of `layers.rs`, read.
#[derive(Debug)]
pub(crate) struct Law {
    may: BTreeMap<String, BTreeSet<String>>,
    pure: BTreeSet<String>,
    /// What it is about, and the path.
    impure_paths: Vec<(String, Vec<String>)>,
    impure_words: Vec<(String, String)>,
    homes: BTreeMap<String, Vec<Vec<String>>>,
}

impl Law {
    pub(crate) fn parse(table: &str, pure: &str, impure_paths: &str, impure_words: &str, homes: &str) -> Law {
        let split = |path: &str| path.split("::").map(str::to_owned).collect::<Vec<_>>();
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
        Law {
            may: merged(rows(table, '>').map(|(room, rest)| (room, words(rest)))),
            pure: words(pure),
            impure_paths: about(impure_paths).map(|(what, path)| (what, split(path))).collect(),
            impure_words: about(impure_words).map(|(what, word)| (what, word.to_owned())).collect(),
            homes: merged(rows(homes, '>').map(|(name, rest)| (name, rest.split_whitespace().map(split).collect()))),
        }
    }

    /// The rooms of one cycle in the table itself.
    pub(crate) fn cycle_in_table(&self) -> Option<String> {
        let edges = self.may.iter().flat_map(|(from, to)| to.iter().map(move |to| (from.as_str(), to.as_str())));
        cycle(&edges.collect())
    }

    /// Dependencies without a row, and rows without a dependency.
    pub(crate) fn homes_against(&self, manifest: &str) -> Vec<String> {
        let manifest: toml::Table = manifest.parse().unwrap_or_default();
        let mut tables = vec![&manifest];
        if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
            tables.extend(targets.values().filter_map(toml::Value::as_table));
        }
        let dependencies = tables.iter().filter_map(|table| table.get("dependencies")?.as_table());
        let names: BTreeSet<String> =
            dependencies.flat_map(|table| table.keys()).map(|name| name.replace('-', "_")).collect();
        let homeless = names.iter().filter(|name| !self.homes.contains_key(*name));
        let unused = self.homes.keys().filter(|name| !names.contains(*name));
        homeless
            .map(|name| format!("Cargo.toml: `{name}` has no home: give it a row in HOMES"))
            .chain(unused.map(|name| format!("HOMES: `{name}` is no dependency: take the row out")))
            .collect()
    }

    /// What of this law `tree` makes use of, in the words of the tables: `room > room`, `room >` for a room that exists,
    /// and `crate > home`.
    pub(crate) fn used(&self, tree: &Tree) -> BTreeSet<String> {
        let modules = Modules::of(tree);
        let handed_out = handed_out(tree, &modules);
        let mut used: BTreeSet<String> = tree.files.iter().map(|file| format!("{} >", room(&file.module))).collect();
        for named in tree.files.iter().flat_map(|file| paths(file, &modules)) {
            if named.ours {
                used.insert(format!("{} > {}", room(&named.module), target(&named, &handed_out)));
            } else if named.direct && !named.test {
                let homes = self.homes.get(&named.path[0]).into_iter().flatten();
                let lived_in = homes.filter(|home| is_home(home, &named.module));
                used.extend(lived_in.map(|home| format!("{} > {}", named.path[0], home.join("::"))));
            }
        }
        used
    }

    fn may(&self, from: &str, to: &str) -> bool {
        let listed = |room: &str| self.may.get(from).is_some_and(|rooms| rooms.contains(room));
        match to {
            "config" => true,
            // Who may see sessions may see their store, but not from a pure room.
            STORE => listed(STORE) || listed("session") && !self.pure.contains(from),
            _ => listed(to),
        }
    }
}

/// Everything in `tree` that breaks `law`: `FILE:LINE: what (rule)`.
pub(crate) fn findings(tree: &Tree, law: &Law) -> Vec<String> {
    let modules = Modules::of(tree);
    let handed_out = handed_out(tree, &modules);
    let mut found = tree.unreadable.clone();
    let mut edges: BTreeMap<(String, String), String> = BTreeMap::new();
    for file in &tree.files {
        for named in paths(file, &modules) {
            let place = format!("{}:{}", file.path, named.line);
            if named.ours {
                let (from, to) = (room(&named.module), target(&named, &handed_out));
                found.extend(import_finding(law, &modules, &named, &from, &to).map(|why| format!("{place}: {why}")));
                edges.entry((whole(&from), whole(&to))).or_insert(place);
            } else {
                found.extend(home_finding(law, &named).map(|why| format!("{place}: {why}")));
                found.extend(impure_path(law, &named).map(|why| format!("{place}: {why}")));
            }
        }
        found.extend(impure_words(law, file));
        found.extend(hidden_code(file));
    }
    found.extend(unknown_rooms(tree, law));
    found.extend(real_cycle(&edges));
    found.sort();
    found.dedup();
    found
}

fn handed_out(tree: &Tree, modules: &Modules) -> BTreeMap<String, Vec<String>> {
    let lib = tree.files.iter().find(|file| file.path == "src/lib.rs");
    lib.map(|file| re_exports(file, modules)).unwrap_or_default()
}

/// The room of what is named; of its owner, if the crate's root hands it out.
fn target(named: &Named, handed_out: &BTreeMap<String, Vec<String>>) -> String {
    let owner = named.path.first().and_then(|first| handed_out.get(first));
    room(owner.unwrap_or(&named.path))
}

fn import_finding(law: &Law, modules: &Modules, named: &Named, from: &str, to: &str) -> Option<String> {
    let text = named.path.join("::");
    if from == to || from == LIB || from == LAB {
        return None;
    }
    if to == LIB || !modules.has(&[whole(to)]) {
        return Some(format!("`crate::{text}` names no room: say which module it comes from (rule: import table)"));
    }
    let allowed = to != LAB && law.may(from, to);
    (!allowed).then(|| format!("`{from}` may not import `{to}`: `crate::{text}` (rule: import table)"))
}

fn home_finding(law: &Law, named: &Named) -> Option<String> {
    let name = &named.path[0];
    let homes = law.homes.get(name).filter(|_| named.direct && !named.test)?;
    let at_home = homes.iter().any(|home| is_home(home, &named.module));
    (!at_home).then(|| {
        let homes: Vec<String> = homes.iter().map(|home| home.join("::")).collect();
        format!("`{name}` may be named only in `{}` (rule: crate homes)", homes.join("`, `"))
    })
}

/// A home is one module, and with `*` at its end also what is below it.
fn is_home(home: &[String], module: &[String]) -> bool {
    match home {
        [above @ .., last] if last == "*" => module.starts_with(above),
        home => module == home,
    }
}

fn impure_path(law: &Law, named: &Named) -> Option<String> {
    if named.test || !law.pure.contains(&room(&named.module)) {
        return None;
    }
    let is =
        |impure: &[String]| named.path.starts_with(impure) || named.path.len() > 1 && impure.ends_with(&named.path);
    let (what, path) = law.impure_paths.iter().find(|(_, impure)| is(impure))?;
    Some(format!("`{}` in a pure room: no {what} there (rule: purity)", path.join("::")))
}

fn impure_words(law: &Law, file: &File) -> Vec<String> {
    let mut found = Vec::new();
    for token in file.tokens.iter().filter(|token| token.kind == Kind::Word && !token.test) {
        let words = law.impure_words.iter().filter(|(_, word)| *word == token.text);
        for (what, word) in words.filter(|_| law.pure.contains(&room(&token.module))) {
            let (path, line) = (&file.path, token.line);
            found.push(format!("{path}:{line}: `{word}` in a pure room: no {what} there (rule: purity)"));
        }
    }
    found
}

/// Code that these rules could not see.
fn hidden_code(file: &File) -> Vec<String> {
    let hides = |at: usize| {
        let path = file.token_is(at, "[") && file.token_is(at + 1, "path") && file.token_is(at + 2, "=");
        path || file.token_is(at, "include") && file.token_is(at + 1, "!")
    };
    let places = (0..file.tokens.len()).filter(|at| hides(*at)).map(|at| file.tokens[at].line);
    places
        .map(|line| format!("{}:{line}: code from a file that is no module of its own (rule: import table)", file.path))
        .collect()
}

fn unknown_rooms(tree: &Tree, law: &Law) -> Vec<String> {
    let unknown = |file: &&File| {
        let room = room(&file.module);
        room != LIB && room != LAB && !law.may.contains_key(&room)
    };
    let files = tree.files.iter().filter(unknown);
    files
        .map(|file| format!("{}:1: room `{}` has no row (rule: import table)", file.path, room(&file.module)))
        .collect()
}

/// The room of a module or of a path; [`LIB`] for what lies at the crate's root.
fn room(path: &[String]) -> String {
    match path {
        [] => LIB.to_owned(),
        [first, second, ..] if first == "session" && matches!(second.as_str(), "store" | "redis") => STORE.to_owned(),
        [first, ..] if first == "*" => LIB.to_owned(),
        [first, ..] => first.clone(),
    }
}

/// The top-level module of a room.
fn whole(room: &str) -> String {
    room.split("::").next().unwrap_or(room).to_owned()
}

fn real_cycle(edges: &BTreeMap<(String, String), String>) -> Option<String> {
    let without_self = edges.keys().filter(|(from, to)| from != to && from != LIB && from != LAB);
    let pairs: BTreeSet<(&str, &str)> = without_self.map(|(from, to)| (from.as_str(), to.as_str())).collect();
    let rooms = cycle(&pairs)?;
    let (from, to) = rooms.split_once(" > ")?;
    let to = to.split(" > ").next()?;
    let place = edges.get(&(from.to_owned(), to.to_owned()))?;
    Some(format!("{place}: an import cycle: {rooms} (rule: no cycles)"))
}

/// One cycle, as `a > b > a`.
fn cycle(edges: &BTreeSet<(&str, &str)>) -> Option<String> {
    let rooms: BTreeSet<&str> = edges.iter().map(|(from, _)| *from).collect();
    rooms.iter().find_map(|room| way_back(edges, room, &mut vec![room]))
}

/// The single permissions of a table, in the words of [`Law::used`].
pub(crate) fn permissions(table: &str) -> impl Iterator<Item = String> {
    rows(table, '>').flat_map(|(name, rest)| {
        let whole = rest.trim().is_empty().then(|| format!("{name} >"));
        let each = rest.split_whitespace().map(|to| format!("{name} > {to}")).collect::<Vec<_>>();
        whole.into_iter().chain(each)
    })
}

fn way_back<'a>(edges: &BTreeSet<(&'a str, &'a str)>, to: &'a str, way: &mut Vec<&'a str>) -> Option<String> {
    let here = *way.last()?;
    for (_, next) in edges.iter().filter(|(from, _)| *from == here) {
        if *next == to {
            way.push(next);
            return Some(way.join(" > "));
        }
        if !way.contains(next) {
            way.push(next);
            if let Some(found) = way_back(edges, to, way) {
                return Some(found);
            }
            way.pop();
        }
    }
    None
}

/// Rows of one name, in one or in several tables, joined.
fn merged<T, C: Extend<T> + IntoIterator<Item = T> + Default>(
    rows: impl Iterator<Item = (String, C)>,
) -> BTreeMap<String, C> {
    let mut merged: BTreeMap<String, C> = BTreeMap::new();
    for (name, rest) in rows {
        merged.entry(name).or_default().extend(rest);
    }
    merged
}

fn rows(table: &str, mark: char) -> impl Iterator<Item = (String, &str)> {
    table.lines().filter_map(move |line| line.split_once(mark)).map(|(name, rest)| (name.trim().to_owned(), rest))
}

/// Lines of a subject and the words it is about.
fn about(table: &str) -> impl Iterator<Item = (String, &str)> {
    table.lines().flat_map(|line| {
        let mut words = line.split_whitespace();
        let what = words.next().unwrap_or_default().to_owned();
        words.map(move |word| (what.clone(), word))
    })
}

/// The crate's root: `lib.rs`.
const LIB: &str = "lib";
/// What tests, benches and fuzz targets are handed.
const LAB: &str = "lab";
/// The part of `session` that talks to the outside.
const STORE: &str = "session::store";
