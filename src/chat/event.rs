//! Everything a face can be told. Peer text in here is clean by type; message text stands behind its handle and is never
//! printed by `Debug`.

use super::avatar::Avatar;
use super::circle::Circle;
use super::listing::ListingLine;
use super::name::{
    BootstrapChange, BurnWhy, Door, KeysChange, Kind, MemberChange, Mode, Nat, PeerChange, Role, RoomChange,
    Route, Standing,
};
use super::notice::{Notice, Unreachable};
use super::problem::Problem;
use super::reply::{Cid, Reply};
use super::request::Policy;
use super::text::{Body, Line};
use crate::base::id::{InviteId, MemberId, MsgId};
use crate::base::nick::Nick;
use crate::base::secret::Text;
use crate::base::time::{Mono, Unix};

/// Something that happened, or the answer to something that was asked.
#[derive(Clone, Debug)]
pub enum Event {
    /// The node runs; the first event of all.
    Hello(Box<Hello>),
    /// It can be reached here.
    Listening(Line),
    /// A room, or this node's place in it, changed.
    Room(Box<RoomLine>),
    /// An invite was made.
    Invite(Box<Invite>),
    /// A member came, went or changed.
    Member(Box<MemberLine>),
    /// A message, or a once-message that was opened.
    Message(Box<Message>),
    /// What became of a message of mine.
    Receipt(Receipt),
    /// A message is gone.
    Burned(Burned),
    /// A message is kept beyond its time, or no longer.
    Kept(Box<KeptLine>),
    /// Somebody is writing.
    Typing(Box<TypingLine>),
    /// A link changed.
    Peer(Box<PeerLine>),
    /// News of an address that was given.
    Bootstrap(Box<BootstrapLine>),
    /// What is known of this node's own network changed.
    Net(Box<NetLine>),
    /// A room's keys changed.
    Keys(KeysLine),
    /// A neighbour lists a room, or no more.
    Listing(Box<ListingLine>),
    /// Something a person should know.
    Notice(Notice),
    /// The answer to a request.
    Reply(Box<Reply>),
    /// The last event of all.
    Bye(Bye),
}

/// Who this node is.
#[derive(Clone, Debug)]
pub struct Hello {
    /// The program's version.
    pub version: &'static str,
    /// The key of this stay.
    pub id: MemberId,
    /// Its two words.
    pub tag: Line,
    /// The nick.
    pub nick: Nick,
    /// The transport peer, as the network spells it.
    pub peer: Line,
    /// Addresses listened on so far.
    pub listen: Vec<Line>,
}

/// Somebody, as people see them. A nick is never an identity; the tag comes from the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The key.
    pub id: MemberId,
    /// The nick.
    pub nick: Nick,
    /// Two words from the key.
    pub tag: Line,
    /// What they may do.
    pub role: Role,
    /// The sign and the colour beside the nick.
    pub avatar: Avatar,
    /// What they say of themselves; may be empty.
    pub status: Line,
    /// Nobody sits there: a node that serves.
    pub serve: bool,
    /// This node knows them by their key.
    pub friend: bool,
}

/// A room as it stands after a change.
#[derive(Clone, Debug)]
pub struct RoomLine {
    /// Its name here; no two rooms of one node share it.
    pub room: Line,
    /// What changed.
    pub change: RoomChange,
    /// How it stands now.
    pub facts: Facts,
    /// The reclaim token, to the founder, once.
    pub reclaim: Option<Text>,
    /// Who set what, where settings changed.
    pub set: Option<Box<SetBy>>,
}

/// Settings as somebody set them.
#[derive(Clone, Debug)]
pub struct SetBy {
    /// Who.
    pub by: Person,
    /// What.
    pub policy: Policy,
    /// It was before this node came in: no news to anybody.
    pub past: bool,
}

/// How a room stands.
#[derive(Clone, Debug)]
pub struct Facts {
    /// What it is entered with.
    pub mode: Mode,
    /// The words two people compare to see that they typed the same.
    pub mark: Line,
    /// Members present, this one counted.
    pub members: usize,
    /// How long a message lives unless told otherwise.
    pub ttl_ms: u64,
    /// How long newcomers read before they speak; zero where they need not.
    pub quiet_ms: u64,
    /// What is kept in it may stay on disks: it lasts.
    pub persist: bool,
    /// Where this node stands.
    pub state: Standing,
    /// What this node may do.
    pub role: Role,
    /// The one who vouches, where there is only one.
    pub only: Option<Person>,
    /// What it is about.
    pub topic: Option<Line>,
    /// When it closes.
    pub closes: Option<Closing>,
}

/// The end of a room, on three clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// In the room's calendar.
    pub unix: Unix,
    /// On this node's clock, by which it is counted down.
    pub at: Mono,
    /// How long that was off when it was told.
    pub in_ms: u64,
}

/// An invite, which is a secret until it is used up.
#[derive(Clone, Debug)]
pub struct Invite {
    /// The room.
    pub room: Line,
    /// By which it is listed and taken back.
    pub id: InviteId,
    /// The link.
    pub invite: Text,
    /// The same, to be read aloud.
    pub words: Text,
    /// How many may use it.
    pub uses: u64,
    /// Until when.
    pub until: Unix,
}

/// A change in somebody.
#[derive(Clone, Debug)]
pub struct MemberLine {
    /// The room.
    pub room: Line,
    /// What changed.
    pub change: MemberChange,
    /// Who, as they are after it.
    pub who: Person,
    /// Who brought it about, if not they themselves.
    pub by: Option<Person>,
    /// The reason given.
    pub reason: Option<Line>,
    /// Until when, where it ends.
    pub until: Option<Unix>,
    /// After a ban and its end: what it takes to come in under a key that is new here.
    pub door: Option<Door>,
    /// It happened before this node came in: no news to anybody.
    pub past: bool,
    /// With a new nick: the one before, where it was known.
    pub was: Option<Nick>,
}

/// A message as it is shown.
#[derive(Clone, Debug)]
pub struct Message {
    /// The room.
    pub room: Line,
    /// Its name, the same on every node.
    pub id: MsgId,
    /// Its author.
    pub from: Person,
    /// Whom it is for, if not for the room.
    pub to: Option<Person>,
    /// About whom it is, where it is a report.
    pub about: Option<Person>,
    /// A stranger's, to this node alone: it is shown once it was opened.
    pub asks: bool,
    /// The text; `None` for a once-message that is still sealed.
    pub text: Option<Body>,
    /// What it is.
    pub kind: Kind,
    /// When it was sent.
    pub sent: Unix,
    /// How long it was to live.
    pub ttl_ms: u64,
    /// When it dies, on this node's clock; `None` while its time has not begun, and for what is kept.
    pub dies: Option<Mono>,
    /// Opens once, for so long.
    pub once_ms: Option<u64>,
    /// Kept until the room closes.
    pub keep: bool,
    /// Mine.
    pub mine: bool,
    /// Fetched after the fact.
    pub caught_up: bool,
    /// What it answers.
    pub reply: Option<MsgId>,
}

/// A message is kept beyond its time, or no longer.
#[derive(Clone, Debug)]
pub struct KeptLine {
    /// The room.
    pub room: Line,
    /// Which.
    pub id: MsgId,
    /// Whose word it is.
    pub by: Person,
    /// It is kept.
    pub keep: bool,
    /// When it dies now, on this node's clock.
    pub dies: Option<Mono>,
}

/// Somebody is writing: for [`TYPING_MS`](crate::base::limits::TYPING_MS), or until what they write comes.
#[derive(Clone, Debug)]
pub struct TypingLine {
    /// The room.
    pub room: Line,
    /// Who.
    pub from: Person,
    /// To me alone.
    pub alone: bool,
}

/// What became of a message of mine.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The room.
    pub room: Line,
    /// Its name; one that waits has none yet.
    pub id: Option<MsgId>,
    /// The request that sent it.
    pub cid: Option<Cid>,
    /// Its fate.
    pub fate: Fate,
}

/// How far a message has come.
#[derive(Clone, Debug)]
pub enum Fate {
    /// It waits.
    Queued,
    /// It is on its way.
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
    /// Somebody opened a once-message.
    Opened(Box<Person>),
    /// It will not go.
    Failed(Box<Problem>),
}

/// A message is gone.
#[derive(Clone, Debug)]
pub struct Burned {
    /// The room.
    pub room: Line,
    /// Which.
    pub id: MsgId,
    /// Why.
    pub why: BurnWhy,
}

/// A change in a link.
#[derive(Clone, Debug)]
pub struct PeerLine {
    /// What changed.
    pub change: PeerChange,
    /// The peer, as the network spells it.
    pub peer: Line,
    /// How it is reached.
    pub route: Route,
    /// Through whom.
    pub via: Option<Line>,
    /// The round trip; `None` while nobody measured it.
    pub rtt_ms: Option<u64>,
    /// Its address.
    pub addr: Option<Line>,
    /// The room it listens to, where that is the news.
    pub room: Option<Line>,
}

/// A change in an address that was given.
#[derive(Clone, Debug)]
pub struct BootstrapLine {
    /// What changed.
    pub change: BootstrapChange,
    /// The address, as it was typed.
    pub asked: Line,
    /// How whoever answered is reached.
    pub route: Route,
    /// Whoever answered.
    pub peer: Option<Line>,
    /// Why nobody did.
    pub why: Option<Unreachable>,
}

/// What this node knows of its own network.
#[derive(Clone, Debug)]
pub struct NetLine {
    /// Whether others can reach it.
    pub nat: Nat,
    /// Where.
    pub addresses: Vec<Line>,
    /// Who forwards for it.
    pub relays: Vec<Line>,
}

/// A change of a room's keys.
#[derive(Clone, Debug)]
pub struct KeysLine {
    /// The room.
    pub room: Line,
    /// What changed.
    pub change: KeysChange,
    /// The minute they are of.
    pub epoch: u64,
    /// How often they were made anew.
    pub generation: u64,
    /// How many chains they are made of.
    pub chains: usize,
}

/// The end of the node.
#[derive(Clone, Debug)]
pub struct Bye {
    /// The exit code.
    pub code: u8,
    /// Why, in a few words.
    pub why: Line,
}

impl Person {
    /// Somebody of whom nothing is known but this: shown as the key would have it.
    pub fn plain(id: MemberId, nick: Nick, tag: Line, role: Role) -> Person {
        let (avatar, status) = (Avatar::of(&id, 0, 0), Line::clean(""));
        Person { id, nick, tag, role, avatar, status, serve: false, friend: false }
    }
}

impl Message {
    /// Milliseconds left at `now`; `None` where no time runs.
    pub fn left_ms(&self, now: Mono) -> Option<u64> {
        self.dies.map(|dies| dies.since(now))
    }

    /// The text as long as it may be shown: at its deadline it is gone, whoever still holds this.
    pub fn readable(&self, now: Mono) -> Option<&Body> {
        self.text.as_ref().filter(|_| self.left_ms(now) != Some(0))
    }

    /// With whom it was said alone: its author, or its reader where it is mine.
    pub fn partner(&self) -> Option<&Person> {
        match self.kind {
            Kind::Dm if self.mine => self.to.as_ref(),
            Kind::Dm => Some(&self.from),
            _ => None,
        }
    }

    /// Who hears it.
    pub fn circle(&self) -> Circle {
        Circle { room: self.room.clone(), with: self.partner().map(|with| with.id) }
    }

    /// Somebody unknown here wants to write to this node alone.
    pub fn is_asking(&self) -> bool {
        self.asks && self.text.is_none()
    }

    /// Something to be opened that nobody opened here.
    pub fn is_sealed(&self) -> bool {
        (self.once_ms.is_some() || self.asks) && self.text.is_none()
    }
}

impl MemberLine {
    /// Something about somebody that nobody else brought about.
    pub fn of(room: Line, change: MemberChange, who: Person) -> MemberLine {
        let (by, reason, until, door, was) = (None, None, None, None, None);
        MemberLine { room, change, who, by, reason, until, door, past: false, was }
    }
}

impl Event {
    /// The room it is about, where it is about one.
    pub fn room(&self) -> Option<&Line> {
        match self {
            Event::Room(line) => Some(&line.room),
            Event::Invite(invite) => Some(&invite.room),
            Event::Member(line) => Some(&line.room),
            Event::Message(message) => Some(&message.room),
            Event::Receipt(receipt) => Some(&receipt.room),
            Event::Burned(burned) => Some(&burned.room),
            Event::Kept(line) => Some(&line.room),
            Event::Typing(line) => Some(&line.room),
            Event::Keys(line) => Some(&line.room),
            Event::Notice(notice) => notice.room.as_ref(),
            Event::Hello(_)
            | Event::Listening(_)
            | Event::Peer(_)
            | Event::Bootstrap(_)
            | Event::Net(_)
            | Event::Listing(_)
            | Event::Reply(_)
            | Event::Bye(_) => None,
        }
    }
}
