//! The screen between two frames: what it knows, what it is being asked, what it was told. Events, keys and time go in;
//! what is to be done outside comes out. It draws nothing here and touches no terminal.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::habits::Habits;
pub use super::moment::Moment;
use super::overlay::Overlay;
use super::place::Place;
use super::theme::Depth;
use crate::base::secret::Text;
use crate::base::time::Mono;
use crate::chat::event::{Bye, Event, Fate, Person};
use crate::chat::model::{Model, Room};
use crate::chat::name::{Level, Motion, RoomChange, Standing, Theme};
use crate::chat::problem::Problem;
use crate::chat::reply::{Answer, Cid, Reply};
use crate::chat::request::Asked;
use crate::chat::telling::{self, Told};
use crate::chat::text::{Body, Line};

/// How long a toast stays.
const TOAST_MS: u64 = 4_000;
/// Toasts at once.
const TOASTS: usize = 3;
/// Requests whose answers are awaited; a draft is kept with each until then.
const AWAITED: usize = 64;
/// Addresses listened on that are told.
const LISTENING: usize = 32;
/// So long after a key that leaves, the same key leaves.
const SURE_MS: u64 = 3_000;

/// How it is to look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The colours.
    pub theme: Theme,
    /// How many the terminal has.
    pub depth: Depth,
    /// How much moves.
    pub motion: Motion,
    /// Only letters that every terminal has.
    pub ascii: bool,
    /// What `auto` means on this terminal.
    pub usual: (Theme, Motion),
}

impl Default for Look {
    fn default() -> Look {
        let (theme, motion) = (Theme::Terminal, Motion::Full);
        Look { theme, depth: Depth::default(), motion, ascii: false, usual: (theme, motion) }
    }
}

/// What is to be done outside.
#[derive(Debug)]
pub enum Effect {
    /// Ask the node.
    Ask(Asked),
    /// Come into the room that was asked for at the start: openly, or with a passphrase.
    Enter(Option<Zeroizing<String>>),
    /// Draw six words, and hand them to [`Screen::generated`].
    Generate,
    /// Ring, or tell the desktop that there is something in this room; never what.
    Ring(Line),
    /// Put this into the clipboard.
    Copy(Body),
    /// Paint every cell anew.
    Repaint,
    /// Into the background.
    Suspend,
    /// End, when no node runs yet that would say so.
    End(u8),
}

/// A short message in a corner.
#[derive(Debug)]
pub(super) struct Toast {
    pub(super) told: Told,
    pub(super) until: Mono,
}

/// A room's keys, as the status line tells of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyAge {
    pub(super) made: Mono,
}

/// The screen.
#[derive(Debug)]
pub struct Screen {
    pub(super) model: Model,
    pub(super) look: Look,
    pub(super) places: BTreeMap<Line, Place>,
    pub(super) keys: BTreeMap<Line, KeyAge>,
    pub(super) overlay: Option<Overlay>,
    pub(super) toasts: Vec<Toast>,
    /// What is wrong with the draft, or came of the last command.
    pub(super) note: Option<Told>,
    pub(super) clock_off_ms: Option<i64>,
    pub(super) habits: Habits,
    /// When somebody typed last.
    pub(super) touched: Option<Mono>,
    pub(super) focused: bool,
    /// Questions asked, and the draft each came from, until they are answered.
    awaited: BTreeMap<u64, (Line, Text)>,
    asked: u64,
    /// Until when the same key again leaves.
    pub(super) leaving: Option<Mono>,
    /// Until when the same key again ends everything.
    pub(super) ending: Option<(u8, Mono)>,
    /// When the last frame said that it would look otherwise.
    pub(super) looks_until: Option<Mono>,
    /// Completion under way: where it begins, the candidates, which one is in.
    pub(super) completing: Option<super::complete::Completing>,
    /// The talk's height in the last frame, for paging.
    pub(super) talk_rows: u16,
    /// Where the last frame drew the talk, when, and what stood at its top.
    pub(super) talk_area: ratatui_core::layout::Rect,
    pub(super) drawn_at: Option<Moment>,
    pub(super) top_seen: Option<(u64, u16)>,
    /// Addresses listened on.
    pub(super) listening: Vec<Line>,
    /// I said that I am away.
    pub(super) away: bool,
    /// The next invite is to be scanned.
    pub(super) scanned: bool,
    /// Says how strong a passphrase is.
    pub(super) strength: fn(&str) -> String,
    pub(super) bye: Option<Bye>,
    /// What has been typed since the question at the door belongs into the draft of this room.
    pub(super) door: Option<Line>,
    pub(super) early: super::editor::Editor,
    /// The addresses this node asks at: the others may need them.
    pub(super) places_named: Vec<Line>,
}

impl Screen {
    /// A screen that knows nothing yet; `strength` tells in words what a passphrase is worth.
    pub fn new(look: Look, strength: fn(&str) -> String) -> Screen {
        Screen {
            model: Model::default(),
            look,
            places: BTreeMap::new(),
            keys: BTreeMap::new(),
            overlay: None,
            toasts: Vec::new(),
            note: None,
            clock_off_ms: None,
            habits: Habits::default(),
            touched: None,
            focused: true,
            awaited: BTreeMap::new(),
            asked: 0,
            leaving: None,
            ending: None,
            looks_until: None,
            completing: None,
            talk_rows: 1,
            talk_area: ratatui_core::layout::Rect::ZERO,
            drawn_at: None,
            top_seen: None,
            listening: Vec::new(),
            away: false,
            scanned: false,
            strength,
            bye: None,
            door: None,
            early: super::editor::Editor::default(),
            places_named: Vec::new(),
        }
    }

    /// What it knows of rooms, people and messages.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Whether the node has said its last word.
    pub fn ended(&self) -> Option<&Bye> {
        self.bye.as_ref()
    }

    /// The room that is to be entered: named in the header until the node names it.
    pub fn expect(&mut self, room: &Line) {
        self.door = Some(room.clone());
    }

    /// What somebody likes it to do by itself.
    pub fn likes(&mut self, habits: Habits) {
        self.habits = habits;
    }

    /// The addresses at which this node asks for others.
    pub fn asks_at(&mut self, places: impl Iterator<Item = Line>) {
        self.places_named = places.collect();
    }

    /// Takes an event in.
    pub fn told(&mut self, at: Moment, event: &Event) -> Vec<Effect> {
        let mut out = Vec::new();
        match event {
            Event::Burned(burned) => self.on_burned(at, burned),
            Event::Message(message) => {
                self.model.update(at.now, event);
                self.on_message(message, &mut out);
                return out;
            }
            Event::Keys(line) => self.on_keys(at, line),
            Event::Notice(notice) => self.on_notice(at, &notice.said, notice.room.is_some()),
            Event::Reply(reply) => self.on_reply(at, reply, &mut out),
            Event::Listening(addr) if self.listening.len() < LISTENING && !self.listening.contains(addr) => {
                self.listening.push(addr.clone());
            }
            Event::Bye(bye) => self.bye = Some(bye.clone()),
            _ => {}
        }
        self.model.update(at.now, event);
        if let Event::Room(line) = event {
            match line.change {
                RoomChange::Left | RoomChange::Closed | RoomChange::Expired => {
                    self.places.remove(&line.room);
                    self.keys.remove(&line.room);
                    if !matches!(line.change, RoomChange::Left) {
                        let told = telling::tell(event, &|person| self.name(None, person), at.ts);
                        told.into_iter().for_each(|told| self.toast(at, told));
                    }
                    self.leaving = None;
                    self.first_to_front();
                }
                RoomChange::Joining | RoomChange::Joined => self.come_in(&line.room),
                _ => {}
            }
            if let Some(token) = &line.reclaim {
                // Not over what is being typed: it is shown when it is asked for.
                self.places.entry(line.room.clone()).or_default().reclaim = Some(token.clone());
            }
            if line.facts.state != Standing::Searching {
                let age = KeyAge { made: at.now };
                self.keys.entry(line.room.clone()).or_insert(age);
            }
        }
        if let Event::Invite(invite) = event {
            self.show(Overlay::invite(at, invite, self.scanned));
        }
        out
    }

    /// Looks at what time has brought about.
    pub fn tick(&mut self, at: Moment) -> Vec<Effect> {
        for name in self.model.rooms().iter().map(|room| room.name.clone()).collect::<Vec<_>>() {
            let dead =
                self.model.room(Some(&name)).map(|room| room.scroll.dead_by(at.now)).unwrap_or_default();
            let place = self.places.entry(name).or_default();
            dead.into_iter().for_each(|row| place.burned(row, at.now));
            place.settle(at.now);
        }
        self.model.tick(at.now);
        let touched = *self.touched.get_or_insert(at.now);
        if self.habits.curtain_at(touched).is_some_and(|then| then <= at.now) && !self.is_hidden() {
            self.hide();
        }
        self.toasts.retain(|toast| toast.until > at.now);
        self.leaving.take_if(|until| *until <= at.now);
        self.ending.take_if(|(_, until)| *until <= at.now);
        match &mut self.overlay {
            Some(Overlay::Curtain(behind)) => drop(behind.take_if(|box_| box_.is_over(&self.model, at.now))),
            shown => drop(shown.take_if(|overlay| overlay.is_over(&self.model, at.now))),
        }
        // What a wait could mean stands in the picture as long as it lasts; the model only has to be asked.
        self.model.waits(at.now);
        Vec::new()
    }

    /// When [`Screen::tick`] has something to do, or the picture changes by itself.
    pub fn next_due(&self) -> Option<Mono> {
        let ash = self.places.values().filter_map(Place::next_due);
        let toasts = self.toasts.iter().map(|toast| toast.until);
        let rest = [
            self.model.next_due(),
            self.model.next_wait(),
            self.looks_until,
            self.leaving,
            self.ending.map(|(_, until)| until),
            self.touched.and_then(|touched| self.habits.curtain_at(touched)).filter(|_| !self.is_hidden()),
        ];
        ash.chain(toasts).chain(rest.into_iter().flatten()).min()
    }

    // ---- what the view asks ----

    /// The room in front.
    pub(super) fn front(&self) -> Option<&Room> {
        self.model.room(None).ok().or_else(|| self.model.rooms().first())
    }

    /// The draft that is edited.
    pub(super) fn draft(&mut self) -> &mut super::editor::Editor {
        match self.front().map(|room| room.name.clone()) {
            Some(name) => &mut self.places.entry(name).or_default().draft,
            None => &mut self.early,
        }
    }

    /// The draft that is edited, to be looked at.
    pub(super) fn draft_ref(&self) -> &super::editor::Editor {
        let front = self.front().and_then(|room| self.places.get(&room.name));
        front.map_or(&self.early, |place| &place.draft)
    }

    /// What the front room's place remembers.
    pub(super) fn place(&mut self) -> Option<&mut Place> {
        let name = self.front()?.name.clone();
        Some(self.places.entry(name).or_default())
    }

    /// How somebody is called: with the tag where the nick could mislead.
    pub(super) fn name(&self, room: Option<&Line>, person: &Person) -> String {
        let tagged = self.model.room(room).map_or(true, |room| room.people.needs_tag(person));
        if tagged {
            format!("{} ({})", person.nick.as_str(), person.tag.as_str())
        } else {
            person.nick.as_str().to_owned()
        }
    }

    // ---- what happened ----

    fn come_in(&mut self, room: &Line) {
        let first = self.model.rooms().len() == 1;
        let place = self.places.entry(room.clone()).or_default();
        if place.draft.is_empty() && first {
            // What was typed while the door was still being opened was meant for this room.
            place.draft = std::mem::take(&mut self.early);
        }
        self.door = None;
        self.show_room(&room.clone());
    }

    /// Brings a room to the front.
    pub(super) fn show_room(&mut self, room: &Line) {
        let before = self.front().map(|front| front.name.clone()).filter(|before| before != room);
        if let Some(before) = before
            && let Some(place) = self.places.get_mut(&before)
        {
            place.new_from = None;
        }
        self.model.bring_to_front(room);
        self.note = None;
        self.completing = None;
        self.leaving = None;
        // What the last frame showed was another talk.
        self.top_seen = None;
    }

    fn first_to_front(&mut self) {
        if let Some(name) = self.model.rooms().first().map(|room| room.name.clone())
            && self.model.room(None).is_err()
        {
            self.show_room(&name);
        }
    }

    fn on_reply(&mut self, at: Moment, reply: &Reply, out: &mut Vec<Effect>) {
        let awaited = match &reply.cid {
            Some(Cid::Number(number)) => self.awaited.remove(number),
            _ => None,
        };
        match &reply.outcome {
            Err(why) => {
                if let Some((room, draft)) = awaited
                    && let Some(place) = self.places.get_mut(&room)
                    && place.draft.is_empty()
                {
                    place.draft.set(draft.as_str());
                }
                self.wrong(why);
            }
            Ok(answer) => self.answered(at, answer, out),
        }
    }

    /// Whether the next invite is shown as a square at once.
    pub fn scans(&mut self, scanned: bool) {
        self.scanned = scanned;
    }

    /// Shows what came of a question.
    pub(super) fn answered(&mut self, at: Moment, answer: &Answer, _out: &mut Vec<Effect>) {
        match answer {
            Answer::Done | Answer::Sent(_) => {}
            Answer::Burned(count) => self.note = Some(info(format!("{count} taken back"))),
            Answer::Room(room) => self.show_room(&room.clone()),
            Answer::Status(status) => self.model.links.measured(&status.peers),
            answer => self.show(Overlay::answer(self, at, answer)),
        }
    }

    /// Opens a box. What comes while everything is hidden waits behind the curtain.
    pub(super) fn show(&mut self, overlay: Overlay) {
        match &mut self.overlay {
            Some(Overlay::Curtain(behind)) => *behind = Some(Box::new(overlay)),
            shown => *shown = Some(overlay),
        }
    }

    /// Hides everything, the box that is open as well.
    pub(super) fn hide(&mut self) {
        let behind = self.overlay.take().map(Box::new);
        self.overlay = Some(Overlay::Curtain(behind));
    }

    /// Whether everything is hidden.
    pub(super) fn is_hidden(&self) -> bool {
        matches!(self.overlay, Some(Overlay::Curtain(_)))
    }

    /// Says what is wrong with what was typed.
    pub(super) fn wrong(&mut self, why: &Problem) {
        self.note = Some(Told { level: Level::Error, text: why.text(), hint: why.hint() });
    }

    pub(super) fn toast(&mut self, at: Moment, told: Told) {
        if self.toasts.len() >= TOASTS {
            self.toasts.remove(0);
        }
        self.toasts.push(Toast { told, until: at.now + TOAST_MS });
    }

    /// Asks the node; the draft is given back if it refuses.
    pub(super) fn ask(&mut self, mut asked: Asked, draft: &str, out: &mut Vec<Effect>) {
        self.asked += 1;
        asked.cid = Some(Cid::Number(self.asked));
        if let Some(room) = asked.room.clone().or_else(|| self.front().map(|room| room.name.clone())) {
            if self.awaited.len() >= AWAITED {
                self.awaited.pop_first();
            }
            self.awaited.insert(self.asked, (room, Text::new(draft)));
        }
        out.push(Effect::Ask(asked));
    }

    pub(super) fn sure_until(at: Moment) -> Mono {
        at.now + SURE_MS
    }
}

/// A plain sentence.
pub(super) fn info(text: impl Into<String>) -> Told {
    Told { level: Level::Info, text: text.into(), hint: String::new() }
}

/// What became of a message of mine, in a few columns.
pub(super) fn fate_words(fate: &Fate, ascii: bool) -> String {
    let done = if ascii { "ok" } else { "\u{2713}" };
    match fate {
        // It is among the messages, so it has been said, and to nobody: it is not kept for whoever comes later.
        Fate::Queued => "unheard".to_owned(),
        Fate::Sent => "sent".to_owned(),
        Fate::Delivered { count, of } => format!("{done} {count}/{of}"),
        Fate::Opened(_) => "opened".to_owned(),
        Fate::Failed(_) => "failed".to_owned(),
    }
}
