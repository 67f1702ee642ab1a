//! Header and trailer fields: one list in the order received, its bytes in one buffer, known names found once.
//!
//! A field keeps the case it came in. Removing marks a line dead, replacing appends the new text, so nothing moves
//! and nothing is allocated once the buffers have grown. What a field *means* is decided elsewhere; this file only
//! knows which names exist.

use std::ops::Range;

/// A field name that limpet treats by meaning. Everything else is [`Name::Other`] and passes untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Name {
    Other,
    Age,
    Authorization,
    CacheControl,
    Connection,
    ContentLength,
    Cookie,
    Date,
    Expect,
    Forwarded,
    Host,
    Http2Settings,
    KeepAlive,
    /// Any `Limpet-*` field.
    Limpet,
    MaxForwards,
    ProxyAuthenticate,
    ProxyAuthorization,
    ProxyConnection,
    SecFetchDest,
    SecFetchMode,
    SecFetchSite,
    SetCookie,
    Te,
    Trailer,
    TransferEncoding,
    Upgrade,
    UserAgent,
    Via,
    XForwardedFor,
    XForwardedHost,
    /// Any other `X-Forwarded-*` field.
    XForwardedOther,
    XForwardedProto,
    XRealIp,
    XRequestId,
}

impl Name {
    /// The meaning of a field name, ASCII case aside.
    pub(crate) fn of(name: &[u8]) -> Name {
        let candidates: &[(&str, Name)] = match name.len() {
            2 => &[("te", Name::Te)],
            3 => &[("age", Name::Age), ("via", Name::Via)],
            4 => &[("date", Name::Date), ("host", Name::Host)],
            6 => &[("cookie", Name::Cookie), ("expect", Name::Expect)],
            7 => &[("trailer", Name::Trailer), ("upgrade", Name::Upgrade)],
            9 => &[("forwarded", Name::Forwarded), ("x-real-ip", Name::XRealIp)],
            10 => &[
                ("connection", Name::Connection),
                ("keep-alive", Name::KeepAlive),
                ("set-cookie", Name::SetCookie),
                ("user-agent", Name::UserAgent),
            ],
            12 => &[("max-forwards", Name::MaxForwards), ("x-request-id", Name::XRequestId)],
            13 => &[("authorization", Name::Authorization), ("cache-control", Name::CacheControl)],
            14 => &[
                ("content-length", Name::ContentLength),
                ("sec-fetch-dest", Name::SecFetchDest),
                ("sec-fetch-mode", Name::SecFetchMode),
                ("sec-fetch-site", Name::SecFetchSite),
                ("http2-settings", Name::Http2Settings),
            ],
            15 => &[("x-forwarded-for", Name::XForwardedFor)],
            16 => &[("proxy-connection", Name::ProxyConnection), ("x-forwarded-host", Name::XForwardedHost)],
            17 => &[("transfer-encoding", Name::TransferEncoding), ("x-forwarded-proto", Name::XForwardedProto)],
            18 => &[("proxy-authenticate", Name::ProxyAuthenticate)],
            19 => &[("proxy-authorization", Name::ProxyAuthorization)],
            _ => &[],
        };
        for (text, known) in candidates {
            if name.eq_ignore_ascii_case(text.as_bytes()) {
                return *known;
            }
        }
        match name.first() {
            Some(b'l' | b'L') if starts_with(name, b"limpet-") => Name::Limpet,
            Some(b'x' | b'X') if starts_with(name, b"x-forwarded-") => Name::XForwardedOther,
            _ => Name::Other,
        }
    }

    fn bit(self) -> u64 {
        1 << (self as u8)
    }
}

fn starts_with(name: &[u8], prefix: &[u8]) -> bool {
    name.len() >= prefix.len() && name[..prefix.len()].eq_ignore_ascii_case(prefix)
}

/// A piece of a head's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    at: u32,
    len: u32,
}

impl Span {
    pub(super) fn new(at: usize, len: usize) -> Span {
        Span { at: at as u32, len: len as u32 }
    }

    pub(super) fn start(self) -> usize {
        self.at as usize
    }

    pub(super) fn is_empty(self) -> bool {
        self.len == 0
    }

    /// A part of this piece; the range is relative to it.
    pub(super) fn part(self, range: Range<usize>) -> Span {
        Span::new(self.start() + range.start, range.len())
    }

    fn range(self) -> Range<usize> {
        self.start()..self.start() + self.len as usize
    }
}

#[derive(Clone, Copy, Debug)]
struct Line {
    name: Span,
    value: Span,
    known: Name,
    live: bool,
}

/// The fields of one message, and the text that they and its start line lie in.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    text: Vec<u8>,
    lines: Vec<Line>,
    /// One bit for each known name that was ever here: a cheap no.
    seen: u64,
    /// Where `rewrite` lets new values be written.
    spare: Vec<u8>,
}

/// What [`Fields::rewrite`] does with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rewrite {
    Keep,
    /// The new value is what the closure wrote.
    Replace,
    Drop,
}

impl Fields {
    /// The first value of this name.
    pub(crate) fn get(&self, name: Name) -> Option<&[u8]> {
        self.all(name).next()
    }

    /// All values of this name, in order.
    pub(crate) fn all(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        let lines = if self.seen & name.bit() == 0 { &[] } else { &self.lines[..] };
        lines.iter().filter(move |line| line.live && line.known == name).map(|line| self.slice(line.value))
    }

    /// All values of a name given as text, ASCII case aside, in order.
    pub(crate) fn all_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(_, text, _)| text.eq_ignore_ascii_case(name.as_bytes())).map(|(_, _, value)| value)
    }

    pub(crate) fn has(&self, name: Name) -> bool {
        self.get(name).is_some()
    }

    /// Every live field: its meaning, its name as received, its value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Name, &[u8], &[u8])> {
        self.lines
            .iter()
            .filter(|line| line.live)
            .map(|line| (line.known, self.slice(line.name), self.slice(line.value)))
    }

    /// Appends a field. The caller vouches for both texts: a token, and a value without CR, LF or NUL.
    pub(crate) fn push(&mut self, name: &str, value: &[u8]) {
        let name = self.add_text(name.as_bytes());
        let value = self.add_text(value);
        self.add_line(name, value);
    }

    /// Appends a field whose value is already in the text.
    pub(super) fn push_piece(&mut self, name: &str, value: Span) {
        let name = self.add_text(name.as_bytes());
        self.add_line(name, value);
    }

    /// Removes every field of this name; says how many there were.
    pub(crate) fn remove(&mut self, name: Name) -> usize {
        if self.seen & name.bit() == 0 {
            return 0;
        }
        let mut removed = 0;
        for line in &mut self.lines {
            if line.live && line.known == name {
                line.live = false;
                removed += 1;
            }
        }
        removed
    }

    /// Keeps the fields for which `keep` says so; it gets meaning, name and value.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(Name, &[u8], &[u8]) -> bool) {
        for line in &mut self.lines {
            if line.live {
                let (name, value) = (&self.text[line.name.range()], &self.text[line.value.range()]);
                line.live = keep(line.known, name, value);
            }
        }
    }

    /// Offers every field of this name to `write`, which may put a new value into the buffer it is given.
    pub(crate) fn rewrite(&mut self, name: Name, mut write: impl FnMut(&[u8], &mut Vec<u8>) -> Rewrite) {
        if self.seen & name.bit() == 0 {
            return;
        }
        let mut fresh = std::mem::take(&mut self.spare);
        for line in &mut self.lines {
            if !line.live || line.known != name {
                continue;
            }
            fresh.clear();
            match write(&self.text[line.value.range()], &mut fresh) {
                Rewrite::Keep => {}
                Rewrite::Drop => line.live = false,
                Rewrite::Replace => {
                    line.value = Span::new(self.text.len(), fresh.len());
                    self.text.extend_from_slice(&fresh);
                }
            }
        }
        self.spare = fresh;
    }

    /// Forgets the message, and gives back the memory that a usual head does not need.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        self.clear();
        self.text.shrink_to(bytes);
        self.spare.shrink_to(bytes);
        self.lines.shrink_to(USUAL_LINES);
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.lines.clear();
        self.seen = 0;
    }

    pub(super) fn add_text(&mut self, text: &[u8]) -> Span {
        let span = Span::new(self.text.len(), text.len());
        self.text.extend_from_slice(text);
        span
    }

    pub(super) fn add_line(&mut self, name: Span, value: Span) -> Name {
        let known = Name::of(self.slice(name));
        self.seen |= known.bit();
        self.lines.push(Line { name, value, known, live: true });
        known
    }

    /// The same text in lower case, as a piece of its own.
    pub(super) fn add_lower(&mut self, span: Span) -> Span {
        let at = self.text.len();
        self.text.extend_from_within(span.range());
        self.text[at..].make_ascii_lowercase();
        Span::new(at, self.text.len() - at)
    }

    /// Gives the field added last its one decimal form, where it came with leading zeros.
    pub(super) fn make_decimal(&mut self, received: &[u8], number: u64) {
        if received.len() > 1 && received[0] == b'0' {
            self.replace_last(number.to_string().as_bytes());
        }
    }

    /// Gives the field added last another value.
    pub(super) fn replace_last(&mut self, value: &[u8]) {
        let value = self.add_text(value);
        if let Some(line) = self.lines.last_mut() {
            line.value = value;
        }
    }

    pub(super) fn slice(&self, span: Span) -> &[u8] {
        &self.text[span.range()]
    }
}

/// Lines that are kept room for.
const USUAL_LINES: usize = 128;
