//! The two clocks of a node: one that never goes back and counts sleep, so that what died while the lid was closed is dead
//! when it opens; and the calendar, which is somebody's opinion.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::base::time::{Mono, Unix};
use crate::net::since_boot;

/// Gives the time. Cheap to copy: it only knows where zero is.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    zero: Duration,
    astray_ms: i64,
}

impl Clock {
    /// A clock that starts now.
    pub fn new() -> Clock {
        Clock::astray(0)
    }

    /// A clock whose calendar is ahead of the machine's by so much, or behind it: no two machines agree.
    pub fn astray(ms: i64) -> Clock {
        Clock { zero: since_boot(), astray_ms: ms }
    }

    /// Milliseconds since this clock was made, sleep counted.
    pub fn now(&self) -> Mono {
        // One millisecond in, so that nothing in a room happens at zero, which means never.
        Mono(1 + u64::try_from(since_boot().saturating_sub(self.zero).as_millis()).unwrap_or(u64::MAX - 1))
    }

    /// The calendar. Before 1970 it is 1970: room time comes from the others then.
    #[expect(clippy::disallowed_methods, reason = "this is the edge at which the calendar is read")]
    pub fn wall(&self) -> Unix {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Unix(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)).shifted(self.astray_ms)
    }
}

/// Now, as the runtime's timers count.
#[expect(clippy::disallowed_methods, reason = "the runtime's timers are set on its own clock")]
pub fn instant() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_after_zero_and_never_goes_back() {
        let clock = Clock::new();
        let first = clock.now();
        assert!(first.0 >= 1 && first.0 < 60_000);
        assert!(clock.now() >= first);
        assert!(clock.wall().0 > 1_600_000_000_000, "this machine's calendar stands before 2020");
    }
}
