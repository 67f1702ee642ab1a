//! Places where a test can make an exchange panic, to see what is left behind.
//!
//! An exchange names each step that it reaches. With the feature `lab` a test arms a step for so many exchanges; in a
//! release the call is an empty function, and nothing in limpet may depend on it being anything else.

/// The steps of an exchange that can be made to fail, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    HeadRead,
    Routed,
    Placed,
    Leased,
    RequestWritten,
    ResponseRead,
    SessionWritten,
    ResponseBegun,
    Relayed,
    GivenBack,
}

#[cfg(feature = "lab")]
impl Step {
    pub(crate) const ALL: &'static [Step] = &[
        Step::HeadRead,
        Step::Routed,
        Step::Placed,
        Step::Leased,
        Step::RequestWritten,
        Step::ResponseRead,
        Step::SessionWritten,
        Step::ResponseBegun,
        Step::Relayed,
        Step::GivenBack,
    ];
}

/// An exchange reached this step.
#[cfg(not(feature = "lab"))]
#[inline(always)]
pub(crate) fn reached(_step: Step) {}

#[cfg(feature = "lab")]
pub(crate) use armed::{arm, reached};

#[cfg(feature = "lab")]
mod armed {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Step;

    /// For each step, how many of the next exchanges panic there.
    static ARMED: [AtomicU32; Step::ALL.len()] = [const { AtomicU32::new(0) }; Step::ALL.len()];

    /// The next `times` exchanges that reach the step panic.
    pub(crate) fn arm(step: Step, times: u32) {
        ARMED[step as usize].store(times, Ordering::SeqCst);
    }

    pub(crate) fn reached(step: Step) {
        let left = &ARMED[step as usize];
        if left.load(Ordering::Relaxed) > 0
            && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
        {
            panic!("made to panic at {step:?}");
        }
    }
}
