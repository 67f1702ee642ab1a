//! The judge on trial: an honest gateway passes every row here, and each sin is found in the row that tempts it.
//!
//! A finding is recognised by its words, so that a judge which fails for another reason does not pass for a good one.

use std::time::Duration;

use super::*;
use crate::harness::{Bystander, Journal, Line, RawBackend};
use crate::hostile::judge::{Evidence, judge};
use crate::hostile::play::{Arena, Delivery, play};
use crate::hostile::report::story;
use crate::hostile::table::Table;

/// The findings on each case of the table, with their stories. The toy keeps no log; one may be given to it.
async fn try_all(sin: Sin, text: &str, log: Option<&[Line]>) -> Vec<(Vec<String>, String)> {
    let journal = Journal::default();
    let backend = RawBackend::start("app", &journal).await;
    let toy = Toy::start(sin, backend.address).await;
    let arena = Arena { web: toy.address, trusted: toy.address, patience: Duration::from_millis(300), journal };
    let mut tried = Vec::new();
    for (number, case) in Table::parse("toy", text).cases.iter().enumerate() {
        let outcome = play(case, format!("k1x{number:05}"), Delivery::Whole, &arena).await;
        tried.push(arena.journal.read(|records| {
            let seen = records.with(&outcome.id).into_iter().filter(|seen| !seen.request.target.starts_with("/end/"));
            let evidence = Evidence { case, outcome: &outcome, seen: seen.collect(), records, lines: log };
            let findings = judge(&evidence);
            let story = story(&evidence, &findings);
            (findings, story)
        }));
    }
    tried
}

async fn finds(sin: Sin, program: &str, verdict: &str, wanted: &str) {
    finds_with_log(sin, program, verdict, wanted, None).await;
}

async fn finds_with_log(sin: Sin, program: &str, verdict: &str, wanted: &str, log: Option<&[Line]>) {
    let tried = try_all(sin, &format!("row 1 sin\n > {program}\n < {verdict}\n"), log).await;
    let (findings, story) = &tried[0];
    assert!(findings.iter().any(|finding| finding.contains(wanted)), "{sin:?} was not found by {wanted:?}:\n{story}");
    assert!(story.contains("WRONG"), "{story}");
}

const SMUGGLED: &str = r#"P CL(CANARY) TEC ;; "0\r\n\r\n" CANARY"#;
const REFUSED: &str = "400! length_and_coding";
const KILLED: &str = "KILL body_truncated";
const BROKEN: &str = r#"P CL10 ;; "abc" FIN"#;

#[tokio::test]
async fn the_honest_toy_passes() {
    let text = r#"
row 1 good and bad
  > P CL6 TEC ;; "0\r\n\r\nX"
  > "GET /g/\i HTTP/1.1\r\n" ;;
  < 400! length_and_coding
  > P CL10 ;; "abc" FIN
  < KILL body_truncated
  > P CL3 ;; "abc" CANARY
  < FWD length body="abc" has="Host: a" lacks="X" not="Host: b" notrailers, FWD target="/x/\i" method=GET
  > G "Connection: close\r\n" ;; CANARY
  < FWD!
  > G ;; "bad"*3 ;; ;;
  < FWD, 400! request_line
"#;
    for (findings, story) in try_all(Sin::None, text, None).await {
        assert!(findings.is_empty(), "{story}");
    }
}

#[tokio::test]
async fn a_blind_relay_is_found_by_what_the_backend_saw() {
    finds(Sin::Blind, SMUGGLED, REFUSED, "I8: both Content-Length").await;
    finds(Sin::Blind, r#"P TEC ;; "5\nhello\r\n0\r\n\r\n""#, KILLED, "I8: chunk size line").await;
    finds(Sin::Blind, r#""GET /g/\i HTTP/1.1\r\nHost: a" FIN"#, REFUSED, "I1: part of a head").await;
    finds(Sin::Blind, r#"P CL3 ;; "abc" CANARY"#, "FWD", "I2: the canary").await;
}

#[tokio::test]
async fn what_happens_after_a_refusal_is_found() {
    finds(Sin::StaysOpen, SMUGGLED, REFUSED, "I5: the client's connection was not closed").await;
    finds(Sin::ClosesUnsaid, SMUGGLED, REFUSED, "I5: the refusal does not say").await;
    finds(Sin::Resets, SMUGGLED, REFUSED, "I5: the client's connection was reset").await;
    finds(Sin::ForwardsRefused, SMUGGLED, REFUSED, "I2: the canary").await;
    finds(Sin::Echoes, SMUGGLED, REFUSED, "gives the client's bytes back").await;
}

#[tokio::test]
async fn a_broken_request_that_lives_on_is_found() {
    finds(Sin::Completes, BROKEN, KILLED, "I1: a broken request was presented").await;
    finds(Sin::KeepsBroken, BROKEN, KILLED, "I4: the backend connection").await;
}

#[tokio::test]
async fn wrong_answers_are_found() {
    finds(Sin::SwapsAnswers, "G ;;", "FWD", "I1: no backend saw").await;
    finds(Sin::LosesSecond, "G ;; G ;;", "FWD, FWD", "request 2 has no answer").await;
    finds(Sin::CutsBody, r#"P CL3 ;; "abc""#, r#"FWD body="abc""#, "body is").await;
    finds(Sin::None, "G ;;", REFUSED, "answered with 200, not 400").await;
    finds(Sin::None, SMUGGLED, "FWD", "answered with 400, not forwarded").await;
    finds(Sin::None, "G ;;", "FWD!", "I5: the client's connection was not closed").await;
    finds(Sin::None, "G ;; G ;;", "FWD", "answers too many").await;
}

#[tokio::test]
async fn a_refusal_that_is_logged_otherwise_is_found() {
    let line = |id: u8, status: u16, reason: &str| {
        let members =
            format!(r#""limpet.request_id":"{id}","http.response.status_code":{status},"limpet.reason":"{reason}""#);
        Line::of(format!("{{{members}}}"))
    };
    for (logged, wanted) in [
        (line(2, 400, "length_and_coding"), "I6: no access-log line"),
        (line(1, 502, "length_and_coding"), "I6: the access log has another status"),
        (line(1, 400, ""), "I6: the access log names no reason"),
        (line(1, 400, "obs_fold"), "I6: the reason is obs_fold, not length_and_coding"),
    ] {
        finds_with_log(Sin::None, SMUGGLED, REFUSED, wanted, Some(&[logged])).await;
    }
    let text = format!("row 1 good\n > {SMUGGLED}\n < {REFUSED}\n");
    let tried = try_all(Sin::None, &text, Some(&[line(1, 400, "length_and_coding")])).await;
    assert!(tried[0].0.is_empty(), "{}", tried[0].1);
}

#[tokio::test]
async fn a_bystander_notices_the_answer_of_another() {
    let backend = RawBackend::start("app", &Journal::default()).await;
    for (sin, good) in [(Sin::None, true), (Sin::SwapsAnswers, false)] {
        let toy = Toy::start(sin, backend.address).await;
        let bystander = Bystander::start(toy.address);
        assert_eq!(bystander.finish().await.is_ok(), good, "{sin:?}");
    }
}
