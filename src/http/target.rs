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
