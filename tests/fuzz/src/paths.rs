//! Target `paths`: the canonical form of a path, and the parameters of a query.
//!
//! The form is one: canonical again, without dot segments, and still the same resource. Nothing panics on any bytes.

use ::limpet::lab;

pub fn paths(input: &[u8]) {
    let (path, query) = match input.iter().position(|byte| *byte == b'?') {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, &b""[..]),
    };
    check_path(path);
    for (name, value) in lab::parameters(query) {
        assert!(name.len() + value.len() <= query.len());
    }
}

fn check_path(path: &[u8]) {
    let canonical = lab::canonical(path);
    assert_eq!(lab::canonical(&canonical), canonical, "not at rest");
    if !path.starts_with(b"/") {
        assert_eq!(canonical, path, "no path, and touched");
        return;
    }
    assert!(canonical.starts_with(b"/"), "no path any more");
    assert!(canonical.len() <= path.len(), "grown");
    let dots = |path: &[u8]| path.split(|byte| *byte == b'/').any(|segment| matches!(segment, b"." | b".."));
    assert!(!dots(&canonical), "a dot segment is left");
    if !dots(&decoded(path, false)) {
        assert_eq!(decoded(&canonical, true), decoded(path, true), "another resource");
    }
}

/// What a backend makes of escapes, in one go from the left; of a slash only if `all`.
fn decoded(path: &[u8], all: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = path;
    while let [first, after @ ..] = rest {
        let octet = match rest {
            [b'%', high, low, ..] => digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match octet {
            Some(octet) if all || octet != b'/' => {
                out.push(octet);
                rest = &rest[3..];
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

fn digit(octet: u8) -> Option<u8> {
    char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
