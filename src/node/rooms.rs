//! What the loop does for the rooms of a node: coming into one, handing it what concerns it, doing what it wants done, and
//! making place when it is over.

use super::invites::Keys;
use super::keep;
use super::kept;
use super::run::{Node, Over};
use super::seat::{self, Effect, Seat};
use crate::base::id::Peer;
use crate::chat::event::Event;
use crate::chat::name::MemberChange;
use crate::chat::problem::Problem;
use crate::chat::text::Line;
use crate::crypto::identity::Identity;
use crate::crypto::root::Root;
use crate::net;
use crate::room::entry::Intent;
use crate::room::io::{Command, Input};
use crate::room::state::Setup;
use crate::room::{Guise, Reach};

impl Node {
    /// Takes a seat in a room whose root is known.
    pub(super) async fn enter(&mut self, name: Line, root: Root, intent: Intent) {
        if self.seats.iter().any(|seat| seat.name == name) {
            return self.refuse(name, Problem::Joined);
        }
        let (intent, keeping) = keep::take_up(self, &name, &root, intent);
        if let Intent::Reopen(keepsake) = &intent
            && let Some(secret) = &keepsake.secret
        {
            self.keys.insert(name.clone(), Keys::new(secret.duplicate()));
        }
        let now = self.clock.now();
        let setup = Setup {
            rng: seat::rng(),
            me: Identity::from_seed(&self.me),
            root,
            wall: self.clock.wall(),
            nick: self.nick.as_str().to_owned(),
            intent,
            reach: Reach { peer: Some(self.net.me().clone()), addrs: self.reach.clone() },
            serve: self.serve,
            rate_off: false,
            // In a room that it comes into again, the same key goes on where no number was used.
            begun: kept::begun(self.profile.as_ref()) + self.entered * kept::RUN,
        };
        self.entered += 1;
        let (mut seat, mut effects) = Seat::take(now, self.entered, name, setup);
        seat.keep(keeping);
        if self.guise != Guise::default() {
            let guise = Command::Guise { nick: None, guise: self.guise.clone() };
            effects.extend(seat.handle(now, Input::Command(guise)));
        }
        for who in &self.blocked {
            effects.extend(seat.handle(now, Input::Command(Command::Block(*who, true))));
        }
        for friend in self.model.friends.iter() {
            effects.extend(seat.handle(now, Input::Command(Command::Friend(friend.id, true))));
        }
        self.seats.push(seat);
        let at = self.seats.len() - 1;
        self.carry_out(at, effects, None).await;
        self.meet(at).await;
    }

    /// Hands something to one room and does what it wants.
    pub(super) async fn hand(&mut self, at: usize, input: Input, frame: Option<net::FrameId>) {
        let now = self.clock.now();
        let Some(seat) = self.seats.get_mut(at) else { return };
        let effects = seat.handle(now, input);
        self.carry_out(at, effects, frame).await;
    }

    pub(super) async fn carry_out(
        &mut self,
        at: usize,
        effects: Vec<Effect>,
        mut frame: Option<net::FrameId>,
    ) {
        for effect in effects {
            // A network that has stopped says so by itself; what it did not take is lost with it.
            let _stopped = match effect {
                Effect::Topic(topic, true) => {
                    self.links.joined(at, topic);
                    self.net.join(topic).await
                }
                Effect::Topic(topic, false) => {
                    self.links.parted(topic);
                    self.net.part(topic).await
                }
                Effect::Publish(topic, bytes) => self.net.publish(topic, bytes).await,
                Effect::Direct(to, bytes) => {
                    self.lead_to(at, &to).await;
                    self.net.direct(to, bytes).await
                }
                Effect::Verdict(verdict) => match frame.take() {
                    Some(frame) => self.net.verdict(frame, verdict).await,
                    None => Ok(()),
                },
                Effect::Tell(event) => {
                    if matches!(&event, Event::Member(line) if line.change == MemberChange::Join) {
                        // A newcomer is worth a link now, not at the next turn.
                        self.name_at = self.clock.now();
                    }
                    self.tell(event);
                    Ok(())
                }
            };
        }
        if let Some(frame) = frame {
            let _stopped = self.net.verdict(frame, net::Verdict::Ignore).await;
        }
    }

    /// Rooms that are over make place.
    pub(super) fn clear_seats(&mut self) {
        let mut at = 0;
        while let Some(seat) = self.seats.get(at) {
            match seat.over {
                None => at += 1,
                Some(over) => {
                    let gone = self.seats.remove(at);
                    self.unlist(&gone);
                    keep::over(self, &gone, over);
                    self.keys.remove(&gone.name);
                    self.links.seat_gone(at);
                    self.last = Some(over);
                }
            }
        }
        if let Some(over) = self.last
            && self.seats.is_empty()
            && self.roots.is_empty()
            && !self.stay
        {
            let why = match over {
                Over::Left => "left",
                Over::Removed => "removed",
                Over::Ended => "the room is over",
            };
            self.ending.get_or_insert((over.code(), Line::clean(why)));
        }
    }

    /// Tells the network where the room's people are to be found: by the table's key, and by what members said themselves.
    pub(super) async fn meet(&mut self, at: usize) {
        let Some(seat) = self.seats.get(at) else { return };
        let points = seat.look().meeting_points();
        let named = seat.look().routes();
        let named: Vec<net::Candidate> =
            named.into_iter().map(|(peer, addrs)| net::Candidate { peer: Some(peer), addrs }).collect();
        let (fresh, gone) = self.links.points(at, &points);
        for key in gone {
            let _stopped = self.net.withdraw(key).await;
        }
        for (key, topic) in fresh {
            let _stopped = self.net.provide(key, topic).await;
        }
        if let Some((_, topic)) = points.first().filter(|_| !named.is_empty()) {
            let _stopped = self.net.candidates(*topic, named).await;
        }
    }

    /// A frame for one member alone has to find its way before that member was ever named to the network.
    async fn lead_to(&self, at: usize, to: &Peer) {
        let Some(look) = self.seats.get(at).filter(|_| !self.links.is_up(to)).map(Seat::look) else { return };
        let route = look.routes().into_iter().find(|(peer, addrs)| peer == to && !addrs.is_empty());
        if let (Some((peer, addrs)), Some((_, topic))) = (route, look.meeting_points().first()) {
            let named = net::Candidate { peer: Some(peer), addrs };
            let _stopped = self.net.candidates(*topic, vec![named]).await;
        }
    }
}
