//! The living: messages that have time left, and what is remembered of those that do not.
//!
//! A deadline is an instant on this node's own monotonic clock, fixed when the message comes in. Of what the network says later
//! only a word of somebody in office takes it away, until that is taken back; burning and opening bring it nearer.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::id::{MemberId, MsgId, short};
use crate::base::limits::{KEPT, LIVING, LIVING_BYTES, RANGES, RANGES_HELD, TOMBSTONES};
use crate::base::time::{Mono, Unix};
use crate::crypto::kdf::{self, Label};
use crate::wire::payload::{Body, Payload, Say};

/// A message that has time left.
pub(crate) struct Living {
    /// What its author signed.
    pub(crate) payload: Payload,
    /// The author's signature.
    pub(crate) sig: [u8; 64],
    /// When it dies; `None` for one that is kept until the room closes.
    pub(crate) deadline: Option<Mono>,
    /// When its own time is over: kept no longer, it dies then, or at once.
    pub(crate) end: Mono,
    /// Once-messages are sealed until somebody opens them.
    pub(crate) sealed: bool,
    /// Fetched from somebody else after the fact.
    pub(crate) caught_up: bool,
    /// Said while nobody was here: it goes to nobody.
    pub(crate) private: bool,
}

impl Living {
    /// Whether somebody in office holds it beyond its time.
    pub(crate) fn is_kept(&self) -> bool {
        self.deadline.is_none()
    }

    fn say(&self) -> Option<&Say> {
        match &self.payload.body {
            Body::Text(say) => Some(say),
            _ => None,
        }
    }

    fn bytes(&self) -> usize {
        self.say().map_or(0, |s| s.text.len()) + 512
    }
}

/// Number ranges of one author's messages: ascending, not touching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a number is inside.
    pub(crate) fn has(&self, n: u64) -> bool {
        self.has_all((n, n))
    }

    /// Whether all of a range is.
    fn has_all(&self, (first, last): (u64, u64)) -> bool {
        let at = self.0.partition_point(|(_, to)| *to < last);
        self.0.get(at).is_some_and(|(from, _)| *from <= first)
    }

    /// Adds a number. When there are too many gaps the oldest are taken as filled: what they lack is long dead.
    pub(crate) fn add(&mut self, n: u64) {
        let at = self.0.partition_point(|(from, _)| *from <= n);
        if at > 0 && self.0.get(at - 1).is_some_and(|(_, to)| *to >= n) {
            return;
        }
        self.0.insert(at, (n, n));
        self.fuse(at);
        if at > 0 {
            self.fuse(at - 1);
        }
        while self.0.len() > RANGES_HELD {
            self.close_first_gap();
        }
    }

    fn fuse(&mut self, at: usize) {
        let (Some((_, to)), Some((from, next))) = (self.0.get(at).copied(), self.0.get(at + 1).copied())
        else {
            return;
        };
        if to.saturating_add(1) >= from {
            self.0.remove(at + 1);
            if let Some(r) = self.0.get_mut(at) {
                r.1 = to.max(next);
            }
        }
    }

    fn close_first_gap(&mut self) {
        if let Some((_, to)) = self.0.get(1).copied() {
            self.0.remove(1);
            if let Some(r) = self.0.first_mut() {
                r.1 = to;
            }
        }
    }

    /// All of them, in parts that fit a receipt.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Vec<(u64, u64)>> {
        self.0.chunks(RANGES).map(<[_]>::to_vec)
    }

    /// As many as fit an ask. Where there are more, `any` picks which gaps are shown, and all others count as had in this one
    /// ask: what nobody can fill must not stand in the way of the rest for ever.
    pub(crate) fn to_ask(&self, any: u64) -> Vec<(u64, u64)> {
        let spare = self.0.len().saturating_sub(RANGES);
        let skip = (any % (spare as u64 + 1)) as usize;
        let mut shown: Vec<(u64, u64)> = self.0.iter().skip(skip).take(RANGES).copied().collect();
        if let (Some(first), Some((from, _))) = (shown.first_mut(), self.0.first()) {
            first.0 = *from;
        }
        if let (Some(last), Some((_, to))) = (shown.last_mut(), self.0.last()) {
            last.1 = *to;
        }
        shown
    }
}

/// Whether wire ranges hold a number.
pub(crate) fn in_ranges(ranges: &[(u64, u64)], n: u64) -> bool {
    ranges.iter().any(|(from, to)| (*from..=*to).contains(&n))
}

/// All living messages of a room.
#[derive(Default)]
pub(crate) struct Timeline {
    living: BTreeMap<MsgId, Living>,
    deadlines: BTreeSet<(Mono, MsgId)>,
    bytes: usize,
    had: BTreeMap<MemberId, Ranges>,
    /// What was burned, and by whom: of what comes later it is known only then whether they might.
    burned: BTreeMap<(MsgId, MemberId), Mono>,
    /// The same by time: every input looks for what is over, an outsider's junk too, so looking must cost nothing.
    fading: BTreeSet<(Mono, MsgId, MemberId)>,
    burned_upto: BTreeMap<MemberId, u64>,
    kept: usize,
    /// How often what is kept has changed.
    changes: u64,
    hint: Option<[u8; 16]>,
}

impl Timeline {
    /// A living message.
    pub(crate) fn get(&self, id: &MsgId) -> Option<&Living> {
        self.living.get(id)
    }

    /// All of them, by id.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&MsgId, &Living)> {
        self.living.iter()
    }

    /// How many live.
    pub(crate) fn len(&self) -> usize {
        self.living.len()
    }

    /// Those that are kept.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&MsgId, &Living)> {
        self.living.iter().filter(|(_, living)| living.is_kept())
    }

    /// How often what is kept has changed.
    pub(crate) fn kept_changes(&self) -> u64 {
        self.changes
    }

    /// Whether no more can be kept.
    pub(crate) fn is_full(&self) -> bool {
        self.kept >= KEPT
    }

    /// Keeps a living message beyond its time, or no longer: then it dies when that is over, at once if it was. False where
    /// nothing changed.
    pub(crate) fn keep(&mut self, id: &MsgId, keep: bool) -> bool {
        let full = self.is_full();
        let Some(living) = self.living.get_mut(id).filter(|living| living.is_kept() != keep) else {
            return false;
        };
        if keep && full {
            return false;
        }
        if keep {
            if let Some(at) = living.deadline.take() {
                self.deadlines.remove(&(at, *id));
            }
            // Whoever is to come is meant as well.
            living.private = false;
            self.kept += 1;
        } else {
            living.deadline = Some(living.end);
            self.deadlines.insert((living.end, *id));
            self.kept -= 1;
        }
        (self.hint, self.changes) = (None, self.changes + 1);
        true
    }

    /// Whether this message came in before, living or not.
    pub(crate) fn had(&self, author: &MemberId, n: u64) -> bool {
        self.had.get(author).is_some_and(|r| r.has(n))
    }

    /// Whether all of a range came in.
    pub(crate) fn had_all(&self, author: &MemberId, range: (u64, u64)) -> bool {
        self.had.get(author).is_some_and(|r| r.has_all(range))
    }

    /// What came in of every author.
    pub(crate) fn had_of_all(&self) -> &BTreeMap<MemberId, Ranges> {
        &self.had
    }

    /// Who has burned this message.
    pub(crate) fn burners(&self, id: &MsgId) -> impl Iterator<Item = &MemberId> {
        let all = (*id, MemberId([0; 32]))..=(*id, MemberId([255; 32]));
        self.burned.range(all).map(|((_, by), _)| by)
    }

    /// Up to which number an author has taken everything back; 0 for nothing.
    pub(crate) fn taken_back(&self, author: &MemberId) -> u64 {
        self.burned_upto.get(author).copied().unwrap_or(0)
    }

    /// Whether an author has taken back everything up to a number and beyond this one.
    pub(crate) fn is_taken_back(&self, author: &MemberId, n: u64) -> bool {
        self.burned_upto.get(author).is_some_and(|upto| n <= *upto)
    }

    /// Takes a message in; names those that had to make room for it.
    pub(crate) fn insert(&mut self, id: MsgId, n: u64, message: Living) -> Vec<MsgId> {
        self.had.entry(message.payload.sender).or_default().add(n);
        self.bytes += message.bytes();
        match message.deadline {
            Some(at) => drop(self.deadlines.insert((at, id))),
            None => (self.kept, self.changes) = (self.kept + 1, self.changes + 1),
        }
        self.living.insert(id, message);
        self.hint = None;
        let mut out = Vec::new();
        while self.living.len() > LIVING || self.bytes > LIVING_BYTES {
            let Some(first) =
                self.deadlines.first().map(|(_, id)| *id).or(self.living.keys().next().copied())
            else {
                break;
            };
            self.remove(&first);
            out.push(first);
        }
        out
    }

    /// Notes that a number was had without keeping the message (own ones that were taken back, overdue ones).
    pub(crate) fn note_had(&mut self, author: MemberId, n: u64) {
        self.had.entry(author).or_default().add(n);
    }

    /// Removes a message. Its text is wiped when the last handle goes.
    pub(crate) fn remove(&mut self, id: &MsgId) -> Option<Living> {
        let message = self.living.remove(id)?;
        self.bytes = self.bytes.saturating_sub(message.bytes());
        match message.deadline {
            Some(at) => drop(self.deadlines.remove(&(at, *id))),
            None => (self.kept, self.changes) = (self.kept.saturating_sub(1), self.changes + 1),
        }
        self.hint = None;
        Some(message)
    }

    /// Burns a message, also one that has not come yet.
    pub(crate) fn burn(&mut self, id: &MsgId, by: MemberId, until: Mono) -> Option<Living> {
        if let Some(before) = self.burned.insert((*id, by), until) {
            self.fading.remove(&(before, *id, by));
        }
        self.fading.insert((until, *id, by));
        if self.burned.len() > TOMBSTONES {
            self.forget_first_burned();
        }
        self.remove(id)
    }

    fn forget_first_burned(&mut self) {
        if let Some((_, id, by)) = self.fading.pop_first() {
            self.burned.remove(&(id, by));
        }
    }

    /// What lives of an author numbered up to `upto`.
    pub(crate) fn upto(&self, author: &MemberId, upto: u64) -> Vec<MsgId> {
        let theirs = |m: &Living| m.payload.sender == *author && m.say().is_some_and(|s| s.n <= upto);
        self.living.iter().filter(|(_, m)| theirs(m)).map(|(id, _)| *id).collect()
    }

    /// Burns everything an author numbered up to `upto`.
    pub(crate) fn burn_upto(&mut self, author: &MemberId, upto: u64) -> Vec<MsgId> {
        let known = self.burned_upto.entry(*author).or_insert(0);
        *known = (*known).max(upto);
        let ids = self.upto(author, upto);
        ids.iter().for_each(|id| {
            self.remove(id);
        });
        ids
    }

    /// Brings a deadline nearer (a once-message that was opened). Never further away.
    pub(crate) fn shorten(&mut self, id: &MsgId, to: Mono) {
        let Some(message) = self.living.get_mut(id) else { return };
        message.sealed = false;
        // What is kept waits for nobody's reading.
        let Some(old) = message.deadline else { return };
        let at = old.min(to);
        (message.deadline, message.end) = (Some(at), message.end.min(at));
        self.deadlines.remove(&(old, *id));
        self.deadlines.insert((at, *id));
    }

    /// Shows what waited to be asked for, and leaves its deadline.
    pub(crate) fn unseal(&mut self, id: &MsgId) {
        if let Some(message) = self.living.get_mut(id) {
            message.sealed = false;
        }
    }

    /// A message of mine that nobody is to get.
    pub(crate) fn keep_to_myself(&mut self, id: &MsgId) {
        if let Some(message) = self.living.get_mut(id) {
            message.private = true;
            self.hint = None;
        }
    }

    /// When the next message dies.
    pub(crate) fn next_death(&self) -> Option<Mono> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Removes everything overdue, and names it; true with those that had been opened once.
    pub(crate) fn reap(&mut self, now: Mono) -> Vec<(MsgId, bool)> {
        while self.fading.first().is_some_and(|(until, ..)| *until <= now) {
            self.forget_first_burned();
        }
        let mut dead = Vec::new();
        while let Some((at, id)) = self.deadlines.first().copied() {
            if at > now {
                break;
            }
            let once = self.remove(&id).is_some_and(|m| !m.sealed && m.say().is_some_and(|s| s.once_s > 0));
            dead.push((id, once));
        }
        dead
    }

    /// Wipes all of it.
    pub(crate) fn clear(&mut self) -> Vec<MsgId> {
        let ids = self.living.keys().copied().collect();
        *self = Timeline::default();
        ids
    }

    /// A hint that two members hold different messages: sixteen bytes over the ids of the living, but for those of which
    /// others may rightly hold others.
    pub(crate) fn hint(&mut self, differs: impl Fn(&MemberId, Unix) -> bool) -> [u8; 16] {
        if let Some(hint) = self.hint {
            return hint;
        }
        let shared = |m: &Living| !m.private && !differs(&m.payload.sender, m.payload.sent);
        let shared = self.living.iter().filter(|(_, message)| shared(message));
        let ids: Vec<&[u8]> = shared.map(|(id, _)| id.0.as_slice()).collect();
        let hint = short(kdf::hash(Label::Living, &ids));
        self.hint = Some(hint);
        hint
    }

    /// Forgets the numbers of those who have no message living and are not here.
    pub(crate) fn forget_authors(&mut self, keep: impl Fn(&MemberId) -> bool) {
        let speaking: BTreeSet<MemberId> = self.living.values().map(|m| m.payload.sender).collect();
        self.had.retain(|id, _| speaking.contains(id) || keep(id));
        self.burned_upto.retain(|id, _| speaking.contains(id) || keep(id));
    }
}

/// What is left of a message's life: age is the difference of room times, never negative, never more than the whole.
pub(crate) fn remaining_ms(ttl_ms: u64, sent: Unix, room: Unix, fresh: bool) -> u64 {
    let age = room.0.saturating_sub(sent.0).min(ttl_ms);
    let age = if fresh && age < crate::base::limits::AGE_IGNORED_MS { 0 } else { age };
    ttl_ms - age
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_fuse_and_stay_bounded() {
        let mut r = Ranges::default();
        for n in [5, 7, 6, 1, 2, 9, 5, 8] {
            r.add(n);
        }
        assert_eq!(r.to_ask(3), vec![(1, 2), (5, 9)]);
        assert!(r.has_all((5, 9)) && !r.has_all((2, 5)) && !r.has(4) && !r.has(10));
        let mut wide = Ranges::default();
        for n in 0..10_000u64 {
            wide.add(n * 2 + 1);
        }
        assert_eq!(wide.0.len(), RANGES_HELD);
        assert!(wide.has(19_999) && wide.has(2), "old gaps count as filled");
        assert!(!wide.has(19_998), "young gaps do not");
        assert_eq!(wide.parts().flatten().collect::<Vec<_>>(), wide.0);
    }

    #[test]
    fn every_gap_is_shown_by_some_ask_and_none_that_is_not_there() {
        let mut had = Ranges::default();
        (0..500u64).for_each(|n| had.add(n * 2 + 1));
        let mut shown = BTreeSet::new();
        for any in 0..500 {
            let ask = had.to_ask(any);
            assert!(ask.len() == RANGES && ask.windows(2).all(|two| two[0].1 + 1 < two[1].0));
            shown.extend((1..=999).filter(|n| !in_ranges(&ask, *n)));
        }
        assert_eq!(shown, (1..500).map(|n| n * 2).collect());
    }

    #[test]
    fn what_was_burned_is_remembered_until_its_time_and_within_bounds() {
        let (mut t, by) = (Timeline::default(), MemberId([1; 32]));
        let name = |n: usize| MsgId((n as u64).to_be_bytes());
        t.burn(&name(0), by, Mono(50));
        t.burn(&name(0), by, Mono(9_000));
        for n in 1..=TOMBSTONES {
            t.burn(&name(n), by, Mono(100 + n as u64));
        }
        assert_eq!((t.burned.len(), t.fading.len()), (TOMBSTONES, TOMBSTONES));
        assert!(t.burners(&name(1)).next().is_none(), "the one that had the least time left made room");
        t.reap(Mono(102));
        assert!(t.burners(&name(2)).next().is_none() && t.burners(&name(3)).eq([&by]));
        assert!(t.burners(&name(0)).eq([&by]), "burned twice, remembered for the longer");
        t.reap(Mono(9_000));
        assert_eq!((t.burned.len(), t.fading.len()), (0, 0));
    }

    #[test]
    fn a_message_sent_in_the_future_lives_no_longer_than_its_time() {
        assert_eq!(remaining_ms(10_000, Unix(500_000), Unix(100), true), 10_000);
        assert_eq!(
            remaining_ms(10_000, Unix(100_000), Unix(101_999), true),
            10_000,
            "under two seconds is none"
        );
        assert_eq!(remaining_ms(10_000, Unix(100_000), Unix(101_999), false), 8_001);
        assert_eq!(remaining_ms(10_000, Unix(100_000), Unix(999_999_999), true), 0);
    }
}
