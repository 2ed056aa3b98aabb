//! Whoever is not let in is told why: once, for as long as it is the same.

use super::*;
use crate::wire::payload::Reason;

fn told(world: &World, i: usize) -> Vec<Reason> {
    let reason = |(_, e): &(Mono, Event)| if let Event::NotAdmitted(why) = e { Some(*why) } else { None };
    world.events(i).iter().filter_map(reason).collect()
}

fn doors(world: &mut World, owner: usize, lock: Option<bool>, knock: Option<bool>) {
    world.act(owner, Deed::Policy(Box::new(Policy { lock, knock, ..Policy::default() })));
    world.run(2_000);
}

#[test]
fn a_refusal_is_told_once_and_again_when_the_reason_is_another() {
    let (mut world, all, _) = room(51);
    doors(&mut world, all[0], Some(true), None);
    let dan = world.join(0);
    let eve = world.join(0);
    world.run(60_000);
    assert_eq!(told(&world, dan), [Reason::Locked], "many hellos, each refused by several");
    doors(&mut world, all[0], Some(false), Some(true));
    world.run(60_000);
    assert_eq!(told(&world, dan), [Reason::Locked, Reason::Knock]);
    doors(&mut world, all[0], None, Some(false));
    let everybody = [all.as_slice(), &[dan, eve]].concat();
    assert!(world.run_until(100, 60_000, |w| w.agree(&everybody)).is_some());
    assert_eq!((told(&world, dan).len(), told(&world, eve).len()), (2, 2));
}
