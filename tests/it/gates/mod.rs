//! The count gates: budgets that hold on any machine, because they count what is done and not how long it takes.
//!
//! They run by themselves, on optimised code, one after the other: `tests/run gates`.

mod allocations;
mod bodies;
mod idle_connection;
mod system_calls;
