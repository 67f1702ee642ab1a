//! One HTTP/1 client connection: wait without holding anything, read a head, serve it, again.
//!
//! While it waits it holds no buffer and no scratch, so an idle connection is this future and little else.

use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use crate::http::{Scan, Trailers};
use crate::net::{Deadline, Elapsed, Stream};
use crate::proxy::{self, Client, ClientEnd, Engine, Fate, ProxyError};
use crate::wire::{HeadError, Wire};

/// How long a closing connection is read to its end, so that our last answer is not lost to a reset.
const LINGER: Duration = Duration::from_secs(1);

/// Serves requests until either side has had enough. `marks` count the connection while it is served.
///
/// What lives as long as the connection is captured, not passed: the arguments of an `async fn` are kept twice.
pub(crate) fn serve<M>(engine: Rc<Engine>, stream: Stream, end: ClientEnd, marks: M) -> impl Future<Output = ()> {
    let deadline = engine.clock.deadline();
    let mut wire = Wire::new(stream, &engine.buffers);
    async move {
        let _marks = &marks;
        match serve_all(&engine, &mut wire, &end, &deadline).await {
            Fate::KeepAlive | Fate::Drop => {}
            Fate::Close => close(&mut wire, &deadline).await,
            Fate::Abort => wire.abort(),
        }
    }
}

/// Serves one message after the other; says how the connection ends.
async fn serve_all(engine: &Engine, wire: &mut Wire, end: &ClientEnd, deadline: &Deadline) -> Fate {
    let mut idle_for = engine.snapshot().state.timeouts.head;
    loop {
        deadline.arm_idle(idle_for);
        match deadline.guard(poll_fn(|cx| wire.poll_readable(cx))).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return Fate::Close,
            Ok(Err(_)) => return Fate::Abort,
            Err(Elapsed) => return Fate::Drop,
        }
        let mut scratch = engine.take_scratch();
        wire.lend_out(std::mem::take(&mut scratch.client_out));
        let fate = serve_one(&mut Client { engine, end, wire, scratch: &mut scratch, deadline }).await;
        scratch.client_out = wire.take_out();
        engine.keep_scratch(scratch);
        if fate != Fate::KeepAlive {
            return fate;
        }
        idle_for = engine.snapshot().state.timeouts.keep_alive;
        if wire.has_input() {
            // The next request is here already. A look at the sockets first: the backend's connection that was just
            // given back may carry what nobody asked for.
            tokio::task::yield_now().await;
        }
    }
}

async fn serve_one(client: &mut Client<'_>) -> Fate {
    let snapshot = client.engine.snapshot();
    let bounds = proxy::bounds(&snapshot.state.limits);
    client.deadline.arm(snapshot.state.timeouts.head);
    let mut scan = Scan::default();
    let wire = &mut *client.wire;
    let error = match client.deadline.guard(poll_fn(|cx| wire.poll_head(cx, &mut scan, bounds))).await {
        Ok(Ok(extent)) => match client.scratch.request.parse(wire.head(extent), bounds) {
            Ok(()) => {
                let request = &mut client.scratch.request;
                let trailers = Trailers::announced(&mut request.fields, request.framing);
                wire.begin_body(extent, request.framing, trailers);
                return proxy::serve(client, &snapshot).await;
            }
            Err(reject) => ProxyError::Rejected(reject),
        },
        Ok(Err(HeadError::Reject(reject))) => ProxyError::Rejected(reject),
        Ok(Err(HeadError::Closed | HeadError::Truncated)) => return Fate::Close,
        Ok(Err(HeadError::Io)) => return Fate::Abort,
        Err(Elapsed) if wire.holds_only_line_ends() => return Fate::Drop,
        Err(Elapsed) => ProxyError::HeadTimeout,
    };
    proxy::refuse(client, &snapshot, error).await
}

async fn close(wire: &mut Wire, deadline: &Deadline) {
    deadline.arm(LINGER);
    let ended = deadline.guard(poll_fn(|cx| wire.poll_shutdown(cx))).await;
    if ended.is_ok() {
        // Whatever comes of it, the connection ends here.
        let _ = deadline.guard(poll_fn(|cx| wire.poll_drain(cx))).await;
    }
}
