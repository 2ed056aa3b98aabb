//! What is done when this machine moved, and about links whose other end may be gone.

use std::net::IpAddr;

use libp2p::PeerId;
use libp2p::core::ConnectedPoint;
use libp2p::swarm::ConnectionId;
use tokio::time::Instant;

use super::address::ip_and_port;
use super::driver::Driver;
use super::knock::Knocked;
use super::links::Doubt;
use super::watch::{Moved, source_for};

impl Driver {
    /// Part of each beat: is the machine where it was, and is everybody still there?
    pub(super) fn look_around(&mut self, now: Instant) {
        if let Some(moved) = self.watch.look(now) {
            self.on_moved(&moved, now);
        }
        self.doubt(Doubt::Silent, now);
    }

    /// The addresses listened on changed.
    pub(super) fn look_again(&mut self, now: Instant) {
        if let Some(moved) = self.watch.look_now(now) {
            self.on_moved(&moved, now);
        }
    }

    /// Links from an address that is gone are dead. The others are asked. Whoever could not be reached is tried again now.
    fn on_moved(&mut self, moved: &Moved, now: Instant) {
        tracing::info!(lost = moved.lost.len(), fresh = moved.fresh, "this machine moved");
        for (peer, connection) in self.links.out_from(&moved.lost) {
            self.bury(&peer, connection);
        }
        self.doubt(Doubt::Moved, now);
        if moved.fresh {
            self.book.wake(now);
            self.bootstraps.wake(now);
            self.keys.begin(now);
        }
    }

    /// Asks those whom this doubt concerns.
    pub(super) fn doubt(&mut self, doubt: Doubt, now: Instant) {
        for (peer, connection) in self.links.doubted(doubt, now) {
            self.swarm.behaviour_mut().knock.ask(peer, connection, doubt.patience());
        }
    }

    pub(super) fn on_knocked(&mut self, Knocked { peer, connection, there }: Knocked, now: Instant) {
        if there {
            self.links.answered(&peer, connection, now);
        } else {
            self.bury(&peer, connection);
        }
    }

    /// Closes a link that nobody is at the other end of.
    pub(super) fn bury(&mut self, peer: &PeerId, connection: ConnectionId) {
        tracing::debug!(peer = %super::names::short_id(peer), "a link is dead");
        self.links.died(peer, connection);
        self.swarm.close_connection(connection);
    }
}

/// From which address of this machine a link goes out. The system is asked where the link does not say.
pub(super) fn here(end: &ConnectedPoint) -> Option<IpAddr> {
    let said = match end {
        ConnectedPoint::Listener { local_addr, .. } => ip_and_port(local_addr).map(|(ip, _)| ip),
        ConnectedPoint::Dialer { .. } => None,
    };
    said.filter(|ip| !ip.is_unspecified()).or_else(|| source_for(end.get_remote_address()))
}
