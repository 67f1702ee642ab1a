//! Texts that go into a Set-Cookie field, where a stray `;` would begin another attribute.
//!
//! Which attributes go together is for `check`.

use crate::config::code::Code;

use super::{Fault, is_host_name, is_token};

/// A cookie's name (RFC 6265bis, section 4.1.1).
pub(in crate::config) fn cookie_name(text: &str) -> Result<String, Fault> {
    if is_token(text) && text.len() <= 128 {
        return Ok(text.to_owned());
    }
    let help = "1 to 128 letters, digits, - and _, without spaces or separators";
    Err(Fault::new(Code::CookieText, format!("{text:?} cannot name a cookie"), "", help))
}

/// A cookie's path: what it may hold without ending the attribute (RFC 6265bis, section 4.1.1).
pub(in crate::config) fn cookie_path(text: &str) -> Result<String, Fault> {
    if text.starts_with('/') && text.bytes().all(|b| matches!(b, 0x20..=0x7e) && b != b';') {
        return Ok(text.to_owned());
    }
    let help = "it begins with a slash, and holds printable ASCII without a semicolon: \"/shop\"";
    Err(Fault::new(Code::CookieText, format!("{text:?} cannot be a cookie's path"), "", help))
}

/// A cookie's domain; none for the empty text.
pub(in crate::config) fn cookie_domain(text: &str) -> Result<Option<String>, Fault> {
    let lower = text.to_ascii_lowercase();
    let numeric = lower.rsplit('.').next().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()));
    match lower.as_str() {
        "" => Ok(None),
        name if is_host_name(name) && !numeric => Ok(Some(lower)),
        _ => {
            let help = "a host name without a dot in front; hosts below it get the cookie too: \"example.com\"";
            Err(Fault::new(Code::CookieText, format!("{text:?} cannot be a cookie's domain"), "", help))
        }
    }
}
