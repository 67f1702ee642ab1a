//! `limpet run`: serve, by a configuration or by `--to`, until a signal says to stop.
//!
//! `--to` is a way to write a file, not a second way to configure: the arguments become TOML, which is shown and then
//! read like any other. How a limpet is put together from it is the business of `crate::run`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{CONFIGURATION, Files, RUNTIME, environment, logging, print_report};
use crate::config::{Loaded, from_text};
use crate::net::cores;
use crate::run::{Running, StartError, start};

/// How long what was begun may take after the first signal.
const STOP_WITHIN: Duration = Duration::from_secs(20);

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
        match start(&loaded.config) {
            Ok(running) => wait(running),
            Err(error) => {
                say(&error);
                ExitCode::from(RUNTIME)
            }
        }
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
        let quoted = |text: &String| format!("{text:?}");
        let backends = self.to.iter().map(quoted).collect::<Vec<_>>().join(", ");
        let sticky = self.sticky.as_ref().map(|mode| format!("sticky = {mode:?}\n")).unwrap_or_default();
        format!(
            "[listeners.web]\naddress = {:?}\n\n[routes.all]\npool = \"app\"\n\n\
             [pools.app]\nbackends = [{backends}]\n{sticky}\n[status]\naddress = \"127.0.0.1:9902\"\n",
            self.listen
        )
    }
}

/// Waits for SIGTERM or SIGINT; a second one ends at once.
fn wait(mut running: Running) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no event loop");
            return ExitCode::from(RUNTIME);
        }
    };
    let well = runtime.block_on(async {
        let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            tracing::error!("signals cannot be received");
            return false;
        };
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping");
        running.stop(STOP_WITHIN);
        let stop_now = running.stop_now();
        let ended = tokio::task::spawn_blocking(move || running.join());
        let impatient = async {
            either(&mut terminate, &mut interrupt).await;
            stop_now();
        };
        tokio::pin!(ended);
        tokio::select! {
            ended = &mut ended => return ended.unwrap_or(false),
            () = impatient => {}
        }
        ended.await.unwrap_or(false)
    });
    if well { ExitCode::SUCCESS } else { ExitCode::from(RUNTIME) }
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn say(error: &StartError) {
    match error {
        StartError::Listen { listener, address, error } => {
            tracing::error!(listener, %address, %error, "cannot listen");
        }
        StartError::Resolve { backend, error } => tracing::error!(backend, %error, "backend has no address"),
        StartError::Thread(error) => tracing::error!(%error, "cannot start a thread"),
    }
}
