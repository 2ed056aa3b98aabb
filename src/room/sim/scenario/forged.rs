//! Foundings that members forge, against those who are about to come in; and removals of people who do not exist.

use super::cast::{owner_of, still_talk, with_liar};
use super::{Report, any_links};
use crate::base::id::MemberId;
use crate::base::limits::{LOG_ENTRIES, WELCOME_BYTES_MOST};
use crate::crypto::kdf::Label;
use crate::crypto::kem;
use crate::room::entry::{PendingHello, welcome_info};
use crate::room::hub::Hub;
use crate::room::inside::Inside;
use crate::room::io::{Deed, Event};
use crate::room::log::raw_entry_id;
use crate::room::rights::Rank;
use crate::room::sim::villain::{Trick, newcomers_hello, no_trick, somebodys_hello};
use crate::room::sim::{Input, SimRng, World};
use crate::wire::log::{Act, Policy};
use crate::wire::payload::{Body, Reason, Refusal, Row};

/// A founding, and what was signed under it.
struct Forgery {
    short: [u8; 8],
    raws: Vec<Vec<u8>>,
}

impl Forgery {
    /// Signs a founding; its policy says who rules where it is believed.
    fn sign(hub: &mut Hub<SimRng>, inside: &mut Inside) -> Option<Forgery> {
        let policy = Policy { topic: Some("mine".to_owned()), ..Policy::default() };
        let act = Act::Founding { reclaim: [1; 32], policy, nonce: [7; 16] };
        let raw = inside.log.write(&hub.me, hub.room(), act);
        inside.log.insert(&raw).ok()?;
        let short = *raw_entry_id(&raw)?.0.first_chunk::<8>()?;
        Some(Forgery { short, raws: vec![raw] })
    }

    /// Removes somebody under it.
    fn kick(&mut self, hub: &mut Hub<SimRng>, inside: &mut Inside, target: MemberId) {
        let act = Act::Kick { target, last_seq: 0, why: String::new() };
        let raw = inside.log.write(&hub.me, hub.room(), act);
        if inside.log.insert(&raw).is_ok() {
            self.raws.push(raw);
        }
    }

    /// Tells everybody that somebody came in under it.
    fn claim(&self, hub: &mut Hub<SimRng>, inside: &mut Inside, who: MemberId) {
        let row = Row {
            id: who,
            nick: "new".to_owned(),
            joined: hub.room(),
            serve: false,
            left: false,
            kem: None,
            foundings: vec![self.short],
            peer: Vec::new(),
            addrs: Vec::new(),
        };
        let to: Vec<MemberId> = inside.roster.present().map(|(id, _)| *id).collect();
        for id in to {
            inside.direct(hub, &id, Body::Roster { page: 0, pages: 1, rows: vec![row.clone()] });
        }
    }

    /// Welcomes somebody as if the room had been founded by this.
    fn welcome(&self, hub: &mut Hub<SimRng>, inside: &mut Inside, hash: [u8; 32], to: &PendingHello) {
        let Some(mut handover) = inside.handover(hub, WELCOME_BYTES_MOST, false) else { return };
        handover.entries.clone_from(&self.raws);
        handover.rows.iter_mut().for_each(|row| row.foundings = vec![self.short]);
        let info = welcome_info(Label::Welcome, &hash, &hub.id, &inside.genesis);
        let sealed = kem::seal(&to.kem, Some(&hub.psk), &info, &[], &handover.encode(), &mut hub.rng);
        inside.lobby(hub, Body::Welcome { hello: hash, sealed });
    }
}

/// Meets each newcomer with a founding of its own under which everybody else is removed. Mode 0: tells the room that the
/// newcomer came in under it, and is removed. 1: hands it to the newcomer. 2: and removes the newcomer too.
fn ruler(mode: u64) -> Trick {
    let mut forgery: Option<Forgery> = None;
    Box::new(move |state, now, input, out| {
        let Some((hub, inside)) = state.parts().filter(|(_, inside)| inside.trial.is_none()) else {
            return true;
        };
        hub.now = hub.now.max(now);
        let hello = match input {
            Input::Gossip { topic, bytes, .. } => newcomers_hello(hub, inside, topic, bytes),
            _ => None,
        };
        let Some((hash, hello)) = hello else { return true };
        let fresh = forgery.is_none();
        let Some(mut mine) = forgery.take().or_else(|| Forgery::sign(hub, inside)) else { return true };
        if fresh {
            let all: Vec<MemberId> = inside.roster.present().map(|(id, _)| *id).collect();
            if mode > 0 {
                all.into_iter().for_each(|id| mine.kick(hub, inside, id));
            }
            if mode != 1 {
                mine.kick(hub, inside, hello.from);
            }
        }
        if mode == 0 {
            mine.claim(hub, inside, hello.from);
        } else {
            mine.welcome(hub, inside, hash, &hello);
        }
        inside.publish(hub, Body::Entry(mine.raws.clone()));
        forgery = Some(mine);
        out.extend(state.drain());
        false
    })
}

/// A member forges a founding and uses it against a newcomer, by what it tells the room or by what it tells the newcomer.
pub(super) fn forged_home(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed / 3));
    let (mut all, liar) = match with_liar(&mut world, 4, ruler(seed % 3)) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let newcomer = world.join(0);
    all.push(newcomer);
    if world.run_until(50, 60_000, |w| w.agree(&all)).is_none() {
        return Report::broken("the newcomer was kept out", &world, &all);
    }
    if let Err(report) = still_talk(&mut world, &all) {
        return report;
    }
    let Some(forger) = world.id(liar) else { return Report::default() };
    for i in &all {
        let Some(rights) = world.state(*i).and_then(|s| s.log()).map(|l| l.rights()) else { continue };
        if rights.rank(&forger) > Rank::Member || rights.policy.topic.is_some() {
            return Report::broken(&format!("the forger rules {i}"), &world, &all);
        }
        if world.events(*i).iter().any(|(_, e)| super::is_removal(e)) {
            return Report::broken(&format!("{i} obeyed a forged removal"), &world, &all);
        }
    }
    // And the true owner's word reaches the newcomer, wherever it was led first.
    let (owner, Some(target)) = (owner_of(&world, &all), world.id(newcomer)) else {
        return Report::default();
    };
    world.act(owner, Deed::Kick(target, String::new()));
    let told = |w: &World| w.events(newcomer).iter().any(|(_, e)| matches!(e, Event::Removed { .. }));
    match world.run_until(100, 30_000, told) {
        Some(_) => Report::default(),
        None => Report::broken("the owner's word does not reach the newcomer", &world, &all),
    }
}

/// A member under a founding of its own, or an admin, removes people who do not exist, again and again.
pub(super) fn kicks_of_nobody(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed / 2));
    let (all, liar) = match with_liar(&mut world, 4, no_trick()) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let owner = owner_of(&world, &all);
    let Some(target) = world.id(liar) else { return Report::default() };
    let admin = !seed.is_multiple_of(2);
    if admin {
        world.act(owner, Deed::Grant(target));
    } else {
        world.force_founding(liar, &[]);
    }
    world.run(3_000);
    let generation = |w: &World| w.state(owner).and_then(|s| s.set()).map_or(0, |s| s.1);
    let (before, sent) = (generation(&world), world.traffic.bytes);
    for k in 0..40u8 {
        world.force_entry(liar, MemberId([k + 1; 32]));
        world.run(1_000);
    }
    let made = generation(&world) - before;
    if made > 1 {
        return Report::broken(&format!("{made} generations for people who do not exist"), &world, &all);
    }
    let bytes = world.traffic.bytes - sent;
    // Then as many at once as a client can sign: minutes of work, so only some of the runs that count do it.
    if seed % 8 == 7 {
        fill_the_log(&mut world, liar);
    }
    let longest = all.iter().filter_map(|i| world.state(*i)?.log()).map(|l| l.len()).max().unwrap_or(0);
    if longest > LOG_ENTRIES {
        return Report::broken(&format!("a log of {longest} entries"), &world, &all);
    }
    world.act(owner, Deed::Kick(target, String::new()));
    world.run(3_000);
    if world.state(owner).and_then(|s| s.log()).is_none_or(|l| !l.rights().removals.contains_key(&target)) {
        return Report::broken("the log is too full to answer", &world, &all);
    }
    if let Err(report) = still_talk(&mut world, &all) {
        return report;
    }
    let mut report = Report::default();
    report.note("bytes in 40 s", bytes);
    report.note("entries", longest as u64);
    report
}

fn fill_the_log(world: &mut World, liar: usize) {
    world.force(liar, |hub, inside| {
        let mut raws = Vec::new();
        for k in 0..1_200u64 {
            let mut target = MemberId([0xaa; 32]);
            target.0[..8].copy_from_slice(&k.to_be_bytes());
            let act = Act::Kick { target, last_seq: 0, why: String::new() };
            let raw = inside.log.write(&hub.me, hub.room(), act);
            if inside.log.insert(&raw).is_ok() {
                raws.push(raw);
            }
        }
        for part in raws.chunks(50) {
            inside.publish(hub, Body::Entry(part.to_vec()));
        }
    });
    world.run(5_000);
}

/// Answers everybody's hellos with removals: one under a founding of its own, and one that it had no right to sign.
fn accuser() -> Trick {
    let mut forgery: Option<Forgery> = None;
    Box::new(move |state, now, input, out| {
        let Some((hub, inside)) = state.parts() else { return true };
        hub.now = hub.now.max(now);
        let hello = match input {
            Input::Gossip { topic, bytes, .. } => somebodys_hello(hub, topic, bytes),
            _ => None,
        };
        let Some((hash, hello)) = hello else { return true };
        if forgery.is_none() {
            let act = Act::Kick { target: hello.from, last_seq: 0, why: String::new() };
            let unentitled = inside.log.write(&hub.me, hub.room(), act);
            forgery = Forgery::sign(hub, inside);
            if let Some(mine) = &mut forgery {
                mine.kick(hub, inside, hello.from);
                mine.raws.push(unentitled);
            }
        }
        if let Some(mine) = &forgery {
            let refusal = Refusal { reason: Reason::Removed, entries: mine.raws.clone() };
            inside.seal_answer(hub, hash, &hello, Label::Refusal, &refusal.encode());
        }
        out.extend(state.drain());
        true
    })
}

/// Somebody who was cut off comes back, and a member says that it was removed meanwhile.
pub(super) fn false_removal(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let (all, liar) = match with_liar(&mut world, 4, accuser()) {
        Ok(room) => room,
        Err(report) => return report,
    };
    let owner = owner_of(&world, &all);
    let away = all.iter().copied().find(|i| *i != owner).unwrap_or_default();
    world.split(&[&[away]]);
    // The others change their keys, so that there is something to meet.
    world.run(1_000);
    world.act(owner, Deed::Rotate);
    let wait = 1_000 + world.pick(200_000) as u64;
    world.run(wait);
    world.heal();
    let mut everybody = all.clone();
    everybody.push(liar);
    if world.run_until(100, 75_000, |w| w.agree(&all)).is_none() {
        return Report::broken("they do not come together", &world, &everybody);
    }
    // What a node would do at once it does within ten seconds at most.
    world.run(15_000);
    if let Some(i) = all.iter().find(|i| world.events(**i).iter().any(|(_, e)| super::is_removal(e))) {
        return Report::broken(&format!("{i} believes that it was removed"), &world, &everybody);
    }
    match still_talk(&mut world, &all) {
        Ok(()) => Report::default(),
        Err(report) => report,
    }
}
