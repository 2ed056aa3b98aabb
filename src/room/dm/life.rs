//! The life of a direct message: shown, opened, burned; and nothing from whoever is blocked.

use rand_core::CryptoRng;

use super::name;
use crate::base::id::{MemberId, MsgId};
use crate::room::hub::Hub;
use crate::room::inside::Inside;
use crate::room::io::{Burned, Event, Fate, Heard, Refused};
use crate::room::timeline::Living;
use crate::wire::payload::{Body, Dm, Payload, Word};

impl Inside {
    /// Puts a direct message among the living and shows it; of a stranger it is shown that they wrote, until it is opened.
    pub(super) fn keep_dm<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        id: MsgId,
        with: MemberId,
        payload: Payload,
        left_ms: u64,
    ) {
        let Body::Text(say) = &payload.body else { return };
        let n = say.n;
        let mine = payload.sender == self.me;
        let asks = !mine && !self.knows(hub, &with);
        let sealed = !mine && (say.once_s > 0 || asks);
        let living = Living {
            payload,
            sig: [0; 64],
            deadline: Some(hub.now + left_ms),
            end: hub.now + left_ms,
            sealed,
            caught_up: false,
            private: true,
        };
        let crowded = self.dms.living.insert(id, n, living);
        self.dms.places.insert(id, (with, n));
        self.show_dm(hub, &id);
        for id in crowded {
            self.dms.places.remove(&id);
            hub.event(Event::Burned { id, why: Burned::Crowded });
        }
        self.plan_upkeep(hub);
    }

    fn knows<R: CryptoRng>(&self, hub: &Hub<R>, who: &MemberId) -> bool {
        hub.friends.contains(who) || self.dms.with.get(who).is_some_and(|p| p.known)
    }

    fn show_dm<R: CryptoRng>(&self, hub: &mut Hub<R>, id: &MsgId) {
        let (Some(living), Some((with, _))) = (self.dms.living.get(id), self.dms.places.get(id)) else {
            return;
        };
        let Body::Text(say) = &living.payload.body else { return };
        let known = self.knows(hub, with);
        hub.event(Event::Message(Box::new(Heard {
            id: *id,
            from: self.who(&living.payload.sender),
            text: (!living.sealed).then(|| say.text.clone()),
            action: say.action,
            announce: false,
            reply: say.reply,
            sent: living.payload.sent,
            ttl_s: living.payload.ttl_s,
            dies: living.deadline,
            once_s: (say.once_s > 0).then_some(say.once_s),
            keep: false,
            from_read: say.from_read,
            mine: living.payload.sender == self.me,
            caught_up: false,
            alone: Some(self.who(with)),
            asks: living.sealed && !known,
            about: None,
        })));
    }

    /// What a stranger wrote is shown once they are one no more.
    pub(in crate::room) fn show_acquaintance<R: CryptoRng>(&mut self, hub: &mut Hub<R>, with: MemberId) {
        let waiting = |id: &&MsgId| {
            let living = self.dms.living.get(id);
            let plain = |l: &Living| matches!(&l.payload.body, Body::Text(say) if say.once_s == 0);
            living.is_some_and(|l| l.sealed && l.payload.sender == with && plain(l))
        };
        let ids: Vec<MsgId> = self.dms.places.keys().filter(waiting).copied().collect();
        for id in ids {
            self.dms.living.unseal(&id);
            self.show_dm(hub, &id);
        }
    }

    /// Opens a direct message: then whoever wrote it is a stranger no more. False where it is none.
    pub(in crate::room) fn open_dm<R: CryptoRng>(&mut self, hub: &mut Hub<R>, id: &MsgId) -> bool {
        let Some((with, n)) = self.dms.places.get(id).copied() else { return false };
        if let Some(partner) = self.dms.with.get_mut(&with) {
            partner.known = true;
        }
        self.show_acquaintance(hub, with);
        let Some(living) = self.dms.living.get(id).filter(|l| l.payload.sender != self.me) else {
            return true;
        };
        let Body::Text(say) = &living.payload.body else { return true };
        let (sealed, once_s) = (living.sealed, say.once_s);
        if !(sealed || say.from_read) {
            return true;
        }
        let life = if once_s > 0 { once_s } else { living.payload.ttl_s };
        self.dms.living.shorten(id, hub.now + life.min(self.ttl_cap_s()) * 1_000);
        if sealed {
            self.show_dm(hub, id);
            self.publish_dm(hub, &with, 0, &Dm::Word(n, Word::Opened));
        }
        self.plan_upkeep(hub);
        true
    }

    /// Burns those of these that are direct messages, and says so to whom mine went; the others are left to the caller.
    pub(in crate::room) fn burn_dms<R: CryptoRng>(&mut self, hub: &mut Hub<R>, ids: &mut Vec<MsgId>) {
        let mine: Vec<MsgId> = ids.extract_if(.., |id| self.dms.places.contains_key(id)).collect();
        for id in mine {
            let Some((with, n)) = self.dms.places.get(&id).copied() else { continue };
            let wrote = self.dms.remove(&id).is_some_and(|l| l.payload.sender == self.me);
            hub.event(Event::Burned { id, why: Burned::Sender });
            if wrote {
                self.forget_sent(hub, with, |sent| sent == n);
                self.publish_dm(hub, &with, 0, &Dm::Word(n, Word::TakenBack));
            }
        }
    }

    /// Burns all direct messages of mine.
    pub(in crate::room) fn burn_my_dms<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let with: Vec<(MemberId, u64)> =
            self.dms.with.iter().filter(|(_, p)| p.numbered > 0).map(|(id, p)| (*id, p.numbered)).collect();
        let mine: Vec<MsgId> = self.dms.written_by(&self.me).collect();
        for id in mine {
            self.dms.remove(&id);
            hub.event(Event::Burned { id, why: Burned::Sender });
        }
        for (with, upto) in with {
            self.forget_sent(hub, with, |_| true);
            self.publish_dm(hub, &with, 0, &Dm::Word(upto, Word::AllTakenBack));
        }
    }

    /// What waits is not sent.
    fn forget_sent<R: CryptoRng>(&mut self, hub: &mut Hub<R>, with: MemberId, which: impl Fn(u64) -> bool) {
        let Some(partner) = self.dms.with.get_mut(&with) else { return };
        for sent in partner.waiting.extract_if(.., |sent| which(sent.n)) {
            if !sent.tried {
                let id = name(&self.genesis, &self.me, &with, sent.n);
                hub.event(Event::Fate {
                    cid: sent.cid,
                    id: Some(id),
                    fate: Fate::Failed(Refused::TakenBack),
                });
            }
        }
    }

    /// Takes nothing from somebody any more, in the room or alone; or takes it again.
    pub(in crate::room) fn block<R: CryptoRng>(&mut self, hub: &mut Hub<R>, who: MemberId, block: bool) {
        if !block {
            hub.blocked.remove(&who);
            return;
        }
        hub.blocked.insert(who);
        let alone: Vec<MsgId> = self.dms.written_by(&who).collect();
        for id in alone {
            self.dms.remove(&id);
            hub.event(Event::Burned { id, why: Burned::Sender });
        }
    }
}
