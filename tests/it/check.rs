//! `limpet check` and `limpet config` as a user meets them: the real binary, its output and its exit codes.
//!
//! One whole output is held to the letter; elsewhere the codes and places of problems are tested beside the code that
//! finds them.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs limpet in a directory of its own that holds one `limpet.toml`.
fn limpet(test: &str, file: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("check-{test}"));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("limpet.toml"), file).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_limpet"));
    command.args(arguments).envs(environment.iter().copied()).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const FIVE_MISTAKES: &str = r#"[listeners.web]
address = "0.0.0.0:8080"
trusted_proxys = ["private"]

[routes.all]
pool = "shop"

[pools.shp]
backends = ["web-1:3000", "web-2"]
policy = "round-robin"

[timeouts]
head = "10 seconds"
"#;

const REPORT: &str = r#"error[L0201]: unknown key `trusted_proxys`
 --> limpet.toml:3:1
  |
3 | trusted_proxys = ["private"]
  | ^^^^^^^^^^^^^^ did you mean `trusted_proxies`?
  |
  = help: `listeners.web` may hold address, trusted_proxies

error[L0214]: unknown pool `shop`
 --> limpet.toml:6:8
  |
6 | pool = "shop"
  |        ^^^^^^ no pool has this name
7 |
8 | [pools.shp]
  |        --- a pool with a similar name is defined here
  |
  = help: change it to "shp", or rename the pool

error[L0215]: "web-2" is not a backend's address
 --> limpet.toml:9:27
  |
9 | backends = ["web-1:3000", "web-2"]
  |                           ^^^^^^^ the port is missing
  |
  = help: write "host:port", with an IPv6 address in brackets: "web-1:3000", "10.0.0.1:3000", "[::1]:3000"

error[L0213]: "round-robin" is no value of `policy`
  --> limpet.toml:10:10
   |
10 | policy = "round-robin"
   |          ^^^^^^^^^^^^^ did you mean "round_robin"?
   |
   = help: one of "round_robin"

error[L0210]: "10 seconds" is not a duration
  --> limpet.toml:13:8
   |
13 | head = "10 seconds"
   |        ^^^^^^^^^^^^
   |
   = help: the units are ms, s, m and h, and there is one of them: "90m"

5 errors
"#;

#[test]
fn five_mistakes_are_reported_at_once() {
    let output = limpet("five", FIVE_MISTAKES, &["check"], &[]);
    assert_eq!(text(&output.stderr), REPORT);
    assert_eq!(text(&output.stdout), "");
    assert_eq!(output.status.code(), Some(78));
}

const RIGHT: &str = r#"
[listeners.web]
address = "0.0.0.0:8080"
[routes.all]
pool = "app"
[pools.app]
backends = ["web-1:3000", "web-2:3000"]
"#;

#[test]
fn a_right_file_is_said_to_be_right() {
    let output = limpet("right", RIGHT, &["check"], &[]);
    assert_eq!(text(&output.stdout), "limpet.toml: ok: 1 listener, 1 route, 1 pool, 2 backends\n");
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)));
}

#[test]
fn the_environment_of_the_process_counts() {
    let output = limpet("environment", RIGHT, &["check"], &[("LIMPET__LOG__LEVEL", "loud")]);
    assert!(text(&output.stderr).contains("LIMPET__LOG__LEVEL=loud"), "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(78));
    let arguments = ["config", "show", "--origin", "-c", "limpet.toml"];
    let output = limpet("origin", RIGHT, &arguments, &[("LIMPET__LOG__LEVEL", "debug")]);
    assert!(text(&output.stdout).contains("# environment LIMPET__LOG__LEVEL\n"), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("# limpet.toml:7\n"), "{}", text(&output.stdout));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn exit_codes_distinguish_what_went_wrong() {
    for (arguments, code) in [
        (&["check", "-c", "none.toml"] as &[_], 78),
        (&["config", "show", "-c", "none.toml"], 78),
        (&["config", "schema"], 0),
        (&["check", "--colour"], 2),
        (&["grind"], 2),
        (&[], 2),
        (&["--help"], 0),
        (&["--version"], 0),
    ] {
        assert_eq!(limpet("codes", RIGHT, arguments, &[]).status.code(), Some(code), "{arguments:?}");
    }
}
