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
    let with = |at: usize, letter: &str| format!("{}{letter}{}", &invite[..at], &invite[at + 1..]);
    let cut = &invite[..invite.len() - 8];
    let long = format!("{invite}{}", "A".repeat(4_000));
    let other = if &invite[26..27] == "A" { "B" } else { "A" };
    let newer = of_version_three();
    for (typed, says, todo) in [
        (cut, "letters of the invite are missing or wrong", "from EPHEM: to its end"),
        (&long, "letters of the invite are missing or wrong", "from EPHEM: to its end"),
        ("EPHEM:", "letters of the invite are missing or wrong", "from EPHEM: to its end"),
        (
            &with(20, "!"),
            "one letter of the invite is wrong: the 15th after EPHEM:",
            "look at that letter again",
        ),
        (
            &with(26, other),
            "one letter of the invite is wrong: the 21st after EPHEM:",
            "look at that letter again",
        ),
        (&newer, "of another version", "use the same version"),
    ] {
        let out = finish(program(net.runtime()).args(["listen", typed]), None);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{typed}: {said}");
        assert!(said.contains(says) && said.contains(todo), "{typed}: {said}");
        assert!(!said.contains(&invite[30..60]), "an invite is a secret: {said}");
    }
    let out = finish(program(net.runtime()).args(["listen", &invite, "--passphrase-fd", "0"]), None);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("an invite needs no passphrase"));
}

/// From the vectors, which another program read as well.
fn of_version_three() -> String {
    let vectors: Value = serde_json::from_str(include_str!("../vectors/v1.json")).expect("JSON");
    let cases =
        vectors["groups"].as_array().expect("groups").iter().flat_map(|group| group["cases"].as_array());
    let case = cases.flatten().find(|case| case["name"] == "An invite of version 3").expect("that case");
    text(&case["in"]["link"])
}

#[test]
fn an_invite_that_is_read_aloud_leads_into_the_room_and_a_misheard_word_is_named() {
    let (mut net, _) = den();
    let words = text(&net.ask("ana", json!({"cmd": "invite", "uses": 3}))["words"]);
    let all: Vec<&str> = words.split(' ').collect();
    let misheard = [&all[..2], &["xyzzy"], &all[3..]].concat().join(" ");
    let swapped = [&all[..4], &[all[5], all[4]], &all[6..]].concat().join(" ");
    for (typed, says) in [
        (misheard, "the 3rd word of the invite is not one of ours"),
        (swapped, "a word of the invite is wrong, or two changed places"),
        (all[..all.len() - 5].join(" "), "words of the invite are missing, or there are too many"),
    ] {
        let out = net.run(&["listen", &typed, "--timeout", "1s"]);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{said}");
    }
    net.start("bob", &[&words.to_uppercase()], None);
    net.start("cho", &[], None);
    net.ask("cho", json!({"cmd": "line", "text": format!("/join {words}")}));
    net.confirmed(&["ana", "bob", "cho"]);
    net.talk("cho", "den", "by ear").expect_all("by ear");
}

#[cfg(unix)]
#[test]
fn invites_are_made_listed_shown_again_and_taken_back_by_a_command_of_their_own() {
    let (mut net, first) = den();
    let said = |out: std::process::Output| {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        (text(&out.stdout), text(&out.stderr), out.status.code())
    };
    let (made, beside, code) = said(net.question(&["invite", "den", "--uses", "2", "--valid", "1h"]));
    assert_eq!((made.lines().count(), code), (1, Some(0)), "one line, to be pasted: {made}{beside}");
    assert!(made.starts_with("EPHEM:") && beside.contains("used 2 times") && beside.contains("in words: "));
    net.start("bob", &[made.trim_end()], None);
    net.confirmed(&["ana", "bob"]);
    // Bob's node is the younger one, and not theirs to make invites with.
    let (_, err, code) = said(net.question(&["invite"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("this needs the role admin"), "{err}");
    net.ask("bob", json!({"cmd": "leave"}));
    // A node that is not in the room passes the question on.
    let (listed, _, code) = said(net.question(&["invite", "--list"]));
    assert_eq!((listed.lines().count(), code), (2, Some(0)), "{listed}");
    let ours = listed.lines().find(|line| line.contains("1 of 2 uses left, good for")).expect("the second");
    let id = ours.split([' ', ':']).nth(1).expect("an id");
    let (again, _, code) = said(net.question(&["invite", "--show", id, "--qr"]));
    assert_eq!(
        (again.lines().next(), code),
        (made.lines().next(), Some(0)),
        "the addresses are the same still"
    );
    assert!(
        again.lines().skip(1).all(|line| line.chars().all(|dot| " \u{2588}\u{2580}\u{2584}".contains(dot)))
    );
    assert!((15..=24).contains(&(again.lines().count() - 1)), "it fits a terminal");
    let (done, err, code) = said(net.question(&["invite", "den", "--revoke", id]));
    assert!(done.contains("done") && code == Some(0), "{done}{err}");
    let (_, err, code) = said(net.question(&["invite", "--show", id]));
    assert!(err.contains("no invite of this room begins with that") && code == Some(1), "{err}");
    let (_, err, code) = said(net.question(&["invite", "elsewhere", "--list"]));
    assert!(err.contains("no running node is in that room") && code == Some(1), "{err}");
    let listed = net.question(&["invite", "--list", "--json"]).stdout;
    let listed: Value = serde_json::from_slice(&listed).expect("one JSON object");
    let states: Vec<&Value> =
        listed["invites"].as_array().expect("invites").iter().map(|row| &row["state"]).collect();
    assert!(states.contains(&&json!("revoked")) && states.contains(&&json!("open")), "{listed}");
    // Who holds it still is told; the other one is as good as before.
    let out = net.run(&["listen", made.trim_end(), "--timeout", "20s"]);
    let err = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(5), "{err}");
    assert!(err.contains("the invite was taken back") && err.contains("ask for a new one"), "{err}");
    net.start("cho", &[&first], None);
    net.confirmed(&["ana", "cho"]);
    for typed in
        [&["--uses", "0"][..], &["--show", "xyz"], &["--revoke", "../../"], &["--list", "--uses", "2"]]
    {
        let out = net.question(&[&["invite"], typed].concat());
        assert_eq!(out.status.code(), Some(2), "{typed:?}");
    }
}

#[test]
fn an_invite_leads_in_though_whoever_made_it_is_gone() {
    let (mut net, _) = den();
    let made = net.ask("ana", json!({"cmd": "invite", "uses": 4}));
    net.start("bob", &[&text(&made["invite"])], None);
    net.confirmed(&["ana", "bob"]);
    // Shown again it names bob's address too, and a newcomer who knows nothing else gets in there.
    let again = net.ask("ana", json!({"cmd": "invite", "id": made["invite_id"]}));
    assert_eq!(again["invite_id"], made["invite_id"]);
    assert!(text(&again["invite"]).len() > text(&made["invite"]).len(), "one address more");
    net.kill("ana");
    let mut guests = Net::of(&[]);
    guests.start("cho", &[&text(&again["invite"])], None);
    guests.confirmed(&["cho"]);
    guests.talk("cho", "den", "is she gone?");
    net.expect(&["bob"], "is she gone?");
}

#[test]
fn an_invite_to_another_room_of_the_same_name_is_told_apart() {
    let (mut net, invite) = den();
    let (_other, elsewhere) = den();
    let reply = net.ask("ana", json!({"cmd": "join", "invite": elsewhere}));
    assert_eq!((&reply["ok"], &reply["error"]["code"]), (&json!(false), &json!("other_room")));
    assert!(text(&reply["error"]["text"]).contains("another room of that name"));
    let reply = net.ask("ana", json!({"cmd": "join", "invite": invite}));
    assert_eq!(reply["error"]["code"], "already_joined");
    let reply = net.ask("ana", json!({"cmd": "revoke", "id": "00000000"}));
    assert_eq!(reply["error"]["code"], "no_invite");
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

#[test]
fn a_friend_is_asked_in_by_a_word_to_them_alone_in_another_room() {
    let (mut net, _) = den();
    net.start("bob", &[], None);
    for who in ["ana", "bob"] {
        net.ask(who, json!({"cmd": "join", "room": "lobby"}));
    }
    net.until("ana", |line| line["type"] == "member" && line["room"] == "lobby" && line["nick"] == "bob");
    for who in ["ana", "bob"] {
        let stands = |line: &Value| line["room"] == "lobby" && line["state"] == "confirmed";
        net.eventually(who, |seen| seen.iter().any(stands));
    }
    let added = net.ask("ana", json!({"cmd": "friend", "room": "lobby", "who": "bob"}));
    assert_eq!(added["friends"][0]["rooms"], json!(["lobby"]), "{added}");
    let here = net.ask("ana", json!({"cmd": "invite", "room": "lobby", "who": "bob"}));
    assert_eq!(here["error"]["code"], "friend_here", "{here}");
    let sent = net.ask("ana", json!({"cmd": "invite", "room": "den", "who": "bob", "cid": "x"}));
    assert_eq!(sent["ok"], true, "{sent}");
    // To bob ana is a stranger, whose word is opened first; the link in it leads in, once.
    let asks = net.until("bob", |line| line["type"] == "message" && line["kind"] == "dm");
    net.ask("bob", json!({"cmd": "open", "room": "lobby", "id": asks["id"]}));
    let said = net.until("bob", |line| line["type"] == "message" && line["text"].is_string());
    let link = text(&said["text"]).rsplit(' ').next().expect("a link").to_owned();
    assert!(link.starts_with("EPHEM:"), "{said}");
    net.ask("bob", json!({"cmd": "join", "invite": link}));
    net.until("bob", |line| line["type"] == "room" && line["room"] == "den" && line["state"] == "confirmed");
    net.ask("bob", json!({"cmd": "quit"}));
    net.ended("bob");
    for room in ["lobby", "den"] {
        let left =
            |line: &Value| line["type"] == "member" && line["room"] == room && line["event"] == "leave";
        net.eventually("ana", |seen| seen.iter().any(left));
    }
    let away = net.ask("ana", json!({"cmd": "invite", "room": "den", "who": "bob"}));
    assert_eq!(away["error"]["code"], "friend_away", "{away}");
}
