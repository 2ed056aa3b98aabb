//! `pipe`: everything a person can do, as JSON lines.

use super::run_beside;
use crate::cli::args::{self, All};
use crate::cli::config::Settings;
use crate::cli::face::Pipe;
use crate::cli::plan::Plan;
use crate::cli::report::Failure;
use crate::cli::session;
use crate::cli::stdin;
use crate::node::harden::Hardening;

pub(super) fn run(
    options: args::Pipe,
    mut all: All,
    settings: &Settings,
    hardening: Hardening,
) -> Result<u8, Failure> {
    let args::Pipe { rooms, come } = options;
    // A program cannot answer questions that are not in its language.
    all.no_input = true;
    let mut plan = Plan::new(come, all, settings, hardening);
    plan.stay = true;
    plan.unlock()?;
    let doors = plan.doors(&rooms, None)?;
    run_beside(async move {
        let (asking, telling) = plan.start()?;
        let face = Pipe::new(&asking)?;
        session::enter(&asking, doors).await;
        session::run(asking, telling, face, Some(stdin::lines(crate::pipe::is_panic)?), &plan).await
    })
}
