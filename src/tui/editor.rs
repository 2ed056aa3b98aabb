//! The draft: what is typed and not yet sent. One buffer, wiped when it grows, when it is sent and when it goes; editing
//! goes by what a reader sees as one character.

use unicode_segmentation::UnicodeSegmentation;
use zeroize::{Zeroize, Zeroizing};

use super::wrap;

/// Longest draft, in bytes: a text at its bound and a command before it.
pub(super) const BYTES: usize = crate::base::limits::TEXT_BYTES + 256;

/// What moves the caret or takes something away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// One character.
    Left,
    /// One character.
    Right,
    /// To the beginning of the word.
    WordLeft,
    /// Past the end of the word.
    WordRight,
    /// To the beginning of the line.
    Home,
    /// To the end of the line.
    End,
    /// One line up.
    Up,
    /// One line down.
    Down,
}

/// A draft with its caret.
#[derive(Default)]
pub(super) struct Editor {
    /// Allocated once at its full length as soon as something is typed, so that it never moves and leaves nothing behind.
    text: Zeroizing<String>,
    /// Always on the boundary of a character.
    caret: usize,
    /// What was taken away last, to be put back.
    killed: Zeroizing<String>,
}

impl Editor {
    /// What is typed.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where the caret stands, in bytes.
    pub(super) fn caret(&self) -> usize {
        self.caret
    }

    /// Whether nothing is typed.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Puts something in at the caret, but for what steers a terminal: a draft is drawn before it is judged. False if there
    /// is no place for it: then nothing is put in.
    pub(super) fn insert(&mut self, text: &str) -> bool {
        let steers = |c: char| c.is_control() && c != '\n' && c != '\t';
        if text.contains(steers) {
            let mut clean = Zeroizing::new(String::with_capacity(text.len()));
            clean.extend(text.chars().filter(|c| !steers(*c)));
            return self.insert(&clean);
        }
        if self.text.len() + text.len() > BYTES {
            return false;
        }
        let spare = BYTES - self.text.len();
        self.text.reserve_exact(spare);
        self.text.insert_str(self.caret, text);
        self.caret += text.len();
        true
    }

    /// Moves the caret. False if it stayed where it was.
    pub(super) fn go(&mut self, to: Move) -> bool {
        let at = self.target(to);
        let moved = at != self.caret;
        self.caret = at;
        moved
    }

    /// Takes away what lies between the caret and there; more than a character can be put back.
    pub(super) fn delete(&mut self, to: Move) {
        let at = self.target(to);
        let (from, past) = (at.min(self.caret), at.max(self.caret));
        if from == past {
            return;
        }
        if !matches!(to, Move::Left | Move::Right) {
            self.killed = Zeroizing::new(self.text.get(from..past).unwrap_or_default().to_owned());
        }
        self.remove(from, past);
    }

    /// Puts back what was taken away last.
    pub(super) fn put_back(&mut self) {
        let killed = std::mem::take(&mut self.killed);
        self.insert(&killed);
        self.killed = killed;
    }

    /// Replaces what is between these and the caret.
    pub(super) fn replace(&mut self, from: usize, with: &str) {
        if from <= self.caret && self.text.is_char_boundary(from) {
            self.remove(from, self.caret);
            self.insert(with);
        }
    }

    /// Replaces everything.
    pub(super) fn set(&mut self, text: &str) {
        self.clear();
        self.insert(text);
    }

    /// Wipes the draft, and what was taken away from it: that may be the text of a message.
    pub(super) fn clear(&mut self) {
        self.text.zeroize();
        self.killed.zeroize();
        self.caret = 0;
    }

    /// The word before the caret that could be completed: where it begins.
    pub(super) fn word(&self) -> (usize, &str) {
        let before = self.text.get(..self.caret).unwrap_or_default();
        let at = before.rfind([' ', '\n', '\t']).map_or(0, |at| at + 1);
        (at, before.get(at..).unwrap_or_default())
    }

    /// Line and column of the caret when the draft is drawn so wide, and how many lines there are.
    pub(super) fn place(&self, width: usize) -> (usize, usize, usize) {
        let start = self.text.as_ptr() as usize;
        let (mut line, mut column, mut count) = (0, 0, 0);
        for drawn in wrap::lines(&self.text, width) {
            let from = drawn.as_ptr() as usize - start;
            if from <= self.caret {
                line = count;
                let upto = self.text.get(from..self.caret.min(from + drawn.len())).unwrap_or_default();
                column = wrap::columns(upto);
            }
            count += 1;
        }
        (line, column.min(width.saturating_sub(1)), count)
    }

    fn remove(&mut self, from: usize, past: usize) {
        // What follows moves up within the buffer; where it stood before is behind the end, and is wiped there.
        let gone = past - from;
        self.text.drain(from..past);
        self.caret = from;
        let end = self.text.len();
        let spare = "\0".repeat(gone);
        self.text.push_str(&spare);
        self.text.truncate(end);
    }

    fn target(&self, to: Move) -> usize {
        let (before, after) = self.text.split_at_checked(self.caret).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        match to {
            Move::Left => self.caret - before.graphemes(true).next_back().map_or(0, str::len),
            Move::Right => self.caret + after.graphemes(true).next().map_or(0, str::len),
            Move::WordLeft => {
                let word = before.trim_end();
                word.rfind(char::is_whitespace).map_or(0, |at| at + 1)
            }
            Move::WordRight => {
                let skipped = after.len() - after.trim_start().len();
                let word = after.get(skipped..).unwrap_or_default();
                self.caret + skipped + word.find(char::is_whitespace).unwrap_or(word.len())
            }
            Move::Home => line,
            Move::End => self.caret + after.find('\n').unwrap_or(after.len()),
            Move::Up if line == 0 => self.caret,
            Move::Up => {
                let above = before.get(..line - 1).unwrap_or_default();
                let start = above.rfind('\n').map_or(0, |at| at + 1);
                self.column_of(line, start)
            }
            Move::Down => match after.find('\n') {
                Some(at) => self.column_of(line, self.caret + at + 1),
                None => self.caret,
            },
        }
    }

    /// As many characters into the line that begins at `to` as the caret is into the one that begins at `from`.
    fn column_of(&self, from: usize, to: usize) -> usize {
        let count = self.text.get(from..self.caret).unwrap_or_default().graphemes(true).count();
        let line = self.text.get(to..).unwrap_or_default();
        let line = line.split('\n').next().unwrap_or_default();
        to + line.graphemes(true).take(count).map(str::len).sum::<usize>()
    }
}

impl std::fmt::Debug for Editor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Editor({} bytes)", self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A draft from a text with a bar where the caret is.
    fn at(text: &str) -> Editor {
        let (before, after) = text.split_once('|').unwrap();
        let mut editor = Editor::default();
        editor.insert(before);
        editor.insert(after);
        editor.caret = before.len();
        editor
    }

    fn shown(editor: &Editor) -> String {
        let (before, after) = editor.text.split_at(editor.caret);
        format!("{before}|{after}")
    }

    fn went(text: &str, to: Move) -> String {
        let mut editor = at(text);
        editor.go(to);
        shown(&editor)
    }

    fn without(text: &str, to: Move) -> String {
        let mut editor = at(text);
        editor.delete(to);
        shown(&editor)
    }

    #[test]
    fn the_caret_goes_where_readline_goes() {
        assert_eq!(went("one tw|o", Move::WordLeft), "one |two");
        assert_eq!(went("one |two", Move::WordLeft), "|one two");
        assert_eq!(went("|one two", Move::WordRight), "one| two");
        assert_eq!(went("one| two", Move::WordRight), "one two|");
        assert_eq!(went("a\nbc|d\ne", Move::Home), "a\n|bcd\ne");
        assert_eq!(went("a\nb|cd\ne", Move::End), "a\nbcd|\ne");
        assert_eq!(went("abc\nde|f", Move::Up), "ab|c\ndef");
        assert_eq!(went("ab|c\nd", Move::Down), "abc\nd|");
        for still in [(Move::Left, "|a"), (Move::Right, "a|"), (Move::Up, "a|"), (Move::Down, "a|")] {
            assert_eq!(went(still.1, still.0), still.1);
        }
    }

    #[test]
    fn one_character_is_what_a_reader_sees_as_one() {
        let family = "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        assert_eq!(without(&format!("x{family}|"), Move::Left), "x|");
        assert_eq!(without("xe\u{301}|", Move::Left), "x|");
        assert_eq!(went(&format!("|{family}y"), Move::Right), format!("{family}|y"));
    }

    #[test]
    fn what_was_taken_away_can_be_put_back() {
        let mut editor = at("send the plan| now");
        editor.delete(Move::WordLeft);
        assert_eq!(shown(&editor), "send the | now");
        editor.delete(Move::End);
        assert_eq!(shown(&editor), "send the |");
        editor.put_back();
        editor.put_back();
        assert_eq!(shown(&editor), "send the  now now|");
    }

    #[test]
    fn nothing_is_left_in_the_buffer() {
        let mut editor = at("the code is 4471|");
        let (start, bytes) = (editor.text.as_ptr(), editor.text.capacity());
        editor.delete(Move::WordLeft);
        assert!(!editor.text.contains("4471"));
        editor.insert("zz");
        assert_eq!((editor.text.as_ptr(), editor.text.capacity()), (start, bytes), "it never moved");
        assert!(!editor.insert(&"x".repeat(BYTES)), "and never grows");
        assert_eq!(editor.text(), "the code is zz");
        editor.clear();
        assert!(editor.is_empty() && editor.caret() == 0);
    }

    #[test]
    fn the_caret_is_where_the_text_is_drawn() {
        assert_eq!(at("|").place(10), (0, 0, 1));
        assert_eq!(at("hello|").place(10), (0, 5, 1));
        assert_eq!(at("one\ntw|o").place(10), (1, 2, 2));
        assert_eq!(
            at("meet at the |north").place(8),
            (2, 0, 3),
            "{:?}",
            wrap::lines("meet at the north", 8).collect::<Vec<_>>()
        );
        assert_eq!(at("\u{706b}\u{706b}|").place(10), (0, 4, 1));
        assert_eq!(at("end\n|").place(10), (1, 0, 2));
    }
}
