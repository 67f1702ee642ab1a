//! The integration binary: one module a behaviour.

mod check;
mod config_files;
mod schema;
