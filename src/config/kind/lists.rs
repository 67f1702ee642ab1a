//! Kinds that are lists: values of another kind, and sets of networks.
//!
//! Every wrong item is reported, not the first alone.

use crate::config::grammars;
use crate::config::networks::Networks;
use crate::config::report::Problem;
use crate::config::schema::Shape;
use crate::config::source::Placed;
use crate::config::tree::{Node, Value, quote};

use super::{Kind, Text, wrong_type};

/// Values of one kind; each wrong one is reported.
pub(in crate::config) struct List<K>(pub(in crate::config) K);

impl<K: Kind> Kind for List<K> {
    type Out = Vec<Placed<K::Out>>;

    fn shape(&self) -> Shape {
        Shape::List(Box::new(self.0.shape()))
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<Self::Out> {
        let items = list_items(node, problems)?;
        let read = |item: &Node, problems: &mut Vec<Problem>| {
            self.0.read(key, item, problems).map(|value| Placed::new(value, item.place))
        };
        let values: Vec<_> = items.iter().filter_map(|item| read(item, problems)).collect();
        (values.len() == items.len()).then_some(values)
    }

    fn show(&self, values: &Self::Out) -> String {
        format!("[{}]", values.iter().map(|placed| self.0.show(&placed.value)).collect::<Vec<_>>().join(", "))
    }
}

pub(in crate::config) fn list_items<'n>(node: &'n Node, problems: &mut Vec<Problem>) -> Option<&'n [Node]> {
    if let Value::List(items) = &node.value {
        return Some(items);
    }
    problems.push(wrong_type(node, "a list", &format!("write it in brackets: [{}]", node.to_toml())));
    None
}

/// CIDRs and `"private"`.
pub(in crate::config) struct NetworkList;

impl Kind for NetworkList {
    type Out = Networks;

    fn shape(&self) -> Shape {
        List(NETWORK).shape()
    }

    fn read(&self, key: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<Networks> {
        let parts = List(NETWORK).read(key, node, problems)?;
        Some(Networks::join(parts.into_iter().map(|part| part.value)))
    }

    fn show(&self, value: &Networks) -> String {
        if *value == Networks::private() {
            return "[\"private\"]".to_owned();
        }
        format!("[{}]", value.iter().map(|network| quote(&network.to_string())).collect::<Vec<_>>().join(", "))
    }
}

const NETWORK: Text<Networks> = Text {
    pattern: "^(private|[0-9A-Fa-f.:]+(/[0-9]+)?)$",
    example: "\"10.0.0.0/8\" or \"private\"",
    parse: grammars::networks,
    show: |_| String::new(),
};
