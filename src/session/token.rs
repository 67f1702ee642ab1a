//! The token: the cookie value that carries a binding, as text.
//!
//! A keyless token names its backend by a digest, so that it outlives restarts, works over replicas and tells no
//! address. It is no secret: a client can choose among the members it knows, and nothing else. Parsing is strict,
//! for there is one text for each token. This file knows neither cookies nor pools; it is the home of `sha2`.

use sha2::{Digest as _, Sha256};

/// Which backend of which pool a token means: 128 bits that stay the same for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Digest([u8; 16]);

impl Digest {
    /// SHA-256 over a label and both names, each after its length, cut to 128 bits. Every limpet, of every version,
    /// must give the same: cookies out there depend on it.
    pub(crate) fn of(pool: &str, backend: &str) -> Digest {
        let mut hash = Sha256::new();
        for part in [LABEL, pool, backend] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash.finalize()[..16]);
        Digest(digest)
    }
}

/// The text of a keyless token: `0.`, then digest and `spread` in base64url without padding (RFC 4648, section 5).
///
/// `spread` is random: it tells two sessions of one home apart when they have to move.
pub(crate) fn keyless(home: Digest, spread: u64) -> [u8; LENGTH] {
    let mut bytes = [0; BYTES];
    bytes[..16].copy_from_slice(&home.0);
    bytes[16..].copy_from_slice(&spread.to_be_bytes());
    let mut text = [0; LENGTH];
    text[..PREFIX.len()].copy_from_slice(PREFIX);
    for (group, four) in bytes.chunks_exact(3).zip(text[PREFIX.len()..].chunks_exact_mut(4)) {
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for (place, letter) in four.iter_mut().enumerate() {
            *letter = ALPHABET[(bits >> (18 - 6 * place)) as usize & 63];
        }
    }
    text
}

/// The home that a keyless token names. None for every text that [`keyless`] does not write.
pub(crate) fn parse(text: &[u8]) -> Option<Digest> {
    let letters = text.strip_prefix(PREFIX).filter(|letters| letters.len() == LENGTH - PREFIX.len())?;
    let mut bytes = [0; BYTES];
    for (four, group) in letters.chunks_exact(4).zip(bytes.chunks_exact_mut(3)) {
        let mut bits = 0;
        for letter in four {
            bits = bits << 6 | sextet(*letter)?;
        }
        group.copy_from_slice(&bits.to_be_bytes()[1..]);
    }
    let mut digest = [0; 16];
    digest.copy_from_slice(&bytes[..16]);
    Some(Digest(digest))
}

fn sextet(letter: u8) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    };
    Some(value.into())
}

const LABEL: &str = "limpet keyless home 1";
const PREFIX: &[u8] = b"0.";
/// Digest and spread. A multiple of three, so that no letter has bits to spare and every text is canonical.
const BYTES: usize = 24;
const LENGTH: usize = 34;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(pool: &str, backend: &str, spread: u64) -> String {
        String::from_utf8(keyless(Digest::of(pool, backend), spread).to_vec()).unwrap()
    }

    /// These may never change: browsers hold such cookies.
    #[test]
    fn the_mapping_is_for_ever() {
        assert_eq!(text("shop", "web-1.shop", 0x0123_4567_89AB_CDEF), "0.xll7ixuX6ERuqDuQUkGlwgEjRWeJq83v");
        assert_eq!(text("app", "10.0.0.11:3000", 0), "0.GqRIL8Mag9JJ0wpv72VdZgAAAAAAAAAA");
    }

    #[test]
    fn names_do_not_run_together() {
        for (one, other) in [(("a", "bc"), ("ab", "c")), (("", "ab"), ("ab", "")), (("a", "b"), ("b", "a"))] {
            assert_ne!(Digest::of(one.0, one.1), Digest::of(other.0, other.1));
        }
    }

    #[test]
    fn nothing_but_a_token_is_read() {
        let good = text("shop", "web-1", 7);
        assert!(parse(good.as_bytes()).is_some());
        for bad in [
            "".to_owned(),
            "0.".to_owned(),
            "0".to_owned(),
            format!("1{}", &good[1..]),
            format!("0,{}", &good[2..]),
            good[..33].to_owned(),
            format!("{good}A"),
            format!("{good}="),
            format!(" {good}"),
            format!("{}+", &good[..33]),
            format!("{}/", &good[..33]),
            format!("{}=", &good[..33]),
            format!("{}.", &good[..33]),
            format!("{}\u{0}", &good[..33]),
            format!("{}\u{e9}", &good[..32]),
            "0.".repeat(2048),
            "MTY5LjI1NC4xNjkuMjU0Ojgw".to_owned(),
            "127.0.0.1:9900".to_owned(),
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(pool: String, backend: String, spread: u64) {
            let home = Digest::of(&pool, &backend);
            prop_assert_eq!(parse(&keyless(home, spread)), Some(home));
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(parse(&bytes), None);
        }

        #[test]
        fn every_letter_counts(at in 0usize..LENGTH, letter: u8) {
            let token = keyless(Digest::of("shop", "web-1"), 7);
            let mut other = token;
            other[at] = letter;
            // Letter 23 is part digest, part spread; what follows is the spread's: another session of the same home.
            prop_assume!(at != 23);
            let unchanged = parse(&other) == parse(&token);
            prop_assert_eq!(unchanged, other == token || at > 23 && sextet(letter).is_some());
        }
    }
}
