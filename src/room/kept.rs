//! What is kept: messages that somebody in office holds beyond their time, by a word in the log or by saying them so, and the
//! burns that take such back. A burn is remembered with its author's signature for as long as the room lasts: whoever was
//! away when it was said still holds what it took.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rand_core::CryptoRng;

use super::hub::Hub;
use super::inside::Inside;
use super::io::{Event, Refused};
use super::keepsake::Taken;
use super::rights::{Rank, Word};
use crate::base::id::{MemberId, MsgId};
use crate::base::limits::{KEPT_GONE, KEPT_OLDER_MS, RANGES};
use crate::base::time::Unix;
use crate::wire::log::Act;
use crate::wire::payload::{Body, Payload};

/// A burn as its author signed it: payload and signature. There is no text in it.
pub(crate) type Signed = Arc<[u8]>;

/// The burns that are remembered.
#[derive(Default)]
pub(crate) struct Kept {
    gone: BTreeMap<MsgId, Gone>,
    serial: u64,
    /// What was kept when this member came back to the room.
    trusted: BTreeSet<MsgId>,
}

/// A message that was taken back.
struct Gone {
    by: MemberId,
    /// Its author and number, where they are known.
    of: Option<(MemberId, u64)>,
    /// It was kept, as far as was known.
    kept: bool,
    serial: u64,
    word: Signed,
}

impl Kept {
    /// Remembers who took a message back, and by which words. The first such word is as good as any.
    pub(super) fn remember(
        &mut self,
        id: MsgId,
        by: MemberId,
        of: Option<(MemberId, u64)>,
        kept: bool,
        word: &Signed,
    ) {
        self.serial += 1;
        let (serial, word) = (self.serial, Arc::clone(word));
        let gone = self.gone.entry(id).or_insert(Gone { by, of, kept, serial, word });
        gone.kept |= kept;
        gone.of = gone.of.or(of);
        while self.gone.len() > KEPT_GONE {
            let first = self.gone.iter().min_by_key(|(_, gone)| (gone.kept, gone.serial));
            let Some(first) = first.map(|(id, _)| *id) else { return };
            self.gone.remove(&first);
        }
    }

    /// Takes a message for kept by right, whatever its author's office is now.
    pub(super) fn trust(&mut self, id: MsgId) {
        self.trusted.insert(id);
    }

    /// How often what is remembered has changed.
    pub(super) fn changes(&self) -> u64 {
        self.serial
    }

    /// The burns of what was kept.
    pub(super) fn taken(&self) -> Vec<Taken> {
        let kept = self.gone.iter().filter(|(_, gone)| gone.kept);
        kept.map(|(id, gone)| Taken { id: *id, of: gone.of, word: gone.word.to_vec() }).collect()
    }

    /// Who took a message back.
    pub(super) fn burner(&self, id: &MsgId) -> Option<&MemberId> {
        self.gone.get(id).map(|gone| &gone.by)
    }

    /// The words for somebody who had these messages, or may have had them; those alone that somebody may keep.
    pub(super) fn words(
        &self,
        named: impl Fn(&MsgId) -> bool,
        had: impl Fn(&MemberId, u64) -> bool,
    ) -> BTreeSet<Signed> {
        let kept = self.gone.iter().filter(|(id, gone)| gone.kept || named(id)).map(|(_, gone)| gone);
        let theirs = kept.filter(|gone| gone.of.is_none_or(|(author, n)| had(&author, n)));
        theirs.map(|gone| Arc::clone(&gone.word)).collect()
    }
}

impl Inside {
    /// Keeps a message beyond its time, or no longer, for everybody in the room.
    pub(crate) fn pin<R: CryptoRng>(&mut self, hub: &mut Hub<R>, id: MsgId, keep: bool) {
        match self.may_pin(&hub.id, id, keep) {
            Err(why) => hub.event(Event::Refused(why)),
            Ok(None) => {}
            Ok(Some(act)) => drop(self.write(hub, act)),
        }
    }

    fn may_pin(&self, me: &MemberId, id: MsgId, keep: bool) -> Result<Option<Act>, Refused> {
        if self.trial.is_some() {
            return Err(Refused::Unconfirmed);
        }
        if self.log.rights().rank(me) < Rank::Admin {
            return Err(Refused::Role);
        }
        let living = self.timeline.get(&id).ok_or(Refused::Unknown)?;
        let Body::Text(say) = &living.payload.body else { return Err(Refused::Unknown) };
        if say.once_s > 0 {
            return Err(Refused::OpensOnce);
        }
        if living.is_kept() == keep {
            return Ok(None);
        }
        if keep && self.timeline.is_full() {
            return Err(Refused::KeptFull);
        }
        let author = living.payload.sender;
        Ok(Some(if keep { Act::Pin { message: id, author, n: say.n } } else { Act::Unpin { message: id } }))
    }

    /// Obeys the last word on each message that lives here.
    pub(crate) fn obey_words<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let words: Vec<(MsgId, Word)> =
            self.log.rights().kept.iter().map(|(id, word)| (*id, *word)).collect();
        let mut changed = false;
        for (id, word) in words {
            let Some(living) = self.timeline.get(&id) else { continue };
            let Body::Text(say) = &living.payload.body else { continue };
            let fits = word.of.is_none_or(|of| of == (living.payload.sender, say.n));
            if say.once_s > 0 || !fits || !self.timeline.keep(&id, word.of.is_some()) {
                continue;
            }
            changed = true;
            let dies = self.timeline.get(&id).and_then(|living| living.deadline);
            hub.event(Event::Kept { id, by: self.who(&word.by), keep: word.of.is_some(), dies });
        }
        if changed {
            self.reap(hub);
            self.plan_upkeep(hub);
        }
    }

    /// Whether a message is to be kept, as far as the log says.
    pub(crate) fn keeps(&self, id: &MsgId, payload: &Payload) -> bool {
        let Body::Text(say) = &payload.body else { return false };
        let rights = self.log.rights();
        say.once_s == 0
            && match rights.kept.get(id) {
                Some(_) => self.is_kept_by_log(id, payload),
                None if self.kept.trusted.contains(id) => true,
                None => say.keep && rights.rank(&payload.sender) >= Rank::Admin,
            }
    }

    /// Whether the log names this very message as kept.
    pub(crate) fn is_kept_by_log(&self, id: &MsgId, payload: &Payload) -> bool {
        let Body::Text(say) = &payload.body else { return false };
        let word = self.log.rights().kept.get(id);
        word.is_some_and(|word| word.of == Some((payload.sender, say.n)))
    }

    /// Whether a kept message is none of an earlier room of the same name, which its author may have had too.
    pub(crate) fn is_of_this_room(&self, id: &MsgId, payload: &Payload) -> bool {
        let rights = self.log.rights();
        let begun = rights.domains.keys().filter(|founding| rights.is_home(founding));
        let begun = begun.filter_map(|founding| self.log.get(founding)).map(|entry| entry.at).min();
        let begun = begun.unwrap_or(Unix(u64::MAX));
        self.is_kept_by_log(id, payload) || payload.sent.0.saturating_add(KEPT_OLDER_MS) >= begun.0
    }

    /// Whether the log names a message as kept that does not live here and was not taken back.
    pub(crate) fn lacks(&self, id: &MsgId, author: &MemberId) -> bool {
        let rights = self.log.rights();
        let reaches = |by: &MemberId| by == author || !rights.reach(by, author).0.is_empty();
        self.timeline.get(id).is_none()
            && !self.kept.burner(id).is_some_and(reaches)
            && !self.timeline.burners(id).any(reaches)
    }

    /// What is named as kept and lacks here, by author: numbers that count as not had, whatever came in once.
    pub(crate) fn lacking<R>(&self, hub: &Hub<R>) -> BTreeMap<MemberId, BTreeSet<u64>> {
        let mut lacking: BTreeMap<MemberId, BTreeSet<u64>> = BTreeMap::new();
        for (id, word) in &self.log.rights().kept {
            let Some((author, n)) = word.of else { continue };
            if !hub.blocked.contains(&author) && self.lacks(id, &author) {
                lacking.entry(author).or_default().insert(n);
            }
        }
        lacking
    }

    // ---- taken back ----

    /// Remembers that messages were taken back, with the words that did it.
    pub(crate) fn remember_burn(&mut self, by: &MemberId, ids: &[MsgId], upto: u64, word: &Signed) {
        // Of what is burned by number only what was kept may still be held by somebody later on.
        let kept = |id: &MsgId| self.timeline.get(id).is_some_and(super::timeline::Living::is_kept);
        let by_number = self.timeline.upto(by, upto).into_iter().filter(kept);
        let all: Vec<MsgId> = ids.iter().copied().chain(by_number).collect();
        for id in all {
            let named = self.log.rights().kept.get(&id);
            let of = self.timeline.get(&id).and_then(|living| match &living.payload.body {
                Body::Text(say) => Some((living.payload.sender, say.n)),
                _ => None,
            });
            let of = of.or(named.and_then(|word| word.of));
            let kept = named.is_some() || kept(&id);
            self.kept.remember(id, *by, of, kept, word);
        }
    }
}

/// Ranges without some numbers, as many as an ask may show: the youngest.
pub(crate) fn without(ranges: Vec<(u64, u64)>, lacking: Option<&BTreeSet<u64>>) -> Vec<(u64, u64)> {
    let Some(lacking) = lacking else { return ranges };
    let mut left = Vec::new();
    for (from, to) in ranges {
        let mut rest = Some(from);
        for n in lacking.range(from..=to) {
            left.extend(rest.filter(|from| from < n).map(|from| (from, n - 1)));
            rest = n.checked_add(1);
        }
        left.extend(rest.filter(|from| *from <= to).map(|from| (from, to)));
    }
    let over = left.len().saturating_sub(RANGES);
    left.split_off(over)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lacks_is_cut_out_of_what_was_had() {
        let cut = |ranges: &[(u64, u64)], lacking: &[u64]| {
            without(ranges.to_vec(), Some(&lacking.iter().copied().collect()))
        };
        assert_eq!(cut(&[(1, 9)], &[1, 5, 9]), [(2, 4), (6, 8)]);
        assert_eq!(cut(&[(3, 3), (7, 8)], &[3, 9]), [(7, 8)]);
        assert_eq!(cut(&[(u64::MAX - 1, u64::MAX)], &[u64::MAX]), [(u64::MAX - 1, u64::MAX - 1)]);
        let many: Vec<u64> = (0..200).map(|n| n * 2).collect();
        assert_eq!(cut(&[(0, 500)], &many).len(), RANGES);
        assert_eq!(without(vec![(1, 2)], None), [(1, 2)]);
    }

    #[test]
    fn burns_of_what_was_kept_are_forgotten_last() {
        let (mut kept, by, word) = (Kept::default(), MemberId([1; 32]), Signed::from(&b"word"[..]));
        let name = |n: usize| MsgId((n as u64).to_be_bytes());
        kept.remember(name(0), by, Some((by, 1)), true, &word);
        for n in 1..=KEPT_GONE * 2 {
            kept.remember(name(n), by, Some((by, n as u64)), false, &word);
        }
        assert_eq!(kept.gone.len(), KEPT_GONE);
        assert!(kept.burner(&name(0)).is_some() && kept.burner(&name(1)).is_none());
        assert_eq!(kept.words(|_| false, |_, n| n == 1).len(), 1);
        assert_eq!(kept.words(|_| false, |_, n| n > 1).len(), 0, "nobody holds what was never kept");
    }
}
