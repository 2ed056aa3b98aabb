//! Bytes from a pipe or a terminal, cut into lines of bounded length, and wiped as soon as a line has been dealt with.
//!
//! No reader in here: whoever drives it reads into [`Lines::space`], says how much came, and takes the lines. So the same
//! code serves a blocking reader, an asynchronous one and a test.

use zeroize::{Zeroize, Zeroizing};

/// Longest line: a text at its bound, spelled as JSON at its longest (six bytes for one), beside all other fields.
pub const LINE_BYTES: usize = 64 * 1024;

/// One line, without its end.
#[derive(PartialEq, Eq)]
pub enum Line<'a> {
    /// A whole line.
    Whole(&'a [u8]),
    /// One that was over [`LINE_BYTES`]: nothing of it was kept.
    TooLong,
}

/// Bytes that have come and are not yet a line.
pub struct Lines {
    /// Allocated once, at its full length: a buffer that grows leaves copies behind.
    buffer: Zeroizing<Vec<u8>>,
    /// Where the next line begins. What is before has been wiped.
    start: usize,
    /// Bytes that are filled.
    filled: usize,
    /// Where nobody has looked for a line end yet.
    searched: usize,
    /// Inside a line that is too long, waiting for its end.
    skipping: bool,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines::new()
    }
}

impl Lines {
    /// Nothing yet.
    pub fn new() -> Lines {
        // One byte more than a line, for its end.
        let buffer = Zeroizing::new(vec![0; LINE_BYTES + 1]);
        Lines { buffer, start: 0, filled: 0, searched: 0, skipping: false }
    }

    /// Where to read into. Never empty once [`Lines::take`] has returned `None`.
    pub fn space(&mut self) -> &mut [u8] {
        // Once for each reading, not for each line: a burst of short lines is not moved again and again.
        self.move_to_front();
        self.buffer.get_mut(self.filled..).unwrap_or_default()
    }

    /// So many bytes of [`Lines::space`] are filled.
    pub fn fill(&mut self, bytes: usize) {
        self.filled = self.filled.saturating_add(bytes).min(self.buffer.len());
    }

    /// Hands the next whole line to `use_it`, then wipes it. `None` when there is none yet: read on.
    pub fn take<T>(&mut self, use_it: impl FnOnce(Line<'_>) -> T) -> Option<T> {
        let unsearched = self.buffer.get(self.searched..self.filled).unwrap_or_default();
        let Some(end) = unsearched.iter().position(|&b| b == b'\n').map(|at| self.searched + at) else {
            self.searched = self.filled;
            if self.filled - self.start == self.buffer.len() {
                self.forget(self.filled);
                self.skipping = true;
            }
            return None;
        };
        if std::mem::take(&mut self.skipping) {
            self.forget(end + 1);
            return Some(use_it(Line::TooLong));
        }
        Some(self.hand_over(end, end + 1, use_it))
    }

    /// Hands over what is left when nothing more will come.
    pub fn finish<T>(&mut self, use_it: impl FnOnce(Line<'_>) -> T) -> Option<T> {
        if std::mem::take(&mut self.skipping) {
            self.forget(self.filled);
            return Some(use_it(Line::TooLong));
        }
        (self.filled > self.start).then(|| self.hand_over(self.filled, self.filled, use_it))
    }

    fn hand_over<T>(&mut self, end: usize, past: usize, use_it: impl FnOnce(Line<'_>) -> T) -> T {
        let line = self.buffer.get(self.start..end).unwrap_or_default();
        let used = use_it(Line::Whole(line.strip_suffix(b"\r").unwrap_or(line)));
        self.forget(past);
        used
    }

    /// Wipes everything before `past`, where the next line begins.
    fn forget(&mut self, past: usize) {
        self.buffer.get_mut(self.start..past).unwrap_or_default().zeroize();
        (self.start, self.searched) = (past, past);
    }

    fn move_to_front(&mut self) {
        if self.start == 0 {
            return;
        }
        self.buffer.copy_within(self.start..self.filled, 0);
        let left = self.filled - self.start;
        // What the copy did not cover is still in its old place.
        self.buffer.get_mut(left..self.filled).unwrap_or_default().zeroize();
        self.searched -= self.start;
        (self.start, self.filled) = (0, left);
    }
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lines({} bytes)", self.filled - self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(lines: &mut Lines, mut bytes: &[u8]) -> Vec<Option<Vec<u8>>> {
        let mut seen = Vec::new();
        let own = |line: Line<'_>| match line {
            Line::Whole(bytes) => Some(bytes.to_vec()),
            Line::TooLong => None,
        };
        while !bytes.is_empty() {
            let space = lines.space();
            let n = space.len().min(bytes.len());
            assert!(n > 0, "there is always space to read into");
            space[..n].copy_from_slice(&bytes[..n]);
            lines.fill(n);
            bytes = &bytes[n..];
            while let Some(line) = lines.take(own) {
                seen.push(line);
            }
        }
        seen
    }

    #[test]
    fn lines_come_whole_however_they_were_cut() {
        let bytes = b"one\ntwo\r\n\nlast";
        for cut in 0..bytes.len() {
            let mut lines = Lines::new();
            let mut seen = feed(&mut lines, &bytes[..cut]);
            seen.extend(feed(&mut lines, &bytes[cut..]));
            seen.extend(lines.finish(|line| (line == Line::Whole(b"last")).then(Vec::new)));
            assert_eq!(seen, [Some(b"one".to_vec()), Some(b"two".to_vec()), Some(vec![]), Some(vec![])]);
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_one_line_and_the_next_is_whole() {
        let mut lines = Lines::new();
        let mut bytes = vec![b'x'; 3 * LINE_BYTES];
        bytes.extend_from_slice(b"\nnext\n");
        assert_eq!(feed(&mut lines, &bytes), [None, Some(b"next".to_vec())]);
        let longest = [vec![b'y'; LINE_BYTES], vec![b'\n']].concat();
        assert_eq!(feed(&mut lines, &longest), [Some(vec![b'y'; LINE_BYTES])]);
        feed(&mut lines, &[b'z'; LINE_BYTES + 9]);
        assert_eq!(lines.finish(|line| line == Line::TooLong), Some(true));
        assert_eq!(lines.finish(|_| ()), None);
    }

    #[test]
    fn what_was_handed_over_is_wiped() {
        let mut lines = Lines::new();
        feed(&mut lines, b"the code is 4471\nhalf a l");
        assert!(!lines.buffer.windows(4).any(|w| w == b"4471"));
        lines.space();
        assert_eq!(&lines.buffer[..8], b"half a l");
        assert!(lines.buffer[8..].iter().all(|&b| b == 0), "moving left nothing behind");
        lines.finish(|_| ());
        assert!(lines.buffer.iter().all(|&b| b == 0));
    }
}
