//! `limpet demo`: three toy carts and a limpet to try out, or a tour that tries it and judges.
//!
//! It prints what `crate::demo` has to say, on standard output and in plain text, and ends like any limpet that serves.
//! The tour needs no signals: it is over in a moment.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;

use crate::config::{Level, Log, LogFormat};
use crate::demo::{self, DemoError};

use super::{CONFIGURATION, RUNTIME, logging, print, print_report, run, signals};

/// See it work: three stateful toy backends and a limpet in front of them
#[derive(Args, Debug)]
pub(super) struct Demo {
    /// Where limpet listens
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// Play a client, judge each step, and exit with 0 only if all of them held
    #[arg(long, conflicts_with = "listen")]
    tour: bool,
}

impl Demo {
    pub(super) fn run(&self) -> ExitCode {
        logging::start(&Log { level: Level::Warn, format: LogFormat::Text, access: None });
        if self.tour { tour() } else { self.serve() }
    }

    fn serve(&self) -> ExitCode {
        let mut carts = None;
        let code = signals::serve(|| match demo::Demo::start(self.listen, STATUS) {
            Ok((demo, running)) => {
                print(&demo.introduction());
                carts = Some(demo);
                Ok(running)
            }
            Err(error) => Err(say(error)),
        });
        // Only now: limpet brings what was begun to its end, and needs them for it.
        drop(carts);
        code
    }
}

fn tour() -> ExitCode {
    match demo::tour(&mut io::stdout()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::from(RUNTIME),
    }
}

fn say(error: DemoError) -> ExitCode {
    match error {
        DemoError::Address(address, error) => {
            tracing::error!(%address, %error, "cannot listen; --listen 127.0.0.1:0 takes any port");
        }
        DemoError::Carts(error) => tracing::error!(%error, "cannot start the carts"),
        DemoError::Start(error) => run::say(&error),
        DemoError::Configuration(report) => {
            print_report(&report);
            return ExitCode::from(CONFIGURATION);
        }
    }
    ExitCode::from(RUNTIME)
}

const STATUS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9902);
