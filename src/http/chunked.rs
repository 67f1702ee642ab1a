//! The chunked coding: a decoder that compacts data in place, and what the encoder writes before a chunk
//! (RFC 9112, section 7.1).
//!
//! The decoder takes the grammar at its word: CRLF only, no white space, extensions well-formed and bounded, trailer
//! lines legal. Trailers are checked, and dropped but for those that [`Trailers`] was told to keep.

use std::ops::Range;

use super::reject::{Reject, Rule};
use super::trailer::Trailers;
use super::value::{is_text, is_token};

/// Digits of one chunk's size.
const MAX_DIGITS: u8 = 16;
/// Bytes of extensions: of one chunk, and of one body.
const MAX_EXTENSION: u32 = 1024;
const MAX_EXTENSIONS: u32 = 16 * 1024;
/// Bytes and lines of the trailer section.
const MAX_TRAILER: u32 = 16 * 1024;
const MAX_TRAILER_FIELDS: u16 = 100;

/// A decoder of one body. It holds no bytes of it.
#[derive(Debug)]
pub(crate) struct Chunked {
    state: State,
    /// Bytes of data still to come in this chunk.
    left: u64,
    digits: u8,
    extension: u32,
    extensions: u32,
    trailer: u32,
    trailer_fields: u16,
    trailers: Option<Box<Trailers>>,
}

/// What one call found: bytes of input used up, and where the data now lies in the input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) consumed: usize,
    pub(crate) data: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size,
    ExtensionName { empty: bool },
    ExtensionValue { empty: bool },
    Quoted,
    QuotedPair,
    AfterQuoted,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerLine,
    TrailerName,
    TrailerValue,
    TrailerLf,
    LastLf,
    Done,
}

impl Chunked {
    /// `trailers`: what may be kept of the trailer section.
    pub(crate) fn new(trailers: Option<Box<Trailers>>) -> Chunked {
        Chunked {
            state: State::Size,
            left: 0,
            digits: 0,
            extension: 0,
            extensions: 0,
            trailer: 0,
            trailer_fields: 0,
            trailers,
        }
    }

    /// The last chunk and the trailer section were seen whole.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// What was kept of the trailer section, once.
    pub(crate) fn take_trailers(&mut self) -> Option<Box<Trailers>> {
        self.trailers.take()
    }

    pub(crate) fn has_trailers(&self) -> bool {
        self.trailers.is_some()
    }

    /// Decodes what is there. Data of several chunks is moved together, so it comes as one piece; input behind the
    /// end of the body is left alone.
    ///
    /// # Errors
    /// The rule that the coding breaks. Nothing after that is to be believed.
    pub(crate) fn decode(&mut self, input: &mut [u8]) -> Result<Decoded, Reject> {
        let (mut at, mut data) = (0, 0..0);
        while at < input.len() && self.state != State::Done {
            if self.state == State::Data {
                let take = usize::try_from(self.left).unwrap_or(usize::MAX).min(input.len() - at);
                if data.is_empty() {
                    data = at..at + take;
                } else {
                    input.copy_within(at..at + take, data.end);
                    data.end += take;
                }
                self.left -= take as u64;
                at += take;
                if self.left == 0 {
                    self.state = State::DataCr;
                }
            } else {
                self.state = self.step(input[at]).map_err(|rule| Reject::new(rule, at))?;
                at += 1;
            }
        }
        Ok(Decoded { consumed: at, data })
    }

    fn step(&mut self, byte: u8) -> Result<State, Rule> {
        match self.state {
            State::Size => self.size(byte),
            State::ExtensionName { .. } | State::ExtensionValue { .. } => self.extension(byte),
            State::Quoted | State::QuotedPair | State::AfterQuoted => self.extension(byte),
            State::SizeLf if byte == b'\n' => Ok(self.after_size()),
            State::DataCr if byte == b'\r' => Ok(State::DataLf),
            State::DataLf if byte == b'\n' => {
                self.digits = 0;
                Ok(State::Size)
            }
            State::SizeLf | State::DataCr | State::DataLf => Err(Rule::ChunkLine),
            _ => self.trailer(byte),
        }
    }

    fn size(&mut self, byte: u8) -> Result<State, Rule> {
        match byte {
            b'\r' if self.digits > 0 => Ok(State::SizeLf),
            b';' if self.digits > 0 => {
                self.extension = 0;
                Ok(State::ExtensionName { empty: true })
            }
            _ => {
                let digit = (byte as char).to_digit(16).ok_or(Rule::ChunkSize)?;
                self.digits += 1;
                self.left = self.left << 4 | u64::from(digit);
                let too_long = self.digits > MAX_DIGITS || self.left > i64::MAX as u64;
                if too_long { Err(Rule::ChunkSize) } else { Ok(State::Size) }
            }
        }
    }

    /// `*( ";" name [ "=" ( token / quoted-string ) ] )`, without the white space that a recipient may bear with.
    fn extension(&mut self, byte: u8) -> Result<State, Rule> {
        self.extension += 1;
        self.extensions += 1;
        if self.extension > MAX_EXTENSION || self.extensions > MAX_EXTENSIONS {
            return Err(Rule::ChunkExtension);
        }
        match (self.state, byte) {
            (State::ExtensionName { .. }, _) if is_token(byte) => Ok(State::ExtensionName { empty: false }),
            (State::ExtensionName { empty: false }, b'=') => Ok(State::ExtensionValue { empty: true }),
            (State::ExtensionValue { .. }, _) if is_token(byte) => Ok(State::ExtensionValue { empty: false }),
            (State::ExtensionValue { empty: true }, b'"') => Ok(State::Quoted),
            (State::Quoted, b'"') => Ok(State::AfterQuoted),
            (State::Quoted, b'\\') => Ok(State::QuotedPair),
            (State::Quoted | State::QuotedPair, _) if is_text(byte) => Ok(State::Quoted),
            (State::Quoted | State::QuotedPair, _) => Err(Rule::ChunkExtension),
            (State::ExtensionName { empty: true } | State::ExtensionValue { empty: true }, _) => {
                Err(Rule::ChunkExtension)
            }
            (_, b';') => Ok(State::ExtensionName { empty: true }),
            (_, b'\r') => Ok(State::SizeLf),
            _ => Err(Rule::ChunkExtension),
        }
    }

    fn after_size(&self) -> State {
        if self.left == 0 { State::TrailerLine } else { State::Data }
    }

    fn trailer(&mut self, byte: u8) -> Result<State, Rule> {
        self.trailer += 1;
        if self.trailer > MAX_TRAILER {
            return Err(Rule::Trailer);
        }
        if let Some(trailers) = &mut self.trailers {
            trailers.push(byte);
        }
        match (self.state, byte) {
            (State::TrailerLine, b'\r') => Ok(State::LastLf),
            (State::TrailerLine, _) if is_token(byte) => {
                self.trailer_fields += 1;
                if self.trailer_fields > MAX_TRAILER_FIELDS { Err(Rule::Trailer) } else { Ok(State::TrailerName) }
            }
            (State::TrailerName, b':') => Ok(State::TrailerValue),
            (State::TrailerName, _) if is_token(byte) => Ok(State::TrailerName),
            (State::TrailerValue, b'\r') => Ok(State::TrailerLf),
            (State::TrailerValue, _) if is_text(byte) => Ok(State::TrailerValue),
            (State::TrailerLf, b'\n') => Ok(State::TrailerLine),
            (State::LastLf, b'\n') => Ok(State::Done),
            _ => Err(Rule::Trailer),
        }
    }
}

/// Writes the line before a chunk of `size` bytes, more than 0. Data and CRLF follow.
pub(crate) fn chunk_head(size: usize, out: &mut Vec<u8>) {
    let digits = (usize::BITS - size.leading_zeros()).div_ceil(4).max(1);
    for digit in (0..digits).rev() {
        out.push(b"0123456789abcdef"[size >> (digit * 4) & 15]);
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests;
