//! Plays a day of a room of eight in virtual time, or several, and says what the process holds in memory after each tenth of it:
//! `soak [--seed N] [--every MS] [--days N]`. Fails where a later tenth holds over 5 % more than the first.
//!
//! Somebody says something every ten seconds on average; what is said lives from ten seconds to an hour, some of it is sealed
//! and opened, some is taken back, and now and then somebody sleeps for a minute.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a program for people, timed by the wall; what it picks is from its own lists"
)]

use std::alloc::System;
use std::process::ExitCode;
use std::time::Instant;

use ephem_node::room::io::{Command, Draft, Event};
use ephem_node::room::sim::{Links, World};
use stats_alloc::StatsAlloc;

/// Counts what was asked for and not given back: what the process holds also depends on how its pages are filled.
#[global_allocator]
static HEAP: StatsAlloc<System> = StatsAlloc::system();

const MEMBERS: usize = 8;
const DAY_MS: u64 = 86_400_000;
/// How much more than after the first tenth is too much, in hundredths.
const GROWTH: u64 = 5;
const LIVES_S: [u64; 6] = [10, 60, 120, 600, 600, 3_600];

fn main() -> ExitCode {
    let (mut seed, mut every_ms, mut days) = (1, 10_000, 1);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let number = args.next().and_then(|n| n.parse().ok());
        match (arg.as_str(), number) {
            ("--seed", Some(n)) => seed = n,
            ("--every", Some(n @ 1..)) => every_ms = n,
            ("--days", Some(n @ 1..)) => days = n,
            _ => {
                println!("soak [--seed N] [--every MS] [--days N]");
                return ExitCode::from(2);
            }
        }
    }
    if resident_kib().is_none() {
        println!("this system does not say what a process holds in memory");
        return ExitCode::from(2);
    }
    let begun = Instant::now();
    let mut day = Day::new(seed, every_ms);
    println!("days: {days}, members: {MEMBERS}, seed {seed}, a message each {every_ms} ms on average");
    let (mut first, mut worst) = (0, 0);
    for tenth in 1..=10 {
        day.play(days.saturating_mul(DAY_MS) / 10);
        let held = resident_kib().unwrap_or_default();
        if tenth == 1 {
            first = held;
        }
        worst = worst.max(held);
        println!(
            "tenth {tenth:2}: {held} KiB, {:+.1} % beside the first; {} KiB asked for; {} said, {} gone, {} living; {:.0} s",
            (held as f64 / first.max(1) as f64 - 1.0) * 100.0,
            asked_for_kib(),
            day.said,
            day.burned,
            day.living(),
            begun.elapsed().as_secs_f64()
        );
    }
    let held = worst * 100 <= first * (100 + GROWTH);
    println!("at most {GROWTH} % more than after the first tenth: {}", if held { "held" } else { "MISSED" });
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The world, and what has happened in it.
struct Day {
    world: World,
    all: Vec<usize>,
    every_ms: u64,
    asleep: Option<(usize, u64)>,
    said: u64,
    burned: u64,
}

impl Day {
    fn new(seed: u64, every_ms: u64) -> Day {
        let mut world = World::new(seed, Links::BAD);
        let all: Vec<usize> = (0..MEMBERS)
            .map(|_| {
                world.run(2_500);
                world.join(0)
            })
            .collect();
        world.run(60_000);
        Day { world, all, every_ms, asleep: None, said: 0, burned: 0 }
    }

    fn play(&mut self, ms: u64) {
        let end = self.world.now + ms;
        while self.world.now < end {
            let pause = self.world.pick(self.every_ms as usize * 2) as u64 + 1;
            self.world.run(pause);
            self.someone_speaks();
            self.sleep_and_wake();
            self.look();
        }
    }

    fn someone_speaks(&mut self) {
        let who = self.all[self.world.pick(MEMBERS)];
        if self.asleep.is_some_and(|(sleeper, _)| sleeper == who) {
            return;
        }
        let life = LIVES_S[self.world.pick(LIVES_S.len())];
        let once_s = (self.world.pick(50) == 0).then_some(15);
        let text = "x".repeat(1 + self.world.pick(400));
        self.world.command(
            who,
            Command::Say(Draft { ttl_s: Some(life), once_s, ..Draft::plain(self.said, &text) }),
        );
        self.said += 1;
        if self.world.pick(2_000) == 0 {
            self.world.command(who, Command::BurnMine);
        }
    }

    fn sleep_and_wake(&mut self) {
        match self.asleep {
            Some((who, until)) if self.world.now.0 >= until => {
                self.world.wake(who);
                self.asleep = None;
            }
            None if self.world.pick(1_000) == 0 => {
                let who = self.all[self.world.pick(MEMBERS)];
                self.world.sleep(who);
                self.asleep = Some((who, self.world.now.0 + 60_000));
            }
            _ => {}
        }
    }

    /// What faces would be told: sealed messages are opened, some are taken back, and all of it is forgotten.
    fn look(&mut self) {
        for who in self.all.clone() {
            for (_, event) in self.world.take_events(who) {
                match event {
                    Event::Burned { .. } => self.burned += 1,
                    Event::Message(heard) if heard.text.is_none() => {
                        self.world.command(who, Command::Open(heard.id));
                    }
                    Event::Message(heard) if heard.mine && self.world.pick(100) == 0 => {
                        self.world.command(who, Command::Burn(vec![heard.id]));
                    }
                    _ => {}
                }
            }
        }
    }

    fn living(&self) -> usize {
        self.all.iter().filter_map(|who| self.world.state(*who)).map(|state| state.living_count()).sum()
    }
}

/// What was asked for and not given back.
fn asked_for_kib() -> usize {
    let heap = HEAP.stats();
    heap.bytes_allocated.saturating_sub(heap.bytes_deallocated) / 1_024
}

/// What this process holds in memory.
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
