//! What a room is filed under in the directory: a few words of plain letters, which look the same to everybody.

use std::fmt;

use super::limits::{TAG_BYTES, TAGS};

/// A word like `region:eu`, `special:chess` or `chess`: 1 to [`TAG_BYTES`] of `a-z 0-9 -`, and one colon inside at most.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag(String);

impl Tag {
    /// The tag as it was typed, in lower case; `None` where it is none.
    pub fn parse(typed: &str) -> Option<Tag> {
        let word = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let tag = typed.to_ascii_lowercase();
        let fits = match tag.split_once(':') {
            Some((key, value)) => word(key) && word(value),
            None => word(&tag),
        };
        (fits && tag.len() <= TAG_BYTES).then_some(Tag(tag))
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tags of a room as one text, with a space between two.
    pub fn join(tags: &[Tag]) -> String {
        tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The other direction of [`Tag::join`], to the letter: at most [`TAGS`], none of them twice.
    pub fn split(text: &str) -> Option<Vec<Tag>> {
        let words = text.split(' ').filter(|_| !text.is_empty());
        let tags: Vec<Tag> = words.map(Tag::parse).collect::<Option<_>>()?;
        let twice = tags.iter().enumerate().any(|(n, tag)| tags.iter().take(n).any(|other| other == tag));
        (tags.len() <= TAGS && !twice && Tag::join(&tags) == text).then_some(tags)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_a_plain_word_or_two_with_a_colon_between() {
        for good in ["region:eu", "special:go-club", "chess", "Region:EU", "7"] {
            assert_eq!(Tag::parse(good).map(|tag| tag.0), Some(good.to_lowercase()));
        }
        let long = "x".repeat(TAG_BYTES + 1);
        for bad in ["", ":", "region:", ":eu", "a:b:c", "two words", "caf\u{e9}", "a\u{202e}", &long] {
            assert_eq!(Tag::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn tags_have_one_spelling_together() {
        for good in ["", "chess", "region:eu chess", "a b c"] {
            assert_eq!(Tag::split(good).map(|tags| Tag::join(&tags)).as_deref(), Some(good));
        }
        for bad in [" ", "a  b", " a", "a ", "a a", "A", "a b c d", "a\tb"] {
            assert_eq!(Tag::split(bad), None, "{bad}");
        }
    }
}
