//! A network that somebody else plays: the same handle and the same events, and no socket. For rooms that are simulated.

use libp2p::gossipsub::MessageId;
use tokio::sync::mpsc;

use super::config::{COMMANDS, EVENTS};
use super::handle::{Events, Handle};
use super::io::{Command, Event, Status};
use super::names::{self, FrameId};
use crate::base::id::{Peer, Topic};

/// What the owner wants carried.
#[derive(Debug)]
pub enum Carry {
    /// Listen on a topic.
    Join(Topic),
    /// Listen there no more.
    Part(Topic),
    /// A frame to all who listen.
    Publish(Topic, Vec<u8>),
    /// A frame to one peer.
    Direct(Peer, Vec<u8>),
}

/// The end of whoever plays the network.
pub struct StandIn {
    /// How things are said to stand.
    pub status: Status,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
    frames: u64,
}

/// Makes both ends, for a node by this name.
pub fn stand_in(me: Peer) -> (Handle, Events, StandIn) {
    let (to_driver, commands) = mpsc::channel(COMMANDS);
    let (events, to_owner) = mpsc::channel(EVENTS);
    let played = StandIn { status: Status::default(), commands, events, frames: 0 };
    (Handle::of(me, to_driver), Events::of(to_owner), played)
}

impl StandIn {
    /// What is to be carried next; `None` once the owner has stopped it. Safe to drop and call again.
    pub async fn next(&mut self) -> Option<Carry> {
        loop {
            match self.commands.recv().await? {
                Command::Join(topic) => return Some(Carry::Join(topic)),
                Command::Part(topic) => return Some(Carry::Part(topic)),
                Command::Publish(topic, bytes) => return Some(Carry::Publish(topic, bytes)),
                Command::Direct(to, bytes) => return Some(Carry::Direct(to, bytes)),
                // Whoever asks may have gone meanwhile.
                Command::Snapshot(answer) => drop(answer.send(self.status.clone())),
                Command::Shutdown(done) => {
                    let _gone = done.send(());
                    return None;
                }
                // There is nobody to be found, and nobody to be blamed.
                Command::Verdict(..)
                | Command::Provide(..)
                | Command::Withdraw(_)
                | Command::Candidates(..)
                | Command::Bootstrap(_)
                | Command::Limit(_) => {}
            }
        }
    }

    /// Tells the owner. One who is too far behind misses it, as on any network.
    pub fn tell(&self, event: Event) {
        let _missed = self.events.try_send(event);
    }

    /// Brings a frame.
    pub fn bring(&mut self, topic: Topic, from: Peer, bytes: Vec<u8>) {
        self.frames += 1;
        let Some(link) = names::peer_id(&from) else { return };
        let id = FrameId { id: MessageId(self.frames.to_be_bytes().to_vec()), from: link };
        self.tell(Event::Gossip { topic, from, bytes, id });
    }
}

impl std::fmt::Debug for StandIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StandIn").field("frames", &self.frames).finish_non_exhaustive()
    }
}
