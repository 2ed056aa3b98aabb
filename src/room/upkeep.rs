//! What time brings about: keys stepped, the dead wiped, the silent noticed, and whatever was put off until now.

use std::collections::BTreeSet;

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::io::Timer;
use crate::base::id::MemberId;
use crate::base::limits::{HEARD_MS, MEMBERS_KEPT};

impl Inside {
    /// Does what a timer was set for.
    pub(super) fn on_timer<R: CryptoRng>(&mut self, hub: &mut Hub<R>, timer: Timer) {
        match timer {
            Timer::Upkeep => self.upkeep(hub),
            Timer::Hello => self.hello_again(hub),
            Timer::Answer(hash) => self.answer_pending(hub, hash),
            Timer::Beat | Timer::Echo => self.beat(hub),
            Timer::Beacon => self.beacon_due(hub),
            Timer::Across => self.across_due(hub),
            Timer::Repeat => self.repeat_due(hub),
            Timer::Rekey | Timer::Leaves => self.rekey_due(hub),
            Timer::FreshKey => self.fresh_key(hub),
            Timer::CatchUp => self.catch_up(hub),
            Timer::Receipts => self.send_receipts(hub),
            Timer::Burns => self.tell_gone(hub),
            Timer::Dms => self.send_dms(hub),
            Timer::Reports => self.send_reports(hub),
            Timer::Profile => self.introduce(hub),
            Timer::Queue => self.drain_queue(hub),
            Timer::Reseal => self.share(hub),
            Timer::Witness => {
                self.check_waiting(hub);
                self.judge(hub);
            }
            Timer::Found | Timer::Removed => {}
        }
    }

    /// Everything that time alone brings about.
    pub(super) fn pass_time<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        (self.now, self.room) = (hub.now, hub.room());
        self.reap(hub);
        let epoch = hub.epoch();
        self.ring.advance(hub.now, epoch);
        if let Some(trial) = &mut self.trial {
            trial.advance(epoch);
        }
        self.dms.advance(hub.now);
        if self.hand.advance(hub.now) {
            hub.unless_set(1, Timer::FreshKey);
        }
        self.expire_request(hub.now);
        self.forget_callers(hub.now);
    }

    /// What is looked at again with each minute, and whenever something must be wiped.
    pub(crate) fn upkeep<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        self.pass_time(hub);
        self.notice_silence(hub);
        let mut offsets: Vec<i64> =
            self.roster.heard_within(hub.now, HEARD_MS).map(|(_, m)| m.offset_ms).collect();
        hub.clock.aim(&mut offsets);
        let here: BTreeSet<MemberId> = self.roster.present().map(|(id, _)| *id).collect();
        let me = hub.id;
        self.roster.make_room(MEMBERS_KEPT);
        self.outbox.forget_dead(|id| self.timeline.get(id).is_some());
        self.looked.forget_dead(|id| self.timeline.get(id).is_some());
        self.typing.forget(hub.now);
        self.timeline.forget_authors(|id| here.contains(id) || *id == me);
        self.paces.forget(|id| self.roster.knows(id));
        if self.trial.is_none() {
            self.seek_keys(hub);
        }
        self.consider_rekey(hub);
        self.judge(hub);
        self.plan_upkeep(hub);
    }

    /// The next instant at which something must be wiped.
    pub(crate) fn plan_upkeep<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let next_epoch = hub.epoch().plus(1).start().offset_from(hub.room()).max(1) as u64;
        let death = [self.timeline.next_death(), self.dms.next_death(), self.reports.next_death()]
            .into_iter()
            .flatten()
            .min();
        let death = death.map_or(u64::MAX, |at| at.since(hub.now));
        hub.within(next_epoch.min(death).max(1), Timer::Upkeep);
    }
}
