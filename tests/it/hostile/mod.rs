//! Hostile clients: tables of bytes, each with its verdict, judged against the real binary.
//!
//! `*.txt` hold the rows; `notation`, `table` and `verdict` read them; `play` sends them; `judge` compares what came of
//! it with the invariants it names; `group` runs a table against one process. `conversations` holds what takes a
//! script, `splits` the samples that are cut everywhere, `toy` gateways on which the judge proves that it can fail.

mod conversations;
mod coverage;
#[cfg(feature = "lab")]
mod cuts;
mod demands;
mod group;
mod judge;
mod notation;
mod play;
mod report;
mod rig;
mod splits;
mod table;
mod tables;
mod toy;
mod verdict;
