//! What whoever opens a room may choose, and what the others see of it.

use serde_json::{Value, json};

use crate::words::{Net, finish, program};

/// Whoever opens the room with these settings, and somebody who comes in.
fn room(settings: &[&str]) -> Net {
    let mut net = Net::hosted_by("ana", settings);
    net.join("bob", None);
    net.confirmed(&["ana", "bob"]);
    net
}

fn said(line: &Value) -> bool {
    line["type"] == "message"
}

/// Sends `count` at once; gives how many of them had not left when the answers were all in.
fn burst(net: &mut Net, who: &str, count: usize) -> usize {
    for n in 0..count {
        net.raw(who, &json!({"cmd": "send", "cid": n, "text": format!("burst {n}")}).to_string());
    }
    net.ask(who, json!({"cmd": "rooms"}));
    net.count(who, |line| line["type"] == "receipt" && line["state"] == "queued")
}

#[test]
fn a_slow_room_lets_a_burst_wait_and_loses_none_of_it() {
    let mut net = room(&["--rate", "5"]);
    assert!(burst(&mut net, "bob", 30) >= 5, "twenty at once, and the rest waits its turn");
    net.eventually("ana", |seen| seen.iter().filter(|line| said(line)).count() == 30);
    let order: Vec<String> = net.texts("ana");
    assert_eq!(order, (0..30).map(|n| format!("burst {n}")).collect::<Vec<_>>(), "in their order");
}

#[test]
fn a_room_without_a_rate_takes_a_burst_at_once_from_everybody() {
    let mut net = room(&["--rate", "off"]);
    for who in ["ana", "bob"] {
        assert_eq!(burst(&mut net, who, 200), 0, "{who} had to wait");
    }
    for who in ["ana", "bob"] {
        net.eventually(who, |seen| seen.iter().filter(|line| said(line)).count() == 400);
    }
}

#[test]
fn what_somebody_else_chose_for_the_rate_counts_for_nothing() {
    let mut net = room(&["--rate", "5"]);
    net.start("cho", &["lobby", "--rate", "off"], None);
    net.confirmed(&["ana", "bob", "cho"]);
    assert!(burst(&mut net, "cho", 30) >= 5, "the room has its rate");
    for who in ["ana", "bob"] {
        net.eventually(who, |seen| seen.iter().filter(|line| said(line)).count() == 30);
    }
}

#[test]
fn a_latecomer_gets_what_still_lives_where_the_room_says_so() {
    for (history, there) in [("unexpired", true), ("none", false)] {
        let mut net = room(&["--history", history]);
        net.say("ana", "said before").expect_all("said before");
        // Whoever comes within a moment counts as having been there, and gossip offers a frame for some seconds.
        let said = net.find("ana", |line| line["text"] == "said before")["sent_ms"].as_u64().expect("a time");
        net.clock_passes("ana", said + 8_000);
        net.join("cho", None);
        net.confirmed(&["ana", "bob", "cho"]);
        net.say("bob", "said after").expect_all("said after");
        if there {
            net.expect(&["cho"], "said before");
            let late = net.find("cho", |line| line["text"] == "said before");
            assert_eq!(late["caught_up"], true);
            assert!(late["burns_ms"].as_u64() <= Some(600_000));
        } else {
            // Whoever asked for what was missed has been answered by the time of a second message.
            net.say("ana", "and once more").expect_all("and once more");
            net.never("cho", "said before");
        }
    }
}

#[test]
fn messages_live_as_long_as_the_room_says() {
    let mut net = room(&["--ttl", "5s"]);
    net.say("bob", "short").expect_all("short");
    for who in ["ana", "bob"] {
        let line = net.find(who, |line| line["text"] == "short");
        assert_eq!(line["ttl_ms"], 5_000, "{line}");
        net.until(who, |burned| burned["type"] == "burned" && burned["id"] == line["id"]);
    }
}

#[test]
fn a_full_room_says_so_and_ends_a_visit_with_its_code() {
    let mut net = room(&["--max", "2"]);
    let out = net.run(&["listen", "lobby", "--timeout", "20s"]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(7), "{said}");
    assert!(said.contains("the room is full"), "{said}");
    // A program that stays is told, and gets in once there is room.
    net.join("cho", None);
    let told = net.until("cho", |line| line["type"] == "notice" && line["code"] == "full");
    assert!(told["hint"].as_str().is_some_and(|hint| hint.contains("wait until somebody leaves")), "{told}");
    net.ask("bob", json!({"cmd": "leave"}));
    net.confirmed(&["ana", "cho"]);
    net.say("cho", "at last").expect(&["ana"], "at last");
}

#[test]
fn a_room_whose_time_is_over_ends_everywhere_and_takes_its_text_along() {
    let mut net = room(&["--expires", "12s"]);
    let reader = net.begin(&["listen", "lobby", "--timeout", "25s"]);
    net.say("ana", "gone with the room").expect_all("gone with the room");
    for who in ["ana", "bob"] {
        let id = net.find(who, |line| line["text"] == "gone with the room")["id"].clone();
        let burned = net.until(who, |line| line["type"] == "burned" && line["id"] == id);
        assert_eq!(burned["why"], "room");
        net.until(who, |line| line["type"] == "room" && line["event"] == "expired");
        let refused = net.ask(who, json!({"cmd": "send", "room": "lobby", "text": "too late"}));
        assert_eq!(refused["ok"], false);
    }
    let out = reader.join().expect("it ends");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(7), "{said}");
    assert!(said.contains("the room's time is over"), "{said}");
}

#[test]
fn whoever_knocks_waits_until_an_admin_opens() {
    let mut net = Net::hosted_by("ana", &["--knock"]);
    net.join("bob", None);
    let told = net.until("bob", |line| line["type"] == "notice" && line["code"] == "knock");
    assert_eq!(told["text"], "an admin has to let you in");
    let asked = |line: &Value| line["type"] == "notice" && line["code"] == "knocks";
    let hint = net.until("ana", asked)["hint"].as_str().expect("a hint").to_owned();
    let knock = net.until("ana", |line| line["type"] == "member" && line["event"] == "knock");
    assert!(hint.contains(&format!("/admit {} ", knock["tag"].as_str().expect("a tag"))), "{hint}");
    let done = net.ask("ana", json!({"cmd": "admit", "who": knock["id"]}));
    assert_eq!(done["ok"], true, "{done}");
    net.confirmed(&["ana", "bob"]);
    net.say("bob", "thank you").expect_all("thank you");
    assert_eq!(net.count("bob", |line| line["code"] == "knock"), 1, "once, however often it asked");
}

#[test]
fn what_was_done_before_somebody_came_is_no_news_to_them() {
    let mut net = room(&[]);
    assert_eq!(net.ask("ana", json!({"cmd": "admin", "who": "bob"}))["ok"], true);
    // More than a welcome carries: the rest of the log comes after it.
    for n in 0..60 {
        let topic = format!("the north gate, {n} {}", "and on ".repeat(20));
        assert_eq!(net.ask("ana", json!({"cmd": "policy", "topic": topic}))["ok"], true, "{n}");
    }
    net.join("cho", None);
    net.confirmed(&["ana", "bob", "cho"]);
    let set = |line: &Value| line["event"] == "settings" && line["set"].is_object();
    net.eventually("cho", |seen| seen.iter().filter(|line| set(line)).count() > 0);
    let reply = net.ask("cho", json!({"cmd": "rooms"}));
    let topic = reply["rooms"][0]["topic"].as_str().expect("a topic");
    assert!(topic.starts_with("the north gate, 59"), "{topic}");
    assert_eq!(net.count("cho", |line| set(line) && line["past"] != true), 0, "none of it is news");
    // What is done from now on is.
    assert_eq!(net.ask("ana", json!({"cmd": "unadmin", "who": "bob"}))["ok"], true);
    let role = net.until("cho", |line| line["event"] == "role" && line["role"] == "member");
    assert!(role["past"].is_null(), "{role}");
}

#[test]
fn whoever_is_denied_stays_outside() {
    let mut net = Net::hosted_by("ana", &["--knock"]);
    net.join("eve", None);
    let knock = net.until("ana", |line| line["type"] == "member" && line["event"] == "knock");
    assert_eq!(net.ask("ana", json!({"cmd": "deny", "who": knock["id"]}))["ok"], true);
    net.ask("ana", json!({"cmd": "send", "text": "to nobody"}));
    net.never("eve", "to nobody");
    assert_eq!(net.count("eve", |line| line["type"] == "room" && line["event"] == "joined"), 0);
}

#[test]
fn a_visitor_opens_no_room_whatever_it_is_asked_to_set() {
    let net = Net::of(&[]);
    for args in [&["send", "lobby", "hi", "--max", "2"][..], &["listen", "lobby", "--knock"]] {
        let out = finish(program(net.runtime()).args(args), None);
        assert_eq!(out.status.code(), Some(2), "{args:?}: not for those who open nothing");
    }
}
