//! The integration binary: one module a behaviour.
