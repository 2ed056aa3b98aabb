//! One room on one node: [`State`], the door through which everything goes in and out.

use rand_core::CryptoRng;

use super::entry::{Intent, Seeking, Welcomed};
use super::envelope::{self, Dropped};
use super::hub::{Hub, Reach};
use super::inside::Inside;
use super::io::{Burned, Event, Input, Output, Refused, Timer, Verdict};
use super::keepsake;
use crate::base::id::{Peer, Topic};
use crate::base::limits::{HELLO_GAP_MS, REMOVAL_GRACE_MS, REMOVAL_TRIAL_MS};
use crate::base::time::{Day, Mono, Unix};
use crate::crypto::identity::Identity;
use crate::crypto::kdf::{self, Label};
use crate::crypto::root::{Kind, Root};
use crate::wire::frame::FrameType;
use crate::wire::payload::Body;

/// What a room starts from.
pub struct Setup<R> {
    /// All randomness the room will ever use.
    pub rng: R,
    /// Who this node is in the room.
    pub me: Identity,
    /// What admits.
    pub root: Root,
    /// This node's calendar at the start.
    pub wall: Unix,
    /// The nick, cleaned.
    pub nick: String,
    /// Come in, or open a new room.
    pub intent: Intent,
    /// How others reach this node.
    pub reach: Reach,
    /// A node that serves: shown as such, never counted as company.
    pub serve: bool,
    /// No limit on how fast messages go (both ways on this node).
    pub rate_off: bool,
    /// Frames and messages are numbered from here on. Zero for a key that was never used; whoever comes again with one must
    /// be beyond all it ever wrote, or others take the new for the old.
    pub begun: u64,
}

pub(super) enum Phase {
    Seeking(Box<Seeking>),
    Inside(Box<Inside>),
    Ended,
}

/// The state machine of one room.
///
/// Three kinds of method. [`State::new`] and [`State::handle`] take the time and give [`Output`]s, which must be carried out
/// in their order; every [`Output::Timer`] comes back as [`Input::Timer`] not before its instant. What looks (`standing`,
/// `members`, ..) changes nothing. Nothing here reads a clock, draws randomness but from the generator it was given, or
/// depends on the order of an unordered collection: the same seed and the same inputs give the same bytes.
///
/// Invariant: on return from `handle(now, ..)` no key of an epoch more than two behind room time is held, and no message
/// whose deadline is past.
pub struct State<R> {
    pub(super) hub: Hub<R>,
    pub(super) phase: Phase,
    /// A modified client that goes on after it was removed: only the simulator has those.
    pub(super) stubborn: bool,
}

impl<R: CryptoRng> State<R> {
    /// A room at its beginning: looking for others, or founding at once.
    pub fn new(now: Mono, setup: Setup<R>) -> (State<R>, Vec<Output>) {
        let Setup { rng, me, root, wall, nick, intent, reach, serve, rate_off, begun } = setup;
        let mut hub = Hub::new(now, wall, rng, me, root, nick, reach);
        hub.serve = serve;
        hub.rate_off = rate_off;
        (hub.begun, hub.counter) = (begun, begun);
        let (keepsake, intent) = match intent {
            Intent::Reopen(keepsake) => (Some(*keepsake), Intent::Visit),
            intent => (None, intent),
        };
        hub.intent = keepsake.as_ref().map_or(intent, keepsake::intent);
        let topics: Vec<Topic> = hub.doors.topics().copied().collect();
        hub.out.extend(topics.into_iter().map(Output::Join));
        if let Some(keepsake) = keepsake {
            let phase = keepsake::resume(&mut hub, keepsake);
            let mut state = State { hub, phase, stubborn: false };
            state.settle();
            let out = std::mem::take(&mut state.hub.out);
            return (state, out);
        }
        let found = matches!(hub.intent, Intent::Found(_));
        let seeking = Seeking::new(&mut hub);
        let mut state = State { hub, phase: Phase::Seeking(Box::new(seeking)), stubborn: false };
        if found {
            state.found();
        }
        let out = std::mem::take(&mut state.hub.out);
        (state, out)
    }

    /// Takes one input at one instant. Time first: what is overdue is gone before the input is looked at.
    pub fn handle(&mut self, now: Mono, input: Input) -> Vec<Output> {
        self.hub.now = self.hub.now.max(now);
        let now = self.hub.now;
        self.hub.clock.advance(now);
        self.tick();
        match input {
            Input::Gossip { topic, from, bytes } => {
                let verdict = self.on_frame(topic, &from, false, &bytes);
                self.hub.out.push(Output::Verdict(verdict));
            }
            Input::Direct { from, bytes } => self.on_direct(&from, &bytes),
            Input::Subscribed { topic, .. } => self.on_subscribed(&topic),
            Input::LinkDown { peer } => self.on_link_down(&peer),
            Input::Timer(timer) => {
                if self.hub.is_due(&timer) {
                    self.on_timer(timer);
                }
            }
            Input::Command(command) => self.on_command(command),
        }
        self.settle();
        self.hub.plan_unsent();
        std::mem::take(&mut self.hub.out)
    }

    // ---- time ----

    /// Steps keys, wipes what is over, moves topics at midnight.
    fn tick(&mut self) {
        let hub = &mut self.hub;
        if let Phase::Inside(inside) = &mut self.phase {
            inside.pass_time(hub);
        }
        let room = hub.room();
        let change = hub.doors.advance(&hub.root, room, hub.now);
        if hub.change_doors(change) {
            hub.forget_lobby_keys();
        }
        hub.waiting.expire(hub.now);
        hub.expire_unsent();
        let lost =
            matches!(&self.phase, Phase::Inside(inside) if inside.ring.current().epochs().next().is_none());
        if lost {
            // Asleep for longer than any key lives: there is nothing to go on with.
            self.hub.cancel_all();
            let seeking = Seeking::again(&mut self.hub, None);
            self.phase = Phase::Seeking(Box::new(seeking));
        }
    }

    fn on_timer(&mut self, timer: Timer) {
        let hub = &mut self.hub;
        match (&mut self.phase, timer) {
            (Phase::Seeking(seeking), Timer::Hello) => seeking.say_hello(hub),
            (Phase::Seeking(seeking), Timer::Found) => {
                let ripe = seeking.should_found(hub);
                if ripe {
                    self.found();
                }
            }
            (Phase::Inside(inside), timer) => inside.on_timer(hub, timer),
            _ => {}
        }
    }

    fn found(&mut self) {
        let phase = std::mem::replace(&mut self.phase, Phase::Ended);
        self.phase = match phase {
            Phase::Seeking(seeking) => match seeking.found(&mut self.hub) {
                Some(inside) => Phase::Inside(Box::new(inside)),
                None => Phase::Ended,
            },
            other => other,
        };
    }

    /// After every input: did what happened end the room for me?
    fn settle(&mut self) {
        if self.stubborn {
            return;
        }
        let Phase::Inside(inside) = &mut self.phase else { return };
        if self.hub.serve && inside.roster.is_deserted() {
            return self.part_deserted();
        }
        let rights = inside.log.rights();
        let removal = rights.removal(&self.hub.id, &inside.foundings, inside.room);
        let end = if let Some(removal) = removal {
            // An entry on its way may undo it: a removal that was one too many, say.
            let grace = if inside.trial.is_some() { REMOVAL_TRIAL_MS } else { REMOVAL_GRACE_MS };
            if self.hub.now.since(*inside.removed_at.get_or_insert(self.hub.now)) < grace {
                self.hub.unless_set(grace, Timer::Removed);
                return;
            }
            let by = inside.who(&removal.by);
            let ends = removal.ban.flatten().map(|until| until.0.saturating_sub(self.hub.room().0));
            Some(Event::Removed {
                by,
                why: removal.why.clone(),
                ban: removal.ban.is_some(),
                ends_in_ms: ends,
            })
        } else if rights.closed.is_some() {
            Some(Event::Ended { closed: true })
        } else if rights.policy.expires.is_some_and(|at| self.hub.room() >= at && inside.expires == Some(at))
        {
            Some(Event::Ended { closed: false })
        } else {
            // Only an end that was seen coming is one: a time that was over when it was written ends nothing.
            inside.expires = rights.policy.expires.filter(|at| self.hub.room() < *at);
            inside.removed_at = None;
            None
        };
        if let Some(event) = end {
            self.end(event);
        }
    }

    /// The last person has gone, and a room goes with them: a node that serves wipes what it holds, and waits for the next.
    fn part_deserted(&mut self) {
        if let Phase::Inside(inside) = &mut self.phase {
            for id in inside.timeline.clear() {
                self.hub.event(Event::Burned { id, why: Burned::Room });
            }
        }
        self.hub.cancel_all();
        let seeking = Seeking::again(&mut self.hub, None);
        self.phase = Phase::Seeking(Box::new(seeking));
    }

    pub(super) fn end(&mut self, event: Event) {
        if let Phase::Inside(inside) = &mut self.phase {
            for id in
                inside.timeline.clear().into_iter().chain(inside.dms.clear()).chain(inside.reports.clear())
            {
                self.hub.event(Event::Burned { id, why: Burned::Room });
            }
        }
        self.phase = Phase::Ended;
        self.hub.give_up_unsent(Refused::NotIn);
        self.hub.cancel_all();
        let topics: Vec<Topic> = self.hub.doors.topics().copied().collect();
        self.hub.out.extend(topics.into_iter().map(Output::Part));
        self.hub.event(event);
    }

    // ---- frames ----

    fn on_frame(&mut self, topic: Topic, from: &Peer, direct: bool, bytes: &[u8]) -> Verdict {
        match self.take_frame(topic, from, direct, bytes) {
            Ok(()) => Verdict::Accept,
            Err(drop) => {
                self.hub.count(drop);
                verdict(drop)
            }
        }
    }

    fn take_frame(&mut self, topic: Topic, from: &Peer, direct: bool, bytes: &[u8]) -> Result<(), Dropped> {
        let hub = &mut self.hub;
        let door = hub.doors.get(&topic).ok_or(Dropped::Topic)?;
        let frame = envelope::admit(&door.gate, bytes)?;
        let (lobby, room, day) = (door.lobby, door.room, door.gate.day());
        match frame.header.frame_type {
            FrameType::Lobby if lobby => self.on_lobby(day, &frame),
            // Over a link also from somebody who lacks a ban, and with it the way to the room's topic.
            FrameType::Room if room || (direct && lobby) => match &mut self.phase {
                Phase::Inside(inside) => inside.on_room_frame(hub, topic, from, direct, &frame, bytes),
                Phase::Seeking(seeking) => {
                    seeking.saw_life(hub);
                    let tag = frame.header.set_tag;
                    hub.waiting.push(topic, from.clone(), direct, bytes, tag, hub.now);
                    Err(Dropped::Unknown)
                }
                Phase::Ended => Err(Dropped::Topic),
            },
            _ => Err(Dropped::Topic),
        }
    }

    fn on_lobby(&mut self, day: Day, frame: &envelope::Admitted<'_>) -> Result<(), Dropped> {
        let genesis = match &self.phase {
            Phase::Inside(inside) => Some(inside.genesis),
            _ => self.hub.root.genesis(),
        };
        let opened = self.hub.open_lobby(day, frame, genesis)?;
        let sender = opened.payload.sender;
        let off = opened.payload.epoch.0.abs_diff(self.hub.epoch().0);
        let hub = &mut self.hub;
        match (&mut self.phase, &opened.payload.body) {
            (Phase::Seeking(seeking), Body::Hello(hello)) => {
                seeking.on_hello(hub, sender, hello, kdf::sha256(opened.bytes()));
            }
            (Phase::Seeking(seeking), Body::Refusal { hello, sealed }) => {
                if let Some(reason) = seeking.on_refusal(hub, &opened, *hello, sealed) {
                    hub.event(Event::NotAdmitted(reason));
                }
            }
            (Phase::Seeking(_), Body::Welcome { hello, sealed }) => {
                self.on_first_welcome(&opened, *hello, sealed)
            }
            (Phase::Seeking(seeking), _) => seeking.saw_life(hub),
            (Phase::Inside(inside), Body::Hello(hello)) => {
                let other = hello.at.is_some_and(|(set, _)| set != inside.ring.current().tag());
                if other && inside.lonely.is_some() && inside.may_drop(hub.now) && gives_way(&hub.root) {
                    self.give_way();
                } else {
                    inside.on_hello(hub, sender, hello, kdf::sha256(opened.bytes()), off);
                }
            }
            (Phase::Inside(inside), Body::Welcome { hello, sealed }) => {
                inside.saw_welcome(hub, hello, &sender);
                inside.on_welcome(hub, &opened, *hello, sealed);
            }
            (Phase::Inside(inside), Body::Refusal { hello, sealed }) => {
                inside.on_refusal(hub, &opened, *hello, sealed);
            }
            (Phase::Inside(inside), Body::Beacon(beacon)) => {
                let give_way = inside.on_beacon(hub, beacon, &sender, off);
                if give_way && gives_way(&hub.root) {
                    self.give_way();
                }
            }
            (Phase::Inside(inside), Body::Share(sealed)) => {
                inside.on_handed(hub, &opened, sealed, Label::Share)
            }
            (Phase::Inside(inside), Body::Rekey(sealed)) => {
                inside.on_handed(hub, &opened, sealed, Label::Rekey)
            }
            _ => {}
        }
        Ok(())
    }

    fn on_first_welcome(&mut self, opened: &envelope::Opened, hello: [u8; 32], sealed: &[u8]) {
        let Phase::Seeking(seeking) = std::mem::replace(&mut self.phase, Phase::Ended) else { return };
        let (seeking, welcomed) = seeking.on_welcome(&mut self.hub, opened, hello, sealed);
        match (seeking, welcomed) {
            (_, Welcomed::In(inside)) => {
                self.phase = Phase::Inside(inside);
                if let Phase::Inside(inside) = &mut self.phase {
                    let tag = inside.ring.current().tag();
                    inside.retry_waiting(&mut self.hub, tag);
                }
            }
            (Some(mut seeking), Welcomed::No) => {
                seeking.saw_life(&mut self.hub);
                self.phase = Phase::Seeking(Box::new(seeking));
            }
            (None, Welcomed::No) => {}
        }
    }

    /// My founding, which nobody ever joined, gives way to a room that people are in.
    fn give_way(&mut self) {
        let Phase::Inside(inside) = std::mem::replace(&mut self.phase, Phase::Ended) else { return };
        let founding = inside.lonely.and_then(|id| inside.log.raw(&id).map(<[u8]>::to_vec));
        let abandoned = founding.filter(|_| inside.arrivals.welcomed_at.is_some());
        for (id, _) in inside.timeline.all().chain(inside.dms.living().all()) {
            self.hub.event(Event::Burned { id: *id, why: Burned::Room });
        }
        self.hub.cancel_all();
        self.hub.event(Event::Yielded { to: None });
        let seeking = Seeking::again(&mut self.hub, abandoned);
        self.phase = Phase::Seeking(Box::new(seeking));
    }

    /// A frame over a link: the room's own, on today's room topic or one that is still heard.
    fn on_direct(&mut self, from: &Peer, bytes: &[u8]) {
        let topics: Vec<Topic> = self.hub.doors.topics().copied().collect();
        let mut last = Dropped::Topic;
        for topic in topics {
            match self.take_frame(topic, from, true, bytes) {
                Ok(()) => return,
                Err(Dropped::Gate) => last = Dropped::Gate,
                Err(drop) => {
                    last = drop;
                    break;
                }
            }
        }
        self.hub.count(last);
    }

    fn on_subscribed(&mut self, topic: &Topic) {
        if !self.hub.doors.is_lobby(topic) {
            return;
        }
        match &mut self.phase {
            Phase::Seeking(seeking) => seeking.on_subscribed(&mut self.hub),
            Phase::Inside(inside) => {
                inside.beacon_now(&mut self.hub);
                inside.beat_for_company(&mut self.hub);
                if inside.trial.is_some() {
                    self.hub.within(HELLO_GAP_MS, Timer::Hello);
                }
            }
            Phase::Ended => {}
        }
    }

    fn on_link_down(&mut self, peer: &Peer) {
        if let Phase::Inside(inside) = &mut self.phase {
            inside.forget_peer(peer);
        }
    }

    // ---- looking ----

    pub(super) fn inside(&self) -> Option<&Inside> {
        match &self.phase {
            Phase::Inside(inside) => Some(inside),
            _ => None,
        }
    }

    /// What a liar who runs a modified client works with.
    pub(super) fn parts(&mut self) -> Option<(&mut Hub<R>, &mut Inside)> {
        match &mut self.phase {
            Phase::Inside(inside) => Some((&mut self.hub, inside)),
            _ => None,
        }
    }

    /// What waits to be carried out after [`State::parts`] was used.
    pub(super) fn drain(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.hub.out)
    }
}

/// Whether a founding that nobody joined may give way: in an invite room there is only one, whatever others say.
fn gives_way(root: &Root) -> bool {
    root.kind() != Kind::Invite
}

/// What the network is told: only a wrong gate is somebody's fault, and only what nobody could read is still passed on.
fn verdict(drop: Dropped) -> Verdict {
    match drop {
        Dropped::Length | Dropped::Version | Dropped::Gate => Verdict::Reject,
        // A member who is still catching up must not tear a hole into the mesh.
        Dropped::Unknown | Dropped::Commitment | Dropped::OtherRoom => Verdict::Accept,
        // Direct messages are not signed, so that they prove nothing to anybody else.
        Dropped::Unsigned => Verdict::Accept,
        _ => Verdict::Ignore,
    }
}
