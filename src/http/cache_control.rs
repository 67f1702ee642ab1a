//! What a response tells shared caches, and how it is made private (RFC 9111, section 5.2.2).
//!
//! A token in a shared cache would pin everybody to one backend, so whoever adds one asks here first. Targeted
//! fields (RFC 9213) and `Surrogate-Control` count too: the caches they speak to do not read Cache-Control beside
//! them. This file knows no sessions.

use super::{Fields, Name, Rewrite};

/// The response says that shared caches may keep it, or that it never changes (RFC 8246).
pub(crate) fn invites_shared_caches(fields: &Fields) -> bool {
    all(fields).any(|directive| is_any_of(directive, &["public", "s-maxage", "immutable"]))
        || fields.iter().any(|(known, name, value)| known == Name::Other && is_targeted(name) && !forbids(value))
}

/// Keeps the response out of shared caches, whatever it said; what it tells the client's own cache stays.
pub(crate) fn make_private(fields: &mut Fields) {
    fields.retain(|known, name, value| known != Name::Other || !is_targeted(name) || forbids(value));
    if !fields.has(Name::CacheControl) {
        fields.push("Cache-Control", b"private");
    } else if !is_private(fields) {
        rewrite_private(fields);
    }
}

fn is_private(fields: &Fields) -> bool {
    let has = |name: &str| all(fields).any(|directive| is_any_of(directive, &[name]));
    // A cache that understands the status may store in spite of no-store (RFC 9111, section 5.2.2.3).
    if has("no-store") && !has("must-understand") {
        return true;
    }
    // `private="field"` keeps only that field out of shared caches.
    let whole = all(fields).any(|directive| directive.eq_ignore_ascii_case(b"private"));
    whole && !has("public") && !has("s-maxage")
}

/// `private` goes first, where no unbalanced quote can hide it.
fn rewrite_private(fields: &mut Fields) {
    let mut said = false;
    fields.rewrite(Name::CacheControl, |value, out| {
        if !said {
            said = true;
            out.extend_from_slice(b"private");
        }
        for directive in directives(value).filter(|text| !is_any_of(text, &["public", "private", "s-maxage"])) {
            if !out.is_empty() {
                out.extend_from_slice(b", ");
            }
            out.extend_from_slice(directive);
        }
        if out.is_empty() { Rewrite::Drop } else { Rewrite::Replace }
    });
}

/// A Cache-Control for some caches only.
fn is_targeted(name: &[u8]) -> bool {
    let suffix = b"-cache-control";
    name.eq_ignore_ascii_case(b"surrogate-control")
        || name.len() > suffix.len() && name[name.len() - suffix.len()..].eq_ignore_ascii_case(suffix)
}

fn forbids(targeted: &[u8]) -> bool {
    directives(targeted).any(|text| text.eq_ignore_ascii_case(b"private") || text.eq_ignore_ascii_case(b"no-store"))
}

fn all(fields: &Fields) -> impl Iterator<Item = &[u8]> {
    fields.all(Name::CacheControl).flat_map(directives)
}

/// The directives of one field value, trimmed; a comma in a quoted string does not part them.
fn directives(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = value.split(move |octet| {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            _ => {}
        }
        *octet == b',' && !quoted
    });
    parts.map(<[u8]>::trim_ascii).filter(|directive| !directive.is_empty())
}

fn is_any_of(directive: &[u8], names: &[&str]) -> bool {
    let end = directive.iter().position(|octet| *octet == b'=').unwrap_or(directive.len());
    let name = directive[..end].trim_ascii_end();
    names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Response;

    fn fields(list: &[(&str, &str)]) -> Fields {
        Response::sample(200, list).fields
    }

    #[test]
    fn invitations() {
        for (invites, name, value) in [
            (true, "Cache-Control", "public"),
            (true, "cache-control", "max-age=1,PUBLIC"),
            (true, "Cache-Control", "s-maxage=10"),
            (true, "Cache-Control", "S-MaxAge = 10"),
            (true, "Cache-Control", "private, immutable"),
            (true, "Cache-Control", "ext=\"a,b\", public"),
            (false, "Cache-Control", "max-age=60"),
            (false, "Cache-Control", "ext=\"public, s-maxage=1\""),
            (false, "Cache-Control", "publicity, x-public"),
            (false, "Cache-Control", ""),
            (true, "CDN-Cache-Control", "max-age=60"),
            (true, "Some-CDN-Cache-Control", "max-age=60"),
            (true, "Surrogate-Control", "max-age=60"),
            (false, "CDN-Cache-Control", "no-store"),
            (false, "Surrogate-Control", "private"),
            (false, "Uncached-Control", "public"),
        ] {
            assert_eq!(invites_shared_caches(&fields(&[(name, value)])), invites, "{name}: {value}");
        }
    }

    #[test]
    fn made_private() {
        let one = |value| fields(&[("Cache-Control", value)]);
        for (before, after) in [
            (fields(&[]), "Cache-Control: private\n"),
            (one("max-age=60"), "Cache-Control: private, max-age=60\n"),
            (one("public, max-age=60"), "Cache-Control: private, max-age=60\n"),
            (one("max-age=60 , s-maxage=9,public"), "Cache-Control: private, max-age=60\n"),
            (one("private"), "Cache-Control: private\n"),
            (one("Private,max-age=1"), "Cache-Control: Private,max-age=1\n"),
            (one("private, public"), "Cache-Control: private\n"),
            (one("private=\"x-a, x-b\", max-age=1"), "Cache-Control: private, max-age=1\n"),
            (one("no-cache"), "Cache-Control: private, no-cache\n"),
            (one("no-store"), "Cache-Control: no-store\n"),
            (one("no-store, public"), "Cache-Control: no-store, public\n"),
            (one("no-store, must-understand"), "Cache-Control: private, no-store, must-understand\n"),
            (one("x=\"a, public"), "Cache-Control: private, x=\"a, public\n"),
            (one("x=\"a\\\", public\", public"), "Cache-Control: private, x=\"a\\\", public\"\n"),
            (
                fields(&[("Cache-Control", "max-age=1"), ("A", "b"), ("cache-control", "public")]),
                "Cache-Control: private, max-age=1\nA: b\n",
            ),
            (
                fields(&[("CDN-Cache-Control", "max-age=9"), ("Surrogate-Control", "no-store")]),
                "Surrogate-Control: no-store\nCache-Control: private\n",
            ),
        ] {
            let mut fields = before;
            make_private(&mut fields);
            let mut text = String::new();
            for (_, name, value) in fields.iter() {
                text += &format!("{}: {}\n", String::from_utf8_lossy(name), String::from_utf8_lossy(value));
            }
            assert_eq!(text, after);
            assert!(!invites_shared_caches(&fields) || text.contains("no-store"), "{text}");
        }
    }
}
