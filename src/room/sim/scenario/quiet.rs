//! Newcomers who are to read before they speak: the honest, a liar, and those who came while the room was apart.

use super::cast::{owner_of, room_of};
use super::{Report, any_links};
use crate::base::time::Unix;
use crate::room::io::{Deed, Event, Standing};
use crate::room::sim::World;
use crate::room::sim::villain::no_trick;
use crate::wire::log::Policy;

/// How long newcomers read.
const QUIET_S: u64 = 180;

/// Sets it, in a room where everybody is old enough to speak.
fn quiet_room(world: &mut World) -> Result<Vec<usize>, Report> {
    let n = 2 + world.pick(4);
    let all = room_of(world, n, false)?;
    world.run(QUIET_S * 1_000);
    let owner = owner_of(world, &all);
    world.act(owner, Deed::Policy(Box::new(Policy { quiet_s: Some(QUIET_S), ..Policy::default() })));
    world.run(5_000);
    Ok(all)
}

/// What somebody was told of how long they may only read.
fn told(world: &World, i: usize) -> Vec<u64> {
    let left = |event: &Event| if let Event::Quiet { left_ms } = event { Some(*left_ms) } else { None };
    world.events(i).iter().filter_map(|(_, event)| left(event)).collect()
}

/// Waits until a newcomer may speak by its own node, has it speak, and sees whether all of these read it.
fn speaks(world: &mut World, newcomer: usize, all: &[usize]) -> Result<(), Report> {
    // Whoever was confirmed only after that time is told nothing: there is nothing to wait for any more.
    let ready = |w: &World| {
        let confirmed = w.state(newcomer).and_then(|s| s.standing()) == Some(Standing::Confirmed);
        confirmed && told(w, newcomer).last().is_none_or(|left| *left == 0)
    };
    if world.run_until(100, 2 * QUIET_S * 1_000, ready).is_none() {
        let why = format!("a newcomer was never told that it may speak: {:?}", told(world, newcomer));
        return Err(Report::broken(&why, world, &[newcomer]));
    }
    world.say(newcomer, "good evening");
    match world.run_until(100, 60_000, |w| all.iter().all(|i| w.read(*i, "good evening"))) {
        Some(_) => Ok(()),
        None => Err(Report::broken("an honest newcomer was not heard by all", world, all)),
    }
}

/// One honest newcomer, and one who says to have come long ago and speaks at once.
pub(super) fn newcomers(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let all = match quiet_room(&mut world) {
        Ok(all) => all,
        Err(report) => return report,
    };
    let (honest, liar) = (world.join(0), world.mask(0, no_trick()));
    let everybody: Vec<usize> = all.iter().copied().chain([honest, liar]).collect();
    world.force(liar, |_, inside| inside.joined = Unix(0));
    if world.run_until(100, 60_000, |w| w.agree(&everybody)).is_none() {
        return Report::broken("the newcomers never came in", &world, &everybody);
    }
    world.say(honest, "too soon");
    for n in 0..6 {
        world.force(liar, |_, inside| inside.joined = Unix(0));
        world.say(liar, &format!("spam {n}"));
        world.run(5_000);
    }
    for i in &all {
        if world.read(*i, "too soon") || (0..6).any(|n| world.read(*i, &format!("spam {n}"))) {
            return Report::broken(&format!("{i} read a newcomer"), &world, &everybody);
        }
    }
    let reads: Vec<usize> = all.iter().copied().chain([liar]).collect();
    speaks(&mut world, honest, &reads).err().unwrap_or_default()
}

/// Somebody comes to one side of a room that is apart, reads as long as it has to, and is heard by both once they have met.
pub(super) fn newcomers_apart(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let all = match quiet_room(&mut world) {
        Ok(all) => all,
        Err(report) => return report,
    };
    let cut = 1 + world.pick(all.len() - 1);
    let (here, there) = all.split_at(cut);
    // Whoever is in neither list is on a side of its own with nobody: the newcomer comes to the second.
    world.split(&[here]);
    world.run(1_000);
    let newcomer = world.join(0);
    let second: Vec<usize> = there.iter().copied().chain([newcomer]).collect();
    if world.run_until(100, 90_000, |w| w.agree(&second)).is_none() {
        return Report::broken("nobody let the newcomer in", &world, &second);
    }
    let apart = world.pick(2 * QUIET_S as usize * 1_000) as u64;
    world.run(apart);
    world.heal();
    // Whom nobody answered founded a room of its own, and goes by its own settings.
    if owner_of(&world, &[all[0], newcomer]) == newcomer {
        return Report::default();
    }
    let everybody: Vec<usize> = all.iter().copied().chain([newcomer]).collect();
    if world.run_until(100, 120_000, |w| w.agree(&everybody)).is_none() {
        return Report::broken("the sides did not meet", &world, &everybody);
    }
    speaks(&mut world, newcomer, &all).err().unwrap_or_default()
}
