//! What the texts of a configuration mean: durations, sizes, addresses, hosts, paths, matchers, cookie attributes.
//!
//! Each function reads one text into the value that limpet uses, or says what is wrong with it and how it is written.
//! They know neither the key they read for nor the place of the text.

mod addresses;
mod cookies;
mod quantities;
mod requests;

pub(super) use addresses::{address, backend_address, networks};
pub(super) use cookies::{cookie_domain, cookie_name, cookie_path};
pub(super) use quantities::{DURATION, SIZE, duration, show_duration, show_size, size};
pub(super) use requests::{field_name, host, matcher, method, parameter_name, path};

use super::code::Code;
use super::report::Problem;
use super::source::Place;

/// What is wrong with a text, to be said where it stands.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    code: Code,
    title: String,
    label: &'static str,
    help: String,
}

impl Fault {
    pub(super) fn new(code: Code, title: impl Into<String>, label: &'static str, help: impl Into<String>) -> Self {
        Fault { code, title: title.into(), label, help: help.into() }
    }

    pub(super) fn at(self, place: Place) -> Problem {
        Problem::new(self.code, self.title).at(place, self.label).help(self.help)
    }
}

/// What `include` names: anything but nothing.
pub(super) fn include(text: &str) -> Result<String, Fault> {
    if text.is_empty() {
        return Err(Fault::new(Code::Include, "an empty path", "", "name a file: \"conf.d/*.toml\""));
    }
    Ok(text.to_owned())
}

/// The name of a listener, route or pool.
pub(super) fn name(text: &str) -> Result<String, Fault> {
    let fault = |help| Fault::new(Code::Name, format!("{text:?} cannot be a name"), "", help);
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    if !(1..=63).contains(&text.len()) || !text.bytes().all(allowed) || text.starts_with(['-', '_']) {
        return Err(fault("1 to 63 lower-case letters, digits, - and _, beginning with a letter or digit"));
    }
    if text.replace('-', "_").contains("__") {
        return Err(fault("two of - and _ in a row would divide the names of environment variables"));
    }
    Ok(text.to_owned())
}

/// A backend's name: it becomes a label of metrics, a word in logs and part of a digest.
pub(super) fn backend_name(text: &str) -> Result<String, Fault> {
    let fits = (1..=255).contains(&text.len());
    let right = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:[]".contains(&b));
    if fits && right {
        return Ok(text.to_owned());
    }
    let help = "1 to 255 letters, digits and any of - _ . : [ ]";
    Err(Fault::new(Code::BackendName, format!("{text:?} cannot name a backend"), "", help))
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Letters, digits, `-` and (as people do) `_` in labels of 1 to 63 bytes, at most 253 in all (RFC 1123, section 2.1).
fn is_host_name(text: &str) -> bool {
    let right = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    text.len() <= 253 && text.split('.').all(right)
}

#[cfg(test)]
mod tests;
