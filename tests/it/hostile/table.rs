//! The tables: text files with one stanza a row, read into cases.
//!
//! ```text
//! row 9   negative lengths                       number, name, and @listener where it is not `web`
//!   > P "Content-Length: -1\r\n" ;;              one case a line
//!   > [00-1f 7f] P "Content-Length: \?5\r\n" ;;  one case a byte of the sweep
//!   < 400! invalid_length                        the verdict on the lines above it
//! tested_by 110 name_of_a_test: why              a row that is no line, but a test of `conversations`
//! not_ours 163: why                              a row that limpet has no part in
//! config body = "1s"                             a line of configuration; the first ones are timeouts
//! ```
//!
//! What each row number stands for is written in `README.md`; `coverage` checks that no row of that list is missing.

use std::sync::Arc;

use super::notation::{Filling, Program, Step};
use super::verdict::Verdict;

/// One file.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) file: &'static str,
    pub(crate) cases: Vec<Case>,
    /// Rows that tests of `conversations` stand for, with the tests' names.
    pub(crate) tested_by: Vec<(u16, String)>,
    pub(crate) not_ours: Vec<u16>,
    /// Lines of configuration; they begin inside `[timeouts]`.
    pub(crate) config: String,
}

/// One thing sent, and what ought to become of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// `9.2 lengths.txt:31 negative lengths`.
    pub(crate) name: String,
    pub(crate) row: u16,
    pub(crate) listener: String,
    pub(crate) program: Program,
    /// The byte of a sweep.
    pub(crate) swept: Option<u8>,
    pub(crate) verdict: Arc<Verdict>,
}

impl Case {
    pub(crate) fn steps(&self, id: &str) -> Vec<Step> {
        self.program.steps(self.filling(id))
    }

    pub(crate) fn filling<'a>(&self, id: &'a str) -> Filling<'a> {
        Filling { id, swept: self.swept }
    }
}

impl Table {
    /// Reads a file; the test fails with all its mistakes.
    pub(crate) fn parse(file: &'static str, text: &str) -> Table {
        let mut reader = Reader { table: Table { file, ..Table::default() }, ..Reader::default() };
        let faults: Vec<String> = text
            .lines()
            .enumerate()
            .filter_map(|(at, line)| reader.line(at + 1, line).err().map(|fault| format!("{file}:{}: {fault}", at + 1)))
            .collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        assert!(reader.waiting.is_empty(), "{file}: the last cases have no verdict");
        reader.table
    }
}

#[derive(Default)]
struct Reader {
    table: Table,
    row: Row,
    /// Cases whose verdict has not come yet.
    waiting: Vec<Waiting>,
}

#[derive(Default)]
struct Row {
    number: u16,
    name: String,
    listener: String,
    variants: usize,
}

struct Waiting {
    name: String,
    program: Program,
    swept: Option<u8>,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            "" => Ok(()),
            _ if word.starts_with('#') => Ok(()),
            "row" => self.row(rest),
            ">" => self.cases(number, rest),
            "<" => self.verdict(rest),
            "tested_by" | "not_ours" => self.elsewhere(word, rest),
            "config" => {
                self.table.config.push_str(&format!("{rest}\n"));
                Ok(())
            }
            _ => Err(format!("no line of a table: {line}")),
        }
    }

    fn row(&mut self, text: &str) -> Result<(), String> {
        if !self.waiting.is_empty() {
            return Err("the cases above have no verdict".to_owned());
        }
        let (number, name) = text.split_once(' ').ok_or("a row has a number and a name")?;
        let (name, listener) = name.split_once('@').unwrap_or((name, "web"));
        let number = number.parse().map_err(|_| format!("no number of a row: {number}"))?;
        let variants = if number == self.row.number { self.row.variants } else { 0 };
        self.row = Row { number, name: name.trim().to_owned(), listener: listener.trim().to_owned(), variants };
        Ok(())
    }

    fn cases(&mut self, line: usize, text: &str) -> Result<(), String> {
        let (bytes, text) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((ranges, rest)) => (sweep(ranges)?, rest),
            None => (vec![], text),
        };
        let program = Program::parse(text)?;
        if program.sweeps() == bytes.is_empty() {
            return Err("a sweep needs its \\? and its [ranges]".to_owned());
        }
        self.row.variants += 1;
        let name = format!("{}.{} {}:{line} {}", self.row.number, self.row.variants, self.table.file, self.row.name);
        if bytes.is_empty() {
            self.waiting.push(Waiting { name, program, swept: None });
        } else {
            let swept = bytes.into_iter().map(|byte| Waiting {
                name: format!("{name} [{byte:02x}]"),
                program: program.clone(),
                swept: Some(byte),
            });
            self.waiting.extend(swept);
        }
        Ok(())
    }

    fn verdict(&mut self, text: &str) -> Result<(), String> {
        let verdict = Arc::new(Verdict::parse(text)?);
        if self.waiting.is_empty() {
            return Err("a verdict on nothing".to_owned());
        }
        let (row, listener) = (self.row.number, &self.row.listener);
        self.table.cases.extend(self.waiting.drain(..).map(|Waiting { name, program, swept }| Case {
            name,
            row,
            listener: listener.clone(),
            program,
            swept,
            verdict: verdict.clone(),
        }));
        Ok(())
    }

    fn elsewhere(&mut self, word: &str, text: &str) -> Result<(), String> {
        let (what, why) = text.split_once(':').ok_or("a reason is missing")?;
        let (row, test) = what.split_once(' ').unwrap_or((what, ""));
        let row = row.parse().map_err(|_| format!("no number of a row: {row}"))?;
        if why.trim().is_empty() || (word == "tested_by") == test.is_empty() {
            return Err("tested_by NUMBER TEST: WHY, or not_ours NUMBER: WHY".to_owned());
        }
        if word == "tested_by" {
            self.table.tested_by.push((row, test.trim().to_owned()));
        } else {
            self.table.not_ours.push(row);
        }
        Ok(())
    }
}

/// `00-1f 7f` as bytes.
fn sweep(ranges: &str) -> Result<Vec<u8>, String> {
    let byte = |text: &str| u8::from_str_radix(text, 16).map_err(|_| format!("no byte: {text}"));
    let mut bytes = Vec::new();
    for range in ranges.split_whitespace() {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        bytes.extend(byte(from)?..=byte(to)?);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
# A comment.
config [limits]
row 9 first
  > P "A: 1\r\n" ;;
  > [00-02 7f] P "A: \?\r\n" ;;
  < 400! why
  > G ;;
  < FWD
row 10 second @trusted
  > G ;;
  < FWD
tested_by 110 some_test: a conversation
not_ours 111: not built
"#;

    #[test]
    fn stanzas_become_cases() {
        let table = Table::parse("t.txt", TEXT);
        let names: Vec<&str> = table.cases.iter().map(|case| &case.name[..]).collect();
        assert_eq!(names[0], "9.1 t.txt:5 first");
        assert_eq!(names[1..5], [0, 1, 2, 0x7f].map(|byte| format!("9.2 t.txt:6 first [{byte:02x}]")));
        assert_eq!(names[5..], ["9.3 t.txt:8 first", "10.1 t.txt:11 second"]);
        assert_eq!(table.cases[6].listener, "trusted");
        assert_eq!((&table.tested_by[..], &table.not_ours[..]), (&[(110, "some_test".to_owned())][..], &[111][..]));
        assert_eq!(table.config, "[limits]\n");
    }

    #[test]
    #[should_panic(expected = "t.txt:2: the cases above have no verdict")]
    fn a_case_without_a_verdict_is_a_mistake() {
        Table::parse("t.txt", "> G ;;\nrow 2 next\n");
    }
}
