//! Room time: the one calendar a room shares, kept on a monotonic clock.
//!
//! It is adopted once from the members one meets and then slewed, never stepped back. The network can pull it by a stated
//! bound and no further, whoever speaks.

use crate::base::limits::{
    SLEW_DIVISOR, SLEW_FROM_ADOPTED_MS, SLEW_FROM_OWN_MS, SLEW_IGNORED_MS, STEPS_TOTAL_MS, WELCOME_SKEW_MS,
};
use crate::base::time::{Mono, Unix};

/// The room's clock on this node.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    started: Mono,
    own: Unix,
    /// Offset from this node's own calendar, in microseconds so that slewing loses nothing.
    offset_us: i64,
    adopted_us: i64,
    target_us: i64,
    slewed_at: Mono,
    steps_ms: u64,
}

/// A room whose time this node will not follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFar {
    /// By how much, in milliseconds.
    pub(crate) by_ms: i64,
}

impl Clock {
    /// A clock that shows this node's own calendar time.
    pub(crate) fn new(now: Mono, own: Unix) -> Clock {
        Clock { started: now, own, offset_us: 0, adopted_us: 0, target_us: 0, slewed_at: now, steps_ms: 0 }
    }

    /// This node's own calendar, which the network cannot move.
    pub(crate) fn own(&self, now: Mono) -> Unix {
        Unix(self.own.0.saturating_add(now.since(self.started)))
    }

    /// Room time.
    pub(crate) fn now(&self, now: Mono) -> Unix {
        self.own(now).shifted(self.offset_us / 1000)
    }

    /// The sum of all steps this room has taken.
    pub(crate) fn steps_ms(&self) -> u64 {
        self.steps_ms
    }

    /// A newcomer takes over the time of the room that welcomes it, unless that is too far from its own.
    pub(crate) fn adopt(&mut self, now: Mono, room: Unix, steps_ms: u64) -> Result<(), TooFar> {
        let by_ms = room.offset_from(self.own(now));
        if by_ms.unsigned_abs() > WELCOME_SKEW_MS {
            return Err(TooFar { by_ms });
        }
        self.offset_us = by_ms.saturating_mul(1000);
        self.adopted_us = self.offset_us;
        self.target_us = self.offset_us;
        self.slewed_at = now;
        self.steps_ms = steps_ms.min(STEPS_TOTAL_MS);
        Ok(())
    }

    /// Steps forward to the time of the other half of the room; backward never. Fails past the sum of steps allowed.
    pub(crate) fn step_to(&mut self, now: Mono, room: Unix, steps_ms: u64) -> Result<u64, TooFar> {
        let by_ms = room.offset_from(self.now(now));
        let forward = u64::try_from(by_ms).unwrap_or(0);
        if forward <= SLEW_IGNORED_MS {
            // What others claim to have stepped counts only with a step of mine: or else one claim could use up the sum.
            return Ok(0);
        }
        let total = self.steps_ms.saturating_add(forward);
        if total > STEPS_TOTAL_MS {
            return Err(TooFar { by_ms });
        }
        self.offset_us = self.offset_us.saturating_add(by_ms.saturating_mul(1000));
        self.adopted_us = self.offset_us;
        self.target_us = self.offset_us;
        self.steps_ms = total.max(steps_ms.min(STEPS_TOTAL_MS));
        Ok(forward)
    }

    /// Aims at the median of what others show (offsets from this node's room time, in ms; this node's own zero included).
    pub(crate) fn aim(&mut self, offsets_ms: &mut Vec<i64>) {
        offsets_ms.push(0);
        offsets_ms.sort_unstable();
        let median = offsets_ms.get(offsets_ms.len() / 2).copied().unwrap_or(0);
        if median.unsigned_abs() < SLEW_IGNORED_MS {
            self.target_us = self.offset_us;
            return;
        }
        let wanted = self.offset_us.saturating_add(median.saturating_mul(1000));
        let near = SLEW_FROM_ADOPTED_MS * 1000;
        let wanted = wanted.clamp(self.adopted_us - near, self.adopted_us + near);
        // Slewing must not carry a clock away from its own calendar; where a step or a welcome has put it there already,
        // slewing may only bring it back.
        let own = SLEW_FROM_OWN_MS * 1000;
        let (low, high) = (self.offset_us.min(-own), self.offset_us.max(own));
        self.target_us = wanted.clamp(low, high);
    }

    /// Moves towards the aim, by at most one part in fifty of the time that passed.
    pub(crate) fn advance(&mut self, now: Mono) {
        let passed_us = now.since(self.slewed_at).saturating_mul(1000);
        self.slewed_at = now;
        let most = i64::try_from(passed_us / SLEW_DIVISOR).unwrap_or(i64::MAX);
        let gap = self.target_us.saturating_sub(self.offset_us);
        self.offset_us = self.offset_us.saturating_add(gap.clamp(-most, most));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_time_never_runs_back_and_never_leaves_its_bound() {
        let mut clock = Clock::new(Mono(0), Unix(1_000_000_000));
        let mut last = clock.now(Mono(0));
        for s in 1..100_000u64 {
            clock.aim(&mut vec![-1_000_000_000; 5]);
            clock.advance(Mono(s * 100));
            let now = clock.now(Mono(s * 100));
            assert!(now >= last);
            last = now;
        }
        let off = last.offset_from(clock.own(Mono(9_999_900)));
        assert_eq!(off, -SLEW_FROM_ADOPTED_MS);
    }

    #[test]
    fn steps_stop_at_their_sum() {
        let mut clock = Clock::new(Mono(0), Unix(1_000_000_000));
        assert_eq!(clock.step_to(Mono(0), Unix(1_000_200_000), 0), Ok(200_000));
        assert!(clock.step_to(Mono(0), Unix(1_000_241_000), 0).is_err());
        assert_eq!(clock.step_to(Mono(0), Unix(1_000_240_000), 0), Ok(40_000));
        assert_eq!(clock.step_to(Mono(0), Unix(0), 0), Ok(0), "never back");
    }

    #[test]
    fn a_room_five_minutes_off_is_not_entered() {
        let mut clock = Clock::new(Mono(0), Unix(1_000_000_000));
        assert_eq!(clock.adopt(Mono(0), Unix(1_000_300_001), 0), Err(TooFar { by_ms: 300_001 }));
        assert_eq!(clock.adopt(Mono(0), Unix(999_700_000), 0), Ok(()));
        assert_eq!(clock.now(Mono(5)), Unix(999_700_005));
    }
}
