//! A node on loopback and the few words tests need of it. Every wait is bounded and says what it waited for.

use std::collections::VecDeque;
use std::time::Duration;

use ephem_node::base::id::{Peer, Topic};
use ephem_node::net::{
    Addr, BootstrapState, Candidate, Config, Event, Events, FrameId, Handle, Place, Status, Verdict, start,
};

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Node {
    pub(crate) handle: Handle,
    events: Events,
    /// Events that came while waiting for others.
    seen: VecDeque<Event>,
    pub(crate) addrs: Vec<Addr>,
}

/// Loopback, ports of the system's choice, nothing of the machine's network.
pub(crate) fn local() -> Config {
    let listen = ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"];
    Config {
        listen: listen.map(|a| Addr::parse_listen(a).unwrap()).to_vec(),
        mdns: false,
        ..Config::default()
    }
}

impl Node {
    /// A node that listens on loopback.
    pub(crate) async fn new() -> Node {
        Node::with(local()).await
    }

    /// A node that begins at another.
    pub(crate) async fn at(other: &Node) -> Node {
        Node::with(Config { bootstrap: vec![other.place()], ..local() }).await
    }

    pub(crate) async fn with(config: Config) -> Node {
        let wanted = config.listen.len();
        let (handle, events) = start(config).unwrap();
        let mut node = Node { handle, events, seen: VecDeque::new(), addrs: Vec::new() };
        while node.addrs.len() < wanted {
            let addr = node.next("listening", |e| match e {
                Event::Listening(addr) => Some(addr.clone()),
                _ => None,
            });
            let addr = addr.await;
            node.addrs.push(addr);
        }
        node
    }

    pub(crate) fn place(&self) -> Place {
        Place::parse(&self.addrs[0].to_string()).unwrap()
    }

    pub(crate) fn me(&self) -> Peer {
        self.handle.me().clone()
    }

    /// What a member would say of this node.
    pub(crate) fn candidate(&self) -> Candidate {
        Candidate { peer: Some(self.me()), addrs: self.addrs.iter().map(Addr::to_bytes).collect() }
    }

    /// The first event, seen already or still to come, that `pick` takes.
    pub(crate) async fn next<T>(&mut self, what: &str, pick: impl Fn(&Event) -> Option<T>) -> T {
        if let Some(at) = self.seen.iter().position(|e| pick(e).is_some()) {
            let event = self.seen.remove(at).unwrap();
            return pick(&event).unwrap();
        }
        let wait = async {
            loop {
                let event = self.events.next().await.expect("the network runs");
                if let Some(found) = pick(&event) {
                    return found;
                }
                self.seen.push_back(event);
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(found) => found,
            Err(_) => panic!("never came: {what}; seen: {:#?}", self.seen),
        }
    }

    /// Whether something came already. Only after what must come later has been seen.
    pub(crate) fn saw(&mut self, pick: impl Fn(&Event) -> bool) -> bool {
        while let Some(event) = self.events.try_next() {
            self.seen.push_back(event);
        }
        self.seen.iter().any(pick)
    }

    pub(crate) async fn subscribed(&mut self, topic: Topic) -> Peer {
        self.next("a subscriber", |e| match e {
            Event::Subscribed { peer, topic: t } if *t == topic => Some(peer.clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn frame(&mut self) -> (Topic, Vec<u8>, FrameId) {
        self.next("a frame", |e| match e {
            Event::Gossip { topic, bytes, id, .. } => Some((*topic, bytes.clone(), id.clone())),
            _ => None,
        })
        .await
    }

    /// The next frame, judged.
    pub(crate) async fn judge(&mut self, verdict: Verdict) -> Vec<u8> {
        let (_, bytes, id) = self.frame().await;
        self.handle.verdict(id, verdict).await.unwrap();
        bytes
    }

    pub(crate) async fn direct(&mut self) -> (Peer, Vec<u8>) {
        self.next("a direct frame", |e| match e {
            Event::Direct { from, bytes } => Some((from.clone(), bytes.clone())),
            _ => None,
        })
        .await
    }

    pub(crate) async fn link_up(&mut self, with: &Peer) {
        self.next("a link", |e| matches!(e, Event::LinkUp { peer, .. } if peer == with).then_some(())).await;
    }

    pub(crate) async fn link_down(&mut self, with: &Peer) {
        self.next("a lost link", |e| matches!(e, Event::LinkDown { peer } if peer == with).then_some(()))
            .await;
    }

    pub(crate) async fn bootstrap(&mut self) -> BootstrapState {
        self.next("news of a bootstrap", |e| match e {
            // The steps before it come to anything.
            Event::Bootstrap { state, .. } if state.is_open() => None,
            Event::Bootstrap { state, .. } => Some(state.clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn status(&self) -> Status {
        self.handle.snapshot().await.unwrap()
    }

    /// Asks for the status until it fits.
    pub(crate) async fn until(&self, what: &str, fits: impl Fn(&Status) -> bool) -> Status {
        self.status_within(PATIENCE, what, fits).await
    }

    /// The same for what takes longer.
    pub(crate) async fn status_within(
        &self,
        patience: Duration,
        what: &str,
        fits: impl Fn(&Status) -> bool,
    ) -> Status {
        let wait = async {
            loop {
                let status = self.status().await;
                if fits(&status) {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        match tokio::time::timeout(patience, wait).await {
            Ok(status) => status,
            Err(_) => panic!("never so: {what}; {:#?}", self.status().await),
        }
    }
}
