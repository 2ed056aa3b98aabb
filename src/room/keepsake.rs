//! What stays of a room with a member who stops, where the room lasts: what admits, who ruled and who was in it, and what was
//! kept. No key of a chain and nothing that burns is in it. Whoever comes back with it goes on as the part of a room does
//! that was cut off: alone, under a fresh chain a generation further on, until the others are met.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::chains::{Chain, KeySet, Keyring};
use super::entry::Intent;
use super::hub::Hub;
use super::inside::Inside;
use super::invite::invite_key;
use super::io::Event;
use super::kept::Signed;
use super::log::Log;
use super::state::{Phase, State};
use super::timeline::remaining_ms;
use crate::base::id::{EntryId, Genesis, InviteId, LogHead, MemberId, MsgId};
use crate::base::limits::{GENERATION_MOST, HEADS, KNOWN_MEMBERS};
use crate::base::secret::Secret;
use crate::base::time::Unix;
use crate::crypto::identity;
use crate::crypto::kdf::Label;
use crate::crypto::root::{Kind, Root};
use crate::room::envelope;
use crate::wire::handover::Why;
use crate::wire::invite::Invite;
use crate::wire::payload::{Body, Payload};

/// What stays of one room.
pub struct Keepsake {
    /// What admits.
    pub root: Root,
    /// What the root of an invite room is made of, so that more invites can be made.
    pub secret: Option<Secret<16>>,
    /// The fingerprint of the owner that an invite named, and what its key is made of.
    pub invited: Option<([u8; 10], Secret<16>)>,
    /// The room.
    pub genesis: Genesis,
    /// The generation of its keys.
    pub generation: u64,
    /// Its end, where one was seen to lie ahead.
    pub expires: Option<Unix>,
    /// The foundings this member came in under, shortened.
    pub foundings: Vec<[u8; 8]>,
    /// Ban salts in force.
    pub salts: Vec<[u8; 16]>,
    /// The log of rights, parents before children.
    pub entries: Vec<Vec<u8>>,
    /// Who was in it.
    pub members: Vec<Known>,
    /// What was kept, each with its author's signature behind it.
    pub kept: Vec<Zeroizing<Vec<u8>>>,
    /// Burns of what was kept.
    pub gone: Vec<Taken>,
}

/// Somebody who was in the room.
#[derive(Clone, PartialEq, Eq)]
pub struct Known {
    /// Their key.
    pub id: MemberId,
    /// What they were called; not clean.
    pub nick: String,
    /// When they came.
    pub joined: Unix,
    /// They ran `serve`.
    pub serve: bool,
    /// The foundings they came in under, shortened.
    pub foundings: Vec<[u8; 8]>,
    /// The invite they came with.
    pub invite: Option<InviteId>,
}

/// A burn of something that was kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Taken {
    /// What.
    pub id: MsgId,
    /// Whose it was, and its number, where that is known.
    pub of: Option<(MemberId, u64)>,
    /// The words that did it, signed.
    pub word: Vec<u8>,
}

/// Differs where what would be kept differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(LogHead, u64, usize, usize, u64);

impl<R: CryptoRng> State<R> {
    /// This member can come back to the room: leaving it does not give it away.
    pub fn keeps(&mut self) {
        self.hub.keeps = true;
    }

    /// Whether something of the room stays, and whether it is another than before.
    pub fn mark(&self) -> Option<Mark> {
        let inside = self.inside().filter(|inside| inside.lasts())?;
        let generation = inside.ring.current().generation();
        let (members, salts) = (inside.roster.all().count(), inside.salts.len());
        let changes = inside.timeline.kept_changes().wrapping_add(inside.kept.changes());
        Some(Mark(inside.log.head(), generation, members, salts, changes))
    }

    /// What stays of the room; `None` where nothing does.
    pub fn keepsake(&self) -> Option<Keepsake> {
        let inside = self.inside().filter(|inside| inside.lasts())?;
        let invite = match &self.hub.intent {
            Intent::Invited(invite) => Some(invite),
            _ => None,
        };
        let known = |(id, m): (&MemberId, &super::roster::Member)| Known {
            id: *id,
            nick: m.nick.clone(),
            joined: m.joined,
            serve: m.serve,
            foundings: m.foundings.clone(),
            invite: m.invite,
        };
        Some(Keepsake {
            root: self.hub.root.duplicate(),
            secret: invite.map(|invite| invite.secret.duplicate()),
            invited: invite.map(|invite| (invite.owner_fp, invite.seed.duplicate())),
            genesis: inside.genesis,
            generation: inside.ring.current().generation(),
            expires: inside.expires,
            foundings: inside.foundings.clone(),
            salts: inside.salts.iter().copied().collect(),
            entries: inside.log.raws().map(|(_, raw)| raw.to_vec()).collect(),
            members: inside.roster.all().map(known).collect(),
            kept: inside.timeline.kept().map(|(_, living)| inner(&living.payload, &living.sig)).collect(),
            gone: inside.kept.taken(),
        })
    }
}

fn inner(payload: &Payload, sig: &[u8; 64]) -> Zeroizing<Vec<u8>> {
    let bytes = payload.encode();
    let mut inner = Zeroizing::new(Vec::with_capacity(bytes.len() + sig.len()));
    inner.extend_from_slice(&bytes);
    inner.extend_from_slice(sig);
    inner
}

/// Comes back: what was kept becomes the room again.
pub(super) fn resume<R: CryptoRng>(hub: &mut Hub<R>, keepsake: Keepsake) -> Phase {
    match Inside::resume(hub, keepsake) {
        Some(inside) => Phase::Inside(Box::new(inside)),
        None => Phase::Ended,
    }
}

/// What a member comes with who comes back, and has to look for the room once more.
pub(super) fn intent(keepsake: &Keepsake) -> Intent {
    match (&keepsake.secret, &keepsake.invited) {
        (Some(secret), Some((owner_fp, seed))) => Intent::Invited(Box::new(Invite {
            room: keepsake.root.name().as_str().to_owned(),
            secret: secret.duplicate(),
            owner_fp: *owner_fp,
            seed: seed.duplicate(),
            addrs: Vec::new(),
        })),
        _ => Intent::Visit,
    }
}

impl Inside {
    /// Whether this room may be kept over the end of a member's stay: its owner says so, and nobody doubts that it is the room.
    fn lasts(&self) -> bool {
        self.trial.is_none() && self.removed_at.is_none() && self.log.rights().policy.persist == Some(true)
    }

    fn resume<R: CryptoRng>(hub: &mut Hub<R>, keepsake: Keepsake) -> Option<Inside> {
        let genesis = keepsake.genesis;
        let mut log = Log::new(genesis, hub.root.kind());
        for raw in &keepsake.entries {
            // What was in it by right is so again; nothing else was.
            let _ = log.insert(raw);
        }
        let (key, birth) = (Secret::<32>::random(&mut hub.rng), hub.epoch());
        let mut heads = log.leading_heads(HEADS);
        heads.sort_unstable();
        let generation = keepsake.generation.saturating_add(1).min(GENERATION_MOST);
        let chain = Chain::announce(&hub.me, genesis, generation, birth, &key, Why::Age, Vec::new(), heads);
        let set = KeySet::new(vec![(chain, key)], birth).ok()?;
        let mut inside = Inside::new(hub, genesis, log, Keyring::new(set));
        inside.resumed = true;
        inside.come_under(&keepsake.foundings);
        inside.expires = keepsake.expires;
        inside.invite = keepsake.invited.as_ref().map(|(_, seed)| invite_key(seed));
        // Others may have used them while I was away.
        inside.arrivals.uncounted = inside.log.rights().invites.keys().copied().collect();
        let ids: Vec<EntryId> = inside.log.raws().map(|(id, _)| *id).collect();
        inside.renewal.announced.extend(ids);
        for known in keepsake.members.iter().take(KNOWN_MEMBERS).filter(|known| known.id != hub.id) {
            let member = inside.roster.meet(known.id, hub.now, known.joined);
            member.nick.clone_from(&known.nick);
            member.foundings.clone_from(&known.foundings);
            (member.serve, member.invite, member.left) = (known.serve, known.invite, true);
            (member.own_word, member.proved) = (true, true);
        }
        let owner = inside.log.rights().domains.values().next().map(|d| d.owner);
        hub.event(Event::Entered { genesis, owner, token: None });
        inside.take_salts(hub, &keepsake.salts);
        for taken in &keepsake.gone {
            inside.restore_burn(taken);
        }
        for inner in &keepsake.kept {
            inside.restore(hub, inner);
        }
        inside.start(hub);
        Some(inside)
    }

    /// Puts back a message that was kept. It was kept by right then, whoever holds which office now.
    fn restore<R: CryptoRng>(&mut self, hub: &mut Hub<R>, inner: &[u8]) -> Option<()> {
        let (bytes, sig) = inner.split_last_chunk::<64>()?;
        let payload = Payload::decode(bytes).ok()?;
        identity::verify(&payload.sender, Label::Signature, &[bytes], sig).ok()?;
        if payload.genesis != self.genesis {
            return None;
        }
        let id = envelope::message_id(bytes);
        let left = remaining_ms(self.ttl_ms_of(&payload), payload.sent, hub.room(), false);
        self.kept.trust(id);
        self.keep_message(hub, id, payload, *sig, left, true);
        Some(())
    }

    fn restore_burn(&mut self, taken: &Taken) -> Option<()> {
        let (bytes, sig) = taken.word.split_last_chunk::<64>()?;
        let payload = Payload::decode(bytes).ok()?;
        identity::verify(&payload.sender, Label::Signature, &[bytes], sig).ok()?;
        let burns = payload.genesis == self.genesis && matches!(payload.body, Body::Burn { .. });
        if burns {
            let word = Signed::from(taken.word.as_slice());
            self.kept.remember(taken.id, payload.sender, taken.of, true, &word);
        }
        Some(())
    }

    /// Whoever came back has another key for what is handed to them than the others know: those who come near are told.
    pub(crate) fn say_again_who_i_am(&mut self) {
        if self.resumed {
            self.pulse.corrections = self.pulse.corrections.max(crate::base::limits::JOINS_AGAIN);
        }
    }
}

impl Keepsake {
    /// How the room is entered.
    pub fn kind(&self) -> Kind {
        self.root.kind()
    }
}

impl fmt::Debug for Keepsake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keepsake({:?}, {} kept)", self.genesis, self.kept.len())
    }
}
