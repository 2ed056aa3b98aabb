//! One address tried once: who answers there, and how long there and back takes. No room, no face, nothing kept.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::answer::peer_line;
use crate::chat::event::PeerLine;
use crate::net::{self, BootstrapState, Place, Unreachable};

/// A link is measured right after it is up; how often one looks whether it has been.
const LOOK: Duration = Duration::from_millis(20);

/// Why nothing can be told of an address.
#[derive(Debug)]
pub enum Unmeasured {
    /// This machine's network does not start.
    Network(net::StartError),
    /// Nobody answers there.
    Unreachable(Unreachable),
}

/// Links to an address, measures, and hangs up.
pub async fn probe(place: Place, patience: Duration) -> Result<PeerLine, Unmeasured> {
    // Only to call out: nobody has to reach a node that is gone in a moment.
    let home = net::Addr::parse_listen("/ip4/127.0.0.1/tcp/0").ok().into_iter().collect();
    let config = net::Config {
        listen: home,
        bootstrap: vec![place],
        mdns: false,
        dht: false,
        ways: net::Ways::DirectOnly,
        ..Default::default()
    };
    let (handle, events) = net::start(config).map_err(Unmeasured::Network)?;
    let found = timeout(patience, measured(&handle, events)).await;
    handle.shutdown().await;
    found.unwrap_or(Err(Unreachable::Silent)).map_err(Unmeasured::Unreachable)
}

async fn measured(handle: &net::Handle, mut events: net::Events) -> Result<PeerLine, Unreachable> {
    loop {
        match events.next().await {
            Some(net::Event::Bootstrap { state: BootstrapState::Linked { .. }, .. }) => break,
            Some(net::Event::Bootstrap { state: BootstrapState::Failed { why, .. }, .. })
            | Some(net::Event::Bootstrap { state: BootstrapState::GivenUp { why }, .. }) => return Err(why),
            Some(_) => {}
            None => return Err(Unreachable::Unknown),
        }
    }
    loop {
        let status = handle.snapshot().await.map_err(|_| Unreachable::Unknown)?;
        if let Some(link) = status.peers.iter().find(|link| link.rtt.is_some()) {
            return Ok(peer_line(link));
        }
        sleep(LOOK).await;
    }
}
