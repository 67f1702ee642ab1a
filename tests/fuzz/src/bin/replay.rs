//! All seeds through all their targets: `replay`. Says what it ran and what it found.
//!
//! `replay --sweep`: the messages of `seeds/sweep.txt` with every single octet at every place, in the place of what is
//! there and in front of it.
//! `replay --seeds TARGET DIRECTORY` writes the seeds of a target as files, as libFuzzer wants them.
//! `replay --show FILE` prints an input as a line of a file of seeds, and runs no target.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use limpet_fuzz::differ::{self, CLASSES, Kind, explain};
use limpet_fuzz::{TARGETS, Target, escaped};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        [] => replay(),
        ["--sweep"] => sweep(),
        ["--seeds", target, directory] => write_seeds(target, Path::new(directory)),
        ["--show", file] => show(Path::new(file)),
        _ => Err("usage: replay [--sweep | --seeds TARGET DIRECTORY | --show FILE]".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("replay: {why}");
            ExitCode::FAILURE
        }
    }
}

fn replay() -> Result<(), String> {
    let mut findings = Vec::new();
    for target in TARGETS {
        let seeds = seeds(target)?;
        for (line, input) in &seeds {
            let again = escaped::inputs(&escaped::escaped(input));
            assert!(
                again.is_ok_and(|again| again[0].1 == *input),
                "seeds/{}.txt:{line}: not printed as read",
                target.seeds
            );
            if std::panic::catch_unwind(|| (target.run)(input)).is_err() {
                findings.push(format!("{}, seeds/{}.txt:{line}", target.name, target.seeds));
            }
        }
        println!("{:<18} {} seeds", target.name, seeds.len());
    }
    if !findings.is_empty() {
        return Err(format!("{} findings:\n{}", findings.len(), findings.join("\n")));
    }
    check_classes()
}

fn sweep() -> Result<(), String> {
    let mut count = 0;
    for (line, message) in inputs("sweep")? {
        let target = if message.starts_with(b"HTTP/") { differ::responses } else { differ::requests };
        for at in 0..message.len() {
            for octet in 0..=u8::MAX {
                for skip in [0, 1] {
                    let changed = [&message[..at], &[octet], &message[at + skip..]].concat();
                    let found = std::panic::catch_unwind(|| target(&changed));
                    found.map_err(|_| format!("seeds/sweep.txt:{line}, changed: {}", escaped::escaped(&changed)))?;
                    count += 1;
                }
            }
        }
    }
    println!("{:<18} {count} messages", "sweep");
    Ok(())
}

/// Every class of differences is explained in the file, and met by a seed: else it excuses what nobody has seen.
fn check_classes() -> Result<(), String> {
    let mut met = BTreeSet::new();
    for target in TARGETS.iter().filter(|target| target.name.starts_with("differ_")) {
        for (_, input) in seeds(target)? {
            for kind in [Kind::Request, Kind::Response("GET"), Kind::Response("HEAD")] {
                met.extend(explain(&input, kind));
            }
        }
    }
    let named: BTreeSet<&str> = CLASSES.iter().map(|class| class.name).collect();
    let text = read(&root().join("divergences.md"))?;
    let explained: BTreeSet<&str> = text.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    for (what, left) in [
        ("classes that no seed meets", named.difference(&met)),
        ("classes that divergences.md does not explain", named.difference(&explained)),
        ("explained in divergences.md, but no class", explained.difference(&named)),
    ] {
        let left: Vec<&&str> = left.collect();
        if !left.is_empty() {
            return Err(format!("{what}: {left:?}"));
        }
    }
    println!("{:<18} {} classes, all met and explained", "divergences", named.len());
    Ok(())
}

fn write_seeds(name: &str, directory: &Path) -> Result<(), String> {
    let target = TARGETS.iter().find(|target| target.name == name).ok_or(format!("no target {name}"))?;
    std::fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    for (line, input) in seeds(target)? {
        let path = directory.join(format!("line-{line}"));
        std::fs::write(&path, input).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn show(file: &Path) -> Result<(), String> {
    let input = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    println!("{}", escaped::escaped(&input));
    Ok(())
}

fn seeds(target: &Target) -> Result<Vec<(usize, Vec<u8>)>, String> {
    inputs(target.seeds)
}

/// The inputs of one file of seeds, with their lines.
fn inputs(name: &str) -> Result<Vec<(usize, Vec<u8>)>, String> {
    let path = root().join("seeds").join(name).with_extension("txt");
    let seeds = escaped::inputs(&read(&path)?).map_err(|error| format!("{}: {error}", path.display()))?;
    if seeds.is_empty() { Err(format!("{}: no seeds", path.display())) } else { Ok(seeds) }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
