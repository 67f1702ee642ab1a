//! Targets `differ_requests`, `differ_responses` and `differ_bodies`: limpet against the oracles.
//!
//! Only one direction matters. limpet may refuse what others take; what it takes, a strict oracle must take too, and
//! read alike: method, target, framing, fields, body, and where the next message begins. The same holds for what
//! limpet would write of it. A difference is a finding, unless `explained` covers it.

mod compare;
mod explained;

use std::collections::BTreeSet;

use ::limpet::lab::{self, Head};

use crate::limpet::{BYTES, FIELDS};
use crate::reading::{Body, Reading, Verdict};
use crate::{hyper, limpet, rules};

pub use compare::Difference;
pub use explained::CLASSES;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oracle {
    Rules,
    Hyper,
}

/// A message that limpet took.
pub struct Case<'a> {
    pub message: &'a [u8],
    pub kind: Kind,
    pub ours: &'a Reading,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Request,
    /// With the method of the request that it answers.
    Response(&'static str),
}

pub fn requests(input: &[u8]) {
    explain(input, Kind::Request);
}

pub fn responses(input: &[u8]) {
    explain(input, Kind::Response("GET"));
    explain(input, Kind::Response("HEAD"));
}

/// The input as the body behind two heads that everybody reads alike.
pub fn bodies(input: &[u8]) {
    const POST: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    explain(&[POST, input].concat(), Kind::Request);
    explain(&[ANSWER, input].concat(), Kind::Response("GET"));
}

/// Compares the readings of a message, then those of what limpet would write. Gives the classes of the differences.
///
/// # Panics
/// On a difference that no class covers.
pub fn explain(input: &[u8], kind: Kind) -> BTreeSet<&'static str> {
    let ours = read(input, kind);
    let mut classes = judge(input, kind, &ours);
    let head = match kind {
        Kind::Request => lab::request(&[input], BYTES, FIELDS),
        Kind::Response(asked) => lab::response(&[input], BYTES, FIELDS, asked),
    };
    if let (Ok(Some(head)), Some(reading)) = (head, &ours.reading) {
        let (message, written) = passed_on(input, kind, &head, reading);
        classes.extend(judge(&message, kind, &written));
    }
    classes
}

fn read(input: &[u8], kind: Kind) -> Verdict {
    match kind {
        Kind::Request => limpet::request(input),
        Kind::Response(asked) => limpet::response(input, asked),
    }
}

fn ask(oracle: Oracle, input: &[u8], kind: Kind) -> Verdict {
    match (oracle, kind) {
        (Oracle::Rules, Kind::Request) => rules::request(input),
        (Oracle::Rules, Kind::Response(asked)) => rules::response(input, asked),
        (Oracle::Hyper, Kind::Request) => hyper::request(input),
        (Oracle::Hyper, Kind::Response(asked)) => hyper::response(input, asked),
    }
}

fn judge(message: &[u8], kind: Kind, ours: &Verdict) -> BTreeSet<&'static str> {
    let mut classes = BTreeSet::new();
    if !ours.refused.is_empty() {
        return classes;
    }
    for oracle in [Oracle::Rules, Oracle::Hyper] {
        // hyper's client skips interim responses and reads what comes behind; 101 ends HTTP for it.
        if oracle == Oracle::Hyper && ours.reading.as_ref().is_some_and(|reading| reading.start.starts_with('1')) {
            continue;
        }
        let theirs = ask(oracle, message, kind);
        let Some(reading) = &ours.reading else {
            assert!(theirs.reading.is_none(), "limpet waits for what {oracle:?} has read: {theirs:?}");
            continue;
        };
        let case = Case { message, kind, ours: reading };
        for difference in compare::differences(reading, &theirs, oracle) {
            match explained::class(&case, oracle, &difference) {
                Some(class) => classes.insert(class),
                None => panic!("{}", report(&case, oracle, &difference, &theirs)),
            };
        }
    }
    classes
}

/// The message as it goes on, with limpet's own reading of it; which is the reading of what came.
fn passed_on(input: &[u8], kind: Kind, head: &Head, ours: &Reading) -> (Vec<u8>, Verdict) {
    let message = [&head.forwarded, &input[head.consumed..]].concat();
    let written = read(&message, kind);
    let Some(reading) = &written.reading else { panic!("limpet refuses what it wrote: {written:?}") };
    let told = |reading: &Reading| {
        let data = match &reading.body {
            Body::Whole { data, .. } => Ok((data.clone(), true)),
            Body::Partial { data } => Ok((data.clone(), false)),
            Body::Refused(why) => Err(why.clone()),
        };
        (reading.start.clone(), reading.target.clone(), reading.authority.clone(), reading.framing, data)
    };
    let mut expected = told(ours);
    if kind == Kind::Request && ours.authority.is_empty() {
        expected.2 = lab::BACKEND.into();
    }
    assert_eq!(told(reading), expected, "what goes on is another message");
    (message, written)
}

fn report(case: &Case<'_>, oracle: Oracle, difference: &Difference, theirs: &Verdict) -> String {
    let (kind, message) = (case.kind, case.message.escape_ascii());
    format!("{oracle:?}, {kind:?}: {difference:?}\nmessage: {message}\nours: {:?}\ntheirs: {theirs:?}", case.ours)
}
