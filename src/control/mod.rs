//! The control thread: whatever is slow or outside a request happens here, so that it cannot stall a worker.
//!
//! So far it serves the status listener. It is where the routing state is published from, and nothing else
//! publishes it.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use tokio::runtime::Builder;
use tokio::sync::watch;

use crate::admin::{Readiness, status};
use crate::config;
use crate::metrics::Metrics;

/// What the control thread starts with.
pub(crate) struct Control {
    pub(crate) status: Option<(TcpListener, config::Status)>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) readiness: Arc<Readiness>,
    /// True: everything else has ended.
    pub(crate) end: watch::Receiver<bool>,
}

impl Control {
    /// Runs the control thread until the end.
    ///
    /// # Errors
    /// The event loop or a socket could not be set up.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async move {
            let ended = async move {
                // An error means that the sender is gone, which is an end as well.
                let _ = self.end.wait_for(|end| *end).await;
            };
            match self.status {
                None => ended.await,
                Some((socket, settings)) => {
                    let socket = tokio::net::TcpListener::from_std(socket)?;
                    status::serve(socket, settings, self.metrics, self.readiness, ended).await;
                }
            }
            Ok(())
        })
    }
}
