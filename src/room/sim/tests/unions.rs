//! Chains that a member adds to the set in use.

use super::*;
use crate::base::limits::{CAUSELESS_BURST, CHAINS_MANY};
use crate::crypto::kdf::Label;
use crate::room::chains::{Chain, KeySet, Keyring};
use crate::wire::handover::Why;

/// Generations made while a member adds, each second for a minute, more chains than a set may have, by authors it made up.
#[test]
fn chains_of_nobody_change_the_keys_a_few_times_and_no_more() {
    for label in [Label::Share, Label::Rekey] {
        let (mut world, all, liar) = room(81);
        let generation = |w: &World| w.state(all[0]).and_then(State::set).map_or(0, |set| set.1);
        let before = generation(&world);
        for _ in 0..60 {
            world.force(liar, move |hub, inside| {
                let epoch = inside.ring.current().sending(hub.epoch());
                let (genesis, generation) = (inside.genesis, inside.ring.current().generation());
                let heads = inside.log.leading_heads(1);
                let chain = |hub: &mut Hub<SimRng>| {
                    let key = Secret::<32>::random(&mut hub.rng);
                    let me = Identity::generate(&mut hub.rng);
                    let heads = heads.clone();
                    (Chain::announce(&me, genesis, generation, epoch, &key, Why::Age, Vec::new(), heads), key)
                };
                let chains = (0..=CHAINS_MANY).map(|_| chain(hub)).collect();
                let mut ring = Keyring::new(KeySet::new(chains, epoch).unwrap());
                let to: Vec<MemberId> = inside.roster.present().map(|(id, _)| *id).collect();
                std::mem::swap(&mut inside.ring, &mut ring);
                inside.hand_to(hub, &to, label);
                std::mem::swap(&mut inside.ring, &mut ring);
            });
            world.run(1_000);
        }
        let made = generation(&world) - before;
        assert!(made <= 3 * (CAUSELESS_BURST + 1), "{label:?}: {made} in a minute");
        world.say(all[1], "still here");
        let read = |w: &World| all.iter().all(|i| w.read(*i, "still here"));
        assert!(world.run_until(100, 10_000, read).is_some());
    }
}
