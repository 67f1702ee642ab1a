//! The allocator of this test binary: the system's, with an account for every thread.
//!
//! It stands here because allocations are a budget: an exchange may make none, and what an exchange leaves behind
//! shows as bytes that live on. Counting must not allocate, so accounts lie in a table of fixed size, found by the
//! thread's number. The one place of the project with unsafe code.
#![expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait, and there is no other way to see every allocation")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a thread allocated so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// Calls for memory: new, zeroed or regrown.
    pub(crate) calls: u64,
    /// Bytes allocated less bytes freed, by this thread.
    pub(crate) live: i64,
}

/// The account of the thread that the system gives this number.
pub(crate) fn account(thread: u32) -> Account {
    let entry = &ENTRIES[slot(thread)];
    Account { calls: entry.calls.load(Relaxed), live: entry.live.load(Relaxed) }
}

/// While it lives, the first few allocations of one thread are reported on standard error, with where they come from.
pub(crate) struct Watch;

impl Watch {
    pub(crate) fn on(thread: u32) -> Watch {
        TO_REPORT.store(MOST_REPORTED, Relaxed);
        WATCHED.store(thread, Relaxed);
        Watch
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        WATCHED.store(0, Relaxed);
    }
}

struct Counting;

struct Entry {
    calls: AtomicU64,
    live: AtomicI64,
}

// SAFETY: every request goes to the system's allocator as it came, and so does its answer. Besides, only atomics of
// a static table and a thread-local cell without a destructor are touched, none of which allocates or unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller keeps the contract of this function, which is that one's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let thread = THREAD.get();
        ENTRIES[slot(thread)].live.fetch_sub(layout.size() as i64, Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

fn note(size: usize, before: usize) {
    if THREAD.get() == 0 {
        THREAD.set(rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs());
    }
    let thread = THREAD.get();
    let entry = &ENTRIES[slot(thread)];
    entry.live.fetch_add(size as i64 - before as i64, Relaxed);
    if REPORTING.get() {
        return;
    }
    entry.calls.fetch_add(1, Relaxed);
    let one_less = |left: u32| left.checked_sub(1);
    if WATCHED.load(Relaxed) == thread && TO_REPORT.fetch_update(Relaxed, Relaxed, one_less).is_ok() {
        REPORTING.set(true);
        eprintln!("thread {thread} allocates {size} bytes:\n{}", Backtrace::force_capture());
        REPORTING.set(false);
    }
}

/// Numbers grow one by one, so two threads of one run share an entry only if thousands lie between them.
fn slot(thread: u32) -> usize {
    thread as usize % ENTRIES.len()
}

static ENTRIES: [Entry; 8192] = [const { Entry { calls: AtomicU64::new(0), live: AtomicI64::new(0) } }; 8192];
static WATCHED: AtomicU32 = AtomicU32::new(0);
static TO_REPORT: AtomicU32 = AtomicU32::new(0);
const MOST_REPORTED: u32 = 3;

thread_local! {
    /// The number of this thread; 0 before its first allocation.
    static THREAD: Cell<u32> = const { Cell::new(0) };
    /// Busy with a backtrace, whose own allocations do not count.
    static REPORTING: Cell<bool> = const { Cell::new(false) };
}

#[test]
fn a_threads_allocations_are_counted_and_no_others() {
    let thread = rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs();
    let before = account(thread);
    let kept = std::hint::black_box(vec![1_u8; 1000]);
    drop(std::hint::black_box(vec![1_u8; 5000]));
    std::thread::scope(|scope| {
        let name = std::thread::Builder::new();
        let other = name.spawn_scoped(scope, || std::hint::black_box(vec![1_u8; 1 << 20]).len()).unwrap();
        assert_eq!(other.join().unwrap(), 1 << 20);
    });
    let after = account(thread);
    assert!((2..100).contains(&(after.calls - before.calls)), "{before:?} {after:?}");
    assert!((1000..100_000).contains(&(after.live - before.live)), "{before:?} {after:?}");
    drop(kept);
}
