//! A small terminal: it reads what is written to one, takes only the sequences that the screen may send, and keeps the cells.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use vte::{Params, Parser, Perform};

/// How a terminal finds out how wide something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Widths {
    /// By what a reader sees as one character, as new terminals do.
    Clusters,
    /// Letter by letter, as old ones do.
    Letters,
}

pub(crate) struct Emulator {
    parser: Parser,
    pub(crate) grid: Grid,
}

pub(crate) struct Grid {
    widths: Widths,
    columns: usize,
    cells: Vec<Vec<String>>,
    /// What the other screen shows while this one is taken over.
    other: Option<Vec<Vec<String>>>,
    at: (usize, usize),
    /// Where the last character went.
    last: Option<(usize, usize)>,
    wraps: bool,
    pub(crate) cursor: bool,
    /// Sequences that nobody allowed.
    pub(crate) strange: Vec<String>,
    /// Private modes that are on.
    pub(crate) modes: Vec<u16>,
}

impl Emulator {
    pub(crate) fn new(columns: usize, rows: usize, widths: Widths) -> Emulator {
        let grid = Grid {
            widths,
            columns,
            cells: blank(columns, rows),
            other: None,
            at: (0, 0),
            last: None,
            wraps: true,
            cursor: true,
            strange: Vec::new(),
            modes: Vec::new(),
        };
        Emulator { parser: Parser::new(), grid }
    }

    pub(crate) fn read(&mut self, bytes: &[u8]) {
        self.parser.advance(&mut self.grid, bytes);
    }

    /// A new size, as a terminal that is resized: what stands there is lost.
    pub(crate) fn resize(&mut self, columns: usize, rows: usize) {
        (self.grid.columns, self.grid.cells) = (columns, blank(columns, rows));
        (self.grid.at, self.grid.last) = ((0, 0), None);
    }
}

fn blank(columns: usize, rows: usize) -> Vec<Vec<String>> {
    vec![vec![" ".to_owned(); columns]; rows]
}

impl Grid {
    pub(crate) fn cell(&self, x: usize, y: usize) -> &str {
        &self.cells[y][x]
    }

    /// All rows as text; with the other screen, if there is one.
    pub(crate) fn text(&self) -> String {
        let all = self.cells.iter().chain(self.other.iter().flatten());
        all.map(|row| row.concat().trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    fn put(&mut self, symbol: String, width: usize) {
        let (mut x, mut y) = self.at;
        if x + width > self.columns {
            if self.wraps {
                self.down();
                (x, y) = (0, self.at.1);
            } else {
                x = self.columns.saturating_sub(width);
            }
        }
        if y >= self.cells.len() || x >= self.columns {
            return;
        }
        self.break_wide(x, y);
        self.break_wide(x + width.max(1) - 1, y);
        self.cells[y][x] = symbol;
        for covered in x + 1..(x + width).min(self.columns) {
            self.cells[y][covered] = String::new();
        }
        self.last = Some((x, y));
        self.at = (if self.wraps { x + width } else { (x + width).min(self.columns) }, y);
    }

    /// Writing over a half of something wide takes away the other half.
    fn break_wide(&mut self, x: usize, y: usize) {
        let row = &mut self.cells[y];
        if x >= row.len() {
            return;
        }
        let mut from = x;
        while from > 0 && row[from].is_empty() {
            from -= 1;
        }
        let mut past = x + 1;
        while past < row.len() && row[past].is_empty() {
            past += 1;
        }
        if past - from > 1 {
            row[from..past].fill(" ".to_owned());
        }
    }

    fn down(&mut self) {
        self.at = (0, self.at.1 + 1);
        if self.at.1 >= self.cells.len() {
            // What scrolls out goes to the scrollback, where nobody can erase it.
            if self.other.is_some() {
                self.strange.push("the screen scrolled".to_owned());
            }
            self.cells.remove(0);
            self.cells.push(vec![" ".to_owned(); self.columns]);
            self.at.1 = self.cells.len() - 1;
        }
    }

    fn mode(&mut self, mode: u16, on: bool) {
        self.modes.retain(|held| *held != mode);
        if on {
            self.modes.push(mode);
        }
        match mode {
            7 => self.wraps = on,
            25 => self.cursor = on,
            1049 => {
                let rows = self.cells.len();
                if on && self.other.is_none() {
                    self.other = Some(std::mem::replace(&mut self.cells, blank(self.columns, rows)));
                } else if !on && let Some(other) = self.other.take() {
                    self.cells = other;
                }
            }
            // Focus, paste, one frame in one piece; the wheel.
            1004 | 2004 | 2026 | 1000 | 1006 => {}
            other => self.strange.push(format!("mode {other}")),
        }
    }
}

impl Perform for Grid {
    fn print(&mut self, c: char) {
        let joined = self.last.map(|(x, y)| format!("{}{c}", self.cells[y][x]));
        let alone = c.width().unwrap_or(0);
        let joins = match (&joined, self.widths) {
            (Some(joined), Widths::Clusters) => {
                let here = self
                    .last
                    .is_some_and(|(x, y)| self.at == ((x + self.cells[y][x].width()).min(self.columns), y));
                here && joined.graphemes(true).count() == 1
            }
            (Some(_), Widths::Letters) => alone == 0,
            (None, _) => false,
        };
        match (joins, joined, self.last) {
            (true, Some(joined), Some((x, y))) if self.widths == Widths::Clusters => {
                self.at = (x, y);
                let width = joined.width();
                self.put(joined, width);
            }
            (true, Some(joined), Some((x, y))) => self.cells[y][x] = joined,
            _ if alone == 0 => {}
            _ => self.put(c.to_string(), alone),
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\r' => self.at.0 = 0,
            b'\n' => self.down(),
            7 => {}
            other => self.strange.push(format!("control {other:#x}")),
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], _ignore: bool, action: char) {
        let all: Vec<u16> = params.iter().flatten().copied().collect();
        let first = all.first().copied().unwrap_or_default();
        match (intermediates, action) {
            ([], 'H') => {
                let place = |n: usize| usize::from(all.get(n).copied().unwrap_or(1).max(1)) - 1;
                (self.at, self.last) = ((place(1), place(0)), None);
            }
            ([], 'J') if first == 2 => self.cells = blank(self.columns, self.cells.len()),
            ([], 'K') if first == 2 => self.cells[self.at.1].fill(" ".to_owned()),
            ([], 'm') => {}
            ([b'?'], 'h') => all.iter().for_each(|mode| self.mode(*mode, true)),
            ([b'?'], 'l') => all.iter().for_each(|mode| self.mode(*mode, false)),
            _ => self.strange.push(format!("CSI {intermediates:?} {all:?} {action}")),
        }
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _bell: bool) {
        // A notification in the words of the program, and what a person copied.
        if !matches!(params.first(), Some(&(b"9" | b"99" | b"777" | b"52"))) {
            self.strange.push(format!("OSC {params:?}"));
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _ignore: bool, byte: u8) {
        if (intermediates, byte) != (&[], b'\\') {
            self.strange.push(format!("ESC {intermediates:?} {byte:#x}"));
        }
    }

    fn hook(&mut self, _: &Params, _: &[u8], _: bool, action: char) {
        self.strange.push(format!("DCS {action}"));
    }
}

/// Where bytes go and can be looked at.
#[derive(Clone, Default)]
pub(crate) struct Sink(Rc<RefCell<Vec<u8>>>);

impl Sink {
    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
