//! Who says that they looked at a message.

use super::*;
use crate::base::limits::SEEN_EACH_MS;
use crate::room::io::Fate;

fn seen(world: &World, i: usize) -> Vec<(usize, usize)> {
    let count = |(_, e): &(Mono, Event)| match e {
        Event::Fate { fate: Fate::Seen { count, of }, .. } => Some((*count, *of)),
        _ => None,
    };
    world.events(i).iter().filter_map(count).collect()
}

#[test]
fn an_author_is_told_by_those_alone_who_want_to_tell_and_each_counts_once() {
    let (mut world, all, _) = room(51);
    let (ana, bob, cho) = (all[0], all[1], all[2]);
    world.say(ana, "the north gate");
    world.run(1_000);
    assert!(world.read(bob, "the north gate") && seen(&world, ana).is_empty(), "reading alone tells nothing");
    let id = world.heard(bob).last().unwrap().1.id;
    // Nobody else's, not one's own, and nothing that is not here.
    world.command(ana, Command::Seen(vec![id]));
    world.command(bob, Command::Seen(vec![id, crate::base::id::MsgId([9; 8])]));
    world.run(500);
    assert_eq!(seen(&world, ana), [(1, 3)]);
    world.command(bob, Command::Seen(vec![id]));
    world.command(cho, Command::Seen(vec![id]));
    world.run(500);
    assert_eq!(seen(&world, ana), [(1, 3), (2, 3)]);
    assert!([bob, cho].iter().all(|i| seen(&world, *i).is_empty()), "nobody but the author is told");
}

#[test]
fn it_is_told_no_more_often_than_every_two_seconds() {
    let (mut world, all, _) = room(52);
    let (ana, bob) = (all[0], all[1]);
    let mut last = None;
    for n in 0..6 {
        world.say(ana, &format!("message {n}"));
        world.run(400);
        let id = world.heard(bob).last().unwrap().1.id;
        world.command(bob, Command::Seen(vec![id]));
        world.run(100);
    }
    world.run(SEEN_EACH_MS);
    assert_eq!(seen(&world, ana).len(), 6);
    let told =
        |(at, e): &(Mono, Event)| matches!(e, Event::Fate { fate: Fate::Seen { .. }, .. }).then_some(*at);
    let times: BTreeSet<Mono> = world.events(ana).iter().filter_map(told).collect();
    for at in times {
        assert!(
            last.is_none_or(|before: Mono| at.since(before) >= SEEN_EACH_MS - 100),
            "{at:?} after {last:?}"
        );
        last = Some(at);
    }
}
