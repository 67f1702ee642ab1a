//! The reader that judges must itself be judged: what it takes, what it refuses, and that cuts change nothing.
//!
//! What it must refuse is data, one request a line, in `refused.txt`; what it must take stands here.

use super::*;

fn read(bytes: &[u8]) -> Result<Vec<Request>, String> {
    let mut strict = Strict::default();
    let (events, violation) = strict.feed(bytes);
    violation.map_or(Ok(()), Err)?;
    let left = strict.partial().map(|request| request.target.clone());
    if left.is_some() || !strict.held().is_empty() {
        return Err(format!("incomplete: {left:?} {}", quote(strict.held(), 40)));
    }
    Ok(events
        .into_iter()
        .filter_map(|event| if let Event::Whole(request) = event { Some(request) } else { None })
        .collect())
}

const THREE: &[u8] = b"GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n\
    POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\
    PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n";

#[test]
fn three_framings_are_read_in_order() {
    let requests = read(THREE).unwrap();
    assert_eq!(requests.iter().map(|request| &request.target[..]).collect::<Vec<_>>(), ["/a?b", "/b", "/c"]);
    assert_eq!(requests[1].body, b"abc");
    assert_eq!(requests[2].body, b"abc0123456789");
    assert_eq!(requests[2].trailers.text("x-sum").as_deref(), Some("1"));
    assert_eq!(requests[0].head, b"GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n");
}

#[test]
fn every_cut_reads_the_same() {
    for cut in 1..THREE.len() {
        let mut strict = Strict::default();
        let first = strict.feed(&THREE[..cut]).0;
        let second = strict.feed(&THREE[cut..]).0;
        let whole = |events: &[Event]| events.iter().filter(|event| matches!(event, Event::Whole(_))).count();
        assert_eq!(whole(&first) + whole(&second), 3, "cut at {cut}");
    }
}

#[test]
fn an_incomplete_request_is_a_partial_one() {
    let mut strict = Strict::default();
    strict.feed(b"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    assert_eq!(strict.partial().unwrap().body, b"abc");
    let mut strict = Strict::default();
    strict.feed(b"POST /b HTTP/1.1\r\nHo");
    assert!(strict.partial().is_none());
    assert_eq!(strict.held(), b"POST /b HTTP/1.1\r\nHo");
}

#[test]
fn a_lenient_backend_would_take_these() {
    for case in include_str!("refused.txt").lines().filter(|line| !line.starts_with('#')) {
        let bytes = case.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t");
        assert!(read(bytes.as_bytes()).is_err(), "accepted {case}");
    }
}

#[test]
fn what_came_before_a_violation_counts() {
    let (events, violation) = Strict::default().feed(&[THREE, b"GET /d HTTP/1.0\r\n\r\n"].concat());
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Whole(_))).count(), 3);
    assert!(violation.unwrap().contains("another version"));
}
