//! A client's strict reading of what it was answered: whole answers in their order, and what is wrong with the rest.
//!
//! It reads from the start each time, which is simple and fast enough for what tests are answered. It must stay
//! independent of limpet's own reading of responses.

use super::message::{Fields, find};
use super::quote;

/// One final answer, with the interim ones before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// Statuses of the 1xx that came first.
    pub(crate) interim: Vec<u16>,
    pub(crate) status: u16,
    pub(crate) fields: Fields,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The sender will close the connection after this answer.
    pub(crate) fn says_close(&self) -> bool {
        self.fields.lists("connection", "close")
    }
}

/// What a connection has brought so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    pub(crate) whole: Vec<Answer>,
    /// Interim statuses after the last whole answer.
    pub(crate) interim: Vec<u16>,
    /// Bytes of an answer that is not whole.
    pub(crate) rest: Vec<u8>,
    /// Why `rest` can never become one.
    pub(crate) fault: Option<String>,
}

impl Answers {
    /// Reads `bytes`, of a connection that has `ended` or not. `head(n)` says whether the n-th request was a HEAD.
    pub(crate) fn read(bytes: &[u8], ended: bool, head: impl Fn(usize) -> bool) -> Answers {
        let mut answers = Answers::default();
        let mut at = 0;
        while at < bytes.len() {
            match one(&bytes[at..], ended, head(answers.whole.len())) {
                Ok(Some((answer, used))) => {
                    at += used;
                    if answer.status < 200 && answer.status != 101 {
                        answers.interim.push(answer.status);
                    } else {
                        answers.whole.push(Answer { interim: std::mem::take(&mut answers.interim), ..answer });
                    }
                }
                Ok(None) => break,
                Err(fault) => {
                    answers.fault = Some(fault);
                    break;
                }
            }
        }
        answers.rest = bytes[at..].to_vec();
        answers
    }
}

/// The first answer of `bytes` and its length.
fn one(bytes: &[u8], ended: bool, to_head: bool) -> Result<Option<(Answer, usize)>, String> {
    let Some(end) = find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let line = find(bytes, b"\r\n").unwrap_or(end);
    let status = status(&bytes[..line])?;
    let fields = Fields::parse(&bytes[line + 2..end + 2])?;
    let rest = &bytes[end + 4..];
    let (lengths, codings) = (fields.all("content-length"), fields.all("transfer-encoding"));
    let body = if to_head || status < 200 || status == 204 || status == 304 {
        Some((Vec::new(), 0))
    } else {
        match (&lengths[..], &codings[..]) {
            ([], []) => ended.then(|| (rest.to_vec(), rest.len())),
            ([length], []) => counted(rest, length)?,
            ([], [b"chunked"]) => chunked(rest)?,
            _ => return Err(format!("ambiguous framing in {}", quote(&bytes[..end], 300))),
        }
    };
    Ok(body.map(|(body, used)| (Answer { status, fields, body, ..Answer::default() }, end + 4 + used)))
}

fn status(line: &[u8]) -> Result<u16, String> {
    let fault = || format!("status line {}", quote(line, 80));
    let rest = line.strip_prefix(b"HTTP/1.1 ").ok_or_else(fault)?;
    if rest.len() < 4 || rest[3] != b' ' || !rest[..3].iter().all(u8::is_ascii_digit) {
        return Err(fault());
    }
    String::from_utf8_lossy(&rest[..3]).parse().map_err(|_| fault())
}

fn counted(rest: &[u8], length: &[u8]) -> Result<Option<(Vec<u8>, usize)>, String> {
    let length: usize = String::from_utf8_lossy(length).parse().map_err(|_| format!("length {}", quote(length, 40)))?;
    Ok((rest.len() >= length).then(|| (rest[..length].to_vec(), length)))
}

fn chunked(rest: &[u8]) -> Result<Option<(Vec<u8>, usize)>, String> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let Some(end) = find(&rest[at..], b"\r\n") else { return Ok(None) };
        let line = &rest[at..at + end];
        let size = usize::from_str_radix(&String::from_utf8_lossy(line), 16);
        let size = size.map_err(|_| format!("chunk size line {}", quote(line, 40)))?;
        at += end + 2;
        if size == 0 {
            return Ok(trailers(&rest[at..])?.map(|used| (body, at + used)));
        }
        let Some(data) = rest.get(at..at + size + 2) else { return Ok(None) };
        if !data.ends_with(b"\r\n") {
            return Err(format!("no CRLF after a chunk but {}", quote(&data[size..], 4)));
        }
        body.extend_from_slice(&data[..size]);
        at += size + 2;
    }
}

fn trailers(rest: &[u8]) -> Result<Option<usize>, String> {
    if rest.starts_with(b"\r\n") {
        return Ok(Some(2));
    }
    let Some(end) = find(rest, b"\r\n\r\n") else { return Ok(None) };
    Fields::parse(&rest[..end + 2]).map(|_| Some(end + 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\
        HTTP/1.1 400 Bad Request\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n";

    #[test]
    fn answers_are_read_in_order_with_their_interim_ones() {
        let answers = Answers::read(TWO, false, |_| false);
        assert!(answers.rest.is_empty() && answers.fault.is_none());
        assert_eq!(answers.whole.iter().map(|one| one.status).collect::<Vec<_>>(), [200, 400]);
        assert_eq!((&answers.whole[0].interim[..], &answers.whole[0].body[..]), (&[100][..], &b"ok"[..]));
        assert!(answers.whole[1].says_close() && !answers.whole[0].says_close());
    }

    #[test]
    fn a_cut_answer_is_never_whole() {
        let ends = [25 + 40, TWO.len()];
        for cut in 0..TWO.len() {
            let whole = Answers::read(&TWO[..cut], true, |_| false).whole.len();
            assert_eq!(whole, ends.iter().filter(|end| **end <= cut).count(), "cut at {cut}");
        }
    }

    #[test]
    fn an_answer_to_head_has_no_body_and_a_bad_one_is_a_fault() {
        let answers = Answers::read(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", false, |_| true);
        assert_eq!(answers.whole.len(), 1);
        let bad: [&[u8]; 4] = [
            b"HTTP/1.1 200\r\n\r\n",
            b"HTTP/1.0 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ];
        for bytes in bad {
            assert!(Answers::read(bytes, false, |_| false).fault.is_some(), "took {}", quote(bytes, 99));
        }
    }
}
