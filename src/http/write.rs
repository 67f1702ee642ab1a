//! Heads to bytes: the only place where a message head that was parsed is put on a wire.
//!
//! Always HTTP/1.1, every field on a line of its own, in the order and case it came in (RFC 9112, sections 3 to 5). It
//! judges nothing: a [`Request`] or [`Response`] is valid by having been parsed, and what had to go was taken out
//! before.

use super::fields::{Fields, Name};
use super::{Request, Response};

/// Writes a request head, with the authority of its target as Host. A client of HTTP/1.0 may leave Host out, limpet
/// may not: without any authority it is empty (RFC 9112, section 3.2).
pub(crate) fn write_request(request: &Request, out: &mut Vec<u8>) {
    out.extend_from_slice(request.method_text());
    out.push(b' ');
    out.extend_from_slice(request.target());
    out.extend_from_slice(b" HTTP/1.1\r\n");
    if !request.fields.has(Name::Host) {
        write_field(b"Host", request.authority(), out);
    }
    for (known, name, value) in request.fields.iter() {
        write_field(name, if known == Name::Host { request.authority() } else { value }, out);
    }
    out.extend_from_slice(b"\r\n");
}

/// Writes a response head. An empty reason keeps its space (RFC 9112, section 4).
pub(crate) fn write_response(response: &Response, out: &mut Vec<u8>) {
    out.extend_from_slice(b"HTTP/1.1 ");
    decimal(u64::from(response.status), out);
    out.push(b' ');
    out.extend_from_slice(response.reason());
    out.extend_from_slice(b"\r\n");
    write_fields(&response.fields, out);
}

fn write_fields(fields: &Fields, out: &mut Vec<u8>) {
    for (_, name, value) in fields.iter() {
        write_field(name, value, out);
    }
    out.extend_from_slice(b"\r\n");
}

fn write_field(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// Writes a number without an allocation.
pub(crate) fn decimal(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::super::{Bounds, Method};
    use super::*;

    const ROOM: Bounds = Bounds { bytes: 4096, fields: 16 };

    fn rewritten(head: &str) -> String {
        let mut request = Request::empty();
        request.parse(head.as_bytes(), ROOM).unwrap();
        let mut out = Vec::new();
        write_request(&request, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// RFC 9110, section 2.5; RFC 9112, sections 3.2, 3.2.2, 3.2.4 and 6.1.
    #[test]
    fn a_request_is_written_afresh() {
        for (head, expected) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            ("GET / HTTP/1.1\r\nx-B:\t y \r\nHOST:A.:80\r\n\r\n", "GET / HTTP/1.1\r\nx-B: y\r\nHOST: A.:80\r\n\r\n"),
            ("GET /a?b HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n", "GET /a?b HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n"),
            ("GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x HTTP/1.1\r\nHost: b\r\n\r\n"),
            ("GET http://b HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: b\r\n\r\n"),
            ("GET http://b?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET /?q HTTP/1.1\r\nHost: b\r\n\r\n"),
            ("OPTIONS http://b:1 HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: b:1\r\n\r\n"),
            ("GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: \r\n\r\n"),
            ("GET / HTTP/1.0\r\nX: y\r\n\r\n", "GET / HTTP/1.1\r\nHost: \r\nX: y\r\n\r\n"),
            ("GET http://b/ HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: b\r\n\r\n"),
            (
                "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 007\r\n\r\n",
                "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n",
            ),
            (
                "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n",
                "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
        ] {
            assert_eq!(rewritten(head), expected, "{}", head.escape_debug());
        }
    }

    #[test]
    fn a_rewritten_path_keeps_its_query_and_its_host() {
        let mut request = Request::empty();
        request.parse(b"GET http://b/a/../c?d=e HTTP/1.1\r\nHost: a\r\n\r\n", ROOM).unwrap();
        request.set_path(b"/c");
        request.push_authority("X-Forwarded-Host");
        let mut out = Vec::new();
        write_request(&request, &mut out);
        assert_eq!(out, b"GET /c?d=e HTTP/1.1\r\nHost: b\r\nX-Forwarded-Host: b\r\n\r\n");
    }

    #[test]
    fn a_request_without_a_host_gets_one() {
        for (target, otherwise, expected) in [
            ("/", "web-0:80", "Host: web-0:80\r\n"),
            ("/", "a:b:c", "Host: \r\n"),
            ("http://b/", "web-0", "Host: b\r\n"),
        ] {
            let mut request = Request::empty();
            request.parse(format!("GET {target} HTTP/1.0\r\n\r\n").as_bytes(), ROOM).unwrap();
            request.complete_host(otherwise.as_bytes());
            let mut out = Vec::new();
            write_request(&request, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("GET / HTTP/1.1\r\n{expected}\r\n"), "{otherwise}");
        }
    }

    /// RFC 9112, section 4: the space before the reason stays, also without a reason.
    #[test]
    fn a_response_is_written_afresh() {
        for (head, expected) in [
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"),
            ("HTTP/1.0 404 \r\n\r\n", "HTTP/1.1 404 \r\n\r\n"),
            ("HTTP/1.1 599 a  b\t\r\nSET-cookie:x\r\n\r\n", "HTTP/1.1 599 a  b\t\r\nSET-cookie: x\r\n\r\n"),
        ] {
            let mut response = Response::empty();
            response.parse(head.as_bytes(), ROOM, Method::Get).unwrap();
            let mut out = Vec::new();
            write_response(&response, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{}", head.escape_debug());
        }
    }

    #[test]
    fn decimals() {
        for number in [0, 1, 9, 10, 99, 100, 12_345, u64::from(u32::MAX), u64::MAX] {
            let mut out = b"n=".to_vec();
            decimal(number, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("n={number}"));
        }
    }
}
