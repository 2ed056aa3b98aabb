//! What time it is, on both clocks, and how a day is told from another.

use crate::base::limits::DAY_MS;
use crate::base::time::{Mono, Unix};

/// Now, on both clocks, and where on earth.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The clock on which messages die.
    pub now: Mono,
    /// The calendar.
    pub ts: Unix,
    /// Minutes east of Greenwich.
    pub zone_minutes: i64,
}

impl Moment {
    /// Hour and minute of a day.
    pub(super) fn clock(&self, of: Unix) -> (u64, u64) {
        let shifted = of.shifted(self.zone_minutes * 60_000).0 % DAY_MS;
        (shifted / 3_600_000, shifted / 60_000 % 60)
    }

    /// What the calendar said at an instant gone by.
    pub(super) fn calendar(&self, then: Mono) -> Unix {
        let ago = i64::try_from(self.now.since(then)).unwrap_or(i64::MAX);
        self.ts.shifted(-ago)
    }

    /// When the next day begins.
    pub(super) fn midnight(&self) -> Mono {
        self.now + (DAY_MS - self.ts.shifted(self.zone_minutes * 60_000).0 % DAY_MS)
    }

    /// The day something falls on, counted from the beginning of the calendar.
    pub(super) fn day(&self, of: Unix) -> u64 {
        of.shifted(self.zone_minutes * 60_000).0 / DAY_MS
    }
}
