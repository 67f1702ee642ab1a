//! Everything else that reads text from outside, as functions to plain values: cookies, paths, queries, configuration.
//!
//! Heads go through the real parser first, so that what is tested here is what can happen. Nothing here may be used
//! by limpet itself.

use crate::config::{CookieSettings, SameSite, Secure, from_text};
use crate::http::{Bounds, Fields, Method, Name, Request, Response, path, query};
use crate::session::{Bound, Outcome, Sticky};

const ROOM: Bounds = Bounds { bytes: 32 * 1024, fields: 100 };
/// The pool of [`cookies`] and [`set_cookies`], the name of its cookie, and its members.
pub const POOL: &str = "shop";
pub const COOKIE: &str = "limpet-shop";
pub const MEMBERS: [&str; 3] = ["web-0", "web-1", "web-2"];

/// What the pool reads from the cookies of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookies {
    /// The member that the session is bound to.
    pub home: Option<u16>,
    /// There was a cookie of the pool's name, and it named nobody.
    pub invalid: bool,
    /// All fields, as the backend gets them.
    pub left: Vec<(Vec<u8>, Vec<u8>)>,
    /// What the pool would read from these.
    pub home_left: Option<u16>,
    pub invalid_left: bool,
}

/// Reads the pool's cookie from a request head, and takes it out. None for what is no request.
#[must_use]
pub fn cookies(head: &[u8]) -> Option<Cookies> {
    let mut request = Request::empty();
    request.parse(head, ROOM).ok()?;
    let sticky = sticky();
    let bound = sticky.read(&request);
    sticky.strip(&mut request);
    let left = sticky.read(&request);
    Some(Cookies {
        home: home(bound),
        invalid: bound == Bound::Invalid,
        left: list(&request.fields),
        home_left: home(left),
        invalid_left: left == Bound::Invalid,
    })
}

fn home(bound: Bound) -> Option<u16> {
    match bound {
        Bound::Home(home) => Some(home),
        _ => None,
    }
}

/// A response as the client gets it, for a session that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetCookies {
    /// It carries the pool's token, in its last Set-Cookie.
    pub token: bool,
    /// Cookies of the pool's name that the backend tried to set.
    pub planted: usize,
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Writes the pool's cookie into the response of this member. None for what is no response.
#[must_use]
pub fn set_cookies(head: &[u8], home: u16) -> Option<SetCookies> {
    let mut response = Response::empty();
    response.parse(head, ROOM, Method::Get).ok()?;
    let planted = sticky().write(&mut response, home, Outcome::New, false, 7);
    let last = response.fields.all(Name::SetCookie).last();
    let token = last.is_some_and(|last| last.starts_with(b"limpet-shop=0."));
    Some(SetCookies { token, planted, fields: list(&response.fields) })
}

/// The form in which routes compare this path.
#[must_use]
pub fn canonical(path: &[u8]) -> Vec<u8> {
    let mut scratch = b"left over".to_vec();
    path::canonical(path, &mut scratch).to_vec()
}

/// The parameters of a query, decoded.
#[must_use]
pub fn parameters(query: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    query::parameters(query)
        .map(|(name, value)| (query::decoded(name).collect(), query::decoded(value).collect()))
        .collect()
}

/// A configuration that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What it says, value by value.
    pub values: String,
    /// What `limpet config show` prints.
    pub shown: String,
    /// The same with origins.
    pub explained: String,
}

/// Reads a configuration from a text, with one core.
///
/// # Errors
/// The report of all its problems, without colours and with them.
pub fn config(toml: &str) -> Result<Accepted, [String; 2]> {
    match from_text("lab", toml, [], 1) {
        Ok(loaded) => Ok(Accepted {
            values: format!("{:?}", loaded.config),
            shown: loaded.show(false),
            explained: loaded.show(true),
        }),
        Err(report) => Err([report.render(false), report.render(true)]),
    }
}

fn sticky() -> Sticky {
    let settings = CookieSettings {
        name: COOKIE.to_owned(),
        path: "/".to_owned(),
        domain: None,
        same_site: SameSite::Lax,
        secure: Secure::Auto,
        http_only: true,
        partitioned: false,
    };
    Sticky::new(POOL, &settings, MEMBERS.into_iter())
}

fn list(fields: &Fields) -> Vec<(Vec<u8>, Vec<u8>)> {
    fields.iter().map(|(_, name, value)| (name.to_vec(), value.to_vec())).collect()
}
