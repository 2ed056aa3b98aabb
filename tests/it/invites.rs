//! Private rooms, and the invites that lead into them.

use serde_json::{Value, json};

use crate::words::{Net, finish, program};

/// A private room of ana's, and its first invite.
fn den() -> (Net, String) {
    let mut net = Net::of(&[]);
    net.open("ana", &["new", "den", "--json"], None);
    let reply = net.until("ana", |line| line["type"] == "reply" && line["invite"].is_string());
    assert_eq!((&reply["uses"], &reply["room"]), (&json!(1), &json!("den")));
    (net, text(&reply["invite"]))
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[test]
fn an_invite_leads_into_the_room_and_is_then_used_up() {
    let (mut net, invite) = den();
    net.start("bob", &[&invite], None);
    net.confirmed(&["ana", "bob"]);
    net.talk("ana", "den", "welcome").expect_all("welcome");
    // A second person with the same invite is told why not, by the code that scripts know.
    let out = net.run(&["listen", &invite, "--timeout", "20s"]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(5), "{said}");
    assert!(said.contains("the invite is used up") && said.contains("ask for a new one"), "{said}");
    net.talk("bob", "den", "among ourselves").expect_all("among ourselves");
}

#[test]
fn more_invites_are_made_on_request_and_spelled_in_words() {
    let (mut net, _) = den();
    let reply = net.ask("ana", json!({"cmd": "invite", "uses": 2, "valid_ms": 60_000}));
    assert_eq!((&reply["ok"], &reply["uses"]), (&json!(true), &json!(2)));
    let left = reply["until_ms"].as_u64().expect("until when") - reply["ts"].as_u64().expect("now");
    assert!((50_000..=70_000).contains(&left), "{left}");
    assert!(text(&reply["words"]).split(' ').count() > 20);
    let invite = text(&reply["invite"]);
    net.start("bob", &[], None);
    net.ask("bob", json!({"cmd": "join", "invite": invite}));
    net.start("cho", &[], None);
    // A program may hand it over as a room, as people do.
    net.ask("cho", json!({"cmd": "join", "room": invite}));
    net.confirmed(&["ana", "bob", "cho"]);
    net.talk("cho", "den", "three of us").expect_all("three of us");
    // Whoever came by an invite holds what makes another only where the room is theirs.
    let refused = net.ask("bob", json!({"cmd": "invite"}));
    assert_eq!(refused["ok"], false);
    assert!(!text(&refused["error"]["text"]).is_empty() && !text(&refused["error"]["hint"]).is_empty());
}

#[test]
fn an_invite_that_was_changed_or_cut_is_told_apart_before_anything_is_sent() {
    let (net, invite) = den();
    let cut = &invite[..invite.len() - 8];
    let wrong = format!("{}!{}", &invite[..20], &invite[21..]);
    let long = format!("{invite}{}", "A".repeat(4_000));
    for typed in [cut, &wrong, &long, "EPHEM:", "ephem:aaaa"] {
        let out = finish(program(net.runtime()).args(["listen", typed]), None);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{typed}: {said}");
        assert!(said.contains("not an invite, or part of it is missing"), "{typed}: {said}");
        assert!(said.contains("from EPHEM: to its end"), "{typed}: {said}");
        assert!(!said.contains(&invite[30..60]), "an invite is a secret: {said}");
    }
    let out = finish(program(net.runtime()).args(["listen", &invite, "--passphrase-fd", "0"]), None);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("an invite needs no passphrase"));
}

#[test]
fn an_invite_whose_time_is_over_is_refused_with_words() {
    let (mut net, _) = den();
    let reply = net.ask("ana", json!({"cmd": "invite", "valid_ms": 1_000}));
    let (invite, until) = (text(&reply["invite"]), reply["until_ms"].as_u64().expect("until when"));
    net.clock_passes("ana", until + 500);
    net.start("bob", &[&invite], None);
    let notice = net.until("bob", |line| line["type"] == "notice" && line["code"] == "invite_expired");
    assert_eq!(
        (&notice["text"], &notice["hint"]),
        (&json!("the invite's time is over"), &json!("ask for a new one"))
    );
    let out = net.run(&["send", &invite, "let me in"]);
    assert_eq!(out.status.code(), Some(5), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn whoever_is_kicked_is_told_by_whom_and_why_and_ends_with_a_code_of_its_own() {
    let (mut net, _) = den();
    let invite = text(&net.ask("ana", json!({"cmd": "invite", "uses": 2}))["invite"]);
    net.start("bob", &[&invite], None);
    // One that stays only while it is in the room.
    let cho = net.begin(&["listen", &invite, "--nick", "cho"]);
    net.confirmed(&["ana", "bob"]);
    net.until("ana", |line| line["type"] == "member" && line["event"] == "join" && line["nick"] == "cho");
    net.ask("ana", json!({"cmd": "kick", "who": "cho"}));
    let out = cho.join().expect("it ends");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(6), "{said}");
    assert!(said.contains("you were kicked by ana ("), "{said}");
    let done = net.ask("ana", json!({"cmd": "kick", "who": "bob", "why": "a flood of noise"}));
    assert_eq!(done["ok"], true, "{done}");
    let told = net.until("bob", |line| line["type"] == "notice" && line["code"] == "kicked");
    let words = text(&told["text"]);
    assert!(
        words.starts_with("you were kicked by ana (") && words.ends_with("for: a flood of noise"),
        "{words}"
    );
    let kicked = net.until("ana", |line| line["event"] == "kick" && line["nick"] == "bob");
    assert_eq!((&kicked["nick"], &kicked["reason"]), (&json!("bob"), &json!("a flood of noise")));
}

#[test]
fn an_invite_from_a_machine_of_many_addresses_can_be_read() {
    let mut net = Net::of(&[]);
    let many = [
        "/ip4/127.0.0.1/udp/0/quic-v1",
        "/ip4/127.0.0.2/tcp/0",
        "/ip4/127.0.0.3/tcp/0",
        "/ip4/127.0.0.4/tcp/0",
    ];
    let args: Vec<&str> =
        many.iter().flat_map(|addr| ["--listen", addr]).chain(["new", "den", "--json"]).collect();
    net.open("ana", &[&args[8..], &args[..8]].concat(), None);
    let invite =
        text(&net.until("ana", |line| line["type"] == "reply" && line["invite"].is_string())["invite"]);
    // The invite alone leads there.
    let mut guests = Net::of(&[]);
    guests.start("bob", &[&invite], None);
    guests.confirmed(&["bob"]);
    guests.talk("bob", "den", "found you");
    net.expect(&["ana"], "found you");
}
