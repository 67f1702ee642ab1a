//! Untidy pieces of source, and what the tidy rules must say of them; and tidy pieces of which they must say nothing.
//!
//! Each piece stands in a file that is tidy otherwise, so a finding can only be the one that is wanted.

use super::{rules, sizes};
use crate::source::Tree;

/// Wraps a piece in a file that is tidy otherwise; the piece begins on line 5.
fn file(path: &str, piece: &str) -> Tree {
    Tree::of([(path.to_owned(), format!("//! One.\n//! Two.\n//! Three.\n\n{piece}"))])
}

#[test]
fn pieces_are_judged_as_they_should_be() {
    for (path, piece, wanted) in PIECES {
        let found = rules::findings(&file(path, piece));
        match wanted {
            None => assert!(found.is_empty(), "nothing is wrong with {piece:?}, but: {found:?}"),
            Some((line, text)) => {
                let place = format!("{path}:{line}: ");
                let right = found.len() == 1 && found[0].starts_with(&place) && found[0].contains(text);
                assert!(right, "{piece:?}: wanted {place}{text}, found {found:?}");
            }
        }
    }
}

#[test]
fn openings_are_counted() {
    let opens = |path: &str, lines: usize| {
        rules::findings(&Tree::of([(path.to_owned(), "//! Words.\n".repeat(lines) + "fn f() {}\n")])).join("\n")
    };
    assert!(opens("src/pool.rs", 0).contains("src/pool.rs:1: opens with 0 lines"));
    assert!(opens("src/pool.rs", 2).contains("opens with 2 lines"));
    assert_eq!(opens("src/pool.rs", 3), "");
    assert_eq!(opens("src/pool.rs", 8), "");
    assert!(opens("src/pool.rs", 9).contains("at most 8"));
    assert_eq!(opens("src/lib.rs", 60), "");
    assert_eq!(opens("tests/it/cookie.rs", 9), "");
    let blank = Tree::of([("src/pool.rs".to_owned(), "//!\n//!\n//!\n".to_owned())]);
    assert_eq!(rules::findings(&blank).len(), 1);
}

#[test]
fn what_is_too_long_is_found() {
    let long = |lines: usize| "const A: u8 = 1;\n".repeat(lines);
    let of = |piece: String| sizes::findings(&file("src/pool.rs", &piece)).0.join("\n");
    assert_eq!(of(long(490)), "");
    assert!(of(long(497)).contains("src/pool.rs:1: 501 lines outside tests"));
    assert!(
        of(format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", long(9), long(148)))
            .contains("move them to src/pool/tests.rs")
    );
    assert_eq!(of(format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", long(9), long(140))), "");
    let functions = |count: usize, lines: usize| format!("fn f() {{\n{}}}\n", "g();\n".repeat(lines - 2)).repeat(count);
    assert!(of(functions(1, 81) + &functions(10, 3)).contains("src/pool.rs:5: `f` has 81 lines"));
    assert_eq!(of(functions(1, 80) + &functions(10, 3)), "");
    assert!(of(functions(2, 30) + &functions(8, 3)).contains("nine of ten functions have up to 30 lines"));
}

#[test]
fn the_median_of_many_files_is_found() {
    let files =
        |lines: usize| Tree::of((0..10).map(|at| (format!("src/pool/a{at}.rs"), "const A: u8 = 1;\n".repeat(lines))));
    assert!(sizes::findings(&files(150)).0.join("\n").contains("the median file has 150 lines"));
    assert_eq!(sizes::findings(&files(149)).0.join("\n"), "");
}

#[test]
fn names_that_say_nothing_are_found() {
    for path in
        ["src/utils.rs", "src/net/helper.rs", "src/common/mod.rs", "src/pool_manager.rs", "tests/it/handlers.rs"]
    {
        assert!(rules::empty_name(path).is_some(), "{path}");
    }
    for path in ["src/net/handshake.rs", "src/pool.rs", "README.md"] {
        assert_eq!(rules::empty_name(path), None);
    }
}

#[test]
fn words_of_one_machine_are_found() {
    let root = ["", "root", ".cargo"].join("/");
    let work = ["", "work", "main"].join("/");
    let index = ["index.crates", "io"].join(".");
    for words in [format!("cd {root}"), format!("(see {work})"), format!("\"{work}\""), format!("https://{index}/x")] {
        assert_eq!(rules::foreign_words("tests/run", &words).len(), 1, "{words}");
    }
    for words in ["/worker/1", "GET /work HTTP/1.1", "src/work/x", "https://example.com/root/x", "/tmp/limpet"] {
        assert_eq!(rules::foreign_words("README.md", words).len(), 0, "{words}");
    }
    let lock = "source = \"registry+https://example.com/index\"\n";
    assert_eq!(rules::foreign_words("Cargo.lock", lock).len(), 1);
}

/// A path, a piece from line 5 on, and the line and a piece of the finding wanted.
type Piece = (&'static str, &'static str, Option<(usize, &'static str)>);

const PIECES: &[Piece] = &[
    // Bare unwraps.
    ("src/pool.rs", "fn f() {\n    a().unwrap();\n}", Some((6, "`unwrap` without"))),
    ("src/pool.rs", "fn f() {\n    a().expect(\"x\");\n}", Some((6, "`expect` without"))),
    ("src/pool.rs", "fn f() {\n    // It is there.\n    a().unwrap();\n}", Some((7, "`unwrap` without"))),
    (
        "src/pool.rs",
        "fn f() {\n    // INVARIANT: a is set.\n    b();\n    a().unwrap();\n}",
        Some((8, "`unwrap` without")),
    ),
    ("src/pool.rs", "fn f() {\n    // INVARIANT: a is set.\n    a().unwrap();\n}", None),
    (
        "src/pool.rs",
        "fn f() {\n    // INVARIANT: a is set,\n    // by b.\n    #[expect(clippy::unwrap_used)]\n    let a = a().unwrap();\n}",
        None,
    ),
    ("src/pool.rs", "fn f() {\n    a().unwrap(); // INVARIANT: a is set.\n}", None),
    ("src/pool.rs", "fn f() {\n    // INVARIANT: a is set.\n    a()\n        .b()\n        .unwrap();\n}", None),
    (
        "src/pool.rs",
        "fn f() {\n    a().unwrap_or(1);\n    let unwrap = 1;\n    // .unwrap()\n    b(\".unwrap()\");\n}",
        None,
    ),
    ("src/pool.rs", "#[cfg(test)]\nmod tests {\n    fn f() { a().unwrap(); }\n}", None),
    ("tests/it/cookie.rs", "fn f() { a().unwrap(); }", None),
    // Unfinished work.
    ("src/pool.rs", "fn f() { todo!() }", Some((5, "`todo!`"))),
    ("src/pool.rs", "#[cfg(test)]\nmod tests { fn f() { dbg!(1); } }", Some((6, "`dbg!`"))),
    ("tests/it/cookie.rs", "fn f() { std::unimplemented!() }", Some((5, "`unimplemented!`"))),
    ("src/pool.rs", "// todo!\nfn todo() {}", None),
    // Silence needs a reason.
    ("src/pool.rs", "#[allow(dead_code)]\nfn f() {}", Some((5, "`#[allow…]` without a reason"))),
    ("src/pool.rs", "#![allow(dead_code)]", Some((5, "`#[allow…]` without a reason"))),
    ("src/pool.rs", "/// Doc.\n#[expect(dead_code)]\nfn f() {}", Some((6, "`#[expect…]` without a reason"))),
    ("src/pool.rs", "#[cfg_attr(unix, allow(dead_code))]\nfn f() {}", Some((5, "`#[allow…]` without a reason"))),
    ("tests/it/cookie.rs", "#[test]\n#[ignore]\nfn f() {}", Some((6, "`#[ignore…]` without a reason"))),
    ("tests/it/cookie.rs", "#[ignore = \"needs an hour\"]\nfn f() {}", None),
    ("src/pool.rs", "#[allow(dead_code, reason = \"Held for drop.\")]\nfn f() {}", None),
    ("src/pool.rs", "// Held for drop.\n#[allow(dead_code)]\nfn f() {}", None),
    (
        "src/pool.rs",
        "struct A {\n    // Held for drop.\n    #[allow(dead_code)]\n    a: u8,\n}\nfn f() { g(x, allow(1)); }",
        None,
    ),
    ("src/pool.rs", "fn f() { vec![allow, expect(1)]; [ignore, 1]; }", None),
    // Names.
    ("src/pool.rs", "mod helpers {}", Some((5, "`mod helpers` says nothing"))),
    ("src/pool.rs", "fn get_name() {}", Some((5, "without `get_`"))),
    ("src/pool.rs", "fn get() { map.get_mut(1); }", None),
    // What cannot be read is found too.
    ("src/pool.rs", "fn f() { (]", Some((5, "no Rust"))),
];
