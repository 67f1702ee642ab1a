//! Wires everything, once: sockets, state, workers, the control thread.
//!
//! The same door for `limpet run`, the demo and the tests, so that what a test starts is what an operator starts. It
//! knows every room by its front and none from inside, reads no arguments and no files, and ends what it began: a
//! [`Running`] that is dropped has stopped.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::watch;

use crate::access_log::AccessLog;
use crate::admin::{Readiness, status};
use crate::config::{Config, Status};
use crate::metrics::{Metrics, Names, PoolNames, Readings};
use crate::net::{connection_capacity, listen, raise_descriptor_limit};
use crate::server::{self, ConnectionLimit, Phase, Setup};
use crate::state::{Shared, State};

/// How long the access log's last lines may take.
const LAST_LINES: Duration = Duration::from_secs(1);
/// How long what was begun may take when a worker failed.
const LAST_REQUESTS: Duration = Duration::from_secs(20);
/// Why limpet is not ready before its workers run.
const STARTING: &str = "starting";
/// Why limpet is not ready once it was told to end.
const STOPPING: &str = "stopping";

/// Why limpet could not start.
#[derive(Debug)]
pub(crate) enum StartError {
    /// An address could not be bound.
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
    pub(crate) status: Option<SocketAddr>,
    stop: watch::Sender<Phase>,
    end: watch::Sender<bool>,
    threads: Vec<JoinHandle<io::Result<()>>>,
    control: Option<JoinHandle<io::Result<()>>>,
    readiness: Arc<Readiness>,
    access_log: Option<Arc<AccessLog>>,
}

/// Starts to serve.
///
/// # Errors
/// An address could not be bound or resolved, or a thread not be made. What was started ends again.
pub(crate) fn start(config: &Config) -> Result<Running, StartError> {
    let backends = resolve(config)?;
    let (sockets, addresses) = open_listeners(config)?;
    let status = open_status(config)?;
    let metrics = Metrics::new();
    let state = State::new(config, |pool, backend| backends[pool][backend], config.workers);
    metrics.names(&series_names(&state));
    let shared = Arc::new(Shared::new(state));
    let limit = ConnectionLimit::new(capacity(config));
    let access_log = config.log.access.map(|_| AccessLog::start(AccessLog::stdout()?).map(Arc::new)).transpose();
    let access_log = access_log.map_err(StartError::Thread)?;
    metrics.read_from(Arc::new(LiveFigures { shared: Arc::clone(&shared), access_log: access_log.clone() }));
    let (stop, told) = watch::channel(Phase::Serving);
    let (end, ended) = watch::channel(false);
    let mut running = Running {
        addresses,
        status: status.as_ref().and_then(|(socket, _)| socket.local_addr().ok()),
        stop,
        end,
        threads: Vec::new(),
        control: None,
        readiness: Arc::new(Readiness::new([STARTING])),
        access_log,
    };
    for (index, sockets) in sockets.into_iter().enumerate() {
        let log = running.access_log.as_ref().zip(config.log.access);
        let setup = Setup {
            index,
            workers: config.workers,
            sockets,
            limit: Arc::clone(&limit),
            reader: shared.reader(),
            metrics: Arc::clone(&metrics),
            access_log: log.map(|(log, access)| log.logger(access.only)),
            stop: told.clone(),
        };
        let alarm = Alarm { worker: index, stop: running.stop.clone() };
        let work = move || {
            let _alarm = alarm;
            server::run(setup)
        };
        running.threads.push(spawn(format!("worker-{index}"), work)?);
    }
    let readiness = Arc::clone(&running.readiness);
    running.control = Some(spawn("control".to_owned(), move || control(status, metrics, readiness, ended))?);
    running.readiness.clear(STARTING);
    Ok(running)
}

impl Running {
    /// Ends: not ready any more, no more connections, at most `within` for what was begun.
    pub(crate) fn stop(&self, within: Duration) {
        self.readiness.set(STOPPING);
        self.stop.send_replace(Phase::Draining(within));
    }

    /// Ends without waiting for anything, also while somebody else waits in [`Running::join`].
    pub(crate) fn stopper(&self) -> impl Fn() + Send + 'static {
        let stop = self.stop.clone();
        move || {
            stop.send_replace(Phase::Stopped);
        }
    }

    /// Waits until the end is asked for, or a worker failed.
    pub(crate) fn ending(&self) -> impl Future<Output = ()> + use<> {
        let mut stop = self.stop.subscribe();
        async move {
            // An error means that nobody can ask any more, which is an end as well.
            let _ = stop.wait_for(|phase| *phase != Phase::Serving).await;
        }
    }

    /// Waits for the end that was asked for; false if a thread had failed.
    pub(crate) fn join(&mut self) -> bool {
        let mut well = self.threads.drain(..).map(JoinHandle::join).all(|ended| matches!(ended, Ok(Ok(()))));
        if let Some(log) = &self.access_log {
            log.stop(LAST_LINES);
        }
        self.end.send_replace(true);
        if let Some(control) = self.control.take() {
            well &= matches!(control.join(), Ok(Ok(())));
        }
        well
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopper()();
        self.join();
    }
}

/// The control thread: what is slow or outside a request, so that it cannot stall a worker. So far, the status
/// listener.
fn control(
    status: Option<(TcpListener, Status)>,
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
    mut end: watch::Receiver<bool>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let ended = async move {
            // An error means that the sender is gone, which is an end as well.
            let _ = end.wait_for(|end| *end).await;
        };
        let Some((socket, settings)) = status else {
            ended.await;
            return Ok(());
        };
        let socket = tokio::net::TcpListener::from_std(socket)?;
        status::serve(socket, settings, metrics, readiness, ended).await;
        Ok(())
    })
}

/// Goes off when a worker's thread ends while it should serve: its listeners would be deaf and nobody would notice. The
/// others finish what they have begun, and the process ends with a failure, for whoever watches over it to start anew.
struct Alarm {
    worker: usize,
    stop: watch::Sender<Phase>,
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if *self.stop.borrow() == Phase::Serving {
            tracing::error!(worker = self.worker, "a worker failed; limpet ends");
            self.stop.send_replace(Phase::Draining(LAST_REQUESTS));
        }
    }
}

/// Figures that the scrape reads where they are kept.
struct LiveFigures {
    shared: Arc<Shared>,
    access_log: Option<Arc<AccessLog>>,
}

impl Readings for LiveFigures {
    fn in_flight(&self, each: &mut dyn FnMut(&str, &str, u64)) {
        for pool in &self.shared.reader().current().pools {
            for backend in &pool.members.all {
                each(&pool.name, &backend.name, backend.live.total());
            }
        }
    }

    fn log_lines_dropped(&self) -> u64 {
        self.access_log.as_ref().map_or(0, |log| log.dropped())
    }
}

/// A socket a worker for each listener, and the addresses that they have.
#[expect(clippy::type_complexity, reason = "two lists, taken apart at once by the only caller")]
fn open_listeners(config: &Config) -> Result<(Vec<Vec<(u16, TcpListener)>>, Vec<SocketAddr>), StartError> {
    let mut sockets: Vec<Vec<(u16, TcpListener)>> = (0..config.workers).map(|_| Vec::new()).collect();
    let mut addresses = Vec::new();
    for (index, listener) in (0_u16..).zip(&config.listeners) {
        let failed = |error| StartError::Listen { listener: listener.name.clone(), address: listener.address, error };
        let (bound, opened) = listen(listener.address, config.workers).map_err(failed)?;
        tracing::info!(listener = listener.name, address = %bound, "listening");
        addresses.push(bound);
        for (worker, socket) in sockets.iter_mut().zip(opened) {
            worker.push((index, socket));
        }
    }
    Ok((sockets, addresses))
}

fn open_status(config: &Config) -> Result<Option<(TcpListener, Status)>, StartError> {
    let Some(status) = &config.status else { return Ok(None) };
    let failed = |error| StartError::Listen { listener: "status".to_owned(), address: status.address, error };
    let (bound, opened) = listen(status.address, 1).map_err(failed)?;
    tracing::info!(listener = "status", address = %bound, "listening");
    Ok(opened.into_iter().next().map(|socket| (socket, status.clone())))
}

fn spawn<F>(name: String, body: F) -> Result<JoinHandle<io::Result<()>>, StartError>
where
    F: FnOnce() -> io::Result<()> + Send + 'static,
{
    thread::Builder::new().name(name).spawn(body).map_err(StartError::Thread)
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
    tracing::info!(max_connections = bound, workers = config.workers, "limits");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_ends_unasked_ends_limpet() {
        for (before, after) in [
            (Phase::Serving, Phase::Draining(LAST_REQUESTS)),
            (Phase::Draining(Duration::ZERO), Phase::Draining(Duration::ZERO)),
            (Phase::Stopped, Phase::Stopped),
        ] {
            let (stop, phase) = watch::channel(before);
            drop(Alarm { worker: 0, stop });
            assert_eq!(*phase.borrow(), after);
        }
    }
}
