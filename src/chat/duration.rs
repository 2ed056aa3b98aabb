//! Lengths of time as people type and read them: `30s 10m 2h 1d`. Every flag, command and sentence goes through here.

use std::fmt;

/// The units, longest first, each in milliseconds.
const UNITS: [(&str, &str, u64); 4] =
    [("d", "day", 86_400_000), ("h", "hour", 3_600_000), ("m", "minute", 60_000), ("s", "second", 1_000)];

/// The longest length taken: a year. No wait and no life in this program is longer, and sums stay far from the edge.
pub const MOST_MS: u64 = 366 * 86_400_000;

/// Why something is not a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// Not a number followed by `s`, `m`, `h` or `d`.
    Form,
    /// Nothing, or over [`MOST_MS`].
    Range,
}

/// Reads a whole number and its unit, in milliseconds.
pub fn parse(typed: &str) -> Result<u64, DurationError> {
    let typed = typed.trim();
    let digits = typed.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = typed.split_at_checked(digits).ok_or(DurationError::Form)?;
    let (.., ms) =
        UNITS.iter().find(|(short, ..)| unit.eq_ignore_ascii_case(short)).ok_or(DurationError::Form)?;
    if number.is_empty() {
        return Err(DurationError::Form);
    }
    // All digits: what does not parse is too large.
    let number: u64 = number.parse().map_err(|_| DurationError::Range)?;
    number.checked_mul(*ms).filter(|all| (1..=MOST_MS).contains(all)).ok_or(DurationError::Range)
}

/// Time left as a label that rarely changes: `2h`, `8m`, `40s`, and each second only in the last ten.
pub fn fuse(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000);
    match seconds {
        0..=10 => format!("{seconds}s"),
        // Fifty-one seconds and more are told in minutes, so that no label says `60s`.
        11..=50 => format!("{}s", seconds.div_ceil(10) * 10),
        51..=3_540 => format!("{}m", seconds.div_ceil(60)),
        3_541..=172_800 => format!("{}h", seconds.div_ceil(3_600)),
        _ => format!("{}d", seconds.div_ceil(86_400)),
    }
}

/// In how many milliseconds [`fuse`] says something else.
pub fn fuse_changes_in(ms: u64) -> u64 {
    let seconds = ms.div_ceil(1_000);
    let before = seconds.saturating_sub(1);
    let next = match seconds {
        0..=10 => before,
        11..=50 => before / 10 * 10,
        51..=3_540 => (before / 60 * 60).max(50),
        3_541..=172_800 => (before / 3_600 * 3_600).max(3_540),
        _ => (before / 86_400 * 86_400).max(172_800),
    };
    ms.saturating_sub(next * 1_000).max(1)
}

/// A length in as few characters as do: `10m`, `1h30m`, `45s`.
pub fn short(ms: u64) -> String {
    let mut left = ms.div_ceil(1_000);
    let mut said = String::new();
    for (short, _, ms) in UNITS {
        let (count, unit) = (left / (ms / 1_000), ms / 1_000);
        if count > 0 {
            said.push_str(&format!("{count}{short}"));
            left %= unit;
        } else if !said.is_empty() {
            break;
        }
    }
    if said.is_empty() { "0s".to_owned() } else { said }
}

/// A length in words, rounded up to its largest unit unless two say it better: `10 minutes`, `1 hour 30 minutes`.
pub fn words(ms: u64) -> Words {
    Words(ms.div_ceil(1_000))
}

/// How long until something whose end was set a moment ago, or on another clock: exact to the minute, to five seconds where it
/// is less than two, and to the second where it is less than ten.
pub fn until(ms: u64) -> Words {
    let step = match ms {
        0..10_000 => return words(ms),
        10_000..120_000 => 5_000,
        _ => 60_000,
    };
    words(ms.saturating_add(step / 2) / step * step)
}

/// What [`words`] gives, to be written into a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(u64);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0;
        let mut parts = 0;
        for (_, name, ms) in UNITS {
            let unit = ms / 1_000;
            let count = left / unit;
            if count > 0 && parts < 2 {
                let space = if parts > 0 { " " } else { "" };
                write!(f, "{space}{count} {name}{}", if count == 1 { "" } else { "s" })?;
                parts += 1;
                left %= unit;
            } else if parts > 0 {
                // Two neighbouring units are as exact as anybody reads.
                break;
            }
        }
        if parts == 0 { f.write_str("0 seconds") } else { Ok(()) }
    }
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DurationError::Form => {
                f.write_str("a length of time is a number and s, m, h or d, like 30s or 10m")
            }
            DurationError::Range => f.write_str("a length of time is at least 1s and at most 366d"),
        }
    }
}

impl std::error::Error for DurationError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_units_are_read() {
        for (typed, ms) in
            [("30s", 30_000), ("10m", 600_000), ("2h", 7_200_000), ("1d", 86_400_000), (" 5M ", 300_000)]
        {
            assert_eq!(parse(typed), Ok(ms), "{typed}");
        }
    }

    #[test]
    fn an_end_set_on_another_clock_is_told_as_it_was_meant() {
        for (ms, said) in [
            (3_599_040, "1 hour"),
            (3_600_900, "1 hour"),
            (86_399_000, "1 day"),
            (117_400, "1 minute 55 seconds"),
            (89_600, "1 minute 30 seconds"),
            (9_500, "10 seconds"),
        ] {
            assert_eq!(until(ms).to_string(), said, "{ms}");
        }
    }

    #[test]
    fn anything_else_is_told_apart_from_too_much() {
        for typed in ["", "s", "10", "-1s", "1.5h", "10 m", "10min", "1h30m", "１s", "0x1s"] {
            assert_eq!(parse(typed), Err(DurationError::Form), "{typed}");
        }
        for typed in ["0s", "367d", "99999999999999999999d", "18446744073709551615d"] {
            assert_eq!(parse(typed), Err(DurationError::Range), "{typed}");
        }
    }

    #[test]
    fn a_fuse_counts_single_seconds_only_at_the_end() {
        let labels: Vec<String> =
            [0, 900, 9_100, 10_000, 10_001, 50_000, 50_001, 61_000, 3_540_000, 3_540_001, 86_400_000 * 3]
                .into_iter()
                .map(fuse)
                .collect();
        assert_eq!(labels, ["0s", "1s", "10s", "10s", "20s", "50s", "1m", "2m", "59m", "1h", "3d"]);
    }

    #[test]
    fn ten_minutes_are_told_in_some_twenty_labels_and_each_of_them_is_seen() {
        for whole in [600_000, 90_000_000, 400_000_000] {
            let (mut left, mut labels) = (whole, vec![fuse(whole)]);
            while left > 0 {
                left -= fuse_changes_in(left);
                assert_ne!(Some(&fuse(left)), labels.last(), "a label that does not change, at {left}");
                labels.push(fuse(left));
                for early in [1, 7, 999] {
                    assert_ne!(fuse(left + early), fuse(left), "a change that was slept through, at {left}");
                }
            }
            assert_eq!(left, 0);
            if whole == 600_000 {
                assert_eq!(labels.len(), 10 + 4 + 10 + 1, "{labels:?}");
            }
        }
    }

    #[test]
    fn a_short_length_leaves_nothing_out_but_what_is_nothing() {
        let said: Vec<String> = [0, 45_000, 600_000, 5_400_000, 8_040_000, 90_000_000].map(short).into();
        assert_eq!(said, ["0s", "45s", "10m", "1h30m", "2h14m", "1d1h"]);
    }

    #[test]
    fn words_use_two_units_at_most() {
        let said: Vec<String> = [0, 1_000, 59_001, 600_000, 5_400_000, 90_061_000]
            .into_iter()
            .map(|ms| words(ms).to_string())
            .collect();
        let want = ["0 seconds", "1 second", "1 minute", "10 minutes", "1 hour 30 minutes", "1 day 1 hour"];
        assert_eq!(said, want);
    }
}
