//! The baseline: a bare gossipsub chat, and nothing else. It prints its address, dials those it is given, publishes each line
//! of its input, and prints what it receives. And the stranger: a neighbour who sends junk to every topic it is told of.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, Write};
use std::thread;
use std::time::Duration;

use libp2p::futures::StreamExt;
use libp2p::gossipsub::{
    Behaviour, ConfigBuilder, Event, IdentTopic, Message, MessageAuthenticity, MessageId, ValidationMode,
};
use libp2p::identity::Keypair;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Swarm, SwarmBuilder, noise, tcp, yamux};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng};
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::{Instant, interval, sleep, timeout_at};

/// The one topic of the bare chat.
const TOPIC: &str = "talk";
/// An idle swarm's heartbeat leaves no waker behind and would stop; being polled at twice its rate keeps it going.
const TICK: Duration = Duration::from_millis(250);
/// As many threads, and as many lines in hand, as the node has.
const THREADS: usize = 2;
const LINES: usize = 8;
/// A length that real frames have, so that junk gets as far as junk can.
const JUNK_BYTES: usize = 640;
/// Frames of junk between two looks at what the others do.
const BURST: usize = 64;
/// How long the stranger waits for a topic, or for a link, before it tries again under another name.
const PATIENCE: Duration = Duration::from_secs(2);

/// Runs as what the arguments say, until the input ends.
pub(crate) fn run(args: &[String]) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .expect("a runtime");
    let (words, addrs): (Vec<&String>, Vec<&String>) = args.iter().partition(|arg| !arg.starts_with('/'));
    let addrs: Vec<Multiaddr> = addrs.into_iter().map(|addr| addr.parse().expect("an address")).collect();
    match words.first().map(|word| word.as_str()) {
        Some("junk") => {
            let count = words.get(1).and_then(|n| n.parse().ok()).expect("how many frames of junk");
            runtime.block_on(junk(count, &addrs));
        }
        Some("signed") => runtime.block_on(chat(true, addrs)),
        _ => runtime.block_on(chat(false, addrs)),
    }
    // The thread that reads the input may still stand before it.
    runtime.shutdown_background();
}

fn tell(line: &str) {
    // Whoever started this has gone: then nobody misses the line.
    let _ = io::stdout().write_all(format!("{line}\n").as_bytes());
}

fn by_content(message: &Message) -> MessageId {
    let mut hasher = DefaultHasher::new();
    message.data.hash(&mut hasher);
    MessageId::from(hasher.finish().to_be_bytes().to_vec())
}

fn swarm(signed: bool) -> Swarm<Behaviour> {
    let key = Keypair::generate_ed25519();
    let mut config = ConfigBuilder::default();
    let authenticity = if signed {
        MessageAuthenticity::Signed(key.clone())
    } else {
        // Without an author every message would have the same name.
        config.validation_mode(ValidationMode::Anonymous).message_id_fn(by_content);
        MessageAuthenticity::Anonymous
    };
    let gossip = Behaviour::new(authenticity, config.build().expect("usual settings")).expect("gossipsub");
    let mut swarm = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .expect("a transport")
        .with_behaviour(|_| gossip)
        .expect("a behaviour")
        .build();
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse().expect("an address")).expect("it listens");
    swarm
}

fn typed() -> Receiver<String> {
    let (to, lines) = mpsc::channel(LINES);
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if to.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

async fn chat(signed: bool, addrs: Vec<Multiaddr>) {
    let (mut swarm, topic, mut lines) = (swarm(signed), IdentTopic::new(TOPIC), typed());
    swarm.behaviour_mut().subscribe(&topic).expect("it subscribes");
    for addr in addrs {
        swarm.dial(addr).expect("it dials");
    }
    let mut tick = interval(TICK);
    loop {
        tokio::select! {
            line = lines.recv() => {
                let Some(line) = line else { return };
                if let Err(why) = swarm.behaviour_mut().publish(topic.hash(), line.into_bytes()) {
                    tell(&format!("unsent {why}"));
                }
            }
            event = swarm.select_next_some() => match event {
                SwarmEvent::NewListenAddr { address, .. } => tell(&format!("at {address}")),
                SwarmEvent::Behaviour(Event::Subscribed { peer_id, .. }) => tell(&format!("up {peer_id}")),
                SwarmEvent::Behaviour(Event::Message { message, .. }) => {
                    tell(&format!("got {}", String::from_utf8_lossy(&message.data)));
                }
                _ => {}
            },
            _ = tick.tick() => {}
        }
    }
}

/// Sends so many frames of junk. Whoever is cut off comes back as somebody else.
async fn junk(count: usize, addrs: &[Multiaddr]) {
    let mut rng = ChaCha20Rng::from_seed([11; 32]);
    let (mut sent, mut names) = (0, 0);
    while sent < count {
        names += 1;
        sent += one_stranger(count - sent, addrs, &mut rng).await;
        tell(&format!("sent {sent} under {names} names"));
    }
    tell("done");
}

async fn one_stranger(count: usize, addrs: &[Multiaddr], rng: &mut ChaCha20Rng) -> usize {
    let mut swarm = swarm(false);
    for addr in addrs {
        swarm.dial(addr.clone()).expect("it dials");
    }
    let (mut topics, mut links, mut sent) = (BTreeSet::new(), 0_usize, 0);
    let mut patience = Instant::now() + PATIENCE;
    let mut frame = [0; JUNK_BYTES];
    while sent < count {
        // What the others did comes first; junk goes out while there is nothing to be heard.
        let wait = if topics.is_empty() { patience } else { Instant::now() + Duration::from_millis(1) };
        match timeout_at(wait, swarm.select_next_some()).await {
            Ok(SwarmEvent::Behaviour(Event::Subscribed { topic, .. })) => {
                if topics.insert(topic.clone()) {
                    swarm.behaviour_mut().subscribe(&IdentTopic::new(topic.as_str())).expect("it subscribes");
                }
                continue;
            }
            Ok(SwarmEvent::ConnectionEstablished { .. }) => {
                links += 1;
                continue;
            }
            Ok(SwarmEvent::ConnectionClosed { .. }) => {
                links -= 1;
                if links == 0 {
                    return sent;
                }
                continue;
            }
            Ok(_) => continue,
            Err(_) if topics.is_empty() => {
                sleep(PATIENCE / 10).await;
                return sent;
            }
            Err(_) => {}
        }
        let before = sent;
        for topic in topics.iter().cycle().take(BURST.min(count - sent)) {
            rng.fill_bytes(&mut frame);
            sent += usize::from(swarm.behaviour_mut().publish(topic.clone(), frame).is_ok());
        }
        if sent > before {
            patience = Instant::now() + PATIENCE;
        } else if Instant::now() > patience {
            return sent;
        }
    }
    // What was handed over is still on its way.
    let _ = timeout_at(Instant::now() + PATIENCE, async {
        loop {
            swarm.select_next_some().await;
        }
    })
    .await;
    sent
}
