//! How faces speak to the node and hear from it.

use std::collections::VecDeque;

use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;

use super::clock::Clock;
use super::outbox::Inbox;
use crate::chat::event::Event;
use crate::chat::problem::Problem;
use crate::chat::reply::Answer;
use crate::chat::request::Asked;
use crate::chat::text::Line;
use crate::crypto::root::Root;
use crate::net;
use crate::room::entry::Intent;

/// A face's way to ask.
#[derive(Clone, Debug)]
pub struct Asking {
    pub(super) to: Sender<Ask>,
    pub(super) clock: Clock,
}

/// A face's way to be told.
#[derive(Debug)]
pub struct Telling {
    pub(super) from: Inbox,
}

/// What can be asked of the node besides what people ask.
#[derive(Debug)]
pub(super) enum Ask {
    /// A person or a program wants something.
    Face(Asked),
    /// Somebody outside of the faces wants to know something.
    Question(Box<Asked>, oneshot::Sender<Result<Answer, Problem>>),
    /// Come into a room whose secret was obtained already.
    Enter(Line, Box<Root>, Box<Intent>),
    /// How things stand, in numbers.
    Measure(oneshot::Sender<Measured>),
    /// Go on with these limits, and ask these addresses too.
    Retune(net::Limits, Vec<net::Place>),
    /// End, with an exit code and the reason.
    End(u8, Line),
}

/// How things stand, in numbers and without a name.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// The network.
    pub net: net::Status,
    /// Rooms this node is in.
    pub rooms: usize,
    /// Rooms of others that this node has heard of in the directory.
    pub listings: usize,
    /// Milliseconds since it started.
    pub uptime_ms: u64,
}

impl Asking {
    /// How things stand, in numbers; `None` once the node has ended.
    pub async fn measure(&self) -> Option<Measured> {
        let (to, answer) = oneshot::channel();
        self.to.send(Ask::Measure(to)).await.ok()?;
        answer.await.ok()
    }

    /// Goes on with these limits, and asks these addresses too; false once the node has ended.
    pub async fn retune(&self, limits: net::Limits, more: Vec<net::Place>) -> bool {
        self.to.send(Ask::Retune(limits, more)).await.is_ok()
    }

    /// Asks something; false once the node has ended.
    pub async fn ask(&self, asked: Asked) -> bool {
        self.to.send(Ask::Face(asked)).await.is_ok()
    }

    /// Comes into a room.
    pub async fn enter(&self, name: Line, root: Root, intent: Intent) -> bool {
        self.to.send(Ask::Enter(name, Box::new(root), Box::new(intent))).await.is_ok()
    }

    /// Asks something, and waits for the answer, which no face is told.
    pub async fn question(&self, asked: Asked) -> Result<Answer, Problem> {
        let (to, answer) = oneshot::channel();
        self.to.send(Ask::Question(Box::new(asked), to)).await.map_err(|_| Problem::Ending)?;
        answer.await.map_err(|_| Problem::Ending)?
    }

    /// Says goodbye in all rooms and ends.
    pub async fn end(&self, code: u8, why: &str) -> bool {
        self.to.send(Ask::End(code, Line::clean(why))).await.is_ok()
    }

    /// The clock by which deadlines are told.
    pub fn clock(&self) -> Clock {
        self.clock
    }
}

impl Telling {
    /// What happened next; `None` after the last word.
    pub async fn next(&mut self) -> Option<Event> {
        self.from.next().await
    }

    /// Whether something happened that was not told yet.
    pub fn waits(&self) -> bool {
        self.from.waits()
    }
}

/// Requests on their way to a node that does not take them while it is owed a reader. Whoever asks goes on reading
/// meanwhile: waiting for the node to take a request would be waiting for oneself.
#[derive(Debug)]
pub struct Errands {
    asking: Asking,
    waiting: VecDeque<Ask>,
}

impl Errands {
    /// Nothing to ask yet.
    pub fn new(asking: Asking) -> Errands {
        Errands { asking, waiting: VecDeque::new() }
    }

    /// Whether everything was taken: only then should more be read from whoever types.
    pub fn is_free(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Asks something.
    pub fn ask(&mut self, asked: Asked) {
        self.waiting.push_back(Ask::Face(asked));
    }

    /// Says goodbye in all rooms and ends, after what was asked before.
    pub fn end(&mut self, code: u8, why: &str) {
        self.waiting.push_back(Ask::End(code, Line::clean(why)));
    }

    /// Goes until one was taken; never comes back where there is none. Safe to drop and call again.
    pub async fn go(&mut self) {
        if self.waiting.is_empty() {
            return std::future::pending().await;
        }
        // A node that has ended takes nothing, and is owed nothing.
        let place = self.asking.to.reserve().await.ok();
        if let (Some(ask), Some(place)) = (self.waiting.pop_front(), place) {
            place.send(ask);
        }
    }
}
