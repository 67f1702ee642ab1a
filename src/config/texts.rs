//! What the texts of a configuration mean: durations, sizes, addresses, hosts, paths, matchers, cookie attributes.
//!
//! Each function reads one text into the value that limpet uses, or says what is wrong with it and how it is written.
//! They know neither the key they read for nor the place of the text.

use std::net::SocketAddr;
use std::time::Duration;

use super::Match;
use super::code::Code;
use super::networks::{Network, NetworkFault, Networks};
use super::report::Problem;
use super::source::Place;

/// What is wrong with a text, to be said where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    code: Code,
    title: String,
    label: &'static str,
    help: String,
}

impl Fault {
    pub(crate) fn new(code: Code, title: impl Into<String>, label: &'static str, help: impl Into<String>) -> Self {
        Fault { code, title: title.into(), label, help: help.into() }
    }

    pub(crate) fn at(self, place: Place) -> Problem {
        Problem::new(self.code, self.title).at(place, self.label).help(self.help)
    }
}

pub(crate) const DURATION: &str = "^[0-9]+(ms|s|m|h)$";

/// `250ms`, `5s`, `1m`, `2h`: one whole number, one unit.
pub(crate) fn duration(text: &str) -> Result<Duration, Fault> {
    let fault = |label, help: String| Fault::new(Code::Duration, format!("{text:?} is not a duration"), label, help);
    let (number, unit) = split_quantity(text);
    let Ok(number) = number.parse::<u64>() else {
        return Err(fault("", "write a whole number and a unit: \"250ms\", \"5s\", \"1m\", \"2h\"".to_owned()));
    };
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "" => return Err(fault("the unit is missing", format!("write \"{number}s\" or \"{number}ms\""))),
        _ => return Err(fault("", "the units are ms, s, m and h, and there is one of them: \"90m\"".to_owned())),
    };
    Ok(Duration::from_millis(number.saturating_mul(millis)))
}

/// In the largest unit that divides it, but for a minute, which people write as 60 s.
pub(crate) fn show_duration(time: Duration) -> String {
    let millis = time.as_millis();
    match millis {
        0 | 60_000 => format!("{}s", millis / 1_000),
        _ if millis.is_multiple_of(3_600_000) => format!("{}h", millis / 3_600_000),
        _ if millis.is_multiple_of(60_000) => format!("{}m", millis / 60_000),
        _ if millis.is_multiple_of(1_000) => format!("{}s", millis / 1_000),
        _ => format!("{millis}ms"),
    }
}

pub(crate) const SIZE: &str = "^[0-9]+(B|KiB|MiB|GiB)$";

/// `512B`, `16KiB`, `1MiB`, `2GiB`.
pub(crate) fn size(text: &str) -> Result<u64, Fault> {
    let fault = |label, help: String| Fault::new(Code::Size, format!("{text:?} is not a size"), label, help);
    let (number, unit) = split_quantity(text);
    let Ok(number) = number.parse::<u64>() else {
        return Err(fault("", "write a whole number and a unit: \"512B\", \"16KiB\", \"1MiB\", \"2GiB\"".to_owned()));
    };
    let bytes = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "" => return Err(fault("the unit is missing", format!("write \"{number}B\" or \"{number}KiB\""))),
        _ => return Err(fault("", "the units are B, KiB, MiB and GiB; 1KiB is 1024 bytes".to_owned())),
    };
    Ok(number.saturating_mul(bytes))
}

pub(crate) fn show_size(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let whole = units.iter().find(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit));
    whole.map_or_else(|| format!("{bytes}B"), |(name, unit)| format!("{}{name}", bytes / unit))
}

fn split_quantity(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// `IP:port`, with an IPv6 address in brackets. Port 0 lets the system choose.
pub(crate) fn address(text: &str) -> Result<SocketAddr, Fault> {
    text.parse().map_err(|_| {
        let help = match text.strip_prefix(':').or_else(|| text.strip_prefix("*:")) {
            Some(port) => format!("write \"0.0.0.0:{port}\", or \"[::]:{port}\" for IPv6 as well"),
            None => "write an IP address and a port: \"0.0.0.0:8080\", \"[::]:8080\", \"127.0.0.1:8080\"".to_owned(),
        };
        Fault::new(Code::Address, format!("{text:?} is not an address to listen on"), "", help)
    })
}

/// Where a backend is reached: `host:port`, kept as written.
pub(crate) fn backend_address(text: &str) -> Result<String, Fault> {
    let fault =
        |label, help: &str| Fault::new(Code::Address, format!("{text:?} is not a backend's address"), label, help);
    if text.contains("://") {
        return Err(fault("an address has no scheme", "leave out what stands before the host, and any path"));
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return if address.port() == 0 { Err(fault("no port 0", "name its port")) } else { Ok(text.to_owned()) };
    }
    let how =
        "write \"host:port\", with an IPv6 address in brackets: \"web-1:3000\", \"10.0.0.1:3000\", \"[::1]:3000\"";
    let Some((name, port)) = text.rsplit_once(':') else { return Err(fault("the port is missing", how)) };
    if !port.bytes().all(|b| b.is_ascii_digit()) || !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(fault("", "a port is a number from 1 to 65535"));
    }
    // A last label of digits would make it an IPv4 address, and it is not a right one (WHATWG URL, section 3.5).
    let numeric = name.rsplit('.').next().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()));
    if numeric || !is_host_name(name.strip_suffix('.').unwrap_or(name)) {
        return Err(fault("", how));
    }
    Ok(text.to_owned())
}

/// A backend's name: it becomes a label of metrics, a word in logs and part of a digest.
pub(crate) fn backend_name(text: &str) -> Result<String, Fault> {
    let fits = (1..=255).contains(&text.len());
    let right = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:[]".contains(&b));
    if fits && right {
        return Ok(text.to_owned());
    }
    let help = "1 to 255 letters, digits and any of - _ . : [ ]";
    Err(Fault::new(Code::BackendName, format!("{text:?} cannot name a backend"), "", help))
}

/// A CIDR, an address or `private`.
pub(crate) fn networks(text: &str) -> Result<Networks, Fault> {
    Networks::parse([text]).map_err(|_| {
        let help = match text.parse::<Network>() {
            Err(NetworkFault::Host(network)) => {
                let alone = text.split('/').next().unwrap_or_default();
                format!(
                    "bits are set beyond the prefix: write \"{network}\" for the network, \"{alone}\" for the address"
                )
            }
            _ => "write a network, an address or the word private: \"10.0.0.0/8\", \"192.0.2.7\", \"fd00::/8\""
                .to_owned(),
        };
        Fault::new(Code::Network, format!("{text:?} is not a network"), "", help)
    })
}

/// A host to match, in lower case and without a trailing dot; `*.` in front stands for any labels.
pub(crate) fn host(text: &str) -> Result<String, Fault> {
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
pub(crate) fn path(text: &str) -> Result<String, Fault> {
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
pub(crate) fn method(text: &str) -> Result<String, Fault> {
    if is_token(text) {
        return Ok(text.to_owned());
    }
    Err(Fault::new(Code::Matcher, format!("{text:?} is not a method"), "", "for example \"GET\" or \"POST\""))
}

/// The name of a field to match, in lower case.
pub(crate) fn field_name(text: &str) -> Result<String, Fault> {
    if is_token(text) {
        return Ok(text.to_ascii_lowercase());
    }
    let help = "letters, digits and - as in \"x-tenant\"";
    Err(Fault::new(Code::Matcher, format!("{text:?} is not a field name"), "", help))
}

pub(crate) fn parameter_name(text: &str) -> Result<String, Fault> {
    if text.is_empty() {
        return Err(Fault::new(Code::Matcher, "a parameter without a name", "", "name it: { tenant = \"a\" }"));
    }
    Ok(text.to_owned())
}

/// A value to match: `"value"`, `"*"` for any, `"pre*"` for a beginning.
pub(crate) fn matcher(text: &str) -> Result<Match, Fault> {
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

/// A cookie's name (RFC 6265bis, section 4.1.1).
pub(crate) fn cookie_name(text: &str) -> Result<String, Fault> {
    if is_token(text) && text.len() <= 128 {
        return Ok(text.to_owned());
    }
    let help = "1 to 128 letters, digits, - and _, without spaces or separators";
    Err(Fault::new(Code::CookieText, format!("{text:?} cannot name a cookie"), "", help))
}

/// A cookie's path: what it may hold without ending the attribute (RFC 6265bis, section 4.1.1).
pub(crate) fn cookie_path(text: &str) -> Result<String, Fault> {
    if text.starts_with('/') && text.bytes().all(|b| matches!(b, 0x20..=0x7e) && b != b';') {
        return Ok(text.to_owned());
    }
    let help = "it begins with a slash, and holds printable ASCII without a semicolon: \"/shop\"";
    Err(Fault::new(Code::CookieText, format!("{text:?} cannot be a cookie's path"), "", help))
}

/// A cookie's domain; none for the empty text.
pub(crate) fn cookie_domain(text: &str) -> Result<Option<String>, Fault> {
    let lower = text.to_ascii_lowercase();
    let numeric = lower.rsplit('.').next().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()));
    match lower.as_str() {
        "" => Ok(None),
        name if is_host_name(name) && !numeric => Ok(Some(lower)),
        _ => {
            let help = "a host name without a dot in front; hosts below it get the cookie too: \"example.com\"";
            Err(Fault::new(Code::CookieText, format!("{text:?} cannot be a cookie's domain"), "", help))
        }
    }
}

/// What `include` names: anything but nothing.
pub(crate) fn include(text: &str) -> Result<String, Fault> {
    if text.is_empty() {
        return Err(Fault::new(Code::Include, "an empty path", "", "name a file: \"conf.d/*.toml\""));
    }
    Ok(text.to_owned())
}

/// The name of a listener, route or pool.
pub(crate) fn name(text: &str) -> Result<String, Fault> {
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
