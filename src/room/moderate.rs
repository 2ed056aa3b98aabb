//! Acts of the log as people mean them: checked here first, so that whoever may not is told at once.

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::{Binds, Inside};
use super::invite::invite_id;
use super::io::{Deed, Event, Refused, Timer};
use super::log::{EntryError, raw_entry_id};
use crate::base::id::{EntryId, MemberId, short};
use crate::base::limits::{NAME_BYTES, WHY_BYTES};
use crate::crypto::identity::Identity;
use crate::crypto::kdf::{self, Label};
use crate::wire::log::Act;
use crate::wire::payload::Body;

impl Inside {
    /// Carries out what somebody at this node wants done.
    pub(crate) fn act<R: CryptoRng>(&mut self, hub: &mut Hub<R>, deed: Deed) {
        if self.trial.is_some() {
            hub.event(Event::Refused(Refused::Unconfirmed));
            return;
        }
        let mut salt = None;
        let act = match deed {
            Deed::Grant(target) => Act::Grant { target },
            Deed::Revoke(target) => Act::Revoke { target },
            Deed::Kick(target, why) => Act::Kick { target, last_seq: self.log.last_seq(&target), why },
            Deed::Ban { target, why, until, then } => {
                let mut fresh = [0; 16];
                hub.rng.fill_bytes(&mut fresh);
                salt = Some(fresh);
                let salt_hash = short(kdf::sha256(&fresh));
                Act::Ban { target, last_seq: self.log.last_seq(&target), why, until, then, salt_hash }
            }
            Deed::Unban(target) => Act::Unban { target },
            Deed::Mute(target, until, why) => Act::Mute { target, until, why },
            Deed::Unmute(target) => Act::Unmute { target },
            Deed::Admit(target) => Act::Admit { target },
            Deed::Deny(target) => Act::Deny { target },
            Deed::Invite { key, uses, until } => Act::Invite { id: invite_id(&key), key, uses, until },
            Deed::InviteRevoke(id) => Act::InviteRevoke { id },
            Deed::Policy(policy) => Act::Policy(*policy),
            Deed::Transfer(to) => Act::Transfer { to, leaving: false },
            Deed::TransferAccept(transfer) => Act::TransferAccept { transfer },
            Deed::Reclaim { token, next } => {
                let key = Identity::from_seed(&token);
                let token_sig = key.sign(Label::Reclaim, &[&self.genesis.0, &hub.id.0, &next]);
                Act::Reclaim { next, token_sig }
            }
            Deed::Yield(to) => Act::Yield { to },
            Deed::Rotate => Act::Rotate,
            Deed::Close => Act::Close,
        };
        if words(&act).is_some_and(|(text, most)| text.len() > most) {
            hub.event(Event::Refused(Refused::TooLong));
            return;
        }
        // An end that is over would be no end but a close, which is the owner's to write; nobody would obey it.
        if let Act::Policy(policy) = &act
            && policy.expires.is_some_and(|at| at <= hub.room())
        {
            hub.event(Event::Refused(Refused::TtlRange));
            return;
        }
        if let Some(target) = reaches(&act) {
            let over = self.log.rights().reach(&hub.id, &target).0;
            let removes = super::rights::removes(&act).is_some();
            let refused = match self.binds(&over, &target) {
                _ if over.is_empty() => Some(Refused::Role),
                // Who is removed already may have told newcomers that they came in under mine: then they let them read on.
                Binds::No if removes && !self.is_removed(&target) => Some(Refused::Elsewhere),
                Binds::Unknown if removes => Some(Refused::NotYet),
                _ => None,
            };
            if let Some(why) = refused {
                if why == Refused::NotYet {
                    self.seek_roster(hub, &target);
                }
                hub.event(Event::Refused(why));
                return;
            }
        }
        if let (Some(_), Some(salt)) = (self.write(hub, act), salt) {
            self.take_salts(hub, &[salt]);
        }
    }

    /// Signs an entry, takes it in and publishes it.
    pub(crate) fn write<R: CryptoRng>(&mut self, hub: &mut Hub<R>, act: Act) -> Option<EntryId> {
        let raw = self.log.write(&hub.me, hub.room(), act);
        match self.log.insert(&raw) {
            Ok(_) => {}
            Err(EntryError::Full) => {
                hub.event(Event::Refused(Refused::LogFull));
                return None;
            }
            Err(_) => {
                hub.event(Event::Refused(Refused::Role));
                return None;
            }
        }
        let id = raw_entry_id(&raw)?;
        // Under the keys of now, so that whoever is removed learns it, and why; the fresh keys go out right after.
        let about = self.log.get(&id).and_then(|e| target_of(&e.act));
        self.publish(hub, Body::Entry(vec![raw.clone()]));
        if let Some(target) = about {
            self.direct(hub, &target, Body::Entry(vec![raw]));
        }
        self.after_log(hub);
        if self.need(hub.now).is_some() {
            hub.within(0, Timer::Rekey);
        }
        Some(id)
    }
}

/// Whom an act is about.
pub(crate) fn target_of(act: &Act) -> Option<MemberId> {
    match act {
        Act::Grant { target }
        | Act::Revoke { target }
        | Act::Kick { target, .. }
        | Act::Ban { target, .. }
        | Act::Unban { target }
        | Act::Mute { target, .. }
        | Act::Unmute { target }
        | Act::Admit { target }
        | Act::Deny { target } => Some(*target),
        Act::Transfer { to, .. } => Some(*to),
        _ => None,
    }
}

/// What an act says to people, and how long that may be.
fn words(act: &Act) -> Option<(&str, usize)> {
    match act {
        Act::Kick { why, .. } | Act::Ban { why, .. } | Act::Mute { why, .. } => Some((why, WHY_BYTES)),
        Act::Policy(policy) => policy.topic.as_deref().map(|topic| (topic, NAME_BYTES)),
        _ => None,
    }
}

/// Whom an act is against: somebody whom the actor must outrank.
fn reaches(act: &Act) -> Option<MemberId> {
    match act {
        Act::Kick { target, .. } | Act::Ban { target, .. } | Act::Mute { target, .. } => Some(*target),
        _ => None,
    }
}
