//! Plays trials of the simulator: `sim [TRIAL..] [--runs N] [--seed N] [--full]`.
//!
//! With `--seed` one run is played and what broke is shown. Figures come as median, 99th percentile and worst.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for people, timed by the wall"
)]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use ephem_node::room::sim::scenario::{Report, TRIALS, Trial, find};

fn main() -> ExitCode {
    let mut names = Vec::new();
    let (mut runs, mut seed, mut full) = (None, None, false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--runs" => runs = args.next().and_then(|n| n.parse().ok()),
            "--seed" => seed = args.next().and_then(|n| n.parse().ok()),
            "--full" => full = true,
            name => names.push(name.to_owned()),
        }
    }
    let mut chosen: Vec<&Trial> = Vec::new();
    for name in &names {
        match find(name) {
            Some(trial) => chosen.push(trial),
            None => {
                println!("no trial is called {name}; there are:");
                TRIALS.iter().for_each(|t| println!("  {:18} {}", t.name, t.promise));
                return ExitCode::from(2);
            }
        }
    }
    if chosen.is_empty() {
        chosen = TRIALS.iter().collect();
    }
    let mut failed = 0;
    for trial in chosen {
        let count = runs.unwrap_or(if full { trial.full } else { trial.quick });
        failed += play(trial, seed, count);
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn play(trial: &Trial, seed: Option<u64>, count: u64) -> u64 {
    let begin = Instant::now();
    let seeds = seed.map_or(0..count, |s| s..s + 1);
    let reports = run_all(trial, seeds);
    let mut figures: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    let mut failures = Vec::new();
    for (seed, report) in reports {
        for (name, value) in report.figures {
            figures.entry(name).or_default().push(value);
        }
        if let Some(why) = report.failure {
            failures.push((seed, why));
        }
    }
    let total = seed.map_or(count, |_| 1);
    println!(
        "{:16} {}/{} held in {:.1} s: {}",
        trial.name,
        total - failures.len() as u64,
        total,
        begin.elapsed().as_secs_f64(),
        trial.promise
    );
    for (name, mut values) in figures {
        values.sort_unstable();
        let at = |q: usize| values.get((values.len() * q / 100).min(values.len() - 1)).copied().unwrap_or(0);
        println!("    {name}: p50 {} p99 {} worst {} ({} values)", at(50), at(99), at(100), values.len());
    }
    for (seed, why) in failures.iter().take(if seed.is_some() { 1 } else { 3 }) {
        println!("  seed {seed}: {why}");
    }
    if failures.len() > 3 {
        let seeds: Vec<u64> = failures.iter().map(|f| f.0).take(40).collect();
        println!("  seeds that failed: {seeds:?}");
    }
    failures.len() as u64
}

/// Every core takes the next seed; the reports come back in the order of the seeds.
fn run_all(trial: &Trial, seeds: std::ops::Range<u64>) -> Vec<(u64, Report)> {
    let next = AtomicU64::new(seeds.start);
    let done = Mutex::new(BTreeMap::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let report = (trial.run)(seed);
                    if let Ok(mut done) = done.lock() {
                        done.insert(seed, report);
                    }
                }
            });
        }
    });
    done.into_inner().map(|d| d.into_iter().collect()).unwrap_or_default()
}
