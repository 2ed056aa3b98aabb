//! The picture: a function of the screen and the time, drawn into cells. What it learns while drawing, when the picture
//! changes by itself and which messages were seen, it tells the screen.

mod bars;
mod boxes;
mod network;
mod pen;
mod sides;
mod square;
mod talk;
mod wait;

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::{Position, Rect};

use super::screen::{Moment, Screen};
use super::theme::Ink;
use super::wrap;
use crate::chat::name::Level;
use pen::Pen;

/// From here on the rooms stand beside the talk.
pub(super) const SIDES: u16 = 60;
/// From here on the members do, too.
const THREE: u16 = 100;
/// Below this nothing useful can be drawn.
const LEAST: (u16, u16) = (30, 6);
/// A toast is no wider: it is read at a glance.
const TOAST: u16 = 48;
/// Below this height every line counts.
const LOW: u16 = 16;

impl Screen {
    /// Draws everything; gives where the caret is.
    pub fn draw(&mut self, at: Moment, cells: &mut Buffer) -> Option<Position> {
        let area = cells.area;
        let look = self.look;
        let mut pen = Pen { cells, look };
        pen.clear(area);
        self.looks_until = None;
        self.drawn_at = Some(at);
        if area.width < LEAST.0 || area.height < LEAST.1 {
            too_small(area, &mut pen);
            return None;
        }
        let below = bars::draft_lines(self, area.width).min(area.height.saturating_sub(4).max(1));
        let low = area.height < LOW;
        let status = Rect { y: area.bottom() - 1, height: 1, ..area };
        let draft = Rect { y: status.y - 1 - below, height: below, ..area };
        let upper = u16::from(!low);
        let talk_end = draft.y - upper;
        let head = 1 + upper;
        let middle = Rect { y: area.y + head, height: talk_end.saturating_sub(area.y + head), ..area };
        bars::header(self, at, Rect { height: 1, ..area }, &mut pen);
        if !low {
            pen.rule(area, area.y + 1);
            pen.rule(area, talk_end);
        }
        pen.rule(area, status.y - 1);
        let talk = self.sides(area.width, middle, low, &mut pen);
        self.talk(at, talk, &mut pen);
        // On the line under the talk; where there is none, on the one under the draft.
        let under = if low { status.y - 1 } else { talk_end };
        bars::typing(self, at, Rect { y: under, height: 1, ..talk }, &mut pen);
        let mut caret = Some(bars::draft(self, draft, &mut pen));
        if let Some(changes) = bars::status(self, at, status, &mut pen) {
            talk::soon(&mut self.looks_until, changes);
        }
        self.toasts(talk, &mut pen);
        if let Some(mut overlay) = self.overlay.take() {
            let (typed, changes) = boxes::draw(self, &mut overlay, at, area, &mut pen);
            caret = typed;
            if let Some(changes) = changes {
                talk::soon(&mut self.looks_until, at.now + changes);
            }
            self.overlay = Some(overlay);
        }
        caret
    }

    /// The lists beside the talk; gives what is left for it.
    fn sides(&self, width: u16, middle: Rect, low: bool, pen: &mut Pen<'_>) -> Rect {
        let mut talk = Rect { x: middle.x + 1, width: middle.width.saturating_sub(1), ..middle };
        if width < SIDES {
            return middle;
        }
        let side = pen.sign("\u{2502}", "|");
        let fence = |x: u16, pen: &mut Pen<'_>| {
            for y in middle.top()..middle.bottom() {
                pen.put(x, y, side, Ink::Dim, 1);
            }
            if !low {
                let (above, below) = (pen.sign("\u{252c}", "+"), pen.sign("\u{2534}", "+"));
                pen.put(x, middle.top() - 1, above, Ink::Dim, 1);
                pen.put(x, middle.bottom(), below, Ink::Dim, 1);
            }
        };
        let rooms = if width >= THREE { 20 } else { 15 };
        sides::rooms(self, Rect { width: rooms, ..middle }, pen);
        fence(middle.x + rooms, pen);
        talk.x = middle.x + rooms + 2;
        talk.width = middle.right().saturating_sub(talk.x);
        if width >= THREE {
            let members = 22;
            talk.width = talk.width.saturating_sub(members + 1);
            let at = Rect { x: middle.right() - members, width: members, ..middle };
            if let Some(room) = self.front() {
                sides::members(self, room, at, &mut 0, pen);
            }
            fence(at.x - 1, pen);
        }
        talk
    }

    fn talk(&mut self, at: Moment, area: Rect, pen: &mut Pen<'_>) {
        self.talk_rows = area.height.max(1);
        let mut changes = None;
        let area = wait::draw(self, at, area, pen, &mut changes);
        self.looks_until = changes;
        let hidden = self.overlay.as_ref().is_some_and(super::overlay::Overlay::hides_talk);
        let area = if hidden { area } else { wait::unsent(self, area, pen) };
        self.talk_area = area;
        let Some(room) = self.front() else { return };
        let (name, Some(circle)) = (room.name.clone(), self.circle()) else { return };
        let Some(place) = self.places.get(&circle) else { return };
        if hidden {
            return;
        }
        let seen = talk::draw(self, room, place, at, area, pen);
        if let Some(changes) = seen.changes {
            talk::soon(&mut self.looks_until, changes);
        }
        self.top_seen = seen.top;
        if let Some(place) = self.places.get_mut(&circle)
            && seen.whole
        {
            place.top = None;
        }
        if self.focused {
            for row in seen.read {
                self.model.read(&name, row);
            }
        }
    }

    /// Scrolls the talk of the room in front by so many lines.
    pub(super) fn scroll(&mut self, by: isize) {
        let (area, top) = (self.talk_area, self.top_seen);
        let at = self.drawn_at;
        let (Some(at), Some(top), Some(room)) = (at, top, self.front()) else { return };
        let Some(circle) = self.circle() else { return };
        let Some(place) = self.places.get(&circle) else { return };
        if place.top.is_none() && by > 0 {
            return;
        }
        let to = talk::scrolled(self, room, place, at, area, top, by);
        if let Some(place) = self.places.get_mut(&circle) {
            place.top = to;
        }
        self.top_seen = to.or(self.top_seen);
    }

    /// Scrolls so far that a row can be seen.
    pub(super) fn reveal(&mut self, row: u64) {
        let (area, at) = (self.talk_area, self.drawn_at);
        let (Some(at), Some(room)) = (at, self.front()) else { return };
        let Some(circle) = self.circle() else { return };
        let Some(place) = self.places.get(&circle) else { return };
        let to = talk::revealed(self, room, place, at, area, row);
        if let (Some(to), Some(place)) = (to, self.places.get_mut(&circle)) {
            place.top = to;
        }
    }

    /// Back to where the talk is.
    pub(super) fn live(&mut self) {
        if let Some(place) = self.place() {
            place.top = None;
            place.new_from = None;
        }
    }

    /// Short messages at the top right of the talk, over nothing else.
    fn toasts(&self, talk: Rect, pen: &mut Pen<'_>) {
        let widest = talk.width.min(TOAST);
        let within = usize::from(widest.saturating_sub(3).max(1));
        let rim = pen.sign("\u{2502}", "|");
        let mut y = talk.y;
        for toast in &self.toasts {
            let ink = match toast.told.level {
                Level::Info => Ink::Text,
                Level::Warn => Ink::Warn,
                Level::Error => Ink::Bad,
            };
            let said = wrap::lines(&toast.told.text, within).map(|line| (line, ink));
            let hint = Some(toast.told.hint.as_str()).filter(|hint| !hint.is_empty());
            let hint =
                hint.into_iter().flat_map(|hint| wrap::lines(hint, within)).map(|line| (line, Ink::Dim));
            let lines: Vec<(&str, Ink)> = said.chain(hint).collect();
            let columns =
                lines.iter().map(|(line, _)| wrap::columns(line)).max().unwrap_or_default() as u16 + 3;
            let columns = columns.min(widest);
            let x = talk.right().saturating_sub(columns);
            for (line, ink) in lines {
                if y >= talk.bottom() {
                    return;
                }
                pen.clear(Rect { x, y, width: columns, height: 1 });
                pen.put(x, y, rim, Ink::Dim, 1);
                pen.put(x + 2, y, line, ink, columns.saturating_sub(2));
                y += 1;
            }
        }
    }
}

fn too_small(area: Rect, pen: &mut Pen<'_>) {
    let lines = [
        "ephem: needs 30x6".to_owned(),
        format!("now {}x{}", area.width, area.height),
        "messages still burn".to_owned(),
        "Ctrl+C twice: leave".to_owned(),
    ];
    for (n, line) in lines.iter().enumerate() {
        pen.put(area.x, area.y + n as u16, line, Ink::Text, area.width);
    }
}
