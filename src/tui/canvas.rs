//! Frames into bytes: what differs between two frames, as sequences that every terminal reads alike. It knows no terminal,
//! so tests can read what would have been written.

use std::io::{self, Write};
use std::ops::Range;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui_core::backend::Backend;
use ratatui_core::buffer::{Buffer, Cell};
use ratatui_core::layout::{Position, Rect};
use ratatui_crossterm::CrosstermBackend;
use unicode_normalization::char::is_combining_mark;
use unicode_width::UnicodeWidthChar;

use super::wrap;

/// A grid of cells, and what writes it.
pub struct Canvas<W: Write> {
    out: CrosstermBackend<W>,
    /// What stands there.
    shown: Buffer,
    /// What is being drawn: empty between two frames.
    next: Buffer,
    size: (u16, u16),
}

impl<W: Write> Canvas<W> {
    /// An empty one of so many columns and rows.
    pub fn new(out: W, size: (u16, u16)) -> Canvas<W> {
        let empty = || Buffer::empty(Rect::ZERO);
        Canvas { out: CrosstermBackend::new(out), shown: empty(), next: empty(), size }
    }

    /// The next frame has this size.
    pub fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
    }

    /// Draws one frame: `draw` fills the cells and says where the caret is. Only what differs is written, in one piece.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Buffer) -> Option<Position>) -> io::Result<()> {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        if self.next.area != area {
            self.next.resize(area);
            self.shown.resize(area);
            self.shown.reset();
            queue!(self.out, Clear(ClearType::All))?;
        }
        self.next.reset();
        let caret = draw(&mut self.next);
        queue!(self.out, BeginSynchronizedUpdate, Hide)?;
        for y in area.top()..area.bottom() {
            self.row(y)?;
        }
        if let Some(at) = caret {
            queue!(self.out, MoveTo(at.x, at.y), Show)?;
        }
        queue!(self.out, EndSynchronizedUpdate)?;
        std::mem::swap(&mut self.shown, &mut self.next);
        // The frame before this one is nobody's any more.
        self.next.reset();
        Write::flush(&mut self.out)
    }

    /// The next frame is written whole.
    pub fn repaint(&mut self) -> io::Result<()> {
        self.shown.reset();
        queue!(self.out, Clear(ClearType::All))
    }

    /// Forgets what stands there, and what is to.
    pub fn forget(&mut self) {
        self.shown.reset();
        self.next.reset();
    }

    /// What stands there now, and what was there before: nothing.
    pub fn frames(&self) -> [&Buffer; 2] {
        [&self.shown, &self.next]
    }

    /// Where bytes go that are not cells.
    pub fn out(&mut self) -> &mut impl Write {
        &mut self.out
    }

    /// Writes what differs in a row. A row with something in it that terminals draw differently wide is written whole, and
    /// after each such thing the cursor is told where it is: whatever it covered by mistake is drawn over.
    fn row(&mut self, y: u16) -> io::Result<()> {
        let (before, now) = (line(&self.shown, y), line(&self.next, y));
        if before == now {
            return Ok(());
        }
        let whole = before.iter().chain(now).any(|cell| !is_plain(cell.symbol()));
        if whole {
            queue!(self.out, MoveTo(0, y), Clear(ClearType::CurrentLine))?;
        }
        // Runs of cells that follow one another and that every terminal draws alike, but for the last one of each.
        let (mut run, mut at): (Range<usize>, usize) = (0..0, 0);
        while let Some(cell) = now.get(at) {
            let past = at + wrap::columns_of(cell.symbol()).max(1);
            let covered = at..past.min(now.len());
            if whole || before.get(covered.clone()) != now.get(covered) {
                // A mark must not join what stands before it.
                if run.end != at || !is_plain(cell.symbol()) {
                    write(&mut self.out, now, &run, y)?;
                    run = at..at;
                }
                run.end = at + 1;
                if !is_plain(cell.symbol()) || past > at + 1 {
                    write(&mut self.out, now, &run, y)?;
                    run = past..past;
                }
            }
            at = past;
        }
        write(&mut self.out, now, &run, y)
    }
}

fn line(cells: &Buffer, y: u16) -> &[Cell] {
    let width = usize::from(cells.area.width);
    let from = usize::from(y) * width;
    cells.content.get(from..from + width).unwrap_or_default()
}

fn write(
    out: &mut impl Backend<Error = io::Error>,
    cells: &[Cell],
    run: &Range<usize>,
    y: u16,
) -> io::Result<()> {
    let cells = cells.get(run.clone()).unwrap_or_default();
    if cells.is_empty() {
        return Ok(());
    }
    out.draw(cells.iter().zip(run.clone()).map(|(cell, x)| (x as u16, y, cell)))
}

/// Whether every terminal agrees about the columns of a cluster, and about which way it runs: one letter of a script that
/// neither joins, stacks nor turns around, or a sign of our own.
fn is_plain(cluster: &str) -> bool {
    let mut chars = cluster.chars();
    let (Some(only), None) = (chars.next(), chars.next()) else { return false };
    if only.is_ascii() {
        return true;
    }
    if is_combining_mark(only) || only.width().unwrap_or(0) == 0 {
        return false;
    }
    match u32::from(only) {
        // Hebrew, Arabic and what is like them; the scripts of India and around; letters that join into syllables.
        0x590..=0x109f | 0x1100..=0x11ff | 0x1700..=0x18af | 0x1900..=0x1cff => false,
        // Boxes, arrows and signs; of these only the lines that the screen draws itself are left as they are.
        0x2500..=0x257f => true,
        0x2190..=0x2bff => false,
        0xa800..=0xabff | 0xd7b0..=0xd7ff | 0xe000..=0xf8ff | 0xfb1d..=0xfeff => false,
        // Beyond the first plane: faces, old scripts; the Chinese characters there are as wide as the others.
        0x10000..=0x1ffff | 0x40000.. => false,
        _ => true,
    }
}

impl<W: Write> std::fmt::Debug for Canvas<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Canvas({}x{})", self.size.0, self.size.1)
    }
}
