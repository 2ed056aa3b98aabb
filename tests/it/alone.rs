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

#[test]
fn a_report_reaches_those_in_office_with_the_message_it_is_about_and_nobody_else() {
    let mut net = Net::hosted_by("ana", &[]);
    for who in ["bob", "eve"] {
        net.join(who, None);
    }
    net.confirmed(&["ana", "bob", "eve"]);
    let id = net.ask("eve", json!({"cmd": "send", "text": "buy my coins"}))["id"].clone();
    net.expect(&["ana", "bob"], "buy my coins");
    let refused = net.ask("bob", json!({"cmd": "report", "who": "eve"}));
    assert_eq!(refused["error"]["code"], "missing_field", "{refused}");
    assert_eq!(net.ask("bob", json!({"cmd": "report", "id": id, "text": "all day"}))["ok"], true);
    let told = net.until("bob", |line| line["type"] == "notice" && line["code"] == "reported");
    assert_eq!(told["text"], "your report went to the one in office who is here");
    let report = net.until("ana", |line| line["type"] == "message" && line["kind"] == "report");
    assert_eq!(report["text"], "all day\n> buy my coins");
    assert_eq!(
        (&report["from"]["nick"], &report["about"]["nick"]),
        (&json!("bob"), &json!("eve")),
        "{report}"
    );
    let open = net.ask("ana", json!({"cmd": "line", "text": "/reports"}));
    assert_eq!(open["messages"].as_array().map(Vec::len), Some(1), "{open}");
    let close = format!("/reports close {}", report["id"].as_str().expect("a name"));
    net.ask("ana", json!({"cmd": "line", "text": close}));
    net.until("ana", |line| line["type"] == "burned" && line["id"] == report["id"]);
    net.say("eve", "to all").expect(&["ana", "bob"], "to all");
    assert_eq!(net.count("eve", |line| line["kind"] == "report"), 0);
    // Nobody else is in office.
    let refused = net.ask("bob", json!({"cmd": "line", "text": "/report ana is the owner"}));
    assert_eq!(refused["error"]["code"], "nobody_in_office", "{refused}");
}

#[test]
fn a_name_that_means_two_people_reaches_neither() {
    let mut net = Net::of(&["ana", "bob", "b0b"]).join_all("lobby");
    for asked in [
        json!({"cmd": "dm", "to": "bob", "text": "to one of them"}),
        json!({"cmd": "block", "who": "bob"}),
        json!({"cmd": "line", "text": "/msg bob to one of them"}),
        json!({"cmd": "line", "text": "/block b0b"}),
    ] {
        let refused = net.ask("ana", asked);
        assert_eq!(refused["error"]["code"], "ambiguous", "{refused}");
        let told = refused["error"].to_string();
        assert!(["bob (", "b0b ("].iter().all(|nick| told.contains(nick)), "{refused}");
    }
    net.say("ana", "to all").expect_all("to all");
    for who in ["bob", "b0b"] {
        net.never(who, "to one of them");
    }
}
