//! Direct messages on their way out: keys are shown and asked for, what is said waits for them, and goes until it came.

use rand_core::CryptoRng;

use super::{Dms, Sent, name};
use crate::base::id::MemberId;
use crate::base::limits::{DM_AGAIN_MS, DM_ASK_GAP_MS, DM_GIVE_UP_MS, DM_OPEN_EACH_MS, DM_WAITING};
use crate::crypto::kdf::{self, Label};
use crate::crypto::kem;
use crate::room::hub::Hub;
use crate::room::inside::Inside;
use crate::room::io::{Draft, Event, Fate, Output, Refused, Timer};
use crate::room::unsent::Said;
use crate::wire::payload::{Ask, Body, Dm, KeyAnnounce, KeyUse, Payload, Say, What};

impl Inside {
    /// Says something to one member.
    pub(in crate::room) fn say_to<R: CryptoRng>(&mut self, hub: &mut Hub<R>, to: MemberId, draft: Draft) {
        let cid = draft.cid;
        if let Err(why) = self.take_dm_draft(hub, to, draft) {
            hub.event(Event::Fate { cid, id: None, fate: Fate::Failed(why) });
        }
        self.send_dms(hub);
    }

    fn take_dm_draft<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        to: MemberId,
        draft: Draft,
    ) -> Result<(), Refused> {
        Hub::<R>::may_be_said(&draft, self.ttl_cap_s())?;
        if draft.announce || draft.keep {
            return Err(Refused::Role);
        }
        if self.trial.is_some() {
            return Err(Refused::Unconfirmed);
        }
        let here = self.roster.get(&to).is_some_and(|m| !m.left);
        if !here || to == self.me || self.is_removed(&to) {
            return Err(Refused::Unknown);
        }
        let life_s = self.life_s(&draft);
        let said = Said::new(hub.now, draft);
        let ttl_s = said.left_s(hub.now, life_s).ok_or(Refused::Burned)?;
        let partner = self.dms.partner(&to).ok_or(Refused::QueueFull)?;
        if partner.waiting.len() >= DM_WAITING {
            return Err(Refused::QueueFull);
        }
        partner.known = true;
        partner.numbered = partner.numbered.max(hub.begun) + 1;
        let (n, draft) = (partner.numbered, said.draft);
        let say = Say {
            n,
            action: draft.action,
            announce: false,
            from_read: draft.from_read,
            keep: false,
            text: draft.text,
            reply: draft.reply,
            once_s: draft.once_s.unwrap_or(0),
        };
        let id = name(&self.genesis, &self.me, &to, n);
        let until = hub.now + DM_GIVE_UP_MS.min(ttl_s * 1_000);
        let (cid, next) = (draft.cid, hub.now);
        partner.waiting.push(Sent { n, cid, say: say.clone(), life_s: ttl_s, next, tried: false, until });
        hub.event(Event::Fate { cid, id: Some(id), fate: Fate::Asking });
        let payload = self.payload_of(hub, self.me, ttl_s, say);
        self.keep_dm(hub, id, to, payload, ttl_s * 1_000);
        self.show_acquaintance(hub, to);
        Ok(())
    }

    /// Sends what is due to whoever it is for, or asks them for their keys first; gives up what was waited for long enough.
    pub(in crate::room) fn send_dms<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let with: Vec<MemberId> =
            self.dms.with.iter().filter(|(_, p)| !p.waiting.is_empty()).map(|(id, _)| *id).collect();
        for to in with {
            self.send_dms_to(hub, to);
        }
        let next =
            self.dms.with.values().flat_map(|p| p.waiting.iter().map(|sent| sent.next.min(sent.until))).min();
        if let Some(next) = next {
            hub.within(next.since(hub.now).max(1), Timer::Dms);
        }
    }

    /// Gives up what was waited for long enough. No text waits for longer than it lives.
    pub(in crate::room) fn give_up_dms<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let now = hub.now;
        for (to, partner) in &mut self.dms.with {
            for sent in partner.waiting.extract_if(.., |sent| sent.until <= now) {
                let id = name(&self.genesis, &self.me, to, sent.n);
                hub.event(Event::Fate { cid: sent.cid, id: Some(id), fate: Fate::Failed(Refused::NoAnswer) });
            }
        }
    }

    fn send_dms_to<R: CryptoRng>(&mut self, hub: &mut Hub<R>, to: MemberId) {
        let mine = self.dms.pair(hub).kem_public.tag();
        let now = hub.now;
        let Some(partner) = self.dms.with.get_mut(&to) else { return };
        if !partner.waiting.iter().any(|sent| sent.next <= now) {
            return;
        }
        if partner.waiting.iter().any(|sent| sent.next <= now && sent.tried) {
            // Nothing was heard of it: perhaps one of us holds an old key of the other.
            partner.holds = None;
        }
        if partner.kem.is_none() || partner.holds != Some(mine) {
            self.seek_dm_keys(hub, to);
            return;
        }
        while self.due_dm(hub, &to) {
            if !self.may_go(hub) {
                self.put_off_dms(hub, &to);
                return;
            }
            let Some(sent) =
                self.dms.with.get_mut(&to).and_then(|p| p.waiting.iter_mut().find(|s| s.next <= now))
            else {
                return;
            };
            let (say, first) = (sent.say.clone(), !sent.tried);
            let (n, cid, life_s) = (sent.n, sent.cid, sent.life_s);
            sent.tried = true;
            sent.next = now + DM_AGAIN_MS;
            let gone = self.publish_dm(hub, &to, life_s, &Dm::Say(say));
            if gone && first {
                let id = name(&self.genesis, &self.me, &to, n);
                hub.event(Event::Fate { cid, id: Some(id), fate: Fate::Sent });
            }
        }
    }

    fn due_dm<R>(&self, hub: &Hub<R>, to: &MemberId) -> bool {
        self.dms.with.get(to).is_some_and(|p| p.waiting.iter().any(|sent| sent.next <= hub.now))
    }

    /// The pace is kept, or keys change: a moment later.
    fn put_off_dms<R>(&mut self, hub: &Hub<R>, to: &MemberId) {
        let next = hub.now + self.outbox.ready_at(hub.now).max(DM_OPEN_EACH_MS);
        let due = self.dms.with.get_mut(to).into_iter().flat_map(|p| p.waiting.iter_mut());
        for sent in due.filter(|sent| sent.next <= hub.now) {
            sent.next = next;
        }
    }

    /// Shows somebody my keys and asks for theirs.
    fn seek_dm_keys<R: CryptoRng>(&mut self, hub: &mut Hub<R>, to: MemberId) {
        let now = hub.now;
        let mine = self.dms.pair(hub).kem_public.tag();
        let Some(partner) = self.dms.with.get_mut(&to) else { return };
        let asked = partner.asked.filter(|(tag, at)| *tag == mine && now.since(*at) < DM_ASK_GAP_MS);
        let next = asked.map_or(now, |(_, at)| at) + DM_ASK_GAP_MS;
        for sent in partner.waiting.iter_mut().filter(|sent| sent.next <= now) {
            sent.next = next;
        }
        if asked.is_some() {
            return;
        }
        partner.asked = Some((mine, now));
        self.show_dm_keys(hub, &to);
        let ask = Ask { what: What::Keys, heads: Vec::new(), kem: None, had: Vec::new() };
        self.direct(hub, &to, Body::Ask(ask));
    }

    pub(super) fn show_dm_keys<R: CryptoRng>(&mut self, hub: &mut Hub<R>, to: &MemberId) {
        let pair = self.dms.pair(hub);
        let (kem, x25519) = (Box::new(*pair.kem_public.as_bytes()), Some(pair.mac_public.0));
        self.direct(hub, to, Body::Key(KeyAnnounce { used_for: KeyUse::Direct, kem, x25519 }));
    }

    pub(super) fn payload_of<R: CryptoRng>(
        &self,
        hub: &Hub<R>,
        sender: MemberId,
        ttl_s: u64,
        say: Say,
    ) -> Payload {
        let (generation, epoch) = (self.ring.current().generation(), hub.epoch());
        let (sent, log_head) = (hub.room(), self.log.head());
        Payload {
            genesis: self.genesis,
            generation,
            epoch,
            sender,
            counter: 0,
            sent,
            ttl_s,
            log_head,
            body: Body::Text(say),
        }
    }

    /// Seals and gossips: who it is for is seen by nobody but them.
    pub(super) fn publish_dm<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        to: &MemberId,
        ttl_s: u64,
        dm: &Dm,
    ) -> bool {
        let dms = std::mem::take(&mut self.dms);
        let done = self.sealed_dm(hub, &dms, to, ttl_s, dm).map(|output| hub.out.push(output)).is_some();
        self.dms = dms;
        done
    }

    fn sealed_dm<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        dms: &Dms,
        to: &MemberId,
        ttl_s: u64,
        dm: &Dm,
    ) -> Option<Output> {
        let partner = dms.with.get(to)?;
        let pair = dms.find(&partner.holds?)?;
        let (kem, theirs) = (partner.kem.as_ref()?, partner.macs.first()?);
        let tag = kem.tag();
        let info = self.dm_info(&tag);
        let (sealed, export) = kem::seal_exporting(kem, None, &info, &[], &dm.encode(), &mut hub.rng);
        let sealed = self.seal_proved(hub, ttl_s, Body::Dm { tag, sealed }, |hub, bytes| {
            let mut proof = [0; 64];
            let (mac, filling) = proof.split_at_mut(32);
            mac.copy_from_slice(&pair.mac.tag(theirs, &export, &[bytes])?);
            hub.rng.fill_bytes(filling);
            Some(proof)
        })?;
        Some(Output::Publish { topic: sealed.topic, bytes: sealed.frame })
    }

    pub(super) fn dm_info(&self, tag: &[u8; 8]) -> Vec<u8> {
        [kdf::PREFIX.as_bytes(), Label::Direct.as_str().as_bytes(), tag, &self.genesis.0].concat()
    }
}

#[cfg(test)]
impl Inside {
    /// A frame in which `author` seems to write to `reader`, with the proof that this node can make before `with`.
    pub(in crate::room) fn forge_dm<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        with: &MemberId,
        author: MemberId,
        reader: &MemberId,
        text: &str,
    ) -> (crate::base::id::Topic, Vec<u8>) {
        use crate::crypto::kem::KemPublic;
        let dms = std::mem::take(&mut self.dms);
        let pair = dms.keys.last().unwrap();
        let mine = *reader == self.me;
        let kem = if mine {
            pair.kem_public.as_bytes()
        } else {
            dms.with.get(reader).unwrap().kem.as_ref().unwrap().as_bytes()
        };
        let kem = KemPublic::from_bytes(&kem[..]).unwrap();
        let theirs = *dms.with.get(with).unwrap().macs.first().unwrap();
        let tag = kem.tag();
        let say = Say::plain(77, crate::base::secret::Text::new(text));
        let (sealed, export) =
            kem::seal_exporting(&kem, None, &self.dm_info(&tag), &[], &Dm::Say(say).encode(), &mut hub.rng);
        let me = std::mem::replace(&mut hub.id, author);
        hub.counter += 1_000;
        let sealed = self.seal_proved(hub, 600, Body::Dm { tag, sealed }, |_, bytes| {
            let mut proof = [0; 64];
            proof[..32].copy_from_slice(&pair.mac.tag(&theirs, &export, &[bytes])?);
            Some(proof)
        });
        hub.id = me;
        self.dms = dms;
        let sealed = sealed.unwrap();
        (sealed.topic, sealed.frame)
    }
}
