//! The commands, a file each.

mod demo;

use super::args::Command;
use super::report::Failure;

/// Carries out a command.
pub fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Demo(options) => demo::run(options),
    }
}
