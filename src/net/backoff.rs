//! Waiting longer after each failure, a little out of step with everybody else.

use std::time::Duration;

use tokio::time::Instant;

use super::config::{RETRY_FIRST, RETRY_KNOWN, RETRY_MOST};

/// This floor's clock. The driver reads it and hands the instant down.
#[expect(clippy::disallowed_methods, reason = "the network's clock: all of net/ gets its time from here")]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Time that goes on while the machine sleeps: on Linux the boot-time clock; elsewhere on Unix the monotonic one, which does
/// so there.
#[cfg(unix)]
pub fn since_boot() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;
    let at = clock_gettime(CLOCK);
    let seconds = u64::try_from(at.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(at.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanos)
}

/// The performance counter, which goes on in sleep.
#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "on such systems this clock counts sleep")]
pub fn since_boot() -> Duration {
    use std::sync::OnceLock;
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
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

    /// Counts a failure of something that was well a while ago: the wait stays short.
    pub(super) fn fail_known(&mut self, chance: u32) -> Duration {
        let wait = self.fail(chance);
        // Of the longest wait, a quarter more or less has been drawn already: the same share of the short one.
        if wait > RETRY_KNOWN {
            RETRY_KNOWN.mul_f64(0.75 + f64::from(chance) / f64::from(u32::MAX) / 2.0)
        } else {
            wait
        }
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
    fn who_was_well_a_while_ago_never_waits_long() {
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = (0..20).map(|n| backoff.fail_known(n * 99_999_999)).collect();
        assert!(waits.iter().all(|wait| *wait <= RETRY_KNOWN.mul_f64(1.25)), "{waits:?}");
        assert!(waits.iter().skip(5).all(|wait| *wait >= RETRY_KNOWN.mul_f64(0.75)), "{waits:?}");
    }

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
