//! One exchange: a request to a backend, its response to the client.
//!
//! [`exchange`] is the straight line that everything else in limpet serves, one step after the other; `error` is where
//! each of its `?` ends, `answer` what the client then gets, `facts` what is told of it. It knows two [`Wire`]s and no
//! sockets, and leaves to the pool where a request goes and to the session whether a cookie is written.

mod answer;
mod client_end;
mod connect;
mod engine;
mod error;
mod facts;
mod heads;
mod relay;

use crate::failpoint::{Step, reached};
use crate::http::write_request;
use crate::metrics::Side;
use crate::net::Deadline;
use crate::session::Bound;
use crate::wire::Wire;

pub(crate) use client_end::ClientEnd;
pub(crate) use engine::{Engine, Parts, Scratch, Snapshot};
pub(crate) use error::ProxyError;
pub(crate) use relay::bounds;

use connect::connect;
use relay::Relay;

/// A client's connection with a message in hand.
pub(crate) struct Client<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) end: &'a ClientEnd,
    pub(crate) wire: &'a mut Wire,
    pub(crate) scratch: &'a mut Scratch,
    pub(crate) deadline: &'a Deadline,
}

/// What becomes of the client's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    KeepAlive,
    /// Ends after what was said, once the client has read it.
    Close,
    /// Ends at once, with nothing left to say.
    Drop,
    /// The response broke off: the client must see that.
    Abort,
}

/// Serves the request in the client's scratch, whose body its wire is about to receive.
pub(crate) async fn serve(client: &mut Client<'_>, snapshot: &Snapshot) -> Fate {
    client.scratch.facts.begin(client.engine, client.end, &client.scratch.request.fields);
    let fate = match exchange(client, snapshot).await {
        Ok(fate) => fate,
        Err(error) => answer::answer(client, error).await,
    };
    client.scratch.facts.report(client.engine, snapshot, &client.scratch.request);
    fate
}

/// Answers a head that is no request, or that did not come in time.
pub(crate) async fn refuse(client: &mut Client<'_>, snapshot: &Snapshot, error: ProxyError) -> Fate {
    client.scratch.request.clear();
    client.scratch.request.fields.push("X-Request-Id", &client.engine.request_id());
    client.scratch.facts.begin(client.engine, client.end, &client.scratch.request.fields);
    let fate = answer::answer(client, error).await;
    client.scratch.facts.report(client.engine, snapshot, &client.scratch.request);
    fate
}

async fn exchange(client: &mut Client<'_>, snapshot: &Snapshot) -> Result<Fate, ProxyError> {
    // 1  the snapshot was taken with the head
    let Client { engine, end, wire, scratch, deadline } = client;
    let state = &snapshot.state;
    reached(Step::HeadRead);

    // 2  the route, by what the client sent, and with it the pool
    let https = end.is_https(&scratch.request.fields);
    let is_loop = client_end::is_loop(&scratch.request.fields);
    // First, so that no route matches what a stranger says of himself.
    client_end::write_fields(&mut scratch.request, end, &engine.request_id());
    let found = state.router.find(&scratch.request, end.listener, &mut scratch.path);
    if is_loop {
        return Err(ProxyError::Loop);
    }
    if !heads::spend_hop(&mut scratch.request) {
        return Ok(answer::answer_here(client).await);
    }
    let found = found.ok_or(ProxyError::NoRoute)?;
    let pool = &state.pools[usize::from(found.pool)];
    (scratch.facts.route, scratch.facts.pool) = (Some(found.route), Some(found.pool));
    if found.rewrite {
        scratch.request.set_path(&scratch.path);
    }
    heads::check_size(&scratch.request, &state.limits)?;
    reached(Step::Routed);

    // 3, 4  the session, and where it is bound to
    let bound = pool.sticky.as_ref().map_or(Bound::Nothing, |sticky| sticky.read(&scratch.request));

    // 5, 6, 7  fields, a backend, and a connection to it
    heads::to_backend(&mut scratch.request, state);
    let (choice, mut lease) = connect(engine, snapshot, found.pool, bound, scratch, deadline).await?;
    let backend = pool.backend(choice);
    scratch.facts.connected(engine, lease.reused);
    scratch.request.complete_host(backend.name.as_bytes());
    reached(Step::Leased);

    // 8  the request out, the response's head in
    lease.wire().lend_out(std::mem::take(&mut scratch.backend_out));
    write_request(&scratch.request, lease.wire().begin_send(scratch.request.framing));
    reached(Step::RequestWritten);
    let mut relay = Relay::new(wire, lease.wire(), deadline, state, scratch.request.expects_continue);
    let answered = heads::await_response(&mut relay, scratch, state).await;
    scratch.facts.received = relay.received;
    answered?;
    scratch.facts.answered(engine);
    reached(Step::ResponseRead);

    // 9  the session into the response
    let planted = heads::drop_planted(&mut scratch.response, state);
    (0..planted).for_each(|_| engine.metrics.rejected(Side::Backend, "planted_cookie"));
    if let (Some(sticky), Some(outcome)) = (&pool.sticky, choice.outcome) {
        sticky.write(&mut scratch.response, choice.backend, outcome, https, engine.random());
    }
    reached(Step::SessionWritten);

    // 10  the response to the client
    let keep = heads::to_client(engine, relay.client, scratch, relay.is_sent());
    reached(Step::ResponseBegun);
    let relayed = relay.bodies().await;
    (scratch.facts.received, scratch.facts.sent) = (relay.received, relay.sent);
    relayed?;
    reached(Step::Relayed);
    let is_sent = relay.is_sent();
    scratch.backend_out = lease.wire().take_out();
    if scratch.response.keep_alive && is_sent {
        lease.give_back();
    } else {
        lease.close();
    }
    reached(Step::GivenBack);
    Ok(if keep { Fate::KeepAlive } else { Fate::Close })
}
