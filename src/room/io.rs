//! What goes into a room and what comes out: with `event.rs`, which says what it tells, the whole contract between the protocol
//! and whoever drives it.

use crate::base::id::{EntryId, InviteId, MemberId, MsgId, Peer, Topic};
use crate::base::secret::{Secret, Text};
use crate::base::time::{Mono, Unix};
use crate::wire::log::{Policy, Then};

pub use super::event::{Burned, Event, Fate, Heard, Held, Refused, Standing, Who};
use super::guise::Guise;

/// Everything that can happen to a room.
#[derive(Debug)]
pub enum Input {
    /// A frame came by gossip on a topic, over a link.
    Gossip {
        /// The topic.
        topic: Topic,
        /// The link it came over, not its author.
        from: Peer,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// A frame came straight from a peer.
    Direct {
        /// The peer.
        from: Peer,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// A peer listens on a topic.
    Subscribed {
        /// The peer.
        peer: Peer,
        /// The topic.
        topic: Topic,
    },
    /// A link to a peer is gone.
    LinkDown {
        /// The peer.
        peer: Peer,
    },
    /// A timer that was asked for.
    Timer(Timer),
    /// Somebody at this node wants something.
    Command(Command),
}

/// What a person or a program at this node can ask of the room.
#[derive(Debug)]
pub enum Command {
    /// Say something.
    Say(Draft),
    /// Open a once-message, or show a from-read message for the first time.
    Open(MsgId),
    /// Tell the authors of these that they were looked at.
    Seen(Vec<MsgId>),
    /// Tell the others that I am writing: all of them, or one alone.
    Typing(Option<MemberId>),
    /// Take messages back. An admin may take back anybody's.
    Burn(Vec<MsgId>),
    /// Take back everything I said.
    BurnMine,
    /// Keep a message beyond its time, or no longer.
    Pin(MsgId, bool),
    /// Say something to one member alone.
    Dm {
        /// To whom.
        to: MemberId,
        /// What.
        draft: Draft,
    },
    /// Take nothing from somebody any more, or take it again.
    Block(MemberId, bool),
    /// Tell those in office about somebody.
    Report(MemberId, Text),
    /// Somebody is no stranger: what they write to me alone does not ask first. Or they are one again.
    Friend(MemberId, bool),
    /// Write an entry into the log of rights.
    Act(Deed),
    /// Change my nick.
    Nick(String),
    /// Change how I am shown beside it.
    Guise {
        /// Another nick in the same breath.
        nick: Option<String>,
        /// How.
        guise: Guise,
    },
    /// I am away, or back.
    Away(bool),
    /// My transport addresses changed.
    Addresses(Vec<Vec<u8>>),
    /// Leave the room.
    Leave {
        /// Leave and wipe at once, whatever waits.
        panic: bool,
    },
}

/// A message before it is sent.
#[derive(Debug)]
pub struct Draft {
    /// The caller's own name for it, returned with its fate.
    pub cid: u64,
    /// The text.
    pub text: Text,
    /// How long it lives; `None` for the room's default.
    pub ttl_s: Option<u64>,
    /// Sealed until opened, then gone after so many seconds.
    pub once_s: Option<u64>,
    /// Kept until the room closes.
    pub keep: bool,
    /// Its time counts from when it is first shown.
    pub from_read: bool,
    /// `/me`.
    pub action: bool,
    /// An announcement.
    pub announce: bool,
    /// What it answers.
    pub reply: Option<MsgId>,
    /// How long ago it was said, where it waited before it came here.
    pub waited_ms: u64,
}

impl Draft {
    /// A plain message.
    pub fn plain(cid: u64, text: &str) -> Draft {
        Draft {
            cid,
            text: Text::new(text),
            ttl_s: None,
            once_s: None,
            keep: false,
            from_read: false,
            action: false,
            announce: false,
            reply: None,
            waited_ms: 0,
        }
    }
}

/// An act of the log, as a person means it: the room fills in what only it knows.
#[derive(Debug)]
pub enum Deed {
    /// Make an admin.
    Grant(MemberId),
    /// Make a plain member again.
    Revoke(MemberId),
    /// Remove somebody.
    Kick(MemberId, String),
    /// Remove somebody and change the gate.
    Ban {
        /// Whom.
        target: MemberId,
        /// Why.
        why: String,
        /// Until when; `None` for good.
        until: Option<Unix>,
        /// What it asks of newcomers.
        then: Then,
    },
    /// Let somebody back in.
    Unban(MemberId),
    /// Silence somebody.
    Mute(MemberId, Unix, String),
    /// Let them speak.
    Unmute(MemberId),
    /// Let a knocking key in.
    Admit(MemberId),
    /// Turn it away.
    Deny(MemberId),
    /// Make an invite known.
    Invite {
        /// Its public key.
        key: [u8; 32],
        /// How many may use it.
        uses: u64,
        /// Until when.
        until: Unix,
    },
    /// Take an invite back.
    InviteRevoke(InviteId),
    /// Change settings.
    Policy(Box<Policy>),
    /// Offer the room to somebody.
    Transfer(MemberId),
    /// Take an offer.
    TransferAccept(EntryId),
    /// Take the room with the token.
    Reclaim {
        /// The token: an Ed25519 seed.
        token: Secret<32>,
        /// The public key of the next token.
        next: [u8; 32],
    },
    /// Put one's own founding under another.
    Yield(EntryId),
    /// Ask for fresh keys.
    Rotate,
    /// Close the room for everybody.
    Close,
}

/// What a room wants done.
#[derive(Debug)]
pub enum Output {
    /// Gossip a frame on a topic.
    Publish {
        /// The topic.
        topic: Topic,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// Send a frame straight to a peer, over a link that is up or can be.
    Direct {
        /// The peer.
        to: Peer,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// Listen on a topic.
    Join(Topic),
    /// Stop listening.
    Part(Topic),
    /// Come back with this timer at this instant.
    Timer {
        /// When.
        at: Mono,
        /// What.
        timer: Timer,
    },
    /// What to tell the network about the frame that was just handed in.
    Verdict(Verdict),
    /// Something a person may want to know.
    Event(Event),
}

/// What the network should do with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Pass it on.
    Accept,
    /// Do not pass it on; nobody is to blame.
    Ignore,
    /// Do not pass it on, and hold it against the link.
    Reject,
}

/// What can be waited for. One of each kind at a time, but for those that carry a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// A minute of room time has passed, or a message dies, or a key must be wiped.
    Upkeep,
    /// The next hello is due.
    Hello,
    /// Time to decide whether to found the room.
    Found,
    /// An answer to a hello is due, unless somebody else gave it.
    Answer([u8; 32]),
    /// The next beat.
    Beat,
    /// A beat that somebody waits for.
    Echo,
    /// A beacon, unless one was heard.
    Beacon,
    /// A hello to the other half of the room.
    Across,
    /// A repeated part of a rekey or share.
    Repeat,
    /// Issue the next generation, unless somebody did.
    Rekey,
    /// Batched leaves are due for a rekey.
    Leaves,
    /// Announce a fresh handover key.
    FreshKey,
    /// Ask others for what was missed.
    CatchUp,
    /// Send receipts.
    Receipts,
    /// Tell from whom messages went that were taken back.
    Burns,
    /// Direct messages are due, or due again.
    Dms,
    /// Reports wait for keys.
    Reports,
    /// Say to those who came how I want to be shown.
    Profile,
    /// Queued messages may go out.
    Queue,
    /// Seal the current chain to somebody who was left out.
    Reseal,
    /// Decide whether a lone witness is enough.
    Witness,
    /// Obey my removal, unless an entry that came later has undone it.
    Removed,
}
