//! Every answer that limpet makes itself: its status, its reason, its id, and whether the connection goes on.
//!
//! Three tables hold all ways to get one: requests that break a rule, backends that fail, and what limpet decides by
//! itself. A reason of the source without a row fails. That each refusal is right is judged in `hostile`; here each is
//! held to how it is told.

mod backends;
mod decisions;
mod head;
mod refusals;
mod witness;

use std::collections::BTreeSet;
use std::path::Path;

/// Reasons that never become an answer: the client is gone, or has got the head of another one already; and a list of
/// backends that does not change always has one to ask.
const NEVER_TOLD_TO_A_CLIENT: [&str; 4] = ["client_gone", "client_write_timeout", "backend_idle_timeout", "no_backend"];

#[test]
fn every_reason_has_a_row() {
    let source = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    // `(Client, 408, "head_timeout")`, and `StatusLine "status_line" 400;`.
    let failures = source("src/proxy/error.rs");
    let failures = failures.lines().filter(|line| line.contains("=> (")).filter_map(quoted);
    let rules = source("src/http/reject.rs");
    let rules = rules.lines().filter(|line| is_rule(line)).filter_map(quoted);
    let reasons: BTreeSet<&str> = failures.chain(rules).collect();
    assert!(reasons.len() > 40, "the source was not understood: {reasons:?}");
    let rows: BTreeSet<&str> = refusals::ROWS
        .iter()
        .map(|row| row.0)
        .chain(backends::reasons())
        .chain(decisions::REASONS)
        .chain(NEVER_TOLD_TO_A_CLIENT)
        // Where descriptors run out: `capacity`.
        .chain(["no_descriptor"])
        .collect();
    let missing: Vec<_> = reasons.difference(&rows).collect();
    assert!(missing.is_empty(), "reasons without a row: {missing:?}");
    let unknown: Vec<_> = rows.difference(&reasons).collect();
    assert!(unknown.is_empty(), "rows of reasons that do not exist: {unknown:?}");
}

fn quoted(line: &str) -> Option<&str> {
    line.split('"').nth(1)
}

/// A name, a label, a status.
fn is_rule(line: &str) -> bool {
    let words: Vec<_> = line.trim().trim_end_matches(';').split(' ').collect();
    matches!(words[..], [_, label, status] if label.starts_with('"') && status.parse::<u16>().is_ok())
}
