//! Members among strangers: who is certain to get every frame, and to get in, however many others crowd around a topic.
//!
//! Whoever has learned a topic can listen on it, and gossip's mesh takes whoever asks first. So where strangers outnumber those whom
//! members named, a few of the named get each frame outright, mesh or no mesh: if every member does so with a few drawn by
//! lot, frames reach all members without a single stranger passing them on. And the bounds on links do not hold for the named, so
//! strangers cannot use them up.

use std::collections::BTreeSet;

use libp2p::PeerId;

use super::config::FAITHFUL;
use super::driver::Driver;

/// What is in force.
#[derive(Debug, Default)]
pub(super) struct Faithful {
    outright: BTreeSet<PeerId>,
    admitted: BTreeSet<PeerId>,
}

impl Driver {
    /// Part of each beat, and at once when somebody begins to listen.
    pub(super) fn keep_faithful(&mut self) {
        let named = self.book.all_named();
        let outright = self.outnumbered();
        let node = self.swarm.behaviour_mut();
        for peer in self.faithful.admitted.difference(&named) {
            node.limits.remove_peer_id(peer);
        }
        for peer in named.difference(&self.faithful.admitted) {
            node.limits.bypass_peer_id(peer);
        }
        for peer in self.faithful.outright.difference(&outright) {
            node.gossip.remove_explicit_peer(peer);
        }
        for peer in outright.difference(&self.faithful.outright) {
            node.gossip.add_explicit_peer(peer);
        }
        if outright.is_empty() != self.faithful.outright.is_empty() {
            tracing::info!(
                peers = outright.len(),
                "strangers outnumber members: these get all frames outright"
            );
        }
        self.faithful = Faithful { outright, admitted: named };
    }

    /// For each topic on which strangers are more than half, a few of the others, those of before first.
    fn outnumbered(&self) -> BTreeSet<PeerId> {
        let mut chosen = BTreeSet::new();
        for (topic, there) in &self.joined {
            let named = there.iter().filter(|peer| self.book.named(peer, topic));
            let mut named: Vec<&PeerId> = named.collect();
            if 2 * named.len() >= there.len() {
                continue;
            }
            named.sort_by_key(|peer| (!self.faithful.outright.contains(peer), self.book.turn(peer)));
            chosen.extend(named.into_iter().take(FAITHFUL).copied());
        }
        chosen
    }
}
