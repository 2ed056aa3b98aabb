//! Who is writing: what is told of it here, and what is shown of others.

use ephem_node::base::limits::{TYPING_EACH_MS, TYPING_MS};
use ephem_node::chat::event::{Event, TypingLine};
use ephem_node::chat::name::MemberChange;
use ephem_node::chat::request::{Request, Who};
use ephem_node::chat::text::Line;
use ephem_node::tui::{Effect, Key, Look};

use crate::stage::{MINUTE, Stage, evening, person};

fn told(effects: &[Effect]) -> Vec<Option<Who>> {
    let of = |effect: &Effect| match effect {
        Effect::Ask(asked) => match &asked.request {
            Request::Typing(to) => Some(to.clone()),
            _ => None,
        },
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

fn types(stage: &mut Stage, nick: &str, alone: bool) {
    let line = TypingLine { room: Line::clean("lobby"), from: person(nick), alone };
    stage.tell(Event::Typing(Box::new(line)));
}

#[test]
fn those_who_write_are_named_under_the_talk_for_some_seconds_or_until_they_have_said_it() {
    let mut stage = evening(Look::default());
    assert!(!stage.picture(80, 24).contains("typing"));
    types(&mut stage, "ana", false);
    for (width, height) in [(120, 35), (80, 24), (40, 12)] {
        let picture = stage.picture(width, height);
        let rule = picture.lines().find(|line| line.contains("ana is typing")).expect("a line says so");
        assert!(rule.contains("\u{2500}\u{2500}"), "on a line that is there anyway: {picture}");
    }
    types(&mut stage, "bob", false);
    assert!(stage.picture(80, 24).contains("ana and bob are typing"));
    types(&mut stage, "carla", false);
    assert!(stage.picture(80, 24).contains(" 3 are typing "));
    stage.say("lobby", "carla", "there", Some(MINUTE));
    assert!(stage.picture(80, 24).contains("ana and bob are typing"), "carla has said it");
    stage.member("lobby", MemberChange::Leave, "bob");
    assert!(stage.picture(80, 24).contains("ana is typing"), "whoever goes writes no more");
    stage.pass(TYPING_MS - 1_000);
    types(&mut stage, "ana", false);
    stage.pass(TYPING_MS - 1);
    assert!(stage.picture(80, 24).contains("ana is typing"), "it was said again");
    stage.pass(1);
    assert!(!stage.picture(80, 24).contains("typing"));
}

#[test]
fn what_is_written_to_one_alone_shows_there_and_nowhere_else_and_nothing_of_the_ignored() {
    let mut stage = evening(Look::default());
    types(&mut stage, "ana", true);
    assert!(!stage.picture(80, 24).contains("typing"));
    stage.enter("/msg ana");
    assert!(stage.picture(80, 24).contains("ana is typing"));
    types(&mut stage, "bob", false);
    assert!(!stage.picture(80, 24).contains("bob"), "that is in the room");
    stage.key(Key::Enter);
    let message = stage.alone("lobby", "ana", "psst", MINUTE);
    stage.tell_message(message);
    assert!(!stage.picture(80, 24).contains("typing"));
    let mut stage = evening(Look::default());
    stage.enter("/ignore ana");
    types(&mut stage, "ana", false);
    assert!(!stage.picture(80, 24).contains("typing"));
}

#[test]
fn it_is_told_only_after_somebody_wanted_that_and_never_of_commands() {
    let mut stage = evening(Look::default());
    assert!(told(&stage.typed("hello there")).is_empty(), "nobody asked for it");
    stage.key(Key::Enter);
    stage.enter("/typing on");
    assert!(stage.picture(80, 24).contains("the others are told from now on while you write"));
    assert!(told(&stage.typed("/mute carla 10m spam")).is_empty(), "a command is nobody's business");
    stage.key(Key::Esc);
    for _ in 0.."/mute carla 10m spam".len() {
        stage.key(Key::Backspace);
    }
    assert_eq!(told(&stage.typed("a long thought")), [None], "once, however much is typed");
    stage.pass(TYPING_EACH_MS);
    assert!(told(&stage.key(Key::Left)).is_empty(), "looking is not writing");
    assert_eq!(told(&stage.typed("er")), [None]);
    stage.enter("");
    stage.enter("/msg ana");
    assert_eq!(told(&stage.typed("only you")), [Some(Who::key(&person("ana").id))]);
    stage.enter("");
    stage.enter("/typing off");
    stage.pass(TYPING_EACH_MS);
    assert!(told(&stage.typed("and now")).is_empty());
}
