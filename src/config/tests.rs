//! Whole configurations: text in, codes and places of carets out.
//!
//! A problem is written `L0214 6:8 9:8`: its code, line and column of the caret, then those of the further places.

mod files;
mod hostile;
mod mistakes;
mod values;

use super::*;
use crate::config::source::Place;

fn read(text: &str) -> Result<Loaded, Report> {
    read_under(text, &[])
}

fn read_under(text: &str, environment: &[(&str, &str)]) -> Result<Loaded, Report> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    from_text("test.toml", text, environment, 3)
}

#[track_caller]
fn config(text: &str) -> Config {
    read(text).unwrap_or_else(|report| panic!("{}", report.render(false))).config
}

/// The problems found, errors and warnings; each must offer a way out.
fn problems(result: Result<Loaded, Report>) -> Vec<String> {
    let report = result.map_or_else(|report| report, |loaded| loaded.report);
    let at = |place: Place| {
        let (line, column) = report.sources.line_column(place);
        format!(" {line}:{column}")
    };
    let one = |problem: &report::Problem| {
        assert!(!problem.help.is_empty(), "no way out: {}", problem.title);
        let places = problem.place.into_iter().chain(problem.others.iter().map(|other| other.0));
        format!("{}{}", problem.code, places.map(at).collect::<String>())
    };
    report.problems.iter().map(one).collect()
}

#[track_caller]
fn assert_problems(text: &str, expected: &[&str]) {
    let found = problems(read(text));
    assert_eq!(found, expected, "in\n{text}\n{}", read(text).map_or_else(|r| r, |l| l.report).render(false));
}

/// Complete and without a warning, to stand below what a test is about.
const BASE: &str = r#"
[listeners.base]
address = "127.0.0.1:1"
[routes.base]
hosts = ["base.test"]
pool = "base"
[pools.base]
backends = ["base:1"]
"#;
