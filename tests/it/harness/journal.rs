//! What the backends of a test were sent: exact bytes, requests whole and partial, and how each connection ended.
//!
//! One journal may serve several backends. It only keeps the record and lets a test wait for an entry; whether an
//! entry should be there is for the test to say.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::{Event, Request, Strict, find, within};

/// A shared record that tests read and wait on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Arc<watch::Sender<Records>>);

#[derive(Debug, Default)]
pub(crate) struct Records {
    /// Requests in the order of their heads.
    pub(crate) seen: Vec<Seen>,
    pub(crate) connections: Vec<Connection>,
}

/// A request whose head arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The backend's name.
    pub(crate) backend: &'static str,
    /// Index into [`Records::connections`].
    pub(crate) connection: usize,
    pub(crate) request: Request,
    /// The body came to its end.
    pub(crate) whole: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Connection {
    /// Everything received, in order.
    pub(crate) bytes: Vec<u8>,
    /// Why the bytes are no strict HTTP/1.1.
    pub(crate) violation: Option<String>,
    /// What was left over when it ended: an incomplete head or piece of body.
    pub(crate) rest: Vec<u8>,
    pub(crate) ended: Option<Instant>,
}

impl Journal {
    /// Looks at the record as it is now.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Records) -> T) -> T {
        look(&self.0.borrow())
    }

    /// Waits until `seen` says so, or fails the test naming `what`.
    pub(crate) async fn wait(&self, what: &str, seen: impl FnMut(&Records) -> bool) {
        let mut reader = self.0.subscribe();
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = within(what, reader.wait_for(seen)).await;
    }

    /// As [`Journal::wait`], but gives up quietly after `limit` and says whether it came.
    pub(crate) async fn came(&self, limit: std::time::Duration, seen: impl FnMut(&Records) -> bool) -> bool {
        let mut reader = self.0.subscribe();
        tokio::time::timeout(limit, reader.wait_for(seen)).await.is_ok()
    }
}

impl Seen {
    /// Its connection brought the beginning of it, and no end.
    pub(crate) fn is_open_on(&self, connection: usize) -> bool {
        self.connection == connection && !self.whole
    }
}

impl Connection {
    /// The bytes that could not be understood have this text; earlier requests do not count.
    pub(crate) fn carries(&self, text: &[u8]) -> bool {
        let understood = self.bytes.len() - self.rest.len();
        find(&self.bytes[understood..], text).is_some()
            || self.violation.as_ref().is_some_and(|violation| find(violation.as_bytes(), text).is_some())
    }
}

impl Records {
    /// Requests with this text in their heads, in order.
    pub(crate) fn with(&self, text: &str) -> Vec<&Seen> {
        self.seen.iter().filter(|seen| find(&seen.request.head, text.as_bytes()).is_some()).collect()
    }

    /// Whether a head with this text arrived.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.seen.iter().any(|seen| find(&seen.request.head, text.as_bytes()).is_some())
    }
}

/// Writes the record of one connection; dropped when it ends.
#[derive(Debug)]
pub(super) struct Recorder {
    journal: Journal,
    backend: &'static str,
    connection: usize,
    strict: Strict,
    /// A violation was noted; the connection can only be closed.
    pub(super) broken: bool,
}

impl Recorder {
    pub(super) fn new(journal: &Journal, backend: &'static str) -> Recorder {
        let mut connection = 0;
        journal.0.send_modify(|records| {
            connection = records.connections.len();
            records.connections.push(Connection::default());
        });
        Recorder { journal: journal.clone(), backend, connection, strict: Strict::default(), broken: false }
    }

    /// Takes in what was read, and gives back what it brought.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        let (events, violation) = self.strict.feed(bytes);
        self.broken |= violation.is_some();
        self.journal.0.send_modify(|records| {
            records.connections[self.connection].bytes.extend_from_slice(bytes);
            events.iter().for_each(|event| note(records, self.backend, self.connection, event));
            if violation.is_some() {
                records.connections[self.connection].violation = violation;
            }
        });
        events
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.journal.0.send_modify(|records| {
            if let Some(partial) = self.strict.partial() {
                let last = records.seen.iter_mut().rev().find(|seen| seen.connection == self.connection);
                last.into_iter().for_each(|seen| seen.request = partial.clone());
            }
            let connection = &mut records.connections[self.connection];
            connection.rest = self.strict.held().to_vec();
            connection.ended = Some(Instant::now());
        });
    }
}

fn note(records: &mut Records, backend: &'static str, connection: usize, event: &Event) {
    match event {
        Event::Head(request) => {
            records.seen.push(Seen { backend, connection, request: request.clone(), whole: false });
        }
        Event::Whole(request) => {
            let open = records.seen.iter_mut().rev().find(|seen| seen.connection == connection && !seen.whole);
            match open {
                Some(seen) => (seen.request, seen.whole) = (request.clone(), true),
                None => records.seen.push(Seen { backend, connection, request: request.clone(), whole: true }),
            }
        }
    }
}
