//! The one type of text that a face accepts. It is made where bytes become text, so nothing behind that point has to
//! wonder whether a peer's words could steer the terminal, hide in it, or draw outside their own cells.
//!
//! Text is cleaned in passes until a pass changes nothing: `clean(clean(x)) == clean(x)` holds by construction.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;
use zeroize::Zeroizing;

use super::codepoint::{Fate, fate, is_blank, is_floating, is_joiner, is_passenger, joiner_belongs};
use super::limits::{CLUSTER_PASSENGERS, FRAME_BYTES, TEXT_BYTES};

/// Text in which every code point has been judged. The buffer is as long as the text, never grew, and is wiped on drop.
///
/// It is not `Clone` and not `Display`: a text has one owner, and faces draw from [`CleanText::as_str`].
#[derive(PartialEq, Eq)]
pub struct CleanText(Zeroizing<String>);

/// What cleaning gives back.
#[derive(Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// The text; it may be empty.
    pub text: CleanText,
    /// Whether a reader could miss something: a code point went, was replaced, or was cut off. Writing the same text in
    /// NFC or with other line ends is not a change.
    pub changed: bool,
}

impl CleanText {
    /// Cleans a message: newlines and tabs stay, and it ends at the last whole cluster within [`TEXT_BYTES`].
    pub fn body(raw: &str) -> Cleaned {
        clean(raw, Shape::Body)
    }

    /// Cleans a name: every blank is one plain space, none at either end, and at most `max_columns` columns.
    pub fn line(raw: &str, max_columns: usize) -> Cleaned {
        clean(raw, Shape::Line { max_columns })
    }

    /// The text. Whoever copies it takes over the duty to wipe it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Length in UTF-8 bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Columns it takes when drawn cluster by cluster; a newline and a tab count one each.
    pub fn columns(&self) -> usize {
        self.0.graphemes(true).map(UnicodeWidthStr::width).sum()
    }

    /// A second owner, for the few texts that need one.
    pub(super) fn duplicate(&self) -> CleanText {
        CleanText(exact(self.0.chars()))
    }
}

impl fmt::Debug for CleanText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CleanText({} bytes)", self.len())
    }
}

#[derive(Clone, Copy)]
enum Shape {
    Body,
    Line { max_columns: usize },
}

/// Passes after which text that still changes is given up. Everything honest settles in two.
const MAX_PASSES: usize = 8;

fn clean(raw: &str, shape: Shape) -> Cleaned {
    if is_plain(raw, shape) {
        let mut text = sized(raw.len());
        text.push_str(raw);
        return Cleaned { text: CleanText(text), changed: false };
    }
    settle(raw, shape)
}

/// Whether nothing could be done to `raw`, as nearly every text that is written in ASCII: no table has to be asked then.
fn is_plain(raw: &str, shape: Shape) -> bool {
    let printable = |byte: u8| matches!(byte, b' '..=b'~');
    match shape {
        Shape::Body => {
            raw.len() <= TEXT_BYTES
                && raw.bytes().all(|byte| printable(byte) || matches!(byte, b'\n' | b'\t'))
        }
        Shape::Line { max_columns } => {
            let at_an_end = raw.starts_with(' ') || raw.ends_with(' ');
            raw.len() <= max_columns && !at_an_end && raw.bytes().all(printable)
        }
    }
}

/// Cleans in passes until a pass changes nothing.
fn settle(raw: &str, shape: Shape) -> Cleaned {
    // No peer can say more than a frame holds, and a paste beyond it would be cut anyway: the work stays bounded.
    let looked_at = raw.get(..raw.floor_char_boundary(FRAME_BYTES)).unwrap_or_default();
    let mut text = pass(looked_at, shape);
    for _ in 0..MAX_PASSES {
        let again = pass(&text, shape);
        if again == text {
            let changed = !newlines(raw).nfc().eq(text.chars());
            return Cleaned { text: CleanText(text), changed };
        }
        text = again;
    }
    Cleaned { text: CleanText(Zeroizing::new(String::new())), changed: true }
}

fn pass(raw: &str, shape: Shape) -> Zeroizing<String> {
    let readable = exact(newlines(raw).filter_map(|c| shown(c, shape)).nfc());
    let joined = keep_working_joiners(&readable);
    match shape {
        Shape::Body => fit(&joined, TEXT_BYTES, usize::MAX),
        Shape::Line { max_columns } => {
            let fitted = fit(joined.trim_matches(' '), usize::MAX, max_columns);
            exact(fitted.trim_end_matches(' ').chars())
        }
    }
}

/// The characters of `raw` with every line end as `\n`.
fn newlines(raw: &str) -> impl Iterator<Item = char> + Clone {
    raw.char_indices().filter_map(move |(at, c)| match c {
        '\r' if raw.get(at..).is_some_and(|rest| rest.starts_with("\r\n")) => None,
        '\r' => Some('\n'),
        _ => Some(c),
    })
}

/// What stands for `c`, if anything does.
fn shown(c: char, shape: Shape) -> Option<char> {
    match (shape, c) {
        (Shape::Body, '\n' | '\t') => return Some(c),
        (Shape::Body, '\u{2028}' | '\u{2029}') => return Some('\n'),
        (Shape::Line { .. }, _) if is_blank(c) => return Some(' '),
        _ => {}
    }
    match fate(c) {
        Fate::Stays => Some(c),
        Fate::Vanishes => None,
        Fate::Unknown => Some(char::REPLACEMENT_CHARACTER),
    }
}

/// Drops the joiners and emoji styles that change nothing where they stand.
fn keep_working_joiners(text: &str) -> Zeroizing<String> {
    let mut kept = sized(text.len());
    for (at, c) in text.char_indices() {
        let after = text.get(at + c.len_utf8()..).unwrap_or_default();
        if !is_joiner(c) || joiner_belongs(&kept, c, after) {
            kept.push(c);
        }
    }
    kept
}

/// Whole clusters of `text`, thinned out, as far as both limits reach.
fn fit(text: &str, max_bytes: usize, max_columns: usize) -> Zeroizing<String> {
    let mut out = sized(text.len());
    let mut columns = 0usize;
    for cluster in text.graphemes(true) {
        let start = out.len();
        push_thinned(cluster, &mut out);
        let width = out.get(start..).unwrap_or_default().width();
        columns = columns.saturating_add(width);
        if columns > max_columns || out.len() > max_bytes {
            out.truncate(start);
            break;
        }
        if width == 0 {
            // It would be drawn over its neighbour's cell, and at the start of a row that is the frame of the screen.
            out.truncate(start);
        }
    }
    exact(out.chars())
}

/// Appends a cluster with no mark ahead of its base and no more than [`CLUSTER_PASSENGERS`] riding on it.
fn push_thinned(cluster: &str, out: &mut String) {
    let mut passengers = 0;
    let unbased = cluster.chars().take_while(|&c| is_floating(c));
    for c in cluster.chars().skip(unbased.count()) {
        passengers += usize::from(is_passenger(c));
        if passengers > CLUSTER_PASSENGERS && is_passenger(c) {
            continue;
        }
        out.push(c);
    }
}

/// The characters in a buffer of exactly their length: measured first, because a string that grows leaves copies behind.
fn exact(chars: impl Iterator<Item = char> + Clone) -> Zeroizing<String> {
    let mut buffer = sized(chars.clone().map(char::len_utf8).sum());
    buffer.extend(chars);
    buffer
}

fn sized(bytes: usize) -> Zeroizing<String> {
    Zeroizing::new(String::with_capacity(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    use super::*;

    #[test]
    fn the_short_way_through_plain_text_ends_where_the_long_one_does() {
        let (seed, plain) = (7, std::cell::Cell::new(0u32));
        let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        // Mostly printable; now and then what is not, at every place, and lengths on both sides of both bounds.
        let piece = prop_oneof![
            40 => "[ -~]{1,8}",
            4 => "[\n\t ]{1,3}",
            1 => "[\r\u{0}-\u{1f}\u{7f}-\u{9f}ée\u{301}\u{200b}]",
        ];
        let texts = (prop::collection::vec(piece, 0..12), 1usize..200, 0usize..30);
        let check = |(pieces, times, columns): (Vec<String>, usize, usize)| {
            for raw in [pieces.concat(), pieces.concat().repeat(times)] {
                for shape in [Shape::Body, Shape::Line { max_columns: columns }] {
                    plain.set(plain.get() + u32::from(is_plain(&raw, shape)));
                    prop_assert_eq!(clean(&raw, shape), settle(&raw, shape));
                }
            }
            Ok(())
        };
        if let Err(why) = TestRunner::new_with_rng(config, rng).run(&texts, check) {
            panic!("seed {seed}: {why}");
        }
        assert!(plain.get() > 2_000, "the short way was taken {} times", plain.get());
    }

    #[test]
    fn each_bound_of_the_short_way_is_the_long_ones() {
        for (raw, shape) in [
            ("x".repeat(TEXT_BYTES), Shape::Body),
            ("x".repeat(TEXT_BYTES + 1), Shape::Body),
            ("abc".to_owned(), Shape::Line { max_columns: 3 }),
            ("abcd".to_owned(), Shape::Line { max_columns: 3 }),
        ] {
            assert_eq!(clean(&raw, shape), settle(&raw, shape));
        }
    }

    #[test]
    fn a_buffer_is_exactly_as_long_as_its_text() {
        for raw in
            ["", "hello", "e\u{301}\u{1d160}\u{fb2c}", "a\u{200b}b\r\nc\u{e0b0}", &"👩\u{200d}🚀".repeat(900)]
        {
            for clean in [
                CleanText::body(raw).text,
                CleanText::line(raw, 9).text,
                CleanText::body(raw).text.duplicate(),
            ] {
                assert_eq!(clean.0.capacity(), clean.len());
            }
        }
    }

    #[test]
    fn filling_a_measured_buffer_never_moves_it() {
        let chars = "x\u{1d15e}\u{301}".repeat(300);
        let mut buffer = sized(chars.nfc().map(char::len_utf8).sum());
        let before = buffer.as_ptr();
        buffer.extend(chars.nfc());
        assert_eq!(buffer.as_ptr(), before);
    }
}
