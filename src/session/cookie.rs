//! Cookie and Set-Cookie as text (RFC 6265bis): finding our cookies, taking them out, writing one, and knowing one
//! that a backend tries to plant.
//!
//! Other people's cookies are opaque: they keep their bytes and their order, however odd. What a cookie's value
//! means is `token`'s; when one is set is decided in `mod.rs`.

use crate::config::{CookieSettings, SameSite, Secure};
use crate::http::Rewrite;

/// The values of the cookies of this name in one Cookie field, in order, without their quotes.
pub(super) fn values<'a>(field: &'a [u8], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    pairs(field).filter(move |pair| is_named(pair, name)).map(|pair| {
        let value = pair.iter().position(|octet| *octet == b'=').map_or(&[][..], |at| &pair[at + 1..]);
        unquoted(trim(value))
    })
}

/// Writes one Cookie field without the cookies of this name. A field with nothing else is dropped.
pub(super) fn without(field: &[u8], name: &str, out: &mut Vec<u8>) -> Rewrite {
    if !pairs(field).any(|pair| is_named(pair, name)) {
        return Rewrite::Keep;
    }
    for pair in pairs(field).filter(|pair| !is_named(pair, name)) {
        if out.is_empty() {
            out.extend_from_slice(trim(pair));
        } else {
            out.push(b';');
            out.extend_from_slice(pair);
        }
    }
    let is_blank = out.iter().all(|octet| matches!(octet, b';' | b' ' | b'\t'));
    if is_blank { Rewrite::Drop } else { Rewrite::Replace }
}

/// Whether a backend's Set-Cookie would become, or look like, the cookie of this name: with or without a name
/// prefix of RFC 6265bis, section 4.1.3, and also as a cookie without a name, which browsers send back as its bare
/// value: `=NAME=x` would return as `NAME=x`.
pub(super) fn plants(set_cookie: &[u8], name: &str) -> bool {
    let pair = pairs(set_cookie).next().unwrap_or_default();
    let start = pair.iter().position(|octet| !matches!(octet, b'=' | b' ' | b'\t')).unwrap_or(pair.len());
    bare(name_of(&pair[start..])).eq(bare(name.as_bytes()))
}

/// A pool's Set-Cookie, all but the token.
#[derive(Debug)]
pub(super) struct SetCookie {
    name: Box<str>,
    /// What follows the token, from the first `;`.
    attributes: Box<str>,
    secure: Secure,
}

impl SetCookie {
    pub(super) fn new(settings: &CookieSettings) -> SetCookie {
        let mut attributes = format!("; Path={}", settings.path);
        if let Some(domain) = &settings.domain {
            attributes.push_str("; Domain=");
            attributes.push_str(domain);
        }
        if settings.http_only {
            attributes.push_str("; HttpOnly");
        }
        attributes.push_str(match settings.same_site {
            SameSite::Strict => "; SameSite=Strict",
            SameSite::Lax => "; SameSite=Lax",
            SameSite::None => "; SameSite=None",
        });
        if settings.partitioned {
            attributes.push_str("; Partitioned");
        }
        SetCookie { name: settings.name.as_str().into(), attributes: attributes.into(), secure: settings.secure }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The whole field value. `client_is_secure`: the client came over TLS, or a trusted proxy says so.
    pub(super) fn text(&self, token: &[u8], client_is_secure: bool) -> Vec<u8> {
        let is_secure = match self.secure {
            Secure::Auto => client_is_secure,
            Secure::Always => true,
            Secure::Never => false,
        };
        let secure: &[u8] = if is_secure { b"; Secure" } else { b"" };
        [self.name.as_bytes(), b"=", token, self.attributes.as_bytes(), secure].concat()
    }
}

/// Everything between semicolons, blanks included. Quotes do not hide a semicolon: browsers end a value there.
fn pairs(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    field.split(|octet| *octet == b';')
}

fn is_named(pair: &[u8], name: &str) -> bool {
    name_of(pair) == name.as_bytes()
}

/// A pair without `=` counts as a name: some readers take it so.
fn name_of(pair: &[u8]) -> &[u8] {
    trim(pair.split(|octet| *octet == b'=').next().unwrap_or_default())
}

/// A cookie's name without the prefix that browsers give a meaning, in whatever case.
fn bare(name: &[u8]) -> &[u8] {
    let prefix = PREFIXES
        .iter()
        .find(|prefix| name.len() > prefix.len() && name[..prefix.len()].eq_ignore_ascii_case(prefix.as_bytes()));
    &name[prefix.map_or(0, |prefix| prefix.len())..]
}

fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii()
}

fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        _ => value,
    }
}

const PREFIXES: [&str; 2] = ["__Host-", "__Secure-"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn our_values_are_found() {
        for (field, expected) in [
            ("", &[][..]),
            ("limpet", &[""]),
            ("limpet=", &[""]),
            ("limpet=a", &["a"]),
            ("x=1; limpet=a; y=2", &["a"]),
            ("limpet=a; limpet=b;limpet=c", &["a", "b", "c"]),
            ("x=1;\tlimpet = a ;y", &["a"]),
            ("limpet=\"a\"", &["a"]),
            ("limpet=\"", &["\""]),
            ("limpet=\"a", &["\"a"]),
            ("limpet=a=b", &["a=b"]),
            ("Limpet=a; limpets=b; xlimpet=c; __Host-limpet=d; =limpet=e", &[]),
            ("x=\"; limpet=a; \"", &["a"]),
            (";;;limpet=a;;", &["a"]),
            ("x=limpet=a, limpet=b", &[]),
        ] {
            let found: Vec<_> = values(field.as_bytes(), "limpet").collect();
            let expected: Vec<_> = expected.iter().map(|value| value.as_bytes()).collect();
            assert_eq!(found, expected, "{field}");
        }
    }

    #[test]
    fn ours_go_and_others_stay() {
        for (field, expected) in [
            ("x=1; y=2", Some("x=1; y=2")),
            ("limpet=a", None),
            ("limpet=a; limpet=b", None),
            ("limpet=a; ;\t", None),
            ("limpet=a; x=1", Some("x=1")),
            ("x=1; limpet=a", Some("x=1")),
            ("x=1; limpet=a; y=2", Some("x=1; y=2")),
            ("x=1;limpet=a;y=2", Some("x=1;y=2")),
            ("x=1;  limpet =a ; \"y\" = 2;;z", Some("x=1; \"y\" = 2;;z")),
            ("limpet=a; x=\"1\"; limpet=b; x=2; limpet=c", Some("x=\"1\"; x=2")),
            ("x=1; limpet", Some("x=1")),
            ("Limpet=a; limpet=b; limpets=c", Some("Limpet=a; limpets=c")),
            (" x=1 ; limpet=a", Some("x=1")),
        ] {
            let mut out = Vec::new();
            let result = match without(field.as_bytes(), "limpet", &mut out) {
                Rewrite::Keep => Some(field.to_owned()),
                Rewrite::Replace => Some(String::from_utf8(out).unwrap()),
                Rewrite::Drop => None,
            };
            assert_eq!(result.as_deref(), expected, "{field}");
        }
    }

    #[test]
    fn planted_cookies_are_known() {
        for (planted, set_cookie) in [
            (true, "limpet=x"),
            (true, " limpet = x; Path=/"),
            (true, "limpet=; Max-Age=0"),
            (true, "limpet"),
            (true, "__Host-limpet=x"),
            (true, "__secure-limpet=x"),
            (true, "=limpet=x"),
            (true, " = __HOST-limpet=x"),
            (false, "Limpet=x"),
            (false, "limpet2=x"),
            (false, "x=limpet=x"),
            (false, "x=1; limpet=x"),
            (false, "__Other-limpet=x"),
            (false, ""),
            (false, "=;"),
        ] {
            assert_eq!(plants(set_cookie.as_bytes(), "limpet"), planted, "{set_cookie}");
            assert_eq!(plants(set_cookie.as_bytes(), "__Host-limpet"), planted, "{set_cookie}, ours with a prefix");
        }
    }

    #[test]
    fn a_cookie_is_written() {
        let settings = CookieSettings {
            name: "limpet-shop".to_owned(),
            path: "/".to_owned(),
            domain: None,
            same_site: SameSite::Lax,
            secure: Secure::Auto,
            http_only: true,
            partitioned: false,
        };
        let text = |settings: &CookieSettings, secure| {
            String::from_utf8(SetCookie::new(settings).text(b"0.token", secure)).unwrap()
        };
        assert_eq!(text(&settings, false), "limpet-shop=0.token; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(text(&settings, true), "limpet-shop=0.token; Path=/; HttpOnly; SameSite=Lax; Secure");
        let never = CookieSettings { secure: Secure::Never, http_only: false, ..settings.clone() };
        assert_eq!(text(&never, true), "limpet-shop=0.token; Path=/; SameSite=Lax");
        let full = CookieSettings {
            path: "/cart".to_owned(),
            domain: Some("example.com".to_owned()),
            same_site: SameSite::None,
            secure: Secure::Always,
            partitioned: true,
            ..settings.clone()
        };
        let expected = "=0.token; Path=/cart; Domain=example.com; HttpOnly; SameSite=None; Partitioned; Secure";
        assert_eq!(text(&full, false), format!("limpet-shop{expected}"));
        let strict = CookieSettings { same_site: SameSite::Strict, ..settings };
        assert!(text(&strict, false).ends_with("; SameSite=Strict"));
    }

    proptest! {
        #[test]
        fn nothing_of_ours_is_left(field in "((limpet|x|y|\"|=|;|; | |\t|limpet=|x=1))*") {
            let mut out = Vec::new();
            if without(field.as_bytes(), "limpet", &mut out) == Rewrite::Replace {
                prop_assert_eq!(values(&out, "limpet").count(), 0);
                let others = |field: &[u8]| -> Vec<Vec<u8>> {
                    let kept = pairs(field).filter(|pair| !is_named(pair, "limpet") && !trim(pair).is_empty());
                    kept.map(|pair| trim(pair).to_vec()).collect()
                };
                prop_assert_eq!(others(&out), others(field.as_bytes()));
            }
        }
    }
}
