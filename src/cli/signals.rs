//! Signals that end the program, each after everything has been said goodbye to and wiped.

use std::io;
use std::time::Duration;

use tokio::time::sleep;

use super::raw;

/// How long the goodbye may take that a signal asks for; then whoever does not read what is written is not waited for.
const GRACE: Duration = Duration::from_secs(2);

/// Goes into the background until the shell brings the program back.
#[cfg(unix)]
pub(super) fn suspend() {
    // Refused only where there is no shell that could bring it back; then it simply goes on.
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

/// There is no background there.
#[cfg(not(unix))]
pub(super) fn suspend() {}

/// Waits for such signals.
#[cfg(unix)]
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// From now on they end nothing by themselves. Whoever waits for them may stand before a reader who does not read:
    /// a task of its own sees to it that this ends, in time or with the second signal.
    pub(super) fn new() -> io::Result<Signals> {
        let mut seen = Signals::heard()?;
        tokio::spawn(async move {
            let (code, _) = seen.next().await;
            tokio::select! {
                () = sleep(GRACE) => {}
                _ = seen.next() => {}
            }
            raw::press(code);
        });
        Signals::heard()
    }

    fn heard() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The exit code that the next one asks for, and its name.
    pub(super) async fn next(&mut self) -> (u8, &'static str) {
        tokio::select! {
            _ = self.interrupt.recv() => (130, "interrupted"),
            _ = self.terminate.recv() => (143, "asked to end by a signal"),
            _ = self.hangup.recv() => (129, "the terminal is gone"),
        }
    }
}

/// Waits for such signals.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// From now on they end nothing by themselves.
    pub(super) fn new() -> io::Result<Signals> {
        Ok(Signals)
    }

    /// The exit code that the next one asks for, and its name.
    pub(super) async fn next(&mut self) -> (u8, &'static str) {
        match tokio::signal::ctrl_c().await {
            Ok(()) => (130, "interrupted"),
            Err(_) => std::future::pending().await,
        }
    }
}
