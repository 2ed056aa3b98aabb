//! Newcomers who read before they speak, where the room is set so: how long somebody still has to wait.
//!
//! Everybody judges by when they saw somebody come in. The newcomer's own node counts from its welcome, which is never later,
//! so an honest newcomer's word is taken by all. Whoever nobody here saw come in, because the room was apart, is believed:
//! honest people of the other side would be silenced else. It is a brake for who comes, floods and goes, and no wall.

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::io::{Event, Standing, Timer};
use crate::base::id::MemberId;
use crate::base::limits::{
    AGE_IGNORED_MS, APART_SILENT_MS, QUIET_SLACK_MS, STRANGERS_BEFORE_MS, STRANGERS_MS,
};
use crate::base::time::{Mono, Unix};
use crate::wire::payload::Payload;

/// A change of the end by less is the clock's, which is slewed.
const NEWS_MS: u64 = 10_000;

impl Inside {
    /// Milliseconds for which I may only read still.
    pub(super) fn my_quiet_ms(&self, room: Unix) -> u64 {
        let quiet = self.log.rights().quiet_ms(&self.me);
        self.joined.0.saturating_add(quiet).saturating_sub(room.0)
    }

    /// Whether somebody spoke who may only read yet. A time claimed beyond now buys nothing.
    pub(super) fn is_quiet(&self, payload: &Payload, room: Unix) -> bool {
        let quiet = self.log.rights().quiet_ms(&payload.sender);
        if quiet == 0 {
            return false;
        }
        let Some(member) = self.roster.get(&payload.sender) else { return false };
        let sent = payload.sent.min(room.shifted(AGE_IGNORED_MS as i64));
        let least = quiet - QUIET_SLACK_MS.min(quiet / 2);
        sent.0 < member.came().0.saturating_add(least)
    }

    /// Whether two sides of the room met a moment ago.
    pub(super) fn lately_met(&self, now: Mono) -> bool {
        self.merging.met.is_some_and(|at| now.since(at) < STRANGERS_MS)
    }

    /// Two sides of the room met: whoever is new here lately came from the other.
    pub(super) fn sides_met(&mut self, now: Mono) {
        self.merging.met = Some(now);
        self.roster.strangers_since(now, STRANGERS_BEFORE_MS);
    }

    /// Somebody is about to be heard: if they were silent for long they were on another side of the room. One who may only
    /// read yet shows nothing by that, or else a newcomer could open the way for the next.
    pub(super) fn note_return(&mut self, now: Mono, room: Unix, who: &MemberId) {
        let Some(member) = self.roster.get(who) else { return };
        let silent = member.heard.is_some_and(|at| now.since(at) > APART_SILENT_MS);
        let old = member.came().0.saturating_add(self.log.rights().quiet_ms(who)) <= room.0;
        if silent && old {
            self.sides_met(now);
        }
    }

    /// Says once that I may only read for now, and once that this is over.
    pub(super) fn tell_quiet<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let confirmed = self.footing.shown.is_some_and(|(standing, ..)| standing == Standing::Confirmed);
        let left_ms = self.my_quiet_ms(hub.room());
        if left_ms > 0 {
            hub.within(left_ms, Timer::Witness);
        }
        let until = (left_ms > 0).then(|| hub.now + left_ms);
        let told = self.footing.quiet;
        let news = match (told, until) {
            (None, None) => false,
            (Some(told), Some(until)) => told.since(until).max(until.since(told)) > NEWS_MS,
            (None, Some(_)) => confirmed,
            (Some(_), None) => true,
        };
        if news {
            self.footing.quiet = until;
            hub.event(Event::Quiet { left_ms });
        }
    }
}
