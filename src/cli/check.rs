//! `limpet check`: everything that is wrong with a configuration, at once, without starting anything.
//!
//! Exit code 0 or 78, warnings beside 0. It decides nothing: the configuration is read exactly as `run` reads it.

use std::process::ExitCode;

use clap::Args;

use crate::config::Config;

use super::{Files, print};

/// Check a configuration and print everything that is wrong with it
#[derive(Args, Debug)]
pub(super) struct Check {
    #[command(flatten)]
    files: Files,
}

impl Check {
    pub(super) fn run(&self) -> ExitCode {
        match self.files.load() {
            Ok(loaded) => print(&format!("{}: ok: {}\n", self.files.names(), summary(&loaded.config))),
            Err(code) => code,
        }
    }
}

fn summary(config: &Config) -> String {
    let some = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let backends = config.pools.iter().map(|pool| pool.backends.len()).sum();
    [
        some(config.listeners.len(), "listener"),
        some(config.routes.len(), "route"),
        some(config.pools.len(), "pool"),
        some(backends, "backend"),
    ]
    .join(", ")
}
