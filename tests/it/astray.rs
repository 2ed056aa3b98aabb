//! Nodes whose calendars are wrong by a minute, as machines' are, over real sockets: each in this process, with a clock of its
//! own. What that does to deadlines.

use std::time::{Duration, Instant};

use ephem_node::base::nick::Nick;
use ephem_node::base::secret::Text;
use ephem_node::chat::event::Event;
use ephem_node::chat::name::Standing;
use ephem_node::chat::request::{Asked, Draft, Request};
use ephem_node::chat::text::{Body, Line};
use ephem_node::crypto::name::RoomName;
use ephem_node::crypto::root::Root;
use ephem_node::net::{self, Addr, Place};
use ephem_node::node::clock::Clock;
use ephem_node::node::{Asking, Config, Telling, start};
use ephem_node::room::entry::Intent;
use ephem_node::wire::log::Policy;
use tokio::time::timeout;

use crate::words::WAIT;

/// A deadline is kept to this.
const KEPT: Duration = Duration::from_millis(250);
const LIFE: Duration = Duration::from_secs(5);

struct Node {
    asking: Asking,
    telling: Telling,
}

impl Node {
    async fn new(nick: &str, astray_ms: i64, at: Option<&str>) -> (Node, String) {
        let net = net::Config {
            listen: vec![Addr::parse_listen("/ip4/127.0.0.1/tcp/0").expect("an address")],
            bootstrap: at.map(|at| Place::parse(at).expect("a place")).into_iter().collect(),
            mdns: false,
            dht: false,
            ..net::Config::default()
        };
        let config = Config {
            profile: None,
            net,
            nick: Nick::parse(nick).expect("a nick"),
            policy: Policy::default(),
            serve: false,
            stay: true,
            visit: false,
            keeping: false,
            clock: Clock::astray(astray_ms),
        };
        let (asking, telling) = start(config).expect("it starts");
        let mut node = Node { asking, telling };
        let address = node
            .until("an address", |event| match event {
                Event::Listening(addr) => Some(addr.as_str().to_owned()),
                _ => None,
            })
            .await;
        let name = RoomName::parse("lobby").expect("a name");
        node.asking.enter(Line::clean("lobby"), Root::open(&name), Intent::Join(Box::default())).await;
        (node, address)
    }

    /// The first event still to come that `pick` takes.
    async fn until<T>(&mut self, what: &str, pick: impl Fn(&Event) -> Option<T>) -> T {
        let wait = async {
            loop {
                let event = self.telling.next().await.expect("it runs");
                if let Some(found) = pick(&event) {
                    return found;
                }
            }
        };
        timeout(WAIT, wait).await.unwrap_or_else(|_| panic!("never came: {what}"))
    }

    /// How long after it was said the next message burns here.
    async fn burns(&mut self, said: Instant) -> Duration {
        let heard = |event: &Event| match event {
            Event::Message(message) => Some(message.id),
            _ => None,
        };
        let id = self.until("a message", heard).await;
        let burned = |event: &Event| match event {
            Event::Burned(burned) => (burned.id == id).then_some(()),
            _ => None,
        };
        self.until("its end", burned).await;
        said.elapsed()
    }

    async fn stands(&mut self, state: Standing, members: usize) {
        self.until(&format!("{state:?} of {members}"), |event| match event {
            Event::Room(line) => (line.facts.state == state && line.facts.members >= members).then_some(()),
            _ => None,
        })
        .await;
    }
}

#[tokio::test]
async fn calendars_a_minute_off_move_no_deadline() {
    let (mut ana, at) = Node::new("ana", 0, None).await;
    ana.stands(Standing::Alone, 1).await;
    let (mut bob, _) = Node::new("bob", 60_000, Some(&at)).await;
    bob.stands(Standing::Confirmed, 2).await;
    let (mut cho, _) = Node::new("cho", -60_000, Some(&at)).await;
    cho.stands(Standing::Confirmed, 3).await;
    bob.stands(Standing::Confirmed, 3).await;
    ana.stands(Standing::Confirmed, 3).await;
    let mut worst = Duration::ZERO;
    for speaker in [ana.asking.clone(), bob.asking.clone(), cho.asking.clone()] {
        let draft = Draft { ttl_s: Some(LIFE.as_secs()), ..Draft::plain(Body::of(&Text::new("here"))) };
        let said = Instant::now();
        speaker.ask(Asked::here(Request::Send(Box::new(draft)))).await;
        let (a, b, c) = tokio::join!(ana.burns(said), bob.burns(said), cho.burns(said));
        worst = [a, b, c].map(|end| end.abs_diff(LIFE)).into_iter().fold(worst, Duration::max);
    }
    assert!(worst <= KEPT, "{worst:?}");
}
