//! Those who speak without measure, beside one who says as much as the room allows.

use std::collections::BTreeSet;

use rand_core::Rng;

use super::cast::with_liar;
use super::{Report, any_links};
use crate::base::limits::{PACE_BURST, PACE_EACH_MS};
use crate::room::clock::Clock;
use crate::room::io::Draft;
use crate::room::sim::World;
use crate::room::sim::villain::no_trick;

/// Messages a second of whoever floods, and for how many seconds.
const FLOOD: (u64, u64) = (100, 20);
/// How long somebody is away meanwhile.
const AWAY_MS: u64 = 60_000;

/// One of eight sends a hundred a second, with the time it is or dated back as far as frames go. Another says as much as it
/// may. A third is cut off for a minute of that.
pub(super) fn flood(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let (all, liar) = match with_liar(&mut world, 7, no_trick()) {
        Ok(room) => room,
        Err(report) => return report,
    };
    let (speaker, away) = (all[1], all[2]);
    let dated_back = seed % 2 == 1;
    world.force(liar, |hub, _| hub.rate_off = true);
    world.split(&[&[away]]);
    let (begin, mut said, mut sent) = (world.now, 0, 0);
    while world.now.since(begin) < AWAY_MS {
        let passed = world.now.since(begin);
        while sent < (passed * FLOOD.0 / 1_000).min(FLOOD.0 * FLOOD.1) {
            flood_once(&mut world, liar, sent, dated_back);
            sent += 1;
        }
        // A burst and then one each so often.
        while said < PACE_BURST + passed / PACE_EACH_MS {
            world.say(speaker, &format!("word {said}"));
            said += 1;
        }
        world.run(10);
    }
    world.heal();
    let words: BTreeSet<String> = (0..said).map(|n| format!("word {n}")).collect();
    let count = |w: &World, i: usize, of: &str| {
        let texts = w.heard(i).filter_map(|(_, h)| h.text.as_ref());
        texts.filter(|t| t.as_str().starts_with(of)).count() as u64
    };
    let whole = |w: &World| all.iter().all(|i| count(w, *i, "word") == words.len() as u64);
    let back = world.now;
    let Some(at) = world.run_until(100, 60_000, whole) else {
        return Report::broken("somebody lacks what was said at the room's pace", &world, &all);
    };
    world.run(10_000);
    let shown = all.iter().map(|i| count(&world, *i, "flood")).max().unwrap_or(0);
    // Twice the rate for as many seconds as it has, and once a minute's worth of it for words that come late.
    let seconds = if dated_back { FLOOD.1 + 60 + 2 } else { FLOOD.1 + 2 };
    let most = 2 * (PACE_BURST + seconds * 1_000 / PACE_EACH_MS);
    if shown > most {
        return Report::broken(&format!("{shown} of {sent} were shown, not {most}"), &world, &all);
    }
    // Nobody goes on asking for what nobody will show.
    let before = world.traffic.direct_frames;
    world.run(60_000);
    let mut report = Report::default();
    report.note(if dated_back { "shown, dated back" } else { "shown" }, shown);
    report.note("all of it with whoever was away, ms", at.since(back));
    report.note("frames from one to another in the next minute", world.traffic.direct_frames - before);
    report
}

fn flood_once(world: &mut World, liar: usize, n: u64, dated_back: bool) {
    world.force(liar, move |hub, inside| {
        let back = if dated_back { hub.rng.next_u64() % 110_000 } else { 0 };
        let then = hub.room().shifted(-(back as i64));
        let real = std::mem::replace(&mut hub.clock, Clock::new(hub.now, then));
        inside.say(hub, Draft::plain(0, &format!("flood {n}")));
        hub.clock = real;
    });
}
