//! The tour's client: one connection, one jar of cookies, one request after the other.
//!
//! Blocking and plain, because it is read by those who want to know what limpet was asked. It shares limpet's parser
//! and nothing else with what it judges, and it has no opinion on what it gets.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use crate::http::{Bounds, Framing, Method, Name, Response, Scan};

/// Somebody with a jar.
pub(super) struct Visitor {
    address: SocketAddr,
    stream: Option<TcpStream>,
    /// In the order in which they came.
    pub(super) jar: Vec<(String, String)>,
    /// Answers that carts gave to anybody.
    answered: Rc<Cell<u64>>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) set_cookies: Vec<String>,
    pub(super) body: String,
    /// The connection was ended behind it.
    pub(super) closed: bool,
}

/// What a cart says in an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) served_by: String,
    pub(super) things: Vec<String>,
    /// The cookies that the cart saw.
    pub(super) cookies: String,
}

impl Visitor {
    /// `answered` is shared by all visitors and counts the answers of carts.
    pub(super) fn new(address: SocketAddr, answered: &Rc<Cell<u64>>) -> Visitor {
        Visitor { address, stream: None, jar: Vec::new(), answered: Rc::clone(answered) }
    }

    /// The next request takes a new connection, to this address.
    pub(super) fn move_to(&mut self, address: SocketAddr) {
        (self.address, self.stream) = (address, None);
    }

    /// Asks with the jar's cookies, and keeps those that come back. `line` is method and path.
    ///
    /// # Errors
    /// No answer came, or it was not 200 from a cart.
    pub(super) fn ask(&mut self, line: &str) -> Result<(Answer, Said), String> {
        let pairs: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = if pairs.is_empty() { String::new() } else { format!("Cookie: {}\r\n", pairs.join("; ")) };
        let answer = self.send(&format!("{line} HTTP/1.1\r\nHost: {}\r\n{cookies}\r\n", self.address))?;
        let said = said(&answer).ok_or_else(|| format!("{line} got {} {:?}", answer.status, answer.body))?;
        self.answered.set(self.answered.get() + 1);
        for set_cookie in &answer.set_cookies {
            self.keep(set_cookie);
        }
        Ok((answer, said))
    }

    /// Sends bytes, whatever they mean, and reads one answer.
    ///
    /// # Errors
    /// As a sentence: no connection, no answer, or one that cannot be read.
    pub(super) fn send(&mut self, request: &str) -> Result<Answer, String> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address).map_err(|error| format!("no connection to {}: {error}", self.address))?,
        };
        let answer = stream.write_all(request.as_bytes()).and_then(|()| read(&mut stream));
        let answer = answer.map_err(|error| format!("no answer from {}: {error}", self.address))?;
        self.stream = (!answer.closed).then_some(stream);
        Ok(answer)
    }

    fn keep(&mut self, set_cookie: &str) {
        let pair = set_cookie.split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else { return };
        self.jar.retain(|(known, _)| known != name);
        self.jar.push((name.to_owned(), value.to_owned()));
    }
}

impl Answer {
    /// The Set-Cookie lines that set a cookie of limpet's, or look as if they did.
    pub(super) fn limpets(&self) -> Vec<&str> {
        let name = |line: &&str| line.split(';').next().unwrap_or_default().contains("limpet");
        self.set_cookies.iter().map(String::as_str).filter(name).collect()
    }
}

fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// One answer, and whether the connection ended behind it.
fn read(stream: &mut TcpStream) -> std::io::Result<Answer> {
    let invalid = |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what);
    let (mut bytes, mut scan, mut response) = (Vec::new(), Scan::default(), Response::empty());
    let extent = loop {
        if let Some(extent) = scan.advance(&bytes, BOUNDS).map_err(|reject| invalid(reject.rule.label()))? {
            break extent;
        }
        more(stream, &mut bytes)?;
    };
    let head = &bytes[extent.start..extent.end];
    response.parse(head, BOUNDS, Method::Get).map_err(|reject| invalid(reject.rule.label()))?;
    let length = match response.framing {
        Framing::Length(length) => usize::try_from(length).unwrap_or(usize::MAX),
        Framing::None => 0,
        Framing::Chunked | Framing::UntilClose => return Err(invalid("an answer without a length")),
    };
    while bytes.len() - extent.end < length {
        more(stream, &mut bytes)?;
    }
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    Ok(Answer {
        status: response.status,
        set_cookies: response.fields.all(Name::SetCookie).map(text).collect(),
        body: text(&bytes[extent.end..]),
        closed: !response.keep_alive && stream.read(&mut [0])? == 0,
    })
}

fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    let mut room = [0; 4096];
    match stream.read(&mut room)? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        count => {
            bytes.extend_from_slice(&room[..count]);
            Ok(())
        }
    }
}

/// What the cart said, if it was a cart that answered.
fn said(answer: &Answer) -> Option<Said> {
    let value: Value = serde_json::from_str(&answer.body).ok().filter(|_| answer.status == 200)?;
    let things = value["cart"].as_array()?.iter().map(|thing| thing.as_str().map(str::to_owned));
    Some(Said {
        served_by: value["served_by"].as_str()?.to_owned(),
        things: things.collect::<Option<_>>()?,
        cookies: value["cookies"].as_str()?.to_owned(),
    })
}

/// The longest that anything here waits for what should come at once.
const PATIENCE: Duration = Duration::from_secs(5);
const BOUNDS: Bounds = Bounds { bytes: 32 * 1024, fields: 100 };
