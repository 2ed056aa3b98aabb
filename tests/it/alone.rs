//! What is said to one person alone, between real processes.

use serde_json::{Value, json};

use crate::words::Net;

fn alone(text: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["type"] == "message" && line["kind"] == "dm" && line["text"] == text
}

fn receipt<'a>(id: &'a Value, state: &'a str) -> impl Fn(&Value) -> bool + 'a {
    move |line| line["type"] == "receipt" && line["id"] == *id && line["state"] == state
}

#[test]
fn two_of_three_talk_alone_and_the_third_learns_nothing() {
    let mut net = Net::of(&["ana", "bob", "cho"]).join_all("lobby");
    let id = net.ask("ana", json!({"cmd": "dm", "to": "bob", "text": "between us", "ttl_ms": 60_000}))["id"]
        .clone();
    let asks = net.until("bob", |line| line["kind"] == "dm");
    assert_eq!((&asks["id"], &asks["text"], &asks["asks"]), (&id, &Value::Null, &json!(true)), "{asks}");
    assert_eq!((&asks["from"]["nick"], &asks["to"]["nick"]), (&json!("ana"), &json!("bob")));
    net.until("ana", receipt(&id, "delivered"));
    net.ask("bob", json!({"cmd": "open", "id": id}));
    let opened = net.until("bob", alone("between us"));
    assert_eq!(
        (&opened["asks"], &opened["once"], &opened["ttl_ms"]),
        (&json!(false), &json!(false), &json!(60_000))
    );
    // From here on they know each other; `/reply` goes to whoever wrote last.
    net.ask("bob", json!({"cmd": "line", "text": "/reply yes, us"}));
    let back = net.until("ana", alone("yes, us"));
    assert_eq!(back["asks"], json!(false));
    net.ask("ana", json!({"cmd": "line", "text": "/msg bob one more"}));
    net.until("bob", alone("one more"));
    // Taken back by its author, it goes from both.
    net.ask("ana", json!({"cmd": "burn", "id": id}));
    for who in ["ana", "bob"] {
        net.until(who, |line| line["type"] == "burned" && line["id"] == id && line["why"] == "sender");
    }
    net.say("ana", "to all").expect_all("to all");
    assert_eq!(net.count("cho", |line| line["kind"] == "dm"), 0);
}

#[test]
fn nothing_comes_from_whoever_is_blocked_until_they_are_not() {
    let mut net = Net::of(&["ana", "bob", "cho"]).join_all("lobby");
    assert_eq!(net.ask("bob", json!({"cmd": "block", "who": "ana"}))["ok"], true);
    net.say("ana", "to nobody who blocks").expect(&["cho"], "to nobody who blocks");
    net.say("cho", "after it").expect_all("after it");
    net.never("bob", "to nobody who blocks");
    assert_eq!(net.ask("bob", json!({"cmd": "unblock", "who": "ana"}))["ok"], true);
    net.say("ana", "now").expect_all("now");
    net.never("bob", "to nobody who blocks");
}

#[test]
fn who_cannot_be_written_to_is_told_at_once() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    for (to, code) in [("nobody-here", "nobody"), ("ana", "nobody")] {
        let refused = net.ask("ana", json!({"cmd": "dm", "to": to, "text": "psst"}));
        assert_eq!(refused["error"]["code"], code, "{refused}");
    }
    let refused = net.ask("ana", json!({"cmd": "dm", "to": "bob", "text": "psst", "ttl_ms": 1_000}));
    assert_eq!(refused["error"]["code"], "ttl_range", "{refused}");
    let refused = net.ask("ana", json!({"cmd": "line", "text": "/reply to whom?"}));
    assert_eq!(refused["error"]["code"], "nobody", "{refused}");
}
