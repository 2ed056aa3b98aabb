//! How many links may come from one address, so that a single machine cannot use up those for everybody.
//!
//! Behind one address may be a household or a school, so the bound is wide; of IPv6 a house has the first 64 bits. This machine's own
//! links do not count, nor do relayed ones: those are the relay's to bound.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::{
    ConnectionClosed, ConnectionDenied, ConnectionId, FromSwarm, ListenFailure, NetworkBehaviour, THandler,
    THandlerInEvent, THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};

use super::address::ip_and_port;
use super::config::{LINKS_A_HOUSE, PENDING_A_HOUSE};

/// What counts as one address.
pub(super) type House = [u8; 8];

/// Links that came in, and those on their way in, by the house they come from.
#[derive(Debug, Default)]
pub(super) struct Behaviour {
    pending: HashMap<ConnectionId, House>,
    linked: HashMap<ConnectionId, House>,
}

/// Too many from one address.
#[derive(Debug)]
pub(super) struct Crowded;

impl fmt::Display for Crowded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many links from one address")
    }
}

impl std::error::Error for Crowded {}

/// The house an address is at; none for this machine's own.
pub(super) fn house(remote: &Multiaddr) -> Option<House> {
    let (ip, _) = ip_and_port(remote)?;
    let ip = ip.to_canonical();
    if ip.is_loopback() {
        return None;
    }
    let mut house = [0; 8];
    match ip {
        // No IPv6 address outside begins with zeros.
        IpAddr::V4(ip) => house.iter_mut().skip(4).zip(ip.octets()).for_each(|(to, from)| *to = from),
        IpAddr::V6(ip) => house.iter_mut().zip(ip.octets()).for_each(|(to, from)| *to = from),
    }
    Some(house)
}

fn of(all: &HashMap<ConnectionId, House>, house: &House) -> usize {
    all.values().filter(|other| *other == house).count()
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = std::convert::Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let Some(house) = house(remote) else { return Ok(()) };
        let pending = of(&self.pending, &house);
        if pending >= PENDING_A_HOUSE || pending + of(&self.linked, &house) >= LINKS_A_HOUSE {
            return Err(ConnectionDenied::new(Crowded));
        }
        self.pending.insert(connection, house);
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if let Some(house) = self.pending.remove(&connection) {
            self.linked.insert(connection, house);
        }
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        if let FromSwarm::ConnectionClosed(ConnectionClosed { connection_id, .. })
        | FromSwarm::ListenFailure(ListenFailure { connection_id, .. }) = event
        {
            self.pending.remove(&connection_id);
            self.linked.remove(&connection_id);
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knocks(all: &mut Behaviour, n: usize, from: &str) -> bool {
        let (here, from) = (Multiaddr::empty(), from.parse().unwrap());
        all.handle_pending_inbound_connection(ConnectionId::new_unchecked(n), &here, &from).is_ok()
    }

    fn comes_in(all: &mut Behaviour, n: usize, from: &str) -> bool {
        let (here, id) = (Multiaddr::empty(), ConnectionId::new_unchecked(n));
        knocks(all, n, from)
            && all.handle_established_inbound_connection(id, PeerId::random(), &here, &here).is_ok()
    }

    #[test]
    fn one_address_has_its_share_and_others_theirs() {
        let mut all = Behaviour::default();
        let one = |n| format!("/ip4/203.0.113.1/tcp/{n}");
        assert!((0..LINKS_A_HOUSE).all(|n| comes_in(&mut all, n, &one(n + 1))), "a household is let in");
        assert!(!comes_in(&mut all, 1_000, &one(1)));
        assert!(comes_in(&mut all, 1_001, "/ip4/203.0.113.2/tcp/1"));
        let same = |n: usize| format!("/ip6/2001:db8:0:1::{n:x}/udp/1/quic-v1");
        assert!((0..LINKS_A_HOUSE).all(|n| comes_in(&mut all, 2_000 + n, &same(n + 1))));
        assert!(!comes_in(&mut all, 3_000, &same(5_000)), "all of one house's IPv6 is one address");
        assert!((4_000..5_000).all(|n| comes_in(&mut all, n, "/ip4/127.0.0.1/tcp/1")), "this machine's own");
    }

    #[test]
    fn handshakes_that_are_never_ended_are_bounded_for_each_and_forgotten_when_they_fail() {
        let mut all = Behaviour::default();
        let from = "/ip4/203.0.113.1/tcp/1";
        assert!((0..PENDING_A_HOUSE).all(|n| knocks(&mut all, n, from)));
        assert!(!knocks(&mut all, 1_000, from));
        assert!(knocks(&mut all, 1_001, "/ip4/203.0.113.2/tcp/1"));
        let (none, error) = (Multiaddr::empty(), libp2p::swarm::ListenError::Aborted);
        all.on_swarm_event(FromSwarm::ListenFailure(ListenFailure {
            local_addr: &none,
            send_back_addr: &none,
            error: &error,
            connection_id: ConnectionId::new_unchecked(0),
            peer_id: None,
        }));
        assert!(knocks(&mut all, 1_002, from));
    }
}
