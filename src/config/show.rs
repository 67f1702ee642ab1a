//! The configuration in effect, as TOML: every key with its value and, beside it, where the value comes from.
//!
//! What it prints is a configuration again, in one file. No key holds a secret; one that will must be shown masked.

use super::keys::INCLUDE;
use super::section::Setting;
use super::source::Sources;

/// `origins`: with a comment on each line that names file and line, `environment NAME` or `default`.
pub(super) fn show(settings: &[Setting], sources: &Sources, origins: bool) -> String {
    let mut text = String::new();
    let mut table: &[String] = &[];
    // Includes were followed: what they said is among the rest.
    for setting in settings.iter().filter(|setting| setting.path != [INCLUDE]) {
        let Some((key, parent)) = setting.path.split_last() else { continue };
        if parent != table {
            let blank = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{blank}[{}]\n", parent.join(".")));
            table = parent;
        }
        let line = format!("{key} = {}", setting.value);
        if origins {
            let origin = setting.place.map_or_else(|| "default".to_owned(), |place| sources.origin(place));
            text.push_str(&format!("{line:<COLUMN$} # {origin}\n"));
        } else {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Where the origins begin, unless a value is longer.
const COLUMN: usize = 43;
