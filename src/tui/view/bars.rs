//! The bars above and below the talk: the room and what is private in it; the draft; how things stand.

use ratatui_core::layout::{Position, Rect};
use zeroize::Zeroizing;

use super::pen::Pen;
use super::sides;
use super::talk::new_rows;
use crate::base::time::Mono;
use crate::chat::circle::Circle;
use crate::chat::duration;
use crate::chat::event::{Facts, Person};
use crate::chat::model::Room;
use crate::chat::name::{Level, Mode, Reach, Route, Standing};
use crate::chat::telling::Told;
use crate::chat::way::route_words;
use crate::tui::overlay::Overlay;
use crate::tui::place::Way;
use crate::tui::screen::{Moment, Screen};
use crate::tui::theme::Ink;
use crate::tui::wrap;

/// Lines of a reason that are shown.
const NOTE_LINES: usize = 3;
/// Lines of a draft that are shown at once.
pub(super) const DRAFT_LINES: u16 = 5;

/// Below this width the draft needs the columns more than what stands before it.
const BRIEF: u16 = 40;

const MINUTE_MS: u64 = 60_000;
/// Columns of a topic in the heading: fewer say nothing.
const TOPIC: u16 = 12;

/// Which room this is, and who can read it.
pub(super) fn header(screen: &Screen, at: Moment, area: Rect, pen: &mut Pen<'_>) {
    let y = area.y;
    let Some(room) = screen.front() else {
        let name = screen.door.as_ref().map_or("ephem-node", |room| room.as_str());
        pen.put(area.x + 1, y, name, Ink::Text, area.width.saturating_sub(1));
        return;
    };
    if let Some(circle) = screen.circle()
        && let Some((room, Some(person))) = screen.who_is(&circle)
    {
        return partner(screen, room, &circle, person, area, pen);
    }
    let facts = &room.facts;
    let mut x = pen.put(area.x + 1, y, &format!("#{}", room.name.as_str()), Ink::Mine, area.width / 3);
    let mut say = |pen: &mut Pen<'_>, text: &str, ink: Ink| {
        let left = area.right().saturating_sub(x + 2);
        if wrap::columns(text) <= usize::from(left) {
            x = pen.put(x + 2, y, text, ink, left);
        }
    };
    let (mode, ink) = match facts.mode {
        Mode::Open => ("OPEN", Ink::Warn),
        Mode::Passphrase | Mode::Invite => ("PRIVATE", Ink::Good),
    };
    say(pen, mode, ink);
    say(pen, &format!("{} here", facts.members), Ink::Text);
    if let Some((words, ink)) = standing(screen, room, facts) {
        say(pen, &words, ink);
    }
    match room.listed {
        Reach::Off => {}
        Reach::Near => say(pen, "listed nearby", Ink::Text),
        Reach::On => say(pen, "listed", Ink::Text),
    }
    if facts.persist {
        say(pen, "lasts", Ink::Text);
    }
    say(pen, &format!("mark {}", facts.mark.as_str()), Ink::Text);
    let mut right = format!("ttl {}", duration::short(facts.ttl_ms));
    if let Some(closes) = facts.closes {
        let left = closes.at.since(at.now);
        // Whole minutes; in the last one, what a fuse would say.
        let said = if left < MINUTE_MS {
            duration::fuse(left)
        } else {
            duration::short(left / MINUTE_MS * MINUTE_MS)
        };
        right.push_str(&format!("   closes in {said}"));
    }
    let columns = wrap::columns(&right) as u16;
    let end = area.right().saturating_sub(1);
    if x + 2 + columns <= end {
        pen.put_right(end, y, &right, Ink::Dim, columns);
        // As much of what it is about as fits between: /topic in the talk had all of it.
        if let Some(topic) = &facts.topic {
            let left = (end - columns).saturating_sub(x + 4);
            if left >= TOPIC || wrap::columns(topic.as_str()) <= usize::from(left) {
                pen.put_cut(x + 2, y, topic.as_str(), Ink::Dim, left);
            }
        }
    }
}

/// With whom one talks alone, who can read it, and by which way it goes.
fn partner(screen: &Screen, room: &Room, circle: &Circle, person: &Person, area: Rect, pen: &mut Pen<'_>) {
    let y = area.y;
    let x = pen.avatar(area.x + 1, y, person.avatar) + 1;
    let mut x = pen.put(x, y, screen.short_name(room, person), Ink::Mine, area.width / 3);
    let mut say = |pen: &mut Pen<'_>, texts: &[&str], ink: Ink| {
        let left = area.right().saturating_sub(x + 2);
        if let Some(text) = texts.iter().find(|text| wrap::columns(text) <= usize::from(left)) {
            x = pen.put(x + 2, y, text, ink, left);
        }
    };
    let sealed: &[&str] =
        if area.width < super::SIDES { &["ALONE, sealed"] } else { &["ALONE, sealed to this one person"] };
    say(pen, sealed, Ink::Good);
    if room.people.get(&person.id).is_none() {
        say(pen, &["not here any more", "gone"], Ink::Warn);
    }
    if room.is_verified(&person.id) {
        say(pen, &["words shown"], Ink::Good);
    } else {
        say(pen, &["not compared: /verify", "not compared"], Ink::Warn);
    }
    match screen.places.get(circle).map(|place| place.way).unwrap_or_default() {
        Way::Unknown => {}
        Way::Link(route) => say(pen, &[route_words(route)], Ink::Text),
        Way::Others => say(pen, &["through others in the room", "through others"], Ink::Text),
    }
}

/// A standing that is not the usual one.
fn standing(screen: &Screen, room: &Room, facts: &Facts) -> Option<(String, Ink)> {
    match (facts.state, &facts.only) {
        (Standing::Confirmed, None) => None,
        (Standing::Confirmed | Standing::Unconfirmed, Some(only)) => {
            Some((format!("with {} only", screen.name(Some(&room.name), only)), Ink::Warn))
        }
        (Standing::Unconfirmed, None) => Some(("unconfirmed".to_owned(), Ink::Warn)),
        (Standing::Searching, _) => Some(("searching".to_owned(), Ink::Dim)),
        (Standing::Alone, _) => Some(("alone".to_owned(), Ink::Dim)),
    }
}

/// How many lines the draft takes here.
pub(super) fn draft_lines(screen: &Screen, width: u16) -> u16 {
    let columns = usize::from(width.saturating_sub(wrap::columns(&prompt(screen, width)) as u16).max(1));
    let (_, _, lines) = screen.draft_ref().place(columns);
    (lines as u16).clamp(1, DRAFT_LINES) + rows_under(screen, width)
}

/// Rows under the draft: a reason is worth as many as it takes to be read.
fn rows_under(screen: &Screen, width: u16) -> u16 {
    match &screen.note {
        _ if screen.completing.is_some() => 1,
        Some(note) => wrap::lines(&sentence(note), usize::from(width)).take(NOTE_LINES).count() as u16,
        None => 0,
    }
}

fn sentence(note: &Told) -> Zeroizing<String> {
    let between = if note.hint.is_empty() { "" } else { "  " };
    Zeroizing::new(format!("{}{between}{}", note.text, note.hint))
}

/// How long the next message lives, and who alone gets it, where it is not for all.
fn prompt(screen: &Screen, width: u16) -> String {
    let Some(room) = screen.front() else { return "[..] ".to_owned() };
    let lives = room.next_ttl_s.map_or(room.facts.ttl_ms, |seconds| seconds * 1_000);
    let lives = duration::short(lives);
    match screen.partner_name() {
        Some(name) => {
            let most = usize::from(width / 4);
            let shown = wrap::lines(&name, most).next().unwrap_or_default();
            let cut = if shown.len() < name.len() { ".." } else { "" };
            if width < BRIEF {
                format!("[to {shown}{cut}] ")
            } else {
                format!("[{lives}] [to {shown}{cut} alone] ")
            }
        }
        None => format!("[{lives}] "),
    }
}

/// The draft; gives where the caret is.
pub(super) fn draft(screen: &Screen, area: Rect, pen: &mut Pen<'_>) -> Position {
    let shown = prompt(screen, area.width);
    let x = pen.put(area.x, area.y, &shown, Ink::Key, area.width);
    let width = area.right().saturating_sub(x).max(1);
    let draft = screen.draft_ref();
    let (line, column, count) = draft.place(usize::from(width));
    let rows = area.height.saturating_sub(rows_under(screen, area.width)).max(1);
    // The line with the caret is always among those shown.
    let first = (line + 1).saturating_sub(usize::from(rows)).min(count.saturating_sub(usize::from(rows)));
    if draft.is_empty() {
        let hint = if screen.front().is_some() {
            "write a message, / for commands"
        } else {
            "write; it waits until the room is there"
        };
        pen.put(x, area.y, hint, Ink::Dim, width);
    }
    for (n, part) in
        wrap::lines(draft.text(), usize::from(width)).skip(first).take(usize::from(rows)).enumerate()
    {
        pen.put(x, area.y + n as u16, part, Ink::Text, width);
    }
    let y = area.y + rows;
    if y < area.bottom() {
        under(screen, Rect { y, height: area.bottom() - y, ..area }, pen);
    }
    Position { x: x + column as u16, y: area.y + (line - first.min(line)) as u16 }
}

/// Who is writing, at the end of a line between talk and draft.
pub(super) fn typing(screen: &Screen, at: Moment, area: Rect, pen: &mut Pen<'_>) {
    let Some(words) = screen.typing_words(at.now) else { return };
    let columns = wrap::columns(&words) as u16 + 2;
    if columns + 1 < area.width {
        pen.put_right(area.right() - 1, area.y, &format!(" {words} "), Ink::Dim, columns);
    }
}

/// What is wrong with the draft, or what it could become.
fn under(screen: &Screen, area: Rect, pen: &mut Pen<'_>) {
    if let Some(completing) = &screen.completing {
        let mut x = area.x;
        for (n, candidate) in completing.candidates.iter().enumerate().skip(completing.at.saturating_sub(2)) {
            let ink = if n == completing.at { Ink::Chosen } else { Ink::Dim };
            let word = candidate.trim_end();
            if x + wrap::columns(word) as u16 + 2 > area.right() {
                break;
            }
            x = pen.put(x, area.y, word, ink, area.right() - x) + 2;
        }
        return;
    }
    let Some(note) = &screen.note else { return };
    let ink = match note.level {
        Level::Info => Ink::Dim,
        Level::Warn => Ink::Warn,
        Level::Error => Ink::Bad,
    };
    let line = sentence(note);
    let mut said = note.text.len();
    for (n, part) in wrap::lines(&line, usize::from(area.width)).take(usize::from(area.height)).enumerate() {
        let y = area.y + n as u16;
        let (text, rest) = part.split_at_checked(said.min(part.len())).unwrap_or((part, ""));
        let x = pen.put(area.x, y, text, ink, area.width);
        pen.put(x, y, rest, Ink::Dim, area.right().saturating_sub(x));
        // What the cut took away was one space, or nothing.
        said = said.saturating_sub(part.len());
    }
}

/// How the others are reached, how old the keys are, whether the clock is right; gives when that is to be said anew.
pub(super) fn status(screen: &Screen, at: Moment, area: Rect, pen: &mut Pen<'_>) -> Option<Mono> {
    let bar = pen.sign(" \u{2502} ", " | ");
    let mut parts = vec![peers(screen)];
    if let Some(room) = screen.front() {
        parts.push(sealed(screen, room, at));
        if area.width < super::SIDES {
            parts.extend(waiting(screen));
        }
        let circle = screen.circle().unwrap_or_else(|| Circle::room(&room.name));
        if let Some(place) = screen.places.get(&circle).filter(|place| place.top.is_some()) {
            let new = match new_rows(room, place, circle.with) {
                0 => String::new(),
                new => format!(", {new} new"),
            };
            parts.push((format!("scrolled back{new}, End returns"), Ink::Mention));
        }
        if screen.away {
            parts.push(("you are away, /back ends it".to_owned(), Ink::Warn));
        }
        if room.burned_unread > 0 {
            parts.push((format!("{} burned unread", room.burned_unread), Ink::Dim));
        }
    }
    parts.push(match screen.clock_off_ms {
        Some(off) if off.unsigned_abs() > 30_000 => (format!("clock {:+}s", -off / 1_000), Ink::Warn),
        _ => ("clock ok".to_owned(), Ink::Dim),
    });
    let hint = match &screen.overlay {
        Some(Overlay::Curtain(_) | Overlay::Door(_)) => "",
        _ => "F1 help  Ctrl+K menu",
    };
    let hint_columns = wrap::columns(hint) as u16 + 2;
    let mut x = area.x + 1;
    for (n, (text, ink)) in parts.iter().enumerate() {
        if x + wrap::columns(text) as u16 + 3 > area.right() {
            break;
        }
        if n > 0 {
            x = pen.put(x, area.y, bar, Ink::Dim, 3);
        }
        x = pen.put(x, area.y, text, *ink, area.right() - x);
    }
    if x + hint_columns < area.right() {
        pen.put_right(area.right() - 1, area.y, hint, Ink::Dim, hint_columns);
    }
    let room = screen.front()?;
    // The age of the keys and the time left to the room are told in minutes, its last one in seconds.
    let closes = room.facts.closes.map(|closes| closes.at.since(at.now)).filter(|left| *left > 0);
    let aged = screen.keys.get(&room.name).map(|age| MINUTE_MS - at.now.since(age.made) % MINUTE_MS);
    let next = closes
        .map(|left| if left < MINUTE_MS { duration::fuse_changes_in(left) } else { left % MINUTE_MS + 1 })
        .into_iter()
        .chain(aged)
        .min()?;
    Some(at.now + next)
}

/// What waits elsewhere, where there is no list beside the talk.
fn waiting(screen: &Screen) -> Vec<(String, Ink)> {
    let front = screen.circle();
    let mut parts = Vec::new();
    for circle in screen.circles().iter().filter(|circle| Some(*circle) != front.as_ref()) {
        let Some((room, person)) = screen.who_is(circle) else { continue };
        let (waits, _) = sides::waits(screen, room, circle);
        match person {
            Some(person) if !waits.is_empty() => {
                parts.push((format!("{} {waits}", screen.short_name(room, person)), Ink::Mention));
            }
            None if room.unread > 0 => {
                parts.push((format!("#{} {}", room.name.as_str(), room.unread), Ink::Mention));
            }
            _ => {}
        }
    }
    parts
}

fn peers(screen: &Screen) -> (String, Ink) {
    let (mut straight, mut relayed) = (0_usize, 0_usize);
    for (link, _) in screen.model.links.all() {
        match link.route {
            Route::Lan | Route::Direct => straight += 1,
            Route::Relay => relayed += 1,
        }
    }
    match (straight, relayed) {
        (0, 0) => ("no link".to_owned(), Ink::Warn),
        (straight, 0) => (format!("{straight} direct"), Ink::Dim),
        (straight, relayed) => (format!("{straight} direct {relayed} relayed"), Ink::Dim),
    }
}

fn sealed(screen: &Screen, room: &Room, at: Moment) -> (String, Ink) {
    if screen.circle().is_some_and(|circle| circle.with.is_some()) {
        return ("sealed to one".to_owned(), Ink::Dim);
    }
    let open = if room.facts.mode == Mode::Open { ", by its name alone" } else { "" };
    match (room.facts.state, screen.keys.get(&room.name)) {
        (Standing::Searching, _) | (_, None) => ("no keys yet".to_owned(), Ink::Dim),
        (_, Some(age)) => {
            let minutes = at.now.since(age.made) / 60_000;
            let ink = if open.is_empty() { Ink::Dim } else { Ink::Warn };
            (format!("sealed{open}, keys {minutes}m"), ink)
        }
    }
}
