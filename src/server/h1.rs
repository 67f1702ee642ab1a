//! One HTTP/1 client connection: wait without holding anything, read a head, serve it, again.
//!
//! While it waits it holds no buffer and no room, so an idle connection is this future and little else.

use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use crate::http::{Scan, Trailers};
use crate::net::{Deadline, Elapsed, Stream};
use crate::proxy::{self, After, Engine, From, ProxyError, Visit};
use crate::wire::{HeadError, Wire};

/// How long a closing connection is read to its end, so that our last answer is not lost to a reset.
const LINGER: Duration = Duration::from_secs(1);

/// Serves requests until either side has had enough. `marks` count the connection while it is served.
///
/// What lives as long as the connection is captured, not passed: the arguments of an `async fn` are kept twice.
pub(crate) fn serve<M>(engine: Rc<Engine>, stream: Stream, from: From, marks: M) -> impl Future<Output = ()> {
    let deadline = engine.clock.deadline();
    let mut wire = Wire::new(stream, &engine.buffers);
    async move {
        let _marks = &marks;
        match serve_all(&engine, &mut wire, &from, &deadline).await {
            After::KeepAlive => {}
            After::Close => close(&mut wire, &deadline).await,
            After::Abort => wire.abort(),
        }
    }
}

async fn serve_all(engine: &Engine, wire: &mut Wire, from: &From, deadline: &Deadline) -> After {
    let mut patience = engine.snapshot().state.timeouts.head;
    loop {
        deadline.arm_idle(patience);
        match deadline.guard(poll_fn(|cx| wire.poll_readable(cx))).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return After::Close,
            Ok(Err(_)) => return After::Abort,
            Err(Elapsed) => return After::KeepAlive,
        }
        let mut room = engine.take_room();
        wire.lend_out(std::mem::take(&mut room.client_out));
        let after = serve_one(&mut Visit { engine, from, client: wire, room: &mut room, deadline }).await;
        room.client_out = wire.take_out();
        engine.keep_room(room);
        if after != After::KeepAlive {
            return after;
        }
        patience = engine.snapshot().state.timeouts.keep_alive;
    }
}

async fn serve_one(visit: &mut Visit<'_>) -> After {
    let snapshot = visit.engine.snapshot();
    let bounds = proxy::bounds(&snapshot.state.limits);
    visit.deadline.arm(snapshot.state.timeouts.head);
    let mut scan = Scan::default();
    let wire = &mut *visit.client;
    let error = match visit.deadline.guard(poll_fn(|cx| wire.poll_head(cx, &mut scan, bounds))).await {
        Ok(Ok(extent)) => match visit.room.request.parse(wire.head(extent), bounds) {
            Ok(()) => {
                let request = &mut visit.room.request;
                let trailers = Trailers::announced(&mut request.fields, request.framing);
                wire.begin_body(extent, request.framing, trailers);
                return proxy::serve(visit, &snapshot).await;
            }
            Err(reject) => ProxyError::Rejected(reject),
        },
        Ok(Err(HeadError::Reject(reject))) => ProxyError::Rejected(reject),
        Ok(Err(HeadError::Closed | HeadError::Truncated)) => return After::Close,
        Ok(Err(HeadError::Io)) => return After::Abort,
        Err(Elapsed) => ProxyError::HeadTimeout,
    };
    proxy::refuse(visit, &snapshot, error).await
}

async fn close(wire: &mut Wire, deadline: &Deadline) {
    deadline.arm(LINGER);
    let ended = deadline.guard(poll_fn(|cx| wire.poll_shutdown(cx))).await;
    if ended.is_ok() {
        // Whatever comes of it, the connection ends here.
        let _ = deadline.guard(poll_fn(|cx| wire.poll_drain(cx))).await;
    }
}
