//! What was said and has not gone out: while the room is looked for, while nobody vouches for it, while the pace is kept or
//! fresh keys are on their way. It outlives the search, and its time runs from when it was said.

use std::collections::VecDeque;

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::io::{Draft, Event, Fate, Refused, Timer};
use crate::base::limits::{HOLD_LOOK_MS, QUEUE, TEXT_BYTES, TTL_DEFAULT_S, TTL_MAX_S, TTL_MIN_S};
use crate::base::time::Mono;

/// A message that was said.
pub(crate) struct Said {
    pub(super) draft: Draft,
    at: Mono,
}

impl Said {
    /// Said now, or as long ago as the draft has waited already.
    pub(super) fn new(now: Mono, draft: Draft) -> Said {
        let at = Mono(now.0.saturating_sub(draft.waited_ms));
        Said { draft, at }
    }

    /// What is left of a life, in seconds, if anything is. What goes out in its last seconds gets the shortest life there
    /// is: others would not take it with less.
    pub(super) fn left_s(&self, now: Mono, life_s: u64) -> Option<u64> {
        let life_ms = life_s.saturating_mul(1_000);
        // What counts from its first display has not begun.
        let spent_ms = if self.draft.from_read { 0 } else { now.since(self.at) };
        (spent_ms < life_ms).then(|| (life_ms - spent_ms).div_ceil(1_000).max(TTL_MIN_S))
    }
}

/// Messages that wait, in their order, each until its own end.
#[derive(Default)]
pub(crate) struct Unsent {
    waiting: VecDeque<(Said, Mono)>,
}

impl Unsent {
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The first end of any of them.
    fn next_death(&self) -> Option<Mono> {
        self.waiting.iter().map(|(_, dies)| *dies).min()
    }
}

impl<R: CryptoRng> Hub<R> {
    /// What is true of a message in every room.
    pub(super) fn may_be_said(draft: &Draft, ttl_cap_s: u64) -> Result<(), Refused> {
        if draft.text.len() > TEXT_BYTES || draft.text.is_empty() {
            return Err(Refused::TooLong);
        }
        if draft.ttl_s.is_some_and(|s| !(TTL_MIN_S..=ttl_cap_s).contains(&s)) {
            return Err(Refused::TtlRange);
        }
        Ok(())
    }

    /// Takes in what is said before there is a room: whether it may be said there is seen when it goes.
    pub(super) fn say_early(&mut self, draft: Draft) {
        let cid = draft.cid;
        match Hub::<R>::may_be_said(&draft, TTL_MAX_S) {
            Ok(()) => {
                let life_s = draft.ttl_s.unwrap_or(TTL_DEFAULT_S);
                self.keep_unsent(Said::new(self.now, draft), life_s);
            }
            Err(why) => self.fate(cid, Fate::Failed(why)),
        }
    }

    /// Lets a message wait, if there is a place for it.
    pub(super) fn keep_unsent(&mut self, said: Said, life_s: u64) {
        let cid = said.draft.cid;
        if self.unsent.len() >= QUEUE {
            return self.fate(cid, Fate::Failed(Refused::QueueFull));
        }
        let dies = said.at + life_s.saturating_mul(1_000);
        self.unsent.waiting.push_back((said, dies));
        self.fate(cid, Fate::Queued);
    }

    /// Drops what died while it waited.
    pub(super) fn expire_unsent(&mut self) {
        let now = self.now;
        let mut dead = Vec::new();
        self.unsent.waiting.retain(|(said, dies)| {
            let lives = *dies > now;
            if !lives {
                dead.push(said.draft.cid);
            }
            lives
        });
        dead.into_iter().for_each(|cid| self.fate(cid, Fate::Failed(Refused::Burned)));
    }

    /// Drops everything that waits.
    pub(super) fn give_up_unsent(&mut self, why: Refused) {
        for (said, _) in std::mem::take(&mut self.unsent).waiting {
            self.fate(said.draft.cid, Fate::Failed(why));
        }
    }

    /// Looks again when the next one dies.
    pub(super) fn plan_unsent(&mut self) {
        if let Some(dies) = self.unsent.next_death() {
            self.within(dies.since(self.now), Timer::Queue);
        }
    }

    fn fate(&mut self, cid: u64, fate: Fate) {
        self.event(Event::Fate { cid, id: None, fate });
    }
}

impl Inside {
    /// Comes back when the pace lets the next one go.
    pub(super) fn plan_queue<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let ready = self.outbox.ready_at(hub.now).max(hub.now.0);
        let wait = (ready - hub.now.0).max(if self.holding(hub.now) { HOLD_LOOK_MS } else { 1 });
        hub.within(wait, Timer::Queue);
    }

    /// Sends what waits, as far as the pace allows, once others vouch for the room and are there to hear it, now or later.
    pub(super) fn drain_queue<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if !self.is_heard() {
            return;
        }
        while !hub.unsent.is_empty() {
            if !self.may_go(hub) {
                return self.plan_queue(hub);
            }
            let Some((said, _)) = hub.unsent.waiting.pop_front() else { return };
            // It was said elsewhere or a while ago: what may be said here may be less.
            match self.may_say(hub, &said.draft) {
                Ok(()) => self.send_and_tell(hub, &said),
                Err(why) => hub.fate(said.draft.cid, Fate::Failed(why)),
            }
        }
    }
}
