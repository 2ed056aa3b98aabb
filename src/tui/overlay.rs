//! What lies over the talk: one box at a time, a question or a page. Each knows when its time is over by itself.

use super::editor::Editor;
use super::key::{KEYS, Place};
use super::qr::Square;
use super::screen::{Moment, Screen};
use crate::base::id::hex;
use crate::base::secret::Text;
use crate::base::time::Mono;
use crate::chat::command::TABLE;
use crate::chat::duration::words;
use crate::chat::event::{Invite, Message, Person};
use crate::chat::listing::Listing;
use crate::chat::model::Model;
use crate::chat::reply::{Answer, Friends, MemberRow, Profile, short_id};
use crate::chat::request::Asked;
use crate::chat::text::{Body, Line};

/// A box over the talk.
#[derive(Debug)]
pub(super) enum Overlay {
    /// The one question at the door.
    Door(Door),
    /// Lines to be read.
    Page { title: String, lines: Vec<String>, scroll: usize },
    /// Everything that can be done.
    Palette { query: Editor, chosen: usize },
    /// Living messages with something in them.
    Search { query: Editor, chosen: usize },
    /// Living messages that were asked for.
    Found { title: &'static str, rows: Vec<u64>, chosen: usize },
    /// Who is here.
    Members { scroll: usize },
    /// Which rooms there are, and those that were found.
    Rooms { chosen: usize, listed: Option<Vec<Listing>> },
    /// Who is known by their keys, and where they are.
    Friends { friends: Friends, chosen: usize },
    /// How the others are reached.
    Network { scroll: usize },
    /// A message that opens once.
    Sealed { room: Line, row: u64 },
    /// Is this meant?
    Sure { question: &'static str, asked: Box<Asked>, draft: Text },
    /// A secret of this node's owner is being typed.
    Token { asked: Box<Asked>, typed: Editor },
    /// A secret to be written down.
    Secret { title: String, secret: Text, lines: Vec<String>, square: Option<Box<Square>>, scanned: bool },
    /// Nothing can be seen, not even the box behind it.
    Curtain(Option<Box<Overlay>>),
}

/// The question at the door.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) room: Line,
    pub(super) typed: Editor,
    /// What was typed is words drawn here: shown, to be written down.
    pub(super) generated: bool,
    /// Enter alone means an open room.
    pub(super) may_be_open: bool,
}

impl Overlay {
    /// What has to be kept by whoever founded a room.
    pub(super) fn token(room: &Line, token: &Text) -> Overlay {
        Overlay::Secret {
            title: format!("Reclaim token of {}", room.as_str()),
            secret: token.clone(),
            lines: vec![
                "Whoever holds it can take the room back with /reclaim.".to_owned(),
                "It is shown once. Write it down, or let it go.".to_owned(),
            ],
            square: None,
            scanned: false,
        }
    }

    /// An invite, shown as a square at once if that was asked for.
    pub(super) fn invite(at: Moment, invite: &Invite, scanned: bool) -> Overlay {
        let left = words(invite.until.0.saturating_sub(at.ts.0));
        let uses = if invite.uses == 1 { "once".to_owned() } else { format!("{} times", invite.uses) };
        Overlay::Secret {
            title: format!("Invite to {}", invite.room.as_str()),
            secret: invite.invite.clone(),
            lines: vec![
                format!("Good for {left}, to be used {uses}. Whoever has it comes in."),
                format!("/invite revoke {} takes it back.", short_id(&invite.id)),
                format!("The others type: ephem-node join {}", "INVITE"),
            ],
            square: Square::of(invite.invite.as_str()).map(Box::new),
            scanned,
        }
    }

    /// The keys and the commands.
    pub(super) fn help() -> Overlay {
        let mut lines = Vec::new();
        for (place, title) in [
            (Place::Draft, "while you write"),
            (Place::Message, "on a message"),
            (Place::Anywhere, "anywhere"),
        ] {
            lines.push(format!("{title}:"));
            for binding in KEYS.iter().filter(|b| b.place == place && !b.help.is_empty()) {
                lines.push(format!("  {:12} {}", binding.press.to_string(), binding.help));
            }
        }
        lines.push("commands:".to_owned());
        lines.extend(TABLE.iter().map(|spec| format!("  {:34} {}", spec.usage(), spec.help)));
        Overlay::Page { title: "Help".to_owned(), lines, scroll: 0 }
    }

    /// What was asked for, to be read.
    pub(super) fn answer(screen: &Screen, at: Moment, answer: &Answer) -> Overlay {
        let page = |title: &str, lines| Overlay::Page { title: title.to_owned(), lines, scroll: 0 };
        match answer {
            Answer::Members(rows) => {
                page("Who is here", rows.iter().map(|row| member(row, screen.look.ascii)).collect())
            }
            Answer::Rooms(_, found) => Overlay::Rooms { chosen: 0, listed: found.listed.clone() },
            Answer::Listed(listed) => page("In the directory", vec![listed.words()]),
            Answer::Person(profile) => page("Whois", person(profile, screen.look.ascii)),
            Answer::Mine(mine) => {
                let said = mine.limit().map(|said| [String::new(), said.text(), said.hint()]);
                let lines = shown(&mine.who, screen.look.ascii);
                page("What others see of you", lines.into_iter().chain(said.into_iter().flatten()).collect())
            }
            Answer::Words { with, words } => page(
                "Compare these words, aloud",
                vec![
                    format!("with {}:", screen.name(None, with)),
                    String::new(),
                    words.as_str().to_owned(),
                    String::new(),
                    "If one of them differs, somebody stands between you.".to_owned(),
                ],
            ),
            Answer::Messages(found) => {
                let rows = found.iter().map(|&(row, _)| row).collect();
                Overlay::Found { title: "Messages", rows, chosen: 0 }
            }
            Answer::Written(written) => page("Diagnostics", vec![written.words()]),
            Answer::Findings(found) => {
                let lines = found.iter().flat_map(|finding| {
                    let said =
                        format!("{}, {}: {}", finding.part().name(), finding.health().name(), finding.text());
                    let hint = finding.hint();
                    [said].into_iter().chain((!hint.is_empty()).then(|| format!("  {hint}")))
                });
                page("Doctor", lines.collect())
            }
            Answer::Page(lines) => page("", lines.iter().map(|line| line.as_str().to_owned()).collect()),
            Answer::Kept(rows) => {
                page("Rooms that are kept", rows.iter().map(|row| row.words().as_str().to_owned()).collect())
            }
            Answer::Sheet(listed) => {
                page("", listed.page.iter().map(|line| line.as_str().to_owned()).collect())
            }
            Answer::Friends(friends) if friends.rows.is_empty() => {
                page("Friends", friends.words().iter().map(|line| line.as_str().to_owned()).collect())
            }
            Answer::Friends(friends) => Overlay::Friends { friends: friends.clone(), chosen: 0 },
            Answer::Invites(rows) => {
                let mut lines: Vec<String> = rows.iter().map(|row| row.words(at.ts)).collect();
                lines.push(if rows.is_empty() {
                    "No invite was made. /invite makes one.".to_owned()
                } else {
                    "/invite revoke ID takes one back; /invite show ID shows one again.".to_owned()
                });
                page("Invites", lines)
            }
            Answer::Invite(invite) => Overlay::invite(at, invite, screen.scanned),
            Answer::Token(token) => Overlay::token(
                &screen.front().map_or_else(|| Line::clean("room"), |room| room.name.clone()),
                token,
            ),
            Answer::Done | Answer::Sent(_) | Answer::Burned(_) | Answer::Room(_) | Answer::Status(_) => {
                page("Done", Vec::new())
            }
        }
    }

    /// Whether nothing may be seen under it.
    pub(super) fn hides_talk(&self) -> bool {
        matches!(self, Overlay::Sealed { .. } | Overlay::Curtain(_) | Overlay::Door(_))
    }

    /// Whether a letter means something to it. Where it does not it is the first of what is written next.
    pub(super) fn knows(&self, letter: char) -> bool {
        match self {
            Overlay::Page { .. }
            | Overlay::Members { .. }
            | Overlay::Network { .. }
            | Overlay::Found { .. }
            | Overlay::Rooms { .. } => false,
            Overlay::Friends { .. } => letter == 'i',
            _ => true,
        }
    }

    /// Whether there is nothing left to show.
    pub(super) fn is_over(&self, model: &Model, now: Mono) -> bool {
        match self {
            Overlay::Sealed { room, row } => {
                sealed(model, room, *row).is_none_or(|message| message.left_ms(now) == Some(0))
            }
            _ => false,
        }
    }
}

/// The message behind a sealed box, as long as it lives.
pub(super) fn sealed<'a>(model: &'a Model, room: &Line, row: u64) -> Option<&'a Message> {
    let room = model.room(Some(room)).ok()?;
    room.scroll.get(row).map(|said| &said.message)
}

/// The text of a message as the talk and lists may show it. What opens once is read in its own box and nowhere else.
pub(super) fn in_the_talk(message: &Message, now: Mono) -> Option<&Body> {
    message.readable(now).filter(|_| message.mine || message.once_ms.is_none())
}

/// Living messages of the talk in front with this in them, the latest first.
pub(super) fn search(screen: &Screen, wanted: &str, now: Mono) -> Vec<u64> {
    let (Some(room), Some(circle)) = (screen.front(), screen.circle()) else { return Vec::new() };
    let found = room.scroll.search(wanted, now).into_iter().rev().map(|(row, _)| row);
    let shown =
        |row: &u64| room.scroll.get(*row).is_some_and(|said| in_the_talk(&said.message, now).is_some());
    let here = |row: &u64| room.scroll.partner(*row) == circle.with;
    found.filter(here).filter(shown).collect()
}

fn member(row: &MemberRow, ascii: bool) -> String {
    let (nick, tag, role) = (row.who.nick.as_str(), row.who.tag.as_str(), row.who.role.name());
    let me = if row.me { ", this is you" } else { "" };
    let away = if row.away { ", away" } else { "" };
    let alike = if row.alike { ", mind the tag: another nick looks the same" } else { "" };
    let friend = if row.who.friend { ", friend" } else { "" };
    let serve = if row.who.serve { ", serve" } else { "" };
    let status = status(&row.who).map(|status| format!(", {status}")).unwrap_or_default();
    format!("{} {nick} ({tag}), {role}{serve}{friend}{me}{away}{alike}{status}", sign(&row.who, ascii))
}

fn person(profile: &Profile, ascii: bool) -> Vec<String> {
    let mut lines = shown(&profile.who, ascii);
    lines.push(format!("key {}", hex(&profile.who.id.0)));
    if let Some(link) = &profile.link {
        let rtt = link.rtt_ms.map_or_else(|| "round trip not measured".to_owned(), |ms| format!("{ms} ms"));
        lines.push(format!("reached {}, {rtt}", link.route.name()));
    }
    let rooms: Vec<&str> = profile.rooms.iter().map(Line::as_str).collect();
    lines.push(format!("rooms shared: {}", rooms.join(", ")));
    lines
}

/// Somebody with all that stands beside the nick.
fn shown(who: &Person, ascii: bool) -> Vec<String> {
    let (nick, tag, role) = (who.nick.as_str(), who.tag.as_str(), who.role.name());
    let friend = if who.friend { ", friend" } else { "" };
    let mut lines = vec![format!("{} {nick} ({tag}), {role}{friend}", sign(who, ascii))];
    lines.extend(status(who));
    lines.push(format!("avatar {}", who.avatar.words()));
    lines
}

fn sign(who: &Person, ascii: bool) -> &'static str {
    let sign = who.avatar.sign();
    if ascii { sign.plain } else { sign.glyph }
}

fn status(who: &Person) -> Option<String> {
    (!who.status.is_empty()).then(|| format!("status: {}", who.status.as_str()))
}
