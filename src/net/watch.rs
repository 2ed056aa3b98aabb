//! Notices that this machine moved: it has other addresses, a cable is back, it slept.
//!
//! The system is looked at rather than listened to, because each system tells in another way and none tells all of it: a cable
//! that is pulled and plugged back changes no address. Other addresses the swarm hears of by itself, and has them looked at at once.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use libp2p::Multiaddr;
use tokio::time::Instant;

use super::address::ip_and_port;
use super::backoff::since_boot;
use super::config::{ASLEEP, LOOK};

/// How the machine stood when it was last looked at.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: Option<Seen>,
    next: Option<Instant>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    /// By the clock that goes on in sleep.
    at: Duration,
    /// All addresses but loopback.
    has: BTreeSet<IpAddr>,
    /// Those of them behind a cable that is plugged in, or a radio that has its network.
    live: BTreeSet<IpAddr>,
}

/// What changed between two looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    /// Addresses that this machine does not have any more: what was linked from there is dead.
    pub(super) lost: BTreeSet<IpAddr>,
    /// Something came that was not there before: others may be in reach now, by ways that were not.
    pub(super) fresh: bool,
}

impl Watch {
    /// Looks, if the last look is [`LOOK`] ago. `None` where nothing changed, and the first time.
    pub(super) fn look(&mut self, now: Instant) -> Option<Moved> {
        if self.next.is_some_and(|next| now < next) { None } else { self.look_now(now) }
    }

    /// The same at once: the system has said that something changed.
    pub(super) fn look_now(&mut self, now: Instant) -> Option<Moved> {
        self.next = Some(now + LOOK);
        self.compare(Seen::now())
    }

    fn compare(&mut self, now: Seen) -> Option<Moved> {
        let before = self.seen.replace(now.clone())?;
        let lost: BTreeSet<IpAddr> = before.has.difference(&now.has).copied().collect();
        let slept = now.at.saturating_sub(before.at) > ASLEEP;
        let fresh = slept || !now.live.is_subset(&before.live);
        (fresh || !lost.is_empty()).then_some(Moved { lost, fresh })
    }
}

impl Seen {
    fn now() -> Seen {
        let all = if_addrs::get_if_addrs().unwrap_or_default();
        let outward = || all.iter().filter(|one| !one.is_loopback());
        Seen {
            at: since_boot(),
            has: outward().map(if_addrs::Interface::ip).collect(),
            live: outward().filter(|one| one.is_oper_up()).map(if_addrs::Interface::ip).collect(),
        }
    }
}

/// The address from which this machine would speak to another: the system's routes are asked, nothing is sent.
pub(super) fn source_for(remote: &Multiaddr) -> Option<IpAddr> {
    let (ip, port) = ip_and_port(remote)?;
    let any = if ip.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(SocketAddr::new(ip, port)).ok()?;
    socket.local_addr().ok().map(|addr| addr.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(at: u64, has: &[[u8; 4]], live: &[[u8; 4]]) -> Seen {
        let set = |all: &[[u8; 4]]| all.iter().map(|ip| IpAddr::from(*ip)).collect();
        Seen { at: Duration::from_secs(at), has: set(has), live: set(live) }
    }

    #[test]
    fn what_comes_goes_and_sleeps_is_told_once() {
        let (a, b) = ([10, 0, 0, 1], [10, 8, 0, 1]);
        let mut watch = Watch::default();
        assert_eq!(watch.compare(seen(1, &[a], &[a])), None, "nothing to compare with");
        assert_eq!(watch.compare(seen(2, &[a], &[a])), None);
        assert_eq!(watch.compare(seen(3, &[a], &[])), None, "a cable is out: nothing can be done");
        let back = Moved { lost: BTreeSet::new(), fresh: true };
        assert_eq!(watch.compare(seen(4, &[a], &[a])), Some(back.clone()), "it is back");
        let other = Moved { lost: [IpAddr::from(a)].into(), fresh: true };
        assert_eq!(watch.compare(seen(5, &[b], &[b])), Some(other), "another address");
        assert_eq!(watch.compare(seen(6, &[b], &[b])), None);
        assert_eq!(watch.compare(seen(60, &[b], &[b])), Some(back), "it slept");
        let none = Moved { lost: [IpAddr::from(b)].into(), fresh: false };
        assert_eq!(watch.compare(seen(61, &[], &[])), Some(none), "no network left");
    }

    #[test]
    fn the_system_says_from_where_it_would_speak() {
        let source = |addr: &str| source_for(&addr.parse().unwrap());
        assert_eq!(source("/ip4/127.0.0.1/tcp/4077"), Some(IpAddr::from([127, 0, 0, 1])));
        assert_eq!(source("/dns/example.org/tcp/4077"), None);
    }
}
