//! How people are shown: what they chose, a name for one room alone, and who takes a name that was verified.

use serde_json::{Value, json};

use super::words::Net;

fn line(text: &str) -> Value {
    json!({"cmd": "line", "text": text})
}

fn profile_of(nick: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["type"] == "member" && line["event"] == "profile" && line["nick"] == nick
}

#[test]
fn what_somebody_chose_is_seen_by_those_who_are_there_and_by_those_who_come() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    let answer = net.ask("bob", line("/status gone\u{202e} fishing \u{1f3a3}"));
    assert_eq!(answer["profile"]["status"], "gone fishing \u{1f3a3}");
    net.find("bob", |line| line["type"] == "notice" && line["code"] == "cleaned");
    assert_eq!(net.until("ana", profile_of("bob"))["status"], "gone fishing \u{1f3a3}");
    let keys_own = net.ask("bob", line("/profile"))["profile"]["avatar"].clone();
    net.ask("bob", line("/avatar mast"));
    net.ask("bob", line("/profile colour sand"));
    net.until("ana", |line| {
        profile_of("bob")(line) && line["avatar"] == "\u{2021}" && line["colour"] == "sand"
    });
    net.join("cho", None);
    let told = |line: &Value| line["type"] == "member" && line["nick"] == "bob" && !line["status"].is_null();
    let seen = net.until("cho", told);
    assert_eq!((&seen["status"], &seen["avatar"]), (&json!("gone fishing \u{1f3a3}"), &json!("\u{2021}")));
    assert_eq!(seen["colour"], "sand");
    let members = net.ask("cho", json!({"cmd": "who"}))["members"].clone();
    let bob = members.as_array().unwrap().iter().find(|row| row["nick"] == "bob").unwrap();
    assert_eq!(bob["status"], "gone fishing \u{1f3a3}");
    net.ask("bob", line("/nick bobby"));
    let named = net.until("ana", |line| line["event"] == "nick" && line["nick"] == "bobby");
    assert_eq!(named["was"], "bob");
    assert_eq!(named["avatar"], "\u{2021}", "a new nick takes nothing else away");
    let answer = net.ask("bob", line("/status"));
    assert_eq!(answer["profile"]["status"], Value::Null);
    let answer = net.ask("bob", line("/avatar auto"));
    assert_eq!(answer["profile"]["avatar"], keys_own);
    let page = net.ask("bob", line("/avatar"))["lines"].clone();
    assert!(page.to_string().contains("mast"), "{page}");
    for wrong in ["/avatar dragon", "/profile colour red", "/profile shoes 43", "/anon maybe"] {
        assert_eq!(net.ask("bob", line(wrong))["error"]["code"], "usage", "{wrong}");
    }
    let long = format!("/status {}", "x".repeat(257));
    assert_eq!(net.ask("bob", line(&long))["error"]["code"], "too_long");
}

#[test]
fn a_name_for_one_room_hides_what_was_chosen_and_says_what_it_does_not_hide() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    net.ask("bob", line("/status gone fishing"));
    net.until("ana", profile_of("bob"));
    let before = net.ask("bob", line("/profile"));
    assert_eq!((&before["profile"]["anon"], &before["limit"]), (&json!(false), &Value::Null));
    let answer = net.ask("bob", line("/anon on"));
    let (mine, limit) = (&answer["profile"], answer["limit"].as_str().expect("what it does not hide"));
    let (nick, tag) = (mine["nick"].as_str().unwrap().to_owned(), mine["tag"].as_str().unwrap());
    assert!(nick != "bob" && mine["anon"] == true && mine["status"].is_null(), "{answer}");
    assert!(limit.contains(tag) && limit.contains("all rooms"), "{limit}");
    assert_eq!(mine["tag"], before["profile"]["tag"]);
    let seen = net
        .until("ana", |line| line["type"] == "member" && line["event"] == "profile" && line["nick"] == *nick);
    assert_eq!(seen["status"], Value::Null);
    assert_eq!(seen["id"], before["profile"]["id"]);
    // What is changed meanwhile is changed where he goes by his name.
    net.ask("bob", line("/nick bobby"));
    let answer = net.ask("bob", line("/status back"));
    assert_eq!(answer["profile"]["nick"], *nick);
    net.say("bob", "who am I?").expect(&["ana"], "who am I?");
    let heard = net.find("ana", |line| line["text"] == "who am I?");
    assert_eq!(heard["from"]["nick"], *nick);
    let answer = net.ask("bob", line("/anon off"));
    assert_eq!((&answer["profile"]["nick"], &answer["profile"]["status"]), (&json!("bobby"), &json!("back")));
    net.until("ana", |line| profile_of("bobby")(line) && line["status"] == "back");
}

#[test]
fn whoever_takes_a_verified_nick_raises_an_alarm() {
    let mut net = Net::of(&["ana", "bob", "eve"]).join_all("lobby");
    let joined = |nick: &'static str| move |line: &Value| line["event"] == "join" && line["nick"] == nick;
    net.eventually("ana", |seen| ["bob", "eve"].iter().all(|nick| seen.iter().any(joined(nick))));
    let verified = net.ask("ana", json!({"cmd": "verify", "who": "bob"}))["person"]["tag"].clone();
    net.ask("bob", json!({"cmd": "quit"}));
    net.until("ana", |line| line["type"] == "member" && line["event"] == "leave");
    net.ask("eve", line("/nick Bob"));
    let alarm = net.until("ana", |line| line["type"] == "notice" && line["code"] == "key_changed");
    assert_eq!(alarm["level"], "error");
    assert!(alarm["text"].as_str().unwrap().contains(verified.as_str().unwrap()), "{alarm}");
}

#[test]
fn an_author_reads_who_has_seen_it_only_from_those_who_say_so() {
    let mut net = Net::of(&["ana", "bob", "cho"]).join_all("lobby");
    let id = net.ask("ana", json!({"cmd": "send", "text": "the north gate"}))["id"].clone();
    net.expect_all("the north gate");
    net.until("ana", |line| line["type"] == "receipt" && line["state"] == "delivered" && line["count"] == 2);
    assert_eq!(net.ask("bob", json!({"cmd": "seen", "id": id}))["ok"], true);
    let seen = net.until("ana", |line| line["type"] == "receipt" && line["state"] == "seen");
    assert_eq!((&seen["id"], &seen["count"], &seen["of"]), (&id, &json!(1), &json!(2)));
    assert_eq!(net.ask("bob", json!({"cmd": "seen", "id": "00000000"}))["error"]["code"], "no_message");
    for who in ["ana", "bob", "cho"] {
        net.ask(who, json!({"cmd": "rooms"}));
    }
    assert_eq!(net.count("ana", |line| line["state"] == "seen"), 1, "cho has it as well, and said nothing");
}

#[test]
fn who_writes_is_told_to_all_or_to_one_only_by_those_who_say_so() {
    let mut net = Net::of(&["ana", "bob", "cho"]).join_all("lobby");
    // Receipts came, so there are links to be told over.
    for who in ["ana", "bob"] {
        net.ask(who, json!({"cmd": "send", "text": format!("here is {who}")}));
        net.until(who, |line| {
            line["type"] == "receipt" && line["state"] == "delivered" && line["count"] == 2
        });
    }
    assert_eq!(net.ask("ana", json!({"cmd": "typing"}))["ok"], true);
    for who in ["bob", "cho"] {
        let line = net.until(who, |line| line["type"] == "typing");
        let said = (&line["room"], &line["from"]["nick"], &line["dm"], &line["for_ms"]);
        assert_eq!(said, (&json!("lobby"), &json!("ana"), &json!(false), &json!(7_000)));
    }
    assert_eq!(net.ask("bob", json!({"cmd": "typing", "who": "ana"}))["ok"], true);
    assert_eq!(net.until("ana", |line| line["type"] == "typing")["dm"], true);
    assert_eq!(net.ask("bob", json!({"cmd": "typing", "who": "nobody"}))["error"]["code"], "nobody");
    for who in ["ana", "cho"] {
        net.ask(who, json!({"cmd": "rooms"}));
    }
    assert_eq!(net.count("cho", |line| line["type"] == "typing"), 1, "what is for ana is ana's");
}

#[test]
fn whose_word_rules_is_told_once_to_those_who_came_by_name_and_not_to_the_owner() {
    let mut net = Net::hosted_by("ana", &[]);
    net.join("bob", None);
    let told = |line: &Value| line["type"] == "notice" && line["code"] == "owner_on_trust";
    let said = net.until("bob", told);
    assert!(said["text"].as_str().is_some_and(|text| text.contains("ana (")), "{said}");
    net.join("cho", None);
    net.until("cho", told);
    net.counts("ana", 3);
    net.counts("bob", 3);
    for (who, times) in [("ana", 0), ("bob", 1), ("cho", 1)] {
        net.ask(who, json!({"cmd": "rooms"}));
        assert_eq!(net.count(who, told), times, "{who}");
    }
}
