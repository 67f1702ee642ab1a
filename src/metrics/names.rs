//! What the series are called: the owner's [`Names`], and the number each name keeps for as long as it is known.
//!
//! Exchanges speak in the indexes of their snapshot; an index may mean another name in the next one. So every name
//! has an [`Id`] that no other name ever gets, counters are keyed by ids, and each generation has its table from
//! index to id. A name that leaves and comes back is a new one: its counters start at zero, in all workers at once.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

/// The label values of one generation of the routing state, in its own order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Unique to this set of names; grows.
    pub(crate) generation: u64,
    pub(crate) listeners: Vec<String>,
    pub(crate) routes: Vec<String>,
    pub(crate) pools: Vec<PoolNames>,
}

/// A pool and its backends, in the order of its members.
#[derive(Clone, Debug, Default)]
pub(crate) struct PoolNames {
    pub(crate) name: String,
    pub(crate) backends: Vec<String>,
}

/// A name's number, for the life of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(u32);

impl Id {
    /// Stands where there is nothing to name: a request that matched no route has no pool.
    pub(super) const NONE: Id = Id(0);
}

/// From a generation's indexes to ids.
#[derive(Debug, Default)]
pub(super) struct Ids {
    pub(super) generation: u64,
    pub(super) listeners: Vec<Id>,
    pub(super) routes: Vec<Id>,
    pub(super) pools: Vec<(Id, Vec<Id>)>,
}

/// Every known name and its id. Immutable: new names make a new directory.
#[derive(Debug, Default)]
pub(super) struct Directory {
    last: u32,
    listeners: HashMap<String, Id>,
    routes: HashMap<String, Id>,
    pools: HashMap<String, Id>,
    backends: HashMap<(Id, String), Id>,
    labels: HashMap<Id, String>,
    recent: VecDeque<Arc<Ids>>,
}

impl Directory {
    /// The directory of exactly `names`: those known before keep their ids, the others are forgotten.
    pub(super) fn renewed(&self, names: &Names) -> Directory {
        let mut new = Directory { last: self.last, recent: self.recent.clone(), ..Directory::default() };
        let mut ids = Ids { generation: names.generation, ..Ids::default() };
        for name in &names.listeners {
            ids.listeners.push(adopt(&mut new.last, &self.listeners, &mut new.listeners, name.clone()));
        }
        for name in &names.routes {
            ids.routes.push(adopt(&mut new.last, &self.routes, &mut new.routes, name.clone()));
        }
        for pool in &names.pools {
            let id = adopt(&mut new.last, &self.pools, &mut new.pools, pool.name.clone());
            let mut member =
                |name: &String| adopt(&mut new.last, &self.backends, &mut new.backends, (id, name.clone()));
            ids.pools.push((id, pool.backends.iter().map(&mut member).collect()));
        }
        let plain = new.listeners.iter().chain(&new.routes).chain(&new.pools).map(|(name, id)| (*id, name.clone()));
        new.labels = plain.chain(new.backends.iter().map(|((_, name), id)| (*id, name.clone()))).collect();
        new.labels.insert(Id::NONE, String::new());
        if new.recent.len() == RECENT {
            new.recent.pop_front();
        }
        new.recent.push_back(Arc::new(ids));
        new
    }

    /// The table of a generation. One that was never set, or long ago, has no names: its requests count without.
    pub(super) fn ids(&self, generation: u64) -> Arc<Ids> {
        match self.recent.iter().rev().find(|ids| ids.generation == generation) {
            Some(ids) => Arc::clone(ids),
            None => Arc::new(Ids { generation, ..Ids::default() }),
        }
    }

    /// The label's text; none for a name that is no longer known.
    pub(super) fn label(&self, id: Id) -> Option<&str> {
        if id == Id::NONE { Some("") } else { self.labels.get(&id).map(String::as_str) }
    }

    pub(super) fn listeners(&self) -> impl Iterator<Item = Id> {
        self.listeners.values().copied()
    }

    /// Pool and backend of every member.
    pub(super) fn backends(&self) -> impl Iterator<Item = (Id, Id)> {
        self.backends.iter().map(|((pool, _), backend)| (*pool, *backend))
    }
}

fn adopt<K: Clone + Eq + Hash>(last: &mut u32, old: &HashMap<K, Id>, new: &mut HashMap<K, Id>, key: K) -> Id {
    let known = new.get(&key).or_else(|| old.get(&key)).copied();
    let id = known.unwrap_or_else(|| {
        *last += 1;
        Id(*last)
    });
    new.insert(key, id);
    id
}

/// A worker asks for a table in the instant it first sees the state of that generation, so few are enough.
const RECENT: usize = 16;
