//! A room from within: what a member holds, how its frames are made, opened and handed to whoever they concern.

use std::collections::BTreeSet;

use rand_core::CryptoRng;

use super::beacon::Beacons;
use super::beat::Pulse;
use super::catchup::CatchUp;
use super::chains::Keyring;
use super::envelope::{self, Admitted, Drop, Opened};
use super::guard::Windows;
use super::handkeys::HandKeys;
use super::hub::Hub;
use super::io::{Output, Timer, Who};
use super::log::{Inserted, Log};
use super::merge::Merging;
use super::rekey::Renewal;
use super::roster::Roster;
use super::standing::Footing;
use super::talk::Outbox;
use super::timeline::Timeline;
use super::trial::Trial;
use super::welcome::Arrivals;
use crate::base::id::{EntryId, Genesis, MemberId, MsgId, Peer, SetTag, Topic};
use crate::base::limits::{
    EPOCHS_AHEAD, EPOCHS_BACK, KNOWN_MEMBERS, REMOVAL_TRIAL_MS, REPLAY_SENDERS, TURNS,
};
use crate::base::time::{Mono, Unix};
use crate::crypto::identity::Identity;
use crate::wire::frame::FrameType;
use crate::wire::payload::{Body, Carriage, KeyUse};

/// Everything a member holds of a room.
pub(crate) struct Inside {
    pub(crate) me: MemberId,
    pub(crate) nick: String,
    /// The instant when last looked at.
    pub(crate) now: Mono,
    /// Room time when last looked at: what a ban's end is held against.
    pub(crate) room: Unix,
    pub(crate) genesis: Genesis,
    pub(crate) log: Log,
    pub(crate) ring: Keyring,
    pub(crate) roster: Roster,
    pub(crate) timeline: Timeline,
    pub(crate) hand: HandKeys,
    pub(crate) seen: Windows,
    pub(crate) joined: Unix,
    /// The foundings I came in under, shortened.
    pub(crate) foundings: Vec<[u8; 8]>,
    /// Only while nobody has vouched for what I was given.
    pub(crate) trial: Option<Trial>,
    /// My founding, while nobody has ever joined it.
    pub(crate) lonely: Option<EntryId>,
    /// A founding of mine that gave way, until the log is told of it.
    pub(crate) abandoned: Option<Vec<u8>>,
    /// The key of the invite I came in with.
    pub(crate) invite: Option<Identity>,
    /// Ban salts in force.
    pub(crate) salts: BTreeSet<[u8; 16]>,
    /// Since when I stand removed.
    pub(crate) removed_at: Option<Mono>,
    /// The end of the room, once it was seen to lie ahead.
    pub(crate) expires: Option<Unix>,
    pub(super) arrivals: Arrivals,
    pub(super) pulse: Pulse,
    pub(super) beacons: Beacons,
    pub(super) footing: Footing,
    pub(super) renewal: Renewal,
    pub(super) merging: Merging,
    pub(super) outbox: Outbox,
    pub(super) catchup: CatchUp,
}

impl Inside {
    pub(crate) fn new<R: CryptoRng>(hub: &mut Hub<R>, genesis: Genesis, log: Log, ring: Keyring) -> Inside {
        let now = hub.now;
        Inside {
            me: hub.id,
            nick: hub.nick.clone(),
            now,
            room: hub.room(),
            genesis,
            log,
            ring,
            roster: Roster::default(),
            timeline: Timeline::default(),
            hand: HandKeys::new(&mut hub.rng, now),
            seen: Windows::new(REPLAY_SENDERS),
            joined: hub.room(),
            foundings: Vec::new(),
            trial: None,
            lonely: None,
            abandoned: None,
            invite: None,
            salts: BTreeSet::new(),
            removed_at: None,
            expires: None,
            arrivals: Arrivals::new(),
            pulse: Pulse::default(),
            beacons: Beacons::new(now),
            footing: Footing::default(),
            renewal: Renewal::new(now),
            merging: Merging::new(),
            outbox: Outbox::new(),
            catchup: CatchUp::default(),
        }
    }

    /// Whether somebody stands removed.
    pub(crate) fn is_removed(&self, who: &MemberId) -> bool {
        let known = self.roster.get(who).filter(|m| self.settled(m));
        let theirs = || known.map(|m| m.foundings.as_slice()).unwrap_or_default();
        let under = if *who == self.me { self.foundings.as_slice() } else { theirs() };
        self.log.rights().removal(who, under, self.room).is_some()
    }

    /// Whether somebody's foundings count: not by what others tell of one who was never heard (in a shut room nobody new
    /// comes, so there they do), and not while one who has just come may yet learn better. Or else whoever forges a
    /// founding could keep newcomers out, by saying that they came in under it or by leading them there.
    fn settled(&self, member: &super::roster::Member) -> bool {
        let learning = member.own_word && !member.proved && self.now.since(member.told) < REMOVAL_TRIAL_MS;
        !learning && (member.own_word || member.heard.is_some() || self.is_shut())
    }

    /// A member as events name them.
    pub(crate) fn who(&self, id: &MemberId) -> Who {
        let theirs = || self.roster.get(id).map(|m| m.nick.clone()).unwrap_or_default();
        let nick = if *id == self.me { self.nick.clone() } else { theirs() };
        Who { id: *id, nick, rank: self.log.rights().rank(id) }
    }

    // ---- sending ----

    /// Seals a room frame under the current set.
    pub(crate) fn seal<R: CryptoRng>(&mut self, hub: &mut Hub<R>, ttl_s: u64, body: Body) -> Option<Sealed> {
        let now = hub.epoch();
        let set = self.ring.current_mut();
        let epoch = set.sending(now);
        let (generation, tag) = (set.generation(), set.tag());
        let head = self.log.head();
        let payload = hub.payload(self.genesis, generation, epoch, head, ttl_s, body);
        let key = &self.ring.current_mut().key(epoch, now)?.frame;
        let gate = hub.doors.room()?;
        let bytes = payload.encode();
        let sig = hub.me.sign(crate::crypto::kdf::Label::Signature, &[&bytes]);
        let frame = envelope::seal_inner(
            &hub.hedge,
            &mut hub.rng,
            gate,
            FrameType::Room,
            tag,
            epoch,
            key,
            &bytes,
            &sig,
        )?;
        Some(Sealed { topic: gate.topic(), frame, id: envelope::message_id(&bytes), payload, sig })
    }

    /// Seals and gossips.
    pub(crate) fn publish<R: CryptoRng>(&mut self, hub: &mut Hub<R>, body: Body) -> bool {
        let Some(sealed) = self.seal(hub, 0, body) else { return false };
        hub.out.push(Output::Publish { topic: sealed.topic, bytes: sealed.frame });
        true
    }

    /// Seals and sends straight to a member; false where no peer of theirs is known.
    pub(crate) fn direct<R: CryptoRng>(&mut self, hub: &mut Hub<R>, to: &MemberId, body: Body) -> bool {
        let Some(peer) = self.roster.get(to).and_then(|m| m.peer.clone()) else { return false };
        self.direct_to(hub, peer, body)
    }

    /// Seals and sends straight to a peer.
    pub(crate) fn direct_to<R: CryptoRng>(&mut self, hub: &mut Hub<R>, peer: Peer, body: Body) -> bool {
        let Some(sealed) = self.seal(hub, 0, body) else { return false };
        hub.out.push(Output::Direct { to: peer, bytes: sealed.frame });
        true
    }

    /// Sends a lobby frame as a member.
    pub(crate) fn lobby<R: CryptoRng>(&self, hub: &mut Hub<R>, body: Body) -> Option<[u8; 32]> {
        hub.send_lobby(self.genesis, self.ring.current().generation(), self.log.head(), body)
    }

    // ---- receiving ----

    /// Opens a room frame that passed the gate. A frame under a set not known here waits.
    pub(crate) fn open_room<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        topic: Topic,
        from: &Peer,
        direct: bool,
        frame: &Admitted<'_>,
        bytes: &[u8],
    ) -> Result<(Opened, [u8; 32]), Drop> {
        let now = hub.epoch();
        let epoch = now.nearest(frame.header.epoch_low);
        if epoch > now.plus(EPOCHS_AHEAD) || epoch < now.minus(EPOCHS_BACK) {
            return Err(Drop::Epoch);
        }
        let tag = frame.header.set_tag;
        let mut failed = Drop::Unknown;
        let mut found = None;
        for set in self.ring.tagged(tag) {
            let hash = set.hash();
            let generation = set.generation();
            let Some(key) = set.key(epoch, now) else { continue };
            match frame.open(&key.frame) {
                Ok(opened) => {
                    found = Some((opened, hash, generation));
                    break;
                }
                Err(why) => failed = why,
            }
        }
        let mut rival = None;
        if let (None, Some(trial)) = (&found, &mut self.trial)
            && let Some((opened, i, generation)) = trial.open(frame, epoch, now)
        {
            // What opens only under a rival is read, but confirms nothing: no set has this hash.
            rival = Some(i);
            found = Some((opened, [0; 32], generation));
        }
        let Some((opened, hash, generation)) = found else {
            if failed == Drop::Unknown && !direct {
                hub.waiting.push(topic, from.clone(), direct, bytes, tag, hub.now);
            }
            return Err(failed);
        };
        let payload = &opened.payload;
        let carriage = payload.kind().carriage();
        if carriage == Carriage::Lobby || (carriage == Carriage::Direct && !direct) {
            return Err(Drop::Kind);
        }
        if payload.genesis != self.genesis
            || payload.epoch != epoch
            || payload.generation != generation
            || payload.sender == hub.id
        {
            return Err(Drop::OtherRoom);
        }
        if !self.seen.is_new(&payload.sender, payload.counter) {
            return Err(Drop::Replay);
        }
        if matches!(payload.body, Body::Dm { .. }) {
            return Err(Drop::Unsigned);
        }
        if !opened.is_signed() {
            return Err(Drop::Signature);
        }
        self.seen.mark(&payload.sender, payload.counter, hub.now);
        if let (Some(i), Some(trial)) = (rival, &mut self.trial) {
            trial.heard_under(i, payload.sender);
        }
        Ok((opened, hash))
    }

    /// Acts on a room frame.
    pub(crate) fn on_room<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        opened: Opened,
        set: [u8; 32],
        from: &Peer,
        direct: bool,
    ) -> Result<(), Drop> {
        let sender = opened.payload.sender;
        if let Body::Join(join) = &opened.payload.body {
            self.comes_home(&sender, join);
        }
        if self.is_removed(&sender) {
            if let Some(trial) = &mut self.trial {
                // Perhaps it is the log I was given that is wrong: nobody vouches alone while this one speaks.
                trial.stranger = Some(hub.now);
            }
            // What they had written into the log still counts for what it is worth; nothing else does.
            if let Body::Entry(raws) = &opened.payload.body {
                let raws = raws.clone();
                self.take_entries(hub, &raws);
            }
            return Err(Drop::Removed);
        }
        if !self.hear(hub, &sender, &opened, set, from, direct) {
            return Err(Drop::Limit);
        }
        let head = opened.payload.log_head;
        let sent = opened.payload.sent;
        let sig = opened.sig();
        let id = envelope::message_id(opened.bytes());
        match opened.payload.body {
            Body::Text(_) => self.on_text(hub, opened.payload, sig, id)?,
            Body::Have(ref had) => self.on_have(hub, sender, had),
            Body::Opened(id) => self.on_opened(hub, sender, id),
            Body::Burn { ref ids, upto } => self.on_burn(hub, sender, ids, upto),
            Body::Join(ref join) => self.on_join(hub, sender, join, sent),
            Body::Leave { .. } => self.on_leave(hub, sender),
            Body::Key(ref key) if key.used_for == KeyUse::Handover => self.on_key(sender, &key.kem),
            Body::Beat(ref beat) => self.on_beat(hub, sender, beat, &opened.payload, set),
            Body::Entry(ref raws) => {
                self.take_entries(hub, raws);
            }
            Body::Profile(ref profile) => self.on_profile(hub, sender, &profile.nick),
            Body::Roster { ref rows, .. } => self.take_rows(hub, &sender, rows),
            Body::Log { ref entries, .. } => {
                self.take_entries(hub, entries);
            }
            Body::Ask(ref ask) => self.on_ask(hub, sender, ask),
            Body::Missed(ref missed) => self.on_missed(hub, sender, missed),
            // Defined, and carried by later work; nothing here acts on them.
            _ => {}
        }
        if head != self.log.head() {
            self.seek_log(hub, &sender);
        }
        Ok(())
    }

    /// Notes that a member was heard. False where there is no room for one more.
    fn hear<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        sender: &MemberId,
        opened: &Opened,
        set: [u8; 32],
        from: &Peer,
        direct: bool,
    ) -> bool {
        let known = self.roster.knows(sender);
        if !known && self.roster.all().count() >= KNOWN_MEMBERS {
            // Anybody inside can speak under names without end: those give way before anybody who ever stood confirmed. The
            // removed stay, for as long as they are what fresh keys are needed for.
            let removals = &self.log.rights().removals;
            if !self.roster.make_way(|id| removals.contains_key(id)) {
                return false;
            }
        }
        let room = hub.room();
        let offset_ms = opened.payload.sent.offset_from(room);
        let member = self.roster.meet(*sender, hub.now, room);
        let returned = member.left || !known;
        member.heard = Some(hub.now);
        member.left = false;
        member.offset_ms = offset_ms;
        member.set = Some(set);
        if direct && member.peer.is_none() {
            member.peer = Some(from.clone());
        }
        self.renewal.gone.remove(sender);
        self.lonely = None;
        if let Some(trial) = self.trial.as_mut().filter(|_| set == self.ring.current().hash()) {
            trial.heard.insert(*sender);
        }
        if returned && !matches!(opened.payload.body, Body::Join(_) | Body::Leave { .. }) {
            self.greet(hub, sender);
        }
        if !known {
            // Whoever says who they are need not be asked; a few beats show them that they are heard.
            if !matches!(opened.payload.body, Body::Join(_)) {
                self.seek_roster(hub, sender);
            }
            if self.roster.place(&hub.id, &sender.0, |_, m| !m.fresh) < TURNS {
                hub.within(1_000, Timer::Beat);
            }
        }
        true
    }

    /// Takes entries in, announces what came into force, and acts on it. True where anything was new.
    pub(crate) fn take_entries<R: CryptoRng>(&mut self, hub: &mut Hub<R>, raws: &[Vec<u8>]) -> bool {
        let mut new = false;
        for raw in raws {
            new |= matches!(self.log.insert(raw), Ok(Inserted::Added));
        }
        if new {
            self.after_log(hub);
        }
        new
    }

    /// Whether strangers are kept out: whoever is not in my roster does not get into it because somebody says so.
    pub(crate) fn is_shut(&self) -> bool {
        self.log.rights().locked() || self.log.rights().knocking()
    }

    /// Comes in under the foundings of whoever welcomed me: whose rights reach me, and whose settings are mine. A founding
    /// that somebody forged meanwhile is not among them.
    pub(crate) fn come_under(&mut self, foundings: &[[u8; 8]]) {
        self.foundings = foundings.to_vec();
        self.log.look_from(&self.foundings);
    }
}

/// A room frame, sealed.
pub(crate) struct Sealed {
    pub(crate) topic: Topic,
    pub(crate) frame: Vec<u8>,
    pub(crate) id: MsgId,
    pub(crate) payload: crate::wire::payload::Payload,
    pub(crate) sig: [u8; 64],
}

/// Whether a tag is one of mine, in use or still opened.
pub(crate) fn knows_tag(ring: &mut Keyring, tag: SetTag) -> bool {
    ring.tagged(tag).next().is_some()
}
