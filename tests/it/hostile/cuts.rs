//! Cut at every byte, in process: whatever arrives in one piece or in two or byte by byte, the engine reads the same.
//!
//! Over sockets a cut is a hint; here it is exact. The input is every case of every table, without the bytes of
//! sweeps and without what is too long to cut everywhere. Nothing here says what is right, only that it stays.

use limpet::lab;

use super::notation::{Filling, Step};
use super::tables::all;
use crate::harness::quote;

#[test]
fn no_cut_changes_what_is_read() {
    let mut read = 0;
    for case in all().iter().flat_map(|table| &table.cases).filter(|case| case.swept.is_none()) {
        let bytes = case.program.bytes(Filling { id: "k1", swept: None });
        if bytes.len() > LONGEST {
            continue;
        }
        let whole = reading(&bytes, &[]);
        let everywhere: Vec<usize> = (1..bytes.len()).collect();
        let cuts = everywhere.iter().map(|cut| vec![*cut]).chain([everywhere.clone()]);
        for cuts in cuts {
            let cut = reading(&bytes, &cuts);
            assert_eq!(cut, whole, "row {} cut at {cuts:?}: {}", case.name, quote(&bytes, LONGEST));
        }
        read += 1;
    }
    assert!(read > 400, "only {read} cases were short enough");
}

/// The reading itself distinguishes messages; else the test above would hold for anything.
#[test]
fn the_reading_is_of_substance() {
    let program = |text: &str| super::notation::Program::parse(text).unwrap();
    let steps = program(r#"P CL3 ;; "abc" P TEC ;; "2\r\nde\r\n0\r\n\r\n" G ;; G CL5 TEC ;;"#)
        .steps(Filling { id: "k1", swept: None });
    let bytes: Vec<u8> =
        steps.into_iter().flat_map(|step| if let Step::Write(bytes) = step { bytes } else { vec![] }).collect();
    let read = reading(&bytes, &[5, 99]);
    let expected = [
        r#"POST /p/k1 length 3 body "abc""#,
        r#"POST /p/k1 chunked body "de""#,
        r#"GET /g/k1 none body """#,
        "refused: length_and_coding",
    ];
    assert_eq!(read.len(), expected.len(), "{read:?}");
    assert!(read.iter().zip(expected).all(|(read, expected)| read.starts_with(expected)), "{read:?}");
}

/// What the engine reads in `bytes` when they come in pieces that end at `cuts`: a line a message, the last of them
/// refused or incomplete.
fn reading(bytes: &[u8], cuts: &[usize]) -> Vec<String> {
    let (mut read, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let head = match lab::request(&pieces(bytes, at, cuts), 32 << 10, 100) {
            Ok(Some(head)) => head,
            Ok(None) => {
                read.push("an incomplete head".to_owned());
                break;
            }
            Err(rule) => {
                read.push(format!("refused: {rule}"));
                break;
            }
        };
        at += head.consumed;
        let (body, end) = body(bytes, at, cuts, &head.framing);
        let target = String::from_utf8_lossy(&head.target);
        let fields = quote(&head.written, usize::MAX);
        read.push(format!("{} {target} {} body {body}; written {fields}", head.method_or_status, head.framing));
        match end {
            Some(end) => at = end,
            None => break,
        }
    }
    read
}

/// The body that begins at `at`, and where it ends, if it does.
fn body(bytes: &[u8], at: usize, cuts: &[usize], framing: &str) -> (String, Option<usize>) {
    if let Some(length) = framing.strip_prefix("length ").and_then(|length| length.parse::<usize>().ok()) {
        let rest = &bytes[at..];
        return (
            quote(&rest[..rest.len().min(length)], usize::MAX),
            at.checked_add(length).filter(|end| *end <= bytes.len()),
        );
    }
    if framing != "chunked" {
        return (quote(b"", 0), Some(at));
    }
    match lab::chunked(&pieces(bytes, at, cuts)) {
        Ok(body) => (quote(&body.data, usize::MAX), body.done.then_some(at + body.consumed)),
        Err(rule) => (format!("refused: {rule}"), None),
    }
}

fn pieces<'a>(bytes: &'a [u8], from: usize, cuts: &[usize]) -> Vec<&'a [u8]> {
    let (mut pieces, mut at) = (Vec::new(), from);
    for end in cuts.iter().copied().filter(|cut| *cut > from).chain([bytes.len()]) {
        pieces.push(&bytes[at..end]);
        at = end;
    }
    pieces
}

/// Bytes of the longest case that is cut everywhere.
const LONGEST: usize = 600;
