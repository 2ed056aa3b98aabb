//! Those who do not play by the rules.

use crate::base::id::{MemberId, Peer, Topic};
use crate::base::secret::Secret;
use crate::base::time::Mono;
use crate::crypto::kdf::sha256;
use crate::crypto::kem::KemPublic;
use crate::room::chains::{Chain, KeySet, Keyring};
use crate::room::entry::{Intent, PendingHello};
use crate::room::envelope;
use crate::room::hub::Hub;
use crate::room::inside::Inside;
use crate::room::io::{self, Input, Output};
use crate::room::sim::{Mind, SimRng, World, peer_of};
use crate::room::state::{Setup, State};
use crate::wire::handover::Why;
use crate::wire::log::{Act, Policy};
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

impl World {
    /// Somebody comes as a member, with a modified client: `trick` sees everything and may add to what is sent.
    pub fn mask(&mut self, skew_ms: i64, trick: Trick) -> usize {
        self.mask_as(skew_ms, Intent::Join(Box::default()), trick)
    }

    /// The same with any intent.
    pub fn mask_as(&mut self, skew_ms: i64, intent: Intent, trick: Trick) -> usize {
        let i = self.nodes.len();
        let setup = self.setup(i, skew_ms, intent);
        let now = self.now;
        self.villain(Box::new(Masked::new(now, setup, trick)))
    }

    /// Somebody comes who plays by other rules.
    pub(crate) fn villain(&mut self, mut villain: Box<dyn Villain>) -> usize {
        let i = self.nodes.len();
        let peer = peer_of(i);
        let out = villain.begin(self.now, &peer);
        self.place(peer, Mind::Villain(villain), out)
    }

    /// A modified client signs the removal of somebody it may not remove alone.
    pub fn force_entry(&mut self, i: usize, target: MemberId) {
        self.force(i, move |hub, inside| {
            let act = Act::Kick { target, last_seq: inside.log.last_seq(&target), why: String::new() };
            let raw = inside.log.write(&hub.me, hub.room(), act);
            inside.take_entries(hub, std::slice::from_ref(&raw));
            inside.publish(hub, Body::Entry(vec![raw]));
        });
    }

    /// A modified client signs a founding of its own, and under it the removal of everybody else.
    pub fn force_founding(&mut self, i: usize, targets: &[MemberId]) {
        let targets = targets.to_vec();
        self.force(i, move |hub, inside| {
            let act = Act::Founding { reclaim: [1; 32], policy: Policy::default(), nonce: [7; 16] };
            let mut raws = vec![inside.log.write(&hub.me, hub.room(), act)];
            let _ = inside.log.insert(&raws[0]);
            for target in targets {
                let act = Act::Kick { target, last_seq: 0, why: String::new() };
                let raw = inside.log.write(&hub.me, hub.room(), act);
                let _ = inside.log.insert(&raw);
                raws.push(raw);
            }
            inside.publish(hub, Body::Entry(raws));
        });
    }

    /// An owner signs two entries with one number, and shows each to some.
    pub fn equivocate(&mut self, i: usize, a: MemberId, b: MemberId, some: &[usize], others: &[usize]) {
        let lists: Vec<Vec<Peer>> =
            [some, others].iter().map(|l| l.iter().map(|j| peer_of(*j)).collect()).collect();
        self.force(i, move |hub, inside| {
            let raws: Vec<Vec<u8>> = [a, b]
                .iter()
                .map(|target| inside.log.write(&hub.me, hub.room(), Act::Grant { target: *target }))
                .collect();
            for (peers, raw) in lists.iter().zip(&raws) {
                for peer in peers {
                    inside.direct_to(hub, peer.clone(), Body::Entry(vec![raw.clone()]));
                }
            }
            inside.take_entries(hub, &raws);
        });
    }

    /// An admin is removed, and signs grants and removals on top of what it knew before.
    pub fn backdate(&mut self, villain: usize, owner: usize, target: MemberId, against: &[MemberId]) {
        self.act(owner, io::Deed::Kick(target, String::new()));
        let against = against.to_vec();
        self.force(villain, move |hub, inside| {
            let mut raws = Vec::new();
            for who in against {
                for act in [
                    Act::Grant { target: who },
                    Act::Kick { target: who, last_seq: inside.log.last_seq(&who), why: String::new() },
                ] {
                    let raw = inside.log.write(&hub.me, hub.room(), act);
                    if inside.log.insert(&raw).is_ok() {
                        raws.push(raw);
                    }
                }
            }
            for part in raws.chunks(20) {
                inside.publish(hub, Body::Entry(part.to_vec()));
            }
        });
    }

    /// A modified client does what no honest one can be told to do.
    pub(crate) fn force(&mut self, i: usize, deed: impl FnOnce(&mut Hub<SimRng>, &mut Inside) + 'static) {
        let now = self.now;
        let out = match self.nodes.get_mut(i).map(|n| &mut n.mind) {
            Some(Mind::Villain(villain)) => villain.force(now, Box::new(deed)),
            _ => return,
        };
        self.carry_out(i, None, out);
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
    let (hash, hello) = somebodys_hello(hub, topic, bytes)?;
    let inside = inside.roster.get(&hello.from).is_some_and(|m| !m.fresh);
    (!hello.across && !inside).then_some((hash, hello))
}

/// A hello of anybody's.
pub(crate) fn somebodys_hello(
    hub: &mut Hub<SimRng>,
    topic: &Topic,
    bytes: &[u8],
) -> Option<([u8; 32], PendingHello)> {
    let door = hub.doors.get(topic)?;
    let frame = envelope::admit(&door.gate, bytes).ok()?;
    let opened = frame.open(&hub.root.lobby(door.gate.day())).ok()?;
    let Body::Hello(hello) = &opened.payload.body else { return None };
    let from = opened.payload.sender;
    let kem = KemPublic::from_bytes(&hello.kem[..])?;
    let across = hello.at.is_some();
    let hello = PendingHello { from, kem, proof: hello.proof.clone(), across };
    (from != hub.id).then(|| (sha256(opened.bytes()), hello))
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
