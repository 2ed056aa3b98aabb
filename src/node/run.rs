//! The loop: whatever comes next, from a face, the network, a clock or a signal, goes to whom it concerns, and what that
//! wants done is done before anything else is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::answer::{self, Caller};
use super::asking::{Ask, Asking, Measured, Telling};
use super::clock::{Clock, instant};
use super::directory::Finding;
use super::invites::Keys;
use super::keep;
use super::kept;
use super::later::{Answering, Later, Waiting};
use super::links::Links;
use super::outbox::{Outbox, outbox};
use super::seat::{Effect, Seat};
use super::trace;
use crate::base::id::MemberId;
use crate::base::limits::ADDRS;
use crate::base::nick::Nick;
use crate::base::secret::Secret;
use crate::base::stack;
use crate::base::time::Mono;
use crate::chat::event::{Bye, Event, Hello};
use crate::chat::model::Model;
use crate::chat::notice::{Notice, Said};
use crate::chat::problem::Problem;
use crate::chat::request::{Asked, Request};
use crate::chat::text::Line;
use crate::crypto::identity::Identity;
use crate::crypto::root::Root;
use crate::net;
use crate::room::Guise;
use crate::room::entry::Intent;
use crate::room::io::{Command, Input};
use crate::store::Profile;
use crate::wire::log::Policy;

/// Questions of faces that may wait.
const ASKING: usize = 64;
/// The longest sleep. The runtime's timers stand still while the machine sleeps; room time does not, and a second after
/// waking everything overdue is gone.
const NAP: Duration = Duration::from_secs(1);
/// How often members' addresses are handed to the network anew.
const CANDIDATES_MS: u64 = 15_000;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_millis(500);
/// And one in a hurry: time for what was handed in to reach the sockets, which the system empties by itself.
const PANIC_GOODBYE: Duration = Duration::from_millis(100);

/// What a node is started with.
pub struct Config {
    /// The network.
    pub net: net::Config,
    /// The name others see.
    pub nick: Nick,
    /// Where the identity and what belongs to it stays; without one nothing is written.
    pub profile: Option<Profile>,
    /// Settings for rooms that this node opens.
    pub policy: Policy,
    /// Shown as a node that serves, and never counted as company.
    pub serve: bool,
    /// Go on without any room.
    pub stay: bool,
    /// Come into rooms that are there, and open none.
    pub visit: bool,
    /// Keep the rooms it comes into, where they last.
    pub keeping: bool,
    /// What time it is.
    pub clock: Clock,
}

/// Why a room is over for this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// This node left it.
    Left,
    /// This node was removed.
    Removed,
    /// It was closed, or its time was over.
    Ended,
}

impl Over {
    /// The exit code of a program whose last room is over so.
    pub fn code(self) -> u8 {
        match self {
            Over::Left => 0,
            Over::Removed => 6,
            Over::Ended => 7,
        }
    }
}

/// Starts the network and the loop, on the runtime this is called in.
pub fn start(config: Config) -> Result<(Asking, Telling), net::StartError> {
    let Config { net: net_config, nick, profile, policy, serve, stay, visit, keeping, clock } = config;
    let (net, events) = net::start(net_config)?;
    Ok(begin(net, events, Stay { nick, profile, policy, serve, stay, visit, keeping, clock }))
}

/// What a node is told besides its network.
pub(super) struct Stay {
    pub(super) nick: Nick,
    pub(super) profile: Option<Profile>,
    pub(super) policy: Policy,
    pub(super) serve: bool,
    pub(super) stay: bool,
    pub(super) visit: bool,
    pub(super) keeping: bool,
    pub(super) clock: Clock,
}

/// Starts the loop on a network that runs already.
pub(super) fn begin(net: net::Handle, events: net::Events, how: Stay) -> (Asking, Telling) {
    let Stay { nick, profile, policy, serve, stay, visit, keeping, clock } = how;
    let (friends, begun) = (kept::friends(profile.as_ref()), kept::begun(profile.as_ref()));
    let (to, asks) = mpsc::channel(ASKING);
    let (outbox, from) = outbox();
    let node = Node {
        clock,
        links: Links::new(&net),
        net,
        me: kept::seed(profile.as_ref()),
        nick,
        guise: kept::guise(profile.as_ref()),
        profile,
        policy,
        serve,
        stay,
        visit,
        keeping,
        seats: Vec::new(),
        model: Model::knowing(friends),
        outbox,
        keys: BTreeMap::new(),
        roots: JoinSet::new(),
        later: Later::default(),
        blocked: BTreeSet::new(),
        entered: 0,
        finding: Finding::new(clock.wall(), begun, serve),
        reach: Vec::new(),
        name_at: Mono(CANDIDATES_MS),
        last: None,
        ending: None,
    };
    tokio::spawn(node.run(asks, events));
    (Asking { to, clock }, Telling { from })
}

/// Everything that runs.
pub(super) struct Node {
    pub(super) clock: Clock,
    pub(super) net: net::Handle,
    pub(super) links: Links,
    pub(super) me: Secret<32>,
    pub(super) nick: Nick,
    /// How it wants to be shown beside the nick.
    pub(super) guise: Guise,
    /// What stays of it.
    pub(super) profile: Option<Profile>,
    pub(super) policy: Policy,
    pub(super) serve: bool,
    pub(super) stay: bool,
    visit: bool,
    /// Rooms it comes into are kept, where they last.
    pub(super) keeping: bool,
    pub(super) seats: Vec<Seat>,
    pub(super) model: Model,
    pub(super) outbox: Outbox,
    /// What admits to rooms that are entered by invite, so that more invites can be made.
    pub(super) keys: BTreeMap<Line, Keys>,
    /// Slow hashes under way.
    pub(super) roots: JoinSet<(Line, Result<Root, Problem>)>,
    /// What is answered later.
    pub(super) later: Later,
    /// From whom nothing is taken, in any room.
    pub(super) blocked: BTreeSet<MemberId>,
    /// What others list, and what is listed here.
    pub(super) finding: Finding,
    /// Rooms entered so far: the number by which the log knows one.
    pub(super) entered: u64,
    /// The addresses worth telling to others.
    pub(super) reach: Vec<Vec<u8>>,
    /// When members are named to the network next.
    pub(super) name_at: Mono,
    /// How the last room ended.
    pub(super) last: Option<Over>,
    pub(super) ending: Option<(u8, Line)>,
}

impl Node {
    async fn run(mut self, mut asks: Receiver<Ask>, mut events: net::Events) {
        self.hello();
        loop {
            let look = self.next_look();
            tokio::select! {
                ask = asks.recv(), if self.outbox.has_room() && self.later.has_room() => match ask {
                    Some(Ask::Face(asked)) => self.asked(asked, None, None).await,
                    Some(Ask::Question(asked, to)) => self.asked(*asked, Some(to), None).await,
                    Some(Ask::Enter(name, root, intent)) => self.enter(name, *root, *intent).await,
                    Some(Ask::Measure(to)) => self.measure(to).await,
                    Some(Ask::Retune(limits, more)) => self.retune(limits, more).await,
                    Some(Ask::End(code, why)) => self.ending = Some((code, why)),
                    None => self.ending = Some((0, Line::clean("nobody is left to tell"))),
                },
                () = self.outbox.room(), if !self.outbox.has_room() => {}
                event = events.next() => match event {
                    Some(event) => self.on_net(event).await,
                    None => self.ending = Some((9, Line::clean("the network has stopped"))),
                },
                Some(done) = self.roots.join_next() => match done {
                    Ok((name, root)) => self.hashed(name, root).await,
                    // Only a panic or an abort ends a hash without a result, and neither is asked for.
                    Err(_) => self.ending = Some((1, Line::clean("the slow hash was stopped"))),
                },
                (waiting, outcome) = self.later.next() => {
                    if let Some(waiting) = waiting {
                        self.reply(waiting, outcome);
                    }
                }
                () = sleep_until(look) => self.on_time().await,
            }
            keep::write(&mut self);
            stack::wipe::<{ stack::EVENT }>();
            if self.outbox.is_closed() {
                self.ending.get_or_insert((0, Line::clean("the face has gone")));
            }
            if let Some((code, why)) = self.ending.take() {
                return self.end(code, why).await;
            }
        }
    }

    fn hello(&mut self) {
        let id = self.id();
        let hello = Hello {
            version: env!("CARGO_PKG_VERSION"),
            id,
            tag: Line::clean(&crate::crypto::words::tag(&id)),
            nick: self.nick.clone(),
            peer: Line::clean(&super::links::peer_name(self.net.me())),
            listen: Vec::new(),
        };
        self.tell(Event::Hello(Box::new(hello)));
    }

    /// Its key, the same in all rooms.
    pub(super) fn id(&self) -> MemberId {
        self.identity().id()
    }

    /// What it signs with.
    pub(super) fn identity(&self) -> Identity {
        Identity::from_seed(&self.me)
    }

    /// Tells the faces, and remembers what names mean.
    pub(super) fn tell(&mut self, mut event: Event) {
        self.model.recognise(&mut event);
        let alarm = self.model.alarm(&event).map(Event::Notice);
        self.model.update(self.clock.now(), &event);
        let alike = if alarm.is_none() { self.model.alike(&event).map(Event::Notice) } else { None };
        self.outbox.tell(event);
        for event in alarm.into_iter().chain(alike) {
            self.model.update(self.clock.now(), &event);
            self.outbox.tell(event);
        }
    }

    // ---- faces ----

    pub(super) async fn asked(&mut self, asked: Asked, to: Option<Answering>, at: Option<Mono>) {
        let now = self.clock.now();
        let at = at.unwrap_or(now);
        let Some((mut asked, to)) = self.put_off(asked, to, at).await else { return };
        let cid = asked.cid.take();
        if asked.cleaned {
            self.tell(Event::Notice(Notice::node(Said::Cleaned)));
        }
        let mut after = Vec::new();
        let caller = Caller { cid: cid.clone(), waited_ms: now.since(at) };
        let outcome = match self.model.address(&mut asked) {
            Ok(()) => answer::answer(self, asked, caller, &mut after).await,
            Err(problem) => Err(problem),
        };
        outcome.as_ref().err().into_iter().for_each(trace::refused);
        // What goes out is on its way before anybody here is told of it.
        let mut told = Vec::with_capacity(after.len());
        for (at, effects) in after {
            let (tells, goes): (Vec<Effect>, _) =
                effects.into_iter().partition(|effect| matches!(effect, Effect::Tell(_)));
            told.push((at, tells));
            if !goes.is_empty() {
                self.carry_out(at, goes, None).await;
                tokio::task::yield_now().await;
            }
        }
        // Whoever hears that something is kept finds it on the disk.
        keep::write(self);
        // The answer first: whoever asked knows the name of what then comes.
        self.reply(Waiting { cid, to }, outcome);
        for (at, tells) in told {
            self.carry_out(at, tells, None).await;
        }
        self.clear_seats();
    }

    /// What coming into a room by its name means here: found it if nobody is there, with the settings given at the start.
    pub(super) fn joining(&self) -> Intent {
        if self.visit { Intent::Visit } else { Intent::Join(Box::new(self.policy.clone())) }
    }

    /// Ends the loop once what is under way is done.
    pub(super) fn finish(&mut self, code: u8, why: &str) {
        self.ending.get_or_insert((code, Line::clean(why)));
    }

    pub(super) fn refuse(&mut self, name: Line, problem: Problem) {
        self.tell(Event::Notice(Notice::room(&name, Said::CannotEnter(Box::new(problem)))));
    }

    async fn measure(&mut self, to: oneshot::Sender<Measured>) {
        if let Some(measured) = self.measured().await {
            // Whoever asked may have gone.
            let _gone = to.send(measured);
        }
    }

    /// How things stand, in numbers; `None` once the network has stopped.
    pub(super) async fn measured(&self) -> Option<Measured> {
        let net = self.net.snapshot().await.ok()?;
        let uptime_ms = self.model.status(self.clock.now()).uptime_ms;
        Some(Measured { net, rooms: self.seats.len(), listings: self.finding.held(), uptime_ms })
    }

    /// What the owner of a node that serves changes while it runs. A network that has stopped says so by itself.
    async fn retune(&mut self, limits: net::Limits, more: Vec<net::Place>) {
        let _stopped = self.net.limit(limits).await;
        for place in more {
            let _stopped = self.net.bootstrap(place).await;
        }
        self.tell(Event::Notice(Notice::node(Said::Reloaded)));
    }

    // ---- the network ----

    async fn on_net(&mut self, event: net::Event) {
        trace::network(&event);
        let mut news = Vec::new();
        self.links.news(&event, &mut news);
        news.into_iter().for_each(|event| self.tell(event));
        match event {
            net::Event::Gossip { topic, from, bytes, id } => match self.links.seat_of(&topic) {
                Some(at) => self.hand(at, Input::Gossip { topic, from, bytes }, Some(id)).await,
                None => {
                    let listed = self.finding.has(&topic);
                    let verdict =
                        if listed { self.heard_of(&from, topic, &bytes) } else { net::Verdict::Ignore };
                    let _stopped = self.net.verdict(id, verdict).await;
                }
            },
            net::Event::Direct { from, bytes } if self.told_near(&from, &bytes) => {}
            // A direct frame names no topic; its gate lets it into one room at most, and to the others it is nothing.
            net::Event::Direct { from, bytes } => {
                for at in 0..self.seats.len() {
                    self.hand(at, Input::Direct { from: from.clone(), bytes: bytes.clone() }, None).await;
                }
            }
            net::Event::Subscribed { peer, topic } => {
                if let Some(at) = self.links.seat_of(&topic) {
                    let room = self.seats.get(at).map(|seat| seat.name.clone());
                    let listens = room.and_then(|room| self.links.listens(&peer, &room));
                    listens.into_iter().for_each(|event| self.tell(event));
                    self.hand(at, Input::Subscribed { peer, topic }, None).await;
                } else if self.finding.has(&topic) {
                    self.met_listener();
                }
            }
            net::Event::LinkDown { peer } => {
                for at in 0..self.seats.len() {
                    self.hand(at, Input::LinkDown { peer: peer.clone() }, None).await;
                }
            }
            net::Event::Addresses(addrs) => {
                self.reach = addrs.iter().take(ADDRS).map(net::Addr::to_bytes).collect();
                for at in 0..self.seats.len() {
                    let input = Input::Command(Command::Addresses(self.reach.clone()));
                    self.hand(at, input, None).await;
                }
            }
            net::Event::LinkUp { peer, .. } | net::Event::LinkPath { peer, .. } => self.greet(&peer).await,
            net::Event::Listening(_)
            | net::Event::Unsubscribed { .. }
            | net::Event::Bootstrap { .. }
            | net::Event::Reach { .. }
            | net::Event::OnlyRelays
            | net::Event::Trouble(_)
            | net::Event::Lagged { .. } => {}
        }
        self.clear_seats();
    }

    // ---- time ----

    fn next_look(&self) -> Instant {
        let now = self.clock.now();
        let due = self.seats.iter().filter_map(Seat::next_due).chain(self.model.next_due());
        let due = due.chain([self.name_at]).chain(self.directory_due()).min();
        let wait = due.map_or(NAP, |at| Duration::from_millis(at.since(now)).min(NAP));
        instant() + wait
    }

    async fn on_time(&mut self) {
        let now = self.clock.now();
        self.model.tick(now);
        for at in 0..self.seats.len() {
            while let Some(timer) = self.seats.get_mut(at).and_then(|seat| seat.take_due(now)) {
                self.hand(at, Input::Timer(timer), None).await;
            }
            if let Some(warning) = self.seats.get_mut(at).and_then(|seat| seat.warn(now)) {
                self.tell(warning);
            }
        }
        self.tend_directory().await;
        if now >= self.name_at {
            self.name_at = now + CANDIDATES_MS;
            for at in 0..self.seats.len() {
                self.meet(at).await;
            }
        }
        self.clear_seats();
    }

    // ---- the end ----

    /// Says goodbye in every room, wipes, and tells the last word.
    async fn end(mut self, code: u8, why: Line) {
        tracing::info!(code, rooms = self.seats.len(), "ending");
        let panic = code == answer::PANIC;
        self.close_directory().await;
        for at in 0..self.seats.len() {
            if let Some(seat) = self.seats.get_mut(at) {
                (seat.leaving, seat.panicking) = (true, panic);
            }
            self.hand(at, Input::Command(Command::Leave { panic }), None).await;
        }
        self.seats.clear();
        self.keys.clear();
        self.model = Model::default();
        self.end_waits();
        let patience = if panic { PANIC_GOODBYE } else { GOODBYE };
        if tokio::time::timeout(patience, self.net.shutdown()).await.is_err() {
            tracing::warn!("the network did not stop in time");
        }
        let code = if panic { 0 } else { code };
        self.outbox.tell(Event::Bye(Bye { code, why }));
    }
}

/// Requests that end the node, as an exit code.
pub(super) fn ends(request: &Request) -> bool {
    matches!(request, Request::Quit | Request::Panic)
}
