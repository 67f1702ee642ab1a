//! Tables that name, for each thing of a list, the tests that see it: every key, every metric.
//!
//! A thing without a test fails the walk, and so does a test of nothing, or an entry that is no test of this binary.

use std::any::type_name;
use std::collections::BTreeSet;
use std::process::Command;

/// A thing, and the full name of a test that sees it.
pub(crate) type Entry = (&'static str, &'static str);

pub(crate) fn entry<T: Fn()>(thing: &'static str, _test: T) -> Entry {
    (thing, type_name::<T>())
}

/// Fails if `seen` leaves out one of `things`, or names anything else.
pub(crate) fn walk(things: &BTreeSet<String>, seen: &[Entry]) {
    let entries: BTreeSet<String> = seen.iter().map(|(thing, _)| (*thing).to_owned()).collect();
    let missing: Vec<_> = things.difference(&entries).collect();
    assert!(missing.is_empty(), "no test sees {missing:?}");
    let unknown: Vec<_> = entries.difference(things).collect();
    assert!(unknown.is_empty(), "tests of what does not exist: {unknown:?}");
    let tests = tests();
    for (thing, test) in seen {
        let name = test.split_once("::").map_or(*test, |(_, name)| name);
        assert!(tests.contains(name), "{thing}: {name} is no test that runs");
    }
}

/// The names of all tests of this binary, but those that are ignored.
fn tests() -> BTreeSet<String> {
    let list = |arguments: &[&str]| {
        let output = Command::new(std::env::current_exe().unwrap()).args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let ignored = list(&["--list", "--ignored"]);
    list(&["--list"]).difference(&ignored).cloned().collect()
}
