//! Questions to a running node, and to an address.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;

use crate::words::{Folder, Net, finish, program};

fn said(out: &Output) -> (String, String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (text(&out.stdout), text(&out.stderr), out.status.code())
}

/// The doors of the nodes of this test, by their pid.
fn doors(net: &Net) -> Vec<PathBuf> {
    let mut doors: Vec<PathBuf> = std::fs::read_dir(net.runtime().join("ephem-node"))
        .map(|dir| dir.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    doors.sort();
    doors
}

#[test]
fn a_running_node_says_how_it_stands_and_how_its_people_are_reached() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    let (out, err, code) = said(&net.question(&["status"]));
    assert_eq!((err.as_str(), code), ("", Some(0)));
    assert!(out.contains("lobby") && out.contains("12D3"), "{out}");
    let (out, _, code) = said(&net.question(&["status", "--json"]));
    let line: Value = serde_json::from_str(out.trim_end()).expect("one JSON object");
    assert_eq!((&line["type"], &line["ok"], code), (&Value::from("reply"), &Value::from(true), Some(0)));
    // The youngest answers: that is bob's, and ana is somebody it knows.
    let (out, err, code) = said(&net.question(&["ping", "ana"]));
    assert_eq!((err.as_str(), code), ("", Some(0)));
    assert!(out.starts_with("ana (") && out.contains("there and back in"), "{out}");
    let (out, err, code) = said(&net.question(&["ping", "nobody-of-that-name"]));
    assert_eq!((out.as_str(), code), ("", Some(1)));
    assert!(err.starts_with("error: nobody here answers to that\n"), "{err}");
    net.say("ana", "asking changed nothing").expect_all("asking changed nothing");
}

#[test]
fn the_door_is_open_to_its_owner_alone_and_goes_with_its_node() {
    let mut net = Net::of(&["ana", "bob"]);
    let mode = |path: &PathBuf| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&net.runtime().join("ephem-node")), 0o700);
    let both = doors(&net);
    assert_eq!(both.len(), 2, "two nodes, two doors");
    assert!(both.iter().all(|door| mode(door) == 0o600));
    net.close_stdin("bob");
    net.ended("bob");
    assert_eq!(doors(&net).len(), 1);
    let (_, _, code) = said(&net.question(&["status"]));
    assert_eq!(code, Some(0), "the other one answers");
    // What a killed node leaves behind keeps nobody from seeing that none runs.
    net.kill("ana");
    assert_eq!(doors(&net).len(), 1);
    let (out, err, code) = said(&net.question(&["status"]));
    assert_eq!((out.as_str(), code), ("", Some(1)));
    assert!(err.contains("no node is running") && err.contains("ephem-node join ROOM"), "{err}");
    // And nobody from starting another, which answers.
    net.start_first("cho", &["lobby"]);
    assert_eq!(said(&net.question(&["status"])).2, Some(0));
}

#[test]
fn a_folder_that_others_may_enter_is_not_used() {
    let mut net = Net::of(&[]);
    let folder = net.runtime().join("ephem-node");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    net.start("ana", &[], None);
    assert_eq!(doors(&net).len(), 0, "no door, and the node runs");
    assert_eq!(said(&net.question(&["status"])).2, Some(1));
}

#[test]
fn a_node_that_stands_still_is_told_from_one_that_is_not_there() {
    let mut net = Net::of(&["ana"]);
    net.signal("ana", "STOP");
    let (_, err, code) = said(&net.question(&["ping", "bob", "--timeout", "1s"]));
    net.signal("ana", "CONT");
    assert_eq!(code, Some(1));
    assert!(err.contains("did not answer in time"), "{err}");
}

#[test]
fn status_goes_on_until_the_node_ends() {
    let mut net = Net::of(&["ana"]);
    let mut watch = program(net.runtime());
    watch.args(["status", "--watch", "--json"]);
    let watch = std::thread::spawn(move || finish(&mut watch, None));
    net.ask("ana", serde_json::json!({"cmd": "join", "room": "lobby"}));
    net.until("ana", |line| line["type"] == "room" && line["event"] == "joined");
    net.close_stdin("ana");
    net.ended("ana");
    let (out, err, code) = said(&watch.join().expect("it ends"));
    assert_eq!((err.as_str(), code), ("", Some(0)), "{out}");
    assert!(out.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}

#[test]
fn an_address_is_asked_without_a_running_node() {
    let mut net = Net::of(&["ana"]);
    let at = net.address("ana");
    let peer = at.rsplit('/').next().expect("a peer").to_owned();
    let port = at.split('/').nth(4).expect("a port");
    for place in [at.clone(), format!("127.0.0.1:{port}"), format!("/dns4/localhost/tcp/{port}")] {
        let (out, err, code) =
            said(&finish(program(std::path::Path::new("/nonexistent")).args(["ping", &place]), None));
        assert_eq!((err.as_str(), code), ("", Some(0)), "{place}: {out}");
        assert!(out.starts_with(&peer) && out.contains("there and back in"), "{out}");
    }
    let (out, _, code) = said(&net.question(&["ping", &at, "--json"]));
    let line: Value = serde_json::from_str(out.trim_end()).expect("one JSON object");
    assert_eq!((&line["type"], &line["peer"], code), (&Value::from("peer"), &Value::from(peer), Some(0)));
    assert!(line["rtt_ms"].is_u64(), "{line}");
    net.kill("ana");
    let (out, err, code) = said(&net.question(&["ping", &at]));
    assert_eq!((out.as_str(), code), ("", Some(4)));
    assert!(err.contains("cannot be reached") && err.contains("nothing listens"), "{err}");
    for (place, why) in [
        ("/dnsaddr/example.org/tcp/4077", "not spoken here"),
        ("example.org:", "a number from 1 to 65535"),
        ("[::1:40", "neither a name nor an IP address"),
    ] {
        let (_, err, code) = said(&net.question(&["ping", place]));
        assert_eq!(code, Some(2), "{place}: {err}");
        assert!(err.contains(why), "{place}: {err}");
    }
}

#[test]
fn a_way_is_followed_until_it_is_direct_and_no_longer_than_was_said() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    // The youngest node is bob's.
    let (out, err, code) = said(&net.question(&["ping", "ana", "--until-direct"]));
    assert_eq!((err.as_str(), code), ("", Some(0)), "{out}");
    assert!(out.contains("lan") && !out.contains('\u{6}'), "{out}");
    let (out, err, code) = said(&net.question(&["ping", "nobody", "--until-direct"]));
    assert_eq!((out.as_str(), code), ("", Some(1)), "{err}");
    net.signal("ana", "STOP");
    net.signal("bob", "STOP");
    let (_, _, code) = said(&net.question(&["ping", "ana", "--until-direct", "--timeout", "1s"]));
    net.signal("ana", "CONT");
    net.signal("bob", "CONT");
    assert_eq!(code, Some(4));
}

#[test]
fn exposure_tells_who_sees_what_and_what_prevents_it() {
    let folder = Folder::new();
    let told = |args: &[&str]| said(&finish(program(folder.path()).arg("doctor").args(args), None));
    let (out, err, code) = told(&["--exposure", "--bootstrap", "meet.example:4077"]);
    assert_eq!((err.as_str(), code), ("", Some(0)));
    for word in
        ["local network", "--no-mdns", "resolver", "meet.example:4077", "--no-dht", "members of the room"]
    {
        assert!(out.contains(word), "{word}: {out}");
    }
    let (out, _, _) = told(&["--exposure"]);
    assert!(!out.contains("resolver") && !out.contains("table"), "{out}");
    assert_eq!(told(&["--exposure", "--json"]).2, Some(2));
}
