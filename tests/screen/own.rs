//! Commands about one's own screen, and what they change on it.

use ephem_node::chat::avatar::Avatar;
use ephem_node::chat::event::Facts;
use ephem_node::chat::name::{Kind, MemberChange, Mode, Ring, Role, RoomChange, Standing};
use ephem_node::chat::notice::{Notice, Said};
use ephem_node::chat::request::{Join, Request};
use ephem_node::chat::text::Line;
use ephem_node::tui::{Depth, Effect, Key, Look, Motion, Theme};

use crate::stage::{MINUTE, Stage, evening, person};

fn type_line(stage: &mut Stage, line: &str) {
    stage.typed(line);
    stage.key(Key::Enter);
}

#[test]
fn a_theme_is_changed_by_name_and_auto_goes_back_to_what_fits() {
    let look = Look {
        theme: Theme::Dark,
        depth: Depth::True,
        usual: (Theme::Light, Motion::Subtle),
        ..Look::default()
    };
    let mut stage = evening(look);
    let dark = stage.looks(80, 24);
    type_line(&mut stage, "/theme light");
    let light = stage.looks(80, 24);
    assert_ne!(dark, light);
    assert!(stage.picture(80, 24).contains("colours: light"));
    type_line(&mut stage, "/theme mono");
    assert_ne!(stage.looks(80, 24), light);
    type_line(&mut stage, "/theme auto");
    assert_eq!(stage.looks(80, 24), light, "light is what fits here");
    type_line(&mut stage, "/theme pink");
    assert!(stage.picture(80, 24).contains("/theme"), "the line stays to be mended");
}

#[test]
fn motion_is_changed_by_name() {
    let mut stage = evening(Look::default());
    type_line(&mut stage, "/motion none");
    assert!(stage.picture(80, 24).contains("motion: none"));
    // The row that is about to burn stands still until it is gone.
    stage.pass(4_800);
    assert!(stage.picture(80, 24).contains("old joke that is about to go"));
    type_line(&mut stage, "/motion full");
    assert!(!stage.picture(80, 24).contains("old joke that is about to go"), "it has caught by now");
}

#[test]
fn it_rings_when_it_was_asked_to() {
    let mut stage = evening(Look::default());
    stage.focus(false);
    let mut rings = |ring: Ring, kind, text: &str| {
        type_line(&mut stage, &format!("/notify {}", ring.name()));
        let mut message = stage.message("lobby", "ana", text, Some(MINUTE));
        message.kind = kind;
        let event = ephem_node::chat::event::Event::Message(Box::new(message));
        stage.tell(event).iter().any(|effect| matches!(effect, Effect::Ring(_)))
    };
    for (ring, plain, naming, direct) in [
        (Ring::Off, false, false, false),
        (Ring::Mentions, false, true, true),
        (Ring::Dm, false, false, true),
        (Ring::All, true, true, true),
    ] {
        let found = [(Kind::Text, "hello"), (Kind::Text, "eve, hello"), (Kind::Dm, "psst")]
            .map(|(kind, text)| rings(ring, kind, text));
        assert_eq!(found, [plain, naming, direct], "{}", ring.name());
    }
}

#[test]
fn a_toast_is_wrapped_at_the_top_right_of_the_talk_and_covers_no_header() {
    let mut stage = evening(Look::default());
    let before = stage.picture(120, 35);
    let bound =
        Line::clean("a place that cannot be reached, with a name that is longer than any that people type");
    for _ in 0..2 {
        stage.notice(Notice::node(Said::PortInUse { addr: bound.clone() }));
    }
    for (width, height) in [(120, 35), (80, 24), (40, 12)] {
        let picture = stage.picture(width, height);
        assert!(picture.contains("in use by another"), "{picture}");
        assert!(picture.starts_with(" #lobby  PRIVATE  5 here"), "{picture}");
        for line in picture.lines() {
            let columns = line.chars().count();
            assert!(columns <= usize::from(width), "{line}");
        }
    }
    let lists = |picture: &str| {
        picture.lines().map(|line| line.chars().skip(97).collect::<String>()).collect::<Vec<_>>()
    };
    assert_eq!(lists(&before), lists(&stage.picture(120, 35)), "the members stay in sight");
    stage.pass(5_000);
    assert!(!stage.picture(120, 35).contains("not an address"));
}

#[test]
fn whoever_waits_sees_what_the_others_type_with_the_addresses_it_takes() {
    let mut stage = Stage::new(Look::default());
    stage.screen.asks_at([Line::clean("relay.example.org:4077")].into_iter());
    stage.room("book club", RoomChange::Joining, Stage::facts(Mode::Open, Standing::Searching, 1));
    let picture = stage.picture(120, 35);
    for part in ["the others type: ephem-node join 'book club' --bootstrap", "relay.example.org:4077"] {
        assert!(picture.contains(part), "{picture}");
    }
}

#[test]
fn whoever_is_away_is_marked_among_the_members() {
    let mut stage = evening(Look::default());
    stage.member("lobby", MemberChange::Away, "carla");
    let picture = stage.picture(120, 35);
    assert!(picture.contains("carla (away)") && picture.contains("carla is away"), "{picture}");
    stage.member("lobby", MemberChange::Back, "carla");
    assert!(!stage.picture(120, 35).contains("(away)"));
}

#[test]
fn what_others_chose_stands_beside_their_names_where_there_is_room() {
    let mut stage = evening(Look::default());
    let mut who = person("carla");
    who.avatar = Avatar::of(&who.id, 22, 3);
    who.status = Line::clean("off until nine\nor ten");
    stage.profile("lobby", who.clone());
    let wide = stage.picture(120, 35);
    assert!(wide.contains("\u{2229} carla \u{b7} off"), "{wide}");
    assert!(wide.contains("\u{2229} carla    pinned"), "{wide}");
    assert!(!wide.contains("carla is"), "it is seen, not said: {wide}");
    for (width, height) in [(80, 24), (40, 12)] {
        let narrow = stage.picture(width, height);
        assert!(narrow.contains("carla") && !narrow.contains('\u{2229}'), "{narrow}");
    }
    let mut stage = evening(Look { ascii: true, ..Look::default() });
    stage.profile("lobby", who);
    let wide = stage.picture(120, 35);
    assert!(wide.contains("n carla - off") && wide.contains("n carla    pinned"), "{wide}");
}

#[test]
fn what_is_more_than_a_message_says_so_in_words() {
    let mut stage = evening(Look::default());
    let mut message = stage.message("lobby", "ana", "rooms close at 23:00", Some(MINUTE));
    message.kind = Kind::Announce;
    stage.tell_message(message);
    let mut message = stage.message("lobby", "bob", "he shouts", Some(MINUTE));
    (message.kind, message.about) = (Kind::Report, Some(person("dan")));
    stage.tell_message(message);
    for (width, height) in [(120, 35), (80, 24), (40, 12)] {
        let picture = stage.picture(width, height);
        assert!(picture.lines().any(|line| line.contains("repo") && line.contains("he shouts")), "{picture}");
        assert!(height < 20 || picture.contains("[announcement]"), "{picture}");
    }
    stage.say("lobby", "carla", "[announcement]", Some(MINUTE));
    assert_eq!(stage.picture(80, 40).matches("[announcement]").count(), 2, "text is text");
}

#[test]
fn enter_on_an_invite_goes_in_after_a_question() {
    let mut stage = evening(Look::default());
    let link = format!("EPHEM:{}", "ABCDEFGH".repeat(8));
    let text = format!("an invite to plans, for you alone: /join {link}");
    let message = stage.message("lobby", "ana", &text, Some(10 * MINUTE));
    stage.tell_message(message);
    assert!(stage.picture(80, 24).contains("[invite] Esc, Enter: go in"));
    stage.key(Key::Esc);
    assert!(stage.key(Key::Enter).is_empty(), "not without a question");
    assert!(stage.picture(80, 24).contains("go into the room that this invite is for?"));
    let asked = stage.key(Key::Char('y'));
    let joins = |effect: &Effect| match effect {
        Effect::Ask(asked) => matches!(&asked.request, Request::Join(join)
            if matches!(&**join, Join::Invite(with) if with.as_str() == link)),
        _ => false,
    };
    assert!(asked.iter().any(joins), "{asked:?}");
    // What one wrote oneself leads nowhere, and a word about invites is no invite.
    stage.say("lobby", "you", &link, Some(MINUTE));
    stage.say("lobby", "ana", "it begins with EPHEM: and goes on", Some(MINUTE));
    assert_eq!(stage.picture(80, 40).matches("[invite]").count(), 1);
}

#[test]
fn a_topic_that_does_not_fit_is_cut_and_shown() {
    let mut stage = evening(Look::default());
    let topic = "the floor plan, the stairs, and who brings the keys tonight at half past nine";
    let facts = Facts { topic: Some(Line::clean(topic)), ..Stage::facts(Mode::Open, Standing::Confirmed, 5) };
    stage.room("lobby", RoomChange::State, facts);
    let wide = stage.picture(120, 35);
    let head = wide.lines().next().expect("a line");
    assert!(head.contains("the floor plan, the stairs") && head.contains("\u{2026}"), "{head}");
    assert!(head.trim_end().ends_with("ttl 10m"), "{head}");
    assert!(stage.picture(200, 35).contains(topic));
}

#[test]
fn lists_of_messages_say_what_they_are_lists_of() {
    let mut stage = evening(Look::default());
    let admin = Facts { role: Role::Admin, ..Stage::facts(Mode::Passphrase, Standing::Confirmed, 5) };
    stage.room("lobby", RoomChange::State, admin);
    for (line, title) in
        [("/pins", "What is kept"), ("/mentions", "What named you"), ("/reports", "/reports close ID")]
    {
        type_line(&mut stage, line);
        let picture = stage.picture(80, 24);
        assert!(picture.contains(title), "{picture}");
        stage.key(Key::Esc);
    }
}
