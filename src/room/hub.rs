//! What every phase of a room needs: time, randomness, identity, topics, and the list of things to do.

use std::collections::{BTreeMap, BTreeSet};

use rand_core::CryptoRng;

use super::clock::Clock;
use super::doors::{Change, Doors};
use super::entry::Intent;
use super::envelope::{self, Admitted, Counts, Dropped, Opened};
use super::guard::{WaitingRoom, Windows};
use super::guise::Guise;
use super::io::{Event, Output, Timer};
use super::unsent::Unsent;
use crate::base::id::{Genesis, LogHead, MemberId, Peer, SetTag};
use crate::base::limits::{ADDR_BYTES, ADDRS, LOBBY_EPOCHS, REPLAY_SENDERS};
use crate::base::secret::Secret;
use crate::base::time::{Day, Epoch, Mono, Unix};
use crate::crypto::identity::Identity;
use crate::crypto::root::Root;
use crate::crypto::seal::Hedge;
use crate::wire::frame::FrameType;
use crate::wire::payload::{Body, Carriage, Payload};

/// How others reach this node, as it wants them to know.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// The transport peer, if it is to be known.
    pub peer: Option<Peer>,
    /// Transport addresses.
    pub addrs: Vec<Vec<u8>>,
}

impl Reach {
    /// As many addresses as a member may announce, none of them too long: what nobody would decode is not sent.
    pub(crate) fn bounded(mut self) -> Reach {
        self.addrs.retain(|addr| addr.len() <= ADDR_BYTES);
        self.addrs.truncate(ADDRS);
        self
    }
}

/// Shared by all phases.
pub(crate) struct Hub<R> {
    pub(crate) now: Mono,
    pub(crate) rng: R,
    pub(crate) me: Identity,
    pub(crate) id: MemberId,
    pub(crate) hedge: Hedge,
    pub(crate) root: Root,
    pub(crate) psk: Secret<32>,
    pub(crate) clock: Clock,
    pub(crate) doors: Doors,
    pub(crate) nick: String,
    pub(crate) guise: Guise,
    pub(crate) serve: bool,
    /// Can come back to the room.
    pub(crate) keeps: bool,
    pub(crate) reach: Reach,
    pub(crate) rate_off: bool,
    /// What this node came for: whoever has to look for the room again comes for the same, with the same invite.
    pub(crate) intent: Intent,
    pub(crate) lobby_seen: Windows,
    pub(crate) waiting: WaitingRoom,
    /// What was said and has not gone out.
    pub(crate) unsent: Unsent,
    /// From whom nothing is taken.
    pub(crate) blocked: BTreeSet<MemberId>,
    /// Who is no stranger here, whatever was said before.
    pub(crate) friends: BTreeSet<MemberId>,
    pub(crate) counts: Counts,
    pub(crate) out: Vec<Output>,
    /// What the numbers of my frames and messages are beyond.
    pub(crate) begun: u64,
    pub(super) counter: u64,
    agenda: BTreeMap<Timer, Mono>,
    lobby_keys: BTreeMap<Day, Secret<32>>,
}

impl<R: CryptoRng> Hub<R> {
    pub(crate) fn new(
        now: Mono,
        wall: Unix,
        mut rng: R,
        me: Identity,
        root: Root,
        nick: String,
        reach: Reach,
    ) -> Hub<R> {
        let clock = Clock::new(now, wall);
        let doors = Doors::new(&root, clock.now(now));
        Hub {
            now,
            id: me.id(),
            me,
            hedge: Hedge::new(&mut rng),
            psk: root.psk(),
            clock,
            doors,
            root,
            rng,
            nick,
            guise: Guise::default(),
            serve: false,
            keeps: false,
            reach: reach.bounded(),
            rate_off: false,
            intent: Intent::Visit,
            lobby_seen: Windows::new(REPLAY_SENDERS),
            waiting: WaitingRoom::default(),
            unsent: Unsent::default(),
            blocked: BTreeSet::new(),
            friends: BTreeSet::new(),
            counts: Counts::new(),
            out: Vec::new(),
            begun: 0,
            counter: 0,
            agenda: BTreeMap::new(),
            lobby_keys: BTreeMap::new(),
        }
    }

    /// Room time.
    pub(crate) fn room(&self) -> Unix {
        self.clock.now(self.now)
    }

    /// The epoch of room time.
    pub(crate) fn epoch(&self) -> Epoch {
        self.room().epoch()
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.out.push(Output::Event(event));
    }

    pub(crate) fn count(&mut self, drop: Dropped) {
        *self.counts.entry(drop).or_insert(0) += 1;
    }

    /// A number of milliseconds from `low` to `high`.
    pub(crate) fn between(&mut self, (low, high): (u64, u64)) -> u64 {
        let span = high.saturating_sub(low).saturating_add(1);
        low + self.rng.next_u64() % span
    }

    /// Asks for a timer, in place of the one of the same name.
    pub(crate) fn after(&mut self, ms: u64, timer: Timer) {
        let at = self.now + ms;
        self.agenda.insert(timer, at);
        self.out.push(Output::Timer { at, timer });
    }

    /// Asks for a timer unless the same one comes sooner anyway.
    pub(crate) fn within(&mut self, ms: u64, timer: Timer) {
        if self.agenda.get(&timer).is_none_or(|at| *at > self.now + ms) {
            self.after(ms, timer);
        }
    }

    /// Asks for a timer unless the same one is coming.
    pub(crate) fn unless_set(&mut self, ms: u64, timer: Timer) {
        if !self.agenda.contains_key(&timer) {
            self.after(ms, timer);
        }
    }

    /// A timer that comes will mean nothing.
    pub(crate) fn cancel(&mut self, timer: &Timer) {
        self.agenda.remove(timer);
    }

    /// Forgets every timer.
    pub(crate) fn cancel_all(&mut self) {
        self.agenda.clear();
    }

    /// Whether a timer that came is one that was asked for and is due; each counts once.
    pub(crate) fn is_due(&mut self, timer: &Timer) -> bool {
        let due = self.agenda.get(timer).is_some_and(|at| *at <= self.now);
        if due {
            self.agenda.remove(timer);
        }
        due
    }

    /// Applies a change of topics.
    pub(crate) fn change_doors(&mut self, change: Change) -> bool {
        let any = change != Change::default();
        self.out.extend(change.join.into_iter().map(Output::Join));
        self.out.extend(change.leave.into_iter().map(Output::Part));
        any
    }

    /// A payload of mine, numbered.
    pub(crate) fn payload(
        &mut self,
        genesis: Genesis,
        generation: u64,
        epoch: Epoch,
        log_head: LogHead,
        ttl_s: u64,
        body: Body,
    ) -> Payload {
        self.counter += 1;
        let (sender, counter, sent) = (self.id, self.counter, self.room());
        Payload { genesis, generation, epoch, sender, counter, sent, ttl_s, log_head, body }
    }

    /// Seals a lobby frame and publishes it; gives the hash of its payload, by which answers name it.
    pub(crate) fn send_lobby(
        &mut self,
        genesis: Genesis,
        generation: u64,
        log_head: LogHead,
        body: Body,
    ) -> Option<[u8; 32]> {
        let epoch = self.epoch();
        let payload = self.payload(genesis, generation, epoch, log_head, 0, body);
        let gate = self.doors.lobby()?;
        let day = gate.day();
        let key = self.lobby_keys.entry(day).or_insert_with(|| self.root.lobby(day));
        let zero = SetTag([0; 4]);
        let bytes = envelope::seal_frame(
            &self.me,
            &self.hedge,
            &mut self.rng,
            gate,
            FrameType::Lobby,
            zero,
            key,
            &payload,
        )?;
        self.out.push(Output::Publish { topic: gate.topic(), bytes });
        Some(crate::crypto::kdf::sha256(&payload.encode()))
    }

    /// Opens a lobby frame that passed the gate.
    pub(crate) fn open_lobby(
        &mut self,
        day: Day,
        frame: &Admitted<'_>,
        genesis: Option<Genesis>,
    ) -> Result<Opened, Dropped> {
        if frame.header.set_tag != SetTag([0; 4]) {
            return Err(Dropped::Header);
        }
        let now = self.epoch();
        let epoch = now.nearest(frame.header.epoch_low);
        if epoch.0.abs_diff(now.0) > LOBBY_EPOCHS {
            return Err(Dropped::Epoch);
        }
        let key = self.lobby_keys.entry(day).or_insert_with(|| self.root.lobby(day));
        let opened = frame.open(key)?;
        let payload = &opened.payload;
        if payload.kind().carriage() != Carriage::Lobby {
            return Err(Dropped::Kind);
        }
        let unknown = Genesis([0; 16]);
        let here = genesis.is_none_or(|g| payload.genesis == g || payload.genesis == unknown);
        if payload.epoch != epoch || !here || payload.sender == self.id {
            return Err(Dropped::OtherRoom);
        }
        if !self.lobby_seen.is_new(&payload.sender, payload.counter) {
            return Err(Dropped::Replay);
        }
        if !opened.is_signed() {
            return Err(Dropped::Signature);
        }
        self.lobby_seen.mark(&payload.sender, payload.counter, self.now);
        Ok(opened)
    }

    /// Forgets the lobby keys of days that are over.
    pub(crate) fn forget_lobby_keys(&mut self) {
        let days = self.room().day().around();
        self.lobby_keys.retain(|day, _| days.contains(day));
    }
}
