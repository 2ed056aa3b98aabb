//! Words for one other person. Keys for them are made when they are first needed, shown to that person alone, and never older
//! than an hour; a message waits until its reader has shown theirs, and is sent again until they say that it came.

mod life;
mod receive;
mod send;

use std::collections::BTreeMap;

use rand_core::CryptoRng;

use super::guard::Bucket;
use super::hub::Hub;
use super::timeline::{Living, Timeline};
use crate::base::id::{Genesis, MemberId, MsgId};
use crate::base::limits::{DM_KEY_LINGERS_MS, DM_KEY_MS, DM_OPEN_BURST, DM_OPEN_EACH_MS, DM_PARTNERS};
use crate::base::time::Mono;
use crate::crypto::direct::{DirectPublic, DirectSecret};
use crate::crypto::kdf::{self, Label};
use crate::crypto::kem::{KemPublic, KemSecret};
use crate::wire::payload::Say;

/// What is said to single members, and what they say.
#[derive(Default)]
pub(crate) struct Dms {
    keys: Vec<Pair>,
    with: BTreeMap<MemberId, Partner>,
    living: Timeline,
    /// With whom a living one is, and its number.
    places: BTreeMap<MsgId, (MemberId, u64)>,
}

/// My keys of an hour.
struct Pair {
    kem: KemSecret,
    kem_public: KemPublic,
    mac: DirectSecret,
    mac_public: DirectPublic,
    made: Mono,
}

/// Somebody to whom something is or was said alone.
struct Partner {
    kem: Option<KemPublic>,
    /// What they make proofs with: the last they showed, and the one before.
    macs: Vec<DirectPublic>,
    /// They asked for my keys before theirs came.
    wants: bool,
    /// When I asked for theirs, and which of mine I showed.
    asked: Option<([u8; 8], Mono)>,
    /// Which of my keys they hold for certain.
    holds: Option<[u8; 8]>,
    numbered: u64,
    waiting: Vec<Sent>,
    /// I wrote to them, or have opened what they wrote.
    known: bool,
    opens: Bucket,
}

impl Partner {
    fn new() -> Partner {
        Partner {
            kem: None,
            macs: Vec::new(),
            wants: false,
            asked: None,
            holds: None,
            numbered: 0,
            waiting: Vec::new(),
            known: false,
            opens: Bucket::new(DM_OPEN_EACH_MS, DM_OPEN_BURST),
        }
    }
}

/// A message of mine that its reader has not been heard of yet.
struct Sent {
    n: u64,
    cid: u64,
    say: Say,
    life_s: u64,
    /// When it is sent, or sent again.
    next: Mono,
    tried: bool,
    until: Mono,
}

impl Dms {
    /// The keys in use; made where there are none, or where they are an hour old.
    fn pair<R: CryptoRng>(&mut self, hub: &mut Hub<R>) -> &Pair {
        if self.keys.last().is_none_or(|pair| hub.now.since(pair.made) >= DM_KEY_MS) {
            let (kem, kem_public) = KemSecret::generate(&mut hub.rng);
            let (mac, mac_public) = DirectSecret::generate(&mut hub.rng);
            self.keys.push(Pair { kem, kem_public, mac, mac_public, made: hub.now });
        }
        match self.keys.last() {
            Some(pair) => pair,
            None => unreachable!("one was just made"),
        }
    }

    fn find(&self, tag: &[u8; 8]) -> Option<&Pair> {
        self.keys.iter().find(|pair| pair.kem_public.tag() == *tag)
    }

    /// Somebody's place, made if there is room for one more: whoever is only a stranger gives way.
    fn partner(&mut self, who: &MemberId) -> Option<&mut Partner> {
        if !self.with.contains_key(who) && self.with.len() >= DM_PARTNERS {
            let idle = |p: &Partner| !p.known && p.waiting.is_empty();
            let gone = self.with.iter().find(|(_, p)| idle(p)).map(|(id, _)| *id)?;
            self.with.remove(&gone);
        }
        Some(self.with.entry(*who).or_insert_with(Partner::new))
    }

    /// Wipes keys whose time is over.
    pub(super) fn advance(&mut self, now: Mono) {
        self.keys.retain(|pair| now.since(pair.made) < DM_KEY_MS + DM_KEY_LINGERS_MS);
    }

    /// Removes what is overdue; true with those that had been opened once.
    pub(super) fn reap(&mut self, now: Mono) -> Vec<(MsgId, bool)> {
        let dead = self.living.reap(now);
        for (id, _) in &dead {
            self.places.remove(id);
        }
        dead
    }

    /// When the next of them dies, or a key.
    pub(super) fn next_death(&self) -> Option<Mono> {
        let keys = self.keys.first().map(|pair| pair.made + (DM_KEY_MS + DM_KEY_LINGERS_MS));
        self.living.next_death().into_iter().chain(keys).min()
    }

    /// Wipes all of it, and names what lived.
    pub(super) fn clear(&mut self) -> Vec<MsgId> {
        let ids = self.living.clear();
        *self = Dms::default();
        ids
    }

    /// What lives, for showing that nothing else does.
    pub(crate) fn living(&self) -> &Timeline {
        &self.living
    }

    /// When each key was made, for showing that none outlives its time.
    pub(crate) fn ages(&self, now: Mono) -> impl Iterator<Item = u64> + '_ {
        self.keys.iter().map(move |pair| now.since(pair.made))
    }

    fn remove(&mut self, id: &MsgId) -> Option<Living> {
        self.places.remove(id);
        self.living.remove(id)
    }

    /// What of these was written by somebody.
    fn written_by<'a>(&'a self, who: &'a MemberId) -> impl Iterator<Item = MsgId> + 'a {
        let theirs = |id: &&MsgId| self.living.get(id).is_some_and(|l| l.payload.sender == *who);
        self.places.keys().filter(theirs).copied()
    }
}

/// The name of a direct message: the same for both, however often it was sent.
fn name(genesis: &Genesis, from: &MemberId, to: &MemberId, n: u64) -> MsgId {
    let [a, b, c, d, e, f, g, h, ..] =
        kdf::hash(Label::Message, &[&genesis.0, &from.0, &to.0, &n.to_be_bytes()]);
    MsgId([a, b, c, d, e, f, g, h])
}
