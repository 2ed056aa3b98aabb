//! Liars, flooders and those who come back.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::cast::{cast, owner_of, room_of};
use super::{Report, any_links};
use crate::base::secret::Secret;
use crate::base::time::{Epoch, Mono, Unix};
use crate::crypto::kdf::Label;
use crate::room::chains::Chain;
use crate::room::io::{Deed, Event, Standing};
use crate::room::sim::villain::{Trick, forker};
use crate::room::sim::{Links, World};
use crate::wire::handover::Why;
use crate::wire::log::{Policy, Then};
use rand_core::Rng;

/// A member hands a newcomer keys that the room does not use, while two or more honest members are in reach.
pub(super) fn forked_welcome(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed / 3));
    let n = 2 + world.pick(4);
    let honest = match room_of(&mut world, n, false) {
        Ok(all) => all,
        Err(report) => return report,
    };
    let liar = world.mask(0, forker(seed % 3));
    let mut all = honest.clone();
    all.push(liar);
    if world.run_until(100, 60_000, |w| w.agree(&all)).is_none() {
        return Report::broken("the liar never became a member", &world, &all);
    }
    let newcomer = world.join(0);
    let mut everybody = honest.clone();
    everybody.push(newcomer);
    let begin = world.now;
    let mut first_set = None;
    while world.now.since(begin) < 60_000 {
        world.run(10);
        let Some(state) = world.state(newcomer) else { break };
        first_set = first_set.or(state.set());
        let theirs = state.set().map(|s| s.0);
        let same = honest.iter().any(|i| world.state(*i).and_then(|s| s.set()).map(|s| s.0) == theirs);
        if state.standing() == Some(Standing::Confirmed) && !same {
            return Report::broken("a newcomer stood confirmed on a fork", &world, &everybody);
        }
        if world.agree(&everybody) {
            break;
        }
    }
    if !world.agree(&everybody) {
        return Report::broken("the newcomer never came to the room", &world, &everybody);
    }
    world.say(newcomer, "do you read me");
    if world.run_until(50, 60_000, |w| honest.iter().all(|i| w.read(*i, "do you read me"))).is_none() {
        return Report::broken("the newcomer stands confirmed and nobody reads it", &world, &everybody);
    }
    let forked = first_set.map(|s| s.0) != world.state(honest[0]).and_then(|s| s.set()).map(|s| s.0);
    let told = world.events(newcomer).iter().any(|(_, e)| matches!(e, Event::Conflict { .. }));
    if forked && !told {
        return Report::broken("a fork went unnoticed", &world, &everybody);
    }
    let mut report = Report::default();
    report.note("newcomer confirmed ms", world.now.since(begin));
    report
}

/// A newcomer who can reach one liar and nobody else: it cannot know better, and says with whom it is.
pub(super) fn isolated(seed: u64) -> Report {
    let mut world = World::new(seed, Links::LAN);
    let honest = match room_of(&mut world, 3, false) {
        Ok(all) => all,
        Err(report) => return report,
    };
    let liar = world.mask(0, forker(seed % 3));
    world.run(8_000);
    let newcomer = world.join(0);
    world.split(&[&honest, &[liar, newcomer]]);
    let liars_id = world.id(liar);
    for _ in 0..600 {
        world.run(100);
        let Some(state) = world.state(newcomer) else { continue };
        if state.standing() == Some(Standing::Confirmed)
            && (state.only() != liars_id || state.only().is_none())
        {
            return Report::broken("confirmed without saying by whom alone", &world, &[newcomer]);
        }
    }
    Report::default()
}

/// Somebody without the secret sends junk, and everything it ever saw once more, and changed.
pub(super) fn outsider(seed: u64) -> Report {
    let mut world = World::new(seed, Links::LAN);
    let all = match room_of(&mut world, 4, false) {
        Ok(all) => all,
        Err(report) => return report,
    };
    world.tape = Some(Vec::new());
    let mut rng = world.fork_rng();
    let mut sent = 0;
    for round in 0..40 {
        world.say(all[round % all.len()], &format!("message {round}"));
        world.run(200);
        let tape = world.tape.clone().unwrap_or_default();
        for _ in 0..20 {
            let Some(frame) = tape.get(world.pick(tape.len())) else { continue };
            let Some(topic) = frame.topic else { continue };
            let mut bytes = frame.bytes.clone();
            match rng.next_u64() % 4 {
                0 => rng.fill_bytes(&mut bytes),
                1 => {
                    let at = (rng.next_u64() % bytes.len() as u64) as usize;
                    bytes[at] ^= 1 << (rng.next_u64() % 8);
                }
                2 => bytes.truncate((rng.next_u64() % bytes.len() as u64) as usize),
                _ => {}
            }
            world.inject(topic, bytes);
            sent += 1;
        }
    }
    // The whole tape again, minutes later.
    world.run(90_000);
    for frame in world.tape.take().unwrap_or_default() {
        if let Some(topic) = frame.topic {
            world.inject(topic, frame.bytes);
            sent += 1;
        }
    }
    world.run(30_000);
    for i in &all {
        let texts: Vec<String> =
            world.heard(*i).filter_map(|(_, h)| h.text.as_ref().map(|t| t.as_str().to_owned())).collect();
        let distinct: BTreeSet<&String> = texts.iter().collect();
        if texts.len() != 40 || distinct.len() != 40 {
            return Report::broken(&format!("{i} was shown {} messages of 40", texts.len()), &world, &all);
        }
    }
    if !world.agree(&all) {
        return Report::broken("they no longer agree", &world, &all);
    }
    let mut report = Report::default();
    report.note("frames injected", sent);
    report
}

/// A member seals frames for epochs to come and claims times to come.
pub(super) fn pusher(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let all = match room_of(&mut world, 3, true) {
        Ok(all) => all,
        Err(report) => return report,
    };
    let mut last = Mono(0);
    let trick: Trick = Box::new(move |state, now, _, out| {
        if now.since(last) > 300 {
            last = now;
            if let Some((hub, inside)) = state.parts() {
                let ahead = hub.rng.next_u64() % 8;
                let future = hub.clock.now(now).shifted(ahead as i64 * 60_000);
                let real = std::mem::replace(&mut hub.clock, crate::room::clock::Clock::new(now, future));
                inside.beat(hub);
                hub.clock = real;
            }
            out.extend(state.drain());
        }
        true
    });
    world.mask(0, trick);
    world.run(300_000);
    for i in &all {
        let Some(state) = world.state(*i) else { continue };
        let off = state.room_time().offset_from(world.calendar());
        if off.unsigned_abs() > 185_000 {
            return Report::broken(&format!("room time of {i} was pushed by {off} ms"), &world, &all);
        }
        let newest = state.key_epochs().into_iter().max().unwrap_or_default();
        if newest > state.room_time().epoch().plus(1) {
            return Report::broken("keys were stepped past the next epoch", &world, &all);
        }
    }
    world.say(all[0], "still here");
    if world.run_until(100, 60_000, |w| w.agree(&all) && w.read(all[1], "still here")).is_none() {
        return Report::broken("they no longer talk", &world, &all);
    }
    Report::default()
}

/// A member makes chain after chain, each with a lower name than the one before, and generation after generation.
pub(super) fn grinder(seed: u64) -> Report {
    let mut world = World::new(seed, Links::LAN);
    let all = match room_of(&mut world, 4, false) {
        Ok(all) => all,
        Err(report) => return report,
    };
    let until = world.now + 120_000;
    let mut last = Mono(0);
    let by_generation = seed.is_multiple_of(2);
    let trick: Trick = Box::new(move |state, now, _, out| {
        if now.since(last) > 500 && now < until {
            last = now;
            if let Some((hub, inside)) = state.parts().filter(|(_, inside)| inside.trial.is_none()) {
                grind(hub, inside, by_generation);
            }
            out.extend(state.drain());
        }
        true
    });
    world.mask(0, trick);
    world.run(5_000);
    let before: usize = all.iter().map(|i| keys_seen(&world, *i)).sum();
    for k in 0..10 {
        world.say(all[k % 4], &format!("message {k}"));
        world.run(11_500);
    }
    let changes: usize = all.iter().map(|i| keys_seen(&world, *i)).sum::<usize>() - before;
    if world.run_until(100, 75_000, |w| w.agree(&all)).is_none() {
        return Report::broken("they no longer agree", &world, &all);
    }
    for i in &all {
        for k in 0..10 {
            if !world.read(*i, &format!("message {k}")) {
                return Report::broken(&format!("{i} missed message {k}"), &world, &all);
            }
        }
        if world.state(*i).and_then(|s| s.set()).is_some_and(|s| s.2 > crate::base::limits::CHAINS_MANY + 2) {
            return Report::broken("chains piled up", &world, &all);
        }
    }
    let mut report = Report::default();
    report.note("changes of set a member", changes as u64 / 4);
    report
}

fn keys_seen(world: &World, i: usize) -> usize {
    world.events(i).iter().filter(|(_, e)| matches!(e, Event::Keys { .. })).count()
}

fn grind(
    hub: &mut crate::room::hub::Hub<crate::room::sim::SimRng>,
    inside: &mut crate::room::inside::Inside,
    by_generation: bool,
) {
    use crate::room::chains::{KeySet, Keyring};
    let epoch: Epoch = inside.ring.current().sending(hub.epoch());
    let key = Secret::<32>::random(&mut hub.rng);
    let generation = inside.ring.current().generation() + u64::from(by_generation);
    let heads = inside.log.heads().iter().copied().collect();
    let chain =
        Chain::announce(&hub.me, inside.genesis, generation, epoch, &key, Why::Age, Vec::new(), heads);
    let Ok(set) = KeySet::new(vec![(chain, key)], epoch) else { return };
    let mut ring = Keyring::new(set);
    let to: Vec<_> = inside.roster.present().map(|(id, _)| *id).collect();
    std::mem::swap(&mut inside.ring, &mut ring);
    inside.hand_to(hub, &to, if by_generation { Label::Rekey } else { Label::Share });
    std::mem::swap(&mut inside.ring, &mut ring);
}

/// Hundreds of identities of one person knock on a room with a limit.
pub(super) fn sybil(seed: u64) -> Report {
    let mut world = World::new(seed, Links::LAN);
    let all = match room_of(&mut world, 4, false) {
        Ok(all) => all,
        Err(report) => return report,
    };
    let policy = Policy { max: Some(12), ..Policy::default() };
    let owner = owner_of(&world, &all);
    world.act(owner, Deed::Policy(Box::new(policy)));
    world.run(2_000);
    let mut sybils = Vec::new();
    for _ in 0..100 {
        sybils.push(world.join(0));
        world.run(20);
    }
    world.run(20_000);
    let inside = sybils.iter().filter(|i| world.state(**i).is_some_and(|s| s.set().is_some())).count();
    if inside > 12 + 2 {
        return Report::broken(&format!("{inside} of 100 came into a room for 12"), &world, &all);
    }
    world.say(all[0], "still here");
    if world
        .run_until(100, 60_000, |w| w.agree(&all) && all.iter().all(|i| w.read(*i, "still here")))
        .is_none()
    {
        return Report::broken("they no longer talk", &world, &all);
    }
    let mut report = Report::default();
    report.note("came in", inside as u64);
    report
}

/// Fresh keys that somebody tries after a ban.
const RETURNS: usize = 100;

/// Whoever was banned comes back with fresh identities and the same passphrase, to a room that was locked with the ban.
pub(super) fn returner(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let cast = match cast(&mut world, 1, 2, 1, 0) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let Some(target) = world.id(cast.victims[0]) else { return Report::default() };
    let then = if seed.is_multiple_of(2) { Then::Lock } else { Then::Knock };
    world.act(cast.owner, Deed::Ban { target, why: String::new(), until: None, then });
    if world.run_until(20, 60_000, |w| cast.locked_out(w)).is_none() {
        return Report::broken("not locked out", &world, &cast.staying());
    }
    world.run(6_000);
    let staying = cast.staying();
    let mut back = 0;
    for _ in 0..RETURNS {
        let fresh = world.join(0);
        world.run(4_000);
        let keys = |i: usize| world.state(i).and_then(|s| s.set()).map(|s| s.0);
        back += usize::from(keys(fresh) == keys(staying[0]));
        world.crash(fresh);
    }
    if back > 0 {
        return Report::broken(&format!("{back} came back"), &world, &staying);
    }
    if !world.agree(&staying) {
        return Report::broken("they no longer agree", &world, &staying);
    }
    Report::default()
}

/// An owner signs two different entries with one number and shows each half one of them.
pub(super) fn equivocator(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let pool = Rc::new(RefCell::new(()));
    let _ = pool;
    let owner = world.mask(0, crate::room::sim::villain::no_trick());
    world.run(3_000);
    let honest: Vec<usize> = (0..4).map(|_| world.join(0)).collect();
    let mut all = honest.clone();
    all.push(owner);
    let formed =
        |w: &World| w.agree(&all) && all.iter().all(|i| w.state(*i).is_some_and(|s| s.others().len() == 4));
    if world.run_until(100, 60_000, formed).is_none() {
        return Report::broken("the room did not form", &world, &all);
    }
    let (Some(a), Some(b)) = (world.id(honest[0]), world.id(honest[1])) else { return Report::default() };
    world.equivocate(owner, a, b, &[honest[0], honest[1]], &[honest[2], honest[3]]);
    let told =
        |w: &World| honest.iter().all(|i| w.state(*i).and_then(|s| s.log()).is_some_and(|l| l.len() >= 3));
    if world.run_until(100, 75_000, |w| told(w) && w.agree(&honest)).is_none() {
        return Report::broken("they do not agree", &world, &all);
    }
    let Some(liar) = world.id(owner) else { return Report::default() };
    for i in &honest {
        let Some(log) = world.state(*i).and_then(|s| s.log()) else { continue };
        if !log.equivocators().contains(&liar) {
            return Report::broken(&format!("{i} did not notice"), &world, &all);
        }
    }
    Report::default()
}

/// An admin who was removed signs grants and removals as if it had not heard of it.
pub(super) fn backdater(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let cast = match cast(&mut world, 1, 10, 1, 1) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let villain = cast.victims[0];
    let targets: Vec<_> = cast.rest.iter().filter_map(|i| world.id(*i)).collect();
    let Some(target) = world.id(villain) else { return Report::default() };
    world.backdate(villain, cast.owner, target, &targets);
    world.run(20_000);
    let mut staying = vec![cast.owner];
    staying.extend(&cast.admins);
    let stays = |i: &usize| {
        let log = world.state(cast.owner).and_then(|s| s.log());
        world.id(*i).is_some_and(|id| log.is_some_and(|l| l.rights().removal(&id, &[], Unix(0)).is_none()))
    };
    let still: Vec<usize> = cast.rest.iter().copied().filter(stays).collect();
    staying.extend(&still);
    if cast.rest.len() - still.len() > crate::base::limits::BACKDATED_REMOVALS {
        return Report::broken("more than eight back-dated removals stood", &world, &staying);
    }
    if world.run_until(100, 75_000, |w| w.agree(&staying)).is_none() {
        return Report::broken("they do not agree", &world, &staying);
    }
    let granted = staying.iter().any(|i| {
        world.state(*i).and_then(|s| s.log()).is_some_and(|l| {
            l.rights().domains.values().any(|d| targets.iter().any(|t| d.admins.contains(t)))
        })
    });
    if granted { Report::broken("a back-dated grant stood", &world, &staying) } else { Report::default() }
}
