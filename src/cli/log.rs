//! The log, if one is asked for: of what the program does, to a file, never to the screen, and never a word of a message, a
//! nick or a secret: what it is given has none.

use std::fs::OpenOptions;
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::args::All;
use super::report::Failure;

/// Starts it. Of the libraries only warnings are taken: they do not know what must not be written.
pub(super) fn start(all: &All) -> Result<(), Failure> {
    let Some(path) = &all.log_file else { return Ok(()) };
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|err| Failure::Config(format!("{}: {err}", path.display())))?;
    let level = match all.verbose {
        0 => LevelFilter::INFO,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let targets = Targets::new().with_default(LevelFilter::WARN).with_target("ephem_node", level);
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Mutex::new(file));
    // Set once; a second start in one process keeps the first.
    let _ = tracing_subscriber::registry().with(targets).with(layer).try_init();
    Ok(())
}
