//! The differences in the accepting direction that are meant, as predicates; `divergences.md` says why, under the same
//! names.
//!
//! A predicate must be narrow: it looks at the message and at what exactly differs, so that a new difference fails
//! even in a message that has an old one. `replay` makes sure that every class is met by some seed.

use super::{Case, Difference, Kind, Oracle};
use crate::rules;

/// One meant difference.
pub struct Class {
    pub name: &'static str,
    covers: fn(&Case<'_>, Oracle, &Difference) -> bool,
}

/// The class that covers a difference.
pub fn class(case: &Case<'_>, oracle: Oracle, difference: &Difference) -> Option<&'static str> {
    CLASSES.iter().find(|class| (class.covers)(case, oracle, difference)).map(|class| class.name)
}

pub const CLASSES: &[Class] = &[
    Class { name: "target-characters", covers: target_characters },
    Class { name: "options-without-a-path", covers: options_without_a_path },
    Class { name: "connection-option", covers: connection_option },
    Class { name: "leading-line-of-a-response", covers: leading_line },
];

/// Visible ASCII that RFC 3986 has no place for, a fragment aside.
fn target_characters(case: &Case<'_>, oracle: Oracle, difference: &Difference) -> bool {
    let refuses = match oracle {
        Oracle::Rules => difference.refuses("target-characters"),
        Oracle::Hyper => difference.refuses("invalid URI"),
    };
    let target = &case.ours.target;
    let is_visible = target.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'#');
    refuses && case.kind == Kind::Request && is_visible && !rules::are_path_and_query(target)
}

/// hyper reads `OPTIONS http://a` as `OPTIONS /`.
fn options_without_a_path(case: &Case<'_>, oracle: Oracle, difference: &Difference) -> bool {
    let reads = matches!(difference, Difference::Reads { part: "target", ours, theirs } if ours == r#""*""# && theirs == r#""/""#);
    reads && oracle == Oracle::Hyper && case.kind == Kind::Request && case.ours.start == "OPTIONS"
}

/// A member of Connection that is no token.
fn connection_option(case: &Case<'_>, oracle: Oracle, difference: &Difference) -> bool {
    let is_connection = |name: &[u8]| name.eq_ignore_ascii_case(b"connection");
    let there = case.ours.fields.iter().any(|(name, _)| is_connection(name));
    oracle == Oracle::Rules && difference.refuses("connection-option") && there
}

/// One empty line in front of a status line.
fn leading_line(case: &Case<'_>, oracle: Oracle, difference: &Difference) -> bool {
    let one = case.message.starts_with(b"\r\n") && !case.message.starts_with(b"\r\n\r\n");
    oracle == Oracle::Rules && difference.refuses("leading-line") && one && case.kind != Kind::Request
}
