//! The thread that writes the access log.
//!
//! It looks at all buffers every tenth of a second, or when one has enough; takes each by swapping in an empty one;
//! and writes with no lock held. It may block in a write for ever: nobody waits for it. A target that refuses
//! (a full disk) costs the lines of that batch; one that nobody reads (EPIPE) ends the log.

use std::io::{ErrorKind, Write};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::{Buffer, Shared, lock};

pub(super) struct Writer {
    shared: Arc<Shared>,
    target: Box<dyn Write + Send>,
    /// Empty, and of some worker's working size: it is swapped for the next buffer taken.
    spare: Vec<u8>,
    /// The target holds a line without its end.
    torn: bool,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, target: Box<dyn Write + Send>) -> Writer {
        Writer { shared, target, spare: Vec::new(), torn: false }
    }

    /// Until the log is stopped or nobody reads it.
    pub(super) fn run(mut self) {
        loop {
            // Read before the buffers are: what was recorded before the stop is written.
            let stopping = self.shared.stopping.load(Ordering::Acquire);
            self.shared.woken.store(false, Ordering::Release);
            self.round();
            let closed = self.shared.closed.load(Ordering::Relaxed);
            if stopping || closed {
                self.shared.closed.store(true, Ordering::Relaxed);
                // What came too late is counted as dropped.
                self.round();
                return;
            }
            thread::park_timeout(FLUSH_EVERY);
        }
    }

    /// Takes and writes every worker's lines.
    fn round(&mut self) {
        let buffers = lock(&self.shared.buffers).clone();
        let mut wrote = false;
        for buffer in &buffers {
            let left = buffer.left.load(Ordering::Acquire);
            mem::swap(&mut *lock(&buffer.lines), &mut self.spare);
            wrote |= !self.spare.is_empty();
            let lines = mem::take(&mut self.spare);
            self.write(&lines);
            self.spare = lines;
            self.spare.clear();
            if left {
                self.forget(buffer);
            }
        }
        if wrote && self.target.flush().is_err_and(|error| error.kind() == ErrorKind::BrokenPipe) {
            self.shared.closed.store(true, Ordering::Relaxed);
        }
    }

    /// The worker is gone and its last lines are taken; what it dropped stays counted.
    fn forget(&self, buffer: &Arc<Buffer>) {
        let mut buffers = lock(&self.shared.buffers);
        buffers.retain(|other| !Arc::ptr_eq(other, buffer));
        self.shared.dropped.fetch_add(buffer.dropped.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    fn write(&mut self, lines: &[u8]) {
        if lines.is_empty() {
            return;
        }
        if self.torn && self.put(b"\n") == 1 {
            self.torn = false;
        }
        let written = if self.torn { 0 } else { self.put(lines) };
        if written < lines.len() {
            self.torn |= written > 0 && lines[written - 1] != b'\n';
            let lost = lines[written..].iter().filter(|byte| **byte == b'\n').count();
            self.shared.dropped.fetch_add(lost as u64, Ordering::Relaxed);
        }
    }

    /// Bytes written: all, unless the target refuses.
    fn put(&mut self, bytes: &[u8]) -> usize {
        let mut written = 0;
        while written < bytes.len() && !self.shared.closed.load(Ordering::Relaxed) {
            match self.target.write(&bytes[written..]) {
                Ok(0) => break,
                Ok(more) => written += more,
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    // Somebody made the pipe non-blocking. That is a slow reader; a stop does not wait for it.
                    ErrorKind::WouldBlock if !self.shared.stopping.load(Ordering::Acquire) => {
                        thread::park_timeout(RETRY_EVERY);
                    }
                    ErrorKind::BrokenPipe => self.shared.closed.store(true, Ordering::Relaxed),
                    _ => break,
                },
            }
        }
        written
    }
}

/// A line waits no longer than this for its write to begin.
const FLUSH_EVERY: Duration = Duration::from_millis(100);
/// Between two tries at a target that has no room just now.
const RETRY_EVERY: Duration = Duration::from_millis(10);
