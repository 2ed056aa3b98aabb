//! The virtual network: how long a frame takes, whether it comes at all, who reaches whom.

use rand_core::Rng;
use sha2::Digest;

use super::{Mind, Node, World};
use crate::base::id::{Peer, Topic};
use crate::base::time::Mono;
use crate::crypto::kdf::sha256;
use crate::room::io::{Input, Output, Timer, Verdict};

/// How the virtual network treats a frame.
#[derive(Clone, Copy, Debug)]
pub struct Links {
    /// Shortest and longest one-way delay, in milliseconds.
    pub delay_ms: (u64, u64),
    /// Gossip frames lost, of a thousand.
    pub loss: u64,
    /// Gossip frames delivered twice, of a thousand.
    pub twice: u64,
}

impl Links {
    /// A LAN: a millisecond, nothing lost.
    pub const LAN: Links = Links { delay_ms: (1, 1), loss: 0, twice: 0 };
    /// A wide network: fifty milliseconds, some jitter.
    pub const WAN: Links = Links { delay_ms: (45, 55), loss: 0, twice: 0 };
    /// A bad day: long and uneven delays, one frame in ten lost, some doubled.
    pub const BAD: Links = Links { delay_ms: (5, 250), loss: 100, twice: 20 };
}

/// What went over the network in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Frames put on the network.
    pub frames: u64,
    /// Their bytes, each counted once, however many it reached.
    pub bytes: u64,
    /// Frames sent straight to somebody.
    pub direct_frames: u64,
    /// Their bytes.
    pub direct_bytes: u64,
    /// Times a node was handed something.
    pub handled: u64,
}

/// A frame as an eavesdropper has it.
#[derive(Clone, Debug)]
pub struct Taped {
    /// When.
    pub at: Mono,
    /// On which topic; `None` for one that went over a link.
    pub topic: Option<Topic>,
    /// The frame.
    pub bytes: Vec<u8>,
}

/// What waits to happen to a node.
pub(super) enum Arrival {
    Gossip { topic: Topic, from: usize, bytes: Vec<u8> },
    Direct { from: usize, bytes: Vec<u8> },
    Subscribed { from: usize, topic: Topic },
    Timer(Timer),
}

impl World {
    /// Splits the network: each list is a side, whoever is in none stays on side 0.
    pub fn split(&mut self, sides: &[&[usize]]) {
        let before: Vec<usize> = self.nodes.iter().map(|n| n.side).collect();
        for (side, members) in sides.iter().enumerate() {
            for i in *members {
                if let Some(node) = self.nodes.get_mut(*i) {
                    node.side = side + 1;
                }
            }
        }
        self.tell_of_links(&before);
    }

    /// Makes it whole.
    pub fn heal(&mut self) {
        let before: Vec<usize> = self.nodes.iter().map(|n| n.side).collect();
        self.nodes.iter_mut().for_each(|n| n.side = 0);
        self.tell_of_links(&before);
    }

    fn tell_of_links(&mut self, before: &[usize]) {
        for a in 0..self.nodes.len() {
            for b in a + 1..self.nodes.len() {
                let was = before.get(a) == before.get(b);
                if !was && self.linked(a, b) {
                    self.meet(a, b);
                }
                if was && !self.linked(a, b) {
                    for (i, j) in [(a, b), (b, a)] {
                        if let Some(peer) = self.nodes.get(j).map(|n| n.peer.clone()) {
                            self.hand(i, None, Input::LinkDown { peer });
                        }
                    }
                }
            }
        }
    }

    pub(super) fn meet(&mut self, a: usize, b: usize) {
        if a == b || !self.linked(a, b) {
            return;
        }
        for (i, j) in [(a, b), (b, a)] {
            let topics: Vec<Topic> =
                self.nodes.get(j).map(|n| n.topics.iter().copied().collect()).unwrap_or_default();
            for topic in topics {
                let delay = self.delay();
                self.push(self.now + delay, i, Arrival::Subscribed { from: j, topic });
            }
        }
    }

    pub(super) fn linked(&self, a: usize, b: usize) -> bool {
        let (Some(x), Some(y)) = (self.nodes.get(a), self.nodes.get(b)) else { return false };
        let on = |n: &Node| !n.asleep && !matches!(n.mind, Mind::Off);
        let wired = self.neighbours.as_ref().is_none_or(|g| g.get(&a).is_some_and(|n| n.contains(&b)));
        a != b && x.side == y.side && on(x) && on(y) && wired
    }

    pub(super) fn arrive(&mut self, i: usize, arrival: Arrival) {
        let asleep = self.nodes.get(i).is_none_or(|n| n.asleep);
        match arrival {
            Arrival::Timer(timer) if asleep => {
                // It fires when the lid opens again; until then it is looked at once a second.
                if self.nodes.get(i).is_some_and(|n| !matches!(n.mind, Mind::Off)) {
                    self.push(self.now + 1_000, i, Arrival::Timer(timer));
                }
            }
            _ if asleep => {}
            Arrival::Timer(timer) => self.hand(i, None, Input::Timer(timer)),
            Arrival::Gossip { topic, from, bytes } => {
                if !self.linked(from, i) || !self.nodes.get(i).is_some_and(|n| n.topics.contains(&topic)) {
                    return;
                }
                if self.neighbours.is_some() {
                    let hash = sha256(&bytes);
                    if !self.nodes.get_mut(i).is_some_and(|n| n.seen.insert(hash)) {
                        return;
                    }
                }
                let Some(peer) = self.nodes.get(from).map(|n| n.peer.clone()) else { return };
                let forward = self.neighbours.is_some().then(|| (topic, from, bytes.clone()));
                self.hand(i, forward, Input::Gossip { topic, from: peer, bytes });
            }
            Arrival::Direct { from, bytes } => {
                if !self.linked(from, i) {
                    return;
                }
                if let Some(peer) = self.nodes.get(from).map(|n| n.peer.clone()) {
                    self.hand(i, None, Input::Direct { from: peer, bytes });
                }
            }
            Arrival::Subscribed { from, topic } => {
                if let Some(peer) =
                    self.nodes.get(from).map(|n| n.peer.clone()).filter(|_| self.linked(from, i))
                {
                    self.hand(i, None, Input::Subscribed { peer, topic });
                }
            }
        }
    }

    pub(super) fn carry_out(&mut self, i: usize, forward: Option<(Topic, usize, Vec<u8>)>, out: Vec<Output>) {
        for output in out {
            match output {
                Output::Publish { topic, bytes } => {
                    self.trace.update(&bytes);
                    self.traffic.frames += 1;
                    self.traffic.bytes += bytes.len() as u64;
                    self.record(Some(topic), &bytes);
                    self.spread(i, None, topic, bytes);
                }
                Output::Direct { to, bytes } => {
                    self.trace.update(&bytes);
                    self.traffic.direct_frames += 1;
                    self.traffic.direct_bytes += bytes.len() as u64;
                    self.record(None, &bytes);
                    let delay = self.delay();
                    if let Some(j) = index_of(&to) {
                        self.push(self.now + delay, j, Arrival::Direct { from: i, bytes });
                    }
                }
                Output::Join(topic) => {
                    if let Some(node) = self.nodes.get_mut(i) {
                        node.topics.insert(topic);
                    }
                    for j in 0..self.nodes.len() {
                        if self.linked(i, j) && self.nodes.get(j).is_some_and(|n| n.topics.contains(&topic)) {
                            let delay = self.delay();
                            self.push(self.now + delay, i, Arrival::Subscribed { from: j, topic });
                            self.push(self.now + delay, j, Arrival::Subscribed { from: i, topic });
                        }
                    }
                }
                Output::Part(topic) => {
                    if let Some(node) = self.nodes.get_mut(i) {
                        node.topics.remove(&topic);
                    }
                }
                Output::Timer { at, timer } => self.push(at, i, Arrival::Timer(timer)),
                Output::Verdict(Verdict::Accept) => {
                    if let Some((topic, from, bytes)) = &forward {
                        self.spread(i, Some(*from), *topic, bytes.clone());
                    }
                }
                Output::Verdict(_) => {}
                Output::Event(event) => {
                    let now = self.now;
                    if let Some(node) = self.nodes.get_mut(i) {
                        node.events.push((now, event));
                    }
                }
            }
        }
    }

    fn record(&mut self, topic: Option<Topic>, bytes: &[u8]) {
        let at = self.now;
        if let Some(tape) = &mut self.tape {
            tape.push(Taped { at, topic, bytes: bytes.to_vec() });
        }
    }

    fn spread(&mut self, i: usize, not_to: Option<usize>, topic: Topic, bytes: Vec<u8>) {
        if self.neighbours.is_some() {
            let hash = sha256(&bytes);
            if let Some(node) = self.nodes.get_mut(i) {
                node.seen.insert(hash);
            }
        }
        for j in 0..self.nodes.len() {
            if Some(j) == not_to || !self.linked(i, j) {
                continue;
            }
            if self.links.loss > 0 && self.rng.next_u64() % 1_000 < self.links.loss {
                continue;
            }
            let copies =
                if self.links.twice > 0 && self.rng.next_u64() % 1_000 < self.links.twice { 2 } else { 1 };
            for _ in 0..copies {
                let delay = self.delay();
                self.push(self.now + delay, j, Arrival::Gossip { topic, from: i, bytes: bytes.clone() });
            }
        }
    }

    fn delay(&mut self) -> u64 {
        let (low, high) = self.links.delay_ms;
        if high > low { low + self.rng.next_u64() % (high - low + 1) } else { low }
    }

    pub(super) fn push(&mut self, at: Mono, to: usize, arrival: Arrival) {
        self.serial += 1;
        self.queue.insert((at.max(self.now), self.serial), (to, arrival));
    }
}

fn index_of(peer: &Peer) -> Option<usize> {
    peer.as_bytes().last_chunk().map(|b| u64::from_be_bytes(*b) as usize)
}
