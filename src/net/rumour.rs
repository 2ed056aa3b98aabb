//! How many addresses that only the table names are tried in vain at one house.
//!
//! Anybody can write into the table that a peer is to be found at somebody else's address, and a handshake that nobody answers is sent
//! again and again. Where a dial comes to a link the word was true and costs nothing. This machine and its own network are left to the
//! rule about whose word counts for them.

use std::collections::BTreeMap;

use libp2p::Multiaddr;
use libp2p::swarm::ConnectionId;
use tokio::time::Instant;

use super::address::bare;
use super::circuit::Circuit;
use super::config::{RUMOURS, RUMOURS_A_HOUSE, RUMOURS_IN};
use super::house::{House, house};
use super::stand::{Scope, scope};

/// Addresses tried on the table's word, until they led to a link or a minute is over.
#[derive(Debug, Default)]
pub(super) struct Rumours {
    since: Option<Instant>,
    tried: BTreeMap<House, usize>,
    /// Dials that have not ended.
    open: BTreeMap<ConnectionId, Vec<House>>,
}

impl Rumours {
    /// Keeps of these addresses those that may still be tried, and remembers that they are.
    pub(super) fn pick(&mut self, connection: ConnectionId, addrs: &mut Vec<Multiaddr>, now: Instant) {
        if self.since.is_none_or(|since| since + RUMOURS_IN <= now) {
            self.since = Some(now);
            self.tried.clear();
        }
        let mut all: usize = self.tried.values().sum();
        let mut houses = Vec::new();
        addrs.retain(|addr| {
            // Whoever is reached through a relay is knocked at there.
            let at = Circuit::of(addr).map_or_else(|| bare(addr), |way| way.at);
            let Some(house) = house(&at).filter(|_| scope(&at) == Some(Scope::Global)) else { return true };
            let there = self.tried.get(&house).copied().unwrap_or(0);
            if there >= RUMOURS_A_HOUSE || all >= RUMOURS {
                return false;
            }
            self.tried.insert(house, there + 1);
            houses.push(house);
            all += 1;
            true
        });
        if !houses.is_empty() {
            self.open.insert(connection, houses);
        }
    }

    /// A dial came to a link: what it tried was no rumour.
    pub(super) fn came(&mut self, connection: ConnectionId) {
        for house in self.open.remove(&connection).unwrap_or_default() {
            if let Some(tried) = self.tried.get_mut(&house) {
                *tried = tried.saturating_sub(1);
            }
        }
    }

    /// A dial came to nothing.
    pub(super) fn failed(&mut self, connection: ConnectionId) {
        self.open.remove(&connection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::backoff::now;

    fn picked(rumours: &mut Rumours, n: usize, at: &str, now: Instant) -> bool {
        let mut addrs = vec![at.parse().unwrap()];
        rumours.pick(ConnectionId::new_unchecked(n), &mut addrs, now);
        !addrs.is_empty()
    }

    #[test]
    fn so_many_vain_tries_at_a_house_and_no_more_until_the_minute_is_over() {
        let (mut rumours, start) = (Rumours::default(), now());
        let at = |port: usize| format!("/ip4/203.0.113.9/udp/{port}/quic-v1");
        assert!((0..RUMOURS_A_HOUSE).all(|n| picked(&mut rumours, n, &at(n + 1), start)));
        let more = |rumours: &mut Rumours, now| picked(rumours, 100, &at(100), now);
        assert!(!more(&mut rumours, start));
        rumours.failed(ConnectionId::new_unchecked(0));
        assert!(!more(&mut rumours, start), "it was tried in vain");
        rumours.came(ConnectionId::new_unchecked(1));
        assert!(more(&mut rumours, start), "a word that was true costs nothing");
        rumours.came(ConnectionId::new_unchecked(0));
        assert!(!more(&mut rumours, start), "what has ended has ended");
        assert!(picked(&mut rumours, 101, "/ip4/203.0.113.10/tcp/1", start), "next door");
        assert!(more(&mut rumours, start + RUMOURS_IN));
    }

    #[test]
    fn a_way_through_a_relay_is_a_knock_at_the_relay() {
        let (mut rumours, start) = (Rumours::default(), now());
        let relay = libp2p::PeerId::random();
        let way = format!("/ip4/203.0.113.9/tcp/4077/p2p/{relay}/p2p-circuit");
        assert!((0..RUMOURS_A_HOUSE).all(|n| picked(&mut rumours, n, &way, start)));
        assert!(!picked(&mut rumours, 100, "/ip4/203.0.113.9/tcp/1", start));
    }

    #[test]
    fn many_houses_are_bounded_together_and_those_next_door_not_at_all() {
        let (mut rumours, start) = (Rumours::default(), now());
        let house = |n: usize| format!("/ip4/203.{}.{}.9/tcp/1", n / 250, n % 250);
        let tried = (0..10 * RUMOURS).filter(|n| picked(&mut rumours, *n, &house(*n), start)).count();
        assert_eq!((tried, rumours.tried.len(), rumours.open.len()), (RUMOURS, RUMOURS, RUMOURS));
        for near in ["/ip4/127.0.0.1/tcp/1", "/ip4/192.168.1.9/tcp/1", "/ip6/fe80::1/tcp/1"] {
            assert!((0..100).all(|n| picked(&mut rumours, 100_000 + n, near, start)), "{near}");
        }
    }
}
