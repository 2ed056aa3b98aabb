//! `demo`: a simulated room on the screen, with a node of one's own in it. `demo --lines`: a short story in such a room, on
//! virtual time.
//!
//! Of the lines, [`script`] says who does what, [`stage`] shows what each of them sees of it, [`lines`] prints it.

mod lines;
mod script;
mod stage;

use std::io::{self, IsTerminal};

use self::lines::Printer;
use self::stage::Stage;
use super::block_on;
use crate::cli::args::{All, Come, Demo, Speed};
use crate::cli::config::Settings;
use crate::cli::plan::Plan;
use crate::cli::report::Failure;
use crate::cli::screen;
use crate::node::harden::Hardening;

/// Plays the demo on the screen, or on stdout.
pub(super) fn run(options: &Demo, all: All, hardening: Hardening) -> Result<u8, Failure> {
    if !options.lines {
        let none = Settings::default();
        let plan = Plan::new(Come::default(), all, &none, hardening).with(options.screen, &none);
        if !plan.shows() {
            return Err(Failure::NoScreen);
        }
        return block_on(screen::tour(plan, options.seed));
    }
    let stdout = io::stdout();
    let speed = options.speed.unwrap_or(if stdout.is_terminal() { Speed::Realtime } else { Speed::Fast });
    let printer = Printer::new(stdout.lock(), speed);
    script::play(&mut Stage::new(options.seed, printer)).map(|()| 0)
}
