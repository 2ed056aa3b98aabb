//! Rooms that want to be found: listed for neighbours and for everybody who looks, taken back, and what a liar can say.

use std::collections::BTreeMap;
use std::time::Instant;

use ephem_node::base::limits::{LISTING_AGAIN_MS, LISTING_MS};
use ephem_node::base::secret::Secret;
use ephem_node::base::tag::Tag;
use ephem_node::crypto::identity::Identity;
use ephem_node::crypto::name::RoomName;
use ephem_node::crypto::root::Kind;
use ephem_node::net::{self, Addr, Config, Event, Place};
use ephem_node::node::clock::Clock;
use ephem_node::node::random;
use ephem_node::room::directory::{Directory, Listing};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::words::{Net, WAIT};

fn line(net: &mut Net, who: &str, text: &str) -> Value {
    net.ask(who, json!({"cmd": "line", "text": text}))
}

fn listing(event: &'static str, room: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["type"] == "listing" && line["event"] == event && line["room"] == room
}

/// Opens a room of one's own.
fn opens(net: &mut Net, who: &str, join: Value) {
    let room = net.ask(who, join)["room"].clone();
    alone(net, who, &room);
}

fn alone(net: &mut Net, who: &str, room: &Value) {
    let is = |line: &Value| line["type"] == "room" && line["room"] == *room && line["state"] == "alone";
    net.eventually(who, |seen| seen.iter().any(is));
}

/// The rooms of a list, by name.
fn named(reply: &Value, list: &str) -> BTreeMap<String, Value> {
    let rows = reply[list].as_array().unwrap_or_else(|| panic!("no {list}: {reply}"));
    rows.iter().map(|row| (row["room"].as_str().expect("a name").to_owned(), row.clone())).collect()
}

#[test]
fn neighbours_see_a_listed_room_until_its_owner_takes_it_out_or_leaves() {
    let mut net = Net::of(&["ana", "bob", "cho"]);
    opens(&mut net, "ana", json!({"cmd": "join", "room": "print-room"}));
    line(&mut net, "ana", "/topic the floor plan");
    assert_eq!(line(&mut net, "ana", "/tag Region:EU special:print")["list"], "off");
    assert!(
        named(&net.ask("bob", json!({"cmd": "rooms"})), "nearby").is_empty(),
        "off until it is asked for"
    );
    let reply = line(&mut net, "ana", "/list near");
    assert_eq!((&reply["list"], &reply["tags"]), (&json!("near"), &json!(["region:eu", "special:print"])));
    let notice = net.until("ana", |line| line["type"] == "notice" && line["code"] == "listed");
    assert!(notice["text"].as_str().expect("words").contains("this network"), "{notice}");
    let ana = net.find("ana", |line| line["type"] == "hello")["me"].clone();
    let mark = net.mark("ana");
    for who in ["bob", "cho"] {
        let row = net.until(who, listing("listed", "print-room"));
        assert_eq!((&row["title"], &row["members"]), (&json!("the floor plan"), &json!(1)));
        assert_eq!((&row["by"]["id"], &row["by"]["tag"]), (&ana["id"], &ana["tag"]));
        assert_eq!((&row["mode"], &row["mark"]), (&json!("open"), &json!(mark)), "whoever joins can compare");
        assert!(row["near"] == true && row["joined"] == false && row["alike"] == false, "{row}");
        assert!((1..=90_000).contains(&row["expires_ms"].as_u64().expect("a time")), "{row}");
        for (look, found) in [("/rooms", true), ("/rooms region:eu", true), ("/rooms region:us", false)] {
            let reply = line(&mut net, who, look);
            assert_eq!(named(&reply, "nearby").contains_key("print-room"), found, "{look}");
            assert_eq!(reply["listed"].is_null(), look == "/rooms", "only who looks further hears more");
        }
    }
    // Whoever only reads what neighbours say listens to nothing for it.
    net.start("eve", &[], None);
    net.until("eve", listing("listed", "print-room"));
    let page = line(&mut net, "eve", "/net")["lines"].to_string();
    assert!(page.contains("directory: not listened to; rooms nearby: 1, listed: 0"), "{page}");
    let page = line(&mut net, "bob", "/net")["lines"].to_string();
    assert!(page.contains("directory: listened to, because you looked"), "{page}");
    // What is nearby for neighbours alone is heard by nobody who only looks.
    let far = net.ask("bob", json!({"cmd": "rooms", "all": true}));
    assert!(named(&far, "listed").is_empty());
    line(&mut net, "ana", "/list off");
    for who in ["bob", "cho"] {
        net.until(who, listing("gone", "print-room"));
        assert!(named(&net.ask(who, json!({"cmd": "rooms"})), "nearby").is_empty());
    }
    // Once more, and the owner leaves. Whoever comes to the network meanwhile is told as well.
    line(&mut net, "ana", "/list on");
    net.start("dan", &[], None);
    for who in ["bob", "cho", "dan"] {
        net.until(who, listing("listed", "print-room"));
    }
    net.ask("ana", json!({"cmd": "leave"}));
    for who in ["bob", "cho", "dan"] {
        net.until(who, listing("gone", "print-room"));
    }
    opens(&mut net, "ana", json!({"cmd": "join", "room": "second"}));
    line(&mut net, "ana", "/list near");
    net.until("bob", listing("listed", "second"));
    net.ask("ana", json!({"cmd": "quit"}));
    net.until("bob", listing("gone", "second"));
}

#[test]
fn each_way_in_is_told_and_no_secret_with_it() {
    let mut net = Net::of(&["ana", "bob"]);
    opens(
        &mut net,
        "ana",
        json!({"cmd": "join", "room": "behind", "passphrase": "seven otters row upstream"}),
    );
    line(&mut net, "ana", "/list near");
    let row = net.until("bob", listing("listed", "behind"));
    assert_eq!(
        (&row["mode"], &row["mark"]),
        (&json!("passphrase"), &Value::Null),
        "nobody may try passphrases on it"
    );
    let room = line(&mut net, "ana", "/new by-invite")["room"].clone();
    alone(&mut net, "ana", &room);
    for text in ["/list near", "/lock"] {
        net.ask("ana", json!({"cmd": "line", "room": room, "text": text}));
    }
    let row = net.until("bob", listing("listed", "by-invite"));
    assert_eq!((&row["mode"], &row["mark"]), (&json!("invite"), &Value::Null));
    // One who is in it sees no other room in its name; a look-alike is marked.
    opens(&mut net, "bob", json!({"cmd": "join", "room": "behlnd"}));
    let rows = named(&net.ask("bob", json!({"cmd": "rooms"})), "nearby");
    assert_eq!((&rows["behind"]["alike"], &rows["by-invite"]["alike"]), (&json!(true), &json!(false)));
    opens(&mut net, "bob", json!({"cmd": "join", "room": "by-invite"}));
    let rows = named(&net.ask("bob", json!({"cmd": "rooms"})), "nearby");
    let row = &rows["by-invite"];
    assert!(
        row["joined"] == true && row["alike"] == true,
        "an open room is not the one behind an invite: {row}"
    );
}

#[test]
fn whoever_does_not_own_a_room_lists_it_not_and_wrong_words_are_refused() {
    let mut net = Net::of(&["ana", "bob"]).join_all("lobby");
    let owner =
        net.find("ana", |line| line["type"] == "room" && line["state"] == "confirmed")["role"].clone();
    let (owner, member) = if owner == "owner" { ("ana", "bob") } else { ("bob", "ana") };
    for text in ["/list on", "/list near", "/list off", "/tag chess"] {
        assert_eq!(line(&mut net, member, text)["error"]["code"], "role", "{text}");
    }
    for text in ["/list loud", "/tag a b c d", "/tag caf\u{e9}", "/tag a a", "/rooms a b", "/rooms :"] {
        assert_eq!(line(&mut net, owner, text)["error"]["code"], "usage", "{text}");
    }
    assert_eq!(line(&mut net, owner, "/list")["list"], "off");
    let reply = net.ask(owner, json!({"cmd": "rooms", "tag": "two words"}));
    assert_eq!(reply["error"]["code"], "wrong_value");
    // Whoever gives the room away lists it no more.
    line(&mut net, owner, "/list near");
    net.until(member, listing("listed", "lobby"));
    assert_eq!(line(&mut net, owner, "/list")["list"], "near");
    line(&mut net, owner, &format!("/transfer {member}"));
    net.until(member, |line| line["type"] == "notice" && line["code"] == "offered");
    line(&mut net, member, "/accept");
    net.until(owner, |line| line["type"] == "notice" && line["code"] == "unlisted");
    net.until(member, listing("gone", "lobby"));
}

#[test]
fn those_who_look_are_told_through_a_third_who_knows_neither() {
    // The hub is whom both know; they have nothing else in common.
    let mut net = Net::of(&["hub", "ana", "bob"]);
    opens(&mut net, "ana", json!({"cmd": "join", "room": "print-room"}));
    let look = json!({"cmd": "rooms", "tag": "region:eu"});
    assert!(named(&net.ask("hub", look.clone()), "listed").is_empty());
    line(&mut net, "ana", "/tag region:eu");
    line(&mut net, "ana", "/list on");
    net.until("hub", listing("listed", "print-room"));
    let said = Instant::now();
    // Links offer what they lately missed, for some seconds. When that is over bob begins to look: by itself it is said again
    // after half a minute, and for him sooner.
    let left = |net: &mut Net| {
        let nearby = named(&net.ask("hub", json!({"cmd": "rooms"})), "nearby");
        nearby["print-room"]["expires_ms"].as_u64().expect("a time")
    };
    while left(&mut net) > LISTING_MS - 8_000 {
        std::thread::yield_now();
    }
    assert!(named(&net.ask("bob", look), "listed").is_empty(), "it was said before bob listened");
    let mut row = Value::Null;
    while row.is_null() && said.elapsed() < 2 * WAIT {
        row = named(&net.ask("bob", json!({"cmd": "rooms", "tag": "region:eu"})), "listed")
            .remove("print-room")
            .unwrap_or(Value::Null);
        std::thread::yield_now();
    }
    assert_eq!((&row["near"], &row["tags"]), (&json!(false), &json!(["region:eu"])), "{row}");
    let took = said.elapsed().as_millis();
    assert!(took < u128::from(LISTING_AGAIN_MS.0), "after {took} ms");
    assert!(named(&net.ask("bob", json!({"cmd": "rooms", "tag": "region:us"})), "listed").is_empty());
    assert_eq!(net.count("bob", |line| line["type"] == "listing"), 0, "no neighbour of bob's said so");
    net.kill("hub");
}

/// Somebody on loopback who says of rooms what they like.
struct Liar {
    runtime: Runtime,
    net: net::Handle,
    events: net::Events,
    directory: Directory<random::Os>,
    to: ephem_node::base::id::Peer,
    clock: Clock,
}

impl Liar {
    fn linked_to(address: &str) -> Liar {
        let runtime = Runtime::new().expect("a runtime");
        let config = Config {
            listen: vec![Addr::parse_listen("/ip4/127.0.0.1/tcp/0").expect("an address")],
            bootstrap: vec![Place::parse(address).expect("a place")],
            mdns: false,
            ..Config::default()
        };
        let (net, mut events, to) = runtime.block_on(async {
            let (net, mut events) = net::start(config).expect("it starts");
            let linked = async {
                loop {
                    if let Some(Event::LinkUp { peer, .. }) = events.next().await {
                        return peer;
                    }
                }
            };
            let peer = timeout(WAIT, linked).await.expect("a link");
            (net, events, peer)
        });
        while events.try_next().is_some() {}
        let clock = Clock::new();
        let directory = Directory::new(random::os(), clock.wall(), 0);
        Liar { runtime, net, events, directory, to, clock }
    }

    /// Says this of a room, under a key of this number, straight to whom it is linked with.
    fn says(&mut self, key: u8, listing: &Listing) {
        let me = Identity::from_seed(&Secret::new([key; 32]));
        let (_, frame) = self.directory.make(&me, self.clock.wall(), listing, 60_000).expect("a frame");
        self.sends(frame);
    }

    fn sends(&mut self, frame: Vec<u8>) {
        self.runtime.block_on(self.net.direct(self.to.clone(), frame)).expect("it goes");
        while self.events.try_next().is_some() {}
    }
}

fn open(name: &str, title: &str) -> Listing {
    Listing {
        name: RoomName::parse(name).expect("a name"),
        title: title.to_owned(),
        tags: vec![Tag::parse("chess").expect("a tag")],
        kind: Kind::Open,
        knock: false,
        locked: false,
        members: 200,
    }
}

#[test]
fn hostile_words_are_cleaned_junk_is_nothing_and_one_neighbour_fills_only_a_share() {
    let mut net = Net::of(&["ana"]);
    let mut liar = Liar::linked_to(&net.address("ana"));
    liar.says(1, &open("cards", "win\u{202e}exe.\u{1b}[2J\u{7}\n\u{200b}now"));
    let row = net.until("ana", listing("listed", "cards"));
    assert_eq!(row["title"], "winexe.[2J now");
    for n in 0..500_u32 {
        liar.sends(vec![n as u8; [1, 640, 640, 32_768][(n % 4) as usize]]);
    }
    for key in 2..60 {
        liar.says(key, &open(&format!("junk {key}"), ""));
    }
    net.eventually("ana", |seen| seen.iter().filter(|line| line["type"] == "listing").count() == 8);
    // An honest one comes after that, and is heard.
    net.start("bob", &[], None);
    opens(&mut net, "bob", json!({"cmd": "join", "room": "tea"}));
    line(&mut net, "bob", "/list near");
    net.until("ana", listing("listed", "tea"));
    assert_eq!(named(&net.ask("ana", json!({"cmd": "rooms"})), "nearby").len(), 9);
}

#[test]
fn a_room_that_was_listed_by_somebody_without_an_office_in_it_is_said_to_be() {
    let mut net = Net::hosted_by("ana", &[]);
    net.start("bob", &[], None);
    let mut liar = Liar::linked_to(&net.address("bob"));
    liar.says(1, &open("lobby", "the real one"));
    // Listed under another key as well it is no truer.
    liar.says(2, &open("lobby", "the only one"));
    let told = |seen: &[Value], title: &str| {
        seen.iter().any(|line| line["type"] == "listing" && line["title"] == title)
    };
    net.eventually("bob", |seen| ["the real one", "the only one"].iter().all(|title| told(seen, title)));
    net.ask("bob", json!({"cmd": "join", "room": "lobby"}));
    let notice = net.until("bob", |line| line["type"] == "notice" && line["code"] == "listed_by_other");
    assert_eq!((&notice["room"], &notice["level"]), (&json!("lobby"), &json!("warn")));
    // Where its owner lists it, nothing has to be said.
    line(&mut net, "ana", "/list near");
    net.start("cho", &[], None);
    net.until("cho", listing("listed", "lobby"));
    net.ask("cho", json!({"cmd": "join", "room": "lobby"}));
    net.counts("cho", 3);
    net.ask("cho", json!({"cmd": "rooms"}));
    assert_eq!(net.count("cho", |line| line["code"] == "listed_by_other"), 0);
}
