//! Target `cookies`: a pool's cookie in requests and responses, against a reader of cookies that is written as the
//! RFC is.
//!
//! Lines of the input are the values of Cookie fields, then of Set-Cookie fields. `{0}` to `{2}` stand for tokens of
//! the pool's members.

use ::limpet::lab::{self, COOKIE, MEMBERS};

use crate::reading::values;

/// Cookies of the name that are looked into.
const OPENED: usize = 4;

pub fn cookies(input: &[u8]) {
    let lines = lines(input);
    let head = |first: &str, name: &str| {
        let mut head = format!("{first}\r\nHost: a\r\n").into_bytes();
        for line in &lines {
            head.extend_from_slice(format!("{name}: ").as_bytes());
            head.extend_from_slice(line);
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"X: kept\r\n\r\n");
        head
    };
    check_request(&head("GET / HTTP/1.1", "Cookie"));
    check_response(&head("HTTP/1.1 200 OK", "Set-Cookie"));
}

/// The session is bound as the first good token says, and the backend sees nothing of it.
fn check_request(head: &[u8]) {
    let Some(found) = lab::cookies(head) else { return };
    let fields: Vec<&[u8]> = cookie_values(head);
    let ours: Vec<&[u8]> = fields.iter().flat_map(|field| pairs(field)).filter(|pair| is_ours(pair)).collect();
    let home = ours.iter().take(OPENED).find_map(|pair| member(value_of(pair)));
    assert_eq!(found.home, home, "bound elsewhere");
    assert_eq!(found.invalid, home.is_none() && !ours.is_empty(), "invalid or absent");
    assert_eq!((found.home_left, found.invalid_left), (None, false), "the backend sees the token");
    let others = |fields: &[&[u8]]| -> Vec<Vec<u8>> {
        let pairs = fields.iter().flat_map(|field| pairs(field)).filter(|pair| !is_ours(pair) && !pair.is_empty());
        pairs.map(<[u8]>::to_vec).collect()
    };
    let left: Vec<&[u8]> = values(&found.left, "cookie").collect();
    assert_eq!(others(&left), others(&fields), "the cookies of others");
    assert_eq!(values(&found.left, "x").collect::<Vec<_>>(), [b"kept"]);
}

/// No browser may end up with a cookie of the pool's name that limpet did not set.
fn check_response(head: &[u8]) {
    let Some(found) = lab::set_cookies(head, 1) else { return };
    let set: Vec<&[u8]> = values(&found.fields, "set-cookie").collect();
    let (theirs, ours) = set.split_at(set.len() - usize::from(found.token));
    for line in theirs {
        let pair = line.split(|byte| *byte == b';').next().unwrap_or_default();
        let (name, value) = stored(pair);
        assert!(!is_named(name), "planted: {}", line.escape_ascii());
        assert!(!(name.is_empty() && is_ours(value)), "planted without a name: {}", line.escape_ascii());
    }
    for line in ours {
        let pair = line.split(|byte| *byte == b';').next().unwrap_or_default();
        assert_eq!(member(value_of(pair)), Some(1), "another token");
    }
    let sent = cookie_values(head);
    assert_eq!(theirs.len() + found.planted, sent.len(), "lost or doubled");
    let mut sent = sent.iter();
    assert!(theirs.iter().all(|line| sent.any(|given| given == line)), "changed or out of order");
}

/// What a browser stores (RFC 6265bis, section 5.6): without `=` there is no name.
fn stored(pair: &[u8]) -> (&[u8], &[u8]) {
    match pair.iter().position(|byte| *byte == b'=') {
        Some(at) => (trim(&pair[..at]), trim(&pair[at + 1..])),
        None => (b"", trim(pair)),
    }
}

fn is_named(name: &[u8]) -> bool {
    let plain = |prefix: &str| {
        let (front, rest) = name.split_at_checked(prefix.len())?;
        front.eq_ignore_ascii_case(prefix.as_bytes()).then_some(rest)
    };
    [Some(name), plain("__Host-"), plain("__Secure-")].contains(&Some(COOKIE.as_bytes()))
}

/// The values of the Cookie or Set-Cookie fields of a head that was accepted.
fn cookie_values(head: &[u8]) -> Vec<&[u8]> {
    let lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let field = |line| ["Cookie:", "Set-Cookie:"].iter().find_map(|name| <[u8]>::strip_prefix(line, name.as_bytes()));
    lines.filter_map(field).map(trim).collect()
}

fn pairs(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    field.split(|byte| *byte == b';').map(trim)
}

fn is_ours(pair: &[u8]) -> bool {
    trim(pair.split(|byte| *byte == b'=').next().unwrap_or_default()) == COOKIE.as_bytes()
}

/// What a pair says, without quotes around it.
fn value_of(pair: &[u8]) -> &[u8] {
    let value = pair.iter().position(|byte| *byte == b'=').map_or(&b""[..], |at| trim(&pair[at + 1..]));
    match value {
        [b'"', inner @ .., b'"'] => inner,
        value => value,
    }
}

/// The member that a token names: its first 16 of 24 bytes.
fn member(token: &[u8]) -> Option<u16> {
    let bytes = base64url(token.strip_prefix(b"0.")?)?;
    let home = |member: &usize| base64url(&self::token(*member)[2..]).expect("a token")[..16] == bytes[..16];
    (bytes.len() == 24).then(|| (0..MEMBERS.len()).find(home)).flatten().and_then(|member| u16::try_from(member).ok())
}

fn base64url(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for four in text.chunks(4) {
        let mut bits: u32 = 0;
        for letter in four {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'a'..=b'z' => letter - b'a' + 26,
                b'0'..=b'9' => letter - b'0' + 52,
                b'-' => 62,
                b'_' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        match four.len() {
            4 => bytes.extend_from_slice(&bits.to_be_bytes()[1..]),
            _ => return None,
        }
    }
    Some(bytes)
}

/// A token of this member, as limpet writes it.
fn token(member: usize) -> Vec<u8> {
    let home = u16::try_from(member).unwrap_or(u16::MAX);
    let written = lab::set_cookies(b"HTTP/1.1 200 OK\r\n\r\n", home).expect("a plain response");
    let line = values(&written.fields, "set-cookie").next().expect("a token").to_vec();
    value_of(line.split(|byte| *byte == b';').next().unwrap_or_default()).to_vec()
}

/// The lines of the input, tokens in the place of their names.
fn lines(input: &[u8]) -> Vec<Vec<u8>> {
    let tokens: Vec<Vec<u8>> = (0..MEMBERS.len()).map(token).collect();
    let mut text = Vec::new();
    let mut rest = input;
    while let [first, after @ ..] = rest {
        rest = match rest {
            [b'{', digit @ b'0'..=b'2', b'}', after @ ..] => {
                text.extend_from_slice(&tokens[usize::from(digit - b'0')]);
                after
            }
            _ => {
                text.push(*first);
                after
            }
        };
    }
    text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn trim(text: &[u8]) -> &[u8] {
    crate::rules::trim(text)
}
