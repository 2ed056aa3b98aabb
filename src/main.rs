//! The program: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser;
use ephem_node::cli::args::Args;
use ephem_node::cli::{commands, report};

fn main() -> ExitCode {
    let done = match Args::try_parse() {
        Ok(args) => commands::run(&args.command),
        Err(err) => Err(err.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report::tell(failure),
    }
}
