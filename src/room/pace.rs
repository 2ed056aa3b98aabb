//! How fast others speak. A text is counted by the second its author signed it for, so that everybody comes to the same in
//! whatever order texts arrive, and by when it arrives, so that time nobody spoke in cannot be spent all at once later.
//!
//! What is too fast is counted as had: nobody asks for it again.

use std::collections::BTreeMap;

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::rights::{Paced, Rank, Rights};
use super::timeline::Ranges;
use crate::base::id::MemberId;
use crate::base::limits::{
    EPOCHS_AHEAD, PACE_AROUND_MS, PACE_BURST, PACE_EACH_MS, PACE_RUN_S, PACE_SECONDS, PACE_SLACK,
    PACE_UNHEARD_MS,
};
use crate::base::time::{Mono, Unix};
use crate::wire::payload::Payload;

/// What one text costs; what a second gives is counted in the same thousandths.
const TEXT: u64 = 1_000;
/// What may be said at once.
const BURST: u64 = PACE_BURST * PACE_SLACK * TEXT;

/// What a second gives to whoever speaks under these settings; `None` where there is no limit. Twice what senders keep to.
fn gain(settings: &Paced, plain: bool) -> Option<u64> {
    let rate = match settings.rate {
        Some(0) => None,
        Some(per_second) => Some(per_second.saturating_mul(PACE_SLACK * TEXT)),
        None => Some(PACE_SLACK * TEXT * 1_000 / PACE_EACH_MS),
    };
    let slow = settings.slow_s.filter(|s| plain && *s > 0).map(|s| BURST / s);
    match (rate, slow) {
        (Some(rate), Some(slow)) => Some(rate.min(slow)),
        (rate, slow) => rate.or(slow),
    }
}

/// The settings that a room's log has had, as they bear on one author.
#[derive(Clone, Copy)]
pub(crate) struct Limits<'a> {
    /// Whoever holds no office may be held back further.
    pub(crate) plain: bool,
    /// What held, oldest first, each from when its author says.
    pub(crate) settings: &'a [Paced],
}

impl Limits<'_> {
    /// What this second gives. Whoever spoke in it may not have heard of new settings, or not kept the same time: the
    /// loosest of those around it counts.
    fn at(&self, second: u64) -> Option<u64> {
        if let [only] = self.settings {
            return gain(only, self.plain);
        }
        let start = second.saturating_mul(1_000);
        let before = |p: &&Paced| p.at.0.saturating_add(PACE_AROUND_MS) <= start;
        let near = |p: &&Paced| p.at.0.abs_diff(start) < PACE_AROUND_MS;
        let held = self.settings.iter().rfind(before);
        let first = self.settings.first().filter(|_| held.is_none());
        let all = held.into_iter().chain(first).chain(self.settings.iter().filter(near));
        let mut gains = all.map(|p| gain(p, self.plain));
        let some = gains.next().unwrap_or_else(|| gain(&Paced::default(), self.plain))?;
        gains.try_fold(some, |most, gain| gain.map(|gain| most.max(gain)))
    }
}

/// What one author has said.
#[derive(Debug, Default)]
struct Said {
    /// Texts taken, by the second they were signed for.
    seconds: BTreeMap<u64, u32>,
    /// Seconds that take no more.
    full: Ranges,
    /// What was signed for before this is not counted any more, and not taken.
    from: u64,
    /// What may still arrive, in thousandths of a text, and as of when.
    credit: Option<u64>,
    at: Mono,
    /// The credit reaches back to this.
    since: Unix,
}

impl Said {
    fn new(now: Mono, room: Unix) -> Said {
        Said { at: now, since: room, ..Said::default() }
    }

    /// Takes a text signed for this second, if every run of seconds around it has room for one more.
    fn fits(&mut self, second: u64, limits: Limits<'_>) -> bool {
        let Some(here) = limits.at(second) else { return true };
        if second < self.from || self.full.has(second) {
            return false;
        }
        let (before, first) = self.widest((1..=PACE_RUN_S).map_while(|d| second.checked_sub(d)), limits);
        let (after, last) = self.widest((1..=PACE_RUN_S).map_while(|d| second.checked_add(d)), limits);
        let said = before + after + self.texts(second) + TEXT as i64 - here as i64;
        if said > BURST as i64 {
            return false;
        }
        let count = self.seconds.entry(second).or_insert(0);
        *count = count.saturating_add(1);
        if said + TEXT as i64 > BURST as i64 {
            for full in first.unwrap_or(second)..=last.unwrap_or(second) {
                if !self.full.has(full) {
                    self.full.add(full);
                }
            }
        }
        while self.seconds.len() > PACE_SECONDS {
            if let Some((oldest, _)) = self.seconds.pop_first() {
                self.from = oldest + 1;
            }
        }
        true
    }

    fn texts(&self, second: u64) -> i64 {
        self.seconds.get(&second).map_or(0, |n| i64::from(*n) * TEXT as i64)
    }

    /// The most that was said beyond what was given in a run of these seconds from the first on, and where the longest such
    /// run ends; a second without a limit ends every run.
    fn widest(&self, seconds: impl Iterator<Item = u64>, limits: Limits<'_>) -> (i64, Option<u64>) {
        let (mut sum, mut most, mut end) = (0, 0, None);
        for second in seconds {
            let Some(given) = limits.at(second) else { break };
            sum += self.texts(second) - given as i64;
            if sum >= most {
                (most, end) = (sum, Some(second));
            }
        }
        (most, end)
    }

    /// Credit for the time that has passed: a minute's at most for whoever was heard all along. Whoever was not may have
    /// spoken where this node did not hear it, for as long as that was.
    fn earn(&mut self, now: Mono, unheard_ms: u64, together: Unix, given: u64) -> u64 {
        let of = |ms: u64| given.saturating_mul(ms) / 1_000;
        let most = BURST.saturating_add(of(unheard_ms.max(PACE_UNHEARD_MS)));
        let had =
            self.credit.map_or(most, |had| had.max(had.saturating_add(of(now.since(self.at))).min(most)));
        // When somebody came is learnt late at times; then there was more time in which they may have spoken.
        let more = of(self.since.0.saturating_sub(together.0));
        self.at = now;
        self.since = self.since.min(together);
        *self.credit.insert(had.saturating_add(more))
    }
}

/// What all authors have said.
#[derive(Debug, Default)]
pub(crate) struct Paces {
    said: BTreeMap<MemberId, Said>,
}

/// Something of an author's that came in.
#[derive(Clone, Copy)]
pub(crate) struct Arrived {
    /// When.
    pub(crate) now: Mono,
    /// The same in room time.
    pub(crate) room: Unix,
    /// For how long nothing had been heard of them.
    pub(crate) unheard_ms: u64,
    /// Since when they and this node have both been here.
    pub(crate) together: Unix,
}

impl Paces {
    /// Whether an author keeps the pace, with this text counted. What was said `before` this node came counts by its signed
    /// time alone: all of it arrives at once.
    pub(crate) fn take(
        &mut self,
        author: &MemberId,
        sent: Unix,
        before: bool,
        at: Arrived,
        limits: Limits<'_>,
    ) -> bool {
        let second = sent.0 / 1_000;
        let said = self.of(author, at);
        let given = match (limits.at(second), limits.at(at.room.0 / 1_000)) {
            (Some(then), Some(today)) if !before => then.max(today),
            _ => return said.fits(second, limits),
        };
        let Some(left) = said.earn(at.now, at.unheard_ms, at.together, given).checked_sub(TEXT) else {
            said.full.add(second);
            return false;
        };
        let fits = said.fits(second, limits);
        if fits {
            said.credit = Some(left);
        }
        fits
    }

    /// Somebody was heard who had not been for a while.
    pub(crate) fn heard(&mut self, author: &MemberId, at: Arrived, limits: Limits<'_>) {
        if let Some(given) = limits.at(at.room.0 / 1_000) {
            self.of(author, at).earn(at.now, at.unheard_ms, at.together, given);
        }
    }

    fn of(&mut self, author: &MemberId, at: Arrived) -> &mut Said {
        self.said.entry(*author).or_insert_with(|| Said::new(at.now, at.room))
    }

    /// Whether a second of an author's takes no more: members may have taken different texts of it.
    pub(crate) fn is_full(&self, author: &MemberId, sent: Unix) -> bool {
        self.said.get(author).is_some_and(|said| said.full.has(sent.0 / 1_000))
    }

    /// Forgets the authors that nobody knows any more.
    pub(crate) fn forget(&mut self, keep: impl Fn(&MemberId) -> bool) {
        self.said.retain(|id, _| keep(id));
    }
}

/// What the log allows an author.
fn limits<'a>(rights: &'a Rights, author: &MemberId) -> Limits<'a> {
    Limits { plain: rights.rank(author) == Rank::Member, settings: &rights.paced }
}

impl Inside {
    /// Whether its author keeps the pace of the room, this one counted.
    pub(super) fn keeps_pace<R: CryptoRng>(
        &mut self,
        hub: &Hub<R>,
        payload: &Payload,
        caught_up: bool,
    ) -> bool {
        // Time that has not come yet is nobody's to spend.
        if payload.sent.epoch() > hub.epoch().plus(EPOCHS_AHEAD) {
            return false;
        }
        let author = payload.sender;
        let heard = self.roster.get(&author).and_then(|m| m.heard);
        let at = self.arrived(hub, &author, heard.map_or(0, |at| hub.now.since(at)));
        let before = caught_up && payload.sent < self.joined;
        let limits = limits(self.log.rights(), &author);
        hub.rate_off || self.paces.take(&author, payload.sent, before, at, limits)
    }

    /// Somebody is heard for the first time, or again after so long.
    pub(super) fn heard_again<R: CryptoRng>(&mut self, hub: &Hub<R>, who: &MemberId, unheard_ms: u64) {
        let at = self.arrived(hub, who, unheard_ms);
        self.paces.heard(who, at, limits(self.log.rights(), who));
    }

    fn arrived<R: CryptoRng>(&self, hub: &Hub<R>, who: &MemberId, unheard_ms: u64) -> Arrived {
        let room = hub.room();
        let together = self.roster.get(who).map_or(room, |m| m.joined.max(self.joined));
        Arrived { now: hub.now, room, unheard_ms, together }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::LIVING;
    use rand_chacha::ChaCha20Rng;
    use rand_core::{Rng, SeedableRng};

    const NOON: u64 = 1_780_000_000_000;
    const ANA: MemberId = MemberId([1; 32]);

    fn settings(all: &[(u64, Option<u64>)]) -> Vec<Paced> {
        all.iter().map(|(at, rate)| Paced { at: Unix(*at), rate: *rate, slow_s: None }).collect()
    }

    fn usual() -> Vec<Paced> {
        settings(&[(0, None)])
    }

    fn limits(settings: &[Paced]) -> Limits<'_> {
        Limits { plain: true, settings }
    }

    /// So long after noon, something comes from somebody who was here all along and was heard a moment ago.
    fn at(ms: u64) -> Arrived {
        Arrived { now: Mono(ms), room: Unix(NOON + ms), unheard_ms: 0, together: Unix(NOON) }
    }

    /// When somebody who keeps to a rate speaks, who has a burst left and uses all of it.
    fn honest(rate: u64, ms: u64) -> Vec<u64> {
        (0..PACE_BURST).map(|_| 0).chain((1..=ms * rate / 1_000).map(|n| n * 1_000 / rate)).collect()
    }

    fn shuffled(mut all: Vec<u64>, seed: u64) -> Vec<u64> {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        for i in (1..all.len()).rev() {
            all.swap(i, (rng.next_u64() % (i as u64 + 1)) as usize);
        }
        all
    }

    /// How many of these are taken, all of which come at once.
    fn taken(paces: &mut Paces, sent: &[u64], now: Arrived, limits: Limits<'_>) -> usize {
        sent.iter().filter(|ms| paces.take(&ANA, Unix(NOON + **ms), false, now, limits)).count()
    }

    #[test]
    fn whoever_keeps_the_pace_is_taken_whole_in_whatever_order_it_comes() {
        for rate in [1, 2, 3, 5, 7, 50, 400] {
            let settings = settings(&[(0, Some(rate))]);
            for seed in 0..4 {
                let all = shuffled(honest(rate, 60_000), seed);
                let mut paces = Paces::default();
                paces.heard(&ANA, at(0), limits(&settings));
                let n = taken(&mut paces, &all, at(60_000), limits(&settings));
                assert_eq!(n, all.len(), "rate {rate}, seed {seed}");
            }
        }
    }

    #[test]
    fn of_a_flood_no_more_is_taken_than_twice_the_rate_in_whatever_order_it_comes() {
        let flood: Vec<u64> = (0..2_000).map(|n| n * 10).collect();
        for seed in 0..4 {
            let mut paces = Paces::default();
            let all = shuffled(flood.clone(), seed);
            let n = taken(&mut paces, &all, at(20_000), limits(&usual()));
            assert!((200..=40 + 20 * 10).contains(&n), "{n}, seed {seed}");
            // Two who took different ones of it hold the same for settled, but for the last second perhaps.
            let full = (0..20).filter(|s| paces.is_full(&ANA, Unix(NOON + s * 1_000))).count();
            assert!(full >= 19, "{full}, seed {seed}");
            assert_eq!(taken(&mut paces, &flood[..1_900], at(20_000), limits(&usual())), 0, "seed {seed}");
        }
    }

    #[test]
    fn time_in_which_nothing_was_said_is_not_spent_later_by_whoever_was_heard_in_it() {
        let mut paces = Paces::default();
        for s in (0..600).step_by(25) {
            paces.heard(&ANA, at(s * 1_000), limits(&usual()));
        }
        // Ten minutes, ten a second: what the signed times alone would allow.
        let back: Vec<u64> = (0..6_000).map(|n| n * 100).collect();
        let n = taken(&mut paces, &shuffled(back.clone(), 1), at(600_000), limits(&usual()));
        assert_eq!(n, 640);
        // And then no more than the pace; of what was refused nothing, nor does anybody compare it.
        let now: Vec<u64> = (0..1_000).map(|n| 600_000 + n * 10).collect();
        assert_eq!(taken(&mut paces, &now, at(610_000), limits(&usual())), 100);
        assert_eq!(taken(&mut paces, &back, at(620_000), limits(&usual())), 0);
        assert!((0..600).all(|s| paces.is_full(&ANA, Unix(NOON + s * 1_000))));
    }

    #[test]
    fn all_is_taken_of_somebody_who_was_not_heard_for_ten_minutes() {
        let said = shuffled(honest(5, 600_000), 3);
        let there = |at: Arrived| Arrived { unheard_ms: 600_000, ..at };
        let mut heard = Paces::default();
        heard.heard(&ANA, at(0), limits(&usual()));
        heard.heard(&ANA, there(at(600_000)), limits(&usual()));
        assert_eq!(taken(&mut heard, &said, at(601_000), limits(&usual())), said.len());
        // The same of somebody who never was: all that is known is since when both are here.
        let mut met = Paces::default();
        let late = Arrived { together: Unix(NOON + 599_000), ..at(599_000) };
        met.heard(&ANA, late, limits(&usual()));
        assert_eq!(taken(&mut met, &said, at(601_000), limits(&usual())), said.len());
    }

    #[test]
    fn what_was_said_before_one_came_all_comes_at_once() {
        let mut paces = Paces::default();
        let said = shuffled(honest(5, 900_000), 4);
        let now = Arrived { together: Unix(NOON + 900_000), ..at(900_000) };
        let usual = usual();
        let n =
            said.iter().filter(|ms| paces.take(&ANA, Unix(NOON + **ms), true, now, limits(&usual))).count();
        assert_eq!(n, said.len());
    }

    #[test]
    fn settings_bind_what_is_said_under_them() {
        let fast = honest(50, 60_000);
        let then = |rate| settings(&[(NOON - 1_000_000, Some(50)), (NOON + 61_000, rate)]);
        // Slower since: what was said before was right.
        let mut paces = Paces::default();
        assert_eq!(taken(&mut paces, &fast, at(62_000), limits(&then(Some(1)))), fast.len());
        // And what is said once everybody has heard of it is held to it.
        let later: Vec<u64> = (0..1_000).map(|n| 200_000 + n * 20).collect();
        let n = taken(&mut paces, &later, at(220_000), limits(&then(Some(1))));
        assert!(n <= 40 + 2 * 20, "{n}");
        // No limit then, or none now.
        let mut free = Paces::default();
        let was_free = settings(&[(NOON - 1_000_000, Some(0)), (NOON + 300_000, Some(5))]);
        let flood: Vec<u64> = (0..5_000).collect();
        assert_eq!(taken(&mut free, &flood, at(600_000), limits(&was_free)), flood.len());
        let mut never = Paces::default();
        assert_eq!(taken(&mut never, &flood, at(6_000), limits(&settings(&[(0, Some(0))]))), flood.len());
    }

    #[test]
    fn slow_mode_holds_members_and_not_officers() {
        let settings = [Paced { at: Unix(0), rate: None, slow_s: Some(10) }];
        let flood: Vec<u64> = (0..2_000).map(|n| n * 10).collect();
        let mut paces = Paces::default();
        assert!(taken(&mut paces, &flood, at(20_000), limits(&settings)) <= 40 + 20 * 4);
        let mut paces = Paces::default();
        let office = Limits { plain: false, settings: &settings };
        assert!(taken(&mut paces, &flood, at(20_000), office) >= 200);
    }

    #[test]
    fn what_is_remembered_of_one_author_is_bounded_and_what_is_older_is_not_taken() {
        const { assert!(PACE_SECONDS > LIVING) };
        let (mut paces, usual) = (Paces::default(), usual());
        for s in 0..PACE_SECONDS as u64 + 100 {
            assert!(paces.take(&ANA, Unix(NOON + s * 1_000), false, at(s * 1_000), limits(&usual)), "{s}");
        }
        assert_eq!(paces.said[&ANA].seconds.len(), PACE_SECONDS);
        let now = at((PACE_SECONDS as u64 + 100) * 1_000);
        assert!(!paces.take(&ANA, Unix(NOON + 99_000), false, now, limits(&usual)));
        assert!(paces.take(&ANA, Unix(NOON + 100_000), false, now, limits(&usual)));
        paces.forget(|_| false);
        assert!(paces.said.is_empty());
    }
}
