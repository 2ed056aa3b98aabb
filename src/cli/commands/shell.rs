//! `completions` and `man`, made from the one definition of the command line.

use std::io;

use clap::CommandFactory;

use crate::cli::args::Args;
use crate::cli::report::Failure;

pub(super) fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "ephem-node", &mut out);
    io::Write::write_all(&mut io::stdout(), &out)?;
    Ok(())
}

/// The program's page, then one for each command.
pub(super) fn man() -> Result<(), Failure> {
    let mut out = Vec::new();
    let command = Args::command();
    clap_mangen::Man::new(command.clone()).render(&mut out)?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let page = sub.clone().name(format!("ephem-node-{}", sub.get_name()));
        clap_mangen::Man::new(page).render(&mut out)?;
    }
    io::Write::write_all(&mut io::stdout(), &out)?;
    Ok(())
}
