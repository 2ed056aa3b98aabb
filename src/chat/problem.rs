//! Why something that was asked for was not done: a stable code for programs, a sentence for people, and what to do now.
//!
//! Nothing of a peer's text is in these; what was typed here is repeated only as a clean, short line.

mod flaw;

use super::command::{Spec, TABLE};
use super::duration;
use super::name::Role;
use super::people::Offer;
use super::text::Line;
use crate::base::limits::{KEPT, TTL_MIN_S};
pub use flaw::Flaw;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No such slash command.
    UnknownCommand {
        /// What was typed.
        typed: Line,
        /// The command nearest to it.
        nearest: &'static str,
    },
    /// No such `cmd`.
    UnknownCmd {
        /// What came.
        typed: Line,
        /// The nearest one there is.
        nearest: &'static str,
    },
    /// A slash command with arguments it does not take.
    Usage(&'static Spec),
    /// A field that has to be there.
    Missing(&'static str),
    /// A field of another type.
    Type {
        /// Which.
        field: &'static str,
        /// What it has to be.
        wanted: &'static str,
    },
    /// A field whose value is none of those it may have.
    Value {
        /// Which.
        field: &'static str,
        /// What it may be.
        wanted: &'static str,
    },
    /// The line is no JSON object.
    NotJson {
        /// What is wrong with it.
        why: &'static str,
        /// At which byte.
        at: usize,
    },
    /// The line is no UTF-8.
    NotUtf8,
    /// More than may be.
    TooLong {
        /// What is too long.
        what: &'static str,
        /// How many bytes it may have.
        most: usize,
    },
    /// Nothing visible is in it.
    Empty(&'static str),
    /// A life outside the bounds.
    TtlRange {
        /// The longest life here, in milliseconds.
        most_ms: u64,
    },
    /// More than one person answers to this.
    Ambiguous(Vec<Offer>),
    /// Nobody answers to this.
    Nobody,
    /// Nobody who knocks or was removed answers to this.
    NobodyOutside,
    /// No message answers to this, or not any more.
    NoMessage,
    /// No room is joined.
    NoRoom,
    /// Which of the rooms?
    WhichRoom(Vec<Line>),
    /// Not joined.
    UnknownRoom,
    /// Joined already.
    Joined,
    /// As many rooms as there may be.
    RoomsFull {
        /// How many.
        most: usize,
    },
    /// Not in the room yet, or not any more.
    NotIn,
    /// Not before others vouch for this node.
    Unconfirmed,
    /// One's role does not allow it.
    Role {
        /// Which role it needs.
        needs: Role,
    },
    /// Whoever it is about is as high, or higher.
    Outranked {
        /// What they are.
        role: Role,
    },
    /// Whoever it is about came in under another founding.
    Elsewhere,
    /// Where they came in is not known yet.
    NotYet,
    /// Muted.
    Muted {
        /// How long still.
        left_ms: u64,
    },
    /// There is a file of that name already.
    FileExists,
    /// A file could not be written.
    NotWritten(std::io::ErrorKind),
    /// Newcomers read before they speak.
    Quiet {
        /// How long still.
        left_ms: u64,
    },
    /// Too much waits already.
    QueueFull,
    /// The log of rights is full.
    LogFull,
    /// As much is kept as there may be.
    KeptFull,
    /// What opens once cannot be kept.
    OpensOnce,
    /// Whoever it was for did not answer.
    NoAnswer,
    /// Nobody in office is here to take a report.
    NobodyInOffice,
    /// As many are blocked as can be.
    BlockedFull {
        /// How many.
        most: usize,
    },
    /// No such member, offer or invite.
    NoSuch,
    /// Not an invite, or a damaged one.
    BadInvite(Flaw),
    /// No invite of the room answers to this.
    NoInvite,
    /// The invite leads to another room than the one of that name that is joined.
    OtherRoom,
    /// Not a name for a room.
    BadRoomName,
    /// A passphrase that cannot be used.
    BadPassphrase,
    /// Died before anybody could be told.
    BurnedUnsent,
    /// Taken back before anybody could be told.
    TakenBack,
    /// A reclaim token that was shown already.
    TokenShown,
    /// No token, or a damaged one.
    BadToken,
    /// A friend who is in no other room with this node.
    FriendAway,
    /// A friend who is here already.
    FriendHere,
    /// As many friends as there can be.
    FriendsFull {
        /// How many.
        most: usize,
    },
    /// It holds for this run, and could not be written to the profile.
    NotKept(Line),
    /// Known, and this version has no engine for it.
    NotAvailable(&'static str),
    /// Known, and it needs the full screen.
    NoScreen(&'static str),
    /// Known, and it works in line mode only.
    LinesOnly(&'static str),
    /// The node is about to end.
    Ending,
}

impl Problem {
    /// The stable name of this.
    pub fn code(&self) -> &'static str {
        match self {
            Problem::UnknownCommand { .. } => "unknown_command",
            Problem::UnknownCmd { .. } => "unknown_cmd",
            Problem::Usage(_) => "usage",
            Problem::Missing(_) => "missing_field",
            Problem::Type { .. } => "wrong_type",
            Problem::Value { .. } => "wrong_value",
            Problem::NotJson { .. } => "not_json",
            Problem::NotUtf8 => "not_utf8",
            Problem::TooLong { .. } => "too_long",
            Problem::Empty(_) => "empty",
            Problem::TtlRange { .. } => "ttl_range",
            Problem::Ambiguous(_) => "ambiguous",
            Problem::Nobody => "nobody",
            Problem::NobodyOutside => "nobody_outside",
            Problem::NoMessage => "no_message",
            Problem::NoRoom => "no_room",
            Problem::WhichRoom(_) => "which_room",
            Problem::UnknownRoom => "unknown_room",
            Problem::Joined => "already_joined",
            Problem::RoomsFull { .. } => "rooms_full",
            Problem::NotIn => "not_in",
            Problem::Unconfirmed => "unconfirmed",
            Problem::Role { .. } => "role",
            Problem::Outranked { .. } => "outranked",
            Problem::Elsewhere => "elsewhere",
            Problem::NotYet => "not_yet",
            Problem::Muted { .. } => "muted",
            Problem::Quiet { .. } => "quiet",
            Problem::FileExists => "file_exists",
            Problem::NotWritten(_) => "not_written",
            Problem::QueueFull => "queue_full",
            Problem::LogFull => "log_full",
            Problem::KeptFull => "kept_full",
            Problem::OpensOnce => "opens_once",
            Problem::NoAnswer => "no_answer",
            Problem::NobodyInOffice => "nobody_in_office",
            Problem::BlockedFull { .. } => "blocked_full",
            Problem::NoSuch => "no_such",
            Problem::BadInvite(_) => "bad_invite",
            Problem::NoInvite => "no_invite",
            Problem::OtherRoom => "other_room",
            Problem::BadRoomName => "bad_room_name",
            Problem::BadPassphrase => "bad_passphrase",
            Problem::BurnedUnsent => "burned_unsent",
            Problem::TakenBack => "taken_back",
            Problem::TokenShown => "token_shown",
            Problem::BadToken => "bad_token",
            Problem::FriendAway => "friend_away",
            Problem::FriendHere => "friend_here",
            Problem::FriendsFull { .. } => "friends_full",
            Problem::NotKept(_) => "not_kept",
            Problem::NotAvailable(_) => "not_available",
            Problem::NoScreen(_) => "no_screen",
            Problem::LinesOnly(_) => "lines_only",
            Problem::Ending => "ending",
        }
    }

    /// What is the matter, in one sentence.
    pub fn text(&self) -> String {
        match self {
            Problem::UnknownCommand { typed, .. } => format!("there is no command /{}", typed.as_str()),
            Problem::UnknownCmd { typed, .. } => format!("there is no cmd \"{}\"", typed.as_str()),
            Problem::Usage(spec) => format!("/{} does not take these arguments", spec.name),
            Problem::Missing(field) => format!("the field `{field}` is missing"),
            Problem::Type { field, wanted } => format!("the field `{field}` has to be {wanted}"),
            Problem::Value { field, wanted } => format!("`{field}` has to be {wanted}"),
            Problem::NotJson { why, at } => format!("not a JSON object: {why} at byte {at}"),
            Problem::NotUtf8 => "the line is not UTF-8".to_owned(),
            Problem::TooLong { what, most } => format!("{what} is over {most} bytes"),
            Problem::Empty(what) => format!("nothing visible is left of the {what}"),
            Problem::TtlRange { most_ms } => format!(
                "a message lives between {} and {} here",
                duration::words(TTL_MIN_S * 1_000),
                duration::words(*most_ms)
            ),
            Problem::Ambiguous(offers) => {
                let names: Vec<String> = offers.iter().map(Offer::spelled).collect();
                format!("more than one person answers to that: {}", names.join(", "))
            }
            Problem::Nobody => "nobody here answers to that".to_owned(),
            Problem::NobodyOutside => "nobody who knocks or was removed answers to that".to_owned(),
            Problem::NoMessage => "no living message answers to that".to_owned(),
            Problem::NoRoom => "no room is joined".to_owned(),
            Problem::WhichRoom(rooms) => {
                let names: Vec<&str> = rooms.iter().map(Line::as_str).collect();
                format!("more than one room is joined: {}", names.join(", "))
            }
            Problem::UnknownRoom => "that room is not joined".to_owned(),
            Problem::Joined => "that room is joined already".to_owned(),
            Problem::RoomsFull { most } => format!("{most} rooms are joined, and there may be no more"),
            Problem::NotIn => "not in the room yet, or not any more".to_owned(),
            Problem::Unconfirmed => "not before others in the room have vouched for this node".to_owned(),
            Problem::Role { needs } => format!("this needs the role {}", needs.name()),
            Problem::Outranked { role } => {
                format!("this cannot be done to the {}: only who is above them could", role.name())
            }
            Problem::Elsewhere => {
                "two rooms met here, and this one came in under the other founder: your word does not reach them"
                    .to_owned()
            }
            Problem::NotYet => {
                "two rooms have just met, and it is not known yet under which founder this one came in".to_owned()
            }
            Problem::Muted { left_ms } => {
                format!("you are muted in this room for another {}", duration::words(*left_ms))
            }
            Problem::FileExists => "there is a file of that name, and it was left alone".to_owned(),
            Problem::NotWritten(why) => format!("the file could not be written: {why}"),
            Problem::Quiet { left_ms } => {
                format!("newcomers read first: you may speak in {}", duration::words(*left_ms))
            }
            Problem::QueueFull => "too many messages wait to be sent already".to_owned(),
            Problem::LogFull => "the room's log of rights is full".to_owned(),
            Problem::KeptFull => format!("{KEPT} messages are kept here, and there may be no more"),
            Problem::OpensOnce => "a message that opens once is never kept".to_owned(),
            Problem::NobodyInOffice => "nobody else in office is here".to_owned(),
            Problem::NoAnswer => "no answer came from whom it was for".to_owned(),
            Problem::BlockedFull { most } => format!("{most} people are blocked, and there may be no more"),
            Problem::NoSuch => "there is no such member, offer or invite".to_owned(),
            Problem::BadInvite(flaw) => flaw.text(),
            Problem::NoInvite => "no invite of this room begins with that".to_owned(),
            Problem::OtherRoom => "you are in another room of that name".to_owned(),
            Problem::BadRoomName => "this cannot be the name of a room".to_owned(),
            Problem::BadPassphrase => "this passphrase cannot be used".to_owned(),
            Problem::BurnedUnsent => "the message's time was over before it could be sent".to_owned(),
            Problem::TakenBack => "you took it back while it waited".to_owned(),
            Problem::TokenShown => "the reclaim token was shown already, and it is shown once".to_owned(),
            Problem::BadToken => "this is not the reclaim token of this room, or not any more".to_owned(),
            Problem::FriendAway => "that friend is in no room that you are in now".to_owned(),
            Problem::FriendHere => "that friend is in this room already".to_owned(),
            Problem::FriendsFull { most } => format!("there are {most} friends, and there may be no more"),
            Problem::NotKept(why) => {
                format!("done for now, but it could not be written to the profile: {}", why.as_str())
            }
            Problem::NotAvailable(what) => format!("{what} is not available in this version"),
            Problem::NoScreen(what) => format!("{what} needs the full screen"),
            Problem::LinesOnly(what) => format!("{what} is for line mode, where printed text stays"),
            Problem::Ending => "the node is about to end".to_owned(),
        }
    }

    /// What to do now; empty where nothing can be done.
    pub fn hint(&self) -> String {
        match self {
            Problem::UnknownCommand { nearest, .. } => {
                format!(
                    "did you mean /{nearest}? /help lists all; //text sends a text that begins with a slash"
                )
            }
            Problem::UnknownCmd { nearest, .. } => format!("did you mean \"{nearest}\"?"),
            Problem::Usage(spec) => format!("use {}, as in {}: {}", spec.usage(), spec.example, spec.help),
            Problem::Missing(field) => format!("add \"{field}\" to the object"),
            Problem::Type { field, wanted } => format!("give `{field}` as {wanted}, or leave it out"),
            Problem::Value { .. } => "mend that, and send it again".to_owned(),
            Problem::NotJson { .. } => "write one JSON object a line, like {\"cmd\":\"status\"}".to_owned(),
            Problem::NotUtf8 => "write UTF-8".to_owned(),
            Problem::TooLong { .. } => "make it shorter, or send it in parts".to_owned(),
            Problem::Empty(_) => "give something that can be seen".to_owned(),
            Problem::TtlRange { .. } => "choose a time within that, like 30s, 10m or 2h".to_owned(),
            Problem::Ambiguous(_) => "use one of these tags, or the id, instead of the nick".to_owned(),
            Problem::Nobody | Problem::NoSuch => "/who lists who is here, with nick and tag".to_owned(),
            Problem::NobodyOutside => {
                "/bans lists who is banned, /audit all that was done; name them by tag".to_owned()
            }
            Problem::NoMessage => "use its number or its id; it may have burned".to_owned(),
            Problem::NoRoom => "join one first: /join ROOM".to_owned(),
            Problem::WhichRoom(_) => "name the room".to_owned(),
            Problem::Joined => "/rooms lists yours".to_owned(),
            Problem::UnknownRoom => "/rooms lists yours; /join ROOM enters another".to_owned(),
            Problem::RoomsFull { .. } => "leave one first".to_owned(),
            Problem::NotIn => "wait until the room is found, or join it anew".to_owned(),
            Problem::Unconfirmed => "wait a moment; text can be read and sent meanwhile".to_owned(),
            Problem::Role { .. } => "ask somebody who has it; /who shows roles".to_owned(),
            Problem::Outranked { .. } => {
                "the owner may do it to an admin, and nobody to the owner".to_owned()
            }
            Problem::Elsewhere => {
                "ask an admin of theirs; once one of the founders types /yield, both are one".to_owned()
            }
            Problem::NotYet => "say it again in a few seconds".to_owned(),
            Problem::Muted { .. } => "wait until it ends, or ask an admin for /unmute".to_owned(),
            Problem::FileExists | Problem::NotWritten(_) => "name another: /bug FILE".to_owned(),
            Problem::Quiet { .. } => "an admin can let you speak sooner with /unmute".to_owned(),
            Problem::QueueFull => "wait until some have gone; /net shows the links".to_owned(),
            Problem::LogFull => "open a new room and invite everybody: /new".to_owned(),
            Problem::KeptFull => "/pins lists them; /unpin ID lets one go".to_owned(),
            Problem::OpensOnce => "say it without /once to keep it".to_owned(),
            Problem::NobodyInOffice => {
                "/who lists who is here; /ignore and /block help by themselves".to_owned()
            }
            Problem::NoAnswer => "/ping shows whether they can be reached; perhaps they block you".to_owned(),
            Problem::BlockedFull { .. } => "unblock somebody first".to_owned(),
            Problem::BadInvite(flaw) => flaw.hint().to_owned(),
            Problem::NoInvite => {
                "/invite list shows them; one is shown again where it was made, while it is good".to_owned()
            }
            Problem::OtherRoom => "leave that one first: /leave".to_owned(),
            Problem::BadRoomName => "use 1 to 32 bytes, visible characters, single spaces".to_owned(),
            Problem::BadPassphrase => "use another; six generated words are best".to_owned(),
            Problem::BurnedUnsent => "send it again with more time: /ttl 10m".to_owned(),
            Problem::TakenBack => "say it again, if it was meant".to_owned(),
            Problem::TokenShown => "look where you kept it".to_owned(),
            Problem::BadToken => "type the token as it was shown to the founder".to_owned(),
            Problem::FriendAway => "/invite makes an invite that you can give them in another way".to_owned(),
            Problem::FriendHere => "/msg writes to them alone".to_owned(),
            Problem::FriendsFull { .. } => "remove somebody first: /friend remove".to_owned(),
            Problem::NotKept(_) => {
                "see that the disk has room and that the folder is yours; then do it again".to_owned()
            }
            Problem::NotAvailable(_) => "/help lists what there is".to_owned(),
            Problem::NoScreen(_) => "start without --plain, on a terminal".to_owned(),
            Problem::LinesOnly(_) => "start with --plain".to_owned(),
            Problem::Ending => String::new(),
        }
    }

    /// One of each, for whoever wants to see them all.
    pub fn samples() -> Vec<Problem> {
        let offer =
            || Offer { nick: Line::clean("ana"), tag: Line::clean("otter-lamp"), id: "1f2e3d4c".to_owned() };
        let mut all = vec![
            Problem::UnknownCommand { typed: Line::clean("jion"), nearest: "join" },
            Problem::UnknownCmd { typed: Line::clean("sned"), nearest: "send" },
            Problem::Missing("text"),
            Problem::Type { field: "ttl_ms", wanted: "a whole number" },
            Problem::Value { field: "history", wanted: "\"none\" or \"unexpired\"" },
            Problem::NotJson { why: "a value is missing", at: 7 },
            Problem::NotUtf8,
            Problem::TooLong { what: "the text", most: 4_000 },
            Problem::Empty("text"),
            Problem::TtlRange { most_ms: 600_000 },
            Problem::Ambiguous(vec![offer(), offer()]),
            Problem::Nobody,
            Problem::NobodyOutside,
            Problem::NoMessage,
            Problem::NoRoom,
            Problem::WhichRoom(vec![Line::clean("lobby"), Line::clean("ops")]),
            Problem::UnknownRoom,
            Problem::RoomsFull { most: 32 },
            Problem::NotIn,
            Problem::Unconfirmed,
            Problem::Role { needs: Role::Admin },
            Problem::Outranked { role: Role::Owner },
            Problem::Elsewhere,
            Problem::NotYet,
            Problem::Muted { left_ms: 40_000 },
            Problem::Quiet { left_ms: 240_000 },
            Problem::FileExists,
            Problem::NotWritten(std::io::ErrorKind::PermissionDenied),
            Problem::QueueFull,
            Problem::LogFull,
            Problem::KeptFull,
            Problem::OpensOnce,
            Problem::NoAnswer,
            Problem::NobodyInOffice,
            Problem::BlockedFull { most: 1_024 },
            Problem::NoSuch,
            Problem::Joined,
            Problem::BadInvite(Flaw::Letter(17)),
            Problem::NoInvite,
            Problem::OtherRoom,
            Problem::BadRoomName,
            Problem::BadPassphrase,
            Problem::BurnedUnsent,
            Problem::TakenBack,
            Problem::TokenShown,
            Problem::BadToken,
            Problem::FriendAway,
            Problem::FriendHere,
            Problem::FriendsFull { most: 1_024 },
            Problem::NotKept(Line::clean("the disk is full")),
            Problem::NotAvailable("/file"),
            Problem::NoScreen("/theme"),
            Problem::LinesOnly("/hold"),
            Problem::Ending,
        ];
        all.extend(TABLE.iter().take(1).map(Problem::Usage));
        all
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_problem_has_a_code_of_its_own_a_sentence_that_fits_and_something_to_do() {
        let all = Problem::samples();
        let codes: BTreeSet<&str> = all.iter().map(Problem::code).collect();
        assert_eq!(codes.len(), all.len(), "two problems share a code, or one is sampled twice");
        for problem in &all {
            let (text, hint) = (problem.text(), problem.hint());
            assert!(!text.is_empty() && text.len() <= 120, "{}: {text}", problem.code());
            assert!(hint.len() <= 120, "{}: {hint}", problem.code());
            assert_eq!(hint.is_empty(), *problem == Problem::Ending, "{}", problem.code());
            assert!(problem.code().bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'8'));
        }
    }

    #[test]
    fn every_problem_is_among_the_samples() {
        // A new variant makes `code` grow by one arm; this count has to grow with it.
        let source = include_str!("problem.rs");
        let codes =
            source.lines().filter(|l| l.trim_start().starts_with("Problem::") && l.ends_with("\",")).count();
        assert_eq!(codes, Problem::samples().len());
    }
}
