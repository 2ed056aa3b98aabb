//! What recordings, leaked passphrases and seized machines give away; and forgeries, by the hundred thousand.

use std::collections::BTreeSet;

use super::cast::{owner_of, room_of};
use super::{Report, any_links};
use crate::base::time::{Day, Epoch};
use crate::crypto::gate::Gate;
use crate::crypto::kdf::{self, Label};
use crate::crypto::root::Root;
use crate::room::envelope::{self, Admitted};
use crate::room::io::{Command, Deed, Draft};
use crate::room::sim::{Links, Taped, World};
use crate::wire::frame::FrameType;
use crate::wire::handover::Handover;
use crate::wire::payload::Body;

/// The gates an eavesdropper with the passphrase can make: those of the days around, before any ban.
fn gates(world: &World) -> Vec<Gate> {
    let today = world.calendar().day();
    let days = [Day(today.0 - 1), today, Day(today.0 + 1)];
    days.iter().map(|day| Gate::new(world.root(), &BTreeSet::new(), *day)).collect()
}

fn admitted<'a>(gates: &[Gate], frame: &'a Taped) -> Option<(Day, Admitted<'a>)> {
    gates.iter().find_map(|g| envelope::admit(g, &frame.bytes).ok().map(|f| (g.day(), f)))
}

/// Every key that follows from the root alone.
fn keys_of_root(root: &Root, day: Day) -> Vec<crate::base::secret::Secret<32>> {
    let mut keys = vec![root.lobby(day), root.psk()];
    keys.extend(Label::ALL.iter().map(|label| kdf::expand32(&root.psk(), *label, &[])));
    keys.extend(Label::ALL.iter().map(|label| kdf::expand32(&root.lobby(day), *label, &[])));
    keys
}

/// A conversation is recorded; later the passphrase leaks.
pub(super) fn leaked_passphrase(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    world.tape = Some(Vec::new());
    let all = match room_of(&mut world, 4, true) {
        Ok(all) => all,
        Err(report) => return report,
    };
    for k in 0..20 {
        let mut draft = Draft::plain(0, &format!("secret {k}"));
        draft.ttl_s = Some(30);
        world.command(all[k % all.len()], Command::Say(draft));
        world.run(700);
    }
    world.run(240_000);
    if all.iter().any(|i| world.state(*i).is_some_and(|s| s.living_count() > 0)) {
        return Report::broken("a message outlived its time", &world, &all);
    }
    let gates = gates(&world);
    let (mut room, mut lobby, mut opened) = (0, 0, 0);
    for frame in world.tape.take().unwrap_or_default() {
        let Some((day, admitted)) = admitted(&gates, &frame) else { continue };
        let keys = keys_of_root(world.root(), day);
        match admitted.header.frame_type {
            FrameType::Lobby => lobby += u64::from(keys.iter().any(|k| admitted.open(k).is_ok())),
            FrameType::Room => {
                room += 1;
                opened += u64::from(keys.iter().any(|k| admitted.open(k).is_ok()));
            }
        }
    }
    if opened > 0 {
        return Report::broken(&format!("{opened} of {room} room frames opened"), &world, &all);
    }
    if lobby == 0 || room < 20 {
        return Report::broken("the eavesdropper's tool does not work", &world, &all);
    }
    let mut report = Report::default();
    report.note("room frames recorded", room);
    report.note("of them opened", opened);
    report
}

/// The same, and ten minutes later a member's machine is seized with everything it holds.
pub(super) fn seized_machine(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    world.tape = Some(Vec::new());
    let all = match room_of(&mut world, 4, false) {
        Ok(all) => all,
        Err(report) => return report,
    };
    let owner = owner_of(&world, &all);
    world.act(owner, Deed::Rotate);
    for k in 0..10 {
        world.say(all[k % all.len()], &format!("secret {k}"));
        world.run(3_000);
    }
    world.act(owner, Deed::Rotate);
    world.run(5_000);
    let victim = all[world.pick(all.len())];
    let at_once = opened_with(&mut world, victim, Epoch(0));
    world.run(600_000);
    let Some(now) = world.state(victim).map(|s| s.room_time().epoch()) else { return Report::default() };
    let later = opened_with(&mut world, victim, now.minus(3));
    if at_once.0 == 0 {
        return Report::broken("the thief's tool does not work", &world, &all);
    }
    if later != (0, 0) {
        let why = format!("{} old frames and {} old handovers opened", later.0, later.1);
        return Report::broken(&why, &world, &all);
    }
    let mut report = Report::default();
    report.note("frames opened at once", at_once.0);
    report.note("frames of e+7 and before opened at e+10", later.0);
    report
}

/// How many taped frames of epochs up to `until` a member's memory opens (all of them, for epoch 0), and handovers that
/// would give such epochs' keys.
fn opened_with(world: &mut World, i: usize, until: Epoch) -> (u64, u64) {
    let gates = gates(world);
    let tape = world.tape.clone().unwrap_or_default();
    let counts = world.seize(i, |hub, inside| {
        let (mut frames, mut handovers) = (0, 0);
        let now = hub.epoch();
        let old = |epoch: Epoch| until == Epoch(0) || epoch <= until;
        for taped in &tape {
            let Some((day, frame)) = admitted(&gates, taped) else { continue };
            let epoch = now.nearest(frame.header.epoch_low);
            if frame.header.frame_type == FrameType::Room {
                let opens = inside
                    .ring
                    .tagged(frame.header.set_tag)
                    .any(|set| set.key(epoch, now).is_some_and(|k| frame.open(&k.frame).is_ok()));
                frames += u64::from(opens && old(epoch));
                continue;
            }
            let Ok(opened) = frame.open(&hub.root.lobby(day)) else { continue };
            let from = opened.payload.sender;
            let handed = match &opened.payload.body {
                Body::Share(sealed) => inside.unwrap_sealed(hub, &from, sealed, Label::Share),
                Body::Rekey(sealed) => inside.unwrap_sealed(hub, &from, sealed, Label::Rekey),
                _ => None,
            };
            let gives = handed.and_then(|plain| Handover::decode(&plain).ok()).is_some_and(|h| old(h.epoch));
            handovers += u64::from(gives);
        }
        (frames, handovers)
    });
    counts.unwrap_or_default()
}

/// Frames with every byte changed, by outsiders and by guests who can close the gate again; repeated, stale, from
/// another room.
pub(super) fn forgeries(seed: u64) -> Report {
    let mut world = World::new(seed, Links::LAN);
    world.tape = Some(Vec::new());
    let all = match room_of(&mut world, 3, false) {
        Ok(all) => all,
        Err(report) => return report,
    };
    world.say(all[0], "the original");
    let owner = owner_of(&world, &all);
    world.act(owner, Deed::Rotate);
    world.run(1_000);
    let target = all[1];
    let foreign = foreign_frames(seed);
    let tape: Vec<Taped> =
        world.tape.take().unwrap_or_default().into_iter().filter(|t| t.topic.is_some()).collect();
    let gates = gates(&world);
    let living = world.state(target).map(|s| (s.living_count(), s.set()));
    let mut tried = 0u64;
    let mut before = world.dropped(target);
    let mut throw = |world: &mut World, topic, bytes: Vec<u8>| {
        let after = world.inject_to(target, topic, bytes);
        let dropped = after == before + 1;
        before = after;
        tried += 1;
        dropped
    };
    // One frame of each size and type a seed, so that many seeds cover them all.
    let pick = world.pick(tape.len());
    for taped in tape.iter().cycle().skip(pick).take(3) {
        let Some(topic) = taped.topic else { continue };
        let Some(gate) = gates.iter().find(|g| g.topic() == topic) else { continue };
        let len = taped.bytes.len().min(4_096);
        for at in 0..len {
            let mut bytes = taped.bytes.clone();
            bytes[at] ^= 1 << (at % 8);
            if !throw(&mut world, topic, bytes.clone()) {
                return Report::broken(&format!("byte {at} changed and nobody minded"), &world, &all);
            }
            let end = bytes.len() - 32;
            if at < end {
                let tag = gate.tag(&bytes[..end]);
                bytes[end..].copy_from_slice(&tag);
                if !throw(&mut world, topic, bytes) {
                    return Report::broken(&format!("byte {at} changed behind a true gate"), &world, &all);
                }
            }
        }
        if !throw(&mut world, topic, taped.bytes.clone()) {
            return Report::broken("a repeated frame was taken twice", &world, &all);
        }
    }
    for bytes in foreign {
        let Some(topic) = tape.first().and_then(|t| t.topic) else { break };
        if !throw(&mut world, topic, bytes) {
            return Report::broken("a frame of another room was taken", &world, &all);
        }
    }
    if world.state(target).map(|s| (s.living_count(), s.set())) != living {
        return Report::broken("forgeries changed something", &world, &all);
    }
    let mut report = Report::default();
    report.note("forged frames", tried);
    report
}

/// Frames of a room of the same name with another passphrase.
fn foreign_frames(seed: u64) -> Vec<Vec<u8>> {
    let mut other = World::new(seed ^ 0xffff_0000, Links::LAN);
    other.tape = Some(Vec::new());
    let a = other.join(0);
    other.run(3_000);
    other.join(0);
    other.run(3_000);
    other.say(a, "elsewhere");
    other.run(500);
    other.tape.take().unwrap_or_default().into_iter().map(|t| t.bytes).collect()
}
