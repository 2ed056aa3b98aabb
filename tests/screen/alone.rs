//! Talking with one person alone: what is shown where, to whom goes what is typed, and that nothing is left of it.

use ephem_node::base::nick::Nick;
use ephem_node::base::time::Mono;
use ephem_node::chat::event::{Event, Message, PeerLine, Person};
use ephem_node::chat::name::{BurnWhy, MemberChange, PeerChange, RoomChange, Route, Standing};
use ephem_node::chat::problem::Problem;
use ephem_node::chat::reply::{Answer, Cid, Profile, Reply};
use ephem_node::chat::request::{Asked, Request, Which, Who};
use ephem_node::chat::text::Line;
use ephem_node::tui::{Effect, Key, Look, Motion};
use ratatui_core::buffer::Buffer;

use crate::pictures::state;
use crate::stage::{MINUTE, Stage, evening, person, text_of};

/// With ana alone is Alt+2, with bob Alt+3.
fn stage() -> Stage {
    let mut stage = Stage::new(Look::default()).in_room("lobby", &["ana", "bob", "carla"]);
    let from_ana = stage.alone("lobby", "ana", "the key is under the mat", 10 * MINUTE);
    stage.tell_message(from_ana);
    let from_bob = stage.alone("lobby", "bob", "psst, it is me", 10 * MINUTE);
    stage.tell_message(from_bob);
    stage
}

/// What was asked of the node, but for the way by which somebody is reached.
fn asked(effects: Vec<Effect>) -> Vec<Asked> {
    let asked = effects.into_iter().filter_map(|effect| match effect {
        Effect::Ask(asked) if !matches!(asked.request, Request::Whois(_)) => Some(asked),
        _ => None,
    });
    asked.collect()
}

/// To whom went which text, by key.
fn sent(effects: Vec<Effect>) -> (Option<Who>, String) {
    match asked(effects).pop().expect("something was asked").request {
        Request::Direct(who, draft) => (Some(who), draft.text.as_str().to_owned()),
        Request::Send(draft) => (None, draft.text.as_str().to_owned()),
        other => panic!("{other:?}"),
    }
}

/// A third of the evening's people, who is a stranger.
fn asking(stage: &mut Stage, lives_ms: u64) -> Message {
    let sealed = stage.alone("lobby", "carla", "may I?", lives_ms);
    let open = sealed.clone();
    stage.tell_message(Message { asks: true, text: None, ..sealed });
    open
}

/// Two conversations with something new in them, and one who asks.
fn three(look: Look) -> Stage {
    let mut stage = evening(look);
    for text in ["are you there?", "it is about the door"] {
        let said = stage.alone("lobby", "ana", text, 9 * MINUTE);
        stage.tell_message(said);
    }
    let said = stage.alone("lobby", "bob", "north gate, then", 8 * MINUTE);
    stage.tell_message(said);
    asking(&mut stage, 10 * MINUTE);
    stage
}

#[test]
fn pictures_of_talks_with_one_person() {
    state("alone-unread", three);
    state("alone-open", |look| {
        let mut stage = three(look);
        stage.press_alt('2');
        let mine = stage.to("lobby", "ana", "yes, by the stairs", 10 * MINUTE);
        let id = mine.id;
        stage.tell_message(mine);
        stage.delivered("lobby", id, 1, 1);
        stage.typed("wait for me");
        stage
    });
    state("alone-asks", |look| {
        let mut stage = three(look);
        stage.press_alt('4');
        stage
    });
    state("alone-burned", |look| {
        let mut stage = Stage::new(look).in_room("lobby", &["ana", "bob"]);
        let said = stage.alone("lobby", "ana", "are you there?", 5_000);
        stage.tell_message(said);
        stage.pass(10_000);
        stage
    });
    state("alone-refused", |look| {
        let mut stage = three(look);
        stage.press_alt('4');
        stage.key(Key::Esc);
        stage.key(Key::Char('B'));
        stage
    });
}

#[test]
fn each_stands_in_a_place_of_its_own_and_the_room_only_says_that_it_is_there() {
    let mut stage = stage();
    stage.say("lobby", "ana", "good evening, all", Some(10 * MINUTE));
    for line in ["DIRECT", "ana wrote to you alone: Alt+2", "bob wrote to you alone: Alt+3", "good evening"] {
        stage.shows(line);
    }
    stage.hides("under the mat");
    for (width, height) in [(40, 12), (30, 12)] {
        let narrow = stage.picture(width, height);
        let words: String = narrow.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("alone: Alt+2") && words.contains("alone: Alt+3"), "{narrow}");
    }
    stage.press_alt('2');
    for line in ["the key is under the mat", "[to ana alone]", "ALONE, sealed to this one person"] {
        stage.shows(line);
    }
    for line in ["psst, it is me", "good evening", "joined"] {
        stage.hides(line);
    }
    let one_person = "\u{2502} sealed to one \u{2502}";
    stage.shows(one_person);
    stage.press_alt('1');
    stage.hides("ana wrote to you alone");
    stage.shows("bob wrote to you alone: Alt+3");
    stage.hides("under the mat");
    stage.hides(one_person);
    // Through rooms and people alike, and to what nobody has seen first.
    stage.press_alt('a');
    stage.shows("psst, it is me");
    stage.ctrl('n');
    stage.shows("good evening");
    stage.ctrl('p');
    stage.shows("psst, it is me");
    stage.key(Key::F(2));
    stage.key(Key::Down);
    stage.key(Key::Enter);
    stage.shows("under the mat");
}

#[test]
fn what_is_typed_goes_to_the_one_in_front_and_to_nobody_else() {
    let mut stage = stage();
    assert_eq!(sent(stage.enter("to all")), (None, "to all".to_owned()));
    stage.press_alt('2');
    let (ana, bob) = (Who::key(&person("ana").id), Who::key(&person("bob").id));
    for line in ["thanks", "/me nods", "/once 15s the code", "/reply later", "//slash"] {
        let (to, _) = sent(stage.enter(line));
        assert_eq!(to.as_ref(), Some(&ana), "{line}");
    }
    let named = sent(stage.enter("/msg bob by name")).0.expect("to somebody");
    assert_eq!(named, Who(Line::clean("bob")));
    stage.shows("to bob alone");
    stage.press_alt('3');
    assert_eq!(sent(stage.enter("and you")).0, Some(bob));
    stage.press_alt('1');
    assert_eq!(sent(stage.enter("to all")).0, None);
    // Whoever wrote last, of those who are shown.
    assert_eq!(sent(stage.enter("/reply on my way")).0, Some(Who::key(&person("bob").id)));
}

#[test]
fn each_draft_is_its_own_and_comes_back_where_it_was_refused() {
    let mut stage = stage();
    stage.typed("for all");
    stage.press_alt('2');
    assert_eq!(stage.draft(), "write a message, / for commands");
    stage.typed("for ana");
    stage.press_alt('3');
    assert_eq!(stage.draft(), "write a message, / for commands");
    stage.press_alt('2');
    assert_eq!(stage.draft(), "for ana");
    let cid = asked(stage.key(Key::Enter)).pop().expect("asked").cid;
    stage.press_alt('1');
    stage.tell(Event::Reply(Box::new(Reply { cid, outcome: Err(Problem::Nobody) })));
    assert!(stage.draft().starts_with("for all\n"), "the room's own draft is as it was");
    stage.press_alt('2');
    assert_eq!(stage.draft(), "for ana");
}

#[test]
fn one_goes_there_by_name_and_back_by_empty_lines() {
    let mut stage = Stage::new(Look::default()).in_room("lobby", &["ana", "bob"]);
    stage.typed("/dm ana");
    assert!(asked(stage.key(Key::Enter)).is_empty());
    stage.shows("[to ana alone]");
    stage.shows("DIRECT");
    assert_eq!(stage.draft(), "write a message, / for commands");
    stage.key(Key::Enter);
    stage.shows("Enter again to go back to #lobby");
    assert!(stage.key(Key::Enter).is_empty(), "the room is not left");
    stage.hides("[to ana alone]");
    stage.hides("DIRECT");
    for (line, why) in [("/dm nobody", "nobody"), ("/dm eve", "nobody")] {
        stage.typed(line);
        assert!(stage.key(Key::Enter).is_empty());
        assert!(stage.shown().to_lowercase().contains(why), "{}", stage.shown());
        stage.ctrl('u');
    }
}

#[test]
fn look_alikes_never_share_a_place_and_a_name_that_means_both_is_refused() {
    let mut stage = Stage::new(Look::default()).in_room("lobby", &["bob", "b0b"]);
    for (nick, text) in [("bob", "from the first"), ("b0b", "from the second")] {
        let said = stage.alone("lobby", nick, text, 10 * MINUTE);
        stage.tell_message(said);
    }
    stage.press_alt('2');
    stage.shows("from the first");
    stage.hides("from the second");
    stage.shows("[to mole-river alone]");
    stage.press_alt('3');
    stage.shows("from the second");
    stage.hides("from the first");
    stage.shows("[to lynx-brick alone]");
    let named = Who::key(&person("b0b").id);
    assert_eq!(sent(stage.enter("who are you?")).0, Some(named));
    stage.typed("/dm bob");
    assert!(stage.key(Key::Enter).is_empty());
    for tag in ["mole-river", "lynx-brick"] {
        stage.shows(tag);
    }
}

#[test]
fn whoever_takes_a_nick_gets_nothing_that_was_meant_for_another() {
    let mut stage = stage();
    stage.press_alt('2');
    stage.typed("only for you");
    let taken = Person { nick: Nick::parse("zoe").expect("a nick"), ..person("ana") };
    let takes = Person { nick: Nick::parse("ana").expect("a nick"), ..person("carla") };
    for who in [taken, takes] {
        stage.changed("lobby", MemberChange::Nick, who);
    }
    assert_eq!(sent(stage.key(Key::Enter)).0, Some(Who::key(&person("ana").id)));
    // Nor does the room get it when they have gone and nothing of the two lives any more.
    stage.typed("still for you");
    stage.member("lobby", MemberChange::Leave, "ana");
    stage.pass(11 * MINUTE);
    stage.shows("not here any more");
    assert_eq!(stage.draft(), "still for you");
    assert_eq!(sent(stage.key(Key::Enter)).0, Some(Who::key(&person("ana").id)));
}

#[test]
fn who_asks_is_opened_or_refused() {
    let mut stage = stage();
    let open = asking(&mut stage, 10 * MINUTE);
    stage.shows("carla asks to write to you alone: Alt+4");
    stage.shows(" 4 \u{a4} carla   ?");
    stage.press_alt('4');
    stage.shows("[asks to write to you alone] Enter opens");
    stage.hides("may I?");
    // Enter alone opens it, and so it does where it was chosen.
    let at_once = asked(stage.key(Key::Enter)).pop().expect("asked").request;
    assert!(matches!(&at_once, Request::Open(Which::Named(_))), "{at_once:?}");
    stage.key(Key::Esc);
    let opened = asked(stage.key(Key::Enter)).pop().expect("asked").request;
    assert!(matches!(&opened, Request::Open(Which::Named(_))), "{opened:?}");
    stage.tell_message(open.clone());
    stage.shows("may I?");
    stage.hides("[asks");
    stage.key(Key::Char('B'));
    stage.shows("take nothing from its author any more, in any room?");
    let refused = asked(stage.key(Key::Char('y'))).pop().expect("asked").request;
    let carla = Who::key(&person("carla").id);
    assert!(matches!(&refused, Request::Block(who, true) if *who == carla), "{refused:?}");
    stage.burned("lobby", open.id, BurnWhy::Sender);
    stage.press_alt('1');
    stage.pass(5_000);
    stage.hides("carla asks");
    stage.hides(" 4 \u{a4}");
}

#[test]
fn what_is_done_with_messages_is_done_with_those_in_front() {
    let mut stage = stage();
    stage.say("lobby", "carla", "the mat is in the hall", Some(10 * MINUTE));
    let mine = stage.to("lobby", "ana", "I looked under it", 10 * MINUTE);
    stage.tell_message(mine);
    // Searching and choosing, in the room and between two.
    stage.ctrl('f');
    stage.typed("mat");
    let shown = stage.shown();
    assert!(shown.contains("in the hall") && !shown.contains("under the mat"), "{shown}");
    stage.key(Key::Esc);
    stage.key(Key::Esc);
    stage.key(Key::Char('i'));
    stage.shows("carla");
    stage.key(Key::Esc);
    stage.key(Key::Char('k'));
    stage.press_alt('2');
    stage.ctrl('f');
    stage.typed("mat");
    let shown = stage.shown();
    assert!(shown.contains("under the mat") && !shown.contains("in the hall"), "{shown}");
    stage.key(Key::Esc);
    stage.key(Key::Up);
    assert_eq!(stage.draft(), "I looked under it");
    stage.ctrl('u');
    stage.key(Key::Esc);
    stage.key(Key::Char('k'));
    let copied = stage.key(Key::Char('y'));
    assert!(matches!(&copied[..], [Effect::Copy(text)] if text.as_str() == "the key is under the mat"));
    stage.key(Key::Char('j'));
    let burned = asked(stage.key(Key::Char('b'))).pop().expect("asked").request;
    assert!(matches!(burned, Request::Burn(_)), "{burned:?}");
    stage.key(Key::Esc);
    stage.enter("/clear");
    stage.hides("under the mat");
    stage.press_alt('1');
    stage.shows("in the hall");
    // What was said alone names me, and leads there.
    stage.enter("/mentions");
    stage.key(Key::Down);
    stage.key(Key::Enter);
    stage.shows("psst, it is me");
    stage.shows("[to bob alone]");
}

#[test]
fn whoever_is_ignored_writes_to_nobody_and_is_answered_by_nobody() {
    let mut stage = Stage::new(Look::default()).in_room("lobby", &["ana", "bob"]);
    let said = stage.alone("lobby", "ana", "first", 10 * MINUTE);
    stage.tell_message(said);
    stage.enter("/ignore bob");
    let hidden = stage.alone("lobby", "bob", "unwanted", 10 * MINUTE);
    let rung = stage.tell(Event::Message(Box::new(hidden)));
    assert!(rung.is_empty(), "{rung:?}");
    stage.hides("bob wrote");
    stage.press_alt('3');
    stage.hides("unwanted");
    assert_eq!(sent(stage.enter("/reply thanks")).0, Some(Who::key(&person("ana").id)));
}

#[test]
fn by_which_way_they_are_reached_is_asked_and_asked_again() {
    let mut stage = stage();
    let whois = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Ask(asked) if matches!(asked.request, Request::Whois(_)) => asked.cid.clone(),
            _ => None,
        })
    };
    let link = |change, route| PeerLine {
        change,
        peer: Line::clean("12D3KooWana"),
        route,
        via: None,
        rtt_ms: None,
        addr: None,
        room: None,
    };
    let told = |stage: &mut Stage, cid: Option<Cid>, route: Option<Route>| {
        let link = route.map(|route| link(PeerChange::Connected, route));
        let profile = Profile { who: person("ana"), link, rooms: Vec::new() };
        let answer = Answer::Person(Box::new(profile));
        stage.tell(Event::Reply(Box::new(Reply { cid, outcome: Ok(answer) })));
    };
    let cid = whois(&stage.press_alt('2'));
    assert!(cid.is_some());
    stage.hides("straight");
    told(&mut stage, cid, Some(Route::Direct));
    let wide = |stage: &mut Stage| stage.picture(120, 24);
    assert!(wide(&mut stage).contains("straight"), "no box, but a word above: {}", wide(&mut stage));
    stage.hides("Whois");
    assert!(whois(&stage.key(Key::Char('x'))).is_none(), "once is enough");
    let cid = whois(&stage.tell(Event::Peer(Box::new(link(PeerChange::Lost, Route::Direct)))));
    told(&mut stage, cid, None);
    assert!(wide(&mut stage).contains("through others"), "{}", wide(&mut stage));
    // Whether words were compared stands there as well.
    assert!(wide(&mut stage).contains("not compared: /verify"));
    stage.ctrl('u');
    let cid = asked(stage.enter("/verify ana")).pop().expect("asked").cid;
    let answer = Answer::Words { with: Box::new(person("ana")), words: Line::clean("one two three") };
    stage.tell(Event::Reply(Box::new(Reply { cid, outcome: Ok(answer) })));
    stage.key(Key::Esc);
    assert!(wide(&mut stage).contains("words shown"), "{}", wide(&mut stage));
}

#[test]
fn it_ends_with_its_last_message_and_with_the_room() {
    let mut stage = Stage::new(Look::default()).in_room("lobby", &["ana"]).in_room("ops", &["bob"]);
    let brief = stage.alone("lobby", "ana", "brief", 5_000);
    stage.tell_message(brief);
    let long = stage.alone("ops", "bob", "long", 50 * MINUTE);
    stage.tell_message(long);
    stage.press_alt('1');
    stage.shows(" 3 \u{266a} ana");
    stage.shows(" 4 \u{25cf} bob");
    stage.pass(10_000);
    stage.shows(" 3 \u{25cf} bob");
    stage.hides("\u{266a} ana");
    stage.hides("ana wrote");
    stage.shows("DIRECT");
    stage.press_alt('3');
    stage.shows("[to bob alone]");
    let facts = Stage::facts(ephem_node::chat::name::Mode::Passphrase, Standing::Confirmed, 2);
    stage.room("ops", RoomChange::Closed, facts);
    stage.hides("DIRECT");
    stage.hides("[to bob alone]");
    stage.shows("#lobby");
}

#[test]
fn windows_of_every_width_show_to_whom_it_goes() {
    let mut stage = Stage::new(Look::default()).in_room("lobby", &["bob", "b0b", "carla"]);
    for nick in ["bob", "b0b", "carla"] {
        let said = stage.alone("lobby", nick, "a few words", 10 * MINUTE);
        stage.tell_message(said);
    }
    for (key, name) in [('1', None), ('2', Some("mole-r")), ('3', Some("lynx-b")), ('4', Some("carla"))] {
        stage.press_alt(key);
        stage.typed("typed");
        for (width, height) in (30..=130).flat_map(|width| [6, 12, 24].map(|height| (width, height))) {
            let shown = stage.picture(width, height);
            let line = shown.lines().find(|line| line.contains("] typed")).unwrap_or_default();
            assert!(!line.is_empty(), "{width}x{height}:\n{shown}");
            assert_eq!(line.contains("[to "), name.is_some(), "{width}x{height}:\n{shown}");
            assert!(name.is_none_or(|name| line.contains(name)), "{width}x{height}:\n{shown}");
        }
    }
}

/// Letters that stand nowhere else on these screens.
const BRIEF: &str = "ZQXJ ZQXJZQ XJZQ";

fn holds(cells: &Buffer) -> bool {
    cells.content.iter().any(|cell| cell.symbol() != " " && "ZQXJ".contains(cell.symbol()))
}

#[test]
fn nothing_is_left_of_it_after_its_end() {
    for motion in [Motion::Full, Motion::None] {
        let mut stage = Stage::new(Look { motion, ..Look::default() }).in_room("lobby", &["ana", "bob"]);
        let said = stage.alone("lobby", "ana", BRIEF, 12_000);
        stage.tell_message(said);
        let from = stage.now;
        let at = |stage: &mut Stage, ms: u64| {
            stage.now = Mono(from.0 + ms);
            let now = stage.at();
            stage.screen.tick(now);
            stage.cells(80, 24).0
        };
        assert!(!holds(&at(&mut stage, 1)), "in the room");
        stage.press_alt('2');
        for ms in [2, 11_000, 11_299] {
            assert!(holds(&at(&mut stage, ms)), "{ms}");
        }
        for ms in (12_000..20_000).step_by(101) {
            let cells = at(&mut stage, ms);
            assert!(!holds(&cells), "{ms}: {}", text_of(&cells));
        }
        let room = stage.screen.model().rooms().first().expect("a room");
        assert!(room.scroll.living().next().is_none() && room.scroll.alone().all().is_empty());
        assert!(!format!("{:?}", stage.screen).contains("ZQXJ"));
    }
}
