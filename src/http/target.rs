//! The request target: which of its forms it has, and where path, query and authority lie in it.
//!
//! Origin, absolute and asterisk form (RFC 9112, section 3.2); the authority form is never served, for limpet is no
//! forward proxy. Only places are found here: which host counts, the target's or the Host field's, is `parse`'s to say,
//! and what a path means is the route's.

use std::ops::Range;

use super::Method;
use super::reject::Rule;
use super::value;

/// A target taken apart; ranges are into its text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) form: Form,
    pub(super) path: Range<usize>,
    pub(super) query: Option<Range<usize>>,
    /// Path and query: what goes to the backend.
    pub(super) forwarded: Range<usize>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Form {
    Origin,
    Absolute { authority: Range<usize> },
    Asterisk,
}

/// Takes a target apart.
///
/// # Errors
/// [`Rule::Fragment`], or [`Rule::Target`] for anything that is none of the forms served.
pub(super) fn split(target: &[u8], method: Method) -> Result<Parts, Rule> {
    if let Some(bad) = target.iter().find(|byte| !byte.is_ascii_graphic() || **byte == b'#') {
        return Err(if *bad == b'#' { Rule::Fragment } else { Rule::Target });
    }
    let (form, from) = match target {
        [b'/', ..] => (Form::Origin, 0),
        b"*" if method == Method::Options => (Form::Asterisk, 0),
        _ => {
            let authority = absolute(target)?;
            let from = authority.end;
            (Form::Absolute { authority }, from)
        }
    };
    let mark = memchr::memchr(b'?', &target[from..]).map(|at| from + at);
    let path = from..mark.unwrap_or(target.len());
    Ok(Parts { form, path, query: mark.map(|at| at + 1..target.len()), forwarded: from..target.len() })
}

/// The authority of an `http` URI: no user information (RFC 9110, section 4.2.4), never empty.
fn absolute(target: &[u8]) -> Result<Range<usize>, Rule> {
    const SCHEME: &[u8] = b"http://";
    if target.len() < SCHEME.len() || !target[..SCHEME.len()].eq_ignore_ascii_case(SCHEME) {
        return Err(Rule::Target);
    }
    let rest = &target[SCHEME.len()..];
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    value::check_authority(&rest[..end]).ok_or(Rule::Target)?;
    Ok(SCHEME.len()..SCHEME.len() + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9112, section 3.2.
    #[test]
    fn forms() {
        for (method, target, authority, path, query, forwarded) in [
            (Method::Get, "/", None, "/", None, "/"),
            (Method::Get, "/a?b?c", None, "/a", Some("b?c"), "/a?b?c"),
            (Method::Get, "/?", None, "/", Some(""), "/?"),
            (Method::Get, "//b/x", None, "//b/x", None, "//b/x"),
            (Method::Get, "/http://b/", None, "/http://b/", None, "/http://b/"),
            (Method::Get, "/\"<>[\\]^`{|}%zz", None, "/\"<>[\\]^`{|}%zz", None, "/\"<>[\\]^`{|}%zz"),
            (Method::Options, "*", None, "*", None, "*"),
            (Method::Get, "http://b/x?y", Some("b"), "/x", Some("y"), "/x?y"),
            (Method::Get, "hTTp://b:80", Some("b:80"), "", None, ""),
            (Method::Get, "http://b?y/z", Some("b"), "", Some("y/z"), "?y/z"),
            (Method::Get, "http://[::1]/", Some("[::1]"), "/", None, "/"),
            (Method::Options, "http://b", Some("b"), "", None, ""),
        ] {
            let parts = split(target.as_bytes(), method).unwrap_or_else(|rule| panic!("{target}: {rule:?}"));
            let found_authority = match parts.form {
                Form::Absolute { authority } => Some(&target[authority]),
                Form::Origin | Form::Asterisk => None,
            };
            assert_eq!(found_authority, authority, "{target}");
            let found = (&target[parts.path], parts.query.map(|query| &target[query]), &target[parts.forwarded]);
            assert_eq!(found, (path, query, forwarded), "{target}");
        }
    }

    /// RFC 9112, sections 3.2 and 3.2.3; RFC 9110, section 4.2.4.
    #[test]
    fn what_is_none_of_the_forms_is_refused() {
        for (method, target, expected) in [
            (Method::Get, "", Rule::Target),
            (Method::Get, "*", Rule::Target),
            (Method::Options, "*/", Rule::Target),
            (Method::Options, "**", Rule::Target),
            (Method::Get, "a", Rule::Target),
            (Method::Get, "a:80", Rule::Target),
            (Method::Get, "?a", Rule::Target),
            (Method::Get, "https://b/", Rule::Target),
            (Method::Get, "http:", Rule::Target),
            (Method::Get, "http:/", Rule::Target),
            (Method::Get, "http://", Rule::Target),
            (Method::Get, "http:///x", Rule::Target),
            (Method::Get, "http://?x", Rule::Target),
            (Method::Get, "http://u@b/", Rule::Target),
            (Method::Get, "http://b\\@c/", Rule::Target),
            (Method::Get, "http://b:x/", Rule::Target),
            (Method::Get, "http://[::1/", Rule::Target),
            (Method::Get, "/a b", Rule::Target),
            (Method::Get, "/\t", Rule::Target),
            (Method::Get, "/\0", Rule::Target),
            (Method::Get, "/\x7f", Rule::Target),
            (Method::Get, "/\u{e9}", Rule::Target),
            (Method::Get, "#", Rule::Fragment),
            (Method::Get, "/a#b", Rule::Fragment),
            (Method::Get, "http://b#c", Rule::Fragment),
        ] {
            assert_eq!(split(target.as_bytes(), method), Err(expected), "{target:?}");
        }
    }
}
