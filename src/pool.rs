//! A pool: the backends of one service, the policy that places among them, and its stickiness.
//!
//! Here both meet, once: a session that has a home goes home, everybody else is placed by the policy. A pool is
//! immutable; what changes it makes another one, that shares what stayed. This file decides where a request goes and
//! dials nobody.

use std::sync::Arc;

use crate::backend::Backend;
use crate::config;
use crate::policy::{self, Ask, Members, Policy};
use crate::session::{Bound, Outcome, Sticky};

pub(crate) struct Pool {
    pub(crate) name: Box<str>,
    pub(crate) members: Members,
    /// None: every request stands for itself.
    pub(crate) sticky: Option<Sticky>,
    policy: Box<dyn Policy>,
}

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    Go(Choice),
    Refuse(Refusal),
}

/// Why nobody in a pool takes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No member is eligible, or all were tried.
    NoBackend,
}

/// A member, and what stickiness had to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Index into the pool's members.
    pub(crate) backend: u16,
    /// None: the pool keeps no sessions.
    pub(crate) outcome: Option<Outcome>,
}

impl Pool {
    /// `backends` are in the order of the configuration's.
    pub(crate) fn new(config: &config::Pool, backends: Vec<Arc<Backend>>) -> Pool {
        let sticky = config
            .sticky
            .as_ref()
            .map(|sticky| Sticky::new(&config.name, &sticky.cookie, backends.iter().map(|backend| &*backend.name)));
        Pool {
            name: config.name.as_str().into(),
            members: Members::new(backends),
            sticky,
            policy: policy::build(config.policy),
        }
    }

    /// Places a request. `bound` is what this pool's stickiness read from it.
    ///
    /// An eligible home wins over the policy, over weights, and over `ask.tried`: one failed connect moves no
    /// session, so a caller who has tried home has to decide himself how often he asks again.
    pub(crate) fn choose(&self, bound: Bound, ask: &Ask<'_>) -> Placement {
        if let Some(home) = self.home(bound) {
            return Placement::Go(Choice { backend: home, outcome: Some(Outcome::Hit) });
        }
        let outcome = self.sticky.as_ref().map(|_| match bound {
            Bound::Nothing | Bound::Home(_) => Outcome::New,
            Bound::Invalid => Outcome::Invalid,
            Bound::Withheld => Outcome::None,
        });
        match self.policy.pick(&self.members, ask) {
            Some(backend) => Placement::Go(Choice { backend, outcome }),
            None => Placement::Refuse(Refusal::NoBackend),
        }
    }

    /// The home that a request goes to whatever the policy says.
    pub(crate) fn home(&self, bound: Bound) -> Option<u16> {
        match bound {
            Bound::Home(home) if self.members.is_eligible(home) => Some(home),
            _ => None,
        }
    }

    /// The member that a [`Choice`] of this pool names.
    pub(crate) fn backend(&self, choice: Choice) -> &Arc<Backend> {
        // INVARIANT: every policy picks among `members.all`, and so did whoever bound the session.
        &self.members.all[usize::from(choice.backend)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CookieSettings, SameSite, Secure};

    fn pool(sticky: bool, weights: &[u16]) -> Pool {
        let cookie = CookieSettings {
            name: "limpet-shop".to_owned(),
            path: "/".to_owned(),
            domain: None,
            same_site: SameSite::Lax,
            secure: Secure::Auto,
            http_only: true,
            partitioned: false,
        };
        let config = config::Pool {
            name: "shop".to_owned(),
            backends: Vec::new(),
            policy: config::Policy::RoundRobin,
            sticky: sticky.then_some(config::Sticky { cookie }),
        };
        let backend = |(index, weight): (usize, &u16)| Backend::sample(&format!("web-{index}"), *weight);
        Pool::new(&config, weights.iter().enumerate().map(backend).collect())
    }

    fn ask(turn: u64, tried: &[u16]) -> Ask<'_> {
        Ask { key: None, safe: true, turn, random: 0, tried, load: &|_| 0 }
    }

    #[test]
    fn an_eligible_home_wins_over_everything() {
        let pool = pool(true, &[1, 0, 1]);
        for home in [0, 1, 2] {
            let bound = Bound::Home(home);
            for turn in 0..4 {
                let hit = Placement::Go(Choice { backend: home, outcome: Some(Outcome::Hit) });
                assert_eq!(pool.choose(bound, &ask(turn, &[])), hit);
                assert_eq!(pool.choose(bound, &ask(turn, &[home])), hit, "one failed connect moves nobody");
            }
        }
    }

    #[test]
    fn everybody_else_is_placed_by_the_policy() {
        for (sticky, bound, outcome) in [
            (false, Bound::Nothing, None),
            (true, Bound::Nothing, Some(Outcome::New)),
            (true, Bound::Invalid, Some(Outcome::Invalid)),
            (true, Bound::Withheld, Some(Outcome::None)),
            (true, Bound::Home(9), Some(Outcome::New)),
        ] {
            let pool = pool(sticky, &[1, 0, 1]);
            for (turn, tried, backend) in [(0, &[][..], 0), (1, &[], 2), (2, &[], 0), (0, &[0], 2), (1, &[2], 0)] {
                let go = Placement::Go(Choice { backend, outcome });
                assert_eq!(pool.choose(bound, &ask(turn, tried)), go, "{bound:?} {turn} {tried:?}");
            }
        }
    }

    #[test]
    fn nobody_left_is_a_refusal() {
        let refusal = Placement::Refuse(Refusal::NoBackend);
        assert_eq!(pool(true, &[]).choose(Bound::default(), &ask(0, &[])), refusal);
        assert_eq!(pool(false, &[0]).choose(Bound::default(), &ask(0, &[])), refusal);
        assert_eq!(pool(true, &[1, 1]).choose(Bound::default(), &ask(0, &[1, 0])), refusal);
    }
}
