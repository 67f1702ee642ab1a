//! From a pool to a connection: choose, lease or dial, and while nothing was written, elsewhere if that fails.
//!
//! Where a request may go is the pool's to say. This file only asks again, with those that failed left out; a request
//! with a home has no elsewhere here. It writes no byte.

use crate::failpoint::{Step, reached};
use crate::net::Deadline;
use crate::policy::Ask;
use crate::pool::{Choice, Placement, Pool};
use crate::session::Bound;
use crate::upstream::{ConnectError, Lease, Seat};

use super::engine::{Engine, Room, Snapshot};
use super::error::ProxyError;

/// Backends that a request tries beyond its first.
const ELSEWHERE: usize = 2;

/// Chooses a backend and connects to it. While nothing was written, a request without a binding may go elsewhere.
pub(super) async fn connect(
    engine: &Engine,
    snapshot: &Snapshot,
    pool: &Pool,
    bound: Bound,
    room: &mut Room,
    deadline: &Deadline,
) -> Result<(Choice, Lease), ProxyError> {
    // A turn is spent where the policy is asked: hits would skew what they do not take part in.
    let turn = if pool.home(bound).is_some() { 0 } else { engine.turn() };
    let random = engine.random();
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
