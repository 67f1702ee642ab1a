//! From `-c FILE` and `-c DIR` to parsed files: directories listed, includes followed, nothing read twice.
//!
//! Paths in `include` are relative to the file that says so. A file that is included includes nothing itself, so there
//! is no order to think about and no circle. Knows nothing about keys but this one.

use std::fs;
use std::path::{Path, PathBuf};

use super::code::Code;
use super::file;
use super::keys::INCLUDE;
use super::kind::{Kind, List};
use super::kinds::PATTERN;
use super::report::Problem;
use super::source::{Place, Sources};
use super::tree::Table;

/// Reads what was asked for and what that includes.
pub(super) fn gather(paths: &[PathBuf], sources: &mut Sources, problems: &mut Vec<Problem>) -> Vec<Table> {
    let mut gathered = Gathered { sources, problems, seen: Vec::new(), tables: Vec::new() };
    for path in paths {
        if path.is_dir() { gathered.directory(path) } else { gathered.file(path, None, true) }
    }
    let Gathered { mut tables, .. } = gathered;
    refuse_includes(&mut tables, "here it would be followed from file to file", problems);
    tables
}

/// Reports every `include` that is still there.
pub(super) fn refuse_includes(tables: &mut [Table], why: &str, problems: &mut Vec<Problem>) {
    for entry in tables.iter_mut().filter_map(|table| table.remove(INCLUDE)) {
        problems.push(
            Problem::new(Code::Include, "`include` works in the files named by -c alone")
                .at(entry.place, why)
                .help("name these files in the first file's `include`, or give its directory to -c"),
        );
    }
}

struct Gathered<'a> {
    sources: &'a mut Sources,
    problems: &'a mut Vec<Problem>,
    /// Files read so far, in the one form of their path.
    seen: Vec<PathBuf>,
    tables: Vec<Table>,
}

impl Gathered<'_> {
    fn directory(&mut self, directory: &Path) {
        match list(directory, ("", ".toml")) {
            Ok(files) if files.is_empty() => {
                let title = format!("there is no .toml file in {}", directory.display());
                self.problems
                    .push(Problem::new(Code::Unreadable, title).help("-c takes a file, or a directory of them"));
            }
            Ok(files) => files.iter().for_each(|file| self.file(file, None, true)),
            Err(error) => self.unreadable(directory, &error, None),
        }
    }

    fn file(&mut self, path: &Path, asked: Option<Place>, may_include: bool) {
        let name = path.display().to_string();
        let read = path.canonicalize().and_then(|same| Ok((same, fs::read(path)?)));
        let (same, bytes) = match read {
            Ok(read) => read,
            Err(error) => return self.unreadable(path, &error, asked),
        };
        if self.seen.contains(&same) {
            return;
        }
        self.seen.push(same);
        let source = match String::from_utf8(bytes) {
            Ok(text) => self.sources.add(name, text),
            Err(error) => {
                let start = error.utf8_error().valid_up_to();
                let source = self.sources.add(name, String::from_utf8_lossy(error.as_bytes()));
                let place = Place { source, start, end: start };
                self.problems.push(
                    Problem::new(Code::NotUtf8, "this file is not UTF-8")
                        .at(place, "the first byte that is not")
                        .help("save the file as UTF-8"),
                );
                return;
            }
        };
        let mut table = file::parse(self.sources, source, self.problems);
        let included = may_include.then(|| table.remove(INCLUDE)).flatten();
        self.tables.push(table);
        let patterns = included.and_then(|entry| List(PATTERN).read(INCLUDE, &entry.node, self.problems));
        let directory = path.parent().unwrap_or(Path::new(""));
        for pattern in patterns.unwrap_or_default() {
            self.include(directory, &pattern.value, pattern.place);
        }
    }

    fn include(&mut self, directory: &Path, pattern: &str, place: Option<Place>) {
        let (parent, last) = pattern.rsplit_once('/').map_or(("", pattern), |(parent, last)| (parent, last));
        let parent = directory.join(if pattern.starts_with('/') && parent.is_empty() { "/" } else { parent });
        if pattern[..pattern.len() - last.len()].contains('*') || last.matches('*').count() > 1 {
            let title = format!("{pattern:?} cannot be included");
            let help = "\"conf.d/*.toml\" reads every such file of one directory";
            let label = "one `*`, in the last component";
            self.problems.push(Problem::new(Code::Include, title).at(place, label).help(help));
            return;
        }
        let Some(around) = last.split_once('*') else { return self.file(&parent.join(last), place, false) };
        let files = match list(&parent, around) {
            Ok(files) => files,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return self.unreadable(&parent, &error, place),
        };
        if files.is_empty() {
            let title = format!("no file matches {pattern:?}");
            let looked = format!("files are looked for in {}", parent.display());
            self.problems.push(Problem::new(Code::NothingIncluded, title).at(place, "").help(looked));
        }
        for file in files {
            self.file(&file, place, false);
        }
    }

    fn unreadable(&mut self, path: &Path, error: &std::io::Error, asked: Option<Place>) {
        let title = format!("cannot read {}: {error}", path.display());
        let help = "is the path right, and may this user read it?";
        self.problems.push(Problem::new(Code::Unreadable, title).at(asked, "named here").help(help));
    }
}

/// The files of a directory whose names begin and end so, sorted. Hidden ones are left out: editors and mounted
/// volumes keep their own there.
fn list(directory: &Path, (begin, end): (&str, &str)) -> std::io::Result<Vec<PathBuf>> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let fits = name.len() >= begin.len() + end.len() && name.starts_with(begin) && name.ends_with(end);
        let hidden = name.starts_with('.') && !begin.starts_with('.');
        // A link that leads nowhere is read, and so reported: a file that is missing may be the one that denies.
        let is_directory = entry.path().is_dir();
        if fits && !hidden && !is_directory {
            files.push(if directory == Path::new(".") { PathBuf::from(name) } else { directory.join(name) });
        }
    }
    files.sort();
    Ok(files)
}
