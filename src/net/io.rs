//! What the network floor is told and what it tells: the whole contract, in the house's own types.

use std::fmt;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::base::id::{Peer, Topic};

use super::address::{Addr, Place};
use super::config::Limits;
use super::names::FrameId;

/// What the owner of the network can ask. [`Handle`](super::Handle) has a method for each.
pub(super) enum Command {
    Join(Topic),
    Part(Topic),
    Publish(Topic, Vec<u8>),
    Direct(Peer, Vec<u8>),
    Verdict(FrameId, Verdict),
    Provide([u8; 32], Topic),
    Withdraw([u8; 32]),
    Candidates(Topic, Vec<Candidate>),
    Bootstrap(Place),
    Limit(Limits),
    Snapshot(oneshot::Sender<Status>),
    Shutdown(oneshot::Sender<()>),
}

/// What the network should do with a frame it handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Pass it on.
    Accept,
    /// Do not pass it on; nobody is to blame.
    Ignore,
    /// Do not pass it on, and hold it against the link.
    Reject,
}

/// Somebody who may be on a topic, as a member named them. All of it is hearsay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Their transport peer, where it is known.
    pub peer: Option<Peer>,
    /// Binary multiaddrs.
    pub addrs: Vec<Vec<u8>>,
}

/// What happened. No text of a peer is in it.
#[derive(Clone, Debug)]
pub enum Event {
    /// This node listens on an address.
    Listening(Addr),
    /// The addresses worth telling to members, all of them, farthest reach first. It comes at every change.
    Addresses(Vec<Addr>),
    /// A frame on a topic. Its verdict is due within three seconds; after five it goes no further.
    Gossip {
        /// The topic.
        topic: Topic,
        /// The link it came over, not its author.
        from: Peer,
        /// The frame.
        bytes: Vec<u8>,
        /// What to name in the verdict.
        id: FrameId,
    },
    /// A frame straight from a peer.
    Direct {
        /// The peer.
        from: Peer,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// A peer listens on a topic that this node has joined; said once, also for those who were there before.
    Subscribed {
        /// The peer.
        peer: Peer,
        /// The topic.
        topic: Topic,
    },
    /// It does so no more, or its link is gone.
    Unsubscribed {
        /// The peer.
        peer: Peer,
        /// The topic.
        topic: Topic,
    },
    /// The first link to a peer is up.
    LinkUp {
        /// The peer.
        peer: Peer,
        /// By which way.
        path: Path,
        /// Its end there.
        addr: Addr,
    },
    /// Its best way is now another.
    LinkPath {
        /// The peer.
        peer: Peer,
        /// By which way.
        path: Path,
        /// Its end there.
        addr: Addr,
    },
    /// The last link to a peer is gone.
    LinkDown {
        /// The peer.
        peer: Peer,
    },
    /// News of a bootstrap.
    Bootstrap {
        /// What the person typed.
        asked: String,
        /// How it stands.
        state: BootstrapState,
    },
    /// Whether others reach this node, or through whom, is known anew.
    Reach {
        /// Whether they do by themselves.
        nat: Nat,
        /// The relays that keep a place for it.
        relays: Vec<Peer>,
    },
    /// Whoever listens on this node's topics has long been linked through relays alone.
    OnlyRelays,
    /// Something is wrong with the network of this machine.
    Trouble(Trouble),
    /// The owner was too slow: so many events about links and topics are lost. [`Handle::snapshot`](super::Handle::snapshot)
    /// tells how things stand.
    Lagged {
        /// How many.
        lost: u64,
    },
}

/// By which way a peer is reached. The lesser is the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Path {
    /// In the same network.
    Lan,
    /// Over the internet.
    Direct,
    /// Through somebody else.
    Relay,
}

/// Whether others reach this node by themselves, as far as somebody tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nat {
    /// Nobody has tried yet.
    #[default]
    Unknown,
    /// They do.
    Public,
    /// Those who tried did not get through.
    Private,
}

/// How a bootstrap stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BootstrapState {
    /// Its name is being looked up.
    Looking,
    /// Its addresses are being tried.
    Trying,
    /// Linked.
    Linked {
        /// Who it turned out to be.
        peer: Peer,
        /// At which address.
        addr: Addr,
    },
    /// It cannot be reached now; it is tried again.
    Failed {
        /// Why.
        why: Unreachable,
        /// In how long it is tried again.
        again: Duration,
    },
    /// It will not be tried again.
    GivenUp {
        /// Why.
        why: Unreachable,
    },
}

impl BootstrapState {
    /// Whether nothing has come of it yet.
    pub fn is_open(&self) -> bool {
        matches!(self, BootstrapState::Looking | BootstrapState::Trying)
    }
}

/// Why somebody cannot be reached. Ordered: the greater says more about what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unreachable {
    /// Nobody knows.
    Unknown,
    /// Too many links already.
    Full,
    /// No answer in time: off, or a firewall, or the wrong address.
    Silent,
    /// This machine has no way there: no network, or not of this kind.
    NoRoute,
    /// The machine is there and nothing listens at that port.
    Refused,
    /// Something else than this program answered.
    NotOurs,
    /// The name has no address.
    NoSuchName,
    /// Somebody else lives there now: the `/p2p/` part is out of date.
    OtherPeer,
    /// It is this very node.
    Myself,
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unreachable::Unknown => "it could not be reached",
            Unreachable::Full => "there are too many links already",
            Unreachable::Silent => "no answer: it is off, or a firewall is between, or the address is wrong",
            Unreachable::NoRoute => "this machine has no way there: no network, or not one of this kind",
            Unreachable::Refused => "the machine is there, but nothing listens at that port",
            Unreachable::NotOurs => "something answered that is no ephem-node",
            Unreachable::NoSuchName => "the name has no address",
            Unreachable::OtherPeer => "somebody else answers there now; leave out the /p2p/ part",
            Unreachable::Myself => "that address is this node itself",
        })
    }
}

/// What is wrong with the network of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A listener stopped.
    ListenerLost {
        /// Where it listened.
        addr: Option<Addr>,
    },
    /// A default listener could not start; others did.
    NotListening {
        /// Where.
        addr: Addr,
        /// Why.
        why: ListenFault,
    },
    /// This machine has no address but its own loopback.
    NoNetwork,
    /// The local network cannot be searched.
    NoLocalSearch,
    /// Somebody floods the local network with names; the search is off.
    LocalFlood,
    /// The router that was asked to open a port opened none.
    NoPortOpened,
    /// So many bootstraps, topics or keys that one was refused.
    TooMany,
    /// So many links that others are turned away.
    Full,
}

/// Why an address cannot be listened on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenFault {
    /// Another program has the port.
    PortInUse,
    /// This machine does not have that address.
    NotMine,
    /// Not allowed: ports under 1024 belong to the administrator.
    Forbidden,
    /// Of a kind that is not spoken here, or switched off in this machine.
    Unsupported,
    /// Something else.
    Other,
}

impl fmt::Display for ListenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ListenFault::PortInUse => "the port is in use by another program",
            ListenFault::NotMine => "this machine does not have that address",
            ListenFault::Forbidden => "not allowed; ports under 1024 belong to the administrator",
            ListenFault::Unsupported => "this kind of address does not work on this machine",
            ListenFault::Other => "the system refused",
        })
    }
}

/// Why the network could not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// An address that was asked for, or the last of the usual ones, cannot be listened on.
    Listen {
        /// Which.
        addr: Addr,
        /// Why.
        why: ListenFault,
    },
    /// The key is no Ed25519 seed.
    Key,
    /// The protocols could not be put together: a fault of this program.
    Broken(String),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Listen { addr, why } => write!(f, "cannot listen on {addr}: {why}"),
            StartError::Key => f.write_str("the transport key is not a valid one"),
            StartError::Broken(what) => write!(f, "the network could not be put together: {what}"),
        }
    }
}

impl std::error::Error for StartError {}

/// How things stand.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// The addresses listened on.
    pub listening: Vec<Addr>,
    /// The peers there is a link to, in the order of their names.
    pub peers: Vec<PeerStatus>,
    /// The bootstraps, in the order they were named.
    pub bootstraps: Vec<(String, BootstrapState)>,
    /// The topics joined, and how many peers listen on each.
    pub topics: Vec<(Topic, usize)>,
    /// The local network is searched.
    pub mdns: bool,
    /// Whether others reach this node by themselves.
    pub nat: Nat,
    /// The relays that keep a place for this node.
    pub relays: Vec<Peer>,
    /// This node is a relay for others.
    pub relaying: bool,
    /// Circuits through this node at this moment.
    pub circuits: usize,
    /// The table of rendezvous keys.
    pub table: TableStatus,
    /// What was counted since the start.
    pub counters: Counters,
}

/// One peer.
#[derive(Clone, Debug)]
pub struct PeerStatus {
    /// Its name.
    pub peer: Peer,
    /// By which way.
    pub path: Path,
    /// Its end of the best link.
    pub addr: Addr,
    /// The last round trip measured.
    pub rtt: Option<Duration>,
    /// How long it has been linked.
    pub up: Duration,
    /// Links to it.
    pub links: usize,
}

/// The table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableStatus {
    /// It is asked at all.
    pub on: bool,
    /// This node answers others.
    pub serves: bool,
    /// Servers known.
    pub servers: usize,
    /// Keys of this node.
    pub keys: usize,
}

/// What was counted since the start. None of it says who.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames handed to the owner.
    pub frames_in: u64,
    /// Frames that at least one peer was sent.
    pub frames_out: u64,
    /// Frames that waited for somebody to listen.
    pub held: u64,
    /// Of these, such as nobody came for.
    pub held_in_vain: u64,
    /// Frames dropped because the owner was too slow.
    pub frames_unread: u64,
    /// Frames dropped because the link brought too much.
    pub flooded: u64,
    /// Frames larger than any frame, or empty, from either side.
    pub misshapen: u64,
    /// Frames published on a topic that was not joined.
    pub unjoined: u64,
    /// Frames that no queue took. Peers can still ask for them by id.
    pub queues_full: u64,
    /// Peers told us they are too slow for some copies.
    pub slow_peers: u64,
    /// Frames that the owner found worth passing on.
    pub accepted: u64,
    /// Frames that nobody is to blame for, and that go no further.
    pub ignored: u64,
    /// Frames held against the link they came by.
    pub rejected: u64,
    /// Bytes of frames that came in.
    pub bytes_in: u64,
    /// Bytes of own frames that went out, each counted once to however many it went.
    pub bytes_out: u64,
    /// Links that others opened and were refused.
    pub links_refused: u64,
    /// Verdicts that came too late.
    pub late_verdicts: u64,
    /// Direct frames sent.
    pub direct_out: u64,
    /// Direct frames received.
    pub direct_in: u64,
    /// Direct frames that failed.
    pub direct_failed: u64,
    /// Peers shunned for what they sent.
    pub shunned: u64,
    /// Dials that failed.
    pub dials_failed: u64,
    /// Links through a relay that became straight ones.
    pub straightened: u64,
    /// Attempts at that which came to nothing.
    pub not_straightened: u64,
    /// Places others were given at this node, renewals apart.
    pub places_given: u64,
    /// Circuits others were given through this node.
    pub circuits_given: u64,
    /// Places and circuits that others were refused.
    pub relaying_refused: u64,
    /// Addresses others named that may not be dialled.
    pub addresses_refused: u64,
}
