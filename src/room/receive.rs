//! A frame of the room comes in: it is opened, checked, and handed to whoever it concerns.

use rand_core::CryptoRng;

use super::envelope::{self, Admitted, Dropped, Opened};
use super::guard::Waiting;
use super::hub::Hub;
use super::inside::Inside;
use super::io::Timer;
use super::kept::Signed;
use crate::base::id::{MemberId, Peer, SetTag, Topic};
use crate::base::limits::{
    EPOCHS_AHEAD, EPOCHS_BACK, HELLO_GAP_MS, KNOWN_MEMBERS, NEWCOMER_BEAT_MS, PACE_UNHEARD_MS, STUCK_MS,
    TURNS,
};
use crate::wire::payload::{Body, Carriage, KeyUse};

impl Inside {
    /// Takes a room frame that passed the gate.
    pub(super) fn on_room_frame<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        topic: Topic,
        from: &Peer,
        direct: bool,
        frame: &Admitted<'_>,
        bytes: &[u8],
    ) -> Result<(), Dropped> {
        match self.open_room(hub, topic, from, direct, frame, bytes) {
            Ok((opened, set)) => self.on_room(hub, opened, set, from, direct),
            Err(drop) => {
                // Of what comes over a link past the lobby's gate nobody is a stranger: whoever was banned has that gate too.
                let room = hub.doors.get(&topic).is_some_and(|door| door.room);
                if room && matches!(drop, Dropped::Unknown | Dropped::Commitment) {
                    self.met_stranger(hub);
                }
                Err(drop)
            }
        }
    }

    /// Opens a room frame that passed the gate. A frame under a set not known here waits.
    fn open_room<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        topic: Topic,
        from: &Peer,
        direct: bool,
        frame: &Admitted<'_>,
        bytes: &[u8],
    ) -> Result<(Opened, [u8; 32]), Dropped> {
        let now = hub.epoch();
        let epoch = now.nearest(frame.header.epoch_low);
        if epoch > now.plus(EPOCHS_AHEAD) || epoch < now.minus(EPOCHS_BACK) {
            return Err(Dropped::Epoch);
        }
        let tag = frame.header.set_tag;
        let mut failed = Dropped::Unknown;
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
            if failed == Dropped::Unknown && !direct {
                hub.waiting.push(topic, from.clone(), direct, bytes, tag, hub.now);
            }
            return Err(failed);
        };
        let payload = &opened.payload;
        let carriage = payload.kind().carriage();
        if carriage == Carriage::Lobby || (carriage == Carriage::Direct && !direct) {
            return Err(Dropped::Kind);
        }
        if payload.genesis != self.genesis
            || payload.epoch != epoch
            || payload.generation != generation
            || payload.sender == hub.id
        {
            return Err(Dropped::OtherRoom);
        }
        if !self.seen.is_new(&payload.sender, payload.counter) {
            return Err(Dropped::Replay);
        }
        if matches!(payload.body, Body::Dm { .. }) {
            // Passed on whatever comes of it: nobody can see by that whom it was for.
            self.on_dm(hub, &opened).map_err(|_| Dropped::Unsigned)?;
            return Ok((opened, hash));
        }
        if !opened.is_signed() {
            return Err(Dropped::Signature);
        }
        self.seen.mark(&payload.sender, payload.counter, hub.now);
        if let (Some(i), Some(trial)) = (rival, &mut self.trial) {
            trial.heard_under(i, payload.sender);
        }
        Ok((opened, hash))
    }

    /// Acts on a room frame.
    fn on_room<R: CryptoRng>(
        &mut self,
        hub: &mut Hub<R>,
        opened: Opened,
        set: [u8; 32],
        from: &Peer,
        direct: bool,
    ) -> Result<(), Dropped> {
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
            return Err(Dropped::Removed);
        }
        if !self.hear(hub, &sender, &opened, set, from, direct) {
            return Err(Dropped::Limit);
        }
        let head = opened.payload.log_head;
        let sig = opened.sig();
        let id = envelope::message_id(opened.bytes());
        match opened.payload.body {
            Body::Text(_) => self.on_text(hub, opened.payload, sig, id)?,
            Body::Have(ref had) => self.on_have(hub, sender, had),
            Body::Opened(id) => self.on_opened(hub, sender, id),
            Body::Burn { ref ids, upto } => {
                let word = Signed::from([opened.bytes(), &sig].concat());
                self.on_burn(hub, sender, ids, upto, &word);
            }
            Body::Seen(ref ids) => self.on_seen(hub, sender, ids),
            Body::Typing { alone } => self.on_typing(hub, &opened.payload, alone),
            Body::Gone { ref ids, upto } => self.on_gone(hub, sender, ids, upto),
            Body::Join(ref join) => self.on_join(hub, sender, join),
            Body::Leave { .. } => self.on_leave(hub, sender),
            Body::Key(ref key) if key.used_for == KeyUse::Handover => self.on_key(sender, &key.kem),
            // Shown to me alone, or not to be trusted to be.
            Body::Key(ref key) if direct => self.on_dm_keys(hub, sender, key),
            Body::Beat(ref beat) => self.on_beat(hub, sender, beat, &opened.payload, set),
            Body::Entry(ref raws) => {
                self.take_entries(hub, raws);
            }
            Body::Profile(ref profile) => self.on_profile(hub, sender, profile, opened.payload.counter),
            Body::Roster { ref rows, .. } => self.take_rows(hub, &sender, rows),
            Body::Log { ref entries, .. } => {
                self.take_entries(hub, entries);
            }
            Body::Ask(ref ask) => self.on_ask(hub, sender, ask),
            Body::Report(_) => self.on_report(hub, opened.payload, id)?,
            Body::Missed(ref missed) => {
                let settled = head == self.log.head();
                self.on_missed(hub, sender, missed, settled);
            }
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
        self.note_return(hub.now, room, sender);
        let across = !known && self.lately_met(hub.now);
        let member = self.roster.meet(*sender, hub.now, room);
        member.across |= across;
        let returned = member.left || !known;
        let unheard_ms = member.heard.map_or(0, |at| hub.now.since(at));
        let first = member.heard.replace(hub.now).is_none();
        member.met.get_or_insert(hub.now);
        member.left = false;
        member.offset_ms = offset_ms;
        member.set = Some(set);
        if direct && member.peer.is_none() {
            member.peer = Some(from.clone());
        }
        if first || unheard_ms > PACE_UNHEARD_MS {
            self.heard_again(hub, sender, unheard_ms);
        }
        self.renewal.gone.remove(sender);
        self.lonely = None;
        if let Some(trial) = self.trial.as_mut().filter(|_| set == self.ring.current().hash()) {
            trial.heard.insert(*sender);
        }
        if returned && self.resumed {
            self.say_again_who_i_am();
            hub.within(NEWCOMER_BEAT_MS, Timer::Beat);
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
                hub.within(NEWCOMER_BEAT_MS, Timer::Beat);
            }
        }
        true
    }

    // ---- frames that no key opens yet ----

    /// A frame that passed the gate and that no key of mine opens.
    fn met_stranger<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        match &mut self.trial {
            Some(trial) => {
                trial.stranger = Some(hub.now);
                let wait = trial.asking.last.map_or(0, |at| HELLO_GAP_MS.saturating_sub(hub.now.since(at)));
                hub.within(wait.max(1), Timer::Hello);
            }
            None => hub.within(STUCK_MS, Timer::Witness),
        }
    }

    /// A frame under a set I do not know has waited for two seconds: there is another side.
    pub(crate) fn check_waiting<R: CryptoRng>(&mut self, hub: &mut Hub<R>) {
        if let Some(tag) = hub.waiting.stuck(hub.now, STUCK_MS)
            && self.trial.is_none()
        {
            self.met_other_side(hub, tag);
        }
    }

    /// A set that frames wait for may have come: looks at them again.
    pub(crate) fn retry_waiting<R: CryptoRng>(&mut self, hub: &mut Hub<R>, tag: SetTag) {
        let frames = hub.waiting.take(tag);
        for frame in frames {
            self.on_frame_again(hub, frame);
        }
    }

    fn on_frame_again<R: CryptoRng>(&mut self, hub: &mut Hub<R>, frame: Waiting) {
        let Some(door) = hub.doors.get(&frame.topic) else { return };
        let Ok(admitted) = envelope::admit(&door.gate, &frame.bytes) else { return };
        if let Err(drop) =
            self.on_room_frame(hub, frame.topic, &frame.from, frame.direct, &admitted, &frame.bytes)
        {
            hub.count(drop);
        }
    }
}
