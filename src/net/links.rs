//! Who is connected, by which way, since when, and how much each brings in.

use std::collections::BTreeMap;
use std::time::Duration;

use libp2p::core::ConnectedPoint;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

use super::address::{Scope, bare, scope};
use super::config::{LINK_BURST, LINK_BYTES_A_SECOND};
use super::io::Path;

/// One connection to a peer.
#[derive(Clone, Debug)]
struct Link {
    connection: ConnectionId,
    path: Path,
    addr: Multiaddr,
    rtt: Option<Duration>,
    /// Its round trip failed: nobody is at the other end.
    dead: bool,
}

/// All connections to one peer.
#[derive(Debug)]
pub(super) struct Peer {
    /// In the order they came up: on the first, topics were announced.
    links: Vec<Link>,
    pub(super) since: Instant,
    bucket: Bucket,
}

/// What changed for a peer when a connection came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Up,
    Down,
    /// The best way is another one now.
    Path,
    None,
}

/// Everybody this node is connected to.
#[derive(Debug, Default)]
pub(super) struct Links {
    peers: BTreeMap<PeerId, Peer>,
}

impl Links {
    pub(super) fn up(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        end: &ConnectedPoint,
        now: Instant,
    ) -> Change {
        let addr = bare(end.get_remote_address());
        let link = Link { connection, path: path_of(&addr), addr, rtt: None, dead: false };
        let known = self.peers.contains_key(&peer);
        let entry = self.peers.entry(peer).or_insert_with(|| Peer {
            links: Vec::new(),
            since: now,
            bucket: Bucket::full(now),
        });
        let before = entry.best().map(|l| l.path);
        entry.links.push(link);
        match (known, before == entry.best().map(|l| l.path)) {
            (false, _) => Change::Up,
            (true, true) => Change::None,
            (true, false) => Change::Path,
        }
    }

    /// Also says whether the connection that went was the oldest of several, and was not closed in good order.
    pub(super) fn down(&mut self, peer: &PeerId, connection: ConnectionId, broke: bool) -> (Change, bool) {
        let Some(entry) = self.peers.get_mut(peer) else { return (Change::None, false) };
        let before = entry.best().map(|l| l.path);
        let eldest = entry.links.first().is_some_and(|l| l.connection == connection && (broke || l.dead));
        entry.links.retain(|l| l.connection != connection);
        let after = entry.best().map(|l| l.path);
        if after.is_none() {
            self.peers.remove(peer);
            return (Change::Down, false);
        }
        (if before == after { Change::None } else { Change::Path }, eldest)
    }

    /// A round trip was measured.
    pub(super) fn measured(&mut self, peer: &PeerId, connection: ConnectionId, rtt: Duration) {
        if let Some(link) = self.link(peer, connection) {
            link.rtt = Some(rtt);
        }
    }

    /// A round trip failed. Whoever then closes the link does so in good order, which does not make it one that lived.
    pub(super) fn died(&mut self, peer: &PeerId, connection: ConnectionId) {
        if let Some(link) = self.link(peer, connection) {
            link.dead = true;
        }
    }

    fn link(&mut self, peer: &PeerId, connection: ConnectionId) -> Option<&mut Link> {
        self.peers.get_mut(peer)?.links.iter_mut().find(|l| l.connection == connection)
    }

    /// Takes `bytes` from what the peer may bring in; false where it brings too much.
    pub(super) fn admit(&mut self, peer: &PeerId, bytes: usize, now: Instant) -> bool {
        self.peers.get_mut(peer).is_some_and(|p| p.bucket.take(bytes as u64, now))
    }

    pub(super) fn contains(&self, peer: &PeerId) -> bool {
        self.peers.contains_key(peer)
    }

    pub(super) fn get(&self, peer: &PeerId) -> Option<&Peer> {
        self.peers.get(peer)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&PeerId, &Peer)> {
        self.peers.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.peers.len()
    }
}

impl Peer {
    fn best(&self) -> Option<&Link> {
        self.links.iter().min_by_key(|l| l.path)
    }

    /// The best way, and the peer's end of it.
    pub(super) fn way(&self) -> (Path, Multiaddr) {
        self.best().map_or((Path::Direct, Multiaddr::empty()), |l| (l.path, l.addr.clone()))
    }

    pub(super) fn rtt(&self) -> Option<Duration> {
        self.best().and_then(|l| l.rtt)
    }

    pub(super) fn count(&self) -> usize {
        self.links.len()
    }
}

fn path_of(addr: &Multiaddr) -> Path {
    if addr.iter().any(|p| p == Protocol::P2pCircuit) {
        return Path::Relay;
    }
    match scope(addr) {
        Some(Scope::Private(_) | Scope::LinkLocal | Scope::Loopback) => Path::Lan,
        _ => Path::Direct,
    }
}

/// A token bucket of bytes.
#[derive(Debug)]
struct Bucket {
    left: u64,
    filled: Instant,
}

impl Bucket {
    fn full(now: Instant) -> Bucket {
        Bucket { left: LINK_BURST, filled: now }
    }

    fn take(&mut self, bytes: u64, now: Instant) -> bool {
        let ms = u64::try_from(now.saturating_duration_since(self.filled).as_millis()).unwrap_or(u64::MAX);
        let fresh = ms.saturating_mul(LINK_BYTES_A_SECOND / 1_000);
        if fresh > 0 {
            self.left = self.left.saturating_add(fresh).min(LINK_BURST);
            self.filled = now;
        }
        let enough = self.left >= bytes;
        if enough {
            self.left -= bytes;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::core::Endpoint;
    use libp2p::core::transport::PortUse;

    fn end(addr: &str) -> ConnectedPoint {
        ConnectedPoint::Dialer {
            address: addr.parse().unwrap(),
            role_override: Endpoint::Dialer,
            port_use: PortUse::Reuse,
        }
    }

    #[test]
    fn two_links_to_one_peer_are_one_peer_up_and_one_down() {
        let (mut links, peer, now) = (Links::default(), PeerId::random(), crate::net::backoff::now());
        let (a, b) = (ConnectionId::new_unchecked(1), ConnectionId::new_unchecked(2));
        assert_eq!(links.up(peer, a, &end("/ip4/203.0.113.1/tcp/1"), now), Change::Up);
        assert_eq!(links.up(peer, b, &end("/ip4/10.0.0.1/tcp/1"), now), Change::Path);
        assert_eq!(links.get(&peer).unwrap().way().0, Path::Lan);
        assert_eq!(links.down(&peer, a, true), (Change::None, true));
        assert_eq!(links.down(&peer, b, true), (Change::Down, false));
        assert_eq!(links.down(&peer, b, true), (Change::None, false));
        assert!(links.is_empty());
    }

    #[test]
    fn a_link_that_answers_no_more_makes_both_begin_anew_although_it_is_closed_in_good_order() {
        let (mut links, peer, now) = (Links::default(), PeerId::random(), crate::net::backoff::now());
        let (a, b) = (ConnectionId::new_unchecked(1), ConnectionId::new_unchecked(2));
        for died in [false, true] {
            links.up(peer, a, &end("/ip4/192.168.1.2/tcp/1"), now);
            links.up(peer, b, &end("/ip4/192.168.1.2/tcp/1"), now);
            if died {
                links.died(&peer, a);
            }
            assert_eq!(links.down(&peer, a, false), (Change::None, died));
            links.down(&peer, b, false);
        }
    }

    #[test]
    fn a_link_brings_its_burst_and_then_its_rate() {
        let now = crate::net::backoff::now();
        let mut bucket = Bucket::full(now);
        assert!(bucket.take(LINK_BURST, now));
        assert!(!bucket.take(1, now));
        let later = now + Duration::from_secs(1);
        assert!(bucket.take(LINK_BYTES_A_SECOND / 1_000 * 1_000, later));
        assert!(!bucket.take(1, later));
        assert!(bucket.take(LINK_BURST, now + Duration::from_secs(3_600)));
    }
}
