//! Two halves meet: hello across, welcome back, and what was learnt shared with one's own side. The result is a union.

use std::collections::BTreeMap;

use rand_core::CryptoRng;

use super::chains::{Keyring, read_chains};
use super::entry::{open_welcome, send_hello};
use super::envelope::Opened;
use super::guard::Bucket;
use super::handkeys::HelloKey;
use super::hub::Hub;
use super::inside::Inside;
use super::io::{Event, Timer};
use super::trial::Asking;
use crate::base::id::{EntryId, MemberId, SetTag};
use crate::base::limits::{
    ACROSS_GAP_MS, ACROSS_SPREAD_MS, APART_MS, CAUSELESS_BURST, CAUSELESS_EACH_MS, EPOCH_MS, EPOCHS_AHEAD,
    FRESH_KEY_MS, HANDOVER_EPOCHS, KNOWN_MEMBERS, MERGE_BURST, MERGE_EACH_MS, MOVED_BEAT_MS, SAME_SIDE_MS,
    SAME_SIDE_WAIT_MS, SHARE_SPREAD_MS, SUPERSEDED_MS,
};
use crate::base::time::Mono;
use crate::crypto::kdf::Label;
use crate::wire::handover::Handover;

/// When hellos across go out, in milliseconds after the first.
const ACROSS_AT: [u64; 5] = [0, 700, 1_700, 3_700, 7_700];

/// Stands for a set that both sides hold.
const SAME_SET: SetTag = SetTag([0; 4]);

/// A merge under way.
struct Merge {
    asking: Asking,
    first: Option<Mono>,
    attempt: usize,
    /// The tag whose holders I want to meet; zeros where they hold my set, and only their topic or their clock is another.
    with: SetTag,
    until: Mono,
}

/// What a member remembers of meeting other halves.
pub(crate) struct Merging {
    under_way: Option<Merge>,
    /// How often one may begin.
    begun: Bucket,
    /// When somebody of my own side was last heard saying hello across.
    pub(super) same_side: Option<Mono>,
    share_due: bool,
    /// When two sides of the room last met, as far as it was seen here.
    pub(super) met: Option<Mono>,
    /// How often each member has changed the set without a cause I can see.
    makers: BTreeMap<MemberId, Bucket>,
}

impl Merging {
    pub(super) fn new() -> Merging {
        Merging {
            under_way: None,
            begun: Bucket::new(MERGE_EACH_MS, MERGE_BURST),
            same_side: None,
            share_due: false,
            met: None,
            makers: BTreeMap::new(),
        }
    }
}

/// How a handover came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Across, from the other half.
    Across,
    /// From somebody of my own side who met the other half.
    Share,
    /// As the key of a new generation.
    Rekey,
}

impl Inside {
    /// Something shows that others hold another set, stand on another topic, or live at another time.
    pub(crate) fn met_other_side<R: CryptoRng>(&mut self, hub: &mut Hub<R>, tag: SetTag) {
        if self.trial.is_some() || self.just_superseded(tag, hub.now) {
            return;
        }
        if self.merging.under_way.as_ref().is_some_and(|m| hub.now < m.until)
            || !self.merging.begun.take(hub.now.0)
        {
            return;
        }
        let asking = Asking::new(HelloKey::new(&mut hub.rng));
        let until = hub.now + APART_MS;
        let with = if tag == self.ring.current().tag() { SAME_SET } else { tag };
        self.merging.under_way = Some(Merge { asking, first: None, attempt: 0, with, until });
        let wait = hub.between(ACROSS_SPREAD_MS);
        hub.after(wait, Timer::Across);
    }

    /// I am on another topic now: whoever was on it is met there.
    pub(super) fn topic_moved(&mut self) {
        self.merging.under_way.take_if(|merge| merge.with == SAME_SET);
    }

    /// Whether a set that I moved on from was in use a moment ago: others may still be moving.
    fn just_superseded(&self, tag: SetTag, now: Mono) -> bool {
        self.ring.superseded(tag) && now.since(self.renewal.set_since) < SUPERSEDED_MS
    }

    /// Says hello across, unless somebody of my side just did.
    pub(crate) fn across_due<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let side_asks = self.merging.same_side.is_some_and(|at| hub.now.since(at) < SAME_SIDE_MS);
        let Some(mut merge) = self.merging.under_way.take() else { return };
        if knows_tag(&mut self.ring, merge.with) && merge.attempt > 0 {
            return;
        }
        if merge.attempt >= ACROSS_AT.len() {
            return;
        }
        let first = *merge.first.get_or_insert(hub.now);
        if side_asks && merge.attempt == 0 {
            merge.attempt = 1;
            hub.after(SAME_SIDE_WAIT_MS, Timer::Across);
            self.merging.under_way = Some(merge);
            return;
        }
        if merge.asking.key.spent(hub.now) {
            merge.asking = Asking::new(HelloKey::new(&mut hub.rng));
        }
        let at = Some((self.ring.current().tag(), hub.doors.topic_tag()));
        let generation = self.ring.current().generation();
        let proof = self.proof_of_invite(hub, merge.asking.key.public());
        send_hello(hub, &mut merge.asking, self.genesis, generation, self.log.head(), proof, at);
        merge.attempt += 1;
        // After the last one the key waits for answers until the time of this merge is over.
        let next = ACROSS_AT.get(merge.attempt).map_or(merge.until, |at| first + *at);
        let wait = next.since(hub.now).max(ACROSS_GAP_MS);
        hub.after(wait, Timer::Across);
        self.merging.under_way = Some(merge);
    }

    /// A welcome came while inside: from the other half, or from another welcomer while nobody has vouched for mine.
    pub(crate) fn on_welcome<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        opened: &Opened,
        hello: [u8; 32],
        sealed: &[u8],
    ) {
        let from = opened.payload.sender;
        if opened.payload.genesis != self.genesis {
            return;
        }
        let plain = self.open_answer(hub, opened, hello, sealed, Label::Welcome);
        let Some(handover) = plain.and_then(|p| Handover::decode(&p).ok()) else { return };
        if self.trial.is_some() {
            self.second_welcome(hub, &from, handover);
        } else {
            self.adopt(hub, &from, handover, Way::Across);
        }
        self.seek_rest(hub, &from, opened);
    }

    /// Opens the answer to a hello of mine.
    pub(super) fn open_answer<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        opened: &Opened,
        hello: [u8; 32],
        sealed: &[u8],
        label: Label,
    ) -> Option<zeroize::Zeroizing<Vec<u8>>> {
        let asking = match &mut self.trial {
            Some(trial) => &mut trial.asking,
            None => &mut self.merging.under_way.as_mut()?.asking,
        };
        open_welcome(hub, asking, opened, hello, sealed, label)
    }

    fn second_welcome<R: CryptoRng>(&mut self, hub: &mut Hub<R>, from: &MemberId, handover: Handover) {
        self.take_entries(hub, &handover.entries);
        self.weigh_foundings(hub, from, &handover.rows);
        if self.is_removed(from) {
            return;
        }
        self.take_salts(hub, &handover.salts);
        self.take_rows(hub, from, &handover.rows);
        let (known, now) = (Some(self.ring.current().generation()), hub.epoch());
        if handover.epoch > now.plus(EPOCHS_AHEAD) || handover.epoch < now.minus(HANDOVER_EPOCHS) {
            return;
        }
        let Ok(chains) =
            read_chains(&handover.chains, self.genesis, handover.generation, handover.epoch, known)
        else {
            return;
        };
        let Ok(mut set) = super::chains::KeySet::new(chains, handover.epoch) else { return };
        set.advance(now);
        let mine = self.ring.current_mut();
        if set.hash() == mine.hash() && !set.differs(mine, now) {
            return;
        }
        let tag = set.tag();
        if let Some(trial) = &mut self.trial {
            trial.add(set, now);
        }
        self.retry_waiting(hub, tag);
    }

    /// Takes over what a handover holds, as far as it may: the log always, keys only from those who are not removed.
    pub(crate) fn adopt<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        from: &MemberId,
        handover: Handover,
        way: Way,
    ) {
        self.take_entries(hub, &handover.entries);
        if self.is_removed(from) || self.is_removed(&hub.id) {
            return;
        }
        let known = self.ring.current().generation();
        let Ok(chains) =
            read_chains(&handover.chains, self.genesis, handover.generation, handover.epoch, Some(known))
        else {
            return;
        };
        if chains.iter().any(|(c, _)| self.is_removed(&c.note.author) && c.note.generation > known) {
            return;
        }
        // Time first: keys only move forward, so whoever is behind steps up, or stays apart and says so.
        let ahead = handover.epoch > hub.epoch().plus(EPOCHS_AHEAD);
        if way != Way::Rekey || ahead {
            match hub.clock.step_to(hub.now, handover.room, handover.steps_ms) {
                Ok(0) => {}
                Ok(_) => self.upkeep(hub),
                Err(off) => {
                    if ahead {
                        hub.event(Event::Apart { by_ms: off.by_ms });
                        return;
                    }
                }
            }
        }
        if handover.epoch > hub.epoch().plus(EPOCHS_AHEAD)
            || handover.epoch < hub.epoch().minus(HANDOVER_EPOCHS)
        {
            return;
        }
        self.take_salts(hub, &handover.salts);
        let strangers =
            chains.iter().any(|(c, _)| c.note.author != hub.id && !self.roster.knows(&c.note.author));
        if strangers && self.is_shut() {
            return;
        }
        if way != Way::Rekey {
            self.sides_met(hub.now);
        }
        self.take_rows(hub, from, &handover.rows);
        let now = hub.epoch();
        if handover.generation < known {
            if way == Way::Across {
                self.share_soon(hub);
            }
            return;
        }
        if handover.generation > known {
            if way != Way::Across && !self.has_cause(&chains) && !self.may_make(hub.now, from) {
                return;
            }
            if strangers && way != Way::Share {
                self.renewal.foreign = Some(self.renewal.foreign.unwrap_or(0).max(handover.generation));
                self.consider_rekey(hub);
                self.share_soon(hub);
                return;
            }
            let Ok(mut set) = super::chains::KeySet::new(chains, handover.epoch) else { return };
            set.advance(now);
            if set.epochs().next().is_none() {
                return;
            }
            self.move_to(hub, set, way != Way::Rekey);
            if way == Way::Across {
                self.share_soon(hub);
            }
            return;
        }
        let mine = self.ring.current_mut();
        mine.key(handover.epoch.max(now), now);
        if mine.contradicts(&chains, handover.epoch) && way != Way::Rekey {
            if way == Way::Share && !self.may_make(hub.now, from) {
                return;
            }
            self.renewal.conflict = true;
            hub.event(Event::Conflict { by: Some(*from) });
            self.consider_rekey(hub);
            return;
        }
        let caused = way == Way::Across || self.has_cause(&chains);
        if let Some(union) = self.ring.current_mut().with(chains, handover.epoch, now) {
            if !caused && !self.may_make(hub.now, from) {
                return;
            }
            self.move_to(hub, union, way != Way::Rekey);
            if way == Way::Across {
                self.share_soon(hub);
            }
        }
    }

    /// Whether a new generation answers something that the current set does not.
    fn has_cause(&self, chains: &[(super::chains::Chain, crate::base::secret::Secret<32>)]) -> bool {
        let set = self.ring.current();
        chains.iter().flat_map(|(c, _)| &c.note.causes).any(|cause| {
            let entry = EntryId(*cause);
            self.log.has(&entry)
                && set.chains().iter().any(|c| self.log.seen_by(&c.note.heads, &entry) != Some(true))
        })
    }

    /// A generation, or chains beside those of mine, without a cause that I can see are taken all the same (my view may be
    /// the older one), but not one after the other for ever.
    fn may_make(&mut self, now: Mono, maker: &MemberId) -> bool {
        let fresh = || Bucket::new(CAUSELESS_EACH_MS, CAUSELESS_BURST);
        if self.merging.makers.len() >= KNOWN_MEMBERS {
            self.merging.makers.clear();
        }
        self.merging.makers.entry(*maker).or_insert_with(fresh).take(now.0)
    }

    /// Moves on to another set. Frames under the old one are still opened for two epochs.
    pub(crate) fn move_to<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        set: super::chains::KeySet,
        merged: bool,
    ) {
        let tag = set.tag();
        let until = hub.now + 2 * EPOCH_MS;
        if set.generation() > self.ring.current().generation() {
            // A union still holds what the leavers hold; only a new generation does not.
            self.renewal.gone.clear();
        }
        self.ring.replace(set, until);
        self.hand.count_down(hub.now);
        let wait = hub.between(FRESH_KEY_MS);
        hub.unless_set(wait, Timer::FreshKey);
        self.renewal.set_since = hub.now;
        self.renewal.conflict = false;
        if self.renewal.foreign.is_some_and(|g| g <= self.ring.current().generation()) {
            self.renewal.foreign = None;
        }
        if let Some(trial) = &mut self.trial {
            trial.heard.clear();
        }
        let current = self.ring.current();
        let (generation, chains) = (current.generation(), current.chains().len());
        let epoch = hub.epoch();
        hub.event(Event::Keys { generation, chains, epoch, merged });
        self.say_again_who_i_am();
        let soon = hub.between(MOVED_BEAT_MS);
        hub.within(soon, Timer::Beat);
        self.beacon_now(hub);
        self.retry_waiting(hub, tag);
        self.consider_rekey(hub);
        hub.within(0, Timer::Queue);
        self.judge(hub);
    }

    /// Puts the union before those of my own side who have not got it yet.
    pub(crate) fn share_soon<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        self.merging.share_due = true;
        let wait = hub.between(SHARE_SPREAD_MS);
        hub.within(wait, Timer::Reseal);
    }

    pub(crate) fn share<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if !std::mem::take(&mut self.merging.share_due) {
            return;
        }
        let current = self.ring.current().hash();
        let behind: Vec<MemberId> = self
            .roster
            .present()
            .filter(|(id, m)| m.set != Some(current) && !self.is_removed(id))
            .map(|(id, _)| *id)
            .collect();
        self.hand_to(hub, &behind, Label::Share);
    }

    /// Lobby frames that hand keys over: who may open them is in them.
    pub(crate) fn on_handed<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        opened: &Opened,
        sealed: &crate::wire::payload::Sealed,
        label: Label,
    ) {
        let from = opened.payload.sender;
        // Keys are taken from those who are here: whoever was removed may still know where to seal to.
        if self.is_removed(&from) || self.roster.get(&from).is_none_or(|m| m.left) {
            return;
        }
        let Some(plain) = self.unwrap_sealed(hub, &from, sealed, label) else { return };
        let Ok(handover) = Handover::decode(&plain) else { return };
        let way = if label == Label::Rekey { Way::Rekey } else { Way::Share };
        self.adopt(hub, &from, handover, way);
        self.seek_rest(hub, &from, opened);
    }

    /// Asks for what of the log a handover had no room for: a ban that lacks keeps me from the room's topic.
    fn seek_rest<R: CryptoRng>(&mut self, hub: &mut Hub<R>, from: &MemberId, opened: &Opened) {
        if opened.payload.log_head != self.log.head() && !self.is_removed(from) {
            self.seek_log(hub, from);
        }
    }
}

/// Whether a tag is one of mine, in use or still opened.
fn knows_tag(ring: &mut Keyring, tag: SetTag) -> bool {
    ring.tagged(tag).next().is_some()
}
