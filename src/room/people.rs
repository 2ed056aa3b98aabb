//! Members coming, changing and going, as their frames tell it.

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::io::{Event, Timer};
use super::rights::Rank;
use crate::base::id::{EntryId, MemberId, Peer};
use crate::base::time::Unix;
use crate::crypto::identity;
use crate::crypto::kdf::Label;
use crate::crypto::kem::KemPublic;
use crate::crypto::root::Kind;
use crate::wire::log::Act;
use crate::wire::payload::{Body, Join, Profile};

impl Inside {
    pub(crate) fn on_join<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        sender: MemberId,
        join: &Join,
        sent: Unix,
    ) {
        let invite = join.proof.as_ref().filter(|_| hub.root.kind() == Kind::Invite).map(|p| p.invite);
        let room = hub.room();
        let Some(member) = self.roster.get_mut(&sender) else { return };
        member.nick.clone_from(&join.nick);
        member.serve = join.serve;
        member.came_after(sent.min(room));
        member.fresh = true;
        if invite.is_some() {
            member.invite = invite;
        }
        if member.foundings.is_empty() {
            member.foundings.clone_from(&join.foundings);
        }
        if let Some(kem) = KemPublic::from_bytes(&join.kem[..]) {
            member.kem = Some(kem);
            member.kem_heard = true;
        }
        if let Some(peer) = Peer::new(&join.peer) {
            member.peer = Some(peer);
            member.addrs.clone_from(&join.addrs);
        }
        let who = self.who(&sender);
        hub.event(Event::Joined(who));
        self.judge(hub);
    }

    pub(crate) fn on_leave<R: CryptoRng>(&mut self, hub: &mut Hub<R>, sender: MemberId) {
        let Some(member) = self.roster.get_mut(&sender) else { return };
        member.left = true;
        let who = self.who(&sender);
        hub.event(Event::Left { who, said: true });
        self.gone.insert(sender);
        self.consider_rekey(hub);
        self.judge(hub);
    }

    pub(crate) fn on_key(&mut self, sender: MemberId, kem: &[u8; 1216]) {
        if let (Some(member), Some(kem)) = (self.roster.get_mut(&sender), KemPublic::from_bytes(kem)) {
            member.kem = Some(kem);
            member.kem_heard = true;
        }
    }

    pub(crate) fn on_profile<R: CryptoRng>(&mut self, hub: &mut Hub<R>, sender: MemberId, nick: &str) {
        if let Some(member) = self.roster.get_mut(&sender) {
            nick.clone_into(&mut member.nick);
            let who = self.who(&sender);
            hub.event(Event::Changed(who));
        }
    }

    /// Marks those who fell silent as gone.
    pub(crate) fn notice_silence<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        for id in self.roster.gone_silent(hub.now) {
            let who = self.who(&id);
            hub.event(Event::Left { who, said: false });
            self.gone.insert(id);
            self.consider_rekey(hub);
            self.judge(hub);
        }
    }

    pub(crate) fn rename<R: CryptoRng>(&mut self, hub: &mut Hub<R>, nick: String) {
        hub.nick.clone_from(&nick);
        self.nick.clone_from(&nick);
        self.publish(hub, Body::Profile(Profile { nick, status: String::new(), glyph: 0, colour: 0 }));
    }

    /// Says goodbye: by gossip and straight to a few. An owner hands the room over in the same breath.
    pub(crate) fn leave<R: CryptoRng>(&mut self, hub: &mut Hub<R>, panic: bool) {
        if !panic {
            self.hand_over_before_leaving(hub);
        }
        self.publish(hub, Body::Leave { panic });
        let near: Vec<MemberId> = self.roster.present().map(|(id, _)| *id).take(4).collect();
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

    /// A proof that I hold the invite I came in with, for a hello across.
    pub(crate) fn proof_of_invite<R: CryptoRng>(
        &self,
        hub: &Hub<R>,
        kem: &KemPublic,
    ) -> Option<crate::wire::payload::Proof> {
        let invite = self.invite.as_ref()?;
        let sig = invite.sign(Label::Invite, &[&hub.id.0, kem.as_bytes()]);
        let key = invite.id().0;
        debug_assert!(
            identity::verify(&invite.id(), Label::Invite, &[&hub.id.0, kem.as_bytes()], &sig).is_ok()
        );
        Some(crate::wire::payload::Proof { invite: super::entry::invite_id(&key), key, sig })
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
