//! `status`: what the running node sees, through its door.

use std::io::{self, Write};
use std::time::Duration;

use tokio::time::timeout;

use super::block_on;
use crate::cli::args::{All, Status};
use crate::cli::report::Failure;
use crate::node::control;

/// How long a node may take to say how it stands.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn run(options: &Status, all: &All) -> Result<u8, Failure> {
    let (what, patience) = if options.watch { ("watch", None) } else { ("status", Some(PATIENCE)) };
    let mut code = 0;
    ask(&format!("{} {what}", form(all)), patience, |line| {
        code = code.max(print(line)?);
        Ok(())
    })?;
    Ok(code)
}

/// Prints a line of an answer where it belongs; gives the exit code it asks for.
pub(super) fn print(line: Result<&str, &str>) -> io::Result<u8> {
    match line {
        Ok(line) if line.starts_with(control::ASIDE) => {
            writeln!(io::stderr(), "{}", line.trim_start_matches(control::ASIDE)).map(|()| 0)
        }
        Ok(line) => {
            let mut out = io::stdout();
            writeln!(out, "{line}").and_then(|()| out.flush())?;
            Ok(u8::from(line.starts_with('{') && line.contains("\"ok\":false")))
        }
        Err(line) => writeln!(io::stderr(), "{line}").map(|()| 1),
    }
}

/// The form in which the node is to answer.
pub(super) fn form(all: &All) -> &'static str {
    if all.json { "json" } else { "plain" }
}

/// Asks the youngest running node that answers. One that has nothing to say to it keeps silent, and the next is asked.
pub(super) fn ask(
    question: &str,
    patience: Option<Duration>,
    mut told: impl FnMut(Result<&str, &str>) -> io::Result<()>,
) -> Result<(), Failure> {
    block_on(async {
        let mut silent = false;
        for socket in control::sockets(&control::folder()) {
            let mut said = false;
            let asked = control::question(&socket, question, |line| {
                said = true;
                told(line)
            });
            let answered = match patience {
                Some(patience) => timeout(patience, asked).await.map_err(|_| Failure::Mute)?,
                None => asked.await,
            };
            match answered {
                Ok(()) if said => return Ok(()),
                Ok(()) => silent = true,
                // Left behind by a node that was killed.
                Err(err) if err.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(err) => return Err(err.into()),
            }
        }
        Err(if silent { Failure::NotThere } else { Failure::NotRunning })
    })
}
