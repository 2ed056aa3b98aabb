//! The program: harden, parse, run, exit code.

use std::alloc::System;
use std::process::ExitCode;

use clap::Parser;
use ephem_node::cli::args::Args;
use ephem_node::cli::{commands, report};
use ephem_node::node::harden;
use zeroizing_alloc::ZeroAlloc;

/// What is freed is wiped, whoever held it: a library's buffer, a place in a queue, what a growing text left behind.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    // Before any secret is in memory, and before any thread is started.
    let hardening = harden::harden();
    let done = match Args::try_parse() {
        Ok(args) => commands::run(args, hardening),
        Err(err) => Err(err.into()),
    };
    match done {
        Ok(code) => code.into(),
        Err(failure) => report::tell(failure),
    }
}
