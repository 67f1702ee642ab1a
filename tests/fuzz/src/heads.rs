//! Targets `requests` and `responses`: what must hold for every head, whoever sent it and however it came.
//!
//! No panic; the same verdict for every cut and in a used room; no CR, LF or NUL in what was read; what is written
//! afresh has one framing and is read as what it was written from.

use ::limpet::lab::{self, BACKEND, Head};

use crate::cuts;
use crate::limpet::{BYTES, FIELDS, framing};
use crate::reading::{Field, Framing, values};
use crate::rules;
use crate::trailers;

/// Leaves a trace in every field of a room.
const BEFORE: &[u8] =
    b"OPTIONS http://before:1/x?y HTTP/1.0\r\nHost: before\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\
    Connection: close, upgrade\r\nUpgrade: websocket\r\nMax-Forwards: 3\r\nVia: 1.1 limpet\r\n\r\n";

pub fn requests(input: &[u8]) {
    cut_heads(input);
    let found = lab::request(&[input], BYTES, FIELDS);
    assert_eq!(lab::request(&cuts::single(input), BYTES, FIELDS), found, "byte by byte");
    assert_eq!(lab::request_after(BEFORE, &[input], BYTES, FIELDS), found, "in a used room");
    let Ok(Some(head)) = found else { return };
    check_head(input, &head);
    let read_again = |written: &[u8]| lab::request(&[written], 2 * BYTES, FIELDS + 1);
    check_passed_on(&head);
    check_again(&head, &head.forwarded, read_again(&head.forwarded));
    if head.http11 {
        // Of HTTP/1.0 some fields mean nothing until the version says otherwise; they end at this hop.
        check_again(&head, &head.written, read_again(&head.written));
    }
}

pub fn responses(input: &[u8]) {
    cut_heads(input);
    for asked in ["GET", "HEAD"] {
        let found = lab::response(&[input], BYTES, FIELDS, asked);
        assert_eq!(lab::response(&cuts::single(input), BYTES, FIELDS, asked), found, "byte by byte");
        let Ok(Some(head)) = found else { continue };
        check_head(input, &head);
        check_passed_on(&head);
        for written in [&head.written, &head.forwarded] {
            let again = lab::response(&[written], 2 * BYTES, FIELDS, asked);
            check_again(&head, written, again);
            assert_eq!(reason(written), reason(&input[leading_lines(input)..]), "the reason");
        }
        let bodiless = asked == "HEAD" || head.method_or_status.starts_with('1') || head.method_or_status == "204";
        assert!(!bodiless || head.framing == "none", "a body where none can be");
    }
}

/// Every cut of the bytes leads to the same head, or the same refusal: within generous bounds and within narrow ones.
fn cut_heads(input: &[u8]) {
    for (bytes, fields) in [(BYTES, FIELDS), (input.len() / 2 + 16, 3)] {
        let whole = lab::head_in(&[input], bytes, fields);
        if let Ok(Some((start, end))) = whole {
            assert!(start < end && end <= input.len(), "a head beyond its input");
            assert!(end - start <= bytes, "a head beyond its bounds");
        }
        assert_eq!(lab::head_in(&cuts::single(input), bytes, fields), whole, "byte by byte, in {bytes} bytes");
        for at in cuts::places(input) {
            let (front, back) = input.split_at(at);
            assert_eq!(lab::head_in(&[front, back], bytes, fields), whole, "cut at {at}, in {bytes} bytes");
        }
    }
}

fn check_head(input: &[u8], head: &Head) {
    assert!(head.consumed <= input.len(), "consumed more than there was");
    assert!(head.fields.len() <= FIELDS, "more fields than allowed");
    for (name, value) in &head.fields {
        assert!(!name.is_empty() && name.iter().all(u8::is_ascii_graphic), "a name: {}", name.escape_ascii());
        assert!(is_clean(value), "a value: {}", value.escape_ascii());
    }
    for text in [&head.target, &head.authority, &head.host] {
        assert!(text.iter().all(u8::is_ascii_graphic), "{}", text.escape_ascii());
    }
    assert!(!head.host.iter().any(u8::is_ascii_uppercase), "a host that is not normal");
    assert!(head.http11 || !head.keep_alive, "a connection of HTTP/1.0 is kept");
}

fn is_clean(value: &[u8]) -> bool {
    !value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

/// What is written is one head, with one framing, and is read as what it was written from.
fn check_again(head: &Head, written: &[u8], again: Result<Option<Head>, &str>) {
    let text = written.escape_ascii();
    let ends = written.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
    assert_eq!(ends, Some(written.len()), "not one head: {text}");
    let again = match again {
        Ok(Some(again)) => again,
        other => panic!("written, but not read again ({other:?}): {text}"),
    };
    assert_eq!(again.consumed, written.len());
    assert!(again.http11, "written in an old version: {text}");
    let told = |head: &Head| {
        let (start, target) = (head.method_or_status.clone(), head.target.clone());
        (start, target, head.authority.clone(), head.host.clone(), head.framing.clone())
    };
    let mut expected = told(head);
    if head.authority.is_empty() && !head.target.is_empty() {
        // HTTP/1.0 without Host; it goes on with the backend's name.
        (expected.2, expected.3) = (BACKEND.into(), BACKEND.into());
    }
    assert_eq!(told(&again), expected, "{text}");
    check_framing(&again);
}

/// Exactly one framing, in the one form that everybody reads alike.
fn check_framing(head: &Head) {
    let lengths: Vec<&[u8]> = values(&head.fields, "content-length").collect();
    let codings: Vec<&[u8]> = values(&head.fields, "transfer-encoding").collect();
    let canonical = |text: &&[u8]| {
        let number: Option<u64> = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        number.is_some_and(|number| number.to_string().as_bytes() == *text)
    };
    assert!(lengths.len() + codings.len() <= 1, "two framings");
    assert!(lengths.iter().all(canonical), "a length that is no plain number");
    match framing(head) {
        Framing::Length(length) => assert_eq!(lengths, [length.to_string().as_bytes()]),
        Framing::Chunked => assert_eq!(codings, [b"chunked"]),
        Framing::UntilClose => assert!(lengths.is_empty() && codings.is_empty()),
        Framing::None => assert!(codings.is_empty(), "a coding without a body"),
    }
}

/// Of the fields, those that end at this hop are gone, and no other.
pub fn check_passed_on(head: &Head) {
    let mut broken = Vec::new();
    let first = head.forwarded.windows(2).position(|pair| pair == b"\r\n").expect("a line ends") + 2;
    let mut lines = [httparse::EMPTY_HEADER; FIELDS + 1];
    let Ok(httparse::Status::Complete((_, tokens))) = httparse::parse_headers(&head.forwarded[first..], &mut lines)
    else {
        panic!("not written as fields: {}", head.forwarded.escape_ascii());
    };
    let passed = rules::fields(&head.forwarded[first..], tokens, &mut broken);
    assert!(broken.is_empty(), "{broken:?}: {}", head.forwarded.escape_ascii());
    let named: Vec<Vec<u8>> =
        values(&head.fields, "connection").flat_map(members).map(<[u8]>::to_ascii_lowercase).collect();
    let framing = ["content-length", "transfer-encoding", "host"];
    assert!(
        !named.iter().any(|name| framing.iter().any(|guard| guard.as_bytes() == name)),
        "Connection names {framing:?}"
    );
    let mut passed = passed.iter().peekable();
    for field in &head.fields {
        let expected = with_authority(field, head);
        if field.0.eq_ignore_ascii_case(b"trailer") {
            let left = passed.next_if(|(name, _)| *name == field.0);
            let left = left.map_or(&b""[..], |(_, value)| value);
            let mut late = members(left).map(<[u8]>::to_ascii_lowercase);
            assert!(late.all(|name| !trailers::is_early(&name) && !named.contains(&name)), "Trailer");
            assert!(are_some_of(left, &field.1) && (left.is_empty() || head.framing == "chunked"), "Trailer");
        } else if passed.peek().is_some_and(|found| **found == expected) {
            passed.next();
            assert!(!ends_here(&field.0), "passed on: {}", field.0.escape_ascii());
        } else {
            let named = named.contains(&field.0.to_ascii_lowercase()) && !is_guarded(&field.0);
            let gone = ends_here(&field.0) || named;
            assert!(gone, "lost: {}", field.0.escape_ascii());
        }
    }
    if !head.target.is_empty() && values(&head.fields, "host").next().is_none() {
        let host = if head.authority.is_empty() { BACKEND.as_bytes() } else { &head.authority };
        assert!(passed.next().is_some_and(|(name, value)| name == b"Host" && value == host), "Host");
    }
    assert_eq!(passed.next(), None, "a field from nowhere");
}

/// Members of a list, in their order; perhaps not all.
fn are_some_of(some: &[u8], all: &[u8]) -> bool {
    let mut all = members(all);
    members(some).all(|member| all.any(|other| other == member))
}

fn members(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == b',').map(rules::trim).filter(|member| !member.is_empty())
}

fn with_authority((name, value): &Field, head: &Head) -> Field {
    let is_host = !head.target.is_empty() && name.eq_ignore_ascii_case(b"host");
    (name.clone(), if is_host { head.authority.clone() } else { value.clone() })
}

/// RFC 9110, section 7.6.1.
fn ends_here(name: &[u8]) -> bool {
    const NAMES: [&str; 7] =
        ["connection", "http2-settings", "keep-alive", "proxy-authorization", "proxy-connection", "te", "upgrade"];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// What a client must not be able to take away from a backend, or a backend from a client, by naming it in Connection.
fn is_guarded(name: &[u8]) -> bool {
    const NAMES: [&str; 12] = [
        "authorization",
        "content-length",
        "cookie",
        "date",
        "expect",
        "forwarded",
        "host",
        "set-cookie",
        "transfer-encoding",
        "via",
        "x-real-ip",
        "x-request-id",
    ];
    let name = name.to_ascii_lowercase();
    let prefixed = name.starts_with(b"x-forwarded-") || name.starts_with(b"limpet-");
    prefixed || NAMES.iter().any(|known| name == known.as_bytes())
}

/// What stands behind the status.
fn reason(head: &[u8]) -> Option<&[u8]> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    line.get("HTTP/1.1 200 ".len()..)
}

fn leading_lines(input: &[u8]) -> usize {
    if input.starts_with(b"\r\n") { 2 } else { 0 }
}
