//! Who is connected, by which way, since when, and how much each brings in.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use libp2p::core::ConnectedPoint;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

use super::address::shape;
use super::circuit::{Circuit, far_end, is_circuit};
use super::config::{BOTH_AT_ONCE, KNOCK, KNOCK_LATE, LINK_BURST, LINK_BYTES_A_SECOND, OVERDUE, SETTLE};
use super::io::Path;
use super::stand::{Scope, scope};

/// One connection to a peer.
#[derive(Clone, Debug)]
struct Link {
    connection: ConnectionId,
    path: Path,
    addr: Multiaddr,
    since: Instant,
    rtt: Option<Duration>,
    /// This node dialled, so its far end is an address to dial.
    dialled: bool,
    /// The address of this machine that it goes out from, as far as the system says.
    here: Option<IpAddr>,
    /// When its other end last answered.
    heard: Instant,
    /// It was asked outright, and has not answered yet.
    asked: bool,
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

/// Why a link may be dead although nobody said so.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doubt {
    /// This machine moved.
    Moved,
    /// It has been silent for long.
    Silent,
    /// The peer came by another link of the same kind, long after the ones it had.
    CameAgain(PeerId, ConnectionId),
    /// The local network says that the peer has an address it had not.
    Elsewhere(PeerId),
}

impl Doubt {
    /// How long whoever is asked may take.
    pub(super) fn patience(self) -> Duration {
        if matches!(self, Doubt::Silent) { KNOCK_LATE } else { KNOCK }
    }

    fn concerns(self, peer: &PeerId, link: &Link, now: Instant) -> bool {
        let old = now.saturating_duration_since(link.since) > BOTH_AT_ONCE;
        match self {
            Doubt::Moved => true,
            Doubt::Silent => now.saturating_duration_since(link.heard) > OVERDUE,
            Doubt::CameAgain(again, by) => {
                again == *peer && by != link.connection && link.path != Path::Relay && old
            }
            Doubt::Elsewhere(who) => who == *peer && old,
        }
    }
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
        here: Option<IpAddr>,
        now: Instant,
    ) -> Change {
        let addr = self.with_relay(far_end(end));
        let (since, heard) = (now, now);
        let link = Link {
            connection,
            path: path_of(&addr),
            addr,
            since,
            rtt: None,
            dialled: end.is_dialer(),
            here,
            heard,
            asked: false,
            dead: false,
        };
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

    /// A link that came in through a relay is told by the relay's address alone. The relay is linked there.
    fn with_relay(&self, addr: Multiaddr) -> Multiaddr {
        let mut at = addr.clone();
        if at.pop() != Some(Protocol::P2pCircuit) || shape(&at).is_none_or(|shape| shape.peer.is_some()) {
            return addr;
        }
        let relay = self.peers.iter().find(|(_, peer)| peer.links.iter().any(|link| link.addr == at));
        relay.map_or(addr, |(relay, _)| Circuit { at, relay: *relay }.addr())
    }

    /// Also says whether the connection that went was the oldest of several, and was not closed in good order.
    pub(super) fn down(&mut self, peer: &PeerId, connection: ConnectionId, broke: bool) -> (Change, bool) {
        let Some(entry) = self.peers.get_mut(peer) else { return (Change::None, false) };
        let before = entry.best().map(|l| l.path);
        // A circuit ends with its relay, its time or its bytes, or because a better way was found: the peer lives on.
        let ended = |l: &Link| l.connection == connection && l.path != Path::Relay && (broke || l.dead);
        let eldest = entry.links.first().is_some_and(ended);
        entry.links.retain(|l| l.connection != connection);
        let after = entry.best().map(|l| l.path);
        if after.is_none() {
            self.peers.remove(peer);
            return (Change::Down, false);
        }
        (if before == after { Change::None } else { Change::Path }, eldest)
    }

    /// A round trip was measured.
    pub(super) fn measured(&mut self, peer: &PeerId, connection: ConnectionId, rtt: Duration, now: Instant) {
        if let Some(link) = self.link(peer, connection) {
            link.rtt = Some(rtt);
        }
        self.answered(peer, connection, now);
    }

    /// Its other end is there.
    pub(super) fn answered(&mut self, peer: &PeerId, connection: ConnectionId, now: Instant) {
        if let Some(link) = self.link(peer, connection) {
            (link.heard, link.asked) = (now, false);
        }
    }

    /// Whom to ask outright because of this doubt. Nobody twice before there was an answer.
    pub(super) fn doubted(&mut self, doubt: Doubt, now: Instant) -> Vec<(PeerId, ConnectionId)> {
        let mut found = Vec::new();
        for (peer, entry) in &mut self.peers {
            for link in entry.links.iter_mut().filter(|link| !link.asked && doubt.concerns(peer, link, now)) {
                link.asked = true;
                found.push((*peer, link.connection));
            }
        }
        found
    }

    /// Those that go out from one of these addresses.
    pub(super) fn out_from(&self, here: &BTreeSet<IpAddr>) -> Vec<(PeerId, ConnectionId)> {
        let all =
            self.peers.iter().flat_map(|(peer, entry)| entry.links.iter().map(move |link| (*peer, link)));
        let gone = all.filter(|(_, link)| link.here.is_some_and(|ip| here.contains(&ip)));
        gone.map(|(peer, link)| (peer, link.connection)).collect()
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

    /// Whether this end opened a link to the peer: nobody can make that happen by coming here.
    pub(super) fn sought(&self, peer: &PeerId) -> bool {
        self.peers.get(peer).is_some_and(|p| p.links.iter().any(|link| link.dialled))
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

    /// Whether there is a link to a peer that needs no relay.
    pub(super) fn is_straight(&self, peer: &PeerId) -> bool {
        self.peers.get(peer).is_some_and(|p| p.best().is_some_and(|l| l.path != Path::Relay))
    }

    /// Where a peer was dialled straight.
    pub(super) fn dialled(&self, peer: &PeerId) -> Option<Multiaddr> {
        let links = &self.peers.get(peer)?.links;
        links.iter().find(|l| l.dialled && l.path != Path::Relay).map(|l| l.addr.clone())
    }

    /// Links through relays to peers that have had a straight one for a while.
    pub(super) fn to_spare(&self, now: Instant) -> Vec<ConnectionId> {
        let settled = |l: &Link| l.path != Path::Relay && !l.dead && l.since + SETTLE <= now;
        let peers = self.peers.values().filter(|p| p.links.iter().any(settled));
        let relayed = peers.flat_map(|p| p.links.iter().filter(|l| l.path == Path::Relay));
        relayed.map(|l| l.connection).collect()
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
    if is_circuit(addr) {
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
        assert_eq!(links.up(peer, a, &end("/ip4/203.0.113.1/tcp/1"), None, now), Change::Up);
        assert_eq!(links.up(peer, b, &end("/ip4/10.0.0.1/tcp/1"), None, now), Change::Path);
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
            links.up(peer, a, &end("/ip4/192.168.1.2/tcp/1"), None, now);
            links.up(peer, b, &end("/ip4/192.168.1.2/tcp/1"), None, now);
            if died {
                links.died(&peer, a);
            }
            assert_eq!(links.down(&peer, a, false), (Change::None, died));
            links.down(&peer, b, false);
        }
    }

    #[test]
    fn a_circuit_is_spared_once_a_straight_link_has_settled_and_its_end_is_no_news_of_the_peer() {
        let (mut links, peer, now) = (Links::default(), PeerId::random(), crate::net::backoff::now());
        let (a, b) = (ConnectionId::new_unchecked(1), ConnectionId::new_unchecked(2));
        let way = format!("/ip4/203.0.113.7/tcp/1/p2p/{}/p2p-circuit", PeerId::random());
        assert_eq!(links.up(peer, a, &end(&way), None, now), Change::Up);
        assert_eq!(links.get(&peer).unwrap().way(), (Path::Relay, way.parse().unwrap()));
        assert!(!links.is_straight(&peer) && links.to_spare(now + 2 * SETTLE).is_empty());
        assert_eq!(links.up(peer, b, &end("/ip4/203.0.113.9/tcp/1"), None, now), Change::Path);
        assert!(links.is_straight(&peer) && links.to_spare(now + SETTLE / 2).is_empty());
        assert_eq!(links.to_spare(now + SETTLE), [a]);
        assert_eq!(links.down(&peer, a, true), (Change::None, false), "the oldest, and it broke");
    }

    #[test]
    fn a_link_that_came_in_through_a_relay_names_it() {
        let (mut links, now) = (Links::default(), crate::net::backoff::now());
        let (relay, me, peer) = (PeerId::random(), PeerId::random(), PeerId::random());
        let at = "/ip4/203.0.113.7/tcp/1";
        links.up(relay, ConnectionId::new_unchecked(1), &end(at), None, now);
        let came = ConnectedPoint::Listener {
            local_addr: format!("{at}/p2p-circuit/p2p/{me}").parse().unwrap(),
            send_back_addr: format!("/p2p/{peer}").parse().unwrap(),
        };
        links.up(peer, ConnectionId::new_unchecked(2), &came, None, now);
        let way = format!("{at}/p2p/{relay}/p2p-circuit").parse().unwrap();
        assert_eq!(links.get(&peer).unwrap().way(), (Path::Relay, way));
    }

    #[test]
    fn whoever_is_in_doubt_is_asked_once_until_there_is_an_answer() {
        let (mut links, peer, now) = (Links::default(), PeerId::random(), crate::net::backoff::now());
        let (a, b) = (ConnectionId::new_unchecked(1), ConnectionId::new_unchecked(2));
        let here = IpAddr::from([192, 168, 1, 3]);
        links.up(peer, a, &end("/ip4/192.168.1.2/tcp/1"), Some(here), now);
        assert_eq!(links.out_from(&[here].into()), [(peer, a)]);
        assert_eq!(links.out_from(&[IpAddr::from([10, 0, 0, 1])].into()), []);
        assert_eq!(links.doubted(Doubt::Silent, now), []);
        let late = now + OVERDUE + Duration::from_secs(1);
        assert_eq!(links.doubted(Doubt::Silent, late), [(peer, a)]);
        assert_eq!(links.doubted(Doubt::Moved, late), [], "it has been asked");
        links.measured(&peer, a, Duration::ZERO, late);
        assert_eq!(links.doubted(Doubt::Silent, late), []);
        assert_eq!(links.doubted(Doubt::Moved, late), [(peer, a)]);
        links.answered(&peer, a, late);
        links.up(peer, b, &end("/ip4/192.168.1.2/tcp/2"), None, late);
        assert_eq!(links.doubted(Doubt::CameAgain(PeerId::random(), b), late), []);
        assert_eq!(
            links.doubted(Doubt::CameAgain(peer, b), late),
            [(peer, a)],
            "the old one, not the new one"
        );
        links.answered(&peer, a, late);
        assert_eq!(links.doubted(Doubt::Elsewhere(peer), late), [(peer, a)]);
    }

    #[test]
    fn two_who_dial_each_other_at_once_and_a_relayed_way_are_no_reason_for_doubt() {
        let (mut links, peer, now) = (Links::default(), PeerId::random(), crate::net::backoff::now());
        let (a, b) = (ConnectionId::new_unchecked(1), ConnectionId::new_unchecked(2));
        links.up(peer, a, &end("/ip4/192.168.1.2/tcp/1"), None, now);
        assert_eq!(links.doubted(Doubt::CameAgain(peer, b), now + BOTH_AT_ONCE), []);
        let other = PeerId::random();
        links.up(other, a, &end("/ip4/203.0.113.1/tcp/1/p2p-circuit"), None, now);
        assert_eq!(links.doubted(Doubt::CameAgain(other, b), now + BOTH_AT_ONCE * 2), []);
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
