//! A connection in memory, for tests and fuzzing: two ends that behave like a socket's down to half-close and reset.
//!
//! Each way holds a bounded number of bytes, so that back-pressure can be played as well, and nothing depends on a
//! kernel's timing. Never in a release; nothing outside tests may ask which kind of [`super::Stream`] it holds.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// One end of a connection in memory.
pub(crate) struct Memory {
    pipe: Arc<Mutex<Pipe>>,
    /// Which of the two directions this end writes.
    side: usize,
}

struct Pipe {
    ways: [Way; 2],
    capacity: usize,
}

#[derive(Default)]
struct Way {
    bytes: VecDeque<u8>,
    ended: bool,
    reset: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Memory {
    /// Two connected ends; each way holds `capacity` bytes.
    pub(crate) fn pair(capacity: usize) -> (Memory, Memory) {
        let pipe = Arc::new(Mutex::new(Pipe { ways: Default::default(), capacity }));
        (Memory { pipe: Arc::clone(&pipe), side: 0 }, Memory { pipe, side: 1 })
    }

    pub(crate) fn poll_read_ready(&mut self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let side = 1 - self.side;
        let mut pipe = self.lock();
        let way = &mut pipe.ways[side];
        if way.bytes.is_empty() && !way.ended && !way.reset {
            way.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    pub(crate) fn poll_reset(&mut self, cx: &Context<'_>) -> Poll<()> {
        let ready = self.poll_read_ready(cx).is_ready();
        let side = 1 - self.side;
        if ready && self.lock().ways[side].reset { Poll::Ready(()) } else { Poll::Pending }
    }

    pub(crate) fn poll_read(&mut self, cx: &Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        std::task::ready!(self.poll_read_ready(cx))?;
        let side = 1 - self.side;
        let mut pipe = self.lock();
        let way = &mut pipe.ways[side];
        if way.reset {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let count = way.bytes.len().min(into.len());
        for (to, from) in into.iter_mut().zip(way.bytes.drain(..count)) {
            *to = from;
        }
        wake(&mut way.writer);
        Poll::Ready(Ok(count))
    }

    pub(crate) fn poll_write(&mut self, cx: &Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let side = self.side;
        let mut pipe = self.lock();
        let capacity = pipe.capacity;
        let way = &mut pipe.ways[side];
        if way.reset || way.ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let count = bytes.len().min(capacity - way.bytes.len());
        if count == 0 && !bytes.is_empty() {
            way.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        way.bytes.extend(&bytes[..count]);
        wake(&mut way.reader);
        Poll::Ready(Ok(count))
    }

    /// No more will be written: the other end reads what is there, then the end.
    pub(crate) fn shutdown(&mut self) {
        let side = self.side;
        let mut pipe = self.lock();
        pipe.ways[side].ended = true;
        wake(&mut pipe.ways[side].reader);
    }

    /// Both ways are gone at once.
    pub(crate) fn abort(&mut self) {
        let mut pipe = self.lock();
        for way in &mut pipe.ways {
            way.reset = true;
            wake(&mut way.reader);
            wake(&mut way.writer);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pipe> {
        self.pipe.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let side = self.side;
        let mut pipe = self.lock();
        pipe.ways[side].ended = true;
        wake(&mut pipe.ways[side].reader);
        let other = &mut pipe.ways[1 - side];
        other.reset |= !other.bytes.is_empty();
        other.ended = true;
        wake(&mut other.writer);
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}
