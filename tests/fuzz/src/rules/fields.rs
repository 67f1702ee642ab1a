//! Field lines (RFC 9112, section 5), and the few fields that the rules read: Host and Connection.
//!
//! Lines are taken apart a second time here, from the bytes, and the tokeniser must have found the same.

use super::List;
use super::target::is_host_and_port;
use crate::reading::{Field, values};

pub type Line = Field;

/// `tchar` (RFC 9110, section 5.6.2).
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&byte)
}

/// The fields of a head from behind its first line on.
pub fn read(lines: &[u8], tokens: &[httparse::Header<'_>], broken: &mut Vec<&'static str>) -> List {
    let mut list = List::new();
    let mut rest = lines;
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let line = &rest[..end];
        rest = &rest[end + 2..];
        if line.is_empty() {
            break;
        }
        match field_line(line) {
            Some(field) => list.push(field),
            None => broken.push("field-line"),
        }
    }
    let found = tokens.iter().map(|token| (token.name.as_bytes().to_vec(), token.value.to_vec()));
    if !rest.is_empty() || !found.eq(list.iter().cloned()) {
        broken.push("tokens-differ");
    }
    list
}

/// `field-name ":" OWS field-value OWS`.
pub fn field_line(line: &[u8]) -> Option<Field> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let is_value = |byte: &u8| matches!(byte, b'\t' | b' '..=0x7e | 0x80..);
    let legal = !name.is_empty() && name.iter().all(|byte| is_token(*byte)) && value.iter().all(is_value);
    legal.then(|| (name.to_vec(), trim(value).to_vec()))
}

/// One Host, and a legal one (RFC 9112, section 3.2); HTTP/1.0 may do without.
pub fn host(list: &[Line], http11: bool, broken: &mut Vec<&'static str>) -> Vec<u8> {
    let hosts: Vec<&[u8]> = values(list, "host").collect();
    if hosts.len() > 1 || http11 && hosts.is_empty() {
        broken.push("hosts");
    }
    let host = hosts.first().copied().unwrap_or_default();
    if !is_host_and_port(host) {
        broken.push("host");
    }
    host.to_vec()
}

/// RFC 9112, section 9.3.
pub fn keeps_alive(list: &[Line], http11: bool, broken: &mut Vec<&'static str>) -> bool {
    let options = || {
        let all = values(list, "connection").flat_map(|value| value.split(|byte| *byte == b','));
        all.map(trim).filter(|option| !option.is_empty())
    };
    if !options().all(|option| option.iter().all(|byte| is_token(*byte))) {
        broken.push("connection-option");
    }
    let has = |name: &[u8]| options().any(|option| option.eq_ignore_ascii_case(name));
    !has(b"close") && (http11 || has(b"keep-alive"))
}

/// Without optional white space around it (RFC 9110, section 5.6.3).
pub fn trim(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = text.iter().position(|byte| !is_space(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    &text[start..end]
}
