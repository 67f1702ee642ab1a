//! One exchange: a request to a backend, its response to the client.
//!
//! [`exchange`] is the straight line that everything else in limpet serves, one step after the other; `error` is where
//! each of its `?` ends, `answer` what the client then gets, `facts` what is told of it. It knows two [`Wire`]s and no
//! sockets, and leaves to the pool where a request goes and to the session whether a cookie is written.

mod answer;
mod connect;
mod engine;
mod error;
mod facts;
mod forwarded;
mod heads;
mod relay;

use std::future::poll_fn;

use crate::failpoint::{Step, reached};
use crate::http::write_request;
use crate::net::Deadline;
use crate::session::Bound;
use crate::wire::Wire;

pub(crate) use engine::{Engine, Parts, Room, Snapshot};
pub(crate) use error::ProxyError;
pub(crate) use forwarded::From;
pub(crate) use relay::bounds;

use connect::connect;
use relay::{Ends, Relay, Terms};

/// A client's connection with a message in hand.
pub(crate) struct Visit<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) from: &'a From,
    pub(crate) client: &'a mut Wire,
    pub(crate) room: &'a mut Room,
    pub(crate) deadline: &'a Deadline,
}

/// What becomes of the client's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    KeepAlive,
    Close,
    /// The response broke off: the client must see that.
    Abort,
}

/// Serves the request in the visit's room, whose body the client's wire is about to receive.
pub(crate) async fn serve(visit: &mut Visit<'_>, snapshot: &Snapshot) -> After {
    visit.room.facts.begin(visit.engine, visit.from, &visit.room.request.fields);
    let after = match exchange(visit, snapshot).await {
        Ok(after) => after,
        Err(error) => answer::answer(visit, error).await,
    };
    visit.room.facts.tell(visit.engine, snapshot, &visit.room.request);
    after
}

/// Answers a head that is no request, or that did not come in time.
pub(crate) async fn refuse(visit: &mut Visit<'_>, snapshot: &Snapshot, error: ProxyError) -> After {
    visit.room.request.clear();
    visit.room.request.fields.push("X-Request-Id", &visit.engine.request_id());
    visit.room.facts.begin(visit.engine, visit.from, &visit.room.request.fields);
    let after = answer::answer(visit, error).await;
    visit.room.facts.tell(visit.engine, snapshot, &visit.room.request);
    after
}

async fn exchange(visit: &mut Visit<'_>, snapshot: &Snapshot) -> Result<After, ProxyError> {
    reached(Step::HeadRead);
    let Visit { engine, from, client, room, deadline } = visit;
    let state = &snapshot.state;

    // Where it goes, by what the client sent; then the fields that say who the client is.
    let https = from.is_https(&room.request.fields);
    let is_loop = forwarded::is_loop(&room.request.fields);
    let found = state.router.find(&room.request, usize::from(from.listener), &mut room.path);
    forwarded::write_fields(&mut room.request, from, &engine.request_id());
    if is_loop {
        return Err(ProxyError::Loop);
    }
    if !heads::spend_hop(&mut room.request) {
        return Ok(answer::answer_here(visit).await);
    }
    let found = found.ok_or(ProxyError::NoRoute)?;
    (room.facts.route, room.facts.pool) = (Some(found.route as u16), Some(found.pool as u16));
    let pool = &state.pools[found.pool];
    if found.rewrite {
        room.request.set_path(&room.path);
    }
    heads::check_size(&room.request, &state.limits)?;
    reached(Step::Routed);

    // The session, and with it the backend.
    let bound = pool.sticky.as_ref().map_or_else(Bound::default, |sticky| sticky.read(&room.request));
    heads::to_backend(&mut room.request, pool);
    let (choice, mut lease) = connect(engine, snapshot, pool, bound, room, deadline).await?;
    reached(Step::Leased);
    room.facts.connected(engine, lease.reused);
    room.request.complete_host(pool.backend(choice).map_or(&[], |backend| backend.name.as_bytes()));

    // The request out, the response's head in.
    let Some(backend) = lease.wire() else { return Err(ProxyError::ConnectFailed) };
    backend.lend_out(std::mem::take(&mut room.backend_out));
    write_request(&room.request, backend.begin_send(room.request.framing));
    reached(Step::RequestWritten);
    let mut ends = Ends { client, backend };
    let terms = Terms::new(state);
    let mut relay = Relay::new(room.request.expects_continue);
    let answered = heads::await_response(&mut relay, &mut ends, terms, room, pool, deadline).await;
    room.facts.received = relay.received;
    answered?;
    room.facts.answered(engine);
    reached(Step::ResponseRead);

    // The session into the response, and the response to the client.
    if let Some(sticky) = &pool.sticky {
        sticky.write(&mut room.response, bound, choice.backend, choice.outcome, https, engine.random());
    }
    reached(Step::SessionWritten);
    let keep = heads::to_client(engine, ends.client, room, relay.is_sent());
    reached(Step::ResponseBegun);
    relay.begin_response(deadline, terms);
    let relayed = poll_fn(|cx| relay.poll_bodies(cx, &mut ends, terms, deadline)).await;
    (room.facts.received, room.facts.sent) = (relay.received, relay.sent);
    relayed?;
    reached(Step::Relayed);

    room.backend_out = ends.backend.take_out();
    if room.response.keep_alive && relay.is_sent() {
        lease.give_back();
    } else {
        lease.close();
    }
    reached(Step::GivenBack);
    Ok(if keep && relay.is_sent() { After::KeepAlive } else { After::Close })
}
