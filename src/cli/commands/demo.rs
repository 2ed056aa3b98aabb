//! `demo --lines`: a short story in a simulated room, played by the real protocol on virtual time.
//!
//! [`script`] says who does what, [`stage`] shows what each of them sees of it, [`lines`] prints it.

mod lines;
mod script;
mod stage;

use std::io::{self, IsTerminal};

use self::lines::Printer;
use self::stage::Stage;
use crate::cli::args::{Demo, Speed};
use crate::cli::report::Failure;

/// Plays the demo on stdout.
pub(super) fn run(options: &Demo) -> Result<(), Failure> {
    if !options.lines {
        return Err(Failure::NoScreen);
    }
    let stdout = io::stdout();
    let speed = options.speed.unwrap_or(if stdout.is_terminal() { Speed::Realtime } else { Speed::Fast });
    let printer = Printer::new(stdout.lock(), speed);
    script::play(&mut Stage::new(options.seed, printer))
}
