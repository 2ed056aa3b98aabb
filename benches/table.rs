//! What it costs to find a room in the table: two hundred nodes in rooms of ten, in one process, beside as many bare Kademlia
//! clients that look for the same and do nothing else. `cargo bench --bench table`; `--quick` rests shorter.
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

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ephem_node::base::id::Topic;
use ephem_node::net::{Addr, Config, Event, Handle, Place, start};
use libp2p::futures::StreamExt;
use libp2p::kad::{self, store::MemoryStore};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, SwarmBuilder, identify, noise, tcp, yamux};
use table::{Row, Unit, percentile, print};
use tokio::sync::mpsc;

const NODES: usize = 200;
const ROOM: usize = 10;
/// Rooms come one after the other, as rooms do.
const GAP: Duration = Duration::from_millis(50);
const WAIT: Duration = Duration::from_secs(120);

/// What one side came to.
struct Found {
    /// Until one other of the room was found, of each node, in milliseconds.
    first: Vec<f64>,
    /// Until all nine were.
    all: Vec<f64>,
    /// Bytes a second and node once all had been found.
    idle: Option<f64>,
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
    let rest = Duration::from_secs(if args.iter().any(|arg| arg == "--quick") { 10 } else { 60 });
    let run = |which: &str| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let found = if which == "ours" { runtime.block_on(ours(rest)) } else { runtime.block_on(bare(rest)) };
        runtime.shutdown_timeout(Duration::from_secs(1));
        found
    };
    let (ours, bare) = (run("ours"), run("bare"));
    let line = |what: &str, part: f64, of: fn(&Found) -> &Vec<f64>| {
        Row::new(what, Unit::Ms, percentile(of(&ours), part)).beside(percentile(of(&bare), part))
    };
    let mut rows = vec![
        line("until one of the room was found, half of the nodes", 0.5, |found| &found.first),
        line("the same, 95 of 100", 0.95, |found| &found.first),
        line("until all nine were, half of the nodes", 0.5, |found| &found.all),
        line("the same, 95 of 100", 0.95, |found| &found.all),
    ];
    if let (Some(ours), Some(bare)) = (ours.idle, bare.idle) {
        rows.push(Row::new("bytes a second and node afterwards", Unit::Bytes, ours).beside(bare));
    }
    print(
        &format!("{NODES} nodes in rooms of {ROOM}, one server of the table; ours dial and listen too"),
        &rows,
    );
}

fn key(node: usize) -> [u8; 32] {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&((node / ROOM) as u64).to_be_bytes());
    key
}

/// Bytes a second and node over a rest.
async fn at_rest(rest: Duration) -> Option<f64> {
    // What finding began is over by then.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let before = host::wire_bytes()?;
    tokio::time::sleep(rest).await;
    Some((host::wire_bytes()? - before) / rest.as_secs_f64() / NODES as f64)
}

/// Takes when each node found its first and its ninth, as milliseconds.
async fn gather(mut news: mpsc::UnboundedReceiver<(usize, usize, f64)>) -> (Vec<f64>, Vec<f64>) {
    let (mut first, mut all) = (vec![f64::NAN; NODES], vec![f64::NAN; NODES]);
    let end = Instant::now() + WAIT;
    while all.iter().any(|ms| ms.is_nan()) {
        let left = end.saturating_duration_since(Instant::now());
        let (node, found, ms) = tokio::time::timeout(left, news.recv())
            .await
            .unwrap_or_else(|_| panic!("{} have not found all", all.iter().filter(|ms| ms.is_nan()).count()))
            .expect("they run");
        if first[node].is_nan() {
            first[node] = ms;
        }
        if found >= ROOM - 1 && all[node].is_nan() {
            all[node] = ms;
        }
    }
    first.sort_by(f64::total_cmp);
    all.sort_by(f64::total_cmp);
    (first, all)
}

async fn ours(rest: Duration) -> Found {
    let listen = || vec![Addr::parse_listen("/ip4/127.0.0.1/tcp/0").expect("an address")];
    let config = || Config { listen: listen(), mdns: false, ..Config::default() };
    let (server, mut events) = start(Config { serve: true, ..config() }).expect("it starts");
    let place = loop {
        if let Event::Listening(addr) = events.next().await.expect("it runs") {
            break Place::parse(&addr.to_string()).expect("a place");
        }
    };
    tokio::spawn(async move { while events.next().await.is_some() {} });
    let (to, news) = mpsc::unbounded_channel();
    let mut handles: Vec<Handle> = vec![server];
    for node in 0..NODES {
        let (handle, mut events) =
            start(Config { bootstrap: vec![place.clone()], ..config() }).expect("it starts");
        let begun = Instant::now();
        let topic = Topic(key(node));
        handle.join(topic).await.expect("it runs");
        handle.provide(key(node), topic).await.expect("it runs");
        handles.push(handle);
        let to = to.clone();
        tokio::spawn(async move {
            let mut found = BTreeSet::new();
            while let Some(event) = events.next().await {
                if let Event::Subscribed { peer, .. } = event
                    && found.insert(peer)
                {
                    let _ended = to.send((node, found.len(), begun.elapsed().as_secs_f64() * 1e3));
                }
            }
        });
        tokio::time::sleep(GAP).await;
    }
    let (first, all) = gather(news).await;
    Found { first, all, idle: at_rest(rest).await }
}

#[derive(NetworkBehaviour)]
struct Bare {
    kad: kad::Behaviour<MemoryStore>,
    identify: identify::Behaviour,
}

fn swarm(serves: bool) -> Swarm<Bare> {
    let build = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .expect("TCP");
    let made = build.with_behaviour(|key| {
        let me = key.public().to_peer_id();
        let mut kad = kad::Behaviour::new(me, MemoryStore::new(me));
        kad.set_mode(Some(if serves { kad::Mode::Server } else { kad::Mode::Client }));
        let identify = identify::Behaviour::new(identify::Config::new("/bare/1".to_owned(), key.public()));
        Bare { kad, identify }
    });
    let idle = Duration::from_secs(120);
    let mut swarm =
        made.expect("protocols").with_swarm_config(|swarm| swarm.with_idle_connection_timeout(idle)).build();
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse().expect("an address")).expect("it listens");
    swarm
}

async fn bare(rest: Duration) -> Found {
    let mut server = swarm(true);
    let me = *server.local_peer_id();
    let at: Multiaddr = loop {
        if let SwarmEvent::NewListenAddr { address, .. } = server.select_next_some().await {
            break address;
        }
    };
    server.add_external_address(at.clone());
    tokio::spawn(async move {
        loop {
            server.select_next_some().await;
        }
    });
    let (to, news) = mpsc::unbounded_channel();
    for node in 0..NODES {
        tokio::spawn(client(node, me, at.clone(), to.clone()));
        tokio::time::sleep(GAP).await;
    }
    let (first, all) = gather(news).await;
    Found { first, all, idle: at_rest(rest).await }
}

/// Publishes its room's key and asks for it at once and then after 1, 2 and 4 s and on, as ours does.
async fn client(node: usize, server: PeerId, at: Multiaddr, to: mpsc::UnboundedSender<(usize, usize, f64)>) {
    let mut swarm = swarm(false);
    let me = *swarm.local_peer_id();
    // A server names no provider of whom it knows no address.
    let mine = loop {
        if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
            break address;
        }
    };
    swarm.add_external_address(mine);
    swarm.behaviour_mut().kad.add_address(&server, at);
    let begun = Instant::now();
    let wanted = kad::RecordKey::new(&key(node));
    swarm.behaviour_mut().kad.start_providing(wanted.clone()).expect("it has room for one");
    let (mut found, mut wait) = (BTreeSet::from([me]), Duration::from_millis(1));
    let mut ask = Box::pin(tokio::time::sleep(wait));
    loop {
        tokio::select! {
            () = &mut ask => {
                swarm.behaviour_mut().kad.get_providers(wanted.clone());
                wait = (wait * 2).clamp(Duration::from_secs(1), Duration::from_secs(60));
                ask = Box::pin(tokio::time::sleep(if found.len() >= ROOM { Duration::from_secs(300) } else { wait }));
            }
            event = swarm.select_next_some() => {
                let SwarmEvent::Behaviour(BareEvent::Kad(kad::Event::OutboundQueryProgressed { result, .. })) = event
                else { continue };
                let kad::QueryResult::GetProviders(Ok(kad::GetProvidersOk::FoundProviders { providers, .. })) = result
                else { continue };
                let before = found.len();
                found.extend(providers);
                if found.len() > before {
                    let _ended = to.send((node, found.len() - 1, begun.elapsed().as_secs_f64() * 1e3));
                }
            }
        }
    }
}
