//! A room where an admin lets people in, and somebody who knocks under made-up keys.

use super::*;
use crate::base::limits::HELLOS_PENDING;
use crate::crypto::kem::KemSecret;
use crate::room::entry::PendingHello;

#[test]
fn whoever_knocked_under_many_names_and_went_keeps_nobody_elses_knock_from_being_told() {
    let (mut world, all, _) = room(82);
    world.act(all[0], Deed::Policy(Box::new(Policy { knock: Some(true), ..Policy::default() })));
    world.run(1_000);
    for n in 0..HELLOS_PENDING + 40 {
        world.seize(all[0], |hub, inside| {
            let (_, kem) = KemSecret::generate(&mut hub.rng);
            let from = MemberId(crate::crypto::kdf::sha256(&n.to_be_bytes()));
            inside.answer(hub, from.0, PendingHello { from, kem, proof: None, across: false });
        });
        world.run(190);
    }
    world.run(1_000);
    let told = |w: &World| w.events(all[0]).iter().filter(|(_, e)| matches!(e, Event::Knock(_))).count();
    assert_eq!(told(&world), HELLOS_PENDING, "so many at once and no more");
    world.run(120_000);
    let late = world.join(0);
    let whom = world.id(late).unwrap();
    let knock =
        |w: &World| w.events(all[0]).iter().any(|(_, e)| matches!(e, Event::Knock(id) if *id == whom));
    assert!(world.run_until(100, 30_000, knock).is_some());
    assert_eq!(world.state(all[0]).unwrap().knocking(), [whom], "the others have gone");
}
