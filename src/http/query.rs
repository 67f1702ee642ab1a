//! The parameters of a query, read as forms write them: `a=1&b=2`, with `+` for a space and `%` escapes.
//!
//! Routes compare decoded text, so `?plan=gold` and `?plan=%67old` are one parameter, as they are to the backend.
//! Decoding happens while comparing: nothing is copied. This file knows no routes.

use super::path::escape;

/// The parameters of a query, in order; each a name and a value, still escaped. A name without `=` has no value.
pub(crate) fn parameters(query: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    query.split(|octet| *octet == b'&').filter(|text| !text.is_empty()).map(|text| {
        let end = text.iter().position(|octet| *octet == b'=').unwrap_or(text.len());
        (&text[..end], text.get(end + 1..).unwrap_or_default())
    })
}

/// The octets that a name or value stands for. A `%` that begins no escape stands for itself.
pub(crate) fn decoded(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = *rest.first()?;
        let (octet, taken) = match escape(rest) {
            Some(octet) => (octet, 3),
            None if first == b'+' => (b' ', 1),
            None => (first, 1),
        };
        rest = &rest[taken..];
        Some(octet)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_split_and_decoded() {
        for (query, expected) in [
            ("", vec![]),
            ("&&", vec![]),
            ("a", vec![("a", "")]),
            ("a=", vec![("a", "")]),
            ("=b", vec![("", "b")]),
            ("a=1&b=2&a=3", vec![("a", "1"), ("b", "2"), ("a", "3")]),
            ("a=b=c", vec![("a", "b=c")]),
            ("%61+b=%31+%2B", vec![("a b", "1 +")]),
            ("a=%&b=%4&c=%zz", vec![("a", "%"), ("b", "%4"), ("c", "%zz")]),
            ("a=%26b%3D1", vec![("a", "&b=1")]),
        ] {
            let text = |part| String::from_utf8(decoded(part).collect()).unwrap();
            let found: Vec<_> = parameters(query.as_bytes()).map(|(name, value)| (text(name), text(value))).collect();
            let expected: Vec<_> =
                expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            assert_eq!(found, expected, "{query}");
        }
    }
}
