//! Answers as lines: lists one row a line, never a table that only eyes can read.

use std::io::{self, Write};

use super::line::{message, name, told};
use super::render::{invite, notice, problem};
use super::state::{Moment, State};
use crate::base::id::hex;
use crate::chat::doctor::Finding;
use crate::chat::duration::words;
use crate::chat::event::{Facts, PeerLine, Person};
use crate::chat::notice::{Notice, Said};
use crate::chat::reply::{Answer, InviteRow, MemberRow, Reply, RoomRow, Status};
use crate::chat::text::Line;
use crate::chat::way::{reach_words, short};

/// Prints an answer.
pub(super) fn reply(state: &mut State, at: Moment, reply: &Reply, out: &mut impl Write) -> io::Result<()> {
    match &reply.outcome {
        Ok(done) => answer(state, at, done, out),
        Err(why) => problem(state, at, why, out),
    }
}

/// Prints what was asked for.
pub(super) fn answer(state: &mut State, at: Moment, answer: &Answer, out: &mut impl Write) -> io::Result<()> {
    match answer {
        Answer::Done => told(state, at, None, "done", out),
        // The message's own line follows; what waits is told by its receipt.
        Answer::Sent(_) => Ok(()),
        Answer::Burned(count) => told(state, at, None, format_args!("done: {count} taken back"), out),
        Answer::Room(room) => told(state, at, None, format_args!("room {}", room.as_str()), out),
        Answer::Members(rows) => rows.iter().try_for_each(|row| member(state, at, row, out)),
        Answer::Rooms(rows, found) => {
            rooms(state, at, rows, out)?;
            found.words().iter().try_for_each(|line| told(state, at, None, line.as_str(), out))
        }
        Answer::Listed(listed) => told(state, at, None, listed.words(), out),
        Answer::Person(profile) => {
            let who = &profile.who;
            let (nick, tag, role) = (who.nick.as_str(), who.tag.as_str(), who.role.name());
            let friend = if who.friend { ", friend" } else { "" };
            told(
                state,
                at,
                None,
                format_args!("{nick} ({tag}), {role}{friend}, key {}", hex(&who.id.0)),
                out,
            )?;
            told(state, at, None, shown_words(who), out)?;
            if let Some(link) = &profile.link {
                told(state, at, None, link_words(link), out)?;
            }
            let rooms: Vec<&str> = profile.rooms.iter().map(Line::as_str).collect();
            told(state, at, None, format_args!("rooms shared: {}", rooms.join(", ")), out)
        }
        Answer::Mine(mine) => {
            let (nick, tag) = (mine.who.nick.as_str(), mine.who.tag.as_str());
            let shown = shown_words(&mine.who);
            told(state, at, None, format_args!("others see {nick} ({tag}), {shown}"), out)?;
            match mine.limit() {
                Some(limit) => notice(state, at, &Notice::node(limit), out),
                None => Ok(()),
            }
        }
        Answer::Words { with, words } => {
            let (nick, tag) = (with.nick.as_str(), with.tag.as_str());
            told(
                state,
                at,
                None,
                format_args!("compare these words with {nick} ({tag}): {}", words.as_str()),
                out,
            )
        }
        Answer::Invite(line) => invite(state, at, line, out),
        Answer::Invites(rows) => invites(state, at, rows, out),
        Answer::Friends(friends) => {
            friends.words().iter().try_for_each(|line| told(state, at, None, line.as_str(), out))
        }
        Answer::Token(token) => told(state, at, None, format_args!("reclaim token: {}", token.as_str()), out),
        Answer::Messages(found) => messages(state, at, found.iter().map(|&(number, _)| number), out),
        Answer::Status(status) => told_status(state, at, status, out),
        Answer::Written(written) => told(state, at, None, written.words(), out),
        Answer::Findings(found) => findings(found, out),
        Answer::Kept(rows) => {
            rows.iter().try_for_each(|row| told(state, at, None, row.words().as_str(), out))
        }
        Answer::Page(page) => print(page, out),
        Answer::Sheet(listed) => print(&listed.page, out),
    }
}

fn print(page: &[Line], out: &mut impl Write) -> io::Result<()> {
    page.iter().try_for_each(|line| writeln!(out, "{}", line.as_str()))
}

/// Prints what was found out about this machine, a line each.
pub fn findings(found: &[Finding], out: &mut impl Write) -> io::Result<()> {
    found.iter().try_for_each(|finding| {
        let (part, health, text) = (finding.part().name(), finding.health().name(), finding.text());
        match finding.hint() {
            "" => writeln!(out, "{part}, {health}: {text}"),
            hint => writeln!(out, "{part}, {health}: {text} ({hint})"),
        }
    })
}

/// Prints living messages of the room in front, by number.
fn messages(
    state: &mut State,
    at: Moment,
    numbers: impl Iterator<Item = u64>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut none = true;
    for number in numbers {
        none &= !one(state, at, number, out)?;
    }
    if none { told(state, at, None, "nothing", out) } else { Ok(()) }
}

/// Prints one living message of the room in front with its text. False if there is none.
pub(super) fn one(state: &mut State, at: Moment, number: u64, out: &mut impl Write) -> io::Result<bool> {
    let found = state.model.room(None).ok().and_then(|room| room.scroll.get(number));
    let Some(living) =
        found.filter(|said| said.message.is_sealed() || said.message.readable(at.now).is_some())
    else {
        return Ok(false);
    };
    let room = living.message.room.clone();
    message(state, at, number, &living.message, out)?;
    state.model.read(&room, number);
    Ok(true)
}

/// Says that texts are held back from now on, or not any more.
pub(super) fn hold(state: &mut State, at: Moment, hold: bool, out: &mut impl Write) -> io::Result<()> {
    state.hold = hold;
    notice(state, at, &Notice::node(Said::Holding(hold)), out)
}

fn invites(state: &State, at: Moment, rows: &[InviteRow], out: &mut impl Write) -> io::Result<()> {
    if rows.is_empty() {
        return told(state, at, None, "no invite was made", out);
    }
    rows.iter().try_for_each(|row| told(state, at, None, row.words(at.ts), out))
}

fn member(state: &State, at: Moment, row: &MemberRow, out: &mut impl Write) -> io::Result<()> {
    let (nick, tag, role) = (row.who.nick.as_str(), row.who.tag.as_str(), row.who.role.name());
    let me = if row.me { ", this is you" } else { "" };
    let away = if row.away { ", away" } else { "" };
    let alike = if row.alike { ", mind the tag: another nick looks the same" } else { "" };
    let friend = if row.who.friend { ", friend" } else { "" };
    let serve = if row.who.serve { ", serve" } else { "" };
    let shown = shown_words(&row.who);
    told(
        state,
        at,
        None,
        format_args!("{nick} ({tag}), {role}{serve}{friend}{me}{away}{alike}, {shown}"),
        out,
    )
}

/// What stands beside a nick, in words.
fn shown_words(who: &Person) -> String {
    let avatar = who.avatar.words();
    if who.status.is_empty() {
        return format!("avatar {avatar}");
    }
    format!("avatar {avatar}, status: {}", who.status.as_str())
}

fn rooms(state: &State, at: Moment, rows: &[RoomRow], out: &mut impl Write) -> io::Result<()> {
    if rows.is_empty() {
        return told(state, at, None, "no room is joined", out);
    }
    for row in rows {
        let Facts { members, mark, state: standing, .. } = &row.facts;
        let (name, mark, standing, unread) = (row.room.as_str(), mark.as_str(), standing.name(), row.unread);
        let said = format_args!("room {name}: {standing}, mark {mark}, {members} here, {unread} unread");
        told(state, at, None, said, out)?;
        if let Some(only) = &row.facts.only {
            told(state, at, None, format_args!("room {name}: with {} only", name_of(state, row, only)), out)?;
        }
    }
    Ok(())
}

fn name_of(state: &State, row: &RoomRow, person: &crate::chat::event::Person) -> String {
    name(state, &row.room, person).to_string()
}

fn told_status(state: &State, at: Moment, status: &Status, out: &mut impl Write) -> io::Result<()> {
    rooms(state, at, &status.rooms, out)?;
    for link in &status.peers {
        told(state, at, None, link_words(link), out)?;
    }
    if let Some(net) = &status.net {
        let relays = net.relays.len();
        told(state, at, None, format_args!("{}; relays: {relays}", reach_words(Some(net))), out)?;
    }
    let links = status.peers.len();
    told(state, at, None, format_args!("{links} links; running for {}", words(status.uptime_ms)), out)
}

fn link_words(link: &PeerLine) -> String {
    // What was not measured says so.
    let rtt = link.rtt_ms.map_or_else(|| "round trip not measured".to_owned(), |ms| format!("{ms} ms"));
    let via = link.via.as_ref().map(|relay| format!(" {}", short(relay))).unwrap_or_default();
    format!("link to {}: {}{via}, {rtt}", link.peer.as_str(), link.route.name())
}
