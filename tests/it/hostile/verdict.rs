//! What ought to become of a case, as the `<` lines of the tables say it.
//!
//! ```text
//! 400! invalid_length                            answered with 400 and close, nothing goes upstream
//! 200 last_hop                                   answered by limpet, the connection lives on
//! FWD length body="abc", 400! obs_fold           the first request is forwarded, the second refused
//! FWD! chunked has="A: 1" lacks="B"              forwarded, and the connection closed behind it
//! KILL:408 body_timeout                          cut off after the head may have gone upstream, answered with 408
//! ```
//!
//! There are no alternatives: one status and one reason, so that no rule turns lenient unseen. This file reads; `judge`
//! compares.

use super::notation::Program;
use crate::harness::Framing;

/// What becomes of the requests of a case, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) text: String,
    pub(crate) messages: Vec<Message>,
}

/// What becomes of one request on the connection.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    /// Reaches a backend whole, and its echo the client.
    Forwarded { closes: bool, demands: Vec<Demand> },
    /// Answered by limpet; no byte reaches a backend.
    Refused { status: u16, closes: bool, reason: String },
    /// As refused and closed, but its beginning may have reached a backend, on a connection closed thereupon.
    Killed { status: u16, reason: String },
}

/// What the backend must see of a forwarded request.
#[derive(Clone, Debug)]
pub(crate) enum Demand {
    Method(String),
    Target(Program),
    Framing(Framing),
    Body(Program),
    /// Exactly one line of this name, with this value.
    Has(Program),
    /// No line of this name.
    Lacks(String),
    /// No line of this name with this value.
    Not(Program),
    Trailer(Program),
    NoTrailers,
    Backend(String),
    /// The access log has one line with the target's path.
    Logged,
}

impl Verdict {
    pub(crate) fn parse(text: &str) -> Result<Verdict, String> {
        let messages = split(text, ',').iter().map(|message| Message::parse(message)).collect::<Result<_, String>>()?;
        Ok(Verdict { text: text.trim().to_owned(), messages })
    }

    /// It leaves the connection open.
    pub(crate) fn stays_open(&self) -> bool {
        self.messages.last().is_some_and(|message| !message.closes())
    }

    /// Whether the n-th request is a HEAD.
    pub(crate) fn is_head(&self, number: usize) -> bool {
        let Some(Message::Forwarded { demands, .. }) = self.messages.get(number) else { return false };
        demands.iter().any(|demand| matches!(demand, Demand::Method(method) if method == "HEAD"))
    }

    /// Some head may have gone upstream before the fault was seen.
    pub(crate) fn kills(&self) -> bool {
        self.messages.iter().any(|message| matches!(message, Message::Killed { .. }))
    }
}

impl Message {
    /// The connection ends with it.
    pub(crate) fn closes(&self) -> bool {
        match self {
            Message::Forwarded { closes, .. } | Message::Refused { closes, .. } => *closes,
            Message::Killed { .. } => true,
        }
    }

    fn parse(text: &str) -> Result<Message, String> {
        let words = split(text, ' ');
        let (first, rest) = words.split_first().ok_or("a message is missing")?;
        if let "FWD" | "FWD!" = &first[..] {
            let demands = rest.iter().map(|word| Demand::parse(word)).collect::<Result<_, String>>()?;
            return Ok(Message::Forwarded { closes: first.ends_with('!'), demands });
        }
        let [reason] = rest else { return Err(format!("one reason belongs behind {first}")) };
        if !reason.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            return Err(format!("no reason: {reason}"));
        }
        let reason = reason.clone();
        Ok(match first.strip_prefix("KILL") {
            Some("") => Message::Killed { status: 400, reason },
            Some(rest) => Message::Killed { status: status(rest.strip_prefix(':').unwrap_or(rest))?, reason },
            None => {
                let closes = first.ends_with('!');
                Message::Refused { status: status(first.trim_end_matches('!'))?, closes, reason }
            }
        })
    }
}

fn status(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("no status: {text}"))
}

impl Demand {
    fn parse(word: &str) -> Result<Demand, String> {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let program = || if value.is_empty() { Err(format!("{key}= what?")) } else { Program::parse(value) };
        let text = || program().map(|program| String::from_utf8_lossy(&program.bytes(Default::default())).into_owned());
        Ok(match key {
            "method" => Demand::Method(value.to_owned()),
            "target" => Demand::Target(program()?),
            "body" => Demand::Body(program()?),
            "has" => Demand::Has(program()?),
            "lacks" => Demand::Lacks(text()?),
            "not" => Demand::Not(program()?),
            "trailer" => Demand::Trailer(program()?),
            "backend" => Demand::Backend(value.to_owned()),
            "notrailers" => Demand::NoTrailers,
            "logged" => Demand::Logged,
            "nobody" => Demand::Framing(Framing::None),
            "length" => Demand::Framing(Framing::Length),
            "chunked" => Demand::Framing(Framing::Chunked),
            _ => return Err(format!("no demand: {word}")),
        })
    }
}

/// Splits at `at` outside quotes and brackets; empty parts are left out.
fn split(text: &str, at: char) -> Vec<String> {
    let (mut parts, mut quoted, mut escaped, mut depth) = (vec![String::new()], false, false, 0);
    for char in text.chars() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            char if char == at && !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(char);
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_and_demands_are_read() {
        let verdict = Verdict::parse(r#"FWD length body=("a" "b") has="A: 1, 2", 400! why"#).unwrap();
        let [Message::Forwarded { closes: false, demands }, Message::Refused { status: 400, closes: true, reason }] =
            &verdict.messages[..]
        else {
            panic!("{verdict:?}")
        };
        assert_eq!((demands.len(), &reason[..]), (3, "why"));
        assert!(!verdict.kills() && !verdict.stays_open());
    }

    #[test]
    fn a_kill_is_400_unless_it_says_otherwise() {
        for (text, wanted) in [("KILL why", 400), ("KILL:408 why", 408)] {
            let verdict = Verdict::parse(text).unwrap();
            assert!(verdict.kills() && !verdict.stays_open());
            let [Message::Killed { status, .. }] = verdict.messages[..] else { panic!("{verdict:?}") };
            assert_eq!(status, wanted);
        }
    }

    #[test]
    fn a_plain_status_leaves_the_connection_open() {
        assert!(Verdict::parse("200 why").unwrap().stays_open());
    }

    #[test]
    fn what_is_no_verdict_is_an_error() {
        for text in ["OK why", "FWD bodi=\"\"", "400! two words", "KILL:x why", "KILLS why", "FWD body="] {
            assert!(Verdict::parse(text).is_err(), "took {text}");
        }
    }

    #[test]
    fn a_choice_is_an_error_and_so_is_a_refusal_without_a_reason() {
        for text in ["400!", "200", "KILL", "400!/408! why", "400! why/not", "FWD | 400! why", "400! why | KILL why"] {
            assert!(Verdict::parse(text).is_err(), "took {text}");
        }
    }
}
