//! Rooms that neighbours tell of, beside one's own: what is shown of them, and how one gets in.

use ephem_node::base::id::MemberId;
use ephem_node::base::tag::Tag;
use ephem_node::base::time::Mono;
use ephem_node::chat::event::Event;
use ephem_node::chat::listing::{Found, Listing, ListingLine};
use ephem_node::chat::name::{ListingChange, Mode, Reach, RoomChange, Standing};
use ephem_node::chat::reply::Answer;
use ephem_node::chat::request::{Asked, Join, Request};
use ephem_node::chat::text::Line;
use ephem_node::tui::{Effect, Key, Look};

use crate::pictures::state;
use crate::stage::{Stage, evening};

fn listing(room: &str, mode: Mode, near: bool) -> Listing {
    Listing {
        room: Line::clean(room),
        title: Some(Line::clean("what was printed")),
        tags: Tag::split("region:eu").expect("a tag"),
        mode,
        knock: false,
        locked: false,
        members: 6,
        mark: (mode == Mode::Open).then(|| Line::clean("amber-otter-7")),
        by: MemberId([9; 32]),
        tag: Line::clean("otter-lamp"),
        near,
        until: Mono(600_000),
        joined: false,
        alike: false,
    }
}

fn tells(stage: &mut Stage, change: ListingChange, listing: Listing) {
    stage.tell(Event::Listing(Box::new(ListingLine { change, listing })));
}

/// Two rooms of neighbours.
pub(crate) fn neighbours(stage: &mut Stage) {
    tells(stage, ListingChange::Listed, listing("print-room", Mode::Open, true));
    tells(stage, ListingChange::Listed, listing("workshop", Mode::Passphrase, true));
}

fn three(look: Look) -> Stage {
    let mut stage = evening(look);
    neighbours(&mut stage);
    tells(&mut stage, ListingChange::Listed, Listing { alike: true, ..listing("iobby", Mode::Invite, true) });
    stage
}

/// A room of a name, in the box of rooms, is chosen.
fn chosen(stage: &mut Stage, down: usize) -> Vec<Effect> {
    stage.typed("/rooms region:eu");
    stage.key(Key::Enter);
    let listed = Some(vec![listing("far-away", Mode::Open, false)]);
    stage.answer(Answer::Rooms(Vec::new(), Box::new(Found { nearby: Vec::new(), listed })));
    (0..down).for_each(|_| drop(stage.key(Key::Down)));
    stage.key(Key::Enter)
}

fn joins(effects: &[Effect]) -> Option<(String, Option<String>)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Ask(Asked { request: Request::Join(join), .. }) => match &**join {
            Join::Named { room, passphrase } => Some((
                room.as_str().to_owned(),
                passphrase.as_ref().map(|passphrase| passphrase.as_str().to_owned()),
            )),
            Join::Invite(_) => None,
        },
        _ => None,
    })
}

#[test]
fn pictures_of_rooms_that_can_be_found() {
    state("nearby", three);
    state("nearby-box", |look| {
        let mut stage = three(look);
        stage.typed("/rooms all");
        stage.key(Key::Enter);
        let listed = Some(vec![listing("far-away", Mode::Open, false)]);
        stage.answer(Answer::Rooms(Vec::new(), Box::new(Found { nearby: Vec::new(), listed })));
        stage.key(Key::Down);
        stage
    });
    state("nearby-secret", |look| {
        let mut stage = three(look);
        stage.typed("/join workshop");
        stage.key(Key::Enter);
        stage.typed("seven otters");
        stage
    });
    state("list-sure", |look| {
        let mut stage = evening(look);
        stage.owns("lobby", Mode::Open);
        stage.typed("/list on");
        stage.key(Key::Enter);
        stage
    });
}

#[test]
fn what_is_near_goes_when_it_is_listed_no_more_when_its_time_is_over_and_when_one_is_in_it() {
    let mut stage = three(Look::default());
    for room in ["NEARBY", "+ #print-r", "+ #workshop", "+ #iobby"] {
        stage.shows(room);
    }
    tells(&mut stage, ListingChange::Gone, listing("print-room", Mode::Open, true));
    stage.hides("+ #print-r");
    stage.room("workshop", RoomChange::Joining, Stage::facts(Mode::Open, Standing::Searching, 1));
    stage.hides("+ #workshop");
    stage.pass(600_000);
    stage.hides("+ #iobby");
    stage.hides("NEARBY");
}

#[test]
fn enter_on_a_room_goes_in_asks_for_its_passphrase_or_says_whom_to_ask() {
    // Below one's own room: iobby, print-room, workshop, and what was found further away.
    let mut stage = three(Look::default());
    assert_eq!(joins(&chosen(&mut stage, 2)), Some(("print-room".to_owned(), None)));
    let mut stage = three(Look::default());
    assert_eq!(joins(&chosen(&mut stage, 4)), Some(("far-away".to_owned(), None)));
    let mut stage = three(Look::default());
    assert_eq!(joins(&chosen(&mut stage, 1)), None);
    stage.shows("ask otter-lamp");
    let mut stage = three(Look::default());
    assert_eq!(joins(&chosen(&mut stage, 3)), None);
    stage.typed(" seven otters ");
    stage.hides("seven");
    let behind = Some(("workshop".to_owned(), Some(" seven otters ".to_owned())));
    assert_eq!(joins(&stage.key(Key::Enter)), behind, "to the letter");
    // Typed by its name it asks as well; one that nobody lists behind a passphrase does not.
    let mut stage = three(Look::default());
    stage.typed("/join workshop");
    assert_eq!(joins(&stage.key(Key::Enter)), None);
    stage.shows("The passphrase of the room");
    stage.key(Key::Esc);
    stage.typed("/join somewhere");
    assert_eq!(joins(&stage.key(Key::Enter)), Some(("somewhere".to_owned(), None)));
}

#[test]
fn making_a_room_public_is_asked_about_and_taking_it_out_is_not() {
    let mut stage = evening(Look::default());
    let mut facts = Stage::facts(Mode::Open, Standing::Confirmed, 5);
    facts.role = ephem_node::chat::name::Role::Owner;
    stage.room("lobby", RoomChange::Owner, facts);
    let lists = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::Ask(Asked { request: Request::List(reach), .. }) => Some(reach),
            _ => None,
        })
    };
    stage.typed("/list on");
    assert_eq!(lists(stage.key(Key::Enter)), None);
    stage.shows("become public");
    assert_eq!(lists(stage.key(Key::Char('y'))), Some(Reach::On));
    stage.typed("/list");
    let asked = stage.key(Key::Enter);
    assert!(matches!(asked.as_slice(), [Effect::Ask(Asked { request: Request::Listed, .. })]), "{asked:?}");
    stage.typed("/list off");
    assert_eq!(lists(stage.key(Key::Enter)), Some(Reach::Off));
}
