//! TOML text to a [`Table`] with places: all syntax errors, and as much of the rest as can be read.
//!
//! Decoded by hand because serde's enums lose the places of what they hold. Knows nothing about keys. Home of the
//! `toml` crate, whose recovering parser goes on after a mistake.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::code::Code;
use super::report::Problem;
use super::source::{Place, Sources};
use super::tree::{Entry, Node, Table, Value};

/// Reads one source. What could not be read is a problem, and left out.
pub(super) fn parse(sources: &Sources, source: usize, problems: &mut Vec<Problem>) -> Table {
    let start = Place { source, start: 0, end: 0 };
    let text = sources.source(start).map_or("", |source| source.text.as_str());
    let (document, errors) = DeTable::parse_recoverable(text);
    let place = |span: std::ops::Range<usize>| Place { source, start: span.start, end: span.end };
    let mut doubled = 0;
    for error in errors {
        let at = error.span().map_or(start, place);
        if error.message() != DUPLICATE {
            problems.push(syntax(error.message()).at(at, ""));
            continue;
        }
        doubled += 1;
        let first = (doubled <= FIRSTS_SOUGHT).then(|| first_definition(text, at)).flatten();
        let key = text.get(at.start..at.end).unwrap_or_default();
        problems.push(
            Problem::new(Code::DefinedTwice, format!("`{key}` is defined twice"))
                .at(at, "defined again here")
                .also(first.map(place), "first defined here")
                .help("keep one of the two, or move what the second adds into the first"),
        );
    }
    table(document.into_inner(), source)
}

fn syntax(message: &str) -> Problem {
    let help = if message.contains("string values must be quoted") {
        "write text in double quotes"
    } else if message.contains("array elements") {
        "is a `]` missing before this? the items of a list are divided by commas"
    } else if message.contains("newline") {
        "one `key = value` a line"
    } else {
        "see https://toml.io for the format"
    };
    Problem::new(Code::Syntax, format!("this is not TOML: {message}")).help(help)
}

/// Where a doubled key was defined first. The parser does not say, so the text before the second is read once more,
/// with a name in the second's place that nobody uses: the first is then its neighbour.
fn first_definition(text: &str, second: Place) -> Option<std::ops::Range<usize>> {
    const NOBODY: &str = "limpet--nobody--limpet";
    let written = text.get(second.start..second.end)?;
    let probe = format!("{}{NOBODY}{}", text.get(..second.start)?, text.get(second.end..)?);
    let pair = format!("{written} = 0");
    let name = DeTable::parse(&pair).ok()?.into_inner().keys().next()?.get_ref().clone();
    neighbour(DeTable::parse_recoverable(&probe).0.get_ref(), NOBODY, &name).filter(|first| first.end <= second.start)
}

fn neighbour(table: &DeTable<'_>, key: &str, wanted: &str) -> Option<std::ops::Range<usize>> {
    if table.contains_key(key) {
        return table.get_key_value(wanted).map(|(found, _)| found.span());
    }
    table.values().find_map(|value| within(value.get_ref(), key, wanted))
}

fn within(value: &DeValue<'_>, key: &str, wanted: &str) -> Option<std::ops::Range<usize>> {
    match value {
        DeValue::Table(table) => neighbour(table, key, wanted),
        DeValue::Array(items) => items.iter().find_map(|item| within(item.get_ref(), key, wanted)),
        _ => None,
    }
}

fn table(table: DeTable<'_>, source: usize) -> Table {
    let mut entries: Vec<_> = Vec::with_capacity(table.len());
    for (key, value) in table {
        let span = key.span();
        let place = Place { source, start: span.start, end: span.end };
        entries.push(Entry { key: key.into_inner().into_owned(), place, node: node(value, source) });
    }
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    Table { entries }
}

fn node(spanned: Spanned<DeValue<'_>>, source: usize) -> Node {
    let span = spanned.span();
    let value = match spanned.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Integer(integer(number.as_str(), number.radix())),
        DeValue::Boolean(flag) => Value::Boolean(flag),
        DeValue::Float(number) => Value::Other { kind: "a fraction", text: number.as_str().to_owned() },
        DeValue::Datetime(date) => Value::Other { kind: "a date or time", text: date.to_string() },
        DeValue::Array(items) => Value::List(items.into_iter().map(|item| node(item, source)).collect()),
        DeValue::Table(inner) => Value::Table(table(inner, source)),
    };
    Node { place: Place { source, start: span.start, end: span.end }, value }
}

fn integer(text: &str, radix: u32) -> i128 {
    let limit = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    i128::from_str_radix(text, radix).unwrap_or(limit)
}

/// What the parser says of a key or table that exists already.
const DUPLICATE: &str = "duplicate key";
/// Each search reads the text again, so a file of nothing but doubled keys gets only its first few.
const FIRSTS_SOUGHT: usize = 16;
