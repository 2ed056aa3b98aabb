//! Direct messages coming in: whose keys they were made with, whether they are believed, and words about others.

use rand_core::CryptoRng;

use super::name;
use crate::base::id::MemberId;
use crate::base::secret::Secret;
use crate::crypto::direct::DirectPublic;
use crate::crypto::kem::KemPublic;
use crate::room::envelope::{Dropped, Opened};
use crate::room::hub::Hub;
use crate::room::inside::Inside;
use crate::room::io::{Burned, Event, Fate};
use crate::room::timeline::remaining_ms;
use crate::wire::payload::{Body, Dm, KeyAnnounce, Payload, Say, Word};

impl Inside {
    /// Somebody asks for my keys: they get them once they have shown theirs.
    pub(in crate::room) fn on_keys_asked<R: CryptoRng>(&mut self, hub: &mut Hub<R>, from: MemberId) {
        if self.trial.is_some() {
            return;
        }
        let Some(partner) = self.dms.partner(&from) else { return };
        partner.wants = partner.macs.is_empty();
        if !partner.wants {
            self.show_dm_keys(hub, &from);
        }
    }

    /// Somebody shows me their keys.
    pub(in crate::room) fn on_dm_keys<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        from: MemberId,
        key: &KeyAnnounce,
    ) {
        let (Some(kem), Some(mac)) = (KemPublic::from_bytes(&key.kem[..]), key.x25519.map(DirectPublic))
        else {
            return;
        };
        if self.trial.is_some() {
            return;
        }
        let now = hub.now;
        let Some(partner) = self.dms.partner(&from) else { return };
        partner.kem = Some(kem);
        if partner.macs.first() != Some(&mac) {
            partner.macs.insert(0, mac);
            partner.macs.truncate(2);
        }
        if let Some((shown, _)) = partner.asked.take() {
            // They answer only whoever has shown them something.
            partner.holds = Some(shown);
            partner.waiting.iter_mut().for_each(|sent| {
                sent.next = now;
                sent.tried = false;
            });
        }
        if std::mem::take(&mut partner.wants) {
            self.show_dm_keys(hub, &from);
        }
        self.send_dms(hub);
    }

    /// Opens and acts on what was sent to me alone. An error where it is for somebody else, or nobody I could believe.
    pub(in crate::room) fn on_dm<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        opened: &Opened,
    ) -> Result<(), Dropped> {
        let payload = &opened.payload;
        let Body::Dm { tag, sealed } = &payload.body else { return Err(Dropped::Kind) };
        let from = payload.sender;
        if self.trial.is_some() || self.is_removed(&from) || hub.blocked.contains(&from) {
            return Err(Dropped::Unsigned);
        }
        let dm = self.unseal_dm(hub, opened, tag, sealed).ok_or(Dropped::Unsigned)?;
        self.seen.mark(&from, payload.counter, hub.now);
        if let Some(partner) = self.dms.with.get_mut(&from) {
            partner.holds = Some(*tag);
        }
        match dm {
            Dm::Say(say) => self.on_said_to_me(hub, payload, say)?,
            Dm::Word(n, word) => self.on_word(hub, from, n, word),
        }
        Ok(())
    }

    fn unseal_dm<R: CryptoRng>(
        &mut self,
        hub: &Hub<R>,
        opened: &Opened,
        tag: &[u8; 8],
        sealed: &[u8],
    ) -> Option<Dm> {
        let info = self.dm_info(tag);
        // Whose it is shows before anything costly is done.
        self.dms.find(tag)?;
        let partner = self.dms.with.get_mut(&opened.payload.sender)?;
        if partner.macs.is_empty() || !partner.opens.take(hub.now.0) {
            return None;
        }
        let macs = partner.macs.clone();
        let pair = self.dms.find(tag)?;
        let (plain, export): (_, Secret<32>) = pair.kem.open_exporting(None, &info, &[], sealed).ok()?;
        let proof = opened.sig();
        let mac: &[u8; 32] = proof.first_chunk()?;
        let theirs = macs.iter().any(|theirs| pair.mac.admits(theirs, &export, &[opened.bytes()], mac));
        if !theirs { None } else { Dm::decode(&plain).ok() }
    }

    fn on_said_to_me<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        payload: &Payload,
        say: Say,
    ) -> Result<(), Dropped> {
        let (from, n) = (payload.sender, say.n);
        if self.dms.living.is_taken_back(&from, n) {
            return Err(Dropped::Replay);
        }
        if self.dms.living.had(&from, n) {
            // My word that it came was lost.
            self.publish_dm(hub, &from, 0, &Dm::Word(n, Word::Had));
            return Err(Dropped::Replay);
        }
        if !self.keeps_pace(hub, payload, false) {
            return Err(Dropped::Limit);
        }
        let mut kept = self.payload_of(hub, from, payload.ttl_s, say);
        (kept.sent, kept.epoch) = (payload.sent, payload.epoch);
        let fresh = payload.epoch.plus(1) >= hub.epoch();
        let left = remaining_ms(self.ttl_ms_of(&kept), payload.sent, hub.room(), fresh);
        if left == 0 {
            self.dms.living.note_had(from, n);
            return Err(Dropped::Epoch);
        }
        let id = name(&self.genesis, &from, &self.me, n);
        self.keep_dm(hub, id, from, kept, left);
        self.publish_dm(hub, &from, 0, &Dm::Word(n, Word::Had));
        Ok(())
    }

    fn on_word<R: CryptoRng>(&mut self, hub: &mut Hub<R>, from: MemberId, n: u64, word: Word) {
        let Some(partner) = self.dms.with.get_mut(&from) else { return };
        match word {
            Word::Had => {
                let Some(at) = partner.waiting.iter().position(|sent| sent.n == n) else { return };
                let sent = partner.waiting.remove(at);
                let id = name(&self.genesis, &self.me, &from, n);
                let fate = Fate::Delivered { count: 1, of: 1 };
                hub.event(Event::Fate { cid: sent.cid, id: Some(id), fate });
            }
            Word::Opened => {
                let id = name(&self.genesis, &self.me, &from, n);
                if self.dms.living.get(&id).is_some() {
                    hub.event(Event::Opened { id, by: from });
                }
            }
            Word::TakenBack => {
                // What comes only now is not shown.
                self.dms.living.note_had(from, n);
                let id = name(&self.genesis, &from, &self.me, n);
                if self.dms.remove(&id).is_some() {
                    hub.event(Event::Burned { id, why: Burned::Sender });
                }
            }
            Word::AllTakenBack => {
                for id in self.dms.living.burn_upto(&from, n) {
                    self.dms.places.remove(&id);
                    hub.event(Event::Burned { id, why: Burned::Sender });
                }
            }
        }
    }
}
