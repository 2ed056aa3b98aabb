//! A protocol with a filter on what it wants dialled: the addresses it was told are strangers' words. The table's answers,
//! the addresses at which a peer wants to be met halfway, and those it wants tried from outside.

use std::collections::BTreeSet;
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent,
    ToSwarm,
};
use libp2p::{Multiaddr, PeerId};

use super::address::{Says, Stand};
use super::config::OBSERVED;

/// A behaviour whose addresses are checked before anything dials them.
pub(super) struct Guarded<B> {
    pub(super) inner: B,
    pub(super) stand: Stand,
    /// Dials it began, until they fail or their link is gone.
    dials: BTreeSet<ConnectionId>,
    /// Addresses of this node that peers say they saw. Any peer can say any number of them.
    observed: BTreeSet<Multiaddr>,
}

impl<B> Guarded<B> {
    pub(super) fn new(inner: B) -> Guarded<B> {
        Guarded { inner, stand: Stand::default(), dials: BTreeSet::new(), observed: BTreeSet::new() }
    }

    /// The dials it began that have not failed.
    pub(super) fn dials(&self) -> impl Iterator<Item = ConnectionId> {
        self.dials.iter().copied()
    }

    /// What this node's addresses were seen to be is forgotten: it may be somewhere else now.
    pub(super) fn moved(&mut self, stand: Stand) {
        if self.stand != stand {
            self.observed.clear();
            self.stand = stand;
        }
    }

    /// Whether what a peer says it saw may be one of this node's addresses, and there are not too many such already.
    fn believes(&mut self, addr: &Multiaddr) -> bool {
        let known = self.observed.contains(addr);
        let fresh = !known && self.stand.may_be_seen(addr) && self.observed.len() < OBSERVED;
        known || fresh && self.observed.insert(addr.clone())
    }
}

/// A dial that would lead where a stranger's word does not count.
#[derive(Debug)]
struct Astray;

impl std::fmt::Display for Astray {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a stranger's word does not count for such an address")
    }
}

impl std::error::Error for Astray {}

impl<B: NetworkBehaviour> NetworkBehaviour for Guarded<B> {
    type ConnectionHandler = B::ConnectionHandler;
    type ToSwarm = B::ToSwarm;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.inner.handle_pending_inbound_connection(connection, local, remote)
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.inner.handle_established_inbound_connection(connection, peer, local, remote)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        let may_dial = |addr: &Multiaddr| self.stand.may_dial(addr, Says::Somebody);
        if self.dials.contains(&connection) && !addresses.iter().all(may_dial) {
            return Err(ConnectionDenied::new(Astray));
        }
        let mut found = self.inner.handle_pending_outbound_connection(connection, peer, addresses, role)?;
        found.retain(|addr| self.stand.may_dial(addr, Says::Somebody));
        Ok(found)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        addr: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.inner.handle_established_outbound_connection(connection, peer, addr, role, port)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match &event {
            FromSwarm::DialFailure(gone) => _ = self.dials.remove(&gone.connection_id),
            FromSwarm::ConnectionClosed(gone) => _ = self.dials.remove(&gone.connection_id),
            FromSwarm::NewExternalAddrCandidate(seen) if !self.believes(seen.addr) => return,
            _ => {}
        }
        self.inner.on_swarm_event(event);
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        self.inner.on_connection_handler_event(peer, connection, event);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        let wanted = self.inner.poll(cx);
        if let Poll::Ready(ToSwarm::Dial { opts }) = &wanted {
            self.dials.insert(opts.connection_id());
        }
        wanted
    }
}
