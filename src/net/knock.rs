//! Asks over one link whether anybody is still at its other end: at once, and with a short bound.
//!
//! The usual round trips are measured every few seconds, and libp2p forgives the first that fails. That is too slow where there
//! is a reason to doubt: this machine moved, or the peer came back by another way. What is asked is whether a stream of
//! this protocol may be opened. Any answer will do, a refusal too, so the other end need not know the protocol.

use std::collections::VecDeque;
use std::task::{Context, Poll};
use std::time::Duration;

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::swarm::handler::{ConnectionEvent, DialUpgradeError};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
    NotifyHandler, StreamUpgradeError, SubstreamProtocol, THandler, THandlerInEvent, THandlerOutEvent,
    ToSwarm,
};
use libp2p::{Multiaddr, PeerId, StreamProtocol};

use super::config::KNOCK_PROTOCOL;

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Knocked {
    pub(super) peer: PeerId,
    pub(super) connection: ConnectionId,
    /// Somebody answered.
    pub(super) there: bool,
}

/// Questions on their way, and answers not yet told.
#[derive(Debug, Default)]
pub(super) struct Behaviour {
    waiting: VecDeque<ToSwarm<Knocked, Duration>>,
}

impl Behaviour {
    /// Asks over one link. The answer comes as [`Knocked`], within so long, unless the link goes before.
    pub(super) fn ask(&mut self, peer: PeerId, connection: ConnectionId, within: Duration) {
        let handler = NotifyHandler::One(connection);
        self.waiting.push_back(ToSwarm::NotifyHandler { peer_id: peer, handler, event: within });
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Knocked;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::default())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::default())
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        there: THandlerOutEvent<Self>,
    ) {
        self.waiting.push_back(ToSwarm::GenerateEvent(Knocked { peer, connection, there }));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.waiting.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// The questions of one link: at most one on its way.
#[derive(Debug, Default)]
pub(super) struct Handler {
    step: Step,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Idle,
    Wanted(Duration),
    Asked,
    Answered(bool),
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Duration;
    type ToBehaviour = bool;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(StreamProtocol::new(KNOCK_PROTOCOL)), ())
    }

    fn on_behaviour_event(&mut self, within: Duration) {
        if self.step == Step::Idle {
            self.step = Step::Wanted(within);
        }
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Self::ToBehaviour>> {
        match self.step {
            Step::Wanted(within) => {
                self.step = Step::Asked;
                let protocol = self.listen_protocol().with_timeout(within);
                Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol })
            }
            Step::Answered(there) => {
                self.step = Step::Idle;
                Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(there))
            }
            Step::Idle | Step::Asked => Poll::Pending,
        }
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedOutbound(_) => self.step = Step::Answered(true),
            ConnectionEvent::DialUpgradeError(DialUpgradeError { error, .. }) => {
                self.step = Step::Answered(matches!(error, StreamUpgradeError::NegotiationFailed));
            }
            // Streams that come in are dropped: opening one was all that was asked.
            _ => {}
        }
    }
}
