//! Kinds of values: what a key takes, how it is read, and how it is described.
//!
//! A kind reads a [`Node`] into the type that limpet uses, gives the schema its [`Shape`], and writes a default as
//! TOML. What the texts mean is said in `grammars`; which key takes which kind in `keys`.

mod lists;
mod quantities;

pub(super) use lists::{List, NetworkList, list_items};
pub(super) use quantities::{Size, Time, Whole};

use super::code::Code;
use super::grammars::Fault;
use super::report::Problem;
use super::schema::Shape;
use super::suggest::nearest;
use super::tree::{Node, Value, quote};

pub(super) trait Kind {
    type Out;

    fn shape(&self) -> Shape;

    /// Reads the value of a key. None after a problem was reported.
    fn read(&self, key: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<Self::Out>;

    /// The value in TOML, for defaults.
    fn show(&self, value: &Self::Out) -> String;
}

/// A string that follows some grammar.
pub(super) struct Text<T> {
    /// A regular expression that every right text matches; wrong ones may, too.
    pub(super) pattern: &'static str,
    /// The text, in a word or two, and one that is right, in TOML.
    pub(super) example: &'static str,
    pub(super) parse: fn(&str) -> Result<T, Fault>,
    pub(super) show: fn(&T) -> String,
}

impl<T> Kind for Text<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        Shape::Text { pattern: self.pattern }
    }

    fn read(&self, _: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<T> {
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
pub(super) struct Choice<T: 'static>(pub(super) &'static [(&'static str, T)]);

impl<T: Copy + PartialEq> Kind for Choice<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        Shape::Choice(self.words().collect())
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<T> {
        let all = format!("one of {}", self.words().map(quote).collect::<Vec<_>>().join(", "));
        let Value::Text(text) = &node.value else {
            problems.push(wrong_type(node, "a string", &all));
            return None;
        };
        let found = self.0.iter().find(|(word, _)| word == text).map(|(_, value)| *value);
        if found.is_none() {
            let label = nearest(text, self.words()).map_or(String::new(), |near| format!("did you mean {near:?}?"));
            let title = format!("{} is no value of `{key}`", quote(text));
            problems.push(Problem::new(Code::Choice, title).at(node.place, label).help(all));
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

pub(super) struct Flag;

impl Kind for Flag {
    type Out = bool;

    fn shape(&self) -> Shape {
        Shape::Flag
    }

    fn read(&self, _: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<bool> {
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

/// Another kind, or `"off"`.
pub(super) struct OrOff<K>(pub(super) K);

impl<K: Kind> Kind for OrOff<K> {
    type Out = Option<K::Out>;

    fn shape(&self) -> Shape {
        Shape::OrOff(Box::new(self.0.shape()))
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<Self::Out> {
        if matches!(&node.value, Value::Text(text) if text == "off") {
            return Some(None);
        }
        self.0.read(key, node, problems).map(Some)
    }

    fn show(&self, value: &Self::Out) -> String {
        value.as_ref().map_or_else(|| quote("off"), |value| self.0.show(value))
    }
}

pub(super) fn wrong_type(node: &Node, expected: &str, help: &str) -> Problem {
    Problem::new(Code::WrongType, format!("expected {expected}, found {}", node.kind()))
        .at(node.place, format!("this is {}", node.kind()))
        .help(help)
}
