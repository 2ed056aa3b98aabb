//! What a meeting point costs: one real process of `serve`, and many peers of this process linked to it over loopback.
//! Beside them fifteen go through it to each other. `cargo bench --bench serve -- 500` is how many; `--quick` rests shorter.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark prints, reads the wall clock, and may stop where a thing it made itself is broken"
)]

#[path = "talk/host.rs"]
#[allow(dead_code, reason = "the talk uses the rest")]
mod host;
#[path = "talk/table.rs"]
#[allow(dead_code, reason = "the talk uses the rest")]
mod table;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ephem_node::base::id::Topic;
use ephem_node::net::{Addr, Candidate, Config, Event, Events, Handle, Place, Ways, start};
use table::{Row, Target, Unit, print};

const WAIT: Duration = Duration::from_secs(120);
/// Peers beyond the limit.
const MORE: usize = 50;
/// Who only relays lead to: each has a circuit to each of the others, and as many places are kept.
const HIDDEN: usize = 15;
/// Who asks for a place when all are taken.
const LATE: usize = 5;
/// Circuits that may be at once: five fewer than are asked for.
const CIRCUITS: usize = HIDDEN * (HIDDEN - 1) / 2 - 5;
/// What goes over each circuit in each second, in bytes: a message.
const SAID: usize = 400;

/// The one process.
struct Served {
    child: Child,
    said: Receiver<String>,
}

impl Served {
    fn start(most: usize) -> Served {
        let config = std::env::temp_dir().join(format!("ephem-bench-serve-{}.toml", std::process::id()));
        std::fs::write(
            &config,
            format!(
                "[serve]\npeers = {}\nreservations = {HIDDEN}\ncircuits = {CIRCUITS}\n",
                most + HIDDEN + LATE
            ),
        )
        .expect("settings");
        let mut command = Command::new(env!("CARGO_BIN_EXE_ephem-node"));
        command.args(["serve", "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0", "--metrics", "127.0.0.1:0"]);
        command
            .arg("--config")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let (to, said) = channel();
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for stream in streams {
            let to = to.clone();
            std::thread::spawn(move || {
                BufReader::new(stream).lines().map_while(Result::ok).for_each(|line| drop(to.send(line)));
            });
        }
        Served { child, said }
    }

    fn says(&self, part: &str) -> String {
        let end = Instant::now() + WAIT;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.said.recv_timeout(left).unwrap_or_else(|_| panic!("it never said {part:?}"));
            if line.contains(part) {
                return line;
            }
        }
    }

    fn memory(&self) -> f64 {
        host::memory(self.child.id()).expect("its memory").0
    }

    /// Processor time of so long, in hundredths of one core.
    fn load(&self, long: Duration) -> f64 {
        let before = host::processor_ms(self.child.id()).expect("its time");
        std::thread::sleep(long);
        (host::processor_ms(self.child.id()).expect("its time") - before) / long.as_millis() as f64 * 100.0
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn number(at: &str, sample: &str) -> u64 {
    let mut stream = TcpStream::connect(at).expect("it is heard");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("asked");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("answered");
    let line = page.lines().find(|line| line.starts_with(&format!("{sample} "))).expect("that number");
    line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
}

fn until(at: &str, sample: &str, least: u64) -> Duration {
    let begun = Instant::now();
    loop {
        let now = number(at, sample);
        if now >= least {
            return begun.elapsed();
        }
        assert!(begun.elapsed() < WAIT, "{sample} is {now}, and was to be {least}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// One whom only relays lead to, and the way there.
struct Hidden {
    handle: Handle,
    way: Candidate,
}

fn relays_alone(place: &Place) -> (Handle, Events) {
    let ways = Ways::RelayOnly;
    start(Config { bootstrap: vec![place.clone()], ways, mdns: false, ..Config::default() })
        .expect("it starts")
}

/// Each gets a place.
fn hidden(runtime: &tokio::runtime::Runtime, place: &Place) -> Vec<Hidden> {
    async fn placed(events: &mut Events) -> Vec<Vec<u8>> {
        loop {
            match events.next().await.expect("it runs") {
                Event::Addresses(all) if !all.is_empty() => return all.iter().map(Addr::to_bytes).collect(),
                _ => {}
            }
        }
    }
    let _inside = runtime.enter();
    let begin = || {
        let (handle, mut events) = relays_alone(place);
        let placed = runtime.block_on(async { tokio::time::timeout(WAIT, placed(&mut events)).await });
        runtime.spawn(async move { while events.next().await.is_some() {} });
        let way = Candidate { peer: Some(handle.me().clone()), addrs: placed.expect("a place") };
        Hidden { handle, way }
    };
    (0..HIDDEN).map(|_| begin()).collect()
}

/// Everybody goes to everybody, each pair in a room of its own: in rounds in which each has one partner, because a relay takes
/// ten requests of one peer at a time.
fn all_pairs(runtime: &tokio::runtime::Runtime, hidden: &[Hidden], at: &str) {
    for round in 0..HIDDEN {
        for n in 0..HIDDEN {
            let m = (round + HIDDEN - n) % HIDDEN;
            if n >= m {
                continue;
            }
            let mut room = [0xee; 32];
            room[..2].copy_from_slice(&[n as u8, m as u8]);
            runtime.block_on(async {
                hidden[n].handle.join(Topic(room)).await.expect("it runs");
                hidden[m].handle.join(Topic(room)).await.expect("it runs");
                hidden[n].handle.candidates(Topic(room), vec![hidden[m].way.clone()]).await.expect("it runs");
            });
        }
        until(at, "ephem_relay_circuits", (HIDDEN / 2 * (round + 1)).min(CIRCUITS) as u64);
    }
}

/// A message over each circuit in each second, for so long; and the processor time meanwhile.
fn talking(runtime: &tokio::runtime::Runtime, hidden: &[Hidden], served: &Served, long: Duration) -> f64 {
    let handles: Vec<Handle> = hidden.iter().map(|one| one.handle.clone()).collect();
    let talk = runtime.spawn(async move {
        loop {
            for (n, one) in handles.iter().enumerate() {
                for other in handles.iter().skip(n + 1) {
                    let _ = one.direct(other.me().clone(), vec![0; SAID]).await;
                }
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let load = served.load(long);
    talk.abort();
    load
}

/// Nodes of this process, each with a key, a listener and links of its own; what they are told is taken and dropped. They ask for
/// no place, which would be one of those.
fn peers(runtime: &tokio::runtime::Runtime, count: usize, place: &Place) -> Vec<Handle> {
    let _inside = runtime.enter();
    (0..count)
        .map(|_| {
            let listen = vec![Addr::parse_listen("/ip4/127.0.0.1/tcp/0").expect("an address")];
            let (bootstrap, ways) = (vec![place.clone()], Ways::DirectOnly);
            let config = Config { listen, bootstrap, ways, mdns: false, ..Config::default() };
            let (handle, mut events) = start(config).expect("it starts");
            runtime.spawn(async move { while events.next().await.is_some() {} });
            handle
        })
        .collect()
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--test") {
        return;
    }
    if let Some(code) = host::alone(&args) {
        std::process::exit(code);
    }
    host::introduce();
    let count: usize = args.iter().find_map(|arg| arg.parse().ok()).unwrap_or(500);
    let rest = Duration::from_secs(if args.iter().any(|arg| arg == "--quick") { 5 } else { 30 });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let served = Served::start(count);
    let (mut at, mut address) = (String::new(), String::new());
    while at.is_empty() || address.is_empty() {
        let line = served.says("");
        if let Some(found) =
            line.strip_prefix("numbers at http://").and_then(|rest| rest.strip_suffix("/metrics"))
        {
            found.clone_into(&mut at);
        }
        if let Some(found) = line.strip_prefix("listening on ") {
            found.clone_into(&mut address);
        }
    }
    let place = Place::parse(&address).expect("a place");
    let alone = served.memory();
    let behind = hidden(&runtime, &place);
    let late = runtime.block_on(async { (0..LATE).map(|_| relays_alone(&place)).collect::<Vec<_>>() });
    until(&at, "ephem_relay_refused_total", LATE as u64);
    let circuits = "ephem_relay_circuits";
    let places_refused = number(&at, "ephem_relay_refused_total");
    let worked = || host::processor_ms(served.child.id()).expect("its time");
    // First of all, because a node takes no link while its process is large, and this one will be.
    let (begun, before) = (Instant::now(), worked());
    all_pairs(&runtime, &behind, &at);
    let (went, spent_going) = (begun.elapsed(), worked() - before);
    let with_circuits = served.memory();
    let (begun, before) = (Instant::now(), worked());
    let linked = peers(&runtime, count, &place);
    until(&at, "ephem_links", (count + HIDDEN + LATE) as u64);
    let (met, spent) = (begun.elapsed(), worked() - before);
    let (memory, idle) = (served.memory(), served.load(rest));
    let later = served.memory();
    let more = peers(&runtime, MORE, &place);
    until(&at, "ephem_links_refused_total", MORE as u64);
    let refused = served.load(rest);
    let stay = number(&at, "ephem_links");
    assert!(stay >= (count + HIDDEN + LATE) as u64, "a link was given up for one more: {stay}");
    // Rooms of ten, each looked for in the table that this process serves.
    runtime.block_on(async {
        for (n, peer) in linked.iter().enumerate() {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&((n / 10) as u64).to_be_bytes());
            let topic = ephem_node::base::id::Topic(key);
            peer.join(topic).await.expect("it runs");
            peer.provide(key, topic).await.expect("it runs");
        }
    });
    let meeting = served.load(rest);
    let met_all = served.memory();
    more.iter().for_each(|one| runtime.block_on(one.shutdown()));
    let carrying = served.load(rest);
    let talked = talking(&runtime, &behind, &served, rest);
    let carried = number(&at, circuits);
    assert!(carried <= CIRCUITS as u64, "more circuits than there may be: {carried}");
    print(
        &format!("one process that serves, {count} peers"),
        &[
            Row::new("memory with nobody", Unit::MiB, alone),
            Row::new(format!("memory with {count} linked"), Unit::MiB, memory).aim(Target::Most(200.0)),
            Row::new("the same after a rest", Unit::MiB, later).aim(Target::Most(200.0)),
            Row::new(format!("until all {count} were linked"), Unit::Ms, met.as_millis() as f64),
            Row::new("processor time of one link", Unit::Ms, spent / count as f64),
            Row::new("of one core while nothing happens", Unit::Percent, idle),
            Row::new(format!("while {MORE} more try again and again"), Unit::Percent, refused),
            Row::new("while all look for their rooms of ten", Unit::Percent, meeting),
            Row::new("memory after that", Unit::MiB, met_all).aim(Target::Most(200.0)),
            Row::new(format!("until {CIRCUITS} circuits were open"), Unit::Ms, went.as_millis() as f64),
            Row::new("processor time of one", Unit::Ms, spent_going / CIRCUITS as f64),
            Row::new("memory with them and nobody else", Unit::MiB, with_circuits).aim(Target::Most(200.0)),
            Row::new("of one core with all and nothing said", Unit::Percent, carrying),
            Row::new("while each carries a message a second", Unit::Percent, talked),
            Row::new("memory after that", Unit::MiB, served.memory()).aim(Target::Most(200.0)),
            Row::new("circuits still there", Unit::Count, carried as f64),
            Row::new("places refused at once, all taken", Unit::Count, places_refused as f64),
            Row::new("links at the end", Unit::Count, number(&at, "ephem_links") as f64),
            Row::new("links refused", Unit::Count, number(&at, "ephem_links_refused_total") as f64),
        ],
    );
    drop((linked, behind, late));
}
