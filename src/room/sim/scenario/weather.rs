//! Everything at once, and rooms as large as they get.

use super::cast::owner_of;
use super::{Report, any_links, since};
use crate::base::time::Mono;
use crate::room::io::{Command, Deed};
use crate::room::sim::{Links, World};

/// People come, go, sleep, wake, crash and talk while the network splits and heals.
pub(super) fn weather(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let mut here: Vec<usize> = (0..4).map(|_| world.join(0)).collect();
    world.run(10_000);
    let owner = owner_of(&world, &here);
    for id in here.iter().filter_map(|i| world.id(*i)).collect::<Vec<_>>() {
        world.act(owner, Deed::Grant(id));
    }
    world.run(2_000);
    let mut asleep: Vec<usize> = Vec::new();
    for round in 0..24 {
        let pause = 500 + world.pick(30_000) as u64;
        world.run(pause);
        let Some(who) = here.get(world.pick(here.len())).copied() else { break };
        let awake = !asleep.contains(&who);
        match world.pick(10) {
            0 if here.len() < 10 => {
                let skew = world.pick(180_001) as i64 - 90_000;
                here.push(world.join(skew));
            }
            1 if here.len() > 3 && awake => {
                world.command(who, Command::Leave { panic: false });
                here.retain(|i| *i != who);
            }
            2 if here.len() > 3 => {
                world.crash(who);
                here.retain(|i| *i != who);
            }
            3 if awake => {
                world.sleep(who);
                asleep.push(who);
            }
            4 | 5 => {
                if let Some(i) = asleep.pop() {
                    world.wake(i);
                }
            }
            6 => {
                let (a, b): (Vec<usize>, Vec<usize>) = here.iter().partition(|_| world_coin(seed, round));
                world.split(&[&a, &b]);
            }
            7 => world.heal(),
            8 if awake => world.act(who, Deed::Rotate),
            _ if awake => world.say(who, &format!("round {round}")),
            _ => {}
        }
        if world.stale_keys() > 0 {
            return Report::broken("a key outlived its epoch by more than two", &world, &here);
        }
    }
    for i in asleep.drain(..) {
        if here.contains(&i) {
            world.wake(i);
        }
    }
    let begin = world.now;
    world.heal();
    let Some(at) = world.run_until(100, 120_000, |w| w.agree(&here)) else {
        return Report::broken("they did not come together again", &world, &here);
    };
    world.say(here[0], "is everybody here");
    if world.run_until(100, 75_000, |w| here.iter().all(|i| w.read(*i, "is everybody here"))).is_none() {
        return Report::broken("not everybody reads", &world, &here);
    }
    let mut report = Report::default();
    report.note("together ms", since(begin, at));
    report
}

fn world_coin(seed: u64, round: usize) -> bool {
    (seed >> (round % 13)) & 1 == 0
}

/// A room of 250: all in, messages delivered, keys changed, and what it costs to be idle.
pub(super) fn crowd(seed: u64) -> Report {
    sized(seed, 250)
}

/// The same with 100.
pub(super) fn hundred(seed: u64) -> Report {
    sized(seed, 100)
}

/// The same with 10.
pub(super) fn ten(seed: u64) -> Report {
    sized(seed, 10)
}

fn sized(seed: u64, n: usize) -> Report {
    let mut world = World::new(seed, Links::LAN);
    let mut all = Vec::new();
    let begin = world.now;
    for _ in 0..n {
        all.push(world.join(0));
        world.run(100);
    }
    let Some(formed) = world.run_until(200, 120_000, |w| w.agree(&all)) else {
        return Report::broken("not everybody came in", &world, &all[..4]);
    };
    let mut report = Report::default();
    report.note("all in, ms", since(begin, formed));
    world.run(120_000);
    let idle = world.traffic;
    let idle_from = world.now;
    world.run(300_000);
    let seconds = since(idle_from, world.now) / 1_000;
    let frames = world.traffic.frames - idle.frames;
    let bytes = world.traffic.bytes - idle.bytes + world.traffic.direct_bytes - idle.direct_bytes;
    report.note("idle frames in 100 s", frames * 100 / seconds);
    report.note("idle bytes a member and second", bytes / seconds / n as u64);
    for k in 0..10 {
        world.say(all[k * n / 10], &format!("message {k}"));
    }
    let said: Mono = world.now;
    let heard = world
        .run_until(10, 60_000, |w| all.iter().all(|i| w.state(*i).is_some_and(|s| s.living_count() >= 10)));
    let Some(heard) = heard else {
        return Report::broken("messages are missing", &world, &all[..4]);
    };
    report.note("ten messages everywhere, ms", since(said, heard));
    let before = world.traffic;
    let turned = world.now;
    let owner = owner_of(&world, &all);
    world.act(owner, Deed::Rotate);
    let generation = |w: &World, i: usize| w.state(i).and_then(|s| s.set()).map_or(0, |s| s.1);
    let Some(done) =
        world.run_until(10, 60_000, |w| all.iter().all(|i| generation(w, *i) > 0) && w.agree(&all[..4]))
    else {
        return Report::broken("not everybody has the new key", &world, &all[..4]);
    };
    report.note("rekey, ms", since(turned, done));
    world.run(120_000);
    report.note("rekey, bytes with fresh keys announced", world.traffic.bytes - before.bytes);
    if !world.agree(&all) {
        return Report::broken("they do not agree", &world, &all[..4]);
    }
    report
}
