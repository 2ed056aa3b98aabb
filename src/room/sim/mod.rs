//! Many rooms on a virtual network, in virtual time: the place where the protocol is tried before anybody relies on it.
//!
//! One seed replays a run byte for byte. Links have delay, loss, duplication and, from unequal delays, reordering; the
//! network splits and heals; members sleep, wake, crash and lie. [`scenario`] holds the trials, [`villain`] the liars, and `network` what befalls a
//! frame.

#![allow(
    clippy::indexing_slicing,
    reason = "a trial that indexes past its own lists has shown that it is broken"
)]

mod guest;
mod network;
pub mod returning;
pub mod scenario;
#[cfg(test)]
mod tests;
pub mod villain;

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use self::network::Arrival;
pub use self::network::{Links, Taped, Traffic};
use self::villain::Villain;
use super::entry::Intent;
use super::hub::Hub;
use super::inside::Inside;
use super::io::{Command, Deed, Draft, Event, Input, Output, Standing, Timer};
use super::state::{Setup, State};
use super::{Reach, io::Heard};
use crate::base::id::{MemberId, Peer, Topic};
use crate::base::secret::Secret;
use crate::base::time::{Mono, Unix};
use crate::crypto::identity::Identity;
use crate::crypto::name::RoomName;
use crate::crypto::root::{Kind, Root};

/// The generator every simulated thing draws from.
pub type SimRng = ChaCha20Rng;

enum Mind {
    Honest(Box<State<SimRng>>),
    Villain(Box<dyn Villain>),
    /// Thinks elsewhere: what it sees is kept until it is fetched.
    Guest(Vec<Input>),
    Off,
}

struct Node {
    mind: Mind,
    peer: Peer,
    topics: BTreeSet<Topic>,
    side: usize,
    asleep: bool,
    epochs_kept: u64,
    seen: BTreeSet<[u8; 32]>,
    events: Vec<(Mono, Event)>,
}

/// A virtual world around one room secret.
pub struct World {
    /// The instant it is.
    pub now: Mono,
    /// How links behave.
    pub links: Links,
    /// What went over the network.
    pub traffic: Traffic,
    /// Everything that went over it, if it is recorded.
    pub tape: Option<Vec<Taped>>,
    nodes: Vec<Node>,
    queue: BTreeMap<(Mono, u64), (usize, Arrival)>,
    neighbours: Option<BTreeMap<usize, BTreeSet<usize>>>,
    serial: u64,
    rng: SimRng,
    root: Root,
    trace: Sha256,
    calendar: Unix,
    /// What the names of all peers begin with.
    lead: &'static [u8],
}

impl World {
    /// A world around a passphrase room. Everything in it follows from the seed.
    pub fn new(seed: u64, links: Links) -> World {
        World::around(seed, links, Kind::Passphrase)
    }

    /// A world around a room of any kind.
    pub fn around(seed: u64, links: Links, kind: Kind) -> World {
        let mut rng = SimRng::seed_from_u64(seed);
        let name = match RoomName::parse("lobby") {
            Ok(name) => name,
            Err(_) => unreachable!("a name of five letters"),
        };
        let root = match kind {
            Kind::Open => Root::open(&name),
            // The slow hash has no place in a simulator: a root is a root.
            kind => Root::from_bytes(kind, name, Secret::random(&mut rng)),
        };
        // Any time of day, so that epochs and midnights fall differently in each run.
        let calendar = Unix(1_780_000_000_000 + rng.next_u64() % 86_400_000);
        World {
            now: Mono(1_000),
            links,
            traffic: Traffic::default(),
            tape: None,
            nodes: Vec::new(),
            queue: BTreeMap::new(),
            neighbours: None,
            serial: 0,
            rng,
            root,
            trace: Sha256::new(),
            calendar,
            lead: &[],
        }
    }

    /// The room's root: what a leaked passphrase would give.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Takes another root: that of an invite room, say.
    pub fn set_root(&mut self, root: Root) {
        self.root = root;
    }

    /// True calendar time.
    pub fn calendar(&self) -> Unix {
        Unix(self.calendar.0 + self.now.0)
    }

    /// Moves the calendar of all nodes to come, to put midnight where it is wanted.
    pub fn set_calendar(&mut self, at: Unix) {
        self.calendar = Unix(at.0.saturating_sub(self.now.0));
    }

    /// A number from 0 to `n - 1`.
    pub fn pick(&mut self, n: usize) -> usize {
        (self.rng.next_u64() % n.max(1) as u64) as usize
    }

    /// A fresh generator, drawn from the world's.
    pub fn fork_rng(&mut self) -> SimRng {
        SimRng::seed_from_u64(self.rng.next_u64())
    }

    /// Only these pairs are linked; frames travel on as the verdicts allow.
    pub fn wire_up(&mut self, pairs: &[(usize, usize)]) {
        let mut graph: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (a, b) in pairs {
            graph.entry(*a).or_default().insert(*b);
            graph.entry(*b).or_default().insert(*a);
        }
        self.neighbours = Some(graph);
    }

    // ---- people ----

    /// Somebody types `join`, with a calendar that is off by so much.
    pub fn join(&mut self, skew_ms: i64) -> usize {
        self.enter(skew_ms, Intent::Join(Box::default()))
    }

    /// Somebody comes with any intent.
    pub fn enter(&mut self, skew_ms: i64, intent: Intent) -> usize {
        let i = self.nodes.len();
        let peer = self.peer(i);
        let setup = self.setup(i, skew_ms, intent);
        let (state, out) = State::new(self.now, setup);
        self.place(peer, Mind::Honest(Box::new(state)), out)
    }

    /// The names of all peers to come begin so.
    pub fn lead_peers(&mut self, lead: &'static [u8]) {
        self.lead = lead;
    }

    /// The name of somebody on the network, who may be still to come.
    pub fn peer(&self, i: usize) -> Peer {
        let name = [self.lead, &(i as u64).to_be_bytes()].concat();
        Peer::new(&name).unwrap_or_else(|| peer_of(i))
    }

    fn place(&mut self, peer: Peer, mind: Mind, out: Vec<Output>) -> usize {
        let i = self.nodes.len();
        self.nodes.push(Node {
            mind,
            peer,
            topics: BTreeSet::new(),
            side: 0,
            asleep: false,
            epochs_kept: 0,
            seen: BTreeSet::new(),
            events: Vec::new(),
        });
        self.carry_out(i, None, out);
        i
    }

    fn setup(&mut self, i: usize, skew_ms: i64, intent: Intent) -> Setup<SimRng> {
        let mut rng = self.fork_rng();
        Setup {
            me: Identity::generate(&mut rng),
            rng,
            root: self.root.duplicate(),
            wall: self.calendar().shifted(skew_ms),
            nick: format!("n{i}"),
            intent,
            reach: Reach { peer: Some(self.peer(i)), addrs: Vec::new() },
            serve: false,
            rate_off: false,
            begun: 0,
        }
    }

    /// A member as they are.
    pub fn state(&self, i: usize) -> Option<&State<SimRng>> {
        match self.nodes.get(i).map(|n| &n.mind) {
            Some(Mind::Honest(state)) => Some(state),
            Some(Mind::Villain(villain)) => villain.state(),
            _ => None,
        }
    }

    /// Their key.
    pub fn id(&self, i: usize) -> Option<MemberId> {
        self.state(i).map(State::me)
    }

    /// Everybody who plays by the rules and has not stopped.
    pub fn honest(&self) -> Vec<usize> {
        let on = |(i, n): (usize, &Node)| matches!(n.mind, Mind::Honest(_)).then_some(i);
        self.nodes.iter().enumerate().filter_map(on).collect()
    }

    /// What happened to somebody.
    pub fn events(&self, i: usize) -> &[(Mono, Event)] {
        self.nodes.get(i).map(|n| n.events.as_slice()).unwrap_or_default()
    }

    /// Takes what happened to somebody out of the world: whoever shows it decides how long a text is kept. What looks
    /// at the past ([`World::heard`], [`World::read`], [`World::since`]) no longer sees it.
    pub fn take_events(&mut self, i: usize) -> Vec<(Mono, Event)> {
        self.nodes.get_mut(i).map(|n| std::mem::take(&mut n.events)).unwrap_or_default()
    }

    /// The messages somebody saw, with when.
    pub fn heard(&self, i: usize) -> impl Iterator<Item = (Mono, &Heard)> {
        self.events(i).iter().filter_map(|(at, e)| match e {
            Event::Message(heard) => Some((*at, &**heard)),
            _ => None,
        })
    }

    /// Whether somebody saw a text.
    pub fn read(&self, i: usize, text: &str) -> bool {
        self.heard(i).any(|(_, h)| h.text.as_ref().is_some_and(|t| t.as_str() == text))
    }

    /// When somebody first stood so.
    pub fn since(&self, i: usize, wanted: Standing) -> Option<Mono> {
        self.events(i).iter().find_map(|(at, e)| match e {
            Event::Standing { standing, .. } if *standing == wanted => Some(*at),
            _ => None,
        })
    }

    // ---- what they do ----

    /// Somebody says something.
    pub fn say(&mut self, i: usize, text: &str) {
        self.command(i, Command::Say(Draft::plain(0, text)));
    }

    /// Somebody acts.
    pub fn act(&mut self, i: usize, deed: Deed) {
        self.command(i, Command::Act(deed));
    }

    /// Somebody wants anything at all.
    pub fn command(&mut self, i: usize, command: Command) {
        self.hand(i, None, Input::Command(command));
    }

    /// Somebody on the network, whoever it is, puts bytes on a topic.
    pub fn inject(&mut self, topic: Topic, bytes: Vec<u8>) {
        let peer = peer_of(usize::MAX);
        for i in 0..self.nodes.len() {
            if self.nodes.get(i).is_some_and(|n| n.topics.contains(&topic)) {
                self.hand(i, None, Input::Gossip { topic, from: peer.clone(), bytes: bytes.clone() });
            }
        }
    }

    /// Somebody puts bytes before one member; gives how many frames that member has dropped so far.
    pub fn inject_to(&mut self, i: usize, topic: Topic, bytes: Vec<u8>) -> u64 {
        self.hand(i, None, Input::Gossip { topic, from: peer_of(usize::MAX), bytes });
        self.dropped(i)
    }

    /// How many frames a member has dropped.
    pub fn dropped(&self, i: usize) -> u64 {
        self.state(i).map_or(0, |s| s.counts().values().sum())
    }

    /// Looks at a member with everything it holds in memory, as whoever seizes the machine would.
    pub(crate) fn seize<T>(
        &mut self,
        i: usize,
        look: impl FnOnce(&mut Hub<SimRng>, &mut Inside) -> T,
    ) -> Option<T> {
        match self.nodes.get_mut(i).map(|n| &mut n.mind) {
            Some(Mind::Honest(state)) => state.parts().map(|(hub, inside)| look(hub, inside)),
            _ => None,
        }
    }

    /// A copy of every key of this epoch and of those before that a member holds: what must be gone three epochs later.
    pub fn keys_until_now(&mut self, i: usize) -> Vec<Secret<32>> {
        self.seize(i, |hub, inside| inside.ring.copies(hub.epoch())).unwrap_or_default()
    }

    // ---- what befalls them ----

    /// A member stops at once and for good.
    pub fn crash(&mut self, i: usize) {
        if let Some(node) = self.nodes.get_mut(i) {
            node.mind = Mind::Off;
            node.topics.clear();
        }
    }

    /// Takes a member out of the world as they are, to be driven by hand; to the others they have stopped.
    pub fn take_out(&mut self, i: usize) -> Option<State<SimRng>> {
        let node = self.nodes.get_mut(i)?;
        node.topics.clear();
        match std::mem::replace(&mut node.mind, Mind::Off) {
            Mind::Honest(state) => Some(*state),
            Mind::Villain(_) | Mind::Guest(_) | Mind::Off => None,
        }
    }

    /// A laptop lid closes: nothing is sent, heard or timed.
    pub fn sleep(&mut self, i: usize) {
        if let Some(node) = self.nodes.get_mut(i) {
            node.asleep = true;
        }
    }

    /// It opens again: what was due comes at once.
    pub fn wake(&mut self, i: usize) {
        if let Some(node) = self.nodes.get_mut(i) {
            node.asleep = false;
        }
        self.hand(i, None, Input::Timer(Timer::Upkeep));
        for j in 0..self.nodes.len() {
            self.meet(i, j);
        }
    }

    // ---- time ----

    /// Lets so many milliseconds pass.
    pub fn run(&mut self, ms: u64) {
        self.run_to(self.now + ms);
    }

    /// Lets time pass until an instant.
    pub fn run_to(&mut self, until: Mono) {
        while self.step(until) {}
        self.now = self.now.max(until);
    }

    /// Lets time pass until something holds, looked at every so often; gives when, or `None` if it never did in time.
    pub fn run_until(&mut self, every_ms: u64, most_ms: u64, holds: impl Fn(&World) -> bool) -> Option<Mono> {
        let end = self.now + most_ms;
        loop {
            if holds(self) {
                return Some(self.now);
            }
            if self.now >= end {
                return None;
            }
            self.run(every_ms);
        }
    }

    /// When something happens next by itself.
    pub fn next_due(&self) -> Option<Mono> {
        self.queue.first_key_value().map(|((at, _), _)| *at)
    }

    fn step(&mut self, until: Mono) -> bool {
        let Some((&key, _)) = self.queue.first_key_value() else { return false };
        if key.0 > until {
            return false;
        }
        let Some((i, arrival)) = self.queue.remove(&key) else { return false };
        self.now = self.now.max(key.0);
        self.arrive(i, arrival);
        true
    }

    fn hand(&mut self, i: usize, forward: Option<(Topic, usize, Vec<u8>)>, input: Input) {
        self.traffic.handled += 1;
        let now = self.now;
        let Some(node) = self.nodes.get_mut(i) else { return };
        let out = match &mut node.mind {
            Mind::Honest(state) => {
                let out = state.handle(now, input);
                let oldest = state.room_time().epoch().minus(crate::base::limits::EPOCHS_BACK);
                node.epochs_kept += state.key_epochs().iter().filter(|e| **e < oldest).count() as u64;
                out
            }
            Mind::Villain(villain) => villain.handle(now, input),
            Mind::Guest(seen) => {
                seen.push(input);
                return;
            }
            Mind::Off => return,
        };
        self.carry_out(i, forward, out);
    }

    /// How often somebody honest was found with a key of an epoch that should have been wiped.
    pub fn stale_keys(&self) -> u64 {
        self.nodes.iter().map(|n| n.epochs_kept).sum()
    }

    /// A hash over everything that was sent: equal for equal seeds.
    pub fn trace(&self) -> [u8; 32] {
        self.trace.clone().finalize().into()
    }

    // ---- agreement ----

    /// Whether these all hold the same keys, the same log and stand confirmed.
    pub fn agree(&self, who: &[usize]) -> bool {
        let mut views = who.iter().map(|i| {
            let state = self.state(*i)?;
            if state.standing() != Some(Standing::Confirmed) {
                return None;
            }
            Some((state.set()?.0, state.log()?.head()))
        });
        match views.next() {
            Some(Some(first)) => views.all(|v| v == Some(first)),
            _ => false,
        }
    }

    /// Whether these all have the same living messages.
    pub fn share_messages(&self, who: &[usize]) -> bool {
        let ids = |i: &usize| {
            self.state(*i)
                .map(|s| s.living().into_iter().map(|(id, _)| id).collect::<BTreeSet<_>>())
                .unwrap_or_default()
        };
        let mut all = who.iter().map(ids);
        let first = all.next();
        all.all(|x| Some(x) == first)
    }

    /// What each of these holds, in a line, for a failing test to show.
    pub fn describe(&self, who: &[usize]) -> String {
        let line = |i: &usize| match self.state(*i) {
            None => format!("{i}: off"),
            Some(s) => format!(
                "{i}: {:?} gen {:?} set {:?} head {:?} others {} living {} {:?}",
                s.standing(),
                s.set().map(|x| (x.1, x.2)),
                s.set_tag(),
                s.log().map(|l| (l.head(), l.len())),
                s.others().len(),
                s.living_count(),
                s.counts(),
            ),
        };
        who.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn peer_of(i: usize) -> Peer {
    match Peer::new(&(i as u64).to_be_bytes()) {
        Some(peer) => peer,
        None => unreachable!("eight bytes"),
    }
}
