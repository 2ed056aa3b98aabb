//! Section 15: listings, and what whoever listens makes of them.

use ephem_node::base::id::{Genesis, MemberId, Peer, SetTag, TopicTag};
use ephem_node::base::secret::Secret;
use ephem_node::base::tag::Tag;
use ephem_node::base::time::{Epoch, Mono, Unix};
use ephem_node::crypto::kdf::{self, Label};
use ephem_node::room::directory::{Directory, News, Way};
use ephem_node::room::io::Verdict;
use ephem_node::wire::payload::{Beacon, Body, Listing, Payload};
use serde_json::{Value, json};

use super::draft::Draft;
use super::frames::{beacon, receiver};
use super::json::{bytes, fixed, h, num};
use super::keys::EPOCH;
use super::payloads::{SENT, around};
use super::{Group, Outcome, actor, rng};

/// The root that everybody has.
fn root() -> Secret<32> {
    kdf::extract(&kdf::hash(Label::Salt, &[&[0], &[0, 0]]), &[b"open"])
}

fn listing(change: impl FnOnce(&mut Listing)) -> Payload {
    let mut said = Listing {
        name: "print-room".to_owned(),
        title: "the floor plan".to_owned(),
        tag: "region:eu special:print".to_owned(),
        mode: 1,
        members: 3,
        until: Unix(SENT + 90_000),
    };
    change(&mut said);
    of_no_room(Body::Listing(said))
}

fn of_no_room(body: Body) -> Payload {
    Payload { genesis: Genesis([0; 16]), generation: 0, ..around(body) }
}

fn draft(payload: &Payload) -> Draft {
    let mut at = receiver();
    (at["room_kind"], at["root"]) = (0.into(), h(root().expose()));
    Draft { receiver: at, ..Draft::lobby(payload) }
}

pub fn group() -> Group {
    let mut g = Group::new("directory", "section 15: rooms that want to be found");
    let case = |frame: Vec<u8>| json!({ "now_ms": EPOCH * 60_000 + 15_000, "me": h(actor("dee").id()), "frame": h(frame) });
    let mut tell = |name: &str, draft: Draft| drop(g.good(name, "listing", case(draft.frame(name))));
    tell("A room behind a passphrase is listed", draft(&listing(|_| {})));
    tell(
        "One that is locked, with no title and no tags, for as long as may be",
        draft(&listing(|said| {
            (said.title, said.tag) = (String::new(), String::new());
            (said.mode, said.members, said.until) = (2 + 8, 256, Unix(SENT + 600_000));
        })),
    );
    tell("One where people knock, with the longest of everything", {
        let tags = ["a", "b", "c"].map(|tag| tag.repeat(24)).join(" ");
        draft(&listing(|said| {
            (said.name, said.title, said.tag) = ("n".repeat(32), "\u{e9}".repeat(64), tags);
            said.mode = 4;
        }))
    });
    tell("A room is listed no more", draft(&listing(|said| said.until = Unix(0))));
    for (name, by) in [
        ("A listing from a clock six minutes behind is taken", -6_i64),
        ("And one from six minutes ahead", 6),
    ] {
        let mut payload = listing(|_| {});
        payload.epoch = Epoch(EPOCH.wrapping_add_signed(by));
        payload.sent = Unix(SENT.wrapping_add_signed(by * 60_000));
        if let Body::Listing(said) = &mut payload.body {
            said.until = Unix(payload.sent.0 + 90_000);
        }
        tell(name, draft(&payload));
    }
    // Held against whoever passes it on.
    tell(
        "A signature by another key is held against the link",
        Draft { by: "bo", ..draft(&listing(|_| {})) },
    );
    tell("So is a gate of another root", Draft::lobby(&listing(|_| {})));
    type Change = fn(&mut Listing);
    let wrong: [(&str, Change); 9] = [
        ("So are four tags", |said| said.tag = "a b c d".to_owned()),
        ("So is a tag twice", |said| said.tag = "a a".to_owned()),
        ("So is a tag in upper case", |said| said.tag = "Region:eu".to_owned()),
        ("So is a tag with two colons", |said| said.tag = "a:b:c".to_owned()),
        ("So is a space too many between two", |said| said.tag = "a  b".to_owned()),
        ("So is a title of 129 bytes", |said| said.title = "x".repeat(129)),
        ("So is a way in that is none", |said| said.mode = 3),
        ("So is nobody in it", |said| said.members = 0),
        ("So is a time of more than ten minutes", |said| said.until = Unix(SENT + 600_001)),
    ];
    for (name, change) in wrong {
        tell(name, draft(&listing(change)));
    }
    let mut elsewhere = listing(|_| {});
    elsewhere.genesis = Genesis([1; 16]);
    tell("So is a listing that names a room's beginning", draft(&elsewhere));
    let mut astray = listing(|_| {});
    astray.sent = Unix(SENT + 60_000);
    tell("So is one of another minute than it says", draft(&astray));
    tell("So is a beacon of a room", draft(&of_no_room(beacon())));
    tell("So is another kind of payload", draft(&of_no_room(Body::Leave { panic: false })));
    let looks = Body::Beacon(Beacon {
        set_tag: SetTag([0; 4]),
        topic_tag: TopicTag([0; 4]),
        members: 0,
        never_joined: false,
        founding: [0; 16],
    });
    tell("Somebody who looks says so with a beacon of nothing", draft(&of_no_room(looks)));
    // Nobody's fault.
    tell(
        "A name in another spelling is passed over",
        draft(&listing(|said| said.name = "Print-Room".to_owned())),
    );
    tell(
        "So is what one said oneself",
        Draft { by: "dee", ..draft(&Payload { sender: actor("dee").id(), ..listing(|_| {}) }) },
    );
    let mut late = listing(|_| {});
    (late.epoch, late.sent) = (Epoch(EPOCH - 7), Unix(SENT - 420_000));
    if let Body::Listing(said) = &mut late.body {
        said.until = Unix(late.sent.0 + 90_000);
    }
    tell("So is one that is seven minutes old", draft(&late));
    g
}

pub fn check(input: &Value) -> Outcome {
    let (wall, me) = (Unix(num(input, "now_ms")), MemberId(fixed(input, "me")));
    let mut directory = Directory::new(rng("directory"), wall, 0);
    let topic = *directory.topics().next().unwrap();
    let from = Peer::new(b"whoever passes it on").unwrap();
    let (now, way) = (Mono(1), Way::Gossip(topic));
    let heard = directory.hear((now, wall), &me, &from, way, &bytes(input, "frame"));
    let verdict = match heard.verdict {
        Verdict::Accept => "accept",
        Verdict::Ignore => "ignore",
        Verdict::Reject => "reject",
    };
    let Some(News::Listed(entry)) = heard.news else { return Ok(json!({ "verdict": verdict })) };
    let said = &entry.listing;
    let tags: Vec<&str> = said.tags.iter().map(Tag::as_str).collect();
    Ok(json!({
        "verdict": verdict, "topic": topic.hex(), "by": h(entry.by), "name": said.name.as_str(), "title": said.title,
        "tags": tags, "kind": said.kind.code(), "knock": said.knock, "locked": said.locked, "members": said.members,
        "holds_ms": entry.until.since(now),
    }))
}
