//! Members coming and going, as their frames tell it.

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::invite::{prove, proves};
use super::io::{Event, Timer};
use super::rights::Rank;
use crate::base::id::{EntryId, MemberId, Peer};
use crate::base::limits::{CORRECTION_MS, GOODBYES, KEM_BYTES};
use crate::crypto::kem::KemPublic;
use crate::crypto::root::Kind;
use crate::wire::log::Act;
use crate::wire::payload::{Body, Join, Proof};

impl Inside {
    pub(crate) fn on_join<R: CryptoRng>(&mut self, hub: &mut Hub<R>, sender: MemberId, join: &Join) {
        // An invite is used up by whoever shows that they hold it: naming somebody else's uses nothing.
        let shown = join.proof.as_ref().filter(|_| hub.root.kind() == Kind::Invite);
        let invite = shown.filter(|p| proves(p, &sender, &join.kem)).map(|p| p.invite);
        let now = self.now;
        let Some(member) = self.roster.get_mut(&sender) else { return };
        member.nick.clone_from(&join.nick);
        member.serve = join.serve;
        // Said again by somebody who stands confirmed, it tells nothing new of that.
        member.fresh = !member.proved;
        if invite.is_some() {
            member.invite = invite;
        }
        // Their own word replaces what was told of them. It is final once they have stood confirmed, and all that is known is a
        // minute after they were first heard, as nobody has to show that they do: or else whoever is about to be removed could
        // move out of reach.
        let early = member.met.is_none_or(|at| now.since(at) < CORRECTION_MS);
        let unknown = member.foundings.is_empty() && !member.own_word;
        if unknown || (early && !(member.own_word && member.proved)) {
            member.foundings.clone_from(&join.foundings);
            member.own_word = true;
        }
        if let Some(kem) = KemPublic::from_bytes(&join.kem[..]) {
            member.kem = Some(kem);
            member.kem_heard = true;
        }
        if let Some(peer) = Peer::new(&join.peer) {
            member.peer = Some(peer);
            member.addrs.clone_from(&join.addrs);
        }
        self.greet(hub, &sender);
        self.judge(hub);
    }

    /// A newcomer who was led under a founding that others forged, and has learnt better, says so in another join: it comes
    /// under mine, whatever was done to it there. In the first minute in which it is heard only, confirmed or not: later
    /// that would be a way out for whoever was removed under the other founding by right.
    pub(crate) fn comes_home(&mut self, sender: &MemberId, join: &Join) {
        let mine = !join.foundings.is_empty() && join.foundings == self.foundings;
        let now = self.now;
        let new = |m: &&mut super::roster::Member| m.heard.is_none() || now.since(m.told) < CORRECTION_MS;
        if let Some(member) = self.roster.get_mut(sender).filter(|m| mine && new(m)) {
            member.foundings.clone_from(&join.foundings);
            member.own_word = true;
        }
    }

    /// Tells that somebody is here, once for each stay and not before there is a name to tell.
    pub(crate) fn greet<R: CryptoRng>(&mut self, hub: &mut Hub<R>, id: &MemberId) {
        let removed = self.is_removed(id);
        let new = |m: &&mut super::roster::Member| !(m.greeted || m.left || m.nick.is_empty() || removed);
        if let Some(member) = self.roster.get_mut(id).filter(new) {
            member.greeted = true;
            let away = member.away;
            let who = self.who(id);
            hub.event(Event::Joined(who.clone()));
            if away {
                hub.event(Event::Away { who, away });
            }
            self.introduce_soon(hub);
        }
    }

    /// Tells that somebody who was told of is gone.
    fn part<R: CryptoRng>(&mut self, hub: &mut Hub<R>, id: &MemberId, said: bool) {
        let greeted = self.roster.get_mut(id).is_some_and(|m| std::mem::take(&mut m.greeted));
        if greeted {
            let who = self.who(id);
            hub.event(Event::Left { who, said });
        }
    }

    pub(crate) fn on_leave<R: CryptoRng>(&mut self, hub: &mut Hub<R>, sender: MemberId) {
        let Some(member) = self.roster.get_mut(&sender) else { return };
        member.left = true;
        self.part(hub, &sender, true);
        self.renewal.gone.insert(sender);
        self.consider_rekey(hub);
        self.judge(hub);
    }

    /// Whoever is removed is not here any more, whatever they go on saying; it was told as what it is.
    pub(crate) fn part_removed(&mut self) {
        let here = self.roster.present().map(|(id, _)| *id);
        let out: Vec<MemberId> = here.filter(|id| self.is_removed(id)).collect();
        for id in out {
            if let Some(member) = self.roster.get_mut(&id) {
                (member.left, member.greeted) = (true, false);
            }
        }
    }

    pub(crate) fn on_key(&mut self, sender: MemberId, kem: &[u8; KEM_BYTES]) {
        if let (Some(member), Some(kem)) = (self.roster.get_mut(&sender), KemPublic::from_bytes(kem)) {
            member.kem = Some(kem);
            member.kem_heard = true;
        }
    }

    /// Marks those who fell silent as gone.
    pub(crate) fn notice_silence<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        for id in self.roster.gone_silent(hub.now) {
            self.part(hub, &id, false);
            self.renewal.gone.insert(id);
            self.consider_rekey(hub);
            self.judge(hub);
        }
    }

    /// Says goodbye: by gossip and straight to a few. An owner hands the room over in the same breath.
    pub(crate) fn leave<R: CryptoRng>(&mut self, hub: &mut Hub<R>, panic: bool) {
        // Whoever can come back gives nothing away.
        let back = hub.keeps && self.log.rights().policy.persist == Some(true);
        if !panic && !back {
            self.hand_over_before_leaving(hub);
        }
        self.publish(hub, Body::Leave { panic });
        let near: Vec<MemberId> = self.roster.present().map(|(id, _)| *id).take(GOODBYES).collect();
        for id in near {
            self.direct(hub, &id, Body::Leave { panic });
        }
    }

    fn hand_over_before_leaving<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let rights = self.log.rights();
        if rights.rank(&hub.id) != Rank::Owner || self.trial.is_some() {
            return;
        }
        let heirs = self.roster.present().filter(|(id, m)| !m.serve && !self.is_removed(id));
        let heir =
            heirs.min_by_key(|(id, m)| (rights.rank(id) != Rank::Admin, m.joined, **id)).map(|(id, _)| *id);
        if let Some(to) = heir {
            self.write(hub, Act::Transfer { to, leaving: true });
        }
    }

    /// A proof that I hold the invite I came in with, for a hello across and for the frame that says who I am.
    pub(crate) fn proof_of_invite<R: CryptoRng>(&self, hub: &Hub<R>, kem: &KemPublic) -> Option<Proof> {
        let invite = self.invite.as_ref()?;
        Some(prove(invite, &hub.id, kem))
    }

    /// A founding of mine that gave way: tells the log so, for whoever may have come in under it.
    pub(crate) fn put_abandoned_founding_under<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let Some(raw) = self.abandoned.take() else { return };
        let under = &self.foundings;
        let mine = |id: &&EntryId| under.iter().any(|u| id.0.starts_with(u));
        let Some(main) = self.log.rights().domains.keys().find(mine).copied() else {
            return;
        };
        if self.log.insert(&raw).is_ok() {
            let yielded = self.log.write(&hub.me, hub.room(), Act::Yield { to: main });
            if self.log.insert(&yielded).is_ok() {
                self.publish(hub, Body::Entry(vec![raw, yielded]));
                self.after_log(hub);
            }
        }
        hub.within(0, Timer::Beat);
    }
}
