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
use tokio::time::Instant;

use super::backoff::now;
use super::config::{OBSERVED, WISHED_DIALS, WISHED_IN};
use super::rumour::Rumours;
use super::stand::{Says, Stand};

/// A behaviour whose addresses are checked before anything dials them.
pub(super) struct Guarded<B> {
    pub(super) inner: B,
    pub(super) stand: Stand,
    /// Dials it began, until they fail or their link is gone.
    dials: BTreeSet<ConnectionId>,
    /// What is left of the dials it may begin, and since when that counts; nothing where there is no bound.
    left: Option<(u32, Instant)>,
    /// Addresses of this node that peers say they saw. Any peer can say any number of them.
    observed: BTreeSet<Multiaddr>,
    /// What it has had tried of late; nothing where what it names is nobody's rumour.
    rumours: Option<Rumours>,
}

impl<B> Guarded<B> {
    pub(super) fn new(inner: B) -> Guarded<B> {
        let (dials, observed) = (BTreeSet::new(), BTreeSet::new());
        Guarded { inner, stand: Stand::default(), dials, left: None, observed, rumours: None }
    }

    /// One whose addresses anybody can have made up.
    pub(super) fn doubted(inner: B) -> Guarded<B> {
        Guarded { rumours: Some(Rumours::default()), ..Guarded::new(inner) }
    }

    /// One whose dials are all begun at a stranger's wish: it may begin so many a minute and no more.
    pub(super) fn paced(inner: B) -> Guarded<B> {
        Guarded { left: Some((WISHED_DIALS, now())), ..Guarded::new(inner) }
    }

    /// Whether it may begin one more at this moment.
    fn may_begin(&mut self, now: Instant) -> bool {
        let Some((left, since)) = &mut self.left else { return true };
        if *since + WISHED_IN <= now {
            (*left, *since) = (WISHED_DIALS, now);
        }
        let may = *left > 0;
        *left = left.saturating_sub(1);
        may
    }

    /// The dials it began that have not failed.
    pub(super) fn dials(&self) -> impl Iterator<Item = ConnectionId> {
        self.dials.iter().copied()
    }

    /// What this node's addresses were seen to be is forgotten: it may be somewhere else now.
    pub(super) fn moved(&mut self, stand: Stand) {
        if !stand.is_where(&self.stand) {
            self.observed.clear();
            self.rumours = self.rumours.take().map(|_| Rumours::default());
        }
        self.stand = stand;
    }

    /// Whether what a peer says it saw may be one of this node's addresses, and there are not too many such already.
    fn believes(&mut self, addr: &Multiaddr) -> bool {
        let known = self.observed.contains(addr);
        let fresh = !known && self.stand.may_be_seen(addr) && self.observed.len() < OBSERVED;
        known || fresh && self.observed.insert(addr.clone())
    }
}

/// A dial that would lead where a stranger's word does not count, or one too many.
#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a stranger's word does not count for such an address, or too many wished for such dials")
    }
}

impl std::error::Error for Refused {}

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
        let astray = !addresses.iter().all(may_dial);
        if self.dials.contains(&connection) && (astray || !self.may_begin(now())) {
            return Err(ConnectionDenied::new(Refused));
        }
        let mut found = self.inner.handle_pending_outbound_connection(connection, peer, addresses, role)?;
        found.retain(|addr| self.stand.may_dial(addr, Says::Somebody));
        if let Some(rumours) = &mut self.rumours {
            rumours.pick(connection, &mut found, now());
        }
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
            FromSwarm::DialFailure(gone) => {
                self.dials.remove(&gone.connection_id);
                self.rumours.iter_mut().for_each(|rumours| rumours.failed(gone.connection_id));
            }
            FromSwarm::ConnectionEstablished(come) => {
                self.rumours.iter_mut().for_each(|rumours| rumours.came(come.connection_id));
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::dcutr;
    use libp2p::swarm::NewExternalAddrCandidate;

    fn addr(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    fn at_home() -> Guarded<dcutr::Behaviour> {
        let mut guarded = Guarded::new(dcutr::Behaviour::new(PeerId::random()));
        let mut stand = Stand::default();
        stand.moved([addr("/ip4/192.168.1.4/tcp/5")].iter());
        guarded.moved(stand);
        guarded
    }

    #[test]
    fn a_dial_it_began_goes_nowhere_that_a_stranger_may_not_name() {
        let mut guarded = at_home();
        let (begun, other) = (ConnectionId::new_unchecked(1), ConnectionId::new_unchecked(2));
        guarded.dials.insert(begun);
        let mut dial = |id, at: &str| {
            let addrs = [addr("/ip4/203.0.113.9/tcp/1"), addr(at)];
            guarded.handle_pending_outbound_connection(id, None, &addrs, Endpoint::Dialer).is_ok()
        };
        assert!(dial(begun, "/ip4/203.0.113.10/udp/1/quic-v1"));
        for refused in ["/ip4/127.0.0.1/tcp/80", "/ip4/10.0.0.1/tcp/80", "/ip4/169.254.1.1/tcp/80"] {
            assert!(!dial(begun, refused), "{refused}");
            assert!(dial(other, refused), "who else dials has asked for itself");
        }
    }

    #[test]
    fn strangers_may_wish_for_so_many_dials_a_minute() {
        let mut guarded = Guarded::paced(dcutr::Behaviour::new(PeerId::random()));
        let start = now();
        assert_eq!((0..1_000).filter(|_| guarded.may_begin(start)).count() as u32, WISHED_DIALS);
        assert!(guarded.may_begin(start + WISHED_IN));
        assert!((0..1_000).all(|_| at_home().may_begin(start)), "the table looks for what this node wants");
    }

    #[test]
    fn so_many_sights_of_this_node_are_believed_and_none_inside_a_network() {
        let mut guarded = at_home();
        for n in 0..4 * OBSERVED {
            for place in ["203.0.113.9", "192.168.1.9", "127.0.0.1"] {
                let seen = addr(&format!("/ip4/{place}/tcp/{}", 1 + n));
                let seen = NewExternalAddrCandidate { addr: &seen };
                guarded.on_swarm_event(FromSwarm::NewExternalAddrCandidate(seen));
            }
        }
        assert_eq!(guarded.observed.len(), OBSERVED);
        assert!(guarded.observed.iter().all(|seen| seen.to_string().starts_with("/ip4/203.0.113.9/")));
    }
}
