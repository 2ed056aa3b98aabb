//! An admin who signs entries side by side, more than anybody names.

use super::*;
use crate::base::limits::{CAUSELESS_BURST, HEADS};
use crate::room::log::{raw_entry_id, sign_entry};
use crate::wire::log::Entry;

#[test]
fn forks_hide_no_removal_from_those_who_change_the_keys() {
    let (mut world, all, liar) = room(95);
    let [admin, bob] = [liar, all[2]].map(|i| world.id(i).unwrap());
    let guest = world.join(0);
    world.act(all[0], Deed::Grant(admin));
    world.run(5_000);
    let generation = |w: &World| w.state(all[0]).and_then(State::set).map_or(0, |set| set.1);
    let before = generation(&world);
    world.force(liar, move |hub, inside| {
        let mut parents: Vec<_> = inside.log.heads().iter().copied().collect();
        let mut raws = Vec::new();
        // Deeper than what the owner is about to write, and more of it than a note has room for.
        for k in 0..HEADS + 12 {
            let seq = (k as u64).min(4) + 1;
            let target = MemberId(crate::crypto::kdf::sha256(&k.to_be_bytes()));
            let (genesis, at) = (inside.genesis, hub.room());
            let entry = Entry {
                genesis,
                author: hub.id,
                seq,
                at,
                parents: parents.clone(),
                act: Act::Unmute { target },
            };
            let raw = sign_entry(&hub.me, &entry);
            if k < 4 {
                parents = vec![raw_entry_id(&raw).unwrap()];
            }
            raws.push(raw);
        }
        inside.publish(hub, Body::Entry(raws));
    });
    world.act(all[0], Deed::Kick(bob, String::new()));
    world.run(1_000);
    // Somebody goes, and the keys are changed for that alone, by whoever is first.
    world.command(guest, Command::Leave { panic: false });
    world.run(60_000);
    let made = generation(&world) - before;
    assert!((1..=CAUSELESS_BURST).contains(&made), "{made} generations in a minute");
    let staying = [all[0], all[1]];
    world.say(all[0], "among us");
    world.run(5_000);
    assert!(staying.iter().all(|i| world.read(*i, "among us")), "{}", world.describe(&staying));
    assert!(!world.read(all[2], "among us"));
}
