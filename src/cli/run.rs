//! `limpet run`: serve, by a configuration or by `--to`, until a signal says to stop.
//!
//! `--to` is a way to write a file, not a second way to configure: the arguments become TOML, which is shown and then
//! read like any other. How a limpet is put together from it is the business of `crate::run`, and what a signal means
//! that of `signals`.

use std::process::ExitCode;

use clap::Args;

use crate::config::{Loaded, from_text, quote};
use crate::net::cores;
use crate::run::{StartError, start};

use super::{CONFIGURATION, Files, RUNTIME, environment, logging, print_report, signals};

/// Serve, as a configuration or --to says
#[derive(Args, Debug)]
pub(super) struct Run {
    #[command(flatten)]
    files: Files,

    /// Backends, without a configuration: one listener, one route, one pool
    #[arg(long, value_name = "HOST:PORT,…", value_delimiter = ',', conflicts_with = "paths")]
    to: Vec<String>,

    /// How sessions are kept, with --to
    #[arg(long, value_name = "MODE", requires = "to", value_parser = ["cookie"])]
    sticky: Option<String>,

    /// Where clients are accepted, with --to
    #[arg(long, value_name = "HOST:PORT", requires = "to", default_value = "0.0.0.0:8080")]
    listen: String,
}

impl Run {
    pub(super) fn run(&self) -> ExitCode {
        let loaded = match self.load() {
            Ok(loaded) => loaded,
            Err(code) => return code,
        };
        logging::start(&loaded.config.log);
        signals::serve(|| {
            start(&loaded.config).map_err(|error| {
                say(&error);
                ExitCode::from(RUNTIME)
            })
        })
    }

    fn load(&self) -> Result<Loaded, ExitCode> {
        if self.to.is_empty() {
            return self.files.load();
        }
        let text = self.as_toml();
        eprintln!("# --to stands for this configuration:\n{text}");
        from_text("--to", &text, environment(), cores()).map_err(|report| {
            print_report(&report);
            ExitCode::from(CONFIGURATION)
        })
    }

    /// The file that the arguments stand for.
    fn as_toml(&self) -> String {
        let backends = self.to.iter().map(|address| quote(address)).collect::<Vec<_>>().join(", ");
        let sticky = self.sticky.as_ref().map(|mode| format!("sticky = {}\n", quote(mode))).unwrap_or_default();
        format!(
            "[listeners.web]\naddress = {}\n\n[routes.all]\npool = \"app\"\n\n\
             [pools.app]\nbackends = [{backends}]\n{sticky}\n[status]\naddress = \"127.0.0.1:9902\"\n",
            quote(&self.listen)
        )
    }
}

/// Why it could not start, to the log.
pub(super) fn say(error: &StartError) {
    match error {
        StartError::Listen { listener, address, error } => {
            tracing::error!(listener, %address, %error, "cannot listen");
        }
        StartError::Resolve { backend, error } => tracing::error!(backend, %error, "backend has no address"),
        StartError::Thread(error) => tracing::error!(%error, "cannot start a thread"),
    }
}
