//! Line mode as its user meets it: events and typed lines in, printed lines out.

use super::*;
use crate::base::id::{MemberId, MsgId};
use crate::base::nick::Nick;
use crate::base::secret::Text;
use crate::base::time::{Mono, Unix};
use crate::chat::event::{Burned, Event, Facts, Fate, Hello, MemberLine, Message, Person, Receipt, RoomLine};
use crate::chat::name::{BurnWhy, Kind, MemberChange, Mode, Role, RoomChange, Standing};
use crate::chat::notice::{Notice, Refusal, Said};
use crate::chat::request::{Act, Request, Who};
use crate::chat::text::{Body, Line};

/// 21:00 on some day.
const EVENING: u64 = 1_000 * 86_400_000 + 21 * 3_600_000;

struct Face {
    state: State,
    now: u64,
}

impl Face {
    fn new() -> Face {
        Face { state: State::new(Some(0)), now: 0 }
    }

    /// In a room with ana and bob.
    fn inside() -> Face {
        let mut face = Face::new();
        face.show(&hello());
        face.show(&room("lobby", RoomChange::Joined, Standing::Confirmed));
        for (byte, nick, tag) in [(1, "ana", "otter-lamp"), (2, "bob", "mole-river")] {
            face.show(&member(byte, nick, tag, MemberChange::Join));
        }
        face
    }

    fn at(&self) -> Moment {
        Moment { now: Mono(self.now), ts: Unix(EVENING + self.now) }
    }

    fn show(&mut self, event: &Event) -> String {
        let (at, mut out) = (self.at(), Vec::new());
        render(event, at, &mut self.state, &mut out).unwrap();
        text(out)
    }

    fn wait(&mut self, ms: u64) -> String {
        self.now += ms;
        let (at, mut out) = (self.at(), Vec::new());
        tick(at, &mut self.state, &mut out).unwrap();
        text(out)
    }

    fn type_(&mut self, line: &str) -> (String, Option<Request>) {
        let (at, mut out) = (self.at(), Vec::new());
        let asked = typed(line, at, &mut self.state, &mut out).unwrap();
        (text(out), asked.map(|asked| asked.request))
    }
}

fn text(out: Vec<u8>) -> String {
    String::from_utf8(out).unwrap()
}

fn person(byte: u8, nick: &str, tag: &str) -> Person {
    Person::plain(MemberId([byte; 32]), Nick::parse(nick).unwrap(), Line::clean(tag), Role::Member)
}

fn hello() -> Event {
    Event::Hello(Box::new(Hello {
        version: "0.1.0",
        id: MemberId([9; 32]),
        tag: Line::clean("wren-dust"),
        nick: Nick::parse("otto").unwrap(),
        peer: Line::clean("12D3"),
        listen: Vec::new(),
    }))
}

fn room(name: &str, change: RoomChange, state: Standing) -> Event {
    let facts = Facts {
        mode: Mode::Open,
        mark: Line::clean("amber-otter-7"),
        members: 3,
        ttl_ms: 600_000,
        quiet_ms: 0,
        persist: false,
        state,
        role: Role::Member,
        only: None,
        topic: None,
        closes: None,
    };
    Event::Room(Box::new(RoomLine { room: Line::clean(name), change, facts, reclaim: None, set: None }))
}

fn member(byte: u8, nick: &str, tag: &str, change: MemberChange) -> Event {
    let who = person(byte, nick, tag);
    let line = MemberLine::of(Line::clean("lobby"), change, who);
    Event::Member(Box::new(line))
}

fn message(n: u8, nick: &str, text: &str) -> Message {
    let (byte, tag) = if nick == "ana" { (1, "otter-lamp") } else { (2, "mole-river") };
    Message {
        room: Line::clean("lobby"),
        id: MsgId([n; 8]),
        from: person(byte, nick, tag),
        to: None,
        asks: false,
        about: None,
        text: Some(Body::of(&Text::new(text))),
        kind: Kind::Text,
        sent: Unix(EVENING),
        ttl_ms: 600_000,
        dies: Some(Mono(600_000)),
        once_ms: None,
        keep: false,
        mine: false,
        caught_up: false,
        reply: None,
    }
}

fn said(message: Message) -> Event {
    Event::Message(Box::new(message))
}

fn burned(n: u8) -> Event {
    Event::Burned(Burned { room: Line::clean("lobby"), id: MsgId([n; 8]), why: BurnWhy::Ttl })
}

#[test]
fn it_says_once_that_printed_lines_stay() {
    let mut face = Face::new();
    let first = face.show(&hello());
    assert!(first.starts_with("21:00 warning: lines printed here stay in the terminal"), "{first}");
    assert!(first.ends_with("21:00 you are otto (wren-dust)\n"), "{first}");
}

#[test]
fn a_room_and_its_messages_are_a_line_each() {
    let mut face = Face::inside();
    let line = face.show(&room("lobby", RoomChange::Joined, Standing::Confirmed));
    let want = "21:00 room lobby: open room, anybody can come in, mark amber-otter-7, 3 people, messages live 10 minutes\n";
    assert_eq!(line, want);
    assert_eq!(
        face.show(&said(message(1, "ana", "morning!"))),
        "21:00 ana: morning! (message 5, 10 minutes)\n"
    );
    let action = Message { kind: Kind::Action, keep: true, dies: None, ..message(2, "bob", "waves") };
    assert_eq!(face.show(&said(action)), "21:00 * bob waves (message 6, kept)\n");
    let direct = Message { kind: Kind::Dm, ..message(3, "bob", "psst") };
    assert_eq!(face.show(&said(direct)), "21:00 bob to you alone: psst (message 7, 10 minutes)\n");
    let sealed = Message { text: None, once_ms: Some(15_000), ..message(4, "bob", "") };
    let line = face.show(&said(sealed));
    assert_eq!(
        line,
        "21:00 bob sent a one-time message: /open 8 shows it once, for 15 seconds (message 8, 10 minutes)\n"
    );
}

#[test]
fn what_is_said_alone_says_so_however_it_is_shown() {
    let mut face = Face::inside();
    let alone = |n, nick: &str, text: &str| Message { kind: Kind::Dm, ..message(n, nick, text) };
    let to = Some(person(2, "bob", "mole-river"));
    let mine = Message { from: person(9, "otto", "wren-dust"), to, mine: true, ..alone(1, "bob", "psst") };
    assert_eq!(face.show(&said(mine)), "21:00 you to bob alone: message 4, 10 minutes\n");
    let asks = Message { text: None, asks: true, ..alone(2, "ana", "") };
    let line = "21:00 ana writes to you alone for the first time: /open 5 shows it (message 5, 10 minutes)\n";
    assert_eq!(face.show(&said(asks)), line);
    let once = Message { text: None, once_ms: Some(15_000), ..alone(3, "bob", "") };
    let line = face.show(&said(once));
    assert!(line.starts_with("21:00 bob sent a one-time message to you alone: /open 6 "), "{line}");
    face.type_("/hold on");
    let line = face.show(&said(alone(4, "ana", "psst")));
    assert_eq!(line, "21:00 message 7 from ana to you alone, 4 characters, 10 minutes: /read 7\n");
    // An answer goes to whoever wrote alone last, by key; who is hidden is not answered.
    face.type_("/ignore bob");
    assert_eq!(face.show(&said(alone(5, "bob", "unwanted"))), "");
    let asked = face.type_("/reply on my way").1;
    assert!(
        matches!(&asked, Some(Request::Direct(who, _)) if *who == Who::key(&MemberId([1; 32]))),
        "{asked:?}"
    );
    let (refused, _) = face.type_("/msg ana");
    assert!(refused.contains("/msg without a text needs the full screen"), "{refused}");
}

#[test]
fn no_message_can_begin_a_line_of_its_own() {
    let mut face = Face::inside();
    let line = face.show(&said(message(1, "ana", "hi\n21:00 bob: I agree\r\n\nerror: x\u{1b}[2J")));
    assert_eq!(
        line,
        "21:00 ana: hi\n      | 21:00 bob: I agree\n      | \n      | error: x[2J (message 4, 10 minutes)\n"
    );
}

#[test]
fn alike_nicks_and_nicks_that_imitate_us_come_with_their_tags() {
    let mut face = Face::inside();
    face.show(&member(3, "b0b", "lynx-brick", MemberChange::Join));
    assert!(face.show(&said(message(1, "bob", "x"))).starts_with("21:00 bob (mole-river): x "));
    let mut renamed = member(1, "notice", "otter-lamp", MemberChange::Nick);
    face.state.model.recognise(&mut renamed);
    let named = face.show(&renamed);
    assert_eq!(named, "21:00 ana is called notice (otter-lamp) now\n");
    let (out, asked) = face.type_("/kick bob");
    assert!(asked.is_some() && out.is_empty(), "whom it means is the node's to find out");
}

#[test]
fn mine_is_not_printed_again_and_its_delivery_is() {
    let mut face = Face::inside();
    let mine = Message { mine: true, ..message(1, "ana", "wifi is 4471") };
    let line = face.show(&said(mine));
    assert_eq!(line, "21:00 you: message 4, 10 minutes\n");
    let receipt = |fate| {
        Event::Receipt(Receipt { room: Line::clean("lobby"), id: Some(MsgId([1; 8])), cid: None, fate })
    };
    let alone = face.show(&receipt(Fate::Queued));
    assert_eq!(alone, "21:00 message 4 stays here: nobody else is in the room to hear it\n");
    assert_eq!(face.show(&receipt(Fate::Sent)), "");
    assert_eq!(face.show(&receipt(Fate::Delivered { count: 1, of: 2 })), "");
    assert_eq!(
        face.show(&receipt(Fate::Delivered { count: 2, of: 2 })),
        "21:00 message 4 delivered to 2 of 2\n"
    );
}

#[test]
fn held_messages_are_headings_until_they_are_read_or_burn() {
    let mut face = Face::inside();
    assert!(face.type_("/hold").0.starts_with("21:00 notice: messages are printed as headings"));
    let line = face.show(&said(message(1, "ana", "secret")));
    assert_eq!(line, "21:00 message 4 from ana, 6 characters, 10 minutes: /read 4\n");
    assert_eq!(face.type_("/read 4").0, "21:00 ana: secret (message 4, 10 minutes)\n");
    face.show(&said(message(2, "ana", "never read")));
    assert_eq!(face.wait(600_000), "");
    let out = [face.show(&burned(1)), face.show(&burned(2)), face.wait(30_000)].concat();
    assert_eq!(out, "21:10 1 message burned, 1 unread\n21:10 1 message burned\n");
    let (out, _) = face.type_("/read 5");
    assert!(out.contains("error: no living message answers to that"), "{out}");
}

#[test]
fn burned_messages_are_spoken_of_at_most_every_half_minute() {
    let mut face = Face::inside();
    for n in 1..=5 {
        face.show(&said(message(n, "ana", "x")));
    }
    assert_eq!(face.show(&burned(1)), "21:00 1 message burned\n");
    assert_eq!([face.show(&burned(2)), face.wait(1_000), face.show(&burned(3))].concat(), "");
    assert_eq!(face.state.next_due(), Some(Mono(30_000)));
    assert_eq!(face.wait(29_000), "21:00 2 messages burned\n");
}

#[test]
fn a_text_that_died_on_its_way_is_not_printed() {
    let mut face = Face::inside();
    face.now = 600_000;
    let line = face.show(&said(message(1, "ana", "too late")));
    assert!(!line.contains("too late"), "{line}");
}

#[test]
fn waits_are_told_in_seconds_and_ever_more_rarely() {
    let mut face = Face::new();
    face.show(&room("lobby", RoomChange::Joining, Standing::Searching));
    assert_eq!(face.wait(4_999), "");
    let said = face.wait(1);
    assert!(said.starts_with("21:00 room lobby: looking for people in the room, 5 seconds so far"), "{said}");
    assert_eq!(face.wait(1_000), "");
    assert!(face.wait(9_000).contains("15 seconds so far"));
    let said = face.wait(15_000);
    assert!(
        said.contains("nobody answered in 30 seconds") && said.contains("your mark is amber-otter-7"),
        "{said}"
    );
    face.show(&room("lobby", RoomChange::State, Standing::Confirmed));
    assert_eq!(face.wait(1_000_000), "");
    assert_eq!(face.state.next_due(), None);
}

#[test]
fn notices_come_with_what_to_do() {
    let mut face = Face::inside();
    let refused = Event::Notice(Notice::room(&Line::clean("lobby"), Said::NotAdmitted(Refusal::InviteSpent)));
    assert_eq!(face.show(&refused), "21:00 error: the invite is used up (ask for a new one)\n");
}

#[test]
fn several_rooms_are_named_and_join_brings_one_to_the_front() {
    let mut face = Face::inside();
    face.show(&room("ops", RoomChange::Joined, Standing::Confirmed));
    let line = face.show(&said(message(1, "ana", "hi")));
    assert!(line.starts_with("21:00 #lobby ana: hi "), "{line}");
    let (out, asked) = face.type_("/join #lobby");
    assert!(asked.is_none() && out == "room lobby is in front\n", "{out}");
    let (_, asked) = face.type_("/join new-room");
    assert!(matches!(asked, Some(Request::Join(_))));
}

#[test]
fn what_cannot_be_undone_is_asked_first_and_a_token_is_asked_for_by_itself() {
    let mut face = Face::inside();
    let (out, asked) = face.type_("/close");
    assert!(asked.is_none() && out.starts_with("close the room for everybody, now?"), "{out}");
    assert_eq!(face.type_("no thanks").0, "21:00 nothing was done\n");
    face.type_("/close");
    assert!(matches!(face.type_("YES").1, Some(Request::Act(Act::Close))));
    face.type_("/close");
    assert!(matches!(face.type_("/panic").1, Some(Request::Panic)), "it waits for no answer");
    face.type_("/reclaim");
    assert!(face.state.is_secret());
    let (_, asked) = face.type_("c0ffee");
    assert!(matches!(asked, Some(Request::Reclaim(Some(token))) if token.as_str() == "c0ffee"));
    assert!(!face.state.is_secret());
    face.type_("/reclaim");
    assert!(face.type_("").1.is_none() && !face.state.is_secret());
}

#[test]
fn a_mistyped_command_names_its_neighbour_and_is_not_sent() {
    let mut face = Face::inside();
    let (out, asked) = face.type_("/hepl");
    assert!(asked.is_none() && out.contains("did you mean /help?"), "{out}");
    assert!(face.type_("").1.is_none() && face.type_("  ").0.is_empty());
    let (out, _) = face.type_("/theme dark");
    assert!(out.contains("/theme needs the full screen"), "{out}");
}

#[test]
fn next_messages_live_as_long_as_was_said() {
    let mut face = Face::inside();
    face.type_("/ttl 2m");
    let ttl = |asked: Option<Request>| match asked {
        Some(Request::Send(draft)) => draft.ttl_s,
        other => panic!("{other:?}"),
    };
    assert_eq!(ttl(face.type_("hello").1), Some(120));
    face.type_("/ttl");
    assert_eq!(ttl(face.type_("hello").1), None);
}

#[test]
fn search_finds_what_lives_and_ignoring_hides() {
    let mut face = Face::inside();
    face.show(&said(message(1, "ana", "the North gate")));
    assert_eq!(face.type_("/search north").0, "21:00 ana: the North gate (message 4, 10 minutes)\n");
    assert_eq!(face.type_("/search south").0, "21:00 nothing\n");
    face.type_("/ignore bob");
    assert_eq!(face.show(&said(message(2, "bob", "hello?"))), "");
    face.type_("/ignore");
    assert!(!face.show(&said(message(3, "bob", "hello?"))).is_empty());
}

#[test]
fn how_a_room_stands_is_said_when_it_changes_and_not_when_people_come_and_go() {
    let mut face = Face::new();
    let mut stand = |change, state, members, only: Option<u8>| {
        let Event::Room(mut line) = room("lobby", change, state) else { panic!() };
        line.facts.members = members;
        line.facts.only = only.map(|byte| person(byte, if byte == 1 { "ana" } else { "bob" }, "otter-lamp"));
        face.show(&Event::Room(line))
    };
    let first = stand(RoomChange::Joining, Standing::Searching, 1, None);
    assert!(first.contains("what you write waits"), "{first}");
    assert!(stand(RoomChange::State, Standing::Unconfirmed, 2, None).contains("nobody has vouched"));
    assert!(stand(RoomChange::State, Standing::Unconfirmed, 2, Some(1)).contains("with ana"));
    let lone = stand(RoomChange::State, Standing::Confirmed, 2, Some(1));
    assert!(lone.contains("ana") && lone.contains("you are in, on that word alone"), "{lone}");
    for (members, only) in [(3, Some(1)), (3, None), (4, None), (2, Some(1))] {
        assert_eq!(stand(RoomChange::State, Standing::Confirmed, members, only), "", "{members} {only:?}");
    }
    let other = stand(RoomChange::State, Standing::Confirmed, 2, Some(2));
    assert!(other.contains("bob") && other.contains("alone"), "{other}");
    assert!(stand(RoomChange::State, Standing::Alone, 1, None).contains("nobody else is here"));
    assert!(stand(RoomChange::State, Standing::Confirmed, 3, None).contains("you are in"));
    assert_eq!(stand(RoomChange::State, Standing::Confirmed, 2, Some(1)), "", "it was said without a but");
}

#[test]
fn what_a_notice_has_told_is_not_told_again_by_the_room() {
    let mut face = Face::inside();
    for change in [RoomChange::Merged, RoomChange::Conflict, RoomChange::Closed] {
        assert_eq!(face.show(&room("lobby", change, Standing::Confirmed)), "", "{change:?}");
    }
}

#[test]
fn a_line_typed_before_any_room_is_known_is_the_nodes_to_judge() {
    let mut face = Face::new();
    let (out, asked) = face.type_("hello?");
    assert!(out.is_empty() && matches!(asked, Some(Request::Send(_))), "{out}");
    assert!(face.type_("/who").0.contains("no room is joined"));
}

#[test]
fn times_are_those_of_the_place_or_utc_and_then_it_says_so() {
    let mut face = Face { state: State::new(Some(-210)), now: 0 };
    assert!(face.show(&hello()).starts_with("17:30 warning"));
    face.state.stand(Some(90));
    assert!(face.show(&room("lobby", RoomChange::Joined, Standing::Confirmed)).starts_with("22:30 "));
    let mut face = Face { state: State::new(None), now: 0 };
    let first = face.show(&hello());
    assert!(first.contains("\n21:00 notice: times of day are UTC"), "{first}");
}
