//! Heads as tables: how they are read, and by which rule they are refused. Each test names the section of RFC 9110 or
//! RFC 9112 that it is about.
//!
//! The heads are given whole; what cutting them into reads changes, which is nothing, is tested beside `scan`.

use super::super::hop::strip_hop_by_hop;
use super::*;

const ROOM: Bounds = Bounds { bytes: 32 * 1024, fields: 100 };

fn read(head: &[u8]) -> Result<Request, Rule> {
    let mut request = Request::empty();
    request.parse(head, ROOM).map_err(|reject| reject.rule)?;
    Ok(request)
}

/// A request with `fields` behind its Host, each of them with its line end.
fn with(line: &str, fields: &str) -> Result<Request, Rule> {
    read(format!("{line}\r\nHost: a\r\n{fields}\r\n").as_bytes())
}

fn read_response(head: &[u8], asked: Method) -> Result<Response, Rule> {
    let mut response = Response::empty();
    response.parse(head, ROOM, asked).map_err(|reject| reject.rule)?;
    Ok(response)
}

fn fields_of(fields: &Fields) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    fields.iter().map(|(_, name, value)| (text(name), text(value))).collect()
}

/// What a table of refusals expects of one head.
#[track_caller]
fn refused<T: std::fmt::Debug>(found: Result<T, Rule>, expected: Rule, head: &str) {
    match found {
        Err(rule) => assert_eq!(rule, expected, "{}", head.escape_debug()),
        Ok(read) => panic!("{}: expected {expected:?}, read as {read:?}", head.escape_debug()),
    }
}

/// RFC 9112, section 3.
#[test]
fn section_9112_3_the_request_line_is_tight() {
    for (line, expected) in [
        ("GET  / HTTP/1.1", Rule::RequestLine),
        ("GET /  HTTP/1.1", Rule::RequestLine),
        ("GET / HTTP/1.1 ", Rule::RequestLine),
        ("GET\t/\tHTTP/1.1", Rule::RequestLine),
        ("GET /a b HTTP/1.1", Rule::RequestLine),
        ("GET / HTTP/1.1 X", Rule::RequestLine),
        ("GET / HTTP/1.1\rX: y", Rule::RequestLine),
        ("GET /", Rule::RequestLine),
        ("GET", Rule::RequestLine),
        (" / HTTP/1.1", Rule::RequestLine),
        ("GET HTTP/1.1", Rule::RequestLine),
        ("G{T / HTTP/1.1", Rule::RequestLine),
        ("G\0T / HTTP/1.1", Rule::RequestLine),
        ("GET: / HTTP/1.1", Rule::RequestLine),
        ("G\u{e9}T / HTTP/1.1", Rule::RequestLine),
        ("GET /\0 HTTP/1.1", Rule::RequestLine),
        ("GET /\x7f HTTP/1.1", Rule::RequestLine),
        ("GET /\u{e9} HTTP/1.1", Rule::Target),
        ("GET /a#b HTTP/1.1", Rule::Fragment),
        ("GET # HTTP/1.1", Rule::Fragment),
    ] {
        refused(with(line, ""), expected, line);
    }
    let method = "M".repeat(MAX_METHOD);
    assert_eq!(with(&format!("{method} / HTTP/1.1"), "").unwrap().method_text(), method.as_bytes());
    refused(with(&format!("{method}M / HTTP/1.1"), ""), Rule::MethodTooLong, "method");
    let target = format!("/{}", "t".repeat(MAX_TARGET - 1));
    assert_eq!(with(&format!("GET {target} HTTP/1.1"), "").unwrap().target(), target.as_bytes());
    refused(with(&format!("GET {target}t HTTP/1.1"), ""), Rule::TargetTooLong, "target");
}

/// RFC 9112, section 2.3; RFC 9110, section 2.5.
#[test]
fn section_9112_2_3_only_two_versions_are_spoken() {
    for (version, expected) in [
        ("HTTP/1.2", Rule::Version),
        ("HTTP/2.0", Rule::Version),
        ("HTTP/0.9", Rule::Version),
        ("HTTP/9.9", Rule::Version),
        ("HTTP/1.10", Rule::RequestLine),
        ("HTTP/01.1", Rule::RequestLine),
        ("HTTP/1,1", Rule::RequestLine),
        ("HTTP/1", Rule::RequestLine),
        ("HTTP/1.", Rule::RequestLine),
        ("http/1.1", Rule::RequestLine),
        ("HTTP/4294967295.255", Rule::RequestLine),
        ("ICE/1.0", Rule::RequestLine),
        ("RTSP/1.0", Rule::RequestLine),
        ("HTTPS/1.1", Rule::RequestLine),
    ] {
        refused(with(&format!("GET / {version}"), ""), expected, version);
    }
    let preface = read(b"PRI * HTTP/2.0\r\n\r\n");
    refused(preface, Rule::Version, "the preface of HTTP/2");
    assert_eq!(with("GET / HTTP/1.0", "").unwrap().version, Version::Http10);
    assert_eq!(with("GET / HTTP/1.1", "").unwrap().version, Version::Http11);
}

/// RFC 9112, section 3.2; what is forwarded, and what a route sees.
#[test]
fn section_9112_3_2_a_target_has_one_of_its_forms() {
    for (method, target, host, expected) in [
        ("GET", "/", "a", ("/", "/", None, "a", "a")),
        ("GET", "/a/b?c=d?e", "a:80", ("/a/b?c=d?e", "/a/b", Some("c=d?e"), "a:80", "a")),
        ("GET", "/?", "A.", ("/?", "/", Some(""), "A.", "a")),
        ("GET", "//b/x", "a", ("//b/x", "//b/x", None, "a", "a")),
        ("GET", "/a/../b", "a", ("/a/../b", "/a/../b", None, "a", "a")),
        ("GET", "http://b/x?y", "a", ("/x?y", "/x", Some("y"), "b", "b")),
        ("GET", "HTTP://B:8/", "a", ("/", "/", None, "B:8", "b")),
        ("GET", "http://b", "a", ("/", "/", None, "b", "b")),
        ("GET", "http://b?y", "a", ("/?y", "/", Some("y"), "b", "b")),
        ("GET", "http://[::1]:8/", "a", ("/", "/", None, "[::1]:8", "[::1]")),
        ("OPTIONS", "*", "a", ("*", "*", None, "a", "a")),
        ("OPTIONS", "http://b", "a", ("*", "*", None, "b", "b")),
        ("OPTIONS", "http://b?y", "a", ("/?y", "/", Some("y"), "b", "b")),
        ("OPTIONS", "http://b/", "a", ("/", "/", None, "b", "b")),
    ] {
        let head = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let request = read(head.as_bytes()).unwrap_or_else(|rule| panic!("{target}: {rule:?}"));
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let found = (text(request.target()), text(request.path()), request.query().map(text));
        let (target, path, query, authority, host) = expected;
        assert_eq!(found, (target.to_owned(), path.to_owned(), query.map(str::to_owned)), "{head}");
        assert_eq!(
            (text(request.authority()), text(request.host())),
            (authority.to_owned(), host.to_owned()),
            "{head}"
        );
    }
    for (line, expected) in [
        ("GET * HTTP/1.1", Rule::Target),
        ("GET b:80/x HTTP/1.1", Rule::Target),
        ("GET a:443 HTTP/1.1", Rule::Target),
        ("GET https://b/ HTTP/1.1", Rule::Target),
        ("GET ftp://b/ HTTP/1.1", Rule::Target),
        ("GET http:///x HTTP/1.1", Rule::Target),
        ("GET http:/x HTTP/1.1", Rule::Target),
        ("GET http://u:p@b/ HTTP/1.1", Rule::Target),
        ("GET http://u@b/ HTTP/1.1", Rule::Target),
        ("GET http://b:99999/ HTTP/1.1", Rule::Target),
        ("OPTIONS *?x HTTP/1.1", Rule::Target),
        ("CONNECT b:443 HTTP/1.1", Rule::Connect),
        ("CONNECT / HTTP/1.1", Rule::Connect),
        ("CONNECT b:0 HTTP/1.1", Rule::Connect),
    ] {
        refused(with(line, ""), expected, line);
    }
}

/// RFC 9112, section 3.2; RFC 9110, section 7.2.
#[test]
fn section_9112_3_2_a_request_has_one_host() {
    for (head, expected) in [
        ("GET / HTTP/1.1\r\n\r\n", Rule::Host),
        ("GET http://b/ HTTP/1.1\r\n\r\n", Rule::Host),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Rule::Host),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Rule::Host),
        ("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", Rule::Host),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", Rule::Host),
        ("GET / HTTP/1.0\r\nHost: \r\n\r\n", Rule::Host),
        ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", Rule::Host),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", Rule::Host),
        ("GET / HTTP/1.1\r\nHost: a/x\r\n\r\n", Rule::Host),
        ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", Rule::Host),
        ("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", Rule::Host),
        ("GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", Rule::Host),
        ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", Rule::Host),
        ("GET http://b/ HTTP/1.1\r\nHost: a b\r\n\r\n", Rule::Host),
        ("GET / HTTP/1.1\r\nHost: \u{ff}a\r\n\r\n", Rule::Host),
        ("GET / HTTP/1.1\r\nHost: a\0.b\r\n\r\n", Rule::FieldLine),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", Rule::FieldLine),
    ] {
        refused(read(head.as_bytes()), expected, head);
    }
    let request = read(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!((request.authority(), request.host()), (&b""[..], &b""[..]));
}

/// RFC 9112, section 5; RFC 9110, sections 5.1 and 5.5.
#[test]
fn section_9112_5_a_field_line_is_a_name_and_a_value() {
    for line in [
        "X",
        ": v",
        ":",
        " X: y",
        "X : y",
        "X\t: y",
        "X Y: z",
        "X(: y",
        "X/: y",
        "X\": y",
        "X\x7f: y",
        "\u{e9}: y",
        "X: \0",
        "X: a\rb",
        "X: \r",
        "X: \x01",
        "X: \x08",
        "X: \x0b",
        "X: \x0c",
        "X: \x1f",
        "X: \x7f",
        "Transfer\r-Encoding: chunked",
        "Transfer-Encoding\u{85}: chunked",
        "Content-Length 5",
        "Content-\r",
    ] {
        refused(with("GET / HTTP/1.1", &format!("{line}\r\n")), Rule::FieldLine, line);
    }
    let head =
        b"GET / HTTP/1.1\r\nhOst:a\r\nX-Odd!#$%&'*+.^_`|~9:\t a \t b\xff\xe9 \t\r\nEmpty: \t\r\nX: 1\r\nx: 2\r\n\r\n";
    let request = read(head).unwrap();
    let expected =
        [("hOst", "a"), ("X-Odd!#$%&\\'*+.^_`|~9", "a \\t b\\xff\\xe9"), ("Empty", ""), ("X", "1"), ("x", "2")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(fields_of(&request.fields), expected);
}

/// RFC 9112, sections 6.2 and 6.3; RFC 9110, section 8.6.
#[test]
fn section_9112_6_2_a_length_is_one_decimal_number() {
    for (fields, expected) in [
        ("Content-Length: 5\r\nContent-Length: 5\r\n", Rule::ConflictingLength),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", Rule::ConflictingLength),
        ("Content-Length: 5\r\ncontent-length: x\r\n", Rule::ConflictingLength),
        ("Content-Length: 5, 5\r\n", Rule::InvalidLength),
        ("Content-Length: 5, 6\r\n", Rule::InvalidLength),
        ("Content-Length: +5\r\n", Rule::InvalidLength),
        ("Content-Length: -1\r\n", Rule::InvalidLength),
        ("Content-Length: -0\r\n", Rule::InvalidLength),
        ("Content-Length: 0x5\r\n", Rule::InvalidLength),
        ("Content-Length: 1_0\r\n", Rule::InvalidLength),
        ("Content-Length: 1 0\r\n", Rule::InvalidLength),
        ("Content-Length:\r\n", Rule::InvalidLength),
        ("Content-Length: \"5\"\r\n", Rule::InvalidLength),
        ("Content-Length: 5;q=1\r\n", Rule::InvalidLength),
        ("Content-Length: 5.0\r\n", Rule::InvalidLength),
        ("Content-Length: 5e0\r\n", Rule::InvalidLength),
        ("Content-Length: \u{a0}5\r\n", Rule::InvalidLength),
        ("Content-Length: 9223372036854775808\r\n", Rule::InvalidLength),
        ("Content-Length: 18446744073709551615\r\n", Rule::InvalidLength),
        ("Content-Length: 18446744073709551616\r\n", Rule::InvalidLength),
        ("Content-Length: 18446744073709551621\r\n", Rule::InvalidLength),
        ("Content-Length: 99999999999999999999999999\r\n", Rule::InvalidLength),
        ("Content-Length: 5\x0b\r\n", Rule::FieldLine),
        ("\"Content-Length\": 5\r\n", Rule::FieldLine),
        ("Content_Length: 5\r\n", Rule::AliasField),
        ("Content-Length: 0\r\nContent.Length: 5\r\n", Rule::AliasField),
    ] {
        refused(with("POST / HTTP/1.1", fields), expected, fields);
    }
    for (value, framing, written) in [
        ("0", Framing::None, "0"),
        ("00", Framing::None, "0"),
        ("5", Framing::Length(5), "5"),
        (" \t5 \t", Framing::Length(5), "5"),
        ("010", Framing::Length(10), "10"),
        ("9223372036854775807", Framing::Length(i64::MAX as u64), "9223372036854775807"),
    ] {
        let request = with("POST / HTTP/1.1", &format!("Content-Length:{value}\r\n")).unwrap();
        assert_eq!(request.framing, framing, "{value}");
        assert_eq!(request.fields.get(Name::ContentLength), Some(written.as_bytes()), "{value}");
    }
    assert_eq!(with("POST / HTTP/1.1", "").unwrap().framing, Framing::None);
    assert_eq!(with("GET / HTTP/1.0", "Content-Length: 5\r\n").unwrap().framing, Framing::Length(5));
}

/// RFC 9112, sections 6.1 and 6.3.
#[test]
fn section_9112_6_1_chunked_is_the_only_coding() {
    for (value, expected) in [
        ("", Rule::TransferCoding),
        ("xchunked", Rule::TransferCoding),
        ("chunkedchunked", Rule::TransferCoding),
        ("chunk", Rule::TransferCoding),
        ("identity", Rule::TransferCoding),
        ("gzip", Rule::TransferCoding),
        ("chunked, identity", Rule::TransferCoding),
        ("chunked, gzip", Rule::TransferCoding),
        ("chunked, chunked", Rule::TransferCoding),
        (", chunked", Rule::TransferCoding),
        ("chunked,", Rule::TransferCoding),
        (",chunked,", Rule::TransferCoding),
        ("chunked;x=1", Rule::TransferCoding),
        ("chunked; q=0.5", Rule::TransferCoding),
        ("\"chunked\"", Rule::TransferCoding),
        ("'chunked'", Rule::TransferCoding),
        ("chunked\u{a0}", Rule::TransferCoding),
        ("\u{85}chunked", Rule::TransferCoding),
        ("gzip;q=1, chunked", Rule::TransferCoding),
        ("gzip, chunked", Rule::TransferCodingUnknown),
        ("cow, chunked", Rule::TransferCodingUnknown),
        ("chunked\x0b", Rule::FieldLine),
        ("\0chunked", Rule::FieldLine),
    ] {
        refused(with("POST / HTTP/1.1", &format!("Transfer-Encoding: {value}\r\n")), expected, value);
    }
    for (line, fields, expected) in [
        ("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Rule::TransferCoding),
        ("POST / HTTP/1.1", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", Rule::TransferCoding),
        ("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", Rule::TransferCoding),
        ("POST / HTTP/1.1", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", Rule::LengthAndCoding),
        ("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", Rule::LengthAndCoding),
        ("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", Rule::LengthAndCoding),
        ("POST / HTTP/1.1", "Transfer-Encoding:\r\nContent-Length: 5\r\n", Rule::LengthAndCoding),
        ("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n", Rule::TransferCoding),
        ("POST / HTTP/1.1", "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", Rule::AliasField),
        ("POST / HTTP/1.1", "Transfer Encoding: chunked\r\n", Rule::FieldLine),
        ("POST / HTTP/1.1", "Transfer-Encoding : chunked\r\n", Rule::FieldLine),
    ] {
        refused(with(line, fields), expected, fields);
    }
    for field in ["TRANSFER-ENCODING: CHUNKED", "Transfer-Encoding:chunked", "Transfer-Encoding:\tChunked\t"] {
        let request = with("GET / HTTP/1.1", &format!("{field}\r\n")).unwrap();
        assert_eq!(request.framing, Framing::Chunked, "{field}");
        assert_eq!(request.fields.get(Name::TransferEncoding), Some(&b"chunked"[..]), "{field}");
    }
    let encoded = with("POST / HTTP/1.1", "Content-Encoding: chunked\r\nContent-Length: 5\r\n").unwrap();
    assert_eq!(encoded.framing, Framing::Length(5));
}

/// RFC 9110, section 7.6.1; RFC 9112, sections 9.3 and 9.6.
#[test]
fn section_9110_7_6_1_connection_names_options() {
    for (value, expected) in [("Content-Length", 1), ("close, transfer-encoding", 1), ("HOST", 1)] {
        let found = with("GET / HTTP/1.1", &format!("Connection: {value}\r\n").repeat(expected));
        refused(found, Rule::ConnectionField, value);
    }
    let many = |count: usize| with("GET / HTTP/1.1", &"Connection: a, ,b\r\n".repeat(count));
    assert!(many(16).is_ok());
    refused(many(17), Rule::ConnectionField, "34 options");
    assert!(with("GET / HTTP/1.1", "Connection: ,,,,\r\nConnection: \u{ff}\r\nConnection:\r\n").is_ok());
    for (line, value, keeps) in [
        ("GET / HTTP/1.1", "keep-alive", true),
        ("GET / HTTP/1.1", "X-Y", true),
        ("GET / HTTP/1.1", "close", false),
        ("GET / HTTP/1.1", "X, CLOSE", false),
        ("GET / HTTP/1.1", "keep-alive\r\nConnection: close", false),
        ("GET / HTTP/1.0", "keep-alive", false),
    ] {
        let request = with(line, &format!("Connection: {value}\r\n")).unwrap();
        assert_eq!(request.keep_alive, keeps, "{line}: {value}");
    }
}

/// RFC 9110, section 10.1.1.
#[test]
fn section_9110_10_1_1_one_expectation_is_known() {
    let body = "Content-Length: 5\r\n";
    for fields in [
        "Expect: y\r\n",
        "Expect:\r\n",
        "Expect: 100-continue, y\r\n",
        "Expect: y 100-continue\r\n",
        "Expect: 100-continue\r\nExpect: 100-continue\r\n",
        "Expect: y\r\nExpect: 100-continue\r\n",
    ] {
        refused(with("POST / HTTP/1.1", &format!("{fields}{body}")), Rule::Expectation, fields);
    }
    for (line, fields, expects, stays) in [
        ("POST / HTTP/1.1", "Expect: 100-Continue\r\nContent-Length: 5\r\n", true, true),
        ("POST / HTTP/1.1", "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", true, true),
        ("POST / HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 0\r\n", false, false),
        ("GET / HTTP/1.1", "Expect: 100-continue\r\n", false, false),
        ("POST / HTTP/1.0", "Expect: 100-continue\r\nContent-Length: 5\r\n", false, false),
        ("POST / HTTP/1.0", "Expect: y\r\nContent-Length: 5\r\n", false, false),
    ] {
        let request = with(line, fields).unwrap();
        assert_eq!((request.expects_continue, request.fields.has(Name::Expect)), (expects, stays), "{line}: {fields}");
    }
}

/// RFC 9110, sections 7.6.2, 7.8 and 9.3.8.
#[test]
fn section_9110_7_and_9_what_some_methods_may_not_carry() {
    let upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\n";
    for (line, fields, expected) in [
        ("TRACE / HTTP/1.1", "Content-Length: 5\r\n", Rule::TraceContent),
        ("TRACE / HTTP/1.1", "Content-Length: 0\r\n", Rule::TraceContent),
        ("TRACE / HTTP/1.1", "Transfer-Encoding: chunked\r\n", Rule::TraceContent),
        ("TRACE / HTTP/1.1", "Max-Forwards: -1\r\n", Rule::MaxForwards),
        ("OPTIONS / HTTP/1.1", "Max-Forwards: 99999999999\r\n", Rule::MaxForwards),
        ("OPTIONS / HTTP/1.1", "Max-Forwards:\r\n", Rule::MaxForwards),
        ("OPTIONS / HTTP/1.1", "Max-Forwards: 1\r\nMax-Forwards: 1\r\n", Rule::MaxForwards),
        ("GET / HTTP/1.1", upgrade, Rule::Upgrade),
        ("GET / HTTP/1.1", "Connection: x, UPGRADE\r\nUpgrade: foo/1\r\n", Rule::Upgrade),
    ] {
        refused(with(line, fields), expected, fields);
    }
    for (line, fields, hops) in [
        ("OPTIONS * HTTP/1.1", "Max-Forwards: 0\r\n", Some(0)),
        ("TRACE / HTTP/1.1", "Max-Forwards: 010\r\n", Some(10)),
        ("TRACE / HTTP/1.1", "", None),
        ("GET / HTTP/1.1", "Max-Forwards: -1\r\n", None),
        ("GET / HTTP/1.1", "Upgrade: websocket\r\n", None),
        ("POST / HTTP/1.1", upgrade, None),
        ("GET / HTTP/1.0", upgrade, None),
        ("GET / HTTP/1.1", "Content-Length: 5\r\nConnection: upgrade\r\nUpgrade: websocket\r\n", None),
        ("GET / HTTP/1.1", "Connection: upgrade\r\nUpgrade: h2c\r\n", None),
        ("GET / HTTP/1.1", "Connection: upgrade\r\nUpgrade: TLS/1.0\r\n", None),
        ("GET / HTTP/1.1", "Connection: upgrade\r\nUpgrade: websocket, h2c\r\n", None),
        ("GET / HTTP/1.1", "Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n", None),
    ] {
        let request = with(line, fields).unwrap_or_else(|rule| panic!("{fields}: {rule:?}"));
        assert_eq!(request.max_forwards, hops, "{line}: {fields}");
    }
}

#[test]
fn names_that_some_backends_fold_are_refused() {
    for name in [
        "Content_Length",
        "transfer.encoding",
        "X_Forwarded_For",
        "x.forwarded.for",
        "X-Forwarded_Proto",
        "X_Real_IP",
        "Limpet_Session",
        "X_Forwarded_Anything",
        "X_Request_Id",
    ] {
        refused(with("GET / HTTP/1.1", &format!("{name}: 1\r\n")), Rule::AliasField, name);
    }
    for name in ["X_Api_Key", "a.b", "Content-Length-Range", "_", "Limpets_Session"] {
        assert!(with("GET / HTTP/1.1", &format!("{name}: 1\r\n")).is_ok(), "{name}");
    }
}

/// A room holds one request after the other: nothing of the first may be told of the second.
#[test]
fn a_used_room_reads_as_a_new_one() {
    let first = b"OPTIONS http://other:1?q HTTP/1.0\r\nHost: x\r\nContent-Length: 5\r\nConnection: close, upgrade\r\n\
        Upgrade: websocket\r\nExpect: 100-continue\r\nMax-Forwards: 3\r\n\r\n";
    let refused =
        b"POST /secret HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\nHost: y\r\n\r\n";
    for head in [&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], b"GET /b HTTP/1.0\r\n\r\n"] {
        let mut used = Request::empty();
        used.parse(first, ROOM).unwrap();
        used.parse(refused, ROOM).unwrap_err();
        used.parse(head, ROOM).unwrap();
        strip_hop_by_hop(&mut used.fields);
        assert_eq!(format!("{used:?}"), format!("{:?}", read(head).unwrap()));
    }
}

/// RFC 9112, section 4.
#[test]
fn section_9112_4_the_status_line_is_tight() {
    for line in [
        "HTTP/1.1 20 OK",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 099 X",
        "HTTP/1.1 600 X",
        "HTTP/1.1 abc X",
        "HTTP/1.1 200",
        "HTTP/1.1  200 OK",
        "HTTP/1.1\t200 OK",
        "HTTP/1.1 200\tOK",
        "HTTP/1.1 200 a\x01b",
        "HTTP/1.1 200 a\x7fb",
        "HTTP/1.1 200 a\0b",
        "HTTP/1.2 200 OK",
        "HTTP/2.0 200 OK",
        "http/1.1 200 OK",
        " HTTP/1.1 200 OK",
        "HTTP/1.1",
        "HTTP/1.1 200OK",
        "HTTP/1.1 +20 OK",
        "ICY 200 OK",
        "GET / HTTP/1.1",
    ] {
        let head = format!("{line}\r\nX: y\r\n\r\n");
        refused(read_response(head.as_bytes(), Method::Get), Rule::StatusLine, line);
    }
    for (line, status, reason) in [
        (&b"HTTP/1.1 200 OK"[..], 200, &b"OK"[..]),
        (b"HTTP/1.0 404 ", 404, b""),
        (b"HTTP/1.1 599  a \t b ", 599, b" a \t b "),
        (b"HTTP/1.1 100 \xe9\xff", 100, b"\xe9\xff"),
    ] {
        let response = read_response(&[line, b"\r\n\r\n"].concat(), Method::Get).unwrap();
        assert_eq!((response.status, response.reason()), (status, reason), "{}", line.escape_ascii());
    }
}

/// RFC 9112, section 6.3, items 1 to 8.
#[test]
fn section_9112_6_3_the_end_of_a_response_is_known() {
    let none = &[][..];
    for (asked, line, fields, framing, keeps, left) in [
        (Method::Get, "HTTP/1.1 200 ", "Content-Length: 5\r\n", Framing::Length(5), true, &["Content-Length"][..]),
        (Method::Get, "HTTP/1.1 200 ", "Content-Length: 0\r\n", Framing::None, true, &["Content-Length"]),
        (
            Method::Get,
            "HTTP/1.1 200 ",
            "Transfer-Encoding: Chunked\r\n",
            Framing::Chunked,
            true,
            &["Transfer-Encoding"],
        ),
        (Method::Get, "HTTP/1.1 200 ", "", Framing::UntilClose, false, none),
        (Method::Get, "HTTP/1.0 200 ", "Content-Length: 5\r\n", Framing::Length(5), false, &["Content-Length"]),
        (
            Method::Get,
            "HTTP/1.1 200 ",
            "Connection: close\r\nContent-Length: 5\r\n",
            Framing::Length(5),
            false,
            &["Content-Length"],
        ),
        (Method::Get, "HTTP/1.1 205 ", "", Framing::UntilClose, false, none),
        (Method::Get, "HTTP/1.1 204 ", "Content-Length: 5\r\n", Framing::None, true, none),
        (Method::Get, "HTTP/1.1 204 ", "Transfer-Encoding: chunked\r\n", Framing::None, true, none),
        (Method::Get, "HTTP/1.1 103 ", "Content-Length: 5\r\n", Framing::None, true, none),
        (Method::Get, "HTTP/1.1 304 ", "Content-Length: 5\r\n", Framing::None, true, &["Content-Length"]),
        (Method::Get, "HTTP/1.1 304 ", "Transfer-Encoding: chunked\r\n", Framing::None, true, none),
        (Method::Head, "HTTP/1.1 200 ", "Content-Length: 5\r\n", Framing::None, true, &["Content-Length"]),
        (Method::Head, "HTTP/1.1 200 ", "Transfer-Encoding: chunked\r\n", Framing::None, true, none),
        (Method::Head, "HTTP/1.1 200 ", "", Framing::None, true, none),
    ] {
        let mut response = read_response(format!("{line}\r\n{fields}\r\n").as_bytes(), asked).unwrap();
        assert_eq!((response.framing, response.keep_alive), (framing, keeps), "{asked:?}: {line}: {fields}");
        strip_hop_by_hop(&mut response.fields);
        let names: Vec<_> = response.fields.iter().map(|(_, name, _)| String::from_utf8_lossy(name)).collect();
        assert_eq!(names, left, "{asked:?}: {line}: {fields}");
    }
}

/// RFC 9112, sections 5.1, 5.2, 6.1 and 6.3: an answer that could be read in two ways is none.
#[test]
fn section_9112_6_a_doubtful_response_is_refused() {
    for (line, fields, expected) in [
        ("HTTP/1.1 200 ", "Content-Length: 5\r\nContent-Length: 6\r\n", Rule::ConflictingLength),
        ("HTTP/1.1 200 ", "Content-Length: 5, 6\r\n", Rule::InvalidLength),
        ("HTTP/1.1 200 ", "Content-Length: +5\r\n", Rule::InvalidLength),
        ("HTTP/1.1 204 ", "Content-Length: 0x5\r\n", Rule::InvalidLength),
        ("HTTP/1.1 200 ", "Content-Length: 18446744073709551616\r\n", Rule::InvalidLength),
        ("HTTP/1.1 200 ", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", Rule::LengthAndCoding),
        ("HTTP/1.1 304 ", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", Rule::LengthAndCoding),
        ("HTTP/1.1 200 ", "Transfer-Encoding: gzip\r\n", Rule::TransferCoding),
        ("HTTP/1.1 200 ", "Transfer-Encoding: gzip, chunked\r\n", Rule::TransferCoding),
        ("HTTP/1.1 200 ", "Transfer-Encoding: chunked, chunked\r\n", Rule::TransferCoding),
        ("HTTP/1.1 200 ", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Rule::TransferCoding),
        ("HTTP/1.0 200 ", "Transfer-Encoding: chunked\r\n", Rule::TransferCoding),
        ("HTTP/1.1 200 ", "Connection: Transfer-Encoding\r\n", Rule::ConnectionField),
        ("HTTP/1.1 200 ", "X : y\r\n", Rule::FieldLine),
        ("HTTP/1.1 200 ", "X: a\rb\r\n", Rule::FieldLine),
        ("HTTP/1.1 200 ", "X: a\0b\r\n", Rule::FieldLine),
    ] {
        let head = format!("{line}\r\n{fields}\r\n");
        refused(read_response(head.as_bytes(), Method::Get), expected, &head);
    }
    let folded = read_response(b"HTTP/1.1 200 \r\nContent_Length: 5\r\n\r\n", Method::Get);
    assert!(folded.is_ok(), "a backend's odd names are no danger to a client");
}

#[test]
fn no_head_has_more_fields_than_it_may() {
    let request = |count: usize| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(count));
    let mut room = Request::empty();
    for (bound, count, fits) in
        [(4, 3, true), (4, 4, false), (MAX_HEADER_FIELDS, 511, true), (MAX_HEADER_FIELDS + 9, 512, false)]
    {
        let found = room.parse(request(count).as_bytes(), Bounds { bytes: 1 << 20, fields: bound });
        assert_eq!(
            found.map_err(|reject| reject.rule),
            if fits { Ok(()) } else { Err(Rule::TooManyFields) },
            "{bound}"
        );
    }
    let response = format!("HTTP/1.1 200 \r\n{}\r\n", "X: y\r\n".repeat(5));
    let found = Response::empty().parse(response.as_bytes(), Bounds { bytes: 1 << 20, fields: 4 }, Method::Get);
    assert_eq!(found.map_err(|reject| reject.rule), Err(Rule::TooManyFields));
}
