//! A worker's connections to backends: leased for one exchange, given back when it ended well.
//!
//! No locks and no watcher tasks: idle connections lie in a stack per incarnation, the one used last on top, and are
//! looked at when they are leased or swept. Dropping a [`Lease`] discards its connection; only [`Lease::give_back`]
//! makes it idle again.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::backend::Backend;
use crate::metrics::{BackendConnection, Series, WorkerMetrics};
use crate::net::{Buffers, Clock, Deadline, Elapsed, Stream};
use crate::wire::Wire;

/// Idle connections kept to each backend, by all workers together.
const MAX_IDLE: usize = 64;
/// An empty stack unused for so many milliseconds belongs to a backend that is gone.
const FORGET_AFTER: u64 = 60_000;

/// The connections of one worker.
pub(crate) struct Upstream {
    worker: usize,
    /// Idle connections kept to each backend.
    max_idle: usize,
    clock: Rc<Clock>,
    buffers: Rc<Buffers>,
    idle: RefCell<HashMap<u64, Stack>>,
    /// How long a connection may lie idle, in milliseconds.
    keep_alive: Cell<u64>,
}

/// The idle connections of one incarnation. An empty stack stays for a while: a busy backend's is empty now and then.
struct Stack {
    backend: Rc<WorkerBackend>,
    idle: Vec<Idle>,
    used: u64,
}

/// The worker's own reference to a backend, so that requests touch no count that other workers touch.
struct WorkerBackend(Arc<Backend>);

struct Idle {
    connection: Connection,
    since: u64,
}

struct Connection {
    wire: Wire,
    count: BackendConnection,
}

/// A member of a pool, and the counters that its connections are counted by.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) backend: &'a Arc<Backend>,
    pub(crate) metrics: &'a Rc<WorkerMetrics>,
    pub(crate) series: &'a Series,
    /// Indexes of `series`' generation.
    pub(crate) pool: u16,
    pub(crate) member: u16,
}

/// Why a backend could not be reached. Not a byte was written.
#[derive(Debug)]
pub(crate) enum ConnectError {
    Timeout,
    Failed,
    /// This process has no descriptor left.
    NoDescriptor,
}

impl Upstream {
    pub(crate) fn new(worker: usize, workers: usize, clock: &Rc<Clock>, buffers: &Rc<Buffers>) -> Rc<Upstream> {
        Rc::new(Upstream {
            worker,
            max_idle: MAX_IDLE.div_ceil(workers.max(1)),
            clock: Rc::clone(clock),
            buffers: Rc::clone(buffers),
            idle: RefCell::default(),
            keep_alive: Cell::new(0),
        })
    }

    pub(crate) fn set_keep_alive(&self, keep_alive: Duration) {
        self.keep_alive.set(u64::try_from(keep_alive.as_millis()).unwrap_or(u64::MAX));
    }

    /// A connection to this backend that lay idle and is still quiet.
    pub(crate) async fn lease_idle(self: &Rc<Upstream>, backend: &Arc<Backend>) -> Option<Lease> {
        // Outside the runtime's budget: when that is spent, it calls a connection quiet that is not, and a client who
        // pipelines could choose the moment.
        let look = poll_fn(|cx| Poll::Ready(self.take_idle(cx, backend)));
        let (backend, connection) = tokio::task::coop::unconstrained(look).await;
        let mut connection = connection?;
        connection.count.set_idle(false);
        let mark = InFlight::enter(backend, self.worker);
        Some(Lease::new(connection, mark, true, self))
    }

    /// A new connection to this backend.
    ///
    /// # Errors
    /// The backend could not be reached before the deadline; nothing was sent to it.
    pub(crate) async fn lease_new(
        self: &Rc<Upstream>,
        target: Target<'_>,
        deadline: &Deadline,
    ) -> Result<Lease, ConnectError> {
        let backend = self.with_stack(target.backend, |stack| Rc::clone(&stack.backend));
        let mark = InFlight::enter(backend, self.worker);
        let mut dialled = deadline.guard(pin!(Stream::dial(target.backend.address))).await;
        if matches!(&dialled, Ok(Err(error)) if is_lack(error)) {
            // What lies idle is for speed alone.
            self.close_idle();
            dialled = deadline.guard(pin!(Stream::dial(target.backend.address))).await;
        }
        let stream = match dialled {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) if is_lack(&error) => return Err(ConnectError::NoDescriptor),
            Ok(Err(error)) => {
                tracing::debug!(backend = %target.backend.name, address = %target.backend.address, %error, "connect failed");
                return Err(ConnectError::Failed);
            }
            Err(Elapsed) => return Err(ConnectError::Timeout),
        };
        let connection = Connection {
            wire: Wire::new(stream, &self.buffers),
            count: target.metrics.backend_connection(target.series, target.pool, target.member),
        };
        Ok(Lease::new(connection, mark, false, self))
    }

    /// Closes what has lain idle for too long; to be called with each sweep.
    pub(crate) fn sweep(&self) {
        let now = self.clock.now();
        let oldest = now.saturating_sub(self.keep_alive.get());
        self.idle.borrow_mut().retain(|_, stack| {
            stack.idle.retain(|idle| idle.since >= oldest);
            !stack.idle.is_empty() || now.saturating_sub(stack.used) < FORGET_AFTER
        });
    }

    fn close_idle(&self) {
        self.idle.borrow_mut().values_mut().for_each(|stack| stack.idle.clear());
    }

    fn take_idle(&self, cx: &mut Context<'_>, backend: &Arc<Backend>) -> (Rc<WorkerBackend>, Option<Connection>) {
        let oldest = self.clock.now().saturating_sub(self.keep_alive.get());
        self.with_stack(backend, |stack| {
            while let Some(mut idle) = stack.idle.pop() {
                if idle.since >= oldest && idle.connection.wire.is_quiet(cx) {
                    return (Rc::clone(&stack.backend), Some(idle.connection));
                }
            }
            (Rc::clone(&stack.backend), None)
        })
    }

    fn with_stack<T>(&self, backend: &Arc<Backend>, act: impl FnOnce(&mut Stack) -> T) -> T {
        let mut stacks = self.idle.borrow_mut();
        let stack = stacks.entry(backend.incarnation).or_insert_with(|| Stack::new(backend));
        stack.used = self.clock.now();
        act(stack)
    }
}

impl Stack {
    fn new(backend: &Arc<Backend>) -> Stack {
        Stack { backend: Rc::new(WorkerBackend(Arc::clone(backend))), idle: Vec::new(), used: 0 }
    }
}

/// A connection to a backend, for one exchange. Dropped in the middle of it, the connection is reset: the backend never
/// sees a message that looks whole.
pub(crate) struct Lease {
    connection: Connection,
    mark: InFlight,
    /// It carried an exchange before.
    pub(crate) reused: bool,
    owner: Rc<Upstream>,
}

impl Lease {
    fn new(mut connection: Connection, mark: InFlight, reused: bool, owner: &Rc<Upstream>) -> Lease {
        connection.wire.reset_if_dropped(true);
        Lease { connection, mark, reused, owner: Rc::clone(owner) }
    }

    pub(crate) fn wire(&mut self) -> &mut Wire {
        &mut self.connection.wire
    }

    /// The exchange ended well, and so the connection may carry another: unless it already carries what nobody asked
    /// for.
    pub(crate) fn give_back(self) {
        let Lease { mut connection, mark, owner, .. } = self;
        connection.wire.reset_if_dropped(false);
        if connection.wire.has_input() || owner.keep_alive.get() == 0 {
            return;
        }
        let since = owner.clock.now();
        owner.with_stack(&mark.backend.0, |stack| {
            if stack.idle.len() < owner.max_idle {
                connection.count.set_idle(true);
                stack.idle.push(Idle { connection, since });
            }
        });
    }

    /// The exchange ended well, but the connection is not to be used again.
    pub(crate) fn close(mut self) {
        self.connection.wire.reset_if_dropped(false);
    }
}

/// One request in flight to a backend, for as long as this lives.
struct InFlight {
    backend: Rc<WorkerBackend>,
    worker: usize,
}

impl InFlight {
    fn enter(backend: Rc<WorkerBackend>, worker: usize) -> InFlight {
        backend.0.live.enter(worker);
        InFlight { backend, worker }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.backend.0.live.leave(self.worker);
    }
}

/// The process, or the machine, has no file descriptor left (EMFILE, ENFILE).
fn is_lack(error: &std::io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
}
