//! What a file must open with, must not say, and must give a reason for.
//!
//! Every finding is one line that names file, line and rule. Reasons are comments, which the lexer drops: they are
//! looked for in the file's text, on the line of the token or above its statement.

use super::{EMPTY_NAMES, OPENING_LINES, UNFINISHED};
use crate::source::{File, Tree};

/// Everything untidy in `tree`, sizes aside.
pub(crate) fn findings(tree: &Tree) -> Vec<String> {
    let mut found = tree.unreadable.clone();
    for file in &tree.files {
        let text = Text { lines: file.text.lines().collect() };
        let ours = file.path.starts_with("src/");
        found.extend(opening(file, &text).map(|why| format!("{}:1: {why} (rule: module docs)", file.path)));
        for at in 0..file.tokens.len() {
            let whys = [
                if ours { bare_unwrap(file, &text, at) } else { None },
                unfinished(file, at),
                silence_without_reason(file, &text, at),
                empty_module_name(file, at),
                if ours { get_prefix(file, at) } else { None },
            ];
            let line = file.tokens[at].line;
            found.extend(whys.into_iter().flatten().map(|why| format!("{}:{line}: {why}", file.path)));
        }
    }
    found
}

/// A path of which one part says nothing.
pub(crate) fn empty_name(path: &str) -> Option<String> {
    let part = path.split('/').find(|part| says_nothing(part.split('.').next().unwrap_or_default()))?;
    Some(format!("{path}:1: `{part}` says nothing about what is inside (rule: names)"))
}

/// Paths of one machine, and hosts that one machine's package tools talk to.
pub(crate) fn foreign_words(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (line, words) in text.lines().enumerate() {
        let directory =
            DIRECTORIES.iter().map(|parts| format!("/{}", parts.join("/"))).find(|name| has_path(words, name));
        let host = HOSTS.iter().map(|parts| parts.join(".")).find(|host| words.contains(host.as_str()));
        let foreign = directory
            .or(host)
            .map(|word| format!("{path}:{}: `{word}` is of one machine (rule: the project alone)", line + 1));
        found.extend(foreign);
    }
    if path.ends_with("Cargo.lock") {
        let sources = text.lines().enumerate().filter(|(_, line)| line.starts_with("source = ") && *line != CRATES_IO);
        found.extend(sources.map(|(line, _)| {
            format!("{path}:{}: a crate from elsewhere than crates.io (rule: the project alone)", line + 1)
        }));
    }
    found
}

/// A file's lines, to look for what the lexer does not see. Lines count from 1.
struct Text<'a> {
    lines: Vec<&'a str>,
}

impl Text<'_> {
    fn line(&self, line: usize) -> &str {
        self.lines.get(line.wrapping_sub(1)).map_or("", |line| line.trim())
    }

    /// The comment on this line or right above its statement; other attributes and the links of a method chain may
    /// stand between.
    fn reason(&self, line: usize) -> String {
        let own = self.line(line).split_once("// ").map_or("", |(_, comment)| comment);
        let mut above = line - 1;
        while above > 0 && (self.line(above).starts_with("#[") || self.line(above + 1).starts_with('.')) {
            if self.line(above).starts_with("// ") {
                break;
            }
            above -= 1;
        }
        let mut comment = String::new();
        while self.line(above).starts_with("// ") {
            comment = format!("{} {comment}", &self.line(above)[3..]);
            above -= 1;
        }
        format!("{comment}{own}").trim().to_owned()
    }
}

fn opening(file: &File, text: &Text) -> Option<String> {
    let opening: Vec<&&str> = text.lines.iter().take_while(|line| line.starts_with("//!")).collect();
    let says = opening.iter().filter(|line| line.len() > "//!".len()).count();
    let (least, most) = (*OPENING_LINES.start(), *OPENING_LINES.end());
    if opening.len() < least || says == 0 {
        return Some(format!("opens with {} lines of `//!`, of at least {least}", opening.len()));
    }
    // lib.rs has the tour of the whole source.
    let too_long = file.path.starts_with("src/") && file.path != "src/lib.rs" && says > most;
    too_long.then(|| format!("opens with {says} lines of `//!`, of at most {most}"))
}

fn bare_unwrap(file: &File, text: &Text, at: usize) -> Option<String> {
    let token = &file.tokens[at];
    let unwraps = UNWRAPS.split(' ').any(|name| token.is(name));
    let called = at > 0 && file.token_is(at - 1, ".") && file.token_is(at + 1, "(");
    if token.test || !unwraps || !called || text.reason(token.line).contains("INVARIANT: ") {
        return None;
    }
    Some(format!("`{}` without `// INVARIANT: …` above it (rule: bare unwrap)", token.text))
}

fn unfinished(file: &File, at: usize) -> Option<String> {
    let found = UNFINISHED.split(' ').find(|name| file.tokens[at].is(name) && file.token_is(at + 1, "!"))?;
    Some(format!("`{found}!` (rule: unfinished)"))
}

/// A lint or a test switched off, and nobody says why.
fn silence_without_reason(file: &File, text: &Text, at: usize) -> Option<String> {
    let name = SILENCES.split(' ').find(|name| file.tokens[at].is(name))?;
    // `#[name`, `#![name`, or inside `cfg_attr(…, name(`.
    let hash = |back: usize| at >= back && file.token_is(at - back, "#");
    let opens = at > 1 && file.token_is(at - 1, "[") && (hash(2) || file.token_is(at - 2, "!") && hash(3));
    let behind_condition = at > 1 && file.token_is(at - 1, ",") && file.token_is(at + 1, "(") && in_attribute(file, at);
    if !opens && !behind_condition {
        return None;
    }
    let end = if file.token_is(at + 1, "(") { file.after_group(at + 1) } else { at + 3 };
    let inside = &file.tokens[at..end.min(file.tokens.len())];
    let given = inside.windows(2).any(|pair| (pair[0].is("reason") || pair[0].is("ignore")) && pair[1].is("="));
    let said = given || !text.reason(file.tokens[at].line).is_empty();
    (!said).then(|| format!("`#[{name}…]` without a reason on the line before (rule: reasons)"))
}

fn in_attribute(file: &File, at: usize) -> bool {
    let start = (0..at)
        .rev()
        .take_while(|before| !file.tokens[*before].is(";"))
        .find(|before| file.token_is(*before, "cfg_attr"));
    start.is_some_and(|start| start > 0 && file.token_is(start - 1, "[") && file.after_group(start + 1) > at)
}

fn empty_module_name(file: &File, at: usize) -> Option<String> {
    let name = file.tokens.get(at + 1).filter(|name| file.tokens[at].is("mod") && says_nothing(&name.text))?;
    Some(format!("`mod {}` says nothing about what is inside (rule: names)", name.text))
}

fn get_prefix(file: &File, at: usize) -> Option<String> {
    let name = file.tokens.get(at + 1).filter(|name| file.tokens[at].is("fn") && name.text.starts_with("get_"))?;
    Some(format!("`{}`: say what it gives, without `get_` (rule: names)", name.text))
}

fn says_nothing(name: &str) -> bool {
    name.split(['_', '-']).any(|part| EMPTY_NAMES.split(' ').any(|empty| part == empty))
}

/// `name` stands in `words` as the beginning of an absolute path.
fn has_path(words: &str, name: &str) -> bool {
    words.match_indices(name).any(|(at, _)| {
        let before = words[..at].chars().next_back();
        let starts = !before.is_some_and(|c| c.is_alphanumeric() || "._-/*}".contains(c));
        starts && words[at + name.len()..].starts_with('/')
    })
}

const UNWRAPS: &str = "unwrap expect unwrap_err expect_err";

const SILENCES: &str = "allow expect ignore";

/// Directories that only a machine of ours has; in parts, or this file would name them itself.
const DIRECTORIES: &[&[&str]] = &[&["work"], &["root"], &["tmp", "wt"]];

/// Hosts of package registries and their mirrors, in parts for the same reason.
const HOSTS: &[&[&str]] =
    &[&["index.crates", "io"], &["static.crates", "io"], &["files.pythonhosted", "org"], &["pypi", "org"]];

const CRATES_IO: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
