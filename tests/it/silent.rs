//! A reader who does not read.

use std::io::{Write, pipe};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use serde_json::json;

use crate::words::{Net, WAIT, program};

#[test]
fn a_signal_ends_a_node_whose_reader_stands_still_and_the_others_are_told() {
    for (args, signals, code) in [
        (["pipe", "lobby", "--nick", "bob"].as_slice(), ["TERM"].as_slice(), 143),
        (&["pipe", "lobby", "--nick", "bob"], &["INT", "INT"], 130),
        (&["listen", "lobby", "--nick", "bob", "--timeout", "1h"], &["TERM"], 143),
    ] {
        let mut net = Net::hosted_by("ana", &[]);
        let (unread, mut full) = pipe().expect("a pipe");
        let out = full.try_clone().expect("its end");
        // Takes all there is room for, and whatever room there will be.
        let filling = thread::spawn(move || while full.write_all(&[b' '; 4_096]).is_ok() {});
        let mut bob = program(net.runtime())
            .args(args)
            .args(net.near())
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        net.until("ana", |line| line["type"] == "member" && line["event"] == "join");
        // Something to be stuck with, whatever came before.
        net.ask("ana", json!({"cmd": "send", "text": "x".repeat(3_000)}));
        net.until("ana", |line| line["type"] == "receipt" && line["state"] == "delivered");
        for signal in signals {
            let sent = Command::new("kill").args([&format!("-{signal}"), &bob.id().to_string()]).status();
            assert!(sent.expect("kill").success());
        }
        let (ended, end) = channel();
        let pid = bob.id();
        thread::spawn(move || ended.send(bob.wait().expect("its end").code()));
        let found = end.recv_timeout(WAIT).unwrap_or_else(|_| {
            let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
            panic!("{args:?} does not end after {signals:?}")
        });
        assert_eq!(found, Some(code), "{args:?}");
        if signals.len() == 1 {
            net.until("ana", |line| line["type"] == "member" && line["event"] == "leave");
        }
        drop(unread);
        filling.join().expect("it ends with its reader");
    }
}
