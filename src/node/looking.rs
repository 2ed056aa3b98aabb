//! Somebody here looks into the directory: how long it is listened to for them, and when that is said, so that others say
//! again what they list.

use super::random;
use crate::base::limits::{LISTING_AGAIN_MS, LOOK_CALLS, LOOK_GAP_MS, LOOK_MS, LOOK_SPREAD_MS};
use crate::base::time::Mono;

/// What is under way for whoever looks.
#[derive(Debug, Default)]
pub(super) struct Looking {
    until: Option<Mono>,
    /// Since when the directory is listened to, for whatever reason.
    listens: Option<Mono>,
    /// How often it is still to be said, and when next.
    calls: u8,
    call: Mono,
}

impl Looking {
    /// Somebody asked. What is listed was all heard by a node that has listened for long enough: it says nothing.
    pub(super) fn begin(&mut self, now: Mono) {
        let heard_all = self.listens.is_some_and(|at| now.since(at) > LISTING_AGAIN_MS.1);
        if self.until.replace(now + LOOK_MS).is_none() && !heard_all {
            (self.calls, self.call) = (LOOK_CALLS, now + random::between(LOOK_SPREAD_MS));
        }
    }

    /// Whether somebody looks.
    pub(super) fn is_on(&self) -> bool {
        self.until.is_some()
    }

    /// Whether the directory is listened to from now on.
    pub(super) fn listens(&mut self, now: Mono, listens: bool) {
        if listens {
            self.listens.get_or_insert(now);
        } else {
            self.listens = None;
        }
    }

    /// Nobody looks for ever.
    pub(super) fn expire(&mut self, now: Mono) {
        if self.until.take_if(|until| *until <= now).is_some() {
            self.calls = 0;
        }
    }

    /// A link that listens as well has come: it may lead to those who were not heard so far.
    pub(super) fn meet(&mut self, now: Mono) {
        if self.is_on() && self.calls == 0 {
            (self.calls, self.call) = (1, now + random::between(LOOK_SPREAD_MS));
        }
    }

    /// Somebody else said so, and is answered for both.
    pub(super) fn heard(&mut self) {
        self.calls = self.calls.saturating_sub(1);
    }

    /// When it is to be said.
    pub(super) fn due(&self) -> Option<Mono> {
        (self.calls > 0).then_some(self.call)
    }

    /// Whether it is to be said now; not while nobody would pass it on.
    pub(super) fn calls(&mut self, now: Mono, wait_ms: u64) -> bool {
        if self.due().is_none_or(|due| due > now) {
            return false;
        }
        let spread = random::between(LOOK_SPREAD_MS);
        if wait_ms > 0 {
            self.call = now + wait_ms + spread;
            return false;
        }
        self.calls -= 1;
        self.call = now + LOOK_GAP_MS + spread;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When it is said, looked at each tenth of a second of a minute.
    fn said(looking: &mut Looking, from: Mono) -> Vec<u64> {
        let times = (0..600).map(|n| from + n * 100);
        times.filter(|now| looking.calls(*now, 0)).map(|now| now.since(from)).collect()
    }

    #[test]
    fn whoever_begins_to_look_says_so_twice_and_not_again_while_they_look() {
        let mut looking = Looking::default();
        let now = Mono(50_000);
        looking.begin(now);
        looking.listens(now, true);
        let times = said(&mut looking, now);
        let [first, second] = times[..] else { panic!("{times:?}") };
        assert!((100..=1_100).contains(&first) && (12_000..=13_200).contains(&(second - first)), "{times:?}");
        looking.begin(now + 60_000);
        assert!(said(&mut looking, now + 60_000).is_empty());
        looking.meet(now + 120_000);
        assert_eq!(said(&mut looking, now + 120_000).len(), 1, "a link has come that leads to others");
        looking.expire(now + 60_000 + LOOK_MS);
        looking.meet(now + 120_000 + LOOK_MS);
        assert!(!looking.is_on() && looking.due().is_none());
    }

    #[test]
    fn it_is_left_out_where_it_would_tell_nothing_new() {
        let now = Mono(50_000);
        let mut listed = Looking::default();
        listed.listens(now, true);
        listed.begin(now + LISTING_AGAIN_MS.1 + 1);
        assert!(listed.due().is_none(), "all was heard");
        let mut one_of_two = Looking::default();
        one_of_two.begin(now);
        one_of_two.heard();
        assert_eq!(said(&mut one_of_two, now).len(), 1);
    }

    #[test]
    fn it_waits_while_nobody_would_pass_it_on() {
        let now = Mono(50_000);
        let mut looking = Looking::default();
        looking.begin(now);
        assert!(!looking.calls(now + 1_000, 5_000));
        assert!(looking.due().is_some_and(|due| due > now + 6_000));
    }
}
