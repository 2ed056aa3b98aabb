//! Who is the same tomorrow, and whom they know then: real processes that end and begin again.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::home::Home;
use crate::words::Net;

/// What leads to a profile at home.
impl Home {
    fn profile(&self, name: &str) -> PathBuf {
        self.profiles().join(name)
    }

    fn args(&self) -> Vec<&str> {
        vec!["-P", "mina", "--profile-passphrase-file", self.words()]
    }
}

fn hello(net: &Net, name: &str) -> Value {
    net.find(name, |line| line["type"] == "hello")["me"]["id"].clone()
}

fn joined<'a>(nick: &'a str) -> impl Fn(&Value) -> bool + 'a {
    move |line| line["type"] == "member" && line["event"] == "join" && line["nick"] == nick
}

#[test]
fn with_a_profile_one_is_the_same_and_without_one_another_in_every_run() {
    let home = Home::new();
    let mut keys = Vec::new();
    for args in [home.args(), home.args(), vec![], vec![]] {
        let mut net = home.net(&[]);
        net.start("ana", &args, None);
        keys.push(hello(&net, "ana"));
        assert_eq!(net.ask("ana", json!({"cmd": "quit"}))["ok"], true);
        assert_eq!(net.ended("ana").1, Some(0));
    }
    assert_eq!(keys[0], keys[1]);
    assert!(keys[2] != keys[3] && !keys[2..].contains(&keys[0]), "{keys:?}");
    let (code, out, _) = home.run(&[&["id", "--json"], &home.args()[..]].concat());
    let line: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &line["profile"]["id"], &line["profile"]["nick"]), (Some(0), &keys[0], &json!("ana")));
}

#[test]
fn a_friend_is_known_again_and_whoever_takes_their_nick_is_told_apart() {
    let home = Home::new();
    let mut net = home.net(&["bob"]);
    net.start("ana", &home.args(), None);
    let mut net = net.join_all("lobby");
    assert_eq!(net.ask("ana", json!({"cmd": "friends"}))["friends"], json!([]));
    let added = net.ask("ana", json!({"cmd": "line", "text": "/friend add bob"}));
    assert_eq!((&added["kept"], &added["friends"][0]["rooms"]), (&json!(true), &json!(["lobby"])), "{added}");
    let who = net.ask("ana", json!({"cmd": "whois", "who": "bob"}));
    assert_eq!(who["person"]["friend"], true, "{who}");
    net.say("ana", "until later").expect_all("until later");
    net.ask("ana", json!({"cmd": "dm", "to": "bob", "text": "and to you"}));
    net.until("bob", |line| line["kind"] == "dm");
    net.ask("ana", json!({"cmd": "quit"}));
    net.ended("ana");
    // Another run: bob is known as he comes, what ana says is not taken for what she said before, and he writes to her
    // without asking first.
    net.start("ana", &[&["lobby"], &home.args()[..]].concat(), None);
    net.until("ana", |line| joined("bob")(line) && line["friend"] == true);
    net.confirmed(&["ana", "bob"]);
    net.say("ana", "back").expect_all("back");
    let id = net.ask("ana", json!({"cmd": "dm", "to": "bob", "text": "to you again"}))["id"].clone();
    net.until("bob", |line| line["kind"] == "dm" && line["id"] == id);
    net.ask("bob", json!({"cmd": "dm", "to": "ana", "text": "no stranger"}));
    let heard = net.until("ana", |line| line["kind"] == "dm" && line["mine"] == false);
    assert_eq!((&heard["text"], &heard["asks"]), (&json!("no stranger"), &json!(false)), "{heard}");
    // Somebody else by his nick.
    net.start("mal", &["lobby"], None);
    net.until("ana", joined("mal"));
    net.ask("mal", json!({"cmd": "nick", "nick": "bob"}));
    let alarm = net.until("ana", |line| line["code"] == "key_changed");
    assert_eq!(alarm["room"], "lobby", "{alarm}");
    // Forgotten, he is a stranger.
    let id = hello(&net, "bob");
    assert_eq!(net.ask("ana", json!({"cmd": "unfriend", "who": id}))["ok"], true);
    assert_eq!(net.ask("ana", json!({"cmd": "friends"}))["friends"], json!([]));
}

#[test]
fn whoever_was_killed_comes_back_as_the_same_while_the_others_still_wait_for_them() {
    let home = Home::new();
    let mut net = home.net(&[]);
    net.start("bob", &["lobby"], None);
    for text in ["first", "second", "third"] {
        net.start("ana", &[&["lobby"], &home.args()[..]].concat(), None);
        net.confirmed(&["ana", "bob"]);
        net.say("ana", text).expect_all(text);
        net.say("bob", &format!("{text}, heard")).expect_all(&format!("{text}, heard"));
        net.kill("ana");
    }
}

#[test]
fn whoever_was_removed_and_comes_again_as_the_same_is_told_so_and_opens_no_room_of_their_own() {
    let home = Home::new();
    let mut net = home.net(&[]);
    net.start("bob", &["lobby"], None);
    net.until("bob", |line| line["type"] == "room" && line["event"] == "joined");
    net.start("ana", &[&["lobby"], &home.args()[..]].concat(), None);
    net.confirmed(&["ana", "bob"]);
    let left = |line: &Value| line["type"] == "room" && line["event"] == "left";
    assert_eq!(net.ask("bob", json!({"cmd": "kick", "who": "ana", "why": "a trial"}))["ok"], true);
    net.until("ana", left);
    net.kill("ana");
    let near = net.near();
    let near: Vec<&str> = near.iter().map(String::as_str).collect();
    let (code, out, said) =
        home.run(&[&["listen", "lobby", "--nick", "ana"], &near[..], &home.args()].concat());
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("you were removed from this room") && !out.contains("joined"), "{out}{said}");
}

#[test]
fn without_a_profile_friends_live_for_the_run_and_the_answer_says_so() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    let added = net.ask("ana", json!({"cmd": "friend", "who": "bob"}));
    assert_eq!((&added["ok"], &added["kept"]), (&json!(true), &json!(false)), "{added}");
    assert_eq!(net.ask("ana", json!({"cmd": "friends"}))["friends"][0]["nick"], "bob");
}

#[test]
fn how_one_is_shown_stays_and_what_cannot_be_written_is_said_and_can_be_asked_again() {
    let home = Home::new();
    let mut net = home.net(&[]);
    net.start("ana", &home.args(), None);
    for text in ["/nick Anabel", "/status back at noon", "/profile colour sand"] {
        let done = net.ask("ana", json!({"cmd": "line", "text": text}));
        assert_eq!(done["ok"], true, "{done}");
    }
    // The folder goes away and comes back.
    let (folder, aside) = (home.profile(""), home.path().join("aside"));
    fs::rename(&folder, &aside).expect("moved");
    for _ in 0..2 {
        let refused = net.ask("ana", json!({"cmd": "nick", "nick": "Annabelle"}));
        assert_eq!(refused["error"]["code"], "not_kept", "{refused}");
    }
    fs::rename(&aside, &folder).expect("moved back");
    assert_eq!(net.ask("ana", json!({"cmd": "nick", "nick": "Annabelle"}))["ok"], true);
    net.ask("ana", json!({"cmd": "quit"}));
    net.ended("ana");
    let (_, out, _) = home.run(&[&["id", "--json"], &home.args()[..]].concat());
    assert_eq!(serde_json::from_str::<Value>(&out).expect("JSON")["profile"]["nick"], "Annabelle");
    // The next run looks the same.
    net.start_first("ana", &home.args());
    let shown = net.ask("ana", json!({"cmd": "line", "text": "/profile"}));
    assert_eq!(shown["profile"]["status"], "back at noon", "{shown}");
    assert_eq!(shown["profile"]["colour"], "sand", "{shown}");
}

#[test]
fn what_cannot_be_opened_is_told_with_its_code_and_left_alone() {
    let home = Home::new();
    let with = |args: &[&str]| home.run(&[args, &home.args()[..]].concat());
    let (code, out, said) = with(&["id"]);
    assert!(code == Some(0) && out.contains("key ") && said.contains("is new"), "{out}{said}");
    let before = fs::read(home.profile("mina")).expect("a file");
    // Nobody to ask; another passphrase; another program.
    assert_eq!(home.run(&["id", "-P", "mina"]).0, Some(10));
    fs::write(home.words(), "six otters").expect("written");
    assert_eq!(with(&["id"]).0, Some(10));
    fs::write(home.words(), "seven otters row upstream").expect("written");
    let mut net = home.net(&[]);
    net.start("ana", &home.args(), None);
    let (code, _, said) = with(&["friends"]);
    assert!(code == Some(10) && said.contains("in use"), "{said}");
    net.ask("ana", json!({"cmd": "quit"}));
    net.ended("ana");
    // Damaged.
    fs::write(home.profile("mina"), &before[..before.len() - 1]).expect("written");
    let (code, _, said) = with(&["id"]);
    assert!(code == Some(3) && said.contains("damaged"), "{said}");
    assert_eq!(fs::read(home.profile("mina")).expect("a file"), before[..before.len() - 1]);
    assert_eq!(home.run(&["id", "-P", "../mina"]).0, Some(2));
}

#[test]
fn a_copy_goes_out_and_comes_in_and_a_profile_can_be_wiped() {
    let home = Home::new();
    let with = |args: &[&str]| home.run(&[args, &home.args()[..]].concat());
    let key = |out: &str| out.lines().find(|line| line.starts_with("key ")).map(str::to_owned);
    let first = key(&with(&["id"]).1).expect("a key");
    let friend = "ab".repeat(32);
    assert!(with(&["friends", "add", &friend, "bob"]).1.contains("bob ("));
    let copy = home.path().join("copy");
    assert_eq!(with(&["id", "--export", copy.to_str().expect("UTF-8")]).0, Some(0));
    let (code, _, said) = with(&["id", "--export", copy.to_str().expect("UTF-8")]);
    assert!(code == Some(3) && said.contains("is there already, and was left as it is"), "{said}");
    assert_eq!(home.run(&["wipe", "mina"]).0, Some(2), "nobody agreed");
    let (code, _, said) = home.run(&["wipe", "mina", "--yes"]);
    assert!(code == Some(0) && said.contains("may be left"), "{said}");
    assert!(!home.profile("mina").exists());
    assert_eq!(home.run(&["wipe", "mina", "--yes"]).0, Some(3));
    let import = ["id", "-P", "mina", "--import", copy.to_str().expect("UTF-8")];
    let other = home.path().join("other");
    fs::write(&other, "another passphrase than that\n").expect("written");
    let wrong = ["--profile-passphrase-file", other.to_str().expect("UTF-8")];
    let (code, _, said) = home.run(&[&import[..], &wrong[..]].concat());
    assert!(code == Some(10) && said.contains("does not open"), "{said}");
    assert!(!home.profile("mina").exists(), "nothing is made of a copy that nobody opened");
    let (code, out, said) = with(&["id", "--import", copy.to_str().expect("UTF-8")]);
    assert_eq!((code, key(&out)), (Some(0), Some(first)), "{said}");
    assert!(with(&["friends"]).1.contains(&friend));
    assert!(!with(&["friends", "remove", "bob"]).1.contains(&friend));
    assert_eq!(with(&["id", "--import", copy.to_str().expect("UTF-8")]).0, Some(3), "it is there already");
}
