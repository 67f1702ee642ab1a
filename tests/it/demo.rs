//! The demo as a newcomer meets it: the real binary, the `curl` lines it prints, and the tour.
//!
//! Lines are run as they stand, by a shell in an empty directory, and what `curl` prints is what is judged. That the
//! tour can fail at all is shown beside it, in `src/demo/tour`.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

#[test]
fn the_tour_holds() {
    let mut tour = Process::start(&["demo", "--tour"]);
    let status = tour.ended();
    let (shown, said) = (tour.shown(), tour.said());
    assert!(status.success(), "{status}:\n{shown}{said}");
    assert!(shown.ends_with("\nAll 10 held.\n") && shown.matches('✔').count() == 10, "{shown}");
    assert_eq!(said, "", "a limpet on tour has nothing to complain of");
}

#[test]
fn the_lines_of_the_demo_work_when_pasted() {
    let mut demo = Process::start(&["demo", "--listen", "127.0.0.1:0"]);
    let shown = demo.introduction();
    let lines: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    let lines: Vec<&str> =
        lines.into_iter().filter(|line| line.starts_with("curl") || line.starts_with("grep")).collect();
    let directory = scratch("demo-lines");
    let printed: Vec<String> = lines.iter().map(|line| pasted(line, &directory)).collect();
    let [first, again, other, other_again, nobodys, jar, metrics] = &printed[..] else { panic!("{lines:#?}") };

    let (home, things) = cart(first);
    assert_eq!(things, ["apples"], "{first}");
    assert_eq!(cart(again), (home.clone(), vec!["apples".to_owned()]), "the same cart again: {again}");
    let (other_home, things) = cart(other);
    assert_eq!(things, ["pears"], "{other}");
    assert_eq!(cart(other_again), (other_home, vec!["pears".to_owned()]), "{other_again}");
    let mut visited: Vec<(String, Vec<String>)> = nobodys.lines().map(cart).collect();
    visited.sort();
    assert_eq!(visited, ["cart-0", "cart-1", "cart-2"].map(|name| (name.to_owned(), Vec::new())), "{nobodys}");
    assert!(jar.contains("limpet-carts\t0."), "{jar}");
    assert!(metrics.contains("outcome=\"hit\"} 2\n") && metrics.contains("outcome=\"new\"} 5\n"), "{metrics}");
    assert_eq!(demo.end_by(Signal::INT), Some(0));
}

#[test]
fn the_file_that_the_demo_shows_is_a_configuration() {
    let mut demo = Process::start(&["demo", "--listen", "127.0.0.1:0"]);
    let shown = demo.introduction();
    let file: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let path = scratch("demo-file").join("limpet.toml");
    fs::write(&path, file.join("\n")).unwrap();
    let checked = limpet(&["check", "-c", path.to_str().unwrap()]);
    assert_eq!(checked.0, Some(0), "{}\n{}", checked.1, file.join("\n"));
    assert!(checked.1.contains("1 pool, 3 backends"), "{}", checked.1);

    let health = ["health", "-c", path.to_str().unwrap()];
    assert_eq!(limpet(&health), (Some(0), "ready\n".to_owned()), "limpet health asks where the file says");
    assert_eq!(demo.end_by(Signal::TERM), Some(0));
    let (code, said) = limpet(&health);
    assert!(code == Some(1) && said.starts_with("not ready: "), "{code:?} {said}");
}

#[test]
fn health_says_no_when_it_cannot_know() {
    let path = scratch("demo-health").join("limpet.toml");
    let path = path.to_str().unwrap();
    for (file, expected) in [("[status]\naddress = \"off\"\n", "is \"off\""), ("[listeners]\nx = 1\n", "error")] {
        let rest = "[routes.all]\npool = \"app\"\n[pools.app]\nbackends = [\"127.0.0.1:1\"]\n";
        let listener = "[listeners.web]\naddress = \"127.0.0.1:0\"\n";
        fs::write(path, format!("{file}{listener}{rest}")).unwrap();
        let (code, said) = limpet(&["health", "-c", path]);
        assert!(code == Some(1) && said.contains(expected), "{code:?} {said}");
    }
}

/// A running binary, killed when dropped.
struct Process {
    child: Child,
}

impl Process {
    fn start(arguments: &[&str]) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_limpet"));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Process { child: command.spawn().unwrap() }
    }

    /// What the demo prints when it runs, to the last line of it.
    fn introduction(&mut self) -> String {
        let mut shown = String::new();
        let mut lines = BufReader::new(self.child.stdout.as_mut().unwrap());
        while !shown.ends_with("    access = \"off\"\n") {
            if lines.read_line(&mut shown).unwrap() == 0 {
                panic!("the demo ended:\n{shown}{}", self.said());
            }
        }
        shown
    }

    fn end_by(&mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let status = self.ended();
        assert_eq!(self.said(), "", "a clean stop says nothing");
        status.code()
    }

    /// Waits for its end; kills it after [`PATIENCE`], which its status then says.
    fn ended(&mut self) -> ExitStatus {
        let process = Pid::from_child(&self.child);
        let (end, ended) = channel::<()>();
        let watch = thread::spawn(move || {
            if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                kill_process(process, Signal::KILL).unwrap();
            }
        });
        let status = self.child.wait().unwrap();
        drop(end);
        watch.join().unwrap();
        status
    }

    fn shown(&mut self) -> String {
        all(self.child.stdout.take().unwrap())
    }

    fn said(&mut self) -> String {
        all(self.child.stderr.take().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn all(mut stream: impl Read) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Runs the binary to its end: exit code, and all that it printed.
fn limpet(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_limpet")).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

fn pasted(line: &str, directory: &Path) -> String {
    let output = Command::new("sh").args(["-c", line]).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Who answered, and what is in the cart.
fn cart(line: &str) -> (String, Vec<String>) {
    let answer: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let things = answer["cart"].as_array().unwrap().iter().map(|thing| thing.as_str().unwrap().to_owned());
    (answer["served_by"].as_str().unwrap().to_owned(), things.collect())
}

/// An empty directory.
fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// The longest that anything here waits for what should come in a moment.
const PATIENCE: Duration = Duration::from_secs(10);
