//! Finds where a head ends, line by line, without reading any byte twice.
//!
//! The tokeniser skips empty lines, takes a bare LF for a line's end and starts from the front each time it is asked.
//! So it is asked once, when this scan has seen the empty line that closes the head and every line before it end in
//! CRLF (RFC 9112, section 2.2). A head that comes a byte at a time costs no more than one that comes whole.

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
            return Err(Reject::new(Rule::HeadTooLarge, bounds.bytes));
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

    fn check_size(&self, bytes: &[u8], bounds: Bounds) -> Result<(), Reject> {
        let seen = bytes.len() - self.start.min(bytes.len());
        if self.lines == 0 && seen > MAX_METHOD {
            let line = &bytes[self.start..];
            match memchr::memchr(b' ', &line[..=MAX_METHOD]) {
                None => return Err(Reject::new(Rule::MethodTooLong, self.start)),
                Some(space) if seen - space > MAX_TARGET + " HTTP/1.1\r".len() => {
                    return Err(Reject::new(Rule::TargetTooLong, self.start + space));
                }
                Some(_) => {}
            }
        }
        if seen > bounds.bytes {
            return Err(Reject::new(Rule::HeadTooLarge, bounds.bytes));
        }
        Ok(())
    }
}
