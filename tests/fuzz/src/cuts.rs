//! How bytes may come: in one piece, in any two, byte by byte.
//!
//! Short inputs are cut everywhere. Long ones around their line ends, where the states of a parser change, and at even
//! steps between.

/// More bytes than this are not cut everywhere.
const SHORT: usize = 192;
const STEPS: usize = 32;

/// Where to cut an input in two: never at its ends.
pub fn places(input: &[u8]) -> Vec<usize> {
    if input.len() <= SHORT {
        return (1..input.len()).collect();
    }
    let ends = input.iter().enumerate().filter(|(_, byte)| matches!(byte, b'\r' | b'\n' | b';' | b':'));
    let mut places: Vec<usize> = ends.flat_map(|(at, _)| [at, at + 1]).take(2 * SHORT).collect();
    places.extend((1..STEPS).map(|step| step * input.len() / STEPS));
    places.retain(|at| (1..input.len()).contains(at));
    places.sort_unstable();
    places.dedup();
    places
}

/// Byte by byte.
pub fn single(input: &[u8]) -> Vec<&[u8]> {
    input.chunks(1).collect()
}
