//! Compares what became of a case with its verdict, by the invariants:
//!
//! I1 a backend saw exactly the requests that were accepted · I2 the canary arrives nowhere · I3 an answer belongs to
//! its request · I4 a connection with a failed exchange is not used again · I5 the client's connection is closed after
//! an error · I6 the refusal has a reason · I8 what went upstream is strict HTTP/1.1. (I7 and the counters are the
//! group's.) It knows nothing of sockets and processes, so that its own tests can hand it anything.

use std::time::Duration;

use super::demands::fault;
use super::play::Outcome;
use super::table::Case;
use super::verdict::{Demand, Message};
use crate::harness::{Answer, Ended, Line, Records, Seen, find, quote};

/// All that is known about one case.
#[derive(Clone, Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) case: &'a Case,
    pub(crate) outcome: &'a Outcome,
    /// The requests with the case's id that reached a backend, without the plain one at the end.
    pub(crate) seen: Vec<&'a Seen>,
    pub(crate) records: &'a Records,
    /// The access log, where there is one.
    pub(crate) lines: Option<&'a [Line]>,
}

impl<'a> Evidence<'a> {
    /// The access-log line of an answer that limpet made.
    pub(crate) fn line(&self, answer: &Answer) -> Option<&'a Line> {
        let id = answer.fields.text("x-request-id")?;
        self.lines?.iter().find(|line| line.get("limpet.request_id").as_ref() == Some(&id))
    }
}

/// What is wrong with a case. Empty when all is well.
pub(crate) fn judge(evidence: &Evidence) -> Vec<String> {
    Judge { evidence, findings: Vec::new(), taken: 0 }.compare(&evidence.case.verdict.messages)
}

struct Judge<'a> {
    evidence: &'a Evidence<'a>,
    findings: Vec<String>,
    /// Requests at the backend that were accounted for.
    taken: usize,
}

impl Judge<'_> {
    fn compare(mut self, wanted: &[Message]) -> Vec<String> {
        for (number, message) in wanted.iter().enumerate() {
            let Some(answer) = self.evidence.outcome.answers.whole.get(number) else {
                self.find(format!("request {} has no answer", number + 1));
                continue;
            };
            match message {
                Message::Forwarded { demands, .. } => self.forwarded(answer, demands),
                Message::Refused { status, closes, reason } => self.refused(answer, *status, *closes, reason),
                Message::Killed { status, reason } => {
                    self.refused(answer, *status, true, reason);
                    self.killed();
                }
            }
        }
        match wanted.last() {
            Some(message) if message.closes() => self.ended(),
            _ => self.usable(wanted.len()),
        }
        self.no_more(wanted.len());
        self.upstream();
        self.findings
    }

    fn find(&mut self, finding: impl Into<String>) {
        self.findings.push(finding.into());
    }

    fn forwarded(&mut self, answer: &Answer, demands: &[Demand]) {
        if answer.status != 200 {
            return self.find(format!("answered with {}, not forwarded", answer.status));
        }
        let Some(seen) = self.evidence.seen.get(self.taken).copied() else {
            return self.find("I1: no backend saw the request");
        };
        self.taken += 1;
        if !seen.whole {
            return self.find("I1: the request did not reach its end at the backend");
        }
        let echo = format!("{} {}", seen.request.method, seen.request.target);
        if answer.fields.text("x-echo").as_ref() != Some(&echo) {
            self.find(format!("I3: the answer is not that of {echo}"));
        }
        self.findings.extend(demands.iter().filter_map(|demand| fault(self.evidence, demand, seen)));
    }

    fn refused(&mut self, answer: &Answer, status: u16, closes: bool, reason: &str) {
        if answer.status != status {
            return self.find(format!("answered with {}, not {status}", answer.status));
        }
        if closes && !answer.says_close() {
            self.find("I5: the refusal does not say Connection: close");
        }
        if answer.status >= 400 && find(&answer.body, self.evidence.outcome.id.as_bytes()).is_some() {
            self.find("the refusal gives the client's bytes back");
        }
        if answer.fields.all("x-request-id").is_empty() {
            self.find("the refusal has no X-Request-Id");
        }
        if self.evidence.lines.is_some() {
            self.logged_reason(answer, reason);
        }
    }

    fn logged_reason(&mut self, answer: &Answer, wanted: &str) {
        let Some(line) = self.evidence.line(answer) else {
            return self.find("I6: no access-log line has the refusal's request id");
        };
        if line.get("http.response.status_code") != Some(answer.status.to_string()) {
            self.find(format!("I6: the access log has another status: {}", line.text));
        }
        match line.get("limpet.reason").filter(|reason| !reason.is_empty()) {
            None => self.find(format!("I6: the access log names no reason: {}", line.text)),
            Some(reason) if reason != wanted => self.find(format!("I6: the reason is {reason}, not {wanted}")),
            Some(_) => {}
        }
    }

    /// What reached a backend of a killed request must be a beginning, on a connection that died with it.
    fn killed(&mut self) {
        let Some(seen) = self.evidence.seen.get(self.taken).copied() else { return };
        self.taken += 1;
        if seen.whole {
            return self.find("I1: a broken request was presented to the backend as complete");
        }
        match self.evidence.records.connections[seen.connection].ended {
            None => self.find("I4: the backend connection of the broken request is still open"),
            Some(ended) if ended > self.evidence.outcome.at + AT_ONCE => {
                self.find("I4: the backend connection of the broken request was kept for over a second");
            }
            Some(_) => {}
        }
    }

    fn ended(&mut self) {
        let received = &self.evidence.outcome.received;
        match received.ended {
            Ended::Open => self.find("I5: the client's connection was not closed"),
            Ended::Reset => self.find("I5: the client's connection was reset, not closed"),
            Ended::Fin if received.lingered > AT_ONCE => {
                self.find(format!("I5: the client's connection was closed only after {:?}", received.lingered));
            }
            Ended::Fin => {}
        }
    }

    /// The plain request at the end was understood.
    fn usable(&mut self, number: usize) {
        let echo = format!("GET /end/{}", self.evidence.outcome.id);
        match self.evidence.outcome.answers.whole.get(number) {
            Some(answer) if answer.fields.text("x-echo") == Some(echo) => {}
            Some(answer) => self.find(format!("a plain request afterwards was answered with {}", answer.status)),
            None if self.evidence.outcome.probed => self.find("a plain request afterwards was not answered"),
            None => self.find("the connection did not stay open"),
        }
    }

    fn no_more(&mut self, wanted: usize) {
        let outcome = self.evidence.outcome;
        let extra = outcome.answers.whole.len().saturating_sub(wanted + usize::from(outcome.probed));
        if extra > 0 {
            self.find(format!("{extra} answers too many"));
        }
        if let Some(fault) = &outcome.answers.fault {
            self.find(format!("the answer is no HTTP/1.1: {fault}"));
        } else if !outcome.answers.rest.is_empty() {
            self.find(format!("an answer was cut: {}", quote(&outcome.answers.rest, 120)));
        }
        for seen in &self.evidence.seen[self.taken..] {
            let canary = if seen.request.target.starts_with("/x") { "I2: the canary" } else { "I1: a request" };
            self.find(format!("{canary} reached the backend: {}", quote(&seen.request.head, 200)));
        }
        let interim = outcome.answers.whole.iter().flat_map(|answer| &answer.interim).chain(&outcome.answers.interim);
        if interim.count() > 0 && !self.expects() {
            self.find("an interim answer that nobody asked for");
        }
        if outcome.unseen {
            self.find("the head waited for its body, and was not forwarded before it came");
        }
    }

    /// The client asked for 100, in a version that knows it.
    fn expects(&self) -> bool {
        let sent = self.evidence.case.program.bytes(self.evidence.case.filling(&self.evidence.outcome.id));
        let sent = String::from_utf8_lossy(&sent).to_lowercase();
        sent.contains("100-continue") && !sent.contains("http/1.0")
    }

    fn upstream(&mut self) {
        let (id, records) = (self.evidence.outcome.id.as_bytes(), self.evidence.records);
        for (number, connection) in records.connections.iter().enumerate() {
            if let Some(violation) = &connection.violation
                && (connection.carries(id) || self.evidence.seen.iter().any(|seen| seen.is_open_on(number)))
            {
                self.find(format!("I8: {violation}"));
            } else if find(&connection.rest, id).is_some() && !records.seen.iter().any(|seen| seen.is_open_on(number)) {
                self.find(format!("I1: part of a head reached the backend: {}", quote(&connection.rest, 200)));
            }
        }
    }
}

/// What ought to happen at once may take this long on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(1);
