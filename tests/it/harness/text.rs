//! Bytes as a reader of a failed test wants them: escaped as the tables write them, cut where they are long.
//!
//! It stands apart so that tables, journals and reports show bytes alike. It knows nothing of HTTP.

/// `bytes` on one line, in the notation of the tables; what lies beyond `limit` bytes is only counted.
pub(crate) fn quote(bytes: &[u8], limit: usize) -> String {
    let mut text = String::from("\"");
    for byte in &bytes[..bytes.len().min(limit)] {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            0x20..=0x7e => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text.push('"');
    if bytes.len() > limit {
        text.push_str(&format!(" … {} bytes", bytes.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_bytes_are_escaped_and_long_ones_counted() {
        assert_eq!(quote(b"a\r\n\t\"\\\x00\xff", 99), r#""a\r\n\t\"\\\x00\xff""#);
        assert_eq!(quote(b"abcdef", 3), "\"abc\" … 6 bytes");
    }
}
