//! The access log: one line an exchange, off the request's path.
//!
//! A worker formats a line straight into a buffer of its own; one thread for the process takes the buffers and
//! writes them out. The thread holds a buffer's lock only while it swaps an empty one in, never while it writes, so a
//! reader that is slow, stopped or gone costs lines, which are counted, and never an exchange. Knows nothing of
//! where the words of a line come from.

mod escape;
mod line;
mod writer;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::config::AccessOnly;

pub(crate) use line::{EndedBy, Line};

use writer::Writer;

/// The access log of the process, and its writing thread.
pub(crate) struct AccessLog {
    shared: Arc<Shared>,
    writer: Thread,
    /// Hangs up when the writer has ended.
    ended: Mutex<Receiver<()>>,
}

/// A worker's end of the access log.
pub(crate) struct AccessLogger {
    shared: Arc<Shared>,
    buffer: Arc<Buffer>,
    writer: Thread,
    only: AccessOnly,
}

impl AccessLog {
    /// Starts the thread that writes to `target`. Whatever `target` buffers by itself is flushed after each batch.
    pub(crate) fn start(target: Box<dyn Write + Send>) -> io::Result<AccessLog> {
        let shared = Arc::new(Shared::default());
        let (alive, ended) = mpsc::channel();
        let writer = Writer::new(Arc::clone(&shared), target);
        let run = move || {
            let _alive: mpsc::Sender<()> = alive;
            writer.run();
        };
        let thread = thread::Builder::new().name("access-log".to_owned()).spawn(run)?;
        Ok(AccessLog { shared, writer: thread.thread().clone(), ended: Mutex::new(ended) })
    }

    /// Standard output, unbuffered and without the lock that the rest of the process would share with us.
    pub(crate) fn stdout() -> io::Result<Box<dyn Write + Send>> {
        let own = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Box::new(File::from(own)))
    }

    /// A worker's end. Each has a buffer of [`MAX_WAITING`] bytes at most.
    pub(crate) fn logger(&self, only: AccessOnly) -> AccessLogger {
        let buffer = Arc::new(Buffer::default());
        lock(&self.shared.buffers).push(Arc::clone(&buffer));
        AccessLogger { shared: Arc::clone(&self.shared), buffer, writer: self.writer.clone(), only }
    }

    /// Lines dropped since the start: for want of room, or because the target took them no longer.
    pub(crate) fn dropped(&self) -> u64 {
        let buffers = lock(&self.shared.buffers);
        let waiting: u64 = buffers.iter().map(|buffer| buffer.dropped.load(Ordering::Relaxed)).sum();
        waiting + self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Writes what was recorded so far and ends the thread; blocks for `within` at most. True if all was written or
    /// counted as dropped; false if the target still blocks, and then the thread is left to the end of the process.
    pub(crate) fn stop(&self, within: Duration) -> bool {
        self.ask_to_stop();
        matches!(lock(&self.ended).recv_timeout(within), Err(RecvTimeoutError::Disconnected))
    }

    fn ask_to_stop(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        self.writer.unpark();
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        self.ask_to_stop();
    }
}

impl AccessLogger {
    /// Logs an exchange, if it is to be logged. Never waits for the target; allocates only while the buffer grows to
    /// its working size.
    pub(crate) fn record(&self, line: &Line<'_>) {
        if !line.wanted(self.only) {
            return;
        }
        if self.shared.closed.load(Ordering::Relaxed) {
            self.buffer.drop_one();
            return;
        }
        let mut lines = lock(&self.buffer.lines);
        if lines.len() + line.most() > MAX_WAITING {
            self.buffer.drop_one();
        } else {
            line.write(&mut lines);
        }
        let full = lines.len() >= WAKE_AT;
        drop(lines);
        // The load first: with a writer that is slow, all further lines would fight for the flag.
        if full && !self.shared.woken.load(Ordering::Relaxed) && !self.shared.woken.swap(true, Ordering::AcqRel) {
            self.writer.unpark();
        }
    }
}

impl Drop for AccessLogger {
    fn drop(&mut self) {
        self.buffer.left.store(true, Ordering::Release);
    }
}

/// What the workers and the writer have in common.
#[derive(Default)]
struct Shared {
    buffers: Mutex<Vec<Arc<Buffer>>>,
    /// The writer was woken and has not looked yet: a wake is a system call, one a flush is enough.
    woken: AtomicBool,
    stopping: AtomicBool,
    /// Nobody reads any more.
    closed: AtomicBool,
    /// Lines that the writer lost, and those of workers that left.
    dropped: AtomicU64,
}

/// One worker's lines, whole ones only.
#[derive(Default)]
struct Buffer {
    lines: Mutex<Vec<u8>>,
    dropped: AtomicU64,
    left: AtomicBool,
}

impl Buffer {
    fn drop_one(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

/// A panic elsewhere leaves at worst a line without its end.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes of a worker's lines that wait to be written: about a second of a busy worker.
const MAX_WAITING: usize = 1024 * 1024;
/// Bytes that make a write worth a wake.
const WAKE_AT: usize = 64 * 1024;

#[cfg(test)]
mod tests;
