//! A square of dots over everything, two rows of dots in one row of the terminal.

use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Style};

use super::pen::Pen;
use crate::tui::qr::Square;
use crate::tui::theme::{Depth, Ink};
use crate::tui::wrap;

/// Light dots around it: cameras want four, and manage with two.
const AROUND: usize = 4;
const LEAST: usize = 2;

/// Draws it with words beside it; false if there is no place for it here.
pub(super) fn draw(square: &Square, words: &[String], area: Rect, pen: &mut Pen<'_>) -> bool {
    let (rows, columns) = (usize::from(area.height) * 2, usize::from(area.width));
    let most = rows.min(columns).saturating_sub(square.size()) / 2;
    if most < LEAST || pen.look.ascii {
        return false;
    }
    let around = most.min(AROUND);
    let side = square.size() + 2 * around;
    pen.clear(area);
    // Light on dark in cells of their own colours, whatever the theme: a camera knows no themes.
    let style = match pen.look.depth {
        Depth::Mono => Style::new(),
        Depth::True => Style::new().fg(Color::Rgb(255, 255, 255)).bg(Color::Rgb(0, 0, 0)),
        Depth::Many | Depth::Sixteen => Style::new().fg(Color::White).bg(Color::Black),
    };
    for row in 0..side.div_ceil(2) {
        for column in 0..side {
            if let Some(cell) = pen.cells.cell_mut((area.x + column as u16, area.y + row as u16)) {
                cell.reset();
                cell.set_symbol(square.sign(around, column, row));
                cell.set_style(style);
            }
        }
    }
    let x = area.x + side as u16 + 2;
    let width = area.right().saturating_sub(x + 1);
    let lines = words.iter().flat_map(|line| wrap::lines(line, usize::from(width.max(1))));
    for (n, line) in lines.enumerate() {
        pen.put(x, area.y + 1 + n as u16, line, Ink::Text, width);
    }
    true
}
