//! Problems, and how they are printed: file, line, column, a caret under the word, and a way out.
//!
//! A problem is data: a code, a place, what to say there, perhaps other places, and what to do. It is made where the
//! mistake is seen and rendered only here. Home of the `annotate-snippets` crate.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};

use super::code::Code;
use super::source::{Place, Sources};

/// One mistake, or one thing worth knowing.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) code: Code,
    pub(super) title: String,
    /// Where, and what to say there. A problem of the whole configuration has no place.
    pub(super) place: Option<Place>,
    pub(super) label: String,
    /// More places, with what to say there.
    pub(super) others: Vec<(Place, String)>,
    /// What to do about it.
    pub(super) help: String,
}

impl Problem {
    pub(super) fn new(code: Code, title: impl Into<String>) -> Self {
        let (label, help) = (String::new(), String::new());
        Problem { code, title: title.into(), place: None, label, others: Vec::new(), help }
    }

    pub(super) fn at(mut self, place: impl Into<Option<Place>>, label: impl Into<String>) -> Self {
        (self.place, self.label) = (place.into(), label.into());
        self
    }

    pub(super) fn also(mut self, place: impl Into<Option<Place>>, label: impl Into<String>) -> Self {
        self.others.extend(place.into().map(|place| (place, label.into())));
        self
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = text.into();
        self
    }
}

/// Everything found in one configuration, with the texts to point into.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(super) sources: Sources,
    /// In the order of their places.
    pub(super) problems: Vec<Problem>,
}

impl Report {
    /// Sorts the problems and leaves out those that only echo another.
    pub(super) fn new(sources: Sources, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| (problem.place, problem.code));
        leave_out_echoes(&sources, &mut problems);
        Report { sources, problems }
    }

    pub(super) fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| !problem.code.is_warning())
    }

    /// Every problem with its carets, and a last line that counts them. Empty where there is none.
    pub(crate) fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut text = String::new();
        for problem in &self.problems {
            text.push_str(&renderer.render(&[self.group(problem)]));
            text.push_str("\n\n");
        }
        if !self.problems.is_empty() {
            text.push_str(&self.count());
            text.push('\n');
        }
        text
    }

    fn group<'a>(&'a self, problem: &'a Problem) -> Group<'a> {
        let level = if problem.code.is_warning() { Level::WARNING } else { Level::ERROR };
        let mut group = Group::with_title(level.primary_title(problem.title.as_str()).id(problem.code.to_string()));
        let mut marks: Vec<(AnnotationKind, Place, &str)> = Vec::new();
        marks.extend(problem.place.map(|place| (AnnotationKind::Primary, place, problem.label.as_str())));
        marks.extend(problem.others.iter().map(|(place, label)| (AnnotationKind::Context, *place, label.as_str())));
        let mut shown: Vec<usize> = Vec::new();
        for &(_, place, _) in &marks {
            let Some(source) = self.sources.source(place) else { continue };
            if shown.contains(&place.source) {
                continue;
            }
            shown.push(place.source);
            let mut snippet = Snippet::source(source.text.as_str()).path(source.name.as_str());
            for &(kind, here, label) in marks.iter().filter(|mark| mark.1.source == place.source) {
                let annotation = kind.span(self.sources.span(here));
                snippet = snippet.annotation(if label.is_empty() {
                    annotation
                } else {
                    annotation.label(normalize_untrusted_str(label))
                });
            }
            group = group.element(snippet);
        }
        if !problem.help.is_empty() {
            group = group.element(Level::HELP.message(normalize_untrusted_str(&problem.help)));
        }
        group
    }

    fn count(&self) -> String {
        let warnings = self.problems.iter().filter(|problem| problem.code.is_warning()).count();
        let errors = self.problems.len() - warnings;
        let some = |n: usize, noun: &str| match n {
            0 => None,
            1 => Some(format!("1 {noun}")),
            _ => Some(format!("{n} {noun}s")),
        };
        [some(errors, "error"), some(warnings, "warning")].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// What could not be read hides what it says: then nothing else is said to be missing. After a syntax error the rest
/// is read as far as it can be.
fn leave_out_echoes(sources: &Sources, problems: &mut Vec<Problem>) {
    if problems.iter().any(|problem| problem.code.hides_a_part()) {
        problems.retain(|problem| !problem.code.may_be_an_echo());
    }
    leave_out_syntax_echoes(sources, problems);
}

/// On a line with a syntax error only that is reported, and the same error on the lines that follow it is not repeated.
fn leave_out_syntax_echoes(sources: &Sources, problems: &mut Vec<Problem>) {
    let line = |problem: &Problem| problem.place.map(|place| (place.source, sources.line_column(place).0));
    let broken: Vec<_> = problems.iter().filter(|p| p.code == Code::Syntax).filter_map(line).collect();
    // The last line with a syntax error, and the first error there.
    let mut last: Option<((usize, usize), String)> = None;
    problems.retain(|problem| {
        let here = line(problem);
        if problem.code != Code::Syntax {
            return here.is_none_or(|here| !broken.contains(&here));
        }
        let here = here.unwrap_or_default();
        let (same_line, next_line) = last.as_ref().map_or((false, false), |((source, line), title)| {
            (here == (*source, *line), here == (*source, line + 1) && *title == problem.title)
        });
        if !same_line {
            last = Some((here, problem.title.clone()));
        }
        !same_line && !next_line
    });
}
