//! One line of output: time, room where there are several, and then what happened. Text of others goes through here only,
//! and cannot begin a line of its own.

use std::fmt::{self, Display};
use std::io::{self, Write};

use super::state::{Moment, State};
use crate::base::time::Unix;
use crate::chat::duration::words;
use crate::chat::event::{Message, Person};
use crate::chat::model::Room;
use crate::chat::name::Kind;
use crate::chat::text::Line;

/// What every line after the first of a message begins with: a message that tries to look like several stays one.
const FOLLOWING: &[u8] = b"\n      | ";

/// Writes the time and, where several rooms are joined, the room.
pub(super) fn head(state: &State, at: Unix, room: Option<&Line>, out: &mut impl Write) -> io::Result<()> {
    let (hour, minute) = state.clock(at);
    write!(out, "{hour:02}:{minute:02} ")?;
    match room {
        Some(room) if state.model.rooms().len() > 1 => write!(out, "#{} ", room.as_str()),
        _ => Ok(()),
    }
}

/// Writes one line of our own words.
pub(super) fn told(
    state: &State,
    at: Moment,
    room: Option<&Line>,
    said: impl Display,
    out: &mut impl Write,
) -> io::Result<()> {
    head(state, at.ts, room, out)?;
    writeln!(out, "{said}")
}

/// Writes a message with its text.
pub(super) fn message(
    state: &State,
    at: Moment,
    number: u64,
    message: &Message,
    out: &mut impl Write,
) -> io::Result<()> {
    head(state, message.sent, Some(&message.room), out)?;
    let from = name(state, &message.room, &message.from);
    match (message.kind, message.readable(at.now)) {
        (_, None) if message.asks => {
            write!(out, "{from} writes to you alone for the first time: /open {number} shows it")?;
        }
        (_, None) => {
            let open_ms = message.once_ms.unwrap_or_default();
            write!(
                out,
                "{from} sent a one-time message{}: /open {number} shows it once, for {}",
                to_me(message),
                words(open_ms)
            )?;
        }
        (kind, Some(text)) => {
            match kind {
                Kind::Text if message.mine => write!(out, "you: ")?,
                Kind::Text => write!(out, "{from}: ")?,
                Kind::Action => write!(out, "* {from} ")?,
                Kind::Announce => write!(out, "announcement from {from}: ")?,
                Kind::Dm if message.mine => write!(out, "you{}: ", alone_to(state, message))?,
                Kind::Dm => write!(out, "{from} to you alone: ")?,
                Kind::Report => match &message.about {
                    Some(about) => {
                        write!(out, "report from {from} about {}: ", name(state, &message.room, about))?;
                    }
                    None => write!(out, "report from {from}: ")?,
                },
            }
            body(text.as_str(), out)?;
        }
    }
    writeln!(out, " (message {number}, {})", Life(message, at))
}

/// Writes a message without its text: that it is there, and whose.
pub(super) fn heading(
    state: &State,
    at: Moment,
    number: u64,
    message: &Message,
    out: &mut impl Write,
) -> io::Result<()> {
    head(state, message.sent, Some(&message.room), out)?;
    let from = name(state, &message.room, &message.from);
    if message.mine {
        return writeln!(out, "you{}: message {number}, {}", alone_to(state, message), Life(message, at));
    }
    let length = message.text.as_ref().map_or(0, |text| text.as_str().chars().count());
    let to_me = to_me(message);
    let life = Life(message, at);
    writeln!(out, "message {number} from {from}{to_me}, {length} characters, {life}: /read {number}")
}

fn to_me(message: &Message) -> &'static str {
    if message.partner().is_some() && !message.mine { " to you alone" } else { "" }
}

fn alone_to(state: &State, message: &Message) -> String {
    message.to.as_ref().map(|to| format!(" to {} alone", name(state, &message.room, to))).unwrap_or_default()
}

/// A message's text, each line of it marked as belonging to the one before.
fn body(text: &str, out: &mut impl Write) -> io::Result<()> {
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.write_all(FOLLOWING)?;
        }
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

/// Somebody's nick, with the tag where the nick could be taken for another's or for our own words.
pub(super) fn name<'a>(state: &'a State, room: &Line, person: &'a Person) -> Name<'a> {
    let room: Option<&Room> = state.model.room(Some(room)).ok();
    let tagged = room.is_none_or(|room| room.people.needs_tag(person));
    Name { person, tagged }
}

/// A nick as it is shown.
pub(super) struct Name<'a> {
    person: &'a Person,
    tagged: bool,
}

impl Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.person.nick.as_str())?;
        if self.tagged { write!(f, " ({})", self.person.tag.as_str()) } else { Ok(()) }
    }
}

/// How long a message lives still.
struct Life<'a>(&'a Message, Moment);

impl Display for Life<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.left_ms(self.1.now), self.0.keep) {
            (_, true) => f.write_str("kept"),
            (Some(ms), _) => write!(f, "{}", words(ms)),
            (None, _) => write!(f, "{} once read", words(self.0.ttl_ms)),
        }
    }
}
