//! A worker's read buffers: leased while a message is handled, given back by being dropped.
//!
//! An idle connection holds none. A busy worker takes the one that was given back last, which is still in the cache.
//! What a burst needed is let go slowly by [`Buffers::trim`], so a steady load finds its buffers where it left them.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

/// Buffers kept whatever happens.
const FLOOR: usize = 16;

/// The free buffers of one worker.
pub(crate) struct Buffers {
    size: usize,
    free: RefCell<Vec<Box<[u8]>>>,
    /// The fewest that were free since the last trim: nobody missed these.
    unused: Cell<usize>,
}

impl Buffers {
    /// Buffers of `size` bytes each.
    pub(crate) fn new(size: usize) -> Rc<Buffers> {
        Rc::new(Buffers { size, free: RefCell::default(), unused: Cell::new(0) })
    }

    pub(crate) fn lease(self: &Rc<Buffers>) -> Buffer {
        let kept = self.free.borrow_mut().pop();
        self.unused.set(self.unused.get().min(self.free.borrow().len()));
        let bytes = kept.unwrap_or_else(|| vec![0; self.size].into_boxed_slice());
        Buffer { bytes, start: 0, end: 0, home: Rc::clone(self) }
    }

    /// Lets an eighth of the unused buffers go; to be called about once a second.
    pub(crate) fn trim(&self) {
        let mut free = self.free.borrow_mut();
        let keep = free.len() - (self.unused.get() / 8).min(free.len().saturating_sub(FLOOR));
        free.truncate(keep);
        self.unused.set(keep);
    }

    /// How many are free now.
    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.free.borrow().len()
    }
}

/// A leased buffer. The bytes that were read and not yet used lie between `start` and `end`.
pub(crate) struct Buffer {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
    home: Rc<Buffers>,
}

impl Buffer {
    /// The bytes not yet used.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    pub(crate) fn unread_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.end]
    }

    /// Where the unread bytes begin in the buffer.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Uses `count` of the unread bytes.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start += count;
        debug_assert!(self.start <= self.end, "more was consumed than read");
    }

    /// Room behind the unread bytes; they are moved to the front first where that makes more of it.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.start > 0 && self.bytes.len() - self.end < self.start {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        &mut self.bytes[self.end..]
    }

    /// Notes that `count` bytes were read into [`Buffer::room`].
    pub(crate) fn filled(&mut self, count: usize) {
        self.end += count;
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.home.free.borrow_mut().push(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(buffer: &mut Buffer, bytes: &[u8]) {
        buffer.room()[..bytes.len()].copy_from_slice(bytes);
        buffer.filled(bytes.len());
    }

    #[test]
    fn what_is_unread_moves_to_the_front_only_for_more_room() {
        let mut buffer = Buffers::new(8).lease();
        fill(&mut buffer, b"abcdef");
        buffer.consume(4);
        assert_eq!((buffer.unread(), buffer.start()), (&b"ef"[..], 4));
        assert_eq!(buffer.room().len(), 6);
        assert_eq!((buffer.unread(), buffer.start()), (&b"ef"[..], 0));
        fill(&mut buffer, b"gh");
        buffer.consume(1);
        assert_eq!((buffer.room().len(), buffer.start()), (4, 1), "as much room behind as in front: nothing moves");
        buffer.consume(3);
        assert!(buffer.is_empty());
        assert_eq!(buffer.room().len(), 8);
    }

    #[test]
    fn the_buffer_given_back_last_is_leased_next() {
        let buffers = Buffers::new(8);
        let (first, mut second) = (buffers.lease(), buffers.lease());
        fill(&mut second, b"mark");
        drop(first);
        drop(second);
        let again = buffers.lease();
        assert!(again.is_empty() && &again.bytes[..4] == b"mark");
    }

    #[test]
    fn what_nobody_needed_is_let_go_slowly_down_to_a_floor() {
        let buffers = Buffers::new(8);
        drop((0..100).map(|_| buffers.lease()).collect::<Vec<_>>());
        buffers.trim();
        assert_eq!(buffers.free(), 100, "all were needed since the last look");
        buffers.trim();
        assert_eq!(buffers.free(), 88);
        for _ in 0..100 {
            buffers.trim();
        }
        assert!((FLOOR..FLOOR + 8).contains(&buffers.free()), "{}", buffers.free());
    }
}
