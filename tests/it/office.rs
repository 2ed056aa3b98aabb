//! Offices: who may do what in which room, a founder whose machine dies, rooms that are handed over.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::words::Net;

/// What each command comes to: `ok`, or the code it is refused with. `GUEST` is somebody who came for it, `MESSAGE` something
/// said by a member. The members ask first, then the admins, then the owner: the last line closes the room.
const TABLE: &[(&str, [&str; 3])] = &[
    // command                       owner        admin        member
    ("/kick GUEST noise", ["ok", "ok", "role"]),
    ("/kick ana", ["nobody", "outranked", "role"]),
    ("/ban GUEST 2h noise", ["ok", "ok", "role"]),
    ("/ban ana lock", ["nobody", "outranked", "role"]),
    ("/unban GUEST", ["ok", "ok", "role"]),
    ("/mute mem 10m noise", ["ok", "ok", "role"]),
    ("/mute ana", ["nobody", "outranked", "role"]),
    ("/unmute mem", ["ok", "ok", "role"]),
    ("/admin mem", ["ok", "role", "role"]),
    ("/unadmin mem", ["ok", "role", "role"]),
    ("/transfer mem", ["ok", "role", "role"]),
    ("/yield", ["no_such", "role", "role"]),
    ("/max 20", ["ok", "role", "role"]),
    ("/lock", ["ok", "ok", "role"]),
    ("/unlock", ["ok", "ok", "role"]),
    ("/knock on", ["ok", "ok", "role"]),
    ("/admit GUEST", ["ok", "ok", "role"]),
    ("/deny GUEST", ["ok", "ok", "role"]),
    ("/knock off", ["ok", "ok", "role"]),
    ("/slow 1s", ["ok", "ok", "role"]),
    ("/slow off", ["ok", "ok", "role"]),
    ("/quiet 10m", ["ok", "ok", "role"]),
    ("/quiet off", ["ok", "ok", "role"]),
    ("/topic the plan", ["ok", "ok", "role"]),
    ("/ttl room 10m", ["ok", "ok", "role"]),
    ("/expires 2h", ["ok", "role", "role"]),
    ("/tag region:eu", ["ok", "role", "role"]),
    ("/list near", ["ok", "role", "role"]),
    ("/list off", ["ok", "role", "role"]),
    ("/announce to all here", ["ok", "ok", "role"]),
    ("/announce all: to all of mine", ["ok", "role", "role"]),
    ("/keep gate two, at nine", ["ok", "ok", "role"]),
    ("/pin MESSAGE", ["ok", "ok", "role"]),
    ("/unpin MESSAGE", ["ok", "ok", "role"]),
    ("/pins", ["ok", "ok", "ok"]),
    ("/burn MESSAGE", ["ok", "ok", "role"]),
    ("/bans", ["ok", "ok", "ok"]),
    ("/audit", ["ok", "ok", "ok"]),
    ("/close", ["ok", "role", "role"]),
];

/// Who asks, by column.
const ROLES: [&str; 3] = ["ana", "adi", "mem"];

fn line(net: &mut Net, who: &str, text: &str) -> Value {
    net.ask(who, json!({"cmd": "line", "text": text}))
}

fn code(reply: &Value) -> String {
    if reply["ok"] == true {
        "ok".to_owned()
    } else {
        reply["error"]["code"].as_str().expect("a code").to_owned()
    }
}

/// Waits until a member has heard of something that happened to somebody.
fn hears(net: &mut Net, who: &str, event: &'static str, whom: &str) {
    let is = |line: &Value| line["type"] == "member" && line["event"] == event && line["nick"] == whom;
    net.eventually(who, |seen| seen.iter().any(is));
}

/// Somebody was removed, and knows it.
fn is_out(net: &mut Net, whom: &str) {
    net.until(whom, |line| line["type"] == "room" && line["event"] == "left");
}

/// Somebody has this role, as others see it.
fn is_role(net: &mut Net, seen_by: &str, whom: &str, role: &str) {
    let mut left = 2_000;
    loop {
        let reply = net.ask(seen_by, json!({"cmd": "who"}));
        let rows = reply["members"].as_array().expect("members").clone();
        if rows.iter().any(|row| row["nick"] == whom && row["role"] == role) {
            return;
        }
        left -= 1;
        assert!(left > 0, "{seen_by} does not see {whom} as {role}: {reply}");
    }
}

/// What the table says, in a room of which `come` brings in one more.
fn follows_the_table(mut net: Net, mut come: impl FnMut(&mut Net, &str)) {
    for name in ["adi", "mem", "gus"] {
        come(&mut net, name);
    }
    net.confirmed(&["ana", "adi", "mem", "gus"]);
    assert_eq!(code(&line(&mut net, "ana", "/admin adi")), "ok");
    is_role(&mut net, "adi", "adi", "admin");
    let mut guests = 0;
    for column in [2, 1, 0] {
        let who = ROLES[column];
        let mut guest = "gus".to_owned();
        for (command, verdicts) in TABLE {
            let mut typed = command.replace("GUEST", &guest);
            if command.contains("MESSAGE") {
                // The pause may still hold for its author, and then it has no name yet.
                let text = format!("a word for {who} to {command}");
                net.ask("mem", json!({"cmd": "send", "text": text}));
                let heard = |line: &Value| line["type"] == "message" && line["text"] == text.as_str();
                net.eventually("gus", |seen| seen.iter().any(heard));
                net.eventually(who, |seen| seen.iter().any(heard));
                let id = net.find(who, heard)["id"].clone();
                let by = if who == "mem" { "gus" } else { who };
                let reply = line(&mut net, by, &typed.replace("MESSAGE", id.as_str().expect("an id")));
                assert_eq!(code(&reply), verdicts[column], "{by}: {command}: {reply}");
                continue;
            }
            let removes = verdicts[column] == "ok"
                && ["/kick GUEST", "/ban GUEST"].iter().any(|most| command.starts_with(most));
            if removes {
                guests += 1;
                guest = format!("guest{guests}");
                come(&mut net, &guest);
                net.eventually(who, |seen| {
                    seen.iter().any(|line| line["event"] == "join" && line["nick"] == guest.as_str())
                });
                net.until(&guest, |line| line["type"] == "room" && line["state"] == "confirmed");
                // Whoever is removed is told so if a frame gets from one to the other by then.
                let welcome = format!("welcome, {guest}");
                net.say(who, &welcome).expect(&[&guest], &welcome);
                typed = command.replace("GUEST", &guest);
            }
            let reply = line(&mut net, who, &typed);
            assert_eq!(code(&reply), verdicts[column], "{who}: {typed}: {reply}");
            if verdicts[column] != "ok" {
                let words = |field: &str| reply["error"][field].as_str().is_some_and(|text| !text.is_empty());
                assert!(words("text") && words("hint"), "{reply}");
            }
            if removes {
                is_out(&mut net, &guest);
            }
            // Removed for good: whoever is named from now on is here.
            if typed.starts_with("/unban") {
                guest = "gus".to_owned();
            }
        }
    }
    net.until("gus", |line| line["type"] == "room" && line["event"] == "closed");
}

#[test]
fn in_an_open_room_each_role_may_what_the_table_says() {
    let net = Net::hosted_by("ana", &[]);
    follows_the_table(net, |net, name| net.start(name, &["lobby"], None));
}

#[test]
fn in_a_room_with_a_passphrase_each_role_may_what_the_table_says() {
    let secret = "seven otters row upstream";
    let mut net = Net::with_secret(&["ana"], secret);
    net.until("ana", |line| line["type"] == "room" && line["event"] == "joined");
    follows_the_table(net, |net, name| net.join(name, Some(secret)));
}

#[test]
fn in_a_private_room_each_role_may_what_the_table_says() {
    let mut net = Net::of(&[]);
    net.open("ana", &["new", "lobby", "--json"], None);
    let made = net.ask("ana", json!({"cmd": "invite", "uses": 20}));
    let invite = made["invite"].as_str().expect("an invite").to_owned();
    follows_the_table(net, |net, name| net.start(name, &[&invite], None));
}

/// The token that a founder was shown, once.
fn token(net: &Net, founder: &str) -> String {
    let line = net.find(founder, |line| line["type"] == "room" && line["reclaim"].is_string());
    line["reclaim"].as_str().expect("a token").to_owned()
}

#[test]
fn a_room_whose_owners_machine_died_is_kept_by_its_admin_and_taken_back_with_the_token_once() {
    let mut net = Net::hosted_by("ana", &[]);
    for name in ["bob", "cho", "dan"] {
        net.join(name, None);
    }
    net.confirmed(&["ana", "bob", "cho", "dan"]);
    assert_eq!(net.ask("ana", json!({"cmd": "admin", "who": "bob"}))["ok"], true);
    is_role(&mut net, "bob", "bob", "admin");
    let written_down = token(&net, "ana");
    // Not through her alone: each is linked with the three others.
    for who in ["bob", "cho", "dan"] {
        net.eventually(who, |seen| {
            let linked = seen.iter().filter(|line| line["type"] == "peer" && line["event"] == "room");
            linked.map(|line| line["peer"].to_string()).collect::<BTreeSet<_>>().len() >= 3
        });
    }
    net.via = Some(net.address("bob"));
    net.kill("ana");
    assert_eq!(net.ask("bob", json!({"cmd": "kick", "who": "dan", "why": "noise"}))["ok"], true);
    is_out(&mut net, "dan");
    hears(&mut net, "cho", "kick", "dan");
    // Another machine of hers: nobody knows its key, and the token is all it takes.
    net.join("eve", None);
    net.until("eve", |line| line["type"] == "room" && line["state"] == "confirmed");
    assert_eq!(code(&net.ask("eve", json!({"cmd": "admin", "who": "cho"}))), "role");
    let bad = "00".repeat(32);
    assert_eq!(code(&net.ask("eve", json!({"cmd": "reclaim", "token": bad}))), "bad_token");
    let taken = net.ask("eve", json!({"cmd": "reclaim", "token": written_down}));
    let next = taken["token"].as_str().expect("the next token").to_owned();
    assert_ne!(next, written_down);
    for who in ["bob", "cho", "eve"] {
        is_role(&mut net, who, "eve", "owner");
    }
    assert_eq!(code(&net.ask("eve", json!({"cmd": "admin", "who": "cho"}))), "ok");
    is_role(&mut net, "bob", "cho", "admin");
    for who in ["bob", "cho", "eve"] {
        let again = net.ask(who, json!({"cmd": "reclaim", "token": written_down}));
        assert_eq!(code(&again), "bad_token", "{again}");
    }
    assert_eq!(code(&net.ask("cho", json!({"cmd": "reclaim", "token": next}))), "ok");
    is_role(&mut net, "eve", "cho", "owner");
    assert_eq!(code(&net.ask("eve", json!({"cmd": "close"}))), "role");
}

#[test]
fn a_room_changes_hands_when_the_other_accepts_and_not_before() {
    let mut net = Net::hosted_by("ana", &[]);
    for name in ["bob", "cho"] {
        net.join(name, None);
    }
    net.confirmed(&["ana", "bob", "cho"]);
    assert_eq!(code(&net.ask("bob", json!({"cmd": "accept"}))), "no_such");
    assert_eq!(code(&net.ask("ana", json!({"cmd": "transfer", "who": "bob"}))), "ok");
    let offer = net.until("bob", |line| line["type"] == "notice" && line["code"] == "offered");
    assert!(offer["text"].as_str().is_some_and(|text| text.starts_with("ana (")), "{offer}");
    assert_eq!(code(&net.ask("bob", json!({"cmd": "policy", "max": 8}))), "role");
    assert_eq!(code(&net.ask("cho", json!({"cmd": "accept"}))), "no_such");
    assert_eq!(code(&net.ask("bob", json!({"cmd": "accept"}))), "ok");
    for who in ["ana", "bob", "cho"] {
        is_role(&mut net, who, "bob", "owner");
        is_role(&mut net, who, "ana", "admin");
    }
    let given = net.find("cho", |line| line["event"] == "role" && line["role"] == "owner");
    assert_eq!((&given["nick"], &given["by"]["nick"]), (&json!("bob"), &json!("ana")), "{given}");
    assert_eq!(code(&net.ask("ana", json!({"cmd": "close"}))), "role");
    assert_eq!(code(&net.ask("bob", json!({"cmd": "close"}))), "ok");
    net.until("cho", |line| line["type"] == "room" && line["event"] == "closed");
}

/// Waits for a notice that names somebody.
fn says(net: &mut Net, who: &str, code: &'static str, whom: &str) {
    let tag = net.find(whom, |line| line["type"] == "hello")["me"]["tag"].clone();
    let tag = tag.as_str().expect("a tag").to_owned();
    let is =
        |line: &Value| line["code"] == code && line["text"].as_str().is_some_and(|text| text.contains(&tag));
    net.eventually(who, |seen| seen.iter().any(is));
}

/// Asks for a removal until the name is known, and whom it reaches.
fn settled(net: &mut Net, who: &str, whom: &str, why: &str) -> String {
    let end = Instant::now() + net.patience;
    loop {
        let code = code(&net.ask(who, json!({"cmd": "kick", "who": whom, "why": why})));
        if !["not_yet", "nobody"].contains(&code.as_str()) {
            return code;
        }
        assert!(Instant::now() < end, "{who} never learns where {whom} came in");
        sleep(Duration::from_millis(100));
    }
}

#[test]
fn where_two_rooms_meet_each_founder_rules_their_own_until_one_yields() {
    let mut net = Net::hosted_by("ana", &[]);
    net.join("bob", None);
    net.confirmed(&["ana", "bob"]);
    let there = net.address("ana");
    net.start_first("cho", &["lobby"]);
    net.until("cho", |line| line["type"] == "room" && line["event"] == "joined");
    for name in ["dan", "eve"] {
        net.join(name, None);
    }
    net.confirmed(&["cho", "dan", "eve"]);
    // Somebody who knows the way to both.
    net.start("fay", &["lobby", "--bootstrap", &there], None);
    let all = ["ana", "bob", "cho", "dan", "eve", "fay"];
    net.confirmed(&all);
    let dan = net.find("dan", |line| line["type"] == "hello")["me"]["id"].clone();
    // By the tag: the name may not be known yet.
    for (who, other) in [("ana", "cho"), ("dan", "ana")] {
        says(&mut net, who, "two_owners", other);
    }
    assert_eq!(settled(&mut net, "ana", "dan", ""), "elsewhere");
    assert_eq!(settled(&mut net, "cho", "bob", ""), "elsewhere");
    assert_eq!(settled(&mut net, "ana", "cho", ""), "elsewhere");
    assert_eq!(settled(&mut net, "cho", "dan", ""), "ok");
    is_out(&mut net, "dan");
    for who in ["ana", "bob", "eve", "fay"] {
        // By the key: the name may not be known yet.
        net.eventually(who, |seen| seen.iter().any(|line| line["event"] == "kick" && line["id"] == dan));
    }
    assert_eq!(code(&line(&mut net, "cho", "/yield")), "ok");
    net.eventually("ana", |seen| {
        seen.iter()
            .any(|line| line["type"] == "room" && line["event"] == "owner" && line["reclaim"].is_null())
    });
    says(&mut net, "ana", "one_owner", "cho");
    assert_eq!(settled(&mut net, "ana", "eve", "noise"), "ok");
    is_out(&mut net, "eve");
    assert_eq!(settled(&mut net, "cho", "bob", ""), "role");
}

#[test]
fn what_was_done_in_office_can_be_read_by_everybody_with_its_reason() {
    let mut net = Net::hosted_by("ana", &[]);
    for name in ["bob", "cho", "dan", "eve"] {
        net.join(name, None);
    }
    net.confirmed(&["ana", "bob", "cho", "dan", "eve"]);
    for typed in [
        "/mute bob 10m shouting",
        "/slow 5s",
        "/kick dan came to sell",
        "/ban eve 2h knock came to sell again",
    ] {
        assert_eq!(code(&line(&mut net, "ana", typed)), "ok", "{typed}");
    }
    let banned = net.until("cho", |line| line["type"] == "member" && line["event"] == "ban");
    assert_eq!((&banned["door"], &banned["reason"]), (&json!("knock"), &json!("came to sell again")));
    let page = |net: &mut Net, typed: &str| {
        let reply = line(net, "cho", typed);
        let lines = reply["lines"].as_array().expect("lines").clone();
        lines.iter().map(|line| line.as_str().expect("a text").to_owned()).collect::<Vec<_>>()
    };
    let audit = page(&mut net, "/audit");
    for part in [
        ["ana (", " muted bob (", "for 10 minutes, reason: shouting"],
        ["ana (", " changed the settings, ", "slow 5 seconds"],
        ["ana (", " kicked dan (", "reason: came to sell"],
        ["ana (", " banned eve (", "for 2 hours, knock on, reason: came to sell again"],
    ] {
        let is = |line: &String| part.iter().all(|words| line.contains(words));
        assert!(audit.iter().any(is), "{part:?} is not in {audit:#?}");
    }
    let bans = page(&mut net, "/bans");
    assert_eq!(bans.len(), 1, "{bans:?}");
    assert!(bans[0].contains("by ana (") && bans[0].ends_with("reason: came to sell again"), "{bans:?}");
    assert!(bans[0].contains("for 2 hours more") || bans[0].contains("1 hour 59 minutes more"), "{bans:?}");
    // The pause and the silence hold.
    assert_eq!(code(&net.ask("bob", json!({"cmd": "send", "text": "hello?"}))), "muted");
    for text in ["first", "second"] {
        net.raw("cho", &json!({"cmd": "send", "cid": text, "text": text}).to_string());
    }
    net.until("cho", |line| {
        line["type"] == "receipt" && line["cid"] == "second" && line["state"] == "queued"
    });
    let sent = |line: &Value| line["ts"].as_u64().expect("when");
    let first = net.until("ana", |line| line["text"] == "first");
    let second = net.until("ana", |line| line["text"] == "second");
    assert!(sent(&second) - sent(&first) >= 4_900, "{first} {second}");
}

#[test]
fn an_announcement_to_all_rooms_reaches_those_i_own_and_no_other() {
    let mut net = Net::of(&["ana", "bob"]).join_all("mine");
    let owner =
        if net.ask("ana", json!({"cmd": "rooms"}))["rooms"][0]["role"] == "owner" { "ana" } else { "bob" };
    let other = if owner == "ana" { "bob" } else { "ana" };
    // The second room is theirs, the third somebody else's.
    for (room, first, then) in [("also-mine", owner, other), ("theirs", other, owner)] {
        net.ask(first, json!({"cmd": "join", "room": room}));
        net.until(first, |line| line["room"] == room && line["event"] == "joined");
        net.ask(then, json!({"cmd": "join", "room": room}));
        for who in [first, then] {
            net.until(who, |line| line["room"] == room && line["state"] == "confirmed");
        }
    }
    assert_eq!(net.ask(owner, json!({"cmd": "announce", "all": true, "text": "closing at ten"}))["ok"], true);
    let said = |line: &Value| line["type"] == "message" && line["text"] == "closing at ten";
    net.eventually(other, |seen| seen.iter().filter(|line| said(line)).count() == 2);
    net.talk(owner, "theirs", "after it");
    net.expect(&[other], "after it");
    let rooms: Vec<Value> = ["mine", "also-mine", "theirs"].map(|room| json!(room)).to_vec();
    let heard = |net: &mut Net, room: &Value| net.count(other, |line| said(line) && line["room"] == *room);
    let counts: Vec<usize> = rooms.iter().map(|room| heard(&mut net, room)).collect();
    assert_eq!(counts, [1, 1, 0]);
}

#[test]
fn newcomers_read_first_where_the_room_is_set_so_and_are_told_when_they_may_speak() {
    let mut net = Net::hosted_by("ana", &[]);
    let reply = net.ask("ana", json!({"cmd": "policy", "quiet_ms": 3_600_000}));
    assert_eq!(reply["ok"], true, "{reply}");
    net.until("ana", |line| line["event"] == "settings" && line["quiet_ms"] == 3_600_000);
    net.join("bob", None);
    let told = net.until("bob", |line| line["type"] == "notice" && line["code"] == "quiet");
    assert!(told["text"].as_str().is_some_and(|text| text.contains("you may speak in 59 minutes")), "{told}");
    assert!(told["quiet_ms"].as_u64().is_some_and(|left| left <= 3_600_000), "{told}");
    let reply = net.ask("bob", json!({"cmd": "send", "text": "too soon"}));
    assert_eq!(reply["error"]["code"], "quiet", "{reply}");
    net.say("ana", "welcome").expect(&["bob"], "welcome");
    net.ask("ana", json!({"cmd": "unmute", "who": "bob"}));
    net.until("bob", |line| line["type"] == "notice" && line["code"] == "quiet_over");
    net.say("bob", "thank you").expect(&["ana"], "thank you");
    net.never("ana", "too soon");
}
