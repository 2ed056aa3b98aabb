//! Rooms, and the people one talks with alone beside them: which there are, going from one to another, and to whom goes
//! what is typed. Only a person's own key leads out of a talk with somebody: what was begun for one reaches nobody else.

use super::place::Way;
use super::screen::{Effect, Screen, info};
use crate::base::time::Mono;
use crate::chat::circle::Circle;
use crate::chat::event::Person;
use crate::chat::model::Room;
use crate::chat::problem::Problem;
use crate::chat::reply::{Answer, Cid, FriendRow, Reply};
use crate::chat::request::{Asked, Request, Which, Who};
use crate::chat::text::Line;

impl Screen {
    /// What is in front: a room, or somebody in it.
    pub(super) fn circle(&self) -> Option<Circle> {
        let room = &self.front()?.name;
        let front = self.model.front().filter(|circle| circle.room == *room);
        Some(front.cloned().unwrap_or_else(|| Circle::room(room)))
    }

    /// Rooms and the people one talks with alone, in the order of their numbers.
    pub(super) fn circles(&self) -> Vec<Circle> {
        let rooms = self.model.rooms();
        let mut all: Vec<Circle> = rooms.iter().map(|room| Circle::room(&room.name)).collect();
        for room in rooms {
            all.extend(room.scroll.alone().all().into_iter().map(|with| Circle::alone(&room.name, with)));
        }
        // Where nothing lives, as long as one is there or something is typed.
        let front = self.model.front();
        for (circle, place) in self.places.iter().filter(|(circle, _)| circle.with.is_some()) {
            if !all.contains(circle) && (front == Some(circle) || !place.draft.is_empty()) {
                all.push(circle.clone());
            }
        }
        all
    }

    /// The room of a circle, and the person if it is one.
    pub(super) fn who_is(&self, circle: &Circle) -> Option<(&Room, Option<&Person>)> {
        let room = self.model.room(Some(&circle.room)).ok()?;
        let Some(with) = &circle.with else { return Some((room, None)) };
        let last = || {
            let row = room.scroll.alone().rows(with).next_back()?;
            room.scroll.get(row)?.message.partner()
        };
        let kept = || self.places.get(circle)?.with.as_ref();
        let person = room.people.get(with).or_else(last).or_else(kept)?;
        Some((room, Some(person)))
    }

    /// Nick, or the tag where the nick could mislead.
    pub(super) fn short_name<'a>(&self, room: &Room, person: &'a Person) -> &'a str {
        if room.people.needs_tag(person) { person.tag.as_str() } else { person.nick.as_str() }
    }

    /// The person in front, as they are called for short.
    pub(super) fn partner_name(&self) -> Option<String> {
        let (room, person) = self.who_is(&self.circle()?)?;
        person.map(|person| self.short_name(room, person).to_owned())
    }

    /// The key that leads to a circle.
    pub(super) fn key_to(&self, circle: &Circle) -> String {
        match self.circles().iter().position(|known| known == circle) {
            Some(at @ 0..9) => format!("Alt+{}", at + 1),
            _ => "Alt+A".to_owned(),
        }
    }

    // ---- going there ----

    /// Brings a room, or somebody in it, to the front.
    pub(super) fn turn_to(&mut self, circle: &Circle) {
        if let Some(before) = self.circle().filter(|before| before != circle)
            && let Some(place) = self.places.get_mut(&before)
        {
            place.new_from = None;
        }
        let person = self.who_is(circle).and_then(|(_, person)| person).cloned();
        if !self.model.turn_to(circle) {
            return;
        }
        let place = self.places.entry(circle.clone()).or_default();
        if person.is_some() {
            place.with = person;
            place.way_asked = false;
        }
        self.note = None;
        self.completing = None;
        self.leaving = None;
        // What the last frame showed was another talk.
        self.top_seen = None;
    }

    /// Brings a room to the front.
    pub(super) fn show_room(&mut self, room: &Line) {
        self.turn_to(&Circle::room(room));
    }

    pub(super) fn first_to_front(&mut self) {
        if let Some(name) = self.model.rooms().first().map(|room| room.name.clone())
            && self.model.room(None).is_err()
        {
            self.show_room(&name);
        }
    }

    /// Goes to somebody who was named.
    pub(super) fn talk_alone(&mut self, who: &Who) -> Result<(), Problem> {
        let room = self.model.room(None)?;
        let person = room.people.resolve(who)?;
        if self.model.is_me(&person.id) {
            return Err(Problem::Nobody);
        }
        let circle = Circle::alone(&room.name, person.id);
        self.done_with_draft();
        self.turn_to(&circle);
        Ok(())
    }

    /// Goes to a friend, in a room where they are.
    pub(super) fn talk_to_friend(&mut self, row: &FriendRow) {
        match row.rooms.first() {
            Some(room) => self.turn_to(&Circle::alone(room, row.friend.id)),
            None => self.wrong(&Problem::FriendAway),
        }
    }

    /// Asks a friend into the room in front.
    pub(super) fn beckon(&mut self, row: &FriendRow, out: &mut Vec<Effect>) {
        let Some(room) = self.front().map(|room| room.name.clone()) else {
            return self.wrong(&Problem::NoRoom);
        };
        self.note = Some(info(format!("an invite goes to {} alone", row.friend.nick.as_str())));
        let request = Request::Beckon(Who::key(&row.friend.id));
        self.ask(Asked { room: Some(room), ..Asked::here(request) }, "", out);
    }

    /// Goes to a message, wherever in the room in front it was said.
    pub(super) fn go_to_row(&mut self, row: Option<u64>) {
        let (Some(row), Some(room)) = (row, self.front()) else { return };
        let circle = Circle { room: room.name.clone(), with: room.scroll.partner(row) };
        if self.circle().as_ref() != Some(&circle) {
            self.turn_to(&circle);
        }
        self.choose(Some(row));
    }

    pub(super) fn go_to_circle(&mut self, pick: impl Fn(usize, usize) -> usize) {
        let all = self.circles();
        let front = self.circle();
        let now = all.iter().position(|circle| Some(circle) == front.as_ref());
        if let Some(to) = all.get(pick(all.len(), now.unwrap_or_default())) {
            self.turn_to(to);
        }
    }

    pub(super) fn go_to_active(&mut self) {
        let waits = |circle: &Circle, named: bool| {
            let Some((room, _)) = self.who_is(circle) else { return false };
            match &circle.with {
                Some(with) => room.scroll.unread_from(with).next().is_some(),
                None if named => room.mentions > 0,
                None => room.unread > 0,
            }
        };
        let (all, front) = (self.circles(), self.circle());
        let mut others = all.iter().filter(|circle| Some(*circle) != front.as_ref());
        let named = others.clone().find(|circle| waits(circle, true));
        if let Some(to) = named.or_else(|| others.find(|circle| waits(circle, false))) {
            self.turn_to(to);
        }
    }

    /// What opens the oldest message of the person in front that asks to be read.
    pub(super) fn asks_here(&self) -> Option<Asked> {
        let (room, with) = (self.front()?, self.circle()?.with?);
        let mut asks = room.scroll.living().filter(|(_, said)| {
            let message = &said.message;
            message.asks && message.is_sealed() && message.once_ms.is_none() && message.from.id == with
        });
        let which = Which::Named(Line::clean(&asks.next()?.0.to_string()));
        Some(Asked { room: Some(room.name.clone()), ..Asked::here(Request::Open(which)) })
    }

    /// Back to the room from a talk with one person; false where that is not what is in front.
    pub(super) fn leave_alone(&mut self, sure: bool, until: Mono) -> bool {
        let Some(circle) = self.circle().filter(|circle| circle.with.is_some()) else { return false };
        if sure {
            self.show_room(&circle.room);
        } else {
            self.leaving = Some(until);
            self.note = Some(info(format!("Enter again to go back to #{}", circle.room.as_str())));
        }
        true
    }

    // ---- what is said there ----

    /// What is typed while one person is in front is for that person alone.
    pub(super) fn to_partner(&self, asked: &mut Asked) {
        let Some(with) = self.circle().and_then(|circle| circle.with) else { return };
        if let Request::Send(draft) | Request::Answer(draft) = &asked.request
            && draft.announce.is_none()
        {
            asked.request = Request::Direct(Who::key(&with), draft.clone());
        }
    }

    /// A word after something went to one person from the room: nothing of it stands there.
    pub(super) fn said_aside(&mut self, asked: &Asked) {
        let Request::Direct(who, _) = &asked.request else { return };
        let Ok(person) = self.model.person(asked.room.as_ref(), who) else { return };
        if self.circle().is_some_and(|circle| circle.with == Some(person.id)) {
            return;
        }
        let name = self.name(asked.room.as_ref(), person);
        let typed = if name.contains(' ') { person.tag.as_str() } else { name.as_str() };
        self.note = Some(info(format!("this went to {name} alone; /dm {typed} shows what you two say")));
    }

    // ---- by which way they are reached ----

    /// Asks by which way the person in front is reached, where that is not known.
    pub(super) fn ask_way(&mut self, out: &mut Vec<Effect>) {
        let Some(circle) = self.circle() else { return };
        let (Some(with), Some(place)) = (circle.with, self.places.get_mut(&circle)) else { return };
        if std::mem::replace(&mut place.way_asked, true) {
            return;
        }
        let request = Request::Whois(Who::key(&with));
        let cid = self.next_cid();
        self.ways.insert(cid, circle.clone());
        while self.ways.len() > super::screen::AWAITED {
            self.ways.pop_first();
        }
        out.push(Effect::Ask(Asked {
            cid: Some(Cid::Number(cid)),
            room: Some(circle.room),
            ..Asked::here(request)
        }));
    }

    /// Takes the answer; true if it was one.
    pub(super) fn way_told(&mut self, reply: &Reply) -> bool {
        let Some(Cid::Number(cid)) = &reply.cid else { return false };
        let Some(circle) = self.ways.remove(cid) else { return false };
        if let Some(place) = self.places.get_mut(&circle) {
            place.way = match &reply.outcome {
                Ok(Answer::Person(profile)) => match &profile.link {
                    Some(link) => Way::Link(link.route),
                    None => Way::Others,
                },
                _ => Way::Unknown,
            };
        }
        true
    }

    /// Links changed: what is known of ways is old.
    pub(super) fn ways_changed(&mut self) {
        self.places.values_mut().for_each(|place| place.way_asked = false);
    }

    /// Forgets places of talks that are over.
    pub(super) fn forget_ended(&mut self) {
        let (model, front) = (&self.model, self.circle());
        self.places.retain(|circle, place| {
            let lives = || {
                let room = model.room(Some(&circle.room)).ok();
                circle.with.is_none_or(|with| room.is_some_and(|room| room.scroll.alone().has(&with)))
            };
            front.as_ref() == Some(circle) || !place.draft.is_empty() || place.next_due().is_some() || lives()
        });
    }
}
