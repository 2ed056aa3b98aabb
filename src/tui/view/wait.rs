//! What is being waited for: steps with a word each, how long it takes so far, what it could mean, what the others type.
//! It stands under the talk as long as the wait lasts, and takes no keys: whoever writes on, writes on.

use ratatui_core::layout::Rect;

use super::network;
use super::pen::Pen;
use super::talk::soon;
use crate::base::time::Mono;
use crate::chat::duration;
use crate::chat::model::Room;
use crate::chat::name::Mode;
use crate::chat::notice::Said;
use crate::chat::telling;
use crate::chat::text::Line;
use crate::chat::wait::Wait;
use crate::tui::screen::{Moment, Screen};
use crate::tui::theme::Ink;
use crate::tui::wrap;

/// Columns of a step's name.
const NAME: usize = 10;

/// Addresses whose steps are told.
const ASKED: usize = 3;

/// Messages that wait of which each has a line.
const UNSENT: usize = 3;

/// A line with its meaning.
type Row = (String, Ink);

/// Draws what was said here and has not gone out, at the foot of the talk; gives what is left of it.
pub(super) fn unsent(screen: &Screen, area: Rect, pen: &mut Pen<'_>) -> Rect {
    let Some(place) = screen.circle().and_then(|circle| screen.places.get(&circle)) else { return area };
    let count = place.unsent.len();
    let lines = count.min(UNSENT).min(usize::from(area.height / 4));
    let first = area.bottom() - lines as u16;
    for (n, text) in place.unsent.values().take(lines).enumerate() {
        let y = first + n as u16;
        if n + 1 == lines && count > lines {
            pen.put(area.x, y, &format!("and {} more wait", count - n), Ink::Dim, area.width);
        } else {
            let x = pen.put(area.x, y, "waits  ", Ink::Dim, area.width);
            let line = text.as_str().lines().next().unwrap_or_default();
            pen.put_cut(x, y, line, Ink::Told, area.right().saturating_sub(x + 1));
        }
    }
    Rect { height: area.height - lines as u16, ..area }
}

/// Draws what is waited for at the foot of the talk; gives what is left of it.
pub(super) fn draw(
    screen: &Screen,
    at: Moment,
    area: Rect,
    pen: &mut Pen<'_>,
    changes: &mut Option<Mono>,
) -> Rect {
    let lines = match screen.front() {
        Some(room) => match room.waiting() {
            Some((wait, since)) => {
                let waited = at.now.since(since);
                soon(changes, at.now + changes_in(waited));
                of_room(screen, room, wait, waited)
            }
            None => return area,
        },
        None => steps(screen),
    };
    let width = usize::from(area.width.saturating_sub(2).max(1));
    let parts: Vec<(&str, Ink)> =
        lines.iter().flat_map(|(line, ink)| wrap::lines(line, width).map(|part| (part, *ink))).collect();
    // At most the lower part: what is said comes first. A row stays free above it.
    let most = usize::from(area.height.saturating_sub(3) * 2 / 3);
    let shown = parts.len().min(most);
    let top = area.bottom() - shown as u16;
    for (n, (part, ink)) in parts.into_iter().take(shown).enumerate() {
        pen.put(area.x + 1, top + n as u16, part, ink, area.width.saturating_sub(1));
    }
    Rect { height: area.height.saturating_sub(shown as u16 + u16::from(shown > 0)), ..area }
}

/// Seconds in the first minute, then minutes: nobody watches a clock for longer.
fn changes_in(waited_ms: u64) -> u64 {
    let step = if waited_ms < 60_000 { 1_000 } else { 60_000 };
    step - waited_ms % step
}

fn step(done: bool, name: &str, words: &str) -> Row {
    let (sign, ink) = if done { ("[ok]", Ink::Dim) } else { ("[..]", Ink::Text) };
    (format!("{sign} {name:NAME$} {words}"), ink)
}

fn steps(screen: &Screen) -> Vec<Row> {
    let me = screen.model.me();
    let identity = me.map_or_else(
        || "drawing a key for this stay".to_owned(),
        |me| {
            let kept = if screen.kept { "kept in your profile" } else { "new, in memory only" };
            format!("{} ({}), {kept}: /nick changes the name", me.nick.as_str(), me.tag.as_str())
        },
    );
    let network = match screen.listening.len() {
        0 => "starting".to_owned(),
        1 => "listening on one address".to_owned(),
        several => format!("listening on {several} addresses"),
    };
    let links = screen.model.links.all().len();
    let mut lines = vec![
        step(me.is_some(), "identity", &identity),
        step(!screen.listening.is_empty(), "network", &network),
    ];
    for (there, words) in network::asked(screen, ASKED) {
        lines.push(step(there, "address", &words));
    }
    if links > 0 {
        lines.push(step(true, "links", &format!("{links} to other nodes, of whatever room")));
    }
    if let Some(room) = screen.door.as_ref().filter(|_| me.is_some()) {
        lines.push(step(false, "key", &format!("making the key of {}: a second, on purpose", room.as_str())));
    }
    lines
}

fn of_room(screen: &Screen, room: &Room, wait: Wait, waited_ms: u64) -> Vec<Row> {
    let rounded = if waited_ms < 60_000 { waited_ms / 1_000 * 1_000 } else { waited_ms / 60_000 * 60_000 };
    let so_far = duration::words(rounded);
    let mut lines = steps(screen);
    lines.push(step(
        false,
        "people",
        &format!("{}, {so_far} so far: {}; {}", wait.step(), wait.reason(), wait.end()),
    ));
    if wait == Wait::Vouching || wait == Wait::Knocking {
        return lines;
    }
    lines.push((String::new(), Ink::Text));
    if let Some(meaning) = Said::of_wait(wait, waited_ms, &room.facts) {
        lines.push((meaning.text(), Ink::Warn));
        lines.push((meaning.hint(), Ink::Dim));
    }
    match room.facts.mode {
        Mode::Open => lines.push((
            "This is an OPEN room: anybody who types its name can walk in and read.".to_owned(),
            Ink::Warn,
        )),
        Mode::Passphrase => {}
        Mode::Invite => lines.push(("The others need an invite: /invite".to_owned(), Ink::Text)),
    }
    if room.facts.mode != Mode::Invite {
        let places = screen.places_named.iter().map(Line::as_str);
        lines.push((telling::others_type(&[room.name.as_str()], places), Ink::Text));
    }
    lines
}
