//! Smooth weighted round robin: turn by turn along a schedule made once.
//!
//! The schedule is the whole of the balancing, so a pick is an index and no lock, and the cursor is the caller's
//! turn number, which no change of the pool sets back. This file knows indexes and weights, not backends.

use super::{Ask, Members, Policy};

pub(super) struct RoundRobin;

impl Policy for RoundRobin {
    fn pick(&self, members: &Members, ask: &Ask<'_>) -> Option<u16> {
        let length = u64::try_from(members.schedule.len()).ok()?;
        let start = usize::try_from(ask.turn.checked_rem(length)?).ok()?;
        let (before, after) = members.schedule.split_at(start);
        after.iter().chain(before).find(|member| !ask.tried.contains(member)).copied()
    }
}

/// One round in which each member has as many turns as its weight says, spread as evenly as they go.
///
/// Each turn everybody earns his share; who has earned most goes, and pays the whole round. `weights` are pairs of
/// member and weight, weights above zero.
pub(super) fn schedule(weights: &[(u16, u16)]) -> Box<[u16]> {
    let shares = shares(weights);
    let round: i64 = shares.iter().sum();
    let mut earned = vec![0; shares.len()];
    let mut order = Vec::new();
    for _ in 0..round {
        let mut best = 0;
        for (at, share) in shares.iter().enumerate() {
            earned[at] += share;
            if earned[at] > earned[best] {
                best = at;
            }
        }
        earned[best] -= round;
        order.push(weights[best].0);
    }
    order.into()
}

/// The weights in lowest terms, and rounded where a round would otherwise be longer than [`LONGEST_ROUND`].
fn shares(weights: &[(u16, u16)]) -> Vec<i64> {
    let divisor = weights.iter().fold(0, |divisor, (_, weight)| common_divisor(divisor, i64::from(*weight))).max(1);
    let shares: Vec<i64> = weights.iter().map(|(_, weight)| i64::from(*weight) / divisor).collect();
    let round: i64 = shares.iter().sum();
    let longest = LONGEST_ROUND.max(weights.len().try_into().unwrap_or(i64::MAX));
    if round <= longest {
        return shares;
    }
    shares.into_iter().map(|share| (share * longest / round).max(1)).collect()
}

fn common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// Turns. Bounds the time to build a schedule: at 1,024 unequal members some millions of steps.
const LONGEST_ROUND: i64 = 4096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_round_is_spread_evenly() {
        for (weights, expected) in [
            (&[][..], &[][..]),
            (&[(7, 3)], &[7]),
            (&[(0, 1), (1, 1), (2, 1)], &[0, 1, 2]),
            (&[(0, 50), (1, 50)], &[0, 1]),
            (&[(0, 5), (1, 1), (2, 1)], &[0, 0, 1, 0, 2, 0, 0]),
            (&[(3, 2), (9, 4)], &[9, 3, 9]),
        ] {
            assert_eq!(*schedule(weights), *expected, "{weights:?}");
        }
    }

    #[test]
    fn a_round_is_never_longer_than_its_bound() {
        let weights: Vec<(u16, u16)> = (0..1024).map(|member| (member, 65_535 - member * 60)).collect();
        let order = schedule(&weights);
        assert!(order.len() <= 4096 + 1024, "{}", order.len());
        let last = order.iter().filter(|member| **member == 1023).count();
        assert!((1..=3).contains(&last), "{last}");
        let lopsided = schedule(&[(0, 65_535), (1, 1)]);
        assert_eq!(lopsided.iter().filter(|member| **member == 1).count(), 1);
    }

    proptest! {
        #[test]
        fn everybody_has_the_turns_of_his_weight(weights in prop::collection::vec(1u16..60, 1..20)) {
            let weights: Vec<(u16, u16)> = (0..).zip(weights).collect();
            let order = schedule(&weights);
            let round: u64 = weights.iter().map(|(_, weight)| u64::from(*weight)).sum();
            for (member, weight) in &weights {
                let turns = order.iter().filter(|one| *one == member).count() as u64;
                prop_assert_eq!(turns * round, u64::from(*weight) * order.len() as u64);
            }
        }

        #[test]
        fn nobody_waits_much_longer_than_his_share(weights in prop::collection::vec(1u16..20, 2..8)) {
            let weights: Vec<(u16, u16)> = (0..).zip(weights).collect();
            let order = schedule(&weights);
            let twice = [&order[..], &order[..]].concat();
            let round: usize = weights.iter().map(|(_, weight)| usize::from(*weight)).sum();
            for (member, weight) in &weights {
                let turns: Vec<usize> = (0..twice.len()).filter(|at| twice[*at] == *member).collect();
                let gap = turns.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
                prop_assert!(gap <= 2 * round.div_ceil(usize::from(*weight)), "{} waits {}", member, gap);
            }
        }
    }
}
