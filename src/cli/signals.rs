//! What a signal means to a limpet that serves: SIGTERM and SIGINT end it, a second one at once.
//!
//! One place for all commands that serve. How an end is made is `crate::run`'s; here is only who asks for it, and what
//! the process says of it with its exit code.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::run::Running;

use super::RUNTIME;

/// Starts a limpet, and waits until signals have ended it.
///
/// Signals are received before it starts, so that it can be ended as soon as it listens.
pub(super) fn serve(start: impl FnOnce() -> Result<Running, ExitCode>) -> ExitCode {
    let prepared = Builder::new_current_thread().enable_all().build().and_then(|runtime| {
        let signals = runtime.block_on(async { Signals::receive() })?;
        Ok((runtime, signals))
    });
    let (runtime, signals) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            tracing::error!(%error, "signals cannot be received");
            return ExitCode::from(RUNTIME);
        }
    };
    match start() {
        Ok(running) => {
            let well = runtime.block_on(end(running, signals));
            if well { ExitCode::SUCCESS } else { ExitCode::from(RUNTIME) }
        }
        Err(code) => code,
    }
}

/// False if limpet ended with a failure.
async fn end(mut running: Running, mut signals: Signals) -> bool {
    let ending = running.ending();
    tokio::select! {
        () = signals.next() => {}
        () = ending => {}
    }
    tracing::info!("stopping");
    running.stop(STOP_WITHIN);
    let stop_now = running.stopper();
    let ended = tokio::task::spawn_blocking(move || running.join());
    let impatient = async {
        signals.next().await;
        stop_now();
    };
    tokio::pin!(ended);
    tokio::select! {
        ended = &mut ended => return ended.unwrap_or(false),
        () = impatient => {}
    }
    ended.await.unwrap_or(false)
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn receive() -> io::Result<Signals> {
        Ok(Signals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// How long what was begun may take after the first signal.
const STOP_WITHIN: Duration = Duration::from_secs(20);
