//! How long a passphrase withstands guessing, said so that a person can decide.
//!
//! A recorded frame lets anyone guess offline for ever, so this is the only thing that stands before a
//! passphrase room.

use zeroize::Zeroize;

use crate::base::stack::{LATTICE, cleanly};

/// Guesses a second that one graphics card makes against the slow hash: it is bound by memory bandwidth.
pub const GUESSES_PER_CARD: f64 = 2_000.0;
/// The attacker that times are told for.
pub const CARDS: f64 = 1_000.0;
/// Below this many bits a passphrase is called weak.
pub const ENOUGH_BITS: f64 = 50.0;
/// Bits in a passphrase of six generated words: `6 log2(7776)`.
pub const GENERATED_BITS: f64 = 77.5;

/// An estimate of how many passphrases are as likely as this one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strength {
    bits: f64,
}

/// Measures a passphrase that a person made up, with the zxcvbn estimator.
///
/// It sees dictionary words, names, dates, keyboard rows and repeats, counts no more than 64 bits and looks
/// at the first 100 characters. Not for generated passphrases: their strength is known
/// ([`Strength::generated`]). The estimator works on copies of its own that it does not wipe, so it belongs
/// where the process is about to be hardened or to end.
pub fn strength(passphrase: &str) -> Strength {
    let mut seen: String = passphrase.chars().take(100).collect();
    let log10 = cleanly::<LATTICE, _>(|| zxcvbn::zxcvbn(&seen, &["ephem"]).guesses_log10());
    seen.zeroize();
    Strength { bits: (log10 * std::f64::consts::LOG2_10).clamp(0.0, 64.0) }
}

impl Strength {
    /// The strength of six generated words.
    pub const fn generated() -> Self {
        Strength { bits: GENERATED_BITS }
    }

    /// Bits: the logarithm of the number of guesses.
    pub fn bits(self) -> f64 {
        self.bits
    }

    /// Whether a person should be warned.
    pub fn weak(self) -> bool {
        self.bits < ENOUGH_BITS
    }

    /// `2^bits / 2 / (2,000 guesses/s x 1,000 cards)`: seconds until half of the space is searched.
    pub fn seconds(self) -> f64 {
        self.bits.exp2() / 2.0 / (GUESSES_PER_CARD * CARDS)
    }

    /// The same time in plain words.
    pub fn cost_in_words(self) -> String {
        const MINUTE: f64 = 60.0;
        const HOUR: f64 = 60.0 * MINUTE;
        const DAY: f64 = 24.0 * HOUR;
        const YEAR: f64 = 365.25 * DAY;
        let s = self.seconds();
        match s {
            _ if s < 1.0 => "less than a second".to_owned(),
            _ if s < MINUTE => counted(s, "second"),
            _ if s < HOUR => counted(s / MINUTE, "minute"),
            _ if s < DAY => counted(s / HOUR, "hour"),
            _ if s < YEAR => counted(s / DAY, "day"),
            _ if s < 1e3 * YEAR => counted(s / YEAR, "year"),
            _ if s < 1e6 * YEAR => format!("{:.0} thousand years", s / YEAR / 1e3),
            _ => "more than a million years".to_owned(),
        }
    }
}

fn counted(n: f64, unit: &str) -> String {
    let n = n.round().max(1.0);
    if n < 1.5 { format!("1 {unit}") } else { format!("{n:.0} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_invent_is_called_weak_and_generated_words_are_not() {
        for bad in ["", "1234", "password", "correct1", "summer2024!", "qwertyuiop", "general"] {
            assert!(strength(bad).weak(), "{bad}");
        }
        assert!(!strength("crane-velvet-oxidize-humble-tapestry-quiver").weak());
        assert!(!Strength::generated().weak());
    }

    #[test]
    fn the_cost_is_told_for_a_thousand_cards_and_half_the_space() {
        let of = |bits| Strength { bits }.cost_in_words();
        assert_eq!(of(10.0), "less than a second");
        assert_eq!(of(35.0), "2 hours");
        assert_eq!(of(3.0 * 7776f64.log2()), "1 day");
        assert_eq!(of(4.0 * 7776f64.log2()), "29 years");
        assert_eq!(of(5.0 * 7776f64.log2()), "225 thousand years");
        assert_eq!(of(GENERATED_BITS), "more than a million years");
    }

    #[test]
    fn an_endless_passphrase_is_measured_in_no_time() {
        let long = "kqz".repeat(100_000);
        assert!(strength(&long).bits() <= 64.0);
    }
}
