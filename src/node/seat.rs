//! One room on this node: the state machine, its timers, and what faces and the network need to know about it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::directory::Told;
use super::keep::Keeping;
use super::random::{self, Os};
use super::{Over, told, trace};
use crate::base::id::{EntryId, MemberId, MsgId, Topic};
use crate::base::limits::{QUEUE, TTL_MAX_S};
use crate::base::time::{Mono, Unix};
use crate::chat::event::{Closing, Event, Person};
use crate::chat::name::{Mode, RoomChange};
use crate::chat::notice::{Held, Notice, Said};
use crate::chat::reply::Cid;
use crate::chat::text::Line;
use crate::net;
use crate::room::Guise;
use crate::room::io::{
    self, Command, Event as Happened, Fate, Input, Output, Refused, Standing, Timer, Verdict, Who,
};
use crate::room::rights::Rank;
use crate::room::state::{Setup, State};
use crate::wire::log::{Act, Policy};

/// Names that callers gave to messages on their way: those that wait in the room's queue, and a few just sent.
const CIDS: usize = QUEUE * 2;
/// So long before its end a room says that it nears: time to finish, to copy what is needed, to say goodbye.
const WARNINGS_MS: [u64; 3] = [600_000, 60_000, 10_000];

/// That messages wait is told no more often, so that a program which sends many is not told as many times.
const WAITS_TOLD_MS: u64 = 1_000;

/// What a room wants done outside of it.
pub(super) enum Effect {
    /// Listen on a topic, or no more.
    Topic(Topic, bool),
    /// Gossip a frame.
    Publish(Topic, Vec<u8>),
    /// Send a frame to one peer.
    Direct(crate::base::id::Peer, Vec<u8>),
    /// Judge the frame just handed in.
    Verdict(net::Verdict),
    /// Tell the faces.
    Tell(Event),
}

/// A room that this node is in or comes into.
pub(super) struct Seat {
    /// By which the log knows it.
    number: u64,
    pub(super) name: Line,
    pub(super) mode: Mode,
    pub(super) mark: Line,
    /// Why the last command was refused, for whoever gave it.
    pub(super) refused: Option<Refused>,
    /// Why it is over.
    pub(super) over: Option<Over>,
    /// This node wants to go: what ends then is its stay, not the room.
    pub(super) leaving: bool,
    /// And to leave nothing behind.
    pub(super) panicking: bool,
    /// Of which end was warned, and how often.
    warned: Option<(Unix, usize)>,
    /// How others are told of it.
    pub(super) listed: Told,
    /// What of it is on the disk.
    pub(super) keeping: Keeping,
    /// Here under a name drawn for this room alone.
    pub(super) anonymous: bool,
    /// Whose word rules here is known, and was told.
    owner_told: bool,
    /// Who held an office when that was last looked at.
    offices: BTreeMap<MemberId, Rank>,
    /// What the last line about the room's state said.
    shown: Option<(Option<Standing>, usize, Option<MemberId>)>,
    state: State<Os>,
    timers: BTreeMap<Timer, Mono>,
    cids: VecDeque<(u64, Cid)>,
    /// What became of the message said last.
    sent: Option<(Option<MsgId>, Fate)>,
    next: u64,
    /// When it was last told that messages wait.
    waits_told: Option<Mono>,
}

impl Seat {
    /// Comes in, or opens the room.
    pub(super) fn take(now: Mono, number: u64, name: Line, setup: Setup<Os>) -> (Seat, Vec<Effect>) {
        let (mode, mark) = (told::mode(setup.root.kind()), Line::clean(&setup.root.mark()));
        let (state, outputs) = State::new(now, setup);
        let mut seat = Seat {
            number,
            name,
            mode,
            mark,
            refused: None,
            over: None,
            leaving: false,
            panicking: false,
            warned: None,
            listed: Told::default(),
            keeping: Keeping::default(),
            anonymous: false,
            owner_told: false,
            offices: BTreeMap::new(),
            shown: Some((Some(Standing::Searching), 1, None)),
            state,
            timers: BTreeMap::new(),
            cids: VecDeque::new(),
            sent: None,
            next: 0,
            waits_told: None,
        };
        let mut effects = vec![Effect::Tell(told::line(&seat, RoomChange::Joining))];
        seat.carry_out(now, outputs, &mut effects);
        (seat, effects)
    }

    /// What of it is to be on the disk.
    pub(super) fn keep(&mut self, keeping: Keeping) {
        if keeping.on {
            self.state.keeps();
        }
        self.keeping = keeping;
    }

    /// Hands something to the room.
    pub(super) fn handle(&mut self, now: Mono, input: Input) -> Vec<Effect> {
        let outputs = self.state.handle(now, input);
        let mut effects = Vec::with_capacity(outputs.len());
        self.carry_out(now, outputs, &mut effects);
        effects
    }

    /// Gives a command, and what the room says to it.
    pub(super) fn command(&mut self, now: Mono, command: Command) -> (Result<(), Refused>, Vec<Effect>) {
        self.refused = None;
        let effects = self.handle(now, Input::Command(command));
        (self.refused.take().map_or(Ok(()), Err), effects)
    }

    /// Says something, to the room or to one member; gives the message's name, if it has one already.
    pub(super) fn say(
        &mut self,
        now: Mono,
        cid: Option<Cid>,
        mut draft: crate::room::io::Draft,
        to: Option<MemberId>,
    ) -> (Result<Option<MsgId>, Refused>, Vec<Effect>) {
        self.next += 1;
        draft.cid = self.next;
        if let Some(cid) = cid {
            if self.cids.len() >= CIDS {
                self.cids.pop_front();
            }
            self.cids.push_back((self.next, cid));
        }
        self.sent = None;
        let said = match to {
            None => Command::Say(draft),
            Some(to) => Command::Dm { to, draft },
        };
        let (done, effects) = self.command(now, said);
        let fate = self.sent.take();
        let outcome = match (done, fate) {
            (Err(why), _) | (Ok(()), Some((_, Fate::Failed(why)))) => Err(why),
            (Ok(()), fate) => Ok(fate.and_then(|(id, _)| id)),
        };
        (outcome, effects)
    }

    /// The end of the room on this node's clock. One that was over when it was written ends nothing, and is none.
    pub(super) fn closing(&self) -> Option<Closing> {
        let unix = self.state.log()?.rights().policy.expires?;
        let in_ms = u64::try_from(unix.offset_from(self.state.room_time())).ok().filter(|ms| *ms > 0)?;
        Some(Closing { unix, at: self.state.now() + in_ms, in_ms })
    }

    /// The end that nears, and when that is to be said next.
    pub(super) fn next_warning(&self) -> Option<(Closing, Mono)> {
        let end = self.closing()?;
        let said = self.warned.filter(|(unix, _)| *unix == end.unix).map_or(0, |(_, said)| said);
        let before = WARNINGS_MS.get(said)?;
        Some((end, Mono(end.at.0.saturating_sub(*before))))
    }

    /// Says that the room's end nears, where that is due: once, with the time that is left.
    pub(super) fn warn(&mut self, now: Mono) -> Option<Event> {
        let (end, _) = self.next_warning().filter(|(_, at)| *at <= now)?;
        let in_ms = end.at.since(now);
        let said = WARNINGS_MS.iter().filter(|before| **before >= in_ms).count();
        self.warned = Some((end.unix, said));
        Some(Event::Notice(Notice::room(&self.name, Said::Closing { in_ms })))
    }

    /// Whether the room's state is another than when this was last asked.
    pub(super) fn changed(&mut self) -> bool {
        let now = Some((self.standing(), self.members(), self.only()));
        let changed = self.shown != now;
        self.shown = now;
        changed
    }

    /// The owner, once, where nothing but what others say names them: no invite did.
    pub(super) fn owner_on_trust(&mut self) -> Option<Person> {
        let settled = self.standing() == Some(Standing::Confirmed) && self.mode != Mode::Invite;
        if self.owner_told || !settled {
            return None;
        }
        let owner = self.state.others().into_iter().find(|id| self.rank_of(id) == Rank::Owner);
        self.owner_told = owner.is_some() || self.rank() == Rank::Owner;
        owner.map(|id| self.person(&id))
    }

    /// Whose role is another than when this was last asked.
    pub(super) fn new_roles(&mut self) -> Vec<MemberId> {
        let (me, others) = (self.me(), self.state.others());
        let all = others.iter().chain([&me]).map(|id| (*id, self.rank_of(id)));
        let now: BTreeMap<MemberId, Rank> = all.filter(|(_, rank)| *rank > Rank::Member).collect();
        let before = std::mem::replace(&mut self.offices, now);
        let whoever = before.keys().chain(self.offices.keys()).collect::<BTreeSet<_>>();
        let others = whoever.into_iter().filter(|id| before.get(*id) != self.offices.get(*id));
        let mut others: Vec<MemberId> = others.copied().collect();
        // Who has it now is the news; what became of the others follows from it.
        others.sort_by_key(|id| Reverse(self.offices.get(id).copied()));
        others
    }

    /// When the next timer is due.
    pub(super) fn next_due(&self) -> Option<Mono> {
        let warning = self.next_warning().map(|(_, at)| at);
        self.timers.values().copied().chain(warning).min()
    }

    /// Takes one timer that is due.
    pub(super) fn take_due(&mut self, now: Mono) -> Option<Timer> {
        let due = self.timers.iter().find(|(_, at)| **at <= now).map(|(timer, _)| *timer)?;
        self.timers.remove(&due);
        Some(due)
    }

    fn carry_out(&mut self, now: Mono, outputs: Vec<Output>, effects: &mut Vec<Effect>) {
        for output in outputs {
            trace::output(self.number, &output);
            match output {
                Output::Publish { topic, bytes } => effects.push(Effect::Publish(topic, bytes)),
                Output::Direct { to, bytes } => effects.push(Effect::Direct(to, bytes)),
                Output::Join(topic) => effects.push(Effect::Topic(topic, true)),
                Output::Part(topic) => effects.push(Effect::Topic(topic, false)),
                // One of each kind at a time: the room ignores what it has called off.
                Output::Timer { at, timer } => drop(self.timers.insert(timer, at)),
                Output::Verdict(verdict) => effects.push(Effect::Verdict(match verdict {
                    Verdict::Accept => net::Verdict::Accept,
                    Verdict::Ignore => net::Verdict::Ignore,
                    Verdict::Reject => net::Verdict::Reject,
                })),
                Output::Event(mut event) => {
                    if let Happened::Message(heard) = &mut event
                        && heard.from_read
                        && !heard.mine
                        && heard.text.is_some()
                    {
                        // Faces show what they are told: that is its first display, and with it begins its time.
                        let begun = self.state.handle(now, Input::Command(Command::Open(heard.id)));
                        heard.dies = self.state.dies(&heard.id);
                        self.carry_out(now, begun, effects);
                    }
                    let mut events = Vec::new();
                    told::told(self, event, &mut events);
                    effects.extend(events.into_iter().map(Effect::Tell));
                }
            }
        }
    }

    /// The caller's name for a message; forgotten once its fate is sealed.
    pub(super) fn cid(&mut self, number: u64, id: Option<MsgId>, fate: &Fate) -> Option<Cid> {
        if number == self.next {
            self.sent = Some((id, *fate));
        }
        let at = self.cids.iter().position(|(n, _)| *n == number)?;
        match fate {
            Fate::Failed(_) => self.cids.remove(at).map(|(_, cid)| cid),
            _ => self.cids.get(at).map(|(_, cid)| cid.clone()),
        }
    }

    /// What is to be said of messages that wait: to a person after each, to a program that sends many now and then.
    pub(super) fn waits(&mut self) -> Option<Said> {
        let now = self.state.now();
        let waiting = self.state.unsent();
        let soon = self.waits_told.is_some_and(|at| now.since(at) < WAITS_TOLD_MS);
        if waiting == 0 || (soon && waiting > 1) {
            return None;
        }
        self.waits_told = Some(now);
        let why = match self.state.held() {
            io::Held::Outside => Held::Outside,
            io::Held::Keys => Held::Keys,
            io::Held::Slow => Held::Slow,
            io::Held::Pace => Held::Rate,
        };
        Some(Said::Queued { waiting, why })
    }

    // ---- what can be seen ----

    /// This node's key in the room.
    pub(super) fn me(&self) -> MemberId {
        self.state.me()
    }

    /// A member as faces name them.
    pub(super) fn person(&self, id: &MemberId) -> Person {
        told::person(&self.who(id))
    }

    fn who(&self, id: &MemberId) -> Who {
        let (nick, guise) = (String::new(), Guise::default());
        let unknown = || Who { id: *id, nick, rank: Rank::Member, guise, serve: false };
        self.state.who(id).unwrap_or_else(unknown)
    }

    /// An entry of the log.
    pub(super) fn act(&self, entry: &EntryId) -> Option<&Act> {
        self.state.log()?.get(entry).map(|entry| &entry.act)
    }

    /// Whether an entry that comes while this node comes in was written before: what was, and no news.
    pub(super) fn is_past(&self, entry: &EntryId) -> bool {
        let written = self.state.log().and_then(|log| log.get(entry)).map(|entry| entry.at);
        let before = written.zip(self.state.joined()).is_some_and(|(written, joined)| written < joined);
        before && self.standing() != Some(Standing::Confirmed)
    }

    /// The settings in force.
    pub(super) fn policy(&self) -> Policy {
        self.state.log().map(|log| log.rights().policy.clone()).unwrap_or_default()
    }

    /// The longest a message may live here.
    pub(super) fn ttl_cap_ms(&self) -> u64 {
        self.policy().ttl_max_s.unwrap_or(TTL_MAX_S) * 1_000
    }

    /// Members present, this one counted.
    pub(super) fn members(&self) -> usize {
        self.state.others().len() + 1
    }

    /// Where this node stands.
    pub(super) fn standing(&self) -> Option<Standing> {
        self.state.standing()
    }

    /// The one who vouches, where there is only one.
    pub(super) fn only(&self) -> Option<MemberId> {
        self.state.only()
    }

    /// What this node may do.
    pub(super) fn rank(&self) -> Rank {
        self.who(&self.state.me()).rank
    }

    /// What somebody may do here.
    pub(super) fn rank_of(&self, id: &MemberId) -> Rank {
        self.who(id).rank
    }

    /// The room itself, to be looked at.
    pub(super) fn look(&self) -> &State<Os> {
        &self.state
    }
}

/// The generator each room draws from.
pub(super) fn rng() -> Os {
    random::os()
}
