//! Every path that a file names, resolved as far as names alone allow: imports, whole paths in code and in macro
//! calls, `self`, `super`, child modules, and names that an import of the same module brought in.
//!
//! It knows what is ours and what is a crate's, and nothing of what is allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::source::{File, Token, Tree};

/// One path, where it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// From the crate's root if it is ours, else from a crate's name (or a name of unknown origin).
    pub(crate) path: Vec<String>,
    pub(crate) ours: bool,
    /// Written out here, not resolved through an import elsewhere in the file.
    pub(crate) direct: bool,
    pub(crate) line: usize,
    pub(crate) test: bool,
    /// The module that names it.
    pub(crate) module: Rc<[String]>,
}

/// Every path in `file`.
pub(crate) fn paths(file: &File, modules: &Modules) -> Vec<Named> {
    let mut reader = Reader { file, modules, imports: BTreeMap::new(), found: Vec::new() };
    let rest = reader.read_imports();
    reader.read_code(&rest);
    reader.found
}

/// What `lib.rs` hands out under names of its own: name to path.
pub(crate) fn re_exports(file: &File, modules: &Modules) -> BTreeMap<String, Vec<String>> {
    let mut reader = Reader { file, modules, imports: BTreeMap::new(), found: Vec::new() };
    reader.read_imports();
    let at_root = reader.imports.into_iter().filter(|((module, _), _)| module.is_empty());
    at_root.filter(|(_, import)| import.ours).map(|((_, name), import)| (name, import.path)).collect()
}

/// The modules that exist, by full path.
#[derive(Debug)]
pub(crate) struct Modules(BTreeSet<Vec<String>>);

impl Modules {
    pub(crate) fn of(tree: &Tree) -> Modules {
        let files = tree.files.iter().map(|file| file.module.clone());
        let inline = tree.files.iter().flat_map(|file| file.tokens.iter().map(|token| token.module.to_vec()));
        Modules(files.chain(inline).collect())
    }

    pub(crate) fn has(&self, path: &[String]) -> bool {
        self.0.contains(path)
    }
}

#[derive(Clone, Debug)]
struct Import {
    path: Vec<String>,
    ours: bool,
}

struct Reader<'a> {
    file: &'a File,
    modules: &'a Modules,
    /// Module and name, to what the name stands for there.
    imports: BTreeMap<(Vec<String>, String), Import>,
    found: Vec<Named>,
}

impl Reader<'_> {
    /// Takes all `use` items; gives back the ranges of tokens between them.
    fn read_imports(&mut self) -> Vec<std::ops::Range<usize>> {
        let mut rest = Vec::new();
        let mut from = 0;
        let mut at = 0;
        while at < self.file.tokens.len() {
            // `impl Trait + use<'a>` is no import.
            if self.file.token_is(at, "use") && !self.file.token_is(at + 1, "<") {
                rest.push(from..at);
                at = self.read_tree(at + 1, &[]);
                from = at;
            } else {
                at += 1;
            }
        }
        rest.push(from..self.file.tokens.len());
        rest
    }

    /// One branch of a use tree, after `prefix`; gives the index after it.
    fn read_tree(&mut self, mut at: usize, prefix: &[String]) -> usize {
        let mut path = prefix.to_vec();
        if path.is_empty() && self.file.token_is(at, "::") {
            path.push(GLOBAL.to_owned());
        }
        let start = at;
        while let Some(token) = self.file.tokens.get(at) {
            if token.is("{") {
                let end = self.file.after_group(at);
                at += 1;
                while at < end - 1 {
                    at = self.read_tree(at, &path);
                    at += usize::from(self.file.token_is(at, ","));
                }
                return end;
            }
            if token.is_word() && !token.is("as") || token.is("*") {
                path.push(token.text.clone());
            } else if !token.is("::") {
                break;
            }
            at += 1;
        }
        let mut name = path.last().cloned();
        if self.file.token_is(at, "as") {
            name = self.file.tokens.get(at + 1).map(|token| token.text.clone());
            at += 2;
        }
        if at > start {
            self.add_import(start, path, name);
        }
        at.max(start + 1)
    }

    fn add_import(&mut self, at: usize, mut path: Vec<String>, mut name: Option<String>) {
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
            name = name.filter(|name| name != "self").or_else(|| path.last().cloned());
        }
        let token = &self.file.tokens[at];
        let import = self.resolve(&path, &token.module);
        if let Some(name) = name {
            self.imports.insert((token.module.to_vec(), name), import.clone());
        }
        self.push(at, import, true);
    }

    /// Paths of two or more segments outside imports.
    fn read_code(&mut self, ranges: &[std::ops::Range<usize>]) {
        for range in ranges {
            let mut at = range.start;
            while at < range.end {
                at += self.read_path(at);
            }
        }
    }

    /// The path that starts at `at`, if one does; says how many tokens it takes.
    fn read_path(&mut self, at: usize) -> usize {
        let tokens = &self.file.tokens;
        let mut path = Vec::new();
        let mut end = at;
        if tokens[at].is("::")
            && !at.checked_sub(1).is_some_and(|before| tokens[before].is_word() || tokens[before].is(">"))
        {
            path.push(GLOBAL.to_owned());
            end += 1;
        }
        if tokens[at].is("extern") && self.file.token_is(at + 1, "crate") {
            path.push(GLOBAL.to_owned());
            end += 2;
        }
        while let Some(token) = tokens.get(end).filter(|token| token.is_word()) {
            path.push(token.text.clone());
            end += 1;
            if !self.file.token_is(end, "::") || !tokens.get(end + 1).is_some_and(Token::is_word) {
                break;
            }
            end += 1;
        }
        if path.len() > 1 {
            let direct = self.imported(&path, &tokens[at].module).is_none();
            let import = self.resolve(&path, &tokens[at].module);
            self.push(at, import, direct);
        }
        (end - at).max(1)
    }

    fn push(&mut self, at: usize, import: Import, direct: bool) {
        let token = &self.file.tokens[at];
        let Import { path, ours } = import;
        self.found.push(Named { path, ours, direct, line: token.line, test: token.test, module: token.module.clone() });
    }

    fn imported(&self, path: &[String], module: &[String]) -> Option<&Import> {
        self.imports.get(&(module.to_vec(), path.first()?.clone()))
    }

    fn resolve(&self, path: &[String], module: &[String]) -> Import {
        let ours = |base: &[String], rest: &[String]| Import { path: [base, rest].concat(), ours: true };
        let (first, rest) = (&path[0], &path[1..]);
        match first.as_str() {
            GLOBAL => Import { path: rest.to_vec(), ours: false },
            "crate" => ours(&[], rest),
            // The binary sees the library as a crate.
            "limpet" if module.first().is_some_and(|room| room == "main") => ours(&[], rest),
            "self" => ours(module, rest),
            "super" => {
                let ups = path.iter().take_while(|segment| *segment == "super").count();
                ours(&module[..module.len().saturating_sub(ups)], &path[ups..])
            }
            _ if self.modules.has(&[module, &path[..1]].concat()) => ours(module, path),
            _ => match self.imported(path, module) {
                Some(import) => Import { path: [&import.path[..], rest].concat(), ours: import.ours },
                None => Import { path: path.to_vec(), ours: false },
            },
        }
    }
}

/// Stands for the `::` that a path begins with.
const GLOBAL: &str = "::";
