//! Where to listen, and why that may fail.

use std::io;
use std::net::{SocketAddr, TcpListener};

use libp2p::multiaddr::Protocol;
use libp2p::swarm::NetworkBehaviour;
use libp2p::{Multiaddr, Swarm, TransportError};

use super::address::Addr;
use super::io::{ListenFault, StartError};
use super::translate::io_kind;

/// TCP and QUIC, IPv4 and IPv6, on ports the system picks.
const USUAL: [&str; 4] =
    ["/ip4/0.0.0.0/udp/0/quic-v1", "/ip4/0.0.0.0/tcp/0", "/ip6/::/udp/0/quic-v1", "/ip6/::/tcp/0"];

/// Listens where it was asked to, or at the usual four. What was asked for must work, all of it; of the usual ones any will do,
/// since not every machine has IPv6, and those that do not work are handed back.
pub(super) fn listen<B: NetworkBehaviour>(
    swarm: &mut Swarm<B>,
    asked: &[Addr],
) -> Result<Vec<(Addr, ListenFault)>, StartError> {
    let usual: Vec<Addr> = USUAL.iter().filter_map(|text| Addr::parse_listen(text).ok()).collect();
    let wanted = if asked.is_empty() { &usual } else { asked };
    // All are tried before any is taken: a probe for IPv6 would stumble over this node's own IPv4 listener.
    let taken: Vec<bool> = wanted.iter().map(|addr| is_taken(&addr.0)).collect();
    let mut failed = Vec::new();
    for (addr, taken) in wanted.iter().zip(taken) {
        if taken {
            failed.push((addr.clone(), ListenFault::PortInUse));
        } else if let Err(error) = swarm.listen_on(addr.0.clone()) {
            failed.push((addr.clone(), fault(&error)));
        }
    }
    let fatal = if asked.is_empty() { failed.len() == wanted.len() } else { !failed.is_empty() };
    match failed.first() {
        Some((addr, why)) if fatal => Err(StartError::Listen { addr: addr.clone(), why: *why }),
        _ => Ok(failed),
    }
}

/// Libp2p shares TCP ports (`SO_REUSEPORT`), so a second node would start on the first one's port and take half of its
/// visitors. A listener that does not share finds that out.
fn is_taken(addr: &Multiaddr) -> bool {
    let mut parts = addr.iter();
    let ip = match parts.next() {
        Some(Protocol::Ip4(ip)) => ip.into(),
        Some(Protocol::Ip6(ip)) => ip.into(),
        _ => return false,
    };
    match parts.next() {
        Some(Protocol::Tcp(port)) if port != 0 => TcpListener::bind(SocketAddr::new(ip, port))
            .is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse),
        _ => false,
    }
}

fn fault(error: &TransportError<io::Error>) -> ListenFault {
    let TransportError::Other(error) = error else { return ListenFault::Unsupported };
    match io_kind(error) {
        Some(io::ErrorKind::AddrInUse) => ListenFault::PortInUse,
        Some(io::ErrorKind::AddrNotAvailable) => ListenFault::NotMine,
        Some(io::ErrorKind::PermissionDenied) => ListenFault::Forbidden,
        Some(io::ErrorKind::Unsupported) => ListenFault::Unsupported,
        _ => ListenFault::Other,
    }
}
