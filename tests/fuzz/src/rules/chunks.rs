//! The chunked coding by its grammar (RFC 9112, section 7.1), over a whole input: line by line, nothing remembered.
//!
//! Strict: no white space where only a recipient's kindness allows it. Trailers are held to the grammar of fields.

use super::fields::{field_line, is_token};
use crate::reading::{Body, Field};

/// Reads a body that begins at `at`.
pub fn chunked(input: &[u8], at: usize) -> Body {
    chunked_with_trailers(input, at, &mut Vec::new())
}

/// The same; its trailers are added to `fields`.
pub fn chunked_with_trailers(input: &[u8], mut at: usize, fields: &mut Vec<Field>) -> Body {
    let mut data = Vec::new();
    loop {
        let Some(line) = line(input, at) else { return Body::Partial { data } };
        let Some(size) = chunk_line(line) else { return Body::Refused("chunk-line".to_owned()) };
        at += line.len() + 2;
        if size == 0 {
            return trailers(input, at, data, fields);
        }
        let rest = &input[at..];
        let whole = usize::try_from(size).ok().filter(|size| *size <= rest.len());
        let Some(size) = whole else {
            data.extend_from_slice(rest);
            return Body::Partial { data };
        };
        data.extend_from_slice(&rest[..size]);
        at += size;
        match rest[size..] {
            [b'\r', b'\n', ..] => at += 2,
            [b'\r'] | [] => return Body::Partial { data },
            _ => return Body::Refused("chunk-end".to_owned()),
        }
    }
}

fn trailers(input: &[u8], mut at: usize, data: Vec<u8>, fields: &mut Vec<Field>) -> Body {
    loop {
        let Some(line) = line(input, at) else { return Body::Partial { data } };
        at += line.len() + 2;
        if line.is_empty() {
            return Body::Whole { data, used: Some(at) };
        }
        match field_line(line) {
            Some(field) => fields.push(field),
            None => return Body::Refused("trailer".to_owned()),
        }
    }
}

/// Up to the next CRLF.
fn line(input: &[u8], at: usize) -> Option<&[u8]> {
    let rest = &input[at..];
    rest.windows(2).position(|pair| pair == b"\r\n").map(|end| &rest[..end])
}

/// `chunk-size [ chunk-ext ]`, and the size.
fn chunk_line(line: &[u8]) -> Option<u64> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (size, mut rest) = line.split_at(digits);
    let size = u64::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()?;
    while let [b';', extension @ ..] = rest {
        rest = token(extension)?;
        if let [b'=', value @ ..] = rest {
            rest = match value {
                [b'"', inner @ ..] => quoted(inner)?,
                _ => token(value)?,
            };
        }
    }
    rest.is_empty().then_some(size)
}

/// What follows a token.
fn token(text: &[u8]) -> Option<&[u8]> {
    let length = text.iter().take_while(|byte| is_token(**byte)).count();
    (length > 0).then(|| &text[length..])
}

/// What follows a quoted string that was opened (RFC 9110, section 5.6.4).
fn quoted(mut text: &[u8]) -> Option<&[u8]> {
    let is_text = |byte: u8| matches!(byte, b'\t' | b' '..=0x7e | 0x80..);
    loop {
        text = match text {
            [b'"', rest @ ..] => return Some(rest),
            [b'\\', escaped, rest @ ..] if is_text(*escaped) => rest,
            [byte, rest @ ..] if *byte != b'\\' && is_text(*byte) => rest,
            _ => return None,
        };
    }
}
