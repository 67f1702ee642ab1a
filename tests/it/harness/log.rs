//! The log lines of a process, read as they are written.
//!
//! A thread a stream, so that a test that is busy never blocks the process it watches. Lines are JSON; what is not
//! is kept as text, for the report of a process that died.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use super::within;

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) text: String,
    value: Value,
}

impl Line {
    pub(crate) fn of(text: String) -> Line {
        let value = serde_json::from_str(&text).unwrap_or(Value::Null);
        Line { text, value }
    }

    /// A member of the line, or of its `fields`, as text; numbers as they are written.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let member = self.value.get(name).or_else(|| self.value.get("fields")?.get(name))?;
        Some(member.as_str().map_or_else(|| member.to_string(), str::to_owned))
    }
}

/// The lines of one stream so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines(Arc<watch::Sender<Stream>>);

#[derive(Debug, Default)]
pub(crate) struct Stream {
    pub(crate) lines: Vec<Line>,
    /// The process closed it.
    pub(crate) ended: bool,
}

impl Lines {
    /// Reads `source` to its end on a thread of its own.
    pub(super) fn follow(source: impl Read + Send + 'static) -> Lines {
        let lines = Lines::default();
        let writer = lines.clone();
        std::thread::spawn(move || {
            for text in BufReader::new(source).lines().map_while(Result::ok) {
                writer.0.send_modify(|stream| stream.lines.push(Line::of(text)));
            }
            writer.0.send_modify(|stream| stream.ended = true);
        });
        lines
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&[Line]) -> T) -> T {
        look(&self.0.borrow().lines)
    }

    /// Waits until `seen` says so, or fails the test naming `what`.
    pub(super) async fn wait(&self, what: &str, seen: impl FnMut(&Stream) -> bool) {
        let mut reader = self.0.subscribe();
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = within(what, reader.wait_for(seen)).await;
    }
}
