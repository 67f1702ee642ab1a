//! Bodies too large to hold: written and checked piece by piece, in either framing.
//!
//! Every byte is known by its place, so a byte that is lost, doubled or moved is seen where it happens. Blocking, for
//! threads of their own; the reading of chunks is strict and independent of limpet's.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::LazyLock;

/// A body's framing and size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bulk {
    pub(crate) bytes: u64,
    pub(crate) chunked: bool,
}

impl Bulk {
    /// The field that says how it ends.
    pub(crate) fn field(self) -> String {
        if self.chunked { "Transfer-Encoding: chunked".to_owned() } else { format!("Content-Length: {}", self.bytes) }
    }

    /// Writes all of it.
    pub(crate) fn write(self, to: &mut TcpStream) -> io::Result<()> {
        let (mut at, mut piece, mut sizes) = (0, Vec::new(), SIZES.iter().cycle());
        while at < self.bytes {
            let left = usize::try_from(self.bytes - at).unwrap_or(usize::MAX);
            let size = *sizes.next().unwrap_or(&LONGEST).min(&left);
            piece.clear();
            if self.chunked {
                write!(piece, "{size:x}\r\n")?;
            }
            piece.extend_from_slice(expected(at, size));
            if self.chunked {
                piece.extend_from_slice(b"\r\n");
            }
            to.write_all(&piece)?;
            at += size as u64;
        }
        if self.chunked { to.write_all(b"0\r\n\r\n") } else { Ok(()) }
    }

    /// Reads it to its end, and fails the test at the first byte that is not the right one.
    pub(crate) fn check(self, from: &mut BufReader<TcpStream>) {
        let read = if self.chunked { chunks(from) } else { matched(from, 0, self.bytes) };
        assert_eq!(read, self.bytes);
    }
}

/// Checks the chunks of a body; says how many bytes they held.
fn chunks(from: &mut BufReader<TcpStream>) -> u64 {
    let mut at = 0;
    loop {
        let size = line(from);
        let size = u64::from_str_radix(&size, 16).unwrap_or_else(|_| panic!("chunk size {size:?} after {at}"));
        if size > 0 {
            at = matched(from, at, size);
        }
        assert_eq!(line(from), "", "after a chunk, or where no trailers were announced");
        if size == 0 {
            return at;
        }
    }
}

/// Reads a head: its lines, without the empty one.
pub(crate) fn head(from: &mut BufReader<TcpStream>) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        match line(from) {
            end if end.is_empty() => return lines,
            line => lines.push(line),
        }
    }
}

fn line(from: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    from.read_line(&mut line).expect("a line");
    line.strip_suffix("\r\n").unwrap_or_else(|| panic!("{line:?} is no line")).to_owned()
}

/// Checks `size` bytes of a body from its byte `at`; says where it then is.
fn matched(from: &mut BufReader<TcpStream>, mut at: u64, size: u64) -> u64 {
    let end = at + size;
    let mut piece = vec![0; LONGEST];
    while at < end {
        let most = piece.len().min(usize::try_from(end - at).unwrap_or(usize::MAX));
        let count = from.read(&mut piece[..most]).expect("more of the body");
        assert!(count > 0, "the body ends after {at} bytes");
        assert!(piece[..count] == *expected(at, count), "wrong bytes between {at} and {}", at + count as u64);
        at += count as u64;
    }
    at
}

/// The bytes of every body at this place.
fn expected(at: u64, size: usize) -> &'static [u8] {
    static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let byte = |place: u64| (place % PERIOD).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[0];
        (0..PERIOD + LONGEST as u64).map(byte).collect()
    });
    let from = usize::try_from(at % PERIOD).unwrap_or(0);
    &BYTES[from..from + size]
}

/// A prime, so that no piece, buffer or chunk shifts a body onto itself.
const PERIOD: u64 = 65_521;
const LONGEST: usize = 64 * 1024;
/// Sizes of the pieces, and chunks, that are written.
const SIZES: [usize; 6] = [LONGEST, 1, 40_000, 4_096, 65_535, 4_097];
