//! What a person calls themselves. Never an identity: two people may carry one nick, so it comes with the means to
//! notice that two nicks look alike, and whoever shows them adds the tags then.

use std::cmp::Ordering;
use std::fmt;

use unicode_security::skeleton;
use zeroize::Zeroizing;

use super::limits::NICK_COLUMNS;
use super::text::CleanText;

/// A cleaned name of 1 to [`NICK_COLUMNS`] columns, on one line, without a space at either end.
#[derive(PartialEq, Eq)]
pub struct Nick(CleanText);

/// Why there is no nick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NickError {
    /// Nothing visible was left of it.
    Empty,
}

/// What a nick looks like to a hurried reader; equal for nicks that are easily taken for each other.
#[derive(PartialEq, Eq)]
pub struct Skeleton(Zeroizing<String>);

impl Nick {
    /// Cleans `raw` and takes what is left. One that is too long is cut: only an empty one is refused.
    pub fn parse(raw: &str) -> Result<Nick, NickError> {
        let text = CleanText::line(raw, NICK_COLUMNS).text;
        if text.is_empty() { Err(NickError::Empty) } else { Ok(Nick(text)) }
    }

    /// For whoever has no name that could be shown.
    pub fn unnamed() -> Nick {
        Nick(CleanText::line("unnamed", NICK_COLUMNS).text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Columns it takes on the screen.
    pub fn columns(&self) -> usize {
        self.0.columns()
    }

    /// The name as clean text, for a face.
    pub fn text(&self) -> &CleanText {
        &self.0
    }

    /// Whether both are one name to someone who types it in another case.
    pub fn eq_ignoring_case(&self, other: &Nick) -> bool {
        self.as_str()
            .chars()
            .flat_map(char::to_lowercase)
            .eq(other.as_str().chars().flat_map(char::to_lowercase))
    }

    /// `fold(confuse(fold(confuse(nick))))`: `confuse` is the skeleton of Unicode Technical Standard 39, `fold` takes
    /// away case, spaces and what tells i from l. Joining upper-case I with both i and l makes some pairs alike that a
    /// good font keeps apart: that costs a tag on the screen, the other mistake costs a wrong person kicked.
    pub fn skeleton(&self) -> Skeleton {
        let folded = gather(skeleton(self.as_str()).flat_map(fold));
        Skeleton(gather(skeleton(&folded).flat_map(fold)))
    }

    /// Whether a reader could take one for the other.
    pub fn looks_like(&self, other: &Nick) -> bool {
        self.skeleton() == other.skeleton()
    }
}

fn fold(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().filter(|c| !c.is_whitespace()).map(|c| if c == 'i' { 'l' } else { c })
}

/// The longest skeleton kept. Confusables spell one code point with up to 18, and what is beyond this no eye compares.
const SKELETON_BYTES: usize = 1_024;

/// Collects into one buffer that never grows.
fn gather(chars: impl Iterator<Item = char>) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(SKELETON_BYTES));
    for c in chars {
        if out.len() + c.len_utf8() > SKELETON_BYTES {
            break;
        }
        out.push(c);
    }
    out
}

impl Clone for Nick {
    fn clone(&self) -> Nick {
        Nick(self.0.duplicate())
    }
}

impl fmt::Debug for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nick({} bytes)", self.0.len())
    }
}

impl fmt::Display for NickError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NickError::Empty => f.write_str("nothing visible is left of this nick"),
        }
    }
}

impl std::error::Error for NickError {}

impl Ord for Skeleton {
    fn cmp(&self, other: &Skeleton) -> Ordering {
        self.0.as_str().cmp(other.0.as_str())
    }
}

impl PartialOrd for Skeleton {
    fn partial_cmp(&self, other: &Skeleton) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Skeleton {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Skeleton({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nick(raw: &str) -> Nick {
        Nick::parse(raw).unwrap()
    }

    #[test]
    fn a_nick_is_trimmed_and_cut_and_only_an_invisible_one_is_refused() {
        assert_eq!(nick("  ana \n").as_str(), "ana");
        assert_eq!(nick(&"x".repeat(80)).columns(), NICK_COLUMNS);
        for blank in
            ["", " ", "\u{200B}\u{2060}", "\u{2800}\u{3164}", "\u{1b}\u{7}", "\u{301}", "\u{3000}\u{a0}"]
        {
            assert_eq!(Nick::parse(blank), Err(NickError::Empty));
        }
    }

    #[test]
    fn nicks_that_look_alike_share_a_skeleton() {
        let alike = [
            ("paypal", "pаypаl"),
            ("Ian", "lan"),
            ("ian", "IAN"),
            ("bob", "BOB"),
            ("bob", "b ob"),
            ("root", "r00t"),
            ("modern", "modem"),
            ("ana", "ａｎａ"),
        ];
        for (a, b) in alike {
            assert!(nick(a).looks_like(&nick(b)), "{a} {b}");
        }
        for (a, b) in [("ana", "bob"), ("ana", "anna"), ("eve", "evé")] {
            assert!(!nick(a).looks_like(&nick(b)), "{a} {b}");
        }
    }

    #[test]
    fn case_is_ignored_when_a_nick_is_typed() {
        assert!(nick("Ána").eq_ignoring_case(&nick("áNA")));
        assert!(!nick("Ana").eq_ignoring_case(&nick("Ána")));
    }

    #[test]
    fn debug_tells_only_the_length() {
        assert_eq!(
            format!("{:?} {:?}", nick("otter"), nick("otter").skeleton()),
            "Nick(5 bytes) Skeleton(5 bytes)"
        );
    }
}
