//! Sections 5 and 6: one payload of every kind, and payloads that are none.

use ephem_node::base::id::{EntryId, Genesis, InviteId, LogHead, MsgId, SetTag, TopicTag};
use ephem_node::base::secret::{Secret, Text};
use ephem_node::base::time::{Epoch, Unix};
use ephem_node::room::envelope::message_id;
use ephem_node::wire::cbor::Writer;
use ephem_node::wire::payload::{
    Ask, Beacon, Beat, Body, FileOffer, Hello, Join, KeyAnnounce, KeyUse, Kind, Listing, Missed, Payload,
    Profile, Proof, Row, Say, Sealed, What,
};
use serde_json::{Value, json};

use super::json::{bytes, h};
use super::keys::{EPOCH, genesis};
use super::{Group, Outcome, actor, bodies, some};

/// The instant at which most vectors are said.
pub const SENT: u64 = EPOCH * 60_000 + 12_345;

pub fn group() -> Group {
    let mut g = Group::new("payloads", "sections 5 and 6: the bytes that are signed, read and written again");
    let every = every();
    let kinds: Vec<Kind> = every.iter().map(|(_, body)| body.kind()).collect();
    assert!(Kind::ALL.iter().all(|kind| kinds.contains(kind)), "a kind without a vector");
    for (name, body) in every {
        g.good(name, "payload", json!({ "bytes": h(&*around(body).encode()) }));
    }
    let plain = || Raw { ttl_s: 600, kind: 5, ..Raw::default() };
    let leave = |w: &mut Writer| {
        w.array(1).uint(0);
    };
    g.good("A payload written by hand is the same payload", "payload", plain().input(leave));
    g.good("A life of a day is the longest", "payload", Raw { ttl_s: 86_400, ..plain() }.input(leave));
    for (name, kind, body) in empties() {
        g.good(name, "payload", Raw { kind, ..plain() }.input(body));
    }
    let mut refuse = |name: &str, input: Value| g.bad(name, "payload", input, "payload");
    refuse("A payload of version 2", Raw { version: 2, ..plain() }.input(leave));
    refuse("A payload with a field too few", Raw { fields: 10, ..plain() }.input(|_| ()));
    refuse(
        "A payload with a field too many",
        Raw { fields: 12, ..plain() }.input(|w| {
            w.array(1).uint(0).null();
        }),
    );
    refuse("A room's name of 15 bytes", Raw { genesis: vec![7; 15], ..plain() }.input(leave));
    refuse("A counter of 0", Raw { counter: 0, ..plain() }.input(leave));
    refuse("A life of more than a day", Raw { ttl_s: 86_401, ..plain() }.input(leave));
    refuse("The reserved kind 22", Raw { kind: 22, ..plain() }.input(leave));
    refuse("A kind that does not exist", Raw { kind: 27, ..plain() }.input(leave));
    refuse(
        "A leave with a reason that does not exist",
        plain().input(|w| {
            w.array(1).uint(2);
        }),
    );
    refuse(
        "A leave whose reason is a text",
        plain().input(|w| {
            w.array(1).text("bye");
        }),
    );
    refuse(
        "A leave without its reason",
        plain().input(|w| {
            w.array(0);
        }),
    );
    let text = |flags: u64, said: &'static str| {
        move |w: &mut Writer| {
            w.array(5).uint(1).uint(flags).text(said).null().uint(0);
        }
    };
    refuse("A text with a flag that has no meaning", Raw { kind: 0, ..plain() }.input(text(16, "hi")));
    refuse("A text without a word", Raw { kind: 0, ..plain() }.input(text(0, "")));
    let long: &'static str = "x".repeat(4_001).leak();
    refuse("A text of 4,001 bytes", Raw { kind: 0, ..plain() }.input(text(0, long)));
    let file = |name: &'static str| {
        move |w: &mut Writer| {
            w.array(5).uint(1).text(name).uint(0).bytes(&[1; 32]).bytes(&[2; 32]);
        }
    };
    let overlong: &'static str = "x".repeat(257).leak();
    refuse("A file's name of 257 bytes", Raw { kind: 13, ..plain() }.input(file(overlong)));
    let ranges = |ranges: &'static [(u64, u64)]| {
        move |w: &mut Writer| {
            w.array(1).array(1).array(2).bytes(&[9; 32]).array(ranges.len());
            ranges.iter().for_each(|(from, to)| {
                w.array(2).uint(*from).uint(*to);
            });
        }
    };
    refuse("A range that ends before it begins", Raw { kind: 1, ..plain() }.input(ranges(&[(5, 4)])));
    refuse(
        "Ranges that touch and should be one",
        Raw { kind: 1, ..plain() }.input(ranges(&[(1, 2), (3, 4)])),
    );
    refuse("Ranges out of order", Raw { kind: 1, ..plain() }.input(ranges(&[(5, 6), (1, 2)])));
    refuse(
        "A profile without a nick",
        Raw { kind: 11, ..plain() }.input(|w| {
            w.array(4).text("").text("").uint(0).uint(0);
        }),
    );
    let good = around(Body::Leave { panic: false }).encode();
    refuse("A payload cut short", json!({ "bytes": h(&good[..good.len() - 1]) }));
    refuse("A payload with a byte after it", json!({ "bytes": h([&good[..], &[0]].concat()) }));
    let spelled = good.iter().position(|byte| *byte == 0x8b).unwrap();
    let longer = [&good[..spelled], &[0x98, 11], &good[spelled + 1..]].concat();
    refuse("A payload whose first length is spelled too long", json!({ "bytes": h(longer) }));
    g
}

pub fn check(input: &Value) -> Outcome {
    let raw = bytes(input, "bytes");
    let payload = Payload::decode(&raw).map_err(|_| "payload")?;
    assert_eq!(*payload.encode(), raw);
    Ok(json!({ "payload": bodies::payload(&payload), "id": h(message_id(&raw)) }))
}

/// A payload around a body, said by ana.
pub fn around(body: Body) -> Payload {
    let lobby = matches!(body, Body::Hello(_));
    Payload {
        genesis: Genesis(genesis()),
        generation: if lobby { 0 } else { 1 },
        epoch: Epoch(EPOCH),
        sender: actor("ana").id(),
        counter: 7,
        sent: Unix(SENT),
        ttl_s: if matches!(body, Body::Text(_)) { 600 } else { 0 },
        log_head: LogHead(some("log head")),
        body,
    }
}

/// A message with nothing special about it.
pub fn say(said: &str) -> Body {
    let text = Text::new(said);
    Body::Text(Say::plain(1, text))
}

fn every() -> Vec<(&'static str, Body)> {
    let kem = || Box::new(some::<1216>("a kem key, never used"));
    let addrs = || vec![vec![4, 192, 0, 2, 1, 6, 0x1f, 0x90], vec![4, 198, 51, 100, 7, 0x91, 2, 0x1f, 0x90]];
    let proof =
        || Proof { invite: InviteId(some("invite id")), key: some("invite key"), sig: some("invite proof") };
    let part = || Sealed {
        to: vec![([1; 8], vec![2; 40]), ([3; 8], vec![4; 40])],
        nonce: some("nonce"),
        com: some("com"),
        boxed: vec![5; 60],
    };
    let had =
        || vec![(actor("ana").id(), vec![(1, 4), (6, 6), (70_000, 1 << 40)]), (actor("bo").id(), vec![])];
    let mut full = Say {
        n: 300,
        action: true,
        announce: true,
        from_read: true,
        keep: true,
        text: Text::new("ana waves \u{1f44b}"),
        reply: Some(MsgId(some("reply"))),
        once_s: 30,
    };
    let everything = Body::Text(full.clone());
    full.action = false;
    let row = |left: bool| Row {
        id: actor("bo").id(),
        nick: "bo".into(),
        joined: Unix(SENT - 5_000),
        serve: !left,
        left,
        kem: (!left).then(kem),
        foundings: vec![[6; 8], [7; 8]],
        peer: vec![8; 34],
        addrs: if left { Vec::new() } else { addrs() },
    };
    let join = |proof| Join {
        nick: "ana".into(),
        serve: true,
        proof,
        kem: kem(),
        foundings: vec![[6; 8]],
        peer: vec![8; 34],
        addrs: addrs(),
    };
    let hello = |proof, at| Hello { kem: kem(), nonce: some("hello nonce"), proof, at };
    vec![
        ("A text", say("hi")),
        ("A text with every flag, a reply and a time to be seen", everything),
        ("A receipt for what two authors said", Body::Have(had())),
        ("A sealed message was opened", Body::Opened(MsgId(some("opened")))),
        ("Messages are taken back", Body::Burn { ids: vec![MsgId([1; 8]), MsgId([2; 8])], upto: 9 }),
        ("Somebody comes in", Body::Join(join(None))),
        ("Somebody comes in by an invite", Body::Join(join(Some(proof())))),
        ("Somebody goes", Body::Leave { panic: false }),
        ("Somebody goes in a hurry", Body::Leave { panic: true }),
        (
            "A fresh handover key",
            Body::Key(KeyAnnounce { used_for: KeyUse::Handover, kem: kem(), x25519: None }),
        ),
        (
            "A fresh pair of keys for direct messages",
            Body::Key(KeyAnnounce { used_for: KeyUse::Direct, kem: kem(), x25519: Some(some("x25519")) }),
        ),
        (
            "A beat",
            Body::Beat(Beat {
                unconfirmed: true,
                serve: false,
                away: true,
                conf: some("conf"),
                roster: some("roster"),
                living: some("living"),
                joined: Unix(SENT - 60_000),
                peer: Vec::new(),
                addrs: addrs(),
            }),
        ),
        ("A share (see the group on handing over for real ones)", Body::Share(part())),
        ("A rekey", Body::Rekey(part())),
        ("Log entries", Body::Entry(vec![vec![1; 200], vec![2; 200]])),
        (
            "A profile",
            Body::Profile(Profile { nick: "ana".into(), status: "gone fishing".into(), glyph: 3, colour: 5 }),
        ),
        ("A direct message", Body::Dm { tag: [9; 8], sealed: vec![10; 300] }),
        (
            "A file is offered",
            Body::File(FileOffer {
                n: 2,
                name: "notes.txt".into(),
                size: 1 << 33,
                hash: some("file"),
                key: Secret::new(some("file key")),
            }),
        ),
        ("A report to the admins", Body::Report(part())),
        (
            "A room in the directory",
            Body::Listing(Listing {
                name: "general".into(),
                title: "Everything".into(),
                tag: String::new(),
                mode: 1,
                members: 4,
                until: Unix(SENT + 600_000),
            }),
        ),
        ("A page of the roster", Body::Roster { page: 0, pages: 2, rows: vec![row(false), row(true)] }),
        ("A page of the log", Body::Log { entries: vec![vec![1; 200]], heads: vec![EntryId([4; 32])] }),
        (
            "A beacon of a founding that nobody joined",
            Body::Beacon(Beacon {
                set_tag: SetTag([1, 2, 3, 4]),
                topic_tag: TopicTag([5, 6, 7, 8]),
                members: 1,
                never_joined: true,
                founding: some("founding"),
            }),
        ),
        ("A hello of a newcomer", Body::Hello(hello(None, None))),
        (
            "A hello across a partition, with an invite",
            Body::Hello(hello(Some(proof()), Some((SetTag([1, 2, 3, 4]), TopicTag([5, 6, 7, 8]))))),
        ),
        ("A welcome", Body::Welcome { hello: some("hello"), sealed: vec![11; 1_200] }),
        ("A refusal", Body::Refusal { hello: some("hello"), sealed: vec![12; 1_138] }),
        (
            "A request for the log",
            Body::Ask(Ask { what: What::Log, heads: vec![EntryId([4; 32])], kem: None, had: Vec::new() }),
        ),
        (
            "A request for what was missed",
            Body::Ask(Ask { what: What::Missed, heads: Vec::new(), kem: Some(kem()), had: had() }),
        ),
        (
            "A request for the keys of direct messages",
            Body::Ask(Ask { what: What::Keys, heads: Vec::new(), kem: None, had: Vec::new() }),
        ),
        (
            "A page of what was missed",
            Body::Missed(Missed {
                nonce: some("nonce"),
                com: some("com"),
                sealed: vec![13; 1_168],
                boxed: vec![14; 90],
            }),
        ),
        ("Parts of a file are wanted", Body::Want { hash: some("file"), first: 16, count: 8 }),
        ("A part of a file", Body::Chunk { hash: some("file"), index: 16, bytes: vec![15; 400] }),
        ("Messages are gone", Body::Gone { ids: vec![MsgId([1; 8]), MsgId([2; 8])], upto: 9 }),
        ("Messages were looked at", Body::Seen(vec![MsgId([1; 8]), MsgId([2; 8])])),
        ("Somebody writes to all", Body::Typing { alone: false }),
        ("Somebody writes to one", Body::Typing { alone: true }),
    ]
}

type Written = fn(&mut Writer);

/// Bodies with everything empty that may be: a name, a kind, what is written.
fn empties() -> Vec<(&'static str, u64, Written)> {
    let sealed: Written = |w| {
        w.array(4).array(0).bytes(&[1; 24]).bytes(&[2; 32]).bytes(&[]);
    };
    vec![
        ("A receipt for nobody", 1, |w| {
            w.array(1).array(0);
        }),
        ("A burn of nothing", 3, |w| {
            w.array(2).array(0).uint(0);
        }),
        ("A share for nobody with an empty box", 8, sealed),
        ("An entry payload without entries", 10, |w| {
            w.array(1).array(0);
        }),
        ("A profile without a status", 11, |w| {
            w.array(4).text("a").text("").uint(0).uint(0);
        }),
        ("A file without a name", 13, |w| {
            w.array(5).uint(1).text("").uint(0).bytes(&[1; 32]).bytes(&[2; 32]);
        }),
        ("A listing without a word", 15, |w| {
            w.array(6).text("").text("").text("").uint(0).uint(0).uint(0);
        }),
        ("A welcome with nothing sealed", 20, |w| {
            w.array(2).bytes(&[1; 32]).bytes(&[]);
        }),
        ("A chunk of no bytes", 26, |w| {
            w.array(3).bytes(&[1; 32]).uint(0).bytes(&[]);
        }),
        ("Nothing is gone", 27, |w| {
            w.array(2).array(0).uint(0);
        }),
    ]
}

/// A payload field by field, for those that the crate would not write.
struct Raw {
    fields: usize,
    version: u64,
    genesis: Vec<u8>,
    counter: u64,
    kind: u64,
    ttl_s: u64,
}

impl Default for Raw {
    fn default() -> Raw {
        let genesis = genesis().to_vec();
        Raw { fields: 11, version: 1, genesis, counter: 7, kind: 0, ttl_s: 0 }
    }
}

impl Raw {
    fn input(self, body: impl FnOnce(&mut Writer)) -> Value {
        let mut w = Writer::with_capacity(512);
        w.array(self.fields).uint(self.version).bytes(&self.genesis).uint(1).uint(EPOCH);
        w.bytes(&actor("ana").id().0).uint(self.counter).uint(self.kind).uint(SENT).uint(self.ttl_s);
        w.bytes(&some::<16>("log head"));
        body(&mut w);
        json!({ "bytes": h(&*w.finish()) })
    }
}
