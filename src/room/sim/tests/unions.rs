//! Chains that a member adds to the set in use.

use super::*;
use crate::base::limits::{CAUSELESS_BURST, CHAINS_MANY};
use crate::base::time::Epoch;
use crate::crypto::kdf::Label;
use crate::room::chains::{Chain, KeySet, Keyring};
use crate::wire::handover::Why;

type Keyed = (Chain, Secret<32>);

/// Hands chains to everybody present, each second for a minute, and counts the generations that come of it.
fn hand_out(label: Label, chains: fn(&mut Hub<SimRng>, &Inside, Epoch) -> Vec<Keyed>) {
    let (mut world, all, liar) = room(81);
    let generation = |w: &World| w.state(all[0]).and_then(State::set).map_or(0, |set| set.1);
    let before = generation(&world);
    for _ in 0..60 {
        world.force(liar, move |hub, inside| {
            // An epoch ahead nobody can hold a key against the announcement of its chain.
            let epoch = inside.ring.current().sending(hub.epoch()).plus(1);
            let chains = chains(hub, inside, epoch);
            let mut ring = Keyring::new(KeySet::new(chains, epoch).unwrap());
            let to: Vec<MemberId> = inside.roster.present().map(|(id, _)| *id).collect();
            std::mem::swap(&mut inside.ring, &mut ring);
            inside.hand_to(hub, &to, label);
            std::mem::swap(&mut inside.ring, &mut ring);
        });
        world.run(1_000);
    }
    let made = generation(&world) - before;
    assert!((1..=3 * (CAUSELESS_BURST + 1)).contains(&made), "{label:?}: {made} in a minute");
    world.say(all[1], "still here");
    let read = |w: &World| all.iter().all(|i| w.read(*i, "still here"));
    assert!(world.run_until(100, 10_000, read).is_some());
}

#[test]
fn chains_of_nobody_change_the_keys_a_few_times_and_no_more() {
    for label in [Label::Share, Label::Rekey] {
        hand_out(label, |hub, inside, epoch| {
            let (genesis, generation) = (inside.genesis, inside.ring.current().generation());
            let mut chain = |_| {
                let key = Secret::<32>::random(&mut hub.rng);
                let me = Identity::generate(&mut hub.rng);
                let heads = inside.log.leading_heads(1);
                let chain =
                    Chain::announce(&me, genesis, generation, epoch, &key, Why::Age, Vec::new(), heads);
                (chain, key)
            };
            (0..=CHAINS_MANY).map(&mut chain).collect()
        });
    }
}

#[test]
fn false_keys_of_the_chains_in_use_change_the_keys_a_few_times_and_no_more() {
    hand_out(Label::Share, |hub, inside, _| {
        let chains = inside.ring.current().chains().iter();
        chains.map(|chain| (chain.clone(), Secret::random(&mut hub.rng))).collect()
    });
}
