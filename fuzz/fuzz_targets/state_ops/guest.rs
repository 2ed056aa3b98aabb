//! Somebody with the room's secret and a client of their own: seals whatever the script says, under keys that honest
//! members handed over. Without a guest the fuzzer would never get behind the gate.

use std::collections::BTreeSet;

use ephem_node::base::id::{EntryId, Genesis, InviteId, LogHead, MemberId, Peer, SetTag, TopicTag};
use ephem_node::base::limits::{KEM_BYTES, NICK_BYTES, TTL_MAX_S};
use ephem_node::base::secret::Text;
use ephem_node::base::time::{Day, Epoch, Unix};
use ephem_node::crypto::gate::Gate;
use ephem_node::crypto::identity::Identity;
use ephem_node::crypto::kdf::{self, Label};
use ephem_node::crypto::kem::{KemPublic, KemSecret};
use ephem_node::crypto::seal::Hedge;
use ephem_node::room::Input;
use ephem_node::room::chains::{KeySet, read_chains};
use ephem_node::room::envelope::{self, Opened};
use ephem_node::room::log::{entry_id, sign_entry};
use ephem_node::wire::cbor::Writer;
use ephem_node::wire::frame::FrameType;
use ephem_node::wire::handover::Handover;
use ephem_node::wire::log::{self, Entry, Then};
use ephem_node::wire::payload::{
    Ask, Beacon, Beat, Body, Hello, Join, Kind, Payload, Profile, Proof, Say, What,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::net::{Net, peer};
use super::script::{Act, Forged, Says};

/// The link that the guest's frames come over.
const LINK: usize = 99;

pub struct Guest {
    rng: ChaCha20Rng,
    me: Identity,
    hedge: Hedge,
    kem: (KemSecret, KemPublic),
    hello: Option<[u8; 32]>,
    counter: u64,
    keys: Option<Keys>,
}

/// What a welcome gave.
struct Keys {
    genesis: Genesis,
    set: KeySet,
    salts: BTreeSet<[u8; 16]>,
    entries: Vec<Vec<u8>>,
    head: LogHead,
}

impl Guest {
    pub fn new(seed: u64) -> Guest {
        let mut rng = ChaCha20Rng::seed_from_u64(!seed);
        let (me, hedge) = (Identity::generate(&mut rng), Hedge::new(&mut rng));
        let kem = KemSecret::generate(&mut rng);
        Guest { rng, me, hedge, kem, hello: None, counter: 0, keys: None }
    }

    /// Says hello to everybody. Whoever is let in again has the keys of now.
    pub fn knock(&mut self, net: &mut Net) {
        let body = Body::Hello(self.hello_body(false));
        let payload = self.payload(net, Genesis([0; 16]), 0, LogHead([0; 16]), body);
        let bytes = payload.encode();
        self.hello = Some(kdf::sha256(&bytes));
        let sig = self.me.sign(Label::Signature, &[&bytes]);
        if let Some((topic, frame)) = self.lobby_frame(net, payload.epoch, &bytes, &sig) {
            for room in 0..net.rooms.len() {
                net.hand(room, Input::Gossip { topic, from: link(), bytes: frame.clone() });
            }
        }
    }

    /// Looks through what went over the network for a welcome.
    pub fn listen(&mut self, net: &mut Net) {
        let gate = Gate::new(&net.root, &BTreeSet::new(), today(net));
        for (topic, bytes) in std::mem::take(&mut net.tape) {
            if topic != gate.topic() || self.hello.is_none() {
                continue;
            }
            let Ok(frame) = envelope::admit(&gate, &bytes) else { continue };
            if frame.header.frame_type == FrameType::Lobby {
                if let Ok(opened) = frame.open(&net.root.lobby(gate.day())) {
                    self.read_welcome(net, &opened);
                }
            }
        }
    }

    fn read_welcome(&mut self, net: &Net, opened: &Opened) -> Option<()> {
        let Body::Welcome { hello, sealed } = &opened.payload.body else { return None };
        let genesis = opened.payload.genesis;
        if self.hello.as_ref() != Some(hello) {
            return None;
        }
        let label = Label::Welcome.as_str().as_bytes();
        let from = opened.payload.sender;
        let info = [kdf::PREFIX.as_bytes(), label, hello, &from.0, &genesis.0].concat();
        let plain = self.kem.0.open(Some(&net.root.psk()), &info, &[], sealed).expect("sealed to this key");
        let handover = Handover::decode(&plain).expect("an honest handover");
        let chains = read_chains(&handover.chains, genesis, handover.generation, handover.epoch, None)
            .expect("honest chains");
        let set = KeySet::new(chains, handover.epoch).expect("an honest set");
        let salts = handover.salts.into_iter().collect();
        let head = opened.payload.log_head;
        self.keys = Some(Keys { genesis, set, salts, entries: handover.entries, head });
        self.hello = None;
        Some(())
    }

    /// Makes a frame and hands it to one room.
    pub fn forge(&mut self, net: &mut Net, forged: Forged) {
        let to = net.pick(forged.room);
        let direct = forged.direct;
        if let Some((topic, bytes)) = self.frame(net, forged) {
            let from = link();
            net.hand(
                to,
                if direct { Input::Direct { from, bytes } } else { Input::Gossip { topic, from, bytes } },
            );
        }
    }

    fn frame(&mut self, net: &Net, forged: Forged) -> Option<(ephem_node::base::id::Topic, Vec<u8>)> {
        let now = room_time(net).epoch();
        let epoch = Epoch(now.0.saturating_add_signed(forged.epoch.into()));
        let payload = self.say(net, &forged, epoch);
        let sig = if forged.signed { self.me.sign(Label::Signature, &[&payload]) } else { [7; 64] };
        if forged.lobby || self.keys.is_none() {
            return self.lobby_frame(net, epoch, &payload, &sig);
        }
        let keys = self.keys.as_mut()?;
        keys.set.advance(now);
        let gate = Gate::new(&net.root, &keys.salts, today(net));
        let tag = keys.set.tag();
        let key = &keys.set.key(epoch, now)?.frame;
        let (hedge, rng, kind) = (&self.hedge, &mut self.rng, FrameType::Room);
        let frame = envelope::seal_inner(hedge, rng, &gate, kind, tag, epoch, key, &payload, &sig)?;
        Some((gate.topic(), frame))
    }

    fn lobby_frame(
        &mut self,
        net: &Net,
        epoch: Epoch,
        payload: &[u8],
        sig: &[u8; 64],
    ) -> Option<(ephem_node::base::id::Topic, Vec<u8>)> {
        let gate = Gate::new(&net.root, &BTreeSet::new(), today(net));
        let key = net.root.lobby(gate.day());
        let (hedge, rng, kind, tag) = (&self.hedge, &mut self.rng, FrameType::Lobby, SetTag([0; 4]));
        let frame = envelope::seal_inner(hedge, rng, &gate, kind, tag, epoch, &key, payload, sig)?;
        Some((gate.topic(), frame))
    }

    /// The bytes of a payload as the script wants it.
    fn say(&mut self, net: &Net, forged: &Forged, epoch: Epoch) -> Vec<u8> {
        let (genesis, generation, head) = match &self.keys {
            Some(keys) => (keys.genesis, keys.set.generation(), keys.head),
            None => (Genesis([0; 16]), 0, LogHead([0; 16])),
        };
        let sent = forged.sent.map_or(room_time(net), Unix);
        let ttl_s = u64::from(forged.ttl_s) % (TTL_MAX_S + 1);
        let body = match &forged.says {
            Says::Payload(bytes) => return bytes.clone(),
            Says::Raw { kind, body } => {
                self.counter += 1;
                let kind = Kind::ALL[usize::from(*kind) % Kind::ALL.len()];
                let mut w = Writer::with_capacity(256 + body.len());
                w.array(11).uint(1).bytes(&genesis.0).uint(generation).uint(epoch.0).bytes(&self.me.id().0);
                w.uint(self.counter).uint(kind as u64).uint(sent.0).uint(ttl_s).bytes(&head.0);
                return [&w.finish()[..], body].concat();
            }
            says => self.body(net, says),
        };
        let payload = Payload { epoch, sent, ttl_s, ..self.payload(net, genesis, generation, head, body) };
        payload.encode().to_vec()
    }

    fn payload(
        &mut self,
        net: &Net,
        genesis: Genesis,
        generation: u64,
        log_head: LogHead,
        body: Body,
    ) -> Payload {
        self.counter += 1;
        let sent = room_time(net);
        let (epoch, sender, counter) = (sent.epoch(), self.me.id(), self.counter);
        Payload { genesis, generation, epoch, sender, counter, sent, ttl_s: 60, log_head, body }
    }

    fn body(&mut self, net: &Net, says: &Says) -> Body {
        match says {
            Says::Payload(_) | Says::Raw { .. } | Says::Leave => Body::Leave { panic: false },
            Says::Text { n, flags, text, once_s } => Body::Text(Say {
                n: *n,
                action: flags & 1 != 0,
                announce: flags & 2 != 0,
                from_read: flags & 4 != 0,
                keep: flags & 8 != 0,
                text: Text::new(&cut(text, 4_000)),
                reply: None,
                once_s: *once_s,
            }),
            Says::Have { of, from, to } => {
                Body::Have(vec![(net.member(*of), vec![(*from.min(to), *from.max(to))])])
            }
            Says::Burn { upto, ids } => {
                Body::Burn { ids: ids.iter().take(256).map(|n| net.message(*n)).collect(), upto: *upto }
            }
            Says::Opened(n) => Body::Opened(net.message(*n)),
            Says::Join { nick, serve } => Body::Join(Join {
                nick: cut(nick, NICK_BYTES),
                serve: *serve,
                proof: None,
                kem: Box::new(*self.kem.1.as_bytes()),
                foundings: Vec::new(),
                peer: link().as_bytes().to_vec(),
                addrs: Vec::new(),
            }),
            Says::Beat { flags, joined } => Body::Beat(Beat {
                unconfirmed: flags & 1 != 0,
                serve: flags & 2 != 0,
                away: flags & 4 != 0,
                conf: self.conf(net).filter(|_| flags & 8 == 0).unwrap_or([*flags; 32]),
                roster: [*flags; 16],
                living: [*flags; 16],
                joined: Unix(*joined),
                peer: link().as_bytes().to_vec(),
                addrs: Vec::new(),
            }),
            Says::Profile(nick) => Body::Profile(Profile {
                nick: cut(nick, NICK_BYTES),
                status: cut(nick, NICK_BYTES),
                glyph: nick.len() as u64,
                colour: u64::from(nick.is_empty()),
            }),
            Says::Ask { what, of, upto, kem } => Body::Ask(Ask {
                what: [What::Roster, What::Log, What::Missed][usize::from(what % 3)],
                heads: Vec::new(),
                kem: kem.then(|| Box::new(*self.kem.1.as_bytes())),
                had: vec![(net.member(*of), vec![(0, *upto)])],
            }),
            Says::Entry { deed, parents, seq } => Body::Entry(self.entries(net, deed, *parents, *seq)),
            Says::Beacon { set, topic, members, never } => Body::Beacon(Beacon {
                set_tag: self.keys.as_ref().filter(|_| *set).map_or(SetTag([1; 4]), |k| k.set.tag()),
                topic_tag: if *topic {
                    Gate::new(&net.root, &BTreeSet::new(), today(net)).topic_tag()
                } else {
                    TopicTag([1; 4])
                },
                members: *members,
                never_joined: *never,
                founding: [9; 16],
            }),
            Says::Hello { across } => Body::Hello(self.hello_body(*across)),
        }
    }

    fn conf(&mut self, net: &Net) -> Option<[u8; 32]> {
        let now = room_time(net).epoch();
        let keys = self.keys.as_mut()?;
        keys.set.advance(now);
        keys.set.confirm(now, now, &keys.genesis, &keys.head)
    }

    fn hello_body(&self, across: bool) -> Hello {
        let id = self.me.id().0;
        let proof = across.then_some(Proof { invite: InviteId([3; 16]), key: id, sig: [3; 64] });
        let at = self.keys.as_ref().filter(|_| across).map(|k| (k.set.tag(), TopicTag([5; 4])));
        debug_assert_eq!(self.kem.1.as_bytes().len(), KEM_BYTES);
        Hello { kem: Box::new(*self.kem.1.as_bytes()), nonce: [2; 16], proof, at }
    }

    /// An entry signed by the guest; true signatures over acts that it has no right to.
    fn entries(&self, net: &Net, deed: &Act, parents: bool, seq: u8) -> Vec<Vec<u8>> {
        let known: Vec<EntryId> = match &self.keys {
            Some(keys) => {
                keys.entries.iter().filter_map(|raw| Some(entry_id(raw.get(..raw.len() - 64)?))).collect()
            }
            None => Vec::new(),
        };
        let (who, why) = (|n: u8| -> MemberId { net.member(n) }, String::from("why"));
        let act = match deed {
            Act::Bytes(bytes) => return vec![bytes.iter().copied().take(1_024).collect()],
            Act::Founding => {
                log::Act::Founding { reclaim: [1; 32], policy: log::Policy::default(), nonce: [seq; 16] }
            }
            Act::Kick(n) => log::Act::Kick { target: who(*n), last_seq: u64::from(seq), why },
            Act::Ban(n) => log::Act::Ban {
                target: who(*n),
                last_seq: 0,
                why,
                until: None,
                then: Then::Lock,
                salt_hash: [seq; 16],
            },
            Act::Rotate => log::Act::Rotate,
            Act::Close => log::Act::Close,
            Act::Grant(n) => log::Act::Grant { target: who(*n) },
            Act::Yield => match known.first() {
                Some(to) => log::Act::Yield { to: *to },
                None => log::Act::Rotate,
            },
            Act::Mute { whom, until } => log::Act::Mute { target: who(*whom), until: Unix(*until), why },
        };
        let unknown = vec![EntryId([seq; 32])];
        let entry = Entry {
            genesis: self.keys.as_ref().map_or(Genesis([0; 16]), |k| k.genesis),
            author: self.me.id(),
            seq: u64::from(seq),
            at: room_time(net),
            parents: match () {
                () if act.begins() => Vec::new(),
                () if parents && !known.is_empty() => known.iter().copied().take(1).collect(),
                () => unknown,
            },
            act,
        };
        vec![sign_entry(&self.me, &entry)]
    }
}

fn room_time(net: &Net) -> Unix {
    net.rooms.first().map_or(Unix(0), |r| r.state.room_time())
}

fn today(net: &Net) -> Day {
    room_time(net).day()
}

fn link() -> Peer {
    peer(LINK)
}

/// At most so many bytes, and never none: what a body takes.
fn cut(text: &str, bytes: usize) -> String {
    match text.floor_char_boundary(bytes) {
        0 => "x".into(),
        end => text[..end].into(),
    }
}
