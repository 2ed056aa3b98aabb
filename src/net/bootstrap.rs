//! The few addresses a person named: resolved, tried one after the other, tried again for ever, each with a reason when it fails.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

use super::address::{Addr, Family, Place, PlaceKind, bare, dialable, shape};
use super::backoff::Backoff;
use super::config::{ADDRS_A_NAME, BOOTSTRAPS, KNOWN_FOR, NEXT_ADDRESS, RESOLVE};
use super::io::{BootstrapState, Unreachable};
use super::names;
use super::stand::Stand;
use super::txt::servers;

/// What the driver should do for a bootstrap.
#[derive(Debug)]
pub(super) enum Step {
    /// Look its name up and come back with [`Bootstraps::resolved`].
    Resolve(usize, Place),
    /// Dial, and come back with [`Bootstraps::dialing`].
    Dial(usize, Multiaddr, Option<PeerId>),
}

#[derive(Debug)]
enum Phase {
    Waiting(Instant),
    Resolving,
    Trying(Trying),
    Linked(PeerId),
    Over,
}

#[derive(Debug)]
struct Trying {
    left: VecDeque<Multiaddr>,
    dials: Vec<ConnectionId>,
    /// When the next address is tried although the last has not failed yet.
    next: Instant,
    /// The most telling failure so far.
    why: Unreachable,
}

#[derive(Debug)]
struct Bootstrap {
    place: Place,
    phase: Phase,
    backoff: Backoff,
    /// When its link was lost.
    lost: Option<Instant>,
    state: BootstrapState,
    /// The state changed and nobody has been told.
    news: bool,
}

/// All bootstraps, by the order they were named.
#[derive(Debug, Default)]
pub(super) struct Bootstraps {
    all: Vec<Bootstrap>,
}

impl Bootstraps {
    /// False where there are too many; one that is known already is tried at once.
    pub(super) fn add(&mut self, place: Place, now: Instant) -> bool {
        if let Some(known) = self.all.iter_mut().find(|b| b.place == place) {
            if matches!(known.phase, Phase::Waiting(_) | Phase::Over) {
                known.phase = Phase::Waiting(now);
            }
            return true;
        }
        if self.all.len() >= BOOTSTRAPS {
            return false;
        }
        let state = begins(&place);
        self.all.push(Bootstrap {
            place,
            phase: Phase::Waiting(now),
            backoff: Backoff::default(),
            lost: None,
            state,
            news: true,
        });
        true
    }

    /// What is to be done now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Step> {
        let mut steps = Vec::new();
        for (index, bootstrap) in self.all.iter_mut().enumerate() {
            match &mut bootstrap.phase {
                Phase::Waiting(at) if *at <= now => match &bootstrap.place.kind {
                    PlaceKind::Ready(addr) => {
                        let left = VecDeque::from([addr.clone()]);
                        bootstrap.phase = Phase::Trying(Trying::new(left, now));
                        bootstrap.now(BootstrapState::Trying);
                    }
                    PlaceKind::Named { .. } | PlaceKind::Listed(_) => {
                        bootstrap.phase = Phase::Resolving;
                        bootstrap.now(BootstrapState::Looking);
                        steps.push(Step::Resolve(index, bootstrap.place.clone()));
                    }
                },
                _ => {}
            }
            if let Phase::Trying(trying) = &mut bootstrap.phase
                && (trying.next <= now || trying.dials.is_empty())
                && let Some(addr) = trying.left.pop_front()
            {
                trying.next = now + NEXT_ADDRESS;
                let peer = shape(&addr).and_then(|s| s.peer);
                steps.push(Step::Dial(index, bare(&addr), peer));
            }
        }
        steps
    }

    /// The name has these addresses.
    pub(super) fn resolved(
        &mut self,
        index: usize,
        found: Result<Vec<Multiaddr>, Unreachable>,
        chance: u32,
        now: Instant,
    ) {
        let Some(bootstrap) = self.all.get_mut(index).filter(|b| matches!(b.phase, Phase::Resolving)) else {
            return;
        };
        match found {
            Ok(addrs) if !addrs.is_empty() => {
                bootstrap.phase = Phase::Trying(Trying::new(addrs.into(), now));
                bootstrap.now(BootstrapState::Trying);
            }
            Ok(_) => bootstrap.fail(Unreachable::NoSuchName, chance, now),
            Err(why) => bootstrap.fail(why, chance, now),
        }
    }

    pub(super) fn dialing(&mut self, index: usize, connection: ConnectionId) {
        if let Some(Bootstrap { phase: Phase::Trying(trying), .. }) = self.all.get_mut(index) {
            trying.dials.push(connection);
        }
    }

    /// A dial failed. True if it was one of these.
    pub(super) fn failed(
        &mut self,
        connection: ConnectionId,
        why: Unreachable,
        chance: u32,
        now: Instant,
    ) -> bool {
        for bootstrap in &mut self.all {
            if let Phase::Trying(trying) = &mut bootstrap.phase
                && trying.dials.contains(&connection)
            {
                trying.dials.retain(|c| *c != connection);
                // Nobody else answers for this node: the other addresses of a machine lead here too, those of a list do not.
                let listed = matches!(bootstrap.place.kind, PlaceKind::Listed(_));
                let me = why == Unreachable::Myself;
                trying.why = if listed && me { trying.why } else { trying.why.max(why) };
                if me && !listed || (trying.dials.is_empty() && trying.left.is_empty()) {
                    let why = trying.why;
                    bootstrap.fail(why, chance, now);
                }
                return true;
            }
        }
        false
    }

    /// A link came up, by one of these dials or otherwise to a peer that was asked for by name.
    pub(super) fn linked(&mut self, connection: ConnectionId, peer: &PeerId, addr: &Multiaddr) {
        for bootstrap in &mut self.all {
            let asked = bootstrap.place.peer();
            let ours = matches!(&bootstrap.phase, Phase::Trying(t) if t.dials.contains(&connection));
            let same = asked == Some(*peer) && !matches!(bootstrap.phase, Phase::Linked(_));
            if ours || same {
                bootstrap.phase = Phase::Linked(*peer);
                bootstrap.backoff.reset();
                bootstrap.now(BootstrapState::Linked { peer: names::peer(peer), addr: Addr(addr.clone()) });
            }
        }
    }

    /// The last link to a peer is gone.
    pub(super) fn lost(&mut self, peer: &PeerId, spread: Duration, now: Instant) {
        for bootstrap in &mut self.all {
            if matches!(&bootstrap.phase, Phase::Linked(linked) if linked == peer) {
                bootstrap.phase = Phase::Waiting(now + spread);
                bootstrap.lost = Some(now);
                bootstrap.now(begins(&bootstrap.place));
            }
        }
    }

    /// This machine moved: all that are not linked are tried at once, and dials that are under way go nowhere.
    pub(super) fn wake(&mut self, now: Instant) {
        for bootstrap in &mut self.all {
            if matches!(bootstrap.phase, Phase::Waiting(_) | Phase::Trying(_)) {
                bootstrap.phase = Phase::Waiting(now);
                bootstrap.backoff.reset();
            }
        }
    }

    /// Those whose state changed since the last call.
    pub(super) fn news(&mut self) -> Vec<(String, BootstrapState)> {
        let fresh = |b: &mut Bootstrap| {
            std::mem::take(&mut b.news).then(|| (b.place.text().to_owned(), b.state.clone()))
        };
        self.all.iter_mut().filter_map(fresh).collect()
    }

    /// How they stand.
    pub(super) fn states(&self) -> Vec<(String, BootstrapState)> {
        self.all.iter().map(|b| (b.place.text().to_owned(), b.state.clone())).collect()
    }
}

impl Trying {
    fn new(left: VecDeque<Multiaddr>, now: Instant) -> Trying {
        Trying { left, dials: Vec::new(), next: now, why: Unreachable::Unknown }
    }
}

impl Bootstrap {
    fn fail(&mut self, why: Unreachable, chance: u32, now: Instant) {
        if why == Unreachable::Myself {
            self.phase = Phase::Over;
            self.now(BootstrapState::GivenUp { why });
            return;
        }
        let known = self.lost.is_some_and(|at| now.saturating_duration_since(at) < KNOWN_FOR);
        let again = if known { self.backoff.fail_known(chance) } else { self.backoff.fail(chance) };
        self.phase = Phase::Waiting(now + again);
        self.now(BootstrapState::Failed { why, again });
    }

    fn now(&mut self, state: BootstrapState) {
        // A retry is no news to a person who has just been told why it failed; its result will be.
        let retry = state.is_open() && matches!(self.state, BootstrapState::Failed { .. });
        self.news |= !retry && self.state != state;
        if !retry {
            self.state = state;
        }
    }
}

/// The first thing that is done for a place.
fn begins(place: &Place) -> BootstrapState {
    match place.kind {
        PlaceKind::Ready(_) => BootstrapState::Trying,
        PlaceKind::Named { .. } | PlaceKind::Listed(_) => BootstrapState::Looking,
    }
}

/// Looks a name up, and says what to dial: QUIC first, then TCP. Addresses come from this machine's own resolver, lists of them
/// from its name servers.
pub(super) async fn resolve(place: Place, stand: Stand) -> Result<Vec<Multiaddr>, Unreachable> {
    let (name, port, over, family, peer) = match place.kind {
        PlaceKind::Ready(_) => return Ok(Vec::new()),
        PlaceKind::Named { name, port, over, family, peer } => (name, port, over, family, peer),
        PlaceKind::Listed(list) => return list.look_up(&stand, &servers()).await,
    };
    let found = tokio::time::timeout(RESOLVE, tokio::net::lookup_host((name.as_str(), port))).await;
    let found: Vec<SocketAddr> = match found {
        Ok(Ok(found)) => found.take(ADDRS_A_NAME).collect(),
        Ok(Err(_)) => return Err(Unreachable::NoSuchName),
        Err(_) => return Err(Unreachable::Silent),
    };
    let fits = |ip: &IpAddr| match family {
        Family::Any => true,
        Family::V4 => ip.is_ipv4(),
        Family::V6 => ip.is_ipv6(),
    };
    let mut addrs = Vec::new();
    for over in over {
        for ip in found.iter().map(SocketAddr::ip).filter(fits) {
            let addr = dialable(ip, port, over);
            addrs.push(peer.map_or(addr.clone(), |peer| addr.with(libp2p::multiaddr::Protocol::P2p(peer))));
        }
    }
    Ok(addrs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::backoff::now;

    fn place(text: &str) -> Place {
        Place::parse(text).unwrap()
    }

    #[test]
    fn addresses_are_tried_in_turn_and_the_most_telling_reason_is_kept() {
        let (mut all, at) = (Bootstraps::default(), now());
        assert!(all.add(place("host.test:4077"), at));
        assert!(matches!(all.due(at).as_slice(), [Step::Resolve(0, _)]));
        assert!(matches!(all.news().as_slice(), [(_, BootstrapState::Looking)]));
        let addr = |n: u8| format!("/ip4/203.0.113.{n}/tcp/1").parse().unwrap();
        all.resolved(0, Ok(vec![addr(1), addr(2)]), 0, at);
        assert!(matches!(all.news().as_slice(), [(_, BootstrapState::Trying)]));
        let dial = |all: &mut Bootstraps, at| match all.due(at).as_slice() {
            [Step::Dial(0, addr, None)] => Some(addr.clone()),
            [] => None,
            other => panic!("{other:?}"),
        };
        let (one, two) = (ConnectionId::new_unchecked(1), ConnectionId::new_unchecked(2));
        assert_eq!(dial(&mut all, at), Some(addr(1)));
        all.dialing(0, one);
        assert_eq!(dial(&mut all, at), None, "the second waits for the first");
        assert_eq!(dial(&mut all, at + NEXT_ADDRESS), Some(addr(2)), "but not for long");
        all.dialing(0, two);
        assert!(all.failed(one, Unreachable::Refused, 0, at));
        assert!(all.news().is_empty());
        assert!(all.failed(two, Unreachable::Silent, 0, at));
        let news = all.news();
        assert!(matches!(news.as_slice(), [(_, BootstrapState::Failed { why: Unreachable::Refused, .. })]));
        assert!(all.due(at).is_empty());
        assert!(matches!(all.due(at + Duration::from_secs(1)).as_slice(), [Step::Resolve(0, _)]));
        assert!(all.news().is_empty(), "a retry is not told");
    }

    #[test]
    fn a_lost_bootstrap_is_sought_again_and_oneself_never() {
        let (mut all, at) = (Bootstraps::default(), now());
        all.add(place("/ip4/203.0.113.1/tcp/1"), at);
        let (peer, one) = (PeerId::random(), ConnectionId::new_unchecked(1));
        all.due(at);
        all.dialing(0, one);
        all.linked(one, &peer, &"/ip4/203.0.113.1/tcp/1".parse().unwrap());
        assert!(matches!(all.news().as_slice(), [(_, BootstrapState::Linked { .. })]));
        all.lost(&peer, Duration::ZERO, at);
        assert_eq!(all.due(at).len(), 1);
        all.dialing(0, one);
        assert!(all.failed(one, Unreachable::Myself, 0, at));
        assert!(all.due(at + Duration::from_secs(600)).is_empty());
        assert!(matches!(all.states().as_slice(), [(_, BootstrapState::GivenUp { .. })]));
    }

    #[cfg(unix)]
    #[test]
    fn a_list_with_this_node_on_it_leads_to_the_others() {
        let (mut all, at) = (Bootstraps::default(), now());
        all.add(place("/dnsaddr/host.test"), at);
        assert!(matches!(all.due(at).as_slice(), [Step::Resolve(0, _)]));
        let addr = |n: u8| format!("/ip4/203.0.113.{n}/tcp/1").parse().unwrap();
        all.resolved(0, Ok(vec![addr(1), addr(2)]), 0, at);
        let (one, two) = (ConnectionId::new_unchecked(1), ConnectionId::new_unchecked(2));
        all.due(at);
        all.dialing(0, one);
        assert!(all.failed(one, Unreachable::Myself, 0, at));
        assert!(matches!(all.due(at).as_slice(), [Step::Dial(0, ..)]), "the next of the list");
        all.dialing(0, two);
        assert!(all.failed(two, Unreachable::Refused, 0, at));
        assert!(matches!(
            all.states().as_slice(),
            [(_, BootstrapState::Failed { why: Unreachable::Refused, .. })]
        ));
        let later = at + Duration::from_secs(1);
        assert!(matches!(all.due(later).as_slice(), [Step::Resolve(0, _)]), "the list may have changed");
    }
}
