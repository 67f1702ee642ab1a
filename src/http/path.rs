//! The one form in which paths are compared: unreserved escapes decoded, dot segments removed.
//!
//! Routes match this form, and where a route names a path the backend gets the same form, so that limpet and the
//! backend never mean two different resources (RFC 3986, sections 5.2.4 and 6.2.2.2). Nothing else is touched:
//! `%2F` stays, `//` stays, other escapes keep the case of their digits. This file knows no routes.

/// The canonical form of an origin-form path: `path` itself, or what was written to `scratch`.
///
/// A path without `%` and without a segment that begins with a dot is canonical and costs one look at its bytes.
/// The asterisk form is returned as it is.
pub(crate) fn canonical<'a>(path: &'a [u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
    let plain = !path.contains(&b'%') && !path.windows(2).any(|pair| pair == b"/.");
    if plain || !path.starts_with(b"/") {
        return path;
    }
    scratch.clear();
    decode_unreserved(path, scratch);
    let kept = remove_dot_segments(scratch);
    scratch.truncate(kept);
    scratch
}

/// The octet that an escape at the start of `text` stands for.
pub(super) fn escape(text: &[u8]) -> Option<u8> {
    match text {
        [b'%', high, low, ..] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

fn decode_unreserved(path: &[u8], out: &mut Vec<u8>) {
    let mut rest = path;
    while let Some(&first) = rest.first() {
        let taken = match escape(rest) {
            Some(octet) if is_unreserved(octet) && !completes_escape(out, octet) => {
                out.push(octet);
                3
            }
            Some(_) => {
                out.extend_from_slice(&rest[..3]);
                3
            }
            None => {
                out.push(first);
                1
            }
        };
        rest = &rest[taken..];
    }
}

/// A `%` that begins no escape must not become one: of `%%36%31`, which means nothing, decoding would make `%61`,
/// which the backend would read as `a`.
fn completes_escape(out: &[u8], octet: u8) -> bool {
    let dangling = match out {
        [.., b'%'] => true,
        [.., b'%', high] => digit(*high).is_some(),
        _ => false,
    };
    dangling && digit(octet).is_some()
}

/// RFC 3986, section 5.2.4, in place; returns the new length. `path` begins with `/`.
fn remove_dot_segments(path: &mut [u8]) -> usize {
    let mut out = 0;
    let mut at = 0;
    while at < path.len() {
        let end = path[at + 1..].iter().position(|octet| *octet == b'/').map_or(path.len(), |len| at + 1 + len);
        let is_last = end == path.len();
        let up = match &path[at + 1..end] {
            b"." => Some(false),
            b".." => Some(true),
            _ => None,
        };
        match up {
            Some(up) => {
                if up {
                    out = path[..out].iter().rposition(|octet| *octet == b'/').unwrap_or(0);
                }
                if is_last {
                    path[out] = b'/';
                    out += 1;
                }
            }
            None => {
                path.copy_within(at..end, out);
                out += end - at;
            }
        }
        at = end;
    }
    out
}

fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~')
}

fn digit(octet: u8) -> Option<u8> {
    char::from(octet).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical_of(path: &str) -> String {
        let mut scratch = b"left over".to_vec();
        String::from_utf8(canonical(path.as_bytes(), &mut scratch).to_vec()).unwrap()
    }

    #[test]
    fn table() {
        for (path, expected) in [
            ("/", "/"),
            ("*", "*"),
            ("/a/b", "/a/b"),
            ("//a//b", "//a//b"),
            ("/a/./b", "/a/b"),
            ("/a/.", "/a/"),
            ("/.", "/"),
            ("/..", "/"),
            ("/../..", "/"),
            ("/a/..", "/"),
            ("/a/b/..", "/a/"),
            ("/a/b/../", "/a/"),
            ("/a/../admin", "/admin"),
            ("/a/../../admin", "/admin"),
            ("/a/b/c/./../../g", "/a/g"),
            ("/a//../b", "/a/b"),
            ("/...", "/..."),
            ("/.a/..b/c.", "/.a/..b/c."),
            ("/admin/..;/x", "/admin/..;/x"),
            ("/%2e%2e/admin", "/admin"),
            ("/a/%2E./admin", "/admin"),
            ("/%61dmin", "/admin"),
            ("/a%2Fadmin", "/a%2Fadmin"),
            ("/a%2fadmin", "/a%2fadmin"),
            ("/a%2F../b", "/a%2F../b"),
            ("/%252e%252e/x", "/%252e%252e/x"),
            ("/%00%0d%0aX:y", "/%00%0d%0aX:y"),
            ("/%7Euser%2D%5F", "/~user-_"),
            ("/%zz%", "/%zz%"),
            ("/%4", "/%4"),
            ("/%%36%31", "/%%361"),
            ("/%%36%31dmin", "/%%361dmin"),
            ("/%6%31dmin", "/%6%31dmin"),
            ("/%/%2e%2e/admin", "/admin"),
            ("/%%2e%2e/admin", "/%../admin"),
        ] {
            assert_eq!(canonical_of(path), expected, "{path}");
        }
    }

    /// RFC 3986, section 5.2.4, as its text puts it.
    fn reference(path: &str) -> String {
        let mut input = path.to_owned();
        let mut output = String::new();
        while !input.is_empty() {
            if input.starts_with("/./") {
                input.replace_range(..2, "");
            } else if input == "/." {
                input = "/".to_owned();
            } else if input.starts_with("/../") || input == "/.." {
                input = format!("/{}", input.get(4..).unwrap_or(""));
                output.truncate(output.rfind('/').unwrap_or(0));
            } else {
                let end = input[1..].find('/').map_or(input.len(), |at| at + 1);
                output.push_str(&input[..end]);
                input.replace_range(..end, "");
            }
        }
        output
    }

    proptest! {
        #[test]
        fn dots_go_as_the_standard_says(path in "(/(\\.|\\.\\.|a|\\.a|b\\.)?){1,8}") {
            prop_assert_eq!(canonical_of(&path), reference(&path));
        }

        #[test]
        fn once_is_enough(path in "/([%./236e61aA-]|%2[eEfF]|%[36][0-9a-f]|\\.\\.){0,12}") {
            let once = canonical_of(&path);
            prop_assert_eq!(canonical_of(&once), once.clone());
            prop_assert!(once.starts_with('/'));
            prop_assert!(!once.split('/').any(|segment| segment == "." || segment == ".."), "{}", once);
        }
    }
}
