//! What can be wrong with an invite, and where to look.

/// What is wrong with an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It does not look like one.
    Neither,
    /// The letter at this place after `EPHEM:` is wrong.
    Letter(usize),
    /// Letters are missing, there are too many, or several are wrong.
    Letters,
    /// The word at this place is none of ours.
    Word(usize),
    /// Words are missing, or there are too many.
    Words,
    /// All words are known, and they do not belong together.
    WordCheck,
    /// It is of another version.
    Version,
    /// It is whole, and says what no invite may say.
    Content,
}

impl Flaw {
    pub(super) fn text(self) -> String {
        match self {
            Flaw::Neither => "this is not an invite".to_owned(),
            Flaw::Letter(at) => format!("one letter of the invite is wrong: the {} after EPHEM:", nth(at)),
            Flaw::Letters => "letters of the invite are missing or wrong".to_owned(),
            Flaw::Word(at) => format!("the {} word of the invite is not one of ours", nth(at)),
            Flaw::Words => "words of the invite are missing, or there are too many".to_owned(),
            Flaw::WordCheck => "a word of the invite is wrong, or two changed places".to_owned(),
            Flaw::Version => "the invite is of another version of this program".to_owned(),
            Flaw::Content => "the invite holds what no invite may hold".to_owned(),
        }
    }

    pub(super) fn hint(self) -> &'static str {
        match self {
            Flaw::Neither | Flaw::Letters => "copy all of it, from EPHEM: to its end",
            Flaw::Letter(_) => "look at that letter again, or copy all of it once more",
            Flaw::Word(_) => "have that word read to you again",
            Flaw::Words | Flaw::WordCheck => "have all of them read to you again, in their order",
            Flaw::Version => "use the same version as whoever made it",
            Flaw::Content => "ask for another one",
        }
    }
}

fn nth(n: usize) -> String {
    let ending = match (n % 100, n % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flaw_of_an_invite_has_a_sentence_that_says_where_it_is() {
        let all = [
            (Flaw::Neither, "not an invite"),
            (Flaw::Letter(21), "the 21st after EPHEM:"),
            (Flaw::Letters, "letters"),
            (Flaw::Word(3), "the 3rd word"),
            (Flaw::Word(12), "the 12th word"),
            (Flaw::Words, "words"),
            (Flaw::WordCheck, "changed places"),
            (Flaw::Version, "version"),
            (Flaw::Content, "may hold"),
        ];
        for (flaw, says) in all {
            assert!(flaw.text().contains(says) && !flaw.hint().is_empty(), "{flaw:?}");
        }
    }
}
