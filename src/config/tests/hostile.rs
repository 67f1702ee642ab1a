//! Whatever bytes a file holds: problems or a configuration, printed or shown, and never a panic.
//!
//! The seed is the shipped reference, so that mutations land in every key. What is accepted must also survive being
//! shown and read again.

use proptest::prelude::*;

use super::*;

fn mutate(mut text: Vec<u8>, cuts: &[(usize, usize, usize)]) -> Vec<u8> {
    for &(at, length, piece) in cuts {
        let start = at % (text.len() + 1);
        let end = (start + length).min(text.len());
        text.splice(start..end, PIECES[piece % PIECES.len()].bytes());
    }
    text
}

/// Reads, prints and shows.
fn everything(text: &str, environment: &[(&str, &str)]) {
    match read_under(text, environment) {
        Ok(loaded) => {
            loaded.report.render(true);
            let shown = loaded.show(true);
            assert_eq!(read(&shown).map(|again| again.config).ok(), Some(loaded.config), "{shown}");
        }
        Err(report) => {
            assert!(report.has_errors());
            assert!(report.render(false).contains("error[L0"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_file_is_read_or_refused(cuts in prop::collection::vec((any::<usize>(), 0..40_usize, any::<usize>()), 1..8)) {
        everything(&String::from_utf8_lossy(&mutate(SEED.into(), &cuts)), &[]);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        everything(&String::from_utf8_lossy(&bytes), &[]);
    }

    #[test]
    fn any_variable_is_taken_or_refused(name in 0..40_usize, value in ".{0,20}", own in "[A-Z_]{0,10}") {
        const NAMES: &[&str] = &["LOG__LEVEL", "LIMITS__MAX_CONNECTIONS", "POOLS__SHOP__BACKENDS", "STATUS__ALLOW",
            "ROUTES__SHOP__HOSTS", "POOLS__SHOP__STICKY", "POOLS__SHOP__STICKY__NAME", "LOG__ACCESS"];
        let name = NAMES.get(name).map_or(own, |name| (*name).to_owned());
        everything(&SEED.replace("include = []", ""), &[(&format!("LIMPET__{name}"), &value)]);
    }
}

const SEED: &str = include_str!("../../../config/limpet.toml");

/// What a mutation writes: pieces of the format, of our values, and of neither.
const PIECES: &[&str] = &[
    "[",
    "]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\"",
    "'",
    "\"\"\"",
    "\\",
    "#",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "ö",
    "\u{202e}",
    "\u{feff}",
    "0",
    "-1",
    "1e9",
    "99999999999999999999999999999999999999999",
    "0x",
    "nan",
    "true",
    "1979-05-27",
    "[[a]]",
    "[a.b.c]",
    "[pools.shop]",
    "[routes]",
    "pool = \"x\"",
    "sticky = \"cookie\"",
    "include = [\"/*\"]",
    "*",
    "%",
    "\"5s\"",
    "::",
];
