//! limpet: an HTTP load balancer that always brings a session home.
//!
//! A session is known by a cookie, the cookie names a backend, and a request that carries it goes there, whatever the
//! policy would have said. Everything else is what a balancer needs to do that at the speed of a relay and between
//! parties of which it trusts neither. This is the tour: one request, the rooms it passes, and what holds everywhere.
//!
//! # The life of a request
//!
//! A *worker* is one thread with its own event loop, listening sockets, connections and counters. There is one a core.
//!
//! 1. `server/worker.rs` accepts, unless `limit.rs` says that the process has enough connections, counts the newcomer,
//!    and gives him a task of his own.
//! 2. `server/h1.rs` waits until there is something to read, and holds no buffer meanwhile. Then it leases a buffer
//!    and *scratch* (heads, facts, write buffers) and waits for a whole head, which is due in `timeouts.head`.
//! 3. `http/scan.rs` finds where the head ends, `http/parse.rs` judges it. What breaks a rule is answered and the
//!    connection closed; what passes is a `Request`, and nothing below looks at raw bytes of a head again.
//! 4. `proxy/mod.rs` takes over: `exchange` is the straight line from here to the end, and each of its `?` ends in
//!    `proxy/error.rs`, which has a status and a word for every way to fail. `proxy/answer.rs` then tells the client.
//! 5. The worker's *snapshot* (`state.rs`) was taken with the head. `proxy/client_end.rs` writes who the client is, for
//!    the backend, and drops what a stranger says of himself; then `route.rs` finds the route, and so the pool.
//! 6. `session/mod.rs` reads the pool's cookie: the member that the request is *bound* to, if any. Then the cookies of
//!    all pools and the hop's own fields come out (`proxy/heads.rs`); no backend sees them.
//! 7. `pool.rs` chooses: home, if the request is bound and home is eligible; else whom the policy picks
//!    (`policy/round_robin.rs`); else nobody, which is a 503. The choice carries an *outcome*, and that alone decides
//!    whether a cookie is written in step 10.
//! 8. `upstream/mod.rs` leases a connection: an idle one that is still quiet, or a new one. A connect that fails may be
//!    tried elsewhere (`proxy/connect.rs`), for nothing was written yet, unless the request is bound: one failed
//!    connect moves no session.
//! 9. `http/write.rs` writes the head afresh, with exactly one framing. `proxy/relay.rs` sends it with what is there of
//!    the body and waits for the response head; interim responses go through to the client meanwhile.
//! 10. The response head is parsed as strictly as the request's was; what breaks a rule is a 502. The session is
//!     written into it: a new token where a session begins, and out goes whatever the backend tried to plant.
//! 11. `relay.rs` moves both bodies, at once where both are under way, and never reads from one side before the other
//!     has taken what came before. `wire/` is the connection on either side: heads and bodies in, framed messages out.
//! 12. The lease is given back if both messages ended where they should; else it is closed. Dropping it resets the
//!     connection, so a future that was cut short, or that panicked, cannot leave half a message to be reused.
//! 13. `proxy/facts.rs` reports what happened: counters in the worker's own block, a line for the access log. The scratch
//!     goes back to the worker, and h1 waits again.
//!
//! From a whole head to a choice, nothing waits. In the steady state an exchange allocates nothing, takes no lock and
//! wakes no other thread; the access log adds the lock of a buffer that is the worker's own. A deadline is no timer but
//! a number in a slot, which the worker's sweep looks at every 50 ms (`net/clock.rs`).
//!
//! # Around it
//!
//! `run.rs` puts everything together, once, for `limpet run`, the demo and the tests alike: sockets, the first state,
//! workers, and the control thread for what must never stall a worker. So far that is the status listener (`admin/`:
//! probes and metrics, served by hyper). `config/` turns TOML and environment into values that can be used as they
//! stand, or into all mistakes at once, each with its place. `metrics/` adds up what the workers count when somebody
//! asks; `access_log/` takes their lines off their hands. `cli/` has a file for each command, `demo/` the toy backends
//! and the tour that `limpet demo --tour` plays. `failpoint.rs` and `lab.rs` exist for tests.
//!
//! # Who may know whom
//!
//! `tests/it/layers.rs` holds the table and fails on a `use crate::` that is not in it; every third-party crate has one
//! home there as well. In words, from the ground up:
//!
//! - `http`, `config`, `metrics`, `access_log` and `backend` import nobody of ours but `config`'s plain types, which
//!   everyone may read.
//! - `policy` sees backends; `session` backends and messages; `route` messages. None of them sees another.
//! - `pool` joins policy and session, `state` joins pools and routes. Here the choice is made, and it is all pure.
//! - `net` is the machine: connections, time, buffers. `wire` is HTTP/1 on a connection, `upstream` connections to
//!   backends.
//! - `proxy` joins the choice and the connections; `server` has workers and clients and calls `proxy`.
//! - `admin` reads what others publish; `run` wires; `demo` and `cli` stand on `run`. `main` calls `cli`.
//!
//! # What is not there
//!
//! Each of these is an absence that somebody could undo without noticing. Where a test holds it, it is named.
//!
//! - `http`, `backend`, `policy`, `pool`, `route`, `session`, `state` and `config` know no async, no sockets, no clock,
//!   no metrics and no chance: time, turns and random bits are arguments (`layers`).
//! - No message is passed on as it came. There is no raw path beside parse and write, and no head that is half valid.
//! - No backend's address comes out of a message. A token holds a digest of names; who holds one chooses among the
//!   members of its pool and nothing else.
//! - No policy knows sessions, and no stickiness is part of a policy: `pool.rs` is the only place where both meet.
//! - Nothing in `proxy/` but `error.rs` decides the status of a failure.
//! - No response of limpet's own begins a session: only an exchange with a backend does.
//! - There is one `ArcSwap`, in `state.rs`, and one writer of it, who so far writes once, at start. No choice is made
//!   by two snapshots.
//! - Workers share no counter, connection or buffer that a request touches.
//! - No `unsafe`, no `unwrap` without a reason, no name such as `utils`, no file over 500 lines (`tidy`, lints).
//!
//! # Where to start reading
//!
//! `proxy/mod.rs`, then `pool.rs` and `session/mod.rs`: that is what limpet does. `http/parse.rs` with `http/reject.rs`
//! is what it refuses. `server/h1.rs`, `wire/` and `proxy/relay.rs` are how bytes move. To add a policy, read
//! `policy/mod.rs`; to add a key to the configuration, `config/keys.rs`. `limpet demo --tour` shows all of it at work.
#![forbid(unsafe_code)]

mod access_log;
mod admin;
mod backend;
mod cli;
mod config;
mod demo;
mod failpoint;
mod http;
#[cfg(feature = "lab")]
#[doc(hidden)]
pub mod lab;
mod metrics;
mod net;
mod policy;
mod pool;
mod proxy;
mod route;
mod run;
mod server;
mod session;
mod state;
mod upstream;
mod wire;

pub use cli::main;
