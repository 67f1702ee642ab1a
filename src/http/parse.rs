//! Heads: bytes to a valid [`Request`] or [`Response`], or the rule that was broken.
//!
//! `httparse` finds the tokens of a head that [`super::scan`] has seen whole; this file judges them, strictly: what
//! two implementations could read in two ways is refused (RFC 9112, sections 2 to 6; RFC 9110, section 7). Home of
//! httparse.

use std::mem::MaybeUninit;

use crate::config::MAX_HEADER_FIELDS;

use super::fields::{Name, Span};
use super::reject::{Reject, Rule};
use super::scan::{Bounds, MAX_METHOD, MAX_TARGET};
use super::target::{self, Form};
use super::value::{self, Coding};
use super::{Fields, Framing, Method, Request, Response, Version};

type Lines<'b> = [MaybeUninit<httparse::Header<'b>>; MAX_HEADER_FIELDS];

impl Request {
    /// Makes this the request whose head is `head`, from the start line to the empty line.
    ///
    /// # Errors
    /// The first rule that the head breaks; the request is then not to be used.
    pub(crate) fn parse(&mut self, head: &[u8], bounds: Bounds) -> Result<(), Reject> {
        let mut lines: Lines<'_> = [const { MaybeUninit::uninit() }; MAX_HEADER_FIELDS];
        let mut raw = httparse::Request::new(&mut []);
        let parsed = raw.parse_with_uninit_headers(head, &mut lines[..bounds.fields.min(MAX_HEADER_FIELDS)]);
        if !matches!(parsed, Ok(httparse::Status::Complete(end)) if end == head.len()) {
            return Err(blame_request(head, parsed.err()));
        }
        let (method, path) = (raw.method.unwrap_or_default(), raw.path.unwrap_or_default());
        let at = Offsets(head);
        check_request_line(head, method, path)?;
        self.version = if raw.version == Some(0) { Version::Http10 } else { Version::Http11 };
        self.method = Method::of(method.as_bytes());
        self.fields.clear();
        self.fields.add_text(head);
        self.method_text = at.span(method.as_bytes());
        let mut seen = Seen::default();
        for line in raw.headers.iter() {
            seen.field(&mut self.fields, at, line)?;
        }
        self.take_target(at.span(path.as_bytes()), &seen)?;
        self.frame(&seen)?;
        self.take_expectation(&seen)?;
        self.check_method(&seen)
    }

    /// Target, authority and host: RFC 9112, sections 3.2 and 3.3.
    fn take_target(&mut self, whole: Span, seen: &Seen) -> Result<(), Reject> {
        let reject = |rule| Reject::new(rule, whole.start());
        if self.method == Method::Connect {
            return Err(reject(Rule::Connect));
        }
        let host = match (seen.hosts, self.version) {
            (1, _) => seen.host,
            (0, Version::Http10) => None,
            _ => return Err(reject(Rule::Host)),
        };
        if let Some(host) = host {
            value::check_authority(self.fields.slice(host)).ok_or(Reject::new(Rule::Host, host.start()))?;
        }
        let parts = target::split(self.fields.slice(whole), self.method).map_err(reject)?;
        (self.path, self.query) = (whole.part(parts.path), parts.query.map(|query| whole.part(query)));
        self.target = whole.part(parts.forwarded);
        self.authority = host.unwrap_or_default();
        if let Form::Absolute { authority } = parts.form {
            self.authority = whole.part(authority);
            if self.path.is_empty() {
                self.root_path();
            }
        }
        self.host = self.normal_host();
        Ok(())
    }

    /// An absolute target with an empty path means `/`, or `*` for OPTIONS (RFC 9112, section 3.2.4).
    fn root_path(&mut self) {
        let text: &[u8] = if self.method == Method::Options && self.query.is_none() { b"*" } else { b"/" };
        match self.query() {
            None => {
                self.path = self.fields.add_text(text);
                self.target = self.path;
            }
            Some(_) => self.set_path(text),
        }
    }

    fn normal_host(&mut self) -> Span {
        let name = value::host_of(self.fields.slice(self.authority));
        let mut span = self.authority.part(name);
        let text = self.fields.slice(span);
        if text.last() == Some(&b'.') {
            span = span.part(0..text.len() - 1);
        }
        if self.fields.slice(span).iter().any(u8::is_ascii_uppercase) {
            span = self.fields.add_lower(span);
        }
        span
    }

    /// How the body ends: RFC 9112, section 6.3.
    fn frame(&mut self, seen: &Seen) -> Result<(), Reject> {
        self.framing = match (seen.coding, seen.length) {
            (Some((coding, at)), length) => {
                if length.is_some() {
                    return Err(Reject::new(Rule::LengthAndCoding, at));
                }
                match coding {
                    Coding::Chunked if self.version == Version::Http11 => Framing::Chunked,
                    Coding::Unknown => return Err(Reject::new(Rule::TransferCodingUnknown, at)),
                    Coding::Chunked | Coding::Invalid => return Err(Reject::new(Rule::TransferCoding, at)),
                }
            }
            (None, Some(0) | None) => Framing::None,
            (None, Some(length)) => Framing::Length(length),
        };
        self.keep_alive = self.version == Version::Http11 && !seen.close;
        Ok(())
    }

    /// RFC 9110, section 10.1.1.
    fn take_expectation(&mut self, seen: &Seen) -> Result<(), Reject> {
        self.expects_continue = false;
        let Some(at) = seen.expect_at else { return Ok(()) };
        if self.version == Version::Http10 {
            self.fields.remove(Name::Expect);
            return Ok(());
        }
        if seen.expects != 1 || !seen.continues {
            return Err(Reject::new(Rule::Expectation, at));
        }
        self.expects_continue = self.framing != Framing::None;
        if !self.expects_continue {
            self.fields.remove(Name::Expect);
        }
        Ok(())
    }

    fn check_method(&mut self, seen: &Seen) -> Result<(), Reject> {
        if self.method == Method::Trace && (self.framing != Framing::None || seen.length.is_some()) {
            return Err(Reject::new(Rule::TraceContent, 0));
        }
        self.max_forwards = None;
        if matches!(self.method, Method::Trace | Method::Options) {
            let mut values = self.fields.all(Name::MaxForwards);
            if let Some(text) = values.next() {
                let hops = value::number(text).and_then(|hops| u32::try_from(hops).ok());
                if hops.is_none() || values.next().is_some() {
                    return Err(Reject::new(Rule::MaxForwards, 0));
                }
                self.max_forwards = hops;
            }
        }
        let single = seen.upgrades == 1 && seen.upgrade_tunnels && seen.upgrade_named;
        let plain = self.version == Version::Http11 && self.method == Method::Get && self.framing == Framing::None;
        if single && plain {
            return Err(Reject::new(Rule::Upgrade, 0));
        }
        Ok(())
    }
}

impl Response {
    /// Makes this the response whose head is `head`, answering a request of method `asked`.
    ///
    /// # Errors
    /// The first rule that the head breaks; the response is then not to be used.
    pub(crate) fn parse(&mut self, head: &[u8], bounds: Bounds, asked: Method) -> Result<(), Reject> {
        let mut lines: Lines<'_> = [const { MaybeUninit::uninit() }; MAX_HEADER_FIELDS];
        let mut raw = httparse::Response::new(&mut []);
        let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
            &mut raw,
            head,
            &mut lines[..bounds.fields.min(MAX_HEADER_FIELDS)],
        );
        if !matches!(parsed, Ok(httparse::Status::Complete(end)) if end == head.len()) {
            return Err(blame_fields(parsed.err(), Rule::StatusLine));
        }
        let reason = check_status_line(head)?;
        self.status = raw.code.unwrap_or_default();
        self.version = if raw.version == Some(0) { Version::Http10 } else { Version::Http11 };
        self.fields.clear();
        self.fields.add_text(head);
        self.reason = reason;
        let mut seen = Seen { of_response: true, ..Seen::default() };
        for line in raw.headers.iter() {
            seen.field(&mut self.fields, Offsets(head), line)?;
        }
        self.frame(&seen, asked)
    }

    /// How the body ends: RFC 9112, section 6.3.
    fn frame(&mut self, seen: &Seen, asked: Method) -> Result<(), Reject> {
        let bare = asked == Method::Head || matches!(self.status, 100..=199 | 204 | 304);
        let (coding, length) = (seen.coding, seen.length);
        if let Some((coding, at)) = coding {
            if length.is_some() {
                return Err(Reject::new(Rule::LengthAndCoding, at));
            }
            if coding != Coding::Chunked || self.version == Version::Http10 {
                return Err(Reject::new(Rule::TransferCoding, at));
            }
        }
        if matches!(self.status, 100..=199 | 204) {
            self.fields.remove(Name::ContentLength);
        }
        if bare {
            // To HEAD and with 304 it would be legal, but not towards a client of HTTP/1.0 (RFC 9112, section 6.1).
            self.fields.remove(Name::TransferEncoding);
        }
        self.framing = match (coding, length) {
            _ if bare => Framing::None,
            (Some(_), _) => Framing::Chunked,
            (None, Some(0)) => Framing::None,
            (None, Some(length)) => Framing::Length(length),
            (None, None) => Framing::UntilClose,
        };
        self.keep_alive = self.version == Version::Http11 && !seen.close && self.framing != Framing::UntilClose;
        Ok(())
    }
}

/// Where slices of a head begin in it.
#[derive(Clone, Copy)]
struct Offsets<'b>(&'b [u8]);

impl Offsets<'_> {
    fn span(self, part: &[u8]) -> Span {
        Span::new(part.as_ptr() as usize - self.0.as_ptr() as usize, part.len())
    }
}

/// What the fields said that decides framing and validity, gathered in one pass.
#[derive(Default)]
struct Seen {
    of_response: bool,
    hosts: usize,
    host: Option<Span>,
    length: Option<u64>,
    coding: Option<(Coding, usize)>,
    close: bool,
    named: usize,
    expects: usize,
    expect_at: Option<usize>,
    continues: bool,
    upgrades: usize,
    upgrade_tunnels: bool,
    upgrade_named: bool,
}

impl Seen {
    fn field(&mut self, fields: &mut Fields, at: Offsets<'_>, line: &httparse::Header<'_>) -> Result<(), Reject> {
        let (name, span) = (at.span(line.name.as_bytes()), at.span(line.value));
        let known = fields.add_line(name, span);
        let reject = |rule| Err(Reject::new(rule, name.start()));
        match known {
            Name::Other if !self.of_response && value::is_alias(line.name.as_bytes()) => {
                return reject(Rule::AliasField);
            }
            Name::Host => {
                self.hosts += 1;
                self.host = Some(span);
            }
            Name::ContentLength => match value::length(line.value) {
                _ if self.length.is_some() => return reject(Rule::ConflictingLength),
                None => return reject(Rule::InvalidLength),
                Some(length) => {
                    self.length = Some(length);
                    fields.make_decimal(line.value, length);
                }
            },
            Name::TransferEncoding => {
                let coding = if self.coding.is_some() { Coding::Invalid } else { value::coding(line.value) };
                self.coding = Some((coding, name.start()));
                fields.replace_last(b"chunked");
            }
            Name::Connection => self.connection(line.value).map_err(|rule| Reject::new(rule, name.start()))?,
            Name::Expect => {
                self.expects += 1;
                self.expect_at = Some(name.start());
                self.continues = line.value.eq_ignore_ascii_case(b"100-continue");
            }
            Name::Upgrade => {
                self.upgrades += 1;
                self.upgrade_tunnels = value::is_tunnel(line.value);
            }
            _ => {}
        }
        Ok(())
    }

    fn connection(&mut self, list: &[u8]) -> Result<(), Rule> {
        for token in value::tokens(list) {
            self.named += 1;
            if self.named > value::MAX_CONNECTION_TOKENS {
                return Err(Rule::ConnectionField);
            }
            if token.eq_ignore_ascii_case(b"close") {
                self.close = true;
            } else if token.eq_ignore_ascii_case(b"upgrade") {
                self.upgrade_named = true;
            }
            if matches!(Name::of(token), Name::ContentLength | Name::TransferEncoding | Name::Host) {
                return Err(Rule::ConnectionField);
            }
        }
        Ok(())
    }
}

/// The tokeniser bears with some looseness around the request line that we do not.
fn check_request_line(head: &[u8], method: &str, target: &str) -> Result<(), Reject> {
    let end = method.len() + 1 + target.len();
    let line_is_tight = head.get(method.len()) == Some(&b' ')
        && head.starts_with(method.as_bytes())
        && head.get(method.len() + 1..end) == Some(target.as_bytes())
        && matches!(head.get(end..end + 11), Some(b" HTTP/1.1\r\n" | b" HTTP/1.0\r\n"));
    if !line_is_tight {
        return Err(Reject::new(Rule::RequestLine, 0));
    }
    if method.len() > MAX_METHOD {
        return Err(Reject::new(Rule::MethodTooLong, 0));
    }
    if target.len() > MAX_TARGET {
        return Err(Reject::new(Rule::TargetTooLong, method.len() + 1));
    }
    Ok(())
}

/// `HTTP/1.x SP 3DIGIT SP [reason] CRLF`; gives the reason (RFC 9112, section 4).
fn check_status_line(head: &[u8]) -> Result<Span, Reject> {
    let end = memchr::memchr(b'\r', head).unwrap_or_default();
    let line = &head[..end];
    let tight = line.len() >= 13
        && matches!(&line[..9], b"HTTP/1.1 " | b"HTTP/1.0 ")
        && matches!(line[9], b'1'..=b'5')
        && line[10..12].iter().all(u8::is_ascii_digit)
        && line[12] == b' '
        && line[13..].iter().all(|byte| value::is_text(*byte));
    if !tight {
        return Err(Reject::new(Rule::StatusLine, 0));
    }
    Ok(Span::new(13, end - 13))
}

/// Which rule a request head broke that the tokeniser would not take.
fn blame_request(head: &[u8], error: Option<httparse::Error>) -> Reject {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut words = line.strip_suffix(b"\r").unwrap_or(line).split(|byte| *byte == b' ');
    let version = words.nth(2).filter(|_| words.next().is_none()).unwrap_or_default();
    match version {
        b"HTTP/1.1" | b"HTTP/1.0" => blame_fields(error, Rule::RequestLine),
        [b'H', b'T', b'T', b'P', b'/', a, b'.', b] if a.is_ascii_digit() && b.is_ascii_digit() => {
            Reject::new(Rule::Version, line.len() - 1 - version.len())
        }
        _ => Reject::new(Rule::RequestLine, 0),
    }
}

fn blame_fields(error: Option<httparse::Error>, otherwise: Rule) -> Reject {
    let rule = match error {
        Some(httparse::Error::HeaderName | httparse::Error::HeaderValue | httparse::Error::NewLine) => Rule::FieldLine,
        Some(httparse::Error::TooManyHeaders) => Rule::TooManyFields,
        _ => otherwise,
    };
    Reject::new(rule, 0)
}

#[cfg(test)]
mod tests;
