//! Placing a request that has no binding: the trait, what a policy is shown, and how one is built.
//!
//! A policy is pure: the same members, ask and load give the same answer. It decides nobody's eligibility and knows
//! no sessions; stickiness wraps it from outside. A new policy is one file, one arm in [`build`] and one variant in
//! the configuration, and has to pass `conformance`, which goes over all of them.

#[cfg(test)]
mod conformance;
mod round_robin;

use std::sync::Arc;

use crate::backend::Backend;
use crate::config;

use round_robin::RoundRobin;

pub(crate) trait Policy: Send + Sync {
    /// An index into `members.all`: of one that is ready and not tried, or none.
    fn pick(&self, members: &Members, ask: &Ask<'_>) -> Option<u16>;
}

/// What a request asks of a policy. Each policy reads what it needs; clock and dice are the caller's.
#[expect(dead_code, reason = "round robin reads turns alone; the suite gives every policy all of it")]
pub(crate) struct Ask<'a> {
    /// The digest of the request's key, where the pool has a key expression and the request a value.
    pub(crate) key: Option<u64>,
    /// The method changes nothing (RFC 9110, section 9.2.1).
    pub(crate) safe: bool,
    /// Grows by one with each placement of a worker. Workers start apart, so that they do not march in step.
    pub(crate) turn: u64,
    pub(crate) random: u64,
    /// Members that failed this request already.
    pub(crate) tried: &'a [u16],
    /// Requests in flight to a member.
    pub(crate) load: &'a dyn Fn(u16) -> u64,
}

/// The backends of a pool as policies see them. Built when the pool changes, never by a request.
#[derive(Debug)]
pub(crate) struct Members {
    pub(crate) all: Box<[Arc<Backend>]>,
    /// Who takes new sessions, ascending.
    pub(crate) ready: Box<[u16]>,
    /// One smooth weighted round over `ready`.
    pub(crate) schedule: Box<[u16]>,
    /// By index: who answers bound requests.
    pub(crate) eligible: Box<[bool]>,
}

impl Members {
    /// A pool has at most 1,024 members; here the limit is what an index holds.
    pub(crate) fn new(all: Vec<Arc<Backend>>) -> Members {
        let weights: Vec<(u16, u16)> = (0..=u16::MAX)
            .zip(&all)
            .filter(|(_, backend)| backend.takes_new())
            .map(|(index, backend)| (index, backend.weight))
            .collect();
        Members {
            ready: weights.iter().map(|(index, _)| *index).collect(),
            schedule: round_robin::schedule(&weights),
            eligible: all.iter().map(|backend| backend.keeps_bound()).collect(),
            all: all.into(),
        }
    }

    /// Whether a session bound to this member may go there. False for an index from elsewhere.
    pub(crate) fn is_eligible(&self, member: u16) -> bool {
        self.eligible.get(usize::from(member)).copied().unwrap_or(false)
    }
}

pub(crate) fn build(policy: config::Policy) -> Box<dyn Policy> {
    match policy {
        config::Policy::RoundRobin => Box::new(RoundRobin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_zero_is_a_member_without_new_sessions() {
        let members = Members::new([2, 0, 1].map(|weight| Backend::sample("x", weight)).to_vec());
        assert_eq!(*members.ready, [0, 2]);
        assert_eq!(*members.schedule, [0, 2, 0]);
        assert_eq!([0, 1, 2, 3].map(|member| members.is_eligible(member)), [true, true, true, false]);
    }
}
