//! Relays this node could be reached through, and those that keep a place for it.
//!
//! Libp2p renews a place as long as its link lives, and does nothing once it is lost: then another is asked, or the same one
//! again, later and later. A place is known by its listener, because the news of its end may name no address.

use std::collections::BTreeMap;

use libp2p::core::transport::ListenerId;
use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

use super::backoff::Backoff;
use super::circuit::Circuit;
use super::config::{RELAY_PATIENCE, RELAYS, RELAYS_KNOWN};
use super::stand::{Scope, scope};

#[derive(Debug)]
struct Relay {
    at: Multiaddr,
    /// There is a link to it.
    linked: bool,
    place: Place,
    next: Instant,
    backoff: Backoff,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    None,
    Asked(ListenerId, Instant),
    Kept(ListenerId),
}

impl Place {
    fn listener(self) -> Option<ListenerId> {
        match self {
            Place::None => None,
            Place::Asked(listener, _) | Place::Kept(listener) => Some(listener),
        }
    }
}

/// All relays this node knows of.
#[derive(Debug, Default)]
pub(super) struct Relays {
    known: BTreeMap<PeerId, Relay>,
    /// When the first became known.
    since: Option<Instant>,
}

impl Relays {
    /// A linked peer says that it is a relay.
    pub(super) fn offer(&mut self, peer: PeerId, at: Multiaddr, now: Instant) {
        if let Some(known) = self.known.get_mut(&peer) {
            known.linked = true;
            // A place goes by the address it was asked at.
            if known.place == Place::None {
                known.at = at;
            }
            return;
        }
        if self.known.len() >= RELAYS_KNOWN {
            let idle = self.known.iter().filter(|(_, r)| r.place == Place::None);
            let worst = idle.max_by_key(|(_, r)| (!r.linked, r.backoff.failures())).map(|(peer, _)| *peer);
            let Some(worst) = worst else { return };
            self.known.remove(&worst);
        }
        let relay = Relay { at, linked: true, place: Place::None, next: now, backoff: Backoff::default() };
        self.known.insert(peer, relay);
        self.since.get_or_insert(now);
    }

    /// A linked peer says that it is one no more.
    pub(super) fn retract(&mut self, peer: &PeerId) {
        if self.known.get(peer).is_some_and(|relay| relay.place == Place::None) {
            self.known.remove(peer);
        }
    }

    /// The last link to a peer is gone. It stays known: its link may have been idle.
    pub(super) fn unlinked(&mut self, peer: &PeerId) {
        if let Some(relay) = self.known.get_mut(peer) {
            relay.linked = false;
        }
    }

    /// Since when there has been a relay to ask.
    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }

    /// Whom to ask for a place now. Those that are linked go first, of these the ones with the farthest reach, then the ones
    /// that failed least.
    pub(super) fn due(&mut self, now: Instant, may: impl Fn(&Multiaddr) -> bool) -> Vec<(PeerId, Circuit)> {
        let mut taken = 0;
        for relay in self.known.values_mut() {
            match relay.place {
                // A listener that says nothing for so long will say nothing more.
                Place::Asked(_, since) if since + RELAY_PATIENCE <= now => relay.place = Place::None,
                Place::None => {}
                Place::Asked(..) | Place::Kept(_) => taken += 1,
            }
        }
        let mut due: Vec<_> = self
            .known
            .iter()
            .filter(|(_, r)| r.place == Place::None && r.next <= now && may(&r.at))
            .collect();
        due.sort_by_key(|(_, r)| (!r.linked, scope(&r.at) != Some(Scope::Global), r.backoff.failures()));
        let due = due.into_iter().take(RELAYS.saturating_sub(taken));
        due.map(|(peer, relay)| (*peer, Circuit { at: relay.at.clone(), relay: *peer })).collect()
    }

    /// It was asked, by this listener.
    pub(super) fn asked(&mut self, peer: &PeerId, listener: ListenerId, now: Instant) {
        if let Some(relay) = self.known.get_mut(peer) {
            relay.place = Place::Asked(listener, now);
        }
    }

    /// It could not even be asked.
    pub(super) fn failed(&mut self, peer: &PeerId, chance: u32, now: Instant) {
        if let Some(relay) = self.known.get_mut(peer) {
            relay.place = Place::None;
            relay.next = now + relay.backoff.fail(chance);
        }
    }

    /// It keeps a place.
    pub(super) fn kept(&mut self, peer: &PeerId) {
        if let Some(relay) = self.known.get_mut(peer)
            && let Place::Asked(listener, _) = relay.place
        {
            relay.place = Place::Kept(listener);
            relay.backoff.reset();
        }
    }

    /// A listener ended: true if it was a place at a relay, which is asked again later.
    pub(super) fn ended(&mut self, listener: ListenerId, chance: u32, now: Instant) -> bool {
        let relay = self.known.iter().find(|(_, r)| r.place.listener() == Some(listener));
        let Some(peer) = relay.map(|(peer, _)| *peer) else { return false };
        self.failed(&peer, chance, now);
        true
    }

    /// Those that keep a place.
    pub(super) fn kept_by(&self) -> impl Iterator<Item = &PeerId> {
        self.known.iter().filter(|(_, relay)| matches!(relay.place, Place::Kept(_))).map(|(peer, _)| peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::backoff::now;
    use std::time::Duration;

    fn at(n: usize) -> Multiaddr {
        format!("/ip4/203.0.113.{n}/tcp/1").parse().unwrap()
    }

    fn yes(_: &Multiaddr) -> bool {
        true
    }

    #[test]
    fn two_places_are_kept_and_a_lost_one_is_sought_elsewhere_first() {
        let (mut relays, start) = (Relays::default(), now());
        let peers: Vec<PeerId> = (0..3).map(|_| PeerId::random()).collect();
        for (n, peer) in peers.iter().enumerate() {
            relays.offer(*peer, at(n + 1), start);
        }
        let asked = relays.due(start, yes);
        assert_eq!(asked.len(), RELAYS);
        let mut listeners = Vec::new();
        for (peer, _) in &asked {
            let listener = ListenerId::next();
            relays.asked(peer, listener, start);
            relays.kept(peer);
            listeners.push(listener);
        }
        assert!(relays.due(start, yes).is_empty());
        assert_eq!(relays.kept_by().count(), RELAYS);
        assert!(!relays.ended(ListenerId::next(), 0, start));
        assert!(relays.ended(listeners[0], 0, start));
        relays.unlinked(&asked[0].0);
        let next = relays.due(start, yes);
        assert_eq!(next.len(), 1);
        assert!(asked.iter().all(|(peer, _)| *peer != next[0].0), "another one");
        relays.asked(&next[0].0, ListenerId::next(), start);
        assert!(relays.due(start + RELAY_PATIENCE / 2, yes).is_empty());
        assert_eq!(relays.due(start + RELAY_PATIENCE, yes).len(), 1, "it never answered");
    }

    #[test]
    fn whoever_refuses_is_asked_later_and_later() {
        let (mut relays, mut time) = (Relays::default(), now());
        let peer = PeerId::random();
        relays.offer(peer, at(1), time);
        for wait in [500, 1_000, 2_000] {
            let listener = ListenerId::next();
            assert_eq!(relays.due(time, yes).len(), 1);
            relays.asked(&peer, listener, time);
            assert!(relays.ended(listener, u32::MAX / 2, time));
            assert!(relays.due(time + Duration::from_millis(wait - 10), yes).is_empty());
            time += Duration::from_millis(wait + 10);
        }
        assert!(relays.due(time, |_| false).is_empty());
        relays.retract(&peer);
        assert!(relays.due(time, yes).is_empty());
    }

    #[test]
    fn only_so_many_are_known() {
        let (mut relays, now) = (Relays::default(), now());
        for n in 0..3 * RELAYS_KNOWN {
            relays.offer(PeerId::random(), at(n % 250), now);
        }
        assert_eq!(relays.known.len(), RELAYS_KNOWN);
    }
}
