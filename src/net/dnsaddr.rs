//! `/dnsaddr/NAME`: whole addresses, each a text record `dnsaddr=..` of `_dnsaddr.NAME`, or one more such name.
//!
//! Whoever owns the name says where this node knocks, at each try. So there are few addresses and fewer names, no step beyond
//! the second name, and no address inside this machine's own network, which the owner of a public name has no business with.

use std::net::SocketAddr;

use libp2p::{Multiaddr, PeerId};
use tokio::time::timeout;

use super::address::{Over, Place, PlaceKind, bare, shape};
use super::config::{ADDRS_A_LIST, NAMES_A_LIST, RESOLVE};
use super::io::Unreachable;
use super::stand::{Says, Stand};
use super::txt::texts;

/// A name that stands for a list of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    pub(super) name: String,
    /// Which transports are asked for.
    pub(super) over: Vec<Over>,
    /// The one of the list who is meant, if not any of them.
    pub(super) peer: Option<PeerId>,
}

impl List {
    /// What is to be dialled: QUIC first, then TCP. What was found until the time was over counts.
    pub(super) async fn look_up(
        &self,
        stand: &Stand,
        servers: &[SocketAddr],
    ) -> Result<Vec<Multiaddr>, Unreachable> {
        let mut found = Vec::new();
        let asked = timeout(RESOLVE, self.gather(stand, servers, &mut found)).await;
        found.sort_by_key(|addr| shape(addr).is_none_or(|shape| shape.over != Over::Quic));
        match asked {
            _ if !found.is_empty() => Ok(found),
            Ok(asked) => asked.and(Err(Unreachable::NoSuchName)),
            Err(_) => Err(Unreachable::Silent),
        }
    }

    async fn gather(
        &self,
        stand: &Stand,
        servers: &[SocketAddr],
        found: &mut Vec<Multiaddr>,
    ) -> Result<(), Unreachable> {
        let mut further = Vec::new();
        for kind in self.entries(servers).await? {
            match kind {
                PlaceKind::Ready(addr) => self.take(addr, stand, found),
                PlaceKind::Listed(list) => further.push(list),
                PlaceKind::Named { .. } => {}
            }
        }
        // One who is meant is not behind the name of another.
        further.retain(|list| self.peer.is_none() || list.peer.is_none() || list.peer == self.peer);
        for list in further.into_iter().take(NAMES_A_LIST) {
            let list = List { over: self.over.clone(), peer: list.peer.or(self.peer), ..list };
            for kind in list.entries(servers).await.unwrap_or_default() {
                if let PlaceKind::Ready(addr) = kind {
                    list.take(addr, stand, found);
                }
            }
        }
        Ok(())
    }

    /// Only what a person could have typed.
    async fn entries(&self, servers: &[SocketAddr]) -> Result<Vec<PlaceKind>, Unreachable> {
        let all = texts(&format!("_dnsaddr.{}", self.name), servers).await?;
        let entries = all.iter().filter_map(|text| text.strip_prefix("dnsaddr="));
        let places = entries.filter(|text| text.starts_with('/')).filter_map(|text| Place::parse(text).ok());
        Ok(places.map(|place| place.kind).collect())
    }

    fn take(&self, addr: Multiaddr, stand: &Stand, found: &mut Vec<Multiaddr>) {
        let fits = shape(&addr).is_some_and(|shape| {
            self.over.contains(&shape.over) && (self.peer.is_none() || shape.peer == self.peer)
        });
        let new = found.len() < ADDRS_A_LIST && !found.contains(&addr);
        if fits && new && stand.may_knock(&bare(&addr), Says::Name) {
            found.push(addr);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::txt::tests::name_server;
    use super::*;

    const ONE: &str = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
    const TWO: &str = "12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5";

    async fn found(place: &str, stand: &Stand, server: SocketAddr) -> Result<Vec<String>, Unreachable> {
        let PlaceKind::Listed(list) = Place::parse(place).unwrap().kind else { panic!("{place}") };
        let found = list.look_up(stand, &[server]).await?;
        Ok(found.iter().map(Multiaddr::to_string).collect())
    }

    fn zone(entries: Vec<(String, String)>) -> &'static [(&'static str, &'static str)] {
        let all = entries.into_iter().map(|(name, text)| (&*name.leak(), &*text.leak()));
        all.collect::<Vec<(&'static str, &'static str)>>().leak()
    }

    #[tokio::test]
    async fn a_list_gives_what_a_person_could_have_typed_and_one_step_further() {
        let entries = [
            ("_dnsaddr.a.test", "dnsaddr=/ip4/203.0.113.1/tcp/1"),
            ("_dnsaddr.a.test", "dnsaddr=/ip4/203.0.113.1/tcp/1"),
            ("_dnsaddr.a.test", "dnsaddr=/dnsaddr/b.test"),
            ("_dnsaddr.a.test", "dnsaddr=/ip4/203.0.113.2/udp/1/quic-v1"),
            ("_dnsaddr.a.test", "dnsaddr=/ip4/203.0.113.3/tcp/80/ws"),
            ("_dnsaddr.a.test", "dnsaddr=203.0.113.4:1"),
            ("_dnsaddr.a.test", "dnsaddr=/dns/router.home/tcp/1"),
            ("_dnsaddr.a.test", "v=spf1 -all"),
            ("_dnsaddr.b.test", "dnsaddr=/ip6/2001:db8::1/tcp/1"),
            ("_dnsaddr.b.test", "dnsaddr=/dnsaddr/c.test"),
            ("_dnsaddr.c.test", "dnsaddr=/ip4/203.0.113.5/tcp/1"),
            ("_dnsaddr.d.test", "dnsaddr=/dnsaddr/d.test"),
        ];
        let server = name_server(zone(entries.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec())).await;
        let at = Stand::default();
        let all = ["/ip4/203.0.113.2/udp/1/quic-v1", "/ip4/203.0.113.1/tcp/1", "/ip6/2001:db8::1/tcp/1"];
        assert_eq!(found("/dnsaddr/a.test", &at, server).await.unwrap(), all);
        assert_eq!(found("/dnsaddr/c.test", &at, server).await.unwrap(), ["/ip4/203.0.113.5/tcp/1"]);
        for nothing in ["/dnsaddr/d.test", "/dnsaddr/e.test"] {
            assert_eq!(found(nothing, &at, server).await, Err(Unreachable::NoSuchName), "{nothing}");
        }
    }

    #[tokio::test]
    async fn whoever_owns_the_name_reaches_nothing_inside_and_sends_nobody_far() {
        let mut entries = Vec::new();
        let mut says = |name: &str, addr: String| {
            entries.push((format!("_dnsaddr.{name}"), format!("dnsaddr={addr}")));
        };
        for inside in [
            "/ip4/192.168.1.1",
            "/ip4/127.0.0.1",
            "/ip4/169.254.169.254",
            "/ip6/fe80::1",
            "/ip6/::ffff:10.0.0.1",
        ] {
            says("in.test", format!("{inside}/tcp/80"));
        }
        says("in.test", format!("/ip4/192.168.1.1/tcp/1/p2p/{ONE}/p2p-circuit"));
        for n in 0..40 {
            says("many.test", format!("/ip4/203.0.113.{n}/tcp/1"));
            says("deep.test", format!("/dnsaddr/n{n}.test"));
            says(&format!("n{n}.test"), format!("/ip4/203.0.113.{n}/tcp/1"));
        }
        let server = name_server(zone(entries)).await;
        let home = ["/ip4/192.168.1.4/tcp/5", "/ip4/127.0.0.1/tcp/5"].map(|text| text.parse().unwrap());
        let mut at = Stand::default();
        at.began_on_loopback = true;
        at.moved(home.iter());
        assert_eq!(found("/dnsaddr/in.test", &at, server).await, Err(Unreachable::NoSuchName));
        assert_eq!(found("/dnsaddr/many.test", &at, server).await.unwrap().len(), ADDRS_A_LIST);
        assert_eq!(found("/dnsaddr/deep.test", &at, server).await.unwrap().len(), NAMES_A_LIST);
        at.moved(home[1..].iter());
        let alone = found("/dnsaddr/in.test", &at, server).await.unwrap();
        assert_eq!(alone, ["/ip4/127.0.0.1/tcp/80"], "a machine that knows nothing but itself");
    }

    #[tokio::test]
    async fn one_of_a_list_can_be_meant() {
        let entries = [
            ("_dnsaddr.a.test", format!("dnsaddr=/ip4/203.0.113.1/tcp/1/p2p/{ONE}")),
            ("_dnsaddr.a.test", format!("dnsaddr=/ip4/203.0.113.2/tcp/1/p2p/{TWO}")),
            ("_dnsaddr.a.test", "dnsaddr=/ip4/203.0.113.3/tcp/1".to_owned()),
            ("_dnsaddr.a.test", format!("dnsaddr=/dnsaddr/b.test/p2p/{TWO}")),
            ("_dnsaddr.b.test", format!("dnsaddr=/ip4/203.0.113.4/tcp/1/p2p/{TWO}")),
            ("_dnsaddr.b.test", format!("dnsaddr=/ip4/203.0.113.5/tcp/1/p2p/{ONE}")),
        ];
        let server = name_server(zone(entries.map(|(a, b)| (a.to_owned(), b)).to_vec())).await;
        let at = Stand::default();
        let one = found(&format!("/dnsaddr/a.test/p2p/{ONE}"), &at, server).await.unwrap();
        assert_eq!(one, [format!("/ip4/203.0.113.1/tcp/1/p2p/{ONE}")]);
        let two = found(&format!("/dnsaddr/a.test/p2p/{TWO}"), &at, server).await.unwrap();
        assert_eq!(two, [2, 4].map(|n| format!("/ip4/203.0.113.{n}/tcp/1/p2p/{TWO}")));
        assert_eq!(found("/dnsaddr/a.test", &at, server).await.unwrap().len(), 4);
    }
}
