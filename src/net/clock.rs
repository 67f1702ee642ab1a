//! A worker's sense of time: one coarse clock, and deadlines that cost a store to arm.
//!
//! A timer object a request would be an allocation and two visits to the runtime's timer wheel. Here each connection
//! owns one [`Deadline`] for its whole life; the worker's [`sweep`](Clock::sweep) looks at all of them every 50 ms.
//! So a deadline fires up to [`TICK`] late, never early. Home of httpdate.

use std::cell::{Cell, RefCell};
use std::io::Write;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

/// Time between two sweeps.
pub(crate) const TICK: Duration = Duration::from_millis(50);

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

    /// The time as the Date field wants it (RFC 9110, section 6.6.1), made anew each second.
    pub(crate) fn http_date(&self) -> [u8; 29] {
        let mut date = self.date.borrow_mut();
        if self.now() >= date.until {
            // Straight into its place: `fmt_http_date` would allocate. It always fits.
            let _ = write!(&mut date.text[..], "{}", httpdate::HttpDate::from(SystemTime::now()));
            date.until = self.now() + 100;
        }
        date.text
    }
}

impl Clock {
    /// The time as RFC 3339 has it, in milliseconds: `2026-11-20T06:38:00.250Z`.
    pub(crate) fn timestamp(&self) -> [u8; 24] {
        let date = self.http_date();
        let millis = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.subsec_millis());
        let month = MONTHS.iter().position(|name| *name == date[8..11]).map_or(0, |month| month + 1);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        text[..4].copy_from_slice(&date[12..16]);
        text[8..10].copy_from_slice(&date[5..7]);
        text[11..19].copy_from_slice(&date[17..25]);
        for (place, number) in [(5, month / 10), (6, month % 10)] {
            text[place] = b'0' + number as u8;
        }
        for (place, power) in [(20, 100), (21, 10), (22, 1)] {
            text[place] = b'0' + (millis / power % 10) as u8;
        }
        text
    }
}

const MONTHS: [[u8; 3]; 12] =
    [*b"Jan", *b"Feb", *b"Mar", *b"Apr", *b"May", *b"Jun", *b"Jul", *b"Aug", *b"Sep", *b"Oct", *b"Nov", *b"Dec"];

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
        let millis = u64::try_from(after.as_millis()).unwrap_or(NEVER);
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
        clock.at(1_000);
        deadline.arm(Duration::from_millis(100));
        let mut guarded = deadline.guard(Box::pin(pending::<()>()));
        assert!(Pin::new(&mut guarded).poll(&mut cx).is_pending());
        clock.at(1_099);
        assert!(Pin::new(&mut guarded).poll(&mut cx).is_pending());
        assert_eq!(counter.0.load(std::sync::atomic::Ordering::Relaxed), 0, "before its time");
        clock.at(1_100);
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

    #[test]
    fn times_are_written_as_their_standards_say() {
        let clock = Clock::new();
        let (date, stamp) = (clock.http_date(), clock.timestamp());
        let (date, stamp) = (std::str::from_utf8(&date).unwrap(), std::str::from_utf8(&stamp).unwrap());
        assert!(httpdate::parse_http_date(date).is_ok(), "{date}");
        assert_eq!(stamp[..4], date[12..16], "{stamp} {date}");
        assert_eq!(stamp[11..19], date[17..25], "{stamp} {date}");
        assert_eq!((&stamp[4..5], &stamp[10..11], &stamp[23..]), ("-", "T", "Z"));
        assert!((1..=12).contains(&stamp[5..7].parse::<u32>().unwrap()));
    }
}
