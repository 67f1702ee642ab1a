//! Heads to bytes: the only place where a message head that was parsed is put on a wire.
//!
//! Always HTTP/1.1, every field on a line of its own, in the order and case it came in (RFC 9112, sections 3 to 5). It
//! judges nothing: a [`Request`] or [`Response`] is valid by having been parsed, and what had to go was taken out
//! before.

use super::fields::{Fields, Name};
use super::{Request, Response};

/// Writes a request head, with the authority of its target as Host.
pub(crate) fn write_request(request: &Request, out: &mut Vec<u8>) {
    out.extend_from_slice(request.method_text());
    out.push(b' ');
    out.extend_from_slice(request.target());
    out.extend_from_slice(b" HTTP/1.1\r\n");
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
