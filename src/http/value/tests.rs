//! Values as tables: what is read from them, and what is refused. Each test names the section of the RFC that gives
//! the grammar; where limpet is narrower than the grammar, the table shows it.
//!
//! Nothing here knows a message.

use super::*;

/// RFC 9110, section 8.6.
#[test]
fn numbers_are_digits_alone() {
    for (text, expected) in [
        ("0", Some(0)),
        ("00", Some(0)),
        ("0123456789", Some(123_456_789)),
        ("18446744073709551615", Some(u64::MAX)),
        ("0000000000000000000000018446744073709551615", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("184467440737095516150", None),
        ("", None),
        (" 1", None),
        ("1 ", None),
        ("+1", None),
        ("-1", None),
        ("1_0", None),
        ("0x1", None),
        ("1.0", None),
        ("\u{661}", None),
        ("/", None),
        (":", None),
    ] {
        assert_eq!(number(text.as_bytes()), expected, "{text:?}");
    }
}

/// RFC 9112, section 6.1.
#[test]
fn codings_are_chunked_or_nothing_we_take() {
    for (value, expected) in [
        ("chunked", Coding::Chunked),
        ("CHUNKed", Coding::Chunked),
        ("gzip, chunked", Coding::Unknown),
        ("gzip ,\tx,chunked", Coding::Unknown),
        ("", Coding::Invalid),
        ("gzip", Coding::Invalid),
        ("chunked, gzip", Coding::Invalid),
        ("chunked,chunked", Coding::Invalid),
        ("gzip, chunked, chunked", Coding::Invalid),
        ("chunked,", Coding::Invalid),
        (",chunked", Coding::Invalid),
        ("gzip,,chunked", Coding::Invalid),
        ("chunked;a=b", Coding::Invalid),
        ("a b, chunked", Coding::Invalid),
        ("\u{e9}, chunked", Coding::Invalid),
    ] {
        assert_eq!(coding(value.as_bytes()), expected, "{value:?}");
    }
}

/// RFC 9110, section 5.6.1.
#[test]
fn lists_have_members_and_gaps() {
    for (list, expected) in [
        ("", &[][..]),
        (",, ,\t,", &[]),
        ("a", &["a"]),
        (" a ,b,\tc d , ", &["a", "b", "c d"]),
        ("\"a,b\"", &["\"a", "b\""]),
    ] {
        let found: Vec<_> = tokens(list.as_bytes()).collect();
        let expected: Vec<_> = expected.iter().map(|member| member.as_bytes()).collect();
        assert_eq!(found, expected, "{list:?}");
    }
}

/// RFC 9110, sections 4.2.4 and 7.2; RFC 3986, section 3.2.
#[test]
fn an_authority_is_a_host_and_perhaps_a_port() {
    for (text, host) in [
        ("a", "a"),
        ("A.b-c_d~e.", "A.b-c_d~e."),
        ("10.0.0.1:80", "10.0.0.1"),
        ("a:", "a"),
        ("a:0", "a"),
        ("a:00080", "a"),
        ("a:65535", "a"),
        ("[::1]", "[::1]"),
        ("[::FFFF:1.2.3.4]:80", "[::FFFF:1.2.3.4]"),
    ] {
        assert_eq!(check_authority(text.as_bytes()), Some(()), "{text:?}");
        assert_eq!(&text[host_of(text.as_bytes())], host, "{text:?}");
    }
    for text in [
        "",
        ".",
        ".a",
        ":80",
        "a:65536",
        "a:000080",
        "a:8x",
        "a:-1",
        "a:80:80",
        "a:80 ",
        " a",
        "a b",
        "a,b",
        "a/b",
        "a?b",
        "a#b",
        "u@a",
        "u:p@a",
        "a%20b",
        "a!b",
        "a\\b",
        "\u{e9}",
        "a\0",
        "[::1",
        "::1",
        "[::1]x",
        "[::1]:x",
        "[]",
        "[1.2.3.4]",
        "[fe80::1%25eth0]",
        "[v1.x]",
        "[a]",
        "a]",
        "[[::1]]",
    ] {
        assert_eq!(check_authority(text.as_bytes()), None, "{text:?}");
    }
    let longest = "a".repeat(MAX_HOST);
    assert_eq!(check_authority(longest.as_bytes()), Some(()));
    assert_eq!(check_authority(format!("{longest}a").as_bytes()), None);
}

/// RFC 9110, section 7.8.
#[test]
fn a_tunnel_is_one_protocol() {
    for (value, expected) in [
        ("websocket", true),
        ("foo/1.0", true),
        ("h2", true),
        ("h2c", false),
        ("H2C", false),
        ("h2c/1", false),
        ("TLS/1.0", false),
        ("tls", false),
        ("websocket, h2c", false),
        ("a b", false),
        ("", false),
    ] {
        assert_eq!(is_tunnel(value.as_bytes()), expected, "{value:?}");
    }
}

#[test]
fn aliases_of_guarded_fields_are_known() {
    for (name, expected) in [
        ("content_length", true),
        ("Content.Length", true),
        ("TRANSFER_ENCODING", true),
        ("x_forwarded.for", true),
        ("X-Forwarded_Host", true),
        ("x_forwarded_ssl", true),
        ("Limpet_Session", true),
        ("X_Real-IP", true),
        ("Content-Length", false),
        ("content__length", false),
        ("x_y", false),
        ("_", false),
        ("_cookie", false),
    ] {
        assert_eq!(is_alias(name.as_bytes()), expected, "{name}");
    }
    let long = format!("x_forwarded_{}", "y".repeat(100));
    assert!(!is_alias(long.as_bytes()), "no backend knows a name so long");
}

/// RFC 9110, sections 5.5 and 5.6.2.
#[test]
fn octets() {
    for octet in 0..=u8::MAX {
        let is_tchar = octet.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&octet);
        assert_eq!(is_token(octet), is_tchar, "{octet:#x}");
        let is_control = octet < 0x20 && octet != b'\t' || octet == 0x7f;
        assert_eq!(is_text(octet), !is_control, "{octet:#x}");
    }
}
