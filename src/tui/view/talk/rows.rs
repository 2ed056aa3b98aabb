//! Which rows of the talk are in view, and where scrolling leads.

use ratatui_core::layout::Rect;

use super::{Item, Shape, TOGETHER_MS, Talk, sentence};
use crate::base::time::Unix;
use crate::chat::event::Fate;
use crate::chat::model::Room;
use crate::chat::name::Kind;
use crate::tui::moment::Moment;
use crate::tui::place::Place;
use crate::tui::screen::Screen;
use crate::tui::wrap;

impl<'a> Talk<'a> {
    pub(super) fn when(&self, shape: &Shape<'_>) -> Unix {
        match shape {
            Shape::Said(said) => said.message.sent,
            Shape::Told(_, when) | Shape::Ash(when) => *when,
        }
    }

    pub(super) fn lines(&self, shape: &Shape<'_>) -> u16 {
        let count = match shape {
            Shape::Ash(_) => 1,
            Shape::Told(told, _) => wrap::lines(&sentence(told), self.told_width()).count(),
            Shape::Said(said) => {
                let failed = usize::from(matches!(said.fate, Some(Fate::Failed(_))));
                self.parts(&said.message).count() + failed
            }
        };
        u16::try_from(count).unwrap_or(u16::MAX)
    }

    /// A row with what stands above it, given the row before it that can be seen.
    fn placed(&self, number: u64, shape: Shape<'a>, before: Option<(u64, &Shape<'_>)>) -> Item<'a> {
        // The first row that is still there of those that came unseen.
        let first = |new: u64| new <= number && before.is_none_or(|(n, _)| n < new);
        let new = self.new > 0 && self.place.new_from.is_some_and(first);
        let before = before.map(|(_, shape)| shape);
        let day = match (before, &shape) {
            (None, _) => true,
            (Some(before), shape) => self.at.day(self.when(before)) != self.at.day(self.when(shape)),
        };
        let together = match (before, &shape) {
            (Some(Shape::Said(a)), Shape::Said(b)) => {
                !day && !new
                    && a.message.from.id == b.message.from.id
                    && a.message.kind == b.message.kind
                    && matches!(b.message.kind, Kind::Text | Kind::Dm)
                    && b.message.sent.0.saturating_sub(a.message.sent.0) < TOGETHER_MS
            }
            _ => false,
        };
        let lines = self.lines(&shape);
        Item { number, shape, day, new, together, lines }
    }

    fn shape_of(&self, number: u64) -> Option<Shape<'a>> {
        self.room.scroll.range(number..=number).find_map(|(number, row)| self.shape(number, row))
    }

    /// The row above it that can be seen.
    fn before(&self, number: u64) -> Option<(u64, Shape<'a>)> {
        self.room
            .scroll
            .range(..number)
            .rev()
            .find_map(|(number, row)| Some((number, self.shape(number, row)?)))
    }

    /// Lines of a row with what stands above it.
    fn height(&self, number: u64, shape: Shape<'a>) -> u16 {
        let before = self.before(number);
        self.placed(number, shape, before.as_ref().map(|(number, shape)| (*number, shape))).height()
    }

    /// The rows in view, how many of their lines are above the edge, and whether all there is stands in view.
    pub(super) fn laid_out(&self, height: u16) -> (Vec<Item<'a>>, u16, bool) {
        let lines = |items: &[Item<'_>]| items.iter().map(Item::height).fold(0, u16::saturating_add);
        match self.place.top {
            // A short talk begins at the top, where the eye does; a long one ends at the bottom.
            None => {
                let items = self.last_rows(height);
                let above = lines(&items).saturating_sub(height);
                (items, above, false)
            }
            Some(top) => {
                let (items, skip, end) = self.starting(top, height);
                let whole = end && skip == 0 && lines(&items) <= height;
                let first = items.first().map(|item| item.number);
                let whole = whole && first.is_none_or(|first| self.before(first).is_none());
                (items, skip, whole)
            }
        }
    }

    fn last_rows(&self, height: u16) -> Vec<Item<'a>> {
        let mut found: Vec<(u64, Shape<'a>)> = Vec::new();
        let mut filled: u16 = 0;
        for (number, row) in self.room.scroll.rows().rev() {
            let Some(shape) = self.shape(number, row) else { continue };
            filled = filled.saturating_add(self.lines(&shape));
            found.push((number, shape));
            if filled >= height {
                break;
            }
        }
        found.reverse();
        self.place_all(found)
    }

    fn starting(&self, (top, skip): (u64, u16), height: u16) -> (Vec<Item<'a>>, u16, bool) {
        let mut found = Vec::new();
        let (mut filled, mut at_end) = (0_u16, true);
        let enough = height.saturating_add(skip).saturating_add(2);
        for (number, row) in self.room.scroll.range(top..) {
            if filled >= enough {
                at_end = false;
                break;
            }
            let Some(shape) = self.shape(number, row) else { continue };
            filled = filled.saturating_add(self.lines(&shape));
            found.push((number, shape));
        }
        let items = self.place_all(found);
        // The row at the edge may have burned: then the next one is there, whole. Or it became shorter.
        let skip =
            items.first().filter(|item| item.number == top).map_or(0, |item| skip.min(item.height() - 1));
        (items, skip, at_end)
    }

    fn place_all(&self, found: Vec<(u64, Shape<'a>)>) -> Vec<Item<'a>> {
        let mut items: Vec<Item<'a>> = Vec::with_capacity(found.len());
        for (number, shape) in found {
            let above = if items.is_empty() { self.before(number) } else { None };
            let above = above.as_ref().map(|(number, shape)| (*number, shape));
            let before = items.last().map(|item| (item.number, &item.shape)).or(above);
            let item = self.placed(number, shape, before);
            items.push(item);
        }
        items
    }
}

/// Where the talk is after scrolling so many lines; `None` is its end.
pub(in super::super) fn scrolled(
    screen: &Screen,
    room: &Room,
    place: &Place,
    at: Moment,
    area: Rect,
    top: (u64, u16),
    by: isize,
) -> Option<(u64, u16)> {
    let talk = Talk::new(screen, room, place, at, area);
    let (mut number, mut line) = (top.0, top.1 as isize + by);
    while line < 0 {
        let Some((before, shape)) = talk.before(number) else {
            line = 0;
            break;
        };
        line += talk.height(before, shape) as isize;
        number = before;
    }
    loop {
        let here = room.scroll.range(number..).find_map(|(n, row)| Some((n, talk.shape(n, row)?)));
        let (n, shape) = here?;
        let height = talk.height(n, shape) as isize;
        if line < height {
            number = n;
            break;
        }
        line -= height;
        number = n + 1;
    }
    // At the end there is nothing to hold on to.
    let (items, _, at_end) = talk.starting((number, 0), area.height);
    let rest: isize = items.iter().map(|item| item.height() as isize).sum::<isize>() - line;
    (!at_end || rest > area.height as isize).then(|| (number, u16::try_from(line).unwrap_or_default()))
}

/// Where the talk has to begin for a row to be seen whole; nothing where it is.
pub(in super::super) fn revealed(
    screen: &Screen,
    room: &Room,
    place: &Place,
    at: Moment,
    area: Rect,
    row: u64,
) -> Option<Option<(u64, u16)>> {
    let talk = Talk::new(screen, room, place, at, area);
    let (items, above, _) = talk.laid_out(area.height);
    let mut y = -i32::from(above);
    for item in &items {
        let past = y + i32::from(item.height());
        if item.number == row && y >= 0 && past <= i32::from(area.height) {
            return None;
        }
        if item.number >= row && y <= 0 {
            break;
        }
        if item.number == row {
            // It begins in view and ends below: what is missing scrolls in, but never its own beginning out.
            let by = (past - i32::from(area.height)).min(y);
            return Some(scrolled(screen, room, place, at, area, first_seen(&items, above)?, by as isize));
        }
        y = past;
    }
    if items.last().is_some_and(|item| item.number < row) {
        let height = isize::try_from(talk.height(row, talk.shape_of(row)?)).unwrap_or_default();
        let by = (height - area.height as isize).min(0);
        return Some(scrolled(screen, room, place, at, area, (row, 0), by));
    }
    Some(Some((row, 0)))
}

/// The first row of which something can be seen, and how many of its lines cannot.
pub(super) fn first_seen(items: &[Item<'_>], above: u16) -> Option<(u64, u16)> {
    let mut hidden = above;
    for item in items {
        if hidden < item.height() {
            return Some((item.number, hidden));
        }
        hidden -= item.height();
    }
    None
}
