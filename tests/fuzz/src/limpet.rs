//! limpet as a reader: a message through its scan, its parser and its decoder, as a connection would take it.
//!
//! The only file that turns what the lab hands out into a reading.

use ::limpet::lab::{self, Head};

use crate::reading::{Body, Framing, Reading, Verdict, plain_body};

/// Bounds of a head, as the configuration has them by default.
pub const BYTES: usize = 32 * 1024;
pub const FIELDS: usize = 100;

pub fn request(input: &[u8]) -> Verdict {
    read(input, lab::request(&[input], BYTES, FIELDS))
}

/// `asked` is the method of the request that is answered.
pub fn response(input: &[u8], asked: &str) -> Verdict {
    read(input, lab::response(&[input], BYTES, FIELDS, asked))
}

/// A chunked body that begins at `at`.
pub fn chunked(input: &[u8], at: usize) -> Body {
    match lab::chunked(&[&input[at..]]) {
        Err(rule) => Body::Refused(rule.to_owned()),
        Ok(body) if body.done => Body::Whole { data: body.data, used: Some(at + body.consumed) },
        Ok(body) => Body::Partial { data: body.data },
    }
}

pub fn framing(head: &Head) -> Framing {
    match head.framing.as_str() {
        "none" => Framing::None,
        "chunked" => Framing::Chunked,
        "until close" => Framing::UntilClose,
        text => {
            let length = text.strip_prefix("length ").and_then(|length| length.parse().ok());
            Framing::Length(length.expect("a framing is one of four"))
        }
    }
}

fn read(input: &[u8], found: Result<Option<Head>, &str>) -> Verdict {
    let head = match found {
        Err(rule) => return Verdict::refused(rule),
        Ok(None) => return Verdict::waits(),
        Ok(Some(head)) => head,
    };
    let framing = framing(&head);
    let body = match framing {
        Framing::Chunked => chunked(input, head.consumed),
        _ => plain_body(input, head.consumed, framing),
    };
    Verdict::of(Reading {
        start: head.method_or_status,
        target: head.target,
        authority: head.authority,
        http11: head.http11,
        framing,
        keep_alive: head.keep_alive,
        fields: head.fields,
        body,
    })
}
