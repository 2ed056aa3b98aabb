//! Who has looked at a message, told to its author by those who want to tell, and counted there. Nobody has to.

use std::collections::{BTreeMap, BTreeSet};

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::io::{Event, Fate, Timer};
use crate::base::id::{MemberId, MsgId};
use crate::base::limits::{BURN_IDS, RECEIPT_MEMBERS, RECEIPTS_MS, SEEN_EACH_MS};
use crate::base::time::Mono;
use crate::wire::payload::Body;

/// What is to be told to authors, and what they were told.
#[derive(Default)]
pub(crate) struct Looked {
    /// Who is to be told of which, and when at the earliest.
    owed: BTreeMap<MemberId, BTreeSet<MsgId>>,
    due: Mono,
    /// Who has looked at what I said.
    by: BTreeMap<MsgId, BTreeSet<MemberId>>,
}

impl Looked {
    /// Forgets who looked at what is gone: nobody asks any more.
    pub(super) fn forget_dead(&mut self, lives: impl Fn(&MsgId) -> bool) {
        self.by.retain(|id, _| lives(id));
        for ids in self.owed.values_mut() {
            ids.retain(&lives);
        }
        self.owed.retain(|_, ids| !ids.is_empty());
    }
}

impl Inside {
    /// Somebody here looked at these, and wants their authors to know.
    pub(super) fn tell_seen<R: CryptoRng>(&mut self, hub: &mut Hub<R>, ids: &[MsgId]) {
        if self.roster.count() >= RECEIPT_MEMBERS {
            return;
        }
        for id in ids {
            let Some(living) = self.timeline.get(id).filter(|living| !living.sealed) else { continue };
            let author = living.payload.sender;
            let owed = self.looked.owed.entry(author).or_default();
            if author != self.me && owed.len() < BURN_IDS {
                owed.insert(*id);
            }
        }
        hub.within(self.looked.due.since(hub.now).max(RECEIPTS_MS), Timer::Receipts);
    }

    /// Tells authors what was looked at, all at once and not too often.
    pub(super) fn send_seen<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if self.looked.owed.is_empty() {
            return;
        }
        if hub.now < self.looked.due {
            return hub.within(self.looked.due.since(hub.now), Timer::Receipts);
        }
        for (author, ids) in std::mem::take(&mut self.looked.owed) {
            if !ids.is_empty() {
                self.direct(hub, &author, Body::Seen(ids.into_iter().collect()));
            }
        }
        self.looked.due = hub.now + SEEN_EACH_MS;
    }

    /// Somebody looked at messages of mine, and says so.
    pub(super) fn on_seen<R: CryptoRng>(&mut self, hub: &mut Hub<R>, from: MemberId, ids: &[MsgId]) {
        let of = self.roster.count();
        for id in ids {
            let Some(cid) = self.outbox.cid_of(id) else { continue };
            let by = self.looked.by.entry(*id).or_default();
            if by.insert(from) {
                let (count, id) = (by.len(), Some(*id));
                hub.event(Event::Fate { cid, id, fate: Fate::Seen { count, of: of.max(count) } });
            }
        }
    }
}
