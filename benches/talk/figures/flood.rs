//! One member who says thousands of things as fast as they are taken: when the last of them is everywhere, and what is lost.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use super::Scale;
use super::delivery::{SETTLE, number, text};
use crate::process::{Crowd, Heard, Side};
use crate::table::{Row, Target, Unit, print};

/// How often it is looked at what came: seldom, so that the looking costs nothing.
const LOOK: Duration = Duration::from_millis(200);
/// Whoever has had nothing for so long gets nothing more.
const STILL: Duration = Duration::from_secs(5);
/// What takes longer than this is given up.
const MOST: Duration = Duration::from_secs(120);

/// What was seen of one side.
#[derive(Default)]
struct Seen {
    rates: Vec<f64>,
    expected: usize,
    lost: usize,
}

impl Seen {
    fn best(&self) -> f64 {
        self.rates.iter().copied().fold(0.0, f64::max)
    }

    fn middle(&self) -> f64 {
        crate::table::percentile(&self.rates, 0.5)
    }
}

pub(super) fn measure(scale: Scale) {
    let (messages, passes) = (scale.pick(5_000, 1_000), scale.pick(3, 1));
    for members in scale.sizes([2, 8]) {
        let sides = [Side::Ours, Side::Bare, Side::Signed];
        let mut seen = sides.map(|_| Seen::default());
        for _ in 0..passes {
            for (side, seen) in sides.into_iter().zip(&mut seen) {
                pass(side, members, messages, seen);
            }
        }
        let [ours, bare, signed] = &seen;
        let rate =
            |what: &str, other: &Seen| Row::new(what, Unit::PerSecond, ours.middle()).beside(other.middle());
        let lost = |what: String, other: &Seen| {
            Row::new(what, Unit::Count, ours.lost as f64).beside(other.lost as f64)
        };
        let rows = [
            rate("messages that are everywhere, a second", bare).aim(Target::LeastTimes(0.5)),
            rate("the same, beside the signed one", signed),
            Row::new("the same in the best pass", Unit::PerSecond, ours.best()).beside(bare.best()),
            lost(format!("lost, of {} deliveries", ours.expected), bare).aim(Target::Most(0.0)),
            lost("lost, beside the signed one".to_owned(), signed),
        ];
        print(
            &format!(
                "flood: {messages} messages of 256 bytes from one of {members}, as fast as they are taken"
            ),
            &rows,
        );
    }
}

fn pass(side: Side, members: usize, messages: usize, seen: &mut Seen) {
    let mut crowd = Crowd::of(side, members, None, |addrs| addrs.len());
    crowd.complete(false);
    thread::sleep(SETTLE);
    while crowd.next(Instant::now()).is_some() {}
    let lines: Vec<String> = (0..messages).map(|n| side.spoken(&text(n))).collect();
    let mut input = crowd.input(0);
    let begin = Instant::now();
    let writer = thread::spawn(move || {
        for line in &lines {
            input.write_all(line.as_bytes()).expect("it reads");
        }
        // Closing the input is quitting: it is given back, and closed when all is over.
        input
    });
    let (mut heard, mut last): (Vec<Heard>, Instant) = (Vec::new(), begin);
    while last.elapsed() < STILL && begin.elapsed() < MOST {
        thread::sleep(LOOK);
        while let Some(line) = crowd.next(Instant::now()) {
            last = line.at;
            heard.push(line);
        }
    }
    let mut there = vec![false; messages * members];
    let (mut count, mut end) = (0, begin);
    for line in &heard {
        if let Some(n) = number(side, &line.line)
            && !std::mem::replace(&mut there[n * members + line.who], true)
        {
            count += 1;
            end = end.max(line.at);
        }
    }
    let expected = messages * (members - 1);
    seen.rates.push(count as f64 / (members - 1) as f64 / (end - begin).as_secs_f64());
    seen.expected += expected;
    seen.lost += expected - count;
    drop(crowd);
    drop(writer.join());
}
