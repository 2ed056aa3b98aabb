//! A room's name, in the one spelling that every member derives keys from.
//!
//! Two people who type what looks the same must land in the same room, so what cannot be seen is refused, not
//! kept.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::kdf::length_prefix;

/// A name of 1 to [`RoomName::MAX`] bytes: NFKC, trimmed, lower-case, nothing invisible in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomName(String);

/// Why a name cannot be a room's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomNameError {
    /// Nothing is left after trimming.
    Empty,
    /// Over [`RoomName::MAX`] bytes once normalized.
    TooLong,
    /// A control, bidirectional, zero-width, blank or private character, or two spaces in a row.
    Invisible,
}

impl RoomName {
    /// The longest name, in bytes of UTF-8 after normalizing.
    pub const MAX: usize = 32;

    /// `NFKC(lower(trim(NFKC(typed))))`, then measured and checked.
    ///
    /// The second NFKC is needed because lower-casing can undo the first.
    pub fn parse(typed: &str) -> Result<Self, RoomNameError> {
        // No normalization shrinks a name so far that this would refuse a good one.
        if typed.len() > 64 * Self::MAX {
            return Err(RoomNameError::TooLong);
        }
        let folded: String = typed.nfkc().collect::<String>().trim().to_lowercase().nfkc().collect();
        let name = folded.trim();
        if name.is_empty() {
            return Err(RoomNameError::Empty);
        }
        if name.chars().any(is_invisible) || name.contains("  ") {
            return Err(RoomNameError::Invisible);
        }
        if name.len() > Self::MAX {
            return Err(RoomNameError::TooLong);
        }
        Ok(RoomName(name.to_owned()))
    }

    /// The name that no room has and nobody can type: the directory's.
    pub(super) fn none() -> RoomName {
        RoomName(String::new())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `LP(name)`, as it goes into a hash.
    pub fn prefixed(&self) -> Vec<u8> {
        [length_prefix(self.0.as_bytes()).as_slice(), self.0.as_bytes()].concat()
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RoomName({})", self.0.len())
    }
}

impl fmt::Display for RoomNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RoomNameError::Empty => f.write_str("the room's name is empty"),
            RoomNameError::TooLong => write!(f, "the room's name is over {} bytes", RoomName::MAX),
            RoomNameError::Invisible => f.write_str("the room's name holds something that cannot be seen"),
        }
    }
}

impl std::error::Error for RoomNameError {}

/// What leaves no mark of its own on a screen, or another one on each. Listed, not asked of a Unicode table:
/// two nodes built years apart must refuse the same names. An ordinary space may stand between words.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || c != ' ' && c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{10ffff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(typed: &str) -> String {
        RoomName::parse(typed).unwrap().as_str().to_owned()
    }

    #[test]
    fn what_looks_the_same_is_the_same_room() {
        assert_eq!(name("  Tea Room "), "tea room");
        assert_eq!(name("ＴＥＡ\u{a0}ｒｏｏｍ"), "tea room");
        assert_eq!(name("CAFÉ"), name("cafe\u{301}"));
        assert_eq!(name("ﬁsh"), "fish");
        assert_eq!(name("日本語"), "日本語");
        assert_eq!(name("🦦"), "🦦");
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for bad in
            ["a\u{200b}b", "a\u{202e}b", "a\nb", "a\u{1b}[2Jb", "a  b", "\u{feff}a", "a\u{e0041}", "a\u{ad}b"]
        {
            assert_eq!(RoomName::parse(bad), Err(RoomNameError::Invisible), "{bad:?}");
        }
    }

    #[test]
    fn length_is_counted_in_bytes_after_folding() {
        assert_eq!(RoomName::parse(" \t "), Err(RoomNameError::Empty));
        assert!(RoomName::parse(&"a".repeat(32)).is_ok());
        assert_eq!(RoomName::parse(&"a".repeat(33)), Err(RoomNameError::TooLong));
        assert!(RoomName::parse(&"日".repeat(10)).is_ok());
        assert_eq!(RoomName::parse(&"日".repeat(11)), Err(RoomNameError::TooLong));
        assert_eq!(RoomName::parse(&"a".repeat(1 << 20)), Err(RoomNameError::TooLong));
    }

    proptest! {
        #[test]
        fn parsing_a_parsed_name_changes_nothing(typed in "\\PC{0,16}") {
            if let Ok(once) = RoomName::parse(&typed) {
                prop_assert_eq!(RoomName::parse(once.as_str()), Ok(once.clone()));
                prop_assert!(once.as_str().len() <= RoomName::MAX);
            }
        }
    }
}
