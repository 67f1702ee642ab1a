//! The process's log: to standard error, as text for a person and as JSON for a machine.
//!
//! Everybody writes to the log through `tracing` and nobody else knows where it goes, so it is set up here, where a
//! process begins, and not in the rooms that write. The access log is not part of it: that has a target and a thread of
//! its own. Home of `tracing-subscriber`.

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::LevelFilter;

use crate::config::{Level, Log, LogFormat};

/// Sets up the log, once in a process; what came before goes nowhere.
pub(super) fn start(log: &Log) {
    let level = match log.level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    let terminal = io::stderr().is_terminal();
    let text = match log.format {
        LogFormat::Text => true,
        LogFormat::Json => false,
        LogFormat::Auto => terminal,
    };
    let builder = tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(level).with_ansi(terminal);
    // Set up before: then that one stays, which is what a second start in one process wants.
    let _ = if text { builder.with_target(false).try_init() } else { builder.json().flatten_event(true).try_init() };
}
