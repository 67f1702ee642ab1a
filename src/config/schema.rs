//! The keys as data: what `keys` reads, described. The JSON schema, the environment's variables and "did you mean" come
//! from here.
//!
//! Nobody writes a schema by hand: reading an empty configuration describes every key on the way (`section`). So a key
//! that is read is a key that is known. Home of the `serde_json` crate in this room.

use serde_json::{Map, Value, json};

/// One key of a table.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) about: &'static str,
    pub(super) shape: Shape,
    pub(super) need: Need,
}

#[derive(Clone, Debug)]
pub(super) enum Need {
    Required,
    /// What it is when left out, in TOML.
    Default(String),
    /// Left out, it means nothing at all.
    Optional,
}

/// What a key takes.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Flag,
    Whole {
        least: usize,
        most: usize,
    },
    Choice(Vec<&'static str>),
    Text {
        pattern: &'static str,
    },
    OrOff(Box<Shape>),
    List(Box<Shape>),
    /// Free names, each with a scalar.
    Map(Box<Shape>),
    Table(Vec<Key>),
    /// Tables, each with a name of the user's.
    Named(Vec<Key>),
    /// A table, or a word that is short for a table with one key.
    Shorthand {
        key: &'static str,
        keys: Vec<Key>,
    },
    /// A table, or the word `off`.
    TableOrOff(Vec<Key>),
}

/// JSON schema, draft 7: the newest that editors' TOML plug-ins agree on.
pub(super) fn json_schema(keys: &[Key]) -> String {
    let mut schema = table(keys);
    if let Value::Object(map) = &mut schema {
        map.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
        map.insert("title".to_owned(), json!("limpet"));
    }
    format!("{schema:#}")
}

fn table(keys: &[Key]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| (key.name.clone(), property(key))).collect();
    let required: Vec<&str> =
        keys.iter().filter(|key| matches!(key.need, Need::Required)).map(|key| key.name.as_str()).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn property(key: &Key) -> Value {
    let mut schema = of(&key.shape);
    if let Value::Object(map) = &mut schema {
        map.insert("description".to_owned(), json!(key.about));
        // TOML's strings, numbers, booleans and lists of them, as we write them, are JSON as well.
        let json = |text: &String| serde_json::from_str::<Value>(text).ok();
        if let Need::Default(text) = &key.need
            && let Some(default) = json(text)
        {
            map.insert("default".to_owned(), default);
        }
    }
    schema
}

fn of(shape: &Shape) -> Value {
    match shape {
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Whole { least, most } if *most == usize::MAX => json!({ "type": "integer", "minimum": least }),
        Shape::Whole { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Choice(words) => json!({ "type": "string", "enum": words }),
        Shape::Text { pattern } => json!({ "type": "string", "pattern": pattern }),
        Shape::OrOff(other) => either(&json!({ "const": "off" }), &of(other)),
        Shape::List(item) => json!({ "type": "array", "items": of(item) }),
        Shape::Map(value) => json!({ "type": "object", "additionalProperties": of(value) }),
        Shape::Table(keys) => table(keys),
        Shape::Named(keys) => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[a-z0-9][a-z0-9_-]{0,62}$" },
            "additionalProperties": table(keys),
        }),
        Shape::Shorthand { key, keys } => {
            let word = keys.iter().find(|other| other.name == *key).map_or(json!({ "type": "string" }), property);
            either(&word, &table(keys))
        }
        Shape::TableOrOff(keys) => either(&json!({ "const": "off" }), &table(keys)),
    }
}

fn either(one: &Value, other: &Value) -> Value {
    json!({ "anyOf": [one, other] })
}

/// Stands for any name of a listener, route or pool.
pub(super) const NAME: &str = "NAME";
