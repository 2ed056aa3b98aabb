//! How the rest of the house starts the network, speaks to it and hears from it.

use std::fmt;

use libp2p::identity::Keypair;
use tokio::sync::{mpsc, oneshot};

use crate::base::id::{Peer, Topic};
use crate::base::limits::FRAME_BYTES;

use super::address::Place;
use super::config::{COMMANDS, Config, EVENTS, Limits};
use super::driver::Driver;
use super::io::{Candidate, Command, Event, StartError, Status, Verdict};
use super::names::{self, FrameId};

/// Starts the network in a task of its own, on the tokio runtime this is called in. It listens when this returns.
///
/// It ends when [`Handle::shutdown`] is called, or every handle is dropped, or [`Events`] is.
pub fn start(mut config: Config) -> Result<(Handle, Events), StartError> {
    let key = match config.key.take() {
        Some(seed) => Keypair::ed25519_from_bytes(*seed.expose()).map_err(|_| StartError::Key)?,
        None => Keypair::generate_ed25519(),
    };
    let me = names::peer(&key.public().to_peer_id());
    let (to_driver, commands) = mpsc::channel(COMMANDS);
    let (to_owner, events) = mpsc::channel(EVENTS);
    let driver = Driver::new(key, config, commands, to_owner)?;
    tokio::spawn(driver.run());
    Ok((Handle { me, commands: to_driver }, Events(events)))
}

/// What happens on the network, in its order.
#[derive(Debug)]
pub struct Events(mpsc::Receiver<Event>);

impl Events {
    pub(super) fn of(events: mpsc::Receiver<Event>) -> Events {
        Events(events)
    }

    /// The next event; `None` once the network has stopped. Safe to drop and call again.
    pub async fn next(&mut self) -> Option<Event> {
        self.0.recv().await
    }

    /// The next event if there is one already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.0.try_recv().ok()
    }
}

/// Speaks to the network. Each call waits while too many commands are under way; they are carried out in their order.
#[derive(Clone)]
pub struct Handle {
    me: Peer,
    commands: mpsc::Sender<Command>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("me", &self.me).finish_non_exhaustive()
    }
}

/// Why a call did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The network has stopped.
    Stopped,
    /// Nothing to send, or more than a frame may hold.
    Size,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendError::Stopped => "the network has stopped",
            SendError::Size => "a frame is empty or too large",
        })
    }
}

impl std::error::Error for SendError {}

impl Handle {
    pub(super) fn of(me: Peer, commands: mpsc::Sender<Command>) -> Handle {
        Handle { me, commands }
    }

    /// This node's transport peer.
    pub fn me(&self) -> &Peer {
        &self.me
    }

    /// Listen on a topic.
    pub async fn join(&self, topic: Topic) -> Result<(), SendError> {
        self.send(Command::Join(topic)).await
    }

    /// Stop listening on it.
    pub async fn part(&self, topic: Topic) -> Result<(), SendError> {
        self.send(Command::Part(topic)).await
    }

    /// Send a frame to all on a topic that was joined. Where nobody listens yet it waits for up to ten seconds. The same
    /// bytes twice within a minute go once.
    pub async fn publish(&self, topic: Topic, frame: Vec<u8>) -> Result<(), SendError> {
        sized(&frame)?;
        self.send(Command::Publish(topic, frame)).await
    }

    /// Send a frame to one peer, over a link that is up or one that is made for it. It may be lost; whoever needs to know
    /// asks for an answer in the frame.
    pub async fn direct(&self, to: Peer, frame: Vec<u8>) -> Result<(), SendError> {
        sized(&frame)?;
        self.send(Command::Direct(to, frame)).await
    }

    /// Say what a frame was worth. Each is owed exactly one.
    pub async fn verdict(&self, frame: FrameId, verdict: Verdict) -> Result<(), SendError> {
        self.send(Command::Verdict(frame, verdict)).await
    }

    /// Be found under a key by others who want `topic`, and look for them there, until [`Handle::withdraw`].
    pub async fn provide(&self, key: [u8; 32], topic: Topic) -> Result<(), SendError> {
        self.send(Command::Provide(key, topic)).await
    }

    /// Be found there no more. What others already wrote down fades within half an hour.
    pub async fn withdraw(&self, key: [u8; 32]) -> Result<(), SendError> {
        self.send(Command::Withdraw(key)).await
    }

    /// Peers said to be on a topic; they are dialled as long as it has too few links.
    pub async fn candidates(&self, topic: Topic, named: Vec<Candidate>) -> Result<(), SendError> {
        self.send(Command::Candidates(topic, named)).await
    }

    /// One more bootstrap; one that is known is tried at once.
    pub async fn bootstrap(&self, place: Place) -> Result<(), SendError> {
        self.send(Command::Bootstrap(place)).await
    }

    /// From now on others get so much. Links there are stay.
    pub async fn limit(&self, limits: Limits) -> Result<(), SendError> {
        self.send(Command::Limit(limits)).await
    }

    /// How things stand.
    pub async fn snapshot(&self) -> Result<Status, SendError> {
        let (answer, wait) = oneshot::channel();
        self.send(Command::Snapshot(answer)).await?;
        wait.await.map_err(|_| SendError::Stopped)
    }

    /// Stops, once all commands given before are carried out. Frames just handed in get up to 200 ms to leave.
    pub async fn shutdown(&self) {
        let (done, wait) = oneshot::channel();
        if self.send(Command::Shutdown(done)).await.is_ok() {
            // An error means that it stopped without answering: stopped it is.
            wait.await.unwrap_or_default();
        }
    }

    async fn send(&self, command: Command) -> Result<(), SendError> {
        self.commands.send(command).await.map_err(|_| SendError::Stopped)
    }
}

fn sized(frame: &[u8]) -> Result<(), SendError> {
    if frame.is_empty() || frame.len() > FRAME_BYTES { Err(SendError::Size) } else { Ok(()) }
}
