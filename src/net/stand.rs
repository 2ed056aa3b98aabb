//! Where this node stands, and so which addresses it dials when who says so.

use std::collections::BTreeSet;
use std::net::IpAddr;

use libp2p::{Multiaddr, PeerId};

use super::address::{Host, Shape, bare, shape};
use super::circuit::Circuit;
use super::ways::Ways;

/// How far an address reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// The whole internet.
    Global,
    /// One of the private blocks: it means another machine in every other network.
    Private(Block),
    /// One cable.
    LinkLocal,
    /// This machine.
    Loopback,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Block {
    Ten,
    OneSevenTwo,
    OneNineTwo,
    /// 100.64.0.0/10: between a carrier and its customers.
    Carrier,
    /// fc00::/7.
    UniqueLocal,
}

/// How far an address reaches; `None` for one that cannot be dialled: of another kind, a name, port 0, multicast, unspecified.
pub(super) fn scope(addr: &Multiaddr) -> Option<Scope> {
    let Shape { host: Host::Ip(ip), port, .. } = shape(addr)? else { return None };
    (port != 0).then(|| ip_scope(ip)).flatten()
}

fn ip_scope(ip: IpAddr) -> Option<Scope> {
    let ip = ip.to_canonical();
    if ip.is_unspecified() || ip.is_multicast() {
        return None;
    }
    Some(match ip {
        _ if ip.is_loopback() => Scope::Loopback,
        IpAddr::V4(ip) => match ip.octets() {
            [255, 255, 255, 255] | [0, ..] => return None,
            [169, 254, ..] => Scope::LinkLocal,
            [10, ..] => Scope::Private(Block::Ten),
            [172, 16..=31, ..] => Scope::Private(Block::OneSevenTwo),
            [192, 168, ..] => Scope::Private(Block::OneNineTwo),
            [100, 64..=127, ..] => Scope::Private(Block::Carrier),
            _ => Scope::Global,
        },
        IpAddr::V6(ip) if ip.is_unicast_link_local() => Scope::LinkLocal,
        IpAddr::V6(ip) if ip.is_unique_local() => Scope::Private(Block::UniqueLocal),
        IpAddr::V6(_) => Scope::Global,
    })
}

/// Who says that an address is worth dialling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// The local network itself, by mDNS.
    Lan,
    /// A member, or anybody: a sealed beat, the table, identify.
    Somebody,
    /// Whoever owns a name that a person typed, of a list of addresses.
    Name,
}

/// What this node's own addresses say about where it stands.
///
/// A stranger who names 192.168.1.1:80 would have this node knock at the router of its own home. So private addresses are
/// dialled on others' word only where this node has one of the same block, loopback ones only where the person at this
/// machine began with loopback, link-local ones never. The owner of a name has nobody at home here, so a list says less still.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stand {
    own: BTreeSet<Scope>,
    /// A person named a loopback address as bootstrap.
    pub(super) began_on_loopback: bool,
    /// Which ways the person allows.
    pub(super) ways: Ways,
    /// Relays that keep a place for this node: through them no other machine is knocked at than anyway.
    pub(super) relays: BTreeSet<PeerId>,
}

impl Stand {
    /// This node listens elsewhere.
    pub(super) fn moved<'a>(&mut self, listening: impl Iterator<Item = &'a Multiaddr>) {
        self.own = listening.filter_map(scope).collect();
    }

    /// To go through a relay is to knock at the relay, so the same rule holds for where it is.
    pub(super) fn may_dial(&self, addr: &Multiaddr, says: Says) -> bool {
        match Circuit::of(addr) {
            Some(way) => {
                self.ways.relayed() && (self.relays.contains(&way.relay) || self.may_knock(&way.at, says))
            }
            None => self.ways.straight() && self.may_knock(addr, says),
        }
    }

    /// Whether this node still stands where it stood: whatever it allows, and whoever keeps a place for it.
    pub(super) fn is_where(&self, before: &Stand) -> bool {
        self.own == before.own
    }

    /// Whether a peer may have seen this node there: on the internet, or on a machine that knows nothing but itself. What a
    /// private network calls it is no business of anybody outside.
    pub(super) fn may_be_seen(&self, addr: &Multiaddr) -> bool {
        match scope(&bare(addr)) {
            Some(Scope::Global) => true,
            Some(Scope::Loopback) => self.only_loopback(),
            _ => false,
        }
    }

    /// The rule for a host, whichever way leads on from there.
    pub(super) fn may_knock(&self, addr: &Multiaddr, says: Says) -> bool {
        match (scope(addr), says) {
            (None, _) => false,
            (Some(Scope::Global), _) | (Some(Scope::Private(_) | Scope::LinkLocal), Says::Lan) => true,
            (Some(Scope::Loopback), Says::Lan) | (Some(Scope::LinkLocal), Says::Somebody | Says::Name) => {
                false
            }
            (Some(Scope::Private(_)), Says::Name) => false,
            (Some(scope @ Scope::Private(_)), Says::Somebody) => self.own.contains(&scope),
            (Some(Scope::Loopback), Says::Somebody) => self.began_on_loopback || self.only_loopback(),
            (Some(Scope::Loopback), Says::Name) => self.only_loopback(),
        }
    }

    fn only_loopback(&self) -> bool {
        !self.own.is_empty() && self.own.iter().all(|s| *s == Scope::Loopback)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    fn at(listening: &[Multiaddr]) -> Stand {
        let mut stand = Stand::default();
        stand.moved(listening.iter());
        stand
    }

    #[test]
    fn a_stranger_cannot_make_a_node_knock_at_its_own_network() {
        let home = [addr("/ip4/192.168.1.4/tcp/5"), addr("/ip4/127.0.0.1/tcp/5")];
        let stand = at(&home);
        let told = |text: &str| stand.may_dial(&addr(text), Says::Somebody);
        assert!(told("/ip4/203.0.113.9/tcp/1"));
        assert!(told("/ip4/192.168.1.9/udp/1/quic-v1"), "the same block may be the same network");
        for refused in [
            "/ip4/10.0.0.1/tcp/1",
            "/ip4/127.0.0.1/tcp/1",
            "/ip6/::1/tcp/1",
            "/ip6/::ffff:127.0.0.1/tcp/1",
            "/ip4/169.254.0.1/tcp/1",
            "/ip6/fe80::1/tcp/1",
            "/ip6/fd00::1/tcp/1",
            "/ip4/0.0.0.0/tcp/1",
            "/ip4/224.0.0.251/udp/1/quic-v1",
            "/ip4/255.255.255.255/udp/1/quic-v1",
            "/ip4/203.0.113.9/tcp/0",
            "/dns/router.home/tcp/80",
            "/ip4/203.0.113.9/tcp/80/ws",
        ] {
            assert!(!told(refused), "{refused}");
        }
        assert!(stand.may_dial(&addr("/ip4/10.0.0.1/tcp/1"), Says::Lan));
        assert!(!stand.may_dial(&addr("/ip4/127.0.0.1/tcp/1"), Says::Lan));
    }

    #[test]
    fn loopback_is_dialled_on_others_word_only_by_a_node_that_lives_there() {
        let local = addr("/ip4/127.0.0.1/tcp/7");
        let only = [addr("/ip4/127.0.0.1/tcp/5")];
        assert!(at(&only).may_dial(&local, Says::Somebody));
        assert!(!Stand::default().may_dial(&local, Says::Somebody));
        assert!(Stand { began_on_loopback: true, ..at(&[]) }.may_dial(&local, Says::Somebody));
    }
}
