//! Addresses: what a person may type, and what is told to others.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};

use crate::base::id::Peer;
use crate::base::limits::ADDR_BYTES;

use super::circuit::Circuit;
use super::dnsaddr::List;
use super::names;

/// A transport address. It carries no `/p2p/` part unless a person typed one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Addr(pub(super) Multiaddr);

impl Addr {
    /// From the binary form, as beats and invites carry it.
    pub fn from_bytes(bytes: &[u8]) -> Option<Addr> {
        if bytes.is_empty() || bytes.len() > ADDR_BYTES {
            return None;
        }
        Multiaddr::try_from(bytes.to_vec()).ok().map(Addr)
    }

    /// The binary form.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_vec()
    }

    /// An address to listen on, as a person types it: `/ip4/../tcp/..`, `/ip6/../udp/../quic-v1` and the like.
    pub fn parse_listen(text: &str) -> Result<Addr, AddressError> {
        let addr: Multiaddr = text.parse().map_err(|_| AddressError::NotAListener)?;
        match shape(&addr) {
            Some(Shape { host: Host::Ip(_), peer: None, .. }) => Ok(Addr(addr)),
            Some(Shape { host: Host::Name(_), .. }) => Err(AddressError::ListenByName),
            Some(Shape { peer: Some(_), .. }) => Err(AddressError::ListenAsPeer),
            None => Err(AddressError::Unsupported),
        }
    }

    /// With the peer at its end, as it is shown to people.
    pub fn text_with(&self, peer: &Peer) -> String {
        let open = shape(&self.0).is_some_and(|shape| shape.peer.is_none()) || Circuit::of(&self.0).is_some();
        match names::peer_id(peer) {
            Some(id) if open => bare(&self.0).with(Protocol::P2p(id)).to_string(),
            _ => self.0.to_string(),
        }
    }

    /// Where one begins who knows nobody yet: at the address itself, or at the relay it leads through, which the table knows.
    pub fn begins_at(&self) -> Addr {
        Circuit::of(&self.0).map_or_else(|| self.clone(), |way| Addr(way.at))
    }

    /// The relay it leads through, if it does.
    pub fn relay(&self) -> Option<Peer> {
        Circuit::of(&self.0).map(|way| names::peer(&way.relay))
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a bootstrap is to be found, as a person typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) text: String,
    pub(super) kind: PlaceKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PlaceKind {
    /// An address that can be dialled as it stands.
    Ready(Multiaddr),
    /// A name to be looked up, and what its addresses become.
    Named { name: String, port: u16, over: Vec<Over>, family: Family, peer: Option<PeerId> },
    /// A name that stands for a list of addresses.
    Listed(List),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Quic,
    Tcp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Any,
    V4,
    V6,
}

impl Place {
    /// What `--bootstrap` takes: a multiaddr, or `host:port`, which means QUIC and TCP on every address the host has.
    pub fn parse(text: &str) -> Result<Place, AddressError> {
        let text = text.trim();
        let kind = if text.starts_with('/') { multiaddr(text)? } else { host_and_port(text)? };
        Ok(Place { text: text.to_owned(), kind })
    }

    /// The same place over one transport alone, for each that it names; and whether that one goes over UDP.
    pub fn apart(&self) -> Vec<(bool, Place)> {
        let all = match &self.kind {
            PlaceKind::Ready(addr) => shape(addr).map(|s| s.over).into_iter().collect(),
            PlaceKind::Named { over, .. } | PlaceKind::Listed(List { over, .. }) => over.clone(),
        };
        let alone = |one: Over| match self.kind.clone() {
            PlaceKind::Named { name, port, family, peer, .. } => {
                PlaceKind::Named { name, port, over: vec![one], family, peer }
            }
            PlaceKind::Listed(list) => PlaceKind::Listed(List { over: vec![one], ..list }),
            ready => ready,
        };
        let apart =
            |one| (one == Over::Quic, Place { text: format!("{} {one:?}", self.text), kind: alone(one) });
        all.into_iter().map(apart).collect()
    }

    /// It begins with a name, which has to be looked up.
    pub fn is_named(&self) -> bool {
        match &self.kind {
            PlaceKind::Ready(_) => false,
            PlaceKind::Named { name, .. } => name.parse::<IpAddr>().is_err(),
            PlaceKind::Listed(_) => true,
        }
    }

    /// The one peer that is meant, if not whoever is there.
    pub(super) fn peer(&self) -> Option<PeerId> {
        match &self.kind {
            PlaceKind::Ready(addr) => shape(addr)?.peer,
            PlaceKind::Named { peer, .. } | PlaceKind::Listed(List { peer, .. }) => *peer,
        }
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }
}

fn multiaddr(text: &str) -> Result<PlaceKind, AddressError> {
    let addr: Multiaddr = text.parse().map_err(|_| AddressError::NotAnAddress)?;
    if let Some(Protocol::Dnsaddr(name)) = addr.iter().next() {
        return listed(&name, &addr).map(PlaceKind::Listed);
    }
    // To begin at somebody behind a relay is to begin at the relay.
    let addr = Circuit::of(&addr).map_or(addr, |way| way.at.with(Protocol::P2p(way.relay)));
    let shape = shape(&addr).ok_or(AddressError::Unsupported)?;
    if shape.port == 0 {
        return Err(AddressError::NoPort);
    }
    match shape.host {
        Host::Ip(ip) if ip.is_unspecified() => Err(AddressError::Nowhere),
        Host::Ip(_) => Ok(PlaceKind::Ready(addr)),
        Host::Name((name, family)) => {
            Ok(PlaceKind::Named { name, port: shape.port, over: vec![shape.over], family, peer: shape.peer })
        }
    }
}

fn listed(name: &str, addr: &Multiaddr) -> Result<List, AddressError> {
    if !cfg!(unix) {
        return Err(AddressError::DnsAddr);
    }
    let mut rest = addr.iter().skip(1);
    let peer = match (rest.next(), rest.next()) {
        (None, _) => None,
        (Some(Protocol::P2p(peer)), None) => Some(peer),
        _ => return Err(AddressError::Unsupported),
    };
    match is_name(name) {
        true => Ok(List { name: name.to_owned(), over: vec![Over::Quic, Over::Tcp], peer }),
        false => Err(AddressError::BadHost),
    }
}

fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !name.is_empty() && name.len() <= 253 && name.chars().all(good)
}

fn host_and_port(text: &str) -> Result<PlaceKind, AddressError> {
    let (host, port) = text.rsplit_once(':').ok_or(AddressError::NoPort)?;
    let port: u16 = port.parse().map_err(|_| AddressError::BadPort)?;
    if port == 0 {
        return Err(AddressError::NoPort);
    }
    let bracketed = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    if let Some(inner) = bracketed {
        inner.parse::<Ipv6Addr>().map_err(|_| AddressError::BadHost)?;
    } else if host.contains(':') && host.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.')) {
        // 2001:db8::1:4077 could be an address without a port, or with one.
        return Err(AddressError::Brackets);
    }
    let name = bracketed.unwrap_or(host);
    if bracketed.is_none() && !is_name(name) {
        return Err(AddressError::BadHost);
    }
    if name.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified()) {
        return Err(AddressError::Nowhere);
    }
    Ok(PlaceKind::Named {
        name: name.to_owned(),
        port,
        over: vec![Over::Quic, Over::Tcp],
        family: Family::Any,
        peer: None,
    })
}

/// Why something typed is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// Neither a multiaddr nor `host:port`.
    NotAnAddress,
    /// No port, or port 0.
    NoPort,
    /// The port is no number up to 65535.
    BadPort,
    /// The host is neither a name nor an address.
    BadHost,
    /// An IPv6 address with a port needs brackets.
    Brackets,
    /// A multiaddr of a kind this node does not speak.
    Unsupported,
    /// A name that stands for a list of addresses, on a system whose name servers are not known here.
    DnsAddr,
    /// 0.0.0.0 or :: names no machine.
    Nowhere,
    /// Not an address to listen on.
    NotAListener,
    /// One listens on an address, not on a name.
    ListenByName,
    /// A listening address does not end in a peer.
    ListenAsPeer,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AddressError::NotAnAddress => "not an address; write host:port or /ip4/1.2.3.4/tcp/4077",
            AddressError::NoPort => "the port is missing; write host:port",
            AddressError::BadPort => "the port must be a number from 1 to 65535",
            AddressError::BadHost => "the host is neither a name nor an IP address",
            AddressError::Brackets => "put an IPv6 address in brackets: [2001:db8::1]:4077",
            AddressError::Unsupported => {
                "this kind of address is not spoken here; use /ip4 or /ip6 or /dns with /tcp/PORT or /udp/PORT/quic-v1"
            }
            AddressError::DnsAddr => "/dnsaddr is not looked up on this system; write host:port, or /dns/HOST/tcp/PORT",
            AddressError::Nowhere => "0.0.0.0 and :: name no machine to reach; give the address of one",
            AddressError::NotAListener => {
                "not an address to listen on; write /ip4/0.0.0.0/tcp/4077 or /ip4/0.0.0.0/udp/4077/quic-v1"
            }
            AddressError::ListenByName => "listen on an IP address, not on a name",
            AddressError::ListenAsPeer => "leave out the /p2p/ part when listening",
        })
    }
}

impl std::error::Error for AddressError {}

/// The parts of an address of a kind that is spoken here.
pub(super) struct Shape {
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) over: Over,
    pub(super) peer: Option<PeerId>,
}

pub(super) enum Host {
    Ip(IpAddr),
    Name((String, Family)),
}

/// `None` for any address that is not host, one transport, and perhaps a peer.
pub(super) fn shape(addr: &Multiaddr) -> Option<Shape> {
    let mut parts = addr.iter();
    let host = match parts.next()? {
        Protocol::Ip4(ip) => Host::Ip(ip.into()),
        Protocol::Ip6(ip) => Host::Ip(ip.into()),
        Protocol::Dns(name) => Host::Name((name.into_owned(), Family::Any)),
        Protocol::Dns4(name) => Host::Name((name.into_owned(), Family::V4)),
        Protocol::Dns6(name) => Host::Name((name.into_owned(), Family::V6)),
        _ => return None,
    };
    let (port, over) = match parts.next()? {
        Protocol::Tcp(port) => (port, Over::Tcp),
        Protocol::Udp(port) if parts.next() == Some(Protocol::QuicV1) => (port, Over::Quic),
        _ => return None,
    };
    let peer = match parts.next() {
        None => None,
        Some(Protocol::P2p(peer)) => Some(peer),
        Some(_) => return None,
    };
    parts.next().is_none().then_some(Shape { host, port, over, peer })
}

/// An IP address and port as a multiaddr.
pub(super) fn dialable(ip: IpAddr, port: u16, over: Over) -> Multiaddr {
    let base = Multiaddr::from(ip);
    match over {
        Over::Tcp => base.with(Protocol::Tcp(port)),
        Over::Quic => base.with(Protocol::Udp(port)).with(Protocol::QuicV1),
    }
}

/// The IP address and port it begins with.
pub(super) fn ip_and_port(addr: &Multiaddr) -> Option<(IpAddr, u16)> {
    let Shape { host: Host::Ip(ip), port, .. } = shape(addr)? else { return None };
    Some((ip, port))
}

/// Without the peer at its end.
pub(super) fn bare(addr: &Multiaddr) -> Multiaddr {
    let mut addr = addr.clone();
    if matches!(addr.iter().last(), Some(Protocol::P2p(_))) {
        addr.pop();
    }
    addr
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_a_person_types_is_understood_or_told_why_not() {
        let named = |text: &str| match Place::parse(text).unwrap().kind {
            PlaceKind::Named { name, port, over, .. } => (name, port, over.len()),
            other => panic!("{other:?}"),
        };
        assert_eq!(named("example.org:4077"), ("example.org".to_owned(), 4077, 2));
        assert_eq!(named(" 192.0.2.7:1 "), ("192.0.2.7".to_owned(), 1, 2));
        assert_eq!(named("[2001:db8::1]:4077"), ("2001:db8::1".to_owned(), 4077, 2));
        assert_eq!(named("/dns4/example.org/tcp/9"), ("example.org".to_owned(), 9, 1));
        assert!(matches!(Place::parse("/ip4/192.0.2.7/udp/4077/quic-v1").unwrap().kind, PlaceKind::Ready(_)));
        for (text, why) in [
            ("", AddressError::NoPort),
            ("example.org", AddressError::NoPort),
            ("example.org:0", AddressError::NoPort),
            ("example.org:70000", AddressError::BadPort),
            ("example.org:http", AddressError::BadPort),
            (":4077", AddressError::BadHost),
            ("ex ample:4077", AddressError::BadHost),
            ("http://example.org:4077", AddressError::BadHost),
            ("2001:db8::1:4077", AddressError::Brackets),
            ("[2001:db8::zz]:4077", AddressError::BadHost),
            ("0.0.0.0:4077", AddressError::Nowhere),
            ("[::]:4077", AddressError::Nowhere),
            ("/ip4/0.0.0.0/tcp/1", AddressError::Nowhere),
            ("/ip4/192.0.2.7/tcp/0", AddressError::NoPort),
            ("/ip4/192.0.2.7", AddressError::Unsupported),
            ("/ip4/192.0.2.7/tcp/80/ws", AddressError::Unsupported),
            ("/ip4/192.0.2.7/udp/80", AddressError::Unsupported),
            #[cfg(unix)]
            ("/dnsaddr/example.org/tcp/1", AddressError::Unsupported),
            #[cfg(unix)]
            ("/dnsaddr/exam ple.org", AddressError::BadHost),
            #[cfg(not(unix))]
            ("/dnsaddr/example.org", AddressError::DnsAddr),
            ("/nonsense", AddressError::NotAnAddress),
        ] {
            assert_eq!(Place::parse(text).map(|p| p.kind), Err(why), "{text}");
        }
    }

    #[test]
    fn one_listens_on_an_address_without_a_peer() {
        assert!(Addr::parse_listen("/ip6/::/udp/0/quic-v1").is_ok());
        assert_eq!(Addr::parse_listen("/dns/x/tcp/1"), Err(AddressError::ListenByName));
        assert_eq!(Addr::parse_listen("0.0.0.0:4077"), Err(AddressError::NotAListener));
        let with_peer = format!("/ip4/127.0.0.1/tcp/1/p2p/{}", PeerId::random());
        assert_eq!(Addr::parse_listen(&with_peer), Err(AddressError::ListenAsPeer));
    }

    #[test]
    fn a_way_through_a_relay_begins_at_the_relay() {
        let relay = PeerId::random();
        let way = Addr(addr(&format!("/ip4/203.0.113.1/udp/4077/quic-v1/p2p/{relay}/p2p-circuit")));
        assert_eq!(way.begins_at().to_string(), "/ip4/203.0.113.1/udp/4077/quic-v1");
        let straight = Addr(addr("/ip4/203.0.113.1/tcp/4077"));
        assert_eq!(straight.begins_at(), straight);
    }
}
