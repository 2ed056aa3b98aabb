use super::*;
use crate::base::nick::Nick;
use crate::base::secret::Text;
use crate::base::time::Unix;
use crate::chat::event::{Burned, Facts, MemberLine};
use crate::chat::name::{BurnWhy, Level, MemberChange, Mode, Standing};
use crate::chat::notice::Notice;
use crate::chat::request::Draft;
use crate::chat::text::Body;

fn line(text: &str) -> Line {
    Line::clean(text)
}

fn person(byte: u8, nick: &str) -> Person {
    let tag = line(&format!("otter-{byte}"));
    Person::plain(MemberId([byte; 32]), Nick::parse(nick).unwrap(), tag, Role::Member)
}

fn room(name: &str, change: RoomChange, state: Standing) -> Event {
    let facts = Facts {
        mode: Mode::Open,
        mark: line("amber-otter-7"),
        members: 2,
        ttl_ms: 600_000,
        quiet_ms: 0,
        persist: false,
        state,
        role: Role::Member,
        only: None,
        topic: None,
        closes: None,
    };
    Event::Room(Box::new(RoomLine {
        room: line(name),
        change,
        facts,
        reclaim: Some(Text::new("c0ffee")),
        set: None,
    }))
}

fn member(room: &str, change: MemberChange, who: Person) -> Event {
    let line = MemberLine::of(line(room), change, who);
    Event::Member(Box::new(line))
}

fn message(room: &str, n: u8, from: u8, text: &str) -> Message {
    Message {
        room: line(room),
        id: MsgId([n; 8]),
        from: person(from, "ana"),
        to: None,
        asks: false,
        about: None,
        text: Some(Body::of(&Text::new(text))),
        kind: Kind::Text,
        sent: Unix(0),
        ttl_ms: 600_000,
        dies: Some(Mono(10_000)),
        once_ms: None,
        keep: false,
        mine: false,
        caught_up: false,
        reply: None,
    }
}

fn say(model: &mut Model, message: Message) {
    model.update(Mono(0), &Event::Message(Box::new(message)));
}

fn hello() -> Event {
    Event::Hello(Box::new(Hello {
        version: "0.1.0",
        id: MemberId([9; 32]),
        tag: line("wren-dust"),
        nick: Nick::parse("otto").unwrap(),
        peer: line("12D3"),
        listen: Vec::new(),
    }))
}

/// Otto, in two rooms; `ops` came last and nothing is in front.
fn model() -> Model {
    let mut model = Model::default();
    model.update(Mono(0), &hello());
    for name in ["lobby", "ops"] {
        model.update(Mono(0), &room(name, RoomChange::Joined, Standing::Confirmed));
        model.update(Mono(0), &member(name, MemberChange::Join, person(9, "otto")));
        model.update(Mono(0), &member(name, MemberChange::Join, person(1, "ana")));
    }
    model
}

fn find<'m>(model: &'m Model, name: &str) -> &'m Room {
    model.room(Some(&line(name))).unwrap()
}

#[test]
fn what_nobody_looked_at_is_counted_and_what_names_me_apart() {
    let mut model = model();
    assert!(model.bring_to_front(&line("ops")));
    say(&mut model, message("lobby", 1, 1, "hello"));
    say(&mut model, message("lobby", 2, 1, "Otto, look"));
    say(&mut model, Message { kind: Kind::Dm, ..message("lobby", 3, 1, "psst") });
    say(&mut model, Message { mine: true, ..message("lobby", 4, 9, "mine") });
    say(&mut model, message("ops", 5, 1, "in front"));
    assert_eq!((find(&model, "lobby").unread, find(&model, "lobby").mentions), (2, 1));
    assert_eq!(find(&model, "lobby").unread_alone(), 1);
    let rows = model.room_rows();
    assert_eq!((rows[0].unread, rows[0].mentions), (3, 2), "in a list it is one number");
    assert_eq!(find(&model, "ops").unread, 0);
    assert_eq!(model.last_direct().unwrap().1.id, MemberId([1; 32]));
    model.bring_to_front(&line("lobby"));
    assert_eq!(find(&model, "lobby").unread, 0);
}

#[test]
fn a_new_nick_is_mine_to_be_mentioned_by() {
    let mut model = model();
    model.bring_to_front(&line("ops"));
    model.update(Mono(0), &member("lobby", MemberChange::Nick, person(9, "wolf")));
    say(&mut model, message("lobby", 1, 1, "otto?"));
    say(&mut model, message("lobby", 2, 1, "wolf!"));
    assert_eq!(find(&model, "lobby").mentions, 1);
}

#[test]
fn a_name_of_one_room_is_mine_there_and_nowhere_else() {
    let mut model = model();
    model.bring_to_front(&line("ops"));
    let before = find(&model, "lobby").scroll.rows().count();
    model.update(Mono(0), &member("lobby", MemberChange::Profile, person(9, "quiet-owl")));
    assert_eq!(find(&model, "lobby").scroll.rows().count(), before, "how somebody is shown is no news");
    say(&mut model, message("lobby", 1, 1, "otto?"));
    say(&mut model, message("lobby", 2, 1, "quiet-owl!"));
    assert_eq!(find(&model, "lobby").mentions, 1);
    assert_eq!(model.my_nick(find(&model, "ops")).unwrap().as_str(), "otto");
    assert_eq!(model.me().unwrap().nick.as_str(), "otto");
}

#[test]
fn whoever_takes_my_nick_is_shown_with_a_tag_and_so_am_i() {
    let mut model = Model::default();
    let Event::Hello(hello) = hello() else { panic!() };
    model.update(Mono(0), &Event::Hello(hello));
    model.update(Mono(0), &room("lobby", RoomChange::Joined, Standing::Confirmed));
    let alike = |model: &Model| -> Vec<(String, bool)> {
        let Answer::Members(rows) = model.members(None).unwrap() else { panic!() };
        rows.iter().map(|row| (row.who.tag.as_str().to_owned(), row.alike)).collect()
    };
    assert_eq!(alike(&model), [("wren-dust".to_owned(), false)]);
    let thief = person(1, "0tto");
    let join = member("lobby", MemberChange::Join, thief.clone());
    model.update(Mono(0), &join);
    let told = model.alike(&join).expect("a word about it").said;
    assert_eq!((told.code(), told.level()), ("alike", Level::Warn));
    let other = member("lobby", MemberChange::Join, person(2, "bob"));
    model.update(Mono(0), &other);
    assert!(model.alike(&other).is_none(), "nobody is called so");
    model.update(Mono(0), &member("lobby", MemberChange::Leave, person(2, "bob")));
    assert_eq!(alike(&model), [("wren-dust".to_owned(), true), ("otter-1".to_owned(), true)]);
    assert!(find(&model, "lobby").people.needs_tag(&thief));
    model.update(Mono(0), &member("lobby", MemberChange::Leave, thief));
    assert_eq!(alike(&model), [("wren-dust".to_owned(), false)]);
}

#[test]
fn a_verified_nick_under_another_key_raises_an_alarm_whether_its_owner_is_here_or_gone() {
    let mut model = model();
    let alarm = |model: &Model, room: &str, change, who| {
        let notice = model.alarm(&member(room, change, who))?;
        assert_eq!((notice.said.code(), notice.said.level()), ("key_changed", Level::Error));
        Some(notice.said.text())
    };
    let thief = || person(2, "Ana");
    assert_eq!(alarm(&model, "lobby", MemberChange::Join, thief()), None, "nobody compared words yet");
    model.verified(&line("lobby"), &person(1, "ana"));
    let text = alarm(&model, "lobby", MemberChange::Join, thief()).unwrap();
    assert!(text.contains("otter-2") && text.contains("otter-1"), "both tags: {text}");
    assert!(
        alarm(&model, "lobby", MemberChange::Nick, person(2, "\u{430}na")).is_some(),
        "it looks the same"
    );
    model.update(Mono(0), &member("lobby", MemberChange::Leave, person(1, "ana")));
    assert!(alarm(&model, "lobby", MemberChange::Join, thief()).is_some(), "gone");
    assert_eq!(alarm(&model, "lobby", MemberChange::Join, person(1, "ana")), None, "herself");
    // Under another nick she is still who she was; both of her names are hers.
    model.update(Mono(0), &member("lobby", MemberChange::Nick, person(1, "anna")));
    for nick in ["ana", "anna"] {
        assert!(alarm(&model, "lobby", MemberChange::Nick, person(2, nick)).is_some(), "{nick}");
    }
    assert_eq!(alarm(&model, "lobby", MemberChange::Away, thief()), None, "what was told is not told again");
    assert_eq!(alarm(&model, "lobby", MemberChange::Nick, person(9, "ana")), None, "I know who I am");
    assert_eq!(alarm(&model, "ops", MemberChange::Join, thief()), None, "another room has other people");
    model.verified(&line("lobby"), &person(2, "ana"));
    assert_eq!(alarm(&model, "lobby", MemberChange::Join, thief()), None, "two of one name, both known");
}

#[test]
fn a_text_dies_at_its_deadline_even_if_no_event_says_so() {
    let mut model = model();
    model.bring_to_front(&line("ops"));
    say(&mut model, message("lobby", 1, 1, "hello"));
    assert_eq!(model.next_due(), Some(Mono(10_000)));
    model.tick(Mono(10_000));
    let lobby = find(&model, "lobby");
    assert_eq!((lobby.scroll.living().count(), lobby.unread, lobby.burned_unread), (0, 0, 1));
    // The event that comes after counts nothing twice.
    let burned = Burned { room: line("lobby"), id: MsgId([1; 8]), why: BurnWhy::Ttl };
    model.update(Mono(10_001), &Event::Burned(burned));
    assert_eq!(find(&model, "lobby").burned_unread, 1);
}

#[test]
fn a_request_goes_to_the_room_named_else_in_front_else_the_only_one() {
    let mut model = model();
    let draft = || Request::Send(Box::new(Draft::plain(Body::typed("hi").unwrap().0)));
    let addressed = |model: &Model, room: Option<&str>| {
        let mut asked = Asked { room: room.map(line), ..Asked::here(draft()) };
        model.address(&mut asked).map(|()| asked.room.unwrap().as_str().to_owned())
    };
    assert_eq!(addressed(&model, Some("lobby")).as_deref(), Ok("lobby"));
    assert_eq!(addressed(&model, Some("nowhere")), Err(Problem::UnknownRoom));
    assert!(matches!(addressed(&model, None), Err(Problem::WhichRoom(both)) if both.len() == 2));
    model.bring_to_front(&line("ops"));
    assert_eq!(addressed(&model, None).as_deref(), Ok("ops"));
    model.update(Mono(0), &room("ops", RoomChange::Left, Standing::Confirmed));
    assert_eq!(addressed(&model, None).as_deref(), Ok("lobby"));
    model.update(Mono(0), &room("lobby", RoomChange::Closed, Standing::Confirmed));
    assert_eq!(addressed(&model, None), Err(Problem::NoRoom));
    let mut status = Asked::here(Request::Status);
    assert_eq!(model.address(&mut status), Ok(()));
}

#[test]
fn how_a_room_stands_is_told_once_though_people_come_meanwhile() {
    let mut model = Model::default();
    let states = [Standing::Unconfirmed, Standing::Unconfirmed, Standing::Confirmed, Standing::Unconfirmed];
    model.update(Mono(0), &room("lobby", RoomChange::Joining, Standing::Searching));
    for state in states {
        model.update(Mono(1), &room("lobby", RoomChange::State, state));
    }
    let told = find(&model, "lobby").scroll.rows().filter_map(|(_, row)| match row {
        Row::Told(event, _) => match &**event {
            Event::Room(line) if line.change == RoomChange::State => Some(line.facts.state),
            _ => None,
        },
        _ => None,
    });
    let told: Vec<Standing> = told.collect();
    assert_eq!(told, [Standing::Unconfirmed, Standing::Confirmed, Standing::Unconfirmed]);
}

#[test]
fn a_wait_begins_with_its_state_goes_on_through_others_news_and_ends() {
    let mut model = Model::default();
    model.update(Mono(0), &room("lobby", RoomChange::Joining, Standing::Searching));
    model.update(Mono(4_000), &room("lobby", RoomChange::Settings, Standing::Searching));
    assert_eq!(model.waits(Mono(4_999)), []);
    assert_eq!(model.waits(Mono(16_000)), [(line("lobby"), Wait::Searching, 16_000)]);
    let knock = Notice::room(&line("lobby"), Said::NotAdmitted(Refusal::Knock));
    model.update(Mono(17_000), &Event::Notice(knock));
    model.update(Mono(18_000), &room("lobby", RoomChange::State, Standing::Searching));
    assert_eq!(find(&model, "lobby").waiting(), Some((Wait::Knocking, Mono(17_000))));
    model.update(Mono(19_000), &room("lobby", RoomChange::State, Standing::Alone));
    assert_eq!(find(&model, "lobby").waiting(), Some((Wait::Company, Mono(19_000))));
    model.update(Mono(20_000), &room("lobby", RoomChange::State, Standing::Confirmed));
    assert_eq!(find(&model, "lobby").waiting(), None);
    assert_eq!((model.next_due(), model.next_wait()), (None, None));
}

#[test]
fn members_come_change_and_go() {
    let mut model = model();
    model.update(Mono(0), &member("lobby", MemberChange::Away, person(1, "ana")));
    model.update(Mono(0), &member("lobby", MemberChange::Knock, person(3, "dan")));
    let Answer::Members(rows) = model.members(Some(&line("lobby"))).unwrap() else { panic!() };
    let seen: Vec<(&str, bool, bool)> = rows.iter().map(|r| (r.who.nick.as_str(), r.me, r.away)).collect();
    assert_eq!(seen, [("otto", true, false), ("ana", false, true)], "who knocks is not in");
    model.update(Mono(0), &member("lobby", MemberChange::Kick, person(1, "ana")));
    assert_eq!(find(&model, "lobby").people.len(), 1);
    let who = Who(line("ana"));
    let outside = |name: &str| model.outsider(Some(&line("lobby")), &Who(line(name))).map(|p| p.id);
    assert_eq!(outside("ana"), Ok(MemberId([1; 32])), "an /unban can name her");
    assert_eq!(outside("otter-3"), Ok(MemberId([3; 32])), "and an /admit who knocks");
    assert_eq!(model.person(Some(&line("lobby")), &who), Err(Problem::Nobody));
    assert_eq!(model.profile(Some(&line("ops")), &who).unwrap().rooms, [line("ops")]);
}

#[test]
fn a_new_nick_is_told_with_the_one_before() {
    let mut model = model();
    let mut event = member("lobby", MemberChange::Nick, person(1, "anna"));
    model.recognise(&mut event);
    model.update(Mono(0), &event);
    let names = |who: &Person| who.nick.as_str().to_owned();
    let told = telling::tell(&event, &names, Unix(0)).expect("a sentence");
    assert_eq!(told.text, "ana is called anna now");
}

#[test]
fn whoever_is_given_an_office_may_use_it_at_once() {
    let mut model = model();
    let role = |model: &Model| find(model, "lobby").facts.role;
    assert_eq!(role(&model), Role::Member);
    let me = |role| Person { role, ..person(9, "otto") };
    let other = Person { role: Role::Owner, ..person(1, "ana") };
    model.update(Mono(0), &member("lobby", MemberChange::Role, other));
    assert_eq!(role(&model), Role::Member, "somebody else's office");
    model.update(Mono(0), &member("lobby", MemberChange::Role, me(Role::Admin)));
    assert_eq!(role(&model), Role::Admin);
    model.update(Mono(0), &member("lobby", MemberChange::Role, me(Role::Member)));
    assert_eq!(role(&model), Role::Member, "and no longer, once it is taken");
}

#[test]
fn the_reclaim_token_is_not_remembered_and_the_log_tells_no_texts() {
    let mut model = model();
    say(&mut model, message("lobby", 1, 1, "north gate"));
    let told = find(&model, "lobby").scroll.rows().any(|(_, row)| match row {
        Row::Told(event, _) => matches!(&**event, Event::Room(line) if line.reclaim.is_some()),
        Row::Said(_) | Row::Moved(_) => false,
    });
    assert!(!told);
    let Answer::Page(log) = model.view(Mono(0), Some(&line("lobby")), &View::Log).unwrap() else { panic!() };
    assert_eq!(log.len(), 2, "those who came together are one line");
    assert!(log.iter().all(|line| !line.as_str().contains("gate")));
}

#[test]
fn there_are_never_more_rooms_than_the_protocol_allows() {
    let mut model = Model::default();
    for n in 0..ROOMS + 5 {
        model.update(Mono(0), &room(&format!("r{n}"), RoomChange::Joining, Standing::Searching));
    }
    assert_eq!(model.rooms().len(), ROOMS);
}

#[test]
fn how_a_room_is_listed_is_what_was_last_said_of_it() {
    let mut model = Model::default();
    model.update(Mono(0), &room("lobby", RoomChange::Joined, Standing::Confirmed));
    let mut after = |said| {
        model.update(Mono(0), &Event::Notice(Notice::room(&line("lobby"), said)));
        find(&model, "lobby").listed
    };
    assert_eq!(after(Said::Listed { near: true }), Reach::Near);
    assert_eq!(after(Said::Listed { near: false }), Reach::On);
    assert_eq!(after(Said::Unlisted), Reach::Off);
}
