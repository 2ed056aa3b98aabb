//! Somebody on the network who knows a room's name and passphrase and was never let in: hears every frame of its topics. And,
//! where a test wants the keys as well, says hello like any newcomer, with a key of the test's own, and is handed those of now.

use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use ephem_node::base::id::{ChainId, Genesis, LogHead, SetTag, Topic};
use ephem_node::base::secret::Secret;
use ephem_node::base::time::{Epoch, Unix};
use ephem_node::crypto::chain;
use ephem_node::crypto::gate::Gate;
use ephem_node::crypto::identity::Identity;
use ephem_node::crypto::kdf::{self, Label};
use ephem_node::crypto::kem::KemSecret;
use ephem_node::crypto::name::RoomName;
use ephem_node::crypto::root::Root;
use ephem_node::crypto::seal::Hedge;
use ephem_node::net::{Addr, Config, Event, Handle, Place, Verdict, start};
use ephem_node::node::clock::Clock;
use ephem_node::node::random;
use ephem_node::room::chains::Chain;
use ephem_node::room::envelope::{Admitted, admit, seal_frame};
use ephem_node::wire::frame::FrameType;
use ephem_node::wire::handover::Handover;
use ephem_node::wire::payload::{Body, Hello, Payload};
use tokio::runtime::{Builder, Runtime};

use crate::words::WAIT;

/// How often it is looked whether an answer has come.
const LOOK: Duration = Duration::from_millis(20);

/// Whoever listens.
pub(crate) struct Ear {
    root: Root,
    /// Yesterday's, today's and tomorrow's: no test knows when it is run.
    gates: Vec<Gate>,
    net: Handle,
    heard: Arc<Mutex<Vec<Heard>>>,
    runtime: Runtime,
}

/// A frame, as it came.
#[derive(Clone)]
pub(crate) struct Heard {
    pub(crate) at: Unix,
    pub(crate) topic: Topic,
    pub(crate) frame: Vec<u8>,
}

/// A hello that was said, and the key that opens what answers it.
pub(crate) struct Asked {
    pub(crate) seed: Secret<32>,
    hash: [u8; 32],
}

/// What a newcomer is handed.
pub(crate) struct Handed {
    genesis: Genesis,
    handover: Handover,
}

impl Ear {
    /// Listens next to the node at this address.
    pub(crate) fn beside(address: &str, room: &str, passphrase: &str) -> Ear {
        let name = RoomName::parse(room).expect("a name");
        let root = Root::passphrase(&name, passphrase).expect("a passphrase");
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
        let config = Config {
            listen: vec![Addr::parse_listen("/ip4/127.0.0.1/tcp/0").expect("an address")],
            bootstrap: vec![Place::parse(address).expect("an address")],
            mdns: false,
            dht: false,
            ..Config::default()
        };
        let _inside = runtime.enter();
        let (net, mut events) = start(config).expect("a network");
        let gates = now().day().around().map(|day| Gate::new(&root, &Default::default(), day)).to_vec();
        let heard = Arc::new(Mutex::new(Vec::new()));
        for gate in &gates {
            runtime.block_on(net.join(gate.topic())).expect("it runs");
        }
        let (to, judge) = (heard.clone(), net.clone());
        runtime.spawn(async move {
            while let Some(event) = events.next().await {
                if let Event::Gossip { topic, bytes, id, .. } = event {
                    to.lock().expect("a list").push(Heard { at: now(), topic, frame: bytes });
                    let _ended = judge.verdict(id, Verdict::Accept).await;
                }
            }
        });
        drop(_inside);
        Ear { root, gates, net, heard, runtime }
    }

    /// Every frame heard so far.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().expect("a list").clone()
    }

    /// Asks to be let in, and waits until somebody has answered.
    pub(crate) fn ask_in(&self) -> (Asked, Handed) {
        let (mut rng, at) = (random::os(), now());
        let seed = Secret::random(&mut rng);
        let (_, kem) = KemSecret::from_seed(seed.duplicate());
        let me = Identity::generate(&mut rng);
        let hello = Hello { kem: Box::new(*kem.as_bytes()), nonce: [0; 16], proof: None, at: None };
        let payload = Payload {
            genesis: Genesis([0; 16]),
            generation: 0,
            epoch: at.epoch(),
            sender: me.id(),
            counter: 1,
            sent: at,
            ttl_s: 0,
            log_head: LogHead([0; 16]),
            body: Body::Hello(hello),
        };
        let asked = Asked { seed, hash: kdf::sha256(&payload.encode()) };
        let gate = self.gates.iter().find(|gate| gate.day() == at.day()).expect("the day's gate");
        let (hedge, key) = (Hedge::new(&mut rng), self.root.lobby(at.day()));
        let nobody = SetTag([0; 4]);
        let frame = seal_frame(&me, &hedge, &mut rng, gate, FrameType::Lobby, nobody, &key, &payload);
        let frame = frame.expect("a hello fits");
        let own = Heard { at, topic: gate.topic(), frame: frame.clone() };
        self.heard.lock().expect("a list").push(own);
        self.runtime.block_on(self.net.publish(gate.topic(), frame)).expect("it runs");
        let end = Instant::now() + WAIT;
        loop {
            if let Some(handed) = self.handed(&asked) {
                return (asked, handed);
            }
            assert!(Instant::now() < end, "nobody answers");
            sleep(LOOK);
        }
    }

    /// A frame that passed its gate.
    pub(crate) fn admitted<'a>(&self, heard: &'a Heard) -> Option<Admitted<'a>> {
        let gate = self.gates.iter().find(|gate| gate.topic() == heard.topic)?;
        admit(gate, &heard.frame).ok()
    }

    /// What it says, if it is one of the lobby's, which the passphrase opens.
    pub(crate) fn in_lobby(&self, heard: &Heard) -> Option<Payload> {
        let frame = self.admitted(heard).filter(|frame| frame.header.frame_type == FrameType::Lobby)?;
        Some(frame.open(&self.root.lobby(heard.at.day())).ok()?.payload)
    }

    /// What the first welcome to this hello hands over.
    fn handed(&self, asked: &Asked) -> Option<Handed> {
        let (kem, _) = KemSecret::from_seed(asked.seed.duplicate());
        self.heard().iter().find_map(|heard| {
            let payload = self.in_lobby(heard)?;
            let (sender, genesis) = (payload.sender, payload.genesis);
            let Body::Welcome { hello, sealed } = payload.body else { return None };
            let label = Label::Welcome.as_str().as_bytes();
            let info = [kdf::PREFIX.as_bytes(), label, &hello, &sender.0, &genesis.0].concat();
            let plain = kem.open(Some(&self.root.psk()), &info, &[], &sealed).ok()?;
            (hello == asked.hash)
                .then(|| Handed { genesis, handover: Handover::decode(&plain).expect("a handover") })
        })
    }
}

impl Handed {
    /// The chains of its set by name, with its generation.
    pub(crate) fn chains(&self) -> (u64, Vec<ChainId>) {
        let read =
            |(note, _): &(Vec<u8>, _)| Chain::read(note, self.genesis).expect("a chain of this room").id;
        (self.handover.generation, self.handover.chains.iter().map(read).collect())
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.handover.epoch
    }

    /// Every key that its epoch has: of chains, to seal by and to confirm by.
    pub(crate) fn keys(&self) -> Vec<Secret<32>> {
        let chains = self.handover.chains.iter().map(|(note, key)| {
            let chain = Chain::read(note, self.genesis).expect("a chain of this room");
            (chain.id, key.duplicate())
        });
        let chains: Vec<_> = chains.collect();
        let parts: Vec<_> = chains.iter().map(|(id, key)| (*id, key)).collect();
        let joint = chain::joint(self.handover.generation, &parts);
        chains.into_iter().map(|(_, key)| key).chain([joint.frame, joint.conf]).collect()
    }
}

/// What time it is.
pub(crate) fn now() -> Unix {
    Clock::new().wall()
}
