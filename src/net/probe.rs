//! What can be found out about this machine's network without a node. Nothing leaves the machine here but what it takes to
//! reach the addresses that were named.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::address::{Addr, Place};
use super::config::Config;
use super::handle;
use super::io::{BootstrapState, Event, StartError};
use super::ways::Ways;

/// The group that the local search uses.
const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
/// How long what was said to the group may take to come back: it does not leave the machine.
const ECHO: Duration = Duration::from_millis(300);

/// Addresses of this machine that others could see.
pub fn addresses() -> Vec<IpAddr> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    let outward = all.iter().filter(|one| !one.is_loopback()).map(|one| one.ip());
    outward.filter(|ip| !ip.is_unspecified()).collect()
}

/// Whether a TCP port can be listened on, on any address.
pub fn listens_tcp() -> bool {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).is_ok()
}

/// The same for UDP.
pub fn listens_udp() -> bool {
    UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).is_ok()
}

/// Whether IPv6 leads out of this machine. The system's routes are asked, nothing is sent: the address belongs to nobody.
pub fn leads_out_by_ipv6() -> bool {
    let nobody: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).and_then(|socket| socket.connect((nobody, 9))).is_ok()
}

/// How many bytes the narrowest of this machine's networks carries at a time.
#[cfg(target_os = "linux")]
pub fn mtu() -> Option<u32> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    let outward = all.iter().filter(|one| !one.is_loopback() && one.is_oper_up());
    let read = |name: &str| std::fs::read_to_string(format!("/sys/class/net/{name}/mtu")).ok();
    outward.filter_map(|one| read(&one.name)?.trim().parse().ok()).min()
}

/// Other systems do not say without special rights.
#[cfg(not(target_os = "linux"))]
pub fn mtu() -> Option<u32> {
    None
}

/// Whether what is said to the local search's group is heard. It goes no further than this machine, and waits a moment.
pub fn multicast() -> bool {
    heard_by_group().is_ok()
}

fn heard_by_group() -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.join_multicast_v4(&GROUP, &Ipv4Addr::UNSPECIFIED)?;
    socket.set_multicast_loop_v4(true)?;
    socket.set_multicast_ttl_v4(0)?;
    socket.set_read_timeout(Some(ECHO))?;
    let word = *b"ephem-node: is this heard?";
    socket.send_to(&word, SocketAddr::from((GROUP, socket.local_addr()?.port())))?;
    let mut heard = [0; 64];
    let (length, _) = socket.recv_from(&mut heard)?;
    if heard.get(..length) == Some(&word) { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// Asks addresses for an answer, by a node that does nothing else; whatever has not answered by `until` is still being tried.
pub async fn ask(places: &[Place], until: Instant) -> Result<Vec<(String, BootstrapState)>, StartError> {
    let mut found: Vec<(String, BootstrapState)> =
        places.iter().map(|place| (place.text().to_owned(), BootstrapState::Trying)).collect();
    let config = Config {
        // Nobody is to come in.
        listen: Addr::parse_listen("/ip4/127.0.0.1/tcp/0").into_iter().collect(),
        bootstrap: places.to_vec(),
        mdns: false,
        dht: false,
        // For a moment's question nobody keeps a place.
        ways: Ways::DirectOnly,
        ..Config::default()
    };
    let (handle, mut events) = handle::start(config)?;
    while found.iter().any(|(_, state)| state.is_open()) {
        let Ok(Some(event)) = timeout_at(until, events.next()).await else { break };
        if let Event::Bootstrap { asked, state } = event
            && let Some(row) = found.iter_mut().find(|(name, _)| *name == asked)
        {
            row.1 = state;
        }
    }
    // A goodbye is not owed to whoever was only asked for an answer.
    drop(handle);
    Ok(found)
}
