//! Kinds of amounts: whole numbers, sizes, times, each within a range.
//!
//! What is out of range is reported with the range.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::code::Code;
use crate::config::grammars::{self, Fault};
use crate::config::report::Problem;
use crate::config::schema::Shape;
use crate::config::source::Place;
use crate::config::tree::{Node, Value, quote};

use super::{Kind, wrong_type};

/// A whole number in a range.
pub(in crate::config) struct Whole(pub(in crate::config) RangeInclusive<usize>);

impl Kind for Whole {
    type Out = usize;

    fn shape(&self) -> Shape {
        Shape::Whole { least: *self.0.start(), most: *self.0.end() }
    }

    fn read(&self, _: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<usize> {
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
pub(in crate::config) struct Size(pub(in crate::config) RangeInclusive<u64>);

impl Kind for Size {
    type Out = u64;

    fn shape(&self) -> Shape {
        Shape::Text { pattern: grammars::SIZE }
    }

    fn read(&self, _: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<u64> {
        let size = quantity(node, "\"32KiB\"", grammars::size, problems)?;
        if !self.0.contains(&size) {
            let [size, least, most] = [size, *self.0.start(), *self.0.end()].map(grammars::show_size);
            problems.push(out_of_range(node.place, &size, &least, &most));
            return None;
        }
        Some(size)
    }

    fn show(&self, value: &u64) -> String {
        quote(&grammars::show_size(*value))
    }
}

/// A length of time, with a unit.
pub(in crate::config) struct Time {
    /// Whether 0 has a meaning.
    pub(in crate::config) zero: bool,
}

impl Kind for Time {
    type Out = Duration;

    fn shape(&self) -> Shape {
        Shape::Text { pattern: grammars::DURATION }
    }

    fn read(&self, _: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<Duration> {
        let time = quantity(node, "\"5s\"", grammars::duration, problems)?;
        let least = if self.zero { Duration::ZERO } else { Duration::from_millis(1) };
        if time < least || time > LONGEST {
            let [time, least, most] = [time, least, LONGEST].map(grammars::show_duration);
            problems.push(out_of_range(node.place, &time, &least, &most));
            return None;
        }
        Some(time)
    }

    fn show(&self, value: &Duration) -> String {
        quote(&grammars::show_duration(*value))
    }
}

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

fn out_of_range<T: Display>(place: Place, value: &dyn Display, least: &T, most: &T) -> Problem {
    Problem::new(Code::OutOfRange, format!("{value} is out of range"))
        .at(place, "")
        .help(format!("from {least} to {most}"))
}

/// A year: longer is a mistake, and deadlines are added to clocks.
const LONGEST: Duration = Duration::from_hours(365 * 24);
