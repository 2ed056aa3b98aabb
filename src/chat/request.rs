//! Everything a face can ask for. Names of people, messages and rooms are still as they were typed:
//! [`Model`](super::model::Model) finds out whom they mean.

use std::fmt;

use super::duration;
use super::name::{History, Motion, Reach as Listing, Ring, Shut, Theme};
use super::problem::Problem;
use super::reply::Cid;
use super::text::{Body, Line};
use crate::base::id::{MemberId, hex};
use crate::base::limits::{INVITE_WORDS, MEMBERS, NAME_BYTES, NICK_BYTES, TTL_MAX_S, TTL_MIN_S};
use crate::base::nick::Nick;
use crate::base::secret::Text;
use crate::base::tag::Tag;

/// How long a once-message stays open unless told otherwise: time to read three lines, not to fetch a camera.
pub const ONCE_MS: u64 = 15_000;
/// How long an invite is good for unless told otherwise: until a friend has read their mail.
pub const INVITE_MS: u64 = 86_400_000;
/// Most uses of one invite: a room has no more places.
pub const USES_MOST: u64 = MEMBERS as u64;
/// The fewest members a room can be limited to.
pub const MAX_LEAST: u64 = 2;

/// A request with what surrounds it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The asker's name for it.
    pub cid: Option<Cid>,
    /// The room it is about; `None` for the one at hand.
    pub room: Option<Line>,
    /// What is asked.
    pub request: Request,
    /// Cleaning changed the text, so that others will see something else than was typed: the asker is to be told.
    pub cleaned: bool,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Request {
    /// Say something to the room.
    Send(Box<Draft>),
    /// Say something to one person.
    Direct(Who, Box<Draft>),
    /// Say something to whoever wrote to this node alone last.
    Answer(Box<Draft>),
    /// Take nothing from somebody any more, in any room; or take it again.
    Block(Who, bool),
    /// Tell those in office about somebody, or about a message and whoever wrote it, with words of one's own.
    Report(About, Option<Body>),
    /// Whom does this node know by their keys?
    Friends,
    /// Know somebody by their key from now on, or forget them.
    Friend(Who, bool),
    /// Ask a friend into the room: an invite for them goes to them alone, in another room that both are in.
    Beckon(Who),
    /// Open a once-message.
    Open(Which),
    /// Tell the authors of these that they were looked at.
    Saw(Vec<Which>),
    /// Tell the others that somebody is writing here: all of them, or one alone.
    Typing(Option<Who>),
    /// Take messages back.
    Burn(Burn),
    /// Keep a message until the room closes, or no longer.
    Pin(Which, bool),
    /// Enter a room.
    Join(Box<Join>),
    /// Open a private room.
    New(Option<Line>),
    /// Leave the room.
    Leave,
    /// Which rooms are joined, and which can be found?
    Rooms(Look),
    /// Tell others of the room, or no more.
    List(Listing),
    /// Whom is the room told to?
    Listed,
    /// File the room under these.
    Tags(Vec<Tag>),
    /// Who is here?
    Who,
    /// Who is this?
    Whois(Who),
    /// The words to compare with somebody.
    Verify(Who),
    /// Use one's office.
    Act(Act),
    /// Change the room's settings.
    Policy(Box<Policy>),
    /// Make an invite.
    Invite {
        /// How many may use it.
        uses: u64,
        /// For how long.
        valid_ms: u64,
        /// Draw it as a square of dots.
        qr: bool,
    },
    /// Show an invite again, with the addresses of now.
    InviteAgain {
        /// The beginning of its id.
        id: Line,
        /// Draw it as a square of dots.
        qr: bool,
    },
    /// Which invites are there?
    Invites,
    /// Take an invite back, by the beginning of its id.
    InviteRevoke(Line),
    /// Show the reclaim token, if it was not shown yet.
    Token,
    /// Take the room back with its token; a face that has none asks for it without echo.
    Reclaim(Option<Text>),
    /// Be called something else.
    Nick(Nick),
    /// Be shown otherwise; answered with what others see then.
    Shown(Shown),
    /// I am away, or back.
    Away(bool),
    /// Who is banned?
    Bans,
    /// Who did what in office?
    Audit,
    /// What the node sees.
    Status,
    /// What is known of the network.
    Net,
    /// What is known of the room's keys.
    Crypto,
    /// Way and round trip to somebody.
    Ping(Who),
    /// Test the network, clock and terminal.
    Doctor,
    /// Write what helps to find a fault into this file, or one of the program's own choosing.
    Bug(Option<Text>),
    /// Burn everything here and end.
    Panic,
    /// Leave all rooms and end.
    Quit,
    /// Something a face answers from its own model.
    View(View),
    /// Something this version has no engine for, by the name it was asked under. It is answered with
    /// [`Problem::NotAvailable`] and nothing else.
    Later(&'static str),
}

/// A message before it is sent.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The text.
    pub text: Body,
    /// How long it lives, in whole seconds; `None` for the room's default.
    pub ttl_s: Option<u64>,
    /// Sealed until opened, then gone after so many seconds.
    pub once_s: Option<u64>,
    /// Its time begins when it is first shown.
    pub from_read: bool,
    /// Kept until the room closes.
    pub keep: bool,
    /// `/me`.
    pub action: bool,
    /// An announcement.
    pub announce: Option<Reach>,
}

/// How far to look for rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// No further than neighbours tell by themselves.
    Here,
    /// In the directory.
    All,
    /// There, for what is filed under this.
    Tag(Tag),
}

/// Whom an announcement reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// This room.
    Here,
    /// Every room this node owns.
    Owned,
}

/// Somebody, as typed: nick, tag or id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who(pub Line);

/// What a report is about, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Somebody.
    Person(Who),
    /// A message, which is quoted, and whoever wrote it.
    Message(Which),
}

impl Who {
    /// Somebody by key, whom no nick can be taken for.
    pub fn key(id: &MemberId) -> Who {
        Who(Line::clean(&hex(&id.0)))
    }
}

/// A message, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The last of mine.
    Last,
    /// By its number here, or by its id.
    Named(Line),
}

/// What to take back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Burn {
    /// One message.
    One(Which),
    /// Everything I said here.
    Mine,
}

/// So long a link is at least, and no word that merely speaks of one.
const LINK: usize = 32;

/// Whether something is meant as an invite and not as a room's name: a link, or more words than a name can have.
pub fn is_invite(typed: &str) -> bool {
    let typed = typed.trim_start();
    typed.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("EPHEM:"))
        || typed.split_whitespace().nth(INVITE_WORDS - 1).is_some()
}

/// The link of an invite that stands in a text.
pub fn invite_in(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| word.len() > LINK && is_invite(word))
}

/// A room to enter.
#[derive(Clone, Debug)]
pub enum Join {
    /// By name, with a passphrase or as an open room.
    Named {
        /// The name.
        room: Line,
        /// The passphrase; `None` is an open room.
        passphrase: Option<Text>,
    },
    /// With an invite.
    Invite(Text),
}

impl Join {
    /// The same room, behind a passphrase.
    pub fn behind(&self, passphrase: &str) -> Join {
        match self {
            Join::Named { room, .. } => {
                Join::Named { room: room.clone(), passphrase: Some(Text::new(passphrase)) }
            }
            Join::Invite(_) => self.clone(),
        }
    }
}

/// What somebody with an office does.
#[derive(Clone, Debug)]
pub enum Act {
    /// Remove.
    Kick(Who, Line),
    /// Remove for longer.
    Ban {
        /// Whom.
        who: Who,
        /// For how long; `None` for good.
        for_ms: Option<u64>,
        /// What newcomers have to do from then on; `None` leaves the door as it is.
        then: Option<Shut>,
        /// Why.
        why: Line,
    },
    /// Let back in.
    Unban(Who),
    /// Silence; without a time until told otherwise.
    Mute {
        /// Whom.
        who: Who,
        /// For how long.
        for_ms: Option<u64>,
        /// Why.
        why: Line,
    },
    /// Let speak.
    Unmute(Who),
    /// Make an admin, or a plain member again.
    Admin(Who, bool),
    /// Offer the room.
    Transfer(Who),
    /// Take the room that was offered.
    Accept,
    /// Let in whoever knocks, or turn them away.
    Admit(Who, bool),
    /// Put one's founding under another's.
    Yield,
    /// Close the room for everybody.
    Close,
}

/// How others are to see me.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// As they do.
    AsIs,
    /// With this line about myself; an empty one takes it away.
    Status(Line),
    /// With a sign, by its number; `None` for that of the key.
    Sign(Option<u64>),
    /// In a colour, by its number; `None` for that of the key.
    Colour(Option<u64>),
    /// In one room, under a name drawn for it and with nothing that I chose; or as everywhere again.
    Anon(bool),
    /// Which signs are there to choose from?
    Signs,
}

/// Settings to change; `None` leaves one as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// How many members there may be.
    pub max: Option<u64>,
    /// How long messages live that say nothing about it.
    pub ttl_ms: Option<u64>,
    /// How long they live at most.
    pub ttl_max_ms: Option<u64>,
    /// What newcomers see.
    pub history: Option<History>,
    /// Nobody comes in.
    pub lock: Option<bool>,
    /// Whoever comes in is let in by an admin.
    pub knock: Option<bool>,
    /// Pause between two messages of one member; zero is off.
    pub slow_ms: Option<u64>,
    /// Messages a second from one member.
    pub rate: Option<u64>,
    /// What the room is about; empty takes it away.
    pub topic: Option<Line>,
    /// Closes after so long from now.
    pub expires_ms: Option<u64>,
    /// How long newcomers read before they speak; zero is off.
    pub quiet_ms: Option<u64>,
    /// What is kept in it may stay on the disks of those who ask for it.
    pub persist: Option<bool>,
}

/// What a face answers itself.
#[derive(Clone, Debug)]
pub enum View {
    /// Help, on all or on one command.
    Help(Option<Line>),
    /// Living messages with this in them.
    Search(Body),
    /// What is kept.
    Pins,
    /// What has happened.
    Log,
    /// What named me.
    Mentions,
    /// What was reported to me and is open.
    Reports,
    /// What the program promises, and what not.
    Privacy,
    /// Show nobody of these.
    Ignore(Option<Who>),
    /// Show these alone.
    Focus(Option<Who>),
    /// What is said with somebody alone.
    Alone(Who),
    /// How long my next messages live; `None` for the room's default.
    Ttl(Option<u64>),
    /// Headings only, in line mode.
    Hold(Option<bool>),
    /// One held message, by number.
    Read(u64),
    /// What only a full screen has: its name.
    Screen(&'static str),
    /// The screen's colours; `None` for those that fit this terminal.
    Theme(Option<Theme>),
    /// How much moves on the screen; `None` for what fits this terminal.
    Motion(Option<Motion>),
    /// Whether authors are told what was looked at on the screen.
    Seen(bool),
    /// Whether others are told that somebody is writing.
    Typing(bool),
    /// When the screen rings: for one room, or for all.
    Notify(Ring, Option<Line>),
}

impl Draft {
    /// A plain message.
    pub fn plain(text: Body) -> Draft {
        Draft {
            text,
            ttl_s: None,
            once_s: None,
            from_read: false,
            keep: false,
            action: false,
            announce: None,
        }
    }
}

/// A life in whole seconds, rounded up; refused outside of what any room allows. The room's own cap is the node's to ask.
pub fn ttl_seconds(ms: u64) -> Result<u64, Problem> {
    let seconds = ms.div_ceil(1_000);
    let fits = ms >= TTL_MIN_S * 1_000 && seconds <= TTL_MAX_S;
    fits.then_some(seconds).ok_or(Problem::TtlRange { most_ms: TTL_MAX_S * 1_000 })
}

/// Cleans a nick typed here, and says whether that changed it: it may also have been cut.
pub fn typed_nick(raw: &str) -> Result<(Nick, bool), Problem> {
    if raw.len() > NICK_BYTES {
        return Err(Problem::TooLong { what: "the nick", most: NICK_BYTES });
    }
    let nick = Nick::parse(raw).map_err(|_| Problem::Empty("nick"))?;
    let changed = nick.as_str() != raw.trim();
    Ok((nick, changed))
}

/// Cleans a line about oneself that was typed here, and says whether that changed it.
pub fn typed_status(raw: &str) -> Result<(Line, bool), Problem> {
    let too_long = Problem::TooLong { what: "the status", most: NAME_BYTES };
    if raw.len() > NAME_BYTES {
        return Err(too_long);
    }
    let line = Line::clean(raw);
    let changed = line.as_str() != raw.trim();
    // Composed letters may take more bytes apart.
    if line.as_str().len() > NAME_BYTES { Err(too_long) } else { Ok((line, changed)) }
}

/// How long a once-message stays open, in whole seconds, rounded up.
pub fn once_seconds(ms: u64) -> Result<u64, Problem> {
    let seconds = ms.div_ceil(1_000);
    let fits = (1..=TTL_MAX_S).contains(&seconds);
    fits.then_some(seconds)
        .ok_or(Problem::Value { field: "the time it stays open", wanted: "between 1s and 24h" })
}

/// What is wrong with a length of time, as an answer.
pub fn duration_problem(field: &'static str, why: duration::DurationError) -> Problem {
    let wanted = match why {
        duration::DurationError::Form => "a number and s, m, h or d, like 30s or 10m",
        duration::DurationError::Range => "between 1s and 366d",
    };
    Problem::Value { field, wanted }
}

impl Asked {
    /// A request about the room at hand.
    pub fn here(request: Request) -> Asked {
        Asked { cid: None, room: None, request, cleaned: false }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_rounded_up_to_whole_seconds_and_refused_outside_the_bounds() {
        assert_eq!(ttl_seconds(5_000), Ok(5));
        assert_eq!(ttl_seconds(5_001), Ok(6));
        assert_eq!(ttl_seconds(86_400_000), Ok(86_400));
        for ms in [0, 4_999, 86_400_001, u64::MAX] {
            assert!(matches!(ttl_seconds(ms), Err(Problem::TtlRange { .. })), "{ms}");
        }
    }

    #[test]
    fn debug_of_a_request_tells_no_text() {
        let text = Body::typed("meet at the north gate").unwrap().0;
        let request = Request::Send(Box::new(Draft::plain(text)));
        let token = Request::Reclaim(Some(Text::new("c0ffee")));
        let shown = format!("{request:?} {token:?}");
        assert!(!shown.contains("gate") && !shown.contains("c0ffee"), "{shown}");
    }
}
