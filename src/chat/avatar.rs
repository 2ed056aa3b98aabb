//! The sign and the colour beside a name: from the key, unless somebody chose. They help the eye and prove nothing.

use super::name::Colour;
use super::text::Line;
use crate::base::id::MemberId;

/// How somebody is shown beside the nick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avatar {
    sign: &'static Sign,
    colour: Colour,
}

/// A sign, one column wide.
#[derive(Debug, PartialEq, Eq)]
pub struct Sign {
    /// The sign.
    pub glyph: &'static str,
    /// What stands for it where only letters of ASCII can be shown.
    pub plain: &'static str,
    /// Its name, to be read or typed.
    pub name: &'static str,
}

const fn sign(glyph: &'static str, plain: &'static str, name: &'static str) -> Sign {
    Sign { glyph, plain, name }
}

/// The signs. A profile carries their numbers, from one: their order is part of what nodes agree on. All of them are in the
/// set that every terminal's font has (WGL4), none is a picture that some fonts draw two columns wide, and none is a sign
/// of office or of this program.
pub const SIGNS: [Sign; 24] = [
    sign("\u{2660}", "^", "spade"),
    sign("\u{2663}", "&", "club"),
    sign("\u{2665}", "v", "heart"),
    sign("\u{25ca}", "%", "lozenge"),
    sign("\u{25a0}", "#", "square"),
    sign("\u{25a1}", "[", "box"),
    sign("\u{25cf}", "O", "disc"),
    sign("\u{25cb}", "o", "ring"),
    sign("\u{25d8}", "]", "button"),
    sign("\u{25ac}", "=", "bar"),
    sign("\u{25ba}", ">", "arrow"),
    sign("\u{25c4}", "<", "beak"),
    sign("\u{263c}", "x", "sun"),
    sign("\u{266a}", ";", "note"),
    sign("\u{266b}", ":", "song"),
    sign("\u{2302}", "A", "house"),
    sign("\u{221e}", "Q", "loop"),
    sign("\u{2206}", "M", "peak"),
    sign("\u{00a4}", "c", "coin"),
    sign("\u{2248}", "-", "wave"),
    sign("\u{2261}", "|", "ladder"),
    sign("\u{2229}", "n", "arch"),
    sign("\u{00a7}", "$", "knot"),
    sign("\u{2021}", "t", "mast"),
];

impl Avatar {
    /// What somebody is shown with who chose this sign and this colour, by number; zero and numbers that mean nothing here
    /// leave it to the key.
    pub fn of(id: &MemberId, sign: u64, colour: u64) -> Avatar {
        let [first, second, ..] = id.0;
        let sign = numbered(&SIGNS, sign).or_else(|| SIGNS.get(usize::from(second) % SIGNS.len()));
        let of_key = || Colour::ALL.get(usize::from(first) % Colour::ALL.len());
        let colour = numbered(Colour::ALL, colour).or_else(of_key);
        Avatar { sign: sign.unwrap_or(&SIGNS[0]), colour: *colour.unwrap_or(&Colour::Blue) }
    }

    /// The sign.
    pub fn sign(self) -> &'static Sign {
        self.sign
    }

    /// Both in words, for whoever does not see them.
    pub fn words(self) -> String {
        format!("{}, {}", self.sign.name, self.colour.name())
    }

    /// The colour.
    pub fn colour(self) -> Colour {
        self.colour
    }
}

/// The number of a sign that was typed: itself, its name, its number or what stands for it.
pub fn sign_number(typed: &str) -> Option<u64> {
    let is =
        |sign: &Sign| sign.glyph == typed || sign.plain == typed || sign.name.eq_ignore_ascii_case(typed);
    let by_number = typed.parse().ok().filter(|n| numbered(&SIGNS, *n).is_some());
    by_number.or_else(|| SIGNS.iter().zip(1..).find(|(sign, _)| is(sign)).map(|(_, n)| n))
}

/// The number of a colour that was typed by its name.
pub fn colour_number(typed: &str) -> Option<u64> {
    let named = Colour::parse(&typed.to_ascii_lowercase())?;
    Colour::ALL.iter().zip(1..).find(|(colour, _)| **colour == named).map(|(_, n)| n)
}

/// The names of all signs.
pub fn names() -> impl Iterator<Item = &'static str> {
    SIGNS.iter().map(|sign| sign.name)
}

/// All signs, and which one is shown now.
pub fn page(mine: Avatar) -> Vec<Line> {
    let now = format!("yours is {}: /avatar NAME takes another, /avatar auto that of your key", mine.words());
    let row = |signs: &[Sign]| -> String {
        signs.iter().map(|sign| format!("{} or {}  {:9}", sign.glyph, sign.plain, sign.name)).collect()
    };
    [now].into_iter().chain(SIGNS.chunks(4).map(row)).map(|line| Line::clean(&line)).collect()
}

fn numbered<T>(all: &[T], number: u64) -> Option<&T> {
    all.get(usize::try_from(number.checked_sub(1)?).ok()?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn every_sign_takes_one_column_and_none_is_taken_for_another() {
        let mut seen = BTreeSet::new();
        for sign in &SIGNS {
            assert_eq!((sign.glyph.width(), sign.plain.len()), (1, 1), "{}", sign.name);
            assert!(sign.plain.is_ascii() && sign.plain.parse::<u8>().is_err(), "{}", sign.name);
            assert!(seen.insert(sign.glyph) && seen.insert(sign.plain) && seen.insert(sign.name));
            // Marks of office, of the talk and of a choice.
            assert!(!"\u{2666}\u{25b2}*+~!@\u{25b8}\u{b7}\u{2713}".contains(sign.glyph), "{}", sign.name);
            assert!(!"*+~!@".contains(sign.plain), "{}", sign.name);
        }
    }

    #[test]
    fn a_key_has_its_own_and_a_choice_goes_before_it() {
        let mut id = MemberId([0; 32]);
        (id.0[0], id.0[1]) = (7, 25);
        let own = Avatar::of(&id, 0, 0);
        assert_eq!((own.sign().name, own.colour()), ("club", Colour::Orange));
        let chosen = Avatar::of(&id, 24, 6);
        assert_eq!((chosen.sign().name, chosen.colour()), ("mast", Colour::Sand));
        for strange in [25, 1 << 40, u64::MAX] {
            assert_eq!(Avatar::of(&id, strange, strange), own, "{strange}");
        }
    }

    #[test]
    fn a_sign_is_named_in_every_way_that_somebody_may_type() {
        for typed in ["24", "\u{2021}", "t", "mast", "Mast"] {
            assert_eq!(sign_number(typed), Some(24), "{typed}");
        }
        for typed in ["", "0", "25", "-1", "dragon", "\u{1f409}"] {
            assert_eq!(sign_number(typed), None, "{typed}");
        }
        assert_eq!(
            (colour_number("Blue"), colour_number("sand"), colour_number("red")),
            (Some(1), Some(6), None)
        );
    }
}
