//! Right and wrong texts of every grammar.
//!
//! Wrong ones are what people write, and what would change its meaning further on: in a header, a metric's label, an
//! address.

use std::fmt::Debug;
use std::time::Duration;

use super::*;
use crate::config::Match;

#[track_caller]
fn right<T: PartialEq + Debug>(parse: fn(&str) -> Result<T, Fault>, rows: &[(&str, T)]) {
    for (text, expected) in rows {
        assert_eq!(parse(text).ok().as_ref(), Some(expected), "{text:?}");
    }
}

#[track_caller]
fn wrong<T: Debug>(parse: fn(&str) -> Result<T, Fault>, texts: &[&str]) {
    for text in texts {
        assert!(parse(text).is_err(), "{text:?} is {:?}", parse(text));
    }
}

#[test]
fn durations_have_one_number_and_one_unit() {
    let millis = Duration::from_millis;
    let rows = [
        ("0s", millis(0)),
        ("250ms", millis(250)),
        ("5s", millis(5_000)),
        ("90m", millis(5_400_000)),
        ("2h", millis(7_200_000)),
    ];
    right(duration, &rows);
    wrong(
        duration,
        &["", "5", "s", "5 s", "5S", "1h30m", "1.5s", "-1s", "+1s", "5sec", "1_000ms", "99999999999999999999s"],
    );
    for (text, time) in
        [("60s", millis(60_000)), ("1h", millis(3_600_000)), ("2m", millis(120_000)), ("61s", millis(61_000))]
    {
        assert_eq!(show_duration(time), text);
    }
    for text in ["0s", "1ms", "1500ms", "75s", "5m", "90m", "2h", "36h"] {
        assert_eq!(duration(text).map(show_duration).ok().as_deref(), Some(text));
    }
    assert_eq!(duration("18446744073709551615h").ok(), Some(millis(u64::MAX)), "held, not wrapped");
}

#[test]
fn sizes_have_one_number_and_one_unit() {
    right(size, &[("0B", 0), ("512B", 512), ("16KiB", 16 << 10), ("1MiB", 1 << 20), ("2GiB", 2 << 30)]);
    wrong(size, &["", "16", "16K", "16KB", "16kib", "16 KiB", "-1B", "1.5MiB", "KiB"]);
    for text in ["0B", "1B", "1025B", "16KiB", "3MiB", "2GiB"] {
        assert_eq!(size(text).map(show_size).ok().as_deref(), Some(text));
    }
    assert_eq!(size("18446744073709551615GiB").ok(), Some(u64::MAX), "held, not wrapped");
}

#[test]
fn listeners_take_an_address_and_a_port() {
    let parsed = |text: &str| text.parse().ok();
    for text in ["0.0.0.0:80", "127.0.0.1:0", "[::]:80", "[::1]:65535"] {
        assert_eq!(address(text).ok(), parsed(text), "{text}");
    }
    wrong(
        address,
        &[
            "",
            ":80",
            "*:80",
            "80",
            "localhost:80",
            "0.0.0.0",
            "::1:80",
            "[::1]",
            "1.2.3.4:65536",
            "1.2.3.4:-1",
            "01.2.3.4:5",
        ],
    );
}

#[test]
fn backends_take_a_host_and_a_port() {
    let same = |text: &'static str| (text, text.to_owned());
    right(
        backend_address,
        &["10.0.0.1:80", "[::1]:3000", "web-1:3000", "web_1.shop.svc.cluster.local.:1", "localhost:65535", "1a:2"]
            .map(same),
    );
    wrong(
        backend_address,
        &[
            "",
            "web",
            "web:",
            "web:0",
            "web:65536",
            "web:http",
            "web:+80",
            ":80",
            "http://web:80",
            "web:80/x",
            "1.2.3:4",
            "1.2.3.4.5:6",
            "300.1.1.1:80",
            "::1:80",
            "[::1]",
            "a..b:80",
            ".:80",
            "a b:80",
            "a@b:80",
            "wéb:80",
            "10.0.0.1:0",
        ],
    );
    right(backend_name, &["web-1", "10.0.0.1:80", "[::1]:80", "a"].map(same));
    wrong(backend_name, &["", "a b", "a/b", "wéb", "a\"b", "a\n", &"x".repeat(256)]);
}

#[test]
fn hosts_are_lower_case_names() {
    let rows = [
        ("a", "a"),
        ("Shop.Example.com", "shop.example.com"),
        ("example.com.", "example.com"),
        ("*.Example.com", "*.example.com"),
        ("my_host", "my_host"),
        ("10.0.0.1", "10.0.0.1"),
        ("[::1]", "[::1]"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ];
    right(host, &rows.map(|(text, expected)| (text, expected.to_owned())));
    let label = "x".repeat(64);
    wrong(
        host,
        &[
            "",
            ".",
            "*",
            "*.",
            "*a.b",
            "a.*",
            "*.*.a",
            "a:80",
            "http://a",
            "a/b",
            "a b",
            "bücher.example",
            "[::1",
            "[x]",
            "a..b",
            &label,
        ],
    );
}

#[test]
fn paths_are_in_their_normal_form() {
    let same = |text: &'static str| (text, text.to_owned());
    right(path, &["/", "=/", "/a/b", "/a/", "=/exact", "/a%2Fb", "/~u/a.b", "/a;b=c", "/...", "/a:b@c"].map(same));
    wrong(
        path,
        &[
            "", "a", "=", "=a", "/a?b", "/a#b", "/a*", "/a b", "/ä", "/.", "/a/../b", "/./a", "/a/..", "/%41", "/%7E",
            "/%2f", "/%", "/%G0", "/%é", "/a\"", "/a\\b", "/a\n",
        ],
    );
}

#[test]
fn matchers_are_exact_or_end_in_a_star() {
    let text = str::to_owned;
    right(
        matcher,
        &[
            ("a", Match::Exact(text("a"))),
            ("", Match::Exact(text(""))),
            ("*", Match::Present),
            ("a*", Match::Prefix(text("a"))),
        ],
    );
    wrong(matcher, &["**", "*a", "a*b", "a**", "a\n", "\0"]);
    right(field_name, &[("X-Tenant", text("x-tenant")), ("a", text("a"))]);
    wrong(field_name, &["", "a b", "a:", "ä", "(a)"]);
    right(method, &[("GET", text("GET")), ("PURGE", text("PURGE")), ("get", text("get"))]);
    wrong(method, &["", "GET,PUT", "GE T", "GÉT"]);
    right(parameter_name, &[("Q", text("Q")), ("a b", text("a b"))]);
    wrong(parameter_name, &[""]);
}

#[test]
fn cookie_texts_cannot_begin_another_attribute() {
    let same = |text: &'static str| (text, text.to_owned());
    right(cookie_name, &["limpet-shop", "__Host-x", "a.b"].map(same));
    wrong(cookie_name, &["", "a b", "a=b", "a;b", "ä", "a,b", &"x".repeat(129)]);
    right(cookie_path, &["/", "/shop", "/a b"].map(same));
    wrong(cookie_path, &["", "shop", "/a;b", "/ä", "/a\n"]);
    right(
        cookie_domain,
        &[("", None), ("Example.com", Some("example.com".to_owned())), ("localhost", Some("localhost".to_owned()))],
    );
    wrong(cookie_domain, &[".example.com", "example.com.", "a b", "1.2.3.4", "::1", "a;b", "*.a"]);
}

#[test]
fn names_are_fit_for_variables_and_labels() {
    let same = |text: &'static str| (text, text.to_owned());
    right(name, &["a", "shop-ws", "a_1", "1", "a-"].map(same));
    wrong(name, &["", "A", "-a", "_a", "a b", "a.b", "ä", "a--b", "a-_b", &"x".repeat(64)]);
}
