//! What a person is told when a command could not be carried out, and the exit code a script gets for it.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind as ClapKind;

use super::args::Args;
use crate::crypto::root::PassphraseError;
use crate::net::{ListenFault, StartError, Unreachable};
use crate::store::Fault;

/// Why a command was not carried out.
#[derive(Debug)]
pub enum Failure {
    /// What was typed is no command, or asks for help.
    Typed(clap::Error),
    /// What was typed makes no sense together, or cannot be used.
    Usage(String),
    /// A file of settings or keys cannot be used.
    Config(String),
    /// A profile cannot be used.
    Profile(Fault),
    /// A profile is shut, and there is nobody to ask for its passphrase.
    Locked,
    /// The full screen was asked for where there is none.
    NoScreen,
    /// The passphrase gave no root.
    Root(PassphraseError),
    /// The network could not be started.
    Network(StartError),
    /// Nobody was found in time.
    Nobody,
    /// An address does not answer.
    Unreachable(String, Unreachable),
    /// Nobody said in time that it came.
    NotDelivered,
    /// The message could not go out, and why.
    NotSent(String),
    /// There is no running node to ask.
    NotRunning,
    /// There are some, and none of them is in the room.
    NotThere,
    /// There is one, and it does not answer.
    Mute,
    /// Whoever sat there did not want to go on, or a signal came: with the exit code that says which.
    Stopped(u8),
    /// Reading or writing failed.
    Output(io::Error),
}

impl From<clap::Error> for Failure {
    fn from(err: clap::Error) -> Failure {
        Failure::Typed(err)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Profile(fault)
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

impl Failure {
    /// The exit code. Scripts rely on these numbers.
    fn code(&self) -> u8 {
        match self {
            Failure::Root(_)
            | Failure::NotRunning
            | Failure::NotThere
            | Failure::Mute
            | Failure::Output(_) => 1,
            Failure::Typed(_) | Failure::Usage(_) | Failure::NoScreen => 2,
            Failure::Profile(Fault::Name) => 2,
            Failure::Locked => 10,
            Failure::Profile(fault) if fault.is_locked() => 10,
            Failure::Config(_) | Failure::Profile(_) => 3,
            Failure::Nobody | Failure::Unreachable(..) => 4,
            Failure::NotDelivered | Failure::NotSent(_) => 8,
            Failure::Network(_) => 9,
            Failure::Stopped(code) => *code,
        }
    }

    /// What is the matter, on one line.
    pub(super) fn sentence(&self) -> String {
        self.words().0
    }

    /// What is the matter, and what to do about it.
    fn words(&self) -> (String, Option<&'static str>) {
        match self {
            Failure::Typed(err) => (err.to_string(), None),
            Failure::Usage(why) | Failure::Config(why) => (why.clone(), None),
            Failure::Locked => (
                "the profile has a passphrase, and there is no terminal to type it at".to_owned(),
                Some("use --profile-passphrase-file or --profile-passphrase-fd"),
            ),
            Failure::Profile(fault) => (fault.to_string(), None),
            Failure::NoScreen => {
                ("the demo needs a terminal".to_owned(), Some("`ephem-node demo --lines` prints one"))
            }
            Failure::Root(err) => (err.to_string(), None),
            Failure::Network(err) => (err.to_string(), network_hint(err)),
            Failure::Nobody => (
                "nobody was found in time".to_owned(),
                Some(
                    "is somebody in the room, is its name the same, and the passphrase? `--bootstrap` helps across networks",
                ),
            ),
            Failure::Unreachable(addr, why) => (format!("{addr} cannot be reached: {why}"), None),
            Failure::NotDelivered => (
                "nobody said in time that the message came".to_owned(),
                Some("it may still have; `--timeout` waits longer, `--ack 0` does not wait"),
            ),
            Failure::NotSent(why) => (format!("the message was not sent: {why}"), None),
            Failure::NotRunning => {
                ("no node is running".to_owned(), Some("`ephem-node join ROOM` starts one"))
            }
            Failure::NotThere => (
                "no running node is in that room".to_owned(),
                Some("`ephem-node join ROOM` enters one, `ephem-node new` opens one"),
            ),
            Failure::Mute => (
                "a node is running, and did not answer in time".to_owned(),
                Some("it may be stopped or very busy; try again"),
            ),
            Failure::Stopped(_) => ("nothing was done".to_owned(), None),
            Failure::Output(err) => (format!("reading or writing failed: {err}"), None),
        }
    }
}

fn network_hint(err: &StartError) -> Option<&'static str> {
    match err {
        StartError::Listen { why: ListenFault::PortInUse, .. } => Some(
            "another program has it; leave --listen out and a free port is found, or end the other program",
        ),
        StartError::Listen { why: ListenFault::NotMine, .. } => {
            Some("use an address of this machine, or /ip4/0.0.0.0 for all of them")
        }
        _ => None,
    }
}

/// Says it on stderr and gives the exit code. Help and version were asked for: they go to stdout, and nothing failed.
pub fn tell(failure: Failure) -> ExitCode {
    match &failure {
        Failure::Typed(err) => return usage(err),
        // A reader who closes the pipe has seen what it wanted: `ephem-node demo --lines | head` is no failure.
        Failure::Output(err) if err.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        _ => {}
    }
    let (what, hint) = failure.words();
    // With stderr gone too there is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "error: {what}");
    if let Some(hint) = hint {
        let _ = writeln!(io::stderr().lock(), "{hint}");
    }
    failure.code().into()
}

fn usage(err: &clap::Error) -> ExitCode {
    if let Err(err) = err.print() {
        return tell(Failure::Output(err));
    }
    if err.kind() == ClapKind::InvalidSubcommand {
        let args = Args::command();
        let names: Vec<&str> = args.get_subcommands().map(clap::Command::get_name).collect();
        let _ = writeln!(io::stderr().lock(), "commands that exist so far: {}", names.join(", "));
    }
    u8::try_from(err.exit_code()).unwrap_or(2).into()
}
