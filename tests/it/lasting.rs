//! Rooms that last: kept in profiles, come back to by processes that end and begin again.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::home::Home;
use crate::words::{Net, finish, program};

/// Rooms kept at home.
impl Home {
    /// Somebody who keeps the room.
    fn join(&self, net: &mut Net, name: &str) {
        let args = ["lobby", "--persistent", "-P", name, "--profile-passphrase-file", self.words()];
        net.start(name, &args, None);
        is_in(net, name);
    }

    /// The same, back.
    fn reopen(&self, net: &mut Net, name: &str) {
        let args =
            ["rooms", "reopen", "lobby", "--json", "-P", name, "--profile-passphrase-file", self.words()];
        net.open(name, &args, None);
    }

    /// Runs a command on a profile.
    fn run_as(&self, args: &[&str], name: &str) -> (Option<i32>, String, String) {
        self.run(&[args, &["-P", name, "--profile-passphrase-file", self.words()]].concat())
    }

    /// The files of kept rooms.
    fn rooms(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.profiles()).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut rooms: Vec<PathBuf> =
            paths.filter(|path| path.to_string_lossy().contains(".room-")).collect();
        rooms.sort();
        rooms
    }
}

fn quit(net: &mut Net, name: &str) {
    net.ask(name, json!({"cmd": "quit"}));
    assert_eq!(net.ended(name).1, Some(0));
}

/// Waits until somebody is in: two who come at once open a room each, and each rules their own people.
fn is_in(net: &mut Net, name: &str) {
    net.eventually(name, |seen| seen.iter().any(|line| line["type"] == "room" && line["event"] == "joined"));
}

fn lasts(line: &Value) -> bool {
    line["type"] == "notice" && line["code"] == "lasts"
}

fn alone(line: &Value) -> bool {
    line["type"] == "room" && line["state"] == "alone"
}

fn roles(net: &mut Net, who: &str) -> Vec<(String, String)> {
    let rows = net.ask(who, json!({"cmd": "who"}))["members"].as_array().expect("members").clone();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut roles: Vec<(String, String)> =
        rows.iter().map(|row| (text(&row["nick"]), text(&row["role"]))).collect();
    roles.sort();
    roles
}

#[test]
fn everybody_ends_and_comes_back_and_what_was_kept_is_there_once() {
    let home = Home::new();
    let mut net = home.net(&[]);
    for name in ["ana", "bob", "cho"] {
        home.join(&mut net, name);
    }
    net.confirmed(&["ana", "bob", "cho"]);
    for who in ["ana", "bob", "cho"] {
        net.eventually(who, |seen| seen.iter().any(lasts));
    }
    assert_eq!(net.ask("ana", json!({"cmd": "admin", "who": "bob"}))["ok"], true);
    net.say("cho", "pinned by bob").expect_all("pinned by bob");
    let pinned = net.find("bob", |line| line["text"] == "pinned by bob")["id"].clone();
    net.eventually("bob", |seen| seen.iter().any(|line| line["event"] == "role" && line["nick"] == "bob"));
    assert_eq!(net.ask("bob", json!({"cmd": "pin", "id": pinned}))["ok"], true);
    assert_eq!(net.ask("ana", json!({"cmd": "keep", "text": "the plan"}))["ok"], true);
    net.expect_all("the plan");
    net.say("ana", "this burns").expect_all("this burns");
    for who in ["ana", "cho"] {
        net.eventually(who, |seen| seen.iter().any(|line| line["type"] == "kept" && line["id"] == pinned));
    }
    let mark = net.mark("ana");
    quit(&mut net, "cho");
    quit(&mut net, "ana");
    net.kill("bob");
    assert_eq!(home.rooms().len(), 3);
    // Nobody is here; the owner comes last.
    let mut net = home.net(&[]);
    home.reopen(&mut net, "cho");
    net.eventually("cho", |seen| seen.iter().any(alone));
    let texts = ["pinned by bob", "the plan"];
    for text in texts {
        net.expect(&["cho"], text);
    }
    assert_eq!((net.texts("cho").len(), net.mark("cho")), (2, mark));
    for name in ["bob", "ana"] {
        home.reopen(&mut net, name);
    }
    net.confirmed(&["ana", "bob", "cho"]);
    for who in ["ana", "bob", "cho"] {
        for text in texts {
            net.expect(&[who], text);
        }
        net.never(who, "this burns");
        let told = |line: &Value| line["reclaim"].is_string();
        assert_eq!(net.count(who, told), 0, "{who} founded a room");
    }
    let expected = [("ana", "owner"), ("bob", "admin"), ("cho", "member")];
    let expected = expected.map(|(who, role)| (who.to_owned(), role.to_owned())).to_vec();
    for who in ["ana", "bob", "cho"] {
        assert_eq!(roles(&mut net, who), expected, "{who}");
    }
    net.say("cho", "all here again").expect_all("all here again");
    // What the owner takes back is off every disk, also off that of whoever comes later.
    quit(&mut net, "cho");
    let plan = net.find("bob", |line| line["text"] == "the plan")["id"].clone();
    assert_eq!(net.ask("ana", json!({"cmd": "burn", "id": plan}))["ok"], true);
    net.eventually("bob", |seen| seen.iter().any(|line| line["type"] == "burned" && line["id"] == plan));
    net.via = Some(net.address("bob"));
    home.reopen(&mut net, "cho");
    net.expect(&["cho"], "the plan");
    net.eventually("cho", |seen| seen.iter().any(|line| line["type"] == "burned" && line["id"] == plan));
    for name in ["cho", "bob", "ana"] {
        quit(&mut net, name);
        let (code, out, said) = home.run_as(&["rooms"], name);
        assert!(code == Some(0) && out.contains("lobby (open): 1 kept, 3 people"), "{name}: {out}{said}");
    }
}

#[test]
fn without_a_profile_nothing_can_be_kept_and_a_room_lasts_only_if_its_owner_says_so() {
    let home = Home::new();
    let (code, _, said) = home.run_as(&["pipe", "lobby", "--persistent"], "mina");
    assert_eq!(code, Some(0), "stdin is closed: {said}");
    let mut bare = program(home.path());
    let out = finish(bare.env("XDG_DATA_HOME", home.data()).args(["pipe", "lobby", "--persistent"]), None);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.code() == Some(2) && said.contains("-P NAME"), "{said}");
    // Ana's room does not last until she says so.
    let mut net = home.net(&[]);
    net.start("ana", &["lobby"], None);
    is_in(&mut net, "ana");
    home.join(&mut net, "bob");
    net.confirmed(&["ana", "bob"]);
    net.eventually("bob", |seen| seen.iter().any(|line| line["code"] == "does_not_last"));
    let before = home.rooms().len();
    assert_eq!(net.ask("bob", json!({"cmd": "policy", "persist": true}))["error"]["code"], "role");
    assert_eq!(net.ask("ana", json!({"cmd": "policy", "persist": true}))["ok"], true);
    net.eventually("bob", |seen| seen.iter().any(lasts));
    assert_eq!(home.rooms().len(), before + 1);
    assert_eq!(net.ask("ana", json!({"cmd": "line", "text": "/persist off"}))["ok"], true);
    net.eventually("bob", |seen| seen.iter().filter(|line| line["code"] == "does_not_last").count() == 2);
    assert_eq!(home.rooms().len(), before);
    // A room that is over leaves nothing.
    assert_eq!(net.ask("ana", json!({"cmd": "policy", "persist": true}))["ok"], true);
    net.eventually("bob", |seen| seen.iter().filter(|line| lasts(line)).count() == 2);
    assert_eq!(net.ask("ana", json!({"cmd": "close"}))["ok"], true);
    net.until("bob", |line| line["type"] == "room" && line["event"] == "closed");
    net.ask("bob", json!({"cmd": "rooms"}));
    assert_eq!(home.rooms().len(), before);
}

#[test]
fn rooms_are_listed_and_forgotten_and_a_damaged_one_is_told_and_left_alone() {
    let home = Home::new();
    let mut net = home.net(&[]);
    home.join(&mut net, "mina");
    net.eventually("mina", |seen| seen.iter().any(lasts));
    assert_eq!(net.ask("mina", json!({"cmd": "keep", "text": "for later"}))["ok"], true);
    quit(&mut net, "mina");
    let run = |args: &[&str]| home.run_as(args, "mina");
    let (_, out, _) = run(&["rooms", "--json"]);
    let listed: Value = serde_json::from_str(&out).expect("JSON");
    let expected = json!([{"room": "lobby", "mode": "open", "kept": 1, "members": 1, "role": "owner"}]);
    assert_eq!(listed["kept_rooms"], expected);
    let path = home.rooms().remove(0);
    let whole = fs::read(&path).expect("a file");
    let mut bad = whole.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 4;
    fs::write(&path, &bad).expect("written");
    let (code, out, _) = run(&["rooms"]);
    assert!(code == Some(0) && out.contains("damaged"), "{out}");
    let (code, _, said) = run(&["rooms", "reopen", "lobby", "--json"]);
    assert!(code == Some(3) && said.contains("damaged"), "{said}");
    // Joined again it is told, and not written over.
    let mut net = home.net(&[]);
    home.join(&mut net, "mina");
    net.eventually("mina", |seen| seen.iter().any(|line| line["code"] == "room_not_kept"));
    net.eventually("mina", |seen| seen.iter().any(alone));
    assert_eq!(net.ask("mina", json!({"cmd": "keep", "text": "not written"}))["ok"], true);
    quit(&mut net, "mina");
    assert_eq!(fs::read(&path).expect("a file"), bad);
    fs::write(&path, &whole).expect("written");
    // Joined again by its name it is the same room.
    let mut net = home.net(&[]);
    home.join(&mut net, "mina");
    net.expect(&["mina"], "for later");
    let leave = net.ask("mina", json!({"cmd": "leave"}));
    assert_eq!(leave["ok"], true);
    let rooms = net.ask("mina", json!({"cmd": "rooms"}));
    assert_eq!(rooms["ok"], true);
    let notice = net.find("mina", |line| line["code"] == "kept_rooms");
    assert!(notice["text"].as_str().is_some_and(|text| text.contains("lobby")), "{notice}");
    quit(&mut net, "mina");
    assert_eq!(run(&["rooms", "forget", "lobby"]).0, Some(2), "nobody agreed");
    assert_eq!(run(&["rooms", "forget", "plans", "--yes"]).0, Some(3));
    assert_eq!(run(&["rooms", "forget", "lobby", "--yes"]).0, Some(0));
    assert!(home.rooms().is_empty());
    assert_eq!(run(&["rooms", "reopen", "lobby", "--json"]).0, Some(3));
}

#[test]
fn what_burns_never_touches_the_disk_and_what_is_kept_lies_there_sealed() {
    let home = Home::new();
    let mut net = home.net(&[]);
    for name in ["ana", "bob"] {
        home.join(&mut net, name);
    }
    net.confirmed(&["ana", "bob"]);
    net.eventually("ana", |seen| seen.iter().any(lasts));
    let size = |home: &Home| {
        home.rooms().iter().map(|path| fs::metadata(path).expect("there").len()).collect::<Vec<_>>()
    };
    let look = |home: &Home| {
        for entry in fs::read_dir(home.profiles()).expect("a folder") {
            let bytes = fs::read(entry.expect("an entry").path()).expect("a file");
            for needle in ["north gate", "for good", "lobby", "ana"] {
                assert!(
                    !bytes.windows(needle.len()).any(|part| part == needle.as_bytes()),
                    "{needle} is on the disk"
                );
            }
        }
    };
    let before = size(&home);
    for n in 0..30 {
        let text = format!("{n} at the north gate, and a good deal more so that it would be seen");
        net.ask("ana", json!({"cmd": "send", "text": text, "ttl_ms": 5_000}));
        look(&home);
    }
    net.eventually("bob", |seen| seen.iter().filter(|line| line["type"] == "burned").count() == 30);
    assert_eq!(size(&home), before, "nothing of them was written");
    let long = "for good ".repeat(400);
    let id = net.ask("ana", json!({"cmd": "keep", "text": long}))["id"].clone();
    net.eventually("bob", |seen| seen.iter().any(|line| line["id"] == id));
    // Asked again, it has been written by then.
    net.ask("bob", json!({"cmd": "rooms"}));
    let kept = size(&home);
    assert!(kept.iter().zip(&before).all(|(kept, before)| kept > before), "{before:?} {kept:?}");
    look(&home);
    assert_eq!(net.ask("ana", json!({"cmd": "unpin", "id": id}))["ok"], true);
    assert_eq!(net.ask("ana", json!({"cmd": "burn", "id": id}))["ok"], true);
    net.eventually("bob", |seen| seen.iter().any(|line| line["type"] == "burned" && line["id"] == id));
    net.ask("bob", json!({"cmd": "rooms"}));
    assert!(size(&home).iter().zip(&kept).all(|(now, kept)| now < kept), "{kept:?} {:?}", size(&home));
    look(&home);
}

#[test]
fn a_private_room_and_one_behind_a_passphrase_are_come_back_to_without_asking() {
    let home = Home::new();
    let keep = |name: &'static str| {
        ["--persistent", "-P", name, "--profile-passphrase-file"]
            .map(str::to_owned)
            .into_iter()
            .chain([home.words().to_owned()])
    };
    let args = |first: &[&str], name: &'static str| {
        first.iter().map(|arg| (*arg).to_owned()).chain(keep(name)).collect::<Vec<String>>()
    };
    let secret = "nine herons stand still";
    for private in [true, false] {
        let mut net = home.net(&[]);
        let names = if private { ["ana", "bob"] } else { ["cho", "dan"] };
        let [owner, other] = names;
        if private {
            let typed = args(&["new", "lobby", "--json"], owner);
            net.open(owner, &typed.iter().map(String::as_str).collect::<Vec<_>>(), None);
            let invite =
                net.ask(owner, json!({"cmd": "invite"}))["invite"].as_str().expect("an invite").to_owned();
            let typed = args(&["pipe", &invite], other);
            net.open(other, &typed.iter().map(String::as_str).collect::<Vec<_>>(), None);
        } else {
            for name in names {
                let typed = args(&["pipe", "lobby"], name);
                net.open(name, &typed.iter().map(String::as_str).collect::<Vec<_>>(), Some(secret));
                is_in(&mut net, name);
            }
        }
        net.confirmed(&names);
        for who in names {
            net.eventually(who, |seen| seen.iter().any(lasts));
        }
        assert_eq!(net.ask(owner, json!({"cmd": "keep", "text": "the plan"}))["ok"], true);
        net.expect_all("the plan");
        for name in names {
            quit(&mut net, name);
        }
        // The guest first: the invite is used up, and the key is enough.
        let mut net = home.net(&[]);
        for name in [other, owner] {
            home.reopen(&mut net, name);
        }
        net.confirmed(&names);
        for who in names {
            net.expect(&[who], "the plan");
        }
        net.say(other, "back").expect_all("back");
        let expected = [(owner, "owner"), (other, "member")];
        let expected = expected.map(|(who, role)| (who.to_owned(), role.to_owned())).to_vec();
        assert_eq!(roles(&mut net, other), expected);
        // More invites can be made.
        if private {
            let more =
                net.ask(owner, json!({"cmd": "invite"}))["invite"].as_str().expect("an invite").to_owned();
            net.start("eve", &[&more], None);
            net.counts("eve", 3);
            net.expect(&["eve"], "the plan");
        }
    }
}

#[test]
fn whoever_leaves_and_comes_back_in_one_run_is_heard_and_has_what_was_kept() {
    let home = Home::new();
    let mut net = home.net(&[]);
    for name in ["ana", "bob"] {
        home.join(&mut net, name);
    }
    net.confirmed(&["ana", "bob"]);
    net.eventually("bob", |seen| seen.iter().any(lasts));
    assert_eq!(net.ask("ana", json!({"cmd": "keep", "text": "the plan"}))["ok"], true);
    net.expect_all("the plan");
    for (stay, text) in ["first", "second"].into_iter().enumerate() {
        assert_eq!(net.ask("bob", json!({"cmd": "leave"}))["ok"], true);
        net.until("bob", |line| line["type"] == "room" && line["event"] == "left");
        assert_eq!(net.ask("bob", json!({"cmd": "join", "room": "lobby"}))["ok"], true);
        let plan = |line: &&Value| line["type"] == "message" && line["text"] == "the plan";
        net.eventually("bob", |seen| seen.iter().filter(plan).count() == stay + 2);
        net.confirmed(&["ana", "bob"]);
        net.say("bob", text).expect(&["ana"], text);
        let answer = format!("{text}, heard");
        net.say("ana", &answer).expect(&["bob"], &answer);
    }
}
