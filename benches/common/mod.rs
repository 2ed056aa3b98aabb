//! What the benchmarks share: a stopwatch for short deeds, a table, and rooms to measure in.
//!
//! The machine may be busy with other things, so everything that is compared is timed in turns, many short rounds each, and
//! the best round counts: noise only ever adds. The median stands beside it, to show how noisy it was.
#![allow(dead_code, reason = "each benchmark uses its own part of this")]

use std::hint::black_box;
use std::time::Instant;

use cpu_time::ThreadTime;
use ephem_node::base::id::{Peer, Topic};
use ephem_node::base::time::Mono;
use ephem_node::room::sim::{Links, SimRng, World};
use ephem_node::room::{Input, State};

/// One round: gives nanoseconds a deed.
pub(crate) type Round<'a> = Box<dyn FnMut() -> f64 + 'a>;

/// What a deed costs, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// In the best round.
    pub(crate) best: f64,
    /// In the round in the middle.
    pub(crate) median: f64,
}

impl Cost {
    /// From the rounds of one deed.
    pub(crate) fn of(mut rounds: Vec<f64>) -> Cost {
        rounds.sort_by(f64::total_cmp);
        let at = |i: usize| rounds.get(i).copied().unwrap_or(f64::NAN);
        Cost { best: at(0), median: at(rounds.len() / 2) }
    }
}

/// A round of `n` deeds. What each needs is made before the clock starts.
pub(crate) fn round<'a, I: 'a, O: 'a>(
    n: usize,
    mut make: impl FnMut() -> I + 'a,
    mut deed: impl FnMut(I) -> O + 'a,
) -> Round<'a> {
    Box::new(move || {
        let inputs: Vec<I> = (0..n).map(|_| make()).collect();
        let begin = Instant::now();
        for input in inputs {
            black_box(deed(black_box(input)));
        }
        begin.elapsed().as_nanos() as f64 / n as f64
    })
}

/// What a long deed takes of a processor, in nanoseconds. By the wall it would be charged for waiting whenever others
/// want the processor too; deeds of microseconds fit between such waits, deeds of milliseconds do not.
pub(crate) fn on_cpu<T>(deed: impl FnOnce() -> T) -> f64 {
    let begin = ThreadTime::now();
    let done = black_box(deed());
    let took = begin.elapsed().as_nanos() as f64;
    drop(done);
    took
}

/// Times deeds in turns, so that whatever else the machine does befalls them alike.
pub(crate) fn in_turns(rounds: usize, deeds: Vec<(&'static str, Round<'_>)>) -> Vec<(&'static str, Cost)> {
    let (names, mut deeds): (Vec<_>, Vec<_>) = deeds.into_iter().unzip();
    let mut taken = vec![Vec::with_capacity(rounds); deeds.len()];
    deeds.iter_mut().for_each(|deed| {
        deed();
    });
    for _ in 0..rounds {
        for (deed, taken) in deeds.iter_mut().zip(&mut taken) {
            taken.push(deed());
        }
    }
    names.into_iter().zip(taken.into_iter().map(Cost::of)).collect()
}

/// Prints costs; the first line of a table is what the others are compared with.
pub(crate) fn table(title: &str, costs: &[(&'static str, Cost)]) {
    println!("\n{title}");
    println!("  {:52} {:>11} {:>7} {:>11} {:>7}", "", "best", "ratio", "median", "ratio");
    let Some((_, first)) = costs.first() else { return };
    for (name, cost) in costs {
        let (best, median) = (cost.best / first.best, cost.median / first.median);
        let (a, b) = (nice(cost.best), nice(cost.median));
        println!("  {name:52} {a:>11} {best:>7.2} {b:>11} {median:>7.2}");
    }
}

/// Nanoseconds as a person reads them.
pub(crate) fn nice(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.2} us", ns / 1e3),
        ns if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}

/// The sizes asked for on the command line (`cargo bench --bench room -- 2 10`), or all.
pub(crate) fn sizes() -> Vec<usize> {
    let asked: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    if asked.is_empty() { vec![2, 10, 100, 250] } else { asked }
}

/// A room of `n`, come in one by one, all of whom hold the same keys and the same log and know each other.
pub(crate) fn room_of(n: usize) -> World {
    let mut world = World::new(7, Links::LAN);
    // Noon: no second topic is open, and no midnight falls into what is measured.
    world.set_calendar(ephem_node::base::time::Unix(1_780_012_800_000));
    let all: Vec<usize> = (0..n)
        .map(|i| {
            let who = world.join(0);
            world.run(if i == 0 { 2_000 } else { 250 });
            who
        })
        .collect();
    let settled = |w: &World| {
        n == 1 || w.agree(&all) && all.iter().all(|i| w.state(*i).is_some_and(|s| s.others().len() == n - 1))
    };
    let met = world.run_until(1_000, 600_000, settled);
    assert!(met.is_some(), "the room did not settle: {}", world.describe(&all));
    world
}

/// Frames that the others gossip while they each say `each` things, on the topic they came on, with when.
pub(crate) fn talk(
    world: &mut World,
    speakers: std::ops::Range<usize>,
    each: usize,
) -> Vec<(Mono, Topic, Vec<u8>)> {
    world.tape = Some(Vec::new());
    for _ in 0..each {
        for who in speakers.clone() {
            world.say(who, &"x".repeat(256));
        }
    }
    let taped = world.tape.take().unwrap_or_default();
    taped.into_iter().filter_map(|t| t.topic.map(|topic| (t.at, topic, t.bytes))).collect()
}

/// A frame as it comes in over some link.
pub(crate) fn gossip(topic: Topic, bytes: &[u8]) -> Input {
    Input::Gossip { topic, from: link(), bytes: bytes.to_vec() }
}

/// Some link.
pub(crate) fn link() -> Peer {
    Peer::new(&[9; 8]).unwrap_or_else(|| unreachable!("eight bytes are a peer"))
}

/// A member of a room of three, and what is needed to talk to it.
pub(crate) struct Member {
    /// The member.
    pub(crate) state: State<SimRng>,
    /// The instant it is.
    pub(crate) now: Mono,
    /// The room, without that member.
    pub(crate) world: World,
}

/// The founder of a room of `n`.
pub(crate) fn founder_of(n: usize) -> Member {
    let mut world = room_of(n);
    match world.take_out(0) {
        Some(state) => Member { state, now: world.now, world },
        None => unreachable!("who came in is there"),
    }
}
