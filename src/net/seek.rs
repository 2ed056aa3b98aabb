//! Whom the driver dials, and what it asks of the table: candidates, bootstraps, rendezvous keys, own addresses.

use std::collections::BTreeSet;

use libp2p::swarm::DialError;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::{Multiaddr, PeerId, kad};
use tokio::time::Instant;

use crate::base::id::Topic;

use super::address::{Addr, bare};
use super::backoff::chance;
use super::book::{For, Whom};
use super::bootstrap::{Step, resolve};
use super::circuit::{Circuit, is_circuit};
use super::config::{ADDRS_A_PEER, DIALS, LINKS_A_TOPIC, LINKS_LAN, PROVIDE_AGAIN};
use super::driver::Driver;
use super::io::{Candidate, Event};
use super::names;
use super::rendezvous::{Ask, Key};
use super::stand::{Says, Scope, scope};
use super::tell::to_tell;
use super::translate::reason;

impl Driver {
    pub(super) fn take_candidates(&mut self, topic: Topic, named: &[Candidate], now: Instant) {
        if !self.joined.contains_key(&topic) {
            return;
        }
        for candidate in named {
            let peer = candidate.peer.as_ref().and_then(names::peer_id);
            if peer.as_ref() == Some(self.swarm.local_peer_id()) {
                continue;
            }
            let mut addrs = Vec::new();
            for addr in candidate.addrs.iter().take(ADDRS_A_PEER).filter_map(|bytes| Addr::from_bytes(bytes))
            {
                let addr = bare(&addr.0);
                let me = self.swarm.local_peer_id();
                if self.listening.contains(&addr) || Circuit::of(&addr).is_some_and(|way| way.relay == *me) {
                    continue;
                }
                if self.stand.may_dial(&addr, Says::Somebody) {
                    addrs.push(addr)
                } else {
                    self.counters.addresses_refused += 1
                }
            }
            match peer {
                Some(peer) if !addrs.is_empty() => {
                    self.book.offer(Whom::Peer(peer), &addrs, For::Topic(topic), chance(), now);
                }
                Some(_) => {}
                None => {
                    for addr in addrs {
                        self.book.offer(Whom::At(addr.clone()), &[addr], For::Topic(topic), chance(), now);
                    }
                }
            }
        }
        self.dial_due(now);
    }

    pub(super) fn withdraw(&mut self, key: &Key) {
        if self.keys.remove(key)
            && let Some(table) = self.swarm.behaviour_mut().kad.as_mut()
        {
            table.inner.stop_providing(&kad::RecordKey::new(key));
        }
    }

    /// Bootstraps whose time has come.
    pub(super) fn seek_bootstraps(&mut self, now: Instant) {
        for step in self.bootstraps.due(now) {
            match step {
                Step::Resolve(index, place) => {
                    let stand = self.stand.clone();
                    self.resolving.spawn(async move { (index, resolve(place, stand).await) });
                }
                Step::Dial(index, addr, peer) => {
                    if scope(&addr) == Some(Scope::Loopback) {
                        self.stand.began_on_loopback = true;
                        self.stand_changed();
                    }
                    let opts = match peer {
                        Some(peer) => DialOpts::peer_id(peer)
                            .condition(PeerCondition::Always)
                            .addresses(vec![addr])
                            .build(),
                        None => DialOpts::unknown_peer_id().address(addr).build(),
                    };
                    let connection = opts.connection_id();
                    self.bootstraps.dialing(index, connection);
                    if let Err(error) = self.swarm.dial(opts) {
                        self.counters.dials_failed += 1;
                        self.bootstraps.failed(connection, reason(&error), chance(), now);
                    }
                }
            }
        }
        for (asked, state) in self.bootstraps.news() {
            self.outlet.news(Event::Bootstrap { asked, state });
        }
    }

    /// Dials whom it is worth to dial: the local network, and for each topic as many as it lacks.
    pub(super) fn dial_due(&mut self, now: Instant) {
        // Whoever is linked through a relay is still worth a dial straight there.
        let linked = |peer: &PeerId| {
            let nowhere_else = || self.book.addrs_of(peer).iter().all(is_circuit);
            self.links.is_straight(peer) || self.links.contains(peer) && nowhere_else()
        };
        let mut due = self.book.due_for(For::Lan, LINKS_LAN.saturating_sub(self.links.len()), now, linked);
        for (topic, there) in &self.joined {
            let lacking = LINKS_A_TOPIC.saturating_sub(self.counted(topic, there));
            due.extend(self.book.due_for(For::Topic(*topic), lacking, now, linked));
        }
        due.sort();
        due.dedup();
        for (whom, addrs) in due.into_iter().take(DIALS.saturating_sub(self.book.under_way())) {
            let opts = match &whom {
                // One dial at a time is this book's own rule; libp2p's would count those that meet a peer halfway.
                Whom::Peer(peer) if self.links.contains(peer) => {
                    let straight = addrs.into_iter().filter(|addr| !is_circuit(addr)).collect();
                    DialOpts::peer_id(*peer).condition(PeerCondition::Always).addresses(straight).build()
                }
                Whom::Peer(peer) => {
                    DialOpts::peer_id(*peer).condition(PeerCondition::Disconnected).addresses(addrs).build()
                }
                Whom::At(addr) => DialOpts::unknown_peer_id().address(addr.clone()).build(),
            };
            self.dial(&whom, opts, now);
        }
    }

    /// Those on a topic who count as found: whom a member named, or whom this node went to. Whoever merely came here does not, or
    /// strangers could fill a node's links before it has looked for a single member.
    fn counted(&self, topic: &Topic, there: &BTreeSet<PeerId>) -> usize {
        there.iter().filter(|peer| self.links.sought(peer) || self.book.named(peer, topic)).count()
    }

    /// Whether a topic has as many as are looked for; so has one that was left.
    pub(super) fn has_enough(&self, topic: &Topic) -> bool {
        self.joined.get(topic).is_none_or(|there| self.counted(topic, there) >= LINKS_A_TOPIC)
    }

    pub(super) fn dial(&mut self, whom: &Whom, opts: DialOpts, now: Instant) {
        let connection = opts.connection_id();
        match whom {
            Whom::Peer(peer) => tracing::debug!(peer = %names::short_id(peer), "dialling"),
            Whom::At(_) => tracing::debug!("dialling an address whose peer is not known"),
        }
        self.book.dialing(whom, connection);
        match self.swarm.dial(opts) {
            Ok(()) => {}
            Err(DialError::DialPeerConditionFalse(_)) => self.book.put_off(whom, now),
            Err(_) => {
                self.counters.dials_failed += 1;
                self.book.failed(connection, chance(), now);
            }
        }
    }

    /// Publishes and looks up what is due, if there is anybody to ask.
    pub(super) fn ask_table(&mut self, now: Instant) {
        let full: BTreeSet<Topic> =
            self.joined.keys().filter(|topic| self.has_enough(topic)).copied().collect();
        let content = |topic: &Topic| full.contains(topic);
        let Some(table) = self.swarm.behaviour_mut().kad.as_mut() else { return };
        let somebody = table.inner.kbuckets().any(|bucket| bucket.num_entries() > 0);
        if !somebody || self.keys.is_empty() {
            return;
        }
        for ask in self.keys.due(now, content) {
            match ask {
                Ask::Provide(key) => {
                    if table.inner.start_providing(kad::RecordKey::new(&key)).is_err() {
                        self.keys.publish_later(&key, now + PROVIDE_AGAIN);
                    }
                }
                Ask::LookUp(key) => _ = table.inner.get_providers(kad::RecordKey::new(&key)),
            }
        }
    }

    /// What is published leads to the addresses of this node that reach as far as the table's servers are away: to the
    /// internet's its public ones, to those of the same private network its private ones, and no others.
    pub(super) fn advertise(&mut self, now: Instant) {
        let mut scopes = BTreeSet::new();
        if let Some(table) = self.swarm.behaviour_mut().kad.as_mut() {
            for bucket in table.inner.kbuckets() {
                scopes.extend(bucket.iter().flat_map(|entry| entry.node.value.iter()).filter_map(scope));
            }
        }
        let wanted: BTreeSet<Multiaddr> = self
            .listening
            .iter()
            .filter(|a| scope(a).is_some_and(|s| scopes.contains(&s)))
            .cloned()
            .collect();
        // A relay says where it is to whom it keeps a place for, so one that serves says all.
        let wanted: BTreeSet<Multiaddr> =
            wanted.into_iter().chain(self.reach.outside(&self.listening)).collect();
        let said: BTreeSet<Multiaddr> = self.swarm.external_addresses().cloned().collect();
        for addr in said.difference(&wanted) {
            self.swarm.remove_external_address(addr);
        }
        for addr in wanted.difference(&said) {
            self.swarm.add_external_address(addr.clone());
        }
        if said != wanted {
            self.keys.publish_again(now);
        }
    }

    /// The addresses listened on changed.
    pub(super) fn moved(&mut self, now: Instant) {
        self.stand.moved(self.listening.iter());
        self.stand_changed();
        self.look_again(now);
        self.tell_addresses(now);
    }

    /// The addresses that lead to this node changed.
    pub(super) fn tell_addresses(&mut self, now: Instant) {
        self.advertise(now);
        let own: BTreeSet<Multiaddr> = self.listening.iter().chain(self.reach.confirmed()).cloned().collect();
        let told = to_tell(&own, &self.reach.circuits());
        if told != self.told {
            self.told.clone_from(&told);
            self.outlet.news(Event::Addresses(told));
        }
    }
}
