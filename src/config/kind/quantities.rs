//! Kinds of amounts: whole numbers, sizes, times, each within a range.
//!
//! What is out of range is told with the range.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::{Kind, wrong_type};
use crate::config::code::Code;
use crate::config::report::Problem;
use crate::config::schema::Shape;
use crate::config::source::Place;
use crate::config::texts::{self, Fault};
use crate::config::tree::{Node, Value, quote};

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

fn out_of_range<T: Display>(place: Place, value: &dyn Display, least: &T, most: &T) -> Problem {
    Problem::new(Code::OutOfRange, format!("{value} is out of range"))
        .at(place, "")
        .help(format!("from {least} to {most}"))
}
