//! Boxes over the talk.

use ratatui_core::layout::{Position, Rect};

use super::pen::Pen;
use super::{network, sides, square};
use crate::chat::duration;
use crate::chat::listing::{Found, Listing};
use crate::chat::reply::{FOR_THIS_RUN, FriendRow};
use crate::chat::request::Request;
use crate::tui::overlay::{self, Door, Overlay};
use crate::tui::palette;
use crate::tui::screen::{Moment, Screen};
use crate::tui::theme::Ink;
use crate::tui::wrap;

/// Widest box: a line longer than this is hard to read.
const WIDEST: u16 = 76;

/// Draws the box over the talk; gives where the caret is, if something is typed in it, and when its picture changes.
pub(super) fn draw(
    screen: &Screen,
    overlay: &mut Overlay,
    at: Moment,
    area: Rect,
    pen: &mut Pen<'_>,
) -> (Option<Position>, Option<u64>) {
    let mut changes = None;
    let caret = match overlay {
        Overlay::Curtain(_) => {
            pen.clear(area);
            let words = "hidden; any key shows it again, and messages still burn";
            middle(pen, area, words);
            None
        }
        Overlay::Door(door) => Some(the_door(screen, door, area, pen)),
        Overlay::Page { title, lines, scroll } => {
            page(title, lines, scroll, area, pen);
            None
        }
        Overlay::Palette { query, chosen } => {
            let specs = palette::matches(query.text());
            let role = screen.front().map(|room| room.facts.role);
            // What one's role does not allow stays, and says so first: there is little room on a small screen.
            let row =
                |spec: &&crate::chat::command::Spec| match role.and_then(|role| spec.allowed(role).err()) {
                    None => format!("{:30} {}", spec.usage(), spec.help),
                    Some(why) => format!("{:30} {}: {}", spec.usage(), why.text(), spec.help),
                };
            let rows = specs.iter().map(row).collect();
            Some(list("Everything that can be done", Some(query.text()), rows, *chosen, area, pen))
        }
        Overlay::Search { query, chosen } => {
            let found = overlay::search(screen, query.text(), at.now);
            let rows = found.iter().copied();
            Some(messages(
                "Search what still lives",
                Some(query.text()),
                screen,
                at,
                rows,
                *chosen,
                area,
                pen,
            ))
        }
        Overlay::Found { title, rows, chosen } => {
            messages(title, None, screen, at, rows.iter().copied(), *chosen, area, pen);
            None
        }
        Overlay::Members { scroll } => {
            let inner = frame("", wide(area, 40), area.height.saturating_sub(2), area, pen);
            if let Some(room) = screen.front() {
                sides::members(screen, room, inner, scroll, pen);
            }
            None
        }
        Overlay::Rooms { chosen, listed } => {
            rooms(screen, *chosen, listed.as_deref(), area, pen);
            None
        }
        Overlay::Network { scroll } => {
            page("How the others are reached", &network::lines(screen, at), scroll, area, pen);
            None
        }
        Overlay::Friends { friends, chosen } => {
            let mut rows: Vec<String> = friends.rows.iter().map(FriendRow::words).collect();
            rows.push(String::new());
            rows.push("[i] ask them into this room    [Enter] write to them".to_owned());
            if !friends.kept {
                rows.push(FOR_THIS_RUN.to_owned());
            }
            list("Friends", None, rows, *chosen, area, pen);
            None
        }
        Overlay::Sealed { room, row } => {
            changes = sealed(screen, room, *row, at, area, pen);
            None
        }
        Overlay::Sure { question, .. } => {
            let lines = [(*question).to_owned(), String::new(), "[y] do it    [n] leave it".to_owned()];
            page("Sure?", &lines, &mut 0, area, pen);
            None
        }
        Overlay::Token { asked, typed } => {
            let (title, line) = match &asked.request {
                Request::Join(_) => ("Come in", "The passphrase of the room; nothing of it is shown."),
                _ => ("Take the room back", "The reclaim token; nothing of it is shown."),
            };
            let inner = page(title, &[line.to_owned(), String::new()], &mut 0, area, pen);
            let dots = "*".repeat(typed.text().chars().count().min(usize::from(inner.width)));
            let y = inner.bottom().saturating_sub(1);
            let x = pen.put(inner.x, y, &dots, Ink::Text, inner.width);
            Some(Position { x, y })
        }
        Overlay::Secret { title, secret, lines, square, scanned } => {
            let mut all = lines.clone();
            if let Some(square) = square.as_ref().filter(|_| *scanned) {
                let words = [title.clone(), String::new(), lines.first().cloned().unwrap_or_default()];
                let keys = [String::new(), "[Tab] as a text".to_owned(), "[Enter] close".to_owned()];
                if square::draw(square, &words.into_iter().chain(keys).collect::<Vec<_>>(), area, pen) {
                    return (None, None);
                }
                all.push(format!(
                    "For the square this window is too small, or it has only letters: it takes {} columns.",
                    square.size() + 4
                ));
            } else if *scanned {
                all.push("It is too long for a square that a terminal shows.".to_owned());
            }
            let width = usize::from(wide(area, WIDEST).saturating_sub(4).max(1));
            let parts: Vec<&str> = wrap::lines(secret.as_str(), width).collect();
            let blank = all.len() + 1;
            all.extend(std::iter::repeat_n(String::new(), parts.len() + 2));
            let keys = if square.is_some() && !*scanned { "[Tab] as a square to scan    " } else { "" };
            all.push(format!("{keys}[Enter] close"));
            let inner = page(title, &all, &mut 0, area, pen);
            for (n, part) in parts.into_iter().enumerate() {
                let y = inner.y + (blank + n) as u16;
                if y < inner.bottom() {
                    pen.put(inner.x, y, part, Ink::Mine, inner.width);
                }
            }
            None
        }
    };
    (caret, changes)
}

/// Lines of a room that is chosen among those found.
const ALL: usize = 5;

/// One's own rooms, and under them those that can be found.
fn rooms(screen: &Screen, chosen: usize, listed: Option<&[Listing]>, area: Rect, pen: &mut Pen<'_>) {
    let circles = screen.circles();
    let others: Vec<&Listing> = screen.findable(listed).collect();
    let (more, rows) = (Found::more(listed), circles.len() + others.len());
    let width = wide(area, WIDEST);
    // A row tells what it has room for; of the one that is chosen all of it stands below.
    let all = chosen.checked_sub(circles.len()).and_then(|n| others.get(n)).map(|other| other.words());
    let all: Vec<&str> =
        all.iter().flat_map(|all| wrap::lines(all, usize::from(width.saturating_sub(4)))).take(ALL).collect();
    let below = match (all.len(), more) {
        (0, None) => 0,
        (0, Some(_)) => 2,
        (lines, _) => lines + 1,
    };
    let inner = frame("Rooms", width, (rows + below) as u16, area, pen);
    let height = usize::from(inner.height).saturating_sub(below).max(1);
    let skip = (chosen + 1).saturating_sub(height);
    for n in (skip..rows).take(height) {
        let row = Rect { y: inner.y + (n - skip) as u16, height: 1, ..inner };
        match circles.get(n) {
            Some(circle) => sides::circle_row(screen, circle, n, n == chosen, row, pen),
            None => {
                let Some(other) = others.get(n - circles.len()) else { continue };
                let sign = if n == chosen { pen.sign("\u{25b8}", ">") } else { "+" };
                let x = pen.put(row.x, row.y, sign, Ink::Key, 1);
                let ink = if other.alike { Ink::Warn } else { Ink::Text };
                pen.put(x + 1, row.y, &other.words(), ink, row.width.saturating_sub(2));
            }
        }
    }
    let told = if all.is_empty() { more.as_slice() } else { &all };
    let first = inner.bottom().saturating_sub(told.len() as u16);
    for (y, line) in (first..).zip(told).filter(|(y, _)| *y > inner.y) {
        pen.put(inner.x, y, line, Ink::Dim, inner.width);
    }
}

fn wide(area: Rect, most: u16) -> u16 {
    area.width.saturating_sub(2).min(most).max(1)
}

/// An empty box in the middle; gives the area within.
fn frame(title: &str, width: u16, height: u16, area: Rect, pen: &mut Pen<'_>) -> Rect {
    let (width, height) = (width.min(area.width), height.saturating_add(2).min(area.height));
    let outer =
        Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    pen.clear(outer);
    if outer.width < 4 || outer.height < 3 {
        return outer;
    }
    let side = pen.sign("\u{2502}", "|");
    pen.rule(outer, outer.y);
    pen.rule(outer, outer.bottom() - 1);
    for y in outer.y..outer.bottom() {
        let (left, right) = match y {
            y if y == outer.y => (pen.sign("\u{250c}", "+"), pen.sign("\u{2510}", "+")),
            y if y == outer.bottom() - 1 => (pen.sign("\u{2514}", "+"), pen.sign("\u{2518}", "+")),
            _ => (side, side),
        };
        pen.put(outer.x, y, left, Ink::Dim, 1);
        pen.put(outer.right() - 1, y, right, Ink::Dim, 1);
    }
    if !title.is_empty() {
        pen.put(outer.x + 2, outer.y, &format!(" {title} "), Ink::Mine, outer.width.saturating_sub(4));
    }
    Rect { x: outer.x + 2, y: outer.y + 1, width: outer.width - 4, height: outer.height - 2 }
}

/// Lines to be read; what was scrolled too far is scrolled back.
fn page(title: &str, lines: &[String], scroll: &mut usize, area: Rect, pen: &mut Pen<'_>) -> Rect {
    let width = wide(area, WIDEST);
    let within = usize::from(width.saturating_sub(4).max(1));
    let wrapped: Vec<&str> = lines.iter().flat_map(|line| wrap::lines(line, within)).collect();
    let inner = frame(title, width, wrapped.len() as u16, area, pen);
    let shown = usize::from(inner.height);
    *scroll = (*scroll).min(wrapped.len().saturating_sub(shown));
    for (n, line) in wrapped.iter().skip(*scroll).take(shown).enumerate() {
        pen.put(inner.x, inner.y + n as u16, line, Ink::Text, inner.width);
    }
    if wrapped.len() > shown {
        let more = format!(" {}/{} ", (*scroll + shown).min(wrapped.len()), wrapped.len());
        pen.put_right(inner.right(), inner.bottom(), &more, Ink::Dim, 12);
    }
    inner
}

fn middle(pen: &mut Pen<'_>, area: Rect, words: &str) {
    let columns = wrap::columns(words) as u16;
    let x = area.x + area.width.saturating_sub(columns) / 2;
    pen.put(x, area.y + area.height / 2, words, Ink::Dim, area.right().saturating_sub(x));
}

/// A list with a field above it; gives where the caret is.
fn list(
    title: &str,
    query: Option<&str>,
    rows: Vec<String>,
    chosen: usize,
    area: Rect,
    pen: &mut Pen<'_>,
) -> Position {
    let inner = frame(title, wide(area, WIDEST), area.height.saturating_sub(4).min(18), area, pen);
    let mut y = inner.y;
    let mut caret = Position { x: inner.x, y };
    if let Some(query) = query {
        let x = pen.put(inner.x, y, "> ", Ink::Key, inner.width);
        let x = pen.put(x, y, query, Ink::Text, inner.right().saturating_sub(x));
        caret.x = x.min(inner.right().saturating_sub(1));
        y += 2;
    }
    let shown = usize::from(inner.bottom().saturating_sub(y));
    let first = (chosen + 1).saturating_sub(shown);
    if rows.is_empty() {
        pen.put(inner.x, y, "nothing", Ink::Dim, inner.width);
    }
    for (n, line) in rows.iter().enumerate().skip(first).take(shown) {
        let y = y + (n - first) as u16;
        pen.put(inner.x, y, line, Ink::Text, inner.width);
        if n == chosen {
            pen.choose(Rect { x: inner.x, y, width: inner.width, height: 1 });
        }
    }
    caret
}

/// Living messages, one line each, drawn from the texts themselves.
#[expect(clippy::too_many_arguments, reason = "a list and what its rows are drawn from")]
fn messages(
    title: &str,
    query: Option<&str>,
    screen: &Screen,
    at: Moment,
    rows: impl Iterator<Item = u64>,
    chosen: usize,
    area: Rect,
    pen: &mut Pen<'_>,
) -> Position {
    let Some(room) = screen.front() else { return list(title, query, Vec::new(), 0, area, pen) };
    let rows: Vec<u64> = rows.filter(|row| room.scroll.get(*row).is_some()).collect();
    let chosen = chosen.min(rows.len().saturating_sub(1));
    let blank = rows.iter().map(|_| String::new()).collect();
    let caret = list(title, query, blank, chosen, area, pen);
    let inner_width = wide(area, WIDEST).saturating_sub(4);
    let (top, bottom) = (caret.y + if query.is_some() { 2 } else { 0 }, area.y + area.height);
    let height = area.height.saturating_sub(4).min(18);
    let shown = usize::from(height.saturating_sub(if query.is_some() { 2 } else { 0 }));
    let first = (chosen + 1).saturating_sub(shown);
    let x = area.x + (area.width - wide(area, WIDEST).min(area.width)) / 2 + 2;
    for (n, row) in rows.iter().enumerate().skip(first).take(shown) {
        let y = top + (n - first) as u16;
        let Some(said) = room.scroll.get(*row).filter(|_| y < bottom) else { continue };
        let (hour, minute) = at.clock(said.message.sent);
        let from = said.message.from.nick.as_str();
        let head = match &said.message.about {
            // By its number it is closed.
            Some(about) => format!("{row} {hour:02}:{minute:02} {from} about {}: ", about.nick.as_str()),
            None => format!("{hour:02}:{minute:02} {from} "),
        };
        let ink = if n == chosen { Ink::Chosen } else { Ink::Dim };
        let after = pen.put(x, y, &head, ink, inner_width);
        if let Some(text) = overlay::in_the_talk(&said.message, at.now) {
            let line = text.as_str().lines().next().unwrap_or_default();
            let ink = if n == chosen { Ink::Chosen } else { Ink::Text };
            pen.put(after, y, line, ink, (x + inner_width).saturating_sub(after));
        }
    }
    caret
}

fn the_door(screen: &Screen, door: &Door, area: Rect, pen: &mut Pen<'_>) -> Position {
    let enter = if door.may_be_open {
        "[Enter] with nothing typed: an open room, anybody can read it"
    } else {
        "it must not be empty"
    };
    let strength = match (door.typed.is_empty(), door.generated) {
        (true, _) => String::new(),
        (false, true) => "six words drawn by chance: good. Tell them to the others.".to_owned(),
        (false, false) => (screen.strength)(door.typed.text()),
    };
    let lines = [
        format!("The passphrase of {}. Everybody in the room types the same.", door.room.as_str()),
        String::new(),
        String::new(),
        strength,
        String::new(),
        enter.to_owned(),
        "[Ctrl+G] draws six words    [Esc] leaves".to_owned(),
    ];
    let inner = page("Come in", &lines, &mut 0, area, pen);
    let head = wrap::lines(lines.first().map_or("", String::as_str), usize::from(inner.width.max(1))).count();
    let y = (inner.y + head as u16 + 1).min(inner.bottom().saturating_sub(1));
    let x = pen.put(inner.x, y, "> ", Ink::Key, inner.width);
    let left = inner.right().saturating_sub(x + 1);
    let x = if door.generated {
        pen.put(x, y, door.typed.text(), Ink::Mine, left)
    } else {
        let dots = "*".repeat(door.typed.text().chars().count().min(usize::from(left)));
        pen.put(x, y, &dots, Ink::Text, left)
    };
    Position { x, y }
}

/// A message that opens once; gives in how many milliseconds its picture changes.
fn sealed(
    screen: &Screen,
    room: &crate::chat::text::Line,
    row: u64,
    at: Moment,
    area: Rect,
    pen: &mut Pen<'_>,
) -> Option<u64> {
    let message = overlay::sealed(&screen.model, room, row)?;
    let from = screen.name(Some(room), &message.from);
    let open_ms = message.once_ms.unwrap_or_default();
    if message.is_sealed() {
        let lines = [
            format!("From {from}. Opens once, for {}, then it is gone.", duration::words(open_ms)),
            "Anyone looking at your screen will see it.".to_owned(),
            String::new(),
            "[Enter] open    [Esc] later".to_owned(),
        ];
        page("Sealed message", &lines, &mut 0, area, pen);
        return None;
    }
    let text = message.readable(at.now)?;
    let left = message.left_ms(at.now).unwrap_or_default();
    let width = wide(area, WIDEST);
    let within = usize::from(width.saturating_sub(4).max(1));
    let count = wrap::lines(text.as_str(), within).count() as u16;
    let inner = frame("One-time message", width, count + 4, area, pen);
    for (n, line) in wrap::lines(text.as_str(), within).enumerate() {
        let y = inner.y + 1 + n as u16;
        if y < inner.bottom() {
            pen.put(inner.x, y, line, Ink::Text, inner.width);
        }
    }
    let y = inner.bottom().saturating_sub(1);
    let words = format!("closes in {}    [Space] burn now", duration::words(left));
    pen.put(inner.x, y, &words, Ink::Warn, inner.width);
    Some((left % 1_000).max(1))
}
