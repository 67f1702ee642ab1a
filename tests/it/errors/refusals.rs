//! Requests that break a rule: refused with its status and its word, and the connection ends there.
//!
//! One row a rule, the plainest that breaks it. All the ways to break one, and what must not happen meanwhile, are the
//! tables of `hostile`.

use super::witness::{Expected, Witness};
use crate::harness::{Ended, Records};
use crate::scene::{Scene, ask, ask_all};

/// The rule, the status, and what breaks it: `HEAD` stands for a start that is in order, `LONG` for 40,000 letters.
pub(super) const ROWS: [(&str, u16, &str); 29] = [
    ("alias_field", 400, "HEADX_Forwarded_For: 127.0.0.1\r\n\r\n"),
    ("bare_lf", 400, "GET / HTTP/1.1\nHost: a\n\n"),
    ("chunk_extension", 400, "HEADTransfer-Encoding: chunked\r\n\r\n5;x=LONG\r\nhello\r\n0\r\n\r\n"),
    ("chunk_line", 400, "HEADTransfer-Encoding: chunked\r\n\r\n5\r\nhello!!0\r\n\r\n"),
    ("chunk_size", 400, "HEADTransfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n0\r\n\r\n"),
    ("conflicting_length", 400, "HEADContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
    ("connect", 405, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
    ("connection_field", 400, "HEADConnection: content-length\r\n\r\n"),
    ("expectation", 417, "HEADExpect: the-best\r\n\r\n"),
    ("field_line", 400, "HEADX-Name : value\r\n\r\n"),
    ("fragment", 400, "GET /#top HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("head_too_large", 431, "HEADX-Long: LONG\r\n\r\n"),
    ("host", 400, "GET / HTTP/1.1\r\n\r\n"),
    ("invalid_length", 400, "HEADContent-Length: five\r\n\r\nhello"),
    ("leading_lines", 400, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("length_and_coding", 400, "HEADContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("max_forwards", 400, "TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: many\r\n\r\n"),
    ("method_too_long", 501, "LONG / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("obs_fold", 400, "HEADX-Name: folded\r\n value\r\n\r\n"),
    ("request_line", 400, "GET  /\r\nHost: a\r\n\r\n"),
    ("target", 400, "GET elsewhere HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target_too_long", 414, "GET /LONG HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("too_many_fields", 431, "HEADMANY\r\n"),
    ("trace_content", 400, "TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"),
    ("trailer", 400, "HEADTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nno field\r\n\r\n"),
    ("transfer_coding", 400, "HEADTransfer-Encoding: gzip\r\n\r\n"),
    ("transfer_coding_unknown", 501, "HEADTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    ("upgrade", 501, "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
    ("version", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
];

#[tokio::test]
async fn a_request_that_breaks_a_rule_is_told_which_one() {
    let scene = Scene::start("").await;
    let mut witness = Witness::default();
    for (reason, status, bytes) in ROWS {
        let bytes = bytes.replace("HEAD", "POST /refused HTTP/1.1\r\nHost: a\r\n");
        let bytes = bytes.replace("LONG", &"x".repeat(40_000)).replace("MANY", &"X-One: more\r\n".repeat(101));
        let mut client = scene.client().await;
        let answer = ask(&mut client, &bytes).await;
        let allow = answer.fields.text("allow");
        assert_eq!(allow.is_some_and(|methods| methods.starts_with("GET, HEAD, ")), status == 405, "{reason}");
        let expected = Expected { status, reason, ended_by: Some("client"), goes_on: false };
        witness.sees(client, &answer, expected, "/").await;
    }
    witness.agrees_with(&scene.limpet).await;
    let whole = |records: &Records| records.seen.iter().filter(|seen| seen.whole).count();
    assert_eq!(scene.journal.read(whole), 0, "a refused request reached the backend whole");
    let metrics = scene.limpet.metrics().await;
    for (rule, ..) in ROWS {
        assert_eq!(metrics.sum("limpet_rejects_total", &[("side", "client"), ("rule", rule)]), 1.0, "{rule}");
    }
}

/// What came before a refusal on its connection is answered as ever.
#[tokio::test]
async fn a_refusal_takes_its_turn() {
    let scene = Scene::start("").await;
    let requests = "GET /one HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\nGET /three HTTP/1.1\r\n\r\n\
                    GET /four HTTP/1.1\r\nHost: a\r\n\r\n";
    let (answers, received) = ask_all(scene.client().await, requests, |_| false).await;
    assert_eq!(answers.whole.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 200, 400]);
    assert_eq!(received.ended, Ended::Fin);
    assert!(!scene.journal.read(|records| records.has("/three") || records.has("/four")));
}
