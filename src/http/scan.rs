//! Finds where a head ends, line by line, without reading any byte twice.
//!
//! The tokeniser skips empty lines, takes a bare LF for a line's end and starts from the front each time it is asked.
//! So it is asked once, when this scan has seen the empty line that closes the head and every line before it end in
//! CRLF (RFC 9112, section 2.2). A head that comes a byte at a time costs no more than one that comes whole, and is
//! judged alike.

use super::reject::{Reject, Rule};

/// The longest request target, in bytes (RFC 9112, section 3 asks for at least 8,000).
pub(super) const MAX_TARGET: usize = 16 * 1024;
/// The longest method, in bytes.
pub(super) const MAX_METHOD: usize = 32;

/// What a head may be at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Bytes, start line included.
    pub(crate) bytes: usize,
    pub(crate) fields: usize,
}

/// How far into a head the search has come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scan {
    /// Where the head proper begins, after one empty line at most.
    start: usize,
    line: usize,
    at: usize,
    lines: usize,
}

/// A head that came whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) start: usize,
    /// Just past the empty line.
    pub(crate) end: usize,
}

impl Scan {
    /// Looks at what came since the last call; `bytes` begins where it began then.
    ///
    /// # Errors
    /// A line that does not end in CRLF, a second empty line in front, a folded line, or more than `bounds`.
    pub(crate) fn advance(&mut self, bytes: &[u8], bounds: Bounds) -> Result<Option<Extent>, Reject> {
        self.check_first_byte(bytes)?;
        while let Some(found) = memchr::memchr(b'\n', &bytes[self.at..]) {
            let newline = self.at + found;
            self.check_size(&bytes[..newline], bounds)?;
            if newline == self.line || bytes[newline - 1] != b'\r' {
                return Err(Reject::new(Rule::BareLf, newline));
            }
            self.at = newline + 1;
            if newline == self.line + 1 {
                if self.lines > 0 {
                    return self.whole(bounds);
                }
                self.skip_empty_line()?;
                self.check_first_byte(bytes)?;
                continue;
            }
            self.count_line(bytes, bounds)?;
            self.line = self.at;
        }
        self.at = bytes.len();
        self.check_size(bytes, bounds)?;
        Ok(None)
    }

    fn whole(&self, bounds: Bounds) -> Result<Option<Extent>, Reject> {
        if self.at - self.start > bounds.bytes {
            return Err(Reject::new(Rule::HeadTooLarge, self.start + bounds.bytes));
        }
        Ok(Some(Extent { start: self.start, end: self.at }))
    }

    /// One empty line before the start line is tolerated (RFC 9112, section 2.2), a run of them is not.
    fn skip_empty_line(&mut self) -> Result<(), Reject> {
        if self.start > 0 {
            return Err(Reject::new(Rule::LeadingLines, self.start));
        }
        (self.start, self.line) = (self.at, self.at);
        Ok(())
    }

    /// What cannot begin a head is refused at its first byte: a TLS or SSH greeting waits for an answer.
    fn check_first_byte(&self, bytes: &[u8]) -> Result<(), Reject> {
        match bytes.get(self.start) {
            Some(b'\r') if self.start == 0 => Ok(()),
            Some(byte) if self.lines == 0 && !(byte.is_ascii_graphic() || *byte == b'\r') => {
                Err(Reject::new(if *byte == b'\n' { Rule::BareLf } else { Rule::RequestLine }, self.start))
            }
            _ => Ok(()),
        }
    }

    fn count_line(&mut self, bytes: &[u8], bounds: Bounds) -> Result<(), Reject> {
        if self.lines > 0 && matches!(bytes[self.line], b' ' | b'\t') {
            return Err(Reject::new(Rule::ObsFold, self.line));
        }
        if self.lines == 0 && memchr::memmem::find(&bytes[self.line..self.at], b"HTTP/").is_none() {
            return Err(Reject::new(Rule::RequestLine, self.line));
        }
        self.lines += 1;
        if self.lines > bounds.fields + 1 {
            return Err(Reject::new(Rule::TooManyFields, self.line));
        }
        Ok(())
    }

    /// Refuses what is too long as of the byte that makes it so. `seen` stops before the line end looked at, so that
    /// the answer does not depend on how the bytes were cut into reads.
    fn check_size(&self, seen: &[u8], bounds: Bounds) -> Result<(), Reject> {
        let seen = seen.get(self.start..).unwrap_or_default();
        let (mut most, mut rule) = (bounds.bytes, Rule::HeadTooLarge);
        if self.lines == 0 {
            let (line_most, line_rule) = match memchr::memchr(b' ', &seen[..seen.len().min(MAX_METHOD + 1)]) {
                None => (MAX_METHOD, Rule::MethodTooLong),
                Some(space) => (space + 1 + MAX_TARGET + " HTTP/1.1\r".len(), Rule::TargetTooLong),
            };
            if line_most < most {
                (most, rule) = (line_most, line_rule);
            }
        }
        if seen.len() > most { Err(Reject::new(rule, self.start + most)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Bounds = Bounds { bytes: 32 * 1024, fields: 100 };

    fn whole(bytes: &[u8], bounds: Bounds) -> Result<Option<Extent>, Rule> {
        Scan::default().advance(bytes, bounds).map_err(|reject| reject.rule)
    }

    fn byte_by_byte(bytes: &[u8], bounds: Bounds) -> Result<Option<Extent>, Rule> {
        let mut scan = Scan::default();
        for end in 1..=bytes.len() {
            if let Some(extent) = scan.advance(&bytes[..end], bounds).map_err(|reject| reject.rule)? {
                return Ok(Some(extent));
            }
        }
        Ok(None)
    }

    #[track_caller]
    fn verdict(bytes: &[u8], bounds: Bounds) -> Result<Option<(usize, usize)>, Rule> {
        let text = bytes[..bytes.len().min(80)].escape_ascii();
        let found = whole(bytes, bounds);
        assert_eq!(byte_by_byte(bytes, bounds), found, "byte by byte: {text}");
        found.map(|extent| extent.map(|extent| (extent.start, extent.end)))
    }

    /// RFC 9112, sections 2.1 and 2.2.
    #[test]
    fn a_head_ends_with_its_empty_line() {
        for (bytes, expected) in [
            ("", None),
            ("\r", None),
            ("\r\n", None),
            ("\r\n\r", None),
            ("GET / HTTP/1.1", None),
            ("GET / HTTP/1.1\r\n", None),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r", None),
            ("GET / HTTP/1.1\r\n\r\n", Some((0, 18))),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Some((0, 27))),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /x", Some((0, 27))),
            ("\r\nGET / HTTP/1.1\r\n\r\n", Some((2, 20))),
            ("HTTP/1.1 200 \r\n\r\n\n", Some((0, 17))),
            ("GET / HTTP/1.1\r\nX: a\rb\r\n\r\n", Some((0, 26))),
        ] {
            assert_eq!(verdict(bytes.as_bytes(), ROOM), Ok(expected), "{}", bytes.escape_debug());
        }
    }

    /// RFC 9112, sections 2.2, 3 and 5.2.
    #[test]
    fn lines_end_in_crlf_and_do_not_go_on() {
        for (bytes, expected) in [
            ("\n", Rule::BareLf),
            ("\r\n\n", Rule::BareLf),
            ("GET / HTTP/1.1\n", Rule::BareLf),
            ("GET / HTTP/1.1\n\n", Rule::BareLf),
            ("GET / HTTP/1.1\r\nHost: a\n\r\n", Rule::BareLf),
            ("GET / HTTP/1.1\r\nHost: a\r\n\n", Rule::BareLf),
            ("GET / HTTP/1.1\r\nX: a\nY: b\r\n\r\n", Rule::BareLf),
            ("\r\n\r\n", Rule::LeadingLines),
            ("\r\n\r\nGET / HTTP/1.1\r\n\r\n", Rule::LeadingLines),
            (" GET / HTTP/1.1\r\n\r\n", Rule::RequestLine),
            ("\tGET / HTTP/1.1\r\n\r\n", Rule::RequestLine),
            ("\0", Rule::RequestLine),
            ("\x16\x03\x01", Rule::RequestLine),
            ("\r\n ", Rule::RequestLine),
            ("\u{e9}", Rule::RequestLine),
            ("GET /\r\n", Rule::RequestLine),
            ("GET / http/1.1\r\n", Rule::RequestLine),
            ("SSH-2.0-client\r\n", Rule::RequestLine),
            ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", Rule::ObsFold),
            ("GET / HTTP/1.1\r\n\tHost: a\r\n\r\n", Rule::ObsFold),
            ("GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n", Rule::ObsFold),
            ("GET / HTTP/1.1\r\nX: a\r\n \r\n\r\n", Rule::ObsFold),
        ] {
            assert_eq!(verdict(bytes.as_bytes(), ROOM), Err(expected), "{}", bytes.escape_debug());
        }
    }

    /// RFC 9112, section 3; RFC 9110, section 5.4.
    #[test]
    fn what_is_too_long_is_refused_at_the_byte_that_makes_it_so() {
        let line = |method: usize, target: usize| {
            format!("{} /{} HTTP/1.1\r\n\r\n", "M".repeat(method), "t".repeat(target - 1)).into_bytes()
        };
        let sized = |bytes: usize| {
            let value = bytes - "GET / HTTP/1.1\r\nX: \r\n\r\n".len();
            format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "v".repeat(value)).into_bytes()
        };
        let fields = |count: usize| format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(count)).into_bytes();
        let large = Bounds { bytes: 64 * 1024, fields: 100 };
        let small = Bounds { bytes: 100, fields: 100 };
        for (name, bytes, bounds, expected) in [
            ("longest method", line(MAX_METHOD, 1), ROOM, None),
            ("method and one", line(MAX_METHOD + 1, 1), ROOM, Some(Rule::MethodTooLong)),
            ("no method at all", vec![b'A'; 9000], ROOM, Some(Rule::MethodTooLong)),
            ("a long line of something else", [&[b'A'; 40][..], b"\r\n\r\n"].concat(), ROOM, Some(Rule::MethodTooLong)),
            ("longest target", line(3, MAX_TARGET), ROOM, None),
            ("far too long a target", line(3, MAX_TARGET + 20), ROOM, Some(Rule::TargetTooLong)),
            ("a target longer than a head", line(3, MAX_TARGET + 20), small, Some(Rule::HeadTooLarge)),
            ("largest head", sized(ROOM.bytes), ROOM, None),
            ("head and one", sized(ROOM.bytes + 1), ROOM, Some(Rule::HeadTooLarge)),
            ("a line of 1 MiB", sized(1 << 20), large, Some(Rule::HeadTooLarge)),
            ("most fields", fields(100), ROOM, None),
            ("fields and one", fields(101), ROOM, Some(Rule::TooManyFields)),
            ("a bad line end beyond the bounds", [&sized(120)[..], b"X\n"].concat(), small, Some(Rule::HeadTooLarge)),
        ] {
            assert_eq!(verdict(&bytes, bounds).err(), expected, "{name}");
        }
    }

    #[test]
    fn a_leading_empty_line_is_not_counted_as_the_head() {
        let head = b"\r\nGET / HTTP/1.1\r\nX: y\r\n\r\n";
        assert_eq!(verdict(head, Bounds { bytes: head.len() - 2, fields: 1 }), Ok(Some((2, head.len()))));
        assert_eq!(verdict(head, Bounds { bytes: head.len() - 3, fields: 1 }), Err(Rule::HeadTooLarge));
    }

    #[test]
    fn no_byte_is_searched_twice() {
        let mut scan = Scan::default();
        let head = b"GET / HTTP/1.1\r\nX: aaaaaaaa";
        assert!(scan.advance(head, ROOM).unwrap().is_none());
        assert_eq!(scan.at, head.len());
        // What was seen before is not looked at again, so spoiling it changes nothing.
        let spoilt = b"GET / HTTP/1.1\r\nX: \n\n\n\naaaa\r\n\r\n";
        assert_eq!(scan.advance(spoilt, ROOM).unwrap(), Some(Extent { start: 0, end: spoilt.len() }));
    }
}
