//! Keys that should not be obeyed: handed over by nobody, sealed to a liar, born long ago, of generations that nobody decided.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::cast::{owner_of, still_talk, with_liar};
use super::{Report, any_links};
use crate::base::id::{ChainId, MemberId};
use crate::base::limits::{CAUSELESS_BURST, HANDOVER_EPOCHS, WELCOME_BYTES};
use crate::base::secret::Secret;
use crate::base::time::Epoch;
use crate::crypto::gate::Gate;
use crate::crypto::identity::Identity;
use crate::crypto::kdf::Label;
use crate::crypto::kem;
use crate::room::chains::{Chain, KeySet, Keyring};
use crate::room::entry::welcome_info;
use crate::room::envelope;
use crate::room::hub::Hub;
use crate::room::inside::Inside;
use crate::room::io::Deed;
use crate::room::sim::villain::{Trick, newcomers_hello, no_trick};
use crate::room::sim::{Input, Links, SimRng, World};
use crate::wire::frame::FrameType;
use crate::wire::handover::{Handover, Why};
use crate::wire::payload::{Body, Row};

fn generation(world: &World, all: &[usize]) -> u64 {
    all.iter().filter_map(|i| world.state(*i)?.set()).map(|s| s.1).max().unwrap_or(0)
}

/// A chain of one's own, so many generations ahead.
fn own_chain(hub: &mut Hub<SimRng>, inside: &Inside, ahead: u64, birth: Epoch) -> (Chain, Secret<32>) {
    let key = Secret::<32>::random(&mut hub.rng);
    let generation = inside.ring.current().generation() + ahead;
    let heads = inside.log.leading_heads(crate::base::limits::HEADS);
    let chain =
        Chain::announce(&hub.me, inside.genesis, generation, birth, &key, Why::Age, Vec::new(), heads);
    (chain, key)
}

/// Hands chains to everybody present, as if they were the keys of the room.
fn hand_out(hub: &mut Hub<SimRng>, inside: &mut Inside, chain: (Chain, Secret<32>), label: Label) {
    let epoch = inside.ring.current().sending(hub.epoch());
    let Ok(set) = KeySet::new(vec![chain], epoch) else { return };
    let mut ring = Keyring::new(set);
    let to: Vec<MemberId> = inside.roster.present().map(|(id, _)| *id).collect();
    std::mem::swap(&mut inside.ring, &mut ring);
    inside.hand_to(hub, &to, label);
    std::mem::swap(&mut inside.ring, &mut ring);
}

/// Somebody who knows where to seal to, and is not in the room, hands out keys: a kicked member under its own name or a
/// fresh one, or a member whose client speaks for somebody who never came in.
pub(super) fn keys_from_nobody(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed / 4));
    let (all, liar) = match with_liar(&mut world, 4, no_trick()) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let (kicked, renamed) = (!seed.is_multiple_of(4), seed % 4 != 1);
    let label = if seed % 4 == 3 { Label::Rekey } else { Label::Share };
    let Some(id) = world.id(liar) else { return Report::default() };
    if kicked {
        let owner = owner_of(&world, &all);
        world.act(owner, Deed::Kick(id, String::new()));
        world.run(2_000);
    }
    let made: Rc<Cell<Option<ChainId>>> = Rc::default();
    let ours = Rc::clone(&made);
    world.force(liar, move |hub, inside| {
        let fresh = Identity::generate(&mut hub.rng);
        let (me, id) = (fresh.id(), hub.id);
        let real = renamed.then(|| std::mem::replace(&mut hub.me, fresh));
        hub.id = if renamed { me } else { id };
        let birth = inside.ring.current().sending(hub.epoch());
        let chain = own_chain(hub, inside, 7, birth);
        ours.set(Some(chain.0.id));
        hand_out(hub, inside, chain, label);
        if let Some(real) = real {
            hub.me = real;
        }
        hub.id = id;
    });
    let Some(theirs) = made.get() else { return Report::broken("nothing was handed out", &world, &all) };
    for _ in 0..30 {
        world.run(500);
        let holds = |i: &&usize| world.state(**i).is_some_and(|s| s.chains_held().contains(&theirs));
        let held = all.iter().filter(holds).count();
        if held > 0 {
            return Report::broken(&format!("{held} members took keys from nobody"), &world, &all);
        }
    }
    still_talk(&mut world, &all).err().unwrap_or_default()
}

/// A member tells a newcomer its own handover key as everybody else's; then the newcomer, an admin by now, removes it.
pub(super) fn false_handover_keys(seed: u64) -> Report {
    let mut world = World::new(seed, if seed.is_multiple_of(2) { Links::LAN } else { Links::WAN });
    let (mut all, liar) = match with_liar(&mut world, 4, no_trick()) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let owner = owner_of(&world, &all);
    let newcomer = world.join(0);
    let (Some(new), Some(target)) = (world.id(newcomer), world.id(liar)) else { return Report::default() };
    for _ in 0..400 {
        world.run(5);
        world.force(liar, move |hub, inside| tell_false_keys(hub, inside, &new));
    }
    world.run(1_000);
    world.act(owner, Deed::Grant(new));
    world.run(2_000);
    let lies = world.seize(newcomer, |_, inside| {
        let mut keys: Vec<[u8; 8]> =
            inside.roster.present().filter_map(|(_, m)| m.kem.as_ref().map(|k| k.tag())).collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        all - keys.len()
    });
    world.tape = Some(Vec::new());
    world.act(newcomer, Deed::Kick(target, String::new()));
    world.run(6_000);
    let tape = world.tape.take().unwrap_or_default();
    let seen = Rc::new(Cell::new((0u64, 0u64)));
    let count = Rc::clone(&seen);
    world.force(liar, move |hub, inside| {
        let day = hub.room().day();
        let gate = Gate::new(&hub.root, &Default::default(), day);
        for taped in &tape {
            let Ok(frame) = envelope::admit(&gate, &taped.bytes) else { continue };
            if frame.header.frame_type != FrameType::Lobby {
                continue;
            }
            let Ok(opened) = frame.open(&hub.root.lobby(day)) else { continue };
            if let Body::Rekey(sealed) = &opened.payload.body {
                let from = opened.payload.sender;
                let (rekeys, open) = count.get();
                let opens = inside.unwrap_sealed(hub, &from, sealed, Label::Rekey).is_some();
                count.set((rekeys + 1, open + u64::from(opens)));
            }
        }
    });
    let (rekeys, opened) = seen.get();
    if opened > 0 {
        return Report::broken(&format!("who was removed opened {opened} of {rekeys} rekeys"), &world, &all);
    }
    all.push(newcomer);
    if let Err(report) = still_talk(&mut world, &all) {
        return report;
    }
    let mut report = Report::default();
    report.note("rekeys sent", rekeys);
    report.note("false keys believed", lies.unwrap_or(0) as u64);
    report
}

fn tell_false_keys(hub: &mut Hub<SimRng>, inside: &mut Inside, to: &MemberId) {
    let kem = inside.hand.public().map(|k| Box::new(*k.as_bytes()));
    let rows: Vec<Row> = inside
        .roster
        .present()
        .filter(|(id, m)| *id != to && !m.nick.is_empty())
        .filter_map(|(id, _)| inside.roster.row(id, false))
        .map(|row| Row { kem: kem.clone(), ..row })
        .collect();
    inside.direct(hub, to, Body::Roster { page: 0, pages: 1, rows });
}

/// A member hands out chains that would have to be stepped for years, as shares, rekeys and welcomes, each minute anew.
pub(super) fn endless_steps(seed: u64) -> Report {
    let mut world = World::new(seed, Links::LAN);
    let old = [Epoch(0), Epoch(1), Epoch(10_000)][(seed % 3) as usize];
    // Welcomes to a newcomer too, who cannot know better yet.
    let trick: Trick = Box::new(move |state, _, input, out| {
        let Some((hub, inside)) = state.parts().filter(|(_, inside)| inside.trial.is_none()) else {
            return true;
        };
        let hello = match input {
            Input::Gossip { topic, bytes, .. } => newcomers_hello(hub, inside, topic, bytes),
            _ => None,
        };
        if let Some((hash, hello)) = hello {
            for at in [old, hub.epoch().minus(10_000), hub.epoch().minus(HANDOVER_EPOCHS + 2)] {
                let Some(plain) = aged(hub, inside, at, 0) else { continue };
                let info = welcome_info(Label::Welcome, &hash, &hub.id, &inside.genesis);
                let sealed = kem::seal(&hello.kem, Some(&hub.psk), &info, &[], &plain.encode(), &mut hub.rng);
                inside.lobby(hub, Body::Welcome { hello: hash, sealed });
            }
            out.extend(state.drain());
        }
        true
    });
    let (mut all, liar) = match with_liar(&mut world, 4, trick) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let steps = |world: &World, all: &[usize]| -> u64 {
        all.iter().filter_map(|i| world.state(*i)).map(|s| s.chain_steps()).sum()
    };
    let before = steps(&world, &all);
    let begin = world.now;
    let kept: Rc<RefCell<Option<(Chain, Secret<32>)>>> = Rc::default();
    let (mut frames, mut highest) = (0, before);
    for round in 0..30u64 {
        if round == 10 {
            all.push(world.join(0));
        }
        let keep = Rc::clone(&kept);
        world.force(liar, move |hub, inside| match round % 3 {
            // A chain of mine that the others take into their set, under any key at all ..
            0 => {
                let (chain, first) = own_chain(hub, inside, 0, old);
                *keep.borrow_mut() = Some((chain.clone(), first));
                let key = Secret::random(&mut hub.rng);
                hand_out(hub, inside, (chain, key), Label::Share);
            }
            // .. and then its key of long ago, to be held against the one they have.
            1 => {
                let Some((chain, first)) = keep.borrow_mut().take() else { return };
                let Some(mut handover) = inside.handover(hub, WELCOME_BYTES, false) else { return };
                (handover.generation, handover.epoch) = (chain.note.generation, old);
                handover.chains = vec![(chain.raw, first)];
                seal_to_all(hub, inside, &handover, Label::Share);
            }
            // The next generation, of last week or of 1970.
            _ => {
                let week = hub.epoch().minus(10_000);
                let Some(handover) = aged(hub, inside, if round % 2 == 0 { old } else { week }, 1) else {
                    return;
                };
                seal_to_all(hub, inside, &handover, Label::Rekey);
            }
        });
        frames += 1;
        // Sets come and go, and what they cost with them: the most that was ever seen counts.
        for _ in 0..40 {
            world.run(50);
            highest = highest.max(steps(&world, &all));
        }
    }
    let minutes = world.now.since(begin) / 60_000 + 2;
    // What time itself asks for: one step a minute of every chain in every set held; and eight for each frame at most.
    let sets = (crate::base::limits::OLD_SETS + 1) as u64;
    let chains = (crate::base::limits::CHAINS_MANY + 2) as u64;
    let most = all.len() as u64 * (minutes * sets * chains + frames * (HANDOVER_EPOCHS + 2));
    let taken = highest - before;
    if taken > most {
        return Report::broken(&format!("{taken} steps for {frames} frames, {most} at most"), &world, &all);
    }
    if let Err(report) = still_talk(&mut world, &all) {
        return report;
    }
    let mut report = Report::default();
    report.note("steps a member", taken / all.len() as u64);
    report
}

/// A handover with one chain of mine, as it was long ago.
fn aged(hub: &mut Hub<SimRng>, inside: &mut Inside, at: Epoch, ahead: u64) -> Option<Handover> {
    let (chain, key) = own_chain(hub, inside, ahead, at);
    let mut handover = inside.handover(hub, WELCOME_BYTES, false)?;
    (handover.generation, handover.epoch) = (chain.note.generation, at);
    handover.chains = vec![(chain.raw, key)];
    Some(handover)
}

fn seal_to_all(hub: &mut Hub<SimRng>, inside: &mut Inside, handover: &Handover, label: Label) {
    let keys: Vec<_> = inside.roster.present().filter_map(|(_, m)| m.kem.clone()).collect();
    let sealed = inside.wrap(hub, &keys, &handover.encode(), label);
    inside.lobby(hub, if label == Label::Rekey { Body::Rekey(sealed) } else { Body::Share(sealed) });
}

/// A member hands out generation after generation that answers nothing, as shares or as rekeys.
pub(super) fn undecided_generations(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed / 2));
    let (all, liar) = match with_liar(&mut world, 4, no_trick()) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let label = if seed.is_multiple_of(2) { Label::Share } else { Label::Rekey };
    let mut made = [0; 2];
    for minute in &mut made {
        let before = generation(&world, &all);
        for _ in 0..60 {
            world.force(liar, move |hub, inside| {
                let birth = inside.ring.current().sending(hub.epoch());
                let chain = own_chain(hub, inside, 1, birth);
                hand_out(hub, inside, chain, label);
            });
            world.run(1_000);
        }
        *minute = generation(&world, &all) - before;
    }
    // Sixty are handed out in a minute. Taken are the burst and what the minute refills; for each of them the others may
    // make two more to get rid of a conflict, where its parts come late. After the burst only the refill is left.
    let [first, second] = made;
    if first > 3 * (CAUSELESS_BURST + 1) || second > 3 * 2 {
        return Report::broken(
            &format!("{made:?} generations in two minutes that nobody decided"),
            &world,
            &all,
        );
    }
    if let Err(report) = still_talk(&mut world, &all) {
        return report;
    }
    let mut report = Report::default();
    report.note("generations in the first minute", first);
    report.note("generations in the second", second);
    report
}
