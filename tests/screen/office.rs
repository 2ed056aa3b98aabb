//! What people with an office may do at once, what is said once it was done, and what is done by a key.

use ephem_node::base::id::MemberId;
use ephem_node::base::nick::Nick;
use ephem_node::chat::event::Person;
use ephem_node::chat::name::{MemberChange, Role};
use ephem_node::chat::notice::{Notice, Said};
use ephem_node::chat::problem::Problem;
use ephem_node::chat::reply::Answer;
use ephem_node::chat::request::Request;
use ephem_node::chat::text::Line;
use ephem_node::tui::{Key, Look};

use crate::keys::asked;
use crate::stage::{MINUTE, Stage};

fn stage() -> Stage {
    Stage::new(Look::default()).in_room("lobby", &["ana", "bob", "carla"])
}

/// This node, in that office.
fn me(role: Role) -> Person {
    Person::plain(MemberId([1; 32]), Nick::parse("eve").expect("a nick"), Line::clean("quiet-otter"), role)
}

#[test]
fn whoever_is_made_an_admin_does_at_once_what_admins_do() {
    let mut stage = stage();
    stage.refused("/kick carla noise", "this needs the role admin");
    stage.changed("lobby", MemberChange::Role, me(Role::Admin));
    assert!(matches!(asked(&stage.enter("/kick carla noise")).request, Request::Act(_)));
    stage.changed("lobby", MemberChange::Role, me(Role::Member));
    stage.refused("/kick carla noise", "this needs the role admin");
}

#[test]
fn what_nothing_else_shows_is_said_once_it_was_done_and_not_before() {
    for (typed, said) in [
        ("/block carla", "nothing of carla reaches you any more"),
        ("/unblock carla", "what carla says reaches you again"),
        ("/transfer bob", "the room is offered to bob"),
        ("/deny carla", "carla was turned away"),
    ] {
        let mut stage = stage();
        stage.changed("lobby", MemberChange::Role, me(Role::Owner));
        let mut effects = stage.enter(typed);
        if effects.is_empty() {
            effects = stage.key(Key::Char('y'));
        }
        let request = asked(&effects).clone();
        stage.hides(said);
        stage.reply(&request, Ok(Answer::Done));
        stage.shows(said);
        stage.typed("x");
        stage.hides(said);
    }
    let mut stage = stage();
    for (typed, said) in
        [("/ignore bob", "nothing of bob is shown to you"), ("/ignore", "what was hidden is shown again")]
    {
        assert!(stage.enter(typed).is_empty());
        stage.shows(said);
    }
}

#[test]
fn a_refusal_is_gone_once_the_line_is() {
    let mut stage = stage();
    stage.enter("/lock");
    stage.shows("this needs the role admin");
    stage.ctrl('u');
    stage.hides("this needs the role admin");
}

#[test]
fn a_key_keeps_the_chosen_message_and_lets_it_go() {
    let mut stage = stage();
    stage.say("lobby", "ana", "gate two", Some(MINUTE));
    stage.key(Key::Esc);
    let effects = stage.key(Key::Char('p'));
    assert!(matches!(&asked(&effects).request, Request::Pin(_, true)));
    stage.reply(&asked(&effects).clone(), Err(Problem::Role { needs: Role::Admin }));
    stage.shows("this needs the role admin");
}

#[test]
fn who_knocks_is_named_once_with_what_lets_them_in() {
    let mut stage = stage();
    stage.notice(Notice::room(&Line::clean("lobby"), Said::Knocks(Line::clean("newt-spoon"))));
    stage.member("lobby", MemberChange::Knock, "dan");
    let shown = stage.picture(120, 30);
    assert_eq!(shown.matches("knocks").count(), 1, "{shown}");
    assert!(shown.contains("/admit newt-spoon lets them in"), "{shown}");
}
