//! What the screen says and does without being asked: ringing, hiding, telling of days, links and people alike.

use ephem_node::base::id::MsgId;
use ephem_node::chat::event::{BootstrapLine, Event, Fate, Message, PeerLine, Receipt};
use ephem_node::chat::name::{BootstrapChange, Kind, MemberChange, PeerChange, Route};
use ephem_node::chat::problem::Problem;
use ephem_node::chat::reply::{Answer, Cid, Reply};
use ephem_node::chat::request::Request;
use ephem_node::chat::text::Line;
use ephem_node::tui::{Effect, Habits, Input, Key, Look, Press};

use crate::keys::asked;
use crate::stage::{MINUTE, Stage};

fn stage() -> Stage {
    Stage::new(Look::default()).in_room("lobby", &["ana", "bob", "carla"])
}

/// Whether something said by ana while nobody looks rings.
fn rings(stage: &mut Stage, room: &str, text: &str, kind: Kind) -> bool {
    stage.focus(false);
    let message = Message { kind, ..stage.message(room, "ana", text, Some(MINUTE)) };
    let rung = stage.tell(Event::Message(Box::new(message)));
    stage.focus(true);
    rung.iter().any(|effect| matches!(effect, Effect::Ring(_)))
}

#[test]
fn it_rings_for_what_was_asked_for_in_all_rooms_or_in_one() {
    let mut stage = stage().in_room("ops", &["ana"]);
    let heard = |stage: &mut Stage, room: &str| {
        [("eve, look", Kind::Text), ("psst", Kind::Dm), ("anything", Kind::Text)]
            .map(|(text, kind)| rings(stage, room, text, kind))
    };
    assert_eq!(heard(&mut stage, "lobby"), [true, true, false], "without a word, what is for me");
    for (wish, expected) in [
        ("off", [false, false, false]),
        ("mentions", [true, true, false]),
        ("dm", [false, true, false]),
        ("all", [true, true, true]),
    ] {
        stage.enter(&format!("/notify {wish}"));
        assert_eq!(heard(&mut stage, "lobby"), expected, "{wish}");
    }
    stage.enter("/notify off #ops");
    stage.shows("never rings in ops");
    assert_eq!((heard(&mut stage, "ops"), heard(&mut stage, "lobby")), ([false; 3], [true; 3]));
    stage.enter("/notify dm");
    assert_eq!(heard(&mut stage, "ops"), [false, true, false], "a wish for all rooms counts for each");
    stage.refused("/notify all nowhere", "that room is not joined");
}

#[test]
fn nothing_typed_for_long_enough_hides_everything_if_that_is_wished_for() {
    let mut stage = stage();
    stage.say("lobby", "ana", "the plan", Some(60 * MINUTE));
    stage.pass(30 * MINUTE);
    stage.shows("the plan");
    stage.screen.likes(Habits { curtain_after_ms: Some(5 * MINUTE), ..Habits::default() });
    stage.typed("x");
    stage.pass(5 * MINUTE - 1);
    stage.shows("the plan");
    stage.pass(1);
    stage.hides("the plan");
    // A key lifts it, and does nothing else; then it takes as long again.
    stage.typed("y");
    stage.shows("the plan");
    assert_eq!(stage.draft(), "x");
    stage.pass(5 * MINUTE - 1);
    stage.shows("the plan");
    stage.pass(1);
    stage.hides("the plan");
    assert_eq!(stage.screen.next_due().filter(|due| *due <= stage.now), None, "it is hidden once");
}

#[test]
fn a_page_scrolls_to_its_last_line_and_back_by_as_many_keys() {
    let mut stage = stage();
    for open in ["/help", "/privacy"] {
        stage.enter(open);
        let first = stage.picture(40, 12);
        let mut pages = 0;
        loop {
            let before = stage.picture(40, 12);
            stage.key(Key::PageDown);
            if stage.picture(40, 12) == before {
                break;
            }
            pages += 1;
            assert!(pages < 1_000, "it never ends");
        }
        let end = stage.picture(40, 12);
        let count = |text: &str| {
            let (at, all) = text.rsplit_once('/').expect("shown of all");
            let at: String = at.chars().rev().take_while(char::is_ascii_digit).collect();
            (
                at.chars().rev().collect::<String>(),
                all.chars().take_while(char::is_ascii_digit).collect::<String>(),
            )
        };
        let foot =
            end.lines().rev().find(|line| line.contains('/') && line.contains('\u{2518}')).expect("a foot");
        let (shown, all) = count(foot);
        assert_eq!(shown, all, "{end}");
        // Keys beyond the end were not counted.
        for _ in 0..10 {
            stage.key(Key::PageDown);
        }
        stage.picture(40, 12);
        for _ in 0..pages {
            stage.key(Key::PageUp);
        }
        assert_eq!(stage.picture(40, 12), first);
        stage.key(Key::Esc);
    }
}

#[test]
fn alike_nicks_are_shown_by_their_tags_in_the_talk_and_others_by_their_nicks() {
    let mut stage = stage();
    stage.say("lobby", "bob", "mine", Some(MINUTE));
    let author = |stage: &mut Stage, text: &str| {
        let picture = stage.picture(120, 35);
        let line = picture.lines().find(|line| line.contains(text)).expect("it is shown").to_owned();
        line.split(text)
            .next()
            .unwrap_or_default()
            .trim_end()
            .rsplit(' ')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(author(&mut stage, "mine"), "bob");
    stage.member("lobby", MemberChange::Join, "b0b");
    stage.say("lobby", "b0b", "yours", Some(MINUTE));
    stage.say("lobby", "ana", "hers", Some(MINUTE));
    assert!(author(&mut stage, "mine").starts_with("mole-ri"), "what was said before as well");
    assert!(author(&mut stage, "yours").starts_with("lynx-br"));
    assert_eq!(author(&mut stage, "hers"), "ana");
    stage.member("lobby", MemberChange::Leave, "b0b");
    assert_eq!(author(&mut stage, "mine"), "bob", "alone again");
}

#[test]
fn a_day_ends_at_midnight() {
    let mut stage = stage();
    stage.say("lobby", "ana", "this evening", Some(20 * 60 * MINUTE));
    stage.shows("── today ──");
    // The pictures are of 21:00.
    stage.pass(3 * 60 * MINUTE - 1);
    stage.shows("── today ──");
    assert!(stage.screen.next_due().is_some_and(|due| due <= stage.now + 1), "it looks at midnight");
    stage.pass(1);
    stage.shows("── yesterday ──");
    stage.say("lobby", "ana", "this morning", Some(20 * 60 * MINUTE));
    let picture = stage.shown();
    let order: Vec<usize> = ["── yesterday ──", "this evening", "── today ──", "this morning"]
        .map(|what| picture.find(what).expect("shown"))
        .to_vec();
    assert!(order.is_sorted(), "{picture}");
}

#[test]
fn the_network_panel_tells_the_steps_of_each_address_and_link() {
    let mut stage = stage();
    stage.pass(MINUTE);
    let typed = Line::clean("node.example:4077");
    let line =
        |change| BootstrapLine { change, asked: typed.clone(), route: Route::Direct, peer: None, why: None };
    stage.tell(Event::Bootstrap(Box::new(line(BootstrapChange::Lookup))));
    stage.pass(200);
    stage.tell(Event::Bootstrap(Box::new(line(BootstrapChange::Dial))));
    stage.pass(300);
    stage.link("12D3KooWaaaaaa", Route::Relay);
    stage.tell(Event::Bootstrap(Box::new(line(BootstrapChange::Linked))));
    stage.pass(1_000);
    let peer = |change, route, room: Option<&str>| PeerLine {
        change,
        peer: Line::clean("12D3KooWaaaaaa"),
        route,
        via: None,
        rtt_ms: None,
        addr: None,
        room: room.map(Line::clean),
    };
    stage.tell(Event::Peer(Box::new(peer(PeerChange::Room, Route::Relay, Some("lobby")))));
    stage.pass(2_000);
    stage.tell(Event::Peer(Box::new(peer(PeerChange::Upgraded, Route::Direct, None))));
    assert!(matches!(asked(&stage.enter("/net")).request, Request::Status));
    stage.shows("node.example:4077, asked since 21:01");
    stage.shows("name asked for; dialled +0.2 s; secured, straight +0.5 s");
    stage.shows("..aaaaaa  straight, 12 ms, since 21:01");
    stage.shows("secured, through a relay; in lobby +1.0 s; now straight +3.0 s");
}

#[test]
fn what_came_unseen_is_counted_at_its_marker_and_under_a_scrolled_talk() {
    let mut stage = stage();
    stage.say("lobby", "ana", "seen", Some(60 * MINUTE));
    stage.focus(false);
    for n in 0..3 {
        stage.say("lobby", "bob", &format!("unseen {n}"), Some(if n == 0 { 5_000 } else { 60 * MINUTE }));
    }
    stage.shows("── 3 new ──");
    stage.pass(20_000);
    stage.shows("── 2 new ──");
    stage.focus(true);
    stage.typed("/clear");
    stage.key(Key::Enter);
    stage.key(Key::End);
    for n in 0..50 {
        stage.say("lobby", "bob", &format!("filler {n}"), Some(60 * MINUTE));
    }
    stage.shown();
    stage.key(Key::PageUp);
    for n in 0..7 {
        stage.say("lobby", "bob", &format!("below {n}"), Some(60 * MINUTE));
    }
    stage.shows("scrolled back, 7 new, End returns");
    stage.key(Key::End);
    stage.hides("scrolled back");
    stage.shows("below 6");
}

#[test]
fn the_wheel_scrolls_as_far_as_three_keys() {
    let mut stage = stage();
    for n in 0..60 {
        stage.say("lobby", "ana", &format!("line {n}"), Some(60 * MINUTE));
    }
    stage.shown();
    let at = stage.at();
    stage.screen.input(at, Input::Wheel(-1));
    let by_wheel = stage.shown();
    stage.key(Key::End);
    stage.shown();
    for _ in 0..3 {
        stage.press(Press { shift: true, ..Press::of(Key::Up) });
        stage.shown();
    }
    assert_eq!(stage.shown(), by_wheel);
    assert!(!by_wheel.contains("line 59"), "{by_wheel}");
    stage.screen.input(at, Input::Wheel(1));
    stage.shows("line 59");
}

#[test]
fn mentions_are_what_named_me_and_still_lives_and_lead_there() {
    let mut stage = stage();
    stage.say("lobby", "ana", "Eve, the first", Some(60 * MINUTE));
    stage.say("lobby", "ana", "believe nothing", Some(60 * MINUTE));
    stage.say("lobby", "bob", "gone soon, eve", Some(5_000));
    let direct =
        Message { kind: Kind::Dm, ..stage.message("lobby", "carla", "between us", Some(60 * MINUTE)) };
    stage.tell_message(direct);
    let mine = Message { ..stage.message("lobby", "you", "eve says", Some(60 * MINUTE)) };
    stage.tell_message(mine);
    for n in 0..50 {
        stage.say("lobby", "bob", &format!("filler {n}"), Some(60 * MINUTE));
    }
    stage.pass(6_000);
    stage.shown();
    stage.enter("/mentions");
    let shown = stage.shown();
    let list = &shown[shown.find("What named you").expect("a list")..];
    for (text, listed) in [
        ("Eve, the first", true),
        ("between us", true),
        ("believe", false),
        ("gone soon", false),
        ("eve says", false),
    ] {
        assert_eq!(list.contains(text), listed, "{text}\n{shown}");
    }
    stage.key(Key::Enter);
    stage.shows("Eve, the first");
    stage.hides("Messages");
}

#[test]
fn whoever_is_away_is_reminded_of_it() {
    let mut stage = stage();
    assert!(matches!(asked(&stage.enter("/away")).request, Request::Away(true)));
    let reminder = "you are away, /back ends it";
    let shown = stage.picture(120, 35);
    assert!(shown.contains(reminder), "{shown}");
    assert!(matches!(asked(&stage.enter("/back")).request, Request::Away(false)));
    assert!(!stage.picture(120, 35).contains(reminder));
}

#[test]
fn what_waits_to_be_sent_stands_there_until_it_goes_or_will_not_go_any_more() {
    let mut stage = stage();
    let says = |stage: &mut Stage, text: &str| {
        let effects = stage.typed(text).into_iter().chain(stage.key(Key::Enter)).collect::<Vec<_>>();
        let number = effects.iter().find_map(|effect| match effect {
            Effect::Ask(asked) => asked.cid.clone(),
            _ => None,
        });
        stage.tell(Event::Reply(Box::new(Reply::done(number.clone(), Answer::Sent(None)))));
        number
    };
    let all: Vec<Option<Cid>> = ["one", "two", "three", "four"].map(|text| says(&mut stage, text)).to_vec();
    let picture = stage.picture(80, 24);
    assert!(picture.contains("waits  one") && picture.contains("waits  two"), "{picture}");
    assert!(picture.contains("and 2 more wait"), "{picture}");
    let receipt = |stage: &mut Stage, n: usize, id: Option<MsgId>, fate: Fate| {
        let (room, cid) = (Line::clean("lobby"), all[n].clone());
        stage.tell(Event::Receipt(Receipt { room, id, cid, fate }));
    };
    // That it waits is no news; that it went is, and so is that it never will.
    receipt(&mut stage, 0, None, Fate::Queued);
    assert!(stage.picture(80, 24).contains("waits  one"));
    receipt(&mut stage, 0, Some(MsgId([1; 8])), Fate::Sent);
    receipt(&mut stage, 1, None, Fate::Failed(Box::new(Problem::BurnedUnsent)));
    let picture = stage.picture(80, 24);
    assert!(!picture.contains("waits  one") && !picture.contains("waits  two"), "{picture}");
    assert!(picture.contains("waits  three") && picture.contains("waits  four"), "{picture}");
    stage.enter("/curtain");
    assert!(!stage.picture(80, 24).contains("three"), "the curtain hides it");
}
