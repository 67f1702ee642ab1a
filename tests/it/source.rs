//! Rust source as the tests of the layout rules see it: files of tokens, each token with its line, its module and whether it is
//! compiled for tests only.
//!
//! A lexer is enough: paths, functions and attributes are all visible in the token stream, also inside macro calls,
//! where a syntax tree would show nothing. It must know no rule; `layers` and `tidy` hold these.

use std::path::Path;
use std::rc::Rc;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// A set of Rust files below one directory, in the order of their paths.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    /// Files that are no Rust, with the lexer's complaint.
    pub(crate) unreadable: Vec<String>,
}

/// One file.
#[derive(Debug)]
pub(crate) struct File {
    /// As it is shown: from the package's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Where its items live: `src/net/tls.rs` is `["net", "tls"]`, `src/lib.rs` is `[]`.
    pub(crate) module: Vec<String>,
    pub(crate) tokens: Vec<Token>,
}

/// One token, flattened: what opens and closes a group is a token too.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) kind: Kind,
    /// From 1.
    pub(crate) line: usize,
    /// Stands below `#[cfg(test)]`, here or where its file is declared.
    pub(crate) test: bool,
    /// The file's module, and the inline modules around the token.
    pub(crate) module: Rc<[String]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or keyword, without `r#`.
    Word,
    /// One character of punctuation; but `::` is one mark.
    Mark,
    Open,
    Close,
    Literal,
}

impl Token {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.kind != Kind::Literal && self.text == text
    }

    pub(crate) fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }
}

impl File {
    pub(crate) fn token_is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(text))
    }

    /// The index after the group that opens at `open`.
    pub(crate) fn after_group(&self, open: usize) -> usize {
        let mut depth = 0usize;
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return at + 1;
            }
        }
        self.tokens.len()
    }
}

impl Tree {
    /// Every `.rs` file of `paths`, which are relative to `root`.
    pub(crate) fn read(root: &Path, paths: &[String]) -> Tree {
        let rust = paths.iter().filter(|path| path.ends_with(".rs"));
        Tree::of(rust.filter_map(|path| Some((path.clone(), std::fs::read_to_string(root.join(path)).ok()?))))
    }

    /// A tree of path and text.
    pub(crate) fn of(files: impl IntoIterator<Item = (String, String)>) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            match text.parse::<TokenStream>() {
                Ok(stream) => tree.files.push(File::of(path, text, stream)),
                Err(error) => {
                    tree.unreadable.push(format!("{path}:{}: no Rust: {error}", error.span().start().line));
                }
            }
        }
        tree.files.sort_by(|one, other| one.path.cmp(&other.path));
        tree.mark_declared_tests();
        tree
    }

    /// `#[cfg(test)] mod tests;` makes tests of another file.
    fn mark_declared_tests(&mut self) {
        let mut declared = Vec::new();
        for file in &self.files {
            for at in 0..file.tokens.len() {
                let token = &file.tokens[at];
                if token.is("mod") && token.test && file.token_is(at + 2, ";") {
                    let name = file.tokens[at + 1].text.clone();
                    declared.push([&token.module[..], &[name]].concat());
                }
            }
        }
        for file in &mut self.files {
            if file.path.starts_with("src/") && declared.iter().any(|module| file.module.starts_with(module)) {
                file.tokens.iter_mut().for_each(|token| token.test = true);
            }
        }
    }
}

/// Every file below `directory`, from `root`, with `/`.
pub(crate) fn files_below(root: &Path, directory: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(directory) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(root.join(&directory)) else { continue };
        for entry in entries.flatten() {
            let path = format!("{directory}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() { waiting.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

impl File {
    fn of(path: String, text: String, stream: TokenStream) -> File {
        let module = module_of(&path);
        let mut flat = Flat { tokens: Vec::new(), test: false, module: Rc::from(module.clone()) };
        flat.stream(stream);
        File { path, text, module, tokens: flat.tokens }
    }
}

fn module_of(path: &str) -> Vec<String> {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// Flattens a stream, group by group.
struct Flat {
    tokens: Vec<Token>,
    test: bool,
    module: Rc<[String]>,
}

impl Flat {
    fn stream(&mut self, stream: TokenStream) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let outside = self.test;
        let mut at = 0;
        let mut item_ends = 0;
        while at < trees.len() {
            if at >= item_ends {
                self.test = outside;
            }
            if !self.test && is_test_attribute(&trees[at..]) {
                self.test = true;
                item_ends = at + item_length(&trees[at..]);
            }
            at += self.tree(&trees, at);
        }
        self.test = outside;
    }

    /// Adds the tree at `at`; says how many were taken.
    fn tree(&mut self, trees: &[TokenTree], at: usize) -> usize {
        match &trees[at] {
            TokenTree::Group(group) => {
                let around = self.module.clone();
                if let Some(name) = inline_module(trees, at) {
                    self.module = [&around[..], &[name]].concat().into();
                }
                self.group(group);
                self.module = around;
            }
            TokenTree::Ident(word) => {
                let text = word.to_string();
                self.add(text.trim_start_matches("r#").to_owned(), Kind::Word, word.span());
            }
            TokenTree::Literal(literal) => self.add(literal.to_string(), Kind::Literal, literal.span()),
            TokenTree::Punct(mark) => {
                let doubled = mark.as_char() == ':' && matches!(mark.spacing(), proc_macro2::Spacing::Joint);
                if doubled && is_mark(trees.get(at + 1), ':') {
                    self.add("::".to_owned(), Kind::Mark, mark.span());
                    return 2;
                }
                self.add(mark.to_string(), Kind::Mark, mark.span());
            }
        }
        1
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => ("", ""),
        };
        self.add(open.to_owned(), Kind::Open, group.span_open());
        self.stream(group.stream());
        self.add(close.to_owned(), Kind::Close, group.span_close());
    }

    fn add(&mut self, text: String, kind: Kind, span: Span) {
        let line = span.start().line;
        self.tokens.push(Token { text, kind, line, test: self.test, module: self.module.clone() });
    }
}

/// The name, if the group at `at` is the body of `mod name`.
fn inline_module(trees: &[TokenTree], at: usize) -> Option<String> {
    let [TokenTree::Ident(keyword), TokenTree::Ident(name), TokenTree::Group(body)] =
        trees.get(at.checked_sub(2)?..=at)?
    else {
        return None;
    };
    (keyword == "mod" && body.delimiter() == Delimiter::Brace).then(|| name.to_string())
}

/// `#[cfg(test)]`, or `#[cfg(all(test, …))]`: what follows exists in tests only.
fn is_test_attribute(trees: &[TokenTree]) -> bool {
    let Some(TokenTree::Group(attribute)) = trees.get(1) else { return false };
    if !is_mark(trees.first(), '#') {
        return false;
    }
    let text: String = attribute.stream().to_string().chars().filter(|c| !c.is_whitespace()).collect();
    text == "cfg(test)"
        || text.starts_with("cfg(all(test,")
        || text.starts_with("cfg(all(") && text.contains(",test") && !text.contains("any(") && !text.contains("not(")
}

/// How many trees an item takes, its attributes included.
fn item_length(trees: &[TokenTree]) -> usize {
    let mut at = 0;
    while is_mark(trees.get(at), '#') {
        at += 2;
    }
    while matches!(trees.get(at), Some(TokenTree::Ident(word)) if word == "pub")
        || matches!(trees.get(at), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
    {
        at += 1;
    }
    let keyword = match trees.get(at) {
        Some(TokenTree::Ident(word)) => word.to_string(),
        _ => String::new(),
    };
    // An import has braces of its own; a field, a variant or an arm ends with a comma.
    let only_semicolon = matches!(keyword.as_str(), "use" | "let" | "static");
    let is_item = only_semicolon || ITEM_WORDS.contains(&keyword.as_str());
    for (length, tree) in trees.iter().enumerate().skip(at) {
        let ends = match tree {
            TokenTree::Punct(mark) => mark.as_char() == ';' || mark.as_char() == ',' && !is_item,
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !only_semicolon,
            _ => false,
        };
        if ends {
            return length + 1;
        }
    }
    trees.len()
}

fn is_mark(tree: Option<&TokenTree>, mark: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(found)) if found.as_char() == mark)
}

const ITEM_WORDS: &[&str] =
    &["fn", "mod", "impl", "struct", "enum", "trait", "const", "async", "unsafe", "extern", "type", "macro_rules"];

#[test]
fn a_token_knows_its_line_its_module_and_whether_it_is_a_test() {
    let text = "mod a {\n  fn live() {}\n}\n#[cfg(test)]\nuse x::{y};\nfn also() {}\n#[cfg(test)]\nmod tests { fn inner() {} }\nfn last() {}";
    let tree = Tree::of([("src/pool.rs".to_owned(), text.to_owned())]);
    let seen = |word: &str| {
        let token = tree.files[0].tokens.iter().find(|token| token.is(word));
        token.map(|token| (token.line, token.module.join("::"), token.test))
    };
    assert_eq!(seen("live"), Some((2, "pool::a".to_owned(), false)));
    assert_eq!(seen("y"), Some((5, "pool".to_owned(), true)));
    assert_eq!(seen("also"), Some((6, "pool".to_owned(), false)));
    assert_eq!(seen("inner"), Some((8, "pool::tests".to_owned(), true)));
    assert_eq!(seen("last"), Some((9, "pool".to_owned(), false)));
}

#[test]
fn a_file_declared_for_tests_is_a_test() {
    let files = [("src/pool.rs", "#[cfg(test)]\nmod tests;\nfn live() {}"), ("src/pool/tests.rs", "fn check() {}")];
    let tree = Tree::of(files.map(|(path, text)| (path.to_owned(), text.to_owned())));
    let is_test = |at: usize, word: &str| tree.files[at].tokens.iter().any(|token| token.is(word) && token.test);
    assert!(!is_test(0, "live"));
    assert!(is_test(1, "check"));
}

#[test]
fn comments_and_strings_are_no_names() {
    let tree =
        Tree::of([("src/pool.rs".to_owned(), "// crate::x\n/* crate::y */ const A: &str = \"crate\";".to_owned())]);
    assert!(!tree.files[0].tokens.iter().any(|token| token.is("crate")));
}
