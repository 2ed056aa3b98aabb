//! A shell at a terminal of its own, typed at like a person does. The terminal is made by `script`, which is in every Linux
//! system's base.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::words::send;

/// The shell behind its terminal, until this is dropped.
pub(crate) struct Script {
    child: Child,
    keys: ChildStdin,
    /// What was written to the terminal.
    pub(crate) shown: Receiver<Vec<u8>>,
}

impl Script {
    /// Runs a line of the shell, in the environment of this command and with these variables.
    pub(crate) fn run(environment: &Command, line: &str, set: &[(&str, &str)], unset: &[&str]) -> Script {
        let mut command = Command::new("script");
        // Ctrl+C is a signal for the shell too: some shells end by it before they ran the rest of the line. One that catches
        // it goes on, and whoever it started has the signal as usual.
        let line = format!("trap : INT; {line}");
        command.args(["-q", "-e", "-E", "always", "-c", &line, "/dev/null"]).env("SHELL", "/bin/sh");
        for (name, value) in environment.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        for name in unset {
            command.env_remove(name);
        }
        let mut child = command
            .envs(set.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script");
        let (to, shown) = channel();
        let mut stdout = child.stdout.take().expect("a pipe");
        thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(read @ 1..) = stdout.read(&mut bytes) {
                if to.send(bytes[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keys = child.stdin.take().expect("a pipe");
        Script { child, keys, shown }
    }

    pub(crate) fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("somebody reads");
    }

    /// The program's pid: the one child of the shell, which is the one child of `script`.
    pub(crate) fn node(&self) -> u32 {
        let child = |pid: u32| {
            let children =
                std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("its children");
            children.trim().parse().expect("one child")
        };
        child(child(self.child.id()))
    }

    pub(crate) fn signal(&self, signal: &str) {
        send(self.node(), signal);
    }

    /// The window is gone, as if somebody had closed it.
    pub(crate) fn close(&mut self) {
        self.child.kill().expect("it runs");
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
