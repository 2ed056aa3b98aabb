//! The time between being welcomed and being vouched for: what several welcomers say is held side by side, and whichever
//! set more members turn out to use is the room.

use std::collections::{BTreeMap, BTreeSet};

use rand_core::CryptoRng;

use super::chains::{KeySet, Keyring};
use super::entry::{next_hello, send_hello};
use super::envelope::{Admitted, Opened};
use super::handkeys::HelloKey;
use super::hub::Hub;
use super::inside::Inside;
use super::io::Timer;
use crate::base::id::MemberId;
use crate::base::limits::{HELLOS_REMEMBERED, RIVALS, WELCOMERS, WITNESSES};
use crate::base::time::{Epoch, Mono};

/// Hellos sent with one key, so that the answers find it.
pub(crate) struct Asking {
    pub(crate) key: HelloKey,
    pub(crate) hellos: BTreeMap<[u8; 32], Mono>,
    pub(crate) attempt: usize,
    pub(crate) last: Option<Mono>,
}

impl Asking {
    pub(crate) fn new(key: HelloKey) -> Asking {
        Asking { key, hellos: BTreeMap::new(), attempt: 0, last: None }
    }

    pub(crate) fn sent(&mut self, hash: [u8; 32], now: Mono) {
        if self.hellos.len() >= HELLOS_REMEMBERED {
            let oldest = self.hellos.iter().min_by_key(|(h, at)| (**at, **h)).map(|(h, _)| *h);
            oldest.map(|h| self.hellos.remove(&h));
        }
        self.hellos.insert(hash, now);
        self.last = Some(now);
        self.attempt += 1;
    }
}

struct Rival {
    set: KeySet,
    heard: BTreeSet<MemberId>,
}

/// A member whom nobody has vouched for yet.
pub(crate) struct Trial {
    pub(crate) asking: Asking,
    /// When the first welcome was opened.
    pub(crate) since: Mono,
    /// When a frame came that passed the gate and that none of my keys opens: somebody uses other ones.
    pub(crate) stranger: Option<Mono>,
    /// Members heard under the set in use.
    pub(crate) heard: BTreeSet<MemberId>,
    rivals: Vec<Rival>,
    better: Option<usize>,
    /// The foundings that each welcomer says they are under.
    words: BTreeMap<MemberId, Vec<[u8; 8]>>,
}

impl Trial {
    pub(crate) fn new(asking: Asking, now: Mono) -> Trial {
        Trial {
            asking,
            since: now,
            stranger: None,
            heard: BTreeSet::new(),
            rivals: Vec::new(),
            better: None,
            words: BTreeMap::new(),
        }
    }

    /// Notes under which foundings a welcomer says they are. Gives those that more welcomers name than name `mine`, and two
    /// at least: one alone may have forged theirs.
    pub(crate) fn told(
        &mut self,
        by: MemberId,
        foundings: &[[u8; 8]],
        mine: &[[u8; 8]],
    ) -> Option<Vec<[u8; 8]>> {
        if self.words.len() < WELCOMERS || self.words.contains_key(&by) {
            self.words.insert(by, foundings.to_vec());
        }
        let named = |wanted: &[[u8; 8]]| self.words.values().filter(|w| w.as_slice() == wanted).count();
        let most = self.words.values().max_by_key(|w| (named(w), *w))?;
        (named(most) >= WITNESSES && named(most) > named(mine)).then(|| most.clone())
    }

    /// Holds another welcomer's set beside the one in use, unless it is there already.
    pub(crate) fn add(&mut self, mut set: KeySet, now: Epoch) {
        let known =
            self.rivals.iter_mut().any(|r| r.set.hash() == set.hash() && !r.set.differs(&mut set, now));
        if !known && self.rivals.len() < RIVALS {
            self.rivals.push(Rival { set, heard: BTreeSet::new() });
        }
    }

    /// Whether anybody was heard under another set.
    pub(crate) fn has_rivals(&self) -> bool {
        self.rivals.iter().any(|rival| !rival.heard.is_empty())
    }

    /// Counts somebody whose signature was checked as using a rival set.
    pub(crate) fn heard_under(&mut self, i: usize, sender: MemberId) {
        if let Some(rival) = self.rivals.get_mut(i) {
            rival.heard.insert(sender);
            if rival.heard.len() > self.heard.len() && rival.heard.len() >= WITNESSES {
                self.better = Some(i);
            }
        }
    }

    /// Tries the other sets; gives which one opened the frame.
    pub(crate) fn open(
        &mut self,
        frame: &Admitted<'_>,
        epoch: Epoch,
        now: Epoch,
    ) -> Option<(Opened, usize, u64)> {
        for (i, rival) in self.rivals.iter_mut().enumerate() {
            if rival.set.tag() != frame.header.set_tag {
                continue;
            }
            let generation = rival.set.generation();
            let Some(key) = rival.set.key(epoch, now) else { continue };
            if let Ok(opened) = frame.open(&key.frame) {
                return Some((opened, i, generation));
            }
        }
        None
    }

    /// Puts a set that more members use in the place of the one in use, which stays as a rival. True if it did.
    pub(crate) fn prefer_better(&mut self, ring: &mut Keyring) -> bool {
        let Some(rival) = self.better.take().and_then(|i| self.rivals.get_mut(i)) else { return false };
        ring.swap_current(&mut rival.set);
        std::mem::swap(&mut rival.heard, &mut self.heard);
        true
    }

    /// Steps that the sets held beside have taken.
    pub(crate) fn steps(&self) -> u64 {
        self.rivals.iter().map(|rival| rival.set.steps()).sum()
    }

    /// Steps and wipes.
    pub(crate) fn advance(&mut self, epoch: Epoch) {
        for rival in &mut self.rivals {
            rival.set.advance(epoch);
        }
    }
}

impl Inside {
    /// While nobody has vouched for me I go on asking, so that one liar cannot be all I hear.
    pub(super) fn hello_again<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let Some(mut trial) = self.trial.take() else { return };
        if trial.asking.key.spent(hub.now) {
            trial.asking = Asking::new(HelloKey::new(&mut hub.rng));
        }
        let proof = self.proof_of_invite(hub, trial.asking.key.public());
        let (genesis, head) = (self.genesis, self.log.head());
        send_hello(hub, &mut trial.asking, genesis, 0, head, proof, None);
        let wait = next_hello(hub, trial.since);
        hub.after(wait, Timer::Hello);
        self.trial = Some(trial);
    }
}
