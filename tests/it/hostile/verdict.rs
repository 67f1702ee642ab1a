//! What ought to become of a case, as the `<` lines of the tables say it.
//!
//! ```text
//! 400! twice_the_length                          answered with 400 and close, nothing goes upstream
//! 405                                            answered by limpet, the connection lives on
//! FWD length body="abc", 400!                    the first request is forwarded, the second refused
//! FWD chunked has="A: 1" lacks="B" | 400!        either of the two
//! KILL:408                                       cut off after the head may have gone upstream, answered with 408
//! DROP                                           closed without an answer
//! ```
//!
//! A refusal may name its reason, or several with `/`; `!` means that the connection is closed. This file reads; `judge` compares.

use super::notation::Program;
use crate::harness::Framing;

/// Sequences of messages, each of which would do.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) text: String,
    pub(crate) choices: Vec<Vec<Message>>,
}

/// What becomes of one request on the connection.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    /// Reaches a backend whole, and its echo the client.
    Forwarded {
        closes: bool,
        demands: Vec<Demand>,
    },
    /// Answered by limpet with one of these; no byte reaches a backend.
    Refused {
        statuses: Vec<u16>,
        closes: bool,
        reasons: Vec<String>,
    },
    /// As refused and closed, but its beginning may have reached a backend, on a connection closed thereupon.
    Killed {
        statuses: Vec<u16>,
        reasons: Vec<String>,
    },
    Dropped,
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
        let choice = |choice: &str| split(choice, ',').iter().map(|message| Message::parse(message)).collect();
        let choices = split(text, '|').iter().map(|text| choice(text)).collect::<Result<_, String>>()?;
        Ok(Verdict { text: text.trim().to_owned(), choices })
    }

    /// The most answers that any choice wants.
    pub(crate) fn answers(&self) -> usize {
        let answers = |choice: &Vec<Message>| choice.iter().filter(|one| !matches!(one, Message::Dropped)).count();
        self.choices.iter().map(answers).max().unwrap_or(0)
    }

    /// Some choice leaves the connection open.
    pub(crate) fn may_stay_open(&self) -> bool {
        self.choices.iter().any(|choice| choice.last().is_some_and(|message| !message.closes()))
    }

    /// Whether the n-th request may be a HEAD.
    pub(crate) fn is_head(&self, number: usize) -> bool {
        let demands = self.choices.iter().filter_map(|choice| match choice.get(number) {
            Some(Message::Forwarded { demands, .. }) => Some(demands),
            _ => None,
        });
        demands.flatten().any(|demand| matches!(demand, Demand::Method(method) if method == "HEAD"))
    }

    /// A choice in which the head may have gone upstream before the fault was seen.
    pub(crate) fn may_kill(&self) -> bool {
        self.choices.iter().flatten().any(|message| matches!(message, Message::Killed { .. }))
    }
}

impl Message {
    /// The connection ends with it.
    pub(crate) fn closes(&self) -> bool {
        match self {
            Message::Forwarded { closes, .. } | Message::Refused { closes, .. } => *closes,
            Message::Killed { .. } | Message::Dropped => true,
        }
    }

    fn parse(text: &str) -> Result<Message, String> {
        let words = split(text, ' ');
        let (first, rest) = words.split_first().ok_or("a message is missing")?;
        if let "FWD" | "FWD!" = &first[..] {
            let demands = rest.iter().map(|word| Demand::parse(word)).collect::<Result<_, String>>()?;
            return Ok(Message::Forwarded { closes: first.ends_with('!'), demands });
        }
        let reasons = match rest {
            [] => vec![],
            [one] => one.split('/').map(str::to_owned).collect(),
            _ => return Err(format!("only reasons belong behind {first}")),
        };
        match &first[..] {
            "DROP" => Ok(Message::Dropped),
            "KILL" => Ok(Message::Killed { statuses: vec![400], reasons }),
            word => match word.strip_prefix("KILL:") {
                Some(list) => Ok(Message::Killed { statuses: statuses(list)?, reasons }),
                None => {
                    let closes = word.ends_with('!');
                    Ok(Message::Refused { statuses: statuses(&word.replace('!', ""))?, closes, reasons })
                }
            },
        }
    }
}

fn statuses(list: &str) -> Result<Vec<u16>, String> {
    list.split('/').map(|status| status.parse().map_err(|_| format!("no verdict: {list}"))).collect()
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
    fn sequences_choices_and_demands_are_read() {
        let verdict =
            Verdict::parse(r#"FWD length body=("a" "b") has="A: 1, 2 | 3", 400! why/not | 505! | KILL:408"#).unwrap();
        assert_eq!(verdict.choices.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1]);
        let Message::Forwarded { closes: false, demands } = &verdict.choices[0][0] else { panic!("{verdict:?}") };
        assert_eq!(demands.len(), 3);
        let Message::Refused { statuses, closes: true, reasons } = &verdict.choices[0][1] else {
            panic!("{verdict:?}")
        };
        assert_eq!((&statuses[..], reasons.join(" ")), (&[400][..], "why not".to_owned()));
        assert!(verdict.may_kill() && !verdict.may_stay_open());
        assert_eq!(verdict.answers(), 2);
    }

    #[test]
    fn a_plain_status_leaves_the_connection_open() {
        let verdict = Verdict::parse("200 | 400!/501!").unwrap();
        assert!(verdict.may_stay_open());
        let Message::Refused { statuses, closes: true, .. } = &verdict.choices[1][0] else { panic!("{verdict:?}") };
        assert_eq!(statuses, &[400, 501]);
    }

    #[test]
    fn what_is_no_verdict_is_an_error() {
        for text in ["OK", "FWD bodi=\"\"", "400! two words", "KILL:x", "FWD body="] {
            assert!(Verdict::parse(text).is_err(), "took {text}");
        }
    }
}
