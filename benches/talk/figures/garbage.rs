//! Junk from a neighbour who knows the topic but not the room, and junk on the input: nobody stops, grows or falls silent.

use std::time::{Duration, Instant};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng};

use super::Scale;
use crate::host;
use crate::host::own_path;
use crate::process::{Crowd, Side};
use crate::table::{Row, Target, Unit, print};

const MEMBERS: usize = 3;
/// How long the stranger may take.
const MOST: Duration = Duration::from_secs(300);
/// What an allocator may keep of a busy while: a figure that grows with the junk is far above it.
const GROWTH: f64 = 4.0;

pub(super) fn measure(scale: Scale) {
    let (frames, lines) = (scale.pick(10_000, 1_000), scale.pick(1_000, 200));
    let mut crowd = Crowd::of(Side::Ours, MEMBERS, None, |addrs| addrs.len());
    crowd.complete(false);
    let addrs: Vec<String> = (0..MEMBERS).map(|who| crowd.address(who)).collect();
    let mut rows = Vec::new();

    let before = memory(&crowd);
    let names = junk(frames, &addrs);
    rows.push(Row::new(format!("{frames} frames of junk: names used up"), Unit::Count, names));
    after(&mut crowd, "junk frames", before, &mut rows);

    let before = memory(&crowd);
    let answered = rubbish(&mut crowd, lines);
    let unanswered = lines as f64 - answered as f64;
    rows.push(
        Row::new(format!("{lines} random lines: unanswered"), Unit::Count, unanswered).aim(Target::Most(0.0)),
    );
    after(&mut crowd, "random lines", before, &mut rows);
    print("garbage: a room of three", &rows);
}

/// What is to be seen once it is over.
fn after(crowd: &mut Crowd, what: &str, before: f64, rows: &mut Vec<Row>) {
    let grown = memory(crowd) - before;
    let ended = f64::from(u8::from(!crowd.all_run()));
    let heard = heard_everywhere(crowd, what);
    rows.push(Row::new(format!("{what}: members that ended"), Unit::Count, ended).aim(Target::Most(0.0)));
    rows.push(
        Row::new(format!("{what}: the most that one grew"), Unit::MiB, grown).aim(Target::Most(GROWTH)),
    );
    rows.push(
        Row::new(format!("{what}: a message after it is there within"), Unit::Ms, heard)
            .aim(Target::Most(2_000.0)),
    );
}

/// The memory of the largest.
fn memory(crowd: &Crowd) -> f64 {
    let each = (0..MEMBERS).filter_map(|who| host::memory(crowd.pid(who))).map(|(all, _)| all);
    each.fold(f64::NAN, f64::max)
}

/// A stranger that sends so much junk; gives under how many names it did.
fn junk(frames: usize, addrs: &[String]) -> f64 {
    let mut stranger = Crowd::new(Side::Bare);
    let words = [own_path(), "bare".to_owned(), "junk".to_owned(), frames.to_string()];
    stranger.spawn(None, words.into_iter().chain(addrs.iter().cloned()).collect());
    let (end, mut names) = (Instant::now() + MOST, f64::INFINITY);
    while let Some(heard) = stranger.next(end) {
        if heard.line == "done" {
            return names;
        }
        let said = heard.line.strip_prefix("sent ").and_then(|rest| rest.split(' ').nth(2));
        names = said.and_then(|n| n.parse().ok()).unwrap_or(names);
    }
    f64::INFINITY
}

/// Random bytes on the first one's input; gives how many lines were answered.
fn rubbish(crowd: &mut Crowd, lines: usize) -> usize {
    let mut rng = ChaCha20Rng::from_seed([17; 32]);
    for _ in 0..lines {
        let mut line = vec![0; (rng.next_u64() % 512) as usize];
        rng.fill_bytes(&mut line);
        line.retain(|byte| *byte != b'\n');
        line.push(b'\n');
        crowd.raw(0, &line);
    }
    let (mut answered, end) = (0, Instant::now() + Duration::from_secs(10));
    while answered < lines
        && let Some(heard) = crowd.next(end)
    {
        answered += usize::from(heard.line.contains("\"type\":\"reply\""));
    }
    answered
}

/// How long until all others have heard the first.
fn heard_everywhere(crowd: &mut Crowd, text: &str) -> f64 {
    while crowd.next(Instant::now()).is_some() {}
    let said = crowd.say(0, text);
    let (mut missing, mut last) = (MEMBERS - 1, said);
    while missing > 0
        && let Some(heard) = crowd.next(said + Duration::from_secs(10))
    {
        if crowd.side.said(&heard.line) == Some(text) {
            missing -= 1;
            last = heard.at;
        }
    }
    if missing > 0 { f64::INFINITY } else { (last - said).as_secs_f64() * 1e3 }
}
