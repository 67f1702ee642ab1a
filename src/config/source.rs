//! The texts a configuration came from, and places in them.
//!
//! A file is a source, an environment variable is one (its text is the assignment), and so are the arguments of a
//! command. Everything read keeps its place, so that a problem found much later can still point at a word.

use std::ops::Range;

/// All texts of one configuration.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources(Vec<Source>);

#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) text: String,
}

impl Sources {
    /// Adds a text; the number is its [`Place::source`].
    pub(super) fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> usize {
        self.0.push(Source { name: name.into(), text: text.into() });
        self.0.len() - 1
    }

    pub(super) fn source(&self, place: Place) -> Option<&Source> {
        self.0.get(place.source)
    }

    /// Line and column, both from 1; a column is a character.
    pub(super) fn line_column(&self, place: Place) -> (usize, usize) {
        let Some(source) = self.source(place) else { return (1, 1) };
        let before = &source.text[..floor(&source.text, place.start)];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }

    /// `limpet.toml:11`, or `environment LIMPET__LOG__LEVEL`.
    pub(super) fn origin(&self, place: Place) -> String {
        let Some(source) = self.source(place) else { return String::new() };
        if source.name == ENVIRONMENT {
            return format!("{ENVIRONMENT} {}", source.text.split('=').next().unwrap_or_default());
        }
        format!("{}:{}", source.name, self.line_column(place).0)
    }

    /// The bytes of a place, at character borders and inside its text.
    pub(super) fn span(&self, place: Place) -> Range<usize> {
        let text = self.source(place).map_or("", |source| source.text.as_str());
        let start = floor(text, place.start);
        start..floor(text, place.end).max(start)
    }
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A stretch of bytes in one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) source: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A value and where it was written; nowhere if it is a default.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) place: Option<Place>,
}

impl<T> Placed<T> {
    pub(super) fn new(value: T, place: Place) -> Self {
        Placed { value, place: Some(place) }
    }
}

/// What environment variables are called as a source.
pub(super) const ENVIRONMENT: &str = "environment";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let mut sources = Sources::default();
        let source = sources.add("a.toml", "x = 1\nö = \"ü\"\r\n");
        for (start, expected) in [(0, (1, 1)), (4, (1, 5)), (6, (2, 1)), (11, (2, 5)), (99, (3, 1))] {
            let place = Place { source, start, end: start };
            assert_eq!(sources.line_column(place), expected, "byte {start}");
        }
    }

    #[test]
    fn spans_never_cut_a_character_or_leave_the_text() {
        let mut sources = Sources::default();
        let source = sources.add("a.toml", "aöb");
        assert_eq!(sources.span(Place { source, start: 2, end: 9 }), 1..4);
        assert_eq!(sources.span(Place { source, start: 3, end: 2 }), 3..3);
        assert_eq!(sources.span(Place { source: 7, start: 3, end: 5 }), 0..0);
    }

    #[test]
    fn an_origin_names_line_or_variable() {
        let mut sources = Sources::default();
        let file = sources.add("a.toml", "\n\nx = 1");
        let variable = sources.add(ENVIRONMENT, "LIMPET__LOG__LEVEL=a=b");
        assert_eq!(sources.origin(Place { source: file, start: 2, end: 3 }), "a.toml:3");
        assert_eq!(sources.origin(Place { source: variable, start: 19, end: 22 }), "environment LIMPET__LOG__LEVEL");
    }
}
