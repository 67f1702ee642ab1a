//! The inside of the house, for tests, benches and fuzz targets alone (feature `lab`): parsers as functions from
//! bytes to plain values, a whole limpet in this process, the places where it can be made to panic.
//!
//! Nothing here is part of limpet's interface, and nothing in limpet may use it.

mod texts;

use std::net::SocketAddr;
use std::time::Duration;

use crate::config::from_text;
use crate::failpoint::{self, Step};
use crate::http::{Bounds, Chunked, Fields, Framing, Method, Reject, Request, Response, Scan, Trailers, Version};
use crate::http::{chunk_head, strip_hop_by_hop, write_request, write_response};
use crate::run;

pub use texts::{
    Accepted, COOKIE, Cookies, MEMBERS, POOL, SetCookies, canonical, config, cookies, parameters, set_cookies,
};

/// A head as plain values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Bytes of input that it took, a leading empty line included.
    pub consumed: usize,
    /// `GET`, or the status as text.
    pub method_or_status: String,
    /// Empty for a response.
    pub target: Vec<u8>,
    /// What Host will say, and the host that routes see. Empty for a response.
    pub authority: Vec<u8>,
    pub host: Vec<u8>,
    pub http11: bool,
    /// `none`, `length N`, `chunked`, `until close`.
    pub framing: String,
    pub keep_alive: bool,
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// As it would be written.
    pub written: Vec<u8>,
    /// The same after what ends at this hop was taken out; a request without a Host has that of [`BACKEND`].
    pub forwarded: Vec<u8>,
}

/// The backend that requests go to.
pub const BACKEND: &str = "web-0";

/// Why bytes were refused: the rule's label.
pub type Refusal = &'static str;

/// Parses a request head as a connection would: `pieces` come one after the other.
///
/// # Errors
/// The rule that was broken; `Ok(None)` when there is no whole head.
pub fn request(pieces: &[&[u8]], bytes: usize, fields: usize) -> Result<Option<Head>, Refusal> {
    request_after(b"", pieces, bytes, fields)
}

/// The same in a room where another head was parsed before, or refused.
///
/// # Errors
/// As [`request`].
pub fn request_after(before: &[u8], pieces: &[&[u8]], bytes: usize, fields: usize) -> Result<Option<Head>, Refusal> {
    let bounds = Bounds { bytes, fields };
    let Some((head, consumed)) = scan(pieces, bounds)? else { return Ok(None) };
    let mut request = Request::empty();
    let _ = request.parse(before, bounds);
    request.parse(&head, bounds).map_err(label)?;
    let mut written = Vec::new();
    write_request(&request, &mut written);
    let mut head = Head {
        consumed,
        method_or_status: String::from_utf8_lossy(request.method_text()).into_owned(),
        target: request.target().to_vec(),
        authority: request.authority().to_vec(),
        host: request.host().to_vec(),
        http11: request.version == Version::Http11,
        framing: framing(request.framing),
        keep_alive: request.keep_alive,
        fields: list(&request.fields),
        written,
        forwarded: Vec::new(),
    };
    Trailers::announced(&mut request.fields, request.framing);
    strip_hop_by_hop(&mut request.fields);
    request.complete_host(BACKEND.as_bytes());
    write_request(&request, &mut head.forwarded);
    Ok(Some(head))
}

/// Parses a response head; `asked` is the request's method.
///
/// # Errors
/// As [`request`].
pub fn response(pieces: &[&[u8]], bytes: usize, fields: usize, asked: &str) -> Result<Option<Head>, Refusal> {
    let bounds = Bounds { bytes, fields };
    let Some((head, consumed)) = scan(pieces, bounds)? else { return Ok(None) };
    let mut response = Response::empty();
    let asked = if asked == "HEAD" { Method::Head } else { Method::Get };
    response.parse(&head, bounds, asked).map_err(label)?;
    let mut written = Vec::new();
    write_response(&response, &mut written);
    let mut head = Head {
        consumed,
        method_or_status: response.status.to_string(),
        target: Vec::new(),
        authority: Vec::new(),
        host: Vec::new(),
        http11: response.version == Version::Http11,
        framing: framing(response.framing),
        keep_alive: response.keep_alive,
        fields: list(&response.fields),
        written,
        forwarded: Vec::new(),
    };
    Trailers::announced(&mut response.fields, response.framing);
    strip_hop_by_hop(&mut response.fields);
    write_response(&response, &mut head.forwarded);
    Ok(Some(head))
}

/// Where a head lies in bytes that come in pieces, its lines alone looked at: from its start line to behind its empty
/// line.
///
/// # Errors
/// The rule that was broken.
pub fn head_in(pieces: &[&[u8]], bytes: usize, fields: usize) -> Result<Option<(usize, usize)>, Refusal> {
    let (mut scan, mut seen) = (Scan::default(), Vec::new());
    for piece in pieces {
        seen.extend_from_slice(piece);
        if let Some(extent) = scan.advance(&seen, Bounds { bytes, fields }).map_err(label)? {
            return Ok(Some((extent.start, extent.end)));
        }
    }
    Ok(None)
}

/// A chunked body as plain values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    pub data: Vec<u8>,
    /// Bytes of input that it took.
    pub consumed: usize,
    /// The end of the body was seen.
    pub done: bool,
    /// The trailers that go on, as lines.
    pub trailers: Vec<u8>,
}

/// Decodes a chunked body that comes in pieces.
///
/// # Errors
/// The rule that was broken.
pub fn chunked(pieces: &[&[u8]]) -> Result<Body, Refusal> {
    decoded(pieces, None)
}

/// The same for the body of this request, whose trailers go on where it announced them. None for what is no request.
///
/// # Errors
/// As [`chunked`].
pub fn chunked_of(head: &[u8], pieces: &[&[u8]]) -> Result<Option<Body>, Refusal> {
    let mut request = Request::empty();
    if request.parse(head, Bounds { bytes: head.len(), fields: 100 }).is_err() {
        return Ok(None);
    }
    decoded(pieces, Trailers::announced(&mut request.fields, request.framing)).map(Some)
}

fn decoded(pieces: &[&[u8]], trailers: Option<Box<Trailers>>) -> Result<Body, Refusal> {
    let mut decoder = Chunked::new(trailers);
    let mut body = Body { data: Vec::new(), consumed: 0, done: false, trailers: Vec::new() };
    for piece in pieces {
        let mut piece = piece.to_vec();
        let decoded = decoder.decode(&mut piece).map_err(label)?;
        body.data.extend_from_slice(&piece[decoded.data]);
        body.consumed += decoded.consumed;
        body.done = decoder.is_done();
        if body.done {
            break;
        }
    }
    if let Some(trailers) = decoder.take_trailers().filter(|_| body.done) {
        trailers.write(&mut body.trailers);
    }
    Ok(body)
}

/// A body in the chunked coding, one chunk for each piece; empty pieces have none.
#[must_use]
pub fn encoded(pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        chunk_head(piece.len(), &mut out);
        out.extend_from_slice(piece);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

fn scan(pieces: &[&[u8]], bounds: Bounds) -> Result<Option<(Vec<u8>, usize)>, Refusal> {
    let Some((start, end)) = head_in(pieces, bounds.bytes, bounds.fields)? else { return Ok(None) };
    Ok(Some((pieces.concat()[start..end].to_vec(), end)))
}

fn label(reject: Reject) -> Refusal {
    reject.rule.label()
}

fn framing(framing: Framing) -> String {
    match framing {
        Framing::None => "none".to_owned(),
        Framing::Length(length) => format!("length {length}"),
        Framing::Chunked => "chunked".to_owned(),
        Framing::UntilClose => "until close".to_owned(),
    }
}

fn list(fields: &Fields) -> Vec<(Vec<u8>, Vec<u8>)> {
    fields.iter().map(|(_, name, value)| (name.to_vec(), value.to_vec())).collect()
}

/// A limpet in this process.
pub struct Limpet(run::Running);

impl Limpet {
    /// Starts one by this TOML.
    ///
    /// # Errors
    /// All problems of the text, or why it could not start.
    pub fn start(toml: &str) -> Result<Limpet, String> {
        let loaded = from_text("lab", toml, [], 1).map_err(|report| report.render(false))?;
        run::start(&loaded.config).map(Limpet).map_err(|error| format!("{error:?}"))
    }

    /// Where the listeners listen, in the file's order of their names.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.0.addresses
    }

    #[must_use]
    pub fn status(&self) -> Option<SocketAddr> {
        self.0.status
    }

    /// Ends it, within this time.
    pub fn stop(mut self, within: Duration) -> bool {
        self.0.stop(within);
        self.0.join()
    }
}

/// The steps of an exchange, by name.
pub fn steps() -> impl Iterator<Item = String> {
    Step::ALL.iter().map(|step| format!("{step:?}"))
}

/// The next `times` exchanges that reach this step panic. Panics itself if there is no such step.
pub fn panic_at(step: &str, times: u32) {
    let found = Step::ALL.iter().find(|known| format!("{known:?}") == step);
    match found {
        Some(found) => failpoint::arm(*found, times),
        None => panic!("no step is called {step}"),
    }
}

/// Bytes of the future that serves a client connection: what an idle one costs before the runtime's own share.
#[must_use]
pub fn connection_bytes() -> usize {
    crate::server::connection_bytes()
}
