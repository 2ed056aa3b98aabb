//! How fast my own messages go: the rate of the room, and the pause it sets between two of a member.

use rand_core::CryptoRng;

use super::Outbox;
use crate::base::limits::{PACE_BURST, PACE_EACH_MS};
use crate::base::time::Mono;
use crate::room::guard::Bucket;
use crate::room::hub::Hub;
use crate::room::inside::Inside;
use crate::room::io::Timer;
use crate::room::rights::Rank;

/// How fast my messages go.
pub(super) struct Pace {
    pub(super) out: Bucket,
    pub(super) slow_until: Mono,
    /// When I said something last.
    said: Option<Mono>,
}

impl Pace {
    pub(super) fn new() -> Pace {
        Pace { out: Bucket::new(PACE_EACH_MS, PACE_BURST), slow_until: Mono(0), said: None }
    }
}

impl Outbox {
    /// Whether the room's pause between two messages is on.
    pub(in crate::room) fn is_slowed(&self, now: Mono) -> bool {
        now < self.pace.slow_until
    }

    /// When the pace lets the next one go.
    pub(in crate::room) fn ready_at(&self, now: Mono) -> u64 {
        self.pace.out.ready_at(now.0).max(self.pace.slow_until.0)
    }
}

impl Inside {
    pub(super) fn pace_ms<R>(&self, hub: &Hub<R>) -> u64 {
        match self.log.rights().policy.rate {
            _ if hub.rate_off => 0,
            Some(0) => 0,
            Some(per_second) => (1_000 / per_second).max(1),
            None => PACE_EACH_MS,
        }
    }

    /// Whether the next message may go now; if so it counts as gone.
    pub(in crate::room) fn may_go<R: CryptoRng>(&mut self, hub: &Hub<R>) -> bool {
        let free = self.pace_ms(hub) == 0;
        let held = self.holding(hub.now) || hub.now < self.outbox.pace.slow_until;
        !held && (free || self.outbox.pace.out.take(hub.now.0))
    }

    /// The next message of mine waits out the pause that the room sets between two of a member.
    fn slow_down(&mut self) {
        let rights = self.log.rights();
        let slow_s = rights.policy.slow_s.filter(|_| rights.rank(&self.me) == Rank::Member).unwrap_or(0);
        let said = self.outbox.pace.said.filter(|_| slow_s > 0);
        self.outbox.pace.slow_until = said.map_or(Mono(0), |at| at + slow_s.saturating_mul(1_000));
    }

    /// The pace of the room may be another now: what waited for the old one goes when this one lets it.
    pub(in crate::room) fn pace_anew<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        self.outbox.pace.out.set_each(self.pace_ms(hub).max(1), PACE_BURST);
        self.slow_down();
        if !hub.unsent.is_empty() {
            hub.within(1, Timer::Queue);
        }
    }

    /// I said something.
    pub(super) fn note_said(&mut self, now: Mono) {
        self.outbox.pace.said = Some(now);
        self.slow_down();
    }
}
