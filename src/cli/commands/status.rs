//! `status`: what the running node sees, through its door.

use std::io::{self, Write};

use super::block_on;
use crate::cli::args::{All, Status};
use crate::cli::report::Failure;
use crate::node::control;

pub(super) fn run(options: &Status, all: &All) -> Result<u8, Failure> {
    let what = if options.watch { "watch" } else { "status" };
    ask(&format!("{} {what}", form(all)), |line| {
        let mut out = io::stdout();
        writeln!(out, "{line}").and_then(|()| out.flush())
    })?;
    Ok(0)
}

/// The form in which the node is to answer.
pub(super) fn form(all: &All) -> &'static str {
    if all.json { "json" } else { "plain" }
}

/// Asks the youngest running node that answers.
pub(super) fn ask(question: &str, mut told: impl FnMut(&str) -> io::Result<()>) -> Result<(), Failure> {
    block_on(async {
        for socket in control::sockets(&control::folder()) {
            match control::question(&socket, question, &mut told).await {
                Ok(()) => return Ok(()),
                // Left behind by a node that was killed.
                Err(err) if err.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(err) => return Err(err.into()),
            }
        }
        Err(Failure::NotRunning)
    })
}
