//! What is gone is gone: messages that are taken back, rooms that end, and a person who wants everything burned, now.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::words::Net;

fn said(text: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["type"] == "message" && line["text"] == text
}

fn notice(code: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["type"] == "notice" && line["code"] == code
}

fn room(event: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["type"] == "room" && line["event"] == event
}

#[test]
fn whoever_takes_a_message_back_reads_on_how_many_it_is_gone() {
    let mut net = Net::hosted_by("ana", &[]);
    net.join("bob", None);
    net.join("cho", None);
    net.confirmed(&["ana", "bob", "cho"]);
    let id = net.ask("ana", json!({"cmd": "send", "text": "a slip"}))["id"].clone();
    net.expect_all("a slip");
    net.ask("ana", json!({"cmd": "line", "text": "/burn last"}));
    for who in ["ana", "bob", "cho"] {
        let burned = net.until(who, |line| line["type"] == "burned" && line["id"] == id);
        assert_eq!(burned["why"], "sender");
    }
    let told = net.until("ana", notice("gone"));
    assert_eq!(
        (&told["count"], &told["missed"], &told["text"]),
        (&json!(2), &json!(0), &json!("expired on 2"))
    );
    // By id, and as somebody above its author.
    let id = net.ask("bob", json!({"cmd": "send", "text": "flooding"}))["id"].clone();
    net.expect_all("flooding");
    let refused = net.ask("cho", json!({"cmd": "burn", "id": id}));
    assert_eq!(refused["error"]["code"], "role", "{refused}");
    net.ask("ana", json!({"cmd": "burn", "id": id}));
    let burned = net.until("bob", |line| line["type"] == "burned" && line["id"] == id);
    assert_eq!(burned["why"], "admin");
    assert_eq!(net.until("ana", notice("gone"))["count"], 2);
    // All of one's own.
    for text in ["one", "two", "three"] {
        net.say("cho", text).expect_all(text);
    }
    assert_eq!(net.ask("cho", json!({"cmd": "burn", "id": "mine"}))["burned"], 3);
    assert_eq!(net.until("cho", notice("gone"))["count"], 2);
    for who in ["ana", "bob"] {
        net.eventually(who, |seen| seen.iter().filter(|line| line["type"] == "burned").count() == 5);
    }
}

#[cfg(unix)]
#[test]
fn whoever_does_not_answer_is_out_of_reach() {
    let mut net = Net::of(&["ana", "bob", "cho"]).join_all("lobby");
    net.say("ana", "a slip").expect_all("a slip");
    net.signal("cho", "STOP");
    net.ask("ana", json!({"cmd": "line", "text": "/burn last"}));
    let told = net.until("ana", notice("gone"));
    let text = told["text"].as_str().expect("a sentence");
    assert!(text.starts_with("expired on 1, out of reach 1"), "{told}");
    // It was only slow, and obeys.
    net.signal("cho", "CONT");
    assert_eq!(net.until("cho", |line| line["type"] == "burned")["why"], "sender");
}

/// The shortest of three: what else the machine does is not what is tried.
fn quickest(mut once: impl FnMut() -> Duration) -> Duration {
    (0..3).map(|_| once()).min().expect("three of them")
}

#[test]
fn panic_burns_everything_says_goodbye_and_has_ended_in_a_moment() {
    let took = quickest(|| {
        let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
        net.say("ana", "by another").expect_all("by another");
        net.say("bob", "by myself").expect_all("by myself");
        let begun = Instant::now();
        net.raw("bob", &json!({"cmd": "line", "text": "/panic"}).to_string());
        for _ in 0..2 {
            assert_eq!(net.until("bob", |line| line["type"] == "burned")["why"], "panic");
        }
        let (bye, code) = net.ended("bob");
        let took = begun.elapsed();
        assert_eq!((bye["code"].as_u64(), code), (Some(0), Some(0)), "{bye}");
        net.until("ana", |line| line["type"] == "member" && line["event"] == "leave");
        took
    });
    assert!(took < Duration::from_millis(300), "{took:?}");
}

#[test]
fn panic_waits_for_no_hash() {
    let took = quickest(|| {
        let mut net = Net::of(&["ana"]);
        net.ask("ana", json!({"cmd": "join", "room": "lobby", "passphrase": "seven otters row upstream"}));
        let begun = Instant::now();
        net.raw("ana", &json!({"cmd": "line", "text": "/panic"}).to_string());
        assert_eq!(net.ended("ana").1, Some(0));
        begun.elapsed()
    });
    assert!(took < Duration::from_millis(300), "{took:?}");
}

#[test]
fn the_last_one_out_leaves_nothing_and_the_next_comer_opens_a_new_room() {
    // What lives would be handed on here, if anybody had it.
    let mut net = Net::hosted_by("ana", &["--history", "unexpired"]);
    net.join("bob", None);
    net.confirmed(&["ana", "bob"]);
    net.say("ana", "in the old room").expect_all("in the old room");
    for who in ["bob", "ana"] {
        net.ask(who, json!({"cmd": "leave"}));
        net.until(who, |line| line["type"] == "burned" && line["why"] == "room");
        net.until(who, room("left"));
    }
    // Both processes still run, and are asked.
    net.join("cho", None);
    let alone = net.until("cho", |line| line["type"] == "room" && line["state"] == "alone");
    assert_eq!((&alone["members"], &alone["role"]), (&json!(1), &json!("owner")), "{alone}");
    let settings = net.until("cho", room("state"));
    assert_eq!(settings["closes_ms"], Value::Null);
    net.ask("ana", json!({"cmd": "join", "room": "lobby"}));
    for who in ["ana", "cho"] {
        net.counts(who, 2);
    }
    assert_eq!(
        net.find("ana", |line| line["state"] == "confirmed" && line["role"] == "member")["members"],
        2
    );
    net.say("cho", "in the new room").expect(&["ana"], "in the new room");
    net.never("cho", "in the old room");
    assert_eq!(net.count("ana", said("in the old room")), 1);
}

#[test]
fn closing_a_room_ends_it_for_everybody_and_leaves_nothing_to_read() {
    let mut net = Net::hosted_by("ana", &[]);
    net.join("bob", None);
    net.confirmed(&["ana", "bob"]);
    let reader = net.begin(&["listen", "lobby", "--timeout", "25s"]);
    net.counts("ana", 3);
    net.say("bob", "gone with the room").expect_all("gone with the room");
    let id = net.find("bob", said("gone with the room"))["id"].clone();
    let refused = net.ask("bob", json!({"cmd": "close"}));
    assert_eq!(refused["error"]["code"], "role", "{refused}");
    assert_eq!(net.ask("ana", json!({"cmd": "close"}))["ok"], true);
    for who in ["ana", "bob"] {
        let burned = net.until(who, |line| line["type"] == "burned");
        assert_eq!((&burned["id"], &burned["why"]), (&id, &json!("room")));
        net.until(who, room("closed"));
        for command in [
            json!({"cmd": "send", "room": "lobby", "text": "too late"}),
            json!({"cmd": "line", "room": "lobby", "text": "/search gone"}),
        ] {
            let refused = net.ask(who, command);
            assert_eq!(
                (&refused["ok"], &refused["error"]["code"]),
                (&json!(false), &json!("unknown_room")),
                "{refused}"
            );
        }
    }
    let out = reader.join().expect("it ends");
    let words = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(7), "{words}");
    assert!(words.contains("the owner has closed the room"), "{words}");
}

#[test]
fn the_end_of_a_room_is_counted_down_and_comes() {
    let mut net = Net::hosted_by("ana", &[]);
    net.join("bob", None);
    net.confirmed(&["ana", "bob"]);
    let refused = net.ask("bob", json!({"cmd": "line", "text": "/expires 2h"}));
    assert_eq!(refused["error"]["code"], "role", "{refused}");
    assert_eq!(net.ask("ana", json!({"cmd": "line", "text": "/expires 2h"}))["ok"], true);
    for who in ["ana", "bob"] {
        let told = net.until(who, room("settings"));
        let left = told["closes_in_ms"].as_u64().expect("a countdown");
        // Room time differs by the moment that a welcome takes.
        assert!((7_190_000..=7_200_500).contains(&left), "{told}");
        assert!(
            told["closes_ms"].as_u64().expect("an end") > told["ts"].as_u64().expect("a time") + 7_190_000
        );
    }
    net.say("ana", "gone with the room").expect_all("gone with the room");
    // Brought nearer: both are warned at once, and again ten seconds before.
    assert_eq!(net.ask("ana", json!({"cmd": "line", "text": "/expires 13s"}))["ok"], true);
    let begun = Instant::now();
    for who in ["ana", "bob"] {
        for most in [13_000, 10_000] {
            let told = net.until(who, notice("closing"));
            let left = told["closes_in_ms"].as_u64().expect("a countdown");
            assert!(left <= most && left + 2_000 > most, "{told}");
        }
        let later = net.ask(who, json!({"cmd": "rooms"}))["rooms"][0]["closes_in_ms"].as_u64();
        assert!(later.is_some_and(|left| left <= 10_000), "{later:?}");
    }
    for who in ["ana", "bob"] {
        let burned = net.until(who, |line| line["type"] == "burned");
        assert_eq!(burned["why"], "room");
        net.until(who, room("expired"));
    }
    assert!(begun.elapsed() >= Duration::from_millis(12_500), "{:?}", begun.elapsed());
}

#[cfg(unix)]
#[test]
fn whatever_was_over_while_a_process_stood_still_is_never_told() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    let short = |text: &str| json!({"cmd": "send", "text": text, "ttl_ms": 5_000});
    let seen = net.ask("ana", short("seen before"))["id"].clone();
    net.expect_all("seen before");
    net.signal("bob", "STOP");
    net.ask("ana", short("over by then"));
    net.ask("ana", json!({"cmd": "send", "text": "still alive"}));
    // What bob says while he stands still waits in his pipe until he goes on, and is said then.
    net.raw(
        "bob",
        &json!({"cmd": "send", "cid": "late", "text": "typed meanwhile", "ttl_ms": 5_000}).to_string(),
    );
    let over = |line: &Value| line["type"] == "burned" && line["why"] == "ttl";
    net.eventually("ana", |seen| seen.iter().filter(|line| over(line)).count() == 2);
    // Two nodes' room times differ by as much as a welcome took.
    let last = net.ask("ana", json!({"cmd": "rooms"}))["ts"].as_u64().expect("a time");
    net.clock_passes("ana", last + 1_000);
    net.signal("bob", "CONT");
    let woke = Instant::now();
    net.until("bob", |line| line["type"] == "burned" && line["id"] == seen);
    let took = woke.elapsed();
    net.expect(&["bob"], "still alive");
    net.expect(&["ana"], "typed meanwhile");
    net.never("bob", "over by then");
    let overdue = |line: &Value| line["type"] == "message" && line["burns_ms"] == 0;
    assert_eq!(net.count("bob", overdue), 0);
    assert!(took <= Duration::from_millis(250), "{took:?}");
}

#[cfg(unix)]
#[test]
fn a_message_that_counts_from_its_first_display_has_its_whole_life_then() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    net.signal("bob", "STOP");
    let id = net
        .ask("ana", json!({"cmd": "send", "text": "when you are back", "ttl_ms": 5_000, "from_read": true}))
        ["id"]
        .clone();
    let gone = |line: &Value| line["type"] == "burned" && line["id"] == id;
    net.until("ana", gone);
    net.signal("bob", "CONT");
    let line = net.until("bob", said("when you are back"));
    let left = line["burns_ms"].as_u64().expect("its time runs");
    assert!((4_000..=5_000).contains(&left), "{line}");
    assert_eq!(net.until("bob", gone)["why"], "ttl");
    // The same by a command.
    net.ask("bob", json!({"cmd": "line", "text": "/shown 5s and you?"}));
    net.until("ana", said("and you?"));
}
