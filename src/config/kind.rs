//! Kinds of values: what a key takes, how it is read, and how it is described.
//!
//! A kind reads a [`Node`] into the type that limpet uses, tells the schema its [`Shape`], and writes a default as
//! TOML. What the texts mean is said in `texts`; which key takes which kind in `keys`.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::code::Code;
use super::networks::Networks;
use super::report::Problem;
use super::schema::Shape;
use super::source::{Place, Placed};
use super::suggest::nearest;
use super::texts::{self, Fault};
use super::tree::{Node, Value, quote};

pub(crate) trait Kind {
    type Out;

    fn shape(&self) -> Shape;

    /// None after a problem was reported.
    fn read(&self, node: &Node, problems: &mut Vec<Problem>) -> Option<Self::Out>;

    /// The value in TOML, for defaults.
    fn show(&self, value: &Self::Out) -> String;
}

/// A string that follows some grammar.
pub(crate) struct Text<T> {
    /// A regular expression that every right text matches; wrong ones may, too.
    pub(crate) pattern: &'static str,
    /// The text, in a word or two, and one that is right, in TOML.
    pub(crate) example: &'static str,
    pub(crate) parse: fn(&str) -> Result<T, Fault>,
    pub(crate) show: fn(&T) -> String,
}

impl<T> Kind for Text<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        Shape::Text { pattern: self.pattern }
    }

    fn read(&self, node: &Node, problems: &mut Vec<Problem>) -> Option<T> {
        let Value::Text(text) = &node.value else {
            problems.push(wrong_type(node, "a string", &format!("for example {}", self.example)));
            return None;
        };
        (self.parse)(text).map_err(|fault| problems.push(fault.at(node.place))).ok()
    }

    fn show(&self, value: &T) -> String {
        quote(&(self.show)(value))
    }
}

/// One word of a few.
pub(crate) struct Choice<T: 'static>(pub(crate) &'static [(&'static str, T)]);

impl<T: Copy + PartialEq> Kind for Choice<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        Shape::Choice(self.words().collect())
    }

    fn read(&self, node: &Node, problems: &mut Vec<Problem>) -> Option<T> {
        let all = format!("one of {}", self.words().map(quote).collect::<Vec<_>>().join(", "));
        let Value::Text(text) = &node.value else {
            problems.push(wrong_type(node, "a string", &all));
            return None;
        };
        let found = self.0.iter().find(|(word, _)| word == text).map(|(_, value)| *value);
        if found.is_none() {
            let label = nearest(text, self.words()).map_or(String::new(), |near| format!("did you mean {near:?}?"));
            problems.push(Problem::new(Code::Choice, format!("unknown word {text:?}")).at(node.place, label).help(all));
        }
        found
    }

    fn show(&self, value: &T) -> String {
        quote(self.0.iter().find(|(_, known)| known == value).map_or("", |(word, _)| word))
    }
}

impl<T> Choice<T> {
    fn words(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(word, _)| *word)
    }
}

pub(crate) struct Flag;

impl Kind for Flag {
    type Out = bool;

    fn shape(&self) -> Shape {
        Shape::Flag
    }

    fn read(&self, node: &Node, problems: &mut Vec<Problem>) -> Option<bool> {
        if let Value::Boolean(flag) = node.value {
            return Some(flag);
        }
        problems.push(wrong_type(node, "a boolean", "write true or false, without quotes"));
        None
    }

    fn show(&self, value: &bool) -> String {
        value.to_string()
    }
}

/// A whole number in a range.
pub(crate) struct Whole(pub(crate) RangeInclusive<usize>);

impl Kind for Whole {
    type Out = usize;

    fn shape(&self) -> Shape {
        Shape::Whole { least: *self.0.start(), most: *self.0.end() }
    }

    fn read(&self, node: &Node, problems: &mut Vec<Problem>) -> Option<usize> {
        let Value::Integer(number) = node.value else {
            problems.push(wrong_type(node, "a number", "write a whole number, without quotes"));
            return None;
        };
        let fits = usize::try_from(number).ok().filter(|number| self.0.contains(number));
        if fits.is_none() {
            problems.push(out_of_range(node.place, &number, self.0.start(), self.0.end()));
        }
        fits
    }

    fn show(&self, value: &usize) -> String {
        value.to_string()
    }
}

/// Bytes, with a unit, in a range.
pub(crate) struct Size(pub(crate) RangeInclusive<u64>);

impl Kind for Size {
    type Out = u64;

    fn shape(&self) -> Shape {
        Shape::Text { pattern: texts::SIZE }
    }

    fn read(&self, node: &Node, problems: &mut Vec<Problem>) -> Option<u64> {
        let size = quantity(node, "\"32KiB\"", texts::size, problems)?;
        if !self.0.contains(&size) {
            let [size, least, most] = [size, *self.0.start(), *self.0.end()].map(texts::show_size);
            problems.push(out_of_range(node.place, &size, &least, &most));
            return None;
        }
        Some(size)
    }

    fn show(&self, value: &u64) -> String {
        quote(&texts::show_size(*value))
    }
}

/// A length of time, with a unit.
pub(crate) struct Time {
    /// Whether 0 has a meaning.
    pub(crate) zero: bool,
}

impl Kind for Time {
    type Out = Duration;

    fn shape(&self) -> Shape {
        Shape::Text { pattern: texts::DURATION }
    }

    fn read(&self, node: &Node, problems: &mut Vec<Problem>) -> Option<Duration> {
        let time = quantity(node, "\"5s\"", texts::duration, problems)?;
        let least = if self.zero { Duration::ZERO } else { Duration::from_millis(1) };
        if time < least || time > LONGEST {
            let [time, least, most] = [time, least, LONGEST].map(texts::show_duration);
            problems.push(out_of_range(node.place, &time, &least, &most));
            return None;
        }
        Some(time)
    }

    fn show(&self, value: &Duration) -> String {
        quote(&texts::show_duration(*value))
    }
}

/// A year: longer is a slip, and deadlines are added to clocks.
const LONGEST: Duration = Duration::from_hours(365 * 24);

/// A text with a unit. A bare number gets the help that people need there.
fn quantity<T>(
    node: &Node,
    example: &str,
    parse: fn(&str) -> Result<T, Fault>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    if let Value::Text(text) = &node.value {
        return parse(text).map_err(|fault| problems.push(fault.at(node.place))).ok();
    }
    problems.push(wrong_type(node, "a string", &format!("write it with its unit and in quotes: {example}")));
    None
}

/// Values of one kind; each wrong one is reported.
pub(crate) struct List<K>(pub(crate) K);

impl<K: Kind> Kind for List<K> {
    type Out = Vec<Placed<K::Out>>;

    fn shape(&self) -> Shape {
        Shape::List(Box::new(self.0.shape()))
    }

    fn read(&self, node: &Node, problems: &mut Vec<Problem>) -> Option<Self::Out> {
        let items = list_items(node, problems)?;
        let read = |item: &Node, problems: &mut Vec<Problem>| {
            self.0.read(item, problems).map(|value| Placed::new(value, item.place))
        };
        let values: Vec<_> = items.iter().filter_map(|item| read(item, problems)).collect();
        (values.len() == items.len()).then_some(values)
    }

    fn show(&self, values: &Self::Out) -> String {
        format!("[{}]", values.iter().map(|placed| self.0.show(&placed.value)).collect::<Vec<_>>().join(", "))
    }
}

pub(crate) fn list_items<'n>(node: &'n Node, problems: &mut Vec<Problem>) -> Option<&'n [Node]> {
    if let Value::List(items) = &node.value {
        return Some(items);
    }
    problems.push(wrong_type(node, "a list", &format!("write it in brackets: [{}]", node.to_toml())));
    None
}

/// CIDRs and `"private"`.
pub(crate) struct NetworkList;

const NETWORK: Text<Networks> = Text {
    pattern: "^(private|[0-9A-Fa-f.:]+(/[0-9]+)?)$",
    example: "\"10.0.0.0/8\" or \"private\"",
    parse: texts::networks,
    show: |_| String::new(),
};

impl Kind for NetworkList {
    type Out = Networks;

    fn shape(&self) -> Shape {
        List(NETWORK).shape()
    }

    fn read(&self, node: &Node, problems: &mut Vec<Problem>) -> Option<Networks> {
        let parts = List(NETWORK).read(node, problems)?;
        Some(Networks::join(parts.into_iter().map(|part| part.value)))
    }

    fn show(&self, value: &Networks) -> String {
        if *value == Networks::private() {
            return "[\"private\"]".to_owned();
        }
        format!("[{}]", value.iter().map(|network| quote(&network.to_string())).collect::<Vec<_>>().join(", "))
    }
}

/// Another kind, or `"off"`.
pub(crate) struct OrOff<K>(pub(crate) K);

impl<K: Kind> Kind for OrOff<K> {
    type Out = Option<K::Out>;

    fn shape(&self) -> Shape {
        Shape::OrOff(Box::new(self.0.shape()))
    }

    fn read(&self, node: &Node, problems: &mut Vec<Problem>) -> Option<Self::Out> {
        if matches!(&node.value, Value::Text(text) if text == "off") {
            return Some(None);
        }
        self.0.read(node, problems).map(Some)
    }

    fn show(&self, value: &Self::Out) -> String {
        value.as_ref().map_or_else(|| quote("off"), |value| self.0.show(value))
    }
}

pub(crate) fn wrong_type(node: &Node, expected: &str, help: &str) -> Problem {
    Problem::new(Code::WrongType, format!("expected {expected}, found {}", node.kind()))
        .at(node.place, format!("this is {}", node.kind()))
        .help(help)
}

fn out_of_range<T: std::fmt::Display>(place: Place, value: &dyn std::fmt::Display, least: &T, most: &T) -> Problem {
    Problem::new(Code::OutOfRange, format!("{value} is out of range"))
        .at(place, "")
        .help(format!("from {least} to {most}"))
}
