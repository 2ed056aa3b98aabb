//! Somebody is here, and the frame that says who they are never came.

use std::cell::Cell;
use std::rc::Rc;

use super::*;
use crate::base::limits::{NICK_ASKS, ROSTER_GAP_MS};
use crate::room::roster::Member;
use crate::room::sim::villain::Trick;
use crate::wire::payload::Payload;

/// What a room frame says, to a member.
fn opened(hub: &Hub<SimRng>, inside: &mut Inside, input: &Input) -> Option<Payload> {
    let (topics, bytes): (Vec<Topic>, _) = match input {
        Input::Gossip { topic, bytes, .. } => (vec![*topic], bytes),
        Input::Direct { bytes, .. } => (hub.doors.topics().copied().collect(), bytes),
        _ => return None,
    };
    let frame = topics.iter().find_map(|t| envelope::admit(&hub.doors.get(t)?.gate, bytes).ok())?;
    let now = hub.epoch();
    let epoch = now.nearest(frame.header.epoch_low);
    let mut sets = inside.ring.tagged(frame.header.set_tag);
    sets.find_map(|set| frame.open(&set.key(epoch, now)?.frame).ok()).map(|frame| frame.payload)
}

/// Somebody whom no word of anybody's name reaches while `lost` is true.
fn deaf(lost: &Rc<Cell<bool>>) -> Trick {
    let lost = Rc::clone(lost);
    Box::new(move |state, _, input, _| {
        let Some((hub, inside)) = state.parts() else { return true };
        let body = opened(hub, inside, input).map(|payload| payload.body);
        !(lost.get() && matches!(body, Some(Body::Join(_) | Body::Roster { .. } | Body::Profile(_))))
    })
}

struct Nameless {
    world: World,
    deaf: usize,
    late: usize,
    lost: Rc<Cell<bool>>,
}

/// A room of three and one who comes later; of the three one has not heard who that is, and all else.
fn nameless(seed: u64) -> Nameless {
    let lost = Rc::new(Cell::new(false));
    let mut world = World::new(seed, Links::LAN);
    let owner = world.join(0);
    world.run(2_500);
    let all = [owner, world.mask(0, deaf(&lost)), world.join(0)];
    assert!(world.run_until(100, 60_000, |w| w.agree(&all)).is_some());
    world.run(3_000);
    lost.set(true);
    let late = world.join(0);
    let everybody = [all.as_slice(), &[late]].concat();
    assert!(world.run_until(100, 60_000, |w| w.agree(&everybody)).is_some());
    // With fresh keys of the room each tells the next key of their own: that one comes, and nobody is asked for it.
    world.act(owner, Deed::Rotate);
    let (deaf, id) = (all[1], world.id(late).unwrap());
    let keyed = |w: &World| member(w, deaf, id).is_some_and(|m| m.kem.is_some());
    assert!(world.run_until(100, 180_000, keyed).is_some());
    world.run(ROSTER_GAP_MS);
    Nameless { world, deaf, late, lost }
}

/// What `i` knows of somebody.
fn member(world: &World, i: usize, of: MemberId) -> Option<&Member> {
    world.state(i)?.inside()?.roster.get(&of)
}

/// Who came, as somebody was told of it.
fn greeted(world: &World, i: usize, of: MemberId) -> Vec<String> {
    let name = |e: &Event| match e {
        Event::Joined(who) if who.id == of => Some(who.nick.clone()),
        _ => None,
    };
    world.events(i).iter().filter_map(|(_, e)| name(e)).collect()
}

#[test]
fn a_nick_that_never_came_is_asked_for_although_all_count_the_same() {
    for seed in 0..8 {
        let Nameless { mut world, deaf, late, lost } = nameless(seed);
        let id = world.id(late).unwrap();
        assert_eq!(member(&world, deaf, id).unwrap().nick, "", "seed {seed}");
        assert!(greeted(&world, deaf, id).is_empty());
        lost.set(false);
        // Somebody beats within the pause of a small room, and is asked.
        let named = world.run_until(100, BEAT_MS * 6 / 5 + 1_000, |w| !greeted(w, deaf, id).is_empty());
        assert!(named.is_some(), "seed {seed}");
        assert_eq!(greeted(&world, deaf, id), [format!("n{late}")], "seed {seed}");
    }
}

#[test]
fn a_nick_that_nobody_tells_is_not_asked_for_without_end() {
    let Nameless { mut world, deaf, late, .. } = nameless(9);
    let id = world.id(late).unwrap();
    for _ in 0..2 {
        world.run(20 * BEAT_MS);
        assert_eq!(member(&world, deaf, id).unwrap().sought, NICK_ASKS, "often enough, and then no more");
    }
}
