//! Whether others reach this node, through whom when they do not, and what it does for others when they do.
//!
//! Only addresses of its own count here. A way through a relay is an external address to libp2p as well; taken for one, a node
//! that nobody reaches would serve the table and offer itself as a relay.

use std::collections::BTreeSet;

use libp2p::core::transport::ListenerId;
use libp2p::kad::Mode;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{FromSwarm, NetworkBehaviour, NewExternalAddrCandidate};
use libp2p::{Multiaddr, PeerId, autonat, dcutr, identify, relay};
use tokio::time::Instant;

use crate::base::id::Peer;

use super::address::bare;
use super::backoff::chance;
use super::circuit::{Circuit, is_circuit};
use super::config::{ADDRS_A_PEER, Config, ONLY_RELAYS, REACH_UNKNOWN};
use super::driver::Driver;
use super::guarded::Guarded;
use super::io::{Event, Nat};
use super::names;
use super::relays::Relays;
use super::stand::{Says, Scope, Stand, scope};
use super::tell::to_tell;
use super::ways::Ways;

/// What is known of how this node is reached.
#[derive(Debug)]
pub(super) struct Reach {
    ways: Ways,
    serve: bool,
    /// Own addresses that somebody reached or the router opened, and ways through relays, as libp2p spells them.
    outside: BTreeSet<Multiaddr>,
    /// Somebody tried an address and did not get through.
    refused: bool,
    relays: Relays,
    /// Circuits through this node.
    pub(super) carried: usize,
    told: (Nat, Vec<Peer>),
    /// When it is to be told that only relays lead to the others, unless that changes before.
    only_relays: Option<Instant>,
    only_relays_told: bool,
}

impl Reach {
    pub(super) fn new(config: &Config) -> Reach {
        Reach {
            ways: config.ways,
            serve: config.serve,
            outside: BTreeSet::new(),
            refused: false,
            relays: Relays::default(),
            carried: 0,
            told: (Nat::Unknown, Vec::new()),
            only_relays: None,
            only_relays_told: false,
        }
    }

    /// Whether others reach this node by themselves.
    pub(super) fn nat(&self) -> Nat {
        if self.confirmed().any(|addr| scope(&bare(addr)) == Some(Scope::Global)) {
            Nat::Public
        } else if self.refused {
            Nat::Private
        } else {
            Nat::Unknown
        }
    }

    /// Whether it answers the table's questions and is a relay.
    pub(super) fn serves(&self) -> bool {
        self.ways.straight() && (self.serve || self.nat() == Nat::Public)
    }

    /// Own addresses at which others got through.
    pub(super) fn confirmed(&self) -> impl Iterator<Item = &Multiaddr> {
        self.outside.iter().filter(|addr| !is_circuit(addr))
    }

    /// Ways through relays, as they are told.
    pub(super) fn circuits(&self) -> Vec<Multiaddr> {
        self.outside.iter().filter_map(Circuit::of).map(|way| way.addr()).collect()
    }

    /// The relays that keep a place for this node.
    pub(super) fn relays(&self) -> Vec<Peer> {
        self.relays.kept_by().map(names::peer).collect()
    }

    /// What libp2p should take for external: as it told it, and where this node serves all that can be told.
    pub(super) fn outside(&self, listening: &BTreeSet<Multiaddr>) -> Vec<Multiaddr> {
        let served = if self.serve { to_tell(listening, &[]) } else { Vec::new() };
        self.outside.iter().cloned().chain(served.into_iter().map(|addr| addr.0)).collect()
    }

    /// Whether it wants places at relays: nobody gets through to it, or nobody has tried although somebody could.
    fn wants_any(&self, now: Instant) -> bool {
        let long = || self.relays.since().is_some_and(|since| since + REACH_UNKNOWN <= now);
        match self.ways {
            Ways::DirectOnly => false,
            Ways::RelayOnly => true,
            Ways::Any => !self.serves() && (self.refused || long()),
        }
    }
}

impl Driver {
    /// Libp2p holds an address for one by which this node is reached.
    pub(super) fn on_outside(&mut self, addr: Multiaddr, now: Instant) {
        if let Some(way) = Circuit::of(&addr) {
            self.reach.relays.kept(&way.relay);
        }
        self.reach.outside.insert(addr);
        self.reach_changed(now);
        // Libp2p took it for external before it said so: what was published does not lead there yet.
        self.keys.publish_again(now);
        self.ask_table(now);
    }

    /// And no more.
    pub(super) fn on_outside_lost(&mut self, addr: &Multiaddr, now: Instant) {
        if self.reach.outside.remove(addr) {
            self.reach_changed(now);
        }
    }

    /// A listener ended. True if it was a place at a relay, of which nobody need be told.
    pub(super) fn on_place_lost(&mut self, listener: ListenerId, now: Instant) -> bool {
        let was_place = self.reach.relays.ended(listener, chance(), now);
        if was_place {
            self.reach_changed(now);
            self.seek_relays(now);
        }
        was_place
    }

    /// A public address listened on may be one that others reach. Libp2p puts to the trial what peers see, but not what is told
    /// in the table already.
    pub(super) fn try_own(&mut self, addr: &Multiaddr) {
        if scope(addr) != Some(Scope::Global) {
            return;
        }
        let node = self.swarm.behaviour_mut();
        if let Some(probe) = node.probe.as_mut() {
            probe.on_swarm_event(FromSwarm::NewExternalAddrCandidate(NewExternalAddrCandidate { addr }));
        }
        if let Some(punch) = node.punch.as_mut() {
            punch.on_swarm_event(FromSwarm::NewExternalAddrCandidate(NewExternalAddrCandidate { addr }));
        }
    }

    /// This machine lost an address, and with it what led there: of IPv6 itself alone, for such come and go, of IPv4 whatever
    /// the router made of it. Libp2p tries no address twice, so one that comes back is not known to be reached.
    pub(super) fn forget_reach(&mut self, lost: &Multiaddr, now: Instant) {
        let is_v4 = |addr: &Multiaddr| matches!(addr.iter().next(), Some(Protocol::Ip4(_)));
        let gone = |addr: &Multiaddr| !is_circuit(addr) && (addr == lost || is_v4(addr) && is_v4(lost));
        self.reach.refused = false;
        self.reach.outside.retain(|addr| !gone(addr));
        self.reach_changed(now);
    }

    fn reach_changed(&mut self, now: Instant) {
        self.stand.relays = self.reach.relays.kept_by().copied().collect();
        self.stand_changed();
        let serves = self.reach.serves();
        let node = self.swarm.behaviour_mut();
        if let Some(relay) = node.relay.as_mut() {
            relay.set_status(Some(if serves { relay::Status::Enable } else { relay::Status::Disable }));
        }
        if let Some(table) = node.kad.as_mut() {
            let mode = if serves { Mode::Server } else { Mode::Client };
            if table.inner.mode() != mode {
                table.inner.set_mode(Some(mode));
            }
        }
        if serves && !node.prober.is_enabled() {
            node.prober = Some(Guarded::paced(autonat::v2::server::Behaviour::default())).into();
            self.stand_changed();
        } else if !serves {
            self.swarm.behaviour_mut().prober = None.into();
        }
        self.tell_addresses(now);
        let told = (self.reach.nat(), self.reach.relays());
        if told != self.reach.told {
            self.reach.told.clone_from(&told);
            let (nat, relays) = told;
            self.outlet.news(Event::Reach { nat, relays });
        }
    }

    /// Whoever checks addresses for strangers goes by where this node stands.
    pub(super) fn stand_changed(&mut self) {
        let stand: &Stand = &self.stand;
        let node = self.swarm.behaviour_mut();
        if let Some(table) = node.kad.as_mut() {
            table.moved(stand.clone());
        }
        if let Some(punch) = node.punch.as_mut() {
            punch.moved(stand.clone());
        }
        if let Some(probe) = node.probe.as_mut() {
            probe.moved(stand.clone());
        }
        if let Some(prober) = node.prober.as_mut() {
            prober.moved(stand.clone());
        }
    }

    /// A peer said what it speaks: it may be a relay.
    pub(super) fn on_maybe_relay(&mut self, peer: PeerId, info: &identify::Info, now: Instant) {
        if !info.protocols.contains(&relay::HOP_PROTOCOL_NAME) {
            return self.reach.relays.retract(&peer);
        }
        let named = info.listen_addrs.iter().map(bare);
        let named = named.filter(|addr| self.stand.may_knock(addr, Says::Somebody)).take(ADDRS_A_PEER);
        // The way through it is told to others: where they may reach it goes before where this node does.
        let all = self.links.dialled(&peer).into_iter().chain(named);
        if let Some(at) = all.min_by_key(|addr| scope(addr) != Some(Scope::Global)) {
            self.reach.relays.offer(peer, at, now);
            self.seek_relays(now);
        }
    }

    pub(super) fn relay_unlinked(&mut self, peer: &PeerId) {
        self.reach.relays.unlinked(peer);
    }

    /// Asks relays for a place, where one is wanted.
    pub(super) fn seek_relays(&mut self, now: Instant) {
        if !self.reach.wants_any(now) {
            return;
        }
        // Reached from as far away as a relay is, a node needs no place there.
        let reached: BTreeSet<_> = self.reach.confirmed().map(|addr| scope(&bare(addr))).collect();
        let needed = |at: &Multiaddr| !reached.contains(&scope(at));
        let relays = &mut self.reach.relays;
        for (peer, way) in relays.due(now, needed) {
            match self.swarm.listen_on(way.addr()) {
                Ok(listener) => {
                    tracing::debug!(relay = %names::short_id(&peer), "asking for a place at a relay");
                    relays.asked(&peer, listener, now);
                }
                Err(_) => relays.failed(&peer, chance(), now),
            }
        }
    }

    /// Links through a relay to somebody who has long been reached straight are closed: what both say would go by either.
    pub(super) fn spare_circuits(&mut self, now: Instant) {
        for connection in self.links.to_spare(now) {
            self.swarm.close_connection(connection);
        }
    }

    /// Tells, once for each time it is so, that only relays lead to the others, where the person did not ask for just that.
    pub(super) fn judge_ways(&mut self, now: Instant) {
        let mut others = self.joined.values().flatten();
        let relayed =
            !self.joined.values().all(BTreeSet::is_empty) && !others.any(|peer| self.links.is_straight(peer));
        if !relayed || self.reach.ways == Ways::RelayOnly {
            self.reach.only_relays = None;
            self.reach.only_relays_told = false;
            return;
        }
        let due = *self.reach.only_relays.get_or_insert(now + ONLY_RELAYS);
        if due <= now && !std::mem::replace(&mut self.reach.only_relays_told, true) {
            self.outlet.news(Event::OnlyRelays);
        }
    }

    /// What became of meeting a peer halfway.
    pub(super) fn on_punched(&mut self, event: &dcutr::Event) {
        let peer = names::short_id(&event.remote_peer_id);
        match &event.result {
            Ok(_) => {
                tracing::debug!(%peer, "met halfway");
                self.counters.straightened += 1;
            }
            Err(why) => {
                tracing::debug!(%peer, %why, "not met halfway");
                self.counters.not_straightened += 1;
            }
        }
    }

    /// Somebody tried whether this node is reached.
    pub(super) fn on_probed(&mut self, event: &autonat::v2::client::Event, now: Instant) {
        let reached = event.result.is_ok();
        tracing::debug!(addr = %event.tested_addr, reached, "an address was tried from outside");
        if !reached && !self.reach.refused {
            self.reach.refused = true;
            self.reach_changed(now);
            self.seek_relays(now);
        }
    }

    /// This node tried whether somebody is reached. The links made for it have done their work.
    pub(super) fn on_prober(&mut self) {
        let dials = self.swarm.behaviour().prober.as_ref().map(|prober| prober.dials().collect::<Vec<_>>());
        for connection in dials.unwrap_or_default() {
            self.swarm.close_connection(connection);
        }
    }

    /// What this node does for others as a relay.
    pub(super) fn on_relaying(&mut self, event: &relay::Event) {
        match event {
            relay::Event::ReservationReqAccepted { renewed: false, .. } => self.counters.places_given += 1,
            relay::Event::ReservationReqDenied { .. } | relay::Event::CircuitReqDenied { .. } => {
                self.counters.relaying_refused += 1;
            }
            relay::Event::CircuitReqAccepted { .. } => {
                self.counters.circuits_given += 1;
                self.reach.carried += 1;
            }
            relay::Event::CircuitClosed { .. } => self.reach.carried = self.reach.carried.saturating_sub(1),
            _ => {}
        }
    }
}
