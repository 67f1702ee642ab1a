//! What the project shows to its readers works as shown: every TOML block of the README and every file in `config/`
//! is a configuration that the real binary accepts, and the README names the command that CI runs.
//!
//! A block that cannot stand alone has no place in the README; a piece of a file is shown as text.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::source::files_below;

#[test]
fn every_toml_block_of_the_readme_is_a_configuration() {
    let readme = read("README.md");
    let blocks = blocks(&readme, "toml");
    assert!(!blocks.is_empty(), "README.md shows no configuration");
    for (line, block) in blocks {
        let file = scratch(&format!("readme-{line}.toml"), &block);
        let (code, said) = check(&file);
        assert_eq!(code, Some(0), "README.md:{line}: limpet check refuses this block:\n{said}");
    }
}

#[test]
fn every_file_in_config_is_a_configuration() {
    let files = files_below(root(), "config");
    for file in files.iter().filter(|file| file.ends_with(".toml")) {
        let (code, said) = check(&root().join(file));
        assert_eq!(code, Some(0), "{file}: limpet check refuses it:\n{said}");
    }
}

/// Without this, a `check` that accepts everything would let everything above pass.
#[test]
fn check_refuses_what_is_no_configuration() {
    let file = scratch("refused.toml", "[listeners.web]\nadress = 1\n");
    let (code, said) = check(&file);
    assert_eq!(code, Some(78), "limpet check said:\n{said}");
    assert!(said.contains("adress"), "limpet check does not show the mistake:\n{said}");
}

#[test]
fn the_readme_names_the_test_command_that_ci_runs() {
    let readme = read("README.md");
    let commands = blocks(&readme, "sh");
    assert!(
        commands.iter().any(|(_, block)| block.lines().any(|line| line == "tests/run")),
        "README.md must show `tests/run`"
    );
    assert!(
        read(".ci/run").lines().any(|line| line.trim() == "step \"tests\" tests/run"),
        ".ci/run must call `tests/run`"
    );
}

#[test]
fn blocks_are_found_with_their_lines() {
    let text = "a\n```toml\nx = 1\ny = 2\n```\n```sh\nls\n```\n```toml\n```\n";
    assert_eq!(blocks(text, "toml"), [(3, "x = 1\ny = 2\n".to_owned()), (10, String::new())]);
    assert_eq!(blocks(text, "sh"), [(7, "ls\n".to_owned())]);
}

/// Runs `limpet check` on a file: its exit code, and what it said.
fn check(file: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_limpet")).arg("check").arg("-c").arg(file).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

/// The fenced blocks of a language, each with the line of its first word.
fn blocks(text: &str, language: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(named)) if named.trim() == language => open = Some((at + 2, String::new())),
            (None, Some(_)) => open = Some((0, String::new())),
            (Some(_), Some(_)) => found.extend(open.take().filter(|(line, _)| *line > 0)),
            (Some((_, block)), None) => *block += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    found
}

fn scratch(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
