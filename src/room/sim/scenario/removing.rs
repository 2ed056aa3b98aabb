//! Kicks and bans: at once, against each other, across partitions, and against those who pool what they hold.

use super::cast::{Cast, Pool, cast, owner_of, pooling, room_of, still_talk};
use super::{Report, any_links, since};
use crate::base::time::Mono;
use crate::room::io::{Deed, Event, Refused, Standing};
use crate::room::sim::{Links, World};
use crate::wire::log::Then;

fn kick(world: &mut World, by: usize, whom: usize) {
    if let Some(id) = world.id(whom) {
        world.act(by, Deed::Kick(id, "trial".to_owned()));
    }
}

fn judge(world: &mut World, cast: &Cast, begin: Mono, most_ms: u64, name: &'static str) -> Report {
    let Some(at) = world.run_until(20, most_ms, |w| cast.locked_out(w)) else {
        let mut who = cast.staying();
        who.extend(&cast.victims);
        return Report::broken("not locked out", world, &who);
    };
    world.run(3_000);
    if let Err(why) = cast.speak_apart(world) {
        let mut who = cast.staying();
        who.extend(&cast.victims);
        return Report::broken(&why, world, &who);
    }
    if world.stale_keys() > 0 {
        return Report::broken("a key outlived its epoch by more than two", world, &cast.staying());
    }
    let mut report = Report::default();
    report.note(name, since(begin, at));
    report
}

/// One kick.
pub(super) fn kick_one(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let (a, b) = (world.pick(3), 1 + world.pick(4));
    let cast = match cast(&mut world, a, b, 1, 0) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let begin = world.now;
    let (by, whom) = (cast.owner, cast.victims[0]);
    kick(&mut world, by, whom);
    let name = match seed % 3 {
        0 => "lock-out ms, LAN",
        1 => "lock-out ms, WAN",
        _ => "lock-out ms, bad links",
    };
    judge(&mut world, &cast, begin, 60_000, name)
}

/// Two admins kick two people at once; the two pool what they hold.
pub(super) fn kick_two(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let b = 1 + world.pick(4);
    let cast = match cast(&mut world, 2, b, 2, 0) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let begin = world.now;
    kick(&mut world, cast.admins[0], cast.victims[0]);
    let gap = world.pick(3) as u64 * 20;
    world.run(gap);
    kick(&mut world, cast.admins[1], cast.victims[1]);
    judge(
        &mut world,
        &cast,
        begin,
        60_000,
        if seed % 3 == 2 { "lock-out ms, bad links" } else { "lock-out ms" },
    )
}

/// Two admins kick each other, and each a member, at the same moment. All four are out, whatever they pool.
pub(super) fn kick_each_other(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let b = 1 + world.pick(3);
    let cast = match cast(&mut world, 0, b, 4, 2) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let begin = world.now;
    let v = cast.victims.clone();
    for (by, whom) in [(v[0], v[2]), (v[1], v[3])] {
        kick(&mut world, by, whom);
    }
    mutual(&mut world, v[0], v[1]);
    judge(
        &mut world,
        &cast,
        begin,
        60_000,
        if seed % 3 == 2 { "lock-out ms, bad links" } else { "lock-out ms" },
    )
}

/// Equals may not remove each other by the ordinary way; a modified client signs the entry all the same.
fn mutual(world: &mut World, a: usize, b: usize) {
    let (Some(x), Some(y)) = (world.id(a), world.id(b)) else { return };
    world.force_entry(a, y);
    world.force_entry(b, x);
}

/// The same with one of the admins on each side of a partition: neither half hears of the other's kicks before it heals.
pub(super) fn kick_each_other_apart(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let b = 1 + world.pick(3);
    let cast = match cast(&mut world, 0, b, 4, 2) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let v = cast.victims.clone();
    let mut sides = [vec![cast.owner, v[0]], vec![v[1]]];
    for i in cast.rest.iter().chain(&v[2..]) {
        sides[world.pick(2)].push(*i);
    }
    world.split(&[&sides[0], &sides[1]]);
    let wait = 1_000 + world.pick(30_000) as u64;
    world.run(wait);
    for (by, whom) in [(v[0], v[2]), (v[1], v[3])] {
        kick(&mut world, by, whom);
    }
    mutual(&mut world, v[0], v[1]);
    let wait = 1_000 + world.pick(30_000) as u64;
    world.run(wait);
    let begin = world.now;
    world.heal();
    judge(&mut world, &cast, begin, 75_000, "lock-out after healing, ms")
}

/// Each half of a partition kicks or bans somebody; whoever is removed may be on either side.
pub(super) fn kick_apart(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let b = 2 + world.pick(4);
    let cast = match cast(&mut world, 2, b, 2, 0) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let mut sides = [vec![cast.owner, cast.admins[0]], vec![cast.admins[1]]];
    for i in cast.rest.iter().chain(&cast.victims) {
        sides[world.pick(2)].push(*i);
    }
    world.split(&[&sides[0], &sides[1]]);
    let wait = 1_000 + world.pick(60_000) as u64;
    world.run(wait);
    let (x, y) = (cast.victims[0], cast.victims[1]);
    kick(&mut world, cast.admins[0], x);
    if world.pick(2) == 0 {
        kick(&mut world, cast.admins[1], y);
    } else if let Some(target) = world.id(y) {
        let ban = Deed::Ban { target, why: String::new(), until: None, then: Then::Nothing };
        world.act(cast.admins[1], ban);
    }
    let ahead = world.pick(4);
    for _ in 0..ahead {
        world.run(1_500);
        world.act(cast.owner, Deed::Rotate);
    }
    let wait = 1_000 + world.pick(60_000) as u64;
    world.run(wait);
    let begin = world.now;
    world.heal();
    judge(&mut world, &cast, begin, 75_000, "lock-out after healing, ms")
}

/// Two rooms of one name, founded apart and four minutes apart in time, each with somebody to remove.
pub(super) fn minutes_apart(seed: u64) -> Report {
    let mut world = World::new(seed, if seed.is_multiple_of(2) { Links::LAN } else { Links::WAN });
    let pool = Pool::default();
    let late = -(60_000 + world.pick(175_000) as i64);
    let mut sides: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    let mut victims = Vec::new();
    for (k, skew) in [(0usize, 0i64), (1, late)] {
        for j in 0..3 {
            let i = if j == 2 { world.mask(skew, pooling(&pool)) } else { world.join(skew) };
            sides[k].push(i);
            world.split(&[&sides[0], &sides[1]]);
            if j == 2 {
                victims.push(i);
            }
            world.run(2_500);
        }
    }
    world.run(10_000);
    for (k, v) in victims.iter().enumerate() {
        kick(&mut world, sides[k][0], *v);
    }
    world.run(10_000);
    let begin = world.now;
    world.heal();
    let cast = Cast {
        owner: sides[0][0],
        admins: Vec::new(),
        rest: vec![sides[0][1], sides[1][0], sides[1][1]],
        victims,
        pool,
    };
    judge(&mut world, &cast, begin, 90_000, "lock-out after healing, ms")
}

/// A member who learns that it is being removed signs a founding of its own and bans everybody from it.
pub(super) fn forged_founding(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let cast = match cast(&mut world, 1, 3, 1, 0) {
        Ok(cast) => cast,
        Err(report) => return report,
    };
    let begin = world.now;
    let whom = cast.victims[0];
    let targets: Vec<_> = cast.staying().iter().filter_map(|i| world.id(*i)).collect();
    world.force_founding(whom, &targets);
    kick(&mut world, cast.owner, whom);
    world.run(200);
    world.force_founding(whom, &targets);
    let report = judge(&mut world, &cast, begin, 60_000, "lock-out ms");
    if report.failure.is_some() {
        return report;
    }
    let staying = cast.staying();
    let gained = staying.iter().any(|i| {
        let Some(s) = world.state(*i) else { return true };
        s.standing() != Some(Standing::Confirmed)
            || world.events(*i).iter().any(|(_, e)| super::is_removal(e))
    });
    if gained { Report::broken("the forger removed somebody", &world, &staying) } else { report }
}

/// Somebody is kicked or banned while no path leads to them, and comes back with the keys of then: alone, or with somebody
/// who was cut off as well and is still welcome.
pub(super) fn kick_absent(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let n = 3 + world.pick(4);
    let all = match room_of(&mut world, n, false) {
        Ok(all) => all,
        Err(report) => return report,
    };
    let owner = owner_of(&world, &all);
    let others: Vec<usize> = all.iter().copied().filter(|i| *i != owner).collect();
    let (victim, friend) = (others[0], others[1]);
    let apart: &[usize] = if seed.is_multiple_of(2) { &[victim] } else { &[victim, friend] };
    world.split(&[apart]);
    let wait = world.pick(5_000) as u64;
    world.run(wait);
    let Some(target) = world.id(victim) else { return Report::default() };
    let why = "while you were away".to_owned();
    let deed = match world.pick(2) {
        0 => Deed::Kick(target, why),
        _ => Deed::Ban { target, why, until: None, then: Then::Nothing },
    };
    world.act(owner, deed);
    for _ in 0..world.pick(4) {
        world.run(1_500);
        world.act(owner, Deed::Rotate);
    }
    // A moment, minutes in which old keys are forgotten, or so long that each side takes the other for gone.
    let wait = [3_000, 240_000, 1_200_000][world.pick(3)];
    world.run(wait);
    if world.events(victim).iter().any(|(_, e)| super::is_removal(e)) {
        return Report::broken("somebody told them", &world, &all);
    }
    let begin = world.now;
    world.heal();
    let staying: Vec<usize> = all.iter().copied().filter(|i| *i != victim).collect();
    let told = |w: &World| w.events(victim).iter().any(|(_, e)| super::is_removal(e));
    let Some(at) = world.run_until(20, 60_000, told) else {
        return Report::broken("whoever was removed is not told", &world, &all);
    };
    // Whoever takes the others for gone says what it says to itself.
    if world.run_until(100, 60_000, |w| staying.len() < 2 || w.agree(&staying)).is_none() {
        return Report::broken("the others do not come together", &world, &all);
    }
    let mut report = match still_talk(&mut world, &staying) {
        Ok(()) => Report::default(),
        Err(report) => return report,
    };
    if staying.iter().any(|i| world.events(*i).iter().any(|(_, e)| super::is_removal(e))) {
        return Report::broken("somebody else was removed", &world, &all);
    }
    report.note(
        if seed % 3 == 2 { "told after healing, bad links, ms" } else { "told after healing, ms" },
        since(begin, at),
    );
    report
}

/// Two rooms of one name meet, and at some moment after that one founder kicks somebody of the other's. Either it is refused,
/// or it holds.
pub(super) fn kick_across(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let mut sides: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    for k in 0..2 {
        for _ in 0..3 {
            sides[k].push(world.join(0));
            world.split(&[&sides[0], &sides[1]]);
            world.run(2_500);
        }
    }
    let all: Vec<usize> = sides.concat();
    if !sides.iter().all(|side| world.run_until(100, 60_000, |w| w.agree(side)).is_some()) {
        return Report::broken("the rooms did not form", &world, &all);
    }
    let (founder, target) = (owner_of(&world, &sides[0]), sides[1][1 + world.pick(2)]);
    let Some(whom) = world.id(target) else { return Report::default() };
    let begin = world.now;
    world.heal();
    // As soon as the founder sees them at all, or later.
    let seen = |w: &World| w.state(founder).is_some_and(|s| s.others().contains(&whom));
    if world.run_until(1, 60_000, seen).is_none() {
        return Report::broken("they never met", &world, &all);
    }
    let wait = world.pick(3_000) as u64 * (seed % 2);
    world.run(wait);
    let asked = since(begin, world.now);
    kick(&mut world, founder, target);
    let answer = world.events(founder).iter().rev().find_map(|(_, e)| match e {
        Event::Refused(why) => Some(Some(*why)),
        Event::Logged { target, .. } if *target == Some(whom) => Some(None),
        _ => None,
    });
    let told = |w: &World| w.events(target).iter().any(|(_, e)| super::is_removal(e));
    let held = world.run_until(100, 30_000, told).is_some();
    let mut report = Report::default();
    match (answer, held) {
        (Some(Some(Refused::Elsewhere)), false) => report.note("refused after ms", asked),
        (Some(Some(Refused::NotYet)), false) => report.note("put off after ms", asked),
        (answer, held) => {
            return Report::broken(&format!("{answer:?}, and it held: {held}"), &world, &all);
        }
    }
    // Half a minute later it is known, or is as soon as it is asked for.
    for _ in 0..10 {
        kick(&mut world, founder, target);
        let last = world.events(founder).iter().rev().find(|(_, e)| matches!(e, Event::Refused(_)));
        match last {
            Some((at, Event::Refused(Refused::Elsewhere))) if *at == world.now => {
                return still_talk(&mut world, &all).map_or_else(|broken| broken, |()| report);
            }
            Some((at, Event::Refused(Refused::NotYet))) if *at == world.now => world.run(1_000),
            _ => break,
        }
    }
    Report::broken("a kick across is not refused for good", &world, &all)
}
