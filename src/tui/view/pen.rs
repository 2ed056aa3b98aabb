//! Writing into cells: one place that turns clean text into cells, and never past the edge it was given.

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::chat::avatar::Avatar;
use crate::tui::theme::Ink;
use crate::tui::theme::Look;
use crate::tui::wrap;

/// No cluster takes more columns; clean ones take fewer.
const WIDEST: u16 = 8;

/// A pen over a buffer, with the look everything has.
pub(super) struct Pen<'a> {
    pub(super) cells: &'a mut Buffer,
    pub(super) look: Look,
}

impl Pen<'_> {
    /// How a meaning looks here.
    pub(super) fn style(&self, ink: Ink) -> Style {
        self.look.theme.style(ink, self.look.depth)
    }

    /// The sign beside a name; gives the column after it.
    pub(super) fn avatar(&mut self, x: u16, y: u16, avatar: Avatar) -> u16 {
        let sign = self.sign(avatar.sign().glyph, avatar.sign().plain);
        self.put(x, y, sign, Ink::Name(avatar.colour()), 1)
    }

    /// Writes from a column on, so many columns at most; gives the column after it. What does not fit is cut.
    pub(super) fn put(&mut self, x: u16, y: u16, text: &str, ink: Ink, most: u16) -> u16 {
        let style = self.style(ink);
        let area = self.cells.area;
        if y < area.top() || y >= area.bottom() {
            return x;
        }
        let end = x.saturating_add(most).min(area.right());
        let mut at = x;
        self.part(x, y);
        for cluster in text.graphemes(true) {
            let columns = u16::try_from(wrap::columns_of(cluster)).unwrap_or(u16::MAX);
            // Whatever comes here is clean already; this is the last place where it could be found not to be.
            if columns == 0 || cluster != "\t" && cluster.contains(char::is_control) {
                continue;
            }
            if at.saturating_add(columns) > end {
                break;
            }
            if cluster == "\t" {
                for column in at..at + columns {
                    self.cell(column, y, " ", style);
                }
            } else {
                self.cell(at, y, cluster, style);
                // What a wide character covers is empty, so that nothing of what was there shows through.
                for column in at + 1..at + columns {
                    if let Some(cell) = self.cells.cell_mut((column, y)) {
                        cell.reset();
                        cell.set_style(style);
                    }
                }
            }
            at += columns;
        }
        at
    }

    /// Writes what fits, with a sign where something is left out.
    pub(super) fn put_cut(&mut self, x: u16, y: u16, text: &str, ink: Ink, most: u16) {
        if wrap::columns(text) <= usize::from(most) {
            self.put(x, y, text, ink, most);
        } else if most > 0 {
            let end = self.put(x, y, text, ink, most - 1);
            let cut = self.sign("\u{2026}", "+");
            self.put(end, y, cut, Ink::Dim, 1);
        }
    }

    /// Writes with its end at this column, so many columns at most.
    pub(super) fn put_right(&mut self, right: u16, y: u16, text: &str, ink: Ink, most: u16) {
        let columns = u16::try_from(wrap::columns(text)).unwrap_or(u16::MAX).min(most);
        self.put(right.saturating_sub(columns), y, text, ink, columns);
    }

    /// A line across.
    pub(super) fn rule(&mut self, area: Rect, y: u16) {
        let sign = self.sign("\u{2500}", "-");
        for x in area.left()..area.right() {
            self.put(x, y, sign, Ink::Dim, 1);
        }
    }

    /// A sign, or its twin where only letters are to be used.
    pub(super) fn sign(&self, sign: &'static str, ascii: &'static str) -> &'static str {
        if self.look.ascii { ascii } else { sign }
    }

    /// Empties an area.
    pub(super) fn clear(&mut self, area: Rect) {
        let style = self.look.theme.ground(self.look.depth);
        let area = area.intersection(self.cells.area);
        for y in area.top()..area.bottom() {
            self.part(area.x, y);
            for x in area.left()..area.right() {
                if let Some(cell) = self.cells.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// Gives a row the look of what is chosen.
    pub(super) fn choose(&mut self, area: Rect) {
        let style = self.style(Ink::Chosen);
        self.cells.set_style(area, style);
    }

    /// What is wide and reaches into this column from the left goes whole: half of it cannot be shown.
    fn part(&mut self, x: u16, y: u16) {
        for back in 1..=WIDEST.min(x) {
            if let Some(cell) = self.cells.cell_mut((x - back, y))
                && cell.symbol().len() > 1
                && wrap::columns_of(cell.symbol()) > usize::from(back)
            {
                cell.set_symbol(" ");
            }
        }
    }

    fn cell(&mut self, x: u16, y: u16, symbol: &str, style: Style) {
        if let Some(cell) = self.cells.cell_mut((x, y)) {
            cell.reset();
            cell.set_symbol(symbol);
            cell.set_style(style);
        }
    }
}
