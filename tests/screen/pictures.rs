//! Every state as a picture in a file: at three widths, and in three themes. A difference is shown; whoever meant it writes
//! them anew with `PICTURES=write cargo test --test screen`.

use std::fs;
use std::path::PathBuf;

use ephem_node::base::id::InviteId;
use ephem_node::base::secret::Text;
use ephem_node::base::time::Unix;
use ephem_node::chat::avatar::Avatar;
use ephem_node::chat::event::{BootstrapLine, Event, Facts, Invite, Person};
use ephem_node::chat::name::{
    BootstrapChange, BurnWhy, Kind, MemberChange, Mode, RoomChange, Route, Standing,
};
use ephem_node::chat::notice::{Notice, Said, Unreachable};
use ephem_node::chat::problem::Problem;
use ephem_node::chat::reply::{Answer, Mine};
use ephem_node::chat::text::Line;
use ephem_node::tui::{Depth, Key, Look, Theme};

use crate::stage::{EVENING, MINUTE, Stage, evening, person, text_of};

const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (120, 35)];

/// Compares the state that `build` makes with its file.
pub(crate) fn state(name: &str, build: impl Fn(Look) -> Stage) {
    let mut found = String::new();
    for (width, height) in SIZES {
        let look = Look { theme: Theme::Dark, depth: Depth::True, ..Look::default() };
        let (cells, _) = build(look).cells(width, height);
        found.push_str(&format!("== {width}x{height}\n{}\n", text_of(&cells)));
    }
    for theme in [Theme::Dark, Theme::Light, Theme::Mono] {
        let look = Look { theme, depth: Depth::True, ..Look::default() };
        found.push_str(&format!("== looks, {}\n{}\n", theme.name(), build(look).looks(80, 24)));
    }
    let file =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/screen/pictures").join(format!("{name}.txt"));
    if std::env::var_os("PICTURES").is_some_and(|how| how == "write") {
        fs::write(&file, &found).expect("the picture is written");
        return;
    }
    let wanted = fs::read_to_string(&file).unwrap_or_default();
    for (n, (wanted, found)) in wanted.lines().zip(found.lines()).enumerate() {
        assert_eq!(found, wanted, "{name}, line {}: PICTURES=write takes the new one", n + 1);
    }
    assert_eq!(found.lines().count(), wanted.lines().count(), "{name}: PICTURES=write takes the new one");
}

fn with_facts(look: Look, change: impl Fn(&mut Facts)) -> Stage {
    let mut stage = Stage::new(look);
    let mut facts = Stage::facts(Mode::Open, Standing::Searching, 1);
    stage.room("lobby", RoomChange::Joining, facts.clone());
    change(&mut facts);
    stage.room("lobby", RoomChange::State, facts);
    stage
}

#[test]
fn before_anything_is_there() {
    state("opening", |look| {
        let mut stage = Stage::new(look);
        stage.screen.expect(&Line::clean("lobby"));
        stage.typed("typed before the room is there");
        stage
    });
}

#[test]
fn the_question_at_the_door() {
    let door = |look, typed: &str| {
        let mut stage = Stage::new(look);
        stage.screen.expect(&Line::clean("lobby"));
        stage.screen.ask_passphrase(&Line::clean("lobby"), true);
        stage.typed(typed);
        stage
    };
    state("door", |look| door(look, ""));
    state("door-typed", |look| door(look, "correct horse"));
    state("door-drawn", |look| {
        let mut stage = door(look, "");
        stage.screen.generated("angular galvanize bounding critter rummage diffusive");
        stage
    });
}

#[test]
fn waits_say_what_they_wait_for() {
    state("searching", |look| with_facts(look, |_| {}));
    state("alone", |look| with_facts(look, |facts| facts.state = Standing::Alone));
    state("alone-for-long", |look| {
        let mut stage = with_facts(look, |facts| facts.state = Standing::Alone);
        stage.pass(31_000);
        stage
    });
    state("unconfirmed", |look| {
        with_facts(look, |facts| {
            facts.state = Standing::Unconfirmed;
            facts.members = 2;
        })
    });
    state("with-one-only", |look| {
        let mut stage = with_facts(look, |_| {});
        stage.member("lobby", MemberChange::Join, "ana");
        let mut facts = Stage::facts(Mode::Open, Standing::Confirmed, 2);
        facts.only = Some(person("ana"));
        stage.room("lobby", RoomChange::State, facts);
        stage
    });
}

#[test]
fn a_talk() {
    state("talk", |look| {
        let mut stage = evening(look);
        stage.link("12D3KooWaaaaaa", Route::Lan);
        stage.link("12D3KooWbbbbbb", Route::Relay);
        stage
    });
    state("talk-in-letters", |look| evening(Look { ascii: true, ..look }));
}

#[test]
fn a_burn_and_what_it_leaves() {
    for (name, ms) in
        [("burn-caught", 4_450), ("burn-half", 4_700), ("burn-last", 4_950), ("ash", 5_500), ("gone", 9_500)]
    {
        state(name, |look| {
            let mut stage = evening(look);
            stage.pass(ms);
            stage
        });
    }
}

#[test]
fn sealed_messages() {
    let sealed = |look| {
        let mut stage = evening(look);
        let mut message = stage.message("lobby", "carla", "the door code is 9920", Some(MINUTE));
        message.once_ms = Some(15_000);
        let opened = message.clone();
        message.text = None;
        stage.tell_message(message);
        stage.key(Key::Esc);
        (stage, opened)
    };
    state("sealed", |look| sealed(look).0);
    state("sealed-box", |look| {
        let (mut stage, _) = sealed(look);
        stage.key(Key::Enter);
        stage
    });
    state("sealed-open", |look| {
        let (mut stage, mut opened) = sealed(look);
        stage.key(Key::Enter);
        stage.key(Key::Enter);
        opened.dies = Some(stage.now + 11_000);
        stage.tell_message(opened);
        stage
    });
}

#[test]
fn drafts() {
    state("draft-of-lines", |look| {
        let mut stage = evening(look);
        for line in ["first line of several", "the second is here", "and a third"] {
            stage.typed(line);
            stage.ctrl('j');
        }
        stage
    });
    state("completing", |look| {
        let mut stage = evening(look);
        stage.typed("/un");
        stage.key(Key::Tab);
        stage
    });
    state("unknown-command", |look| {
        let mut stage = evening(look);
        stage.typed("/kik bob");
        stage.key(Key::Enter);
        stage
    });
    state("wrong-role", |look| {
        let mut stage = evening(look);
        stage.typed("/kick bob");
        stage.key(Key::Enter);
        stage
    });
    state("leaving", |look| {
        let mut stage = evening(look);
        stage.key(Key::Enter);
        stage
    });
}

#[test]
fn boxes() {
    for (name, key) in [
        ("help", Key::F(1)),
        ("rooms", Key::F(2)),
        ("members", Key::F(3)),
        ("network", Key::F(5)),
        ("curtain", Key::F(12)),
    ] {
        state(name, |look| {
            let mut stage = evening(look);
            stage.link("12D3KooWaaaaaa", Route::Direct);
            stage.key(key);
            stage
        });
    }
    state("palette", |look| {
        let mut stage = evening(look);
        stage.ctrl('k');
        stage.typed("ki");
        stage
    });
    state("search", |look| {
        let mut stage = evening(look);
        stage.ctrl('f');
        stage.typed("plan");
        stage
    });
    state("about-a-message", |look| {
        let mut stage = evening(look);
        stage.key(Key::Esc);
        stage.key(Key::Up);
        stage.key(Key::Char('i'));
        stage
    });
    state("sure", |look| {
        let mut stage = evening(look);
        stage.owns("lobby", Mode::Passphrase);
        stage.typed("/close");
        stage.key(Key::Enter);
        stage
    });
}

#[test]
fn an_invite() {
    let invite = |look, link: &str, key: Option<Key>| {
        let mut stage = evening(look);
        let line = Invite {
            room: Line::clean("lobby"),
            id: InviteId([0xa1; 16]),
            invite: Text::new(link),
            words: Text::new("words"),
            uses: 1,
            until: Unix(EVENING.0 + 86_400_000),
        };
        stage.tell(Event::Invite(Box::new(line)));
        key.into_iter().for_each(|key| drop(stage.key(key)));
        stage
    };
    // The longest that a square of 24 rows takes.
    let long =
        format!("EPHEM:{}", "QYAWQZ3FNZSXEYLMGJIBLUFRDBQYQ7JJ".repeat(6).get(..189).unwrap_or_default());
    state("invite", |look| invite(look, &long, None));
    state("invite-square", |look| invite(look, &long, Some(Key::Tab)));
}

#[test]
fn a_way_to_others() {
    state("ways", |look| {
        let mut stage = evening(look);
        for (change, ms) in
            [(BootstrapChange::Lookup, 240), (BootstrapChange::Dial, 310), (BootstrapChange::Linked, 0)]
        {
            let asked = Line::clean("node.example:4077");
            let line = BootstrapLine { change, asked, route: Route::Direct, peer: None, why: None };
            stage.tell(Event::Bootstrap(Box::new(line)));
            stage.pass(ms);
        }
        stage.link("12D3KooWaaaaaa", Route::Lan);
        stage.link("12D3KooWbbbbbb", Route::Relay);
        stage.key(Key::F(5));
        stage
    });
    state("searching-at-an-address", |look| {
        let mut stage = with_facts(look, |_| {});
        for change in [BootstrapChange::Lookup, BootstrapChange::Failed] {
            let asked = Line::clean("node.example:4077");
            let why = (change == BootstrapChange::Failed).then_some(Unreachable::NoName);
            let line = BootstrapLine { change, asked, route: Route::Direct, peer: None, why };
            stage.tell(Event::Bootstrap(Box::new(line)));
            stage.pass(300);
        }
        stage
    });
}

#[test]
fn people_as_they_want_to_be_seen() {
    let chosen = |look| {
        let mut stage = evening(look);
        for (nick, sign, colour, status) in
            [("ana", 13, 2, "back at nine"), ("carla", 0, 0, "looking for a ladder")]
        {
            let mut who = person(nick);
            who.avatar = Avatar::of(&who.id, sign, colour);
            who.status = Line::clean(status);
            stage.profile("lobby", who);
        }
        stage
    };
    state("people", |look| {
        let mut stage = chosen(look);
        stage.key(Key::F(3));
        stage
    });
    state("who", |look| {
        let mut stage = chosen(look);
        let rows = stage.screen.model().members(None).expect("a room");
        stage.answer(rows);
        stage
    });
    state("mine", |look| {
        let mut stage = chosen(look);
        let who = Person { status: Line::clean("gone fishing"), ..person("eve") };
        stage.answer(Answer::Mine(Box::new(Mine { who, anonymous: true })));
        stage
    });
}

#[test]
fn several_rooms() {
    state("two-rooms", |look| {
        let mut stage = evening(look).in_room("ops", &["ana"]);
        stage.press_alt('1');
        stage.say("ops", "ana", "anybody?", Some(MINUTE));
        stage.say("ops", "ana", "eve, are you there?", Some(MINUTE));
        stage
    });
    let stays = |look, near| {
        let mut stage = evening(look);
        let facts = Facts { persist: true, ..Stage::facts(Mode::Passphrase, Standing::Confirmed, 5) };
        stage.room("lobby", RoomChange::Settings, facts);
        stage.notice(Notice::room(&Line::clean("lobby"), Said::Listed { near }));
        stage.pass(MINUTE);
        stage
    };
    state("listed", |look| stays(look, false));
    state("listed-nearby", |look| stays(look, true));
    state("new-while-away", |look| {
        let mut stage = evening(look);
        stage.focus(false);
        stage.say("lobby", "dan", "said while nobody looked", Some(10 * MINUTE));
        stage.focus(true);
        stage
    });
}

#[test]
fn troubles() {
    state("alike", |look| {
        let mut stage = evening(look);
        stage.member("lobby", MemberChange::Join, "b0b");
        stage.say("lobby", "b0b", "I am bob, really", Some(10 * MINUTE));
        stage
    });
    state("key-changed", |look| {
        let mut stage = evening(look);
        stage.member("lobby", MemberChange::Join, "b0b");
        let verified = person("bob").tag;
        stage.notice(Notice::room(&Line::clean("lobby"), Said::KeyChanged { who: person("b0b"), verified }));
        stage
    });
    state("clock", |look| {
        let mut stage = evening(look);
        stage.notice(Notice::room(&Line::clean("lobby"), Said::ClockOff { by_ms: -93_000 }));
        stage
    });
    state("not-sent", |look| {
        let mut stage = evening(look);
        let id = stage.say("lobby", "you", "this one does not go", Some(10 * MINUTE));
        stage.failed("lobby", id, Problem::BurnedUnsent);
        stage
    });
    state("no-network", |look| {
        let mut stage = evening(look);
        stage.notice(Notice::node(Said::NoNetwork));
        stage
    });
    state("announcement", |look| {
        let mut stage = evening(look);
        let mut message = stage.message("lobby", "ana", "rooms close at 23:00", Some(10 * MINUTE));
        message.kind = Kind::Announce;
        stage.tell_message(message);
        stage
    });
    state("taken-back", |look| {
        let mut stage = evening(look);
        let id = stage.say("lobby", "carla", "a slip of the tongue", Some(10 * MINUTE));
        stage.burned("lobby", id, BurnWhy::Sender);
        stage
    });
    state("closed", |look| {
        let mut stage = evening(look);
        stage.room("lobby", RoomChange::Closed, Stage::facts(Mode::Passphrase, Standing::Confirmed, 5));
        stage
    });
    state("kicked", |look| {
        let mut stage = evening(look);
        let said = Said::Kicked { by: Some(person("ana")), why: Some(Line::clean("flooding")) };
        stage.notice(Notice::room(&Line::clean("lobby"), said));
        stage
    });
}
