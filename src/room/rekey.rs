//! Fresh keys: when a new generation is needed, who makes it, and how it is handed to everybody who stays.
//!
//! The need is read off the state, never off who asked: once a set answers it, nobody else acts. So two who act at once do
//! no harm (their chains form one set) and one who vanishes holds nobody up.

use std::collections::{BTreeMap, BTreeSet};

use rand_core::CryptoRng;

use super::beat::beat_ms;
use super::chains::{Chain, KeySet};
use super::hub::Hub;
use super::inside::Inside;
use super::io::{Event, Timer};
use super::parcel::receivers_of_a_part;
use super::rights::Rank;
use crate::base::id::{EntryId, MemberId, short};
use crate::base::limits::{
    CAUSES, CHAINS_MANY, EPOCH_MS, HANDOVER_ENTRY_BYTES, HEADS, HOLD_MS, LEAVES_LARGE_MS, LEAVES_SMALL_MS,
    LEAVES_SPREAD_MS, REKEY_AGE_MS, REKEY_FIRST_MS, REKEY_OTHERS_MS, SALTS, SMALL_ROOM,
};
use crate::base::secret::Secret;
use crate::base::time::Mono;
use crate::crypto::identity::rank_hash;
use crate::crypto::kdf::{self, Label};
use crate::crypto::kem::KemPublic;
use crate::wire::handover::Why;
use crate::wire::payload::Body;

/// What a member remembers about the current set, and what speaks for another.
pub(crate) struct Renewal {
    issued: Option<Issued>,
    /// Since when the current set is in use.
    pub(super) set_since: Mono,
    /// Those who left or fell silent since it was made.
    pub(super) gone: BTreeSet<MemberId>,
    /// A generation seen elsewhere whose authors are strangers.
    pub(super) foreign: Option<u64>,
    /// Two keys were seen for one chain.
    pub(super) conflict: bool,
    uncovered_since: Option<Mono>,
    /// Entries of which it was told that they came into force.
    pub(super) announced: BTreeSet<EntryId>,
}

impl Renewal {
    pub(super) fn new(now: Mono) -> Renewal {
        Renewal {
            issued: None,
            set_since: now,
            gone: BTreeSet::new(),
            foreign: None,
            conflict: false,
            uncovered_since: None,
            announced: BTreeSet::new(),
        }
    }
}

/// A generation of mine that some have yet to take up.
struct Issued {
    generation: u64,
    repeats: usize,
}

/// When parts go out again, in milliseconds after the first.
const REPEAT_AFTER: [u64; 2] = [1_500, 3_000];

impl Inside {
    /// Why the current set will not do, if so. Removals and contradictions are urgent: nothing is sent before they are met.
    pub(crate) fn need(&self, now: Mono) -> Option<(Why, Vec<[u8; 32]>)> {
        let set = self.ring.current();
        let uncovered = self.uncovered();
        if !uncovered.is_empty() {
            let many = set.chains().len() > 1;
            return Some((if many { Why::Collapse } else { Why::Entry }, first_causes(&uncovered)));
        }
        if self.renewal.conflict {
            return Some((Why::Conflict, Vec::new()));
        }
        if self.renewal.foreign.is_some() {
            return Some((Why::Union, Vec::new()));
        }
        let rotations: Vec<EntryId> =
            self.log.rights().rotations.iter().filter(|id| !self.covers_anywhere(id)).copied().collect();
        if !rotations.is_empty() {
            return Some((Why::Entry, first_causes(&rotations)));
        }
        if set.chains().len() > CHAINS_MANY {
            return Some((Why::Crowd, Vec::new()));
        }
        if !self.renewal.gone.is_empty() {
            return Some((Why::Gone, self.renewal.gone.iter().take(CAUSES).map(|id| id.0).collect()));
        }
        (now.since(self.renewal.set_since) >= REKEY_AGE_MS).then_some((Why::Age, Vec::new()))
    }

    /// Removals in force that some chain of the current set was made without knowing of.
    pub(crate) fn uncovered(&self) -> Vec<EntryId> {
        let set = self.ring.current();
        let blind = |removal: &EntryId| {
            set.chains().iter().any(|c| self.log.seen_by(&c.note.heads, removal) != Some(true))
        };
        let standing = self.log.rights().removals.values().flatten();
        let holds = |id: &MemberId| self.roster.knows(id) && self.is_removed(id);
        standing.filter(|r| holds(&r.target) && blind(&r.entry)).map(|r| r.entry).collect()
    }

    /// What fresh keys have to answer, or they would be needed again at once: removals of those who are known here, then
    /// what asks for fresh keys, then all other removals.
    fn to_cover(&self) -> Vec<EntryId> {
        let rights = self.log.rights();
        let (known, others): (Vec<_>, Vec<_>) =
            rights.removals.values().flatten().partition(|r| self.roster.knows(&r.target));
        let rotations = rights.rotations.iter().copied();
        let known = known.into_iter().map(|r| r.entry);
        known.chain(rotations).chain(others.into_iter().map(|r| r.entry)).collect()
    }

    /// Whether some chain of the set was made in answer to an entry.
    fn covers_anywhere(&self, entry: &EntryId) -> bool {
        let set = self.ring.current();
        set.chains().iter().any(|c| self.log.seen_by(&c.note.heads, entry) == Some(true))
    }

    fn urgent(why: Why) -> bool {
        matches!(why, Why::Entry | Why::Collapse | Why::Conflict | Why::Union | Why::Crowd)
    }

    /// Plans a rekey if one is needed: at once for whoever the need is theirs to meet, later for everybody else.
    pub(crate) fn consider_rekey<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if self.uncovered().is_empty() {
            self.renewal.uncovered_since = None;
        } else {
            self.renewal.uncovered_since.get_or_insert(hub.now);
        }
        let Some((why, causes)) = self.need(hub.now) else {
            hub.cancel(&Timer::Rekey);
            return;
        };
        if self.trial.is_some() {
            return;
        }
        if Inside::urgent(why) {
            let mine = causes.iter().any(|c| self.log.get(&EntryId(*c)).is_some_and(|e| e.author == hub.id));
            let wait = if mine {
                0
            } else if self.is_first_authority(hub) {
                hub.between(REKEY_FIRST_MS)
            } else {
                hub.between(REKEY_OTHERS_MS)
            };
            hub.within(wait, Timer::Rekey);
        } else {
            let batch = if self.roster.count() < SMALL_ROOM { LEAVES_SMALL_MS } else { LEAVES_LARGE_MS };
            let spread = hub.between(LEAVES_SPREAD_MS);
            hub.unless_set(if why == Why::Gone { batch + spread } else { spread }, Timer::Leaves);
        }
    }

    /// Whether I am the one among the entitled who acts first: the lowest H.
    fn is_first_authority<R: CryptoRng>(&self, hub: &Hub<R>) -> bool {
        let rights = self.log.rights();
        let authority = |id: &MemberId| rights.rank(id) > Rank::Member && !self.is_removed(id);
        let beat = beat_ms(self.roster.count());
        let mine = rank_hash(&hub.id);
        authority(&hub.id)
            && !self.roster.present().any(|(id, _)| {
                authority(id) && !self.roster.is_away(id, hub.now, beat) && rank_hash(id) < mine
            })
    }

    pub(crate) fn rekey_due<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if self.trial.is_some() {
            return;
        }
        if let Some((why, causes)) = self.need(hub.now) {
            self.issue(hub, why, causes);
        }
    }

    /// Whether messages wait, because somebody who was removed may still hold the keys of now.
    pub(crate) fn holding(&self, now: Mono) -> bool {
        self.renewal.uncovered_since.is_some_and(|since| now.since(since) < HOLD_MS)
    }

    /// Makes the next generation and hands it to everybody who stays.
    fn issue<R: CryptoRng>(&mut self, hub: &mut Hub<R>, why: Why, mut causes: Vec<[u8; 32]>) {
        causes.sort_unstable();
        causes.dedup();
        let generation = self.ring.current().generation().max(self.renewal.foreign.unwrap_or(0)) + 1;
        let key = Secret::<32>::random(&mut hub.rng);
        let birth = self.ring.current().sending(hub.epoch());
        let mut heads = self.log.heads_over(self.to_cover().into_iter(), HEADS);
        heads.sort_unstable();
        let chain = Chain::announce(&hub.me, self.genesis, generation, birth, &key, why, causes, heads);
        let Ok(mut set) = KeySet::new(vec![(chain, key)], birth) else { return };
        set.advance(hub.epoch());
        self.move_to(hub, set, false);
        self.renewal.issued = Some(Issued { generation, repeats: 0 });
        let everybody: Vec<MemberId> = self.staying();
        self.hand_to(hub, &everybody, Label::Rekey);
        hub.after(REPEAT_AFTER[0], Timer::Repeat);
    }

    /// Everybody present who is not removed.
    fn staying(&self) -> Vec<MemberId> {
        self.roster.present().filter(|(id, _)| !self.is_removed(id)).map(|(id, _)| *id).collect()
    }

    /// Seals the current set to these members, in parts that each stand alone.
    pub(crate) fn hand_to<R: CryptoRng>(&mut self, hub: &mut Hub<R>, to: &[MemberId], label: Label) {
        // Fresh keys go to what members announced themselves: a key told of by somebody else may be that somebody's own.
        // Whoever is left out says hello across.
        let trusted = |m: &&super::roster::Member| label != Label::Rekey || m.kem_heard;
        let members = to.iter().filter_map(|id| self.roster.get(id)).filter(trusted);
        let keys: Vec<KemPublic> = members.filter_map(|m| m.kem.clone()).collect();
        if keys.is_empty() {
            return;
        }
        let plain = {
            let now = hub.epoch();
            let with_keys = label == Label::Share;
            let Some(mut handover) = self.handover(hub, HANDOVER_ENTRY_BYTES, with_keys) else { return };
            if !with_keys {
                handover.rows.truncate(1);
            }
            debug_assert!(handover.epoch >= now);
            handover.encode()
        };
        for part in keys.chunks(receivers_of_a_part(plain.len())) {
            let sealed = self.wrap(hub, part, &plain, label);
            let body = if label == Label::Rekey { Body::Rekey(sealed) } else { Body::Share(sealed) };
            self.lobby(hub, body);
        }
    }

    /// Sends the generation I made again to whoever has not been heard under it.
    pub(crate) fn repeat_due<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let Some(issued) = self.renewal.issued.take() else { return };
        let current = self.ring.current();
        if current.generation() != issued.generation {
            return;
        }
        let hash = current.hash();
        let silent: Vec<MemberId> = self
            .staying()
            .into_iter()
            .filter(|id| self.roster.get(id).is_some_and(|m| m.set != Some(hash)))
            .collect();
        if silent.is_empty() {
            return;
        }
        self.hand_to(hub, &silent, Label::Rekey);
        let repeats = issued.repeats + 1;
        if let Some(wait) = REPEAT_AFTER.get(repeats) {
            hub.after(*wait, Timer::Repeat);
            self.renewal.issued = Some(Issued { generation: issued.generation, repeats });
        }
    }

    /// Takes over ban salts whose fingerprints the log knows, and moves to the topic behind them. The others are looked at
    /// once more when more of the log is here.
    pub(crate) fn take_salts<R: CryptoRng>(&mut self, hub: &mut Hub<R>, salts: &[[u8; 16]]) {
        if salts.is_empty() {
            return;
        }
        let prints: BTreeSet<[u8; 16]> = self.log.salt_hashes();
        let new = salts.iter().filter(|s| !self.salts.contains(*s));
        let (proved, told) =
            new.partition::<Vec<[u8; 16]>, _>(|s| prints.contains(&short(kdf::sha256(&s[..]))));
        if !told.is_empty() {
            self.salts_told = told;
        }
        let mut all = self.salts.clone();
        all.extend(proved);
        // The lowest are the same for all, whoever learnt of which first.
        while all.len() > SALTS {
            all.pop_last();
        }
        if all == self.salts {
            return;
        }
        self.salts = all;
        self.topic_moved();
        let (room, until) = (hub.room(), hub.now + 2 * EPOCH_MS);
        let change = hub.doors.resalt(&hub.root, self.salts.clone(), room, hub.now, until);
        if hub.change_doors(change) {
            self.beacon_now(hub);
        }
    }

    /// Tells of what came into force, acts on what concerns me, and sees to it that the removed lose the keys.
    pub(crate) fn after_log<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let fresh: Vec<EntryId> =
            self.log.raws().map(|(id, _)| *id).filter(|id| !self.renewal.announced.contains(id)).collect();
        for id in fresh {
            self.renewal.announced.insert(id);
            if let Some(entry) = self.log.get(&id) {
                let (by, target) = (entry.author, super::moderate::target_of(&entry.act));
                hub.event(Event::Logged { entry: id, by, target });
            }
        }
        let told = std::mem::take(&mut self.salts_told);
        self.take_salts(hub, &told);
        self.obey_words(hub);
        self.pace_anew(hub);
        self.consider_rekey(hub);
        self.part_removed();
        self.judge(hub);
    }
}

fn first_causes(ids: &[EntryId]) -> Vec<[u8; 32]> {
    let by_id: BTreeMap<[u8; 32], ()> = ids.iter().map(|id| (id.0, ())).collect();
    by_id.into_keys().take(CAUSES).collect()
}
