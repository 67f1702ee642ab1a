//! A failed case, shown so that nobody has to run it again: what was sent, what was expected, what the client got,
//! what the backends saw, what the log said, and what is wrong with it.
//!
//! It only shows; what is wrong was found by `judge`.

use std::collections::BTreeSet;

use super::judge::Evidence;
use super::play::Delivery;
use crate::harness::quote;

/// A case that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    name: String,
    story: String,
    /// What is wrong, on one line.
    short: String,
}

impl Failure {
    pub(crate) fn new(evidence: &Evidence, findings: &[String]) -> Failure {
        let name = evidence.case.name.clone();
        let short = format!("{name} ({:?}): {}", evidence.outcome.delivery, findings.join("; "));
        Failure { name, story: story(evidence, findings), short }
    }
}

/// The first failure of each line of a table in full, the others in a line each.
pub(crate) fn report(failures: &[Failure]) -> String {
    let (mut reported, mut text, mut also) = (BTreeSet::new(), String::new(), String::new());
    for failure in failures {
        let line = failure.name.split('[').next().unwrap_or_default();
        if reported.len() < IN_FULL && reported.insert(line) {
            text.push_str(&failure.story);
        } else {
            also.push_str(&format!("also {}\n", failure.short));
        }
    }
    text + &also
}

/// The whole story of one case.
pub(crate) fn story(evidence: &Evidence, findings: &[String]) -> String {
    let Evidence { case, outcome, .. } = evidence;
    let mut text = format!("row {}\n", case.name);
    let delivery = match outcome.delivery {
        Delivery::Whole => String::new(),
        other => format!(" ({other:?})"),
    };
    let sent = case.program.bytes(case.filling(&outcome.id));
    entry(&mut text, "sent", &format!("{}{delivery}", quote(&sent, LONG)));
    entry(&mut text, "expected", &case.verdict.text);
    let received = &outcome.received;
    entry(&mut text, "client", &format!("{} then {:?}", quote(&received.bytes, LONG), received.ended));
    for seen in &evidence.seen {
        let request = &seen.request;
        let end = if seen.whole { "whole" } else { "incomplete" };
        let (head, body) = (quote(&request.head, LONG), quote(&request.body, LONG));
        entry(&mut text, "backend", &format!("{} #{}: {head} body {body}, {end}", seen.backend, seen.connection));
    }
    if evidence.seen.is_empty() {
        entry(&mut text, "backend", "saw nothing");
    }
    for answer in &outcome.answers.whole {
        if let Some(line) = evidence.line(answer) {
            entry(&mut text, "log", &line.text);
        }
    }
    for finding in findings {
        entry(&mut text, "WRONG", finding);
    }
    text
}

fn entry(text: &mut String, name: &str, value: &str) {
    text.push_str(&format!("  {name:<9} {value}\n"));
}

/// Bytes shown of anything.
const LONG: usize = 700;

/// Failures reported in full.
const IN_FULL: usize = 25;
