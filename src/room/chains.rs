//! Key sets: the base chains of one generation, stepped every minute and wiped, and what several of them open together.
//!
//! A set only ever grows by union. A key of an epoch is gone as soon as the epoch is more than two behind, whatever
//! else happens; nothing that comes from the network can step a set or make it forget.

use std::collections::BTreeMap;
use std::fmt;

use crate::base::id::{ChainId, EntryId, Genesis, LogHead, MemberId, SetTag};
use crate::base::limits::{CHAINS, EPOCHS_AHEAD, EPOCHS_BACK, GENERATION_JUMP, GENERATION_MOST, STEPS_MAX};
use crate::base::secret::Secret;
use crate::base::time::{Epoch, Mono};
use crate::crypto::chain::{self, EpochKey};
use crate::crypto::identity::{self, Identity};
use crate::crypto::kdf::Label;
use crate::wire::handover::{Note, Why, split_signed};

/// Why a chain was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainError {
    /// Not a note, or its signature is not its author's.
    Malformed,
    /// It belongs to another room.
    OtherRoom,
    /// Its generation is further ahead than a generation can be.
    Jump,
    /// The handover mixes generations, repeats a chain, or holds none or too many.
    Inconsistent,
}

/// A base chain as announced: everything about it but its key.
#[derive(Clone)]
pub struct Chain {
    /// Its name, which commits to its author and to its first key.
    pub id: ChainId,
    /// The announcement, read.
    pub note: Note,
    /// The announcement, as signed.
    pub raw: Vec<u8>,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} gen {} by {:?}", self.id, self.note.generation, self.note.author)
    }
}

impl Chain {
    /// Announces a fresh chain.
    #[allow(clippy::too_many_arguments, reason = "an announcement states that many things, each once")]
    pub fn announce(
        author: &Identity,
        genesis: Genesis,
        generation: u64,
        birth: Epoch,
        key: &Secret<32>,
        why: Why,
        causes: Vec<[u8; 32]>,
        heads: Vec<EntryId>,
    ) -> Chain {
        let commit = chain::commit(key);
        let note = Note { genesis, generation, author: author.id(), birth, commit, why, causes, heads };
        let mut raw = note.encode();
        let sig = author.sign(Label::Note, &[&raw]);
        raw.extend_from_slice(&sig);
        Chain { id: chain_id(&note), note, raw }
    }

    /// Reads and verifies an announcement.
    pub fn read(raw: &[u8], genesis: Genesis) -> Result<Chain, ChainError> {
        let (statement, sig) = split_signed(raw).ok_or(ChainError::Malformed)?;
        let note = Note::decode(statement).map_err(|_| ChainError::Malformed)?;
        if note.genesis != genesis {
            return Err(ChainError::OtherRoom);
        }
        identity::verify(&note.author, Label::Note, &[statement], sig).map_err(|_| ChainError::Malformed)?;
        Ok(Chain { id: chain_id(&note), note, raw: raw.to_vec() })
    }
}

fn chain_id(note: &Note) -> ChainId {
    chain::chain_id(&note.genesis, note.generation, &note.author, note.birth, &note.commit)
}

/// Announcements as signed, each with its key at one epoch.
pub type Handed = Vec<(Vec<u8>, Secret<32>)>;

/// The chains of one generation with their keys of the epochs in use.
pub struct KeySet {
    generation: u64,
    chains: Vec<Chain>,
    keys: BTreeMap<Epoch, Vec<Secret<32>>>,
    joint: BTreeMap<Epoch, EpochKey>,
    tag: SetTag,
    hash: [u8; 32],
    stepped: u64,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet(gen {}, {} chains, {:?})", self.generation, self.chains.len(), self.tag)
    }
}

impl KeySet {
    /// A set from chains and their keys at one epoch. Of two chains by one author the one with the lower id counts.
    pub fn new(parts: Vec<(Chain, Secret<32>)>, at: Epoch) -> Result<KeySet, ChainError> {
        let mut by_author: BTreeMap<MemberId, (Chain, Secret<32>)> = BTreeMap::new();
        let generation = parts.first().map(|(c, _)| c.note.generation).ok_or(ChainError::Inconsistent)?;
        if parts.len() > CHAINS || parts.iter().any(|(c, _)| c.note.generation != generation) {
            return Err(ChainError::Inconsistent);
        }
        for (chain, key) in parts {
            let lower = by_author.get(&chain.note.author).is_none_or(|(held, _)| chain.id < held.id);
            if lower {
                by_author.insert(chain.note.author, (chain, key));
            }
        }
        let mut parts: Vec<(Chain, Secret<32>)> = by_author.into_values().collect();
        parts.sort_by_key(|(c, _)| c.id);
        let (chains, keys): (Vec<Chain>, Vec<Secret<32>>) = parts.into_iter().unzip();
        let ids: Vec<ChainId> = chains.iter().map(|c| c.id).collect();
        let hash = chain::set_hash(generation, &ids);
        let mut set = KeySet {
            generation,
            chains,
            keys: BTreeMap::from([(at, keys)]),
            joint: BTreeMap::new(),
            tag: chain::set_tag(generation, &ids),
            hash,
            stepped: 0,
        };
        set.derive(at);
        Ok(set)
    }

    /// The generation.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The four bytes a frame names this set by.
    pub fn tag(&self) -> SetTag {
        self.tag
    }

    /// The hash over generation and chains: equal on every node that holds the same set.
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The chains, by id.
    pub fn chains(&self) -> &[Chain] {
        &self.chains
    }

    /// The earliest epoch for which keys are held.
    pub fn first(&self) -> Epoch {
        self.keys.keys().next().copied().unwrap_or_default()
    }

    /// Every epoch for which keys are held.
    pub fn epochs(&self) -> impl Iterator<Item = Epoch> + '_ {
        self.keys.keys().copied()
    }

    /// Steps taken so far, by its own chains and by those held against them.
    pub fn steps(&self) -> u64 {
        self.stepped
    }

    /// Steps up to `now` and wipes what is more than two epochs behind. Only local time calls this.
    pub fn advance(&mut self, now: Epoch) {
        let Some(newest) = self.keys.keys().next_back().copied() else { return };
        if now.0.saturating_sub(newest.0) > STEPS_MAX {
            // Asleep for longer than any room lives: there is nothing left to step to.
            self.keys.clear();
            self.joint.clear();
            return;
        }
        while let Some(next) = self.newest_below(now) {
            self.step(next);
            self.forget_before(next.minus(EPOCHS_BACK).min(now.minus(EPOCHS_BACK)));
        }
        self.forget_before(now.minus(EPOCHS_BACK));
    }

    fn newest_below(&self, now: Epoch) -> Option<Epoch> {
        let newest = *self.keys.keys().next_back()?;
        (newest < now).then(|| newest.plus(1))
    }

    fn forget_before(&mut self, oldest: Epoch) {
        self.keys = self.keys.split_off(&oldest);
        self.joint = self.joint.split_off(&oldest);
    }

    fn step(&mut self, to: Epoch) {
        let Some(last) = self.keys.get(&to.minus(1)) else { return };
        let next = self.chains.iter().zip(last).map(|(c, key)| chain::step(key, &c.id, to)).collect();
        self.keys.insert(to, next);
        self.stepped += self.chains.len() as u64;
        self.derive(to);
    }

    fn derive(&mut self, epoch: Epoch) {
        let Some(keys) = self.keys.get(&epoch) else { return };
        let parts: Vec<(ChainId, &Secret<32>)> = self.chains.iter().map(|c| c.id).zip(keys).collect();
        self.joint.insert(epoch, chain::joint(self.generation, &parts));
    }

    /// The keys of an epoch, stepping ahead of `now` by the one epoch that may come early.
    pub fn key(&mut self, epoch: Epoch, now: Epoch) -> Option<&EpochKey> {
        if epoch <= now.plus(EPOCHS_AHEAD) {
            while let Some(next) = self.newest_below(epoch) {
                if next > now.plus(EPOCHS_AHEAD) {
                    break;
                }
                self.step(next);
            }
        }
        self.joint.get(&epoch)
    }

    /// The epoch to send under: now, or the first for which this set has keys.
    pub fn sending(&self, now: Epoch) -> Epoch {
        now.max(self.first())
    }

    /// What to hand to somebody: the chains and their keys at one epoch, never an older one than now.
    pub fn hand_over(&mut self, now: Epoch) -> Option<(Epoch, Handed)> {
        let at = self.sending(now);
        self.key(at, now)?;
        let keys = self.keys.get(&at)?;
        let parts = self.chains.iter().zip(keys).map(|(c, k)| (c.raw.clone(), k.duplicate())).collect();
        Some((at, parts))
    }

    /// The proof that a member holds this set at this epoch and the same log.
    pub fn confirm(
        &mut self,
        epoch: Epoch,
        now: Epoch,
        genesis: &Genesis,
        head: &LogHead,
    ) -> Option<[u8; 32]> {
        let ids: Vec<ChainId> = self.chains.iter().map(|c| c.id).collect();
        let generation = self.generation;
        self.key(epoch, now).map(|k| k.confirm(genesis, generation, &ids, epoch, head))
    }

    /// The union with chains of the same generation; `None` when nothing is new.
    pub fn with(&mut self, theirs: Vec<(Chain, Secret<32>)>, at: Epoch, now: Epoch) -> Option<KeySet> {
        let fresh: Vec<(Chain, Secret<32>)> =
            theirs.into_iter().filter(|(c, _)| !self.chains.iter().any(|mine| mine.id == c.id)).collect();
        if fresh.is_empty() {
            return None;
        }
        let common = at.max(self.sending(now));
        if common.0.saturating_sub(at.0) > STEPS_MAX {
            return None;
        }
        self.key(common, now.max(common))?;
        let mine = self.keys.get(&common)?;
        let mut parts: Vec<(Chain, Secret<32>)> =
            self.chains.iter().cloned().zip(mine.iter().map(Secret::duplicate)).collect();
        for (chain, key) in fresh {
            let key = stepped(&key, &chain.id, at, common);
            self.stepped += common.0.saturating_sub(at.0);
            parts.push((chain, key));
        }
        let union = KeySet::new(parts, common).ok()?;
        (union.hash != self.hash).then_some(union)
    }

    /// Whether two sets of one name give different keys.
    pub fn differs(&mut self, other: &mut KeySet, now: Epoch) -> bool {
        let epoch = self.sending(now).max(other.sending(now));
        match (self.key(epoch, now), other.key(epoch, now)) {
            (Some(mine), Some(theirs)) => mine.frame != theirs.frame,
            _ => false,
        }
    }

    /// Whether a key handed over for one of my chains differs from mine at the same epoch.
    pub fn contradicts(&mut self, theirs: &[(Chain, Secret<32>)], at: Epoch) -> bool {
        let Some((base, mine)) = self.keys.range(at..).next() else { return false };
        let steps = base.0.saturating_sub(at.0);
        if steps > STEPS_MAX {
            return false;
        }
        let mut taken = 0;
        let differs = theirs.iter().any(|(chain, key)| {
            let place = self.chains.iter().position(|c| c.id == chain.id);
            place.and_then(|i| mine.get(i)).is_some_and(|held| {
                taken += steps;
                stepped(key, &chain.id, at, *base) != *held
            })
        });
        self.stepped += taken;
        differs
    }
}

/// A chain's key at a later epoch.
fn stepped(key: &Secret<32>, id: &ChainId, from: Epoch, to: Epoch) -> Secret<32> {
    (from.0..to.0).fold(key.duplicate(), |key, e| chain::step(&key, id, Epoch(e + 1)))
}

/// Reads the chains of a handover. All are of one generation, which is at most a stated distance ahead of `known`.
pub fn read_chains(
    notes: &[(Vec<u8>, Secret<32>)],
    genesis: Genesis,
    generation: u64,
    at: Epoch,
    known: Option<u64>,
) -> Result<Vec<(Chain, Secret<32>)>, ChainError> {
    let jump = known.is_some_and(|mine| generation > mine.saturating_add(GENERATION_JUMP));
    if jump || generation > GENERATION_MOST {
        return Err(ChainError::Jump);
    }
    let mut chains = Vec::new();
    for (raw, key) in notes {
        let chain = Chain::read(raw, genesis)?;
        let sorted = chains.last().is_none_or(|(before, _): &(Chain, Secret<32>)| before.id < chain.id);
        if chain.note.generation != generation || !sorted {
            return Err(ChainError::Inconsistent);
        }
        // At its birth a key can be held against its announcement; a later one cannot, which is what witnesses are for.
        if chain.note.birth > at || (chain.note.birth == at && chain::commit(key) != chain.note.commit) {
            return Err(ChainError::Inconsistent);
        }
        chains.push((chain, key.duplicate()));
    }
    if chains.is_empty() || chains.len() > CHAINS {
        return Err(ChainError::Inconsistent);
    }
    Ok(chains)
}

/// The sets a member holds: the one it sends under, and those it still opens.
#[derive(Debug)]
pub struct Keyring {
    current: KeySet,
    old: Vec<(KeySet, Mono)>,
}

impl Keyring {
    /// A ring around its first set.
    pub fn new(current: KeySet) -> Keyring {
        Keyring { current, old: Vec::new() }
    }

    /// The set in use.
    pub fn current(&self) -> &KeySet {
        &self.current
    }

    /// The set in use, to derive from it.
    pub fn current_mut(&mut self) -> &mut KeySet {
        &mut self.current
    }

    /// Moves on to a new set; the old one opens frames until `until`.
    pub fn replace(&mut self, set: KeySet, until: Mono) {
        let old = std::mem::replace(&mut self.current, set);
        self.old.retain(|(held, _)| held.hash != self.current.hash);
        self.old.push((old, until));
        if self.old.len() > crate::base::limits::OLD_SETS {
            self.old.remove(0);
        }
    }

    /// Exchanges the set in use for another, keeping both.
    pub fn swap_current(&mut self, set: &mut KeySet) {
        std::mem::swap(&mut self.current, set);
    }

    /// Steps every set, wipes old keys, and drops the sets whose time is over.
    pub fn advance(&mut self, now: Mono, epoch: Epoch) {
        self.old.retain(|(_, until)| now < *until);
        self.current.advance(epoch);
        for (set, _) in &mut self.old {
            set.advance(epoch);
        }
    }

    /// Sets that a frame with this tag may be sealed under, the current one first.
    pub fn tagged(&mut self, tag: SetTag) -> impl Iterator<Item = &mut KeySet> {
        std::iter::once(&mut self.current)
            .chain(self.old.iter_mut().map(|(s, _)| s))
            .filter(move |s| s.tag == tag)
    }

    /// Whether this tag is of a set that was in use and is not any more.
    pub fn superseded(&self, tag: SetTag) -> bool {
        self.current.tag != tag && self.old.iter().any(|(s, _)| s.tag == tag)
    }

    /// Every chain of which a key is held, of any set.
    pub fn chains_held(&self) -> Vec<ChainId> {
        let old = self.old.iter().flat_map(|(s, _)| &s.chains);
        self.current.chains.iter().chain(old).map(|c| c.id).collect()
    }

    /// Steps that the sets held have taken, their own and of chains held against them: for showing what frames can cost.
    pub fn steps(&self) -> u64 {
        self.current.steps() + self.old.iter().map(|(s, _)| s.steps()).sum::<u64>()
    }

    /// Every epoch of which a key is held, of any set: for showing that old ones are gone.
    pub fn epochs(&self) -> Vec<Epoch> {
        let old = self.old.iter().flat_map(|(s, _)| s.epochs());
        self.current.epochs().chain(old).collect()
    }

    /// A copy of every key of the epochs up to this one: for showing that they are gone later.
    pub(super) fn copies(&self, until: Epoch) -> Vec<Secret<32>> {
        let sets = || std::iter::once(&self.current).chain(self.old.iter().map(|(s, _)| s));
        let chains = sets().flat_map(|s| s.keys.range(..=until)).flat_map(|(_, keys)| keys);
        let joint = sets().flat_map(|s| s.joint.range(..=until)).flat_map(|(_, key)| [&key.frame, &key.conf]);
        chains.chain(joint).map(Secret::duplicate).collect()
    }
}
