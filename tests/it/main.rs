//! Real processes on loopback, told what to do in a few words and watched through `pipe`.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics has done its work"
)]

mod alone;
#[cfg(unix)]
mod asking;
mod astray;
#[cfg(unix)]
mod bots;
mod bug;
#[cfg(target_os = "linux")]
#[path = "../screen/emulator.rs"]
mod emulator;
mod finding;
mod gone;
mod home;
mod invites;
mod kept;
mod lasting;
mod office;
mod once;
mod people;
mod profiles;
#[cfg(target_os = "linux")]
mod removed;
#[cfg(target_os = "linux")]
mod screen;
#[cfg(target_os = "linux")]
mod script;
#[cfg(unix)]
mod serve;
mod settings;
#[cfg(unix)]
mod silent;
#[cfg(target_os = "linux")]
mod terminal;
mod tour;
mod words;

use serde_json::json;
use words::{Net, WAIT};

#[test]
fn two_meet_through_one_address_and_hear_each_other() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    net.say("ana", "hi bob").expect_all("hi bob");
    net.say("bob", "hi ana").expect_all("hi ana");
}

#[test]
fn a_passphrase_room_is_closed_to_those_who_have_another() {
    let mut net = Net::with_secret(&["ana", "bob"], "seven otters row upstream");
    net.join("eve", Some("six otters row upstream"));
    net.confirmed(&["ana", "bob"]);
    net.say("ana", "among ourselves").expect(&["bob"], "among ourselves");
    net.never("eve", "among ourselves");
    let (ours, theirs) = (net.mark("ana"), net.mark("eve"));
    assert_eq!(ours, net.mark("bob"));
    assert_ne!(ours, theirs, "other words, another mark");
}

#[test]
fn three_who_know_one_address_all_hear_each_other() {
    let mut net = Net::of(&["ana", "bob", "cho"]).join_all("lobby");
    for who in ["ana", "bob", "cho"] {
        let text = format!("this is {who}");
        net.say(who, &text).expect_all(&text);
    }
}

#[test]
fn a_message_burns_on_every_node_when_its_time_ends() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    let id = net.ask("ana", json!({"cmd": "send", "text": "soon gone", "ttl_ms": 5_000}))["id"].clone();
    net.expect_all("soon gone");
    for who in ["ana", "bob"] {
        let burned = net.until(who, |line| line["type"] == "burned" && line["id"] == id);
        assert_eq!(burned["why"], "ttl");
    }
}

#[test]
fn whoever_quits_says_goodbye() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    net.ask("bob", json!({"cmd": "quit"}));
    net.until("ana", |line| line["type"] == "member" && line["event"] == "leave");
    let (bye, code) = net.ended("bob");
    assert_eq!((bye["code"].as_u64(), code), (Some(0), Some(0)));
}

#[test]
fn whoever_is_away_is_shown_as_away_to_those_who_are_there_and_to_those_who_come() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    net.ask("bob", json!({"cmd": "line", "text": "/away"}));
    let turned = |event: &'static str| {
        move |line: &serde_json::Value| line["type"] == "member" && line["event"] == event
    };
    assert_eq!(net.until("ana", turned("away"))["nick"], "bob");
    net.join("cho", None);
    assert_eq!(net.until("cho", turned("away"))["nick"], "bob");
    net.ask("bob", json!({"cmd": "line", "text": "/back"}));
    for who in ["ana", "cho"] {
        assert_eq!(net.until(who, turned("back"))["nick"], "bob");
    }
}

#[test]
fn closing_stdin_is_quitting() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    net.close_stdin("bob");
    net.until("ana", |line| line["type"] == "member" && line["event"] == "leave");
    assert_eq!(net.ended("bob").1, Some(0));
}

#[cfg(unix)]
#[test]
fn a_signal_says_goodbye_and_gives_its_own_code() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    net.signal("bob", "TERM");
    net.until("ana", |line| line["type"] == "member" && line["event"] == "leave");
    assert_eq!(net.ended("bob").1, Some(143));
}

#[test]
fn a_killed_node_is_not_needed_by_the_others() {
    let mut net = Net::of(&["ana", "bob", "cho"]).join_all("lobby");
    net.kill("ana");
    net.say("bob", "still here").expect(&["cho"], "still here");
}

#[test]
fn a_thousand_lines_of_rubbish_get_a_thousand_answers() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    for n in 0..1_000_u32 {
        let noise = n.wrapping_mul(2_654_435_761);
        let line = match n % 5 {
            0 => format!("{noise:x}"),
            1 => "{\"cmd\":".to_owned() + &"[".repeat((noise % 64) as usize),
            2 => json!({"cmd": format!("x{noise}"), "cid": n}).to_string(),
            3 => json!({"cmd": "send", "text": noise}).to_string(),
            _ => "\u{7f}\u{85}{}".repeat((noise % 9 + 1) as usize),
        };
        net.raw("ana", &line);
    }
    net.ask("ana", json!({"cmd": "rooms"}));
    assert_eq!(net.count("ana", |line| line["type"] == "reply" && line["ok"] == false), 1_000);
    net.say("ana", "and I still talk").expect_all("and I still talk");
}

#[test]
fn several_rooms_live_in_one_process() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    for who in ["ana", "bob"] {
        net.ask(who, json!({"cmd": "join", "room": "ops"}));
    }
    for who in ["ana", "bob"] {
        net.until(who, |line| {
            line["type"] == "room" && line["room"] == "ops" && line["state"] == "confirmed"
        });
    }
    let reply = net.ask("ana", json!({"cmd": "send", "text": "which room?"}));
    assert_eq!((reply["ok"].as_bool(), reply["error"]["code"].as_str()), (Some(false), Some("which_room")));
    net.ask("ana", json!({"cmd": "send", "room": "ops", "text": "only ops"}));
    let heard = net.until("bob", |line| line["type"] == "message" && line["text"] == "only ops");
    assert_eq!(heard["room"], "ops");
}

#[test]
fn a_message_has_one_name_on_every_node_and_its_author_gets_it_once() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    let id = net.ask("ana", json!({"cmd": "send", "cid": "7", "text": "one name"}))["id"].clone();
    let there = net.until("bob", |line| line["type"] == "message" && line["text"] == "one name");
    let mine = net.until("ana", |line| line["type"] == "message" && line["text"] == "one name");
    assert_eq!((&there["id"], &mine["id"]), (&id, &id));
    assert_eq!((there["mine"].as_bool(), mine["mine"].as_bool()), (Some(false), Some(true)));
    net.until("ana", |line| line["type"] == "receipt" && line["id"] == id && line["state"] == "delivered");
    assert_eq!(net.count("ana", |line| line["type"] == "message"), 1);
}

#[test]
fn a_wrong_bootstrap_is_told_with_its_reason() {
    let mut net = Net::of(&[]);
    net.start("ana", &["lobby", "--bootstrap", "127.0.0.1:9"], None);
    let notice = net.until("ana", |line| line["type"] == "notice" && line["code"] == "bootstrap_failed");
    assert!(notice["text"].as_str().is_some_and(|text| text.contains("127.0.0.1:9")), "{notice}");
    assert!(notice["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
    assert!(WAIT.as_secs() >= 10);
}

#[test]
fn what_is_said_before_the_room_is_found_waits_for_it_and_every_step_is_told() {
    let mut net = Net::of(&["ana"]);
    net.ask("ana", json!({"cmd": "join", "room": "lobby"}));
    net.until("ana", |line| line["type"] == "room" && line["state"] == "alone");
    net.start("bob", &[], None);
    net.ask("bob", json!({"cmd": "join", "room": "lobby"}));
    let reply = net.ask("bob", json!({"cmd": "send", "text": "said early"}));
    assert_eq!((reply["ok"].as_bool(), reply["id"].is_null()), (Some(true), true), "{reply}");
    let cid = reply["cid"].clone();
    let mut id = json!(null);
    for state in ["queued", "sent", "delivered"] {
        let line = net.until("bob", |line| line["type"] == "receipt" && line["cid"] == cid);
        assert_eq!(line["state"], state, "{line}");
        assert!(state == "queued" || line["id"].is_string(), "{line}");
        id = line["id"].clone();
    }
    net.expect(&["ana", "bob"], "said early");
    assert_eq!(net.count("ana", |line| line["type"] == "message" && line["id"] == id), 1);
}

#[test]
fn what_is_said_while_the_keys_are_made_waits_as_well() {
    let mut net = Net::of(&["ana", "bob"]);
    for who in ["ana", "bob"] {
        net.ask(who, json!({"cmd": "join", "room": "lobby", "passphrase": "seven otters row upstream"}));
        // Whether the hash is done by then or not: the answer is the same.
        let reply = net.ask(who, json!({"cmd": "send", "text": format!("early {who}"), "ttl_ms": 60_000}));
        assert_eq!((reply["ok"].as_bool(), reply["id"].is_null()), (Some(true), true), "{reply}");
    }
    for who in ["ana", "bob"] {
        net.expect_all(&format!("early {who}"));
    }
}

#[test]
fn what_nobody_came_to_hear_fails_with_its_reason() {
    let mut net = Net::of(&[]);
    net.start("ana", &[], None);
    net.ask("ana", json!({"cmd": "join", "room": "lobby"}));
    net.ask("ana", json!({"cmd": "send", "cid": "x", "text": "to nobody", "ttl_ms": 5_000}));
    let failed = |code: &'static str| {
        move |line: &serde_json::Value| line["state"] == "failed" && line["error"]["code"] == code
    };
    net.until("ana", failed("burned_unsent"));
    net.ask("ana", json!({"cmd": "join", "room": "ops"}));
    net.ask("ana", json!({"cmd": "send", "room": "ops", "text": "a slip"}));
    let reply = net.ask("ana", json!({"cmd": "burn", "room": "ops", "id": "mine"}));
    assert_eq!(reply["burned"], 1, "{reply}");
    net.eventually("ana", |seen| seen.iter().any(failed("taken_back")));
}

#[test]
fn the_doctor_is_asked_within_a_room_and_from_outside() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    let reply = net.ask("bob", json!({"cmd": "line", "text": "/doctor"}));
    let found = reply["findings"].as_array().expect("findings").clone();
    let state = |code: &str| {
        let mut of = found.iter().filter(|finding| finding["code"] == code);
        (of.next().map(|finding| finding["state"].clone()), of.count())
    };
    for code in ["links", "bootstrap", "skew"] {
        assert_eq!(state(code), (Some(json!("ok")), 0), "{code}: {reply}");
    }
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_ephem-node"))
        .args(["doctor", "--json", "--bootstrap", &net.address("ana")])
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .output()
        .expect("the program starts");
    let told = String::from_utf8(out.stdout).expect("UTF-8");
    let lines = told.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let answer = lines.into_iter().find(|line| line["code"] == "bootstrap").expect("a finding about it");
    assert_eq!(answer["state"], "ok", "{told}");
    net.say("bob", "and we go on").expect_all("and we go on");
}

#[test]
fn whoever_asks_faster_than_is_answered_gets_every_answer() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    // Many times the replies that may wait and the requests under way.
    let asked = 3_000;
    for cid in 0..asked {
        net.raw("ana", &json!({"cmd": "status", "cid": cid}).to_string());
    }
    net.ask("ana", json!({"cmd": "rooms"}));
    let numbered = |line: &serde_json::Value| line["type"] == "reply" && line["cid"].is_u64();
    assert_eq!(net.count("ana", numbered), asked);
    net.say("bob", "still with us?").expect_all("still with us?");
}

#[test]
fn a_log_tells_the_steps_and_no_text_nick_room_or_secret() {
    let log = std::env::temp_dir().join(format!("ephem-it-{}.log", std::process::id()));
    let path = log.to_str().expect("a path in UTF-8").to_owned();
    let mut net = Net::of(&[]);
    net.start("anabella", &["sanctuary"], Some("seven otters row upstream"));
    let more = ["sanctuary", "-vv", "--log-file", path.as_str(), "--bootstrap", "127.0.0.1:9"];
    net.start("bobadil", &more, Some("seven otters row upstream"));
    net.confirmed(&["anabella", "bobadil"]);
    let said =
        |name: &str, text: &str| (name.to_owned(), json!({"cmd": "send", "text": text, "ttl_ms": 5_000}));
    for (name, line) in [said("anabella", "north gate at nine"), said("bobadil", "bring the lantern")] {
        net.ask(&name, line);
    }
    net.expect_all("north gate at nine");
    net.expect_all("bring the lantern");
    net.ask("bobadil", json!({"cmd": "kick", "who": "anabella", "why": "wrong lantern"}));
    net.until("bobadil", |line| line["type"] == "burned");
    net.ask("bobadil", json!({"cmd": "quit"}));
    net.ended("bobadil");
    let told = std::fs::read_to_string(&log).expect("a log");
    std::fs::remove_file(&log).expect("it goes");
    for step in [
        "listening",
        "a bootstrap answered",
        "link up",
        "standing=Confirmed",
        "a message",
        "burned",
        "ending",
    ] {
        assert!(told.contains(step), "no word of: {step}\n{told}");
    }
    for word in ["gate", "lantern", "anabella", "bobadil", "sanctuary", "otters", "upstream"] {
        let line = told.lines().find(|line| line.to_lowercase().contains(word));
        assert_eq!(line, None, "{word}");
    }
}
