//! Answers: exactly one for each request, carrying the name the asker gave it.

use std::fmt;

use super::doctor::Finding;
use super::duration::words;
use super::event::{Facts, Invite, NetLine, PeerLine, Person};
use super::friends::Friend;
use super::listing::{Found, Listed};
use super::name::{InviteState, Mode, Role};
use super::notice::Said;
use super::problem::Problem;
use super::record::{Ban, Record};
use super::text::Line;
use crate::base::id::{InviteId, MsgId, hex};
use crate::base::secret::Text;
use crate::base::time::Unix;

/// The asker's own name for a request.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cid {
    /// Any text up to [`Cid::BYTES`].
    Text(Box<str>),
    /// A whole number.
    Number(u64),
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Which request.
    pub cid: Option<Cid>,
    /// What came of it.
    pub outcome: Result<Answer, Problem>,
}

/// What a request that was carried out gives back.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Nothing more to say.
    Done,
    /// A message is on its way; one that waits has no id yet, and its receipt carries the `cid`.
    Sent(Option<MsgId>),
    /// So many messages were taken back.
    Burned(usize),
    /// A room was entered, or is being entered.
    Room(Line),
    /// Who is here.
    Members(Vec<MemberRow>),
    /// Which rooms are joined, and which can be found.
    Rooms(Vec<RoomRow>, Box<Found>),
    /// How one's own room is listed.
    Listed(Listed),
    /// Rooms that are kept.
    Kept(Vec<KeptRoom>),
    /// What is known of somebody.
    Person(Box<Profile>),
    /// What others see of this node.
    Mine(Box<Mine>),
    /// Words for two people to compare.
    Words {
        /// With whom.
        with: Box<Person>,
        /// The words.
        words: Line,
    },
    /// An invite.
    Invite(Box<Invite>),
    /// The room's invites.
    Invites(Vec<InviteRow>),
    /// People this node knows by their keys, and where they are now.
    Friends(Friends),
    /// The reclaim token.
    Token(Text),
    /// Messages that answer to what was asked, by number and name: whoever shows them has their texts.
    Messages(Vec<(u64, MsgId)>),
    /// What the node sees.
    Status(Box<Status>),
    /// A file was written.
    Written(Written),
    /// What was found out about this machine.
    Findings(Vec<Finding>),
    /// A page of our own sentences: help, history, explanations.
    Page(Vec<Line>),
    /// A page, and for programs what it was written from.
    Sheet(Box<Sheet>),
}

/// A file that was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Where.
    pub path: Line,
    /// How long it is.
    pub bytes: usize,
}

impl Written {
    /// What is to be said of it.
    pub fn words(&self) -> String {
        format!(
            "written to {}, {} bytes: read it before you send it to anybody",
            self.path.as_str(),
            self.bytes
        )
    }
}

/// A page for people, and what it was written from.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// For people.
    pub page: Vec<Line>,
    /// For programs.
    pub rows: Rows,
}

/// What a page was written from.
#[derive(Clone, Debug)]
pub enum Rows {
    /// Who is kept out.
    Bans(Vec<Ban>),
    /// What was done in office, oldest first.
    Audit(Vec<Record>),
    /// The room's keys; nothing while none are held.
    Keys(Option<Keys>),
    /// The way to somebody; no link where frames come through others.
    Way {
        /// To whom.
        who: Person,
        /// How.
        link: Option<PeerLine>,
    },
    /// What the node sees.
    Net(Box<Status>),
    /// The signs that can be chosen, by name.
    Signs(Vec<&'static str>),
}

/// A room's keys as they are now.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// How often they were made anew.
    pub generation: u64,
    /// How many chains they are made of.
    pub chains: usize,
    /// Others vouch for them.
    pub confirmed: bool,
}

/// A member in a list.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Who.
    pub who: Person,
    /// It is this node.
    pub me: bool,
    /// Not heard of lately.
    pub away: bool,
    /// The nick is easily taken for another's here.
    pub alike: bool,
}

/// A room that is kept, as it was written last.
#[derive(Clone, Debug)]
pub struct KeptRoom {
    /// Its name; the digits of its file where that cannot be read.
    pub room: Line,
    /// How it stands, where it can be read; else why not.
    pub found: Result<KeptFacts, Line>,
}

/// What is known of a kept room.
#[derive(Clone, Debug)]
pub struct KeptFacts {
    /// What it is entered with.
    pub mode: Mode,
    /// How many messages are kept in it.
    pub kept: usize,
    /// How many people were in it, this one counted.
    pub members: usize,
    /// What this one may do there.
    pub role: Role,
}

impl KeptRoom {
    /// As a line.
    pub fn words(&self) -> Line {
        let name = self.room.as_str();
        match &self.found {
            Ok(KeptFacts { mode, kept, members, role }) => {
                let (mode, role) = (mode.name(), role.name());
                let people =
                    if *members == 1 { "nobody else".to_owned() } else { format!("{members} people") };
                Line::clean(&format!("{name} ({mode}): {kept} kept, {people}, you are {role}"))
            }
            Err(why) => Line::clean(&format!("{name}: {}", why.as_str())),
        }
    }
}

/// Friends in a list.
#[derive(Clone, Debug)]
pub struct Friends {
    /// Each of them.
    pub rows: Vec<FriendRow>,
    /// They stay when the program ends.
    pub kept: bool,
}

/// A friend in a list.
#[derive(Clone, Debug)]
pub struct FriendRow {
    /// Who.
    pub friend: Friend,
    /// Shared rooms where they are now.
    pub rooms: Vec<Line>,
}

impl Friends {
    /// The friends on a line each, for people.
    pub fn words(&self) -> Vec<Line> {
        let mut page: Vec<String> = self.rows.iter().map(FriendRow::words).collect();
        if page.is_empty() {
            page.push("no friends yet; /friend add NICK remembers somebody".to_owned());
        }
        if !self.kept {
            page.push(FOR_THIS_RUN.to_owned());
        }
        page.iter().map(|line| Line::clean(line)).collect()
    }
}

/// What is said of friends where there is no profile.
pub const FOR_THIS_RUN: &str = "friends are forgotten when this ends; with a profile (-P NAME) they stay";

impl FriendRow {
    /// The friend on a line, for people.
    pub fn words(&self) -> String {
        let Friend { nick, tag, verified, .. } = &self.friend;
        let verified = if *verified { ", words shown" } else { "" };
        let rooms: Vec<&str> = self.rooms.iter().map(Line::as_str).collect();
        let here = if rooms.is_empty() { "not here".to_owned() } else { format!("in {}", rooms.join(", ")) };
        format!("{} ({}){verified}, {here}", nick.as_str(), tag.as_str())
    }
}

/// An invite in a list.
#[derive(Clone, Debug)]
pub struct InviteRow {
    /// By which it is taken back.
    pub id: InviteId,
    /// How it stands.
    pub state: InviteState,
    /// How many may come in with it.
    pub uses: u64,
    /// How many still may; `None` where this node came after it was made, and cannot have counted.
    pub left: Option<u64>,
    /// Until when.
    pub until: Unix,
    /// This node made it, and can show it again.
    pub mine: bool,
}

/// A joined room in a list.
#[derive(Clone, Debug)]
pub struct RoomRow {
    /// Its name.
    pub room: Line,
    /// How it stands.
    pub facts: Facts,
    /// Messages nobody has looked at.
    pub unread: usize,
    /// Of those, how many name this node's nick or are for it alone.
    pub mentions: usize,
}

/// What is known of somebody.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Who.
    pub who: Person,
    /// How they are reached, where a link is up.
    pub link: Option<PeerLine>,
    /// Rooms shared.
    pub rooms: Vec<Line>,
}

/// What others see of this node, in the room at hand or where there is none.
#[derive(Clone, Debug)]
pub struct Mine {
    /// As whom.
    pub who: Person,
    /// The name was drawn for this room alone, and what was chosen is not shown.
    pub anonymous: bool,
}

/// What the node sees.
#[derive(Clone, Debug)]
pub struct Status {
    /// The rooms.
    pub rooms: Vec<RoomRow>,
    /// The links.
    pub peers: Vec<PeerLine>,
    /// Its own network, once something is known of it.
    pub net: Option<NetLine>,
    /// Milliseconds since it started.
    pub uptime_ms: u64,
}

impl InviteRow {
    /// The invite on one line, for people.
    pub fn words(&self, now: Unix) -> String {
        let id = short_id(&self.id);
        let used = match self.left {
            None => format!("for {}, nobody here counted how many came", self.uses),
            Some(left) => format!("{left} of {} uses left", self.uses),
        };
        let again = if self.mine && self.state == InviteState::Open { ", made here" } else { "" };
        match self.state {
            InviteState::Open => {
                format!("invite {id}: {used}, good for {}{again}", words(self.until.0.saturating_sub(now.0)))
            }
            InviteState::Spent => format!("invite {id}: used up"),
            InviteState::Expired => format!("invite {id}: its time is over"),
            InviteState::Revoked => format!("invite {id}: taken back"),
        }
    }
}

/// As much of an invite's id as people are shown, and as is enough to name it.
pub fn short_id(id: &InviteId) -> String {
    hex(id.0.get(..4).unwrap_or(&id.0))
}

impl Mine {
    /// What a name of one room does not hide; nothing where there is none.
    pub fn limit(&self) -> Option<Said> {
        self.anonymous.then(|| Said::SameKey(self.who.tag.clone()))
    }
}

impl Cid {
    /// Longest one taken.
    pub const BYTES: usize = 128;

    /// Takes a text as a name, if it is short enough.
    pub fn text(raw: &str) -> Option<Cid> {
        (raw.len() <= Cid::BYTES).then(|| Cid::Text(raw.into()))
    }
}

impl Reply {
    /// It was carried out.
    pub fn done(cid: Option<Cid>, answer: Answer) -> Reply {
        Reply { cid, outcome: Ok(answer) }
    }

    /// It was not.
    pub fn refused(cid: Option<Cid>, problem: Problem) -> Reply {
        Reply { cid, outcome: Err(problem) }
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Its owner may have put anything into it.
            Cid::Text(text) => write!(f, "Cid({})", text.len()),
            Cid::Number(number) => write!(f, "Cid:{number}"),
        }
    }
}
