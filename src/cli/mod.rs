//! The commands: arguments in, exit code out. One file a command.
//!
//! A command reads its arguments, calls the room that does the work, and prints. It decides nothing that the library
//! could decide. Home of the `clap` crate.

mod check;
mod config;
mod demo;
mod health;
mod logging;
mod run;
mod signals;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Loaded, Report, load};
use crate::net::cores;

/// Brings every HTTP session home to the backend that holds its state.
#[derive(Debug, Parser)]
#[command(name = "limpet", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    Check(check::Check),
    Config(config::Config),
    Demo(demo::Demo),
    Health(health::Health),
}

/// Runs the command that the process was started with. Wrong arguments end it with 2 ([`clap`] does that).
pub fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Config(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::Health(command) => command.run(),
    }
}

/// Which configuration a command is about.
#[derive(Args, Debug)]
struct Files {
    /// A configuration file, or a directory of .toml files; may be given several times
    #[arg(short = 'c', long = "config", value_name = "FILE|DIR", default_value = "limpet.toml")]
    paths: Vec<PathBuf>,
}

impl Files {
    /// Reads them under the environment of the process. All problems have been printed, also beside success.
    fn load(&self) -> Result<Loaded, ExitCode> {
        match load(&self.paths, environment(), cores()) {
            Ok(loaded) => {
                print_report(&loaded.report);
                Ok(loaded)
            }
            Err(report) => {
                print_report(&report);
                Err(ExitCode::from(CONFIGURATION))
            }
        }
    }

    /// As given.
    fn names(&self) -> String {
        self.paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    }
}

/// The process's environment; what is not UTF-8 in it is refused later, where it names or sets a key of ours.
fn environment() -> impl Iterator<Item = (String, String)> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (text(name), text(value)))
}

/// To standard error, in colour on a terminal (<https://no-color.org> respected).
fn print_report(report: &Report) {
    let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    // With standard error closed nobody reads this; the exit code still says it.
    let _ = io::stderr().write_all(report.render(colour).as_bytes());
}

/// To standard output. A reader who has seen enough (`| head`) is no failure.
fn print(text: &str) -> ExitCode {
    let mut out = io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(RUNTIME),
        _ => ExitCode::SUCCESS,
    }
}

/// Something failed while it ran.
pub(crate) const RUNTIME: u8 = 1;
/// The configuration cannot be used (`EX_CONFIG` of sysexits.h).
pub(crate) const CONFIGURATION: u8 = 78;
