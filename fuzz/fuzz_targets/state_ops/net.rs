//! Two to four rooms, the mail between them, and what must hold after every step.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ephem_node::base::id::{MemberId, MsgId, Peer, Topic};
use ephem_node::base::limits::{EPOCHS_BACK, LIVING};
use ephem_node::base::secret::Secret;
use ephem_node::base::time::{Mono, Unix};
use ephem_node::crypto::identity::Identity;
use ephem_node::crypto::name::RoomName;
use ephem_node::crypto::root::{Kind, Root};
use ephem_node::room::entry::Intent;
use ephem_node::room::io::Standing;
use ephem_node::room::{Event, Input, Output, Reach, Setup, State, Timer};
use ephem_node::wire::frame::SIZES;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// Mail that may wait; what is over it is lost, as on any network.
const QUEUE: usize = 512;
/// Frames that one input may cause: a full queue let go at once is the most there is.
const FRAMES: usize = 2_048;

pub struct Room {
    pub state: State<ChaCha20Rng>,
    pub peer: Peer,
    pub topics: BTreeSet<Topic>,
    pub timers: BTreeMap<Timer, Mono>,
    /// Messages it was shown, with when they die.
    pub shown: BTreeMap<MsgId, Option<Mono>>,
}

pub struct Mail {
    pub to: usize,
    pub from: Peer,
    pub topic: Option<Topic>,
    pub bytes: Vec<u8>,
}

pub struct Net {
    pub now: Mono,
    pub root: Root,
    pub rooms: Vec<Room>,
    pub mail: VecDeque<Mail>,
    /// Frames put on a topic since the guest looked last.
    pub tape: Vec<(Topic, Vec<u8>)>,
    subscriptions: Vec<(usize, usize, Topic)>,
}

impl Net {
    pub fn new(seed: u64, rooms: usize, begin: u64) -> Net {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let Ok(name) = RoomName::parse("fuzz") else { unreachable!("four letters") };
        let root = Root::from_bytes(Kind::Passphrase, name, Secret::random(&mut rng));
        let mut net = Net {
            now: Mono(1_000),
            root,
            rooms: Vec::new(),
            mail: VecDeque::new(),
            tape: Vec::new(),
            subscriptions: Vec::new(),
        };
        for i in 0..rooms {
            let peer = peer(i);
            let mut its = ChaCha20Rng::seed_from_u64(rng.next_u64());
            let setup = Setup {
                me: Identity::generate(&mut its),
                rng: its,
                root: net.root.duplicate(),
                wall: Unix(1_779_926_400_000 + begin),
                nick: format!("n{i}"),
                intent: Intent::Join(Box::default()),
                reach: Reach { peer: Some(peer.clone()), addrs: Vec::new() },
                serve: false,
                rate_off: false,
                begun: 0,
            };
            let (state, out) = State::new(net.now, setup);
            net.rooms.push(Room {
                state,
                peer,
                topics: BTreeSet::new(),
                timers: BTreeMap::new(),
                shown: BTreeMap::new(),
            });
            net.carry_out(i, out);
        }
        net
    }

    /// The room that a number stands for.
    pub fn pick(&self, n: u8) -> usize {
        usize::from(n) % self.rooms.len()
    }

    /// The member that a number stands for; now and then nobody.
    pub fn member(&self, n: u8) -> MemberId {
        self.rooms.get(usize::from(n) % (self.rooms.len() + 1)).map_or(MemberId([n; 32]), |r| r.state.me())
    }

    /// The message that a number stands for; now and then none.
    pub fn message(&self, n: u8) -> MsgId {
        let known: BTreeSet<&MsgId> = self.rooms.iter().flat_map(|r| r.shown.keys()).collect();
        known.into_iter().nth(usize::from(n)).copied().unwrap_or(MsgId([n; 8]))
    }

    /// The topic that a number stands for.
    pub fn topic(&self, n: u8) -> Topic {
        let known: BTreeSet<&Topic> = self.rooms.iter().flat_map(|r| &r.topics).collect();
        known.into_iter().nth(usize::from(n)).copied().unwrap_or(Topic([n; 32]))
    }

    /// Hands one room one input and looks at it afterwards.
    pub fn hand(&mut self, i: usize, input: Input) {
        let now = self.now;
        let Some(room) = self.rooms.get_mut(i) else { return };
        let (stood, was) = (room.state.standing(), room.state.room_time());
        let asks = matches!(input, Input::Gossip { .. });
        let out = room.state.handle(now, input);
        let verdicts = out.iter().filter(|o| matches!(o, Output::Verdict(_))).count();
        assert_eq!(verdicts, usize::from(asks), "one verdict for each gossip frame");
        self.carry_out(i, out);
        self.holds(i);
        // Who is let in takes over the room's calendar; from then on it only moves forward.
        if let Some(room) = self.rooms.get(i).filter(|_| stood != Some(Standing::Searching)) {
            assert!(room.state.room_time() >= was, "room time stepped back");
        }
    }

    /// What stands above `State` as promised.
    fn holds(&self, i: usize) {
        let Some(Room { state, shown, .. }) = self.rooms.get(i) else { return };
        let oldest = state.room_time().epoch().minus(EPOCHS_BACK);
        assert!(state.key_epochs().iter().all(|e| *e >= oldest), "a key older than two epochs");
        assert!(state.living_count() <= LIVING);
        for (id, _) in state.living() {
            let dies = shown.get(&id).expect("a living message that was never shown");
            assert!(dies.is_none_or(|at| at >= self.now), "a message that is overdue");
        }
    }

    fn carry_out(&mut self, i: usize, out: Vec<Output>) {
        let from = self.rooms[i].peer.clone();
        let mut frames = 0;
        for output in out {
            match output {
                Output::Publish { topic, bytes } => {
                    assert!(SIZES.contains(&bytes.len()));
                    frames += 1;
                    for to in (0..self.rooms.len()).filter(|to| *to != i) {
                        self.post(Mail { to, from: from.clone(), topic: Some(topic), bytes: bytes.clone() });
                    }
                    self.tape.push((topic, bytes));
                }
                Output::Direct { to, bytes } => {
                    assert!(SIZES.contains(&bytes.len()));
                    frames += 1;
                    if let Some(to) = self.rooms.iter().position(|r| r.peer == to) {
                        self.post(Mail { to, from: from.clone(), topic: None, bytes });
                    }
                }
                Output::Join(topic) => {
                    for j in (0..self.rooms.len()).filter(|j| *j != i) {
                        if self.rooms[j].topics.contains(&topic) {
                            self.subscriptions.extend([(i, j, topic), (j, i, topic)]);
                        }
                    }
                    self.rooms[i].topics.insert(topic);
                }
                Output::Part(topic) => {
                    self.rooms[i].topics.remove(&topic);
                }
                Output::Timer { at, timer } => {
                    self.rooms[i].timers.insert(timer, at);
                }
                Output::Event(Event::Message(heard)) => {
                    self.rooms[i].shown.insert(heard.id, heard.dies);
                }
                Output::Event(Event::Burned { id, .. }) => {
                    self.rooms[i].shown.remove(&id);
                }
                Output::Event(_) | Output::Verdict(_) => {}
            }
        }
        assert!(frames <= FRAMES, "{frames} frames at once");
    }

    fn post(&mut self, mail: Mail) {
        if self.mail.len() < QUEUE {
            self.mail.push_back(mail);
        }
    }

    /// One piece of mail comes in, unless nobody listens there.
    pub fn deliver(&mut self, mail: Mail) {
        let Mail { to, from, topic, bytes } = mail;
        match topic {
            Some(topic) if !self.rooms[to].topics.contains(&topic) => {}
            Some(topic) => self.hand(to, Input::Gossip { topic, from, bytes }),
            None => self.hand(to, Input::Direct { from, bytes }),
        }
    }

    /// The network as it should be, for a while: what was posted comes, timers come when they are due.
    pub fn run(&mut self, ms: u64) {
        let end = self.now + ms;
        while self.now < end {
            self.now = self.now + 100;
            for (to, of, topic) in std::mem::take(&mut self.subscriptions) {
                self.hand(to, Input::Subscribed { peer: peer(of), topic });
            }
            for _ in 0..self.mail.len() {
                if let Some(mail) = self.mail.pop_front() {
                    self.deliver(mail);
                }
            }
            for i in 0..self.rooms.len() {
                let now = self.now;
                let due: Vec<Timer> =
                    self.rooms[i].timers.iter().filter(|(_, at)| **at <= now).map(|(t, _)| *t).collect();
                for timer in due {
                    self.rooms[i].timers.remove(&timer);
                    self.hand(i, Input::Timer(timer));
                }
            }
        }
    }
}

pub fn peer(i: usize) -> Peer {
    match Peer::new(&(i as u64).to_be_bytes()) {
        Some(peer) => peer,
        None => unreachable!("eight bytes"),
    }
}
