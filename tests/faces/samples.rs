//! One event of every kind, in every spelling that a program may meet.

use ephem_node::base::id::{InviteId, MemberId, MsgId};
use ephem_node::base::nick::Nick;
use ephem_node::base::secret::Text;
use ephem_node::base::tag::Tag;
use ephem_node::base::time::{Mono, Unix};
use ephem_node::chat::event::{
    BootstrapLine, Burned, Bye, Closing, Event, Facts, Fate, Hello, Invite, KeptLine, KeysLine, MemberLine,
    Message, NetLine, PeerLine, Person, Receipt, RoomLine, SetBy, TypingLine,
};
use ephem_node::chat::friends::Friend;
use ephem_node::chat::listing::{Found, Listed, Listing, ListingLine};
use ephem_node::chat::name::{
    BootstrapChange, BurnWhy, Door, History, InviteState, KeysChange, Kind, ListingChange, MemberChange,
    Mode, Nat, PeerChange, Reach, Role, RoomChange, Route, Standing,
};
use ephem_node::chat::notice::{Notice, Said, Unreachable};
use ephem_node::chat::problem::Problem;
use ephem_node::chat::record::{Ban, Record};
use ephem_node::chat::reply::{
    Answer, Cid, FriendRow, Friends, InviteRow, KeptFacts, KeptRoom, Keys, MemberRow, Mine, Profile, Reply,
    RoomRow, Rows, Sheet, Status, Written,
};
use ephem_node::chat::request::Policy;
use ephem_node::chat::text::{Body, Line};

pub(super) fn line(text: &str) -> Line {
    Line::clean(text)
}

pub(super) fn person(byte: u8) -> Person {
    let nick = Nick::parse("ana \"the\" \\ otter").expect("a nick");
    Person {
        friend: byte == 1,
        status: line(if byte == 1 { "back at \"nine\"" } else { "" }),
        ..Person::plain(MemberId([byte; 32]), nick, line("otter-lamp"), Role::ALL[usize::from(byte) % 3])
    }
}

pub(super) fn message(n: u8, text: &str) -> Message {
    Message {
        room: line("lobby"),
        id: MsgId([n; 8]),
        from: person(1),
        to: None,
        asks: false,
        about: None,
        text: Some(Body::of(&Text::new(text))),
        kind: Kind::Text,
        sent: Unix(1_700_000_000_000),
        ttl_ms: 600_000,
        dies: Some(Mono(600_000)),
        once_ms: None,
        keep: false,
        mine: false,
        caught_up: false,
        reply: None,
    }
}

fn facts(mode: Mode, state: Standing) -> Facts {
    Facts {
        mode,
        mark: line("amber-otter-7"),
        members: 3,
        ttl_ms: 600_000,
        quiet_ms: 0,
        persist: false,
        state,
        role: Role::Owner,
        only: None,
        topic: None,
        closes: None,
    }
}

fn full() -> Facts {
    Facts {
        only: Some(person(2)),
        persist: true,
        topic: Some(line("floor plan")),
        closes: Some(Closing { unix: Unix(9), at: Mono(4), in_ms: 3 }),
        ..facts(Mode::Invite, Standing::Unconfirmed)
    }
}

fn invite() -> Invite {
    Invite {
        room: line("plans"),
        id: InviteId([7; 16]),
        invite: Text::new("EPHEM:ABC"),
        words: Text::new("one two"),
        uses: 1,
        until: Unix(5),
    }
}

fn invite_row(state: InviteState) -> InviteRow {
    let left = (state != InviteState::Expired).then_some(1);
    InviteRow { id: InviteId([8; 16]), state, uses: 2, left, until: Unix(6), mine: true }
}

fn link() -> PeerLine {
    PeerLine {
        change: PeerChange::Connected,
        peer: line("12D3"),
        route: Route::Relay,
        via: Some(line("12D4")),
        rtt_ms: Some(12),
        addr: Some(line("/ip4/192.0.2.1/tcp/1")),
        room: None,
    }
}

fn net(nat: Nat) -> NetLine {
    NetLine { nat, addresses: vec![line("/ip4/192.0.2.1/tcp/1")], relays: vec![] }
}

fn friend_row() -> FriendRow {
    let Person { id, nick, tag, .. } = person(1);
    let friend = Friend { id, nick, tag, verified: true, since: Unix(1_790_000_000_000) };
    FriendRow { friend, rooms: vec![line("lobby")] }
}

fn listing(near: bool) -> Listing {
    Listing {
        room: line("print-room"),
        title: near.then(|| line("the floor plan")),
        tags: Tag::split("region:eu").expect("a tag"),
        mode: if near { Mode::Open } else { Mode::Invite },
        knock: near,
        locked: !near,
        members: 3,
        mark: near.then(|| line("amber-otter-7")),
        by: MemberId([3; 32]),
        tag: line("otter-lamp"),
        near,
        until: Mono(90_000),
        joined: !near,
        alike: !near,
    }
}

pub(super) fn answers() -> Vec<Answer> {
    let row = RoomRow { room: line("lobby"), facts: full(), unread: 3, mentions: 1 };
    let member = MemberRow { who: person(1), me: true, away: false, alike: false };
    let status = |net| {
        Answer::Status(Box::new(Status { rooms: vec![row.clone()], peers: vec![link()], net, uptime_ms: 5 }))
    };
    vec![
        Answer::Done,
        Answer::Sent(Some(MsgId([1; 8]))),
        Answer::Sent(None),
        Answer::Burned(2),
        Answer::Room(line("lobby")),
        Answer::Members(vec![member]),
        Answer::Members(vec![]),
        Answer::Rooms(vec![row.clone()], Box::default()),
        Answer::Rooms(
            vec![],
            Box::new(Found { nearby: vec![listing(true)], listed: Some(vec![listing(false)]) }),
        ),
        Answer::Listed(Listed { reach: Reach::Near, tags: listing(true).tags }),
        Answer::Kept(vec![
            KeptRoom {
                room: line("lobby"),
                found: Ok(KeptFacts { mode: Mode::Invite, kept: 3, members: 5, role: Role::Owner }),
            },
            KeptRoom { room: line("1f2e3d4c5b6a7988"), found: Err(line("damaged")) },
        ]),
        Answer::Person(Box::new(Profile { who: person(1), link: Some(link()), rooms: vec![line("lobby")] })),
        Answer::Person(Box::new(Profile { who: person(1), link: None, rooms: vec![] })),
        Answer::Mine(Box::new(Mine { who: person(1), anonymous: false })),
        Answer::Mine(Box::new(Mine { who: person(2), anonymous: true })),
        Answer::Words { with: Box::new(person(1)), words: line("one two three") },
        Answer::Invite(Box::new(invite())),
        Answer::Invites(InviteState::ALL.iter().map(|state| invite_row(*state)).collect()),
        Answer::Friends(Friends { rows: vec![friend_row()], kept: true }),
        Answer::Friends(Friends { rows: vec![], kept: false }),
        Answer::Token(Text::new("c0ffee")),
        Answer::Messages(vec![(1, MsgId([1; 8]))]),
        status(None),
        status(Some(net(Nat::Public))),
        Answer::Findings(ephem_node::chat::doctor::samples()),
        Answer::Page(vec![line("one"), line("two")]),
        Answer::Written(Written { path: line("a file"), bytes: 7 }),
        listed(Rows::Bans(vec![ban(None), ban(Some(Unix(8)))])),
        listed(Rows::Audit(vec![record(None, None), record(Some(person(2)), Some(settings()))])),
        listed(Rows::Keys(None)),
        listed(Rows::Keys(Some(Keys { generation: 2, chains: 1, confirmed: true }))),
        listed(Rows::Way { who: person(1), link: None }),
        listed(Rows::Way { who: person(1), link: Some(link()) }),
        listed(Rows::Net(Box::new(Status { rooms: vec![], peers: vec![link()], net: None, uptime_ms: 5 }))),
        listed(Rows::Signs(ephem_node::chat::avatar::names().collect())),
    ]
}

fn listed(rows: Rows) -> Answer {
    Answer::Sheet(Box::new(Sheet { page: vec![line("one"), line("two")], rows }))
}

fn ban(until: Option<Unix>) -> Ban {
    Ban { who: person(1), by: person(2), until, why: line("noise") }
}

fn record(whom: Option<Person>, policy: Option<Policy>) -> Record {
    let until = policy.as_ref().map(|_| Unix(9));
    Record { at: Unix(8), by: person(1), act: "policy", did: "did it", whom, until, policy, why: line("") }
}

fn settings() -> Policy {
    Policy {
        max: Some(8),
        ttl_ms: Some(60_000),
        ttl_max_ms: Some(60_000),
        history: Some(History::None),
        lock: Some(true),
        knock: Some(false),
        slow_ms: Some(0),
        rate: Some(1),
        topic: Some(line("plans")),
        expires_ms: Some(5),
        quiet_ms: Some(600_000),
        persist: Some(true),
    }
}

pub(super) fn events() -> Vec<Event> {
    let lobby = || line("lobby");
    let room = |change, facts, reclaim, set| {
        Event::Room(Box::new(RoomLine { room: lobby(), change, facts, reclaim, set }))
    };
    let said = |message| Event::Message(Box::new(message));
    let receipt = |id, cid, fate| Event::Receipt(Receipt { room: lobby(), id, cid, fate });
    let id = Some(MsgId([1; 8]));
    let mut all = vec![
        Event::Hello(Box::new(Hello {
            version: "0.1.0",
            id: MemberId([7; 32]),
            tag: line("wren-dust"),
            nick: Nick::parse("otto").expect("a nick"),
            peer: line("12D3"),
            listen: vec![line("/ip4/0.0.0.0/tcp/0")],
        })),
        Event::Listening(line("/ip4/192.0.2.1/udp/4/quic-v1")),
        room(RoomChange::Owner, full(), Some(Text::new("c0ffee")), None),
        room(
            RoomChange::Settings,
            full(),
            None,
            Some(Box::new(SetBy {
                past: true,
                by: person(1),
                policy: Policy { slow_ms: Some(30_000), ..Policy::default() },
            })),
        ),
        Event::Invite(Box::new(invite())),
        said(Message { text: None, once_ms: Some(15_000), ..message(2, "") }),
        said(Message { keep: true, dies: None, mine: true, reply: id, ..message(3, "kept") }),
        said(Message { kind: Kind::Dm, to: Some(person(2)), caught_up: true, ..message(4, "psst") }),
        receipt(None, Some(Cid::Number(7)), Fate::Queued),
        receipt(id, None, Fate::Sent),
        receipt(id, Cid::text("a"), Fate::Delivered { count: 3, of: 4 }),
        receipt(id, None, Fate::Seen { count: 1, of: 4 }),
        receipt(id, None, Fate::Opened(Box::new(person(1)))),
        receipt(None, None, Fate::Failed(Box::new(Problem::BurnedUnsent))),
        Event::Listing(Box::new(ListingLine { change: ListingChange::Listed, listing: listing(true) })),
        Event::Listing(Box::new(ListingLine { change: ListingChange::Gone, listing: listing(false) })),
        Event::Bye(Bye { code: 130, why: line("interrupted") }),
    ];
    for &change in RoomChange::ALL {
        for &mode in Mode::ALL {
            all.extend(Standing::ALL.iter().map(|&state| room(change, facts(mode, state), None, None)));
        }
    }
    for &change in MemberChange::ALL {
        let line = MemberLine::of(lobby(), change, person(1));
        let full = MemberLine {
            by: Some(person(2)),
            reason: Some(lobby()),
            until: Some(Unix(8)),
            past: true,
            was: Some(Nick::parse("otto").expect("a nick")),
            ..line.clone()
        };
        all.extend([line.clone(), full].map(|line| Event::Member(Box::new(line))));
        let doors = Door::ALL.iter().map(|&door| MemberLine { door: Some(door), ..line.clone() });
        all.extend(doors.map(|line| Event::Member(Box::new(line))));
    }
    all.extend(Kind::ALL.iter().map(|&kind| said(Message { kind, ..message(5, "x\n\"\u{1f600}") })));
    all.extend(
        BurnWhy::ALL.iter().map(|&why| Event::Burned(Burned { room: lobby(), id: MsgId([1; 8]), why })),
    );
    for (keep, dies) in [(true, None), (false, Some(Mono(90_000)))] {
        let line = KeptLine { room: lobby(), id: MsgId([1; 8]), by: person(2), keep, dies };
        all.push(Event::Kept(Box::new(line)));
    }
    for alone in [false, true] {
        all.push(Event::Typing(Box::new(TypingLine { room: lobby(), from: person(2), alone })));
    }
    for &change in PeerChange::ALL {
        for &route in Route::ALL {
            let bare = PeerLine { change, route, via: None, rtt_ms: None, addr: None, ..link() };
            all.extend([bare, PeerLine { change, route, ..link() }].map(|line| Event::Peer(Box::new(line))));
        }
    }
    for room in [None, Some(lobby())] {
        all.push(Event::Peer(Box::new(PeerLine { change: PeerChange::Room, room, ..link() })));
    }
    for &change in BootstrapChange::ALL {
        let asked = line("node.example:4077");
        let bare = BootstrapLine { change, asked, route: Route::Lan, peer: None, why: None };
        let whys = Unreachable::ALL.iter().map(|&why| BootstrapLine { why: Some(why), ..bare.clone() });
        let linked = BootstrapLine { peer: Some(line("12D3")), ..bare.clone() };
        all.extend(whys.chain([bare.clone(), linked]).map(|line| Event::Bootstrap(Box::new(line))));
    }
    all.extend(Nat::ALL.iter().map(|&nat| Event::Net(Box::new(net(nat)))));
    all.extend(KeysChange::ALL.iter().map(|&change| {
        Event::Keys(KeysLine { room: lobby(), change, epoch: 29_000_000, generation: 3, chains: 2 })
    }));
    for said in Said::samples(&person(1)) {
        all.push(Event::Notice(Notice::node(said.clone())));
        all.push(Event::Notice(Notice::room(&lobby(), said)));
    }
    let cids = || [None, Cid::text("a\u{1b}\"b"), Some(Cid::Number(u64::MAX))];
    for answer in answers() {
        all.extend(cids().map(|cid| Event::Reply(Box::new(Reply::done(cid, answer.clone())))));
    }
    for why in Problem::samples() {
        all.extend(cids().map(|cid| Event::Reply(Box::new(Reply::refused(cid, why.clone())))));
    }
    all
}
