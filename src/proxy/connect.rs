//! From a pool to a connection: choose, lease or dial, and while nothing was written, elsewhere if that fails.
//!
//! Where a request may go is the pool's to say. This file only asks again, with those that failed left out; a request
//! with a home has no elsewhere here. It writes no byte.

use crate::failpoint::{Step, reached};
use crate::net::Deadline;
use crate::policy::Ask;
use crate::pool::{Choice, Placement, Pool};
use crate::session::{Bound, Outcome};
use crate::upstream::{ConnectError, Lease, Target};

use super::engine::{Engine, Scratch, Snapshot};
use super::error::ProxyError;

/// Chooses a backend and connects to it. While nothing was written, a request without a binding may go elsewhere.
pub(super) async fn connect(
    engine: &Engine,
    snapshot: &Snapshot,
    pool_index: u16,
    bound: Bound,
    scratch: &mut Scratch,
    deadline: &Deadline,
) -> Result<(Choice, Lease), ProxyError> {
    let pool = &snapshot.state.pools[usize::from(pool_index)];
    let is_bound = pool.home(bound).is_some();
    // A turn is spent where the policy is asked: hits would skew what they take no part in.
    let (turn, random) = (if is_bound { 0 } else { engine.turn() }, engine.random());
    let mut tried = [0; MAX_RETRIES + 1];
    let mut failed = 0;
    loop {
        let safe = scratch.request.method.is_safe();
        let ask = Ask { key: None, safe, turn, random, tried: &tried[..failed], load: &|member| load(pool, member) };
        let choice = match pool.choose(bound, &ask) {
            Placement::Go(choice) => choice,
            Placement::Refuse(refusal) => return Err(ProxyError::Refused(refusal)),
        };
        reached(Step::Placed);
        (scratch.facts.backend, scratch.facts.outcome) = (Some(choice.backend), choice.outcome);
        scratch.facts.attempts += 1;
        let backend = pool.backend(choice);
        if let Some(lease) = engine.upstream.lease_idle(backend).await {
            return Ok((choice, lease));
        }
        let (metrics, series) = (&engine.metrics, &snapshot.series);
        let target = Target { backend, metrics, series, pool: pool_index, member: choice.backend };
        if failed == 0 {
            // One budget for all tries.
            deadline.arm(snapshot.state.timeouts.connect);
        }
        let dialling = engine.upstream.lease_new(target, deadline);
        // Boxed, because it is rare and large: an idle connection of a client would carry its size around.
        let error = match Box::pin(dialling).await {
            Ok(lease) => return Ok((choice, lease)),
            Err(ConnectError::Timeout) => return Err(ProxyError::ConnectTimeout),
            Err(ConnectError::NoDescriptor) => return Err(ProxyError::NoDescriptor),
            Err(ConnectError::Failed) => ProxyError::ConnectFailed,
        };
        tried[failed] = choice.backend;
        failed += 1;
        if is_bound {
            scratch.facts.outcome = Some(Outcome::Failed);
            return Err(error);
        }
        if failed == tried.len() || failed == pool.members.ready.len() {
            return Err(error);
        }
        engine.metrics.backend_failed(series, pool_index, choice.backend, error.verdict().reason);
    }
}

fn load(pool: &Pool, member: u16) -> u64 {
    pool.members.all.get(usize::from(member)).map_or(0, |backend| backend.live.total())
}

/// Backends that a request tries beyond its first.
const MAX_RETRIES: usize = 2;
