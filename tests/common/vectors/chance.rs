//! Logs that nobody thought up: people act at random on what they happen to have seen, so that rules meet which no case
//! puts together. `cargo run --release --example vectors -- --logs COUNT` prints as many as one likes for a second
//! implementation to be held against.

use std::collections::{BTreeMap, BTreeSet};

use ephem_node::base::id::{EntryId, Genesis, InviteId, MsgId};
use ephem_node::base::time::Unix;
use ephem_node::crypto::root::Kind;
use ephem_node::room::log::Log;
use ephem_node::wire::log::{Act, Entry, Policy, Then};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use serde_json::Value;

use super::dag::{Dag, accept, ban_with, grant, id, kick, leave_to, mute, offer, reclaim, topic};
use super::entries::id_of;
use super::keys::genesis;
use super::payloads::SENT;
use super::{ACTORS, Group, rng};

/// Random logs in the file.
pub const KEPT: usize = 12;
/// Refused entries that stay in the input all the same, one in so many.
const REFUSED_STAY: usize = 12;

pub fn group(count: usize) -> Group {
    let mut g = Group::new("log chance", "section 6.3: logs drawn at random, each seen from somewhere");
    for n in 0..count {
        g.good(&format!("Random log {n}"), "log", drawn(n));
    }
    g
}

/// The input of the n-th random log.
fn drawn(n: usize) -> Value {
    let mut play = Play {
        dag: Dag::empty(1, Genesis(genesis())),
        log: Log::new(Genesis(genesis()), Kind::Passphrase),
        rng: rng(&format!("random log {n}")),
        past: BTreeMap::new(),
        foundings: Vec::new(),
        offers: Vec::new(),
    };
    for who in ACTORS.into_iter().take(1 + play.below(3)) {
        let root = play.dag.root(who);
        play.keep(root, BTreeSet::new());
        play.foundings.push(root);
    }
    for _ in 0..10 + play.below(22) {
        play.act();
    }
    play.seen()
}

struct Play {
    dag: Dag,
    log: Log,
    rng: ChaCha20Rng,
    past: BTreeMap<EntryId, BTreeSet<EntryId>>,
    foundings: Vec<EntryId>,
    offers: Vec<EntryId>,
}

impl Play {
    fn below(&mut self, n: usize) -> usize {
        self.rng.next_u32() as usize % n
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn keep(&mut self, id: EntryId, past: BTreeSet<EntryId>) {
        let raw = self.dag.raws.last().unwrap();
        assert_eq!(id_of(raw), id);
        self.log.insert(raw).unwrap();
        self.past.insert(id, past);
    }

    /// Tries until somebody does something that the log takes, or for long enough.
    fn act(&mut self) {
        for _ in 0..40 {
            let parents = self.parents();
            let mut past: BTreeSet<EntryId> = parents.iter().flat_map(|p| &self.past[p]).copied().collect();
            past.extend(&parents);
            let who = ACTORS[self.below(6)];
            let act = self.any_act(who);
            let own = past.iter().filter_map(|e| self.log.get(e)).filter(|e| e.author == id(who));
            let seq = own.map(|e: &Entry| e.seq).max().unwrap_or(0) + 1;
            let offers = matches!(act, Act::Transfer { leaving: false, .. });
            let done = self.dag.put_as(who, seq, &parents, act);
            let again = self.past.contains_key(&done);
            if !again && self.log.insert(self.dag.raws.last().unwrap()).is_ok() {
                self.past.insert(done, past);
                self.offers.extend(offers.then_some(done));
                return;
            }
            if again || self.below(REFUSED_STAY) > 0 {
                self.dag.raws.pop();
            }
        }
    }

    /// One to three entries to build on, late ones more often: sorted, no two alike.
    fn parents(&mut self) -> Vec<EntryId> {
        let all: Vec<EntryId> = self.log.raws().map(|(id, _)| *id).collect();
        let heads: Vec<EntryId> = self.log.heads().iter().copied().collect();
        let mut parents = BTreeSet::new();
        for _ in 0..1 + self.below(3) {
            let late = &all[all.len().saturating_sub(6)..];
            let from = [heads.as_slice(), late, all.as_slice()];
            let from = self.pick(&from);
            parents.insert(self.pick(from));
        }
        parents.into_iter().collect()
    }

    fn any_act(&mut self, who: &str) -> Act {
        let other = ACTORS[self.below(7)];
        let salt = self.below(3) as u8;
        let until = Some(Unix(SENT + self.below(3) as u64)).filter(|at| at.0 > SENT);
        let then = self.pick(&[Then::Nothing, Then::Nothing, Then::Lock, Then::Knock]);
        let invite = InviteId([self.below(2) as u8; 16]);
        match self.below(26) {
            0..=5 => grant(other),
            6 => Act::Revoke { target: id(other) },
            7..=10 => kick(other, 0),
            11 | 12 => ban_with(other, 0, then, until, [salt; 16]),
            13 => Act::Unban { target: id(other) },
            14 => mute(other),
            15 => match salt {
                0 => Act::Unmute { target: id(other) },
                1 => Act::Pin { message: MsgId([invite.0[0]; 8]), author: id(other), n: 1 },
                _ => Act::Unpin { message: MsgId([invite.0[0]; 8]) },
            },
            16 => Act::Admit { target: id(other) },
            17 => Act::Deny { target: id(other) },
            18 => Act::Invite { id: invite, key: [salt; 32], uses: salt.into(), until: Unix(SENT) },
            19 => Act::InviteRevoke { id: invite },
            20 => match salt {
                0 => topic(other),
                1 => Act::Policy(Policy { max: Some(self.below(9) as u64), ..Policy::default() }),
                _ => Act::Rotate,
            },
            21 => {
                let tokens = [ACTORS[0], ACTORS[1], ACTORS[2], who];
                let (by, next) = (self.pick(&tokens), self.pick(&tokens));
                reclaim(who, by, next)
            }
            22 => match self.below(3) {
                0 => leave_to(other),
                _ => offer(other),
            },
            23 | 24 if !self.offers.is_empty() => {
                let offers = self.offers.clone();
                accept(self.pick(&offers))
            }
            25 if self.below(3) == 0 => Act::Close,
            _ => {
                let foundings = self.foundings.clone();
                Act::Yield { to: self.pick(&foundings) }
            }
        }
    }

    fn some_foundings(&mut self) -> Vec<EntryId> {
        let mut known = self.foundings.clone();
        known.push(EntryId([9; 32]));
        (0..self.below(3)).map(|_| self.pick(&known)).collect()
    }

    fn seen(mut self) -> Value {
        let under = self.some_foundings();
        let now = SENT + self.below(3) as u64;
        let people: Vec<(&str, Vec<EntryId>)> =
            ACTORS.into_iter().map(|who| (who, self.some_foundings())).collect();
        let people: Vec<(&str, &[EntryId])> = people.iter().map(|(who, of)| (*who, of.as_slice())).collect();
        self.dag.seen(&under, now, &people)
    }
}
