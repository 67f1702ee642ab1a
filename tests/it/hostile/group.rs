//! Runs a table against one limpet, a dozen cases at a time beside a bystander, and judges it: each case by its
//! verdict, and the whole by what only shows in the whole.
//!
//! Cases are played first and judged when everything has come to rest, so that a request that arrives late, by any
//! way, still counts against the case that sent it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::aftermath::{self, Footprint};
use super::judge::{Evidence, judge};
use super::play::{Delivery, Outcome, play};
use super::report::{Failure, report};
use super::rig::Rig;
use super::table::{Case, Table};
use crate::harness::{BYSTANDER, Bystander, Line, RawClient, Records, Seen, find, quote, until};

/// Plays every case of `table` in each of its deliveries, and fails the test with a report of all that went wrong.
pub(crate) async fn play_and_judge(table: Table, deliveries: impl Fn(&Case) -> Vec<Delivery>) {
    let mut rig = Rig::start(&table.config).await;
    warm_up(&rig).await;
    let before = Footprint::of(&rig.limpet).await;
    let bystander = Bystander::start(rig.arena.web);
    let cases = table.cases.into_iter().filter(is_wanted).map(Arc::new);
    let played = play_all(&rig, cases, deliveries).await;
    let mut findings: Vec<String> =
        bystander.finish().await.err().map(|fault| format!("I3: the bystander: {fault}")).into_iter().collect();
    assert!(rig.limpet.lives(), "I7: {}: limpet died:\n{}", table.file, rig.limpet.said());
    rest(&rig, &played).await;
    let lines = rig.limpet.lines();
    let failures = rig.arena.journal.read(|records| {
        findings.extend(strays(records, &played));
        failures(&played, records, &lines)
    });
    findings.extend(uncounted(&rig, &lines).await);
    findings.extend(left_behind(&rig, before).await);
    if !(failures.is_empty() && findings.is_empty()) {
        let (failed, all, findings) = (failures.len(), played.len(), findings.join("\n"));
        panic!("{}: {failed} of {all} cases failed\n{}\n{findings}\n", table.file, report(&failures));
    }
}

/// `LIMPET_ROWS=9,39.2` plays only cases whose names start so.
fn is_wanted(case: &Case) -> bool {
    let Ok(wanted) = std::env::var("LIMPET_ROWS") else { return true };
    wanted.split(',').any(|row| case.row.to_string() == row || case.name.starts_with(row) && row.contains('.'))
}

/// Plain exchanges, until their backend connections have gone idle and ended: what limpet makes once and keeps is not
/// to be taken for what a case left behind.
async fn warm_up(rig: &Rig) {
    let table = Table::parse("warm-up", "row 0 plain\n > P CL5 ;; \"hello\"\n < FWD\n");
    let cases = (0..32).flat_map(|_| table.cases.clone()).map(Arc::new);
    play_all(rig, cases, |_| vec![Delivery::Whole]).await;
    rig.limpet.metrics().await;
    let ended = |records: &Records| records.connections.iter().all(|connection| connection.ended.is_some());
    rig.arena.journal.wait("the end of idle backend connections", ended).await;
}

type Played = (Arc<Case>, Outcome);

async fn play_all(
    rig: &Rig,
    cases: impl Iterator<Item = Arc<Case>>,
    deliveries: impl Fn(&Case) -> Vec<Delivery>,
) -> Vec<Played> {
    let (places, mut tasks) = (Arc::new(Semaphore::new(AT_A_TIME)), JoinSet::new());
    for case in cases {
        for delivery in deliveries(&case) {
            // The row stands in the id, so that the warm-up's ids are not those of the table.
            let id = format!("k{}x{:05}", case.row, tasks.len());
            let (arena, case, places) = (rig.arena.clone(), case.clone(), places.clone());
            tasks.spawn(async move {
                let _place = places.acquire().await;
                let outcome = play(&case, id, delivery, &arena).await;
                (case, outcome)
            });
        }
    }
    tasks.join_all().await
}

/// Waits until no backend connection holds a broken request any more, and until the log has every refusal and a last
/// exchange.
async fn rest(rig: &Rig, played: &[Played]) {
    let broken = |records: &Records| {
        let open = |seen: &&Seen| !seen.whole && records.connections[seen.connection].ended.is_none();
        records.seen.iter().filter(open).count()
    };
    rig.arena.journal.came(SETTLED, |records| broken(records) == 0).await;
    let answers = played.iter().flat_map(|(_, outcome)| &outcome.answers.whole).filter(|answer| answer.status != 200);
    let wanted: Vec<String> = answers.filter_map(|answer| answer.fields.text("x-request-id")).collect();
    until(async || {
        let lines = rig.limpet.lines();
        let ids: BTreeSet<_> = lines.iter().filter_map(|line| line.get("limpet.request_id")).collect();
        wanted.iter().all(|id| ids.contains(id))
    })
    .await;
    let mut client = RawClient::connect(rig.arena.web).await;
    let last = format!("/{BYSTANDER}/last");
    client.send(format!("GET {last} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes()).await;
    client.answer().await;
    rig.limpet.wait_line("the last line of the access log", |line| line.get("url.path").as_ref() == Some(&last)).await;
}

fn failures(played: &[Played], records: &Records, lines: &[Line]) -> Vec<Failure> {
    let mut index: BTreeMap<String, Vec<&Seen>> = BTreeMap::new();
    for seen in records.seen.iter().filter(|seen| !seen.request.target.starts_with("/end/")) {
        index.entry(id_of(&seen.request.head)).or_default().push(seen);
    }
    let judged = played.iter().filter_map(|(case, outcome)| {
        let seen = index.get(&outcome.id).cloned().unwrap_or_default();
        let evidence = Evidence { case, outcome, seen, records, lines: Some(lines) };
        let findings = judge(&evidence);
        (!findings.is_empty()).then(|| Failure::new(&evidence, &findings))
    });
    judged.collect()
}

/// What reached a backend and belongs to nobody, and what is no strict HTTP/1.1 (I1, I8).
fn strays(records: &Records, played: &[Played]) -> Vec<String> {
    let ids: BTreeSet<&str> = played.iter().map(|(_, outcome)| &outcome.id[..]).collect();
    let known = |head: &[u8]| {
        let id = id_of(head);
        ids.contains(&id[..]) || id.starts_with("k0x") || find(head, BYSTANDER.as_bytes()).is_some()
    };
    let heads = records.seen.iter().map(|seen| &seen.request.head);
    let strangers =
        heads.filter(|head| !known(head)).map(|head| format!("I1: a request of nobody: {}", quote(head, 300)));
    let violations = records.connections.iter().enumerate().filter_map(|(number, connection)| {
        connection.violation.as_ref().map(|violation| format!("I8: backend connection {number}: {violation}"))
    });
    strangers.chain(violations).collect()
}

/// The id of a case in a head: `k`, its row, `x`, five digits.
fn id_of(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(head);
    let starts = text.match_indices('k').map(|(at, _)| &text[at..]);
    let ids = starts.filter_map(|text| {
        let (row, rest) = text[1..].split_once('x')?;
        let number = rest.get(..5)?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        (digits(row) && digits(number)).then(|| format!("k{row}x{number}"))
    });
    ids.into_iter().next().unwrap_or_default()
}

/// Every reason in the access log is counted (I6), awaited: the last may be counted a moment after it was logged.
async fn uncounted(rig: &Rig, lines: &[Line]) -> Vec<String> {
    let reasons = aftermath::reasons(lines);
    let mut findings = Vec::new();
    until(async || {
        let metrics = rig.limpet.metrics().await;
        findings = aftermath::uncounted(&reasons, |reason| metrics.counters_of(reason));
        findings.is_empty()
    })
    .await;
    findings
}

/// No panic, and files and memory as before the cases (I7), awaited: files are closed in their own time.
async fn left_behind(rig: &Rig, before: Footprint) -> Vec<String> {
    let mut findings = Vec::new();
    until(async || {
        findings = aftermath::left_behind(before, Footprint::of(&rig.limpet).await);
        findings.is_empty()
    })
    .await;
    if !findings.is_empty() {
        findings.push(format!("limpet said:\n{}", rig.limpet.said()));
    }
    findings
}

const AT_A_TIME: usize = 16;

/// What is not closed by then is judged as open.
const SETTLED: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::{Journal, RawBackend};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[test]
    fn an_id_is_found_wherever_it_stands() {
        assert_eq!(id_of(b"GET /kick/k12x00034?q HTTP/1.1"), "k12x00034");
        assert_eq!(id_of(b"GET /k1x2 HTTP/1.1\r\nX-Case: k7x00001"), "k7x00001");
        assert_eq!(id_of(b"GET /kkxx HTTP/1.1"), "");
    }

    #[tokio::test]
    async fn what_nobody_sent_and_what_is_no_http_is_found() {
        let journal = Journal::default();
        let backend = RawBackend::start("app", &journal).await;
        let mut client = tokio::net::TcpStream::connect(backend.address).await.unwrap();
        let bytes =
            b"GET /bystander/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\nGET /\r\n\r\n";
        client.write_all(bytes).await.unwrap();
        client.read_to_end(&mut Vec::new()).await.unwrap();
        let found = journal.read(|records| strays(records, &[]));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("/smuggled") && found[1].starts_with("I8: backend connection 0: not three words"));
    }
}
