//! What a room tells whoever sits there: how it stands, who came and went, what was said and what became of it.

use super::guise::Guise;
use super::rights::Rank;
use crate::base::id::{EntryId, Genesis, MemberId, MsgId};
use crate::base::secret::{Secret, Text};
use crate::base::time::{Epoch, Mono, Unix};
use crate::wire::payload::Reason;

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
