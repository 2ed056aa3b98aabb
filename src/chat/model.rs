//! What a face may be asked about again: the rooms, their people, what still lives, what waits. Pure: events and time go
//! in, and whoever holds it asks.
//!
//! Use: [`Model::update`] with every event, in order; [`Model::tick`] whenever [`Model::next_due`] has come; anything else
//! at any time. It drops texts at their deadlines by itself, so a face that holds handles only through it keeps nothing.

mod aim;
mod front;
mod links;
mod room;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aim::needs_room;
pub use links::Links;
use room::Pending;
pub use room::Room;

use super::circle::Circle;
use super::event::{Event, Hello, Message, NetLine, Person, RoomLine};
use super::friends::Friends;
use super::listing::Nearby;
use super::name::{Kind, MemberChange, Reach, Role, RoomChange};
use super::notice::{Notice, Refusal, Said};
use super::people::People;
use super::problem::Problem;
use super::reply::{Answer, MemberRow, Profile, RoomRow, Status};
use super::request::{Asked, Request, View, Which, Who};
use super::scrollback::{Row, contains_word};
use super::text::{Body, Line};
use super::wait::Wait;
use super::{help, privacy, telling};
use crate::base::id::{MemberId, MsgId};
use crate::base::nick::Nick;
use crate::base::time::Mono;

/// Rooms at once, by the protocol's limits.
pub const ROOMS: usize = 32;

/// Everything a face knows.
#[derive(Debug, Default)]
pub struct Model {
    me: Option<Box<Hello>>,
    rooms: Vec<Room>,
    front: Option<Circle>,
    /// How others are reached.
    pub links: Links,
    /// What neighbours tell of.
    pub nearby: Nearby,
    /// People known by their keys. Only the node's own model has them: faces see it on each person.
    pub friends: Friends,
    net: Option<NetLine>,
    /// Who wrote to this node alone last, and in which room.
    last_direct: Option<(Line, MemberId)>,
    started: Option<Mono>,
}

impl Model {
    /// One that knows these people from before.
    pub fn knowing(friends: Friends) -> Model {
        Model { friends, ..Model::default() }
    }

    /// Takes an event in.
    pub fn update(&mut self, now: Mono, event: &Event) {
        self.started.get_or_insert(now);
        match event {
            Event::Hello(hello) => self.me = Some(hello.clone()),
            Event::Room(line) => self.on_room(now, line),
            Event::Member(line) => {
                // A new profile may carry a name of that room alone; a new nick is everywhere's.
                let nick = line.change == MemberChange::Nick;
                if let Some(me) = self.me.as_mut().filter(|me| nick && me.id == line.who.id) {
                    me.nick = line.who.nick.clone();
                }
                let mine = self.is_me(&line.who.id);
                let Some(room) = self.room_mut(&line.room) else { return };
                room.on_member(line.change, &line.who);
                if mine {
                    // An office is given and taken without a line about the room.
                    room.facts.role = line.who.role;
                }
                if line.change != MemberChange::Profile && !line.past {
                    room.scroll.tell(event.clone(), now);
                }
            }
            Event::Message(message) => self.on_message(message),
            Event::Receipt(receipt) => {
                if let (Some(room), Some(id)) = (self.room_mut(&receipt.room), &receipt.id) {
                    room.scroll.fate(id, &receipt.fate);
                }
            }
            Event::Burned(burned) => {
                if let Some(room) = self.room_mut(&burned.room) {
                    let gone = room.scroll.burn(&burned.id, burned.why);
                    gone.iter().for_each(|gone| room.lost(gone));
                }
            }
            Event::Kept(line) => {
                let Some(room) = self.room_mut(&line.room) else { return };
                if room.scroll.keep(&line.id, line.keep, line.dies) {
                    room.scroll.tell(event.clone(), now);
                }
            }
            Event::Peer(line) => self.links.on_peer(line, now),
            Event::Bootstrap(line) => self.links.on_bootstrap(line, now),
            Event::Net(line) => self.net = Some((**line).clone()),
            Event::Listing(line) => self.nearby.update(line),
            Event::Notice(notice) => {
                let Some(room) = notice.room.as_ref().and_then(|name| self.room_mut(name)) else { return };
                if let Said::NotAdmitted(Refusal::Knock) = notice.said {
                    room.wait = Some(Pending { wait: Wait::Knocking, since: now, told: 0 });
                }
                match notice.said {
                    Said::Listed { near } => room.listed = if near { Reach::Near } else { Reach::On },
                    Said::Unlisted => room.listed = Reach::Off,
                    _ => {}
                }
                room.scroll.tell(event.clone(), now);
            }
            // A sign of the moment: a face that shows it drops it by itself.
            Event::Typing(_) => {}
            Event::Keys(_) | Event::Listening(_) | Event::Invite(_) | Event::Reply(_) | Event::Bye(_) => {}
        }
    }

    /// Drops what is over at `now`.
    pub fn tick(&mut self, now: Mono) {
        for room in &mut self.rooms {
            room.scroll.reap(now).iter().for_each(|gone| room.lost(gone));
        }
        self.nearby.tick(now);
    }

    /// When [`Model::tick`] has something to do next.
    pub fn next_due(&self) -> Option<Mono> {
        self.rooms.iter().filter_map(|room| room.scroll.next_due()).chain(self.nearby.next_due()).min()
    }

    /// When [`Model::waits`] has something to say next; for a face that speaks of waits.
    pub fn next_wait(&self) -> Option<Mono> {
        let pending = self.rooms.iter().filter_map(|room| room.wait.as_ref());
        pending.map(|pending| pending.since + pending.wait.told_at_ms(pending.told)).min()
    }

    /// What is to be said of how a room stands; `None` where that was said before.
    pub fn stands(&mut self, room: &Line) -> Option<Said> {
        self.room_mut(room)?.stands()
    }

    /// Waits that are to be spoken of now, each with how long it has lasted; [`Said::of_wait`] tells what it could mean.
    pub fn waits(&mut self, now: Mono) -> Vec<(Line, Wait, u64)> {
        let mut said = Vec::new();
        for room in &mut self.rooms {
            let Some(pending) = &mut room.wait else { continue };
            let waited = now.since(pending.since);
            let mut due = false;
            while pending.wait.told_at_ms(pending.told) <= waited {
                pending.told += 1;
                due = true;
            }
            if due {
                said.push((room.name.clone(), pending.wait, waited));
            }
        }
        said
    }

    /// Who this node is, once it has said so.
    pub fn me(&self) -> Option<&Hello> {
        self.me.as_deref()
    }

    /// What is known of this node's own network.
    pub fn net(&self) -> Option<&NetLine> {
        self.net.as_ref()
    }

    /// The rooms, in the order of joining.
    pub fn rooms(&self) -> &[Room] {
        &self.rooms
    }

    /// The room meant by a request: the one named, else the one in front, else the only one.
    pub fn room(&self, named: Option<&Line>) -> Result<&Room, Problem> {
        let find = |name: &Line| self.rooms.iter().find(|room| room.name == *name);
        if let Some(name) = named {
            return find(name).ok_or(Problem::UnknownRoom);
        }
        if let Some(room) = self.front.as_ref().and_then(|front| find(&front.room)) {
            return Ok(room);
        }
        match self.rooms.as_slice() {
            [] => Err(Problem::NoRoom),
            [only] => Ok(only),
            several => Err(Problem::WhichRoom(several.iter().map(|room| room.name.clone()).collect())),
        }
    }

    /// Fills in what a request leaves to its surroundings: the room, and how long messages live there.
    pub fn address(&self, asked: &mut Asked) -> Result<(), Problem> {
        if !needs_room(&asked.request) && asked.room.is_none() {
            return Ok(());
        }
        if let Request::Answer(draft) = &asked.request {
            // Whom this face was shown last: somebody whom it hides is answered by nobody.
            let (room, to) = self.last_direct()?;
            let direct = Request::Direct(Who::key(&to.id), draft.clone());
            (asked.room, asked.request) = (Some(room.clone()), direct);
        }
        let room = self.room(asked.room.as_ref())?;
        asked.room = Some(room.name.clone());
        if let Request::Send(draft) | Request::Direct(_, draft) = &mut asked.request
            && draft.once_s.is_none()
            && !draft.keep
        {
            draft.ttl_s = draft.ttl_s.or(room.next_ttl_s);
        }
        Ok(())
    }

    /// Words were shown that are to be compared with somebody: from now on another key under that nick raises an alarm.
    pub fn verified(&mut self, room: &Line, who: &Person) {
        if let Some(room) = self.room_mut(room) {
            room.verified(who);
        }
    }

    /// Says of whoever an event is about that they are a friend, and what they were called. To be done before the event is taken in.
    pub fn recognise(&self, event: &mut Event) {
        match event {
            Event::Member(line) => {
                line.who.friend = self.friends.has(&line.who.id);
                if line.change == MemberChange::Nick {
                    let known =
                        self.room(Some(&line.room)).ok().and_then(|room| room.people.get(&line.who.id));
                    line.was = known.map(|known| known.nick.clone());
                }
            }
            Event::Message(message) => message.from.friend = self.friends.has(&message.from.id),
            _ => {}
        }
    }

    /// The alarm that an event raises: a nick that was verified, or is a friend's, goes to another key. To be asked before the event is taken in.
    pub fn alarm(&self, event: &Event) -> Option<Notice> {
        let Event::Member(line) = event else { return None };
        if !matches!(line.change, MemberChange::Join | MemberChange::Nick) || self.is_me(&line.who.id) {
            return None;
        }
        let verified = || self.room(Some(&line.room)).ok()?.taken_from(&line.who);
        let friend = || self.friends.taken_from(&line.who).map(|friend| &friend.tag);
        let verified = verified().or_else(friend)?.clone();
        Some(Notice::room(&line.room, Said::KeyChanged { who: line.who.clone(), verified }))
    }

    /// The word that an event calls for after it was taken in: whoever came, or changed their nick, looks like somebody here.
    pub fn alike(&self, event: &Event) -> Option<Notice> {
        let Event::Member(line) = event else { return None };
        if !matches!(line.change, MemberChange::Join | MemberChange::Nick) || self.is_me(&line.who.id) {
            return None;
        }
        let mut people = self.room(Some(&line.room)).ok()?.people.iter();
        let alike = people.any(|(person, _, alike)| alike && person.id == line.who.id);
        alike.then(|| Notice::room(&line.room, Said::Alike(line.who.clone())))
    }

    /// What this node is called in a room.
    pub fn my_nick<'a>(&'a self, room: &'a Room) -> Option<&'a Nick> {
        let me = self.me()?;
        Some(room.people.get(&me.id).map_or(&me.nick, |me| &me.nick))
    }

    /// Whether a key is this node's.
    pub fn is_me(&self, id: &MemberId) -> bool {
        self.me().is_some_and(|me| me.id == *id)
    }

    /// Whom a typed name means.
    pub fn person(&self, room: Option<&Line>, who: &Who) -> Result<&Person, Problem> {
        self.room(room)?.people.resolve(who)
    }

    /// Whom a typed name means among those of whom a message is left, here or not.
    pub fn author(&self, room: Option<&Line>, who: &Who) -> Result<Person, Problem> {
        let mut authors = People::default();
        let living = self.room(room)?.scroll.living();
        living.filter(|(_, said)| !said.message.mine).for_each(|(_, said)| authors.put(&said.message.from));
        authors.resolve(who).cloned()
    }

    /// Whom a typed name means among those who knock and those who were removed.
    pub fn outsider(&self, room: Option<&Line>, who: &Who) -> Result<&Person, Problem> {
        self.room(room)?.outside.resolve(who)
    }

    /// Which message a typed name means.
    pub fn message(&self, room: Option<&Line>, which: &Which) -> Result<MsgId, Problem> {
        self.room(room)?.scroll.find(which).map(|(_, said)| said.message.id)
    }

    /// Who is in a room.
    pub fn members(&self, room: Option<&Line>) -> Result<Answer, Problem> {
        let row = |(who, away, alike): (&Person, bool, bool)| MemberRow {
            who: who.clone(),
            me: self.is_me(&who.id),
            away,
            alike,
        };
        let mut rows: Vec<MemberRow> = self.room(room)?.people.iter().map(row).collect();
        rows.sort_by_key(|row| !row.me);
        Ok(Answer::Members(rows))
    }

    /// The joined rooms.
    pub fn room_rows(&self) -> Vec<RoomRow> {
        let row = |room: &Room| {
            let in_front = self.room(None).is_ok_and(|front| front.name == room.name);
            let alone = if in_front { 0 } else { room.unread_alone() };
            let (unread, mentions) = (room.unread + alone, room.mentions + alone);
            RoomRow { room: room.name.clone(), facts: room.facts.clone(), unread, mentions }
        };
        self.rooms.iter().map(row).collect()
    }

    /// What is known of somebody, but for the link, which only the node can tell.
    pub fn profile(&self, room: Option<&Line>, who: &Who) -> Result<Profile, Problem> {
        let who = self.person(room, who)?.clone();
        let shared = self.rooms.iter().filter(|room| room.people.get(&who.id).is_some());
        let rooms = shared.map(|room| room.name.clone()).collect();
        Ok(Profile { who, link: None, rooms })
    }

    /// What the node sees.
    pub fn status(&self, now: Mono) -> Status {
        Status {
            rooms: self.room_rows(),
            peers: self.links.all().map(|(line, _)| line.clone()).collect(),
            net: self.net.clone(),
            uptime_ms: self.started.map_or(0, |started| now.since(started)),
        }
    }

    /// Answers what a face asks of its own view.
    pub fn view(&mut self, now: Mono, room: Option<&Line>, view: &View) -> Result<Answer, Problem> {
        match view {
            View::Help(None) => Ok(Answer::Page(help::overview(self.role(room)))),
            View::Help(Some(name)) => help::about(name.as_str(), self.role(room)).map(Answer::Page),
            View::Privacy => Ok(Answer::Page(privacy::PAGE.iter().map(|line| Line::clean(line)).collect())),
            View::Search(wanted) => {
                Ok(Answer::Messages(self.room(room)?.scroll.search(wanted.as_str(), now)))
            }
            View::Pins => Ok(self.pick(room, |message| message.keep)?),
            View::Reports => Ok(self.pick(room, |message| message.kind == Kind::Report)?),
            View::Mentions => {
                let me = self.room(room).ok().and_then(|room| self.my_nick(room));
                Ok(self.pick(room, |message| me.is_some_and(|me| mentions(message, me, now)))?)
            }
            View::Log => {
                let room = self.room(room)?;
                let told = room.scroll.rows().filter_map(|(_, row)| match row {
                    Row::Told(event, _) => telling::history(event),
                    Row::Moved(moves) => {
                        let names = |who: &Person| format!("{} ({})", who.nick.as_str(), who.tag.as_str());
                        Some(Line::clean(&telling::moved(moves, &names, ", ").text))
                    }
                    Row::Said(_) => None,
                });
                Ok(Answer::Page(told.collect()))
            }
            View::Ignore(who) => self.choose(room, who.as_ref(), |room| &mut room.ignored),
            View::Focus(who) => self.choose(room, who.as_ref(), |room| &mut room.focused),
            View::Ttl(ttl_s) => {
                let name = self.room(room)?.name.clone();
                if let Some(room) = self.room_mut(&name) {
                    room.next_ttl_s = *ttl_s;
                }
                Ok(Answer::Done)
            }
            View::Hold(_) => Err(Problem::LinesOnly("/hold")),
            View::Read(_) => Err(Problem::LinesOnly("/read")),
            View::Alone(_) => Err(Problem::NoScreen("/msg without a text")),
            View::Screen(name) => Err(Problem::NoScreen(name)),
            View::Theme(_) => Err(Problem::NoScreen("/theme")),
            View::Motion(_) => Err(Problem::NoScreen("/motion")),
            View::Notify(..) => Err(Problem::NoScreen("/notify")),
            View::Seen(_) => Err(Problem::NoScreen("/seen")),
            View::Typing(_) => Err(Problem::NoScreen("/typing")),
        }
    }

    /// Somebody looked at a message.
    pub fn read(&mut self, room: &Line, number: u64) {
        if let Some(room) = self.room_mut(room) {
            room.scroll.read(number);
        }
    }

    fn role(&self, room: Option<&Line>) -> Role {
        self.room(room).map_or(Role::Member, |room| room.facts.role)
    }

    fn pick(&self, room: Option<&Line>, wanted: impl Fn(&Message) -> bool) -> Result<Answer, Problem> {
        let living = self.room(room)?.scroll.living();
        let found = living.filter(|(_, said)| !said.hidden && wanted(&said.message));
        Ok(Answer::Messages(found.map(|(number, said)| (number, said.message.id)).collect()))
    }

    fn choose(
        &mut self,
        room: Option<&Line>,
        who: Option<&Who>,
        set: impl Fn(&mut Room) -> &mut BTreeSet<MemberId>,
    ) -> Result<Answer, Problem> {
        let name = self.room(room)?.name.clone();
        let id = who.map(|who| self.person(Some(&name), who).map(|person| person.id)).transpose()?;
        if let Some(room) = self.room_mut(&name) {
            match id {
                Some(id) => drop(set(room).insert(id)),
                None => set(room).clear(),
            }
        }
        Ok(Answer::Done)
    }

    fn on_room(&mut self, now: Mono, line: &RoomLine) {
        let known = self.rooms.iter().position(|room| room.name == line.room);
        if matches!(line.change, RoomChange::Left | RoomChange::Closed | RoomChange::Expired) {
            if let Some(at) = known {
                self.rooms.remove(at);
            }
            if self.front.as_ref().is_some_and(|front| front.room == line.room) {
                self.front = None;
            }
            if self.last_direct.as_ref().is_some_and(|(name, _)| *name == line.room) {
                self.last_direct = None;
            }
            return;
        }
        if known.is_none() && self.rooms.len() < ROOMS {
            self.rooms.push(Room::new(line.room.clone(), line.facts.clone()));
        }
        let me = self
            .me
            .as_deref()
            .map(|me| Person::plain(me.id, me.nick.clone(), me.tag.clone(), line.facts.role));
        if let Some(room) = self.room_mut(&line.room) {
            room.facts = line.facts.clone();
            me.into_iter().for_each(|me| room.put_me(me));
            room.await_standing(now);
            if line.change != RoomChange::State || room.stands_anew() {
                // The token stays with the line it came in: a history must not keep it.
                let told = RoomLine { reclaim: None, ..line.clone() };
                room.scroll.tell(Event::Room(Box::new(told)), now);
            }
        }
    }

    fn on_message(&mut self, message: &Message) {
        let nick = self.room(Some(&message.room)).ok().and_then(|room| self.my_nick(room));
        let named = |text: &Body| nick.is_some_and(|nick| contains_word(text.as_str(), nick.as_str()));
        let about_me = message.text.as_ref().is_some_and(named);
        let alone = message.kind == Kind::Dm;
        let aside = self.front.as_ref().is_some_and(|front| front.with.is_some());
        let in_front = !aside && self.room(None).is_ok_and(|front| front.name == message.room);
        let Some(room) = self.room_mut(&message.room) else { return };
        let hidden = !message.mine && room.hides(&message.from.id);
        let known = room.scroll.number_of(&message.id).is_some();
        room.scroll.say(message, hidden);
        if message.mine || hidden {
            return;
        }
        if !alone && !in_front && !known {
            room.unread += 1;
            room.mentions += usize::from(about_me);
        }
        if alone {
            self.last_direct = Some((message.room.clone(), message.from.id));
        }
    }

    fn room_mut(&mut self, name: &Line) -> Option<&mut Room> {
        self.rooms.iter_mut().find(|room| room.name == *name)
    }
}

fn mentions(message: &Message, me: &Nick, now: Mono) -> bool {
    let named = || message.readable(now).is_some_and(|text| contains_word(text.as_str(), me.as_str()));
    !message.mine && (message.kind == Kind::Dm || named())
}
