//! What libp2p tells, turned into what the house is told, and into what has to be done about it.

use std::io;

use libp2p::core::ConnectedPoint;
use libp2p::request_response::Message;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{ConnectionDenied, ConnectionId, DialError, ListenError, SwarmEvent};
use libp2p::{
    Multiaddr, PeerId, TransportError, connection_limits, gossipsub, identify, kad, mdns,
    memory_connection_limits, ping, upnp,
};
use tokio::time::Instant;

use crate::base::limits::FRAME_BYTES;

use super::address::{Addr, bare};
use super::backoff::chance;
use super::behaviour::NodeEvent;
use super::book::{For, Whom};
use super::circuit::{far_end, is_circuit};
use super::config::{
    ADDRS_A_PEER, FULL_SAID, KAD_PROTOCOL, LOOKUP_TIMEOUT, MDNS_NAMES, RETRY_FIRST, TOPIC_CHANGE_BYTES,
};
use super::direct;
use super::driver::Driver;
use super::io::{Event, Trouble, Unreachable, Verdict};
use super::links::{Change, Doubt};
use super::moved::here;
use super::names::{self, FrameId};
use super::stand::Says;

impl Driver {
    pub(super) fn on_swarm_event(&mut self, event: SwarmEvent<NodeEvent>, now: Instant) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_node_event(event, now),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_link_up(peer_id, connection_id, &endpoint, now);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, cause, .. } => {
                self.on_link_down(peer_id, connection_id, cause.is_some(), now);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, peer_id, error } => {
                let peer = peer_id.map(|id| names::short_id(&id).to_string());
                tracing::debug!(?peer, why = %reason(&error), "a dial failed");
                self.counters.dials_failed += 1;
                self.book.failed(connection_id, chance(), now);
                if self.bootstraps.failed(connection_id, reason(&error), chance(), now) {
                    // The next address need not wait for its turn.
                    self.seek_bootstraps(now);
                }
            }
            SwarmEvent::IncomingConnectionError { error: ListenError::Denied { cause }, .. } => {
                self.on_refused(&cause, now);
            }
            SwarmEvent::ExternalAddrConfirmed { address } => self.on_outside(address, now),
            SwarmEvent::ExternalAddrExpired { address } => self.on_outside_lost(&address, now),
            // A way through a relay: told once the place there is kept.
            SwarmEvent::NewListenAddr { address, .. } | SwarmEvent::ExpiredListenAddr { address, .. }
                if is_circuit(&address) => {}
            SwarmEvent::NewListenAddr { address, .. } => {
                self.listening.insert(bare(&address));
                self.outlet.news(Event::Listening(Addr(bare(&address))));
                self.moved(now);
                self.try_own(&bare(&address));
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => {
                self.listening.remove(&bare(&address));
                self.forget_reach(&bare(&address), now);
                self.moved(now);
            }
            SwarmEvent::ListenerClosed { listener_id, .. } if self.on_place_lost(listener_id, now) => {}
            SwarmEvent::ListenerClosed { addresses, reason, .. } => {
                for address in &addresses {
                    self.listening.remove(&bare(address));
                }
                if reason.is_err() {
                    let addr = addresses.into_iter().next().map(Addr);
                    self.outlet.news(Event::Trouble(Trouble::ListenerLost { addr }));
                }
                self.moved(now);
            }
            _ => {}
        }
    }

    fn on_node_event(&mut self, event: NodeEvent, now: Instant) {
        match event {
            NodeEvent::Gossip(event) => self.on_gossip(event, now),
            NodeEvent::Direct(event) => self.on_direct(event, now),
            NodeEvent::Kad(event) => self.on_table(event, now),
            NodeEvent::Mdns(event) => self.on_local(event, now),
            NodeEvent::Identify(event) => self.on_identified(event, now),
            NodeEvent::Relay(event) => self.on_relaying(&event),
            NodeEvent::Punch(event) => self.on_punched(&event),
            NodeEvent::Probe(event) => self.on_probed(&event, now),
            NodeEvent::Prober(_) => self.on_prober(),
            NodeEvent::Upnp(upnp::Event::GatewayNotFound | upnp::Event::NonRoutableGateway) => {
                self.outlet.news(Event::Trouble(Trouble::NoPortOpened));
            }
            NodeEvent::Ping(ping::Event { peer, connection, result }) => match result {
                Ok(rtt) => self.links.measured(&peer, connection, rtt, now),
                Err(ping::Failure::Unsupported) => {}
                Err(_) => self.bury(&peer, connection),
            },
            NodeEvent::Knock(answer) => self.on_knocked(answer, now),
            _ => {}
        }
    }

    /// A link that others wanted to open was refused. Who is shunned is counted elsewhere.
    fn on_refused(&mut self, cause: &ConnectionDenied, now: Instant) {
        let full = cause.downcast_ref::<connection_limits::Exceeded>().is_some()
            || cause.downcast_ref::<memory_connection_limits::MemoryUsageLimitExceeded>().is_some();
        if !full {
            return;
        }
        self.counters.links_refused += 1;
        if self.full_said.is_none_or(|at| now.saturating_duration_since(at) >= FULL_SAID) {
            self.full_said = Some(now);
            self.outlet.news(Event::Trouble(Trouble::Full));
        }
    }

    fn on_link_up(&mut self, peer: PeerId, connection: ConnectionId, end: &ConnectedPoint, now: Instant) {
        self.book.linked(&peer, connection, now);
        let at = far_end(end);
        self.bootstraps.linked(connection, &peer, &at);
        let change = self.links.up(peer, connection, end, here(end), now);
        self.tell_change(peer, change);
        self.doubt(Doubt::CameAgain(peer, connection), now);
        self.seek_bootstraps(now);
    }

    fn on_link_down(&mut self, peer: PeerId, connection: ConnectionId, broke: bool, now: Instant) {
        let (change, anew) = self.links.down(&peer, connection, broke);
        if anew {
            // Topics are announced once, on a peer's first connection. If that one died of itself the peer may have been
            // away and started anew, and would never hear of them: both begin again.
            self.swarm.disconnect_peer_id(peer).unwrap_or_default();
        }
        if change == Change::Down {
            let spread = RETRY_FIRST.mul_f64(f64::from(chance()) / f64::from(u32::MAX));
            self.book.lost(&peer, spread, now);
            self.bootstraps.lost(&peer, spread, now);
            self.relay_unlinked(&peer);
            for (topic, there) in &mut self.joined {
                if there.remove(&peer) {
                    self.outlet.news(Event::Unsubscribed { peer: names::peer(&peer), topic: *topic });
                }
            }
        }
        self.tell_change(peer, change);
        self.seek_bootstraps(now);
    }

    fn tell_change(&mut self, id: PeerId, change: Change) {
        let peer = names::peer(&id);
        let way = self.links.get(&id).map(super::links::Peer::way);
        let event = match (change, way) {
            (Change::Up, Some((path, addr))) => Event::LinkUp { peer, path, addr: Addr(addr) },
            (Change::Path, Some((path, addr))) => Event::LinkPath { peer, path, addr: Addr(addr) },
            (Change::Down, _) => Event::LinkDown { peer },
            _ => return,
        };
        self.outlet.news(event);
    }

    fn on_gossip(&mut self, event: gossipsub::Event, now: Instant) {
        match event {
            gossipsub::Event::Message { propagation_source: from, message_id: id, message } => {
                self.on_frame(FrameId { id, from }, message, now);
            }
            gossipsub::Event::Subscribed { peer_id, topic } => {
                let Some(topic) = names::topic(&topic) else { return };
                if !self.joined.contains_key(&topic) || !self.may_change_topics(peer_id, now) {
                    return;
                }
                if self.joined.get_mut(&topic).is_some_and(|there| there.insert(peer_id)) {
                    self.outlet.news(Event::Subscribed { peer: names::peer(&peer_id), topic });
                }
                self.keep_faithful();
                for frame in self.outbox.take(&topic) {
                    self.publish(topic, frame, now);
                }
            }
            gossipsub::Event::Unsubscribed { peer_id, topic } => {
                let Some(topic) = names::topic(&topic) else { return };
                if !self.joined.contains_key(&topic) || !self.may_change_topics(peer_id, now) {
                    return;
                }
                if self.joined.get_mut(&topic).is_some_and(|there| there.remove(&peer_id)) {
                    self.outlet.news(Event::Unsubscribed { peer: names::peer(&peer_id), topic });
                }
            }
            gossipsub::Event::SlowPeer { .. } => self.counters.slow_peers += 1,
            gossipsub::Event::GossipsubNotSupported { .. } => {}
        }
    }

    /// One who joins and leaves without end would bury the owner in news. It is cut off, and so taken from all topics.
    fn may_change_topics(&mut self, peer: PeerId, now: Instant) -> bool {
        // News of a peer whose link has just gone is no news.
        if !self.links.contains(&peer) {
            return false;
        }
        let slow_enough = self.links.admit(&peer, TOPIC_CHANGE_BYTES, now);
        if !slow_enough {
            tracing::warn!(peer = %names::short_id(&peer), "it joins and leaves topics without end");
            self.counters.flooded += 1;
            self.shun(peer, now);
        }
        slow_enough
    }

    /// A frame is handed on, or dropped with a verdict of this floor's own.
    fn on_frame(&mut self, id: FrameId, message: gossipsub::Message, now: Instant) {
        let size = message.data.len();
        self.counters.bytes_in += size as u64;
        let topic = names::topic(&message.topic).filter(|topic| self.joined.contains_key(topic));
        let verdict = match topic {
            None => Verdict::Ignore,
            // No room of any version makes such a frame.
            Some(_) if size == 0 || size > FRAME_BYTES => {
                self.counters.misshapen += 1;
                Verdict::Reject
            }
            Some(_) if !self.links.admit(&id.from, size, now) => {
                self.counters.flooded += 1;
                Verdict::Ignore
            }
            Some(topic) => {
                let from = names::peer(&id.from);
                if self.outlet.frame(Event::Gossip { topic, from, bytes: message.data, id: id.clone() }) {
                    self.counters.frames_in += 1;
                    return;
                }
                self.counters.frames_unread += 1;
                Verdict::Ignore
            }
        };
        self.verdict(&id, verdict, now);
    }

    fn on_direct(&mut self, event: direct::Event, now: Instant) {
        match event {
            direct::Event::Message { peer, message: Message::Request { request, channel, .. }, .. } => {
                self.counters.bytes_in += request.len() as u64;
                if !self.links.admit(&peer, request.len(), now) {
                    self.counters.flooded += 1;
                    return;
                }
                if !self.outlet.frame(Event::Direct { from: names::peer(&peer), bytes: request }) {
                    self.counters.frames_unread += 1;
                    return;
                }
                self.counters.direct_in += 1;
                // An error means that the peer has gone and wants no answer.
                self.swarm.behaviour_mut().direct.send_response(channel, ()).unwrap_or_default();
            }
            direct::Event::Message { message: Message::Response { request_id, .. }, .. } => {
                self.inflight.done(&request_id);
            }
            direct::Event::OutboundFailure { request_id, .. } => {
                self.inflight.done(&request_id);
                self.counters.direct_failed += 1;
            }
            direct::Event::InboundFailure { .. } | direct::Event::ResponseSent { .. } => {}
        }
    }

    fn on_table(&mut self, event: kad::Event, now: Instant) {
        match event {
            kad::Event::RoutingUpdated { is_new_peer: true, .. } => {
                self.advertise(now);
                self.keys.begin(now);
                self.ask_table(now);
            }
            kad::Event::OutboundQueryProgressed { result, .. } => match result {
                kad::QueryResult::GetProviders(Ok(kad::GetProvidersOk::FoundProviders {
                    key,
                    providers,
                })) => {
                    for peer in providers {
                        self.on_provider(key.as_ref(), peer, now);
                    }
                }
                kad::QueryResult::StartProviding(Ok(done)) => self.on_published(&done.key),
                kad::QueryResult::StartProviding(Err(error)) => {
                    self.keys.publish_later(error.key().as_ref(), now + LOOKUP_TIMEOUT);
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// Of two who start together each may have looked before the other was written down: the later one finds the other now.
    fn on_published(&mut self, key: &kad::RecordKey) {
        let wanted = self.keys.topic(key.as_ref()).is_some();
        if let Some(table) = self.swarm.behaviour_mut().kad.as_mut().filter(|_| wanted) {
            table.inner.get_providers(key.clone());
        }
    }

    /// Somebody wrote themselves down under one of our keys. Anybody can: it is worth a dial, no more.
    fn on_provider(&mut self, key: &[u8], peer: PeerId, now: Instant) {
        let Some(topic) = self.keys.topic(key) else { return };
        let enough = self.has_enough(&topic);
        let known = peer == *self.swarm.local_peer_id() || self.links.contains(&peer);
        if enough || known || !self.book.may_try(&peer, now) {
            return;
        }
        tracing::debug!(peer = %names::short_id(&peer), "found in the table");
        let whom = Whom::Peer(peer);
        self.book.offer(whom.clone(), &[], For::Rumour(topic), chance(), now);
        // Only the table knows the addresses, and only while the look-up lasts.
        self.dial(&whom, DialOpts::peer_id(peer).build(), now);
    }

    fn on_local(&mut self, event: mdns::Event, now: Instant) {
        match event {
            mdns::Event::Discovered(found) => {
                for (peer, addr) in found {
                    let addr = bare(&addr);
                    tracing::debug!(peer = %names::short_id(&peer), "seen on the local network");
                    if self.stand.may_dial(&addr, Says::Lan) {
                        self.book.offer(Whom::Peer(peer), &[addr], For::Lan, chance(), now);
                        self.doubt(Doubt::Elsewhere(peer), now);
                    } else {
                        self.counters.addresses_refused += 1;
                    }
                }
                let node = self.swarm.behaviour_mut();
                // Its list of names has no bound of its own.
                if node.mdns.as_ref().is_some_and(|mdns| mdns.discovered_nodes().len() > MDNS_NAMES) {
                    node.mdns = None.into();
                    self.outlet.news(Event::Trouble(Trouble::LocalFlood));
                }
                self.dial_due(now);
            }
            mdns::Event::Expired(gone) => {
                for (peer, addr) in gone {
                    self.book.vanished(&peer, &bare(&addr));
                }
            }
        }
    }

    /// A peer that serves the table says where it can be reached; whoever was dialled is known by that address already.
    fn on_identified(&mut self, event: identify::Event, now: Instant) {
        let identify::Event::Received { peer_id, info, .. } = event else { return };
        self.on_maybe_relay(peer_id, &info, now);
        if !info.protocols.iter().any(|p| p.as_ref() == KAD_PROTOCOL) {
            return;
        }
        let stand = self.stand.clone();
        if let Some(table) = self.swarm.behaviour_mut().kad.as_mut() {
            let may_dial = |addr: &Multiaddr| stand.may_dial(addr, Says::Somebody);
            for addr in info.listen_addrs.iter().map(bare).filter(may_dial).take(ADDRS_A_PEER) {
                table.inner.add_address(&peer_id, addr);
            }
        }
    }
}

/// Why the dial of a named address failed, in words a person can act on.
pub(super) fn reason(error: &DialError) -> Unreachable {
    match error {
        // The swarm strikes its own listening addresses from a dial; where nothing is left, that was all.
        DialError::LocalPeerId { .. } | DialError::NoAddresses => Unreachable::Myself,
        DialError::WrongPeerId { .. } => Unreachable::OtherPeer,
        DialError::Denied { cause } if cause.downcast_ref::<connection_limits::Exceeded>().is_some() => {
            Unreachable::Full
        }
        DialError::Transport(tried) => {
            tried.iter().map(|(_, error)| transport_reason(error)).max().unwrap_or(Unreachable::Unknown)
        }
        _ => Unreachable::Unknown,
    }
}

fn transport_reason(error: &TransportError<io::Error>) -> Unreachable {
    let TransportError::Other(error) = error else { return Unreachable::NoRoute };
    let text = error.to_string();
    if LATE.iter().any(|late| text.contains(late)) {
        return Unreachable::Silent;
    }
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable, TimedOut};
    match io_kind(error) {
        Some(ConnectionRefused) => Unreachable::Refused,
        Some(TimedOut) => Unreachable::Silent,
        Some(NetworkUnreachable | HostUnreachable | AddrNotAvailable) => Unreachable::NoRoute,
        // The machine answered, and then the handshake failed.
        _ => Unreachable::NotOurs,
    }
}

/// What libp2p's two limits on a handshake say of themselves. Their types are hidden behind others without a name.
const LATE: [&str; 2] = ["Timeout has been reached", "Handshake with the remote timed out"];

/// The system's own word on what went wrong. Libp2p wraps it in types that show neither it nor their own name, only its
/// text, and the text of a system error ends in its number.
pub(super) fn io_kind(error: &io::Error) -> Option<io::ErrorKind> {
    let text = error.to_string();
    let (_, number) = text.rsplit_once("(os error ")?;
    let number: i32 = number.split(')').next()?.parse().ok()?;
    Some(io::Error::from_raw_os_error(number).kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_word_is_found_however_it_is_wrapped() {
        let system = || io::Error::from(io::ErrorKind::AddrInUse);
        assert_eq!(io_kind(&system()), None, "no number, no word");
        for number in [1, 2, 13] {
            let wrapped = io::Error::other(format!("outer: {}", io::Error::from_raw_os_error(number)));
            assert_eq!(io_kind(&wrapped), Some(io::Error::from_raw_os_error(number).kind()));
        }
        assert_eq!(io_kind(&io::Error::other("(os error x)")), None);
        assert_eq!(io_kind(&io::Error::other("(os error ")), None);
    }

    #[test]
    fn a_late_handshake_is_silence_and_a_broken_one_somebody_else() {
        let late = TransportError::Other(io::Error::other(libp2p::quic::Error::HandshakeTimedOut));
        assert_eq!(transport_reason(&late), Unreachable::Silent);
        let broken = TransportError::Other(io::Error::other("invalid message"));
        assert_eq!(transport_reason(&broken), Unreachable::NotOurs);
    }
}
