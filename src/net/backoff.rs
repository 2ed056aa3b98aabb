//! Waiting longer after each failure, a little out of step with everybody else.

use std::time::Duration;

use tokio::time::Instant;

use super::config::{RETRY_FIRST, RETRY_MOST};

/// This floor's clock. The driver reads it and hands the instant down.
#[expect(clippy::disallowed_methods, reason = "the network's clock: all of net/ gets its time from here")]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// A number nobody can foresee, for spreading things out. Zero where the system has none to give: less spread, no harm.
#[expect(
    clippy::disallowed_methods,
    reason = "chance is wanted here so that nodes do not move in step; no key is made"
)]
pub(super) fn chance() -> u32 {
    getrandom::u32().unwrap_or_default()
}

/// How often it failed, and so how long to wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    pub(super) fn failures(self) -> u32 {
        self.failures
    }

    /// Counts a failure and says how long to wait: 0.5, 1, 2 .. 60 s, a quarter more or less.
    pub(super) fn fail(&mut self, chance: u32) -> Duration {
        let doubled = RETRY_FIRST.saturating_mul(1u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        self.failures = self.failures.saturating_add(1).min(30);
        let quarter = doubled.min(RETRY_MOST) / 4;
        doubled.min(RETRY_MOST) - quarter + quarter.mul_f64(2.0 * f64::from(chance) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_stay_within_a_quarter() {
        let mut backoff = Backoff::default();
        for n in 0..200u32 {
            let plain = RETRY_FIRST.saturating_mul(1 << n.min(20)).min(RETRY_MOST);
            let (mut low, mut high) = (backoff, backoff);
            assert_eq!(low.fail(0), plain - plain / 4);
            assert_eq!(high.fail(u32::MAX), plain + plain / 4);
            backoff.fail(n);
        }
        backoff.reset();
        assert_eq!(backoff.fail(0), RETRY_FIRST - RETRY_FIRST / 4);
    }
}
