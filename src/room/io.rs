//! What goes into a room and what comes out: the whole contract between the protocol and whoever drives it.

use crate::base::id::{EntryId, Genesis, InviteId, MemberId, MsgId, Peer, Topic};
use crate::base::secret::{Secret, Text};
use crate::base::time::{Epoch, Mono, Unix};
use crate::wire::log::{Policy, Then};
use crate::wire::payload::Reason;

use super::guise::Guise;
use super::rights::Rank;

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

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Looking for the room.
    Searching,
    /// In a room of one's own that nobody else has come to.
    Alone,
    /// In, but not yet vouched for by those who are there.
    Unconfirmed,
    /// In, and others hold the same keys and the same log.
    Confirmed,
}

/// Why a message is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Burned {
    /// Its time was over.
    Ttl,
    /// It was opened once.
    Once,
    /// Its author took it back.
    Sender,
    /// An admin took it back.
    Admin,
    /// The room is over.
    Room,
    /// There was no room for it any more.
    Crowded,
}

/// What became of a message of mine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Waits: the room is looked for, nobody is here, the pace is kept, or a new key is on its way.
    Queued,
    /// Waits until whoever it is for, alone, has shown their keys.
    Asking,
    /// On its way.
    Sent,
    /// So many of so many have it.
    Delivered {
        /// How many told.
        count: usize,
        /// Of how many.
        of: usize,
    },
    /// So many of so many have looked at it, and say so.
    Seen {
        /// How many told.
        count: usize,
        /// Of how many.
        of: usize,
    },
    /// It will not go.
    Failed(Refused),
}

/// Why what was said has not gone out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// This node is not in the room yet.
    Outside,
    /// Somebody who was removed may still hold the keys of now.
    Keys,
    /// The room has a pause between two messages of one member.
    Slow,
    /// The pace of one member.
    Pace,
}

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Not in the room yet, or not any more.
    NotIn,
    /// Not before others vouch for this node.
    Unconfirmed,
    /// One's role does not allow it.
    Role,
    /// Muted.
    Muted {
        /// How long still.
        left_ms: u64,
    },
    /// Newcomers read first, and this one came in a moment ago.
    Quiet {
        /// How long still.
        left_ms: u64,
    },
    /// Too long, or empty.
    TooLong,
    /// A life outside the room's bounds.
    TtlRange,
    /// Too much waits already.
    QueueFull,
    /// Its time was over before it could go.
    Burned,
    /// Its author took it back before it could go.
    TakenBack,
    /// No such message, member, offer or invite.
    Unknown,
    /// The log is full.
    LogFull,
    /// Whoever it was for did not answer.
    NoAnswer,
    /// Nobody in office is here.
    NobodyInOffice,
    /// Whoever it is about came in under a founding that others rule.
    Elsewhere,
    /// As much is kept as there may be.
    KeptFull,
    /// What opens once is never kept.
    OpensOnce,
    /// Rooms have just met, and where somebody came in is not known yet: in a few seconds it is.
    NotYet,
}

/// A member as events name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The key.
    pub id: MemberId,
    /// The nick as sent: it must be cleaned before anybody sees it.
    pub nick: String,
    /// The rank.
    pub rank: Rank,
    /// How they want to be shown, as sent.
    pub guise: Guise,
    /// They run `serve`.
    pub serve: bool,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The state of this node in the room.
    Standing {
        /// Where it stands.
        standing: Standing,
        /// Members present, this one counted.
        members: usize,
        /// The one witness, where there is only one.
        only: Option<MemberId>,
    },
    /// The room now has a name of its own; shown with the founder.
    Entered {
        /// The room.
        genesis: Genesis,
        /// The owner by the log, if it is known yet.
        owner: Option<MemberId>,
        /// The reclaim token, to the founder, once.
        token: Option<Secret<32>>,
    },
    /// Somebody came in.
    Joined(Who),
    /// Somebody left, or has been silent for so long that it comes to the same.
    Left {
        /// Who.
        who: Who,
        /// They said so, rather than fell silent.
        said: bool,
    },
    /// A nick changed, this node's own as well.
    Changed(Who),
    /// Somebody, or this node, wants to be shown otherwise.
    Guise(Who),
    /// Somebody said that they are away, or back.
    Away {
        /// Who.
        who: Who,
        /// Away.
        away: bool,
    },
    /// Somebody is writing, for the next [`TYPING_MS`](crate::base::limits::TYPING_MS) or until they have said it.
    Typing {
        /// Who.
        who: Who,
        /// To me alone.
        alone: bool,
    },
    /// An entry of the log came into force.
    Logged {
        /// The entry.
        entry: EntryId,
        /// By whom.
        by: MemberId,
        /// Against or for whom.
        target: Option<MemberId>,
    },
    /// A key knocks and waits for an admin.
    Knock(MemberId),
    /// A message.
    Message(Box<Heard>),
    /// What became of a message of mine.
    Fate {
        /// The caller's name for it.
        cid: u64,
        /// Its own name, once it has one.
        id: Option<MsgId>,
        /// Its fate.
        fate: Fate,
    },
    /// A message is gone.
    Burned {
        /// Which.
        id: MsgId,
        /// Why.
        why: Burned,
    },
    /// A message is kept beyond its time, or no longer.
    Kept {
        /// Which.
        id: MsgId,
        /// Whose word it is.
        by: Who,
        /// It is kept.
        keep: bool,
        /// When it dies now.
        dies: Option<Mono>,
    },
    /// What was taken back here is gone from so many of those who may have had it.
    Gone {
        /// How many said so.
        count: usize,
        /// Of how many.
        of: usize,
    },
    /// A report of mine went to so many in office.
    Reported {
        /// How many.
        to: usize,
    },
    /// Somebody opened a once-message of mine.
    Opened {
        /// Which.
        id: MsgId,
        /// Who.
        by: MemberId,
    },
    /// Newcomers read before they speak: for so long still, or no longer.
    Quiet {
        /// How long.
        left_ms: u64,
    },
    /// A command was not carried out.
    Refused(Refused),
    /// Not let in, and why: once, and again when the reason is another.
    NotAdmitted(Reason),
    /// The room's clock is too far from this one.
    ClockOff {
        /// By how much.
        by_ms: i64,
    },
    /// The keys changed.
    Keys {
        /// The generation.
        generation: u64,
        /// Chains in the set.
        chains: usize,
        /// The epoch.
        epoch: Epoch,
        /// By a merge rather than by a rekey.
        merged: bool,
    },
    /// Somebody showed keys that contradict those of others.
    Conflict {
        /// Who, where it is known.
        by: Option<MemberId>,
    },
    /// This founding gave way to another.
    Yielded {
        /// To whose.
        to: Option<MemberId>,
    },
    /// The two halves of the room cannot meet: their clocks are too far apart.
    Apart {
        /// By how much.
        by_ms: i64,
    },
    /// I was removed.
    Removed {
        /// By whom, as they were known: nobody can be asked any more.
        by: Who,
        /// The reason given: peer text, not clean.
        why: String,
        /// For longer than this stay.
        ban: bool,
        /// In how long a ban ends by itself, if it does.
        ends_in_ms: Option<u64>,
    },
    /// The room is over.
    Ended {
        /// It was closed, rather than its time was over.
        closed: bool,
    },
}

/// A message as it is shown.
#[derive(Debug)]
pub struct Heard {
    /// Its name.
    pub id: MsgId,
    /// Its author.
    pub from: Who,
    /// The text, behind its one owner; `None` for a once-message that is still sealed. Not clean.
    pub text: Option<Text>,
    /// `/me`.
    pub action: bool,
    /// An announcement.
    pub announce: bool,
    /// What it answers.
    pub reply: Option<MsgId>,
    /// When it was sent, in room time.
    pub sent: Unix,
    /// How long it was to live.
    pub ttl_s: u64,
    /// When it dies, on this node's clock.
    pub dies: Option<Mono>,
    /// Seconds it lives once opened.
    pub once_s: Option<u64>,
    /// Kept.
    pub keep: bool,
    /// Its time begins when it is shown: whoever shows it says so with [`Command::Open`].
    pub from_read: bool,
    /// Mine.
    pub mine: bool,
    /// Fetched after the fact.
    pub caught_up: bool,
    /// With whom alone, where it is not for the room.
    pub alone: Option<Who>,
    /// A stranger's: it is shown once it was opened.
    pub asks: bool,
    /// About whom it is, where it is a report to those in office.
    pub about: Option<Who>,
}
