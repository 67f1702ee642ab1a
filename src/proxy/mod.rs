//! One exchange: a request to a backend, its response to the client.
//!
//! [`exchange`] is the straight line that everything else in limpet serves, one step after the other; `error` is where
//! each of its `?` ends, `answer` what the client then gets, `facts` what is told of it. It knows two [`Wire`]s and no
//! sockets, and leaves to the pool where a request goes and to the session whether a cookie is written.

mod answer;
mod engine;
mod error;
mod facts;
mod forwarded;
mod relay;

use std::future::poll_fn;
use std::rc::Rc;

use crate::config::Limits;
use crate::failpoint::{Step, reached};
use crate::http::{
    Bounds, Framing, Name, Request, Response, Rewrite, Trailers, Version, decimal, strip_hop_by_hop, write_request,
    write_response,
};
use crate::net::Deadline;
use crate::policy::Ask;
use crate::pool::{Choice, Placement, Pool};
use crate::session::Bound;
use crate::upstream::{ConnectError, Lease, Seat};
use crate::wire::Wire;

pub(crate) use engine::{Engine, Parts, Room, Snapshot};
pub(crate) use error::ProxyError;
pub(crate) use forwarded::From;

use relay::{Ends, Relay, Terms};

/// Backends that a request tries beyond its first, while nothing was written.
const ELSEWHERE: usize = 2;
/// Interim responses that one request may get.
const MAX_INTERIM: usize = 16;

/// What becomes of the client's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    KeepAlive,
    Close,
    /// The response broke off: the client must see that.
    Abort,
}

/// Serves the request in `room`, whose body `client` is about to receive.
pub(crate) async fn serve(
    engine: &Engine,
    snapshot: &Rc<Snapshot>,
    client: &mut Wire,
    from: &From,
    room: &mut Room,
    deadline: &Deadline,
) -> After {
    room.facts.started = Some(engine.clock.look());
    room.facts.listener = from.listener;
    room.facts.client = from.client(&room.request.fields);
    let after = match exchange(engine, snapshot, client, from, room, deadline).await {
        Ok(after) => after,
        Err(error) => answer::answer(engine, client, room, error, deadline).await,
    };
    room.facts.tell(engine, snapshot, &room.request);
    after
}

/// Answers a head that is no request, or that did not come in time.
pub(crate) async fn refuse(
    engine: &Engine,
    client: &mut Wire,
    from: &From,
    room: &mut Room,
    error: ProxyError,
    deadline: &Deadline,
) -> After {
    room.request.clear();
    room.request.fields.push("X-Request-Id", &request_id(engine));
    room.facts.started = Some(engine.clock.look());
    room.facts.listener = from.listener;
    room.facts.client = from.address;
    let after = answer::answer(engine, client, room, error, deadline).await;
    room.facts.tell(engine, &engine.snapshot(), &room.request);
    after
}

async fn exchange(
    engine: &Engine,
    snapshot: &Rc<Snapshot>,
    client: &mut Wire,
    from: &From,
    room: &mut Room,
    deadline: &Deadline,
) -> Result<After, ProxyError> {
    reached(Step::HeadRead);
    let state = &snapshot.state;
    let https = from.is_https(&room.request.fields);
    let is_loop = forwarded::is_loop(&room.request.fields);
    let found = state.router.find(&room.request, usize::from(from.listener), &mut room.path);
    forwarded::write_fields(&mut room.request, from, &request_id(engine));
    if is_loop {
        return Err(ProxyError::Loop);
    }
    if !spend_hop(&mut room.request) {
        return Ok(answer::answer_here(engine, client, room, deadline).await);
    }
    let found = found.ok_or(ProxyError::NoRoute)?;
    let pool = &state.pools[found.pool];
    (room.facts.route, room.facts.pool) = (Some(found.route as u16), Some(found.pool as u16));
    if found.rewrite {
        room.request.set_path(&room.path);
    }
    check_size(&room.request, &state.limits)?;
    reached(Step::Routed);

    let bound = pool.sticky.as_ref().map_or_else(Bound::default, |sticky| sticky.read(&room.request));
    if let Some(sticky) = &pool.sticky {
        sticky.strip(&mut room.request);
    }
    strip_hop_by_hop(&mut room.request.fields);
    room.request.fields.remove(Name::Limpet);

    let (choice, mut lease) = connect(engine, snapshot, pool, bound, room, deadline).await?;
    reached(Step::Leased);
    room.facts.connect = (!lease.reused).then(|| room.facts.since_start(engine)).flatten();
    room.request.complete_host(pool.backend(choice).map_or(&[], |backend| backend.name.as_bytes()));
    let Some(backend) = lease.wire() else { return Err(ProxyError::BackendClosed) };
    backend.lend_out(std::mem::take(&mut room.backend_out));
    write_request(&room.request, backend.begin_send(room.request.framing));

    reached(Step::RequestWritten);

    let mut ends = Ends { client, backend };
    let terms =
        Terms { timeouts: &state.timeouts, bounds: bounds(&state.limits), max_body: state.limits.max_body_size };
    let mut relay = Relay::new(room.request.expects_continue);
    let answered = response_head(&mut relay, &mut ends, terms, room, deadline).await;
    (room.facts.received, room.facts.first_byte) = (relay.received, room.facts.since_start(engine));
    answered?;
    reached(Step::ResponseRead);
    stick(pool, room, bound, choice, https, engine.random());
    reached(Step::SessionWritten);
    let keep = client_head(engine, ends.client, room, relay.is_sent());
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

/// Chooses a backend and connects to it. While nothing was written, a request without a binding may go elsewhere.
async fn connect(
    engine: &Engine,
    snapshot: &Snapshot,
    pool: &Pool,
    bound: Bound,
    room: &mut Room,
    deadline: &Deadline,
) -> Result<(Choice, Lease), ProxyError> {
    let (turn, random) = (engine.turn(), engine.random());
    let mut tried = [0; ELSEWHERE + 1];
    let mut failed = 0;
    loop {
        let choice = {
            let safe = room.request.method.is_safe();
            let load = |member: u16| pool.members.all[usize::from(member)].live.total();
            let ask = Ask { key: None, safe, turn, random, tried: &tried[..failed], load: &load };
            match pool.choose(bound, &ask) {
                Placement::Go(choice) => choice,
                Placement::Refuse { status, reason, retry_after } => {
                    return Err(ProxyError::Refused { status, reason, retry_after });
                }
            }
        };
        reached(Step::Placed);
        (room.facts.backend, room.facts.outcome) = (Some(choice.backend), Some(choice.outcome));
        room.facts.attempts += 1;
        let Some(member) = pool.backend(choice) else { return Err(ProxyError::ConnectFailed) };
        if let Some(lease) = engine.upstream.lease_idle(member).await {
            return Ok((choice, lease));
        }
        // Boxed, because it is rare and large: an idle connection of a client would carry its size around.
        let seat = Seat {
            backend: member,
            metrics: &engine.metrics,
            series: &snapshot.series,
            pool: room.facts.pool.unwrap_or_default(),
            member: choice.backend,
        };
        let dialling = engine.upstream.lease_new(seat, snapshot.state.timeouts.connect, deadline);
        let error = match Box::pin(dialling).await {
            Ok(lease) => return Ok((choice, lease)),
            Err(ConnectError::Timeout) => ProxyError::ConnectTimeout,
            Err(ConnectError::Failed) => ProxyError::ConnectFailed,
        };
        tried[failed] = choice.backend;
        failed += 1;
        if failed == tried.len() || bound.backend == Some(choice.backend) || failed == pool.members.ready.len() {
            return Err(error);
        }
        let pool = room.facts.pool.unwrap_or_default();
        engine.metrics.backend_failed(&snapshot.series, pool, choice.backend, error.verdict().reason);
    }
}

/// Sends the request and waits for the head of its response; interim ones go through to the client.
async fn response_head(
    relay: &mut Relay,
    ends: &mut Ends<'_>,
    terms: Terms<'_>,
    room: &mut Room,
    deadline: &Deadline,
) -> Result<(), ProxyError> {
    relay.begin(deadline, terms);
    for _ in 0..=MAX_INTERIM {
        let extent = poll_fn(|cx| relay.poll_head(cx, ends, terms, deadline)).await?;
        let response = &mut room.response;
        response
            .parse(ends.backend.head(extent), terms.bounds, room.request.method)
            .map_err(ProxyError::BackendRejected)?;
        let passes = if room.request.version == Version::Http11 { response.framing } else { Framing::UntilClose };
        let trailers = Trailers::announced(&mut response.fields, passes);
        ends.backend.begin_body(extent, response.framing, trailers);
        match response.status {
            101 => return Err(ProxyError::UnaskedSwitch),
            100..=199 => {
                if room.request.version == Version::Http11 {
                    strip_backend_fields(response);
                    write_response(response, ends.client.interim());
                }
                relay.expect_another_head(deadline, terms);
            }
            status => {
                room.facts.backend_status = Some(status);
                return Ok(());
            }
        }
    }
    Err(ProxyError::TooManyInterim)
}

/// Writes the response's head for the client; says whether the client's connection may go on afterwards.
fn client_head(engine: &Engine, client: &mut Wire, room: &mut Room, request_sent: bool) -> bool {
    let (request, response) = (&room.request, &mut room.response);
    strip_backend_fields(response);
    let framing = match (response.framing, request.version) {
        (Framing::Chunked, Version::Http10) => {
            response.fields.remove(Name::TransferEncoding);
            Framing::UntilClose
        }
        (Framing::UntilClose, Version::Http11) => {
            response.fields.push("Transfer-Encoding", b"chunked");
            Framing::Chunked
        }
        (framing, _) => framing,
    };
    // An answer that overtakes its request says that the connection ends with it (RFC 9110, section 10.1.1).
    let keep = request.keep_alive && request_sent && framing != Framing::UntilClose && engine.keeps_connections();
    if !keep {
        response.fields.push("Connection", b"close");
    }
    if !response.fields.has(Name::Date) {
        response.fields.push("Date", &engine.clock.http_date());
    }
    write_response(response, client.begin_send(framing));
    room.facts.status = response.status;
    room.facts.begun = Some(framing);
    keep
}

fn strip_backend_fields(response: &mut Response) {
    strip_hop_by_hop(&mut response.fields);
    response.fields.remove(Name::Limpet);
}

/// Writes the session into the response, and takes out what the backend had no business to write.
fn stick(pool: &Pool, room: &mut Room, bound: Bound, choice: Choice, https: bool, random: u64) {
    if let Some(sticky) = &pool.sticky {
        sticky.write(&mut room.response, bound, choice.backend, choice.outcome, https, random);
    }
}

/// Takes one hop off a TRACE or OPTIONS request; false when it has none left.
fn spend_hop(request: &mut Request) -> bool {
    let Some(hops) = request.max_forwards else { return true };
    let Some(left) = hops.checked_sub(1) else { return false };
    request.fields.rewrite(Name::MaxForwards, |_, fresh| {
        decimal(u64::from(left), fresh);
        Rewrite::Replace
    });
    true
}

fn check_size(request: &Request, limits: &Limits) -> Result<(), ProxyError> {
    match request.framing {
        Framing::Length(length) if limits.max_body_size > 0 && length > limits.max_body_size => {
            Err(ProxyError::BodyTooLarge)
        }
        _ => Ok(()),
    }
}

/// The bounds of every head, either way.
pub(crate) fn bounds(limits: &Limits) -> Bounds {
    Bounds { bytes: limits.max_header_size, fields: limits.max_header_fields }
}

fn request_id(engine: &Engine) -> [u8; 32] {
    let mut id = [0; 32];
    let bits = u128::from(engine.random()) << 64 | u128::from(engine.random());
    for (place, digit) in id.iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(bits >> (124 - 4 * place)) as usize & 15];
    }
    id
}
