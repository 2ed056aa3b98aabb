//! Entries written side by side: which removals stand, and which other acts are void.
//!
//! A removal is judged by its own past alone, so it stands whatever happened beside it. It ends its target's office, as do a
//! revoke, a transfer and a reclaim: what somebody wrote beside the end of their office is void, except a few removals.
//! Sequence numbers told by a removal do not come into it: whoever is removed could fit their entries in below them.

use std::collections::{BTreeMap, BTreeSet};

use super::past::{Node, Past};
use super::rights::{Rank, removes};
use crate::base::id::{EntryId, MemberId};
use crate::base::limits::BACKDATED_REMOVALS;
use crate::wire::log::Act;

/// Somebody under a founding.
type Seat = (MemberId, EntryId);

/// What holds whatever order entries are taken in.
#[derive(Default)]
pub(crate) struct Verdicts<'a> {
    stands: BTreeMap<EntryId, BTreeSet<EntryId>>,
    /// Where a removal is, so that one can tell who has seen it. Empty when everything was seen.
    removals: BTreeMap<EntryId, usize>,
    ends: BTreeMap<Seat, Ends<'a>>,
    removed: BTreeMap<Seat, Ends<'a>>,
}

impl<'a> Verdicts<'a> {
    /// The verdicts on entries in their order.
    pub(crate) fn of(nodes: &[&'a Node]) -> Verdicts<'a> {
        let scene = Scene::of(nodes);
        let claims = scene.claims(nodes);
        // Who is over the allowance depends on which removals end an office, and the other way round. Counting first
        // with all of them, then with those left for certain, keeps a removal that falls from limiting anybody.
        let certain = within_allowance(&claims, &scene.ends(nodes, &claims).0);
        let standing = within_allowance(&claims, &scene.ends(nodes, &certain).0);
        let (ends, removed) = scene.ends(nodes, &standing);
        let removals = standing.iter().map(|c| (c.node.id, c.node.index)).collect();
        let stands = standing.into_iter().map(|c| (c.node.id, c.domains)).collect();
        Verdicts { stands, removals, ends, removed }
    }

    /// The verdict on an entry whose author had seen all the others.
    pub(crate) fn unopposed(node: &Node) -> Verdicts<'static> {
        let mut verdicts = Verdicts::default();
        if removes(&node.entry.act).is_some() && !node.over.is_empty() {
            verdicts.stands.insert(node.id, node.over.clone());
        }
        verdicts
    }

    /// The foundings under which a removal stands.
    pub(crate) fn stands(&self, removal: &EntryId) -> BTreeSet<EntryId> {
        self.stands.get(removal).cloned().unwrap_or_default()
    }

    /// Whether an act is void under a founding: its author's office ended there, beside it.
    pub(crate) fn void(&self, node: &Node, domain: &EntryId) -> bool {
        self.ends.get(&(node.entry.author, *domain)).is_some_and(|ends| ends.beside(node))
    }

    /// Whether somebody was removed under a founding beside this entry.
    pub(crate) fn removed_beside(&self, who: &MemberId, domain: &EntryId, node: &Node) -> bool {
        self.removed.get(&(*who, *domain)).is_some_and(|ends| ends.beside(node))
    }

    /// Whether the author of an entry had seen a standing removal.
    pub(crate) fn has_seen(&self, node: &Node, removal: &EntryId) -> bool {
        self.removals.get(removal).is_none_or(|index| node.past.has(*index))
    }
}

/// Entries that end somebody's office, with what makes asking quick.
#[derive(Clone, Default)]
struct Ends<'a> {
    nodes: Vec<&'a Node>,
    all: Past,
    /// What every one of them had seen.
    common: Option<Past>,
}

impl<'a> Ends<'a> {
    fn add(&mut self, node: &'a Node) {
        self.nodes.push(node);
        self.all.add(node.index);
        match &mut self.common {
            Some(common) => common.meet(&node.past),
            None => self.common = Some(node.past.clone()),
        }
    }

    /// Whether one of them was written beside an entry: neither had seen the other.
    fn beside(&self, node: &Node) -> bool {
        let before = self.common.as_ref().is_some_and(|common| common.has(node.index));
        !before && !self.all.within(&node.past) && self.nodes.iter().any(|end| concurrent(end, node))
    }
}

fn concurrent(a: &Node, b: &Node) -> bool {
    a.index != b.index && !a.past.has(b.index) && !b.past.has(a.index)
}

/// A removal and the foundings under which it is to stand.
#[derive(Clone)]
struct Claim<'a> {
    node: &'a Node,
    target: MemberId,
    domains: BTreeSet<EntryId>,
}

/// What the verdicts look up.
struct Scene<'a> {
    /// Removals among equals, by author and target.
    level: BTreeMap<(MemberId, MemberId), Vec<&'a Node>>,
    /// The reclaims that worked, by who made them.
    reclaims: BTreeMap<Seat, Ends<'a>>,
    /// Those who handed over and left, by who left.
    leavings: BTreeMap<Seat, Ends<'a>>,
}

impl<'a> Scene<'a> {
    fn of(nodes: &[&'a Node]) -> Scene<'a> {
        let mut scene =
            Scene { level: BTreeMap::new(), reclaims: BTreeMap::new(), leavings: BTreeMap::new() };
        let mut keys: BTreeMap<EntryId, [u8; 32]> = BTreeMap::new();
        for node in nodes {
            let author = node.entry.author;
            match &node.entry.act {
                Act::Genesis { reclaim, .. } | Act::Founding { reclaim, .. } => {
                    keys.insert(node.id, *reclaim);
                }
                Act::Reclaim { next, .. } => {
                    for (domain, key) in keys.iter_mut().filter(|(_, key)| node.reclaims == Some(**key)) {
                        *key = *next;
                        scene.reclaims.entry((author, *domain)).or_default().add(node);
                    }
                }
                Act::Transfer { leaving: true, .. } => {
                    for (domain, who) in node.ousts.iter() {
                        scene.leavings.entry((*who, *domain)).or_default().add(node);
                    }
                }
                act => {
                    if let Some((target, _)) = removes(act).filter(|_| !node.level.is_empty()) {
                        scene.level.entry((author, target)).or_default().push(node);
                    }
                }
            }
        }
        scene
    }

    /// Removals by those who outranked their target, and by equals who removed each other: both as equals, or else whoever
    /// was removed by right could answer from the days when they were one.
    fn claims(&self, nodes: &[&'a Node]) -> Vec<Claim<'a>> {
        let mut claims = Vec::new();
        for node in nodes {
            let Some((target, _)) = removes(&node.entry.act) else { continue };
            let author = node.entry.author;
            let mut domains = node.over.clone();
            let answers = self.level.get(&(target, author)).map(Vec::as_slice).unwrap_or_default();
            domains.extend(
                node.level.iter().filter(|d| {
                    answers.iter().any(|other| other.level.contains(*d) && concurrent(node, other))
                }),
            );
            domains.retain(|d| {
                let beside = |seats: &BTreeMap<Seat, Ends<'a>>, who: MemberId| {
                    seats.get(&(who, *d)).is_some_and(|ends| ends.beside(node))
                };
                // The token is above every office. And who has handed over does not remove beside it: only a fork of
                // their own entries could.
                !beside(&self.reclaims, target) && !beside(&self.leavings, author)
            });
            if !domains.is_empty() {
                claims.push(Claim { node, target, domains });
            }
        }
        claims
    }

    /// What ends offices when these removals stand, and the removals among it.
    fn ends(
        &self,
        nodes: &[&'a Node],
        standing: &[Claim<'a>],
    ) -> (BTreeMap<Seat, Ends<'a>>, BTreeMap<Seat, Ends<'a>>) {
        let mut removed: BTreeMap<Seat, Ends<'a>> = BTreeMap::new();
        for claim in standing {
            for domain in &claim.domains {
                removed.entry((claim.target, *domain)).or_default().add(claim.node);
            }
        }
        let beside = |seats: &BTreeMap<Seat, Ends<'a>>, seat: Seat, node: &Node| {
            seats.get(&seat).is_some_and(|ends| ends.beside(node))
        };
        let mut handed: BTreeMap<Seat, Ends<'a>> = BTreeMap::new();
        for node in nodes {
            for (domain, who) in &node.ousts {
                let author = node.entry.author;
                let counts = match &node.entry.act {
                    Act::TransferAccept { .. } => !beside(&removed, (author, *domain), node),
                    Act::Transfer { to, .. } => !beside(&removed, (*to, *domain), node),
                    // A reclaim that came second changed nothing.
                    Act::Reclaim { .. } => self
                        .reclaims
                        .get(&(author, *domain))
                        .is_some_and(|won| won.nodes.iter().any(|n| n.index == node.index)),
                    _ => false,
                };
                if counts {
                    handed.entry((*who, *domain)).or_default().add(node);
                }
            }
        }
        let mut ends = handed.clone();
        for node in nodes {
            let Act::Revoke { target } = &node.entry.act else { continue };
            for (domain, _) in node.powers.iter().filter(|(_, rank)| **rank == Rank::Owner) {
                if !beside(&handed, (node.entry.author, *domain), node) {
                    ends.entry((*target, *domain)).or_default().add(node);
                }
            }
        }
        for (seat, all) in &removed {
            let entry = ends.entry(*seat).or_default();
            all.nodes.iter().for_each(|node| entry.add(node));
        }
        (ends, removed)
    }
}

/// Of what somebody wrote beside the end of their office the first few removals stand, so that nobody goes on removing
/// people from a past that is theirs to invent.
fn within_allowance<'a>(claims: &[Claim<'a>], ends: &BTreeMap<Seat, Ends<'a>>) -> Vec<Claim<'a>> {
    let mut beside: BTreeMap<Seat, Vec<(u64, EntryId)>> = BTreeMap::new();
    for claim in claims {
        let author = claim.node.entry.author;
        for domain in &claim.domains {
            if ends.get(&(author, *domain)).is_some_and(|ends| ends.beside(claim.node)) {
                let seat = beside.entry((author, *domain)).or_default();
                seat.push((claim.node.entry.seq, claim.node.id));
            }
        }
    }
    let mut fallen: BTreeSet<(EntryId, EntryId)> = BTreeSet::new();
    for ((_, domain), mut written) in beside {
        written.sort_unstable();
        fallen.extend(written.into_iter().skip(BACKDATED_REMOVALS).map(|(_, id)| (id, domain)));
    }
    let mut kept = claims.to_vec();
    for claim in &mut kept {
        let id = claim.node.id;
        claim.domains.retain(|d| !fallen.contains(&(id, *d)));
    }
    kept.retain(|claim| !claim.domains.is_empty());
    kept
}
