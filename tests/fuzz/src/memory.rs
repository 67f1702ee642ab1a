//! A connection without a socket: what the other side sent lies there from the start, what is written is forgotten.
//!
//! And the small executor that drives hyper over it: it polls as long as somebody asks to be polled again, so a run
//! ends, always in the same way.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use hyper::rt::{Read, ReadBufCursor, Write};

/// One end of a connection; the other sent `input` and then said that no more will come.
pub struct Memory {
    input: Vec<u8>,
    at: usize,
    /// The other side sends only after it heard something.
    listens_first: bool,
    waiting: Option<Waker>,
}

impl Memory {
    pub fn sends(input: &[u8]) -> Memory {
        Memory { input: input.to_vec(), at: 0, listens_first: false, waiting: None }
    }

    pub fn answers(input: &[u8]) -> Memory {
        Memory { listens_first: true, ..Memory::sends(input) }
    }
}

impl Read for Memory {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        if self.listens_first {
            self.waiting = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = buf.remaining().min(self.input.len() - self.at);
        buf.put_slice(&self.input[self.at..self.at + count]);
        self.at += count;
        Poll::Ready(Ok(()))
    }
}

impl Write for Memory {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.listens_first = false;
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Polls both until neither wants more; gives what they came to.
pub fn drive<A: Future, B: Future>(one: A, other: B) -> (Option<A::Output>, Option<B::Output>) {
    let (mut one, mut other) = (std::pin::pin!(one), std::pin::pin!(other));
    let (mut one_ended, mut other_ended) = (None, None);
    let again = Arc::new(Again(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&again));
    let mut cx = Context::from_waker(&waker);
    while again.0.swap(false, Ordering::Relaxed) {
        if one_ended.is_none()
            && let Poll::Ready(output) = one.as_mut().poll(&mut cx)
        {
            one_ended = Some(output);
            again.0.store(true, Ordering::Relaxed);
        }
        if other_ended.is_none()
            && let Poll::Ready(output) = other.as_mut().poll(&mut cx)
        {
            other_ended = Some(output);
            again.0.store(true, Ordering::Relaxed);
        }
    }
    (one_ended, other_ended)
}

struct Again(AtomicBool);

impl Wake for Again {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
