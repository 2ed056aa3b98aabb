//! Addresses that lead through somebody else: `RELAY/p2p/ITS-PEER/p2p-circuit`, with the peer at the end left out as in all
//! addresses that members tell.

use libp2p::core::ConnectedPoint;
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};

use super::address::{bare, shape};

/// A way through a relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Circuit {
    /// Where the relay is.
    pub(super) at: Multiaddr,
    /// Who it is.
    pub(super) relay: PeerId,
}

impl Circuit {
    /// Reads an address; `None` where it is not one host, one transport, one relay and at most one peer behind it.
    pub(super) fn of(addr: &Multiaddr) -> Option<Circuit> {
        let mut to_relay = Multiaddr::empty();
        let mut parts = addr.iter();
        loop {
            match parts.next()? {
                Protocol::P2pCircuit => break,
                part => to_relay.push(part),
            }
        }
        match (parts.next(), parts.next()) {
            (None | Some(Protocol::P2p(_)), None) => {}
            _ => return None,
        }
        let relay = shape(&to_relay)?.peer?;
        Some(Circuit { at: bare(&to_relay), relay })
    }

    /// The address to listen on, to tell to members and to dial.
    pub(super) fn addr(&self) -> Multiaddr {
        self.at.clone().with(Protocol::P2p(self.relay)).with(Protocol::P2pCircuit)
    }
}

pub(super) fn is_circuit(addr: &Multiaddr) -> bool {
    addr.iter().any(|part| part == Protocol::P2pCircuit)
}

/// The far end of a link. Of one that came in through a relay libp2p names the peer alone; the way is at the near end.
pub(super) fn far_end(end: &ConnectedPoint) -> Multiaddr {
    match end {
        ConnectedPoint::Listener { local_addr, .. } if end.is_relayed() => bare(local_addr),
        _ => bare(end.get_remote_address()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::stand::{Says, Stand};
    use crate::net::ways::Ways;

    #[test]
    fn a_way_through_a_relay_is_read_and_nothing_else_is() {
        let (relay, peer) = (PeerId::random(), PeerId::random());
        let plain = format!("/ip4/203.0.113.7/udp/4077/quic-v1/p2p/{relay}/p2p-circuit");
        for text in [plain.clone(), format!("{plain}/p2p/{peer}")] {
            let circuit = Circuit::of(&text.parse().unwrap()).unwrap();
            assert_eq!((circuit.relay, circuit.addr().to_string()), (relay, plain.clone()));
        }
        for other in [
            "/ip4/203.0.113.7/udp/4077/quic-v1".to_owned(),
            format!("/p2p/{relay}/p2p-circuit"),
            "/ip4/203.0.113.7/tcp/1/p2p-circuit".to_owned(),
            format!("{plain}/p2p-circuit"),
            format!("{plain}/ip4/203.0.113.9/tcp/1"),
            format!("{plain}/p2p/{peer}/p2p-circuit"),
            format!("/ip4/203.0.113.7/tcp/1/ws/p2p/{relay}/p2p-circuit"),
        ] {
            assert_eq!(Circuit::of(&other.parse().unwrap()), None, "{other}");
        }
    }

    #[test]
    fn a_link_that_came_in_through_a_relay_ends_at_the_relay() {
        let (relay, me, peer) = (PeerId::random(), PeerId::random(), PeerId::random());
        let way = format!("/ip4/203.0.113.7/tcp/1/p2p/{relay}/p2p-circuit");
        let end = ConnectedPoint::Listener {
            local_addr: format!("{way}/p2p/{me}").parse().unwrap(),
            send_back_addr: format!("/p2p/{peer}").parse().unwrap(),
        };
        assert_eq!(far_end(&end).to_string(), way);
    }

    #[test]
    fn a_way_through_a_relay_may_be_gone_where_the_relay_may_be_knocked_at_and_the_person_allows_it() {
        let through = |at: &str| format!("{at}/p2p/{}/p2p-circuit", PeerId::random()).parse().unwrap();
        let (far, near): (Multiaddr, Multiaddr) =
            (through("/ip4/203.0.113.9/tcp/1"), through("/ip4/10.0.0.1/tcp/1"));
        let straight = "/ip4/203.0.113.9/tcp/1".parse().unwrap();
        for (ways, goes_through, goes_straight) in
            [(Ways::Any, true, true), (Ways::DirectOnly, false, true), (Ways::RelayOnly, true, false)]
        {
            let mut stand = Stand::default();
            stand.ways = ways;
            assert_eq!(stand.may_dial(&far, Says::Somebody), goes_through);
            assert_eq!(stand.may_dial(&straight, Says::Somebody), goes_straight);
            assert!(!stand.may_dial(&near, Says::Somebody));
            stand.relays = Circuit::of(&near).map(|way| way.relay).into_iter().collect();
            assert_eq!(stand.may_dial(&near, Says::Somebody), goes_through, "it keeps a place here");
        }
    }
}
