//! What a person is told when a command could not be carried out, and the exit code a script gets for it.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind as ClapKind;

use super::args::Args;
use crate::crypto::root::PassphraseError;

/// Why a command was not carried out.
#[derive(Debug)]
pub enum Failure {
    /// What was typed is no command, or asks for help.
    Usage(clap::Error),
    /// The full screen was asked for, and there is none yet.
    NoScreen,
    /// The passphrase gave no root.
    Root(PassphraseError),
    /// The output could not be written.
    Output(io::Error),
}

/// Exit code: something went wrong.
const FAILED: u8 = 1;
/// Exit code: it was typed wrong.
const USAGE: u8 = 2;

impl From<clap::Error> for Failure {
    fn from(err: clap::Error) -> Failure {
        Failure::Usage(err)
    }
}

impl From<io::Error> for Failure {
    fn from(err: io::Error) -> Failure {
        Failure::Output(err)
    }
}

impl From<PassphraseError> for Failure {
    fn from(err: PassphraseError) -> Failure {
        Failure::Root(err)
    }
}

/// Says it on stderr and gives the exit code. Help and version were asked for: they go to stdout, and nothing failed.
pub fn tell(failure: Failure) -> ExitCode {
    match failure {
        Failure::Usage(err) => usage(&err),
        Failure::NoScreen => {
            complain("the full screen is not built yet; use `ephem-node demo --lines`");
            USAGE.into()
        }
        Failure::Root(err) => {
            complain(&err.to_string());
            FAILED.into()
        }
        Failure::Output(err) => output(&err),
    }
}

fn usage(err: &clap::Error) -> ExitCode {
    if let Err(err) = err.print() {
        return output(&err);
    }
    if err.kind() == ClapKind::InvalidSubcommand {
        let args = Args::command();
        let names: Vec<&str> = args.get_subcommands().map(clap::Command::get_name).collect();
        hint(&format!("commands that exist so far: {}", names.join(", ")));
    }
    u8::try_from(err.exit_code()).unwrap_or(USAGE).into()
}

/// A reader who closes the pipe has seen what it wanted: `ephem-node demo --lines | head` is no failure.
fn output(err: &io::Error) -> ExitCode {
    if err.kind() == ErrorKind::BrokenPipe {
        return ExitCode::SUCCESS;
    }
    complain(&format!("the output could not be written: {err}"));
    FAILED.into()
}

fn complain(what: &str) {
    // With stderr gone too there is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "error: {what}");
}

fn hint(what: &str) {
    let _ = writeln!(io::stderr().lock(), "{what}");
}
