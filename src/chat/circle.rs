//! Who hears what is said: everybody in a room, or one person in it alone.

use std::collections::{BTreeMap, BTreeSet};

use super::text::Line;
use crate::base::id::MemberId;

/// A room, or one person in it. By key: no nick leads to the wrong one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Circle {
    /// The room.
    pub room: Line,
    /// With whom one talks alone there; `None` is everybody.
    pub with: Option<MemberId>,
}

/// With whom one talks alone in a room, each as long as something of it lives.
#[derive(Debug, Default)]
pub struct Alone {
    with: BTreeMap<MemberId, Rows>,
}

/// The living messages of one of them.
#[derive(Debug)]
struct Rows {
    /// The first there was, which gives it its place among the others even when that one is gone.
    since: u64,
    living: BTreeSet<u64>,
}

impl Circle {
    /// Everybody in a room.
    pub fn room(room: &Line) -> Circle {
        Circle { room: room.clone(), with: None }
    }

    /// One person in a room.
    pub fn alone(room: &Line, with: MemberId) -> Circle {
        Circle { room: room.clone(), with: Some(with) }
    }
}

impl Alone {
    /// A message to or from somebody stands in this row.
    pub(super) fn put(&mut self, with: MemberId, row: u64) {
        let rows = self.with.entry(with).or_insert_with(|| Rows { since: row, living: BTreeSet::new() });
        rows.living.insert(row);
    }

    /// It is gone; with the last of them, all that is known of the two.
    pub(super) fn remove(&mut self, with: &MemberId, row: u64) {
        if let Some(rows) = self.with.get_mut(with) {
            rows.living.remove(&row);
            if rows.living.is_empty() {
                self.with.remove(with);
            }
        }
    }

    /// Whether something lives that was said with somebody.
    pub fn has(&self, with: &MemberId) -> bool {
        self.with.contains_key(with)
    }

    /// With whom, in the order in which it began.
    pub fn all(&self) -> Vec<MemberId> {
        let mut all: Vec<(u64, MemberId)> = self.with.iter().map(|(id, rows)| (rows.since, *id)).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, id)| id).collect()
    }

    /// The rows of what lives with somebody.
    pub fn rows(&self, with: &MemberId) -> impl DoubleEndedIterator<Item = u64> {
        self.with.get(with).into_iter().flat_map(|rows| rows.living.iter().copied())
    }
}
