//! The baseline: gossipsub as it comes, without scores, in the same crowd.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use libp2p::futures::StreamExt;
use libp2p::gossipsub::{
    Behaviour, ConfigBuilder, Event, IdentTopic, MessageAcceptance, MessageAuthenticity, MessageId,
    ValidationMode,
};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Swarm, SwarmBuilder, noise, tcp, yamux};
use tokio::time::{Instant, interval, interval_at, sleep};

use super::{FRAME, HONEST, Heard, IN_TIME, LASTS, LOUD, OURS, SHOUTS, SILENT, SPEAKS, frame, read};

const TOPIC: &str = "room";

fn swarm() -> Swarm<Behaviour> {
    let config = ConfigBuilder::default()
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message| MessageId::from(message.data.get(..9).unwrap_or_default().to_vec()))
        .build()
        .expect("usual settings");
    let gossip = Behaviour::new(MessageAuthenticity::Anonymous, config).expect("gossipsub");
    let mut swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .expect("a transport")
        .with_behaviour(|_| gossip)
        .expect("a behaviour")
        .build();
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse().expect("an address")).expect("it listens");
    swarm.behaviour_mut().subscribe(&IdentTopic::new(TOPIC)).expect("it subscribes");
    swarm
}

async fn listening(swarm: &mut Swarm<Behaviour>) -> Multiaddr {
    loop {
        if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
            return address;
        }
    }
}

/// Whoever passes honest frames on, speaks and shouts, as its place in the crowd says.
async fn live(
    mut swarm: Swarm<Behaviour>,
    who: usize,
    begin: Instant,
    heard: Arc<Heard>,
    links: Arc<AtomicU64>,
) {
    let honest = who < HONEST;
    let loud = who >= HONEST + SILENT;
    let every = if loud { SHOUTS } else { SPEAKS };
    let mut says = interval_at(begin + every * who as u32 / HONEST as u32, every);
    // An idle swarm's heartbeat leaves no waker behind.
    let mut tick = interval(Duration::from_millis(250));
    let mut said = 0;
    loop {
        tokio::select! {
            event = swarm.select_next_some() => match event {
                SwarmEvent::ConnectionEstablished { .. } => _ = links.fetch_add(1, Ordering::Relaxed),
                SwarmEvent::Behaviour(Event::Message { propagation_source, message_id, message }) => {
                    let verdict = match read(&message.data) {
                        Some(id) if honest => {
                            heard.got(id);
                            MessageAcceptance::Accept
                        }
                        None if honest => MessageAcceptance::Reject,
                        _ => MessageAcceptance::Ignore,
                    };
                    let gossip = swarm.behaviour_mut();
                    gossip.report_message_validation_result(&message_id, &propagation_source, verdict);
                }
                _ => {}
            },
            _ = says.tick(), if loud || (honest && said < LASTS.as_secs() / SPEAKS.as_secs()) => {
                let id = (who as u64) << 32 | said;
                said += 1;
                if honest {
                    heard.said(id);
                }
                let bytes = frame(if honest { OURS } else { 0 }, id);
                assert_eq!(bytes.len(), FRAME);
                // What nobody takes is lost, and counts as such.
                let _ = swarm.behaviour_mut().publish(IdentTopic::new(TOPIC), bytes);
            }
            _ = tick.tick() => {}
        }
    }
}

pub(crate) async fn crowd() -> Arc<Heard> {
    let heard = Arc::new(Heard::default());
    let links = Arc::new(AtomicU64::new(0));
    // Long enough for all links on a busy machine.
    let begin = Instant::now() + Duration::from_secs(30);
    let mut addrs = Vec::new();
    let mut all = Vec::new();
    for who in 0..HONEST + SILENT + LOUD {
        let mut swarm = swarm();
        let addr = listening(&mut swarm).await;
        for (n, known) in addrs.iter().enumerate().take(HONEST) {
            // Strangers link with every honest node; each of these looks for eight of the others.
            if who >= HONEST || (who + HONEST - n) % HONEST <= 8 {
                let known: &Multiaddr = known;
                swarm.dial(known.clone()).expect("it dials");
            }
        }
        addrs.push(addr);
        all.push(swarm);
    }
    // The strangers' tasks run first, so that their links are there first.
    let tasks: Vec<_> = all
        .into_iter()
        .enumerate()
        .rev()
        .map(|(who, swarm)| tokio::spawn(live(swarm, who, begin, heard.clone(), links.clone())))
        .collect();
    sleep(begin.saturating_duration_since(Instant::now()) + SPEAKS + LASTS + IN_TIME).await;
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    heard
}
