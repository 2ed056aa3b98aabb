//! Which heads of the log are named: by a frame, by a note of fresh keys, by an entry that builds on them. There may be more of
//! them than anything can name.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::Log;
use crate::base::id::{EntryId, MemberId};
use crate::base::limits::PARENTS_WRITTEN;
use crate::room::past::Node;
use crate::wire::log::Act;

impl Log {
    /// Up to `most` heads, those first that matter to the founding that rules here, the deepest of them first.
    pub fn leading_heads(&self, most: usize) -> Vec<EntryId> {
        let ruling = self.ruling();
        let mut heads: Vec<&Node> = self.heads.iter().filter_map(|h| self.nodes.get(h)).collect();
        heads.sort_by_key(|n| (!ruling.is_some_and(|d| n.speaks_for(&d)), Reverse(n.depth), n.id));
        heads.into_iter().take(most).map(|n| n.id).collect()
    }

    /// The same, but first of all those that have these entries in them: or else whoever forks, more than can be named, hides
    /// an entry from whoever is to show that they have seen it.
    pub fn heads_over(&self, about: impl Iterator<Item = EntryId>, most: usize) -> Vec<EntryId> {
        let about = about.filter_map(|id| self.nodes.get(&id)).map(|n| n.index);
        let mut ids: Vec<EntryId> = self.covering(about).into_iter().map(|n| n.id).collect();
        for id in self.leading_heads(most) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids.truncate(most);
        ids
    }

    /// Heads that together have all of these in them.
    fn covering(&self, entries: impl Iterator<Item = usize>) -> Vec<&Node> {
        let mut chosen: Vec<&Node> = Vec::new();
        for index in entries {
            let covers = |n: &&Node| n.index == index || n.past.has(index);
            if !chosen.iter().any(covers) {
                chosen.extend(self.heads.iter().filter_map(|h| self.nodes.get(h)).find(covers));
            }
        }
        chosen
    }

    /// The founding under which the first that came in here stands today.
    fn ruling(&self) -> Option<EntryId> {
        self.order.first().map(|first| self.rights().resolve(first))
    }

    /// The heads to build on: what the author wrote, what the act is about, then what officers of the founding wrote for
    /// which the author speaks. Entries of other foundings are left alone while there are any of one's own: whoever builds
    /// on them hands them to everybody, and a node that is full of such would lose the entry with them.
    pub(super) fn parents_for(&self, author: &MemberId, act: &Act) -> Vec<EntryId> {
        let mut chosen = self.covering(self.needed_by(author, act).into_iter());
        let ruling = self.ruling();
        let mut offices: BTreeSet<EntryId> = self.rights().offices(author).into_keys().collect();
        if ruling.is_some_and(|r| offices.contains(&r)) || offices.is_empty() {
            offices = ruling.into_iter().collect();
        }
        let heads = self.leading_heads(self.heads.len());
        for node in heads.iter().filter_map(|h| self.nodes.get(h)) {
            if offices.iter().any(|d| node.speaks_for(d)) && !chosen.iter().any(|n| n.index == node.index) {
                chosen.push(node);
            }
        }
        let mut ids: Vec<EntryId> = chosen.into_iter().map(|n| n.id).take(PARENTS_WRITTEN).collect();
        if ids.is_empty() {
            ids = self.leading_heads(PARENTS_WRITTEN);
        }
        ids.sort_unstable();
        ids
    }

    /// Entries that the author of such an act must have seen for it to count.
    fn needed_by(&self, author: &MemberId, act: &Act) -> Vec<usize> {
        let last = self.by_author.get(author).and_then(|own| own.last()).map(|own| own.id);
        let about: Vec<EntryId> = match act {
            Act::Unban { target } | Act::Admit { target } => {
                let standing = self.rights().removals.get(target);
                standing.into_iter().flatten().map(|r| r.entry).collect()
            }
            Act::TransferAccept { transfer } => vec![*transfer],
            Act::Yield { to } => vec![*to],
            _ => Vec::new(),
        };
        let founded = self.rights().offices(author).into_keys();
        let ids = last.into_iter().chain(about).chain(founded);
        ids.filter_map(|id| self.nodes.get(&id)).map(|n| n.index).collect()
    }
}
