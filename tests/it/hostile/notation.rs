//! The notation of the tables: what a client sends, as a row of words.
//!
//! ```text
//! P CL5 ;; "hello"                         words are macros, quotes hold bytes
//! G ("X: " "y"*100 "\r\n")*3 ;; FIN        repetition, groups, events
//! ```
//!
//! Words: `G` `P` request lines of the case's own path with `Host: a`; `TEC` `CL5` fields; `;;` the empty line;
//! `CANARY` a request that must not arrive as one; `LEN(…)` `HEX(…)` the length of what is in brackets in decimal and
//! hexadecimal, `CL(…)` a Content-Length of it; `FIN`, `SILENCE` and `|` (a new write). In quotes: `\r \n \t \0 \\ \"
//! \xNN`, `\i` the case's id, `\?` the byte of a sweep.

use std::iter::Peekable;
use std::str::Chars;

/// What a client does, before the case's id and byte are put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Bytes(Vec<u8>),
    Id,
    Swept,
    /// The end of a head.
    EmptyLine,
    Times(Vec<Piece>, usize),
    Len(Vec<Piece>),
    Hex(Vec<Piece>),
    Cut,
    Fin,
}

/// One thing a client does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Write(Vec<u8>),
    /// The first head is complete here.
    HeadEnd,
    /// Half-close.
    Fin,
}

/// What one case puts in.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filling<'a> {
    pub(crate) id: &'a str,
    /// The byte of a sweep.
    pub(crate) swept: Option<u8>,
}

impl Program {
    pub(crate) fn parse(text: &str) -> Result<Program, String> {
        let mut parser = Parser { chars: text.chars().peekable() };
        let pieces = parser.pieces(None)?;
        Ok(Program(pieces))
    }

    /// What the client does, in order. Bytes between two events are one write.
    pub(crate) fn steps(&self, filling: Filling) -> Vec<Step> {
        let mut steps = vec![Step::Write(Vec::new())];
        unroll(&self.0, filling, &mut steps);
        steps.retain(|step| *step != Step::Write(Vec::new()));
        steps
    }

    /// All its bytes in a row.
    pub(crate) fn bytes(&self, filling: Filling) -> Vec<u8> {
        self.steps(filling)
            .into_iter()
            .flat_map(|step| if let Step::Write(bytes) = step { bytes } else { Vec::new() })
            .collect()
    }

    /// Whether a sweep's byte has a place in it.
    pub(crate) fn sweeps(&self) -> bool {
        has(&self.0, &Piece::Swept)
    }
}

fn has(pieces: &[Piece], wanted: &Piece) -> bool {
    pieces.iter().any(|piece| match piece {
        Piece::Times(inner, _) | Piece::Len(inner) | Piece::Hex(inner) => has(inner, wanted),
        piece => piece == wanted,
    })
}

fn unroll(pieces: &[Piece], filling: Filling, steps: &mut Vec<Step>) {
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => write(steps, bytes),
            Piece::Id => write(steps, filling.id.as_bytes()),
            Piece::Swept => write(steps, filling.swept.as_slice()),
            Piece::EmptyLine => {
                write(steps, b"\r\n");
                if !steps.contains(&Step::HeadEnd) {
                    steps.push(Step::HeadEnd);
                }
            }
            Piece::Times(inner, times) => (0..*times).for_each(|_| unroll(inner, filling, steps)),
            Piece::Len(inner) => write(steps, length(inner, filling).to_string().as_bytes()),
            Piece::Hex(inner) => write(steps, format!("{:x}", length(inner, filling)).as_bytes()),
            Piece::Cut => steps.push(Step::Write(Vec::new())),
            Piece::Fin => steps.push(Step::Fin),
        }
    }
}

fn length(pieces: &[Piece], filling: Filling) -> usize {
    Program(pieces.to_vec()).bytes(filling).len()
}

fn write(steps: &mut Vec<Step>, bytes: &[u8]) {
    match steps.last_mut() {
        Some(Step::Write(written)) => written.extend_from_slice(bytes),
        _ => steps.push(Step::Write(bytes.to_vec())),
    }
}

struct Parser<'a> {
    chars: Peekable<Chars<'a>>,
}

impl Parser<'_> {
    /// Pieces up to the end, or to `)` where one is open.
    fn pieces(&mut self, open: Option<&str>) -> Result<Vec<Piece>, String> {
        let mut pieces = Vec::new();
        loop {
            match self.chars.next() {
                None => return open.map_or(Ok(pieces), |word| Err(format!("{word}( is never closed"))),
                Some(')') if open.is_some() => return Ok(pieces),
                Some(char) if char.is_whitespace() => {}
                Some('"') => {
                    let quoted = self.quoted()?;
                    self.times(quoted, &mut pieces)?;
                }
                Some('(') => {
                    let group = self.pieces(Some(""))?;
                    self.times(group, &mut pieces)?;
                }
                Some(char) => {
                    let word = self.word(char);
                    let group = self.chars.next_if_eq(&'(').map(|_| self.pieces(Some(&word))).transpose()?;
                    let pieces_of_word = macro_of(&word, group)?;
                    self.times(pieces_of_word, &mut pieces)?;
                }
            }
        }
    }

    fn word(&mut self, first: char) -> String {
        let mut word = String::from(first);
        while let Some(char) = self.chars.next_if(|char| !char.is_whitespace() && !"()\"*".contains(*char)) {
            word.push(char);
        }
        word
    }

    /// `*N` behind a piece.
    fn times(&mut self, pieces: Vec<Piece>, into: &mut Vec<Piece>) -> Result<(), String> {
        if self.chars.next_if_eq(&'*').is_none() {
            into.extend(pieces);
            return Ok(());
        }
        let mut digits = String::new();
        while let Some(digit) = self.chars.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        let times = digits.parse().map_err(|_| "a number belongs behind *".to_owned())?;
        into.push(Piece::Times(pieces, times));
        Ok(())
    }

    fn quoted(&mut self) -> Result<Vec<Piece>, String> {
        let mut pieces = vec![Piece::Bytes(Vec::new())];
        loop {
            let byte = match self.chars.next() {
                None => return Err("a quote is never closed".to_owned()),
                Some('"') => return Ok(pieces),
                Some('\\') => match self.escape()? {
                    Piece::Bytes(bytes) => bytes,
                    other => {
                        pieces.extend([other, Piece::Bytes(Vec::new())]);
                        continue;
                    }
                },
                Some(char) => char.to_string().into_bytes(),
            };
            if let Some(Piece::Bytes(bytes)) = pieces.last_mut() {
                bytes.extend(byte);
            }
        }
    }

    fn escape(&mut self) -> Result<Piece, String> {
        let byte = match self.chars.next() {
            Some('r') => b'\r',
            Some('n') => b'\n',
            Some('t') => b'\t',
            Some('0') => 0,
            Some('\\') => b'\\',
            Some('"') => b'"',
            Some('i') => return Ok(Piece::Id),
            Some('?') => return Ok(Piece::Swept),
            Some('x') => {
                let digits: String = self.chars.by_ref().take(2).collect();
                u8::from_str_radix(&digits, 16).map_err(|_| format!("\\x{digits} is no byte"))?
            }
            other => return Err(format!("\\{} means nothing", other.unwrap_or(' '))),
        };
        Ok(Piece::Bytes(vec![byte]))
    }
}

fn macro_of(word: &str, group: Option<Vec<Piece>>) -> Result<Vec<Piece>, String> {
    let text = |text: &str| Piece::Bytes(text.as_bytes().to_vec());
    Ok(match (word, group) {
        ("G", None) => vec![text("GET /g/"), Piece::Id, text(" HTTP/1.1\r\nHost: a\r\n")],
        ("P", None) => vec![text("POST /p/"), Piece::Id, text(" HTTP/1.1\r\nHost: a\r\n")],
        ("CANARY", None) => vec![text("GET /x/"), Piece::Id, text(" HTTP/1.1\r\nHost: a\r\n\r\n")],
        ("TEC", None) => vec![text("Transfer-Encoding: chunked\r\n")],
        (";;", None) => vec![Piece::EmptyLine],
        ("|", None) => vec![Piece::Cut],
        ("FIN", None) => vec![Piece::Fin],
        ("SILENCE", None) => vec![],
        ("CL", Some(group)) => vec![text("Content-Length: "), Piece::Len(group), text("\r\n")],
        ("LEN", Some(group)) => vec![Piece::Len(group)],
        ("HEX", Some(group)) => vec![Piece::Hex(group)],
        (word, None) => match word.strip_prefix("CL").filter(|digits| digits.parse::<u64>().is_ok()) {
            Some(digits) => vec![text(&format!("Content-Length: {digits}\r\n"))],
            None => return Err(format!("no word of the notation: {word}")),
        },
        (word, Some(_)) => return Err(format!("{word} takes nothing in brackets")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILLING: Filling = Filling { id: "k1", swept: Some(0xff) };

    fn bytes(text: &str) -> Vec<u8> {
        Program::parse(text).unwrap().bytes(FILLING)
    }

    #[test]
    fn words_and_quotes_become_bytes() {
        let whole = b"POST /p/k1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello";
        assert_eq!(bytes(r#"P CL5 TEC ;; "hello""#), whole);
        assert_eq!(bytes(r#""\r\n\t\0\\\"\x80[\i][\?]é""#), b"\r\n\t\0\\\"\x80[k1][\xff]\xc3\xa9");
        assert_eq!(bytes(r#""ab"*3 ("c" "d"*2)*2"#), b"abababcddcdd");
    }

    #[test]
    fn lengths_are_those_of_what_is_in_brackets() {
        let canary = bytes("CANARY");
        assert_eq!(canary, b"GET /x/k1 HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(bytes(r#"CL(CANARY) LEN("0123456789") HEX("0123456789")"#), b"Content-Length: 31\r\n10a");
    }

    #[test]
    fn events_stand_between_writes() {
        let write = |bytes: &[u8]| Step::Write(bytes.to_vec());
        let program = Program::parse(r#""a" | "b" ;; "c" ;; SILENCE "d" FIN"#).unwrap();
        let expected = [write(b"a"), write(b"b\r\n"), Step::HeadEnd, write(b"c\r\nd"), Step::Fin];
        assert_eq!(program.steps(FILLING), expected);
    }

    #[test]
    fn what_is_no_notation_is_an_error() {
        for text in ["g", "CLx", "\"a", "(G", "G(P)", "\"\\q\"", "\"\\xzz\"", "G*", "CL"] {
            assert!(Program::parse(text).is_err(), "took {text}");
        }
    }
}
