//! The log of rights: a set of signed, hash-linked entries and what they fold to.
//!
//! Entries come in any order. One whose parents are unknown waits; one whose author had no right to write it, judged by
//! its own past alone, is refused by every node alike, and so is what builds on it. Nothing is ever rewritten.
//!
//! Bounds that a count decides depend on the order of arrival, so they are set where honest logs do not come. The one that
//! holds an author back is a number every node reads alike: entries are numbered without gaps, whoever goes round that
//! has signed one number twice.

mod heads;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::OnceLock;

use super::fold::{extend, fold};
use super::past::{Node, Own, Past};
use super::rights::{Rank, Rights};
use super::title::{Title, against};
use crate::base::id::{EntryId, Genesis, LogHead, MemberId, short};
use crate::base::limits::{
    ENTRY_BYTES, FOUNDINGS_HELD, LOG_ELSEWHERE, LOG_ENTRIES, LOG_FOR_OWNERS, LOG_PER_AUTHOR, LOG_PER_MEMBER,
    LOG_WAITING, REFUSED_HELD, WAITING_PER_AUTHOR,
};
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
    /// Its author had no right to write it, or not under this number, or it builds on such an entry.
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

/// The log of one room.
pub struct Log {
    genesis: Genesis,
    kind: Kind,
    order: Vec<EntryId>,
    nodes: BTreeMap<EntryId, Node>,
    waiting: BTreeMap<EntryId, (Entry, Vec<u8>)>,
    heads: BTreeSet<EntryId>,
    refused: BTreeSet<EntryId>,
    by_author: BTreeMap<MemberId, Vec<Own>>,
    last_seq: BTreeMap<MemberId, u64>,
    equivocators: BTreeSet<MemberId>,
    /// Entries by others than officers of the first founding.
    elsewhere: usize,
    foundings: usize,
    under: Vec<[u8; 8]>,
    head: LogHead,
    /// Folded when asked for, so that a page of entries costs one fold.
    rights: OnceLock<Rights>,
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
            refused: BTreeSet::new(),
            by_author: BTreeMap::new(),
            last_seq: BTreeMap::new(),
            equivocators: BTreeSet::new(),
            elsewhere: 0,
            foundings: 0,
            under: Vec::new(),
            head: LogHead([0; 16]),
            rights: OnceLock::new(),
        }
    }

    /// What the entries fold to.
    pub fn rights(&self) -> &Rights {
        self.rights.get_or_init(|| fold(self.nodes.values(), &self.under))
    }

    /// Looks at the log as somebody who came in under these foundings (each by its first bytes): settings, mutes, ranks
    /// and the like of others are no longer theirs. Until then, or where none is known, every founding counts.
    pub fn look_from(&mut self, under: &[[u8; 8]]) {
        self.under = under.to_vec();
        self.rights = OnceLock::new();
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

    /// The fingerprints of the salts that bans have brought, by the foundings looked from. A ban that was lifted or never
    /// stood keeps its salt: doors that moved do not move back.
    pub fn salt_hashes(&self) -> BTreeSet<[u8; 16]> {
        let rights = self.rights();
        let bans = self.nodes.values().filter(|n| n.over.iter().chain(&n.level).any(|d| rights.is_home(d)));
        bans.filter_map(|n| match &n.entry.act {
            Act::Ban { salt_hash, .. } => Some(*salt_hash),
            _ => None,
        })
        .collect()
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

    /// Signs an entry on top of what is known here. It still has to be inserted.
    pub fn write(&self, author: &Identity, at: Unix, act: Act) -> Vec<u8> {
        let parents = if act.begins() { Vec::new() } else { self.parents_for(&author.id(), &act) };
        let entry = Entry {
            genesis: if matches!(act, Act::Genesis { .. }) { Genesis([0; 16]) } else { self.genesis },
            author: author.id(),
            seq: self.last_seq(&author.id()).saturating_add(1),
            at,
            parents,
            act,
        };
        sign_entry(author, &entry)
    }

    /// Takes an entry in, and whatever waited for it.
    pub fn insert(&mut self, raw: &[u8]) -> Result<Inserted, EntryError> {
        let (id, entry) = match self.read(raw)? {
            Read::Fresh(id, entry) => (id, *entry),
            Read::Known => return Ok(Inserted::Known),
        };
        if self.refused.contains(&id) || entry.parents.iter().any(|p| self.refused.contains(p)) {
            self.refuse(id);
            self.place_waiting();
            return Err(EntryError::NotEntitled);
        }
        if !entry.parents.iter().all(|p| self.nodes.contains_key(p)) {
            return self.wait(id, entry, raw);
        }
        let placed = self.place(id, entry, raw.to_vec());
        self.place_waiting();
        placed.map(|()| Inserted::Added)
    }

    fn read(&self, raw: &[u8]) -> Result<Read, EntryError> {
        if raw.len() > ENTRY_BYTES {
            return Err(EntryError::Malformed);
        }
        let (statement, sig) = split_signed(raw).ok_or(EntryError::Malformed)?;
        let id = entry_id(statement);
        let held = self.nodes.get(&id).map(|n| &n.raw).or_else(|| self.waiting.get(&id).map(|(_, raw)| raw));
        if held.is_some_and(|held| held == raw) {
            return Ok(Read::Known);
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
        // The same statement under another signature by its author is the same entry.
        Ok(if held.is_some() { Read::Known } else { Read::Fresh(id, Box::new(entry)) })
    }

    /// Keeps an entry until its parents come. Anybody can sign what waits for ever, so whoever holds an office comes first.
    fn wait(&mut self, id: EntryId, entry: Entry, raw: &[u8]) -> Result<Inserted, EntryError> {
        let theirs = self.waiting.values().filter(|(e, _)| e.author == entry.author).count();
        if theirs >= WAITING_PER_AUTHOR {
            return Err(EntryError::Full);
        }
        if self.waiting.len() >= LOG_WAITING {
            let in_office = |who: &MemberId| !self.rights().offices(who).is_empty();
            let idle = self.waiting.iter().find(|(_, (e, _))| !in_office(&e.author)).map(|(id, _)| *id);
            match idle.filter(|_| in_office(&entry.author)) {
                Some(idle) => self.waiting.remove(&idle),
                None => return Err(EntryError::Full),
            };
        }
        self.waiting.insert(id, (entry, raw.to_vec()));
        Ok(Inserted::Waiting)
    }

    fn place_waiting(&mut self) {
        while let Some(id) = self.next_ready() {
            let Some((entry, raw)) = self.waiting.remove(&id) else { return };
            if entry.parents.iter().any(|p| self.refused.contains(p)) {
                self.refuse(id);
            } else {
                // An entry that is refused now is refused by everybody: it is simply gone.
                let _ = self.place(id, entry, raw);
            }
        }
    }

    /// One that waits and need not: its parents are here, or one of them was refused.
    fn next_ready(&self) -> Option<EntryId> {
        let ready = |(_, (entry, _)): &(&EntryId, &(Entry, Vec<u8>))| {
            entry.parents.iter().all(|p| self.nodes.contains_key(p))
                || entry.parents.iter().any(|p| self.refused.contains(p))
        };
        self.waiting.iter().find(ready).map(|(id, _)| *id)
    }

    fn refuse(&mut self, id: EntryId) {
        if self.refused.len() < REFUSED_HELD {
            self.refused.insert(id);
        }
    }

    fn place(&mut self, id: EntryId, entry: Entry, raw: Vec<u8>) -> Result<(), EntryError> {
        let mut past = Past::default();
        let mut depth = 0;
        for parent in entry.parents.iter().filter_map(|p| self.nodes.get(p)) {
            past.add(parent.index);
            past.join(&parent.past);
            depth = depth.max(parent.depth + 1);
        }
        let heads = &self.heads;
        let sees_all = entry.parents.len() == heads.len() && entry.parents.iter().all(|p| heads.contains(p));
        let folded;
        let seen = if sees_all {
            self.rights()
        } else {
            folded = fold(self.nodes.values().filter(|n| past.has(n.index)), &[]);
            &folded
        };
        let title = Title::of(seen, &entry, &self.genesis).filter(|_| self.follows(&entry, &past));
        let Some(Title { powers, reclaims, ousts }) = title else {
            self.refuse(id);
            return Err(EntryError::NotEntitled);
        };
        let at_home = self.order.first().is_some_and(|first| powers.contains_key(&seen.resolve(first)));
        let rank = powers.values().copied().max().unwrap_or_default();
        self.room_for(&entry, rank, at_home)?;
        let (over, level) = match against(&entry.act) {
            Some(target) => seen.reach_anywhere(&entry.author, &target),
            None => Default::default(),
        };
        let index = self.order.len();
        let node = Node { id, index, depth, past, rank, powers, over, level, reclaims, ousts, raw, entry };
        self.elsewhere += usize::from(!at_home);
        self.link(node, sees_all);
        Ok(())
    }

    /// Whether there is room for one more entry by this author.
    fn room_for(&self, entry: &Entry, rank: Rank, at_home: bool) -> Result<(), EntryError> {
        // What somebody writes without office is counted apart: an officer may have founded before, and may again.
        let own = self.by_author.get(&entry.author).into_iter().flatten();
        let plain = rank == Rank::Member;
        let mine = own.filter(|n| n.plain == plain).count();
        let share = if plain { LOG_PER_MEMBER } else { LOG_PER_AUTHOR };
        let begins = entry.act.begins();
        // Whoever takes the room over is about to be its owner.
        let owner = at_home && rank == Rank::Owner
            || matches!(entry.act, Act::TransferAccept { .. } | Act::Reclaim { .. });
        let total = if owner { LOG_ENTRIES } else { LOG_ENTRIES - LOG_FOR_OWNERS };
        let full = entry.seq > LOG_PER_AUTHOR as u64
            || mine >= share
            || self.nodes.len() >= total
            || (!at_home && self.elsewhere >= LOG_ELSEWHERE)
            || (begins && self.foundings >= FOUNDINGS_HELD);
        if full { Err(EntryError::Full) } else { Ok(()) }
    }

    /// Whether an entry is its author's next, as far as they had seen: numbers have no gaps to slip something into.
    fn follows(&self, entry: &Entry, past: &Past) -> bool {
        let own = self.by_author.get(&entry.author).into_iter().flatten();
        let last = own.filter(|n| past.has(n.index)).map(|n| n.seq).max().unwrap_or(0);
        entry.act.begins() || last.checked_add(1) == Some(entry.seq)
    }

    fn link(&mut self, node: Node, sees_all: bool) {
        let (id, author, seq) = (node.id, node.entry.author, node.entry.seq);
        let own = self.by_author.entry(author).or_default();
        // Whoever founds starts counting again, having nothing to go on: that is no lie.
        let begins = node.entry.act.begins();
        if !begins && own.iter().any(|n| n.seq == seq && !n.begins) {
            self.equivocators.insert(author);
        }
        own.push(Own { id, index: node.index, seq, plain: node.rank == Rank::Member, begins });
        self.foundings += usize::from(begins);
        let last = self.last_seq.entry(author).or_insert(0);
        *last = seq.max(*last);
        for parent in &node.entry.parents {
            self.heads.remove(parent);
        }
        self.heads.insert(id);
        self.order.push(id);
        let ids: Vec<&[u8]> = self.heads.iter().map(|h| h.0.as_slice()).collect();
        self.head = LogHead(short(kdf::hash(Label::Heads, &ids)));
        let kept = self.rights.get_mut().filter(|_| sees_all).is_some_and(|r| extend(r, &node));
        if !kept {
            self.rights = OnceLock::new();
        }
        self.nodes.insert(id, node);
    }
}

/// What bytes turned out to be.
enum Read {
    Fresh(EntryId, Box<Entry>),
    Known,
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

/// The name of an entry with its signature; `None` for what is too short to have one.
pub fn raw_entry_id(raw: &[u8]) -> Option<EntryId> {
    split_signed(raw).map(|(statement, _)| entry_id(statement))
}

/// The room's name in an invite room: the first sixteen bytes of its first entry's.
pub fn genesis_of(entry: &EntryId) -> Genesis {
    Genesis(short(entry.0))
}
