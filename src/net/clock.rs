//! A worker's sense of time: one coarse clock, and deadlines that cost a look at the clock and a store to arm.
//!
//! A timer object a request would be an allocation and two visits to the runtime's timer wheel. Here each connection
//! owns one [`Deadline`] for its whole life; the worker's [`sweep`](Clock::sweep) looks at all of them every 50 ms.
//! So a deadline fires up to [`TICK`] late, and never early: who arms one looks at the precise clock.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

use super::date::http_date;

/// Time between two sweeps.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// Milliseconds that a date is good for.
const DATE_FOR: u64 = 100;
const NEVER: u64 = u64::MAX;
/// Due before any time: the deadline has fired.
const FIRED: u64 = 0;

/// The clock of one worker.
pub(crate) struct Clock {
    origin: Instant,
    /// Milliseconds since `origin`, never 0, as of the last look.
    now: Cell<u64>,
    slots: RefCell<Vec<Rc<Slot>>>,
    date: RefCell<Date>,
}

struct Slot {
    due: Cell<u64>,
    /// Between two messages: nothing is lost if the connection ends.
    idle: Cell<bool>,
    waker: Cell<Option<Waker>>,
    index: Cell<usize>,
}

struct Date {
    until: u64,
    text: [u8; 29],
}

impl Clock {
    pub(crate) fn new() -> Rc<Clock> {
        let date = RefCell::new(Date { until: 0, text: [b' '; 29] });
        let clock = Clock { origin: Instant::now(), now: Cell::new(1), slots: RefCell::default(), date };
        Rc::new(clock)
    }

    /// Milliseconds since this clock was made, as of the last [`Clock::look`].
    pub(crate) fn now(&self) -> u64 {
        self.now.get()
    }

    /// Reads the precise clock, and sets the coarse one by it.
    pub(crate) fn look(&self) -> Instant {
        let instant = Instant::now();
        let millis = instant.duration_since(self.origin).as_millis();
        self.now.set(u64::try_from(millis).unwrap_or(NEVER - 1).max(1));
        instant
    }

    /// Fires what is due: every such deadline's task is woken.
    pub(crate) fn sweep(&self) {
        let now = self.now();
        self.slots.borrow().iter().filter(|slot| slot.due.get() <= now).for_each(|slot| slot.fire());
    }

    /// Fires what waits between two messages, due or not.
    pub(crate) fn expire_idle(&self) {
        self.slots.borrow().iter().filter(|slot| slot.idle.get()).for_each(|slot| slot.fire());
    }

    /// A slot of one's own, disarmed.
    pub(crate) fn deadline(self: &Rc<Clock>) -> Deadline {
        let mut slots = self.slots.borrow_mut();
        let slot = Rc::new(Slot {
            due: Cell::new(NEVER),
            idle: Cell::new(false),
            waker: Cell::new(None),
            index: Cell::new(slots.len()),
        });
        slots.push(Rc::clone(&slot));
        Deadline { slot, clock: Rc::clone(self) }
    }

    /// The time as the Date field wants it, up to a tenth of a second old.
    pub(crate) fn http_date(&self) -> [u8; 29] {
        let mut date = self.date.borrow_mut();
        if self.now() >= date.until {
            *date = Date { until: self.now() + DATE_FOR, text: http_date(SystemTime::now()) };
        }
        date.text
    }
}

/// A time by which something must have happened, and whoever waits for it.
pub(crate) struct Deadline {
    slot: Rc<Slot>,
    clock: Rc<Clock>,
}

/// The time given ran out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Elapsed;

impl Slot {
    fn fire(&self) {
        self.due.set(FIRED);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Deadline {
    /// From now on, `after` more time.
    pub(crate) fn arm(&self, after: Duration) {
        self.slot.idle.set(false);
        self.set(after);
    }

    /// As [`Deadline::arm`], for a wait that [`Clock::expire_idle`] may cut short.
    pub(crate) fn arm_idle(&self, after: Duration) {
        self.slot.idle.set(true);
        self.set(after);
    }

    fn set(&self, after: Duration) {
        self.clock.look();
        // One more, for both are cut down to whole milliseconds.
        let millis = u64::try_from(after.as_millis()).unwrap_or(NEVER).saturating_add(1);
        self.slot.due.set(self.clock.now().saturating_add(millis));
    }

    /// Fired since it was armed; and if not, this task is woken when it fires.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<Elapsed> {
        if self.slot.due.get() == FIRED {
            return Poll::Ready(Elapsed);
        }
        let waker = self.slot.waker.take().filter(|waker| waker.will_wake(cx.waker()));
        self.slot.waker.set(Some(waker.unwrap_or_else(|| cx.waker().clone())));
        Poll::Pending
    }

    /// Waits for `future`, but not beyond the deadline.
    pub(crate) fn guard<F: Future + Unpin>(&self, future: F) -> Guard<'_, F> {
        Guard { deadline: self, future }
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        let mut slots = self.clock.slots.borrow_mut();
        let index = self.slot.index.get();
        slots.swap_remove(index);
        if let Some(moved) = slots.get(index) {
            moved.index.set(index);
        }
    }
}

/// A future with a [`Deadline`].
pub(crate) struct Guard<'a, F> {
    deadline: &'a Deadline,
    future: F,
}

impl<F: Future + Unpin> Future for Guard<'_, F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.deadline.slot.due.get() == FIRED {
            return Poll::Ready(Err(Elapsed));
        }
        match Pin::new(&mut self.future).poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => self.deadline.poll(cx).map(Err),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::task::{Wake, Waker};

    use super::*;

    impl Clock {
        fn at(&self, millis: u64) {
            self.now.set(millis);
            self.sweep();
        }
    }

    struct Counter(std::sync::atomic::AtomicUsize);

    impl Wake for Counter {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }

    #[test]
    fn a_deadline_fires_when_its_time_has_come_and_wakes_who_waits() {
        let clock = Clock::new();
        let deadline = clock.deadline();
        let counter = std::sync::Arc::new(Counter(0.into()));
        let waker = Waker::from(counter.clone());
        let mut cx = Context::from_waker(&waker);
        deadline.arm(Duration::from_millis(100));
        let armed = clock.now();
        let mut guarded = deadline.guard(Box::pin(pending::<()>()));
        assert!(Pin::new(&mut guarded).poll(&mut cx).is_pending());
        clock.at(armed + 100);
        assert!(Pin::new(&mut guarded).poll(&mut cx).is_pending());
        assert_eq!(counter.0.load(std::sync::atomic::Ordering::Relaxed), 0, "before its time");
        clock.at(armed + 101);
        assert_eq!(counter.0.load(std::sync::atomic::Ordering::Relaxed), 1);
        assert_eq!(Pin::new(&mut guarded).poll(&mut cx), Poll::Ready(Err(Elapsed)));
        deadline.arm(Duration::from_secs(1));
        assert!(deadline.poll(&cx).is_pending(), "armed anew, it has its time again");
    }

    #[test]
    fn only_who_is_idle_expires_before_its_time() {
        let clock = Clock::new();
        let (idle, busy) = (clock.deadline(), clock.deadline());
        let cx = Context::from_waker(Waker::noop());
        idle.arm_idle(Duration::from_secs(75));
        busy.arm(Duration::from_secs(75));
        clock.expire_idle();
        assert!(idle.poll(&cx).is_ready() && busy.poll(&cx).is_pending());
        idle.arm(Duration::from_secs(1));
        clock.expire_idle();
        assert!(idle.poll(&cx).is_pending(), "a message in hand is not idle");
    }

    #[test]
    fn slots_leave_with_their_deadlines() {
        let clock = Clock::new();
        let mut deadlines: Vec<Deadline> = (0..5).map(|_| clock.deadline()).collect();
        deadlines.swap_remove(1);
        deadlines.remove(0);
        assert_eq!(clock.slots.borrow().len(), 3);
        drop(deadlines);
        assert!(clock.slots.borrow().is_empty());
    }
}
