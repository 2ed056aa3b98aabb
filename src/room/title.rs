//! Who may write what: an entry judged by what its author had seen.

use std::collections::BTreeMap;

use super::rights::{Rank, Rights, removes};
use crate::base::id::{EntryId, Genesis, MemberId};
use crate::crypto::identity;
use crate::crypto::kdf::Label;
use crate::wire::log::{Act, Entry};

/// By what right an entry is written.
pub(crate) struct Title {
    /// The rank under each founding.
    pub(crate) powers: BTreeMap<EntryId, Rank>,
    /// The reclaim key it answers.
    pub(crate) reclaims: Option<[u8; 32]>,
    /// Whose ownership of what it ends.
    pub(crate) ousts: Vec<(EntryId, MemberId)>,
}

impl Title {
    /// What the author of this entry writes it by, having seen these rights; `None` where it takes more.
    pub(crate) fn of(seen: &Rights, entry: &Entry, genesis: &Genesis) -> Option<Title> {
        let author = &entry.author;
        let mut title = Title { powers: seen.offices(author), reclaims: None, ousts: Vec::new() };
        let rank = title.powers.values().copied().max().unwrap_or_default();
        let reach = against(&entry.act).map(|target| seen.reach_anywhere(author, &target));
        let owned = || title.powers.iter().filter(|(_, r)| **r == Rank::Owner).map(|(d, _)| (*d, *author));
        let allowed = match &entry.act {
            Act::Genesis { .. } | Act::Founding { .. } => true,
            Act::Transfer { to, leaving } => {
                title.ousts = owned().filter(|_| *leaving).collect();
                rank == Rank::Owner && to != author
            }
            Act::Grant { .. } | Act::Revoke { .. } | Act::Yield { .. } | Act::Close => rank == Rank::Owner,
            Act::TransferAccept { transfer } => {
                let offered = seen.domains.iter().filter(|(_, d)| d.offered.get(transfer) == Some(author));
                title.ousts = offered.map(|(id, d)| (*id, d.owner)).collect();
                !title.ousts.is_empty()
            }
            Act::Reclaim { next, token_sig } => {
                let signed: [&[u8]; 3] = [&genesis.0, &author.0, next];
                let mut keys = seen.domains.values().map(|d| d.reclaim);
                // A token that names itself as the next would work twice.
                title.reclaims = keys.find(|key| {
                    key != next
                        && identity::verify(&MemberId(*key), Label::Reclaim, &signed, token_sig).is_ok()
                });
                let taken = seen.domains.iter().filter(|(_, d)| title.reclaims == Some(d.reclaim));
                title.ousts = taken.map(|(id, d)| (*id, d.owner)).filter(|(_, who)| who != author).collect();
                title.reclaims.is_some()
            }
            Act::Mute { .. } => reach.is_some_and(|(over, _)| !over.is_empty()),
            // Against an equal it stands only if they do the same beside it.
            Act::Kick { .. } | Act::Ban { .. } => {
                reach.is_some_and(|(over, level)| !over.is_empty() || !level.is_empty())
            }
            _ => rank >= Rank::Admin,
        };
        allowed.then_some(title)
    }
}

/// Whom an act is against: somebody whom its author must outrank.
pub(crate) fn against(act: &Act) -> Option<MemberId> {
    match act {
        Act::Mute { target, .. } => Some(*target),
        act => removes(act).map(|(target, _)| target),
    }
}
