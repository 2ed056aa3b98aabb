//! The fold: who may do what, computed from a set of signed entries.
//!
//! The result depends on the set alone, never on the order in which entries came in: two nodes that hold the same entries
//! hold the same rights. Entries are taken in the order (depth, rank of the author at its parents, id); removal is strong.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::log::{Log, Node};
use crate::base::id::{EntryId, InviteId, MemberId};
use crate::base::limits::BACKDATED_REMOVALS;
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
    offered: BTreeMap<EntryId, MemberId>,
}

impl Domain {
    fn rank(&self, who: &MemberId) -> Rank {
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

/// Everything the log says, folded.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    /// Every founding that the log holds.
    pub domains: BTreeMap<EntryId, Domain>,
    /// Removals in force, by target; more than one may stand against the same person.
    pub removals: BTreeMap<MemberId, Vec<Removal>>,
    /// Who may not speak, and until when.
    pub muted: BTreeMap<MemberId, Unix>,
    /// Keys let in through a knock or past a ban.
    pub admitted: BTreeSet<MemberId>,
    /// Keys turned away.
    pub denied: BTreeSet<MemberId>,
    /// Invites.
    pub invites: BTreeMap<InviteId, InviteState>,
    /// The settings, each as last written.
    pub policy: Policy,
    /// Entries that ask for a fresh key.
    pub rotations: Vec<EntryId>,
    /// The entry that closed the room.
    pub closed: Option<EntryId>,
}

impl Rights {
    /// Where a founding's rights are found today, after every yield.
    pub fn resolve(&self, founding: &EntryId) -> EntryId {
        let mut at = *founding;
        for _ in 0..self.domains.len() {
            match self.domains.get(&at).and_then(|d| d.yielded) {
                Some(next) if self.domains.contains_key(&next) => at = next,
                _ => break,
            }
        }
        at
    }

    /// The highest rank somebody holds anywhere.
    pub fn rank(&self, who: &MemberId) -> Rank {
        self.powers(who).values().copied().max().unwrap_or_default()
    }

    /// The rank somebody holds under each founding that has not yielded; plain members are left out.
    pub fn powers(&self, who: &MemberId) -> BTreeMap<EntryId, Rank> {
        let live = self.domains.iter().filter(|(_, d)| d.yielded.is_none());
        live.map(|(id, d)| (*id, d.rank(who))).filter(|(_, r)| *r > Rank::Member).collect()
    }

    /// The foundings under which `actor` ranks above `target`, and those under which they are equals in office.
    pub fn reach(&self, actor: &MemberId, target: &MemberId) -> (BTreeSet<EntryId>, BTreeSet<EntryId>) {
        let mut over = BTreeSet::new();
        let mut level = BTreeSet::new();
        for (id, rank) in self.powers(actor) {
            let theirs = self.domains.get(&id).map(|d| d.rank(target)).unwrap_or_default();
            if rank > theirs {
                over.insert(id);
            } else if rank == theirs && actor != target {
                level.insert(id);
            }
        }
        (over, level)
    }

    /// The removal in force against somebody who came in under these foundings (none known: any founding reaches them).
    pub fn removal(&self, who: &MemberId, under: &[[u8; 8]]) -> Option<&Removal> {
        self.removals.get(who)?.iter().find(|r| self.applies(r, under))
    }

    fn applies(&self, removal: &Removal, under: &[[u8; 8]]) -> bool {
        let known: Vec<EntryId> = self
            .domains
            .keys()
            .filter(|id| under.iter().any(|u| id.0.starts_with(u)))
            .map(|id| self.resolve(id))
            .collect();
        known.is_empty() || removal.domains.iter().any(|d| known.contains(&self.resolve(d)))
    }

    /// Whether a mute holds at this room time.
    pub fn is_muted(&self, who: &MemberId, now: Unix) -> bool {
        self.muted.get(who).is_some_and(|until| now < *until)
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

/// Folds the entries that `within` names (by index) into rights.
pub(crate) fn fold(log: &Log, within: &dyn Fn(usize) -> bool) -> Rights {
    let mut nodes: Vec<&Node> = log.nodes().filter(|n| within(n.index)).collect();
    nodes.sort_by_key(|n| (n.depth, Reverse(n.rank), n.id));
    let standing = standing_removals(&nodes);
    let mut rights = Rights::default();
    for node in &nodes {
        apply(&mut rights, node, &standing);
    }
    for (node, domains) in &standing {
        if lifted(&nodes, node, domains, &standing) {
            continue;
        }
        if let Some(removal) = removal_of(node, domains.clone()) {
            rights.removals.entry(removal.target).or_default().push(removal);
        }
    }
    rights
}

/// The target of an entry that removes somebody, and the last sequence number of theirs that the author had seen.
pub(crate) fn removes(act: &Act) -> Option<(MemberId, u64)> {
    match act {
        Act::Kick { target, last_seq, .. } | Act::Ban { target, last_seq, .. } => Some((*target, *last_seq)),
        _ => None,
    }
}

type Standing<'a> = Vec<(&'a Node, BTreeSet<EntryId>)>;

/// Removals that hold whatever else happened beside them: those whose author outranked the target at the entry's own past,
/// equals who removed each other, and, of what an author wrote beside their own removal, the first few only.
fn standing_removals<'a>(nodes: &[&'a Node]) -> Standing<'a> {
    let all: Vec<(&Node, MemberId)> =
        nodes.iter().filter_map(|n| removes(&n.entry.act).map(|(target, _)| (*n, target))).collect();
    let mut claimed: Standing<'a> = Vec::new();
    for (node, target) in &all {
        let mut domains = node.over.clone();
        for domain in &node.level {
            let answered = all.iter().any(|(other, aim)| {
                other.entry.author == *target
                    && *aim == node.entry.author
                    && (other.level.contains(domain) || other.over.contains(domain))
                    && concurrent(node, other)
            });
            if answered {
                domains.insert(*domain);
            }
        }
        if !domains.is_empty() {
            claimed.push((*node, domains));
        }
    }
    let capped: Vec<bool> = claimed.iter().map(|(node, domains)| over_cap(node, domains, &claimed)).collect();
    claimed.into_iter().zip(capped).filter(|(_, over)| !over).map(|(kept, _)| kept).collect()
}

fn concurrent(a: &Node, b: &Node) -> bool {
    a.index != b.index && !a.past.has(b.index) && !b.past.has(a.index)
}

/// Whether this removal is one too many among those its author wrote beside their own removal.
fn over_cap(node: &Node, domains: &BTreeSet<EntryId>, claimed: &Standing<'_>) -> bool {
    let author = node.entry.author;
    let against = claimed.iter().filter(|(k, d)| {
        removes(&k.entry.act).is_some_and(|(target, _)| target == author)
            && !d.is_disjoint(domains)
            && !node.past.has(k.index)
    });
    let Some(seen) = against.filter_map(|(k, _)| removes(&k.entry.act).map(|(_, last)| last)).min() else {
        return false;
    };
    if node.entry.seq <= seen {
        return false;
    }
    let before = claimed.iter().filter(|(other, d)| {
        other.entry.author == author
            && other.entry.seq > seen
            && (other.entry.seq, other.id) < (node.entry.seq, node.id)
            && !d.is_disjoint(domains)
    });
    before.count() >= BACKDATED_REMOVALS
}

/// Whether an act is void under a founding because its author stands removed there by somebody who had not seen it.
fn void(node: &Node, domain: &EntryId, standing: &Standing<'_>) -> bool {
    standing.iter().any(|(k, domains)| {
        domains.contains(domain)
            && !node.past.has(k.index)
            && k.index != node.index
            && removes(&k.entry.act)
                .is_some_and(|(target, last)| target == node.entry.author && node.entry.seq > last)
    })
}

fn lifted(nodes: &[&Node], removal: &Node, domains: &BTreeSet<EntryId>, standing: &Standing<'_>) -> bool {
    let Some((target, _)) = removes(&removal.entry.act) else { return false };
    nodes.iter().any(|n| {
        let lifts = match &n.entry.act {
            Act::Unban { target: t } | Act::Admit { target: t } => *t == target,
            _ => false,
        };
        lifts
            && n.past.has(removal.index)
            && domains.iter().any(|d| n.powers.contains_key(d) && !void(n, d, standing))
    })
}

fn removal_of(node: &Node, domains: BTreeSet<EntryId>) -> Option<Removal> {
    let (by, entry) = (node.entry.author, node.id);
    match &node.entry.act {
        Act::Kick { target, why, .. } => Some(Removal {
            entry,
            target: *target,
            by,
            domains,
            ban: None,
            then: Then::Nothing,
            salt_hash: None,
            why: why.clone(),
        }),
        Act::Ban { target, why, until, then, salt_hash, .. } => Some(Removal {
            entry,
            target: *target,
            by,
            domains,
            ban: Some(*until),
            then: *then,
            salt_hash: Some(*salt_hash),
            why: why.clone(),
        }),
        _ => None,
    }
}

/// The foundings under which an act that needs `least` still counts when its turn comes.
fn holds(rights: &Rights, node: &Node, least: Rank, standing: &Standing<'_>) -> BTreeSet<EntryId> {
    let now = rights.powers(&node.entry.author);
    let counts = |(domain, rank): (&EntryId, &Rank)| {
        let kept = now.get(domain).copied().unwrap_or_default();
        (*rank.min(&kept) >= least && !void(node, domain, standing)).then_some(*domain)
    };
    node.powers.iter().filter_map(counts).collect()
}

fn apply(rights: &mut Rights, node: &Node, standing: &Standing<'_>) {
    let author = node.entry.author;
    let admin = holds(rights, node, Rank::Admin, standing);
    let owner = holds(rights, node, Rank::Owner, standing);
    match &node.entry.act {
        Act::Genesis { reclaim, policy, .. } | Act::Founding { reclaim, policy, .. } => {
            let domain = Domain {
                founder: author,
                owner: author,
                admins: BTreeSet::new(),
                reclaim: *reclaim,
                yielded: None,
                offered: BTreeMap::new(),
            };
            rights.domains.insert(node.id, domain);
            write_policy(&mut rights.policy, policy);
        }
        Act::Grant { target } => each(rights, &owner, |d| {
            if d.owner != *target {
                d.admins.insert(*target);
            }
        }),
        Act::Revoke { target } => each(rights, &owner, |d| {
            d.admins.remove(target);
        }),
        Act::Kick { target, .. } => dismiss(rights, node, target, standing),
        Act::Ban { target, then, .. } => {
            dismiss(rights, node, target, standing);
            if standing.iter().any(|(k, _)| k.index == node.index) {
                match then {
                    Then::Nothing => {}
                    Then::Lock => rights.policy.lock = Some(true),
                    Then::Knock => rights.policy.knock = Some(true),
                }
            }
        }
        Act::Unban { .. } if admin.is_empty() => {}
        Act::Unban { target } => {
            rights.denied.remove(target);
        }
        Act::Mute { target, until, .. } => {
            if !admin.is_disjoint(&node.over) {
                rights.muted.insert(*target, *until);
            }
        }
        Act::Unmute { target } if !admin.is_empty() => {
            rights.muted.remove(target);
        }
        Act::Admit { target } if !admin.is_empty() => {
            rights.denied.remove(target);
            rights.admitted.insert(*target);
        }
        Act::Deny { target } if !admin.is_empty() => {
            rights.admitted.remove(target);
            rights.denied.insert(*target);
        }
        Act::Invite { id, key, uses, until } if !admin.is_empty() => {
            let fresh = InviteState { key: *key, uses: *uses, until: *until, revoked: false };
            rights.invites.entry(*id).or_insert(fresh);
        }
        Act::InviteRevoke { id } if !admin.is_empty() => {
            if let Some(invite) = rights.invites.get_mut(id) {
                invite.revoked = true;
            }
        }
        Act::Policy(policy) if !admin.is_empty() => write_policy(&mut rights.policy, policy),
        Act::Transfer { to, leaving } => each(rights, &owner, |d| {
            if *leaving {
                hand_over(d, *to, false);
            } else {
                d.offered.insert(node.id, *to);
            }
        }),
        Act::TransferAccept { transfer } => {
            for d in rights.domains.values_mut() {
                if d.offered.remove(transfer) == Some(author) {
                    hand_over(d, author, true);
                }
            }
        }
        Act::Reclaim { next, .. } => {
            for d in rights.domains.values_mut() {
                if node.reclaims == Some(d.reclaim) {
                    hand_over(d, author, false);
                    d.reclaim = *next;
                }
            }
        }
        Act::Yield { to } if rights.domains.contains_key(to) => {
            let to = *to;
            each(rights, &owner, |d| d.yielded = Some(to));
            if let Some(target) = rights.domains.get_mut(&to) {
                target.yielded = None;
            }
        }
        Act::Rotate if !admin.is_empty() => rights.rotations.push(node.id),
        Act::Close if !owner.is_empty() => rights.closed = rights.closed.or(Some(node.id)),
        _ => {}
    }
}

fn each(rights: &mut Rights, domains: &BTreeSet<EntryId>, mut change: impl FnMut(&mut Domain)) {
    for id in domains {
        if let Some(domain) = rights.domains.get_mut(id) {
            change(domain);
        }
    }
}

fn hand_over(domain: &mut Domain, to: MemberId, keep_old_as_admin: bool) {
    let old = domain.owner;
    domain.owner = to;
    domain.admins.remove(&to);
    domain.offered.clear();
    if keep_old_as_admin && old != to {
        domain.admins.insert(old);
    }
}

/// Whoever is removed holds no office: when they come back they come back as a member.
fn dismiss(rights: &mut Rights, node: &Node, target: &MemberId, standing: &Standing<'_>) {
    let Some((_, domains)) = standing.iter().find(|(k, _)| k.index == node.index) else { return };
    each(rights, domains, |d| {
        d.admins.remove(target);
    });
    rights.admitted.remove(target);
}

fn write_policy(policy: &mut Policy, new: &Policy) {
    fn set<T: Clone>(old: &mut Option<T>, new: &Option<T>) {
        if new.is_some() {
            old.clone_from(new);
        }
    }
    set(&mut policy.max, &new.max);
    set(&mut policy.ttl_s, &new.ttl_s);
    set(&mut policy.ttl_max_s, &new.ttl_max_s);
    set(&mut policy.history, &new.history);
    set(&mut policy.lock, &new.lock);
    set(&mut policy.knock, &new.knock);
    set(&mut policy.slow_s, &new.slow_s);
    set(&mut policy.rate, &new.rate);
    set(&mut policy.topic, &new.topic);
    set(&mut policy.expires, &new.expires);
    set(&mut policy.persist, &new.persist);
    set(&mut policy.queued, &new.queued);
}
