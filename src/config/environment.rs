//! Environment variables over a configuration: `LIMPET__POOLS__SHOP__POLICY=round_robin`.
//!
//! Every scalar and every list of scalars has one variable: the path in capitals, `-` written `_`. Listeners, routes
//! and pools must exist in a file; a variable changes what they say. The variables are an argument here; nothing is
//! read from the process. An empty one is refused, so that a forgotten value does not clear a list of who is let in.

use std::collections::BTreeMap;

use super::code::Code;
use super::keys::INCLUDE;
use super::report::Problem;
use super::schema::{Key, Shape};
use super::source::{ENVIRONMENT, Place, Sources};
use super::suggest::nearest;
use super::tree::{Entry, Node, Table, Value};

/// Writes the variables that begin with [`PREFIX`] into the tree, in the order of their names.
pub(super) fn apply(
    root: &mut Table,
    keys: &[Key],
    environment: impl IntoIterator<Item = (String, String)>,
    sources: &mut Sources,
    problems: &mut Vec<Problem>,
) {
    let mut known = Variables::new();
    name_variables(PREFIX.trim_end_matches('_'), &mut Vec::new(), keys, Some(root), &mut known);
    let ours: BTreeMap<_, _> = environment.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
    for (name, text) in ours {
        match known.get(&name).map(Vec::as_slice) {
            None => problems.push(unknown(&name, &known, sources)),
            Some(_) if text.is_empty() => {
                problems.push(refused(&name, sources, "has no value", "unset it, or give it a value"));
            }
            Some([target]) => problems.extend(set(root, keys, target, &name, &text, sources)),
            Some(_) => {
                let several = "could mean several keys";
                problems.push(refused(&name, sources, several, "change the value in the file"));
            }
        }
    }
}

/// Puts a variable's value where its key is. The problem, if it cannot stand there.
fn set(
    root: &mut Table,
    keys: &[Key],
    target: &Target,
    name: &str,
    text: &str,
    sources: &mut Sources,
) -> Option<Problem> {
    let source = sources.add(ENVIRONMENT, format!("{name}={text}"));
    let place = Place { source, start: name.len() + 1, end: name.len() + 1 + text.len() };
    let node = match value(&target.shape, text, place) {
        Ok(node) => node,
        Err(expected) => return Some(not_a_value(name, place, expected)),
    };
    let off = "acts on something that is switched off";
    let is_set = assign(root, keys, &target.path, node);
    (!is_set).then(|| refused(name, sources, off, "remove `\"off\"` there, or the variable"))
}

/// A key that a variable sets.
#[derive(Debug)]
struct Target {
    path: Vec<String>,
    shape: Shape,
}

/// By name. Two keys under one name are both kept: then it is not said which is meant.
type Variables = BTreeMap<String, Vec<Target>>;

fn name_variables(prefix: &str, path: &mut Vec<String>, keys: &[Key], table: Option<&Table>, known: &mut Variables) {
    for key in keys.iter().filter(|key| key.name != INCLUDE) {
        let name = variable(prefix, &key.name);
        let node = table.and_then(|table| table.entry(&key.name)).map(|entry| &entry.node);
        let inner = node.and_then(|node| if let Value::Table(table) = &node.value { Some(table) } else { None });
        path.push(key.name.clone());
        let mut add = |name: String, path: &[String], shape: &Shape| {
            known.entry(name).or_default().push(Target { path: path.to_vec(), shape: shape.clone() });
        };
        match &key.shape {
            Shape::Table(keys) => name_variables(&name, path, keys, inner, known),
            Shape::Shorthand { keys, .. } | Shape::TableOrOff(keys) => {
                add(name.clone(), path, &key.shape);
                name_variables(&name, path, keys, inner, known);
            }
            Shape::Named(keys) => {
                for entry in inner.iter().flat_map(|table| &table.entries) {
                    let inner = if let Value::Table(table) = &entry.node.value { Some(table) } else { None };
                    path.push(entry.key.clone());
                    name_variables(&variable(&name, &entry.key), path, keys, inner, known);
                    path.pop();
                }
            }
            Shape::Map(value) => {
                for entry in inner.iter().flat_map(|table| &table.entries) {
                    path.push(entry.key.clone());
                    add(variable(&name, &entry.key), path, value);
                    path.pop();
                }
            }
            shape => add(name, path, shape),
        }
        path.pop();
    }
}

fn variable(prefix: &str, name: &str) -> String {
    format!("{prefix}__{}", name.to_ascii_uppercase().replace('-', "_"))
}

/// A variable's text as the value its key takes. The error is what such a value looks like.
fn value(shape: &Shape, text: &str, place: Place) -> Result<Node, &'static str> {
    let value = match shape {
        Shape::Flag => text.parse().map(Value::Boolean).map_err(|_| "true or false")?,
        Shape::Whole { .. } => text.parse().map(Value::Integer).map_err(|_| "a whole number")?,
        Shape::List(_) => Value::List(items(text, place)),
        // What does not fit is refused when it is read, as it would be in a file.
        _ => Value::Text(text.to_owned()),
    };
    Ok(Node { place, value })
}

fn items(text: &str, place: Place) -> Vec<Node> {
    let mut start = place.start;
    let mut nodes = Vec::new();
    for item in text.split(',') {
        let blank = item.len() - item.trim_start().len();
        let trimmed = item.trim();
        let at = Place { source: place.source, start: start + blank, end: start + blank + trimmed.len() };
        nodes.push(Node::text(trimmed, at));
        start += item.len() + 1;
    }
    nodes
}

/// Puts a value at a path, making tables on the way. False if something on the way is switched off.
fn assign(table: &mut Table, keys: &[Key], path: &[String], node: Node) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    if table.entry(first).is_none() {
        let value = Value::Table(Table::default());
        table.insert(Entry { key: first.clone(), place: node.place, node: Node { place: node.place, value } });
    }
    let shape = keys.iter().find(|key| key.name == *first).map(|key| &key.shape);
    let Some(entry) = table.entry_mut(first) else { return true };
    match (&mut entry.node, shape, rest) {
        (old, _, []) => *old = node,
        (Node { value: Value::Text(_), .. }, Some(Shape::TableOrOff(_)), _) => return false,
        (old, Some(Shape::Shorthand { key, keys }), _) => {
            if let Value::Text(_) = old.value {
                old.value = Value::Table(Table::single(key, old.clone()));
            }
            let Value::Table(inner) = &mut old.value else { return true };
            return assign(inner, keys, rest, node);
        }
        (Node { value: Value::Table(inner), .. }, Some(Shape::Table(keys) | Shape::TableOrOff(keys)), _) => {
            return assign(inner, keys, rest, node);
        }
        (Node { value: Value::Table(inner), .. }, Some(Shape::Named(keys)), [name, rest @ ..]) => {
            let Some(Entry { node: Node { value: Value::Table(named), .. }, .. }) = inner.entry_mut(name) else {
                return true;
            };
            return assign(named, keys, rest, node);
        }
        (Node { value: Value::Table(inner), .. }, Some(Shape::Map(_)), [name]) => {
            if let Some(entry) = inner.entry_mut(name) {
                entry.node = node;
            }
        }
        // Of a wrong type in the file: that is reported when it is read.
        _ => {}
    }
    true
}

/// Nothing is known about what an unknown variable holds, so its value is not shown: it may be a secret.
fn unknown(name: &str, known: &Variables, sources: &mut Sources) -> Problem {
    let near = nearest(&name[PREFIX.len()..], known.keys().map(|name| &name[PREFIX.len()..]));
    let label = near.map_or("no key has this variable".to_owned(), |near| format!("did you mean {PREFIX}{near}?"));
    Problem::new(Code::UnknownVariable, format!("unknown variable `{name}`"))
        .at(named(name, sources), label)
        .help("listeners, routes and pools must exist in a file; `limpet config schema` lists the keys")
}

fn not_a_value(name: &str, place: Place, expected: &str) -> Problem {
    let help = format!("write {expected} after the `=`, or unset it");
    Problem::new(Code::WrongType, format!("`{name}` takes {expected}")).at(place, "").help(help)
}

fn refused(name: &str, sources: &mut Sources, why: &str, help: &str) -> Problem {
    Problem::new(Code::Variable, format!("`{name}` {why}")).at(named(name, sources), why).help(help)
}

fn named(name: &str, sources: &mut Sources) -> Place {
    Place { source: sources.add(ENVIRONMENT, name), start: 0, end: name.len() }
}

pub(super) const PREFIX: &str = "LIMPET__";
