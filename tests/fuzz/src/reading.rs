//! What somebody reads in the bytes of one message, as plain values that can be compared: limpet, and each oracle.
//!
//! A reading holds what matters between two parties on one connection: which request, where its body ends, what it
//! holds, and every field. It knows nobody who reads.

use std::fmt;

/// Name and value.
pub type Field = (Vec<u8>, Vec<u8>);

/// What a reader made of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Why the message is refused; a strict reader may have several reasons.
    pub refused: Vec<String>,
    /// None for a head that is not over, or that could not be read at all.
    pub reading: Option<Reading>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Reading {
    /// `GET`, or the status as text.
    pub start: String,
    /// As it would be forwarded; empty for a response.
    pub target: Vec<u8>,
    pub authority: Vec<u8>,
    pub http11: bool,
    pub framing: Framing,
    pub keep_alive: bool,
    pub fields: Vec<Field>,
    pub body: Body,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// `used` bytes of input belong to the message, head included, where the reader tells.
    Whole {
        data: Vec<u8>,
        used: Option<usize>,
    },
    /// The input ends before the body does.
    Partial {
        data: Vec<u8>,
    },
    Refused(String),
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (target, authority) = (self.target.escape_ascii(), self.authority.escape_ascii());
        write!(f, "{} {target} of {authority}, http11 {}, ", self.start, self.http11)?;
        write!(f, "{:?}, keep_alive {}, fields [", self.framing, self.keep_alive)?;
        for (name, value) in &self.fields {
            write!(f, "{}: {}; ", name.escape_ascii(), value.escape_ascii())?;
        }
        write!(f, "], {:?}", self.body)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Whole { data, used } => write!(f, "a whole body of {used:?}: {}", data.escape_ascii()),
            Body::Partial { data } => write!(f, "a part of a body: {}", data.escape_ascii()),
            Body::Refused(why) => write!(f, "a body refused for {why}"),
        }
    }
}

impl Verdict {
    pub fn refused(why: impl Into<String>) -> Verdict {
        Verdict { refused: vec![why.into()], reading: None }
    }

    /// The head is not over.
    pub fn waits() -> Verdict {
        Verdict { refused: Vec::new(), reading: None }
    }

    pub fn of(reading: Reading) -> Verdict {
        Verdict { refused: Vec::new(), reading: Some(reading) }
    }
}

/// The body behind a head that took `head` bytes of `input`, if it ends by its length or by the input's end.
pub fn plain_body(input: &[u8], head: usize, framing: Framing) -> Body {
    let rest = &input[head..];
    let length = match framing {
        Framing::None => 0,
        Framing::Length(length) => length,
        Framing::UntilClose | Framing::Chunked => rest.len() as u64,
    };
    match usize::try_from(length).ok().filter(|length| *length <= rest.len()) {
        Some(length) => Body::Whole { data: rest[..length].to_vec(), used: Some(head + length) },
        None => Body::Partial { data: rest.to_vec() },
    }
}

/// The values of this name, ASCII case aside, in order.
pub fn values<'a>(fields: &'a [Field], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    fields.iter().filter(move |(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| &value[..])
}

/// The rewriting that limpet does on purpose while it parses, done to somebody else's reading of a request:
/// see `divergences.md`, "Rewritten on purpose".
pub fn rewrite_request(fields: &mut Vec<Field>, http11: bool, framing: Framing) {
    rewrite_framing(fields);
    if !http11 || framing == Framing::None {
        drop_field(fields, "expect");
    }
}

/// The same for a response to HEAD, or to another method.
pub fn rewrite_response(fields: &mut Vec<Field>, status: &str, to_head: bool) {
    rewrite_framing(fields);
    let bodiless = status.starts_with('1') || status == "204";
    if bodiless {
        drop_field(fields, "content-length");
    }
    if bodiless || status == "304" || to_head {
        drop_field(fields, "transfer-encoding");
    }
}

fn rewrite_framing(fields: &mut [Field]) {
    for (name, value) in fields {
        if name.eq_ignore_ascii_case(b"content-length") && !value.is_empty() && value.iter().all(u8::is_ascii_digit) {
            let zeros = value.iter().take_while(|digit| **digit == b'0').count().min(value.len() - 1);
            value.drain(..zeros);
        }
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            value.make_ascii_lowercase();
        }
    }
}

fn drop_field(fields: &mut Vec<Field>, name: &str) {
    fields.retain(|(found, _)| !found.eq_ignore_ascii_case(name.as_bytes()));
}
