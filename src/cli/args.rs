//! What can be typed. A command that is listed here works; one that is not built yet is not listed.

use clap::{Parser, Subcommand, ValueEnum};

/// A chat node that needs nobody's server: sealed messages that burn away when their time ends.
#[derive(Debug, Parser)]
#[command(name = "ephem-node", version, disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands there are.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A simulated room, no network: four people meet, talk, are cut off, find back and remove one
    Demo(Demo),
}

/// The options of `demo`.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Print one line for each thing that happens
    #[arg(long)]
    pub lines: bool,

    /// Play another run; equal numbers give equal runs
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// How fast lines come [default: realtime on a terminal, else fast]
    #[arg(long, value_enum)]
    pub speed: Option<Speed>,
}

/// How fast the demo's lines come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Speed {
    /// To be read along: some twenty seconds in all
    Realtime,
    /// All at once
    Fast,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Args;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
