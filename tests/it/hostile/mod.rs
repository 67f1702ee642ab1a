//! Hostile clients: tables of bytes, each with its verdict, judged against the real binary.
//!
//! `*.txt` hold the rows; `notation`, `table` and `verdict` read them; `play` sends them; `judge` compares what came of
//! it with the invariants it names; `group` runs a table against one process, `aftermath` looks at
//! what that left. `conversations` holds what takes a
//! script, `splits` and `cuts` cut everywhere, `toy` is a gateway on which the judge proves that it can fail.
//!
//! `LIMPET_ROWS=9,39.2 cargo test --features lab --test it hostile::tables` plays these rows only; `README.md` lists
//! what each row is about.

mod aftermath;
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
