//! `wipe`: a profile overwritten and removed, after a question that no slip of a finger answers.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::cli::args::{All, Wipe};
use crate::cli::profile;
use crate::cli::report::Failure;
use crate::store::Fault;

/// The longest answer read.
const ANSWER: u64 = 64;

pub(super) fn run(options: &Wipe, all: &All) -> Result<u8, Failure> {
    let Wipe { name, yes } = options;
    let place = profile::place(name)?;
    if !place.exists() {
        return Err(Fault::Missing.into());
    }
    if !yes && !agreed(name, all)? {
        return Err(Failure::Stopped(1));
    }
    place.wipe()?;
    writeln!(
        io::stderr(),
        "profile {name} was overwritten and removed; a copy may be left in backups and snapshots, and on disks that move \
         their blocks, as flash does: its passphrase is all that protects that"
    )?;
    Ok(0)
}

fn agreed(name: &str, all: &All) -> Result<bool, Failure> {
    if all.no_input || !io::stdin().is_terminal() {
        return Err(Failure::Usage("without a terminal to ask at, `wipe` needs --yes".to_owned()));
    }
    let mut out = io::stderr();
    write!(out, "This ends who {name} is: nobody can bring it back. Type the name again to wipe it: ")?;
    out.flush()?;
    let mut typed = String::new();
    io::Read::take(io::stdin().lock(), ANSWER).read_line(&mut typed)?;
    Ok(typed.trim() == name)
}
