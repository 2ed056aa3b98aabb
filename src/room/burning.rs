//! Messages that go before the room does: their time is over, or somebody takes them back and hears from whom they went.

use std::collections::BTreeSet;

use rand_core::CryptoRng;

use super::envelope::Dropped;
use super::hub::Hub;
use super::inside::Inside;
use super::io::{Burned, Event, Output, Refused, Timer};
use super::kept::Signed;
use super::rights::Rank;
use crate::base::id::{MemberId, MsgId};
use crate::base::limits::{AGE_IGNORED_MS, BURN_HEARD_MS, BURN_IDS, BURNS_WATCHED, RECEIPT_MEMBERS};
use crate::base::time::Mono;
use crate::wire::payload::Body;

/// Messages taken back here, until it is known from whom they went.
#[derive(Default)]
pub(crate) struct Burns(Vec<Burn>);

/// Messages taken back at once.
struct Burn {
    ids: BTreeSet<MsgId>,
    upto: u64,
    /// Those who may have them.
    held: BTreeSet<MemberId>,
    /// Of those, who said that they have them no more.
    gone: BTreeSet<MemberId>,
    /// For how long an answer is waited for.
    until: Mono,
}

impl Burn {
    fn tell(self) -> Event {
        Event::Gone { count: self.gone.len(), of: self.held.len() }
    }

    fn is_over(&self, now: Mono) -> bool {
        self.until <= now || self.gone.len() == self.held.len()
    }
}

impl Burns {
    /// Takes out what is known, or was waited for long enough.
    fn over(&mut self, now: Mono) -> Vec<Event> {
        self.0.extract_if(.., |burn| burn.is_over(now)).map(Burn::tell).collect()
    }

    /// When the next answer is waited for no longer.
    fn next(&self) -> Option<Mono> {
        self.0.iter().map(|burn| burn.until).min()
    }
}

impl Inside {
    /// Takes messages back: my own, or anybody's where my rank reaches them.
    pub(crate) fn burn<R: CryptoRng>(&mut self, hub: &mut Hub<R>, mut ids: Vec<MsgId>, all_mine: bool) {
        self.burn_dms(hub, &mut ids);
        self.close_reports(hub, &mut ids);
        if all_mine {
            self.burn_my_dms(hub);
        } else if ids.is_empty() {
            return;
        }
        ids.truncate(BURN_IDS);
        let allowed = ids.iter().all(|id| self.may_burn(&hub.id, id));
        if !allowed {
            hub.event(Event::Refused(Refused::Role));
            return;
        }
        if all_mine {
            hub.give_up_unsent(Refused::TakenBack);
        }
        let upto = if all_mine { self.outbox.numbered() } else { 0 };
        let me = hub.id;
        let held = self.holders(&ids, upto);
        let sealed = self.seal(hub, 0, Body::Burn { ids: ids.clone(), upto });
        let word = sealed.as_ref().map(|s| Signed::from([&s.payload.encode()[..], &s.sig].concat()));
        self.burn_here(hub, &me, &ids, upto, word.as_ref());
        hub.out.extend(sealed.map(|s| Output::Publish { topic: s.topic, bytes: s.frame }));
        self.await_gone(hub, ids, upto, held);
    }

    /// Who may have any of these: whoever said so, and whoever was here in time to hear it.
    fn holders(&self, ids: &[MsgId], upto: u64) -> BTreeSet<MemberId> {
        let mut held = BTreeSet::new();
        for (id, living) in self.timeline.all().filter(|(_, living)| !living.private) {
            let mine = living.payload.sender == self.me;
            let Body::Text(say) = &living.payload.body else { continue };
            if !(ids.contains(id) || (mine && say.n <= upto)) {
                continue;
            }
            let sent = living.payload.sent.shifted(AGE_IGNORED_MS as i64);
            held.extend(self.roster.present().filter(|(_, m)| m.joined <= sent).map(|(id, _)| *id));
            held.extend(self.outbox.holders(if mine { say.n } else { 0 }));
            held.remove(&living.payload.sender);
            if !mine {
                // Whoever wrote it has it.
                held.insert(living.payload.sender);
            }
        }
        held
    }

    /// In a room where receipts are sent, answers come to this as well.
    fn await_gone<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        ids: Vec<MsgId>,
        upto: u64,
        held: BTreeSet<MemberId>,
    ) {
        if held.is_empty() || self.roster.count() >= RECEIPT_MEMBERS {
            return;
        }
        if self.burns.0.len() >= BURNS_WATCHED {
            let oldest = self.burns.0.remove(0);
            hub.event(oldest.tell());
        }
        let ids = ids.into_iter().collect();
        let until = hub.now + BURN_HEARD_MS;
        self.burns.0.push(Burn { ids, upto, held, gone: BTreeSet::new(), until });
        hub.within(BURN_HEARD_MS, Timer::Burns);
    }

    /// Somebody says that what I took back is gone there.
    pub(crate) fn on_gone<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        from: MemberId,
        ids: &[MsgId],
        upto: u64,
    ) {
        for burn in self.burns.0.iter_mut().filter(|burn| burn.held.contains(&from)) {
            if upto >= burn.upto && burn.ids.iter().all(|id| ids.contains(id)) {
                burn.gone.insert(from);
            }
        }
        self.tell_gone(hub);
    }

    /// Tells from whom messages went, as far as that is known by now.
    pub(crate) fn tell_gone<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        for event in self.burns.over(hub.now) {
            hub.event(event);
        }
        if let Some(next) = self.burns.next() {
            hub.within(next.since(hub.now), Timer::Burns);
        }
    }

    fn may_burn(&self, who: &MemberId, id: &MsgId) -> bool {
        match self.timeline.get(id).map(|l| l.payload.sender) {
            Some(author) if author == *who => true,
            Some(author) => !self.log.rights().reach(who, &author).0.is_empty(),
            None => self.outbox.said(id) || self.log.rights().rank(who) >= Rank::Admin,
        }
    }

    pub(crate) fn on_burn<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        by: MemberId,
        ids: &[MsgId],
        upto: u64,
        word: &Signed,
    ) {
        let allowed: Vec<MsgId> = ids.iter().filter(|id| self.may_burn_remote(&by, id)).copied().collect();
        // Only what lived here until now is answered for: what has not come may still come.
        let lived: Vec<MsgId> =
            allowed.iter().filter(|id| self.timeline.get(id).is_some()).copied().collect();
        let news = !lived.is_empty() || upto > self.timeline.taken_back(&by);
        self.burn_here(hub, &by, &allowed, upto, Some(word));
        if news && self.roster.count() < RECEIPT_MEMBERS {
            self.direct(hub, &by, Body::Gone { ids: lived, upto });
        }
    }

    /// Somebody tells of a burn that I missed: it takes what it names, as when it was said.
    pub(crate) fn on_burn_told<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        by: MemberId,
        ids: &[MsgId],
        upto: u64,
        word: &Signed,
    ) -> Result<(), Dropped> {
        let lives = ids.iter().any(|id| self.timeline.get(id).is_some() && self.may_burn(&by, id));
        let news = lives || !self.timeline.upto(&by, upto).is_empty();
        let allowed: Vec<MsgId> = ids.iter().filter(|id| self.may_burn_remote(&by, id)).copied().collect();
        self.burn_here(hub, &by, &allowed, upto, Some(word));
        if news { Ok(()) } else { Err(Dropped::Replay) }
    }

    /// Whose a message is that has not come yet is known only once it comes, and only then whether it is burned: by its
    /// author, or by somebody above them. What people without rank say of such is not remembered.
    fn may_burn_remote(&self, by: &MemberId, id: &MsgId) -> bool {
        match self.timeline.get(id) {
            Some(_) => self.may_burn(by, id),
            None => {
                let rights = self.log.rights();
                let named = rights.kept.get(id).and_then(|word| word.of);
                rights.rank(by) >= Rank::Admin || named.is_some_and(|(author, _)| author == *by)
            }
        }
    }

    fn burn_here<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        by: &MemberId,
        ids: &[MsgId],
        upto: u64,
        word: Option<&Signed>,
    ) {
        if let Some(word) = word {
            self.remember_burn(by, ids, upto, word);
        }
        let cap = hub.now + self.ttl_cap_s() * 1_000;
        for id in ids {
            let author = self.timeline.get(id).map(|l| l.payload.sender);
            // Once its time is over nobody brings it back: only of what was never here that time is not known.
            let end = self.timeline.get(id).and_then(|l| l.deadline).map(|at| at + AGE_IGNORED_MS);
            let until = end.map_or(cap, |at| at.min(cap));
            if self.timeline.burn(id, *by, until).is_some() {
                let why = if author == Some(*by) { Burned::Sender } else { Burned::Admin };
                hub.event(Event::Burned { id: *id, why });
            }
        }
        if upto > 0 {
            for id in self.timeline.burn_upto(by, upto) {
                hub.event(Event::Burned { id, why: Burned::Sender });
            }
        }
    }

    /// Removes what is overdue, before anything else happens.
    pub(crate) fn reap<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        self.give_up_dms(hub);
        let alone = self.dms.reap(hub.now).into_iter().chain(self.reports.reap(hub.now));
        for (id, once) in self.timeline.reap(hub.now).into_iter().chain(alone) {
            hub.event(Event::Burned { id, why: if once { Burned::Once } else { Burned::Ttl } });
        }
    }
}
