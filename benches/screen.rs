//! What the screen costs: frames, the way from a key to its frame, the first frame of `join`, and doing nothing.
//! `cargo bench --bench screen`; the figures with processes need Linux and `script`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark prints, reads the wall clock, and may stop where a thing it made itself is broken"
)]

mod common;
#[path = "../tests/screen/stage.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod stage;

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use common::{Round, in_turns, table};
use ephem_node::base::id::MsgId;
use ephem_node::base::secret::Text;
use ephem_node::chat::text::Body;
use ephem_node::tui::canvas::Canvas;
use ephem_node::tui::{Key, Look};
use stage::{MINUTE, Stage};

const SIZE: (u16, u16) = (120, 35);
const LIVING: u64 = 5_000;

fn main() {
    // `cargo test` runs benchmarks too, to see that they still build.
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    frames();
    keys();
    #[cfg(target_os = "linux")]
    processes::measure();
}

/// A talk of so many messages, each of which lives so long.
fn talk(count: u64, lives_ms: u64) -> Stage {
    let mut stage = Stage::new(Look::default()).in_room("lobby", &["ana", "bob", "carla"]);
    for n in 0..count {
        say(&mut stage, n, lives_ms);
    }
    stage
}

fn say(stage: &mut Stage, n: u64, lives_ms: u64) {
    let text = format!("message {n}: we meet at the north gate, and bring the key with you");
    let mut message = stage.message("lobby", ["ana", "bob", "carla"][n as usize % 3], "", Some(lives_ms));
    message.id = MsgId(n.to_be_bytes());
    message.text = Some(Body::of(&Text::new(&text)));
    stage.tell_message(message);
}

fn frames() {
    let mut still = talk(LIVING, 30 * MINUTE);
    let mut fresh = talk(LIVING, 30 * MINUTE);
    let mut fire = talk(30, 30 * MINUTE);
    for n in 30..60 {
        say(&mut fire, n, 690);
    }
    let canvas = || Canvas::new(io::sink(), SIZE);
    let (mut one, mut two, mut three, mut bare) = (canvas(), canvas(), canvas(), canvas());
    let begin = fire.now;
    let (mut n, mut ms) = (LIVING, 0);
    // The ids of the messages that keep coming are those of messages that have long had to make place.
    let frame = move || {
        n += 1;
        say(&mut fresh, n, 30 * MINUTE);
        let at = fresh.at();
        fresh.screen.tick(at);
        two.draw(|cells| fresh.screen.draw(at, cells))
    };
    let burning = move || {
        ms = (ms + 33) % 690;
        fire.now = begin + ms;
        let at = fire.at();
        three.draw(|cells| fire.screen.draw(at, cells))
    };
    let timed = |deed: Box<dyn FnMut() -> io::Result<()>>| -> Round<'static> {
        let mut deed = deed;
        Box::new(move || {
            const DEEDS: u32 = 50;
            let begin = Instant::now();
            for _ in 0..DEEDS {
                deed().expect("a sink takes all");
            }
            begin.elapsed().as_nanos() as f64 / f64::from(DEEDS)
        })
    };
    let costs = in_turns(
        40,
        vec![
            ("baseline: clear and compare an empty frame", timed(Box::new(move || bare.draw(|_| None)))),
            (
                "a frame, 5,000 living, nothing new (target 1 ms)",
                timed(Box::new(move || {
                    let at = still.at();
                    still.screen.tick(at);
                    one.draw(|cells| still.screen.draw(at, cells))
                })),
            ),
            ("a message comes and the talk moves, 5,000 living", timed(Box::new(frame))),
            ("a frame while 30 rows burn (target 3 ms)", timed(Box::new(burning))),
        ],
    );
    table("one frame of 120x35, with its bytes written", &costs);
}

/// What can happen to the loop below.
enum Happens {
    Key(Instant),
    Message(u64),
}

/// From a key to its frame while 200 messages a second come in, in a loop like the program's: what a key did is drawn at
/// once, what messages did at most every 16 ms.
fn keys() {
    const SECONDS: u64 = 10;
    let (to, happens) = mpsc::channel();
    let keys = to.clone();
    let every = |ms: u64, count: u64, mut send: Box<dyn FnMut(u64) + Send>| {
        let begin = Instant::now();
        thread::spawn(move || {
            for n in 0..count {
                thread::sleep(
                    (begin + Duration::from_millis(ms * n)).saturating_duration_since(Instant::now()),
                );
                send(n);
            }
        })
    };
    let senders = [
        every(5, SECONDS * 200, Box::new(move |n| drop(to.send(Happens::Message(LIVING + n))))),
        every(41, SECONDS * 24, Box::new(move |_| drop(keys.send(Happens::Key(Instant::now()))))),
    ];
    let mut stage = talk(LIVING, 30 * MINUTE);
    let mut canvas = Canvas::new(io::sink(), SIZE);
    let (mut drawn, mut stale, mut took) = (Instant::now(), false, Vec::new());
    let gap = Duration::from_millis(16);
    loop {
        let wait = if stale { (drawn + gap).saturating_duration_since(Instant::now()) } else { gap * 100 };
        let mut pressed = None;
        match happens.recv_timeout(wait) {
            Ok(Happens::Key(when)) => {
                stage.key(Key::Char('x'));
                pressed = Some(when);
            }
            Ok(Happens::Message(n)) => {
                say(&mut stage, n, 30 * MINUTE);
                stale = true;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if pressed.is_some() || (stale && drawn + gap <= Instant::now()) {
            let at = stage.at();
            stage.screen.tick(at);
            canvas.draw(|cells| stage.screen.draw(at, cells)).expect("a sink takes all");
            (drawn, stale) = (Instant::now(), false);
        }
        took.extend(pressed.map(|when| when.elapsed()));
    }
    for sender in senders {
        sender.join().expect("it ends");
    }
    took.sort();
    let at = |share: usize| took[(took.len() - 1) * share / 100];
    println!("\nfrom a key to its frame, 200 messages a second coming in, {} keys", took.len());
    println!("  median {:.2?}, p99 {:.2?} (target 20 ms), longest {:.2?}", at(50), at(99), at(100));
}

#[cfg(target_os = "linux")]
mod processes {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::process::{Child, Command, Stdio};
    use std::sync::Arc;
    use std::sync::atomic::Ordering::Relaxed;
    use std::sync::atomic::{AtomicBool, AtomicU64};
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;
    use std::time::{Duration, Instant};

    const PROGRAM: &str = env!("CARGO_BIN_EXE_ephem-node");
    const QUIET: &str = "--no-mdns --no-dht --listen /ip4/127.0.0.1/tcp/0";

    struct Window {
        child: Child,
        shown: Receiver<(Instant, Vec<u8>)>,
    }

    impl Window {
        fn run(line: &str) -> Window {
            let line = format!("stty rows 35 cols 120; exec {line}");
            let mut child = Command::new("script")
                .args(["-q", "-E", "always", "-c", &line, "/dev/null"])
                .env("TERM", "xterm-256color")
                .env("LANG", "C.UTF-8")
                .env("XDG_CONFIG_HOME", "/nonexistent")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("script");
            let (to, shown) = channel();
            let mut stdout = child.stdout.take().expect("a pipe");
            thread::spawn(move || {
                let mut bytes = [0; 65_536];
                while let Ok(read @ 1..) = stdout.read(&mut bytes) {
                    if to.send((Instant::now(), bytes[..read].to_vec())).is_err() {
                        return;
                    }
                }
            });
            Window { child, shown }
        }

        /// When this was shown for the first time.
        fn until(&self, what: &[u8]) -> Instant {
            let mut seen = Vec::new();
            loop {
                let (when, bytes) = self.shown.recv_timeout(Duration::from_secs(30)).expect("it is shown");
                seen.extend(bytes);
                if seen.windows(what.len()).any(|part| part == what) {
                    return when;
                }
            }
        }
    }

    impl Window {
        /// Types so many keys, each after the one before was shown and a moment has passed; says how long each took. In the
        /// end the row is empty again.
        fn typed(&mut self, keys: usize) -> Vec<Duration> {
            let took = (0..keys)
                .map(|n| {
                    // Not in step with the messages, which come every five milliseconds.
                    thread::sleep(Duration::from_micros(13_000 + 700 * (n as u64 % 11)));
                    while self.shown.try_recv().is_ok() {}
                    let letter = LETTERS[n % LETTERS.len()];
                    let begin = Instant::now();
                    self.keys(&[letter]);
                    loop {
                        let (when, bytes) =
                            self.shown.recv_timeout(Duration::from_secs(30)).expect("it is shown");
                        if bytes.contains(&letter) {
                            return when.duration_since(begin);
                        }
                    }
                })
                .collect();
            self.keys(&[21]);
            took
        }

        fn keys(&mut self, keys: &[u8]) {
            let pipe = self.child.stdin.as_mut().expect("a pipe");
            pipe.write_all(keys).and_then(|()| pipe.flush()).expect("somebody reads");
        }
    }

    impl Drop for Window {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    pub(super) fn measure() {
        start();
        typing();
        idle();
    }

    /// A node that opens the room, its lines counted.
    struct Host {
        child: Child,
        address: String,
        delivered: Arc<AtomicU64>,
    }

    impl Host {
        fn open() -> Host {
            let mut child = Command::new(PROGRAM)
                .args(["pipe", "lobby", "--nick", "host", "--rate", "off"])
                .args(QUIET.split(' '))
                .env("XDG_CONFIG_HOME", "/nonexistent")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("a node");
            let mut lines =
                BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
            let address = lines
                .find_map(|line| {
                    let at = line.find("/ip4/127.0.0.1/tcp/")?;
                    Some(line[at..].chars().take_while(|c| *c != '"').collect())
                })
                .expect("it listens");
            let delivered = Arc::new(AtomicU64::new(0));
            let count = delivered.clone();
            // Read to its end: a node whose reader stands still sends nothing.
            thread::spawn(move || {
                for line in lines.filter(|line| line.contains("\"delivered\"")) {
                    count.fetch_add(u64::from(line.contains("receipt")), Relaxed);
                }
            });
            Host { child, address, delivered }
        }
    }

    impl Drop for Host {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    /// Letters that stand in no message and in no sequence of the screen.
    const LETTERS: &[u8] = b"QWXYZ";
    /// Keys of one turn: they fit one row of the draft.
    const KEYS: usize = 50;
    const TURNS: usize = 10;

    /// From a key written to a terminal to the frame that shows it, through the whole program, while 200 messages a second
    /// come in; `cat`, which only gives back what it reads, is on such a terminal in turns with it.
    fn typing() {
        let mut host = Host::open();
        let mut ours =
            Window::run(&format!("{PROGRAM} join lobby --open --bootstrap {} {QUIET}", host.address));
        ours.until(b"host");
        let mut bare = Window::run("sh -c 'stty raw -echo; echo ready; exec cat'");
        bare.until(b"ready");
        let mut pipe = host.child.stdin.take().expect("a pipe");
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, begin) = (stop.clone(), Instant::now());
        let sender = thread::spawn(move || {
            for n in 0_u64.. {
                thread::sleep(
                    (begin + Duration::from_millis(5 * n)).saturating_duration_since(Instant::now()),
                );
                let line =
                    format!("{{\"cmd\":\"send\",\"text\":\"message {n}: we meet at the north gate\"}}\n");
                if stopped.load(Relaxed) || pipe.write_all(line.as_bytes()).is_err() {
                    return n;
                }
            }
            0
        });
        let (mut with_us, mut with_cat) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            for (window, took) in [(&mut ours, &mut with_us), (&mut bare, &mut with_cat)] {
                took.extend(window.typed(KEYS));
            }
        }
        let seconds = begin.elapsed().as_secs_f64();
        stop.store(true, Relaxed);
        let sent = sender.join().expect("it ends");
        // Receipts are gathered for two seconds.
        let end = Instant::now() + Duration::from_secs(5);
        while host.delivered.load(Relaxed) < sent && Instant::now() < end {
            thread::sleep(Duration::from_millis(50));
        }
        println!(
            "\nfrom a key to the frame that shows it, on a terminal, {:.0} messages a second sent, {} of {sent} delivered",
            sent as f64 / seconds,
            host.delivered.load(Relaxed),
        );
        for (name, took) in [("the screen (target 20 ms)", &mut with_us), ("baseline: `cat`", &mut with_cat)]
        {
            took.sort();
            let at = |share: usize| took[(took.len() - 1) * share / 100];
            println!(
                "  {name:28} median {:.2?}, p99 {:.2?}, longest {:.2?} of {}",
                at(50),
                at(99),
                at(100),
                took.len()
            );
        }
    }

    fn start() {
        // The end of the first frame.
        let (mut bare, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..20 {
            for (line, what, took) in [
                ("echo ready".to_owned(), &b"ready"[..], &mut bare),
                (format!("{PROGRAM} join lobby --open {QUIET}"), &b"\x1b[?2026l"[..], &mut ours),
            ] {
                let begin = Instant::now();
                let line = if line.starts_with("echo") { "sh -c 'echo ready'" } else { line.as_str() };
                took.push(Window::run(line).until(what).duration_since(begin));
            }
        }
        bare.sort();
        ours.sort();
        println!("\nstart of `join` to the first frame (target 80 ms), median and longest of 20");
        println!(
            "  {:.1?}, {:.1?}; the same for `echo` on such a terminal {:.1?}, {:.1?}",
            ours[10], ours[19], bare[10], bare[19]
        );
    }

    fn idle() {
        let host = Host::open();
        let window =
            Window::run(&format!("{PROGRAM} join lobby --open --bootstrap {} {QUIET}", host.address));
        // A row of its own is written whole; of a number that changes, only the digit would be.
        window.until(b"host");
        // What coming in brings about is over; then ten seconds in which nobody does anything.
        thread::sleep(Duration::from_secs(15));
        while window.shown.try_recv().is_ok() {}
        let pid = child_of(window.child.id());
        let (before, begin) = (ticks(pid), Instant::now());
        thread::sleep(Duration::from_secs(10));
        let (after, took) = (ticks(pid), begin.elapsed());
        let mut bytes = Vec::new();
        while let Ok((_, more)) = window.shown.try_recv() {
            bytes.extend(more);
        }
        let frames = bytes.windows(8).filter(|part| *part == b"\x1b[?2026h").count();
        // A tick is a hundredth of a second on every Linux that people use.
        let share = (after - before) as f64 / took.as_secs_f64();
        println!("\nten seconds in which nothing happens, two in a room");
        println!("  {frames} frames; {share:.2} % of one core, the node included (target 0.3 %)");
        drop((window, host));
    }

    fn child_of(pid: u32) -> u32 {
        let children =
            std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("its children");
        children.trim().parse().expect("one child")
    }

    /// Processor time of a process, in hundredths of a second.
    fn ticks(pid: u32) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
        let after = stat.rsplit(')').next().expect("fields");
        let fields: Vec<u64> =
            after.split_whitespace().skip(11).take(2).map(|n| n.parse().expect("a number")).collect();
        fields.iter().sum()
    }
}
