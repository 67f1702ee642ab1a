//! Wires everything, once: sockets, state, workers, the control thread. The same door for `limpet run`, the demo and
//! the tests.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use crate::access_log::AccessLog;
use crate::config::Config;
use crate::metrics::{Metrics, Names, PoolNames};
use crate::net::{connection_capacity, listen, raise_descriptor_limit};
use crate::server::{self, Gate, Setup, Stop};
use crate::state::{Shared, State};

/// How long the access log's last lines may take.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Why limpet could not start.
#[derive(Debug)]
pub(crate) enum StartError {
    /// A listener's address could not be bound.
    Listen {
        listener: String,
        address: SocketAddr,
        error: io::Error,
    },
    /// A backend's host name has no address.
    Resolve {
        backend: String,
        error: io::Error,
    },
    Thread(io::Error),
}

/// A limpet that runs.
pub(crate) struct Running {
    /// Where each listener really listens, in the configuration's order.
    pub(crate) addresses: Vec<SocketAddr>,
    stop: watch::Sender<Stop>,
    workers: Vec<JoinHandle<io::Result<()>>>,
    access_log: Option<AccessLog>,
}

/// Starts to serve.
///
/// # Errors
/// An address could not be bound or resolved, or a thread not be made. Nothing is left running then.
pub(crate) fn start(config: &Config) -> Result<Running, StartError> {
    let backends = resolve(config)?;
    let workers = config.workers;
    let mut sockets: Vec<Vec<(u16, TcpListener)>> = (0..workers).map(|_| Vec::new()).collect();
    let mut addresses = Vec::new();
    for (index, listener) in config.listeners.iter().enumerate() {
        let failed = |error| StartError::Listen { listener: listener.name.clone(), address: listener.address, error };
        let opened = listen(listener.address, workers).map_err(failed)?;
        addresses.push(opened[0].local_addr().map_err(failed)?);
        for (worker, socket) in sockets.iter_mut().zip(opened) {
            worker.push((index as u16, socket));
        }
    }
    let metrics = Metrics::new();
    let state = State::new(config, |pool, backend| backends[pool][backend], workers);
    metrics.names(&series_names(&state));
    let shared = Shared::new(state);
    let gate = Gate::new(capacity(config));
    let access_log = config.log.access.map(|_| AccessLog::start(AccessLog::stdout()?)).transpose();
    let access_log = access_log.map_err(StartError::Thread)?;
    let (stop, told) = watch::channel(Stop::GoOn);
    let mut running = Running { addresses, stop, workers: Vec::new(), access_log };
    for (index, sockets) in sockets.into_iter().enumerate() {
        let logger = running.access_log.as_ref().zip(config.log.access).map(|(log, access)| log.logger(access.only));
        let setup = Setup {
            index,
            sockets,
            gate: Arc::clone(&gate),
            reader: shared.reader(),
            metrics: Arc::clone(&metrics),
            access_log: logger,
            stop: told.clone(),
        };
        let thread = std::thread::Builder::new().name(format!("worker-{index}"));
        running.workers.push(thread.spawn(move || server::run(setup)).map_err(StartError::Thread)?);
    }
    Ok(running)
}

impl Running {
    /// Ends: no more connections, at most `within` for what was begun.
    pub(crate) fn stop(self, within: Duration) {
        self.stop.send_replace(Stop::Within(within));
        for worker in self.workers {
            if !matches!(worker.join(), Ok(Ok(()))) {
                tracing::error!("a worker failed");
            }
        }
        if let Some(log) = self.access_log {
            log.stop(LAST_LINES);
        }
    }
}

/// What the series of a state are called.
fn series_names(state: &State) -> Names {
    let pools = state.pools.iter().map(|pool| PoolNames {
        name: pool.name.to_string(),
        backends: pool.members.all.iter().map(|backend| backend.name.to_string()).collect(),
    });
    Names {
        generation: state.generation,
        listeners: state.listeners.iter().map(|listener| listener.name.clone()).collect(),
        routes: state.router.names().map(str::to_owned).collect(),
        pools: pools.collect(),
    }
}

fn capacity(config: &Config) -> usize {
    let most = connection_capacity(raise_descriptor_limit());
    let bound = match config.limits.max_connections {
        0 => most,
        asked => asked.min(most),
    };
    tracing::info!(max_connections = bound, "limits");
    bound
}

/// The addresses of all backends, by pool and place.
fn resolve(config: &Config) -> Result<Vec<Vec<SocketAddr>>, StartError> {
    let address = |text: &String| {
        let none = || io::Error::from(io::ErrorKind::NotFound);
        let failed = |error| StartError::Resolve { backend: text.clone(), error };
        text.to_socket_addrs().and_then(|mut found| found.next().ok_or_else(none)).map_err(failed)
    };
    let pools = config.pools.iter();
    pools.map(|pool| pool.backends.iter().map(|backend| address(&backend.address)).collect()).collect()
}
