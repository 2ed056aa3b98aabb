//! Time as a value. Nothing below the edge reads a clock: whoever drives the room hands time in.
//!
//! Two kinds that must never be mixed: [`Mono`], this machine's own monotonic clock, on which every deadline is kept,
//! and [`Unix`], the room's shared calendar time, which is only ever compared with what others signed.

use std::fmt;
use std::ops::Add;

use super::limits::{DAY_MS, EPOCH_MS};

/// Milliseconds on a local clock that never steps back and that counts suspended time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mono(pub u64);

/// Milliseconds since 1970, as the room agrees on it ("room time").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Unix(pub u64);

/// A minute of room time: the step at which chain keys move on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(pub u64);

/// A day of room time: the step at which topics and lobby keys change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub u64);

impl Mono {
    /// Milliseconds from `earlier` to this instant; zero when `earlier` is later.
    pub fn since(self, earlier: Mono) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<u64> for Mono {
    type Output = Mono;
    fn add(self, ms: u64) -> Mono {
        Mono(self.0.saturating_add(ms))
    }
}

impl Unix {
    /// The epoch this instant falls in.
    pub fn epoch(self) -> Epoch {
        Epoch(self.0 / EPOCH_MS)
    }

    /// The day this instant falls in.
    pub fn day(self) -> Day {
        Day(self.0 / DAY_MS)
    }

    /// This instant moved by a signed number of milliseconds, stopping at either end.
    pub fn shifted(self, by_ms: i64) -> Unix {
        Unix(self.0.saturating_add_signed(by_ms))
    }

    /// Signed milliseconds from `other` to this instant.
    pub fn offset_from(self, other: Unix) -> i64 {
        let wide = i128::from(self.0) - i128::from(other.0);
        wide.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }
}

impl Epoch {
    /// The epoch `n` minutes later.
    pub fn plus(self, n: u64) -> Epoch {
        Epoch(self.0.saturating_add(n))
    }

    /// The epoch `n` minutes earlier, not before the first.
    pub fn minus(self, n: u64) -> Epoch {
        Epoch(self.0.saturating_sub(n))
    }

    /// The instant at which this epoch begins.
    pub fn start(self) -> Unix {
        Unix(self.0.saturating_mul(EPOCH_MS))
    }

    /// The low sixteen bits, as a frame header carries them.
    pub fn low(self) -> u16 {
        (self.0 & 0xffff) as u16
    }

    /// The epoch nearest to this one whose low bits are `low`.
    pub fn nearest(self, low: u16) -> Epoch {
        let forward = u64::from(low.wrapping_sub(self.low()));
        if forward < 0x8000 { self.plus(forward) } else { self.minus(0x1_0000 - forward) }
    }
}

impl Day {
    /// Yesterday, today and tomorrow: the days whose topics are heard around midnight.
    pub fn around(self) -> [Day; 3] {
        [Day(self.0.saturating_sub(1)), self, Day(self.0.saturating_add(1))]
    }
}

impl fmt::Debug for Mono {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}.{:03}s", self.0 / 1000, self.0 % 1000)
    }
}

impl fmt::Debug for Unix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unix {}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}", self.0)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "day {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_found_again_from_its_low_bits() {
        for base in [0u64, 5, 65_530, 65_536, 29_000_000] {
            for off in -40i64..=40 {
                let Some(e) = base.checked_add_signed(off) else { continue };
                assert_eq!(Epoch(base).nearest(Epoch(e).low()), Epoch(e));
            }
        }
    }

    #[test]
    fn shifting_stops_at_both_ends() {
        assert_eq!(Unix(5).shifted(-9), Unix(0));
        assert_eq!(Unix(u64::MAX).shifted(1), Unix(u64::MAX));
        assert_eq!(Unix(3).offset_from(Unix(10)), -7);
    }
}
