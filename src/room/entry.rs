//! Coming in: hellos, founding and its races, and opening a welcome.
//!
//! The phases are types. A [`Seeking`] node has no keys and cannot speak; opening a welcome or founding turns it into
//! [`Inside`], and there is no way back but a founding that nobody ever joined.

use std::collections::BTreeMap;

use rand_core::CryptoRng;

use super::chains::{Chain, ChainError, KeySet, Keyring, read_chains};
use super::envelope::Opened;
use super::handkeys::HelloKey;
use super::hub::Hub;
use super::inside::Inside;
pub use super::invite::invite_key;
use super::invite::{fingerprint, prove};
use super::io::{Event, Standing, Timer};
use super::keepsake::Keepsake;
use super::log::{Log, entry_id, genesis_of};
use super::outcast::shows_removal;
use super::trial::{Asking, Trial};
use crate::base::id::{EntryId, Genesis, LogHead, MemberId, Peer};
use crate::base::limits::{
    BEACON_MS, EPOCHS_AHEAD, FOUND_ALONE_MS, FOUND_QUIET_MS, FOUND_SILENCE_MS, FOUND_YIELD_MS,
    HANDOVER_EPOCHS, HELLO_GAP_MS, HELLO_LATER_MS, RIVAL_HELLOS,
};
use crate::base::secret::Secret;
use crate::base::time::Mono;
use crate::crypto::identity::{Identity, rank_hash};
use crate::crypto::kdf::{self, Label};
use crate::crypto::kem::KemPublic;
use crate::crypto::root::Kind;
use crate::wire::handover::{Handover, Why, split_signed};
use crate::wire::invite::Invite;
use crate::wire::log::{Act, Policy};
use crate::wire::payload::{Body, Hello, Proof, Reason, Refusal};

/// When hellos go out after the first subscriber was seen, in milliseconds.
const HELLO_AT: [u64; 5] = [0, 500, 1_000, 2_000, 5_000];

/// What a node wants of a room.
#[derive(Debug)]
pub enum Intent {
    /// Come in, and found the room with these settings if nobody is there.
    Join(Box<Policy>),
    /// Come in, and never found.
    Visit,
    /// Come in with an invite.
    Invited(Box<Invite>),
    /// Open a new room with these settings.
    Found(Box<Policy>),
    /// Come back with what was kept, whoever is there.
    Reopen(Box<Keepsake>),
}

/// A hello that waits for its answer.
pub(crate) struct PendingHello {
    pub(crate) from: MemberId,
    pub(crate) kem: KemPublic,
    pub(crate) proof: Option<Proof>,
    pub(crate) across: bool,
}

struct Seen {
    hash: [u8; 32],
    kem: KemPublic,
    at: Mono,
}

/// A node that has no keys of the room yet.
pub(crate) struct Seeking {
    asking: Asking,
    started: Mono,
    subscriber: Option<Mono>,
    rivals: BTreeMap<MemberId, Seen>,
    first_rival: Option<Mono>,
    life: Option<Mono>,
    abandoned: Option<Vec<u8>>,
    /// Why it was not let in, when that was last told.
    refused: Option<Reason>,
}

/// What became of a welcome.
pub(crate) enum Welcomed {
    /// It let us in.
    In(Box<Inside>),
    /// It is of no use.
    No,
}

impl Seeking {
    pub(crate) fn new<R: CryptoRng>(hub: &mut Hub<R>) -> Seeking {
        let key = HelloKey::new(&mut hub.rng);
        hub.after(FOUND_ALONE_MS, Timer::Found);
        hub.event(Event::Standing { standing: Standing::Searching, members: 1, only: None });
        Seeking {
            asking: Asking::new(key),
            started: hub.now,
            subscriber: None,
            rivals: BTreeMap::new(),
            first_rival: None,
            life: None,
            abandoned: None,
            refused: None,
        }
    }

    /// Goes looking again, with whatever let me in the first time: after a founding that nobody joined (what was founded is
    /// put under the other room later), or when no key is left. Whoever had opened the room comes as anybody now.
    pub(crate) fn again<R: CryptoRng>(hub: &mut Hub<R>, abandoned: Option<Vec<u8>>) -> Seeking {
        if let Intent::Found(policy) = &mut hub.intent {
            hub.intent = Intent::Join(std::mem::take(policy));
        }
        let mut seeking = Seeking::new(hub);
        seeking.abandoned = abandoned;
        seeking.subscriber = Some(hub.now);
        seeking.life = Some(hub.now);
        seeking.say_hello(hub);
        seeking
    }

    pub(crate) fn on_subscribed<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if self.subscriber.is_none() {
            self.subscriber = Some(hub.now);
            hub.within(FOUND_QUIET_MS, Timer::Found);
            self.say_hello(hub);
        } else {
            self.hello_soon(hub);
        }
    }

    /// A hello at once, but no more than one in half a second.
    pub(crate) fn hello_soon<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let wait = self.asking.last.map_or(0, |at| HELLO_GAP_MS.saturating_sub(hub.now.since(at)));
        if wait == 0 { self.say_hello(hub) } else { hub.within(wait, Timer::Hello) }
    }

    pub(crate) fn say_hello<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if self.asking.key.spent(hub.now) {
            self.asking = Asking::new(HelloKey::new(&mut hub.rng));
        }
        let proof = match &hub.intent {
            Intent::Invited(invite) => {
                Some(prove(&invite_key(&invite.seed), &hub.id, self.asking.key.public()))
            }
            _ => None,
        };
        send_hello(hub, &mut self.asking, Genesis([0; 16]), 0, LogHead([0; 16]), proof, None);
        let since = self.subscriber.unwrap_or(hub.now);
        let wait = next_hello(hub, since);
        hub.after(wait, Timer::Hello);
    }

    /// Notes a sign that a room exists.
    pub(crate) fn saw_life<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let first = self.life.is_none();
        self.life = Some(hub.now);
        if first {
            self.hello_soon(hub);
        }
    }

    /// Another seeker: one of us will found.
    pub(crate) fn on_hello<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        from: MemberId,
        hello: &Hello,
        hash: [u8; 32],
    ) {
        if hello.at.is_some() {
            self.saw_life(hub);
            return;
        }
        if self.rivals.len() >= RIVAL_HELLOS && !self.rivals.contains_key(&from) {
            return;
        }
        let Some(kem) = KemPublic::from_bytes(&hello.kem[..]) else { return };
        let is_new = self.rivals.insert(from, Seen { hash, kem, at: hub.now }).is_none();
        self.first_rival.get_or_insert(hub.now);
        if is_new {
            hub.within(FOUND_SILENCE_MS, Timer::Found);
        }
    }

    /// Whether it is time to found the room. If not, the timer is set for when it may be.
    pub(crate) fn should_found<R: CryptoRng>(&mut self, hub: &mut Hub<R>) -> bool {
        match hub.intent {
            Intent::Visit | Intent::Invited(_) | Intent::Reopen(_) => return false,
            Intent::Found(_) => return true,
            Intent::Join(_) => {}
        }
        if hub.root.kind() == Kind::Invite {
            return false;
        }
        let now = hub.now;
        let Some(subscriber) = self.subscriber else {
            return self.ripe(hub, self.started + FOUND_ALONE_MS);
        };
        if let Some(life) = self.life {
            return self.ripe(hub, life + FOUND_QUIET_MS);
        }
        let Some(first) = self.first_rival else {
            return self.ripe(hub, subscriber + FOUND_QUIET_MS);
        };
        self.rivals.retain(|_, seen| now.since(seen.at) < FOUND_QUIET_MS);
        let mine = rank_hash(&hub.id);
        let lowest = !self.rivals.keys().any(|id| rank_hash(id) < mine);
        let from = first.max(subscriber);
        let patience = if lowest { FOUND_SILENCE_MS } else { FOUND_SILENCE_MS + FOUND_YIELD_MS };
        self.ripe(hub, from + patience)
    }

    fn ripe<R: CryptoRng>(&self, hub: &mut Hub<R>, at: Mono) -> bool {
        if hub.now >= at {
            return true;
        }
        let wait = at.since(hub.now);
        hub.after(wait, Timer::Found);
        false
    }

    /// Founds the room, and answers at once whoever asked meanwhile.
    pub(crate) fn found<R: CryptoRng>(self, hub: &mut Hub<R>) -> Option<Inside> {
        let policy = match &hub.intent {
            Intent::Found(policy) | Intent::Join(policy) => (**policy).clone(),
            Intent::Visit | Intent::Invited(_) | Intent::Reopen(_) => Policy::default(),
        };
        let token = Secret::<32>::random(&mut hub.rng);
        let reclaim = Identity::from_seed(&token).id().0;
        let mut nonce = [0; 16];
        hub.rng.fill_bytes(&mut nonce);
        let act = match hub.root.genesis() {
            Some(_) => Act::Founding { reclaim, policy, nonce },
            None => Act::Genesis { room: hub.root.name().as_str().to_owned(), reclaim, policy, nonce },
        };
        let placeholder = hub.root.genesis().unwrap_or(Genesis([0; 16]));
        let raw = Log::new(placeholder, hub.root.kind()).write(&hub.me, hub.room(), act);
        let (statement, _) = split_signed(&raw)?;
        let founding = entry_id(statement);
        let genesis = hub.root.genesis().unwrap_or_else(|| genesis_of(&founding));
        let mut log = Log::new(genesis, hub.root.kind());
        log.insert(&raw).ok()?;
        let (key, birth) = (Secret::<32>::random(&mut hub.rng), hub.epoch());
        let heads = vec![founding];
        let chain = Chain::announce(&hub.me, genesis, 0, birth, &key, Why::Founding, Vec::new(), heads);
        let set = KeySet::new(vec![(chain, key)], birth).ok()?;
        let mut inside = Inside::new(hub, genesis, log, Keyring::new(set));
        inside.lonely = Some(founding);
        let short: Vec<[u8; 8]> = founding.0.first_chunk::<8>().copied().into_iter().collect();
        inside.come_under(&short);
        inside.renewal.announced.insert(founding);
        inside.abandoned = self.abandoned;
        hub.cancel(&Timer::Hello);
        hub.cancel(&Timer::Found);
        hub.event(Event::Entered { genesis, owner: Some(hub.id), token: Some(token) });
        let recent: Vec<(MemberId, Seen)> =
            self.rivals.into_iter().filter(|(_, s)| hub.now.since(s.at) < FOUND_YIELD_MS).collect();
        for (from, seen) in recent {
            let hello = PendingHello { from, kem: seen.kem, proof: None, across: false };
            inside.answer(hub, seen.hash, hello);
        }
        inside.start(hub);
        Some(inside)
    }

    /// Opens a welcome.
    pub(crate) fn on_welcome<R: CryptoRng>(
        mut self,
        hub: &mut Hub<R>,
        opened: &Opened,
        hello: [u8; 32],
        sealed: &[u8],
    ) -> (Option<Seeking>, Welcomed) {
        let Some(handover) = open_welcome(hub, &mut self.asking, opened, hello, sealed, Label::Welcome)
        else {
            return (Some(self), Welcomed::No);
        };
        let Ok(handover) = Handover::decode(&handover) else { return (Some(self), Welcomed::No) };
        let clock = hub.clock.clone();
        if let Err(off) = hub.clock.adopt(hub.now, handover.room, handover.steps_ms) {
            hub.event(Event::ClockOff { by_ms: off.by_ms });
            return (Some(self), Welcomed::No);
        }
        let Seeking { asking, abandoned, refused, .. } = self;
        let pinned = match &hub.intent {
            Intent::Invited(invite) => Some(invite.owner_fp),
            _ => None,
        };
        match enter(hub, opened, handover, pinned) {
            Ok(mut inside) => {
                hub.cancel(&Timer::Found);
                inside.abandoned = abandoned;
                if let Intent::Invited(invite) = &hub.intent {
                    inside.invite = Some(invite_key(&invite.seed));
                }
                let mut trial = Trial::new(asking, hub.now);
                trial.told(opened.payload.sender, &inside.foundings, &inside.foundings);
                inside.trial = Some(trial);
                let wait = next_hello(hub, hub.now);
                hub.after(wait, Timer::Hello);
                inside.announce_myself(hub);
                inside.start(hub);
                (None, Welcomed::In(Box::new(inside)))
            }
            Err(_) => {
                hub.clock = clock;
                (Some(Seeking { asking, abandoned, refused, ..Seeking::bare(hub) }), Welcomed::No)
            }
        }
    }

    fn bare<R: CryptoRng>(hub: &mut Hub<R>) -> Seeking {
        Seeking {
            asking: Asking::new(HelloKey::new(&mut hub.rng)),
            started: hub.now,
            subscriber: Some(hub.now),
            rivals: BTreeMap::new(),
            first_rival: None,
            life: Some(hub.now),
            abandoned: None,
            refused: None,
        }
    }

    /// Reads a refusal of one of my hellos.
    pub(crate) fn on_refusal<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        opened: &Opened,
        hello: [u8; 32],
        sealed: &[u8],
    ) -> Option<Reason> {
        let plain = open_welcome(hub, &mut self.asking, opened, hello, sealed, Label::Refusal)?;
        self.life = Some(hub.now);
        let refusal = Refusal::decode(&plain).ok()?;
        let claimed = refusal.reason != Reason::Removed;
        if !claimed && !shows_removal(hub, opened.payload.genesis, &refusal) {
            return None;
        }
        // Whoever hears a hello refuses it, and so every hello: what has not changed is no news.
        let before = self.refused.replace(refusal.reason);
        (before != Some(refusal.reason)).then_some(refusal.reason)
    }
}

/// The hello after this one: at 0, 0.5, 1, 2, 5 s, from 8 s on every 4 s, give or take one.
pub(crate) fn next_hello<R: CryptoRng>(hub: &mut Hub<R>, since: Mono) -> u64 {
    let passed = hub.now.since(since);
    match HELLO_AT.iter().find(|at| **at > passed) {
        Some(at) => at - passed,
        None => hub.between(HELLO_LATER_MS),
    }
}

/// Sends a hello; `at` tells where a member stands who says hello across a partition.
pub(crate) fn send_hello<R: CryptoRng>(
    hub: &mut Hub<R>,
    asking: &mut Asking,
    genesis: Genesis,
    generation: u64,
    log_head: LogHead,
    proof: Option<Proof>,
    at: Option<(crate::base::id::SetTag, crate::base::id::TopicTag)>,
) {
    let mut nonce = [0; 16];
    hub.rng.fill_bytes(&mut nonce);
    let kem = Box::new(*asking.key.public().as_bytes());
    let hello = Hello { kem, nonce, proof, at };
    if let Some(hash) = hub.send_lobby(genesis, generation, log_head, Body::Hello(hello)) {
        asking.sent(hash, hub.now);
    }
}

/// Opens what was sealed to one of my hellos: a welcome or a refusal.
pub(crate) fn open_welcome<R: CryptoRng>(
    hub: &mut Hub<R>,
    asking: &mut Asking,
    opened: &Opened,
    hello: [u8; 32],
    sealed: &[u8],
    label: Label,
) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    if !asking.hellos.contains_key(&hello) {
        return None;
    }
    let info = welcome_info(label, &hello, &opened.payload.sender, &opened.payload.genesis);
    let plain = asking.key.secret(hub.now)?.open(Some(&hub.psk), &info, &[], sealed).ok()?;
    if label == Label::Welcome {
        asking.key.used(hub.now);
    }
    Some(plain)
}

/// What binds a welcome to its hello, its sender and its room.
pub(crate) fn welcome_info(label: Label, hello: &[u8; 32], from: &MemberId, genesis: &Genesis) -> Vec<u8> {
    [kdf::PREFIX.as_bytes(), label.as_str().as_bytes(), hello, &from.0, &genesis.0].concat()
}

/// Takes over a room from a welcome.
fn enter<R: CryptoRng>(
    hub: &mut Hub<R>,
    opened: &Opened,
    handover: Handover,
    pinned: Option<[u8; 10]>,
) -> Result<Inside, ChainError> {
    let genesis = opened.payload.genesis;
    if hub.root.genesis().is_some_and(|mine| mine != genesis) {
        return Err(ChainError::OtherRoom);
    }
    let mut log = Log::new(genesis, hub.root.kind());
    for raw in &handover.entries {
        // A welcomer's log is a hint; each entry stands or falls by its own signature.
        let _ = log.insert(raw);
    }
    if let Some(fp) = pinned {
        let founder = log.rights().domains.values().next().map(|d| d.founder);
        if founder.is_none_or(|f| fingerprint(&f) != fp) {
            return Err(ChainError::OtherRoom);
        }
    }
    let now = hub.epoch();
    if handover.epoch > now.plus(EPOCHS_AHEAD) || handover.epoch < now.minus(HANDOVER_EPOCHS) {
        return Err(ChainError::Inconsistent);
    }
    let chains = read_chains(&handover.chains, genesis, handover.generation, handover.epoch, None)?;
    let mut set = KeySet::new(chains, handover.epoch)?;
    set.advance(hub.epoch());
    if set.epochs().next().is_none() {
        return Err(ChainError::Inconsistent);
    }
    let mut inside = Inside::new(hub, genesis, log, Keyring::new(set));
    if inside.is_removed(&opened.payload.sender) {
        return Err(ChainError::Inconsistent);
    }
    let ids: Vec<EntryId> = inside.log.raws().map(|(id, _)| *id).collect();
    inside.renewal.announced.extend(ids);
    let welcomers = handover.rows.iter().find(|row| row.id == opened.payload.sender);
    inside.come_under(welcomers.map(|row| row.foundings.as_slice()).unwrap_or_default());
    inside.take_salts(hub, &handover.salts);
    let now = hub.now;
    inside.roster.meet(opened.payload.sender, now, opened.payload.sent);
    inside.take_rows(hub, &opened.payload.sender, &handover.rows);
    let owner = inside.log.rights().domains.values().next().map(|d| d.owner);
    hub.event(Event::Entered { genesis, owner, token: None });
    if handover.more_log || inside.log.head() != opened.payload.log_head {
        inside.seek_log(hub, &opened.payload.sender);
    }
    if handover.more_roster {
        inside.seek_roster(hub, &opened.payload.sender);
    }
    Ok(inside)
}

impl Inside {
    /// Tells the room who came in.
    pub(crate) fn announce_myself<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        let Some(kem) = self.hand.public() else { return };
        // Over the key that this very frame shows, so that everybody can check it.
        let proof = self.proof_of_invite(hub, kem);
        let join = crate::wire::payload::Join {
            nick: hub.nick.clone(),
            serve: hub.serve,
            proof,
            kem: Box::new(*kem.as_bytes()),
            foundings: self.foundings.clone(),
            peer: hub.reach.peer.as_ref().map(|p: &Peer| p.as_bytes().to_vec()).unwrap_or_default(),
            addrs: hub.reach.addrs.clone(),
        };
        self.publish(hub, Body::Join(join));
    }

    /// Sets the timers of somebody who is in.
    pub(crate) fn start<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        hub.after(0, Timer::Beat);
        let beacon = hub.between(BEACON_MS);
        hub.after(beacon, Timer::Beacon);
        self.judge(hub);
        self.upkeep(hub);
    }
}
