//! What the owner of the network chooses, and every number the network floor is tuned by, each with its reason.
//!
//! "Measured" means on bare gossipsub over loopback, two cores; "guess" means that nobody has measured it yet.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::base::limits::FRAME_BYTES;
use crate::base::secret::Secret;

use super::address::{Addr, Place};
use super::ways::Ways;

/// What a node is asked to be.
pub struct Config {
    /// Where to listen. Empty: TCP and QUIC, IPv4 and IPv6, on ports the system picks.
    pub listen: Vec<Addr>,
    /// Whom to ask first; none is built in.
    pub bootstrap: Vec<Place>,
    /// The seed of the transport key. `None` draws a fresh one, so that two runs cannot be linked by it.
    pub key: Option<Secret<32>>,
    /// Look for others on the local network.
    pub mdns: bool,
    /// Ask and answer the distributed table of rendezvous keys.
    pub dht: bool,
    /// Be a meeting point for others: answer the table's questions, hold more links.
    pub serve: bool,
    /// What others get at most; `None`: what is usual.
    pub limits: Option<Limits>,
    /// Which ways are allowed.
    pub ways: Ways,
    /// Ask the router of this network to let others in.
    pub upnp: bool,
}

/// What a node gives to others at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Links that others opened.
    pub peers: u32,
    /// Places that this node keeps for others, so that they are reached through it. It counts from the start alone.
    pub places: usize,
    /// Circuits through this node at once. It counts from the start alone.
    pub circuits: usize,
    /// Bytes that one circuit may carry in its time. It counts from the start alone.
    pub circuit_bytes: u64,
}

impl Limits {
    /// What is usual.
    pub fn usual(serve: bool) -> Limits {
        let (peers, places, circuits) = match serve {
            true => (LINKS_IN_SERVE, PLACES_SERVED, CIRCUITS_SERVED),
            false => (LINKS_IN, PLACES, CIRCUITS),
        };
        Limits { peers, places, circuits, circuit_bytes: RELAYED_BYTES }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: Vec::new(),
            bootstrap: Vec::new(),
            key: None,
            mdns: true,
            dht: true,
            serve: false,
            limits: None,
            ways: Ways::Any,
            upnp: false,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("bootstrap", &self.bootstrap)
            .field("own_key", &self.key.is_some())
            .field("mdns", &self.mdns)
            .field("dht", &self.dht)
            .field("serve", &self.serve)
            .field("limits", &self.limits)
            .field("ways", &self.ways)
            .field("upnp", &self.upnp)
            .finish()
    }
}

/// What every node calls itself. Constant, so that it tells nobody which build or system is at the other end.
pub(super) const AGENT: &str = "ephem";
/// The family of protocols, as identify states it.
pub(super) const FAMILY: &str = "/ephem/1";
/// The table's protocol: a name of its own keeps the node off the public table of other programs.
pub(super) const KAD_PROTOCOL: &str = "/ephem/kad/1.0.0";
/// One frame and an empty answer.
pub(super) const DIRECT_PROTOCOL: &str = "/ephem/direct/1";

// Channels.

/// Commands that may wait for the driver. The owner waits beyond it; 256 is more than one round of a room of 32 rooms.
pub(super) const COMMANDS: usize = 256;
/// Events that may wait for the owner: at 32 KiB a frame 16 MiB, a second of the fastest room measured at eight members.
pub(super) const EVENTS: usize = 512;
/// Of these, kept free of frames: links and subscriptions must not be lost to a burst of frames.
pub(super) const EVENTS_FOR_STATE: usize = 128;
/// How long the links wait for an owner who is behind and takes nothing at all; then frames are dropped. A room at work takes
/// an event in well under a millisecond, so this is one that stands still; and links die only after [`PING_TIMEOUT`]. Without
/// waiting, 5,000 messages from one of eight came to 3,450 to 4,540 of them; with it to 5,000, when own frames still went to all
/// and not to the mesh alone (measured).
pub(super) const OWNER_STILL: Duration = Duration::from_secs(1);
/// How many frames the owner has room for before the links go on, so that they do not stop and go for each.
pub(super) const EVENTS_AHEAD: usize = 64;
/// Events about links and topics held back while the owner is slow. Beyond it they are lost and `Lagged` says so.
pub(super) const BACKLOG: usize = 1_024;

// The loop.

/// The driver's own beat while it has no link: the next address of a name is due after [`NEXT_ADDRESS`].
pub(super) const TICK: Duration = Duration::from_millis(250);
/// And with links, when little is urgent and each beat wakes an idle node twice (the runtime's wheel of timers turns for it).
/// Gossipsub's heartbeat leaves no waker behind; polled within its second it has one again.
pub(super) const TICK_LINKED: Duration = Duration::from_millis(900);
/// How long a stop waits for frames already handed over. Gossipsub cannot be flushed; on a link that is not congested the
/// write happens at the next poll, so this is some sixty times what loopback needs.
pub(super) const FLUSH: Duration = Duration::from_millis(200);
/// No frame within this: nothing to wait for at a stop.
pub(super) const FLUSH_RECENT: Duration = Duration::from_secs(2);
/// How long a stop waits for links to close politely.
pub(super) const GOODBYE: Duration = Duration::from_millis(100);

// Gossip.

/// Gossipsub's heartbeat: mends the mesh and offers what was missed. One second is its usual value.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(1);
/// The first heartbeat. The usual 5 s left a few of 32 members without a mesh for 7 s (measured).
pub(super) const HEARTBEAT_FIRST: Duration = Duration::from_millis(200);
/// Links of one topic's mesh that a node asks for; about as many again ask for it, so a frame comes some two and a half times
/// at 8 members and three times at 32. With publishing to all, three and four offers, a delivery cost 3,836 B at 8, of which a
/// copy is 880 B; publishing to the mesh alone 3,030 B, and 3,065 B at 32; with two for three 2,998 B and 2,726 B; with two
/// offers less for both. Nothing was missing in any. Word of what is had already costs more than the copies it
/// saves: 350 B a delivery. One for two would leave meshes in pieces (measured, but for the last).
pub(super) const MESH: usize = 2;
/// Below it the mesh is topped up at once.
pub(super) const MESH_LOW: usize = 2;
/// Above it the mesh is pruned. High because of those who were told one and the same address: they have no other link than
/// the one to it, and whom it prunes hears nothing. With six, 32 who came at once merged 119 times and were one room after
/// 17 s and 750 MB; with 64 after 1.6 s and 18 MB (measured). Where there are links enough, no mesh comes near it.
pub(super) const MESH_HIGH: usize = 64;
/// Mesh links this node dialled itself, so that those who dial it cannot be all it hears.
pub(super) const MESH_OUTBOUND: usize = 1;
/// Who is told the ids of recent frames at each heartbeat, beyond the mesh: what heals a lost copy. Each node that has it
/// tells two each second for two seconds; with four the ids of 20 frames a second were about a tenth of all bytes at 8 members
/// (reckoned from their sizes).
pub(super) const GOSSIP_LAZY: usize = 2;
/// Heartbeats for which a frame can be asked for, and within which its verdict must come.
pub(super) const HISTORY: usize = 5;
/// Heartbeats for which its id is offered: all who have it offer it twice, each time to others.
pub(super) const HISTORY_GOSSIP: usize = 2;
/// Ids remembered against duplicates. Longer than any frame travels; what comes later is the room's replay window's.
pub(super) const DUPLICATES: Duration = Duration::from_secs(60);
/// The largest message. A payload near the limit kills the stream when another follows in the same read, so the limit is
/// twice the largest frame (measured: 60,000 B under a limit of 65,536 lost all that came after).
pub(super) const TRANSMIT_BYTES: usize = 2 * FRAME_BYTES + 1_024;
/// Ids offered or asked for in one go: 1,000 of 34 bytes on the wire fit the next bound twice over.
pub(super) const CONTROL_IDS: usize = 1_000;
/// The largest control part. The default of 16 KiB broke streams 117 times in an overloaded room of 16 (measured).
pub(super) const CONTROL_BYTES: usize = 65_536;
/// Messages in one packet. What an honest node sends is one at a time.
pub(super) const MESSAGES_A_PACKET: usize = 64;
/// Frames that may wait for one slow peer: 4.5 MB of ordinary frames, and of the largest what [`QUEUED`] lets come. It is
/// gossipsub's own number; with a fifth of it 5,000 messages at once from one of two lost up to a fifth (measured).
pub(super) const QUEUE: usize = 5_000;
/// How long a frame waits there. Usually it is a second for those passed on: among eight a flood then lost 7 in 100 of its
/// frames (measured). A frame can be read for two minutes; one that waited longer than this would only hold up the next.
pub(super) const QUEUED: Duration = Duration::from_secs(10);
/// After a peer left a topic, how long it is not asked back: short, because a person may leave and come again.
pub(super) const UNSUBSCRIBE_BACKOFF: Duration = Duration::from_secs(2);
/// After a prune, how long the link stays out of the mesh (guess: a room should not take a minute to heal).
pub(super) const PRUNE_BACKOFF: Duration = Duration::from_secs(15);

// Topics.

/// Topics a node joins at most, and as many are remembered of each peer: lobby and room topics of 32 rooms on both sides of
/// midnight are 128, and a ban doubles a room's for a while.
pub(super) const TOPICS: usize = 192;

// Scores.

/// Score of one rejected frame is minus the square of their count.
pub(super) const REJECT_WEIGHT: f64 = -1.0;
/// How often scores fade. Each time wakes an idle node, and none of these memories is shorter than a minute.
pub(super) const FADE: Duration = Duration::from_secs(10);
/// How long until rejected frames are forgotten: long enough that ten within a minute still count as eight at its end.
pub(super) const REJECT_MEMORY: Duration = Duration::from_secs(600);
/// From here nothing a peer sends is read: eight rejected frames in a burst, ten over a minute.
pub(super) const GRAYLIST: f64 = -60.0;
/// From here nothing is published to it.
pub(super) const NO_PUBLISH: f64 = -40.0;
/// From here no ids are exchanged with it.
pub(super) const NO_GOSSIP: f64 = -20.0;
/// Broken promises and grafts out of turn that are forgiven. Being slow is no lie: of 64 members started together on two
/// cores honest ones broke up to 207 promises each, and with six forgiven all shunned the first, whose address they had
/// (measured). What is left is a bound on floods.
pub(super) const PENALTY_FREE: f64 = 2_000.0;
/// Weight of those beyond, squared.
pub(super) const PENALTY_WEIGHT: f64 = -2.0;
/// How long until they are forgotten.
pub(super) const PENALTY_MEMORY: Duration = Duration::from_secs(60);
/// How long a bad score outlives the link, so that reconnecting does not wash it.
pub(super) const SCORE_MEMORY: Duration = Duration::from_secs(600);
/// How long a peer that fell below [`GRAYLIST`] may not connect.
pub(super) const SHUN: Duration = Duration::from_secs(600);
/// How many are shunned at once; identities cost nothing, so the list must not grow with them.
pub(super) const SHUNNED: usize = 256;

// Waiting frames.

/// Frames published before anybody listens, kept per topic: a room says hello five times in its first five seconds.
pub(super) const OUTBOX_FRAMES: usize = 32;
/// The same over all topics.
pub(super) const OUTBOX_TOTAL: usize = 256;
/// How long they are kept: after that the room has said it again or given up.
pub(super) const OUTBOX_AGE: Duration = Duration::from_secs(10);

// Direct requests.

/// How long a direct frame may take, dialling included.
pub(super) const DIRECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Direct frames under way to all peers: 8 MiB of the largest.
pub(super) const DIRECT_INFLIGHT: usize = 256;
/// Direct frames under way to one peer: a catch-up of eight pages, twice.
pub(super) const DIRECT_A_PEER: usize = 16;
/// Requests one link may have open towards us.
pub(super) const DIRECT_STREAMS: usize = 16;

// Links.

/// What one link may bring in a second, gossip and direct: far above any honest room (256 members at 5 messages a second
/// of 1.8 KB are 2.3 MB), low enough that one peer cannot fill the memory of those five heartbeats.
pub(super) const LINK_BYTES_A_SECOND: u64 = 4 * 1_024 * 1_024;
/// And in one burst.
pub(super) const LINK_BURST: u64 = 8 * 1_024 * 1_024;
/// What a change of topics costs of that: 256 at once, 128 a second. Nobody honest joins and leaves faster than that.
pub(super) const TOPIC_CHANGE_BYTES: usize = 32 * 1_024;
/// Peers of one topic this node looks for: about eight links a node were measured to carry 32 members.
pub(super) const LINKS_A_TOPIC: usize = 8;
/// Where strangers outnumber members on a topic: members that get each frame outright. A graph in which each has this many
/// neighbours drawn by lot is in one piece, but for one in thousands.
pub(super) const FAITHFUL: usize = 4;
/// Links dialled because mDNS named a peer; a larger local network is a crowd, not a room.
pub(super) const LINKS_LAN: usize = 64;
/// Links to one peer: both may dial at once over two transports, and a hole punch needs three.
pub(super) const LINKS_A_PEER: u32 = 4;
/// Links from one address: a household of thirty, thrice each; half of what a node takes.
pub(super) const LINKS_A_HOUSE: usize = 96;
/// Handshakes under way from one address: half of [`LINKS_PENDING`].
pub(super) const PENDING_A_HOUSE: usize = 32;
/// Links that others opened.
pub(super) const LINKS_IN: u32 = 192;
/// The same where the node serves; below the usual limit of 1,024 open files.
pub(super) const LINKS_IN_SERVE: u32 = 640;
/// How often it is said at most that others are turned away.
pub(super) const FULL_SAID: Duration = Duration::from_secs(600);
/// Links this node opened.
pub(super) const LINKS_OUT: u32 = 128;
/// Handshakes under way, in each direction.
pub(super) const LINKS_PENDING: u32 = 64;
/// Memory of the process above which no new link is taken: the slow hash needs 256 MiB of it for a second.
pub(super) const MEMORY_BYTES: usize = 1_024 * 1_024 * 1_024;
/// A link that nothing uses closes after this. Gossip keeps its links; a table look-up's are gone in two minutes.
pub(super) const IDLE: Duration = Duration::from_secs(120);
/// A handshake that takes longer failed.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(10);
/// QUIC: silence after which a link is dead, and how often it is broken from our side. A vanished peer is noticed in 10 s, a
/// relay that vanished is replaced soon after.
pub(super) const QUIC_IDLE_MS: u32 = 10_000;
/// See [`QUIC_IDLE_MS`].
pub(super) const QUIC_ALIVE: Duration = Duration::from_secs(4);
/// Round trips are measured this often.
pub(super) const PING: Duration = Duration::from_secs(10);
/// A round trip that takes longer failed. The first that fails is forgiven by the library.
pub(super) const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// A link that has measured none for so long is asked outright, so a dead one is noticed in 18 s and not in 40.
pub(super) const OVERDUE: Duration = Duration::from_secs(11);
/// How long whoever is asked outright may take to answer: several round trips of the worst links, or a packet lost twice. To be
/// wrong costs a new link and no message.
pub(super) const KNOCK: Duration = Duration::from_secs(2);
/// The same where nothing but lateness speaks against a link: a machine that has too much to do answers late as well, and to seek it
/// anew would give it more.
pub(super) const KNOCK_LATE: Duration = Duration::from_secs(6);
/// What is asked for; a refusal is an answer too.
pub(super) const KNOCK_PROTOCOL: &str = "/ephem/knock/1";
/// Two links that come up within this were dialled by both ends at once. Later the second means that one end has lost the first.
pub(super) const BOTH_AT_ONCE: Duration = Duration::from_secs(1);
/// How often the machine is looked at for cables and sleep. Each look costs a quiet node some 0.2 ms; at every beat they were a
/// third of all it did (measured).
pub(super) const LOOK: Duration = Duration::from_secs(3);
/// Looks that lie further apart mean that the machine slept, or that the process stood still.
pub(super) const ASLEEP: Duration = Duration::from_secs(8);

// Dialling.

/// Dials under way at once.
pub(super) const DIALS: usize = 16;
/// Peers remembered as worth dialling, from all sources.
pub(super) const BOOK: usize = 512;
/// Addresses kept for one of them.
pub(super) const ADDRS_A_PEER: usize = 8;
/// How long one is remembered that nobody names again: twice the silence after which a room takes a member as gone.
pub(super) const BOOK_AGE: Duration = Duration::from_secs(1_800);
/// First wait after a failed dial; doubles, with a quarter of jitter, so that two who refuse each other get out of step.
pub(super) const RETRY_FIRST: Duration = Duration::from_millis(500);
/// Longest wait.
pub(super) const RETRY_MOST: Duration = Duration::from_secs(60);
/// The same for those whom there was a link to a while ago: a cable somewhere between is plugged in again without a word.
pub(super) const RETRY_KNOWN: Duration = Duration::from_secs(5);
/// How long that holds.
pub(super) const KNOWN_FOR: Duration = Duration::from_secs(900);
/// A bootstrap's addresses are tried one after the other with this gap, QUIC first, unless one has answered.
pub(super) const NEXT_ADDRESS: Duration = Duration::from_millis(250);
/// How long a name may take to resolve.
pub(super) const RESOLVE: Duration = Duration::from_secs(5);
/// Addresses of one name that are tried.
pub(super) const ADDRS_A_NAME: usize = 8;
/// Addresses of one list of a name, `/dnsaddr`, that are tried.
pub(super) const ADDRS_A_LIST: usize = 16;
/// Further names in one such list that are looked up.
pub(super) const NAMES_A_LIST: usize = 4;
/// Bootstraps at most.
pub(super) const BOOTSTRAPS: usize = 32;

// Relays and reachability.

/// Places this node keeps at relays: one may go, and the other still leads here.
pub(super) const RELAYS: usize = 2;
/// Relays remembered to ask.
pub(super) const RELAYS_KNOWN: usize = 32;
/// A relay that was asked and says nothing for so long is asked no more (guess: a dial and an answer take two at the most).
pub(super) const RELAY_PATIENCE: Duration = Duration::from_secs(15);
/// With a relay known and nobody having said whether this node can be reached, it asks for a place after this. Libp2p asks
/// every five seconds, and whoever waits for a first message waits for this; a place costs the relay little.
pub(super) const REACH_UNKNOWN: Duration = Duration::from_secs(1);
/// Addresses of this node seen by others that are believed; honest peers name one for each kind of link.
pub(super) const OBSERVED: usize = 32;
/// Dials begun because a peer wished to be met halfway, or to be tried from outside, in [`WISHED_IN`]: a room of twenty that
/// comes at once, three attempts each. Each of the two has as many. More would make this node a gun in a stranger's hand.
pub(super) const WISHED_DIALS: u32 = 64;
/// See [`WISHED_DIALS`].
pub(super) const WISHED_IN: Duration = Duration::from_secs(60);
/// Addresses at one house that are tried in vain in [`RUMOURS_IN`] because the table names them: a few peers that are gone, over each
/// transport. A handshake over QUIC that nobody answers comes to ten packets of full size and more.
pub(super) const RUMOURS_A_HOUSE: usize = 6;
/// The same for all houses together: a table from which half of a large room has gone.
pub(super) const RUMOURS: usize = 256;
/// See [`RUMOURS_A_HOUSE`].
pub(super) const RUMOURS_IN: Duration = Duration::from_secs(60);
/// A link through a relay is kept for so long beside a straight one, so that what is on its way there arrives.
pub(super) const SETTLE: Duration = Duration::from_secs(2);
/// Links through relays alone are told after this: a straight way is usually found in a second, and given up after fifteen.
pub(super) const ONLY_RELAYS: Duration = Duration::from_secs(20);
/// How long a relay keeps a place for somebody, unless it is renewed, and how long a circuit lasts. What one gets from a
/// relay that was asked for nothing else is an hour of talk; whoever is cut off then dials again.
pub(super) const RELAYED_FOR: Duration = Duration::from_secs(3_600);
/// What a circuit may carry in its time: an hour of a busy room of eight.
pub(super) const RELAYED_BYTES: u64 = 64 * 1_024 * 1_024;
/// Places this node keeps for others.
pub(super) const PLACES: usize = 64;
/// The same where it serves: as many as it may have links.
pub(super) const PLACES_SERVED: usize = 512;
/// Circuits through this node at once.
pub(super) const CIRCUITS: usize = 64;
/// The same where it serves.
pub(super) const CIRCUITS_SERVED: usize = 512;
/// Circuits of one peer: eight links a topic, and as many again for the other ones.
pub(super) const CIRCUITS_A_PEER: usize = 16;
/// How many places and circuits one address may ask for in a burst, a household and a company having one, and how soon it
/// gets one back. One peer gets one back half as soon.
pub(super) const ASKED_AT_ONCE: NonZeroU32 = NonZeroU32::new(120).unwrap();
/// See [`ASKED_AT_ONCE`].
pub(super) const ASKED_AGAIN: Duration = Duration::from_secs(10);

// The local network.

/// A machine that has no address but loopback after this has no network.
pub(super) const NO_NETWORK: Duration = Duration::from_secs(2);

/// How often the local network is asked again; the first questions come at once, at 0.5 s and at 1.5 s.
pub(super) const MDNS_QUERY: Duration = Duration::from_secs(60);
/// How long an answer holds: three missed questions.
pub(super) const MDNS_TTL: Duration = Duration::from_secs(190);
/// Names on the local network beyond which somebody floods it; the search is then switched off and said so.
pub(super) const MDNS_NAMES: usize = 2_048;

// The table.

/// Provider records live this long: a room is found through those who were there in the last half hour.
pub(super) const PROVIDER_TTL: Duration = Duration::from_secs(1_800);
/// And are published again this often.
pub(super) const PROVIDE_AGAIN: Duration = Duration::from_secs(600);
/// New servers of the table begin all look-ups anew, but not more often than this: strangers can come and go as servers.
pub(super) const BEGIN_AGAIN: Duration = Duration::from_secs(5);
/// A look-up that takes longer is over.
pub(super) const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);
/// Look-ups at 0, 1, 2 and 4 s and on, until this many seconds lie between them.
pub(super) const LOOKUP_MOST: Duration = Duration::from_secs(60);
/// Between look-ups once a topic has its links.
pub(super) const LOOKUP_CONTENT: Duration = Duration::from_secs(300);
/// Rendezvous keys of this node.
pub(super) const KEYS: usize = 128;
/// Keys a serving node keeps for others.
pub(super) const KEYS_SERVED: usize = 16_384;
