//! Two readings of one message, part by part.
//!
//! Compares, and knows no excuses; these are in `explained`.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::Oracle;
use crate::reading::{Body, Field, Reading, Verdict};

/// What an oracle makes of a message that limpet takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// It refuses the message for this reason.
    Refuses(String),
    /// It refuses the body.
    RefusesBody(String),
    /// It reads a part differently.
    Reads { part: &'static str, ours: String, theirs: String },
}

impl Difference {
    pub fn refuses(&self, why: &str) -> bool {
        matches!(self, Difference::Refuses(reason) if reason == why)
    }
}

pub fn differences(ours: &Reading, theirs: &Verdict, oracle: Oracle) -> Vec<Difference> {
    let mut found: Vec<Difference> = theirs.refused.iter().cloned().map(Difference::Refuses).collect();
    let Some(theirs) = &theirs.reading else {
        if found.is_empty() {
            found.push(Difference::Refuses("waits".to_owned()));
        }
        return found;
    };
    let mut compare = |part, ours: &dyn Debug, theirs: &dyn Debug| {
        let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
        if ours != theirs {
            found.push(Difference::Reads { part, ours, theirs });
        }
    };
    compare("start", &ours.start, &theirs.start);
    compare("target", &text(&ours.target), &text(&theirs.target));
    compare("authority", &text(&ours.authority), &text(&theirs.authority));
    compare("version", &ours.http11, &theirs.http11);
    compare("framing", &ours.framing, &theirs.framing);
    // To close is always safe.
    compare("keep_alive", &ours.keep_alive, &(ours.keep_alive && theirs.keep_alive));
    match oracle {
        Oracle::Rules => compare("fields", &texts(&ours.fields), &texts(&theirs.fields)),
        Oracle::Hyper => compare("fields", &by_name(&ours.fields), &by_name(&theirs.fields)),
    }
    body(&ours.body, &theirs.body, &mut found);
    found
}

fn body(ours: &Body, theirs: &Body, found: &mut Vec<Difference>) {
    let (data, used) = match ours {
        // Nothing of a refused body counts as taken.
        Body::Refused(_) => return,
        Body::Whole { data, used } => (data, Some(*used)),
        Body::Partial { data } => (data, None),
    };
    let (their_data, their_used) = match theirs {
        Body::Refused(why) => return found.push(Difference::RefusesBody(why.clone())),
        Body::Whole { data, used } => (data, Some(*used)),
        Body::Partial { data } => (data, None),
    };
    let ends_alike = match (used, their_used) {
        (Some(Some(ours)), Some(Some(theirs))) => ours == theirs,
        (ours, theirs) => ours.is_some() == theirs.is_some(),
    };
    if !ends_alike {
        found.push(Difference::Reads { part: "end", ours: format!("{used:?}"), theirs: format!("{their_used:?}") });
    }
    if data != their_data {
        found.push(Difference::Reads { part: "body", ours: text(data), theirs: text(their_data) });
    }
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

fn texts(fields: &[Field]) -> Vec<String> {
    fields.iter().map(|(name, value)| format!("{}: {}", text(name), text(value))).collect()
}

/// hyper keeps neither the case of names nor the order between them.
fn by_name(fields: &[Field]) -> BTreeMap<String, Vec<String>> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in fields {
        names.entry(text(name).to_ascii_lowercase()).or_default().push(text(value));
    }
    names
}
