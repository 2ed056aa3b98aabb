//! Starting together, founding by mistake, coming in through one link.

use std::collections::BTreeSet;

use super::{Report, since};
use crate::base::time::Mono;
use crate::room::io::Standing;
use crate::room::sim::{Links, World};

fn links_of(seed: u64) -> Links {
    if seed.is_multiple_of(2) { Links::LAN } else { Links::WAN }
}

/// One room, one founder, one chain set, everybody confirmed.
fn one_room(world: &World, all: &[usize]) -> Result<(), &'static str> {
    if !world.agree(all) {
        return Err("not one room");
    }
    let founders: BTreeSet<_> = all
        .iter()
        .filter_map(|i| world.state(*i)?.log())
        .map(|log| {
            log.rights()
                .domains
                .iter()
                .filter(|(_, d)| d.yielded.is_none())
                .map(|(id, _)| *id)
                .collect::<Vec<_>>()
        })
        .collect();
    match founders.iter().next() {
        Some(one) if founders.len() == 1 && one.len() == 1 => Ok(()),
        _ => Err("not one founder"),
    }
}

fn together(seed: u64, n: usize, within_ms: u64) -> Report {
    let mut world = World::new(seed, links_of(seed));
    let mut starts: Vec<u64> = (0..n).map(|_| world.pick(1_000) as u64).collect();
    starts.sort_unstable();
    let begin = world.now;
    let mut all = Vec::new();
    for at in starts {
        world.run_to(begin + at);
        all.push((world.join(0), world.now));
    }
    let who: Vec<usize> = all.iter().map(|(i, _)| *i).collect();
    if world.run_until(10, within_ms, |w| one_room(w, &who).is_ok()).is_none() {
        let why = one_room(&world, &who).err().unwrap_or("late");
        return Report::broken(why, &world, &who);
    }
    world.run(10_000);
    if let Err(why) = one_room(&world, &who) {
        return Report::broken(why, &world, &who);
    }
    let mut report = Report::default();
    let chains = who.first().and_then(|i| world.state(*i)?.set()).map_or(0, |s| s.2);
    if chains != 1 {
        return Report::broken("more than one chain", &world, &who);
    }
    for (i, start) in all {
        let Some(at) = world.since(i, Standing::Confirmed) else { continue };
        report.note(
            if seed.is_multiple_of(2) { "confirmed ms at 1 ms" } else { "confirmed ms at 50 ms" },
            since(start, at),
        );
    }
    report
}

pub(super) fn start_two(seed: u64) -> Report {
    together(seed, 2, 30_000)
}

pub(super) fn start_thirty(seed: u64) -> Report {
    together(seed, 30, 30_000)
}

/// Two nodes found apart, each alone, and then meet.
pub(super) fn lone_founders(seed: u64) -> Report {
    let mut world = World::new(seed, links_of(seed));
    let a = world.join(0);
    world.split(&[&[a]]);
    let b = world.join(0);
    let wait = 2_000 + world.pick(20_000) as u64;
    world.run(wait);
    let healed = world.now;
    world.heal();
    let who = [a, b];
    let Some(at) = world.run_until(10, 60_000, |w| one_room(w, &who).is_ok()) else {
        return Report::broken(one_room(&world, &who).err().unwrap_or("late"), &world, &who);
    };
    let mut report = Report::default();
    report.note("one room ms", since(healed, at));
    report
}

/// 32 nodes, each linked to one hub only.
pub(super) fn star(seed: u64) -> Report {
    let mut world = World::new(seed, Links::LAN);
    world.wire_up(&(1..32).map(|i| (0, i)).collect::<Vec<_>>());
    let begin: Mono = world.now;
    let who: Vec<usize> = (0..32).map(|_| world.join(0)).collect();
    let Some(at) = world.run_until(10, 5_000, |w| one_room(w, &who).is_ok()) else {
        return Report::broken(one_room(&world, &who).err().unwrap_or("late"), &world, &who);
    };
    let mut report = Report::default();
    report.note("all confirmed ms", since(begin, at));
    report
}
