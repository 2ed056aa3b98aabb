//! A recording of everything that went over a room's topics, and the passphrase learned later: what a second program, written
//! from the specification, can read of it. Needs Python with what `tests/interop/requirements.txt` names.

use std::collections::{BTreeSet, HashSet};
use std::process::Command;

use ephem_node::base::id::hex;
use serde_json::{Value, json};

use crate::ear::{Ear, Heard};
use crate::messages::texts;
use crate::scan::PIECE;
use crate::wire::Wire;
use crate::words::Net;

const ROOM: &str = "lobby";
const SECRET: &str = "umbrella quorum lantern seventeen";
const COUNT: usize = 240;
const TTL_MS: u64 = 10_000;
/// Where `just` puts the Python that the second implementation runs on.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/interop-venv/bin/python");
const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/reader.py");

/// What the second implementation makes of a recording.
fn read(net: &Net, recording: &Value) -> Value {
    let path = net.runtime().join("recording.json");
    std::fs::write(&path, recording.to_string()).expect("a file for the recording");
    let done = Command::new(PYTHON).args([READER, "--capture"]).arg(&path).output();
    let done = done.expect("the second implementation's Python: `just interop` makes it");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).expect("an object")
}

/// Of the frames and the names of their topics no piece stands in what went over the links themselves.
fn on_the_wire(heard: &[Heard], bytes: &[u8]) {
    assert!(bytes.windows(6).any(|at| at == b"/noise"), "the search finds nothing that is there");
    assert!(bytes.len() > COUNT * 640, "what was said went another way: {} bytes", bytes.len());
    let topics = heard.iter().map(|heard| heard.topic.hex().into_bytes()).collect::<BTreeSet<_>>();
    let plain = heard.iter().map(|heard| &heard.frame).chain(&topics);
    let pieces: HashSet<&[u8]> = plain.flat_map(|bytes| bytes.windows(PIECE)).collect();
    let found = bytes.windows(PIECE).filter(|at| pieces.contains(at)).count();
    println!("raw: {found} pieces of {} frames in {} bytes", heard.len(), bytes.len());
    assert_eq!(found, 0, "frames as they are went over a link");
}

#[test]
#[ignore = "needs Python: just vanish"]
fn a_recording_and_the_passphrase_open_no_message_and_with_the_keys_of_then_they_open_all() {
    let names = ["ana", "bob", "cho"];
    let mut net = Net::of(&[]);
    net.start("ana", &[ROOM, "--rate", "off"], Some(SECRET));
    // What goes to ana and comes from her is kept as raw bytes too.
    let wire = Wire::to(&net.address("ana"));
    net.via = Some(wire.address());
    for name in &names[1..] {
        net.start(name, &[ROOM], Some(SECRET));
    }
    net.confirmed(&names);
    let ear = Ear::beside(&net.address("ana"), ROOM, SECRET);
    // Whoever hears the answer to a hello hears what is said from then on.
    let (asked, _) = ear.ask_in();
    let texts = texts(COUNT, 31);
    for (n, text) in texts.iter().enumerate() {
        let reply = net.ask(names[n % 3], json!({"cmd": "send", "text": text, "ttl_ms": TTL_MS}));
        assert_eq!(reply["ok"], true, "{reply}");
    }
    for name in names {
        net.eventually(name, |seen| seen.iter().filter(|line| line["type"] == "burned").count() == COUNT);
    }
    let heard = ear.heard();
    on_the_wire(&heard, &wire.kept());
    let frames = heard
        .iter()
        .map(|heard| json!({"at_ms": heard.at.0, "topic": heard.topic.hex(), "frame": hex(&heard.frame)}));
    let mut recording = json!({"room": ROOM, "passphrase": SECRET, "frames": frames.collect::<Vec<_>>()});
    let got = read(&net, &recording);
    println!("with the passphrase: {got}");
    assert_eq!((&got["strange"], &got["lobby_shut"]), (&json!(0), &json!(0)), "another room's: {got}");
    assert!(got["lobby"]["19"].as_u64() >= Some(1) && got["lobby"]["20"].as_u64() >= Some(1), "{got}");
    assert!(got["room"].as_u64() >= Some(COUNT as u64), "{got}");
    assert_eq!((&got["room_opened"], &got["handed"]), (&json!(0), &json!(0)), "{got}");

    recording["hello_seed"] = json!(hex(asked.seed.expose()));
    let mut got = read(&net, &recording);
    let read: BTreeSet<String> = serde_json::from_value(got["texts"].take()).expect("texts");
    println!("with a key of then: {} texts, {got}", read.len());
    assert_eq!(read, texts.into_iter().collect(), "a recording that lacks something shows nothing");
}
