//! Who may do what: what the log of rights says, ready to be asked.
//!
//! Every founding rules those who came in under it and nobody else. So offices and removals are kept by founding, and
//! settings, mutes and the like are those of the foundings that the reader looks from: forging one changes nothing here.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::id::{EntryId, InviteId, MemberId, MsgId};
use crate::base::time::Unix;
use crate::wire::log::{Act, Policy, Then};

/// How far somebody's word reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Rank {
    /// Anybody who is in the room.
    #[default]
    Member,
    /// Appointed by the owner: removes, mutes, admits, invites, sets the topic.
    Admin,
    /// The founder, or whoever the founder handed over to.
    Owner,
}

/// One founding and those who hold office under it.
#[derive(Clone, Debug)]
pub struct Domain {
    /// Who founded it.
    pub founder: MemberId,
    /// Who owns it now.
    pub owner: MemberId,
    /// Its admins.
    pub admins: BTreeSet<MemberId>,
    /// The key whose signature makes a new owner.
    pub reclaim: [u8; 32],
    /// The founding it yielded to.
    pub yielded: Option<EntryId>,
    pub(crate) offered: BTreeMap<EntryId, MemberId>,
}

impl Domain {
    /// The offer of this room that waits for somebody's word.
    pub fn offer_to(&self, who: &MemberId) -> Option<EntryId> {
        self.offered.iter().find(|(_, to)| *to == who).map(|(offer, _)| *offer)
    }

    pub(crate) fn rank(&self, who: &MemberId) -> Rank {
        if self.owner == *who {
            Rank::Owner
        } else if self.admins.contains(who) {
            Rank::Admin
        } else {
            Rank::Member
        }
    }
}

/// A kick or a ban that stands.
#[derive(Clone, Debug)]
pub struct Removal {
    /// The entry.
    pub entry: EntryId,
    /// Who is removed.
    pub target: MemberId,
    /// Who removed them.
    pub by: MemberId,
    /// The foundings under which it holds.
    pub domains: BTreeSet<EntryId>,
    /// A ban (with its end, if it has one) rather than a kick.
    pub ban: Option<Option<Unix>>,
    /// What the ban asks of newcomers from then on.
    pub then: Then,
    /// The fingerprint of the salt a ban brings.
    pub salt_hash: Option<[u8; 16]>,
    /// The reason given.
    pub why: String,
}

impl Removal {
    /// Whether it is a ban whose end has come by this room time.
    fn is_over(&self, at: Unix) -> bool {
        self.ban.flatten().is_some_and(|until| until <= at)
    }
}

/// An invite as the log knows it.
#[derive(Clone, Debug)]
pub struct InviteState {
    /// The public key whose signature proves that a newcomer holds the invite.
    pub key: [u8; 32],
    /// How many may come in with it.
    pub uses: u64,
    /// Until when.
    pub until: Unix,
    /// Taken back.
    pub revoked: bool,
}

/// What the settings say of how fast people may speak.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Paced {
    /// From when on, as the entry says that wrote it.
    pub(crate) at: Unix,
    /// Messages a second.
    pub(crate) rate: Option<u64>,
    /// Seconds between two messages of whoever holds no office.
    pub(crate) slow_s: Option<u64>,
}

/// The last word on whether a message is kept beyond its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Whose word it is.
    pub by: MemberId,
    /// The author of the message and the number they gave it; `None` where it is kept no longer.
    pub of: Option<(MemberId, u64)>,
}

/// Everything the log says, folded. Foundings and removals are the same for everybody who holds the same entries; the rest
/// is what the foundings say that the reader looks from (all of them, until told which).
#[derive(Clone, Debug, Default)]
pub struct Rights {
    /// Every founding that the log holds.
    pub domains: BTreeMap<EntryId, Domain>,
    /// Removals in force, by target; more than one may stand against the same person.
    pub removals: BTreeMap<MemberId, Vec<Removal>>,
    /// Who may not speak, and until when.
    pub muted: BTreeMap<MemberId, Unix>,
    /// Who was told to speak: newcomers among them need not wait.
    pub voiced: BTreeSet<MemberId>,
    /// Keys let in through a knock or past a ban.
    pub admitted: BTreeSet<MemberId>,
    /// Keys turned away.
    pub denied: BTreeSet<MemberId>,
    /// Invites.
    pub invites: BTreeMap<InviteId, InviteState>,
    /// The settings, each as last written.
    pub policy: Policy,
    /// What they said of the pace, in their order.
    pub(crate) paced: Vec<Paced>,
    /// Entries that ask for a fresh key.
    pub rotations: Vec<EntryId>,
    /// The entry that closed the room.
    pub closed: Option<EntryId>,
    /// Messages that were pinned or unpinned, by the last word on each.
    pub kept: BTreeMap<MsgId, Word>,
    /// The foundings looked from, with all that they yielded to; `None` for all.
    pub(crate) home: Option<BTreeSet<EntryId>>,
}

impl Rights {
    /// Where a founding's rights are found today, after every yield.
    pub fn resolve(&self, founding: &EntryId) -> EntryId {
        self.path(founding).last().copied().unwrap_or(*founding)
    }

    /// A founding and those it came under, one after the other. Yields make no rings, and the bound holds if they did.
    pub(crate) fn path(&self, founding: &EntryId) -> Vec<EntryId> {
        let next = |at: &EntryId| self.domains.get(at)?.yielded.filter(|to| self.domains.contains_key(to));
        std::iter::successors(Some(*founding), next).take(self.domains.len().max(1)).collect()
    }

    /// The foundings that rule whoever came in under these: each with its path. Empty where none of them is known.
    pub(crate) fn over_those_under(&self, under: &[[u8; 8]]) -> BTreeSet<EntryId> {
        let known = self.domains.keys().filter(|id| under.iter().any(|u| id.0.starts_with(u)));
        known.flat_map(|id| self.path(id)).collect()
    }

    /// Whether a founding is one of those looked from.
    pub(crate) fn is_home(&self, founding: &EntryId) -> bool {
        self.home.as_ref().is_none_or(|home| home.contains(founding))
    }

    /// The highest rank somebody holds under the foundings looked from.
    pub fn rank(&self, who: &MemberId) -> Rank {
        self.powers(who).values().copied().max().unwrap_or_default()
    }

    /// The rank somebody holds under each founding looked from that has not yielded; plain members are left out.
    pub fn powers(&self, who: &MemberId) -> BTreeMap<EntryId, Rank> {
        self.offices(who).into_iter().filter(|(id, _)| self.is_home(id)).collect()
    }

    /// The same under every founding: what entries are judged by. Whoever stands removed under a founding acts for it no more.
    pub(crate) fn offices(&self, who: &MemberId) -> BTreeMap<EntryId, Rank> {
        let live = self.domains.iter().filter(|(_, d)| d.yielded.is_none());
        let ranks = live.map(|(id, d)| (*id, d.rank(who)));
        ranks.filter(|(id, rank)| *rank > Rank::Member && !self.is_out(who, id)).collect()
    }

    /// Whether somebody stands removed under this very founding.
    pub(crate) fn is_out(&self, who: &MemberId, founding: &EntryId) -> bool {
        self.removals.get(who).is_some_and(|all| all.iter().any(|r| r.domains.contains(founding)))
    }

    /// Whether an act of this time for somebody meets a removal under this founding: a ban that was over by then is none.
    /// Its author states the time; who may act for somebody may lift their ban too, so a false one gains nothing.
    pub(crate) fn is_out_at(&self, who: &MemberId, founding: &EntryId, at: Unix) -> bool {
        let all = self.removals.get(who);
        all.is_some_and(|all| all.iter().any(|r| r.domains.contains(founding) && !r.is_over(at)))
    }

    /// Drops the bans that were over when somebody was given an office under these foundings.
    pub(crate) fn lapse(&mut self, who: &MemberId, under: &[EntryId], at: Unix) {
        let Some(all) = self.removals.get_mut(who) else { return };
        for removal in all.iter_mut().filter(|r| r.is_over(at)) {
            removal.domains.retain(|d| !under.contains(d));
        }
        all.retain(|r| !r.domains.is_empty());
        if all.is_empty() {
            self.removals.remove(who);
        }
    }

    /// The foundings under which `actor` ranks above `target`, and those under which they are equals in office.
    pub fn reach(&self, actor: &MemberId, target: &MemberId) -> (BTreeSet<EntryId>, BTreeSet<EntryId>) {
        let (mut over, mut level) = self.reach_anywhere(actor, target);
        over.retain(|id| self.is_home(id));
        level.retain(|id| self.is_home(id));
        (over, level)
    }

    pub(crate) fn reach_anywhere(
        &self,
        actor: &MemberId,
        target: &MemberId,
    ) -> (BTreeSet<EntryId>, BTreeSet<EntryId>) {
        let mut over = BTreeSet::new();
        let mut level = BTreeSet::new();
        for (id, rank) in self.offices(actor) {
            let theirs = self.domains.get(&id).map(|d| d.rank(target)).unwrap_or_default();
            if rank > theirs {
                over.insert(id);
            } else if rank == theirs && actor != target {
                level.insert(id);
            }
        }
        (over, level)
    }

    /// The removal in force against somebody who came in under these foundings (none known: what holds where I look from
    /// reaches them).
    ///
    /// It holds where it was spoken and below: a founding that yields comes under the removals of the other, but does not
    /// bring its own along, or else whoever forges one could remove everybody under it and yield.
    ///
    /// A ban with an end is over at that room time; whoever was banned may ask to come in again.
    pub fn removal(&self, who: &MemberId, under: &[[u8; 8]], now: Unix) -> Option<&Removal> {
        let all = self.removals.get(who)?;
        let over = self.over_those_under(under);
        all.iter().filter(|r| !r.is_over(now)).find(|r| {
            // Of somebody whose foundings are not known only what concerns me counts: or else whoever forges a founding
            // could keep out anybody who is about to come in.
            let home = || self.home.as_ref().is_none_or(|home| !r.domains.is_disjoint(home));
            if over.is_empty() { home() } else { !r.domains.is_disjoint(&over) }
        })
    }

    /// Whether a mute holds at this room time.
    pub fn is_muted(&self, who: &MemberId, now: Unix) -> bool {
        self.muted.get(who).is_some_and(|until| now < *until)
    }

    /// How long somebody has to read before they speak, counted from when they came in.
    pub fn quiet_ms(&self, who: &MemberId) -> u64 {
        let exempt =
            self.rank(who) > Rank::Member || self.admitted.contains(who) || self.voiced.contains(who);
        if exempt { 0 } else { self.policy.quiet_s.unwrap_or(0).saturating_mul(1_000) }
    }

    /// Whether newcomers are turned away, by policy or by a ban that locked the room.
    pub fn locked(&self) -> bool {
        self.policy.lock.unwrap_or(false)
    }

    /// Whether newcomers need an admin's word.
    pub fn knocking(&self) -> bool {
        self.policy.knock.unwrap_or(false)
    }
}

/// The target of an entry that removes somebody, and the highest number of theirs that the author says to know. That
/// number is for people: nothing is decided by it.
pub(crate) fn removes(act: &Act) -> Option<(MemberId, u64)> {
    match act {
        Act::Kick { target, last_seq, .. } | Act::Ban { target, last_seq, .. } => Some((*target, *last_seq)),
        _ => None,
    }
}
