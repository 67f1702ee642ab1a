//! HTTP as data: bytes in, bytes out. No sockets, no async, no clock.
//!
//! A head is parsed whole into a [`Request`] or [`Response`] that is kept for this, and holds a message only when the
//! parser found it valid. It is written afresh with exactly one framing: what was not understood cannot be passed on
//! (RFC 9112, section 11.2). This is where limpet is strict; nothing below or above looks at raw bytes of a head.

pub(crate) mod cache_control;
mod chunked;
mod fields;
mod hop;
mod parse;
pub(crate) mod path;
pub(crate) mod query;
mod reject;
#[cfg(test)]
mod sample;
mod scan;
mod target;
#[cfg(test)]
mod tests;
mod trailer;
mod value;
mod write;

pub(crate) use chunked::{Chunked, chunk_head};
pub(crate) use fields::{Fields, Name, Rewrite, Span};
pub(crate) use hop::strip_hop_by_hop;
pub(crate) use reject::Reject;
pub(crate) use scan::{Bounds, Extent, Scan};
pub(crate) use trailer::Trailers;
pub(crate) use value::tokens;
pub(crate) use write::{decimal, write_request, write_response};

/// A request method that limpet treats by meaning (RFC 9110, section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    /// Any other token; its text is in the head.
    Other,
}

impl Method {
    fn of(name: &[u8]) -> Method {
        match name {
            b"GET" => Method::Get,
            b"HEAD" => Method::Head,
            b"POST" => Method::Post,
            b"PUT" => Method::Put,
            b"DELETE" => Method::Delete,
            b"CONNECT" => Method::Connect,
            b"OPTIONS" => Method::Options,
            b"TRACE" => Method::Trace,
            b"PATCH" => Method::Patch,
            _ => Method::Other,
        }
    }

    /// The method's name, for metrics: never text from outside.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Connect => "CONNECT",
            Method::Options => "OPTIONS",
            Method::Trace => "TRACE",
            Method::Patch => "PATCH",
            Method::Other => "OTHER",
        }
    }

    /// Changes nothing at the backend (RFC 9110, section 9.2.1).
    pub(crate) fn is_safe(self) -> bool {
        matches!(self, Method::Get | Method::Head | Method::Options | Method::Trace)
    }
}

/// The version a message was sent in. limpet itself always speaks HTTP/1.1 (RFC 9110, section 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http10,
    Http11,
}

impl Version {
    pub(crate) fn number(self) -> &'static str {
        match self {
            Version::Http10 => "1.0",
            Version::Http11 => "1.1",
        }
    }
}

/// How the end of a body is known (RFC 9112, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is no body.
    None,
    /// Content-Length, in bytes.
    Length(u64),
    Chunked,
    /// A response that ends with its connection.
    UntilClose,
}

/// A validated request head. Its texts lie in `fields`.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) version: Version,
    pub(crate) framing: Framing,
    /// The client asked to be told before it sends the body (RFC 9110, section 10.1.1).
    pub(crate) expects_continue: bool,
    /// The client's connection may carry another request afterwards.
    pub(crate) keep_alive: bool,
    /// Of TRACE and OPTIONS: how many more hops may forward them (RFC 9110, section 7.6.2).
    pub(crate) max_forwards: Option<u32>,
    pub(crate) fields: Fields,
    method_text: Span,
    target: Span,
    path: Span,
    query: Option<Span>,
    authority: Span,
    host: Span,
}

impl Request {
    /// Holds no request until one is parsed into it.
    pub(crate) fn empty() -> Request {
        Request {
            method: Method::Get,
            version: Version::Http11,
            framing: Framing::None,
            expects_continue: false,
            keep_alive: false,
            max_forwards: None,
            fields: Fields::default(),
            method_text: Span::default(),
            target: Span::default(),
            path: Span::default(),
            query: None,
            authority: Span::default(),
            host: Span::default(),
        }
    }

    /// Forgets the request that was here: its bytes may not be told of another.
    pub(crate) fn clear(&mut self) {
        let mut fields = std::mem::take(&mut self.fields);
        fields.clear();
        *self = Request { method: Method::Other, fields, ..Request::empty() };
    }

    pub(crate) fn method_text(&self) -> &[u8] {
        self.fields.slice(self.method_text)
    }

    /// The request target as it will be forwarded: origin-form or `*`.
    pub(crate) fn target(&self) -> &[u8] {
        self.fields.slice(self.target)
    }

    /// The path as received, `*` for the asterisk form.
    pub(crate) fn path(&self) -> &[u8] {
        self.fields.slice(self.path)
    }

    /// What follows the `?`, without it.
    pub(crate) fn query(&self) -> Option<&[u8]> {
        self.query.map(|span| self.fields.slice(span))
    }

    /// The authority as it will be forwarded in Host: host and port as received. Empty for HTTP/1.0 without Host.
    pub(crate) fn authority(&self) -> &[u8] {
        self.fields.slice(self.authority)
    }

    /// The host in its one normal form: lower case, no port, no trailing dot. Empty for HTTP/1.0 without Host.
    pub(crate) fn host(&self) -> &[u8] {
        self.fields.slice(self.host)
    }

    /// Gives the request a Host where it has none; `otherwise` is the authority of one that named none at all, if it
    /// can be one: else Host is empty (RFC 9112, section 3.2).
    pub(crate) fn complete_host(&mut self, otherwise: &[u8]) {
        if self.authority.is_empty() && value::check_authority(otherwise).is_some() {
            self.authority = self.fields.add_text(otherwise);
        }
        if !self.fields.has(Name::Host) {
            self.push_authority("Host");
        }
    }

    /// Appends a field whose value is the authority.
    pub(crate) fn push_authority(&mut self, name: &str) {
        self.fields.push_piece(name, self.authority);
    }

    /// Forwards another path; the query stays.
    pub(crate) fn set_path(&mut self, path: &[u8]) {
        let query = self.query().map(<[u8]>::to_vec);
        self.path = self.fields.add_text(path);
        self.target = self.path;
        if let Some(query) = query {
            let mut target = path.to_vec();
            target.push(b'?');
            target.extend_from_slice(&query);
            self.target = self.fields.add_text(&target);
        }
    }
}

/// A validated response head. Its texts lie in `fields`.
#[derive(Debug)]
pub(crate) struct Response {
    /// 100 to 599.
    pub(crate) status: u16,
    pub(crate) version: Version,
    pub(crate) framing: Framing,
    /// The backend's connection may carry another request afterwards.
    pub(crate) keep_alive: bool,
    pub(crate) fields: Fields,
    reason: Span,
}

impl Response {
    /// Holds no response until one is parsed into it.
    pub(crate) fn empty() -> Response {
        Response {
            status: 0,
            version: Version::Http11,
            framing: Framing::None,
            keep_alive: false,
            fields: Fields::default(),
            reason: Span::default(),
        }
    }

    /// Makes this a response of limpet's own, without fields so far.
    pub(crate) fn begin(&mut self, status: u16) {
        self.fields.clear();
        self.status = status;
        self.reason = self.fields.add_text(usual_reason(status).as_bytes());
    }

    pub(crate) fn reason(&self) -> &[u8] {
        self.fields.slice(self.reason)
    }
}

/// The phrase that usually goes with a status (RFC 9110, section 15).
pub(crate) fn usual_reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default()
}
