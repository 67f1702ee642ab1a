//! How a session is recognised and kept: the pool's cookie, read from requests and written to responses.
//!
//! [`Sticky`] belongs to a pool and is as immutable as that. It says which member a request is bound to; whether the
//! request goes there is the pool's to say, in [`Outcome`], and that alone decides whether a token is written.
//! Time and random bits are arguments; no backend is dialled or known by address here.

mod cookie;
#[cfg(test)]
mod tests;
mod token;

use crate::config;
use crate::http::{Method, Name, Request, Response, Rewrite, cache_control};

use cookie::SetCookie;
use token::Digest;

/// What stickiness did for a request to a pool that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing: the browser withholds the cookie from such a request, so none is set on it either.
    None,
    /// The request brought no token: a session begins.
    New,
    /// It went home.
    Hit,
    /// It was to go home, and home could not be reached.
    Failed,
    /// Its token was no token of this pool, or named a backend that is gone: treated as absent.
    Invalid,
}

impl Outcome {
    /// The outcome's name in metrics and logs.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Outcome::None => "none",
            Outcome::New => "new",
            Outcome::Hit => "hit",
            Outcome::Failed => "failed",
            Outcome::Invalid => "invalid",
        }
    }

    fn begins_session(self) -> bool {
        matches!(self, Outcome::New | Outcome::Invalid)
    }
}

/// What a request says of its session in a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Bound {
    #[default]
    Nothing,
    /// It is bound to this member, by its index in the pool that read it.
    Home(u16),
    /// A cookie of the pool's name is there, and none that was opened names a member.
    Invalid,
    /// No such cookie is there, but there may well be one: the browser withholds it from this request.
    Withheld,
}

/// A pool's stickiness by its cookie.
#[derive(Debug)]
pub(crate) struct Sticky {
    cookie: SetCookie,
    same_site: config::SameSite,
    /// By member.
    digests: Box<[Digest]>,
    /// Members in the order of their digests.
    order: Box<[u16]>,
}

impl Sticky {
    /// `backends` are the names of the pool's members, in their order.
    pub(crate) fn new<'a>(
        pool: &str,
        settings: &config::CookieSettings,
        backends: impl Iterator<Item = &'a str>,
    ) -> Sticky {
        let digests: Box<[Digest]> = backends.map(|name| Digest::of(pool, name)).collect();
        let mut order: Vec<u16> = (0..=u16::MAX).take(digests.len()).collect();
        order.sort_by_key(|member| digests[usize::from(*member)]);
        Sticky { cookie: SetCookie::new(settings), same_site: settings.same_site, digests, order: order.into() }
    }

    /// What the request says of its session in this pool; of several cookies, the first that names a member.
    pub(crate) fn read(&self, request: &Request) -> Bound {
        let name = self.cookie.name();
        let values = request.fields.all(Name::Cookie).flat_map(|field| cookie::values(field, name));
        let mut is_there = false;
        for value in values.take(OPENED) {
            is_there = true;
            if let Some(home) = token::parse(value).and_then(|home| self.member(home)) {
                return Bound::Home(home);
            }
        }
        match is_there {
            true => Bound::Invalid,
            false if self.is_withheld(request) => Bound::Withheld,
            false => Bound::Nothing,
        }
    }

    /// Takes every cookie of the pool's name out of the request: backends never see one.
    pub(crate) fn strip(&self, request: &mut Request) {
        request.fields.rewrite(Name::Cookie, |field, out| cookie::without(field, self.cookie.name(), out));
    }

    /// Prepares a backend's final response for the client: takes out what the backend planted, and adds the token
    /// where a session begins with it. Says how many cookies were planted. Not for responses that limpet made itself.
    ///
    /// `client_is_secure`: the client came over TLS, or a trusted proxy says so. `spread` is random.
    pub(crate) fn write(
        &self,
        response: &mut Response,
        backend: u16,
        outcome: Outcome,
        client_is_secure: bool,
        spread: u64,
    ) -> usize {
        let planted = self.drop_planted(response);
        let home = self.digests.get(usize::from(backend)).filter(|_| outcome.begins_session());
        if let Some(home) = home.filter(|_| may_carry_token(response)) {
            cache_control::make_private(&mut response.fields);
            let text = self.cookie.text(&token::keyless(*home, spread), client_is_secure);
            response.fields.push("Set-Cookie", &text);
        }
        planted
    }

    /// Takes cookies of the pool's name out of a backend's response: a backend can neither set nor delete them. Says
    /// how many there were.
    pub(crate) fn drop_planted(&self, response: &mut Response) -> usize {
        let mut planted = 0;
        response.fields.rewrite(Name::SetCookie, |set_cookie, _| {
            if !cookie::plants(set_cookie, self.cookie.name()) {
                return Rewrite::Keep;
            }
            planted += 1;
            Rewrite::Drop
        });
        planted
    }

    fn member(&self, home: Digest) -> Option<u16> {
        let found = self.order.binary_search_by_key(&home, |member| self.digests[usize::from(*member)]);
        found.ok().map(|at| self.order[at])
    }

    /// Whether browsers send this request without the cookie even if they have one (RFC 6265bis, section 5.8.3).
    fn is_withheld(&self, request: &Request) -> bool {
        let says = |name, value: &str| request.fields.get(name) == Some(value.as_bytes());
        if !says(Name::SecFetchSite, "cross-site") {
            return false;
        }
        match self.same_site {
            config::SameSite::None => false,
            config::SameSite::Strict => true,
            config::SameSite::Lax => {
                let follows_link = matches!(request.method, Method::Get | Method::Head)
                    && says(Name::SecFetchMode, "navigate")
                    && says(Name::SecFetchDest, "document");
                !follows_link
            }
        }
    }
}

/// Not where a shared cache would hand the token to others, and not where the backend failed: a session begins with
/// an answer.
fn may_carry_token(response: &Response) -> bool {
    let is_shared = || cache_control::invites_shared_caches(&response.fields) && !response.fields.has(Name::SetCookie);
    !matches!(response.status, 304 | 502 | 503 | 504) && !is_shared()
}

/// Cookies of the pool's name that are looked into, of one request.
const OPENED: usize = 4;
