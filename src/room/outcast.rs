//! Somebody was removed while nobody could tell them. Whoever hears them later shows them the entries; what they make of
//! these follows from the log alone, as for everybody.

use rand_core::CryptoRng;

use super::entry::PendingHello;
use super::envelope::Opened;
use super::hub::Hub;
use super::inside::Inside;
use super::log::Log;
use crate::base::id::{EntryId, Genesis, MemberId};
use crate::base::limits::{PAGE_ENTRIES, WELCOME_BYTES, WELCOME_BYTES_MOST};
use crate::crypto::kdf::Label;
use crate::wire::payload::{Reason, Refusal};

impl Inside {
    /// Answers somebody who stands removed: they may not know it yet.
    pub(super) fn turn_away<R: CryptoRng>(&mut self, hub: &mut Hub<R>, hash: [u8; 32], hello: &PendingHello) {
        let long = hello.across && self.arrivals.takes_long(hub.now);
        let at_most = if long { WELCOME_BYTES_MOST } else { WELCOME_BYTES };
        let entries = self.entries_against(&hello.from, at_most);
        let refusal = Refusal { reason: Reason::Removed, entries };
        self.seal_answer(hub, hash, hello, Label::Refusal, &refusal.encode());
    }

    /// What removes somebody, and what they need to see that it does, and what was written without knowing of it: the latest
    /// entries first where not all fit, for they hold the older ones already. What came after is none of theirs. In the order
    /// in which they were taken in here.
    fn entries_against(&self, who: &MemberId, at_most: usize) -> Vec<Vec<u8>> {
        let removals = self.log.rights().removals.get(who);
        let removals: Vec<EntryId> = removals.into_iter().flatten().map(|removal| removal.entry).collect();
        let all: Vec<(&EntryId, &[u8])> = self.log.raws().collect();
        let needed = |id: &EntryId| self.log.seen_by(&removals, id) == Some(true);
        let after = |id: &EntryId| {
            removals.iter().any(|r| r != id && self.log.seen_by(std::slice::from_ref(id), r) == Some(true))
        };
        let (need, rest): (Vec<usize>, Vec<usize>) =
            (0..all.len()).rev().partition(|i| all.get(*i).is_some_and(|(id, _)| needed(id)));
        let rest = rest.into_iter().filter(|i| all.get(*i).is_some_and(|(id, _)| !after(id)));
        let mut left = at_most;
        let mut chosen: Vec<usize> = Vec::new();
        for i in need.into_iter().chain(rest) {
            let size = all.get(i).map_or(0, |(_, raw)| raw.len() + 4);
            if size > left || chosen.len() >= PAGE_ENTRIES {
                break;
            }
            left -= size;
            chosen.push(i);
        }
        chosen.sort_unstable();
        chosen.into_iter().filter_map(|i| all.get(i)).map(|(_, raw)| raw.to_vec()).collect()
    }

    /// A refusal was seen: of somebody else's hello, or of one of mine, which says that I was removed.
    pub(crate) fn on_refusal<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        opened: &Opened,
        hello: [u8; 32],
        sealed: &[u8],
    ) {
        self.saw_refusal(hub, &hello, &opened.payload.sender);
        if opened.payload.genesis != self.genesis {
            return;
        }
        let plain = self.open_answer(hub, opened, hello, sealed, Label::Refusal);
        if let Some(refusal) = plain.and_then(|p| Refusal::decode(&p).ok()) {
            // Each entry stands or falls by itself: whoever shows nothing that removes me has said nothing.
            self.take_entries(hub, &refusal.entries);
        }
    }
}

/// Whether these entries show to somebody who has no log yet that they were removed. A liar can forge a founding and say
/// so; but any of the other reasons can be claimed as well.
pub(super) fn shows_removal<R>(hub: &Hub<R>, genesis: Genesis, refusal: &Refusal) -> bool
where
    R: CryptoRng,
{
    let mut log = Log::new(genesis, hub.root.kind());
    for raw in &refusal.entries {
        let _ = log.insert(raw);
    }
    log.rights().removal(&hub.id, &[], hub.room()).is_some()
}
