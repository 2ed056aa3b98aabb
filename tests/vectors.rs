//! The vectors of the protocol: the file is what the crate makes, the crate does what the file says, and the state
//! machine as a whole treats the frames in it like its parts do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics has done its work"
)]

#[path = "common/vectors/mod.rs"]
mod vectors;

use std::collections::BTreeSet;

use ephem_node::base::id::{Peer, SetTag};
use ephem_node::base::time::{Mono, Unix};
use ephem_node::crypto::gate::Gate;
use ephem_node::crypto::identity::Identity;
use ephem_node::crypto::kdf::sha256;
use ephem_node::crypto::kem::{self, KemPublic};
use ephem_node::crypto::root::Kind;
use ephem_node::crypto::seal::Hedge;
use ephem_node::room::entry::Intent;
use ephem_node::room::envelope;
use ephem_node::room::io::Event;
use ephem_node::room::{Input, Output, Reach, Setup, State};
use ephem_node::wire::frame::FrameType;
use ephem_node::wire::payload::Body;
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};
use vectors::json::{get, list, many, many_fixed, num, text, unhex};

fn file() -> Value {
    serde_json::from_str(&std::fs::read_to_string(vectors::PATH).unwrap()).unwrap()
}

/// Every case with its group's name.
fn cases(file: &Value) -> Vec<(&str, &Value)> {
    let groups = list(file, "groups").iter();
    groups.flat_map(|g| list(g, "cases").iter().map(|case| (text(g, "name"), case))).collect()
}

#[test]
fn the_file_is_what_the_crate_makes_today() {
    let kept = std::fs::read_to_string(vectors::PATH).unwrap();
    assert!(
        kept == vectors::generate(),
        "run `cargo run --release --example vectors` and look at the difference"
    );
}

#[test]
fn every_case_comes_out_as_the_file_says() {
    let file = file();
    for (group, case) in cases(&file) {
        let outcome = vectors::check(text(case, "kind"), get(case, "in"));
        let said = match case.get("refused") {
            Some(reason) => Err(reason.as_str().unwrap().to_owned()),
            None => Ok(get(case, "out").clone()),
        };
        assert_eq!(outcome, said, "{group}: {}", text(case, "name"));
    }
}

#[test]
fn no_two_cases_have_one_name_and_none_is_both_good_and_refused() {
    let file = file();
    let mut names = BTreeSet::new();
    for (group, case) in cases(&file) {
        assert!(names.insert(text(case, "name")), "{group}: {} is there twice", text(case, "name"));
        assert_ne!(case.get("out").is_some(), case.get("refused").is_some(), "{}", text(case, "name"));
    }
    assert!(names.len() >= 90);
}

/// The state machine makes the same of every frame as the checks put together for the vectors.
#[test]
fn a_node_in_the_room_treats_each_frame_as_the_file_says() {
    let file = file();
    let receiver = vectors::frames::receiver();
    let mut seen = 0;
    for (group, case) in cases(&file) {
        let (name, input) = (text(case, "name"), get(case, "in"));
        // A node draws its own identity, and for two epochs after a ban it still hears the room on the old topic.
        let not_here = ["A frame of the receiver's own", "A room frame on the lobby's topic"].contains(&name);
        if !group.starts_with("frames") || not_here || input.get("receiver") != Some(&receiver) {
            continue;
        }
        let mut node = Node::welcomed();
        let frames =
            input.get("frames").map_or_else(|| vec![unhex(text(input, "frame"))], |_| many(input, "frames"));
        let results: Vec<Value> = match case.get("out").and_then(|out| out.get("results")) {
            Some(results) => results.as_array().unwrap().clone(),
            None => vec![case.get("refused").map_or(Value::Null, |reason| json!({ "refused": reason }))],
        };
        for (frame, result) in frames.into_iter().zip(results) {
            let said = result.get("refused").map(|reason| reason.as_str().unwrap().to_owned());
            assert_eq!(node.take(text(input, "topic"), frame), said, "{name}");
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen} frames were for this receiver");
}

/// A node that was welcomed into the room of the frame vectors, and nothing else.
struct Node {
    state: State<ChaCha20Rng>,
    room: Gate,
    lobby: Gate,
}

impl Node {
    fn welcomed() -> Node {
        let receiver = vectors::frames::receiver();
        let root = vectors::keys::root_of(&receiver, Kind::Passphrase);
        let now = Unix(num(&receiver, "now_ms"));
        let salts = many_fixed(&receiver, "salts").into_iter().collect();
        let (room, lobby) =
            (Gate::new(&root, &salts, now.day()), Gate::new(&root, &BTreeSet::new(), now.day()));
        let mut rng = vectors::rng("the node of tests/vectors.rs");
        let setup = Setup {
            me: Identity::generate(&mut rng),
            rng,
            root: root.duplicate(),
            wall: now,
            nick: "dee".into(),
            intent: Intent::Visit,
            reach: Reach::default(),
            serve: false,
            rate_off: true,
            begun: 0,
        };
        let (mut state, mut out) = State::new(Mono(0), setup);
        out.extend(state.handle(Mono(1), Input::Subscribed { peer: link(), topic: lobby.topic() }));
        let hello = first_frame(&mut state, out);
        let lobby_key = root.lobby(now.day());
        let opened = envelope::admit(&lobby, &hello).unwrap().open(&lobby_key).unwrap();
        let Body::Hello(asked) = &opened.payload.body else { panic!("not a hello") };

        let from = vectors::actor("ana");
        let hash = sha256(opened.bytes());
        let info = vectors::handing::welcome_info("welcome", &hash, &from.id(), &vectors::keys::genesis());
        let plain = vectors::handing::a_handover(vectors::keys::EPOCH).encode();
        let mut rng = vectors::rng("the welcome of tests/vectors.rs");
        let kem = KemPublic::from_bytes(&asked.kem[..]).unwrap();
        let sealed = kem::seal(&kem, Some(&root.psk()), &info, &[], &plain, &mut rng);
        let mut payload = vectors::payloads::around(Body::Welcome { hello: hash, sealed });
        payload.counter = 1;
        let hedge = Hedge::new(&mut rng);
        let set_tag = SetTag([0; 4]);
        let frame = envelope::seal_frame(
            &from,
            &hedge,
            &mut rng,
            &lobby,
            FrameType::Lobby,
            set_tag,
            &lobby_key,
            &payload,
        );
        let input = Input::Gossip { topic: lobby.topic(), from: link(), bytes: frame.unwrap() };
        let out = state.handle(Mono(1_000), input);
        let entered = |output: &Output| matches!(output, Output::Event(Event::Entered { .. }));
        assert!(out.iter().any(entered), "the welcome was not taken: {:?}", state.counts());
        Node { state, room, lobby }
    }

    /// What the node counted the frame as, if it dropped it.
    fn take(&mut self, topic: &str, bytes: Vec<u8>) -> Option<String> {
        let lobby = match topic {
            "any" => envelope::admit(&self.lobby, &bytes).is_ok(),
            topic => topic == "lobby",
        };
        let topic = if lobby { self.lobby.topic() } else { self.room.topic() };
        let before = self.state.counts().clone();
        self.state.handle(Mono(1_001), Input::Gossip { topic, from: link(), bytes });
        let mut more = self.state.counts().iter().filter(|(why, n)| before.get(why) != Some(n));
        let dropped = more.next().map(|(why, _)| vectors::frames::reason(*why));
        assert!(more.next().is_none(), "counted twice");
        dropped
    }
}

/// Lets the timers run until the node says something.
fn first_frame(state: &mut State<ChaCha20Rng>, mut out: Vec<Output>) -> Vec<u8> {
    for _ in 0..20 {
        let published = out.iter().find_map(|output| match output {
            Output::Publish { bytes, .. } => Some(bytes.clone()),
            _ => None,
        });
        if let Some(bytes) = published {
            return bytes;
        }
        let due = out.iter().find_map(|output| match output {
            Output::Timer { at, timer } => Some((*at, *timer)),
            _ => None,
        });
        let (at, timer) = due.expect("a node that looks for a room does not fall silent");
        out = state.handle(at, Input::Timer(timer));
    }
    panic!("a node that looks for a room says hello")
}

fn link() -> Peer {
    Peer::new(b"link").unwrap()
}
