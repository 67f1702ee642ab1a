//! What one worker keeps for all its exchanges: its snapshot of the routing state, its backend connections, clock,
//! buffers, counters, dice.
//!
//! It exists so that an exchange gets its means as one argument and shares none of them: all of it belongs to one
//! thread, and nothing here is locked. The pure rooms are handed what they need from here, time and random bits
//! included. It knows no single request but the [`Scratch`] that it leaves behind for the next.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::rc::Rc;
use std::sync::Arc;

use crate::access_log::AccessLogger;
use crate::http::{Request, Response};
use crate::metrics::{Series, WorkerMetrics};
use crate::net::{Buffers, Clock};
use crate::state::{Reader, State};
use crate::upstream::Upstream;

use super::facts::Facts;

/// Scratch kept for the next exchanges.
const MAX_SPARE: usize = 256;
/// Bytes for writing that are kept with it.
const USUAL_OUT: usize = 16 * 1024;

/// A worker's means for exchanges.
pub(crate) struct Engine {
    pub(crate) clock: Rc<Clock>,
    pub(crate) buffers: Rc<Buffers>,
    pub(crate) upstream: Rc<Upstream>,
    pub(crate) metrics: Rc<WorkerMetrics>,
    pub(crate) access_log: Option<AccessLogger>,
    /// Connections are to end with their next response.
    stopping: Cell<bool>,
    reader: RefCell<Reader>,
    snapshot: RefCell<Rc<Snapshot>>,
    #[expect(clippy::vec_box, reason = "scratch changes hands as a pointer, not as its bytes")]
    spare: RefCell<Vec<Box<Scratch>>>,
    random: Cell<u64>,
    turn: Cell<u64>,
}

/// The routing state that one choice uses, and the counters behind its indexes.
pub(crate) struct Snapshot {
    pub(crate) state: Arc<State>,
    pub(crate) series: Rc<Series>,
}

/// What a message in hand needs; an idle connection has none.
pub(crate) struct Scratch {
    pub(crate) request: Request,
    pub(crate) response: Response,
    pub(crate) facts: Facts,
    /// For the path in its canonical form.
    pub(crate) path: Vec<u8>,
    pub(crate) client_out: Vec<u8>,
    pub(crate) backend_out: Vec<u8>,
}

/// What an engine is made of.
pub(crate) struct Parts {
    pub(crate) worker: usize,
    pub(crate) workers: usize,
    pub(crate) clock: Rc<Clock>,
    pub(crate) buffers: Rc<Buffers>,
    pub(crate) reader: Reader,
    pub(crate) metrics: Rc<WorkerMetrics>,
    pub(crate) access_log: Option<AccessLogger>,
}

impl Engine {
    pub(crate) fn new(mut parts: Parts) -> Rc<Engine> {
        let state = Arc::clone(parts.reader.current());
        let series = parts.metrics.series(state.generation);
        let upstream = Upstream::new(parts.worker, parts.workers, &parts.clock, &parts.buffers);
        upstream.set_keep_alive(state.timeouts.backend_keep_alive);
        let seed = RandomState::new().hash_one(parts.worker);
        Rc::new(Engine {
            clock: parts.clock,
            buffers: parts.buffers,
            upstream,
            metrics: parts.metrics,
            access_log: parts.access_log,
            stopping: Cell::new(false),
            reader: RefCell::new(parts.reader),
            snapshot: RefCell::new(Rc::new(Snapshot { state, series })),
            spare: RefCell::default(),
            random: Cell::new(seed),
            // Workers start apart, so that they do not march in step.
            turn: Cell::new(seed >> 32),
        })
    }

    /// The state as it is now. The worker's own count is raised, not one that other workers touch.
    pub(crate) fn snapshot(&self) -> Rc<Snapshot> {
        let mut reader = self.reader.borrow_mut();
        let state = reader.current();
        let mut snapshot = self.snapshot.borrow_mut();
        if !Arc::ptr_eq(state, &snapshot.state) {
            let series = self.metrics.series(state.generation);
            self.upstream.set_keep_alive(state.timeouts.backend_keep_alive);
            *snapshot = Rc::new(Snapshot { state: Arc::clone(state), series });
        }
        Rc::clone(&snapshot)
    }

    /// From now on, connections end with their next response.
    pub(crate) fn stop(&self) {
        self.stopping.set(true);
    }

    /// A client's connection may go on after a response.
    pub(crate) fn keeps_connections(&self) -> bool {
        !self.stopping.get() && !self.snapshot.borrow().state.timeouts.keep_alive.is_zero()
    }

    /// Scratch for the next message; whoever breaks off may simply drop it.
    pub(crate) fn take_scratch(&self) -> Box<Scratch> {
        self.spare.borrow_mut().pop().unwrap_or_else(|| Box::new(Scratch::new()))
    }

    pub(crate) fn keep_scratch(&self, mut scratch: Box<Scratch>) {
        scratch.facts = Facts::default();
        // A slow reader may have made them large; what usual heads need is kept.
        scratch.request.fields.shrink_to(USUAL_OUT);
        scratch.response.fields.shrink_to(USUAL_OUT);
        scratch.path.shrink_to(USUAL_OUT);
        scratch.client_out.shrink_to(USUAL_OUT);
        scratch.backend_out.shrink_to(USUAL_OUT);
        let mut spare = self.spare.borrow_mut();
        if spare.len() < MAX_SPARE {
            spare.push(scratch);
        }
    }

    /// 64 random bits (SplitMix64). They spread and name things; nothing secret hangs on them.
    pub(crate) fn random(&self) -> u64 {
        let state = self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.random.set(state);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// The id of a request: 128 random bits in hexadecimal.
    pub(crate) fn request_id(&self) -> [u8; 32] {
        let mut id = [0; 32];
        let bits = u128::from(self.random()) << 64 | u128::from(self.random());
        for (place, digit) in id.iter_mut().enumerate() {
            *digit = b"0123456789abcdef"[(bits >> (124 - 4 * place)) as usize & 15];
        }
        id
    }

    /// Counts placements.
    pub(crate) fn turn(&self) -> u64 {
        let turn = self.turn.get();
        self.turn.set(turn.wrapping_add(1));
        turn
    }
}

impl Scratch {
    fn new() -> Scratch {
        Scratch {
            request: Request::empty(),
            response: Response::empty(),
            facts: Facts::default(),
            path: Vec::new(),
            client_out: Vec::new(),
            backend_out: Vec::new(),
        }
    }
}
