//! "Did you mean": the known word nearest to one that is not known.
//!
//! Nearness is the number of letters to insert, drop, replace or swap with a neighbour (optimal string alignment).
//! Pure text; it knows nothing of keys or names.

/// The nearest of `known`, if it is near enough to be what was meant.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if word.len() > LONGEST {
        return None;
    }
    let plain = normal(word);
    let allowed = (plain.len() / 3).max(1);
    known
        .into_iter()
        .filter_map(|candidate| {
            let other = normal(candidate);
            let far = distance(&plain, &other);
            let contains =
                plain.len() >= 4 && (contains(&other, &plain) || contains(&plain, &other) && other.len() >= 4);
            (far <= allowed || contains).then_some((far, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// What people mix up without noticing: case, `-` and `_`.
fn normal(word: &str) -> Vec<char> {
    word.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

fn contains(long: &[char], short: &[char]) -> bool {
    long.windows(short.len().max(1)).any(|window| window == short)
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// Longer words are not compared: nobody mistypes them, and the comparison is quadratic.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_nothing_far_is() {
        let known = ["policy", "backends", "sticky", "max_header_size", "same_site"];
        for (word, expected) in [
            ("polciy", Some("policy")),
            ("Policy", Some("policy")),
            ("backend", Some("backends")),
            ("header_size", Some("max_header_size")),
            ("same-site", Some("same_site")),
            ("samesite", Some("same_site")),
            ("stick", Some("sticky")),
            ("", None),
            ("x", None),
            ("weights", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
        assert_eq!(nearest(&"policy".repeat(100), known), None);
    }

    #[test]
    fn a_swap_of_neighbours_counts_once() {
        let of = |a: &str, b: &str| distance(&normal(a), &normal(b));
        assert_eq!((of("", "abc"), of("abc", ""), of("abc", "abc")), (3, 3, 0));
        assert_eq!((of("ab", "ba"), of("shp", "shop"), of("kitten", "sitting")), (1, 1, 3));
    }
}
