//! One core: a thread with its own event loop, listening sockets, connections, backend connections and counters.
//!
//! It shares nothing that a request touches: what all workers need to know comes as a snapshot, and what they count is
//! added up by whoever asks. Connections come in, are counted and served by `h1`; deadlines fire by one sweep. It never
//! looks into a message.

use std::cell::Cell;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::watch;
use tokio::task::spawn_local;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::access_log::AccessLogger;
use crate::config::Networks;
use crate::metrics::{ClientConnection, Metrics};
use crate::net::{Buffers, Clock, Stream, TICK};
use crate::proxy::{ClientEnd, Engine, Parts};
use crate::state::Reader;

use super::h1;
use super::limit::{ConnectionLimit, Permit};

/// Beyond the longest head, so that a read always has room; and enough for a body to move in few calls.
const BUFFER: usize = 64 * 1024;
/// Sweeps between two looks at the unused buffers: a second.
const TRIM_EVERY: u64 = 20;
/// How long accepting rests when the system has no descriptor left, or the limit is shut.
const ACCEPT_PAUSE: Duration = TICK;

/// What a worker starts with.
pub(crate) struct Setup {
    pub(crate) index: usize,
    /// How many there are.
    pub(crate) workers: usize,
    /// Its own sockets, with the indexes of their listeners.
    pub(crate) sockets: Vec<(u16, TcpListener)>,
    pub(crate) limit: Arc<ConnectionLimit>,
    pub(crate) reader: Reader,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) access_log: Option<AccessLogger>,
    pub(crate) stop: watch::Receiver<Phase>,
}

/// Whether workers go on, and how they end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Serving,
    /// Accept no more, finish what was begun for at most so long.
    Draining(Duration),
    Stopped,
}

/// Runs a worker on this thread until it is told to stop.
///
/// # Errors
/// The event loop or a socket could not be set up.
pub(crate) fn run(setup: Setup) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build_local(LocalOptions::default())?;
    runtime.block_on(work(setup))
}

/// The connections of one worker that are open.
#[derive(Default)]
struct Open(Cell<usize>);

/// What lives as long as a connection does, however it ends.
struct Marks {
    open: Rc<Open>,
    metrics: Arc<Metrics>,
    _connection: ClientConnection,
    _permit: Permit,
}

impl Drop for Marks {
    fn drop(&mut self) {
        self.open.0.set(self.open.0.get() - 1);
        if std::thread::panicking() {
            self.metrics.panicked();
        }
    }
}

async fn work(setup: Setup) -> io::Result<()> {
    let clock = Clock::new();
    let mut reader = setup.reader;
    let head = reader.current().limits.max_header_size;
    let engine = Engine::new(Parts {
        worker: setup.index,
        workers: setup.workers,
        clock: Rc::clone(&clock),
        buffers: Buffers::new(BUFFER.max(head + 1024)),
        reader,
        metrics: setup.metrics.worker(setup.index),
        access_log: setup.access_log,
    });
    let open = Rc::new(Open::default());
    for (listener, socket) in setup.sockets {
        let socket = tokio::net::TcpListener::from_std(socket)?;
        let acceptor = Acceptor {
            engine: Rc::clone(&engine),
            open: Rc::clone(&open),
            metrics: Arc::clone(&setup.metrics),
            limit: Arc::clone(&setup.limit),
            listener,
            stop: setup.stop.clone(),
        };
        spawn_local(acceptor.accept(socket));
    }
    sweep(&engine, &open, setup.stop).await;
    Ok(())
}

/// The worker's heartbeat: deadlines, idle backend connections, unused buffers. Ends with the worker.
async fn sweep(engine: &Engine, open: &Open, stop: watch::Receiver<Phase>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut until: Option<Instant> = None;
    for turn in 0_u64.. {
        let due = ticks.tick().await;
        let now = engine.clock.look();
        engine.metrics.lagged(now.saturating_duration_since(due.into_std()));
        engine.clock.sweep();
        engine.upstream.sweep();
        if turn % TRIM_EVERY == 0 {
            engine.buffers.trim();
        }
        let stop = *stop.borrow();
        match stop {
            Phase::Serving => continue,
            Phase::Stopped => return,
            Phase::Draining(time) => {
                engine.stop();
                engine.clock.expire_idle();
                let until = *until.get_or_insert(now + time);
                if open.0.get() == 0 || now >= until {
                    return;
                }
            }
        }
    }
}

/// Where connections of one listener come in.
struct Acceptor {
    engine: Rc<Engine>,
    open: Rc<Open>,
    metrics: Arc<Metrics>,
    limit: Arc<ConnectionLimit>,
    listener: u16,
    stop: watch::Receiver<Phase>,
}

impl Acceptor {
    /// Lets clients in until the worker is told to stop.
    async fn accept(mut self, socket: tokio::net::TcpListener) {
        let mut stop = self.stop.clone();
        // A connection that was taken and waits for its place is closed with the rest: nothing of it was read.
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop != Phase::Serving) => {}
            () = self.receive(&socket) => {}
        }
    }

    async fn receive(&mut self, socket: &tokio::net::TcpListener) {
        let proxies = Rc::new(self.trusted_proxies());
        let mut failing = false;
        loop {
            if !self.limit.is_open() {
                self.pause().await;
                continue;
            }
            match socket.accept().await {
                Ok((stream, peer)) => {
                    failing = false;
                    let permit = self.permit().await;
                    self.admit(stream, peer, permit, &proxies);
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    if !failing {
                        tracing::warn!(listener = self.listener_name(), %error, "accept failed");
                    }
                    failing = true;
                    self.pause().await;
                }
            }
        }
    }

    /// A place for a connection that was accepted. Two acceptors may have seen the last one free: the later waits.
    async fn permit(&self) -> Permit {
        loop {
            if let Some(permit) = self.limit.enter() {
                return permit;
            }
            self.pause().await;
        }
    }

    /// Takes nobody for a while, and counts as pausing meanwhile.
    async fn pause(&self) {
        let _pause = self.engine.metrics.pause_accept();
        sleep(ACCEPT_PAUSE).await;
    }

    fn admit(&mut self, stream: TcpStream, peer: SocketAddr, permit: Permit, proxies: &Rc<Networks>) {
        let series = &self.engine.snapshot().series;
        self.open.0.set(self.open.0.get() + 1);
        let marks = Marks {
            open: Rc::clone(&self.open),
            metrics: Arc::clone(&self.metrics),
            _connection: self.engine.metrics.client_connection(series, self.listener),
            _permit: permit,
        };
        let end = ClientEnd::new(self.listener, peer.ip(), proxies);
        spawn_local(h1::serve(Rc::clone(&self.engine), Stream::tcp(stream), end, marks));
    }

    fn trusted_proxies(&self) -> Networks {
        let state = &self.engine.snapshot().state;
        state.listeners.get(usize::from(self.listener)).map(|one| one.trusted_proxies.clone()).unwrap_or_default()
    }

    fn listener_name(&self) -> String {
        let state = &self.engine.snapshot().state;
        state.listeners.get(usize::from(self.listener)).map(|one| one.name.clone()).unwrap_or_default()
    }
}

/// The peer was gone before it was accepted: nothing is the matter with the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}

/// Bytes of the future that a connection is.
#[cfg(feature = "lab")]
pub(super) fn connection_bytes() -> usize {
    fn bytes<F, A, B, C, D>(_: fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }
    bytes(h1::serve::<Marks>)
}
