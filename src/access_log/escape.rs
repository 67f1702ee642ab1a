//! Bytes from anywhere, as a JSON string of plain ASCII.
//!
//! A log line is read by terminals, editors and other programs, so nothing but printable ASCII leaves here: control
//! characters, the bidirectional marks that reorder what a reader sees, and everything else beyond ASCII stand as
//! `\u` escapes. Length is capped before escaping. Knows nothing of what the text means.

/// Appends `text` in quotes. Of a text longer than `cap` bytes the first `cap` are kept and `…` follows.
///
/// A byte that is not part of valid UTF-8 is taken as ISO-8859-1, which fields once were (RFC 9110, section 5.5).
pub(super) fn quoted(out: &mut Vec<u8>, text: &[u8], cap: usize) {
    out.push(b'"');
    let kept = &text[..capped(text, cap)];
    // Without a branch a byte the compiler looks at many at a time, and nearly every text ends here.
    if kept.iter().fold(true, |all, byte| all & plain(*byte)) {
        out.extend_from_slice(kept);
    } else {
        special(out, kept);
    }
    if kept.len() < text.len() {
        unit(out, 0x2026);
    }
    out.push(b'"');
}

/// The most bytes that [`quoted`] appends.
pub(super) fn most(text: &[u8], cap: usize) -> usize {
    text.len().min(cap) * UNIT + UNIT + 2
}

/// How much of `text` is kept: `cap` bytes, less a character that would be cut in two.
fn capped(text: &[u8], cap: usize) -> usize {
    if text.len() <= cap {
        return text.len();
    }
    let is_tail = |byte: &u8| *byte & 0xc0 == 0x80;
    let tails = text[..=cap].iter().rev().take_while(|byte| is_tail(byte)).count();
    // More than three tail bytes in a row are no character.
    if tails <= 3 { cap - tails } else { cap }
}

fn special(out: &mut Vec<u8>, text: &[u8]) {
    for chunk in text.utf8_chunks() {
        valid(out, chunk.valid());
        for byte in chunk.invalid() {
            unit(out, u16::from(*byte));
        }
    }
}

fn valid(out: &mut Vec<u8>, mut text: &str) {
    while let Some(at) = text.bytes().position(|byte| !plain(byte)) {
        out.extend_from_slice(&text.as_bytes()[..at]);
        let mut rest = text[at..].chars();
        if let Some(special) = rest.next() {
            escape(out, special);
        }
        text = rest.as_str();
    }
    out.extend_from_slice(text.as_bytes());
}

fn plain(byte: u8) -> bool {
    (byte.wrapping_sub(b' ') <= b'~' - b' ') & (byte != b'"') & (byte != b'\\')
}

fn escape(out: &mut Vec<u8>, special: char) {
    if let '"' | '\\' = special {
        out.extend_from_slice(&[b'\\', special as u8]);
    } else {
        for half in special.encode_utf16(&mut [0; 2]) {
            unit(out, *half);
        }
    }
}

/// One UTF-16 code unit, `\u` and four digits (RFC 8259, section 7).
fn unit(out: &mut Vec<u8>, unit: u16) {
    let digit = |shift: u16| HEX[usize::from(unit >> shift & 0xf)];
    out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}

const UNIT: usize = r"\u0000".len();
const HEX: [u8; 16] = *b"0123456789abcdef";
