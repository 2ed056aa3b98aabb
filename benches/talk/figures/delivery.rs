//! Messages at the pace of a lively room: how long each takes to each, how many never come, and what goes over the wire.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Scale;
use crate::host;
use crate::process::{Crowd, Side};
use crate::table::{Row, Target, Unit, percentile, print};

/// Between two messages, of whomever.
const EACH: Duration = Duration::from_millis(50);
/// Bytes of a text.
pub(super) const TEXT: usize = 256;
/// After all know each other. The usual heartbeat begins five seconds after the start, and completes meshes.
pub(super) const SETTLE: Duration = Duration::from_secs(7);
/// The same where most have yet to find links: members' addresses are handed to the network every 15 s.
const SETTLE_STAR: Duration = Duration::from_secs(25);
/// How long nothing is said, to see what is sent nevertheless.
const QUIET: Duration = Duration::from_secs(10);
/// What comes later than this after the last message is missing.
const GRACE: Duration = Duration::from_secs(10);
/// Bytes are counted so long after the last message, so that what follows from it is counted.
const TAIL: Duration = Duration::from_secs(1);

/// A room in which messages are timed.
#[derive(Clone, Copy)]
struct Shape {
    members: usize,
    /// All were told the first one's address, and no other.
    star: bool,
    passes: usize,
    messages: usize,
}

/// What was seen, over all passes of one side.
#[derive(Default)]
struct Seen {
    ms: Vec<f64>,
    expected: usize,
    bytes: f64,
    seconds: f64,
    quiet_bytes: f64,
    quiet_seconds: f64,
}

impl Seen {
    fn missing(&self) -> f64 {
        (self.expected - self.ms.len()) as f64
    }

    fn bytes_each(&self) -> f64 {
        self.bytes / self.ms.len() as f64
    }

    fn quiet_rate(&self) -> f64 {
        self.quiet_bytes / self.quiet_seconds
    }

    fn bytes_each_beyond_quiet(&self) -> f64 {
        (self.bytes - self.quiet_rate() * self.seconds) / self.ms.len() as f64
    }
}

pub(super) fn everybody_knows_everybody(scale: Scale) {
    for members in scale.sizes([2, 8, 32]) {
        let shape = Shape { members, star: false, passes: scale.pick(2, 1), messages: scale.pick(320, 80) };
        let aims = [Target::MostTimes(1.25), Target::MostTimes(1.5)];
        let title =
            format!("delivery: {members} members who know each other, 20 messages of 256 bytes a second");
        measure(&title, shape, aims);
    }
}

pub(super) fn one_address(scale: Scale) {
    let shape = Shape { members: 32, star: true, passes: scale.pick(2, 1), messages: scale.pick(320, 80) };
    let aims = [Target::Most(5.0), Target::Most(25.0)];
    measure("one-address: 32 members who were told the first one's address only, the same", shape, aims);
}

fn measure(title: &str, shape: Shape, [p50, p99]: [Target; 2]) {
    let sides = [Side::Ours, Side::Bare, Side::Signed];
    let mut seen = sides.map(|_| Seen::default());
    for _ in 0..shape.passes {
        for (side, seen) in sides.into_iter().zip(&mut seen) {
            pass(side, shape, seen);
        }
    }
    let [ours, bare, signed] = &seen;
    let at = |seen: &Seen, part: f64| percentile(&seen.ms, part);
    let times = |name: &str, part: f64, aim: Target| {
        let row = |with: &str, other: &Seen| {
            Row::new(format!("{name}{with}"), Unit::Ms, at(ours, part)).beside(at(other, part))
        };
        [row("", bare).aim(aim), row(", beside the signed one", signed)]
    };
    let mut rows: Vec<Row> = times("half are there within", 0.5, p50).into();
    rows.extend(times("99 of 100 within", 0.99, p99));
    rows.push(Row::new("the slowest", Unit::Ms, at(ours, 1.0)).beside(at(bare, 1.0)));
    let what = format!("missing, of {} deliveries", ours.expected);
    rows.push(Row::new(what, Unit::Count, ours.missing()).beside(bare.missing()).aim(Target::Most(0.0)));
    rows.push(
        Row::new("missing, beside the signed one", Unit::Count, ours.missing()).beside(signed.missing()),
    );
    if host::wire_bytes().is_some() {
        let row = |what: &str, of: fn(&Seen) -> f64| Row::new(what, Unit::Bytes, of(ours)).beside(of(bare));
        let all = row("bytes on the wire for each delivery", Seen::bytes_each);
        rows.push(if shape.members > 2 { all.aim(Target::Most(2_300.0)) } else { all });
        rows.push(row("the same without what is sent when nobody talks", Seen::bytes_each_beyond_quiet));
        let each = |seen: &Seen| seen.quiet_rate() / shape.members as f64;
        rows.push(
            Row::new("a member when nobody talks, a second", Unit::Bytes, each(ours)).beside(each(bare)),
        );
    }
    print(title, &rows);
}

fn pass(side: Side, shape: Shape, seen: &mut Seen) {
    let told = |addrs: &[String]| if shape.star { addrs.len().min(1) } else { addrs.len() };
    let mut crowd = Crowd::of(side, shape.members, None, told);
    crowd.complete(shape.star);
    sleep(if shape.star { SETTLE_STAR } else { SETTLE });
    let (begin, bytes) = (Instant::now(), wire());
    sleep(QUIET);
    seen.quiet_bytes += wire() - bytes;
    seen.quiet_seconds += begin.elapsed().as_secs_f64();
    while crowd.next(Instant::now()).is_some() {}

    let (begin, bytes) = (Instant::now(), wire());
    let mut sent: Vec<Instant> = Vec::with_capacity(shape.messages);
    for n in 0..shape.messages {
        let due = begin + EACH * n as u32;
        sleep(due.saturating_duration_since(Instant::now()));
        sent.push(crowd.say(n % shape.members, &text(n)));
    }
    sleep(TAIL);
    seen.bytes += wire() - bytes;
    seen.seconds += begin.elapsed().as_secs_f64();

    let expected = shape.messages * (shape.members - 1);
    let mut there = vec![false; shape.messages * shape.members];
    let (mut count, end) = (0, Instant::now() + GRACE);
    while count < expected
        && let Some(heard) = crowd.next(end)
    {
        if let Some(n) = number(side, &heard.line)
            && !std::mem::replace(&mut there[n * shape.members + heard.who], true)
        {
            count += 1;
            seen.ms.push((heard.at - sent[n]).as_secs_f64() * 1e3);
        }
    }
    seen.expected += expected;
}

fn wire() -> f64 {
    host::wire_bytes().unwrap_or(f64::NAN)
}

/// A text with a number, as long as all the others.
pub(super) fn text(n: usize) -> String {
    format!("{:x<TEXT$}", format!("@{n}@"))
}

/// The number of the text that somebody else said, if the line is that.
pub(super) fn number(side: Side, line: &str) -> Option<usize> {
    side.said(line)?.strip_prefix('@')?.split('@').next()?.parse().ok()
}
