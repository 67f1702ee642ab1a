//! A limpet inside this process, for what cannot be seen from outside: its worker's allocations, and panics made at
//! places of our choice.
//!
//! One at a time, because places that panic are the process's. It has one worker, whose thread is known by its number.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::allocator::{self, Account};
use crate::lockstep::Caller;

/// A limpet with one worker.
pub(crate) struct Inside {
    limpet: Option<limpet::lab::Limpet>,
    pub(crate) worker: u32,
    _alone: MutexGuard<'static, ()>,
}

impl Inside {
    /// Waits for its turn, then starts by this TOML, to which one worker and an address for the status are added.
    pub(crate) fn start(toml: &str) -> Inside {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let before = threads("worker-0");
        let toml = format!("{toml}\n[workers]\ncount = 1\n[status]\naddress = \"127.0.0.1:0\"\n");
        let limpet = limpet::lab::Limpet::start(&toml).unwrap_or_else(|error| panic!("{error}"));
        // A worker names itself before it serves, so once somebody was answered its name is there.
        Caller::connect(limpet.addresses()[0]).exchange(FOR_LIMPET_ITSELF);
        let started: Vec<u32> = threads("worker-0").difference(&before).copied().collect();
        assert_eq!(started.len(), 1, "one worker");
        Inside { limpet: Some(limpet), worker: started[0], _alone: alone }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.limpet().addresses()[0]
    }

    pub(crate) fn status(&self) -> SocketAddr {
        self.limpet().status().expect("a status listener")
    }

    /// What the worker allocated so far.
    pub(crate) fn account(&self) -> Account {
        allocator::account(self.worker)
    }

    fn limpet(&self) -> &limpet::lab::Limpet {
        self.limpet.as_ref().expect("runs until it is dropped")
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let well = self.limpet.take().is_none_or(|limpet| limpet.stop(Duration::ZERO));
        if !std::thread::panicking() {
            assert!(well, "a thread of limpet failed");
        }
    }
}

/// The numbers of this process's threads of one name.
fn threads(name: &str) -> BTreeSet<u32> {
    let tasks = fs::read_dir("/proc/self/task").expect("a list of threads").map_while(Result::ok);
    let named = tasks.filter(|task| {
        // A thread that has ended meanwhile has no name.
        fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim_end() == name)
    });
    named.filter_map(|task| task.file_name().to_str()?.parse().ok()).collect()
}

/// Answered by limpet itself: needs no backend.
const FOR_LIMPET_ITSELF: &[u8] = b"OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n";

static ALONE: Mutex<()> = Mutex::new(());
