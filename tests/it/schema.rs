//! The schema that `limpet config schema` prints, walked key by key.
//!
//! [`leaves`] lists every key that holds a value; `config/limpet.toml` must name each of them, with its default or
//! marked `(set)`, and nothing else.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// A key that holds a value.
pub(crate) struct Leaf {
    /// As `pools.NAME.sticky.name`; members of tables in a list as `pools.NAME.backends[].name`.
    pub(crate) path: String,
    /// Null where there is none.
    pub(crate) default: Value,
}

/// Every key of the real binary that holds a value.
pub(crate) fn leaves() -> Vec<Leaf> {
    let schema = limpet(&["config", "schema"]);
    let mut found = Vec::new();
    collect("", &serde_json::from_str(&schema).unwrap(), &mut found);
    found
}

fn collect(path: &str, schema: &Value, found: &mut Vec<Leaf>) {
    // A table and a word that is short for it, or the word `off`: the table has the keys.
    let table = schema["anyOf"].as_array().and_then(|forms| forms.iter().find(|form| form["type"] == "object"));
    let table = table.unwrap_or(schema);
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    if let Some(keys) = table["properties"].as_object() {
        for (name, key) in keys {
            assert!(key["description"].is_string(), "{} is not described", below(name));
            collect(&below(name), key, found);
        }
    } else if table["propertyNames"].is_object() {
        collect(&below("NAME"), &table["additionalProperties"], found);
    } else if table["items"]["anyOf"].is_array() && table["items"].pointer("/anyOf/1/properties").is_some() {
        collect(&format!("{path}[]"), &table["items"], found);
    } else {
        found.push(Leaf { path: path.to_owned(), default: schema["default"].clone() });
    }
}

fn limpet(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_limpet"));
    let output = command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What `config show --origin` says of the reference, by path: the value, and the line that it is written on.
fn reference() -> BTreeMap<String, (String, Option<usize>)> {
    let mut table = String::new();
    let mut values = BTreeMap::new();
    for line in limpet(&["config", "show", "--origin", "-c", "config/limpet.toml"]).lines() {
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let parts: Vec<_> = header.split('.').collect();
            let named = ["listeners", "routes", "pools"].contains(&parts[0]);
            let generic =
                |(at, part): (usize, &&str)| if named && at == 1 { "NAME".to_owned() } else { (*part).to_owned() };
            table = parts.iter().enumerate().map(generic).collect::<Vec<_>>().join(".");
        } else if let Some((key, rest)) = line.split_once(" = ") {
            let (value, origin) = rest.rsplit_once(" # ").unwrap();
            let line = origin.strip_prefix("config/limpet.toml:").map(|line| line.parse().unwrap());
            values.insert(format!("{table}.{key}"), (value.trim().to_owned(), line));
        }
    }
    values
}

#[test]
fn the_reference_names_every_key_with_its_default() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/limpet.toml")).unwrap();
    let values = reference();
    let leaves = leaves();
    assert!(leaves.len() >= 39, "only {} keys", leaves.len());
    for leaf in &leaves {
        if leaf.path == "include" {
            assert!(text.contains("\ninclude = []"), "the reference does not name `include`");
            continue;
        }
        let (list, member) = leaf.path.split_once("[].").map_or((leaf.path.as_str(), None), |(a, b)| (a, Some(b)));
        let (value, line) = values.get(list).unwrap_or_else(|| panic!("{list} is not in effect"));
        let line = line.unwrap_or_else(|| panic!("the reference does not name `{list}`"));
        let marked = text.lines().nth(line - 1).unwrap().contains("(set)");
        if let Some(member) = member {
            assert!(marked && value.contains(&format!("{member} = ")), "the reference does not name `{}`", leaf.path);
            continue;
        }
        let written: Value = serde_json::from_str(value).unwrap();
        let default: Value =
            serde_json::from_str(&leaf.default.to_string().replace("limpet-NAME", "limpet-shop")).unwrap();
        assert_eq!(written == default, !marked, "{list} = {value}, by default {default}");
    }
}
