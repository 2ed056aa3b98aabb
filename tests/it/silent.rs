//! A reader who does not read.

use std::io::{PipeReader, Write, pipe};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::words::{Net, WAIT, program};

/// A node in a room with ana, stuck with what it has to tell.
struct Stuck {
    net: Net,
    pid: u32,
    typing: ChildStdin,
    end: Receiver<Option<i32>>,
    unread: PipeReader,
    filling: JoinHandle<()>,
}

impl Stuck {
    fn with(args: &[&str]) -> Stuck {
        let mut net = Net::hosted_by("ana", &[]);
        let (unread, mut full) = pipe().expect("a pipe");
        let out = full.try_clone().expect("its end");
        let mut bob: Child = program(net.runtime())
            .args(args)
            .args(net.near())
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        net.until("ana", |line| line["type"] == "member" && line["event"] == "join");
        // Takes all there is room for, and whatever room there will be.
        let filling = thread::spawn(move || while full.write_all(&[b' '; 4_096]).is_ok() {});
        // Something to be stuck with, whatever came before.
        net.ask("ana", json!({"cmd": "send", "text": "x".repeat(3_000)}));
        net.until("ana", |line| line["type"] == "receipt" && line["state"] == "delivered");
        let (pid, typing) = (bob.id(), bob.stdin.take().expect("a pipe"));
        let (ended, end) = channel();
        thread::spawn(move || ended.send(bob.wait().expect("its end").code()));
        Stuck { net, pid, typing, end, unread, filling }
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.pid.to_string()]).status();
        assert!(sent.expect("kill").success());
    }

    /// Waits for its end, which has this code; the others are told of it if there was time. Gives when it came.
    fn ends(mut self, code: i32, told: bool) -> Instant {
        let found = self.end.recv_timeout(WAIT).unwrap_or_else(|_| {
            self.signal("9");
            panic!("it does not end")
        });
        let at = Instant::now();
        assert_eq!(found, Some(code));
        if told {
            self.net.until("ana", |line| line["type"] == "member" && line["event"] == "leave");
        }
        drop(self.unread);
        self.filling.join().expect("it ends with its reader");
        at
    }
}

#[test]
fn a_signal_ends_a_node_whose_reader_stands_still_and_the_others_are_told() {
    for (args, signals, code) in [
        (["pipe", "lobby", "--nick", "bob"].as_slice(), ["TERM"].as_slice(), 143),
        (&["pipe", "lobby", "--nick", "bob"], &["INT", "INT"], 130),
        (&["listen", "lobby", "--nick", "bob", "--timeout", "1h"], &["TERM"], 143),
    ] {
        let bob = Stuck::with(args);
        signals.iter().for_each(|signal| bob.signal(signal));
        bob.ends(code, signals.len() == 1);
    }
}

#[test]
fn panic_waits_neither_for_a_reader_who_stands_still_nor_for_what_was_asked_before() {
    // The shortest of three: what else the machine does is not what is tried.
    let once = || {
        let mut bob = Stuck::with(&["pipe", "lobby", "--nick", "bob"]);
        bob.typing.write_all("{\"cmd\":\"rooms\"}\n".repeat(2_000).as_bytes()).expect("it reads");
        let begun = Instant::now();
        bob.typing.write_all(b"{\"cmd\":\"line\",\"text\":\"/panic\"}\n").expect("it reads");
        bob.ends(0, true) - begun
    };
    let took = (0..3).map(|_| once()).min().expect("three of them");
    assert!(took < Duration::from_millis(300), "{took:?}");
}
