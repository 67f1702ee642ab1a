//! The house rules: the habits of this project's source, as far as they can be counted. Sizes, opening words, bare
//! unwraps, names, unfinished code, and words that belong to nobody's checkout but ours.
//!
//! Limits and word lists stand here; how they are counted stands in `tidy/`. Where a rule needs an exception, the
//! code says why at the place (`// INVARIANT:`, a reason before an `#[allow(…)]`), never here.

mod examples;
mod rules;
mod sizes;

use std::path::Path;
use std::process::Command;

use crate::source::{Tree, files_below};

/// Lines of a file outside `#[cfg(test)]`.
const FILE_LINES: usize = 500;
/// Lines of tests at the foot of a file; more go to `foo/tests.rs`.
const FOOT_LINES: usize = 150;
/// The median file of `src`, outside tests, is shorter than this.
const MEDIAN_FILE_LINES: usize = 150;
/// Fewer files than this have no median worth the name.
const FILES_FOR_A_MEDIAN: usize = 10;
/// Lines of a function, from `fn` to its last brace.
const FUNCTION_LINES: usize = 80;
/// Nine of ten functions of `src`, outside tests, are shorter than this.
const MOST_FUNCTION_LINES: usize = 30;
/// Lines of `//!` that say something, at the head of every file of `src`; elsewhere only the lower end counts.
const OPENING_LINES: std::ops::RangeInclusive<usize> = 3..=8;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: &str = "util utils helper helpers common misc manager managers handler handlers";
/// Macros of unfinished work.
const UNFINISHED: &str = "todo unimplemented dbg";

#[test]
fn every_rust_file_is_tidy() {
    let tree = tree();
    assert!(!tree.files.is_empty(), "no source was found");
    let found = rules::findings(&tree);
    assert!(found.is_empty(), "{} things to tidy:\n{}", found.len(), found.join("\n"));
}

#[test]
fn files_and_functions_are_short() {
    let tree = tree();
    let (found, report) = sizes::findings(&tree);
    println!("{report}");
    assert!(found.is_empty(), "{} things to tidy:\n{}\n{report}", found.len(), found.join("\n"));
}

#[test]
fn tracked_files_speak_of_the_project_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for path in tracked() {
        found.extend(rules::empty_name(&path));
        // What is no text, or was deleted and not yet committed, has nothing to say.
        if let Ok(text) = std::fs::read_to_string(root.join(&path)) {
            found.extend(rules::foreign_words(&path, &text));
        }
    }
    assert!(found.is_empty(), "{} things to tidy:\n{}", found.len(), found.join("\n"));
}

fn tree() -> Tree {
    Tree::read(Path::new(env!("CARGO_MANIFEST_DIR")), &tracked())
}

/// What git tracks or would track, from the package's root; without git, what lies in the project's directories.
fn tracked() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git").arg("-C").arg(root).args(listing).output();
    match listed {
        Ok(output) if output.status.success() && !output.stdout.is_empty() => {
            let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
            paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect()
        }
        _ => {
            ["src", "tests/it", "benches", "config", "docker"].iter().flat_map(|part| files_below(root, part)).collect()
        }
    }
}
