//! Clean text behind handles: what a face may draw. Nothing here can be made from bytes that were not judged.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::problem::Problem;
use crate::base::limits::{NAME_BYTES, TEXT_BYTES};
use crate::base::secret::Text;
use crate::base::text::CleanText;

/// A message's text, cleaned, behind the handle that owns it: cloning clones the handle, the last one wipes.
#[derive(Clone, PartialEq, Eq)]
pub struct Body(Text);

/// A name or a sentence on one line, cleaned, shared and wiped like a [`Body`].
#[derive(Clone, PartialEq, Eq)]
pub struct Line(Arc<CleanText>);

impl Body {
    /// Cleans what a peer signed. Where nothing had to be changed, which is nearly always, the room's own handle is
    /// taken over, so that the text stands in memory once.
    pub fn of(raw: &Text) -> Body {
        let clean = CleanText::body(raw.as_str()).text;
        if clean.as_str() == raw.as_str() { Body(raw.clone()) } else { Body(Text::new(clean.as_str())) }
    }

    /// Cleans what was typed here, and says whether that changed what a reader would see. Too much is refused, not cut:
    /// whoever typed it can still shorten it. So is what ends up empty.
    pub fn typed(raw: &str) -> Result<(Body, bool), Problem> {
        let cleaned = CleanText::body(raw);
        // Twice the bound, because line ends and composed letters may still shrink; what is longer was cut for certain.
        if raw.len() > TEXT_BYTES && (cleaned.changed || raw.len() > 2 * TEXT_BYTES) {
            return Err(Problem::TooLong { what: "the text", most: TEXT_BYTES });
        }
        if cleaned.text.as_str().trim().is_empty() {
            return Err(Problem::Empty("text"));
        }
        Ok((Body(Text::new(cleaned.text.as_str())), cleaned.changed))
    }

    /// The text, to be drawn. Whoever copies it takes over the duty to wipe it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Words of one's own and those of another beneath, of at most so many bytes: what is too long loses its end.
    pub fn quoting(words: Option<&Body>, quoted: Option<&Body>, most: usize) -> Text {
        let parts = [
            words.map(Body::as_str),
            words.and(quoted).map(|_| "\n"),
            quoted.map(|_| "> "),
            quoted.map(Body::as_str),
        ];
        let mut whole = Zeroizing::new(String::with_capacity(most));
        for part in parts.into_iter().flatten() {
            let room = most - whole.len();
            whole.push_str(part.get(..part.floor_char_boundary(room)).unwrap_or_default());
        }
        Text::new(&whole)
    }

    /// The handle, for whoever sends it.
    pub fn handle(&self) -> Text {
        self.0.clone()
    }
}

impl Line {
    /// Widest line kept.
    pub const COLUMNS: usize = NAME_BYTES;

    /// Cleans `raw` to one line of [`Line::COLUMNS`] at most.
    pub fn clean(raw: &str) -> Line {
        Line::within(raw, Line::COLUMNS)
    }

    /// Cleans `raw` to one line of so many columns at most.
    pub fn within(raw: &str, columns: usize) -> Line {
        Line(Arc::new(CleanText::line(raw, columns).text))
    }

    /// The line.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({})", self.0.len())
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({})", self.0.len())
    }
}

impl Ord for Line {
    fn cmp(&self, other: &Line) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for Line {
    fn partial_cmp(&self, other: &Line) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_was_clean_is_not_copied() {
        let raw = Text::new("two lines\nand a tab\t.");
        assert_eq!(Body::of(&raw).as_str().as_ptr(), raw.as_str().as_ptr());
    }

    #[test]
    fn a_text_that_was_not_clean_cannot_steer_anything() {
        assert_eq!(Body::of(&Text::new("a\u{1b}[2Jb")).as_str(), "a[2Jb");
        assert_eq!(Line::clean("a\nb\u{202e}").as_str(), "a b");
    }

    #[test]
    fn what_is_typed_is_cleaned_with_a_word_about_it_and_refused_only_when_empty_or_too_long() {
        let (body, changed) = Body::typed("hi\u{200b}").unwrap();
        assert_eq!((body.as_str(), changed), ("hi", true));
        assert!(!Body::typed("hi\r\nthere").unwrap().1);
        for empty in ["", " ", "\u{200b}", "\n\t"] {
            assert!(matches!(Body::typed(empty), Err(Problem::Empty(_))));
        }
        assert!(Body::typed(&"x".repeat(TEXT_BYTES)).is_ok());
        for long in ["x".repeat(TEXT_BYTES + 1), "e\u{301}".repeat(9_000), "\r\n".repeat(20_000)] {
            assert!(matches!(Body::typed(&long), Err(Problem::TooLong { .. })));
        }
    }

    #[test]
    fn debug_tells_lengths_only() {
        let shown = format!("{:?} {:?}", Body::of(&Text::new("north gate")), Line::clean("ana"));
        assert_eq!(shown, "Body(10) Line(3)");
    }
}
