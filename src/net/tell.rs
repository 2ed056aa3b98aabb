//! Which of its addresses a node tells the members of its rooms.

use std::collections::BTreeSet;

use libp2p::Multiaddr;

use crate::base::limits::{ADDR_BYTES, ADDRS};

use super::address::Addr;
use super::stand::{Scope, scope};

/// Farthest reach first, ways through relays next, loopback only where
/// there is nothing else.
pub(super) fn to_tell(own: &BTreeSet<Multiaddr>, circuits: &[Multiaddr]) -> Vec<Addr> {
    let mut scoped: Vec<(Scope, &Multiaddr)> = own.iter().filter_map(|a| Some((scope(a)?, a))).collect();
    scoped.sort();
    let far = scoped.iter().any(|(s, _)| matches!(s, Scope::Global | Scope::Private(_)));
    let keep = |s: &Scope| !far || matches!(s, Scope::Global | Scope::Private(_));
    let (wide, narrow): (Vec<_>, Vec<_>) =
        scoped.into_iter().filter(|(s, _)| keep(s)).partition(|(s, _)| *s == Scope::Global);
    let straight = |(_, addr)| addr;
    let all = wide.into_iter().map(straight).chain(circuits).chain(narrow.into_iter().map(straight));
    all.filter(|a| a.len() <= ADDR_BYTES).take(ADDRS).map(|a| Addr(a.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::PeerId;

    fn addr(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_farthest_addresses_are_told_and_loopback_only_alone() {
        let all: BTreeSet<Multiaddr> =
            ["/ip4/127.0.0.1/tcp/1", "/ip4/10.0.0.2/tcp/1", "/ip4/203.0.113.9/tcp/1", "/ip6/fe80::1/tcp/1"]
                .map(addr)
                .into();
        let told: Vec<String> = to_tell(&all, &[]).iter().map(Addr::to_string).collect();
        assert_eq!(told, ["/ip4/203.0.113.9/tcp/1", "/ip4/10.0.0.2/tcp/1"]);
        let relay = PeerId::random();
        let way = addr(&format!("/ip4/203.0.113.1/tcp/1/p2p/{relay}/p2p-circuit"));
        let told: Vec<String> =
            to_tell(&all, std::slice::from_ref(&way)).iter().map(Addr::to_string).collect();
        assert_eq!(told, ["/ip4/203.0.113.9/tcp/1", &way.to_string(), "/ip4/10.0.0.2/tcp/1"]);
        let local: BTreeSet<Multiaddr> = [addr("/ip4/127.0.0.1/tcp/1")].into();
        assert_eq!(to_tell(&local, &[]).len(), 1);
    }
}
