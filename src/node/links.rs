//! What the network says, in the words that faces share, and which room a topic belongs to.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::id::{Peer, Topic};
use crate::chat::event::{BootstrapLine, Event, NetLine, PeerLine};
use crate::chat::name::{BootstrapChange, Nat, PeerChange, Route};
use crate::chat::notice::{Fault, Notice, Said, Unreachable};
use crate::chat::text::Line;
use crate::net;

/// What is known of the network at this moment.
pub(super) struct Links {
    me: Peer,
    seats: BTreeMap<Topic, usize>,
    keys: BTreeMap<[u8; 32], usize>,
    up: BTreeMap<Peer, (net::Path, net::Addr)>,
    /// How others reach this node.
    net: NetLine,
    had: bool,
    /// Bootstraps that were said to fail: once each, until they answer.
    failed: BTreeSet<String>,
}

impl Links {
    pub(super) fn new(net: &net::Handle) -> Links {
        Links {
            me: net.me().clone(),
            seats: BTreeMap::new(),
            keys: BTreeMap::new(),
            up: BTreeMap::new(),
            net: NetLine { nat: Nat::Unknown, addresses: Vec::new(), relays: Vec::new() },
            had: false,
            failed: BTreeSet::new(),
        }
    }

    // ---- which room ----

    pub(super) fn joined(&mut self, at: usize, topic: Topic) {
        self.seats.insert(topic, at);
    }

    pub(super) fn parted(&mut self, topic: Topic) {
        self.seats.remove(&topic);
    }

    pub(super) fn seat_of(&self, topic: &Topic) -> Option<usize> {
        self.seats.get(topic).copied()
    }

    /// Seats behind it move up.
    pub(super) fn seat_gone(&mut self, gone: usize) {
        self.seats.retain(|_, at| *at != gone);
        for at in self.seats.values_mut().chain(self.keys.values_mut()).filter(|at| **at > gone) {
            *at -= 1;
        }
    }

    /// Rendezvous keys of a room as they are now: which of them are new, and which are over.
    #[expect(clippy::type_complexity, reason = "two lists, named where they are used")]
    pub(super) fn points(
        &mut self,
        at: usize,
        points: &[([u8; 32], Topic)],
    ) -> (Vec<([u8; 32], Topic)>, Vec<[u8; 32]>) {
        let fresh: Vec<_> = points.iter().filter(|(key, _)| !self.keys.contains_key(key)).copied().collect();
        let wanted = |key: &[u8; 32]| points.iter().any(|(wanted, _)| wanted == key);
        let gone: Vec<[u8; 32]> = self
            .keys
            .iter()
            .filter(|(key, seat)| **seat == at && !wanted(key))
            .map(|(key, _)| *key)
            .collect();
        self.keys.retain(|key, _| !gone.contains(key));
        self.keys.extend(fresh.iter().map(|(key, _)| (*key, at)));
        (fresh, gone)
    }

    /// A peer listens to a room of this node.
    pub(super) fn listens(&self, peer: &Peer, room: &Line) -> Option<Event> {
        let (path, addr) = self.up.get(peer)?;
        let Event::Peer(mut line) = peer_line(PeerChange::Room, peer, *path, Some(addr)) else { return None };
        line.room = Some(room.clone());
        Some(Event::Peer(line))
    }

    /// Whether there is a link to a peer.
    pub(super) fn is_up(&self, peer: &Peer) -> bool {
        self.up.contains_key(peer)
    }

    /// Whether a peer is linked within this network.
    pub(super) fn is_near(&self, peer: &Peer) -> bool {
        self.up.get(peer).is_some_and(|(path, _)| *path == net::Path::Lan)
    }

    /// All that are.
    pub(super) fn neighbours(&self) -> impl Iterator<Item = &Peer> {
        self.up.iter().filter(|(_, (path, _))| *path == net::Path::Lan).map(|(peer, _)| peer)
    }

    // ---- what people are told ----

    /// What an event of the network means for people.
    pub(super) fn news(&mut self, event: &net::Event, out: &mut Vec<Event>) {
        match event {
            net::Event::Listening(addr) => {
                out.push(Event::Listening(Line::clean(&addr.text_with(&self.me))));
            }
            net::Event::Addresses(addrs) => {
                self.net.addresses =
                    addrs.iter().map(|addr| Line::clean(&addr.text_with(&self.me))).collect();
                out.push(Event::Net(Box::new(self.net.clone())));
            }
            net::Event::LinkUp { peer, path, addr } => {
                self.up.insert(peer.clone(), (*path, addr.clone()));
                out.push(peer_line(PeerChange::Connected, peer, *path, Some(addr)));
                if self.had && self.up.len() == 1 {
                    out.push(Event::Notice(Notice::node(Said::NetworkBack)));
                }
                self.had = true;
            }
            net::Event::LinkPath { peer, path, addr } => {
                let before = self.up.insert(peer.clone(), (*path, addr.clone()));
                let better = before.is_none_or(|(before, _)| *path < before);
                let change = if better { PeerChange::Upgraded } else { PeerChange::Connected };
                out.push(peer_line(change, peer, *path, Some(addr)));
            }
            net::Event::LinkDown { peer } => {
                let path = self.up.remove(peer).map_or(net::Path::Direct, |(path, _)| path);
                out.push(peer_line(PeerChange::Lost, peer, path, None));
                if self.up.is_empty() {
                    out.push(Event::Notice(Notice::node(Said::NoNetwork)));
                }
            }
            net::Event::Reach { nat, relays } => {
                self.net.nat = nat_name(*nat);
                self.net.relays = relays.iter().map(|relay| Line::clean(&peer_name(relay))).collect();
                out.push(Event::Net(Box::new(self.net.clone())));
            }
            net::Event::OnlyRelays => out.push(Event::Notice(Notice::node(Said::RelayOnly))),
            net::Event::Bootstrap { asked, state } => self.bootstrap(asked, state, out),
            net::Event::Trouble(trouble) => out.push(Event::Notice(Notice::node(said(trouble)))),
            net::Event::Lagged { .. }
            | net::Event::Gossip { .. }
            | net::Event::Direct { .. }
            | net::Event::Subscribed { .. }
            | net::Event::Unsubscribed { .. } => {}
        }
    }

    /// A failure is told once, and again only after it had answered in between: the network goes on trying by itself.
    fn bootstrap(&mut self, asked: &str, state: &net::BootstrapState, out: &mut Vec<Event>) {
        let (change, peer, why) = match state {
            net::BootstrapState::Looking => (BootstrapChange::Lookup, None, None),
            net::BootstrapState::Trying => (BootstrapChange::Dial, None, None),
            net::BootstrapState::Linked { peer, .. } => (BootstrapChange::Linked, Some(peer), None),
            net::BootstrapState::Failed { why, .. } | net::BootstrapState::GivenUp { why } => {
                (BootstrapChange::Failed, None, Some(*why))
            }
        };
        let path = peer.and_then(|peer| self.up.get(peer)).map_or(net::Path::Direct, |(path, _)| *path);
        out.push(Event::Bootstrap(Box::new(BootstrapLine {
            change,
            asked: Line::clean(asked),
            route: route(path),
            peer: peer.map(|peer| Line::clean(&peer_name(peer))),
            why: why.map(unreachable),
        })));
        if change == BootstrapChange::Linked {
            self.failed.remove(asked);
        }
        let Some(why) = why else { return };
        if self.failed.insert(asked.to_owned()) {
            let said = Said::BootstrapFailed { addr: Line::clean(asked), why: unreachable(why) };
            out.push(Event::Notice(Notice::node(said)));
        }
    }
}

/// A transport peer as the network spells it.
pub(super) fn peer_name(peer: &Peer) -> String {
    net::peer_text(peer).unwrap_or_default()
}

fn peer_line(change: PeerChange, peer: &Peer, path: net::Path, addr: Option<&net::Addr>) -> Event {
    Event::Peer(Box::new(PeerLine {
        change,
        peer: Line::clean(&peer_name(peer)),
        route: route(path),
        via: addr.and_then(via),
        rtt_ms: None,
        addr: addr.map(|addr| Line::clean(&addr.to_string())),
        room: None,
    }))
}

/// The relay an address leads through.
pub(super) fn via(addr: &net::Addr) -> Option<Line> {
    addr.relay().map(|relay| Line::clean(&peer_name(&relay)))
}

/// Whether others get in.
pub(super) fn nat_name(nat: net::Nat) -> Nat {
    match nat {
        net::Nat::Unknown => Nat::Unknown,
        net::Nat::Public => Nat::Public,
        net::Nat::Private => Nat::Private,
    }
}

/// How a peer is reached.
pub(super) fn route(path: net::Path) -> Route {
    match path {
        net::Path::Lan => Route::Lan,
        net::Path::Direct => Route::Direct,
        net::Path::Relay => Route::Relay,
    }
}

fn said(trouble: &net::Trouble) -> Said {
    match trouble {
        net::Trouble::NotListening { addr, why: net::ListenFault::PortInUse } => {
            Said::PortInUse { addr: Line::clean(&addr.to_string()) }
        }
        net::Trouble::NotListening { .. } => Said::NetFault(Fault::NotListening),
        net::Trouble::ListenerLost { .. } => Said::NetFault(Fault::ListenerLost),
        net::Trouble::NoNetwork => Said::NoNetwork,
        net::Trouble::NoLocalSearch => Said::NetFault(Fault::NoLocalSearch),
        net::Trouble::LocalFlood => Said::NetFault(Fault::LocalFlood),
        net::Trouble::Full => Said::NetFault(Fault::Full),
        net::Trouble::NoPortOpened => Said::NetFault(Fault::NoPortOpened),
        net::Trouble::TooMany => Said::NetFault(Fault::TooMany),
    }
}

/// Why nobody answers.
pub(super) fn unreachable(why: net::Unreachable) -> Unreachable {
    match why {
        net::Unreachable::Refused => Unreachable::Refused,
        net::Unreachable::NoRoute => Unreachable::NoRoute,
        net::Unreachable::NoSuchName => Unreachable::NoName,
        net::Unreachable::OtherPeer => Unreachable::WrongPeer,
        net::Unreachable::NotOurs => Unreachable::Protocol,
        net::Unreachable::Myself => Unreachable::Myself,
        net::Unreachable::Unknown | net::Unreachable::Full | net::Unreachable::Silent => Unreachable::Timeout,
    }
}
