//! Somebody at a terminal, next to the nodes of a test: in line mode or before the full screen.

use std::sync::mpsc::RecvTimeoutError;
use std::time::Instant;

use crate::emulator::{Emulator, Widths};
use crate::script::Script;
use crate::words::{Net, WAIT, program};

/// A person at a terminal of 80 by 24.
pub(crate) struct Seat {
    script: Script,
    /// Everything shown so far, as lines; the screen's is what stands there.
    shown: Shown,
    /// What was written to the terminal since somebody last took it, escapes and all.
    written: Vec<u8>,
}

enum Shown {
    Lines(String),
    Screen(Box<Emulator>),
}

impl Seat {
    /// `join` in line mode.
    pub(crate) fn lines(net: &Net, args: &[&str]) -> Seat {
        Seat::at(net, &[&["--plain"], args].concat(), Shown::Lines(String::new()))
    }

    /// `join` on the full screen.
    pub(crate) fn screen(net: &Net, args: &[&str]) -> Seat {
        Seat::at(net, args, Shown::Screen(Box::new(Emulator::new(80, 24, Widths::Clusters))))
    }

    fn at(net: &Net, args: &[&str], shown: Shown) -> Seat {
        let node = program(net.runtime());
        let line = format!(
            "stty rows 24 cols 80; {} join {} {}; echo \"ended with $?\"",
            node.get_program().display(),
            args.join(" "),
            net.near().join(" ")
        );
        let set = [("TERM", "xterm-256color"), ("LANG", "C.UTF-8")];
        let unset = ["NO_COLOR", "SSH_CONNECTION", "LC_ALL", "LC_CTYPE"];
        Seat { script: Script::run(&node, &line, &set, &unset), shown, written: Vec::new() }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.script.node()
    }

    pub(crate) fn types(&mut self, keys: &str) {
        self.script.types(keys);
    }

    pub(crate) fn signal(&self, signal: &str) {
        self.script.signal(signal);
    }

    /// Takes all that was written to the terminal so far.
    pub(crate) fn take_written(&mut self) -> Vec<u8> {
        while let Ok(bytes) = self.script.shown.try_recv() {
            self.read(&bytes);
        }
        std::mem::take(&mut self.written)
    }

    /// Types, and waits until the screen has done something about it.
    pub(crate) fn answers(&mut self, keys: &str) {
        drop(self.take_written());
        self.types(keys);
        let bytes = self.script.shown.recv_timeout(WAIT).expect("it is drawn");
        self.read(&bytes);
    }

    /// Waits until this is shown.
    pub(crate) fn shows(&mut self, what: &str) {
        self.until(what, |text| text.contains(what));
    }

    /// Waits until what is shown is like that.
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        let end = Instant::now() + WAIT;
        loop {
            let text = match &self.shown {
                Shown::Lines(lines) => lines.clone(),
                Shown::Screen(terminal) => terminal.grid.text(),
            };
            if holds(&text) {
                return;
            }
            match self.script.shown.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.read(&bytes),
                Err(why) => {
                    let why = if why == RecvTimeoutError::Timeout { "never" } else { "it ended before" };
                    panic!("{why}: {what}; shown:\n{text}")
                }
            }
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        self.written.extend_from_slice(bytes);
        match &mut self.shown {
            Shown::Lines(lines) => lines.push_str(&String::from_utf8_lossy(bytes)),
            Shown::Screen(terminal) => terminal.read(bytes),
        }
    }
}
