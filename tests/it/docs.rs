//! What the project shows to its readers works as shown: every TOML block of the README and every file in `config/`
//! is a configuration that the real binary accepts, and the README's commands do what it says.
//!
//! A block that cannot stand alone has no place in the README; a piece of a file is shown as text.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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

/// In the order in which they stand there, in a directory with the README's own configuration. Ports are moved out of
/// the way of whatever else runs here; nothing else is.
#[test]
fn the_commands_of_the_readme_work() {
    let readme = read("README.md");
    let (_, configuration) = blocks(&readme, "toml").remove(0);
    let file = scratch("readme/limpet.toml", &configuration);
    let status = free_address();
    let mut serving: Option<Serving> = None;
    for line in blocks(&readme, "sh").iter().flat_map(|(_, block)| block.lines()) {
        let Some(arguments) = line.strip_prefix("limpet ") else {
            assert!(RUN_ELSEWHERE.contains(&line), "{line}: no test runs this");
            continue;
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_limpet"));
        command.args(arguments.split(' ')).current_dir(file.parent().unwrap());
        command.env("LIMPET__LISTENERS__WEB__ADDRESS", "127.0.0.1:0").env("LIMPET__STATUS__ADDRESS", &status);
        if arguments.starts_with("run ") {
            drop(serving.take());
            serving = Some(Serving::start(&mut command, line));
        } else {
            succeeds(&mut command, line);
        }
    }
    assert!(serving.is_some(), "README.md shows how to serve");
}

#[test]
fn blocks_are_found_with_their_lines() {
    let text = "a\n```toml\nx = 1\ny = 2\n```\n```sh\nls\n```\n```toml\n```\n";
    assert_eq!(blocks(text, "toml"), [(3, "x = 1\ny = 2\n".to_owned()), (10, String::new())]);
    assert_eq!(blocks(text, "sh"), [(7, "ls\n".to_owned())]);
}

/// A limpet that serves, killed when dropped.
struct Serving(Child);

impl Serving {
    /// Starts it and waits until its status listens, which comes after every other listener.
    fn start(command: &mut Command, line: &str) -> Serving {
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut serving = Serving(process);
        let mut said = String::new();
        let mut log = BufReader::new(serving.0.stderr.take().unwrap());
        while !said.lines().any(|line| line.contains("\"listening\"") && line.contains("\"status\"")) {
            assert!(log.read_line(&mut said).unwrap() > 0, "{line}:\n{said}");
        }
        // Read on, or it would meet a closed pipe.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        serving
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a command until it succeeds, for at most [`PATIENCE`]: a limpet that listens is ready a moment later.
fn succeeds(command: &mut Command, line: &str) {
    let until = Instant::now() + PATIENCE;
    loop {
        let output = command.output().unwrap();
        if output.status.success() {
            return;
        }
        assert!(Instant::now() < until, "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Of this machine, and free a moment ago.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
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
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Commands of the README that `demo` or CI run.
const RUN_ELSEWHERE: [&str; 3] = ["cargo run --release -- demo", "cargo run --release -- demo --tour", "tests/run"];
/// The longest that anything here waits for what should come in a moment.
const PATIENCE: Duration = Duration::from_secs(10);
