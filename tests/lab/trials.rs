//! How often a thing is tried, and how its times are told.

use std::io::Write;
use std::time::Duration;

/// How often each of these is tried: `EPHEM_TRIALS`, or once.
pub(crate) fn trials() -> usize {
    std::env::var("EPHEM_TRIALS").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

pub(crate) fn middle(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

pub(crate) fn figure(what: &str, text: &str) {
    let _ = writeln!(std::io::stdout(), "{what}: {text}");
}

/// Tries it so often, tells the times, and gives the worst.
pub(crate) fn worst_of(what: &str, mut trial: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..trials()).map(|_| trial()).collect();
    let middle = middle(&mut times);
    let worst = times[times.len() - 1];
    let text =
        format!("{:.1} s in the middle, {:.1} s at the worst", middle.as_secs_f64(), worst.as_secs_f64());
    figure(what, &format!("{text}, of {}", times.len()));
    worst
}
