//! `limpet config show` and `limpet config schema`: the configuration in effect, and every key there is.
//!
//! Both are TOML or JSON on standard output, for people and for editors. It decides nothing.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::config::json_schema;

use super::{Files, print};

/// Show the configuration in effect, or describe every key
#[derive(Args, Debug)]
pub(super) struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the configuration in effect as TOML: files, environment and defaults together
    Show {
        #[command(flatten)]
        files: Files,
        /// Say beside each value where it comes from: FILE:LINE, environment NAME or default
        #[arg(long)]
        origin: bool,
    },
    /// Print the JSON schema (draft 7) of every key
    Schema,
}

impl Config {
    pub(super) fn run(&self) -> ExitCode {
        match &self.command {
            Command::Show { files, origin } => match files.load() {
                Ok(loaded) => print(&loaded.show(*origin)),
                Err(code) => code,
            },
            Command::Schema => print(&format!("{}\n", json_schema())),
        }
    }
}
