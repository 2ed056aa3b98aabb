//! The log, if one is asked for: of what the program does, to a file, never to the screen, and never a word of a message, a
//! nick or a secret: what it is given has none.

use std::fs::OpenOptions;
use std::sync::{Mutex, OnceLock};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, reload};

use super::args::All;
use super::config::Detail;
use super::report::Failure;

/// By which the running log is told to say more, or less.
static TURNED: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();

/// Starts it.
pub(super) fn start(all: &All, detail: Option<Detail>) -> Result<(), Failure> {
    let Some(path) = &all.log_file else { return Ok(()) };
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|err| Failure::Config(format!("{}: {err}", path.display())))?;
    let (targets, turned) = reload::Layer::new(targets(all.verbose, detail));
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Mutex::new(file));
    // Set once; a second start in one process keeps the first.
    if tracing_subscriber::registry().with(targets).with(layer).try_init().is_ok() {
        let _first = TURNED.set(turned);
    }
    Ok(())
}

/// Has it tell more or less from now on.
pub(super) fn turn(verbose: u8, detail: Option<Detail>) {
    if let Some(turned) = TURNED.get() {
        // It fails only where the log is gone, and then there is nothing to turn.
        let _gone = turned.reload(targets(verbose, detail));
    }
}

/// Of the libraries only warnings are taken: they do not know what must not be written. What was typed counts more.
fn targets(verbose: u8, detail: Option<Detail>) -> Targets {
    let level = match (verbose, detail) {
        (0, None | Some(Detail::Info)) => LevelFilter::INFO,
        (1, _) | (0, Some(Detail::Debug)) => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    Targets::new().with_default(LevelFilter::WARN).with_target("ephem_node", level)
}
