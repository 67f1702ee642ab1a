//! What every policy owes the rest of limpet, tested over all that the configuration can name.
//!
//! A new policy joins by its variant in `config::Policy::ALL`. So the scenes here give each request a key, dice, a
//! turn and a safe method, and equal loads, and hold nobody to more than every policy can keep.

use proptest::prelude::*;

use super::*;

/// A share may be off by this part of what the weight says: rings and tables are even only roughly.
const TOLERANCE: f64 = 0.25;

fn members(weights: &[u16]) -> Members {
    let backend = |(index, weight): (usize, &u16)| Backend::sample(&format!("web-{index}.shop"), *weight);
    Members::new(weights.iter().enumerate().map(backend).collect())
}

fn each_policy(mut judge: impl FnMut(config::Policy, &dyn Policy)) {
    for kind in config::Policy::ALL {
        judge(*kind, &*build(*kind));
    }
}

/// The ask of request number `turn`, like no other's.
fn ask(turn: u64, tried: &[u16]) -> Ask<'_> {
    Ask { key: Some(scatter(turn)), safe: true, turn, random: scatter(!turn), tried, load: &|_| 1 }
}

/// Spreads small numbers over 64 bits (the last step of the splitmix64 generator).
fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[test]
fn nobody_ready_is_nobody_picked() {
    each_policy(|kind, policy| {
        for weights in [&[][..], &[0], &[0, 0, 0]] {
            for turn in 0..10 {
                assert_eq!(policy.pick(&members(weights), &ask(turn, &[])), None, "{kind:?} {weights:?}");
            }
        }
        assert_eq!(policy.pick(&members(&[1, 3]), &ask(0, &[0, 1])), None, "{kind:?}: all tried");
        assert_eq!(policy.pick(&members(&[1, 0]), &ask(0, &[0])), None, "{kind:?}: the other has weight 0");
    });
}

#[test]
fn shares_follow_weights() {
    each_policy(|kind, policy| {
        for weights in [&[1, 1][..], &[1, 2, 3, 4], &[5, 0, 1, 1], &[100, 200, 300], &[1; 30]] {
            let (members, rounds) = (members(weights), 20_000u32);
            let mut picks = vec![0u32; weights.len()];
            for turn in 0..rounds {
                picks[usize::from(policy.pick(&members, &ask(turn.into(), &[])).unwrap())] += 1;
            }
            let whole: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
            for (weight, count) in weights.iter().zip(picks) {
                let fair = f64::from(rounds) * f64::from(*weight) / whole;
                let off = (f64::from(count) - fair).abs();
                assert!(off <= fair * TOLERANCE, "{kind:?} {weights:?}: {count} instead of {fair}");
            }
        }
    });
}

#[test]
fn whoever_is_left_is_found() {
    let members = members(&[1, 7, 1, 2, 30]);
    each_policy(|kind, policy| {
        for left in 0..5 {
            let tried: Vec<u16> = (0..5).filter(|member| *member != left).collect();
            for turn in 0..50 {
                assert_eq!(policy.pick(&members, &ask(turn, &tried)), Some(left), "{kind:?}");
            }
        }
    });
}

proptest! {
    #[test]
    fn a_pick_is_ready_and_untried(
        weights in prop::collection::vec(0u16..9, 0..40),
        tried in prop::collection::vec(0u16..45, 0..6),
        turn: u64,
        key: Option<u64>,
        random: u64,
        safe: bool,
    ) {
        let members = members(&weights);
        each_policy(|kind, policy| {
            let ask = Ask { key, safe, turn, random, tried: &tried, load: &|member| u64::from(member % 3) };
            let pick = policy.pick(&members, &ask);
            assert_eq!(policy.pick(&members, &ask), pick, "{kind:?}: the same ask, another answer");
            match pick {
                Some(member) => assert!(members.ready.contains(&member) && !tried.contains(&member), "{kind:?}"),
                None => assert!(!safe || members.ready.iter().all(|member| tried.contains(member)), "{kind:?}"),
            }
        });
    }
}
