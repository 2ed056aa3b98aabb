//! Whom to dial: peers named by the local network, by members or by the table, and when each is worth another try.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

use crate::base::id::Topic;

use super::backoff::Backoff;
use super::config::{ADDRS_A_PEER, BOOK, BOOK_AGE, KNOWN_FOR, RETRY_FIRST};

/// Somebody worth dialling: a peer, or an address whose peer is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whom {
    Peer(PeerId),
    At(Multiaddr),
}

/// What a link to them would be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// They are next door; which topics they have shows once there is a link.
    Lan,
    /// A member says that they are on this topic.
    Topic(Topic),
    /// The table says so, where anybody can write themselves down.
    Rumour(Topic),
}

#[derive(Debug)]
struct Entry {
    addrs: Vec<Multiaddr>,
    lan: bool,
    topics: BTreeSet<Topic>,
    rumoured: BTreeSet<Topic>,
    /// When somebody last named them.
    named: Instant,
    next: Instant,
    backoff: Backoff,
    dialing: Option<ConnectionId>,
    /// When there last was a link.
    linked: Option<Instant>,
    /// Drawn by lot, so that not every member dials the same few.
    turn: u32,
}

impl Entry {
    fn is_for_nothing(&self) -> bool {
        !self.lan && self.topics.is_empty() && self.rumoured.is_empty()
    }
}

/// Everybody worth dialling.
#[derive(Debug, Default)]
pub(super) struct Book {
    entries: BTreeMap<Whom, Entry>,
}

impl Book {
    /// Somebody was named. Addresses are added to those known; a wait that is on goes on.
    pub(super) fn offer(&mut self, whom: Whom, addrs: &[Multiaddr], good_for: For, turn: u32, now: Instant) {
        if !self.entries.contains_key(&whom) && self.entries.len() >= BOOK {
            self.make_room();
        }
        let entry = self.entries.entry(whom).or_insert_with(|| Entry {
            addrs: Vec::new(),
            lan: false,
            topics: BTreeSet::new(),
            rumoured: BTreeSet::new(),
            named: now,
            next: now,
            backoff: Backoff::default(),
            dialing: None,
            linked: None,
            turn,
        });
        entry.named = now;
        match good_for {
            For::Lan => entry.lan = true,
            For::Topic(topic) => _ = entry.topics.insert(topic),
            For::Rumour(topic) => _ = entry.rumoured.insert(topic),
        }
        for addr in addrs {
            if !entry.addrs.contains(addr) {
                // The newest word counts: the oldest address makes room.
                if entry.addrs.len() >= ADDRS_A_PEER {
                    entry.addrs.remove(0);
                }
                entry.addrs.push(addr.clone());
            }
        }
    }

    /// The local network does not know this address any more. A link that is up is not touched.
    pub(super) fn vanished(&mut self, peer: &PeerId, addr: &Multiaddr) {
        let whom = Whom::Peer(*peer);
        if let Some(entry) = self.entries.get_mut(&whom) {
            entry.addrs.retain(|a| a != addr);
            entry.lan &= !entry.addrs.is_empty();
            if entry.is_for_nothing() {
                self.entries.remove(&whom);
            }
        }
    }

    /// A topic was left.
    pub(super) fn part(&mut self, topic: &Topic) {
        self.entries.retain(|_, entry| {
            entry.topics.remove(topic);
            entry.rumoured.remove(topic);
            !entry.is_for_nothing()
        });
    }

    /// Those whose time has come for a topic, at most `most` of them; `linked` are passed over.
    pub(super) fn due_for(
        &self,
        good_for: For,
        most: usize,
        now: Instant,
        linked: impl Fn(&PeerId) -> bool,
    ) -> Vec<(Whom, Vec<Multiaddr>)> {
        let fits = |entry: &Entry| match good_for {
            For::Lan => entry.lan,
            For::Topic(topic) => entry.topics.contains(&topic),
            For::Rumour(topic) => entry.rumoured.contains(&topic),
        };
        let under_way = self.entries.values().filter(|e| fits(e) && e.dialing.is_some()).count();
        let mut due: Vec<(u32, &Whom, &Entry)> = self
            .entries
            .iter()
            .filter(|(_, e)| fits(e) && e.dialing.is_none() && e.next <= now && !e.addrs.is_empty())
            .filter(|(whom, _)| !matches!(whom, Whom::Peer(peer) if linked(peer)))
            .map(|(whom, e)| (e.turn, whom, e))
            .collect();
        due.sort_by_key(|(turn, ..)| *turn);
        due.into_iter()
            .take(most.saturating_sub(under_way))
            .map(|(_, whom, e)| (whom.clone(), e.addrs.clone()))
            .collect()
    }

    /// Whether a member named this peer for a topic.
    pub(super) fn named(&self, peer: &PeerId, topic: &Topic) -> bool {
        self.entries.get(&Whom::Peer(*peer)).is_some_and(|e| e.topics.contains(topic))
    }

    /// All whom members named.
    pub(super) fn all_named(&self) -> BTreeSet<PeerId> {
        let named = self.entries.iter().filter(|(_, e)| !e.topics.is_empty());
        named.filter_map(|(whom, _)| if let Whom::Peer(peer) = whom { Some(*peer) } else { None }).collect()
    }

    /// The lot that was drawn for a peer.
    pub(super) fn turn(&self, peer: &PeerId) -> u32 {
        self.entries.get(&Whom::Peer(*peer)).map_or(u32::MAX, |e| e.turn)
    }

    /// May this one be tried now? For those whose addresses only the table knows.
    pub(super) fn may_try(&self, peer: &PeerId, now: Instant) -> bool {
        self.entries.get(&Whom::Peer(*peer)).is_none_or(|e| e.dialing.is_none() && e.next <= now)
    }

    pub(super) fn dialing(&mut self, whom: &Whom, connection: ConnectionId) {
        if let Some(entry) = self.entries.get_mut(whom) {
            entry.dialing = Some(connection);
        }
    }

    /// How many dials are under way.
    pub(super) fn under_way(&self) -> usize {
        self.entries.values().filter(|e| e.dialing.is_some()).count()
    }

    /// A dial was not even begun, though nobody is to blame: a little later, then.
    pub(super) fn put_off(&mut self, whom: &Whom, now: Instant) {
        if let Some(entry) = self.entries.get_mut(whom) {
            entry.dialing = None;
            entry.next = now + RETRY_FIRST;
        }
    }

    /// A dial failed. True if it was one of this book's.
    pub(super) fn failed(&mut self, connection: ConnectionId, chance: u32, now: Instant) -> bool {
        let Some(entry) = self.entries.values_mut().find(|e| e.dialing == Some(connection)) else {
            return false;
        };
        entry.dialing = None;
        let known = entry.linked.is_some_and(|at| now.saturating_duration_since(at) < KNOWN_FOR);
        entry.next = now + if known { entry.backoff.fail_known(chance) } else { entry.backoff.fail(chance) };
        true
    }

    /// A link is up. What was known of its address is known of its peer from now on.
    pub(super) fn linked(&mut self, peer: &PeerId, connection: ConnectionId, now: Instant) {
        let by_address = self.entries.iter().find_map(|(whom, e)| match whom {
            Whom::At(_) if e.dialing == Some(connection) => Some(whom.clone()),
            _ => None,
        });
        if let Some(entry) = by_address.and_then(|whom| self.entries.remove(&whom)) {
            for topic in &entry.topics {
                self.offer(Whom::Peer(*peer), &entry.addrs, For::Topic(*topic), entry.turn, now);
            }
        }
        if let Some(entry) = self.entries.get_mut(&Whom::Peer(*peer)) {
            entry.dialing = None;
            entry.linked = Some(now);
            entry.backoff.reset();
        }
    }

    /// This machine moved: whoever could not be reached may be in reach now, and dials that are under way go nowhere.
    pub(super) fn wake(&mut self, now: Instant) {
        for entry in self.entries.values_mut() {
            (entry.dialing, entry.next) = (None, now);
            entry.backoff.reset();
        }
    }

    /// Its last link is gone: tried again soon, but not by everybody in the same instant. A dial for a straight way beside
    /// one through a relay may be under way; who has no way left does not wait for its end.
    pub(super) fn lost(&mut self, peer: &PeerId, spread: Duration, now: Instant) {
        if let Some(entry) = self.entries.get_mut(&Whom::Peer(*peer)) {
            entry.dialing = None;
            (entry.next, entry.linked) = (now + spread, Some(now));
        }
    }

    /// Where a peer is said to be.
    pub(super) fn addrs_of(&self, peer: &PeerId) -> Vec<Multiaddr> {
        self.entries.get(&Whom::Peer(*peer)).map(|e| e.addrs.clone()).unwrap_or_default()
    }

    /// Forgets those whom nobody has named for long. The local network takes back its own names itself.
    pub(super) fn expire(&mut self, now: Instant) {
        self.entries
            .retain(|_, e| e.lan || e.dialing.is_some() || now.saturating_duration_since(e.named) < BOOK_AGE);
    }

    /// The one that failed most often goes, or of such the one named longest ago.
    fn make_room(&mut self) {
        let worst = self
            .entries
            .iter()
            .filter(|(_, e)| e.dialing.is_none())
            .max_by_key(|(_, e)| (e.backoff.failures(), std::cmp::Reverse(e.named)))
            .map(|(whom, _)| whom.clone());
        if let Some(whom) = worst {
            self.entries.remove(&whom);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::backoff::now;

    const T: Topic = Topic([1; 32]);

    fn addr(n: usize) -> Multiaddr {
        format!("/ip4/203.0.113.{}/tcp/{}", n % 250, 1 + n / 250).parse().unwrap()
    }

    #[test]
    fn the_book_is_bounded_in_peers_and_in_addresses() {
        let (mut book, now) = (Book::default(), now());
        let peer = PeerId::random();
        for n in 0..100 {
            book.offer(Whom::Peer(peer), &[addr(n)], For::Topic(T), 0, now);
        }
        assert_eq!(book.addrs_of(&peer).len(), ADDRS_A_PEER);
        assert_eq!(book.addrs_of(&peer).last(), Some(&addr(99)));
        for n in 0..2 * BOOK {
            book.offer(Whom::At(addr(n)), &[addr(n)], For::Topic(T), 0, now);
        }
        assert!(book.entries.len() <= BOOK);
    }

    #[test]
    fn one_who_does_not_answer_is_tried_again_later_and_later() {
        let (mut book, mut at) = (Book::default(), now());
        let (peer, connection) = (PeerId::random(), ConnectionId::new_unchecked(7));
        book.offer(Whom::Peer(peer), &[addr(1)], For::Lan, 0, at);
        let due = |book: &Book, at| book.due_for(For::Lan, 8, at, |_| false).len();
        for wait in [500, 1_000, 2_000] {
            assert_eq!(due(&book, at), 1);
            book.dialing(&Whom::Peer(peer), connection);
            assert_eq!(due(&book, at), 0, "one dial at a time");
            assert!(book.failed(connection, u32::MAX / 2, at));
            assert_eq!(due(&book, at + Duration::from_millis(wait - 10)), 0);
            at += Duration::from_millis(wait + 10);
        }
        assert_eq!(book.due_for(For::Lan, 8, at, |p| *p == peer).len(), 0, "a linked peer is not dialled");
        book.vanished(&peer, &addr(1));
        assert!(book.entries.is_empty(), "gone from the local network, gone from the book");
    }

    #[test]
    fn an_address_becomes_a_peer_once_it_answers() {
        let (mut book, now) = (Book::default(), now());
        let (peer, connection) = (PeerId::random(), ConnectionId::new_unchecked(7));
        book.offer(Whom::At(addr(1)), &[addr(1)], For::Topic(T), 0, now);
        book.dialing(&Whom::At(addr(1)), connection);
        book.linked(&peer, connection, now);
        assert_eq!(book.addrs_of(&peer), [addr(1)]);
        assert_eq!((book.entries.len(), book.under_way()), (1, 0));
        book.part(&T);
        assert!(book.entries.is_empty());
    }
}
