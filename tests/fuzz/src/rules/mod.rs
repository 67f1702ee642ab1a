//! The first oracle: httparse finds the tokens, and the rules of RFC 9112 and RFC 9110 judge them.
//!
//! Written from the RFCs alone and without an eye on speed: it looks at whole messages, collects every rule that is
//! broken, and knows nothing of limpet. Where the RFCs leave a choice, it takes the strict side.

mod chunks;
mod fields;
mod target;

use crate::reading::{Body, Field, Framing, Reading, Verdict, plain_body, rewrite_request, rewrite_response, values};

pub use chunks::{chunked, chunked_with_trailers};
pub use fields::{field_line, read as fields, trim};
pub use target::are_path_and_query;

use fields::{Line, is_token};

/// More fields than limpet ever takes.
const MOST_FIELDS: usize = 256;

/// Reads a request.
pub fn request(input: &[u8]) -> Verdict {
    let front = leading_lines(input);
    let Some(end) = head_end(input, front) else { return Verdict::waits() };
    let head = &input[front..end];
    let mut lines = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut tokens = httparse::Request::new(&mut lines);
    if tokens.parse(head) != Ok(httparse::Status::Complete(head.len())) {
        return Verdict::refused("tokens");
    }
    let (Some(method), Some(path), Some(minor)) = (tokens.method, tokens.path, tokens.version) else {
        return Verdict::refused("tokens");
    };
    let mut broken = Vec::new();
    let first = format!("{method} {path} HTTP/1.{minor}\r\n");
    if !head.starts_with(first.as_bytes()) || !method.bytes().all(is_token) {
        broken.push("request-line");
    }
    let mut list = fields::read(&head[first.len().min(head.len())..], tokens.headers, &mut broken);
    let http11 = minor == 1;
    let target = target::read(method, path.as_bytes(), &mut broken);
    let host = fields::host(&list, http11, &mut broken);
    let framing = request_framing(method, &list, http11, &mut broken);
    let keep_alive = fields::keeps_alive(&list, http11, &mut broken);
    rewrite_request(&mut list, http11, framing);
    Verdict {
        refused: broken.iter().map(|rule| (*rule).to_owned()).collect(),
        reading: Some(Reading {
            start: method.to_owned(),
            target: target.forwarded,
            authority: target.authority.unwrap_or(host),
            http11,
            framing,
            keep_alive,
            fields: list,
            body: body(input, end, framing),
        }),
    }
}

/// Reads a response; `asked` is the method of the request that it answers.
pub fn response(input: &[u8], asked: &str) -> Verdict {
    let front = leading_lines(input);
    let Some(end) = head_end(input, front) else { return Verdict::waits() };
    let head = &input[front..end];
    let mut lines = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut tokens = httparse::Response::new(&mut lines);
    if tokens.parse(head) != Ok(httparse::Status::Complete(head.len())) {
        return Verdict::refused("tokens");
    }
    let (Some(status), Some(minor)) = (tokens.code, tokens.version) else { return Verdict::refused("tokens") };
    let mut broken = Vec::new();
    if front > 0 {
        broken.push("leading-line");
    }
    let first = first_line(head);
    status_line(first, minor, status, &mut broken);
    let mut list = fields::read(&head[first.len() + 2..], tokens.headers, &mut broken);
    let http11 = minor == 1;
    let start = format!("{status:03}");
    let framing = response_framing(&start, &list, http11, asked, &mut broken);
    let keep_alive = fields::keeps_alive(&list, http11, &mut broken) && framing != Framing::UntilClose;
    rewrite_response(&mut list, &start, asked == "HEAD");
    Verdict {
        refused: broken.iter().map(|rule| (*rule).to_owned()).collect(),
        reading: Some(Reading {
            start,
            target: Vec::new(),
            authority: Vec::new(),
            http11,
            framing,
            keep_alive,
            fields: list,
            body: body(input, end, framing),
        }),
    }
}

/// RFC 9112, section 2.2: a server ignores at least one empty line in front. How many is its own affair.
fn leading_lines(input: &[u8]) -> usize {
    input.chunks_exact(2).take_while(|pair| pair == b"\r\n").count() * 2
}

/// Behind the first empty line.
fn head_end(input: &[u8], front: usize) -> Option<usize> {
    input[front..].windows(4).position(|window| window == b"\r\n\r\n").map(|at| front + at + 4)
}

fn first_line(head: &[u8]) -> &[u8] {
    let end = head.windows(2).position(|window| window == b"\r\n");
    &head[..end.unwrap_or(head.len() - 2)]
}

/// RFC 9112, section 4: `HTTP-version SP 3DIGIT SP [ reason-phrase ]`.
fn status_line(line: &[u8], minor: u8, status: u16, broken: &mut Vec<&'static str>) {
    let start = format!("HTTP/1.{minor} {status:03} ");
    let is_reason = |byte: &u8| matches!(byte, b'\t' | b' '..=0x7e | 0x80..);
    let well_formed = line.strip_prefix(start.as_bytes()).is_some_and(|reason| reason.iter().all(is_reason));
    if !well_formed || !(100..600).contains(&status) {
        broken.push("status-line");
    }
}

/// RFC 9112, section 6.3, for requests.
fn request_framing(method: &str, list: &[Line], http11: bool, broken: &mut Vec<&'static str>) -> Framing {
    let framing = framing(list, http11, broken).unwrap_or(Framing::None);
    let has_content = framing != Framing::None || values(list, "content-length").next().is_some();
    if method == "TRACE" && has_content {
        broken.push("trace-content");
    }
    framing
}

/// RFC 9112, section 6.3, for responses.
fn response_framing(status: &str, list: &[Line], http11: bool, asked: &str, broken: &mut Vec<&'static str>) -> Framing {
    let said = framing(list, http11, broken);
    if asked == "HEAD" || status.starts_with('1') || status == "204" || status == "304" {
        return Framing::None;
    }
    said.unwrap_or(Framing::UntilClose)
}

/// What Content-Length and Transfer-Encoding say; none if neither is there.
fn framing(list: &[Line], http11: bool, broken: &mut Vec<&'static str>) -> Option<Framing> {
    let lengths: Vec<&[u8]> = values(list, "content-length").collect();
    let codings: Vec<&[u8]> = values(list, "transfer-encoding").collect();
    if !lengths.is_empty() && !codings.is_empty() {
        broken.push("length-and-coding");
    }
    if !codings.is_empty() {
        if !http11 {
            broken.push("coding-in-1.0");
        }
        if codings.len() != 1 || !codings[0].eq_ignore_ascii_case(b"chunked") {
            broken.push("coding");
        }
        return Some(Framing::Chunked);
    }
    let length = match lengths[..] {
        [] => return None,
        [text] if !text.is_empty() && text.iter().all(u8::is_ascii_digit) => {
            std::str::from_utf8(text).ok().and_then(|text| text.parse::<u64>().ok())
        }
        _ => None,
    };
    match length {
        Some(0) => Some(Framing::None),
        Some(length) => Some(Framing::Length(length)),
        None => {
            broken.push("length");
            Some(Framing::None)
        }
    }
}

fn body(input: &[u8], head: usize, framing: Framing) -> Body {
    match framing {
        Framing::Chunked => chunked(input, head),
        _ => plain_body(input, head, framing),
    }
}

/// A field, as the rules see it.
type List = Vec<Field>;
