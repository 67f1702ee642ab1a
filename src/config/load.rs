//! From paths or a text to a [`Config`], or to all that is wrong with it: the steps, in their order.
//!
//! Gather the files, merge them, lay the environment over them, read the keys, check how they fit. Each step leaves
//! its problems in one list and goes on.

use std::path::PathBuf;

use super::keys::{self, Written};
use super::report::{Problem, Report};
use super::schema::{self, Key};
use super::section::{self, Findings, Setting};
use super::source::Sources;
use super::tree::Table;
use super::{Config, check, environment, file, include, merge, show};

/// A configuration that can be used.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// Warnings, and the texts that everything came from.
    pub(crate) report: Report,
    settings: Vec<Setting>,
}

impl Loaded {
    /// The configuration in effect, as TOML; with `origins`, each value with the place it comes from.
    pub(crate) fn show(&self, origins: bool) -> String {
        show::show(&self.settings, &self.report.sources, origins)
    }
}

/// Reads files, and directories of `.toml` files. `environment` is every variable of the process; `cores` is what
/// `workers.count = 0` stands for.
pub(crate) fn load(
    paths: &[PathBuf],
    environment: impl IntoIterator<Item = (String, String)>,
    cores: usize,
) -> Result<Loaded, Report> {
    let (mut sources, mut problems) = (Sources::default(), Vec::new());
    let tables = include::gather(paths, &mut sources, &mut problems);
    finish(tables, environment, cores, sources, problems)
}

/// Reads a text that stands in no file; `name` is what it is called in problems.
pub(crate) fn from_text(
    name: &str,
    text: &str,
    environment: impl IntoIterator<Item = (String, String)>,
    cores: usize,
) -> Result<Loaded, Report> {
    let (mut sources, mut problems) = (Sources::default(), Vec::new());
    let source = sources.add(name, text);
    let mut tables = vec![file::parse(&sources, source, &mut problems)];
    include::refuse_includes(&mut tables, "there is no file that this could be relative to", &mut problems);
    finish(tables, environment, cores, sources, problems)
}

/// The JSON schema of every key.
pub(crate) fn json_schema() -> String {
    schema::json_schema(&describe())
}

fn describe() -> Vec<Key> {
    section::describe("", &keys::root)
}

fn finish(
    tables: Vec<Table>,
    environment: impl IntoIterator<Item = (String, String)>,
    cores: usize,
    mut sources: Sources,
    mut problems: Vec<Problem>,
) -> Result<Loaded, Report> {
    let keys = describe();
    let mut root = merge::merge(tables, &keys, &mut problems);
    environment::apply(&mut root, &keys, environment, &mut sources, &mut problems);
    let mut findings = Findings { problems, settings: Vec::new() };
    let written: Written = section::read(&root, &mut findings, keys::root);
    let Findings { mut problems, settings } = findings;
    let config = check::check(&written, cores, &mut problems);
    let report = Report::new(sources, problems);
    match config {
        Some(config) if !report.has_errors() => Ok(Loaded { config, report, settings }),
        _ => Err(report),
    }
}
