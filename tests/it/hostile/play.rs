//! Plays one case: a client sends what the row says, delivered whole or in pieces, and everything it gets is kept.
//!
//! Where the verdict lets the connection live, one plain request follows at the end: only a connection that both
//! sides still understand alike answers it. Nothing is judged here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

use super::notation::Step;
use super::table::Case;
use crate::harness::{Answers, Journal, Received, read_on, sure};

/// Where a case is played.
#[derive(Clone, Debug)]
pub(crate) struct Arena {
    pub(crate) web: SocketAddr,
    /// A listener to which this machine is a trusted proxy.
    pub(crate) trusted: SocketAddr,
    /// How long a silence means that nothing more comes: above every deadline of the gateway's.
    pub(crate) patience: Duration,
    /// Of all backends.
    pub(crate) journal: Journal,
}

/// How the bytes are put on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// As the row says: one write unless it says otherwise.
    Whole,
    /// What follows the first head is held back until a backend has seen that head.
    AfterHead,
    /// A write a byte.
    Bytes,
    /// Cut at places that the seed chooses.
    Split(u64),
}

/// What became of a case, as its client saw it.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) id: String,
    pub(crate) delivery: Delivery,
    pub(crate) received: Received,
    pub(crate) answers: Answers,
    /// The plain request at the end was sent.
    pub(crate) probed: bool,
    /// The last byte or the end was seen.
    pub(crate) at: Instant,
    /// `AfterHead` waited for a head that did not come.
    pub(crate) unseen: bool,
}

/// Plays `case` under `id`, which no other case of this arena has.
pub(crate) async fn play(case: &Case, id: String, delivery: Delivery, arena: &Arena) -> Outcome {
    let address = if case.listener == "trusted" { arena.trusted } else { arena.web };
    let stream = sure("a client's connect", TcpStream::connect(address).await);
    sure("a client's no-delay", stream.set_nodelay(true));
    let (mut reading, writing) = stream.into_split();
    let unseen = Arc::new(AtomicBool::new(false));
    let (steps, journal) = (delivery.of(case.steps(&id)), arena.journal.clone());
    let script = Script { steps, delivery, id: id.clone(), journal, unseen: unseen.clone() };
    let writer = tokio::spawn(script.perform(writing));
    let read = |bytes: &[u8], ended| Answers::read(bytes, ended, |number| case.verdict.is_head(number));
    let enough = |bytes: &[u8]| {
        let answers = read(bytes, false);
        let open = answers.whole.last().is_some_and(|answer| !answer.says_close());
        open && case.verdict.stays_open() && answers.whole.len() >= case.verdict.messages.len()
    };
    let mut received = Received::default();
    let probed = read_on(&mut reading, &mut received, arena.patience, enough).await;
    if probed {
        let mut writing = sure("a client's writes", writer.await);
        let request = format!("GET /end/{id} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        // A connection that is closed meanwhile shows in what is read.
        let _ = writing.write_all(request.as_bytes()).await;
        read_on(&mut reading, &mut received, arena.patience, |_| false).await;
    } else {
        writer.abort();
    }
    let answers = read(&received.bytes, true);
    let unseen = unseen.load(Ordering::Relaxed);
    Outcome { id, delivery, received, answers, probed, at: Instant::now(), unseen }
}

struct Script {
    steps: Vec<Step>,
    delivery: Delivery,
    id: String,
    journal: Journal,
    /// A head was waited for in vain.
    unseen: Arc<AtomicBool>,
}

impl Script {
    /// Goes through the steps. A write that fails ends it quietly: limpet may close before it has read everything.
    async fn perform(self, mut writing: OwnedWriteHalf) -> OwnedWriteHalf {
        for step in &self.steps {
            let done = match step {
                Step::HeadEnd => {
                    let came = self.journal.came(SOON, |records| records.has(&self.id)).await;
                    self.unseen.store(!came, Ordering::Relaxed);
                    Ok(())
                }
                Step::Fin => writing.shutdown().await,
                Step::Write(bytes) => self.write(&mut writing, bytes).await,
            };
            if done.is_err() {
                break;
            }
        }
        writing
    }

    async fn write(&self, writing: &mut OwnedWriteHalf, bytes: &[u8]) -> std::io::Result<()> {
        let mut at = 0;
        for cut in self.delivery.cuts(bytes.len()).into_iter().chain([bytes.len()]) {
            writing.write_all(&bytes[at..cut]).await?;
            at = cut;
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

impl Delivery {
    /// The steps without the end of the head, where nothing is to happen there: one write then goes on over it.
    fn of(self, steps: Vec<Step>) -> Vec<Step> {
        if self == Delivery::AfterHead {
            return steps;
        }
        let mut joined: Vec<Step> = Vec::new();
        let mut over = false;
        for step in steps {
            match (step, joined.last_mut()) {
                (Step::HeadEnd, _) => over = true,
                (Step::Write(bytes), Some(Step::Write(before))) if over => {
                    before.extend(bytes);
                    over = false;
                }
                (step, _) => {
                    joined.push(step);
                    over = false;
                }
            }
        }
        joined
    }

    /// Where a write of `length` bytes is cut, in rising order.
    fn cuts(self, length: usize) -> Vec<usize> {
        match self {
            Delivery::Whole | Delivery::AfterHead => vec![],
            Delivery::Bytes => (1..length).collect(),
            Delivery::Split(seed) => {
                let mut random = seed;
                let count = 1 + next(&mut random) % 6;
                let mut cuts: Vec<usize> = (0..count).map(|_| next(&mut random) as usize % length.max(1)).collect();
                cuts.sort_unstable();
                cuts
            }
        }
    }
}

/// splitmix64: the same cuts for the same seed, everywhere.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A head that is streamed is at the backend by then.
const SOON: Duration = Duration::from_secs(2);
