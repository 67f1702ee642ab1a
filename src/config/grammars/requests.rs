//! Texts that requests are compared with: hosts, paths, methods, names and values.
//!
//! Each comes out in the one form in which requests are compared, or is refused because no request has that form.

use crate::config::Match;
use crate::config::code::Code;

use super::{Fault, is_host_name, is_token};

/// A host to match, in lower case and without a trailing dot; `*.` in front stands for any labels.
pub(in crate::config) fn host(text: &str) -> Result<String, Fault> {
    let fault = |label, help: &str| Fault::new(Code::Host, format!("{text:?} is not a host to match"), label, help);
    let lower = text.to_ascii_lowercase();
    let name = lower.strip_suffix('.').unwrap_or(&lower);
    let is_v6 = |inner: &str| inner.parse::<std::net::Ipv6Addr>().is_ok();
    if name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(is_v6) {
        return Ok(name.to_owned());
    }
    if name == "*" {
        return Err(fault("this is every host", "leave `hosts` out to match every host"));
    }
    let base = name.strip_prefix("*.").unwrap_or(name);
    if base.contains('*') {
        return Err(fault(
            "`*` elsewhere than in front",
            "a wildcard stands for whole labels in front: \"*.example.com\"",
        ));
    }
    if base.contains([':', '/']) {
        return Err(fault("more than a host", "leave out scheme, port and path; listeners decide about ports"));
    }
    if !text.is_ascii() {
        return Err(fault("not ASCII", "write the name as browsers send it, in Punycode: \"xn--…\""));
    }
    if !is_host_name(base) {
        return Err(fault("", "labels of 1 to 63 letters, digits, - and _, joined by dots, 253 in all"));
    }
    Ok(name.to_owned())
}

/// A prefix on segment borders, or `=/exact`, in the form that requests are compared in (RFC 3986, section 6.2.2):
/// dot segments removed, nothing escaped that need not be.
pub(in crate::config) fn path(text: &str) -> Result<String, Fault> {
    let fault = |label, help: &str| Fault::new(Code::Path, format!("{text:?} is not a path to match"), label, help);
    let path = text.strip_prefix('=').unwrap_or(text);
    if !path.starts_with('/') {
        return Err(fault("it begins with no slash", "write a prefix, \"/shop\", or one whole path, \"=/shop\""));
    }
    if path.contains(['?', '#']) {
        return Err(fault("a path ends before ? and #", "match parameters with `match_query`"));
    }
    if path.contains('*') {
        return Err(fault("paths know no wildcard", "a path is a prefix already: \"/shop\" matches \"/shop/cart\""));
    }
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(fault("requests are matched without . and ..", "leave these segments out"));
    }
    if let Err(label) = check_escapes(path) {
        return Err(fault(label, "letters, digits, - . _ ~ as they are; everything unusual as %XX"));
    }
    Ok(text.to_owned())
}

fn check_escapes(path: &str) -> Result<(), &'static str> {
    let bytes = path.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        if byte == b'%' {
            let digits = path.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
            match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                None => return Err("% without two hex digits"),
                Some(b) if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => {
                    return Err("requests are matched with this escape decoded");
                }
                Some(_) if digits.is_some_and(|digits| digits.bytes().any(|b| b.is_ascii_lowercase())) => {
                    return Err("hex digits are upper case here");
                }
                Some(_) => {}
            }
        } else if !(byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte)) {
            return Err("a character that stands in no path");
        }
    }
    Ok(())
}

/// A method (RFC 9110, section 9.1), as sent: methods have a case.
pub(in crate::config) fn method(text: &str) -> Result<String, Fault> {
    if is_token(text) {
        return Ok(text.to_owned());
    }
    Err(Fault::new(Code::Matcher, format!("{text:?} is not a method"), "", "for example \"GET\" or \"POST\""))
}

/// The name of a field to match, in lower case.
pub(in crate::config) fn field_name(text: &str) -> Result<String, Fault> {
    if is_token(text) {
        return Ok(text.to_ascii_lowercase());
    }
    let help = "letters, digits and - as in \"x-tenant\"";
    Err(Fault::new(Code::Matcher, format!("{text:?} is not a field name"), "", help))
}

pub(in crate::config) fn parameter_name(text: &str) -> Result<String, Fault> {
    if text.is_empty() {
        return Err(Fault::new(Code::Matcher, "a parameter without a name", "", "name it: { tenant = \"a\" }"));
    }
    Ok(text.to_owned())
}

/// A value to match: `"value"`, `"*"` for any, `"pre*"` for a beginning.
pub(in crate::config) fn matcher(text: &str) -> Result<Match, Fault> {
    let fault = |help| Fault::new(Code::Matcher, format!("{text:?} is not a value to match"), "", help);
    let (beginning, open) = text.strip_suffix('*').map_or((text, false), |beginning| (beginning, true));
    if beginning.contains('*') {
        return Err(fault("`*` may stand at the end alone: \"value\", \"*\", \"pre*\""));
    }
    if beginning.chars().any(char::is_control) {
        return Err(fault("control characters are in no request that limpet accepts"));
    }
    Ok(match (beginning, open) {
        ("", true) => Match::Present,
        (beginning, true) => Match::Prefix(beginning.to_owned()),
        (exact, false) => Match::Exact(exact.to_owned()),
    })
}
