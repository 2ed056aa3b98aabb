//! Signals that end the program, each after everything has been said goodbye to and wiped.

use std::io;
use std::time::Duration;

use tokio::time::sleep;

use super::raw;

/// How long the goodbye may take that a signal asks for; then whoever does not read what is written is not waited for.
const GRACE: Duration = Duration::from_secs(2);

/// How long a node that serves has for its goodbyes: it has more of them to say.
const SERVED_GRACE: Duration = Duration::from_secs(4);

/// What a signal asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    /// The end, with this exit code, and its name.
    End(u8, &'static str),
    /// The settings are to be read again.
    Again,
}

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
    /// A hangup is the end of a terminal, or a word to somebody who has none.
    serves: bool,
}

#[cfg(unix)]
impl Signals {
    /// From now on they end nothing by themselves. Whoever waits for them may stand before a reader who does not read:
    /// a task of its own sees to it that this ends, in time or with the second signal.
    pub(super) fn new() -> io::Result<Signals> {
        Signals::watched(false)
    }

    /// The same for a node that serves: a hangup asks it to read its settings again.
    pub(super) fn serving() -> io::Result<Signals> {
        Signals::watched(true)
    }

    fn watched(serves: bool) -> io::Result<Signals> {
        let mut seen = Signals::heard(serves)?;
        tokio::spawn(async move {
            let (code, _) = seen.end().await;
            tokio::select! {
                () = sleep(if serves { SERVED_GRACE } else { GRACE }) => {}
                _ = seen.end() => {}
            }
            raw::press(code);
        });
        Signals::heard(serves)
    }

    fn heard(serves: bool) -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            serves,
        })
    }

    /// What the next one asks for.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::End(130, "interrupted"),
            _ = self.terminate.recv() => Signal::End(143, "asked to end by a signal"),
            _ = self.hangup.recv() => match self.serves {
                true => Signal::Again,
                false => Signal::End(129, "the terminal is gone"),
            },
        }
    }

    /// The exit code that the next one that asks for the end asks for, and its name.
    pub(super) async fn end(&mut self) -> (u8, &'static str) {
        loop {
            if let Signal::End(code, why) = self.next().await {
                return (code, why);
            }
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

    /// The same for a node that serves.
    pub(super) fn serving() -> io::Result<Signals> {
        Ok(Signals)
    }

    /// What the next one asks for.
    pub(super) async fn next(&mut self) -> Signal {
        let (code, why) = self.end().await;
        Signal::End(code, why)
    }

    /// The exit code that the next one that asks for the end asks for, and its name.
    pub(super) async fn end(&mut self) -> (u8, &'static str) {
        match tokio::signal::ctrl_c().await {
            Ok(()) => (130, "interrupted"),
            Err(_) => std::future::pending().await,
        }
    }
}
