//! A thief with everything: a recording of all that went over a room's topics, its passphrase, and what every process of it holds
//! three minutes later. Whatever in there could be a key is tried as one.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use ephem_node::base::id::ChainId;
use ephem_node::base::secret::Secret;
use ephem_node::base::time::Epoch;
use ephem_node::crypto::chain;
use ephem_node::crypto::kem::KemSecret;
use ephem_node::room::envelope::Admitted;
use ephem_node::wire::frame::FrameType;
use ephem_node::wire::payload::Body;
use serde_json::json;

use crate::ear::{Ear, Heard, now};
use crate::messages::texts;
use crate::scan::{keys_of, may_read};
use crate::words::Net;

const ROOM: &str = "lobby";
const SECRET: &str = "umbrella quorum lantern seventeen";
const TTL_MS: u64 = 10_000;
/// What is over is tried so long after it.
const AFTER: Duration = Duration::from_secs(2);

/// What there is to be opened.
struct Loot<'a> {
    /// A frame of the room for each epoch in which something was said.
    frames: BTreeMap<Epoch, Admitted<'a>>,
    /// The one chain that its keys come from.
    chain: (u64, ChainId),
    /// The keys that welcomes were sealed to.
    hellos: Vec<Vec<u8>>,
}

/// How many keys were tried, and how many of them opened something.
#[derive(Debug, Default, PartialEq, Eq)]
struct Opened {
    tried: usize,
    by_frame_key: usize,
    by_chain_key: usize,
    welcomes: usize,
}

impl<'a> Loot<'a> {
    fn of(ear: &Ear, heard: &'a [Heard], chain: (u64, ChainId)) -> Loot<'a> {
        let mut loot = Loot { frames: BTreeMap::new(), chain, hellos: Vec::new() };
        for heard in heard {
            let frame = ear.admitted(heard).expect("the room's own frames");
            if frame.header.frame_type == FrameType::Room {
                loot.frames.insert(heard.at.epoch().nearest(frame.header.epoch_low), frame);
            } else if let Some(Body::Hello(hello)) = ear.in_lobby(heard).map(|payload| payload.body) {
                loot.hellos.push(hello.kem.to_vec());
            }
        }
        loot
    }

    fn open(&self, keys: impl IntoIterator<Item = [u8; 32]>) -> Opened {
        let mut opened = Opened::default();
        let frames = |key: &Secret<32>| self.frames.values().filter(|frame| frame.open(key).is_ok()).count();
        for key in keys {
            let key = Secret::new(key);
            opened.tried += 1;
            opened.by_frame_key += frames(&key);
            opened.by_chain_key += frames(&chain::joint(self.chain.0, &[(self.chain.1, &key)]).frame);
            let (_, kem) = KemSecret::from_seed(key);
            opened.welcomes += self.hellos.iter().filter(|hello| hello[..] == kem.as_bytes()[..]).count();
        }
        opened
    }
}

#[test]
#[ignore = "three minutes: just vanish"]
fn a_recording_the_passphrase_and_all_memory_three_minutes_later_open_nothing() {
    let names = ["ana", "bob", "cho"];
    let mut net = Net::of(&[]);
    net.start("ana", &[ROOM, "--rate", "off"], Some(SECRET));
    if !may_read(net.pid("ana")) {
        return;
    }
    // Listens before the others come: what they are welcomed with is recorded too.
    let ear = Ear::beside(&net.address("ana"), ROOM, SECRET);
    let (asked, handed) = ear.ask_in();
    for name in &names[1..] {
        net.start(name, &[ROOM], Some(SECRET));
    }
    net.confirmed(&names);
    let (generation, chains) = handed.chains();
    let [chain] = chains.try_into().expect("one chain: nobody came from another half");
    let say = |net: &mut Net, text: &str| {
        for name in names {
            let reply =
                net.ask(name, json!({"cmd": "send", "text": format!("{text} {name}"), "ttl_ms": TTL_MS}));
            assert_eq!(reply["ok"], true, "{reply}");
        }
    };
    for text in texts(10, 41) {
        say(&mut net, &text);
    }
    net.eventually("ana", |seen| seen.iter().filter(|line| line["type"] == "burned").count() == 30);
    let heard = ear.heard();
    let last = now().epoch();
    let loot = Loot::of(&ear, &heard, (generation, chain));
    assert!(loot.hellos.len() >= 3 && !loot.frames.is_empty(), "nothing to open");
    for name in names {
        let opened = loot.open(keys_of(net.pid(name)));
        println!("{name}, at once: {opened:?}");
        assert!(
            opened.by_frame_key > 0 && opened.by_chain_key > 0,
            "the search does not find what is in use"
        );
    }
    assert_eq!(loot.open([*asked.seed.expose()]).welcomes, 1, "a key of a hello is not known for one");

    // The room goes on.
    while now() < last.plus(3).start() {
        say(&mut net, "and on it goes");
        sleep(AFTER);
    }
    sleep(AFTER);
    let mut left = Vec::new();
    for name in names {
        let opened = loot.open(keys_of(net.pid(name)));
        println!(
            "{name}, three epochs later: {opened:?}, of {} epochs and {} hellos",
            loot.frames.len(),
            loot.hellos.len()
        );
        if opened != (Opened { tried: opened.tried, ..Opened::default() }) {
            left.push(format!("{name}: {opened:?}"));
        }
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
}
