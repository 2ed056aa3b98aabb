//! What a room costs as it grows: a message and a beat taken in, the traffic of saying nothing, fresh keys for all.
//!
//! A room of so many is played on the virtual network until all agree; then one member is taken out, the others' real frames
//! are recorded and handed to it one by one, and each call of `State::handle` is timed alone. So a figure is one member's
//! work for one frame, not the room's.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a benchmark prints, reads the wall clock, and may stop where a thing it made itself is broken"
)]

mod common;

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

use ephem_node::base::id::{Genesis, LogHead, SetTag};
use ephem_node::base::secret::{Secret, Text};
use ephem_node::crypto::gate::Gate;
use ephem_node::crypto::identity::Identity;
use ephem_node::crypto::kem::{self, KemSecret};
use ephem_node::crypto::seal::Hedge;
use ephem_node::room::envelope;
use ephem_node::room::io::Deed;
use ephem_node::room::sim::{SimRng, Taped, World};
use ephem_node::room::{Command, Input, Output, State, Timer};
use ephem_node::wire::frame::FrameType;
use ephem_node::wire::payload::{Body, Payload, Say};
use rand_core::SeedableRng;

use common::{Cost, gossip, nice, on_cpu, room_of, sizes, talk};

/// As in the program: what is freed is wiped, and that is a part of the cost.
#[cfg(feature = "node")]
#[global_allocator]
static MEMORY: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// How long nobody says anything.
const IDLE_MS: u64 = 600_000;
/// Messages that one member is handed, at least.
const MESSAGES: usize = 360;
const REKEYS: u64 = 7;

fn main() {
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let mut rows = Vec::new();
    for n in sizes() {
        let begin = Instant::now();
        let mut world = room_of(n);
        let (took, came) = (begin.elapsed().as_secs_f64(), world.traffic);
        println!(
            "a room of {n} stands: {} frames of gossip ({} bytes), {} straight to somebody ({} bytes); {took:.1} s to play",
            came.frames, came.bytes, came.direct_frames, came.direct_bytes,
        );
        rows.push((n, measure(&mut world, n)));
    }
    println!(
        "\nIdle for ten minutes (each frame counted once, at its author: a mesh carries it on, several times over)"
    );
    println!(
        "  members  frames/s all  frames/s each  bytes/s sent each  bytes/s heard each  bytes/s, 1 beat in 25 s"
    );
    for (n, row) in &rows {
        let secs = IDLE_MS as f64 / 1e3;
        let (all, bytes) = (row.frames as f64 / secs, row.bytes as f64 / secs);
        let each = *n as f64;
        println!(
            "  {n:>7}  {all:>12.2}  {:>13.4}  {:>17.1}  {:>18.1}  {:>23.1}",
            all / each,
            bytes / each,
            bytes * (each - 1.0) / each,
            640.0 / 25.0,
        );
    }
    println!("\nState::handle for one frame, beside opening a frame and nothing more");
    println!(
        "  members  opening (best/median)     message (best/median)     ratio  beat (best/median)        ratio"
    );
    for (n, row) in &rows {
        let two = |c: Cost| format!("{} / {}", nice(c.best), nice(c.median));
        println!(
            "  {n:>7}  {:24}  {:24}  {:>5.2}  {:24}  {:>5.2}",
            two(row.open),
            two(row.text),
            row.text.best / row.open.best,
            two(row.beat),
            row.beat.best / row.open.best,
        );
    }
    println!(
        "\nA rekey (best of {REKEYS}); bare: as many HPKE seals, or the one HPKE open, and nothing else"
    );
    println!(
        "  members  parts    bytes  issued in      bare   ratio  my part      bare   ratio  another's part"
    );
    for (n, row) in &rows {
        let bare = row.seal.best * (*n as f64 - 1.0);
        println!(
            "  {n:>7}  {:>5}  {:>7}  {:>9}  {:>8}  {:>5.2}  {:>8}  {:>8}  {:>5.2}  {:>9}",
            row.parts,
            row.rekey_bytes,
            nice(row.issue.best),
            nice(bare),
            row.issue.best / bare,
            nice(row.mine.best),
            nice(row.unseal.best),
            row.mine.best / row.unseal.best,
            nice(row.others.best),
        );
    }
}

struct Row {
    frames: u64,
    bytes: u64,
    open: Cost,
    text: Cost,
    beat: Cost,
    parts: usize,
    rekey_bytes: usize,
    issue: Cost,
    mine: Cost,
    others: Cost,
    seal: Cost,
    unseal: Cost,
}

fn measure(world: &mut World, n: usize) -> Row {
    let before = world.traffic;
    world.run(IDLE_MS);
    let idle = world.traffic;

    let mut founder = world.take_out(0).unwrap();
    let mut open_alone = opener();
    let (mut opens, mut texts, mut beats) = (Vec::new(), Vec::new(), Vec::new());
    for (_, topic, bytes) in talk(world, 1..n, (MESSAGES / (n - 1)).clamp(1, 20)) {
        let input = gossip(topic, &bytes);
        let now = world.now;
        texts.push(timed(|| founder.handle(now, input)));
        opens.push(open_alone());
    }
    assert_eq!(founder.living_count(), texts.len(), "all of them were messages, and all were taken");

    world.tape = Some(Vec::new());
    world.run(130_000);
    let taped = world.tape.take().unwrap_or_default();
    let gate = Gate::new(world.root(), &BTreeSet::new(), founder.room_time().day());
    let is_room =
        |t: &Taped| envelope::admit(&gate, &t.bytes).is_ok_and(|f| f.header.frame_type == FrameType::Room);
    for frame in taped.iter().filter(|t| is_room(t)) {
        let Some(topic) = frame.topic else { continue };
        let input = gossip(topic, &frame.bytes);
        founder.handle(frame.at, Input::Timer(Timer::Upkeep));
        beats.push(timed(|| founder.handle(frame.at, input)));
    }

    let mut other = world.take_out(1).unwrap();
    let rekey = rekey(world, &mut founder, &mut other);
    let (seal, unseal) = hpke();
    Row {
        frames: idle.frames + idle.direct_frames - before.frames - before.direct_frames,
        bytes: idle.bytes + idle.direct_bytes - before.bytes - before.direct_bytes,
        open: Cost::of(opens),
        text: Cost::of(texts),
        beat: Cost::of(beats),
        seal,
        unseal,
        ..rekey
    }
}

fn timed<T>(deed: impl FnOnce() -> T) -> f64 {
    let begin = Instant::now();
    let done = black_box(deed());
    let took = begin.elapsed().as_nanos() as f64;
    drop(done);
    took
}

/// Admits, opens and verifies a message of the same size: what no receiver can do without.
fn opener() -> impl FnMut() -> f64 {
    let mut rng = SimRng::seed_from_u64(3);
    let world = World::new(1, ephem_node::room::sim::Links::LAN);
    let gate = Gate::new(world.root(), &BTreeSet::new(), world.calendar().day());
    let (me, hedge, key) = (Identity::generate(&mut rng), Hedge::new(&mut rng), Secret::random(&mut rng));
    let payload = Payload {
        genesis: Genesis([1; 16]),
        generation: 1,
        epoch: world.calendar().epoch(),
        sender: me.id(),
        counter: 1,
        sent: world.calendar(),
        ttl_s: 600,
        log_head: LogHead([0; 16]),
        body: Body::Text(Say {
            n: 1,
            action: false,
            announce: false,
            from_read: false,
            keep: false,
            text: Text::new(&"x".repeat(256)),
            reply: None,
            once_s: 0,
        }),
    };
    let tag = SetTag([1; 4]);
    let frame =
        envelope::seal_frame(&me, &hedge, &mut rng, &gate, FrameType::Room, tag, &key, &payload).unwrap();
    move || {
        timed(|| {
            let opened = envelope::admit(&gate, &frame).ok().unwrap().open(&key).ok().unwrap();
            assert!(opened.is_signed());
            opened
        })
    }
}

/// The founder makes fresh keys, several times over; another member takes each.
fn rekey(world: &World, founder: &mut State<SimRng>, other: &mut State<SimRng>) -> Row {
    let (mut issue, mut mine, mut others) = (Vec::new(), Vec::new(), Vec::new());
    let (mut parts, mut rekey_bytes) = (0, 0);
    for i in 0..REKEYS {
        let now = world.now + 2_000 * i;
        for out in founder.handle(now, Input::Command(Command::Act(Deed::Rotate))) {
            if let Output::Publish { topic, bytes } = out {
                other.handle(now, gossip(topic, &bytes));
            }
        }
        let before = founder.set();
        let mut out = Vec::new();
        issue.push(on_cpu(|| out = founder.handle(now, Input::Timer(Timer::Rekey))));
        assert_ne!(founder.set(), before, "a generation was made");
        (parts, rekey_bytes) = (0, 0);
        for out in out {
            let Output::Publish { topic, bytes } = out else { continue };
            let lobby = bytes.len() > 640;
            parts += usize::from(lobby);
            rekey_bytes += if lobby { bytes.len() } else { 0 };
            let (input, was) = (gossip(topic, &bytes), other.set());
            let took = timed(|| other.handle(now, input));
            if other.set() == was { others.push(took) } else { mine.push(took) }
        }
        assert_eq!(founder.set(), other.set(), "and taken up");
    }
    Row {
        parts,
        rekey_bytes,
        issue: Cost::of(issue),
        mine: Cost::of(mine),
        others: Cost::of(others),
        frames: 0,
        bytes: 0,
        open: Cost::of(Vec::new()),
        text: Cost::of(Vec::new()),
        beat: Cost::of(Vec::new()),
        seal: Cost::of(Vec::new()),
        unseal: Cost::of(Vec::new()),
    }
}

/// One HPKE seal and one open of a 32-byte key.
fn hpke() -> (Cost, Cost) {
    let mut rng = SimRng::seed_from_u64(4);
    let (secret, public) = KemSecret::generate(&mut rng);
    let (mut seals, mut opens) = (Vec::new(), Vec::new());
    for _ in 0..200 {
        let mut sealed = Vec::new();
        seals.push(on_cpu(|| sealed = kem::seal(&public, None, b"info", b"", &[1; 32], &mut rng)));
        opens.push(timed(|| secret.open(None, b"info", b"", &sealed)));
    }
    (Cost::of(seals), Cost::of(opens))
}
