//! A room in which nobody says anything: what a member holds in memory, and what it takes of a processor.

use std::thread::sleep;
use std::time::Duration;

use super::Scale;
use crate::host;
use crate::process::{Crowd, Side};
use crate::table::{Row, Target, Unit, percentile, print};

const MEMBERS: usize = 8;
/// Longer than the thread of the slow hash stays: the time of threads that have gone is not to be seen any more.
const SETTLE: Duration = Duration::from_secs(15);

/// Of each member: all its memory, what of it is no file's, processor time in hundredths of a core.
struct Seen {
    memory: Vec<f64>,
    own: Vec<f64>,
    processor: Vec<f64>,
}

pub(super) fn measure(scale: Scale) {
    let length = Duration::from_secs(scale.pick(60, 10));
    let (ours, bare) = (pass(Side::Ours, length), pass(Side::Bare, length));
    let row = |what: &str, unit, of: fn(&Seen) -> &[f64], part: f64| {
        Row::new(what, unit, percentile(of(&ours), part)).beside(percentile(of(&bare), part))
    };
    let rows = [
        row("memory, the most of any", Unit::MiB, |seen| &seen.memory, 1.0).aim(Target::Most(25.0)),
        row("memory, the middle one", Unit::MiB, |seen| &seen.memory, 0.5),
        row("of it no file's, the most of any", Unit::MiB, |seen| &seen.own, 1.0),
        row("of a core, the most of any", Unit::Percent, |seen| &seen.processor, 1.0).aim(Target::Most(0.1)),
        row("of a core, the middle one", Unit::Percent, |seen| &seen.processor, 0.5),
    ];
    let seconds = length.as_secs();
    print(&format!("idle: {MEMBERS} members behind a passphrase, nobody talks for {seconds} s"), &rows);
}

fn pass(side: Side, length: Duration) -> Seen {
    let mut crowd = Crowd::of(side, MEMBERS, Some("seven otters row upstream"), |addrs| addrs.len());
    crowd.complete(false);
    sleep(SETTLE);
    let pids: Vec<u32> = (0..MEMBERS).map(|who| crowd.pid(who)).collect();
    let spent = || pids.iter().map(|pid| host::processor_ms(*pid).unwrap_or(f64::NAN)).collect::<Vec<f64>>();
    let before = spent();
    sleep(length);
    let took = spent().into_iter().zip(before).map(|(after, before)| after - before);
    let processor = took.map(|ms| ms / (length.as_secs_f64() * 1e3) * 100.0).collect();
    let (memory, own) = pids.iter().map(|pid| host::memory(*pid).unwrap_or((f64::NAN, f64::NAN))).unzip();
    Seen { memory, own, processor }
}
