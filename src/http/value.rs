//! Field values that limpet reads by their grammar: numbers, lists of tokens, codings, authorities.
//!
//! Apart from `parse`, so that each grammar is one pure function over bytes that a table can test to its edges. They
//! say what a value is; what follows from it is decided by who asks.

use std::net::Ipv6Addr;
use std::ops::Range;

use super::fields::Name;

/// More connection options than this in one head are an attack, not a habit.
pub(super) const MAX_CONNECTION_TOKENS: usize = 32;
/// The longest host name, in bytes (RFC 1035, section 2.3.4).
const MAX_HOST: usize = 255;

/// What a Transfer-Encoding field asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// `chunked`, once and alone.
    Chunked,
    /// Other codings, then `chunked` in its right place: well-formed, not supported.
    Unknown,
    Invalid,
}

/// `1*DIGIT` that fits 64 bits (RFC 9110, section 8.6).
pub(super) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// A Content-Length. Above the largest signed number some readers see less than nothing, so there is no such length.
pub(super) fn length(text: &[u8]) -> Option<u64> {
    number(text).filter(|length| *length <= i64::MAX as u64)
}

/// Reads a Transfer-Encoding value (RFC 9112, section 6.1).
pub(super) fn coding(value: &[u8]) -> Coding {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Coding::Chunked;
    }
    let mut last = &b""[..];
    let (mut all_tokens, mut chunked) = (true, 0);
    for part in value.split(|byte| *byte == b',') {
        last = part.trim_ascii();
        all_tokens &= !last.is_empty() && last.iter().all(|byte| is_token(*byte));
        chunked += usize::from(last.eq_ignore_ascii_case(b"chunked"));
    }
    if all_tokens && chunked == 1 && last.eq_ignore_ascii_case(b"chunked") { Coding::Unknown } else { Coding::Invalid }
}

/// The members of a comma-separated list, empty ones left out (RFC 9110, section 5.6.1).
pub(crate) fn tokens(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|token| !token.is_empty())
}

/// One protocol that an intermediary may switch to: a single token, neither `h2c` nor TLS.
pub(super) fn is_tunnel(value: &[u8]) -> bool {
    let name = value.split(|byte| *byte == b'/').next().unwrap_or_default();
    let well_formed = !value.is_empty() && value.iter().all(|byte| is_token(*byte) || *byte == b'/');
    well_formed && !name.eq_ignore_ascii_case(b"h2c") && !name.eq_ignore_ascii_case(b"tls")
}

/// Would a backend that reads `_` or `.` as `-` take this for a field that limpet guards?
pub(super) fn is_alias(name: &[u8]) -> bool {
    if !name.iter().any(|byte| matches!(byte, b'_' | b'.')) || name.len() > 64 {
        return false;
    }
    let mut plain = [0; 64];
    for (to, from) in plain.iter_mut().zip(name) {
        *to = if matches!(from, b'_' | b'.') { b'-' } else { *from };
    }
    const GUARDED: [Name; 18] = [
        Name::Connection,
        Name::ContentLength,
        Name::Cookie,
        Name::Expect,
        Name::Forwarded,
        Name::Host,
        Name::Limpet,
        Name::Te,
        Name::Trailer,
        Name::TransferEncoding,
        Name::Upgrade,
        Name::Via,
        Name::XForwardedFor,
        Name::XForwardedHost,
        Name::XForwardedOther,
        Name::XForwardedProto,
        Name::XRealIp,
        Name::XRequestId,
    ];
    GUARDED.contains(&Name::of(&plain[..name.len()]))
}

/// `uri-host [":" port]` (RFC 9110, section 7.2), narrower: no sub-delimiters and no escapes in a name.
pub(super) fn check_authority(text: &[u8]) -> Option<()> {
    let host = &text[host_of(text)];
    let port = &text[host.len()..];
    if let [b'[', address @ .., b']'] = host {
        std::str::from_utf8(address).ok()?.parse::<Ipv6Addr>().ok()?;
    } else {
        let legal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if host.is_empty() || host.len() > MAX_HOST || !host.iter().all(legal) || host[0] == b'.' {
            return None;
        }
    }
    match port {
        [] | [b':'] => Some(()),
        [b':', digits @ ..] if digits.len() <= 5 && number(digits)? <= u64::from(u16::MAX) => Some(()),
        _ => None,
    }
}

/// Where the host lies in an authority: all before the port, brackets included.
pub(super) fn host_of(authority: &[u8]) -> Range<usize> {
    let end = match authority.first() {
        Some(b'[') => authority.iter().position(|byte| *byte == b']').map_or(authority.len(), |at| at + 1),
        _ => authority.iter().position(|byte| *byte == b':').unwrap_or(authority.len()),
    };
    0..end
}

/// `tchar` (RFC 9110, section 5.6.2).
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A byte that a field value or reason phrase may hold (RFC 9110, section 5.5).
pub(super) fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

#[cfg(test)]
mod tests;
