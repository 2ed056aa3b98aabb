//! How others are reached, as a face knows it: the links, and the addresses that were given.

use std::collections::BTreeMap;

use crate::base::time::Mono;
use crate::chat::event::{BootstrapLine, PeerLine};
use crate::chat::name::PeerChange;
use crate::chat::text::Line;
use crate::chat::way::Way;

/// Links remembered: each is one line of a status.
const PEERS: usize = 1_024;
/// Addresses remembered: nobody types more.
const ASKED: usize = 64;

/// Links and addresses, each with the way it went.
#[derive(Debug, Default)]
pub struct Links {
    peers: BTreeMap<Line, (PeerLine, Way)>,
    asked: BTreeMap<Line, Way>,
}

impl Links {
    pub(super) fn on_peer(&mut self, line: &PeerLine, now: Mono) {
        if line.change == PeerChange::Lost {
            self.peers.remove(&line.peer);
            return;
        }
        if self.peers.len() >= PEERS && !self.peers.contains_key(&line.peer) {
            return;
        }
        let (known, way) =
            self.peers.entry(line.peer.clone()).or_insert_with(|| (line.clone(), Way::default()));
        way.link(line, now);
        if line.change != PeerChange::Room {
            *known = PeerLine { rtt_ms: line.rtt_ms.or(known.rtt_ms), ..line.clone() };
        }
    }

    pub(super) fn on_bootstrap(&mut self, line: &BootstrapLine, now: Mono) {
        if self.asked.len() < ASKED || self.asked.contains_key(&line.asked) {
            self.asked.entry(line.asked.clone()).or_default().bootstrap(line, now);
        }
    }

    /// Takes in round trips that were measured since.
    pub fn measured(&mut self, lines: &[PeerLine]) {
        for line in lines {
            if let Some((known, _)) = self.peers.get_mut(&line.peer) {
                known.rtt_ms = line.rtt_ms.or(known.rtt_ms);
            }
        }
    }

    /// The links, in the order of their peers.
    pub fn all(&self) -> impl ExactSizeIterator<Item = (&PeerLine, &Way)> {
        self.peers.values().map(|(line, way)| (line, way))
    }

    /// The addresses that were given.
    pub fn asked(&self) -> impl Iterator<Item = (&Line, &Way)> {
        self.asked.iter()
    }
}
