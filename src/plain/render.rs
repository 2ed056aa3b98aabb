//! Events as lines, and what time brings about between them.

use std::io::{self, Write};

use super::answer;
use super::line::{head, heading, message, name, told};
use super::state::{Burns, Moment, State};
use crate::chat::duration::words;
use crate::chat::event::{
    Event, Fate, Invite, KeptLine, MemberLine, Message, PeerLine, Person, Receipt, RoomLine,
};
use crate::chat::name::{Level, PeerChange, RoomChange};
use crate::chat::notice::{Notice, Said};
use crate::chat::problem::Problem;
use crate::chat::telling::{self, mode_words};
use crate::chat::text::Line;
use crate::chat::way::reach_words;

/// Takes an event in and prints what is to be said about it.
pub fn render(event: &Event, at: Moment, state: &mut State, out: &mut impl Write) -> io::Result<()> {
    state.model.update(at.now, event);
    match event {
        Event::Hello(hello) => {
            notice(state, at, &Notice::node(Said::CannotUnprint), out)?;
            if state.is_utc_by_default() {
                notice(state, at, &Notice::node(Said::Utc), out)?;
            }
            told(
                state,
                at,
                None,
                format_args!("you are {} ({})", hello.nick.as_str(), hello.tag.as_str()),
                out,
            )
        }
        Event::Listening(addr) => told(state, at, None, format_args!("listening on {}", addr.as_str()), out),
        Event::Room(line) => room(state, at, line, out),
        Event::Invite(line) => invite(state, at, line, out),
        Event::Member(line) => member(state, at, line, out),
        Event::Message(line) => said(state, at, line, out),
        Event::Receipt(line) => receipt(state, at, line, out),
        Event::Burned(_) => {
            state.burned.count += 1;
            burned(state, at, out)
        }
        Event::Kept(line) => kept(state, at, line, out),
        Event::Peer(line) => peer(state, at, line, out),
        // A failure is a notice, too; the rest is for whoever looks closer. What neighbours list, /rooms tells. What is over in
        // seconds has no place among lines that stay.
        Event::Bootstrap(_) | Event::Listing(_) | Event::Typing(_) => Ok(()),
        Event::Net(line) => {
            let reach = reach_words(Some(line));
            let (addresses, relays) = (line.addresses.len(), line.relays.len());
            told(state, at, None, format_args!("{reach}; addresses: {addresses}, relays: {relays}"), out)
        }
        Event::Keys(line) => match telling::keys(line.change) {
            Some(said) => told(state, at, Some(&line.room), said.text, out),
            None => Ok(()),
        },
        Event::Notice(line) => notice(state, at, line, out),
        Event::Reply(reply) => answer::reply(state, at, reply, out),
        Event::Bye(bye) => told(state, at, None, format_args!("ended: {}", bye.why.as_str()), out),
    }
}

/// Prints what time has brought about. To be called when [`State::next_due`] has come; too early is no harm.
pub fn tick(at: Moment, state: &mut State, out: &mut impl Write) -> io::Result<()> {
    state.model.tick(at.now);
    for (room, wait, waited) in state.model.waits(at.now) {
        let known = state.model.room(Some(&room)).ok();
        if let Some(meaning) = known.and_then(|known| Said::of_wait(wait, waited, &known.facts)) {
            notice(state, at, &Notice::room(&room, meaning), out)?;
            continue;
        }
        told(state, at, Some(&room), format_args!("room {}: {}", room.as_str(), wait.sentence(waited)), out)?;
    }
    burned(state, at, out)
}

/// Prints a notice.
pub(super) fn notice(state: &State, at: Moment, notice: &Notice, out: &mut impl Write) -> io::Result<()> {
    let level = match notice.said.level() {
        Level::Info => "notice",
        Level::Warn => "warning",
        Level::Error => "error",
    };
    sentence(state, at, notice.room.as_ref(), level, &notice.said.text(), &notice.said.hint(), out)
}

/// Prints why something was not done.
pub(super) fn problem(state: &State, at: Moment, why: &Problem, out: &mut impl Write) -> io::Result<()> {
    sentence(state, at, None, "error", &why.text(), &why.hint(), out)
}

fn sentence(
    state: &State,
    at: Moment,
    room: Option<&Line>,
    level: &str,
    text: &str,
    hint: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    head(state, at.ts, room, out)?;
    write!(out, "{level}: {text}")?;
    if hint.is_empty() { writeln!(out) } else { writeln!(out, " ({hint})") }
}

fn room(state: &mut State, at: Moment, line: &RoomLine, out: &mut impl Write) -> io::Result<()> {
    if matches!(line.change, RoomChange::Joining | RoomChange::Joined) {
        state.model.bring_to_front(&line.room);
    }
    let (room, facts, on) = (line.room.as_str(), &line.facts, Some(&line.room));
    match line.change {
        RoomChange::State => stands(state, at, &line.room, out)?,
        // What the screen shows in its header.
        RoomChange::Joined => {
            let (mode, mark, lives) = (mode_words(facts.mode), facts.mark.as_str(), words(facts.ttl_ms));
            let people = if facts.members == 1 { "1 person" } else { &format!("{} people", facts.members) };
            let closes =
                facts.closes.map(|end| format!(", closes in {}", words(end.in_ms))).unwrap_or_default();
            let said =
                format_args!("room {room}: {mode}, mark {mark}, {people}, messages live {lives}{closes}");
            told(state, at, on, said, out)?;
        }
        // A notice of the same has come before it, in more words.
        RoomChange::Closed | RoomChange::Expired | RoomChange::Merged | RoomChange::Conflict => {}
        RoomChange::Joining | RoomChange::Left | RoomChange::Settings | RoomChange::Owner => {
            let said = telling::room(line, &|who| name(state, &line.room, who).to_string());
            if let Some(said) = said {
                told(state, at, on, format_args!("room {room}: {}", said.text), out)?;
            }
        }
    }
    if line.change == RoomChange::Joining {
        stands(state, at, &line.room, out)?;
    }
    let Some(token) = &line.reclaim else { return Ok(()) };
    told(state, at, on, format_args!("room {room}: reclaim token, shown once: {}", token.as_str()), out)
}

/// Says how a room stands, unless that was said.
fn stands(state: &mut State, at: Moment, room: &Line, out: &mut impl Write) -> io::Result<()> {
    match state.model.stands(room) {
        Some(said) => notice(state, at, &Notice::room(room, said), out),
        None => Ok(()),
    }
}

pub(super) fn invite(state: &State, at: Moment, invite: &Invite, out: &mut impl Write) -> io::Result<()> {
    let left = words(invite.until.0.saturating_sub(at.ts.0));
    let uses = invite.uses;
    let on = Some(&invite.room);
    told(
        state,
        at,
        on,
        format_args!("invite, {uses} uses, good for {left}: {}", invite.invite.as_str()),
        out,
    )?;
    told(state, at, on, format_args!("invite in words: {}", invite.words.as_str()), out)
}

fn member(state: &State, at: Moment, line: &MemberLine, out: &mut impl Write) -> io::Result<()> {
    let names = |person: &Person| name(state, &line.room, person).to_string();
    match telling::member(line, &names, at.ts) {
        Some(said) => told(state, at, Some(&line.room), said.text, out),
        None => Ok(()),
    }
}

fn kept(state: &State, at: Moment, line: &KeptLine, out: &mut impl Write) -> io::Result<()> {
    let room = state.model.room(Some(&line.room)).ok();
    let Some(number) = room.and_then(|room| room.scroll.number_of(&line.id)) else { return Ok(()) };
    let names = |person: &Person| name(state, &line.room, person).to_string();
    let said = telling::kept(line, &format!("#{number}"), &names);
    told(state, at, Some(&line.room), said.text, out)
}

fn said(state: &mut State, at: Moment, line: &Message, out: &mut impl Write) -> io::Result<()> {
    let found = state.model.room(Some(&line.room)).ok();
    let Some((room, number)) = found.and_then(|room| Some((room, room.scroll.number_of(&line.id)?))) else {
        return Ok(());
    };
    if !line.mine && room.hides(&line.from.id) {
        return Ok(());
    }
    // Mine stands on the terminal already, where it was typed.
    if line.mine || (state.hold && line.text.is_some() && line.once_ms.is_none()) {
        return heading(state, at, number, line, out);
    }
    message(state, at, number, line, out)?;
    if line.text.is_some() {
        state.model.read(&line.room, number);
    }
    Ok(())
}

fn receipt(state: &State, at: Moment, line: &Receipt, out: &mut impl Write) -> io::Result<()> {
    let room = state.model.room(Some(&line.room)).ok();
    let number = line.id.as_ref().and_then(|id| room?.scroll.number_of(id));
    let which = number.map_or_else(|| "your message".to_owned(), |number| format!("message {number}"));
    let on = Some(&line.room);
    match &line.fate {
        // It has a name already, so it is in the room, and alone there.
        Fate::Queued if line.id.is_some() => told(
            state,
            at,
            on,
            format_args!("{which} stays here: nobody else is in the room to hear it"),
            out,
        ),
        Fate::Queued => told(state, at, on, format_args!("{which} waits to be sent"), out),
        // One line when everybody has it; each step on the way would be noise.
        Fate::Delivered { count, of } if count >= of && *of > 0 => {
            told(state, at, on, format_args!("{which} delivered to {count} of {of}"), out)
        }
        Fate::Seen { count, of } if count >= of && *of > 0 => {
            told(state, at, on, format_args!("{which} seen by {count} of {of}"), out)
        }
        Fate::Sent | Fate::Delivered { .. } | Fate::Seen { .. } => Ok(()),
        Fate::Opened(by) => {
            told(state, at, on, format_args!("{} opened {which}", name(state, &line.room, by)), out)
        }
        Fate::Failed(why) => {
            let (text, hint) = (format!("{which} was not sent: {}", why.text()), why.hint());
            sentence(state, at, on, "error", &text, &hint, out)
        }
    }
}

fn peer(state: &State, at: Moment, line: &PeerLine, out: &mut impl Write) -> io::Result<()> {
    let change = match line.change {
        PeerChange::Connected => "up",
        PeerChange::Upgraded => "better",
        PeerChange::Lost => "lost",
        PeerChange::Room => "in a room",
    };
    head(state, at.ts, None, out)?;
    write!(out, "link {change}: {}, {}", line.peer.as_str(), line.route.name())?;
    match line.rtt_ms {
        Some(ms) => writeln!(out, ", {ms} ms"),
        None => writeln!(out),
    }
}

/// Says how many burned, if it is time to.
fn burned(state: &mut State, at: Moment, out: &mut impl Write) -> io::Result<()> {
    let burns = &state.burned;
    if burns.count == 0 || at.now < burns.due() {
        return Ok(());
    }
    let unread: usize = state.model.rooms().iter().map(|room| room.burned_unread).sum();
    let new = unread.saturating_sub(burns.unread);
    let messages = if burns.count == 1 { "1 message" } else { &format!("{} messages", burns.count) };
    let seen = if new > 0 { format!(", {new} unread") } else { String::new() };
    told(state, at, None, format_args!("{messages} burned{seen}"), out)?;
    state.burned = Burns { count: 0, unread, told: Some(at.now) };
    Ok(())
}
