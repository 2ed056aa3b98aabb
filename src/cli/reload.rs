//! What a running node that serves takes from its settings when they are read again.

use std::path::PathBuf;

use super::args::{Network, Who};
use super::config::Settings;
use super::log;
use super::report::Failure;
use crate::net::{Limits, Place};

/// What was typed at the start: it counts more than the settings, then as now.
#[derive(Debug)]
pub(super) struct Again {
    /// The file that was named, if one was.
    pub(super) named: Option<PathBuf>,
    /// What was typed of the network.
    pub(super) typed: Network,
    /// How much the log was asked to tell.
    pub(super) verbose: u8,
}

impl Again {
    /// Reads the settings: what others get, and whom to ask besides. Nothing changes where something is wrong.
    pub(super) fn read(&self) -> Result<(Limits, Vec<Place>), Failure> {
        let settings = Settings::read(self.named.as_deref())?;
        let mut network = self.typed.clone();
        settings.fill_network(&mut Who::default(), &mut network);
        log::turn(self.verbose, settings.log_level);
        let places = if network.lan_only { Vec::new() } else { network.bootstrap };
        Ok((settings.limits(), places))
    }
}
