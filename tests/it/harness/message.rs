//! Field lines as RFC 9112, section 5, allows them and no other way: the part that requests and responses share.
//!
//! This is the harness's own reading of HTTP; it must never be replaced by limpet's, which it judges.

use super::quote;

/// One field line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// As it came, case included.
    pub(crate) name: String,
    pub(crate) value: Vec<u8>,
}

/// Field lines in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(pub(crate) Vec<Field>);

impl Fields {
    /// The values of every line of this name, ASCII case aside.
    pub(crate) fn all(&self, name: &str) -> Vec<&[u8]> {
        let named = self.0.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
        named.map(|field| &field.value[..]).collect()
    }

    /// The first value of this name as text; what is not UTF-8 is shown as such.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.all(name).first().map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Whether `member` stands in the comma-separated list of this name.
    pub(crate) fn lists(&self, name: &str, member: &str) -> bool {
        let members = self.all(name).into_iter().flat_map(|value| value.split(|byte| *byte == b','));
        members.into_iter().any(|one| trim(one).eq_ignore_ascii_case(member.as_bytes()))
    }

    /// The lines of a section: `text` is everything after the start line, the last line's CRLF included.
    pub(crate) fn parse(text: &[u8]) -> Result<Fields, String> {
        let mut fields = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = find(rest, b"\r\n").ok_or_else(|| format!("no CRLF after {}", quote(rest, 60)))?;
            fields.push(field(&rest[..end])?);
            rest = &rest[end + 2..];
        }
        Ok(Fields(fields))
    }
}

fn field(line: &[u8]) -> Result<Field, String> {
    let fault = |what: &str| format!("{what} in field line {}", quote(line, 120));
    let colon = line.iter().position(|byte| *byte == b':').ok_or_else(|| fault("no colon"))?;
    let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
    if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
        return Err(fault("name is no token"));
    }
    if let Some(byte) = value.iter().find(|byte| **byte != b'\t' && (**byte < 0x20 || **byte == 0x7f)) {
        return Err(fault(&format!("byte {byte:#04x}")));
    }
    Ok(Field { name: String::from_utf8_lossy(name).into_owned(), value: value.to_vec() })
}

/// Without OWS on both sides: SP and HTAB, nothing else (RFC 9110, section 5.6.3).
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// Where `part` first stands in `bytes`.
pub(crate) fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, part)
}

/// A `tchar` of RFC 9110, section 5.6.2.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_lines_are_read() {
        let fields = Fields::parse(b"A: 1\r\nb:\t2, close \r\nA:\xff\r\nE:\r\n").unwrap();
        assert_eq!(fields.all("a"), [&b"1"[..], b"\xff"]);
        assert!(fields.lists("B", "CLOSE"));
        assert_eq!(fields.text("e").as_deref(), Some(""));
    }

    #[test]
    fn illegal_lines_are_refused() {
        let bad: [&[u8]; 10] = [
            b"A: 1\n",
            b"A : 1\r\n",
            b" A: 1\r\n",
            b"A: 1\r\n fold\r\n",
            b"A\r\n",
            b": 1\r\n",
            b"A: \x00\r\n",
            b"A: x\ry\r\n",
            b"A: x\x0c\r\n",
            b"A\x80: 1\r\n",
        ];
        for text in bad {
            assert!(Fields::parse(text).is_err(), "accepted {}", quote(text, 99));
        }
    }
}
