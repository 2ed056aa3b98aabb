//! The trials: each takes a seed, plays a run, and says what was broken, if anything was.

mod entering;
mod healing;

use super::{Links, World};
use crate::base::time::Mono;

/// What a run showed.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was broken, with what everybody held at that moment.
    pub failure: Option<String>,
    /// Measured, by name.
    pub figures: Vec<(&'static str, u64)>,
}

impl Report {
    fn broken(why: &str, world: &World, who: &[usize]) -> Report {
        Report { failure: Some(format!("{why}\n{}", world.describe(who))), figures: Vec::new() }
    }

    fn note(&mut self, name: &'static str, value: u64) {
        self.figures.push((name, value));
    }
}

/// A trial by name.
pub struct Trial {
    /// Its name.
    pub name: &'static str,
    /// What it shows when it does not fail.
    pub promise: &'static str,
    /// Plays one run.
    pub run: fn(u64) -> Report,
    /// Runs that CI plays.
    pub quick: u64,
    /// Runs that count.
    pub full: u64,
}

/// All of them.
pub const TRIALS: &[Trial] = &[
    Trial {
        name: "heal",
        promise: "partitions of 2 to 5 sides heal to one key set and one log, and nothing alive is lost",
        run: healing::heal,
        quick: 60,
        full: 10_000,
    },
    Trial {
        name: "start-two",
        promise: "two who start in the same second are one room with one founder",
        run: entering::start_two,
        quick: 60,
        full: 1_000,
    },
    Trial {
        name: "start-thirty",
        promise: "thirty who start in the same second are one room with one founder",
        run: entering::start_thirty,
        quick: 6,
        full: 1_000,
    },
    Trial {
        name: "lone-founders",
        promise: "two rooms of one that meet become one room with one founder",
        run: entering::lone_founders,
        quick: 60,
        full: 1_000,
    },
    Trial {
        name: "star",
        promise: "32 who start at once through one link each are all confirmed within five seconds",
        run: entering::star,
        quick: 4,
        full: 200,
    },
];

/// The trial of this name.
pub fn find(name: &str) -> Option<&'static Trial> {
    TRIALS.iter().find(|t| t.name == name)
}

/// Links of every kind, chosen by the seed.
fn any_links(seed: u64) -> Links {
    match seed % 3 {
        0 => Links::LAN,
        1 => Links::WAN,
        _ => Links::BAD,
    }
}

/// A room of `n`, formed: everybody came at some time in the first seconds, with a calendar off by up to 90 seconds.
fn room_of(world: &mut World, n: usize, skew: bool) -> Result<Vec<usize>, Report> {
    let mut all = Vec::new();
    for _ in 0..n {
        let off = if skew { world.pick(180_001) as i64 - 90_000 } else { 0 };
        all.push(world.join(off));
        let wait = world.pick(2_000) as u64;
        world.run(wait);
    }
    let everybody = all.clone();
    let formed = world.run_until(100, 90_000, |w| {
        w.agree(&everybody)
            && everybody.iter().all(|i| w.state(*i).is_some_and(|s| s.others().len() + 1 == n))
    });
    match formed {
        Some(_) => Ok(all),
        None => Err(Report::broken("the room did not form", world, &all)),
    }
}

fn since(start: Mono, end: Mono) -> u64 {
    end.since(start)
}
