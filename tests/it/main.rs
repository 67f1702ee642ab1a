//! The integration binary: one module a behaviour.

mod harness;
mod hostile;
