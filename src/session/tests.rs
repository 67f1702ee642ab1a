//! A pool's stickiness, from a request's cookies to a response's.
//!
//! A test says in letters which cookies a request brings and reads fields as text, as a browser or a backend would
//! see them. Tokens and cookie texts have their own tables beside their code.

use proptest::prelude::*;

use super::*;
use crate::config::{CookieSettings, SameSite, Secure};
use crate::http::Fields;

const MEMBERS: [&str; 3] = ["web-0", "web-1", "web-2"];

fn settings(same_site: SameSite) -> CookieSettings {
    CookieSettings {
        name: "limpet-shop".to_owned(),
        path: "/".to_owned(),
        domain: None,
        same_site,
        secure: Secure::Auto,
        http_only: true,
        partitioned: false,
    }
}

fn sticky(same_site: SameSite) -> Sticky {
    Sticky::new("shop", &settings(same_site), MEMBERS.into_iter())
}

fn token(pool: &str, member: &str) -> String {
    String::from_utf8(token::keyless(Digest::of(pool, member), 5).to_vec()).unwrap()
}

/// A Cookie field's value: letters are other cookies, digits ours for that member, `!` ours and broken, `?` ours for
/// a member that is gone, `~` ours from another pool.
fn cookies(plan: &str) -> String {
    let one = |letter: char| match letter {
        '0'..='9' => format!("limpet-shop={}", token("shop", &format!("web-{letter}"))),
        '!' => "limpet-shop=127.0.0.1:9900".to_owned(),
        '?' => format!("limpet-shop={}", token("shop", "web-gone")),
        '~' => format!("limpet-shop={}", token("other", "web-0")),
        letter => format!("{letter}=1"),
    };
    plan.chars().map(one).collect::<Vec<_>>().join("; ")
}

fn with_cookies(plans: &[&str]) -> Request {
    let values: Vec<String> = plans.iter().map(|plan| cookies(plan)).collect();
    let list: Vec<(&str, &str)> = values.iter().map(|value| ("Cookie", value.as_str())).collect();
    Request::sample("GET", "/", &list)
}

fn text(fields: &Fields) -> String {
    let line = |(_, name, value): (Name, &[u8], &[u8])| {
        format!("{}: {}\n", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
    };
    fields.iter().map(line).collect()
}

#[test]
fn the_first_cookie_that_names_a_member_binds() {
    for (plans, bound) in [
        (&[][..], Bound::Nothing),
        (&["ab"], Bound::Nothing),
        (&["0"], Bound::Home(0)),
        (&["a2b"], Bound::Home(2)),
        (&["a", "b1"], Bound::Home(1)),
        (&["12"], Bound::Home(1)),
        (&["1", "2"], Bound::Home(1)),
        (&["!?~1"], Bound::Home(1)),
        (&["!!", "?1"], Bound::Home(1)),
        (&["!"], Bound::Invalid),
        (&["?"], Bound::Invalid),
        (&["~"], Bound::Invalid),
        (&["!?~!1"], Bound::Invalid),
        (&["!!", "!!", "1"], Bound::Invalid),
    ] {
        assert_eq!(sticky(SameSite::Lax).read(&with_cookies(plans)), bound, "{plans:?}");
    }
}

#[test]
fn backends_never_see_the_cookie() {
    for (plans, expected) in [
        (&["ab"][..], "Cookie: a=1; b=1\n"),
        (&["a0b"], "Cookie: a=1; b=1\n"),
        (&["0"], ""),
        (&["0", "a", "!?~012!", "b1"], "Cookie: a=1\nCookie: b=1\n"),
    ] {
        let mut request = with_cookies(plans);
        sticky(SameSite::Lax).strip(&mut request);
        assert_eq!(text(&request.fields), expected, "{plans:?}");
    }
}

#[test]
fn a_session_begins_with_a_private_response() {
    let sticky = sticky(SameSite::Lax);
    let mut response = Response::sample(200, &[("Cache-Control", "max-age=5"), ("Set-Cookie", "a=1")]);
    assert_eq!(sticky.write(&mut response, 1, Outcome::New, true, 5), 0);
    let expected = format!(
        "Cache-Control: private, max-age=5\nSet-Cookie: a=1\n\
         Set-Cookie: limpet-shop={}; Path=/; HttpOnly; SameSite=Lax; Secure\n",
        token("shop", "web-1")
    );
    assert_eq!(text(&response.fields), expected);
}

#[test]
fn what_is_written_binds() {
    for backend in 0..3 {
        let sticky = sticky(SameSite::Lax);
        let mut response = Response::sample(200, &[]);
        sticky.write(&mut response, backend, Outcome::New, false, 9);
        let set_cookie = String::from_utf8(response.fields.get(Name::SetCookie).unwrap().to_vec()).unwrap();
        let request = Request::sample("GET", "/", &[("Cookie", set_cookie.split(';').next().unwrap())]);
        assert_eq!(sticky.read(&request), Bound::Home(backend));
    }
}

#[test]
fn only_a_new_session_on_a_fit_response_gets_a_token() {
    let cached: &[(&str, &str)] = &[("Cache-Control", "public, max-age=60")];
    let own: &[(&str, &str)] = &[("Cache-Control", "public, max-age=60"), ("Set-Cookie", "a=1")];
    let planted: &[(&str, &str)] = &[("Cache-Control", "s-maxage=60"), ("Set-Cookie", "limpet-shop=x")];
    for (token, outcome, status, fields) in [
        (true, Outcome::New, 200, &[][..]),
        (true, Outcome::Invalid, 200, &[]),
        (true, Outcome::New, 302, &[]),
        (true, Outcome::New, 404, &[]),
        (true, Outcome::New, 500, &[]),
        (true, Outcome::New, 200, own),
        (true, Outcome::New, 200, &[("Cache-Control", "no-store")]),
        (false, Outcome::Hit, 200, &[]),
        (false, Outcome::None, 200, &[]),
        (false, Outcome::New, 304, &[]),
        (false, Outcome::New, 502, &[]),
        (false, Outcome::New, 503, &[]),
        (false, Outcome::New, 504, &[]),
        (false, Outcome::New, 200, cached),
        (false, Outcome::New, 200, planted),
        (false, Outcome::New, 200, &[("CDN-Cache-Control", "max-age=60")]),
    ] {
        let mut response = Response::sample(status, fields);
        let before = text(&response.fields);
        let planted = sticky(SameSite::Lax).write(&mut response, 0, outcome, false, 1);
        let after = text(&response.fields);
        assert_eq!(after.contains("limpet-shop="), token, "{outcome:?} {status} {fields:?} {after}");
        assert_eq!(after.contains("private") || after.contains("no-store"), token, "{after}");
        assert!(token || planted > 0 || before == after, "{after}");
    }
}

#[test]
fn a_backend_plants_nothing() {
    let fields = [
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "limpet-shop=evil; Path=/"),
        ("X", "y"),
        ("set-cookie", "__Host-limpet-shop=evil"),
        ("Set-Cookie", "b=2"),
        ("SET-COOKIE", "=limpet-shop=evil"),
    ];
    for outcome in [Outcome::None, Outcome::Hit] {
        let mut response = Response::sample(503, &fields);
        assert_eq!(sticky(SameSite::Lax).write(&mut response, 0, outcome, false, 1), 3);
        assert_eq!(text(&response.fields), "Set-Cookie: a=1\nX: y\nSet-Cookie: b=2\n");
    }
}

#[test]
fn a_cross_site_request_may_have_a_cookie_that_it_does_not_show() {
    use SameSite::{Lax, None, Strict};
    for (withheld, same_site, method, site, mode, dest) in [
        (false, Lax, "GET", "cross-site", "navigate", "document"),
        (false, Lax, "HEAD", "cross-site", "navigate", "document"),
        (true, Lax, "POST", "cross-site", "navigate", "document"),
        (true, Lax, "GET", "cross-site", "navigate", "iframe"),
        (true, Lax, "GET", "cross-site", "no-cors", "image"),
        (true, Lax, "GET", "cross-site", "cors", "document"),
        (false, Lax, "POST", "same-site", "navigate", "document"),
        (false, Lax, "POST", "same-origin", "cors", "empty"),
        (false, Lax, "POST", "none", "navigate", "document"),
        (true, Strict, "GET", "cross-site", "navigate", "document"),
        (false, Strict, "GET", "same-site", "navigate", "document"),
        (false, None, "POST", "cross-site", "navigate", "document"),
    ] {
        let fetch = [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest)];
        let request = Request::sample(method, "/", &fetch);
        let bound = sticky(same_site).read(&request);
        assert_eq!(bound == Bound::Withheld, withheld, "{same_site:?} {method} {fetch:?}");
        let other = cookies("!");
        let shown = Request::sample(method, "/", &[&fetch[..], &[("Cookie", &other)]].concat());
        assert_ne!(
            sticky(same_site).read(&shown),
            Bound::Withheld,
            "{same_site:?}: the cookie was sent, so nothing is withheld"
        );
    }
    assert_ne!(sticky(Strict).read(&Request::sample("POST", "/", &[])), Bound::Withheld, "no browser, no rule");
}

proptest! {
    #[test]
    fn names_bind_in_any_pool(pool in "[a-z]{0,8}", names in prop::collection::btree_set("[a-z0-9.:-]{1,12}", 1..60)) {
        let names: Vec<String> = names.into_iter().collect();
        let sticky = Sticky::new(&pool, &settings(SameSite::Lax), names.iter().map(String::as_str));
        for (member, name) in (0u16..).zip(&names) {
            let cookie = format!("limpet-shop={}", token(&pool, name));
            let bound = sticky.read(&Request::sample("GET", "/", &[("Cookie", &cookie)]));
            prop_assert_eq!(bound, Bound::Home(member));
        }
    }
}
