//! Partitions that come and go.

use super::cast::{owner_of, room_of};
use super::{Report, any_links, since};
use crate::room::io::{Command, Deed};
use crate::room::sim::World;

/// Deals members to sides so that each side has at least one.
fn deal(world: &mut World, all: &[usize], sides: usize) -> Vec<Vec<usize>> {
    let mut dealt: Vec<Vec<usize>> = vec![Vec::new(); sides];
    for (k, i) in all.iter().enumerate() {
        let side = if k < sides { k } else { world.pick(sides) };
        if let Some(list) = dealt.get_mut(side) {
            list.push(*i);
        }
    }
    dealt
}

/// A room splits into 2 to 5 sides that go on talking, rotating, losing and gaining people; then it heals.
pub(super) fn heal(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let sides = 2 + (seed / 3 % 4) as usize;
    let n = sides + 1 + world.pick(5);
    let all = match room_of(&mut world, n, true) {
        Ok(all) => all,
        Err(report) => return report,
    };
    // Everybody may ask for fresh keys, so that the sides drift apart in generations too.
    let owner = owner_of(&world, &all);
    for id in all.iter().filter_map(|i| world.id(*i)).collect::<Vec<_>>() {
        world.act(owner, Deed::Grant(id));
    }
    if world.run_until(100, 60_000, |w| w.agree(&all)).is_none() {
        return Report::broken("the grants did not arrive", &world, &all);
    }
    let dealt = deal(&mut world, &all, sides);
    let lists: Vec<&[usize]> = dealt.iter().map(Vec::as_slice).collect();
    world.split(&lists);
    let mut said = Vec::new();
    let mut here = all.clone();
    let mut newcomers = Vec::new();
    for round in 0..4 {
        let pause = 1_000 + world.pick(25_000) as u64;
        world.run(pause);
        for (k, side) in dealt.iter().enumerate() {
            let who = side[world.pick(side.len())];
            if !here.contains(&who) {
                continue;
            }
            let text = format!("side {k} round {round}");
            world.say(who, &text);
            said.push((who, text));
            match world.pick(8) {
                0 => world.act(who, Deed::Rotate),
                // Whoever leaves last takes what was said there along: that is no loss.
                1 if side.iter().filter(|i| here.contains(i)).count() > 1 => {
                    world.run(3_000);
                    world.command(who, Command::Leave { panic: false });
                    here.retain(|i| *i != who);
                }
                2 if newcomers.len() < 2 => {
                    let i = world.join(0);
                    let mut with_new: Vec<Vec<usize>> = dealt.clone();
                    with_new[k].push(i);
                    let lists: Vec<&[usize]> = with_new.iter().map(Vec::as_slice).collect();
                    world.split(&lists);
                    newcomers.push(i);
                }
                _ => {}
            }
        }
    }
    world.run(2_000);
    // Alive is what somebody still here holds: a word said on a bad link by one who left a moment later may be nobody's.
    said.retain(|(_, text)| here.iter().any(|i| world.read(*i, text)));
    let healed = world.now;
    world.heal();
    let mut together = here.clone();
    together.extend(&newcomers);
    let Some(agreed) = world.run_until(50, 75_000, |w| w.agree(&together)) else {
        return Report::broken("the sides did not agree within three heartbeats", &world, &together);
    };
    let complete = world.run_until(100, 75_000 - since(healed, agreed).min(74_000), |w| {
        here.iter().all(|i| said.iter().all(|(_, text)| w.read(*i, text)))
    });
    let Some(complete) = complete else {
        let lost: Vec<String> = here
            .iter()
            .flat_map(|i| {
                said.iter()
                    .filter(|(_, t)| !world.read(*i, t))
                    .map(move |(by, t)| format!("{i} lacks '{t}' by {by}"))
            })
            .collect();
        return Report::broken(&format!("something alive was lost: {lost:?}"), &world, &together);
    };
    for i in &here {
        for (_, text) in &said {
            let times =
                world.heard(*i).filter(|(_, h)| h.text.as_ref().is_some_and(|t| t.as_str() == text)).count();
            if times != 1 {
                return Report::broken(&format!("{i} was shown '{text}' {times} times"), &world, &together);
            }
        }
    }
    if world.stale_keys() > 0 {
        return Report::broken("a key outlived its epoch by more than two", &world, &together);
    }
    let mut report = Report::default();
    report.note("agree ms", since(healed, agreed));
    report.note("complete ms", since(healed, complete));
    report
}
