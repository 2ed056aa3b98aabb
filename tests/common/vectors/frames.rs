//! Section 5: frames whole, and one frame for each way to be wrong.

use std::collections::{BTreeMap, BTreeSet};

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use ephem_node::base::id::{Genesis, MemberId};
use ephem_node::base::limits::{EPOCHS_AHEAD, EPOCHS_BACK, LOBBY_EPOCHS};
use ephem_node::base::secret::Secret;
use ephem_node::base::time::{Epoch, Unix};
use ephem_node::crypto::chain;
use ephem_node::crypto::gate::Gate;
use ephem_node::crypto::kdf::{self, Label, sha256};
use ephem_node::crypto::seal::{self, OpenError};
use ephem_node::room::envelope::{self, Dropped, message_id};
use ephem_node::room::guard::Window;
use ephem_node::wire::frame::FrameType;
use ephem_node::wire::payload::{Beacon, Body, Carriage, Payload};
use serde_json::{Value, json};

use super::curve::{NEUTRAL, neutral_commitment, unreduced};
use super::draft::Draft;
use super::json::{bytes, fixed, h, hs, list, many, many_fixed, num, text};
use super::keys::{DAY, EPOCH, genesis, kind_of, root_of, set_at};
use super::payloads::{around, say};
use super::{Group, Outcome, actor, some};

/// The receiver of most frames: in a passphrase room under two chains, with one ban.
pub fn receiver() -> Value {
    let chain = |who: &str, birth: u64| json!({ "author": h(actor(who).id()), "birth": birth, "key": h(some::<32>(&format!("chain of {who}"))) });
    json!({
        "room_kind": 1, "root": h(some::<32>("root")), "salts": [h(some::<16>("salt a"))],
        "now_ms": EPOCH * 60_000 + 15_000, "genesis": h(genesis()), "gen": 1,
        "chains": [chain("ana", EPOCH), chain("bo", EPOCH - 3)], "me": h(actor("dee").id()),
    })
}

pub fn good() -> Group {
    let mut g = Group::new("frames", "section 5: frames that open");
    let text = around(say("hi"));
    g.good("A text in a room frame", "frame", case("room", &Draft::room(&text).frame("text")));
    let here = around(beacon());
    g.good("A beacon in a lobby frame", "frame", case("lobby", &Draft::lobby(&here).frame("beacon")));
    let mut unknown = around(beacon_of(3));
    (unknown.genesis, unknown.generation) = (Genesis([0; 16]), 0);
    let frame = Draft::lobby(&unknown).frame("unknown");
    g.good("A lobby frame of somebody who does not know the room yet", "frame", case("lobby", &frame));
    for (name, length) in [
        ("A payload of 461 bytes still fits a frame of 640", 461),
        ("One byte more takes a frame of 1,792", 462),
        ("A payload of 1,614 bytes takes a frame of 4,096", 1_614),
        ("A payload of 3,918 bytes takes a frame of 16,384", 3_918),
        ("A payload of 16,206 bytes takes a frame of 32,768", 16_206),
    ] {
        let payload = of_length(length);
        assert_eq!(payload.encode().len(), length);
        g.good(name, "frame", case("room", &Draft::room(&payload).frame(name)));
    }
    for (name, epoch) in
        [("A frame two epochs old is taken", EPOCH - 2), ("A frame one epoch early is taken", EPOCH + 1)]
    {
        let mut payload = around(say("hi"));
        payload.epoch = Epoch(epoch);
        // Chains hold no key from before their birth: this one is born early enough.
        let mut at = receiver();
        at["chains"][0]["birth"] = (EPOCH - 2).into();
        let frame = Draft { receiver: at.clone(), ..Draft::room(&payload) }.frame(name);
        g.good(name, "frame", json!({ "receiver": at, "topic": "room", "frame": h(frame) }));
    }
    for (name, epoch) in [
        ("A lobby frame six epochs old is taken", EPOCH - 6),
        ("A lobby frame six epochs early is taken", EPOCH + 6),
    ] {
        let mut payload = around(beacon_of(2));
        payload.epoch = Epoch(epoch);
        g.good(name, "frame", case("lobby", &Draft::lobby(&payload).frame(name)));
    }
    let numbered = |counter: u64| {
        let mut payload = around(say("hi"));
        payload.counter = counter;
        // A node also knows a message again by its author's own number for it.
        if let Body::Text(say) = &mut payload.body {
            say.n = counter;
        }
        payload
    };
    let frame = |counter: u64| Draft::room(&numbered(counter)).frame(&format!("counter {counter}"));
    let forged = |counter: u64| {
        Draft { sig: Some([7; 64]), ..Draft::room(&numbered(counter)) }.frame(&format!("forged {counter}"))
    };
    let again = Draft::room(&numbered(7)).frame("sealed a second time");
    for (name, frames) in [
        ("The same frame twice is a replay", vec![frame(7), frame(7)]),
        ("The same counter sealed anew is a replay", vec![frame(7), again]),
        ("Counters may come out of order, each once", vec![frame(9), frame(7), frame(8), frame(7)]),
        ("A forged frame does not use up its counter", vec![forged(7), frame(7)]),
        (
            "A counter 8,191 behind the highest is taken, one 8,192 behind is not",
            vec![frame(10_000), frame(1_809), frame(1_808)],
        ),
        (
            "A window is emptied by a leap, and what lies behind stays shut",
            vec![frame(1), frame(9_000), frame(1)],
        ),
    ] {
        g.good(name, "frames", json!({ "receiver": receiver(), "topic": "room", "frames": hs(frames) }));
    }
    let lobby = {
        let mut payload = around(beacon());
        payload.counter = 7;
        Draft::lobby(&payload).frame("lobby counter")
    };
    g.good(
        "Room and lobby count apart in what is a replay",
        "frames",
        json!({ "receiver": receiver(), "topic": "any", "frames": hs([frame(7), lobby.clone(), lobby]) }),
    );
    g
}

pub fn bad() -> Group {
    let mut g = Group::new("frames refused", "section 5: one frame for each check, wrong in that only");
    let payload = || around(say("hi"));
    let room = || Draft::room(&around(say("hi")));
    let whole = room().frame("whole");
    let mut refuse = |name: &str, topic: &str, frame: &[u8], reason: &str| {
        g.bad(name, "frame", case(topic, frame), reason);
    };
    refuse("A frame of a length that no frame has", "room", &whole[..639], "length");
    refuse("A frame of no bytes", "room", &[], "length");
    refuse("A frame longer than the longest", "room", &vec![1; 32_769], "length");
    refuse(
        "A frame of version 2, under a good gate",
        "room",
        &Draft { version: 2, ..room() }.frame("v2"),
        "version",
    );
    for (name, at) in [
        ("A bit flipped in the header", 3),
        ("A bit flipped in the nonce", 20),
        ("A bit flipped in the commitment", 40),
        ("A bit flipped in the ciphertext", 300),
        ("A bit flipped in the gate's own tag", 639),
    ] {
        let mut frame = whole.clone();
        frame[at] ^= 0x10;
        refuse(name, "room", &frame, "gate");
    }
    let day = |day: u64| Draft { day, ..room() }.frame(&format!("day {day}"));
    refuse("A frame under yesterday's gate on today's topic", "room", &day(DAY - 1), "gate");
    refuse("A frame under tomorrow's gate on today's topic", "room", &day(DAY + 1), "gate");
    let unbanned = Draft { salts: Some(vec![]), ..room() }.frame("no salts");
    refuse("A frame under the gate from before a ban", "room", &unbanned, "gate");
    refuse(
        "A type that version 1 does not have",
        "room",
        &Draft { header_type: 2, ..room() }.frame("type"),
        "header",
    );
    refuse(
        "A header whose last byte is not zero",
        "room",
        &Draft { header_last: 1, ..room() }.frame("last"),
        "header",
    );
    let beacon_draft = || Draft::lobby(&around(beacon()));
    let tagged = Draft { set_tag: Some([1, 2, 3, 4]), ..beacon_draft() }.frame("tagged");
    refuse("A lobby frame that names a set", "lobby", &tagged, "header");
    for (name, epoch) in [("A frame three epochs old", EPOCH - 3), ("A frame two epochs early", EPOCH + 2)] {
        let mut stale = payload();
        stale.epoch = Epoch(epoch);
        refuse(name, "room", &Draft { key: Some([9; 32]), ..Draft::room(&stale) }.frame(name), "epoch");
    }
    for (name, epoch) in
        [("A lobby frame seven epochs old", EPOCH - 7), ("A lobby frame seven epochs early", EPOCH + 7)]
    {
        let mut stale = around(beacon());
        stale.epoch = Epoch(epoch);
        refuse(name, "lobby", &Draft::lobby(&stale).frame(name), "epoch");
    }
    let foreign = Draft { set_tag: Some([0xde, 0xad, 0xbe, 0xef]), ..room() }.frame("foreign");
    refuse("A frame under a set that is not known: it waits", "room", &foreign, "unknown-set");
    let other_key = Draft { key: Some(some("another key")), ..room() }.frame("other key");
    refuse("The tag of a known set over another key", "room", &other_key, "commitment");
    refuse(
        "A commitment changed under a good gate",
        "room",
        &Draft { com_flip: 1, ..room() }.frame("com"),
        "commitment",
    );
    let old_lobby = Draft { lobby_day: DAY - 1, ..beacon_draft() }.frame("old lobby key");
    refuse("Yesterday's lobby key under today's gate", "lobby", &old_lobby, "commitment");
    refuse(
        "A tag of the cipher changed under a good gate",
        "room",
        &Draft { tag_flip: 1, ..room() }.frame("tag"),
        "aead",
    );
    refuse(
        "A ciphertext changed under a good gate",
        "room",
        &Draft { text_flip: 1, ..room() }.frame("text"),
        "aead",
    );
    let unbound = Draft { aad_flip: 1, ..room() }.frame("aad");
    refuse("A frame sealed to another header than it shows", "room", &unbound, "aead");
    refuse(
        "A padding byte that is not zero",
        "room",
        &Draft { pad_last: 1, ..room() }.frame("padding"),
        "payload",
    );
    let overlong = Draft { inner_len: Some(600), ..room() }.frame("overlong");
    refuse("An inner that claims more than there is", "room", &overlong, "payload");
    let bytes = payload().encode().to_vec();
    let raw = |raw: Vec<u8>| Draft { raw: Some(raw), ..room() };
    let spelled = raw([&[0x98, 11], &bytes[1..]].concat()).frame("not canonical");
    refuse("A payload that is not canonical, well signed", "room", &spelled, "payload");
    let trailing = raw([&bytes[..], &[0]].concat()).frame("trailing");
    refuse("A payload with a byte after it, well signed", "room", &trailing, "payload");
    refuse("A payload of no bytes, well signed", "room", &raw(Vec::new()).frame("empty"), "payload");
    refuse(
        "A beacon in a room frame",
        "room",
        &Draft::room(&around(beacon())).frame("beacon in room"),
        "kind",
    );
    refuse("A text in a lobby frame", "lobby", &Draft::lobby(&payload()).frame("text in lobby"), "kind");
    let mut other = payload();
    other.genesis = Genesis(some("another genesis"));
    refuse("A payload of another room", "room", &Draft::room(&other).frame("other room"), "other-room");
    let mut other = around(beacon());
    other.genesis = Genesis(some("another genesis"));
    refuse(
        "A lobby frame of another room",
        "lobby",
        &Draft::lobby(&other).frame("other lobby"),
        "other-room",
    );
    let mut zeros = payload();
    zeros.genesis = Genesis([0; 16]);
    refuse(
        "A room frame that does not know its room",
        "room",
        &Draft::room(&zeros).frame("zeros"),
        "other-room",
    );
    let mut late = payload();
    late.epoch = Epoch(EPOCH + 1);
    let late = Draft { header_epoch: EPOCH, key_epoch: Some(EPOCH), ..Draft::room(&late) }.frame("late");
    refuse("A payload of another epoch than its header", "room", &late, "other-room");
    let mut wrap = payload();
    wrap.epoch = Epoch(EPOCH + 0x1_0000);
    let wrap = Draft { key_epoch: Some(EPOCH), ..Draft::room(&wrap) }.frame("wrap");
    refuse("A payload whose epoch agrees in the low bits only", "room", &wrap, "other-room");
    let mut generation = payload();
    generation.generation = 2;
    refuse(
        "A payload of another generation than its set",
        "room",
        &Draft::room(&generation).frame("gen"),
        "other-room",
    );
    let mut echo = payload();
    echo.sender = actor("dee").id();
    let echo = Draft { by: "dee", ..Draft::room(&echo) }.frame("echo");
    refuse("A frame of the receiver's own", "room", &echo, "other-room");
    let by_bo = Draft { by: "bo", ..room() }.frame("by bo");
    refuse("A payload signed by another than its sender", "room", &by_bo, "signature");
    let mislabelled = actor("ana").sign(Label::Entry, &[&bytes]);
    let mislabelled = Draft { sig: Some(mislabelled), ..room() }.frame("label");
    refuse("A signature made for something else", "room", &mislabelled, "signature");
    let unreduced = Draft { sig: Some(unreduced(&actor("ana").sign(Label::Signature, &[&bytes]))), ..room() };
    refuse("A signature whose scalar is not reduced", "room", &unreduced.frame("S + L"), "signature");
    let mut nobody = payload();
    nobody.sender = MemberId(NEUTRAL);
    let mut sig = [0; 64];
    sig[..32].copy_from_slice(&NEUTRAL);
    let nobody = Draft { sig: Some(sig), ..Draft::room(&nobody) }.frame("small order");
    refuse("A sender of small order, whose signature fits every message", "room", &nobody, "signature");
    let sig = neutral_commitment("ana", Label::Signature, &bytes);
    let neutral = Draft { sig: Some(sig), ..room() }.frame("small-order R");
    refuse(
        "A signature whose R is of small order, and which the bare equation takes",
        "room",
        &neutral,
        "signature",
    );
    refuse(
        "A room frame on the lobby's topic",
        "lobby",
        &Draft { salts: Some(vec![]), ..room() }.frame("astray"),
        "topic",
    );
    let astray = Draft { salts: Some(vec![some("salt a")]), ..beacon_draft() }.frame("astray lobby");
    refuse("A lobby frame on the topic of a room with bans", "room", &astray, "topic");
    let mut early = payload();
    early.epoch = Epoch(EPOCH - 1);
    let early = Draft { key: Some([9; 32]), ..Draft::room(&early) }.frame("before a birth");
    let input = case("room", &early);
    g.bad("A frame from before the birth of a chain of its set: it waits", "frame", input, "unknown-set");
    g.good(
        "Bytes that the bare cipher opens under two keys stay shut in a frame",
        "collision",
        json!({
            "nonce": h((0u8..24).collect::<Vec<_>>()),
            "keys": hs([sha256(b"ephem-collision-0"), sha256(b"ephem-collision-1")]),
            "ciphertext": "5d03fbf741413a5b13aabb6dd17729f212622a086ee5812bff4b56ec20bbfb8a",
            "tag": "24083fd22b902f8911e81818f8c99d5d",
        }),
    );
    g
}

pub fn beacon() -> Body {
    beacon_of(2)
}

fn beacon_of(members: u64) -> Body {
    let (set_tag, topic_tag) = (some("set tag"), some("topic tag"));
    Body::Beacon(Beacon {
        set_tag: ephem_node::base::id::SetTag(set_tag),
        topic_tag: ephem_node::base::id::TopicTag(topic_tag),
        members,
        never_joined: false,
        founding: some("founding"),
    })
}

/// A payload of exactly this length.
fn of_length(length: usize) -> Payload {
    let body = |fill: usize| {
        Body::Entry(vec![vec![3; 900]; fill / 900].into_iter().chain([vec![4; fill % 900]]).collect())
    };
    (0..=length).rev().map(|fill| around(body(fill))).find(|p| p.encode().len() == length).unwrap()
}

fn case(topic: &str, frame: &[u8]) -> Value {
    json!({ "receiver": receiver(), "topic": topic, "frame": h(frame) })
}

/// The tag of the set that a receiver holds.
pub fn own_tag(receiver: &Value) -> [u8; 4] {
    chain::set_tag(num(receiver, "gen"), &set_at(receiver, EPOCH).0).0
}

/// Which counters of which sender were seen, room and lobby apart.
type Seen = BTreeMap<(bool, MemberId), Window>;

pub fn check_one(input: &Value) -> Outcome {
    receive(input, &bytes(input, "frame"), &mut Seen::new())
}

pub fn check_many(input: &Value) -> Outcome {
    let mut seen = Seen::new();
    let results = many(input, "frames").into_iter().map(|frame| match receive(input, &frame, &mut seen) {
        Ok(out) => out["id"].clone(),
        Err(reason) => json!({ "refused": reason }),
    });
    Ok(json!({ "results": results.collect::<Vec<_>>() }))
}

/// The checks of section 5 in their order, each by the crate's own part for it. That the state machine puts them
/// together in the same way is shown in `tests/vectors.rs`.
fn receive(input: &Value, frame: &[u8], seen: &mut Seen) -> Outcome {
    let receiver = super::json::get(input, "receiver");
    let root = root_of(receiver, kind_of(num(receiver, "room_kind")));
    let now = Unix(num(receiver, "now_ms"));
    let salts: BTreeSet<[u8; 16]> = many_fixed(receiver, "salts").into_iter().collect();
    let topic = text(input, "topic");
    let door =
        |lobby: bool| Gate::new(&root, &if lobby { BTreeSet::new() } else { salts.clone() }, now.day());
    let (gate, lobby_topic) = match topic {
        "room" => (door(false), salts.is_empty()),
        "lobby" => (door(true), true),
        // Whichever of the two topics it was made for.
        "any" => {
            let lobby = envelope::admit(&door(true), frame).is_ok();
            (door(lobby), lobby)
        }
        other => panic!("no topic `{other}`"),
    };
    let admitted = envelope::admit(&gate, frame).map_err(reason)?;
    let header = admitted.header;
    let lobby = header.frame_type == FrameType::Lobby;
    if lobby != lobby_topic && !(salts.is_empty()) {
        return Err("topic".into());
    }
    if lobby && header.set_tag.0 != [0; 4] {
        return Err(reason(Dropped::Header));
    }
    let epoch = now.epoch().nearest(header.epoch_low);
    let (back, ahead) = if lobby { (LOBBY_EPOCHS, LOBBY_EPOCHS) } else { (EPOCHS_BACK, EPOCHS_AHEAD) };
    if epoch < now.epoch().minus(back) || epoch > now.epoch().plus(ahead) {
        return Err(reason(Dropped::Epoch));
    }
    let key = if lobby {
        root.lobby(gate.day())
    } else if header.set_tag.0 == own_tag(receiver)
        && list(receiver, "chains").iter().all(|chain| num(chain, "birth") <= epoch.0)
    {
        set_at(receiver, epoch.0).1.frame
    } else {
        return Err(reason(Dropped::Unknown));
    };
    let opened = admitted.open(&key).map_err(reason)?;
    let payload = &opened.payload;
    if (payload.kind().carriage() == Carriage::Lobby) != lobby {
        return Err(reason(Dropped::Kind));
    }
    let ours = payload.genesis.0 == fixed::<16>(receiver, "genesis") || lobby && payload.genesis.0 == [0; 16];
    let same_set = lobby || payload.generation == num(receiver, "gen");
    if !ours || !same_set || payload.epoch != epoch || payload.sender.0 == fixed::<32>(receiver, "me") {
        return Err(reason(Dropped::OtherRoom));
    }
    let window = seen.entry((lobby, payload.sender)).or_default();
    if !window.is_new(payload.counter) {
        return Err(reason(Dropped::Replay));
    }
    if !opened.is_signed() {
        return Err(reason(Dropped::Signature));
    }
    window.mark(payload.counter);
    let header = h(header.to_bytes());
    let id = h(message_id(opened.bytes()));
    Ok(json!({ "header": header, "payload": h(opened.bytes()), "sig": h(opened.sig()), "id": id }))
}

/// What a refusal is called in the file.
pub fn reason(why: Dropped) -> String {
    let name = match why {
        Dropped::Length => "length",
        Dropped::Version => "version",
        Dropped::Gate => "gate",
        Dropped::Topic => "topic",
        Dropped::Header => "header",
        Dropped::Epoch => "epoch",
        Dropped::Unknown => "unknown-set",
        Dropped::Commitment => "commitment",
        Dropped::Aead => "aead",
        Dropped::Payload => "payload",
        Dropped::Kind => "kind",
        Dropped::OtherRoom => "other-room",
        Dropped::Replay => "replay",
        Dropped::Signature => "signature",
        other => panic!("{other:?} is not decided by a frame alone"),
    };
    name.to_owned()
}

/// What the bare cipher says to one ciphertext under two keys, and what the frame layer says.
pub fn collision(input: &Value) -> Outcome {
    let (nonce, tag) = (fixed::<24>(input, "nonce"), fixed::<16>(input, "tag"));
    let keys: Vec<[u8; 32]> = many_fixed(input, "keys");
    let bare = |key: &[u8; 32]| {
        let mut text = bytes(input, "ciphertext");
        let cipher = XChaCha20Poly1305::new(key.into());
        cipher
            .decrypt_inout_detached(&XNonce::from(nonce), &[], text.as_mut_slice().into(), &Tag::from(tag))
            .is_ok()
    };
    let framed = |key: &[u8; 32], com: &[u8; 32]| {
        let mut text = bytes(input, "ciphertext");
        match seal::open(&Secret::new(*key), &nonce, com, &[], &mut text, &tag) {
            Ok(()) => "opens",
            Err(OpenError::Commitment) => "commitment",
            Err(OpenError::Aead) => "aead",
        }
    };
    let com = |key: &[u8; 32]| {
        let mut both = [0; 64];
        kdf::expand(&Secret::new(*key), Label::FrameKey, &[&nonce], &mut both);
        <[u8; 32]>::try_from(&both[32..]).unwrap()
    };
    let coms: Vec<[u8; 32]> = keys.iter().map(com).collect();
    let under = |com: &[u8; 32]| keys.iter().map(|key| framed(key, com)).collect::<Vec<_>>();
    Ok(json!({
        "bare_cipher_opens": keys.iter().map(bare).collect::<Vec<_>>(),
        "commitments": hs(&coms),
        "frame_layer": coms.iter().map(under).collect::<Vec<_>>(),
    }))
}
