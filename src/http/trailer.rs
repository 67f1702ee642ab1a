//! Trailers: passed on only where they were announced and can mean nothing before the body, never merged into a head
//! (RFC 9110, section 6.5.1; RFC 9112, section 7.1.2). A field that frames, routes, authenticates or modifies a
//! message is not believed when it comes after the fact.

use super::Framing;
use super::fields::{Fields, Name, Rewrite};
use super::value::{self, tokens};

/// The trailer section of a chunked body that may be passed on.
#[derive(Debug, Default)]
pub(crate) struct Trailers {
    /// Names that were announced and are safe.
    announced: Vec<Vec<u8>>,
    section: Vec<u8>,
}

impl Trailers {
    /// What a message announces, to be asked while its Connection field is there: what that names ends at this hop, in
    /// the trailer section too (RFC 9110, section 7.6.1). The Trailer fields keep the names that may follow.
    pub(crate) fn announced(fields: &mut Fields, framing: Framing) -> Option<Box<Trailers>> {
        if framing != Framing::Chunked {
            fields.remove(Name::Trailer);
        }
        if !fields.has(Name::Trailer) {
            return None;
        }
        let ends_here = |name: &[u8]| fields.all(Name::Connection).flat_map(tokens).any(|option| is_same(option, name));
        let passes = |name: &&[u8]| is_safe(name) && !ends_here(name);
        let names = fields.all(Name::Trailer).flat_map(tokens).filter(passes).take(MAX_ANNOUNCED);
        let announced: Vec<Vec<u8>> = names.map(<[u8]>::to_vec).collect();
        let mut left = announced.iter().peekable();
        fields.rewrite(Name::Trailer, |value, fresh| {
            for name in tokens(value) {
                if left.next_if(|next| *next == name).is_some() {
                    fresh.extend_from_slice(if fresh.is_empty() { b"" } else { b", " });
                    fresh.extend_from_slice(name);
                }
            }
            if fresh.is_empty() { Rewrite::Drop } else { Rewrite::Replace }
        });
        (!announced.is_empty()).then(|| Box::new(Trailers { announced, section: Vec::new() }))
    }

    /// Takes one more byte of the section; whoever gives it bounds their number.
    pub(super) fn push(&mut self, byte: u8) {
        self.section.push(byte);
    }

    /// Writes the lines that were announced, each with its CRLF. The decoder has seen that they are fields.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for line in self.section.split(|byte| *byte == b'\n') {
            let Some(line) = line.strip_suffix(b"\r").filter(|line| !line.is_empty()) else { continue };
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if self.announced.iter().any(|known| is_same(known, name)) {
                for part in [name, b": ", value, b"\r\n"] {
                    out.extend_from_slice(part);
                }
            }
        }
    }
}

/// Names that one message may announce.
const MAX_ANNOUNCED: usize = 32;

/// Fields that a recipient acts on before it has the body, beside those that limpet itself acts on.
const EARLY: [&str; 16] = [
    "accept-ranges",
    "allow",
    "clear-site-data",
    "etag",
    "expires",
    "last-modified",
    "location",
    "pragma",
    "range",
    "refresh",
    "retry-after",
    "strict-transport-security",
    "traceparent",
    "vary",
    "warning",
    "www-authenticate",
];

fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn is_safe(name: &[u8]) -> bool {
    let begins = |prefix: &str| name.len() >= prefix.len() && is_same(&name[..prefix.len()], prefix.as_bytes());
    let early = EARLY.iter().any(|early| is_same(name, early.as_bytes()));
    let families = ["content-", "if-", "proxy-", "accept-", "access-control-", "sec-", "x-forwarded-"];
    !name.is_empty()
        && name.iter().all(|byte| value::is_token(*byte))
        && Name::of(name) == Name::Other
        && !value::is_alias(name)
        && !early
        && !families.iter().any(|prefix| begins(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Request;

    fn passed(announcement: &str, section: &[u8]) -> (Option<String>, String) {
        passed_of(&[("Trailer", announcement)], section)
    }

    fn passed_of(fields: &[(&str, &str)], section: &[u8]) -> (Option<String>, String) {
        let mut request = Request::sample("POST", "/", fields);
        let trailers = Trailers::announced(&mut request.fields, Framing::Chunked);
        let mut out = Vec::new();
        if let Some(mut trailers) = trailers {
            section.iter().for_each(|byte| trailers.push(*byte));
            trailers.write(&mut out);
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (request.fields.get(Name::Trailer).map(text), text(&out))
    }

    #[test]
    fn what_was_announced_and_is_safe_passes() {
        let section = b"X-Sum: 1\r\nx-more:  2 \r\nCookie: a=b\r\nX-Sum: 3\r\n\r\n";
        let (field, lines) = passed("x-sum, Cookie", section);
        assert_eq!((field.as_deref(), &lines[..]), (Some("x-sum"), "X-Sum: 1\r\nX-Sum: 3\r\n"));
    }

    #[test]
    fn what_could_be_taken_for_the_heads_does_not() {
        for name in
            ["Content-Length", "Host", "Set-Cookie", "Authorization", "Limpet-Session", "X_Forwarded_For", "Vary"]
        {
            let (field, lines) = passed(name, format!("{name}: 1\r\n\r\n").as_bytes());
            assert_eq!((field, &lines[..]), (None, ""), "{name}");
        }
    }

    #[test]
    fn what_connection_names_ends_here() {
        let fields = [("Trailer", "X-Sum, X-Hop"), ("Connection", "close, x-hop")];
        let (field, lines) = passed_of(&fields, b"X-Hop: 1\r\nX-Sum: 2\r\n\r\n");
        assert_eq!((field.as_deref(), &lines[..]), (Some("X-Sum"), "X-Sum: 2\r\n"));
    }

    #[test]
    fn names_are_counted_over_all_lines() {
        let names: Vec<String> = (0..=MAX_ANNOUNCED).map(|number| format!("x-{number}")).collect();
        let fields: Vec<(&str, &str)> = names.iter().map(|name| ("Trailer", &name[..])).collect();
        let section: String = names.iter().map(|name| format!("{name}: 1\r\n")).collect();
        let (_, lines) = passed_of(&fields, section.as_bytes());
        assert_eq!(lines.lines().count(), MAX_ANNOUNCED);
        assert!(!lines.contains(&format!("x-{MAX_ANNOUNCED}:")));
    }

    #[test]
    fn without_chunks_nothing_is_announced() {
        let mut request = Request::sample("POST", "/", &[("Trailer", "X-Sum")]);
        assert!(Trailers::announced(&mut request.fields, Framing::Length(1)).is_none());
        assert!(!request.fields.has(Name::Trailer));
    }
}
