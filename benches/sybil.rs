//! A crowd of strangers in a room's topic: `cargo bench --bench sybil`.
//!
//! Twenty honest nodes, each of which knows the nineteen others as members know each other, by what their beats say. Around
//! them sixty who listen on the topic, link with all of them and pass nothing on, and ten who do the same and send junk at ten times
//! the rate at which an honest member speaks. All are real nodes on loopback, in one process. What is printed: how many of the
//! messages came to all whom they were meant for within two seconds, beside the same twenty alone and, where it can be, beside
//! plain gossipsub with its usual settings and no scores in the same crowd.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark reads the clock, and stops where it cannot go on"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ephem_node::base::id::Topic;
use ephem_node::net::{Addr, Candidate, Config, Event, Events, Handle, Place, Verdict, start};
use tokio::time::{interval, sleep};

#[path = "sybil/plain.rs"]
mod plain;

const ROOM: Topic = Topic([7; 32]);
pub(crate) const HONEST: usize = 20;
pub(crate) const SILENT: usize = 60;
pub(crate) const LOUD: usize = 10;
/// How often an honest member speaks, and a loud one shouts.
pub(crate) const SPEAKS: Duration = Duration::from_secs(2);
pub(crate) const SHOUTS: Duration = Duration::from_millis(200);
/// How long it is measured.
pub(crate) const LASTS: Duration = Duration::from_secs(40);
/// What comes later has not come.
pub(crate) const IN_TIME: Duration = Duration::from_secs(2);
/// A length that real frames have.
pub(crate) const FRAME: usize = 640;
/// What an honest frame begins with. It stands for the tag that only members can make.
pub(crate) const OURS: u8 = 1;

/// Which message, and when it was said; for each who got it, how long it took.
#[derive(Default)]
pub(crate) struct Heard(Mutex<BTreeMap<u64, (Instant, Vec<Duration>)>>);

impl Heard {
    pub(crate) fn said(&self, id: u64) {
        self.0.lock().expect("nobody panicked").insert(id, (Instant::now(), Vec::new()));
    }

    pub(crate) fn got(&self, id: u64) {
        if let Some((at, took)) = self.0.lock().expect("nobody panicked").get_mut(&id) {
            took.push(at.elapsed());
        }
    }

    /// Prints what came of it; gives the share that came in time.
    fn tell(&self, what: &str) -> f64 {
        let all = self.0.lock().expect("nobody panicked");
        let wanted = all.len() * (HONEST - 1);
        let mut took: Vec<Duration> = all.values().flat_map(|(_, took)| took.iter().copied()).collect();
        took.sort();
        let in_time = took.iter().filter(|took| **took <= IN_TIME).count();
        let whole =
            all.values().filter(|(_, took)| took.iter().filter(|t| **t <= IN_TIME).count() == HONEST - 1);
        let whole = whole.count();
        let share = 100.0 * in_time as f64 / wanted.max(1) as f64;
        let at =
            |part: usize| took.get(took.len() * part / 100).copied().unwrap_or_default().as_secs_f64() * 1e3;
        let _ = writeln!(
            std::io::stdout(),
            "{what}: {share:.2} % of {wanted} deliveries within {} s ({} later or never); {whole} of {} messages came to all; \
             half within {:.1} ms, 99 of 100 of those that came within {:.1} ms",
            IN_TIME.as_secs(),
            wanted - in_time,
            all.len(),
            at(50),
            at(99),
        );
        share
    }
}

pub(crate) fn frame(kind: u8, id: u64) -> Vec<u8> {
    let mut frame = vec![0; FRAME];
    for (at, byte) in frame.iter_mut().zip([&[kind][..], &id.to_be_bytes()].concat()) {
        *at = byte;
    }
    frame
}

/// Which message an honest frame is; `None` for junk.
pub(crate) fn read(frame: &[u8]) -> Option<u64> {
    let (kind, rest) = frame.split_first()?;
    let id = rest.first_chunk::<8>()?;
    (*kind == OURS).then(|| u64::from_be_bytes(*id))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Honest,
    Silent,
    Loud,
}

struct Node {
    handle: Handle,
    addrs: Vec<Addr>,
}

async fn node(role: Role, places: &[Place], heard: Arc<Heard>) -> Node {
    let listen = Addr::parse_listen("/ip4/127.0.0.1/tcp/0").expect("an address");
    let config = Config {
        listen: vec![listen],
        bootstrap: places.to_vec(),
        mdns: false,
        dht: false,
        ..Config::default()
    };
    let (handle, mut events) = start(config).expect("it starts");
    let mut addrs = Vec::new();
    while addrs.is_empty() {
        if let Some(Event::Listening(addr)) = events.next().await {
            addrs.push(addr);
        }
    }
    handle.join(ROOM).await.expect("it runs");
    tokio::spawn(judge(role, handle.clone(), events, heard));
    Node { handle, addrs }
}

/// What a room does with each frame; or what one does who wants it to go no further.
async fn judge(role: Role, handle: Handle, mut events: Events, heard: Arc<Heard>) {
    while let Some(event) = events.next().await {
        let Event::Gossip { bytes, id, .. } = event else { continue };
        let verdict = match (role, read(&bytes)) {
            (Role::Honest, Some(which)) => {
                heard.got(which);
                Verdict::Accept
            }
            (Role::Honest, None) => Verdict::Reject,
            _ => Verdict::Ignore,
        };
        if handle.verdict(id, verdict).await.is_err() {
            return;
        }
    }
}

async fn crowd(silent: usize, loud: usize) -> Arc<Heard> {
    let heard = Arc::new(Heard::default());
    let mut honest = Vec::new();
    for _ in 0..HONEST {
        honest.push(node(Role::Honest, &[], heard.clone()).await);
    }
    let places: Vec<Place> = honest
        .iter()
        .flat_map(|node| node.addrs.first())
        .map(|addr| Place::parse(&addr.to_string()).expect("an address"))
        .collect();
    // The strangers come first: the room has to find itself among them.
    let mut strangers = Vec::new();
    for n in 0..silent + loud {
        let role = if n < silent { Role::Silent } else { Role::Loud };
        strangers.push((role, node(role, &places, heard.clone()).await));
    }
    for node in &strangers {
        linked(&node.1.handle, HONEST).await;
    }
    let named: Vec<Candidate> = honest
        .iter()
        .map(|node| Candidate {
            peer: Some(node.handle.me().clone()),
            addrs: node.addrs.iter().map(Addr::to_bytes).collect(),
        })
        .collect();
    for node in &honest {
        node.handle.candidates(ROOM, named.clone()).await.expect("it runs");
    }
    // The mesh forms at heartbeats, one a second.
    sleep(Duration::from_secs(5)).await;
    let mut talking = Vec::new();
    for (who, node) in honest.iter().enumerate() {
        let (handle, heard) = (node.handle.clone(), heard.clone());
        talking.push(tokio::spawn(async move {
            sleep(SPEAKS * who as u32 / HONEST as u32).await;
            let mut tick = interval(SPEAKS);
            for n in 0..LASTS.as_secs() / SPEAKS.as_secs() {
                tick.tick().await;
                let id = (who as u64) << 32 | n;
                heard.said(id);
                handle.publish(ROOM, frame(OURS, id)).await.expect("it runs");
            }
        }));
    }
    for (who, (_, node)) in strangers.iter().enumerate().filter(|(_, (role, _))| *role == Role::Loud) {
        let handle = node.handle.clone();
        tokio::spawn(async move {
            let mut tick = interval(SHOUTS);
            for n in 0.. {
                tick.tick().await;
                if handle.publish(ROOM, frame(0, (who as u64) << 32 | n)).await.is_err() {
                    return;
                }
            }
        });
    }
    for talk in talking {
        talk.await.expect("it talked to its end");
    }
    sleep(IN_TIME).await;
    let (mut shunned, mut links) = (0, 0);
    for node in &honest {
        let status = node.handle.snapshot().await.expect("it runs");
        shunned += status.counters.shunned;
        links += status.peers.len();
    }
    let _ = writeln!(std::io::stdout(), "  {links} links of the honest; cut off by them: {shunned}");
    for node in honest.iter().chain(strangers.iter().map(|(_, node)| node)) {
        node.handle.shutdown().await;
    }
    heard
}

async fn linked(handle: &Handle, peers: usize) {
    let end = Instant::now() + Duration::from_secs(120);
    while handle.snapshot().await.expect("it runs").peers.len() < peers {
        assert!(Instant::now() < end, "the crowd never came together");
        sleep(Duration::from_millis(50)).await;
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        crowd(0, 0).await.tell("20 alone");
        let share = crowd(SILENT, LOUD).await.tell("20 among 60 silent and 10 loud");
        plain::crowd().await.tell("the same crowd, plain gossipsub without scores");
        let _ = writeln!(
            std::io::stdout(),
            "aimed at: 99 % within 2 s: {}",
            if share >= 99.0 { "met" } else { "missed" }
        );
    });
}
