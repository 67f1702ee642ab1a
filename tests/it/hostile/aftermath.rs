//! What only shows when all cases of a table are over: reasons that no counter has (I6), and what limpet still holds
//! of cases that are gone (I7).
//!
//! It compares figures and knows nothing of how long to wait for them, so that a missing counter and a leaked file can
//! be handed to it.

use std::collections::BTreeMap;

use crate::harness::{Limpet, Line};

/// What limpet holds at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Footprint {
    files: usize,
    /// Bytes of resident memory.
    memory: usize,
    panics: f64,
}

impl Footprint {
    pub(crate) async fn of(limpet: &Limpet) -> Footprint {
        let panics = limpet.metrics().await.sum("limpet_panics_total", &[]);
        Footprint { files: limpet.open_files(), memory: limpet.resident(), panics }
    }
}

/// What `after` has more than `before`, and may not.
pub(crate) fn left_behind(before: Footprint, after: Footprint) -> Vec<String> {
    let mut findings = Vec::new();
    if after.panics > before.panics {
        findings.push(format!("I7: {} panics", after.panics - before.panics));
    }
    if after.files > before.files {
        findings.push(format!("I7: {} open files, {} before", after.files, before.files));
    }
    let grown = after.memory.saturating_sub(before.memory);
    if grown > GROWTH {
        findings.push(format!("I7: memory grew by {grown} bytes over {}", before.memory));
    }
    findings
}

/// How often the access log names each reason.
pub(crate) fn reasons(lines: &[Line]) -> BTreeMap<String, u32> {
    let mut reasons = BTreeMap::new();
    for reason in lines.iter().filter_map(|line| line.get("limpet.reason")).filter(|reason| !reason.is_empty()) {
        *reasons.entry(reason).or_default() += 1;
    }
    reasons
}

/// Reasons that no counter has as often as they were logged. `counters` gives, for a label's value, each counter that
/// has it, with its sum.
pub(crate) fn uncounted(
    reasons: &BTreeMap<String, u32>,
    counters: impl Fn(&str) -> BTreeMap<String, f64>,
) -> Vec<String> {
    let missing = reasons.iter().filter_map(|(reason, count)| {
        let counters = counters(reason);
        let counted = counters.values().any(|value| *value == f64::from(*count));
        (!counted).then(|| format!("I6: {reason} was logged {count} times, but counted {counters:?}"))
    });
    missing.collect()
}

/// Bytes by which limpet may have grown; buffers of sixteen connections at once, and the allocator's slack.
const GROWTH: usize = 8 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_is_not_counted_or_not_as_often_is_found() {
        let log = ["obs_fold", "bare_lf", "obs_fold", ""];
        let log = log.map(|reason| Line::of(format!(r#"{{"limpet.reason":"{reason}"}}"#)));
        let logged = reasons(&log);
        let found = |counted: &[(&str, f64)]| {
            let counters = |reason: &str| {
                let counter = counted.iter().filter(|(label, _)| *label == reason);
                counter.map(|(_, value)| ("limpet_refused_total".to_owned(), *value)).collect()
            };
            uncounted(&logged, counters).join("; ")
        };
        assert_eq!(found(&[("obs_fold", 2.0), ("bare_lf", 1.0)]), "");
        assert_eq!(found(&[("obs_fold", 2.0)]), "I6: bare_lf was logged 1 times, but counted {}");
        assert!(found(&[("obs_fold", 1.0), ("bare_lf", 1.0)]).starts_with("I6: obs_fold was logged 2 times"));
    }

    #[test]
    fn a_leaked_file_a_panic_and_growth_are_found() {
        let before = Footprint { files: 20, memory: 30 << 20, panics: 0.0 };
        assert!(left_behind(before, before).is_empty());
        assert!(left_behind(before, Footprint { files: 19, memory: (30 << 20) + GROWTH, panics: 0.0 }).is_empty());
        let found = left_behind(before, Footprint { files: 21, memory: (30 << 20) + GROWTH + 1, panics: 1.0 });
        let expected = ["I7: 1 panics", "I7: 21 open files, 20 before", "I7: memory grew by 8388609 bytes"];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        assert!(found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected)), "{found:?}");
    }
}
