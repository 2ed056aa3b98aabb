//! The log of rights: a set of signed, hash-linked entries and what they fold to.
//!
//! Entries come in any order. One whose parents are unknown waits; one whose author had no right to write it, judged by
//! its own past alone, is refused by every node alike. Nothing is ever rewritten.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::rights::{Rank, Rights, fold, removes};
use crate::base::id::{EntryId, Genesis, LogHead, MemberId};
use crate::base::limits::{ENTRY_BYTES, LOG_ENTRIES, LOG_PER_AUTHOR, LOG_WAITING, PARENTS_WRITTEN};
use crate::base::time::Unix;
use crate::crypto::identity::{self, Identity};
use crate::crypto::kdf::{self, Label};
use crate::crypto::root::Kind;
use crate::wire::handover::split_signed;
use crate::wire::log::{Act, Entry};

/// Why an entry was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryError {
    /// Not an entry, or over its size.
    Malformed,
    /// The signature is not its author's.
    Signature,
    /// It belongs to another room, or to another kind of room.
    OtherRoom,
    /// Its author had no right to write it.
    NotEntitled,
    /// The log, or its author's share of it, is full.
    Full,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is part of the log now; entries that waited for it may be too.
    Added,
    /// It was there already.
    Known,
    /// It waits for entries it names.
    Waiting,
}

/// A set of entries by index: who came before whom.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Past(Vec<u64>);

impl Past {
    pub(crate) fn has(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    fn add(&mut self, index: usize) {
        let word = index / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(w) = self.0.get_mut(word) {
            *w |= 1 << (index % 64);
        }
    }

    fn join(&mut self, other: &Past) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }
}

/// An entry in its place.
pub(crate) struct Node {
    pub(crate) id: EntryId,
    pub(crate) entry: Entry,
    pub(crate) raw: Vec<u8>,
    pub(crate) index: usize,
    pub(crate) depth: u32,
    /// Everything this entry's author had seen.
    pub(crate) past: Past,
    /// The author's rank under each founding, at that past.
    pub(crate) powers: BTreeMap<EntryId, Rank>,
    /// The highest of them.
    pub(crate) rank: Rank,
    /// For an entry with a target: where the author outranked it, and where they were equals in office.
    pub(crate) over: BTreeSet<EntryId>,
    pub(crate) level: BTreeSet<EntryId>,
    /// The reclaim key whose signature a reclaim carries.
    pub(crate) reclaims: Option<[u8; 32]>,
}

/// The log of one room.
pub struct Log {
    genesis: Genesis,
    kind: Kind,
    order: Vec<EntryId>,
    nodes: BTreeMap<EntryId, Node>,
    waiting: BTreeMap<EntryId, (Entry, Vec<u8>)>,
    heads: BTreeSet<EntryId>,
    last_seq: BTreeMap<MemberId, u64>,
    head: LogHead,
    rights: Rights,
    equivocators: BTreeSet<MemberId>,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Log({} entries, {} waiting, {:?})", self.nodes.len(), self.waiting.len(), self.head)
    }
}

impl Log {
    /// An empty log.
    pub fn new(genesis: Genesis, kind: Kind) -> Log {
        Log {
            genesis,
            kind,
            order: Vec::new(),
            nodes: BTreeMap::new(),
            waiting: BTreeMap::new(),
            heads: BTreeSet::new(),
            last_seq: BTreeMap::new(),
            head: LogHead([0; 16]),
            rights: Rights::default(),
            equivocators: BTreeSet::new(),
        }
    }

    /// What the entries fold to.
    pub fn rights(&self) -> &Rights {
        &self.rights
    }

    /// The sixteen bytes that stand for the heads.
    pub fn head(&self) -> LogHead {
        self.head
    }

    /// The entries that no other entry names.
    pub fn heads(&self) -> &BTreeSet<EntryId> {
        &self.heads
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no entry yet.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether this entry is in the log.
    pub fn has(&self, id: &EntryId) -> bool {
        self.nodes.contains_key(id)
    }

    /// An entry.
    pub fn get(&self, id: &EntryId) -> Option<&Entry> {
        self.nodes.get(id).map(|n| &n.entry)
    }

    /// An entry as signed.
    pub fn raw(&self, id: &EntryId) -> Option<&[u8]> {
        self.nodes.get(id).map(|n| n.raw.as_slice())
    }

    /// Whether entries wait for parents that somebody else must have.
    pub fn incomplete(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Members who signed two entries with one number.
    pub fn equivocators(&self) -> &BTreeSet<MemberId> {
        &self.equivocators
    }

    /// The highest sequence number seen of an author.
    pub fn last_seq(&self, author: &MemberId) -> u64 {
        self.last_seq.get(author).copied().unwrap_or(0)
    }

    /// All entries in the order in which they came in: parents before children.
    pub fn raws(&self) -> impl Iterator<Item = (&EntryId, &[u8])> {
        self.order.iter().filter_map(|id| self.nodes.get(id)).map(|n| (&n.id, n.raw.as_slice()))
    }

    /// The fingerprints of the salts that bans have brought.
    pub fn salt_hashes(&self) -> BTreeSet<[u8; 16]> {
        let bans = self.nodes.values().filter(|n| !n.over.is_empty() || !n.level.is_empty());
        bans.filter_map(|n| match &n.entry.act {
            Act::Ban { salt_hash, .. } => Some(*salt_hash),
            _ => None,
        })
        .collect()
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// Whether somebody who names these heads has seen `entry`; `None` where a head is not known here yet.
    pub fn seen_by(&self, heads: &[EntryId], entry: &EntryId) -> Option<bool> {
        let index = self.nodes.get(entry)?.index;
        let mut seen = false;
        for head in heads {
            let node = self.nodes.get(head)?;
            seen |= node.index == index || node.past.has(index);
        }
        Some(seen)
    }

    /// Entries that somebody with these heads lacks, parents first.
    pub fn beyond(&self, heads: &[EntryId]) -> Vec<&[u8]> {
        let mut theirs = Past::default();
        for node in heads.iter().filter_map(|h| self.nodes.get(h)) {
            theirs.add(node.index);
            theirs.join(&node.past);
        }
        let lacking = self.order.iter().filter_map(|id| self.nodes.get(id)).filter(|n| !theirs.has(n.index));
        lacking.map(|n| n.raw.as_slice()).collect()
    }

    /// Entries named by waiting ones and held by nobody here.
    pub fn missing(&self) -> BTreeSet<EntryId> {
        let named = self.waiting.values().flat_map(|(e, _)| &e.parents);
        named.filter(|p| !self.nodes.contains_key(p) && !self.waiting.contains_key(p)).copied().collect()
    }

    /// Signs an entry on top of everything known here. It still has to be inserted.
    pub fn write(&self, author: &Identity, at: Unix, act: Act) -> Vec<u8> {
        let roots = matches!(act, Act::Genesis { .. } | Act::Founding { .. });
        let entry = Entry {
            genesis: if matches!(act, Act::Genesis { .. }) { Genesis([0; 16]) } else { self.genesis },
            author: author.id(),
            seq: self.last_seq(&author.id()) + 1,
            at,
            parents: if roots { Vec::new() } else { self.newest_heads() },
            act,
        };
        sign_entry(author, &entry)
    }

    /// At most as many heads as an entry can name: the deepest.
    fn newest_heads(&self) -> Vec<EntryId> {
        let mut heads: Vec<&Node> = self.heads.iter().filter_map(|h| self.nodes.get(h)).collect();
        heads.sort_by_key(|n| (std::cmp::Reverse(n.depth), n.id));
        let mut ids: Vec<EntryId> = heads.into_iter().take(PARENTS_WRITTEN).map(|n| n.id).collect();
        ids.sort_unstable();
        ids
    }

    /// Takes an entry in, and whatever waited for it.
    pub fn insert(&mut self, raw: &[u8]) -> Result<Inserted, EntryError> {
        let (id, entry) = self.read(raw)?;
        if self.nodes.contains_key(&id) {
            return Ok(Inserted::Known);
        }
        if !entry.parents.iter().all(|p| self.nodes.contains_key(p)) {
            if self.waiting.len() >= LOG_WAITING {
                return Err(EntryError::Full);
            }
            let before = self.waiting.insert(id, (entry, raw.to_vec()));
            return Ok(if before.is_some() { Inserted::Known } else { Inserted::Waiting });
        }
        self.place(id, entry, raw.to_vec())?;
        self.place_waiting();
        Ok(Inserted::Added)
    }

    fn read(&self, raw: &[u8]) -> Result<(EntryId, Entry), EntryError> {
        if raw.len() > ENTRY_BYTES {
            return Err(EntryError::Malformed);
        }
        let (statement, sig) = split_signed(raw).ok_or(EntryError::Malformed)?;
        let id = entry_id(statement);
        if self.nodes.get(&id).is_some_and(|n| n.raw == raw) {
            let known = self.nodes.get(&id).ok_or(EntryError::Malformed)?;
            return Ok((id, known.entry.clone()));
        }
        let entry = Entry::decode(statement).map_err(|_| EntryError::Malformed)?;
        let here = match (&entry.act, self.kind) {
            (Act::Genesis { .. }, Kind::Invite) => id.0.starts_with(&self.genesis.0),
            (Act::Genesis { .. }, _) | (Act::Founding { .. }, Kind::Invite) => false,
            _ => entry.genesis == self.genesis,
        };
        if !here {
            return Err(EntryError::OtherRoom);
        }
        identity::verify(&entry.author, Label::Entry, &[statement], sig)
            .map_err(|_| EntryError::Signature)?;
        Ok((id, entry))
    }

    fn place_waiting(&mut self) {
        while let Some(id) = self.next_ready() {
            let Some((entry, raw)) = self.waiting.remove(&id) else { return };
            // An entry that is refused now is refused by everybody: it is simply gone.
            let _ = self.place(id, entry, raw);
        }
    }

    fn next_ready(&self) -> Option<EntryId> {
        let ready = |(_, (entry, _)): &(&EntryId, &(Entry, Vec<u8>))| {
            entry.parents.iter().all(|p| self.nodes.contains_key(p))
        };
        self.waiting.iter().find(ready).map(|(id, _)| *id)
    }

    fn place(&mut self, id: EntryId, entry: Entry, raw: Vec<u8>) -> Result<(), EntryError> {
        let by_author = self.nodes.values().filter(|n| n.entry.author == entry.author).count();
        if self.nodes.len() >= LOG_ENTRIES || by_author >= LOG_PER_AUTHOR {
            return Err(EntryError::Full);
        }
        let mut past = Past::default();
        let mut depth = 0;
        for parent in entry.parents.iter().filter_map(|p| self.nodes.get(p)) {
            past.add(parent.index);
            past.join(&parent.past);
            depth = depth.max(parent.depth + 1);
        }
        let sees_all =
            entry.parents.len() == self.heads.len() && entry.parents.iter().all(|p| self.heads.contains(p));
        let seen = if sees_all { self.rights.clone() } else { fold(self, &|i| past.has(i)) };
        let (powers, reclaims) = self.entitled(&seen, &entry)?;
        let (over, level) = match removes(&entry.act).map(|(t, _)| t).or(mute_target(&entry.act)) {
            Some(target) => seen.reach(&entry.author, &target),
            None => Default::default(),
        };
        let node = Node {
            id,
            index: self.order.len(),
            depth,
            past,
            rank: powers.values().copied().max().unwrap_or_default(),
            powers,
            over,
            level,
            reclaims,
            raw,
            entry,
        };
        self.link(node);
        Ok(())
    }

    fn link(&mut self, node: Node) {
        let last = self.last_seq.entry(node.entry.author).or_insert(0);
        let repeated = node.entry.seq <= *last
            && self
                .nodes
                .values()
                .any(|n| n.entry.author == node.entry.author && n.entry.seq == node.entry.seq);
        *last = (*last).max(node.entry.seq);
        if repeated {
            self.equivocators.insert(node.entry.author);
        }
        for parent in &node.entry.parents {
            self.heads.remove(parent);
        }
        self.heads.insert(node.id);
        self.order.push(node.id);
        self.nodes.insert(node.id, node);
        let ids: Vec<&[u8]> = self.heads.iter().map(|h| h.0.as_slice()).collect();
        self.head = head_of(&kdf::hash(Label::Heads, &ids));
        self.rights = fold(self, &|_| true);
    }

    /// Whether the author may write this at all, and with which powers.
    #[allow(clippy::type_complexity)]
    fn entitled(
        &self,
        seen: &Rights,
        entry: &Entry,
    ) -> Result<(BTreeMap<EntryId, Rank>, Option<[u8; 32]>), EntryError> {
        let author = &entry.author;
        let powers = if seen.removal(author, &[]).is_some() && self.only_domain(seen) {
            BTreeMap::new()
        } else {
            seen.powers(author)
        };
        let rank = powers.values().copied().max().unwrap_or_default();
        let mut reclaims = None;
        let allowed = match &entry.act {
            Act::Genesis { .. } | Act::Founding { .. } => true,
            Act::Grant { .. }
            | Act::Revoke { .. }
            | Act::Transfer { .. }
            | Act::Yield { .. }
            | Act::Close => rank == Rank::Owner,
            Act::TransferAccept { transfer } => matches!(
                self.nodes.get(transfer).map(|n| &n.entry.act),
                Some(Act::Transfer { to, .. }) if to == author
            ),
            Act::Reclaim { next, token_sig } => {
                let signed: [&[u8]; 3] = [&self.genesis.0, &author.0, next];
                let token = seen.domains.values().map(|d| d.reclaim).find(|key| {
                    identity::verify(&MemberId(*key), Label::Reclaim, &signed, token_sig).is_ok()
                });
                reclaims = token;
                token.is_some()
            }
            _ => rank >= Rank::Admin,
        };
        if allowed { Ok((powers, reclaims)) } else { Err(EntryError::NotEntitled) }
    }

    fn only_domain(&self, seen: &Rights) -> bool {
        seen.domains.values().filter(|d| d.yielded.is_none()).count() <= 1
    }
}

/// Signs an entry as it is.
pub fn sign_entry(author: &Identity, entry: &Entry) -> Vec<u8> {
    let mut raw = entry.encode();
    let sig = author.sign(Label::Entry, &[&raw]);
    raw.extend_from_slice(&sig);
    raw
}

/// The name of an entry: SHA-256 of its statement, so that a second signature does not make a second entry.
pub fn entry_id(statement: &[u8]) -> EntryId {
    EntryId(kdf::sha256(statement))
}

fn head_of(hash: &[u8; 32]) -> LogHead {
    let mut short = [0; 16];
    short.copy_from_slice(&hash[..16]);
    LogHead(short)
}

fn mute_target(act: &Act) -> Option<MemberId> {
    match act {
        Act::Mute { target, .. } => Some(*target),
        _ => None,
    }
}
