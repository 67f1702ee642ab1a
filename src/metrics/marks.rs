//! Marks on what lasts: a client's connection, a connection to a backend, a pause in accepting.
//!
//! A mark counts its thing from its making to its drop, so that every way out, a panic included, is counted. It
//! holds on to the worker's metrics, which makes it stay on the worker's thread and keeps the counters in that
//! thread's hands until the last mark is gone.

use std::rc::Rc;
use std::sync::Arc;

use super::block::{BackendCell, ListenerCell};
use super::worker::{Series, WorkerMetrics, id_at};

/// An open connection of a client.
pub(crate) struct ClientConnection {
    pub(super) worker: Rc<WorkerMetrics>,
    listener: Arc<ListenerCell>,
}

/// An open connection to a backend: active while leased, idle while kept.
pub(crate) struct BackendConnection {
    _worker: Rc<WorkerMetrics>,
    backend: Arc<BackendCell>,
    idle: bool,
}

/// A pause in accepting, of one listener on one worker.
#[must_use = "it counts until it is dropped"]
pub(crate) struct AcceptPause(Rc<WorkerMetrics>);

impl WorkerMetrics {
    /// A client's connection was accepted on `series`' listener of this index.
    pub(crate) fn client_connection(self: &Rc<Self>, series: &Series, listener: u16) -> ClientConnection {
        let listener = self.block.listener(id_at(&series.listeners, Some(listener)));
        listener.open.add(1);
        listener.accepted.add(1);
        self.block.connections.add(1);
        ClientConnection { worker: Rc::clone(self), listener }
    }

    /// A connection to a backend was made; it is active.
    pub(crate) fn backend_connection(self: &Rc<Self>, series: &Series, pool: u16, backend: u16) -> BackendConnection {
        let backend = series.backend(&self.block, pool, backend);
        backend.active.add(1);
        BackendConnection { _worker: Rc::clone(self), backend, idle: false }
    }

    /// A listener accepts nobody on this worker until the mark is dropped.
    pub(crate) fn pause_accept(self: &Rc<Self>) -> AcceptPause {
        self.block.accept_pauses.add(1);
        AcceptPause(Rc::clone(self))
    }
}

impl Drop for AcceptPause {
    fn drop(&mut self) {
        self.0.block.accept_pauses.less_one();
    }
}

impl Drop for ClientConnection {
    fn drop(&mut self) {
        self.listener.open.less_one();
        self.worker.block.connections.less_one();
    }
}

impl BackendConnection {
    /// The connection was given back (`true`) or leased again (`false`).
    pub(crate) fn set_idle(&mut self, idle: bool) {
        if self.idle != idle {
            self.leave();
            self.idle = idle;
            let state = if idle { &self.backend.idle } else { &self.backend.active };
            state.add(1);
        }
    }

    fn leave(&self) {
        let state = if self.idle { &self.backend.idle } else { &self.backend.active };
        state.less_one();
    }
}

impl Drop for BackendConnection {
    fn drop(&mut self) {
        self.leave();
    }
}
