//! The fold: a set of signed entries in, rights out.
//!
//! The result depends on the set alone, never on the order in which entries came in: two nodes that hold the same entries
//! hold the same rights. Entries take their turn by (depth, rank of the author at its parents, id); what [`super::verdict`]
//! found about entries written side by side decides which of them count.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::past::Node;
use super::rights::{Domain, InviteState, Paced, Rank, Removal, Rights, Word};
use super::verdict::Verdicts;
use crate::base::id::{EntryId, MemberId};
use crate::base::time::Unix;
use crate::wire::log::{Act, Policy, Then};

/// Where an entry counts once its turn has come.
#[derive(Default)]
struct Force {
    /// The foundings for which its author acts as an admin at least.
    admin: BTreeSet<EntryId>,
    /// Those for which its author acts as the owner.
    owner: BTreeSet<EntryId>,
    /// Those under which a removal stands.
    stands: BTreeSet<EntryId>,
}

/// Folds entries into rights as seen from these foundings.
pub(crate) fn fold<'a>(nodes: impl Iterator<Item = &'a Node>, under: &[[u8; 8]]) -> Rights {
    let mut nodes: Vec<&Node> = nodes.collect();
    nodes.sort_by_key(|n| (n.depth, Reverse(n.rank), n.id));
    let verdicts = Verdicts::of(&nodes);
    let mut rights = Rights::default();
    let mut forces = Vec::with_capacity(nodes.len());
    for node in &nodes {
        forces.push(rule(&mut rights, node, &verdicts));
    }
    let home = rights.over_those_under(under);
    rights.home = (!home.is_empty()).then_some(home);
    for (node, force) in nodes.iter().zip(forces) {
        show(&mut rights, node, force);
    }
    rights
}

/// Adds one entry whose author had seen all the others, without folding those again. False where that cannot be: what it
/// changes reaches back.
pub(crate) fn extend(rights: &mut Rights, node: &Node) -> bool {
    if node.entry.act.begins() || matches!(node.entry.act, Act::Yield { .. }) {
        return false;
    }
    let force = rule(rights, node, &Verdicts::unopposed(node));
    show(rights, node, force);
    true
}

/// The half that everybody sees alike: foundings, offices, removals.
fn rule(rights: &mut Rights, node: &Node, verdicts: &Verdicts<'_>) -> Force {
    let author = node.entry.author;
    let force = force(rights, node, verdicts);
    // Whoever is removed holds no office and is offered none; a word for them by somebody who had not seen it is too late.
    let welcome = |rights: &Rights, target: &MemberId, domain: &EntryId| {
        !rights.is_out_at(target, domain, node.entry.at) && !verdicts.removed_beside(target, domain, node)
    };
    match &node.entry.act {
        Act::Genesis { reclaim, .. } | Act::Founding { reclaim, .. } => {
            let domain = Domain {
                founder: author,
                owner: author,
                admins: BTreeSet::new(),
                reclaim: *reclaim,
                yielded: None,
                offered: BTreeMap::new(),
            };
            rights.domains.insert(node.id, domain);
        }
        Act::Grant { target } => {
            let domains: Vec<EntryId> =
                force.owner.iter().filter(|d| welcome(rights, target, d)).copied().collect();
            rights.lapse(target, &domains, node.entry.at);
            each(rights, &domains, |d| {
                if d.owner != *target {
                    d.admins.insert(*target);
                }
            });
        }
        Act::Revoke { target } => each(rights, &force.owner, |d| {
            d.admins.remove(target);
        }),
        Act::Kick { .. } | Act::Ban { .. } => dismiss(rights, node, &force.stands),
        Act::Unban { target } | Act::Admit { target } => lift(rights, node, target, &force.admin, verdicts),
        Act::Transfer { to, leaving } => {
            let domains: Vec<EntryId> =
                force.owner.iter().filter(|d| welcome(rights, to, d)).copied().collect();
            rights.lapse(to, &domains, node.entry.at);
            each(rights, &domains, |d| {
                if *leaving {
                    hand_over(d, *to, false);
                } else {
                    d.offered.insert(node.id, *to);
                }
            });
        }
        Act::TransferAccept { transfer } => {
            for (id, d) in &mut rights.domains {
                let offered = d.offered.get(transfer) == Some(&author);
                if offered && !verdicts.void(node, id) {
                    hand_over(d, author, true);
                }
            }
        }
        Act::Reclaim { next, .. } => reclaim(rights, node, next, verdicts),
        Act::Yield { to } if rights.domains.contains_key(to) => {
            for id in &force.owner {
                // Two that yield to each other: the first of them has, the other is where it went.
                let ring = rights.resolve(to) == *id;
                if let Some(domain) = rights.domains.get_mut(id).filter(|_| !ring) {
                    domain.yielded = Some(*to);
                }
            }
        }
        _ => {}
    }
    force
}

/// The half that depends on whose word counts here: settings, mutes, doors.
fn show(rights: &mut Rights, node: &Node, mut force: Force) {
    for set in [&mut force.admin, &mut force.owner, &mut force.stands] {
        set.retain(|d| rights.is_home(d));
    }
    let (admin, owner) = (!force.admin.is_empty(), !force.owner.is_empty());
    match &node.entry.act {
        Act::Genesis { policy, .. } | Act::Founding { policy, .. } if rights.is_home(&node.id) => {
            write_policy(rights, policy, node.entry.at);
        }
        Act::Kick { target, .. } if !force.stands.is_empty() => {
            rights.admitted.remove(target);
        }
        Act::Ban { target, then, .. } if !force.stands.is_empty() => {
            rights.admitted.remove(target);
            match then {
                Then::Nothing => {}
                Then::Lock => rights.policy.lock = Some(true),
                Then::Knock => rights.policy.knock = Some(true),
            }
        }
        Act::Unban { target } if admin => {
            rights.denied.remove(target);
        }
        Act::Mute { target, until, .. } if !force.admin.is_disjoint(&node.over) => {
            rights.muted.insert(*target, *until);
            rights.voiced.remove(target);
        }
        Act::Unmute { target } if admin => {
            rights.muted.remove(target);
            rights.voiced.insert(*target);
        }
        Act::Admit { target } if admin => {
            rights.denied.remove(target);
            rights.admitted.insert(*target);
        }
        Act::Deny { target } if admin => {
            rights.admitted.remove(target);
            rights.denied.insert(*target);
        }
        Act::Invite { id, key, uses, until } if admin => {
            let fresh = InviteState { key: *key, uses: *uses, until: *until, revoked: false };
            rights.invites.entry(*id).or_insert(fresh);
        }
        Act::InviteRevoke { id } if admin => {
            if let Some(invite) = rights.invites.get_mut(id) {
                invite.revoked = true;
            }
        }
        Act::Policy(policy) if owner => write_policy(rights, policy, node.entry.at),
        Act::Policy(policy) if admin => write_policy(rights, &of_an_admin(policy), node.entry.at),
        Act::Rotate if admin => rights.rotations.push(node.id),
        Act::Close if owner => rights.closed = rights.closed.or(Some(node.id)),
        Act::Pin { message, author, n } if admin => {
            rights.kept.insert(*message, Word { by: node.entry.author, of: Some((*author, *n)) });
        }
        Act::Unpin { message } if admin => {
            rights.kept.insert(*message, Word { by: node.entry.author, of: None });
        }
        _ => {}
    }
}

/// An act counts where its author held the office when writing, still holds it when its turn comes, and was not put out of
/// it by somebody beside them. A removal counts by the office at its writing alone.
fn force(rights: &Rights, node: &Node, verdicts: &Verdicts<'_>) -> Force {
    let now = rights.offices(&node.entry.author);
    let mut force = Force { stands: verdicts.stands(&node.id), ..Force::default() };
    for (domain, then) in &node.powers {
        let Some(rank) = now.get(domain).map(|now| *now.min(then)) else { continue };
        if verdicts.void(node, domain) {
            continue;
        }
        force.admin.insert(*domain);
        if rank == Rank::Owner {
            force.owner.insert(*domain);
        }
    }
    force
}

fn each<'a>(
    rights: &mut Rights,
    domains: impl IntoIterator<Item = &'a EntryId>,
    mut change: impl FnMut(&mut Domain),
) {
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

/// Whoever holds the token owns the room, and is in it: what they had seen against them is lifted.
fn reclaim(rights: &mut Rights, node: &Node, next: &[u8; 32], verdicts: &Verdicts<'_>) {
    let author = node.entry.author;
    let mut taken = BTreeSet::new();
    for (id, d) in &mut rights.domains {
        if node.reclaims == Some(d.reclaim) {
            hand_over(d, author, false);
            d.reclaim = *next;
            taken.insert(*id);
        }
    }
    lift(rights, node, &author, &taken, verdicts);
}

/// Whoever is removed holds no office: when they come back they come back as a member.
fn dismiss(rights: &mut Rights, node: &Node, stands: &BTreeSet<EntryId>) {
    let Some(removal) = removal_of(node, stands.clone()).filter(|_| !stands.is_empty()) else { return };
    each(rights, stands, |d| {
        d.admins.remove(&removal.target);
        d.offered.retain(|_, to| *to != removal.target);
    });
    rights.removals.entry(removal.target).or_default().push(removal);
}

/// Lifts the removals that the author had seen, each under the foundings for which the author speaks and under those that
/// came under them.
fn lift(
    rights: &mut Rights,
    node: &Node,
    target: &MemberId,
    by: &BTreeSet<EntryId>,
    verdicts: &Verdicts<'_>,
) {
    let Some(mut all) = rights.removals.remove(target) else { return };
    for removal in all.iter_mut().filter(|r| verdicts.has_seen(node, &r.entry)) {
        removal.domains.retain(|d| !by.contains(&rights.resolve(d)) && !by.contains(d));
    }
    all.retain(|r| !r.domains.is_empty());
    if !all.is_empty() {
        rights.removals.insert(*target, all);
    }
}

fn removal_of(node: &Node, domains: BTreeSet<EntryId>) -> Option<Removal> {
    let (by, entry) = (node.entry.author, node.id);
    let (target, why, ban, then, salt_hash) = match &node.entry.act {
        Act::Kick { target, why, .. } => (*target, why, None, Then::Nothing, None),
        Act::Ban { target, why, until, then, salt_hash, .. } => {
            (*target, why, Some(*until), *then, Some(*salt_hash))
        }
        _ => return None,
    };
    Some(Removal { entry, target, by, domains, ban, then, salt_hash, why: why.clone() })
}

/// What an admin may set: not how many there may be, when the room ends, or whether it stays on disks.
fn of_an_admin(policy: &Policy) -> Policy {
    Policy { max: None, expires: None, persist: None, ..policy.clone() }
}

fn write_policy(rights: &mut Rights, new: &Policy, at: Unix) {
    let policy = &mut rights.policy;
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
    if new.rate.is_some() || new.slow_s.is_some() || rights.paced.is_empty() {
        rights.paced.push(Paced { at, rate: policy.rate, slow_s: policy.slow_s });
    }
    set(&mut policy.quiet_s, &new.quiet_s);
}
