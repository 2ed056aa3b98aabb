//! Commands that say or hear something and end.

use std::process::Stdio;

use serde_json::Value;

use crate::words::{Net, finish, program};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn one_message_goes_out_and_its_sender_ends_once_it_has_come() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    let out = net.run(&["send", "lobby", "built", "--nick", "ci", "--ack", "2"]);
    assert_eq!((text(&out.stderr).as_str(), out.status.code()), ("", Some(0)));
    net.expect_all("built");
    let line = net.find("ana", |line| line["text"] == "built");
    assert_eq!(line["from"]["nick"], "ci");
    net.until("ana", |line| line["type"] == "member" && line["event"] == "leave" && line["nick"] == "ci");
}

#[test]
fn the_text_may_come_by_stdin_and_live_for_a_time_of_its_own() {
    let mut net = Net::hosted_by("ana", &[]);
    let mut send = program(net.runtime());
    send.args(["send", "lobby", "-", "--ttl", "7s"]).args(net.near());
    let out = finish(&mut send, Some(b"two\nlines\n"));
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    net.expect(&["ana"], "two\nlines");
    // Its time began when it was said, before anybody was found.
    let lives = net.find("ana", |line| line["text"] == "two\nlines")["ttl_ms"].as_u64();
    assert!(lives.is_some_and(|ms| (5_000..=7_000).contains(&ms)), "{lives:?}");
}

#[test]
fn too_few_who_have_it_is_not_delivered() {
    let mut net = Net::hosted_by("ana", &[]);
    let out = net.run(&["send", "lobby", "who is there?", "--ack", "5", "--timeout", "6s"]);
    let said = text(&out.stderr);
    assert_eq!(out.status.code(), Some(8), "{said}");
    assert!(said.contains("nobody said in time that the message came"), "{said}");
    net.expect(&["ana"], "who is there?");
}

#[test]
fn nobody_there_is_told_with_the_reason_that_is_known() {
    let net = Net::of(&[]);
    for args in [&["send", "lobby", "hi"][..], &["listen", "lobby"]] {
        let mut command = program(net.runtime());
        command.args(args).args(net.near()).args(["--timeout", "2s", "--bootstrap", "/ip4/127.0.0.1/tcp/9"]);
        let out = finish(&mut command, None);
        let said = text(&out.stderr);
        assert_eq!(out.status.code(), Some(4), "{args:?}: {said}");
        assert!(said.contains("nobody was found in time"), "{args:?}: {said}");
        assert!(
            said.contains("/ip4/127.0.0.1/tcp/9 cannot be reached: the connection was refused"),
            "{args:?}: {said}"
        );
    }
}

#[test]
fn a_listener_stops_after_as_many_messages_as_it_was_told() {
    let mut net = Net::hosted_by("ana", &[]);
    let listener = net.begin(&["listen", "lobby", "--count", "2", "--nick", "ear"]);
    net.until("ana", |line| line["type"] == "member" && line["event"] == "join" && line["nick"] == "ear");
    net.say("ana", "first\nof two lines").say("ana", "second");
    let out = listener.join().expect("it ends");
    assert_eq!((text(&out.stderr).as_str(), out.status.code()), ("", Some(0)));
    assert_eq!(text(&out.stdout), "ana: first\n    of two lines\nana: second\n");
}

#[test]
fn an_open_room_and_a_secret_one_of_the_same_name_do_not_meet() {
    let mut net = Net::with_secret(&["ana"], "seven otters row upstream");
    let out = net.run(&["send", "lobby", "is it open?", "--open", "--timeout", "3s"]);
    assert_eq!(out.status.code(), Some(4));
    let mut send = program(net.runtime());
    send.args(["send", "lobby", "by a file", "--passphrase-file", "-"]).args(net.near());
    let out = finish(&mut send, Some(b"seven otters row upstream\r\n"));
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    net.expect(&["ana"], "by a file");
    net.never("ana", "is it open?");
}

#[test]
fn a_reader_who_stops_reading_is_a_goodbye() {
    let mut net = Net::hosted_by("ana", &[]);
    let mut pipe = program(net.runtime());
    pipe.args(["pipe", "lobby", "--nick", "bob"]).args(net.near());
    let mut pipe = pipe.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    net.until("ana", |line| line["type"] == "member" && line["event"] == "join" && line["nick"] == "bob");
    drop(pipe.stdout.take());
    // Something to print, so that it notices.
    net.say("ana", "is anybody reading?");
    // It may have had something of its own to print before.
    let left = |line: &Value| line["type"] == "member" && line["event"] == "leave" && line["nick"] == "bob";
    net.eventually("ana", |seen| seen.iter().any(left));
    assert_eq!(pipe.wait().expect("it ends").code(), Some(0));
}
