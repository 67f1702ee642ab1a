//! Seeds and findings as text: one input a line, with Rust's escapes for bytes (`\r \n \t \0 \\ \" \xNN`).
//!
//! What is printed of a finding is a line that can be added to a file of seeds. Empty lines and lines that begin with
//! `#` are for the reader.

/// The inputs of a file of seeds, each with the number of its line.
///
/// # Errors
/// A line with an escape that is none.
pub fn inputs(file: &str) -> Result<Vec<(usize, Vec<u8>)>, String> {
    let lines = file.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|(at, line)| match unescaped(line) {
            Some(input) => Ok((at + 1, input)),
            None => Err(format!("line {}: an escape that is none", at + 1)),
        })
        .collect()
}

/// As a line of a file of seeds.
pub fn escaped(input: &[u8]) -> String {
    let text = input.escape_ascii().to_string().replace("\\'", "'").replace("\\\"", "\"");
    if text.starts_with(['#', ' ']) || text.trim().is_empty() || text.ends_with(' ') { hex(input) } else { text }
}

fn hex(input: &[u8]) -> String {
    input.iter().map(|byte| format!("\\x{byte:02x}")).collect()
}

fn unescaped(line: &str) -> Option<Vec<u8>> {
    let mut input = Vec::new();
    let mut rest = line.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'\\' {
            input.push(*first);
            continue;
        }
        let (kind, after) = rest.split_first()?;
        rest = after;
        input.push(match kind {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'0' => 0,
            b'\\' | b'"' | b'\'' => *kind,
            b'x' => {
                let (digits, after) = rest.split_at_checked(2)?;
                rest = after;
                u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
            }
            _ => return None,
        });
    }
    Some(input)
}
