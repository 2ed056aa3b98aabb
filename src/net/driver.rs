//! The one task that owns the swarm: commands in, events out, and what time brings about in between.
//!
//! The loop waits for nobody. The links wait for an owner who is behind, but not for one who stands still (`outlet.rs`);
//! commands are taken all the while, so the two cannot wait for each other. What libp2p tells is dealt with in `translate.rs`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use libp2p::futures::StreamExt;
use libp2p::gossipsub::{MessageAcceptance, PublishError};
use libp2p::identity::Keypair;
use libp2p::{Multiaddr, PeerId, Swarm};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use crate::base::id::{Peer, Topic};
use crate::base::limits::FRAME_BYTES;

use super::address::Addr;
use super::backoff::{chance, now};
use super::behaviour::{Node, build, link_limits, topic_score};
use super::book::Book;
use super::bootstrap::Bootstraps;
use super::config::{
    Config, FLUSH, FLUSH_RECENT, GOODBYE, GRAYLIST, NO_NETWORK, SHUN, SHUNNED, TICK, TICK_LINKED, TOPICS,
};
use super::direct::Inflight;
use super::faithful::Faithful;
use super::io::{
    Command, Counters, Event, PeerStatus, StartError, Status, TableStatus, Trouble, Unreachable, Verdict,
};
use super::links::Links;
use super::listen::listen;
use super::names::{self, FrameId};
use super::outbox::Outbox;
use super::outlet::Outlet;
use super::reach::Reach;
use super::rendezvous::Keys;
use super::stand::{Scope, Stand, scope};
use super::watch::Watch;

/// Everything the network floor knows.
pub(super) struct Driver {
    pub(super) swarm: Swarm<Node>,
    commands: mpsc::Receiver<Command>,
    pub(super) outlet: Outlet,
    /// The topics joined, and who is known to listen on each.
    pub(super) joined: BTreeMap<Topic, BTreeSet<PeerId>>,
    pub(super) links: Links,
    pub(super) book: Book,
    pub(super) bootstraps: Bootstraps,
    pub(super) keys: Keys,
    pub(super) outbox: Outbox,
    pub(super) inflight: Inflight,
    shunned: VecDeque<(PeerId, Instant)>,
    pub(super) listening: BTreeSet<Multiaddr>,
    pub(super) told: Vec<Addr>,
    pub(super) stand: Stand,
    pub(super) watch: Watch,
    pub(super) faithful: Faithful,
    pub(super) counters: Counters,
    pub(super) reach: Reach,
    pub(super) resolving: JoinSet<(usize, Result<Vec<Multiaddr>, Unreachable>)>,
    last_sent: Option<Instant>,
    /// When it was said last that others are turned away.
    pub(super) full_said: Option<Instant>,
    /// When to say that this machine has no network, unless it has by then.
    no_network: Option<Instant>,
}

impl Driver {
    /// The network, listening.
    pub(super) fn new(
        key: Keypair,
        config: Config,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Event>,
    ) -> Result<Driver, StartError> {
        let (swarm, no_mdns) = build(key, &config).map_err(|e| StartError::Broken(e.0))?;
        let mut driver = Driver {
            swarm,
            commands,
            outlet: Outlet::new(events),
            joined: BTreeMap::new(),
            links: Links::default(),
            book: Book::default(),
            bootstraps: Bootstraps::default(),
            keys: Keys::default(),
            outbox: Outbox::default(),
            inflight: Inflight::default(),
            shunned: VecDeque::new(),
            listening: BTreeSet::new(),
            told: Vec::new(),
            stand: Stand::default(),
            watch: Watch::default(),
            faithful: Faithful::default(),
            counters: Counters::default(),
            resolving: JoinSet::new(),
            reach: Reach::new(&config),
            last_sent: None,
            full_said: None,
            no_network: (config.listen.is_empty() && config.ways.straight()).then(|| now() + NO_NETWORK),
        };
        driver.stand.ways = config.ways;
        driver.stand_changed();
        let failed = match config.ways.straight() {
            true => listen(&mut driver.swarm, &config.listen)?,
            false => Vec::new(),
        };
        for (addr, why) in failed {
            driver.outlet.news(Event::Trouble(Trouble::NotListening { addr, why }));
        }
        if no_mdns.is_some() {
            driver.outlet.news(Event::Trouble(Trouble::NoLocalSearch));
        }
        for place in config.bootstrap {
            driver.on_command(Command::Bootstrap(place), now());
        }
        Ok(driver)
    }

    /// Until told to stop, or until nobody is there to tell or to be told.
    pub(super) async fn run(mut self) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let events = self.outlet.sender();
        let done = loop {
            self.outlet.flush();
            let (held, wanted) = (self.outlet.holds(now()), self.outlet.wanted());
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(Command::Shutdown(done)) => break Some(done),
                    Some(command) => self.on_command(command, now()),
                    None => break None,
                },
                event = self.swarm.select_next_some(), if !held => self.on_swarm_event(event, now()),
                Some(found) = self.resolving.join_next(), if !self.resolving.is_empty() => {
                    if let Ok((index, found)) = found {
                        self.bootstraps.resolved(index, found, chance(), now());
                        self.seek_bootstraps(now());
                    }
                }
                // The permits are given back at once: they only say that there is room.
                _ = events.reserve_many(wanted), if held || self.outlet.waits() => {}
                () = events.closed() => break None,
                _ = tick.tick() => {
                    self.on_tick(now());
                    tick.reset_after(if self.links.is_empty() { TICK } else { TICK_LINKED });
                }
            }
        };
        self.stop(done).await;
    }

    /// Lets what was handed in leave, says goodbye to all, and is gone.
    async fn stop(mut self, done: Option<oneshot::Sender<()>>) {
        let asked = now();
        let recent = self.last_sent.filter(|at| asked.saturating_duration_since(*at) < FLUSH_RECENT);
        if !self.links.is_empty() {
            let sent = recent.map_or(asked, |at| at + FLUSH);
            while now() < sent || (!self.inflight.is_empty() && now() < asked + FLUSH) {
                let until = if now() < sent { sent } else { asked + FLUSH };
                let Ok(event) = tokio::time::timeout_at(until, self.swarm.select_next_some()).await else {
                    continue;
                };
                self.on_swarm_event(event, now());
            }
        }
        for peer in self.links.iter().map(|(peer, _)| *peer).collect::<Vec<_>>() {
            // An error means that the link is gone already.
            self.swarm.disconnect_peer_id(peer).unwrap_or_default();
        }
        let goodbye = now() + GOODBYE;
        while !self.links.is_empty() {
            let Ok(event) = tokio::time::timeout_at(goodbye, self.swarm.select_next_some()).await else {
                break;
            };
            self.on_swarm_event(event, now());
        }
        drop(self);
        if let Some(done) = done {
            // Whoever asked may have gone.
            done.send(()).unwrap_or_default();
        }
    }

    fn on_command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Join(topic) => self.join(topic, now),
            Command::Part(topic) => self.part(&topic),
            Command::Publish(topic, frame) => self.publish(topic, frame, now),
            Command::Direct(peer, frame) => self.direct(&peer, frame, now),
            Command::Verdict(frame, verdict) => self.verdict(&frame, verdict, now),
            Command::Provide(key, topic) => {
                if !self.keys.add(key, topic, now) {
                    self.outlet.news(Event::Trouble(Trouble::TooMany));
                }
                self.ask_table(now);
            }
            Command::Withdraw(key) => self.withdraw(&key),
            Command::Candidates(topic, named) => self.take_candidates(topic, &named, now),
            Command::Bootstrap(place) => {
                if !self.bootstraps.add(place, now) {
                    self.outlet.news(Event::Trouble(Trouble::TooMany));
                }
                self.seek_bootstraps(now);
            }
            Command::Limit(limits) => {
                *self.swarm.behaviour_mut().limits.limits_mut() = link_limits(limits);
            }
            Command::Snapshot(answer) => {
                let status = self.status(now);
                // Whoever asked may have gone.
                answer.send(status).unwrap_or_default();
            }
            // Taken by the loop itself.
            Command::Shutdown(_) => {}
        }
    }

    fn join(&mut self, topic: Topic, now: Instant) {
        if self.joined.contains_key(&topic) {
            return;
        }
        if self.joined.len() >= TOPICS {
            return self.outlet.news(Event::Trouble(Trouble::TooMany));
        }
        let (ident, hash) = (names::ident(&topic), names::hash(&topic));
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        // Both fail only where scoring is off or the filter refuses, and neither is so.
        gossip.set_topic_params(ident.clone(), topic_score()).unwrap_or_default();
        gossip.subscribe(&ident).unwrap_or_default();
        let there: BTreeSet<PeerId> =
            gossip.all_peers().filter(|(_, topics)| topics.contains(&&hash)).map(|(peer, _)| *peer).collect();
        self.joined.insert(topic, there.clone());
        for peer in there {
            self.outlet.news(Event::Subscribed { peer: names::peer(&peer), topic });
        }
        self.dial_due(now);
    }

    fn part(&mut self, topic: &Topic) {
        if self.joined.remove(topic).is_some() {
            self.swarm.behaviour_mut().gossip.unsubscribe(&names::ident(topic));
            self.outbox.forget(topic);
            self.book.part(topic);
        }
    }

    pub(super) fn publish(&mut self, topic: Topic, frame: Vec<u8>, now: Instant) {
        if frame.is_empty() || frame.len() > FRAME_BYTES {
            self.counters.misshapen += 1;
            return;
        }
        if !self.joined.contains_key(&topic) {
            self.counters.unjoined += 1;
            return;
        }
        let bytes = frame.len() as u64;
        match self.swarm.behaviour_mut().gossip.publish(names::hash(&topic), frame.clone()) {
            Ok(_) => {
                self.counters.frames_out += 1;
                self.counters.bytes_out += bytes;
                self.last_sent = Some(now);
            }
            Err(PublishError::NoPeersSubscribedToTopic) => {
                self.counters.held += 1;
                self.outbox.hold(topic, frame, now);
            }
            // Said twice; or on its way, only that peers have to ask for it by its id.
            Err(PublishError::Duplicate) => {}
            Err(PublishError::AllQueuesFull(_)) => self.counters.queues_full += 1,
            Err(_) => self.counters.misshapen += 1,
        }
    }

    fn direct(&mut self, to: &Peer, frame: Vec<u8>, now: Instant) {
        let Some(peer) = names::peer_id(to) else {
            self.counters.direct_failed += 1;
            return;
        };
        if frame.is_empty() || frame.len() > FRAME_BYTES {
            self.counters.misshapen += 1;
            return;
        }
        if !self.inflight.has_room_for(&peer) {
            self.counters.direct_failed += 1;
            return;
        }
        self.counters.bytes_out += frame.len() as u64;
        let addrs = self.book.addrs_of(&peer);
        let request = self.swarm.behaviour_mut().direct.send_request_with_addresses(&peer, frame, addrs);
        self.inflight.sent(request, peer);
        self.counters.direct_out += 1;
        self.last_sent = Some(now);
    }

    pub(super) fn verdict(&mut self, frame: &FrameId, verdict: Verdict, now: Instant) {
        let (acceptance, count) = match verdict {
            Verdict::Accept => (MessageAcceptance::Accept, &mut self.counters.accepted),
            Verdict::Ignore => (MessageAcceptance::Ignore, &mut self.counters.ignored),
            Verdict::Reject => (MessageAcceptance::Reject, &mut self.counters.rejected),
        };
        *count += 1;
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        if !gossip.report_message_validation_result(&frame.id, &frame.from, acceptance) {
            self.counters.late_verdicts += 1;
        }
        if verdict == Verdict::Reject {
            self.shun_if_bad(frame.from, now);
        }
    }

    /// A peer whose score fell too low is cut off for a while.
    fn shun_if_bad(&mut self, peer: PeerId, now: Instant) {
        if self.swarm.behaviour().gossip.peer_score(&peer).is_some_and(|score| score <= GRAYLIST) {
            self.shun(peer, now);
        }
    }

    /// Cuts a peer off for a while.
    pub(super) fn shun(&mut self, peer: PeerId, now: Instant) {
        if !self.swarm.behaviour_mut().shunned.block_peer(peer) {
            return;
        }
        tracing::warn!(peer = %names::short_id(&peer), "cut off for a while");
        self.counters.shunned += 1;
        self.shunned.push_back((peer, now + SHUN));
        while self.shunned.len() > SHUNNED {
            self.forgive_oldest();
        }
    }

    fn forgive_oldest(&mut self) {
        if let Some((peer, _)) = self.shunned.pop_front() {
            self.swarm.behaviour_mut().shunned.unblock_peer(peer);
        }
    }

    fn on_tick(&mut self, now: Instant) {
        if self.no_network.is_some_and(|at| at <= now) {
            self.no_network = None;
            if self.listening.iter().all(|addr| scope(addr) == Some(Scope::Loopback)) {
                self.outlet.news(Event::Trouble(Trouble::NoNetwork));
            }
        }
        self.look_around(now);
        self.keep_faithful();
        self.outbox.expire(now);
        self.book.expire(now);
        while self.shunned.front().is_some_and(|(_, until)| *until <= now) {
            self.forgive_oldest();
        }
        for peer in self.links.iter().map(|(peer, _)| *peer).collect::<Vec<_>>() {
            self.shun_if_bad(peer, now);
        }
        self.seek_bootstraps(now);
        self.ask_table(now);
        self.seek_relays(now);
        self.spare_circuits(now);
        self.judge_ways(now);
        self.dial_due(now);
    }

    fn status(&mut self, now: Instant) -> Status {
        let peers = self.links.iter().map(|(id, peer)| {
            let (path, addr) = peer.way();
            PeerStatus {
                peer: names::peer(id),
                path,
                addr: Addr(addr),
                rtt: peer.rtt(),
                up: now.saturating_duration_since(peer.since),
                links: peer.count(),
            }
        });
        let peers = peers.collect();
        let (serves, keys) = (self.reach.serves(), self.keys.len());
        let node = self.swarm.behaviour_mut();
        let table = node.kad.as_mut().map(|table| TableStatus {
            on: true,
            serves,
            servers: table.inner.kbuckets().map(|bucket| bucket.num_entries()).sum(),
            keys,
        });
        Status {
            listening: self.listening.iter().cloned().map(Addr).collect(),
            peers,
            bootstraps: self.bootstraps.states(),
            topics: self.joined.iter().map(|(topic, there)| (*topic, there.len())).collect(),
            mdns: node.mdns.is_enabled(),
            nat: self.reach.nat(),
            relays: self.reach.relays(),
            relaying: self.reach.serves() && node.relay.is_enabled(),
            circuits: self.reach.carried,
            table: table.unwrap_or_default(),
            counters: Counters { held_in_vain: self.outbox.in_vain, ..self.counters },
        }
    }
}
