//! Messages: paced when they go out, counted when they come in, opened where they were sealed.

mod tempo;

use std::collections::{BTreeMap, BTreeSet};

use rand_core::CryptoRng;

use super::envelope::Dropped;
use super::hub::Hub;
use super::inside::Inside;
use super::io::{Burned, Draft, Event, Fate, Heard, Output, Refused, Standing, Timer};
use super::rights::Rank;
use super::timeline::{Living, Ranges, remaining_ms};
use super::unsent::Said;
use crate::base::id::{MemberId, MsgId};
use crate::base::limits::{
    MINE_REMEMBERED, PACE_BURST, RECEIPT_MEMBERS, RECEIPTS_EACH_MS, RECEIPTS_MS, RECEIPTS_PER_MEMBER_MS,
    TTL_DEFAULT_S, TTL_MAX_S, TTL_MIN_S,
};
use crate::base::time::Mono;
use crate::wire::payload::{Body, Payload, Say};
use tempo::Pace;

/// My messages on their way, and what came of them.
pub(crate) struct Outbox {
    /// The number of my latest message.
    numbered: u64,
    pace: Pace,
    /// What each author is to be told, and when at the earliest.
    receipts: BTreeMap<MemberId, Owed>,
    /// My messages by number: what the person called it, its name, and who has it.
    mine: BTreeMap<u64, (u64, MsgId, BTreeSet<MemberId>)>,
}

/// The receipt that an author is owed.
#[derive(Default)]
struct Owed {
    numbers: Ranges,
    due: Mono,
}

impl Outbox {
    pub(super) fn new() -> Outbox {
        Outbox { numbered: 0, pace: Pace::new(), receipts: BTreeMap::new(), mine: BTreeMap::new() }
    }

    /// The number of my latest message.
    pub(super) fn numbered(&self) -> u64 {
        self.numbered
    }

    /// Whether I said this, living or not.
    pub(super) fn said(&self, id: &MsgId) -> bool {
        self.mine.values().any(|(_, mine, _)| mine == id)
    }

    /// What I called a message of mine.
    pub(super) fn cid_of(&self, id: &MsgId) -> Option<u64> {
        self.mine.values().find(|(_, mine, _)| mine == id).map(|(cid, ..)| *cid)
    }

    /// Forgets who has what is gone: nobody asks any more.
    pub(super) fn forget_dead(&mut self, lives: impl Fn(&MsgId) -> bool) {
        self.mine.retain(|_, (_, id, _)| lives(id));
    }

    /// Who has said that my message of this number came.
    pub(super) fn holders(&self, n: u64) -> impl Iterator<Item = &MemberId> {
        self.mine.get(&n).into_iter().flat_map(|(_, _, by)| by)
    }
}

impl Inside {
    /// The longest a message may live here, in seconds.
    pub(crate) fn ttl_cap_s(&self) -> u64 {
        self.log.rights().policy.ttl_max_s.unwrap_or(TTL_MAX_S).clamp(TTL_MIN_S, TTL_MAX_S)
    }

    fn ttl_default_s(&self) -> u64 {
        self.log.rights().policy.ttl_s.unwrap_or(TTL_DEFAULT_S).clamp(TTL_MIN_S, self.ttl_cap_s())
    }

    /// How long a message lives here, whatever its author asked for.
    pub(crate) fn ttl_ms_of(&self, payload: &Payload) -> u64 {
        // What counts from its first display waits for that as long as the room lets anything live.
        let unread = payload.sender != self.me && matches!(&payload.body, Body::Text(say) if say.from_read);
        let asked = if unread { TTL_MAX_S } else { payload.ttl_s };
        asked.min(self.ttl_cap_s()) * 1_000
    }

    // ---- out ----

    /// Checks a draft and sends it, or lets it wait its turn.
    pub(crate) fn say<R: CryptoRng>(&mut self, hub: &mut Hub<R>, draft: Draft) {
        let cid = draft.cid;
        if let Err(why) = self.may_say(hub, &draft) {
            hub.event(Event::Fate { cid, id: None, fate: Fate::Failed(why) });
            return;
        }
        let said = Said::new(hub.now, draft);
        if self.is_alone() && !self.tells_later() {
            // Heard by nobody, now or later; it lives here and dies here.
            let (id, fate) = match self.send_now(hub, &said, true) {
                Ok(id) if self.timeline.get(&id).is_some_and(Living::is_kept) => (Some(id), Fate::Sent),
                Ok(id) => (Some(id), Fate::Queued),
                Err(why) => (None, Fate::Failed(why)),
            };
            hub.event(Event::Fate { cid, id, fate });
            return;
        }
        self.outbox.pace.out.set_each(self.pace_ms(hub).max(1), PACE_BURST);
        if hub.unsent.is_empty() && self.may_go(hub) {
            self.send_and_tell(hub, &said);
            return;
        }
        let life_s = self.life_s(&said.draft);
        hub.keep_unsent(said, life_s);
        self.plan_queue(hub);
    }

    fn is_alone(&self) -> bool {
        self.footing.shown.is_some_and(|(standing, ..)| standing == Standing::Alone)
    }

    /// Whether those who come later get what is said while nobody is here.
    fn tells_later(&self) -> bool {
        self.log.rights().policy.queued == Some(true)
    }

    /// Whether anybody gets what is said now, if only later.
    pub(super) fn is_heard(&self) -> bool {
        let confirmed = self.footing.shown.is_some_and(|(standing, ..)| standing == Standing::Confirmed);
        confirmed || (self.is_alone() && self.tells_later())
    }

    pub(super) fn send_and_tell<R: CryptoRng>(&mut self, hub: &mut Hub<R>, said: &Said) {
        let (id, fate) = match self.send_now(hub, said, false) {
            Ok(id) if self.is_alone() => (Some(id), Fate::Queued),
            Ok(id) => (Some(id), Fate::Sent),
            Err(why) => (None, Fate::Failed(why)),
        };
        hub.event(Event::Fate { cid: said.draft.cid, id, fate });
        self.note_said(hub.now);
    }

    pub(super) fn may_say<R: CryptoRng>(&self, hub: &Hub<R>, draft: &Draft) -> Result<(), Refused> {
        Hub::<R>::may_be_said(draft, self.ttl_cap_s())?;
        if draft.once_s.is_some() && self.trial.is_some() {
            return Err(Refused::Unconfirmed);
        }
        let rights = self.log.rights();
        if let Some(until) = rights.muted.get(&hub.id).filter(|until| **until > hub.room()) {
            return Err(Refused::Muted { left_ms: until.0 - hub.room().0 });
        }
        if self.my_quiet_ms(hub.room()) > 0 {
            return Err(Refused::Quiet { left_ms: self.my_quiet_ms(hub.room()) });
        }
        if (draft.announce || draft.keep) && rights.rank(&hub.id) < Rank::Admin {
            return Err(Refused::Role);
        }
        if draft.keep && draft.once_s.is_some() {
            return Err(Refused::OpensOnce);
        }
        if draft.keep && self.timeline.is_full() {
            return Err(Refused::KeptFull);
        }
        Ok(())
    }

    /// How long a message of mine lives here from when it was said.
    pub(super) fn life_s(&self, draft: &Draft) -> u64 {
        match (draft.ttl_s, draft.once_s.is_some() || draft.from_read) {
            (Some(s), _) => s,
            (None, true) => self.ttl_cap_s(),
            (None, false) => self.ttl_default_s(),
        }
    }

    fn send_now<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        said: &Said,
        private: bool,
    ) -> Result<MsgId, Refused> {
        let draft = &said.draft;
        let ttl_s = said.left_s(hub.now, self.life_s(draft)).ok_or(Refused::Burned)?;
        self.outbox.numbered = self.outbox.numbered.max(hub.begun) + 1;
        let n = self.outbox.numbered;
        let say = Say {
            n,
            action: draft.action,
            announce: draft.announce,
            from_read: draft.from_read,
            keep: draft.keep,
            text: draft.text.clone(),
            reply: draft.reply,
            once_s: draft.once_s.unwrap_or(0),
        };
        let sealed = self.seal(hub, ttl_s, Body::Text(say)).ok_or(Refused::NotIn)?;
        if !private {
            hub.out.push(Output::Publish { topic: sealed.topic, bytes: sealed.frame });
        }
        if self.outbox.mine.len() >= MINE_REMEMBERED {
            self.outbox.mine.pop_first();
        }
        self.outbox.mine.insert(n, (draft.cid, sealed.id, BTreeSet::new()));
        let id = sealed.id;
        self.keep_message(hub, id, sealed.payload, sealed.sig, ttl_s * 1_000, false);
        if private && self.timeline.get(&id).is_some_and(|living| !living.is_kept()) {
            self.timeline.keep_to_myself(&id);
        }
        Ok(id)
    }

    // ---- in ----

    pub(crate) fn on_text<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        payload: Payload,
        sig: [u8; 64],
        id: MsgId,
    ) -> Result<(), Dropped> {
        let Body::Text(say) = &payload.body else { return Err(Dropped::Kind) };
        let sender = payload.sender;
        self.may_be_heard(hub, &id, &payload)?;
        let n = say.n;
        let ttl_ms = self.ttl_ms_of(&payload);
        let fresh = payload.epoch.plus(1) >= hub.epoch();
        let left = remaining_ms(ttl_ms, payload.sent, hub.room(), fresh);
        if left == 0 {
            self.timeline.note_had(sender, n);
            return Err(Dropped::Epoch);
        }
        if !self.keeps_pace(hub, &payload, false) {
            // Whoever knows another log may know other settings: what they say is judged again once it is caught up on.
            if payload.log_head == self.log.head() {
                self.timeline.note_had(sender, n);
            }
            return Err(Dropped::Limit);
        }
        self.keep_message(hub, id, payload, sig, left, false);
        if self.roster.count() < RECEIPT_MEMBERS {
            let owed = self.outbox.receipts.entry(sender).or_default();
            if owed.numbers.is_empty() {
                owed.due = owed.due.max(hub.now + RECEIPTS_MS);
            }
            owed.numbers.add(n);
            hub.within(owed.due.since(hub.now), Timer::Receipts);
        }
        Ok(())
    }

    /// What holds for every message, however it came: once, not by the removed or the muted, and nothing above one's rank.
    /// What the log names as kept comes again where it had died before that was known.
    pub(crate) fn may_be_heard<R: CryptoRng>(
        &self,
        hub: &Hub<R>,
        id: &MsgId,
        payload: &Payload,
    ) -> Result<(), Dropped> {
        let Body::Text(say) = &payload.body else { return Err(Dropped::Kind) };
        let author = &payload.sender;
        let rights = self.log.rights();
        let pinned = self.is_kept_by_log(id, payload);
        let had = *author == hub.id || self.timeline.had(author, say.n);
        if had && !(pinned && self.lacks(id, author)) {
            return Err(Dropped::Replay);
        }
        if self.is_removed(author) {
            return Err(Dropped::Removed);
        }
        let above = (say.announce || say.keep) && rights.rank(author) < Rank::Admin;
        if !pinned && (above || rights.is_muted(author, hub.room()) || self.is_quiet(payload, hub.room())) {
            return Err(Dropped::Limit);
        }
        Ok(())
    }

    /// Puts a message among the living and shows it.
    pub(crate) fn keep_message<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        id: MsgId,
        payload: Payload,
        sig: [u8; 64],
        left_ms: u64,
        caught_up: bool,
    ) {
        let Body::Text(say) = &payload.body else { return };
        let (author, n) = (payload.sender, say.n);
        if hub.blocked.contains(&author) {
            self.timeline.note_had(author, n);
            return;
        }
        let reaches = |by: &MemberId| *by == author || !self.log.rights().reach(by, &author).0.is_empty();
        let taken_back = self.timeline.burners(&id).chain(self.kept.burner(&id)).any(reaches);
        let kept = self.keeps(&id, &payload) && !self.timeline.is_full();
        let over = left_ms == 0 && !kept;
        if self.timeline.is_taken_back(&author, n) || taken_back || over {
            self.timeline.note_had(author, n);
            return;
        }
        let mine = author == hub.id;
        let sealed = say.once_s > 0 && !mine;
        let end = hub.now + left_ms;
        let dies = (!kept).then_some(end);
        let heard = Heard {
            id,
            from: self.who(&author),
            text: (!sealed).then(|| say.text.clone()),
            action: say.action,
            announce: say.announce,
            reply: say.reply,
            sent: payload.sent,
            ttl_s: payload.ttl_s,
            dies,
            once_s: (say.once_s > 0).then_some(say.once_s),
            keep: kept,
            from_read: say.from_read,
            mine,
            caught_up,
            alone: None,
            asks: false,
            about: None,
        };
        let living = Living { payload, sig, deadline: dies, end, sealed, caught_up, private: false };
        let crowded = self.timeline.insert(id, n, living);
        hub.event(Event::Message(Box::new(heard)));
        for id in crowded {
            hub.event(Event::Burned { id, why: Burned::Crowded });
        }
        self.plan_upkeep(hub);
    }

    pub(crate) fn on_have<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        from: MemberId,
        had: &[(MemberId, Vec<(u64, u64)>)],
    ) {
        let of = self.roster.count();
        let Some((_, ranges)) = had.iter().find(|(id, _)| *id == hub.id) else { return };
        let mut told = Vec::new();
        for (low, high) in ranges {
            for (_, (cid, id, by)) in self.outbox.mine.range_mut(*low..=*high) {
                if by.insert(from) {
                    told.push((*cid, *id, by.len()));
                }
            }
        }
        for (cid, id, count) in told {
            hub.event(Event::Fate { cid, id: Some(id), fate: Fate::Delivered { count, of: of.max(count) } });
        }
    }

    /// Tells authors what came, straight to them. Whoever was told a moment ago is told the next later, all at once.
    pub(crate) fn send_receipts<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        self.send_seen(hub);
        let now = hub.now;
        let each = RECEIPTS_EACH_MS.max((self.roster.count() as u64 + 1) * RECEIPTS_PER_MEMBER_MS);
        let mut owed = std::mem::take(&mut self.outbox.receipts);
        for (author, owed) in owed.iter_mut().filter(|(_, owed)| owed.due <= now && !owed.numbers.is_empty())
        {
            for part in std::mem::take(&mut owed.numbers).parts() {
                self.direct(hub, author, Body::Have(vec![(*author, part)]));
            }
            owed.due = now + each;
        }
        owed.retain(|_, owed| owed.due > now);
        if let Some(next) = owed.values().filter(|owed| !owed.numbers.is_empty()).map(|owed| owed.due).min() {
            hub.within(next.since(now), Timer::Receipts);
        }
        self.outbox.receipts = owed;
    }

    // ---- once, and gone ----

    /// Opens a once-message, or starts the clock of one that counts from its first display.
    pub(crate) fn open_message<R: CryptoRng>(&mut self, hub: &mut Hub<R>, id: MsgId) {
        if self.open_dm(hub, &id) {
            return;
        }
        let Some(living) = self.timeline.get(&id) else {
            hub.event(Event::Refused(Refused::Unknown));
            return;
        };
        let Body::Text(say) = &living.payload.body else { return };
        let (once_s, sealed, from_read) = (say.once_s, living.sealed, say.from_read);
        let (author, text) = (living.payload.sender, say.text.clone());
        if author == hub.id || living.is_kept() || !(sealed || from_read) {
            return;
        }
        let life = if once_s > 0 { once_s } else { living.payload.ttl_s };
        let opened = hub.now + life.min(self.ttl_cap_s()) * 1_000;
        // Opened in its last moments it does not live longer for it.
        let dies = living.deadline.map_or(opened, |at| at.min(opened));
        let heard = Heard {
            id,
            from: self.who(&author),
            text: Some(text),
            action: say.action,
            announce: say.announce,
            reply: say.reply,
            sent: living.payload.sent,
            ttl_s: living.payload.ttl_s,
            dies: Some(dies),
            once_s: (once_s > 0).then_some(once_s),
            keep: false,
            from_read,
            mine: false,
            caught_up: living.caught_up,
            alone: None,
            asks: false,
            about: None,
        };
        self.timeline.shorten(&id, dies);
        if sealed {
            hub.event(Event::Message(Box::new(heard)));
            self.publish(hub, Body::Opened(id));
        }
        self.plan_upkeep(hub);
    }

    pub(crate) fn on_opened<R: CryptoRng>(&mut self, hub: &mut Hub<R>, by: MemberId, id: MsgId) {
        if self.outbox.said(&id) {
            hub.event(Event::Opened { id, by });
        }
    }
}
