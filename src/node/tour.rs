//! A node in a simulated room: everything above the network is real, and the network is a world of its own, with four
//! people in it who play a short story. It is what `demo` shows, and where the program can be tried out alone.

use std::io;
use std::thread;
use std::time::Duration;

use tokio::time::sleep;

use super::asking::{Asking, Telling};
use super::clock::Clock;
use super::random;
use super::run::{Stay, begin};
use crate::base::id::Peer;
use crate::base::nick::Nick;
use crate::base::secret::Secret;
use crate::base::time::{Mono, Unix};
use crate::chat::text::Line;
use crate::crypto::name::RoomName;
use crate::crypto::root::{Kind, Root};
use crate::net::{self, Carry, StandIn};
use crate::room::entry::Intent;
use crate::room::io::{Command, Deed, Draft, Input, Output};
use crate::room::sim::{Links, World};
use crate::wire::log::Policy;

/// The room of the story.
const ROOM: &str = "lobby";
/// Who is there already.
const CAST: [&str; 4] = ["ana", "bob", "carla", "dan"];
/// How long they have been there.
const BEFORE_MS: u64 = 30_000;
/// The names of all peers begin so: a hash of eight bytes that hashes nothing.
const LEAD: &[u8] = &[0, 8];
/// The longest sleep.
const NAP: Duration = Duration::from_millis(500);

/// Somebody in the story.
type Who = usize;
const ANA: Who = 0;
const BOB: Who = 1;
const CARLA: Who = 2;
const DAN: Who = 3;

/// Something that happens in it.
enum Step {
    /// Somebody says something that lives for so many seconds.
    Say(Who, &'static str, u64),
    /// Somebody says something that opens once, for so many seconds.
    Once(Who, &'static str, u64),
    /// The network splits: carla and dan are cut off.
    Split,
    /// It is whole again.
    Heal,
    /// Somebody has keys made anew.
    Rotate(Who),
    /// Somebody removes another.
    Kick(Who, Who, &'static str),
}

/// The story: when, in seconds from the start, and what.
const STORY: &[(u64, Step)] = &[
    (4, Step::Say(ANA, "hello! This room is simulated: what you type here stays on this computer", 60)),
    (8, Step::Say(BOB, "the right column says how long a message lives. This one: ten seconds", 10)),
    (13, Step::Once(CARLA, "the door code is 4471", 10)),
    (16, Step::Say(ANA, "that one is sealed. Esc, then Enter on it opens it, once", 60)),
    (24, Step::Say(BOB, "type something! Ctrl+T changes how long it lives", 60)),
    (34, Step::Say(ANA, "now somebody pulls the cable between us: carla and dan are cut off", 60)),
    (37, Step::Split),
    (39, Step::Rotate(ANA)),
    (41, Step::Rotate(CARLA)),
    (44, Step::Say(ANA, "we go on, with fresh keys. So do they", 60)),
    (46, Step::Say(CARLA, "from the other half: this reaches you when the cable is back", 90)),
    (56, Step::Heal),
    (66, Step::Say(DAN, "BUY CHEAP LAMPS, ALL COLOURS, LAST DAY", 60)),
    (71, Step::Kick(ANA, DAN, "advertising")),
    (76, Step::Say(ANA, "dan is out: the keys are made anew, and he gets none of them", 60)),
    (82, Step::Say(BOB, "that was the tour. F1 lists everything, /quit ends", 600)),
];

/// The simulated room, played in real time.
struct Tour {
    world: World,
    clock: Clock,
    /// How much older the world is than the clock.
    ahead_ms: u64,
    guest: usize,
    net: StandIn,
    done: usize,
}

/// Starts a node that is in the simulated room, on the runtime this is called in. Equal seeds give equal company.
pub async fn start(nick: Nick, seed: u64) -> io::Result<(Asking, Telling)> {
    let name = RoomName::parse(ROOM).map_err(io::Error::other)?;
    let root = Root::from_bytes(Kind::Passphrase, name, Secret::random(&mut random::os()));
    let theirs = root.duplicate();
    let me = peer(CAST.len()).ok_or(io::ErrorKind::Other)?;
    let (handle, events, net) = net::stand_in(me);
    let stay = Stay {
        keeping: false,
        profile: None,
        nick,
        policy: Policy::default(),
        serve: false,
        stay: false,
        visit: false,
        clock: Clock::new(),
    };
    let (asking, telling) = begin(handle, events, stay);
    let clock = asking.clock();
    // The world holds minds that stay on their thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    thread::Builder::new().name("simulated room".to_owned()).spawn(move || {
        runtime.block_on(Tour::new(seed, theirs, clock, net).play());
    })?;
    asking.enter(Line::clean(ROOM), root, Intent::Join(Box::default())).await;
    Ok((asking, telling))
}

fn peer(i: usize) -> Option<Peer> {
    Peer::new(&[LEAD, &(i as u64).to_be_bytes()].concat())
}

impl Tour {
    fn new(seed: u64, root: Root, clock: Clock, mut net: StandIn) -> Tour {
        let mut world = World::new(seed, Links::WAN);
        world.lead_peers(LEAD);
        world.set_root(root);
        world.set_calendar(Unix(clock.wall().0.saturating_sub(BEFORE_MS)));
        let begun = world.now;
        for name in CAST {
            let who = world.enter(0, Intent::Join(Box::default()));
            world.command(who, Command::Nick(name.to_owned()));
            world.run(3_000);
        }
        world.run_to(begun + BEFORE_MS);
        let guest = world.guest();
        for who in 0..CAST.len() {
            // Addresses that are for examples alone: nothing is sent to them.
            let addr = net::Addr::parse_listen(&format!("/ip4/192.0.2.{}/tcp/4077", who + 1));
            let (Some(peer), Ok(addr)) = (peer(who), addr) else { continue };
            let path = net::Path::Direct;
            net.status.peers.push(net::PeerStatus {
                peer: peer.clone(),
                path,
                addr: addr.clone(),
                rtt: None,
                up: Duration::ZERO,
                links: 1,
            });
            net.tell(net::Event::LinkUp { peer, path, addr });
        }
        let ahead_ms = world.now.since(clock.now());
        Tour { world, clock, ahead_ms, guest, net, done: 0 }
    }

    /// Plays until the node has left.
    async fn play(mut self) {
        loop {
            self.catch_up(self.clock.now());
            let now = self.world.now;
            let due = self.world.next_due().map_or(NAP, |due| Duration::from_millis(due.since(now).max(1)));
            tokio::select! {
                carry = self.net.next() => match carry {
                    Some(carry) => self.carry(carry),
                    None => return,
                },
                () = sleep(due.min(NAP)) => {}
            }
        }
    }

    fn carry(&mut self, carry: Carry) {
        self.world.run_to(self.clock.now() + self.ahead_ms);
        let output = match carry {
            Carry::Join(topic) => Output::Join(topic),
            Carry::Part(topic) => Output::Part(topic),
            Carry::Publish(topic, bytes) => Output::Publish { topic, bytes },
            Carry::Direct(to, bytes) => Output::Direct { to, bytes },
        };
        self.world.send_as(self.guest, vec![output]);
    }

    /// Brings the world to this instant, and to the node what reaches it.
    fn catch_up(&mut self, now: Mono) {
        self.world.run_to(now + self.ahead_ms);
        while let Some((at, step)) = STORY.get(self.done)
            && Mono(at * 1_000) <= now
        {
            self.done += 1;
            self.take(step);
        }
        for who in 0..CAST.len() {
            // What they read is theirs, and wiped here.
            drop(self.world.take_events(who));
        }
        for input in self.world.take_seen(self.guest) {
            match input {
                Input::Gossip { topic, from, bytes } => self.net.bring(topic, from, bytes),
                Input::Direct { from, bytes } => self.net.tell(net::Event::Direct { from, bytes }),
                Input::Subscribed { peer, topic } => self.net.tell(net::Event::Subscribed { peer, topic }),
                Input::LinkDown { peer } => self.net.tell(net::Event::LinkDown { peer }),
                Input::Timer(_) | Input::Command(_) => {}
            }
        }
    }

    fn take(&mut self, step: &Step) {
        let draft = |text, ttl_s, once_s| Draft { ttl_s: Some(ttl_s), once_s, ..Draft::plain(0, text) };
        match step {
            Step::Say(who, text, ttl_s) => self.world.command(*who, Command::Say(draft(text, *ttl_s, None))),
            Step::Once(who, text, once_s) => {
                self.world.command(*who, Command::Say(draft(text, 120, Some(*once_s))));
            }
            Step::Split => self.world.split(&[&[ANA, BOB, self.guest], &[CARLA, DAN]]),
            Step::Heal => {
                self.world.heal();
                for status in &self.net.status.peers {
                    let net::PeerStatus { peer, path, addr, .. } = status.clone();
                    self.net.tell(net::Event::LinkUp { peer, path, addr });
                }
            }
            Step::Rotate(who) => self.world.act(*who, Deed::Rotate),
            Step::Kick(who, whom, why) => {
                if let Some(id) = self.world.id(*whom) {
                    self.world.act(*who, Deed::Kick(id, (*why).to_owned()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_ends_with_three_who_agree_and_one_who_was_removed() {
        let name = RoomName::parse(ROOM).unwrap();
        let root = Root::from_bytes(Kind::Passphrase, name, Secret::random(&mut random::os()));
        for seed in 1..=3 {
            let (_handle, _events, net) = net::stand_in(peer(CAST.len()).unwrap());
            let mut tour = Tour::new(seed, root.duplicate(), Clock::new(), net);
            let split = |tour: &Tour| tour.world.agree(&[ANA, CARLA]);
            let mut together = Vec::new();
            for second in 1..110 {
                tour.catch_up(Mono(second * 1_000));
                together.push(split(&tour));
            }
            assert_eq!(tour.done, STORY.len());
            assert!(
                together[30] && !together[50] && together[64],
                "seed {seed}: one room, two halves, one room"
            );
            assert!(tour.world.agree(&[ANA, BOB, CARLA]), "seed {seed}");
            let out = tour.world.state(DAN).is_some_and(|dan| dan.log().is_none());
            assert!(out, "seed {seed}: whoever was removed has nothing left");
        }
    }
}
