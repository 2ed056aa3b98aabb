//! Reports: what somebody tells those in office about somebody, and nobody else. They live as long as a message may, with those who got
//! them.

use std::collections::BTreeMap;

use rand_core::CryptoRng;

use super::envelope::Dropped;
use super::guard::Bucket;
use super::hub::Hub;
use super::inside::Inside;
use super::io::{Burned, Event, Heard, Output, Refused, Timer};
use super::parcel::receivers_of_a_part;
use super::rights::Rank;
use super::timeline::{Living, Timeline};
use crate::base::id::{MemberId, MsgId};
use crate::base::limits::{
    KNOWN_MEMBERS, REPORT_AGAIN_MS, REPORT_BURST, REPORT_EACH_MS, REPORT_WAITS_MS, REPORTS, TEXT_BYTES,
};
use crate::base::secret::Text;
use crate::base::time::Mono;
use crate::crypto::kdf::Label;
use crate::crypto::kem::KemPublic;
use crate::wire::payload::{Body, Payload, Say, Sealed, decode_report, encode_report};

/// Reports that came to me.
#[derive(Default)]
pub(crate) struct Reports {
    living: Timeline,
    about: BTreeMap<MsgId, MemberId>,
    /// Who told how much lately.
    pace: BTreeMap<MemberId, Bucket>,
    numbered: u64,
    /// Mine, until the keys of those in office are known, or were waited for long enough.
    waiting: Vec<Waiting>,
}

/// A report of mine that waits.
struct Waiting {
    about: MemberId,
    text: Text,
    until: Mono,
}

impl Reports {
    /// Removes what is overdue.
    pub(super) fn reap(&mut self, now: Mono) -> Vec<(MsgId, bool)> {
        let dead = self.living.reap(now);
        for (id, _) in &dead {
            self.about.remove(id);
        }
        dead
    }

    /// When the next of them dies.
    pub(super) fn next_death(&self) -> Option<Mono> {
        self.living.next_death()
    }

    /// Wipes all of it, and names what lived.
    pub(super) fn clear(&mut self) -> Vec<MsgId> {
        let ids = self.living.clear();
        *self = Reports::default();
        ids
    }

    /// Closes one: it is burned here alone.
    fn close(&mut self, id: &MsgId) -> bool {
        self.about.remove(id);
        self.living.remove(id).is_some()
    }
}

impl Inside {
    /// Tells those in office who are here about somebody, as soon as their keys are known.
    pub(super) fn report<R: CryptoRng>(&mut self, hub: &mut Hub<R>, about: MemberId, text: Text) {
        let why = match () {
            () if text.is_empty() || text.len() > TEXT_BYTES => Refused::TooLong,
            () if self.trial.is_some() => Refused::Unconfirmed,
            () if self.in_office(&about).is_empty() => Refused::NobodyInOffice,
            () if self.reports.waiting.len() >= REPORT_BURST as usize => Refused::QueueFull,
            () => {
                self.reports.waiting.push(Waiting { about, text, until: hub.now + REPORT_WAITS_MS });
                return self.send_reports(hub);
            }
        };
        hub.event(Event::Refused(why));
    }

    /// Those in office who are here, but for whom it is about.
    fn in_office(&self, about: &MemberId) -> Vec<MemberId> {
        let rights = self.log.rights();
        let meant = |id: &MemberId| id != about && rights.rank(id) >= Rank::Admin;
        self.roster.present().map(|(id, _)| *id).filter(meant).collect()
    }

    /// Sends what can go, and asks for the keys that are lacking.
    pub(super) fn send_reports<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let mut kept = Vec::new();
        for report in std::mem::take(&mut self.reports.waiting) {
            let officers = self.in_office(&report.about);
            let lacking: Vec<&MemberId> =
                officers.iter().filter(|id| self.roster.get(id).is_none_or(|m| !m.kem_heard)).collect();
            if hub.now < report.until && !lacking.is_empty() {
                for id in lacking {
                    self.seek_roster(hub, id);
                }
                kept.push(report);
                continue;
            }
            match self.send_report(hub, &officers, &report) {
                Ok(to) => hub.event(Event::Reported { to }),
                Err(why) => hub.event(Event::Refused(why)),
            }
        }
        if !kept.is_empty() {
            hub.within(REPORT_AGAIN_MS, Timer::Reports);
        }
        self.reports.waiting = kept;
    }

    fn send_report<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        officers: &[MemberId],
        Waiting { about, text, .. }: &Waiting,
    ) -> Result<usize, Refused> {
        // A key that somebody else told of may be that somebody's own, and the report be about them.
        let own = |id: &MemberId| self.roster.get(id).filter(|m| m.kem_heard);
        let key = |id: &MemberId| Some((*id, own(id)?.kem.clone()?));
        let officers: Vec<(MemberId, KemPublic)> = officers.iter().filter_map(key).collect();
        if officers.is_empty() {
            return Err(Refused::NobodyInOffice);
        }
        let plain = encode_report(about, text);
        for part in officers.chunks(receivers_of_a_part(plain.len())) {
            let keys: Vec<KemPublic> = part.iter().map(|(_, kem)| kem.clone()).collect();
            let sealed = self.wrap(hub, &keys, &plain, Label::Report);
            let sealed = self.seal(hub, 0, Body::Report(sealed)).ok_or(Refused::NotIn)?;
            // Over links, so that nobody else sees who tells; by gossip where one of them is not linked.
            let peers: Option<Vec<_>> =
                part.iter().map(|(id, _)| self.roster.get(id).and_then(|m| m.peer.clone())).collect();
            match peers {
                Some(peers) => {
                    let direct = |to| Output::Direct { to, bytes: sealed.frame.clone() };
                    hub.out.extend(peers.into_iter().map(direct));
                }
                None => hub.out.push(Output::Publish { topic: sealed.topic, bytes: sealed.frame }),
            }
        }
        Ok(officers.len())
    }

    /// Somebody tells me about somebody: taken while I am in office.
    pub(super) fn on_report<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        payload: Payload,
        id: MsgId,
    ) -> Result<(), Dropped> {
        let Body::Report(sealed) = &payload.body else { return Err(Dropped::Kind) };
        let from = payload.sender;
        // One for others is passed on as any frame, and takes nothing of what its sender may tell me.
        let mine = sealed.to.iter().any(|(tag, _)| self.hand.find(tag).is_some());
        if !mine || self.log.rights().rank(&self.me) < Rank::Admin {
            return Ok(());
        }
        if hub.blocked.contains(&from) {
            return Err(Dropped::Limit);
        }
        if self.reports.pace.len() >= KNOWN_MEMBERS {
            self.reports.pace.clear();
        }
        let pace = self.reports.pace.entry(from).or_insert_with(|| Bucket::new(REPORT_EACH_MS, REPORT_BURST));
        if !pace.take(hub.now.0) {
            return Err(Dropped::Limit);
        }
        let (about, text) = self.open_report(hub, &from, sealed).ok_or(Dropped::Payload)?;
        if self.reports.living.len() >= REPORTS {
            return Err(Dropped::Limit);
        }
        self.reports.numbered += 1;
        let n = self.reports.numbered;
        let heard = Heard {
            id,
            from: self.who(&from),
            text: Some(text.clone()),
            action: false,
            announce: false,
            reply: None,
            sent: payload.sent,
            ttl_s: self.ttl_cap_s(),
            dies: Some(hub.now + self.ttl_cap_s() * 1_000),
            once_s: None,
            keep: false,
            from_read: false,
            mine: false,
            caught_up: false,
            alone: None,
            asks: false,
            about: Some(self.who(&about)),
        };
        let say = Say::plain(n, text);
        let deadline = heard.dies;
        let end = deadline.unwrap_or(hub.now);
        let payload = Payload { body: Body::Text(say), ..payload };
        let living =
            Living { payload, sig: [0; 64], deadline, end, sealed: false, caught_up: false, private: true };
        self.reports.living.insert(id, n, living);
        self.reports.about.insert(id, about);
        hub.event(Event::Message(Box::new(heard)));
        self.plan_upkeep(hub);
        Ok(())
    }

    fn open_report<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        from: &MemberId,
        sealed: &Sealed,
    ) -> Option<(MemberId, Text)> {
        decode_report(&self.unwrap_sealed(hub, from, sealed, Label::Report)?).ok()
    }

    /// Closes those of these that are reports, here alone; the others are left to the caller.
    pub(super) fn close_reports<R: CryptoRng>(&mut self, hub: &mut Hub<R>, ids: &mut Vec<MsgId>) {
        let reports: Vec<MsgId> = ids.extract_if(.., |id| self.reports.about.contains_key(id)).collect();
        for id in reports {
            if self.reports.close(&id) {
                hub.event(Event::Burned { id, why: Burned::Sender });
            }
        }
    }
}
