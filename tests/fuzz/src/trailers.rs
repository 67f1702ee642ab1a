//! Target `trailers`: a request with a chunked body, and which of its trailers go on.
//!
//! Only what the head announced, what no recipient needed before the body, and what is not of this hop alone; each as it
//! came, in its order, however the bytes came. What goes on as a whole is a message that everybody reads alike.

use ::limpet::lab::{self, Body};

use crate::differ::{self, Kind};
use crate::limpet::{BYTES, FIELDS};
use crate::reading::{self, Field, values};
use crate::{cuts, heads, rules};

pub fn trailers(input: &[u8]) {
    let Ok(Some(head)) = lab::request(&[input], BYTES, FIELDS) else { return };
    if head.framing != "chunked" {
        return;
    }
    heads::check_passed_on(&head);
    let (first, rest) = input.split_at(head.consumed);
    let first = first.strip_prefix(b"\r\n").unwrap_or(first);
    let whole = lab::chunked_of(first, &[rest]);
    assert_eq!(lab::chunked_of(first, &cuts::single(rest)), whole, "byte by byte");
    for at in cuts::places(rest) {
        let (front, back) = rest.split_at(at);
        assert_eq!(lab::chunked_of(first, &[front, back]), whole, "cut at {at}");
    }
    let Ok(Some(body)) = whole else { return };
    assert!(body.done || body.trailers.is_empty(), "trailers of a body that is not over");
    if body.done {
        check_lines(&head.fields, rest, &body);
        let written = lab::encoded(&[&body.data]);
        let last = written.len() - b"\r\n".len();
        let message = [&head.forwarded, &written[..last], &body.trailers, &written[last..]].concat();
        differ::explain(&message, Kind::Request);
    }
}

fn check_lines(head: &[Field], rest: &[u8], body: &Body) {
    let mut sent = Vec::new();
    assert!(matches!(rules::chunked_with_trailers(rest, 0, &mut sent), reading::Body::Whole { .. }));
    let members = |name| -> Vec<Vec<u8>> {
        let lists = values(head, name).flat_map(|value| value.split(|byte| *byte == b','));
        lists.map(|member| rules::trim(member).to_ascii_lowercase()).collect()
    };
    let (announced, of_this_hop) = (members("trailer"), members("connection"));
    let mut sent = sent.iter();
    for line in body.trailers.split_inclusive(|byte| *byte == b'\n') {
        let field = line.strip_suffix(b"\r\n").and_then(rules::field_line);
        let Some(field) = field else { panic!("no line: {}", line.escape_ascii()) };
        let name = field.0.to_ascii_lowercase();
        assert!(announced.contains(&name), "not announced: {}", name.escape_ascii());
        assert!(!of_this_hop.contains(&name), "of this hop: {}", name.escape_ascii());
        assert!(!is_early(&name), "too late for: {}", name.escape_ascii());
        assert!(sent.any(|sent| *sent == field), "not sent so: {}", line.escape_ascii());
    }
}

/// What frames, routes, authenticates, controls or describes a message, and what limpet vouches for (RFC 9110, section
/// 6.5.1). `name` is in lower case.
pub fn is_early(name: &[u8]) -> bool {
    const NAMES: [&str; 30] = [
        "age",
        "authorization",
        "cache-control",
        "connection",
        "cookie",
        "date",
        "expect",
        "expires",
        "forwarded",
        "host",
        "keep-alive",
        "location",
        "max-forwards",
        "pragma",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "range",
        "retry-after",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "vary",
        "via",
        "warning",
        "www-authenticate",
        "x-real-ip",
        "x-request-id",
    ];
    let folded: Vec<u8> = name.iter().map(|byte| if matches!(byte, b'_' | b'.') { b'-' } else { *byte }).collect();
    let begins = |prefix: &str| name.starts_with(prefix.as_bytes());
    let guarded = ["content-length", "transfer-encoding", "x-forwarded-for", "x-forwarded-proto", "limpet-session"];
    NAMES.iter().any(|known| name == known.as_bytes())
        || ["content-", "if-", "limpet-", "x-forwarded-"].into_iter().any(begins)
        || guarded.iter().any(|known| folded == known.as_bytes())
}
