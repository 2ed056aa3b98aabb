//! What is asked and cannot be answered at once, while the loop goes on: what is said into a room whose keys are still being
//! made, and what takes a while to find out.

use std::collections::BTreeMap;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::bug;
use super::doctor;
use super::run::Node;
use crate::base::limits::QUEUE;
use crate::base::secret::Text;
use crate::base::time::Mono;
use crate::chat::doctor::Finding;
use crate::chat::event::Event;
use crate::chat::problem::Problem;
use crate::chat::reply::{Answer, Cid, Reply};
use crate::chat::request::{Asked, Request};
use crate::chat::text::Line;
use crate::crypto::root::Root;
use crate::net;

/// Examinations at once: each holds a thread for a moment.
const DOCTORS: usize = 4;

/// Where an answer goes that no face is told.
pub(super) type Answering = oneshot::Sender<Result<Answer, Problem>>;

/// Whoever waits for an answer.
pub(super) struct Waiting {
    pub(super) cid: Option<Cid>,
    pub(super) to: Option<Answering>,
}

/// Something said into a room whose keys are still being made.
struct Early {
    asked: Asked,
    to: Option<Answering>,
    at: Mono,
}

/// Everything that is answered later.
#[derive(Default)]
pub(super) struct Later {
    /// Rooms whose keys are being made.
    coming: Vec<Line>,
    early: Vec<Early>,
    doctors: JoinSet<Result<Answer, Problem>>,
    patients: BTreeMap<tokio::task::Id, Waiting>,
}

impl Later {
    /// Whether more may be asked.
    pub(super) fn has_room(&self) -> bool {
        self.doctors.len() < DOCTORS
    }

    /// A room's keys are being made.
    pub(super) fn comes(&mut self, room: &Line) {
        self.coming.push(room.clone());
    }

    /// Whether a room's keys are being made.
    pub(super) fn is_coming(&self, room: &Line) -> bool {
        self.coming.contains(room)
    }

    /// What an examination came to, and for whom; never, where there is none under way.
    pub(super) async fn next(&mut self) -> (Option<Waiting>, Result<Answer, Problem>) {
        match self.doctors.join_next_with_id().await {
            Some(Ok((id, found))) => (self.patients.remove(&id), found),
            // It broke off, and found nothing.
            Some(Err(err)) => (self.patients.remove(&err.id()), Ok(Answer::Findings(Vec::new()))),
            None => std::future::pending().await,
        }
    }
}

impl Node {
    /// Answers whoever asked.
    pub(super) fn reply(&mut self, waiting: Waiting, outcome: Result<Answer, Problem>) {
        match waiting.to {
            None => self.outbox.tell(Event::Reply(Box::new(Reply { cid: waiting.cid, outcome }))),
            // Whoever asked may have hung up.
            Some(to) => drop(to.send(outcome)),
        }
    }

    /// Takes what cannot be answered at once, and gives back everything else.
    pub(super) async fn put_off(
        &mut self,
        asked: Asked,
        to: Option<Answering>,
        at: Mono,
    ) -> Option<(Asked, Option<Answering>)> {
        match &asked.request {
            Request::Send(_) if self.comes_early(&asked) => self.later.early.push(Early { asked, to, at }),
            Request::Doctor => {
                let more = self.doctor().await;
                let found = self.later.doctors.spawn(async move {
                    let mut found = doctor::machine().await;
                    found.extend(more);
                    found.sort_by_key(Finding::part);
                    Ok(Answer::Findings(found))
                });
                self.later.patients.insert(found.id(), Waiting { cid: asked.cid, to });
            }
            Request::Bug(path) => {
                let (facts, path) = (self.bug().await, path.as_ref().map(|path| Text::new(path.as_str())));
                let written = self.later.doctors.spawn(bug::written(facts, path));
                self.later.patients.insert(written.id(), Waiting { cid: asked.cid, to });
            }
            _ => return Some((asked, to)),
        }
        None
    }

    /// Whether this is said into a room whose keys are still being made: it is taken up once they are.
    fn comes_early(&self, asked: &Asked) -> bool {
        let later = &self.later;
        let coming = match &asked.room {
            Some(room) => later.is_coming(room),
            None => self.seats.is_empty() && later.coming.len() == 1,
        };
        coming && later.early.len() < QUEUE
    }

    /// A slow hash is done.
    pub(super) async fn hashed(&mut self, name: Line, root: Result<Root, Problem>) {
        tracing::info!(ok = root.is_ok(), "keys were made from a passphrase");
        self.later.coming.retain(|coming| *coming != name);
        match root {
            Ok(root) => {
                let intent = self.joining();
                self.enter(name, root, intent).await;
            }
            Err(problem) => self.refuse(name, problem),
        }
        for Early { asked, to, at } in std::mem::take(&mut self.later.early) {
            self.asked(asked, to, Some(at)).await;
        }
    }

    /// Nothing is answered any more.
    pub(super) fn end_waits(&mut self) {
        let early = std::mem::take(&mut self.later.early);
        let early = early.into_iter().map(|early| Waiting { cid: early.asked.cid, to: early.to });
        let patients = std::mem::take(&mut self.later.patients).into_values();
        for waiting in early.chain(patients).collect::<Vec<_>>() {
            self.reply(waiting, Err(Problem::Ending));
        }
    }

    /// What a running node knows besides what is true of the machine: links, how each address stands, the rooms' clocks.
    async fn doctor(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        if let Ok(status) = self.net.snapshot().await {
            found.push(Finding::Links(status.peers.len()));
            let asked = status.bootstraps.iter();
            found.extend(
                asked.map(|(addr, state): &(String, net::BootstrapState)| doctor::bootstrap(addr, state)),
            );
        }
        let wall = self.clock.wall();
        let company = self.seats.iter().filter(|seat| seat.members() > 1);
        found.extend(company.map(|seat| Finding::Skew {
            room: seat.name.clone(),
            by_ms: seat.look().room_time().offset_from(wall),
        }));
        if !found.iter().any(|finding| matches!(finding, Finding::Skew { .. })) {
            found.push(Finding::NoSkew);
        }
        found
    }
}
