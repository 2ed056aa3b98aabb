//! An entry in its place: what its author had seen, and by what right they wrote it.
//!
//! All of it follows from the entries before it, so it is worked out once and the same everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::rights::Rank;
use crate::base::id::{EntryId, MemberId};
use crate::wire::log::Entry;

/// A set of entries by index: who came before whom.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Past(Vec<u64>);

impl Past {
    pub(crate) fn has(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    pub(crate) fn add(&mut self, index: usize) {
        let word = index / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(w) = self.0.get_mut(word) {
            *w |= 1 << (index % 64);
        }
    }

    /// Keeps what both hold.
    pub(crate) fn meet(&mut self, other: &Past) {
        self.0.truncate(other.0.len());
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine &= theirs;
        }
    }

    /// Whether the other holds all of this.
    pub(crate) fn within(&self, other: &Past) -> bool {
        let theirs = other.0.iter().copied().chain(std::iter::repeat(0));
        self.0.iter().zip(theirs).all(|(mine, theirs)| mine & !theirs == 0)
    }

    pub(crate) fn join(&mut self, other: &Past) {
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
    /// For an entry that makes another owner: who owned which founding until then.
    pub(crate) ousts: Vec<(EntryId, MemberId)>,
}

impl Node {
    /// Whether it is a founding, or was written by an officer of it.
    pub(crate) fn speaks_for(&self, founding: &EntryId) -> bool {
        self.id == *founding || self.powers.contains_key(founding)
    }
}

/// What is asked of an author's entries each time they write another.
pub(crate) struct Own {
    pub(crate) id: EntryId,
    pub(crate) index: usize,
    pub(crate) seq: u64,
    /// Written without office.
    pub(crate) plain: bool,
    /// A founding.
    pub(crate) begins: bool,
}
