//! A strict reader of requests (RFC 9112): what a backend may be sent, and nothing else.
//!
//! It judges limpet's output, so it accepts less than any real backend: every byte sent upstream must pass it
//! (invariant I8). It therefore also refuses what is legal on the wire but must not leave a gateway that writes
//! every message afresh: chunk extensions, hop-by-hop fields, a body in TRACE. It must stay free of limpet's own
//! parser and of anything lenient.

use super::message::{Fields, find, is_token};
use super::quote;

/// How a request's body ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    #[default]
    None,
    Length,
    Chunked,
}

/// A request as the backend understood it; a part of one while it is still coming.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// The exact bytes up to and including the empty line.
    pub(crate) head: Vec<u8>,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) fields: Fields,
    pub(crate) framing: Framing,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Fields,
}

/// What the bytes so far have brought.
#[derive(Debug)]
pub(crate) enum Event {
    /// A head is whole; its body comes.
    Head(Request),
    /// The request announced last is whole.
    Whole(Request),
}

/// The reader of one connection.
#[derive(Debug, Default)]
pub(crate) struct Strict {
    held: Vec<u8>,
    stage: Stage,
    current: Request,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Head,
    /// Bytes of a Content-Length body still to come.
    Length(u64),
    ChunkSize,
    /// Bytes of this chunk still to come.
    ChunkData(u64),
    ChunkEnd,
    Trailers,
}

impl Strict {
    /// Takes in bytes: what they brought, and the violation after which the rest cannot be understood.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> (Vec<Event>, Option<String>) {
        self.held.extend_from_slice(bytes);
        let mut events = Vec::new();
        loop {
            match self.step() {
                Ok(Some(event)) => events.extend(event),
                Ok(None) => return (events, None),
                Err(violation) => return (events, Some(violation)),
            }
        }
    }

    /// The request whose body is still incomplete.
    pub(crate) fn partial(&self) -> Option<&Request> {
        (self.stage != Stage::Head).then_some(&self.current)
    }

    /// Bytes not yet understood: those of an incomplete head, line or chunk.
    pub(crate) fn held(&self) -> &[u8] {
        &self.held
    }

    /// One step forward: none when more bytes are needed, and what it brought for the reader otherwise.
    fn step(&mut self) -> Result<Option<Option<Event>>, String> {
        match self.stage {
            Stage::Head => self.head(),
            Stage::Length(left) | Stage::ChunkData(left) => Ok(self.data(left)),
            Stage::ChunkSize => self.chunk_size(),
            Stage::ChunkEnd => self.chunk_end(),
            Stage::Trailers => self.trailers(),
        }
    }

    fn head(&mut self) -> Result<Option<Option<Event>>, String> {
        let Some(end) = find(&self.held, b"\r\n\r\n") else {
            return if self.held.len() > MOST { Err(format!("a head of over {MOST} bytes")) } else { Ok(None) };
        };
        let head: Vec<u8> = self.held.drain(..end + 4).collect();
        self.current = request(&head).map_err(|fault| format!("{fault}; the head was {}", quote(&head, 600)))?;
        self.stage = match self.current.framing {
            Framing::None => return Ok(Some(Some(self.whole()))),
            Framing::Length => Stage::Length(length(&self.current.fields)?.unwrap_or(0)),
            Framing::Chunked => Stage::ChunkSize,
        };
        let event = Event::Head(self.current.clone());
        Ok(Some(Some(event)))
    }

    fn data(&mut self, left: u64) -> Option<Option<Event>> {
        if left > 0 && self.held.is_empty() {
            return None;
        }
        let here = self.held.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.current.body.extend(self.held.drain(..here));
        let left = left - here as u64;
        self.stage = match (self.stage, left) {
            (Stage::Length(_), 0) => return Some(Some(self.whole())),
            (Stage::Length(_), left) => Stage::Length(left),
            (_, 0) => Stage::ChunkEnd,
            (_, left) => Stage::ChunkData(left),
        };
        Some(None)
    }

    fn chunk_size(&mut self) -> Result<Option<Option<Event>>, String> {
        let Some(line) = self.line()? else { return Ok(None) };
        let digits = std::str::from_utf8(&line).unwrap_or("?");
        let legal = (1..=16).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let size = u64::from_str_radix(digits, 16).ok().filter(|_| legal);
        self.stage = match size.ok_or_else(|| format!("chunk size line {}", quote(&line, 60)))? {
            0 => Stage::Trailers,
            size => Stage::ChunkData(size),
        };
        Ok(Some(None))
    }

    fn chunk_end(&mut self) -> Result<Option<Option<Event>>, String> {
        if self.held.len() < 2 {
            return Ok(None);
        }
        if !self.held.starts_with(b"\r\n") {
            return Err(format!("no CRLF after a chunk but {}", quote(&self.held, 20)));
        }
        self.held.drain(..2);
        self.stage = Stage::ChunkSize;
        Ok(Some(None))
    }

    fn trailers(&mut self) -> Result<Option<Option<Event>>, String> {
        let Some(line) = self.line()? else { return Ok(None) };
        if line.is_empty() {
            return Ok(Some(Some(self.whole())));
        }
        let field = Fields::parse(&[&line[..], b"\r\n"].concat())?;
        if let Some(name) = NEVER_IN_TRAILERS.iter().find(|name| !field.all(name).is_empty()) {
            return Err(format!("{name} as a trailer"));
        }
        self.current.trailers.0.extend(field.0);
        Ok(Some(None))
    }

    fn whole(&mut self) -> Event {
        self.stage = Stage::Head;
        Event::Whole(std::mem::take(&mut self.current))
    }

    fn line(&mut self) -> Result<Option<Vec<u8>>, String> {
        let Some(end) = find(&self.held, b"\r\n") else {
            let long = self.held.len() > MOST;
            return if long { Err(format!("a line of over {MOST} bytes")) } else { Ok(None) };
        };
        let line = self.held.drain(..end).collect();
        self.held.drain(..2);
        Ok(Some(line))
    }
}

fn request(head: &[u8]) -> Result<Request, String> {
    let end = find(head, b"\r\n").unwrap_or(0);
    let (method, target) = request_line(&head[..end])?;
    let fields = Fields::parse(&head[end + 2..head.len() - 2])?;
    host(&fields)?;
    hop_by_hop(&fields)?;
    let framing = framing(&fields)?;
    if method == "TRACE" && framing != Framing::None {
        return Err("TRACE with a body".to_owned());
    }
    Ok(Request { head: head.to_vec(), method, target, fields, framing, ..Request::default() })
}

/// Origin-form, or `*` with OPTIONS: a backend is no proxy. Beyond RFC 3986, `"<>[\]^{|}` and the backtick pass, since
/// browsers send them in queries.
fn request_line(line: &[u8]) -> Result<(String, String), String> {
    let fault = |what: &str| Err(format!("{what} in request line {}", quote(line, 120)));
    let text = String::from_utf8_lossy(line);
    let [method, target, version] = text.split(' ').collect::<Vec<_>>()[..] else { return fault("not three words") };
    if method.is_empty() || !method.bytes().all(is_token) {
        return fault("a method that is no token");
    }
    if !(target.starts_with('/') || (target == "*" && method == "OPTIONS")) {
        return fault("neither origin-form nor the asterisk");
    }
    if !target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        return fault("an illegal byte of the target");
    }
    if version != "HTTP/1.1" {
        return fault("another version");
    }
    Ok((method.to_owned(), target.to_owned()))
}

/// Exactly one Host; empty where there is no authority (RFC 9112, section 3.2).
fn host(fields: &Fields) -> Result<(), String> {
    let [host] = fields.all("host")[..] else { return Err(format!("{} Host fields", fields.all("host").len())) };
    let bad = host.iter().find(|byte| !byte.is_ascii_alphanumeric() && !b"-._~!$&'()*+;=:[]%".contains(byte));
    bad.map_or(Ok(()), |byte| Err(format!("byte {byte:#04x} in Host {}", quote(host, 80))))
}

/// What belongs to one connection must not arrive on another (RFC 9110, section 7.6.1).
fn hop_by_hop(fields: &Fields) -> Result<(), String> {
    for name in ["Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "HTTP2-Settings", "Upgrade"] {
        if !fields.all(name).is_empty() {
            return Err(format!("{name} came through"));
        }
    }
    if fields.all("te").iter().any(|value| *value != b"trailers") {
        return Err("TE with more than trailers".to_owned());
    }
    let options = fields.all("connection").join(&b","[..]);
    let mut options = options.split(|byte| *byte == b',').map(|one| one.trim_ascii().to_ascii_lowercase());
    match options.find(|one| !matches!(&one[..], b"" | b"close" | b"keep-alive" | b"te")) {
        Some(option) => Err(format!("Connection: {}", quote(&option, 40))),
        None => Ok(()),
    }
}

fn framing(fields: &Fields) -> Result<Framing, String> {
    match (length(fields)?, &fields.all("transfer-encoding")[..]) {
        (None, []) => Ok(Framing::None),
        (Some(_), []) => Ok(Framing::Length),
        (None, [b"chunked"]) => Ok(Framing::Chunked),
        (None, codings) => Err(format!("Transfer-Encoding {}", quote(&codings.join(&b" and "[..]), 60))),
        (Some(_), _) => Err("both Content-Length and Transfer-Encoding".to_owned()),
    }
}

fn length(fields: &Fields) -> Result<Option<u64>, String> {
    let lengths = fields.all("content-length");
    let [length] = lengths[..] else {
        return if lengths.is_empty() { Ok(None) } else { Err("several Content-Length fields".to_owned()) };
    };
    let text = String::from_utf8_lossy(length);
    let canonical = text.parse::<u64>().ok().filter(|number| number.to_string() == text);
    canonical.map(Some).ok_or_else(|| format!("Content-Length {}", quote(length, 60)))
}

/// Far above every limit of limpet's, so that only a runaway reaches it.
const MOST: usize = 4 << 20;

const NEVER_IN_TRAILERS: [&str; 12] = [
    "Authorization",
    "Connection",
    "Content-Length",
    "Cookie",
    "Expect",
    "Host",
    "Limpet-Session",
    "Te",
    "Trailer",
    "Transfer-Encoding",
    "X-Forwarded-For",
    "X-Request-Id",
];

#[cfg(test)]
#[path = "strict/tests.rs"]
mod tests;
