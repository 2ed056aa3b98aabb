//! Those who do not play by the rules.

use crate::base::id::{Peer, Topic};
use crate::base::secret::Secret;
use crate::base::time::Mono;
use crate::crypto::kdf::sha256;
use crate::crypto::kem::KemPublic;
use crate::room::chains::{Chain, KeySet, Keyring};
use crate::room::entry::PendingHello;
use crate::room::envelope;
use crate::room::hub::Hub;
use crate::room::inside::Inside;
use crate::room::io::{Input, Output};
use crate::room::sim::SimRng;
use crate::room::state::{Setup, State};
use crate::wire::handover::Why;
use crate::wire::payload::Body;

/// Somebody who sees what a node sees and sends what they like.
pub(crate) trait Villain {
    /// Comes onto the network.
    fn begin(&mut self, now: Mono, me: &Peer) -> Vec<Output>;
    /// Sees something.
    fn handle(&mut self, now: Mono, input: Input) -> Vec<Output>;
    /// Does something no honest client can be told to do.
    fn force(&mut self, _: Mono, _: Deed) -> Vec<Output> {
        Vec::new()
    }
    /// The honest state behind the mask, for those who have one.
    fn state(&self) -> Option<&State<SimRng>> {
        None
    }
}

/// A deed of a modified client, done with what the client holds.
pub(crate) type Deed = Box<dyn FnOnce(&mut Hub<SimRng>, &mut Inside)>;

/// What a modified client does besides: it sees the input before its honest half does, adds to what is sent, and says
/// whether its honest half gets to see it at all.
pub type Trick = Box<dyn FnMut(&mut State<SimRng>, Mono, &Input, &mut Vec<Output>) -> bool>;

/// A member with a modified client. It never obeys a removal.
pub struct Masked {
    state: State<SimRng>,
    first: Vec<Output>,
    trick: Trick,
}

impl Masked {
    /// Comes in like anybody.
    pub fn new(now: Mono, setup: Setup<SimRng>, trick: Trick) -> Masked {
        let (mut state, first) = State::new(now, setup);
        state.stubborn = true;
        Masked { state, first, trick }
    }
}

impl Villain for Masked {
    fn begin(&mut self, _: Mono, _: &Peer) -> Vec<Output> {
        std::mem::take(&mut self.first)
    }

    fn handle(&mut self, now: Mono, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        if (self.trick)(&mut self.state, now, &input, &mut out) {
            out.extend(self.state.handle(now, input));
        }
        out
    }

    fn force(&mut self, _: Mono, deed: Deed) -> Vec<Output> {
        if let Some((hub, inside)) = self.state.parts() {
            deed(hub, inside);
        }
        self.state.drain()
    }

    fn state(&self) -> Option<&State<SimRng>> {
        Some(&self.state)
    }
}

/// A client that only refuses to go.
pub fn no_trick() -> Trick {
    Box::new(|_, _, _, _| true)
}

/// A member who hands every newcomer keys that the room does not use, and vouches for them.
///
/// `mode` 0: the room's chains with other keys; 1: a chain of its own beside them; 2: a newer generation of its own.
pub(crate) fn forker(mode: u64) -> Trick {
    let mut fake: Option<Keyring> = None;
    let mut last = Mono(0);
    Box::new(move |state, now, input, out| {
        let Some((hub, inside)) = state.parts() else { return true };
        if inside.trial.is_some() {
            return true;
        }
        hub.now = hub.now.max(now);
        let mut swallow = false;
        if let Input::Gossip { topic, bytes, .. } = input
            && let Some((hash, hello)) = newcomers_hello(hub, inside, topic, bytes)
        {
            let mut ring = fake.take().unwrap_or_else(|| forged_ring(hub, inside, mode));
            std::mem::swap(&mut inside.ring, &mut ring);
            inside.answer(hub, hash, hello);
            std::mem::swap(&mut inside.ring, &mut ring);
            fake = Some(ring);
            swallow = true;
        }
        if let Some(ring) = fake.as_mut().filter(|_| now.since(last) >= 300) {
            last = now;
            ring.advance(now, hub.epoch());
            std::mem::swap(&mut inside.ring, ring);
            inside.beat(hub);
            std::mem::swap(&mut inside.ring, ring);
        }
        out.extend(state.drain());
        !swallow
    })
}

/// A hello by somebody who is not in yet, with the hash by which answers name it.
pub(crate) fn newcomers_hello(
    hub: &mut Hub<SimRng>,
    inside: &Inside,
    topic: &Topic,
    bytes: &[u8],
) -> Option<([u8; 32], PendingHello)> {
    let door = hub.doors.get(topic)?;
    let frame = envelope::admit(&door.gate, bytes).ok()?;
    let opened = frame.open(&hub.root.lobby(door.gate.day())).ok()?;
    let Body::Hello(hello) = &opened.payload.body else { return None };
    let from = opened.payload.sender;
    if hello.at.is_some() || from == hub.id || inside.roster.get(&from).is_some_and(|m| !m.fresh) {
        return None;
    }
    let kem = KemPublic::from_bytes(&hello.kem[..])?;
    Some((sha256(opened.bytes()), PendingHello { from, kem, proof: hello.proof.clone(), across: false }))
}

fn forged_ring(hub: &mut Hub<SimRng>, inside: &Inside, mode: u64) -> Keyring {
    let real = inside.ring.current();
    let epoch = hub.epoch();
    let mut parts = Vec::new();
    if mode < 2 {
        parts.extend(real.chains().iter().map(|c| (c.clone(), Secret::random(&mut hub.rng))));
    }
    if mode > 0 {
        let key = Secret::random(&mut hub.rng);
        let generation = real.generation() + u64::from(mode == 2);
        let heads = inside.log.heads().iter().copied().collect();
        let chain =
            Chain::announce(&hub.me, inside.genesis, generation, epoch, &key, Why::Age, Vec::new(), heads);
        parts.push((chain, key));
    }
    match KeySet::new(parts, epoch) {
        Ok(set) => Keyring::new(set),
        Err(_) => unreachable!("one generation, a few chains"),
    }
}
