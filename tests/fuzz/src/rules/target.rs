//! The request target by RFC 9112, section 3.2, and the parts of RFC 3986 that it is made of.
//!
//! Form and characters are two rules, so that a target whose only fault is an odd character still has a reading.

/// A target, read.
#[derive(Debug, Default)]
pub struct Target {
    /// As a gateway would write it: origin form, or the asterisk.
    pub forwarded: Vec<u8>,
    /// Of the absolute form.
    pub authority: Option<Vec<u8>>,
}

pub fn read(method: &str, target: &[u8], broken: &mut Vec<&'static str>) -> Target {
    if method == "CONNECT" {
        broken.push("connect");
        return Target::default();
    }
    if target == b"*" {
        if method != "OPTIONS" {
            broken.push("target-form");
        }
        return Target { forwarded: target.to_vec(), authority: None };
    }
    let (authority, path) = match target.first() {
        Some(b'/') => (None, target),
        _ => match absolute(target) {
            Some((authority, path)) => (Some(authority), path),
            None => {
                broken.push("target-form");
                return Target::default();
            }
        },
    };
    if !are_path_and_query(path) {
        broken.push("target-characters");
    }
    Target { forwarded: forwarded(method, path), authority: authority.map(<[u8]>::to_vec) }
}

/// `http://authority path-abempty [ "?" query ]`, without user information (RFC 9110, section 4.2).
fn absolute(target: &[u8]) -> Option<(&[u8], &[u8])> {
    let (scheme, rest) = target.split_at_checked(7)?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let has_host = !authority.is_empty() && authority[0] != b':';
    let legal = scheme.eq_ignore_ascii_case(b"http://") && has_host && is_host_and_port(authority);
    legal.then_some((authority, path))
}

/// RFC 9112, section 3.2.4: without a path, OPTIONS is about the server as a whole; anything else about `/`.
fn forwarded(method: &str, path: &[u8]) -> Vec<u8> {
    match path.first() {
        Some(b'/') => path.to_vec(),
        None if method == "OPTIONS" => b"*".to_vec(),
        _ => [b"/", path].concat(),
    }
}

/// `uri-host [ ":" port ]` (RFC 9110, section 7.2; RFC 3986, section 3.2). The host may be empty.
pub fn is_host_and_port(text: &[u8]) -> bool {
    let (host, rest) = match text.first() {
        Some(b'[') => match text.iter().position(|byte| *byte == b']') {
            Some(end) => text.split_at(end + 1),
            None => return false,
        },
        _ => text.split_at(text.iter().position(|byte| *byte == b':').unwrap_or(text.len())),
    };
    let is_host = match host {
        [b'[', address @ .., b']'] => is_address(address),
        name => {
            escapes_are_whole(name)
                && name.iter().all(|byte| is_unreserved(*byte) || is_sub_delim(*byte) || *byte == b'%')
        }
    };
    let is_port = match rest {
        [] => true,
        [b':', port @ ..] => port.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    is_host && is_port
}

fn is_address(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok())
}

/// `*( "/" segment ) [ "?" query ]` of `pchar` (RFC 3986, sections 3.3 and 3.4).
pub fn are_path_and_query(text: &[u8]) -> bool {
    let legal = |byte: &u8| is_unreserved(*byte) || is_sub_delim(*byte) || b":@/?%".contains(byte);
    text.iter().all(legal) && escapes_are_whole(text)
}

fn escapes_are_whole(text: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = text[at..].iter().position(|byte| *byte == b'%') {
        at += found + 1;
        if !text.get(at..at + 2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return false;
        }
    }
    true
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn is_sub_delim(byte: u8) -> bool {
    b"!$&'()*+,;=".contains(&byte)
}
