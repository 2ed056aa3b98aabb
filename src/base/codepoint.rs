//! Which code points may stand in text that a person reads, judged one at a time or by their nearest neighbours.
//!
//! Three answers: some stay, some vanish because they are invisible or steer the terminal, and some become U+FFFD
//! because nobody can say what they look like. Tables are kept to what no dependency answers.

use unicode_normalization::char::{canonical_combining_class, is_combining_mark, is_public_assigned};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

const ZWNJ: char = '\u{200C}';
const ZWJ: char = '\u{200D}';
const TEXT_STYLE: char = '\u{FE0E}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// The canonical combining class that every virama has, whatever its script.
const VIRAMA: u8 = 9;

/// What becomes of a code point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Stays,
    Vanishes,
    /// Shown as U+FFFD: its width is known and the reader sees that something was there.
    Unknown,
}

/// Judges a code point by itself. Joiners and emoji styles pass here; [`joiner_belongs`] looks at them in place.
pub(super) fn fate(c: char) -> Fate {
    if is_control(c) || (is_invisible(c) && !is_joiner(c)) {
        Fate::Vanishes
    } else if !is_public_assigned(c) {
        // Private use: an icon font may draw it as this program's own padlock or tick. Unassigned code points and
        // non-characters: terminals disagree about their width, and a later Unicode may make them invisible.
        Fate::Unknown
    } else {
        Fate::Stays
    }
}

/// C0, DEL and C1. A body's newline and tab are let through before this is asked.
fn is_control(c: char) -> bool {
    c.is_control()
}

/// Takes no ink and no honest chat needs it: fillers, joiners, direction controls, selectors, annotations, tags.
///
/// It covers Default_Ignorable_Code_Point of the Unicode Character Database, with U+FFF9..U+FFFC added. Ideographic and
/// Mongolian variation selectors go as well: no terminal draws them, and a run of them carries hidden bytes.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFC}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// An invisible code point that some cluster may need.
pub(super) fn is_joiner(c: char) -> bool {
    matches!(c, ZWNJ | ZWJ | TEXT_STYLE | EMOJI_STYLE)
}

/// A blank of any width, which a one-line name shows as one plain space. U+2800 is the braille cell without dots.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// Rides on another code point: a combining mark, a skin tone, or anything that takes no column of its own.
pub(super) fn is_passenger(c: char) -> bool {
    is_mark(c) || is_skin_tone(c) || c.width() == Some(0)
}

fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}')
}

/// A mark that is drawn over whatever stands before it.
pub(super) fn is_floating(c: char) -> bool {
    is_mark(c) && c.width() == Some(0)
}

/// A combining mark, spacing or not.
fn is_mark(c: char) -> bool {
    is_combining_mark(c)
}

/// Whether the joiner `c` has a visible effect between what was kept `before` it and what comes `after` it.
pub(super) fn joiner_belongs(before: &str, c: char, after: &str) -> bool {
    let left = before.chars().next_back();
    let right = after.chars().next();
    match c {
        TEXT_STYLE => left.is_some_and(is_pictographic),
        EMOJI_STYLE => {
            let keycap = right == Some(KEYCAP) && left.is_some_and(|l| matches!(l, '0'..='9' | '#' | '*'));
            keycap || left.is_some_and(is_pictographic)
        }
        ZWJ => shapes_conjunct(left, right) || (right.is_some_and(is_pictographic) && ends_in_emoji(before)),
        ZWNJ => shapes_conjunct(left, right) || parts_cursive_letters(before, after),
        _ => false,
    }
}

/// Beside a virama a joiner picks the half form, the chillu or the ya-phalaa.
fn shapes_conjunct(left: Option<char>, right: Option<char>) -> bool {
    let is_virama = |c: char| canonical_combining_class(c) == VIRAMA;
    left.is_some_and(is_virama) || (right.is_some_and(is_virama) && left.is_some_and(char::is_alphabetic))
}

/// Between two letters of a cursive script ZWNJ stops them from joining, as Persian spelling asks.
fn parts_cursive_letters(before: &str, after: &str) -> bool {
    // The cheap side first: marks piled up on the left are then walked over once, not once for each joiner among them.
    after.chars().next().is_some_and(is_cursive)
        && before.chars().rev().find(|&c| !is_mark(c)).is_some_and(is_cursive)
}

/// Letters that change shape with their neighbours, by block.
fn is_cursive(c: char) -> bool {
    c.is_alphabetic()
        && !is_mark(c)
        && matches!(c,
            '\u{0620}'..='\u{07FA}' | '\u{0840}'..='\u{08FF}' | '\u{1820}'..='\u{18AA}' | '\u{A840}'..='\u{A873}'
            | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{10AC0}'..='\u{10AFF}'
            | '\u{10B80}'..='\u{10BAF}' | '\u{10D00}'..='\u{10D3F}' | '\u{10F30}'..='\u{10FDF}'
            | '\u{1E900}'..='\u{1E943}')
}

/// An emoji, with its skin tone and its style where it has them.
fn ends_in_emoji(before: &str) -> bool {
    let mut back = before.chars().rev().filter(|&c| c != EMOJI_STYLE);
    match back.next() {
        Some(tone) if is_skin_tone(tone) => back.next().is_some_and(is_pictographic),
        last => last.is_some_and(is_pictographic),
    }
}

/// Extended_Pictographic, asked of the segmentation tables: only such a code point forms one cluster with a ZWJ and a heart.
fn is_pictographic(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    let mut probe = String::with_capacity(12);
    probe.push(c);
    probe.push_str("\u{200D}\u{2764}");
    probe.graphemes(true).nth(1).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictographs_are_told_from_letters_marks_and_digits() {
        for c in ['❤', '😀', '🏴', '©', '☠'] {
            assert!(is_pictographic(c), "{c}");
        }
        for c in ['a', '1', 'é', '中', '\u{301}', '\u{200D}', '\u{FE0F}', '\u{0600}', '🇫'] {
            assert!(!is_pictographic(c), "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn a_joiner_stays_only_where_it_shows() {
        assert!(joiner_belongs("👩🏽", ZWJ, "🚀"));
        assert!(joiner_belongs("🏳\u{FE0F}", ZWJ, "🌈"));
        assert!(joiner_belongs("می", ZWNJ, "خواهم"));
        assert!(joiner_belongs("न\u{94D}", ZWJ, ""));
        assert!(joiner_belongs("র", ZWJ, "\u{9CD}য"));
        assert!(joiner_belongs("1", EMOJI_STYLE, "\u{20E3}"));
        assert!(!joiner_belongs("a", ZWJ, "b"));
        assert!(!joiner_belongs("a", ZWNJ, "b"));
        assert!(!joiner_belongs("👩", ZWJ, "b"));
        assert!(!joiner_belongs("👩\u{200D}", ZWJ, "🚀"));
        assert!(!joiner_belongs("1", EMOJI_STYLE, "2"));
        assert!(!joiner_belongs("", EMOJI_STYLE, "a"));
    }

    #[test]
    fn what_has_no_agreed_look_is_shown_as_unknown() {
        for c in ['\u{E0B0}', '\u{F8FF}', '\u{FDD0}', '\u{FFFE}', '\u{10FFFF}', '\u{378}'] {
            assert!(fate(c) == Fate::Unknown, "U+{:04X}", u32::from(c));
        }
    }
}
