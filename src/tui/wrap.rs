//! A text cut into lines of so many columns: slices of the text itself, never copies of it.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns of a tab, wherever it stands.
pub(super) const TAB: usize = 4;

/// Columns a cluster takes on the screen.
pub(super) fn columns_of(cluster: &str) -> usize {
    if cluster == "\t" { TAB } else { cluster.width() }
}

/// Columns a text takes on one line.
pub(super) fn columns(text: &str) -> usize {
    text.graphemes(true).map(columns_of).sum()
}

/// The lines of a text.
pub(super) fn lines(text: &str, width: usize) -> Lines<'_> {
    Lines { rest: Some(text), width: width.max(1) }
}

/// See [`lines`].
#[derive(Clone, Debug)]
pub(super) struct Lines<'a> {
    rest: Option<&'a str>,
    width: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest.take()?;
        let (mut used, mut space) = (0, None);
        for (at, cluster) in text.grapheme_indices(true) {
            let past = at + cluster.len();
            if cluster == "\n" {
                self.rest = text.get(past..);
                return text.get(..at);
            }
            let columns = columns_of(cluster);
            if used + columns > self.width && at > 0 {
                // After a space that fits, else in the middle of the word; the space itself is not drawn.
                let (end, begin) = match (cluster == " ", space) {
                    (true, _) => (at, past),
                    (false, Some(space)) => (space, space + 1),
                    (false, None) => (at, at),
                };
                // A line that was full to its last column may be followed by the end of its paragraph.
                let begin = if text.get(begin..).is_some_and(|rest| rest.starts_with('\n')) {
                    begin + 1
                } else {
                    begin
                };
                self.rest = text.get(begin..).filter(|rest| !rest.is_empty() || begin != past);
                return text.get(..end);
            }
            used += columns;
            if cluster == " " {
                space = Some(at);
            }
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, width: usize) -> Vec<&str> {
        lines(text, width).collect()
    }

    #[test]
    fn words_stay_whole_where_they_fit() {
        assert_eq!(cut("meet at the north gate", 10), ["meet at", "the north", "gate"]);
        assert_eq!(cut("exactly ten", 7), ["exactly", "ten"]);
        assert_eq!(cut("", 10), [""]);
        assert_eq!(cut("a\n\nb", 10), ["a", "", "b"]);
        assert_eq!(cut("end\n", 10), ["end", ""]);
    }

    #[test]
    fn a_word_that_fits_nowhere_is_cut() {
        assert_eq!(cut("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(cut("\u{706b}\u{706b}\u{706b}", 4), ["\u{706b}\u{706b}", "\u{706b}"]);
        assert_eq!(cut("\u{706b}", 1), ["\u{706b}"], "never endless");
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_too_wide() {
        let texts = [
            "two  spaces   and more",
            "tab\tand \u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467} family",
            "e\u{301}e\u{301} x",
        ];
        for text in texts {
            for width in 2..30 {
                let found = cut(text, width);
                let glued: String = found.concat().chars().filter(|c| *c != ' ').collect();
                let whole: String = text.chars().filter(|c| *c != ' ').collect();
                assert_eq!(glued, whole, "{text} at {width}");
                for line in found {
                    assert!(columns(line) <= width.max(TAB), "{line:?} at {width}");
                }
            }
        }
    }
}
