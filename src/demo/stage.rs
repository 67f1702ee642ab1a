//! What a tour is played on: a limpet that can be met, replaced and ended, and carts that can be asked what they saw.
//!
//! A trait, so that the tour can be judged itself: tests put something in between that breaks one promise, and the
//! tour has to notice. It knows nothing of what is promised.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::time::Duration;

use crate::run::Running;

use super::carts::Carts;
use super::{ANY, serve};

/// What the tour needs of the things that it judges.
pub(super) trait Stage {
    /// Where a client finds limpet.
    fn address(&self) -> SocketAddr;
    /// The names and addresses of the carts.
    fn backends(&self) -> Vec<(String, SocketAddr)>;
    /// Requests that reached any of the carts.
    fn asked(&self) -> u64;
    /// Ends limpet and starts another, with the same carts behind it; it may be found elsewhere.
    ///
    /// # Errors
    /// What went wrong, as a sentence.
    fn restart(&mut self) -> Result<(), String>;
    /// Ends limpet.
    ///
    /// # Errors
    /// What went wrong, as a sentence.
    fn stop(&mut self) -> Result<(), String>;
}

/// The real ones: carts and a limpet in this process.
pub(super) struct House {
    limpet: Option<Running>,
    carts: Carts,
}

impl House {
    /// Starts everything.
    ///
    /// # Errors
    /// What went wrong, as words.
    pub(super) fn open() -> Result<House, String> {
        let carts = Carts::start().map_err(said)?;
        let limpet = Some(serve(&carts, ANY, ANY).map_err(said)?);
        Ok(House { limpet, carts })
    }
}

impl Stage for House {
    fn address(&self) -> SocketAddr {
        self.limpet.as_ref().and_then(|limpet| limpet.addresses.first().copied()).unwrap_or(ANY)
    }

    fn backends(&self) -> Vec<(String, SocketAddr)> {
        self.carts.backends().map(|(name, address)| (name.to_owned(), address)).collect()
    }

    fn asked(&self) -> u64 {
        self.carts.asked()
    }

    fn restart(&mut self) -> Result<(), String> {
        self.stop()?;
        self.limpet = Some(serve(&self.carts, ANY, ANY).map_err(said)?);
        Ok(())
    }

    fn stop(&mut self) -> Result<(), String> {
        let Some(mut limpet) = self.limpet.take() else { return Err("no limpet was running".to_owned()) };
        limpet.stop(STOP_WITHIN);
        if limpet.join() { Ok(()) } else { Err("limpet ended with a failure".to_owned()) }
    }
}

fn said(error: impl Debug) -> String {
    format!("{error:?}")
}

/// What was begun may take this long; nothing is under way when the tour asks for an end.
const STOP_WITHIN: Duration = Duration::from_secs(5);
