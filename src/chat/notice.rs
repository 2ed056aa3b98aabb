//! Every sentence that tells people how things stand: its level, a stable code for programs, the words, and what to do.
//!
//! The words are made in here (`words.rs`) and nowhere else, so they can be read in one go, and be put into another language one day.

mod why;
mod words;

use super::event::{Facts, Person};
use super::name::{Level, Standing};
use super::problem::Problem;
use super::text::Line;
use super::wait::Wait;
pub use why::{Fault, Held, Refusal, Unreachable};

/// Nobody for so long: time to say what it could mean. Friends who start together have met long before.
const STILL_ALONE_MS: u64 = 30_000;

/// Something people should know, about a room or about the node.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The room, where it is about one.
    pub room: Option<Line>,
    /// What.
    pub said: Said,
}

/// What is the case.
#[derive(Clone, Debug)]
pub enum Said {
    /// The passphrase is made into keys.
    Hashing,
    /// The room is looked for.
    Searching,
    /// Nobody else is here.
    Alone,
    /// Nobody else is here, for some time already.
    StillAlone {
        /// For how long.
        waited_ms: u64,
        /// The mark to compare.
        mark: Line,
    },
    /// In, not yet vouched for.
    Unconfirmed {
        /// By one only.
        only: Option<Person>,
    },
    /// In, and vouched for.
    Confirmed,
    /// In, on the word of one person.
    OneWitness(Person),
    /// The owner is whoever founded the room, taken on first sight.
    OwnerOnTrust(Person),
    /// Two halves of the room have met.
    Merged,
    /// Somebody showed keys that contradict those of others.
    Conflict(Option<Person>),
    /// Two halves of the room cannot meet.
    Apart {
        /// By how much their clocks differ.
        by_ms: u64,
    },
    /// This founding gave way to another.
    Yielded(Option<Person>),
    /// Two rooms met, and the other one's owner goes on as theirs.
    TwoOwners(Person),
    /// Of two owners this one gave way.
    OneOwner(Person),
    /// The room is offered.
    Offered(Person),
    /// Somebody waits at the door.
    Knocks(Line),
    /// The clock here differs from the room's.
    ClockOff {
        /// Milliseconds from this clock to the room's: negative where this one is ahead.
        by_ms: i64,
    },
    /// No link to anybody.
    NoNetwork,
    /// There is a link again.
    NetworkBack,
    /// All links go through relays.
    RelayOnly,
    /// An address given could not be reached.
    BootstrapFailed {
        /// Which.
        addr: Line,
        /// Why.
        why: Unreachable,
    },
    /// The port is taken.
    PortInUse {
        /// Which.
        addr: Line,
    },
    /// Something is wrong with this machine's network.
    NetFault(Fault),
    /// A room that was asked for cannot be entered.
    CannotEnter(Box<Problem>),
    /// A reader was too slow.
    Lagged {
        /// How many lines it will not get.
        dropped: u64,
    },
    /// This node was kicked.
    Kicked {
        /// By whom.
        by: Option<Person>,
        /// The reason given.
        why: Option<Line>,
    },
    /// This node was banned.
    Banned {
        /// By whom.
        by: Option<Person>,
        /// The reason given.
        why: Option<Line>,
        /// When it ends by itself, if it does.
        ends_in_ms: Option<u64>,
    },
    /// The owner closed the room.
    Closed,
    /// The room's time is nearly over.
    Closing {
        /// How much of it is left.
        in_ms: u64,
    },
    /// The room's time is over.
    Expired,
    /// Not let in.
    NotAdmitted(Refusal),
    /// Others are told of the room.
    Listed {
        /// Neighbours alone.
        near: bool,
    },
    /// They are told no more.
    Unlisted,
    /// The room was listed by somebody who has no office in it.
    ListedByOther {
        /// The tag of whoever did.
        tag: Line,
    },
    /// Messages wait.
    Queued {
        /// How many.
        waiting: usize,
        /// Why.
        why: Held,
    },
    /// Messages died in the queue.
    BurnedUnsent {
        /// How many.
        count: usize,
    },
    /// Newcomers read before they speak, and this node is one; or no longer.
    Quiet {
        /// How long still; zero once it is over.
        left_ms: u64,
    },
    /// A text was changed before it was sent.
    Cleaned,
    /// Two nicks look alike.
    Alike(Person),
    /// Somebody took the nick of somebody with whom words were compared.
    KeyChanged {
        /// Whoever goes by it now.
        who: Person,
        /// The tag of whoever it was before.
        verified: Line,
    },
    /// A name of one room does not hide the key, of which this is the tag.
    SameKey(Line),
    /// What was taken back is gone from so many.
    Gone {
        /// How many said so.
        count: usize,
        /// How many who may have had it did not.
        missed: usize,
    },
    /// A report went to so many in office.
    Reported {
        /// How many.
        to: usize,
    },
    /// Somebody reports somebody: what they say follows.
    Reports {
        /// Who.
        from: Box<Person>,
        /// Whom.
        about: Box<Person>,
    },
    /// The room lasts, and is kept here.
    Lasts,
    /// It was to be kept, and does not last.
    DoesNotLast,
    /// It was to be kept, and cannot be.
    RoomNotKept {
        /// Why not.
        why: Line,
    },
    /// Rooms are kept here that are not open.
    KeptRooms {
        /// Which.
        names: Vec<Line>,
    },
    /// What is printed stays on the terminal.
    CannotUnprint,
    /// Nobody knows which time of day it is here.
    Utc,
    /// Texts are held back.
    Holding(bool),
    /// The settings were read again, and these hold now.
    Reloaded,
    /// They were read again and are wrong, and what held before holds.
    NotReloaded {
        /// What is wrong with them.
        why: Line,
    },
    /// Part of the process's protection is missing.
    Unprotected {
        /// Which, in our own words.
        what: &'static str,
    },
}

impl Notice {
    /// About the node.
    pub fn node(said: Said) -> Notice {
        Notice { room: None, said }
    }

    /// About a room.
    pub fn room(room: &Line, said: Said) -> Notice {
        Notice { room: Some(room.clone()), said }
    }
}

impl Said {
    /// How much it matters.
    pub fn level(&self) -> Level {
        match self {
            Said::Hashing
            | Said::Searching
            | Said::Alone
            | Said::Confirmed
            | Said::OneWitness(_)
            | Said::Merged
            | Said::OneOwner(_)
            | Said::Offered(_)
            | Said::Knocks(_)
            | Said::NetworkBack
            | Said::Reloaded
            | Said::RelayOnly
            | Said::Unlisted
            | Said::Queued { .. }
            | Said::Quiet { left_ms: 0 }
            | Said::Cleaned
            | Said::Gone { .. }
            | Said::Reported { .. }
            | Said::OwnerOnTrust(_)
            | Said::Utc
            | Said::NotAdmitted(Refusal::Knock)
            | Said::Lasts
            | Said::KeptRooms { .. }
            | Said::Holding(_) => Level::Info,
            Said::Reports { .. }
            | Said::StillAlone { .. }
            | Said::Unconfirmed { .. }
            | Said::Listed { .. }
            | Said::ListedByOther { .. }
            | Said::Apart { .. }
            | Said::Yielded(_)
            | Said::TwoOwners(_)
            | Said::ClockOff { .. }
            | Said::BootstrapFailed { .. }
            | Said::NetFault(_)
            | Said::Lagged { .. }
            | Said::BurnedUnsent { .. }
            | Said::Closing { .. }
            | Said::DoesNotLast
            | Said::RoomNotKept { .. }
            | Said::Quiet { left_ms: 1.. }
            | Said::Alike(_)
            | Said::SameKey(_)
            | Said::CannotUnprint
            | Said::Unprotected { .. } => Level::Warn,
            Said::Conflict(_)
            | Said::KeyChanged { .. }
            | Said::NoNetwork
            | Said::PortInUse { .. }
            | Said::NotReloaded { .. }
            | Said::CannotEnter(_)
            | Said::Kicked { .. }
            | Said::Banned { .. }
            | Said::Closed
            | Said::Expired
            | Said::NotAdmitted(_) => Level::Error,
        }
    }

    /// The stable name of this.
    pub fn code(&self) -> &'static str {
        match self {
            Said::Hashing => "hashing",
            Said::Searching => "searching",
            Said::Alone => "alone",
            Said::StillAlone { .. } => "still_alone",
            Said::Unconfirmed { .. } => "unconfirmed",
            Said::Confirmed => "confirmed",
            Said::OneWitness(_) => "one_witness",
            Said::OwnerOnTrust(_) => "owner_on_trust",
            Said::Merged => "merged",
            Said::Conflict(_) => "conflict",
            Said::Apart { .. } => "apart",
            Said::Yielded(_) => "yielded",
            Said::TwoOwners(_) => "two_owners",
            Said::OneOwner(_) => "one_owner",
            Said::Offered(_) => "offered",
            Said::Knocks(_) => "knocks",
            Said::ClockOff { .. } => "clock_off",
            Said::NoNetwork => "no_network",
            Said::NetworkBack => "network_back",
            Said::RelayOnly => "relay_only",
            Said::BootstrapFailed { .. } => "bootstrap_failed",
            Said::PortInUse { .. } => "port_in_use",
            Said::NetFault(fault) => fault.words().0,
            Said::CannotEnter(problem) => problem.code(),
            Said::Lagged { .. } => "lagged",
            Said::Kicked { .. } => "kicked",
            Said::Banned { .. } => "banned",
            Said::Closed => "closed",
            Said::Closing { .. } => "closing",
            Said::Lasts => "lasts",
            Said::DoesNotLast => "does_not_last",
            Said::RoomNotKept { .. } => "room_not_kept",
            Said::KeptRooms { .. } => "kept_rooms",
            Said::Expired => "expired",
            Said::NotAdmitted(why) => why.words().0,
            Said::Listed { .. } => "listed",
            Said::Unlisted => "unlisted",
            Said::ListedByOther { .. } => "listed_by_other",
            Said::Queued { why, .. } => why.words().0,
            Said::BurnedUnsent { .. } => "burned_unsent",
            Said::Quiet { left_ms: 0 } => "quiet_over",
            Said::Quiet { .. } => "quiet",
            Said::Cleaned => "cleaned",
            Said::Alike(_) => "alike",
            Said::KeyChanged { .. } => "key_changed",
            Said::SameKey(_) => "same_key",
            Said::Gone { .. } => "gone",
            Said::Reported { .. } => "reported",
            Said::Reports { .. } => "report",
            Said::CannotUnprint => "cannot_unprint",
            Said::Utc => "utc",
            Said::Holding(true) => "holding",
            Said::Holding(false) => "not_holding",
            Said::Reloaded => "reloaded",
            Said::NotReloaded { .. } => "not_reloaded",
            Said::Unprotected { .. } => "unprotected",
        }
    }

    /// What a change of standing comes to in words.
    pub fn of_standing(standing: Standing, only: Option<Person>) -> Said {
        match standing {
            Standing::Searching => Said::Searching,
            Standing::Alone => Said::Alone,
            Standing::Unconfirmed => Said::Unconfirmed { only },
            Standing::Confirmed => only.map_or(Said::Confirmed, Said::OneWitness),
        }
    }

    /// What is to be said of a wait besides its sentence: after some time alone, what that could mean.
    pub fn of_wait(wait: Wait, waited_ms: u64, facts: &Facts) -> Option<Said> {
        let alone = matches!(wait, Wait::Searching | Wait::Company) && waited_ms >= STILL_ALONE_MS;
        alone.then(|| Said::StillAlone { waited_ms, mark: facts.mark.clone() })
    }

    /// One of each, for whoever wants to see them all.
    pub fn samples(person: &Person) -> Vec<Said> {
        let line = Line::clean;
        let who = || person.clone();
        let mut all = vec![
            Said::Hashing,
            Said::Searching,
            Said::Alone,
            Said::StillAlone { waited_ms: 30_000, mark: line("amber-otter-7") },
            Said::Unconfirmed { only: Some(who()) },
            Said::Unconfirmed { only: None },
            Said::Confirmed,
            Said::OneWitness(who()),
            Said::OwnerOnTrust(who()),
            Said::Merged,
            Said::Conflict(Some(who())),
            Said::Conflict(None),
            Said::Apart { by_ms: 300_000 },
            Said::Yielded(Some(who())),
            Said::Yielded(None),
            Said::TwoOwners(who()),
            Said::OneOwner(who()),
            Said::Offered(who()),
            Said::Knocks(line("otter-lamp")),
            Said::ClockOff { by_ms: -93_000 },
            Said::ClockOff { by_ms: 93_000 },
            Said::NoNetwork,
            Said::NetworkBack,
            Said::RelayOnly,
            Said::PortInUse { addr: line("/ip4/0.0.0.0/tcp/4077") },
            Said::CannotEnter(Box::new(Problem::Joined)),
            Said::Lagged { dropped: 12 },
            Said::Kicked { by: Some(who()), why: Some(line("flooding")) },
            Said::Kicked { by: None, why: None },
            Said::Banned { by: Some(who()), why: None, ends_in_ms: None },
            Said::Banned { by: Some(who()), why: None, ends_in_ms: Some(3_600_000) },
            Said::Closed,
            Said::Closing { in_ms: 600_000 },
            Said::Lasts,
            Said::DoesNotLast,
            Said::RoomNotKept { why: line("no space left") },
            Said::KeptRooms { names: vec![line("lobby"), line("plans")] },
            Said::Expired,
            Said::Listed { near: true },
            Said::Listed { near: false },
            Said::Unlisted,
            Said::ListedByOther { tag: line("otter-lamp") },
            Said::BurnedUnsent { count: 2 },
            Said::Quiet { left_ms: 240_000 },
            Said::Quiet { left_ms: 0 },
            Said::Cleaned,
            Said::Alike(who()),
            Said::KeyChanged { who: who(), verified: line("mole-river") },
            Said::SameKey(line("otter-lamp")),
            Said::Gone { count: 4, missed: 0 },
            Said::Gone { count: 4, missed: 1 },
            Said::Reported { to: 1 },
            Said::Reported { to: 2 },
            Said::Reports { from: Box::new(who()), about: Box::new(who()) },
            Said::CannotUnprint,
            Said::Utc,
            Said::Holding(true),
            Said::Holding(false),
            Said::Reloaded,
            Said::NotReloaded { why: line("config.toml: ttl: must be a text") },
            Said::Unprotected { what: "core dumps could not be turned off" },
        ];
        let addr = || line("/dns4/node.example/udp/4077/quic-v1");
        all.extend(Unreachable::ALL.iter().map(|&why| Said::BootstrapFailed { addr: addr(), why }));
        all.extend(Refusal::ALL.iter().map(|&why| Said::NotAdmitted(why)));
        all.extend(Held::ALL.iter().map(|&why| Said::Queued { waiting: 2, why }));
        all
    }
}

#[cfg(test)]
mod tests;
