//! The screen between two frames: what it knows, what it is being asked, what it was told. Events, keys and time go in;
//! what is to be done outside comes out. It draws nothing here and touches no terminal.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::habits::Habits;
pub use super::moment::Moment;
use super::overlay::Overlay;
use super::place::Place;
use super::theme::Look;
use super::typing::Typists;
use crate::base::secret::Text;
use crate::base::time::Mono;
use crate::chat::circle::Circle;
use crate::chat::event::{Bye, Event, Fate, Person};
use crate::chat::model::{Model, Room};
use crate::chat::name::{Level, RoomChange, Standing};
use crate::chat::problem::Problem;
use crate::chat::reply::{Answer, Cid, Reply};
use crate::chat::request::{Asked, Request};
use crate::chat::telling::{self, Told};
use crate::chat::text::{Body, Line};

/// How long a toast stays.
const TOAST_MS: u64 = 4_000;
/// Toasts at once.
const TOASTS: usize = 3;
/// Requests whose answers are awaited; a draft is kept with each until then.
pub(super) const AWAITED: usize = 64;
/// The number of what is asked without anybody having typed it; those who type count from one.
const ASIDE: u64 = 0;
/// Addresses listened on that are told.
const LISTENING: usize = 32;
/// So long after a key that leaves, the same key leaves.
const SURE_MS: u64 = 3_000;

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

/// A question, until it is answered.
#[derive(Debug)]
struct Awaited {
    from: Circle,
    /// What goes back into the draft if it is refused.
    draft: Text,
    /// What to say once it was done.
    done: Option<String>,
}

/// The screen.
#[derive(Debug)]
pub struct Screen {
    pub(super) model: Model,
    pub(super) look: Look,
    pub(super) places: BTreeMap<Circle, Place>,
    pub(super) keys: BTreeMap<Line, KeyAge>,
    pub(super) overlay: Option<Overlay>,
    pub(super) toasts: Vec<Toast>,
    /// What is wrong with the draft, or came of the last command.
    pub(super) note: Option<Told>,
    pub(super) clock_off_ms: Option<i64>,
    pub(super) habits: Habits,
    pub(super) typists: Typists,
    /// When somebody typed last.
    pub(super) touched: Option<Mono>,
    pub(super) focused: bool,
    /// Questions asked, and the draft each came from, until they are answered.
    awaited: BTreeMap<u64, Awaited>,
    /// Questions by which way somebody is reached.
    pub(super) ways: BTreeMap<u64, Circle>,
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
    /// The key comes from a profile and goes back into it.
    pub(super) kept: bool,
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
            typists: Typists::default(),
            touched: None,
            focused: true,
            awaited: BTreeMap::new(),
            ways: BTreeMap::new(),
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
            kept: false,
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
                self.wrote(message);
                self.on_message(message, &mut out);
                self.say_seen(&mut out);
                return out;
            }
            Event::Keys(line) => self.on_keys(at, line),
            Event::Notice(notice) => self.on_notice(at, &notice.said, notice.room.is_some()),
            Event::Reply(reply) => self.on_reply(at, reply, &mut out),
            Event::Listening(addr) if self.listening.len() < LISTENING && !self.listening.contains(addr) => {
                self.listening.push(addr.clone());
            }
            Event::Typing(line) => self.on_typing(at, line),
            Event::Receipt(receipt) => self.on_receipt(receipt),
            Event::Bye(bye) => self.bye = Some(bye.clone()),
            _ => {}
        }
        self.model.update(at.now, event);
        if let Event::Room(line) = event {
            match line.change {
                RoomChange::Left | RoomChange::Closed | RoomChange::Expired => {
                    self.places.retain(|circle, _| circle.room != line.room);
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
                self.places.entry(Circle::room(&line.room)).or_default().reclaim = Some(token.clone());
            }
            if line.facts.state != Standing::Searching {
                let age = KeyAge { made: at.now };
                self.keys.entry(line.room.clone()).or_insert(age);
            }
        }
        match event {
            Event::Invite(invite) => self.show(Overlay::invite(at, invite, self.scanned)),
            Event::Peer(_) => self.ways_changed(),
            _ => {}
        }
        self.ask_way(&mut out);
        out
    }

    /// Looks at what time has brought about.
    pub fn tick(&mut self, at: Moment) -> Vec<Effect> {
        for name in self.model.rooms().iter().map(|room| room.name.clone()).collect::<Vec<_>>() {
            let dead =
                self.model.room(Some(&name)).map(|room| room.scroll.dead_by(at.now)).unwrap_or_default();
            dead.into_iter().for_each(|row| self.row_burned(&name, row, at.now));
        }
        self.places.values_mut().for_each(|place| place.settle(at.now));
        self.typists.settle(at.now);
        self.model.tick(at.now);
        self.forget_ended();
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
            self.typists.next_due(),
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
        match self.circle() {
            Some(circle) => &mut self.places.entry(circle).or_default().draft,
            None => &mut self.early,
        }
    }

    /// The draft that is edited, to be looked at.
    pub(super) fn draft_ref(&self) -> &super::editor::Editor {
        let front = self.circle().and_then(|circle| self.places.get(&circle));
        front.map_or(&self.early, |place| &place.draft)
    }

    /// What the place in front remembers.
    pub(super) fn place(&mut self) -> Option<&mut Place> {
        let circle = self.circle()?;
        Some(self.places.entry(circle).or_default())
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
        let place = self.places.entry(Circle::room(room)).or_default();
        if place.draft.is_empty() && first {
            // What was typed while the door was still being opened was meant for this room.
            place.draft = std::mem::take(&mut self.early);
        }
        self.door = None;
        self.show_room(room);
    }

    fn on_reply(&mut self, at: Moment, reply: &Reply, out: &mut Vec<Effect>) {
        if self.way_told(reply) || reply.cid == Some(Cid::Number(ASIDE)) {
            return;
        }
        let awaited = match &reply.cid {
            Some(Cid::Number(number)) => self.awaited.remove(number),
            _ => None,
        };
        match &reply.outcome {
            Err(why) => {
                if let Some(Awaited { from, draft, .. }) = awaited
                    && let Some(place) = self.places.get_mut(&from)
                    && place.draft.is_empty()
                {
                    place.draft.set(draft.as_str());
                }
                self.wrong(why);
            }
            Ok(answer) => {
                if let (Answer::Words { with, .. }, Some(Awaited { from, .. })) = (answer, &awaited) {
                    self.model.verified(&from.room, with);
                }
                if let Some(Awaited { from, draft, done }) = awaited {
                    if let (Answer::Sent(None), Some(Cid::Number(number)), Some(place)) =
                        (answer, &reply.cid, self.places.get_mut(&from))
                    {
                        place.waits(*number, draft);
                    }
                    self.note = done.map(info).or(self.note.take());
                }
                self.answered(at, answer, out);
            }
        }
    }

    /// Whether this node is the same in every run.
    pub fn keeps(&mut self, kept: bool) {
        self.kept = kept;
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
        let cid = self.next_cid();
        asked.cid = Some(Cid::Number(cid));
        // The draft goes back to where it was typed.
        let from = self.circle().filter(|circle| asked.room.as_ref().is_none_or(|room| *room == circle.room));
        if let Some(circle) = from.or_else(|| asked.room.as_ref().map(Circle::room)) {
            if self.awaited.len() >= AWAITED {
                self.awaited.pop_first();
            }
            let done = self.done_words(&asked);
            self.awaited.insert(cid, Awaited { from: circle, draft: Text::new(draft), done });
        }
        out.push(Effect::Ask(asked));
    }

    /// Asks the node what nobody typed: if it comes to nothing, that is nobody's business.
    pub(super) fn ask_aside(&mut self, room: Line, request: Request, out: &mut Vec<Effect>) {
        out.push(Effect::Ask(Asked {
            cid: Some(Cid::Number(ASIDE)),
            room: Some(room),
            ..Asked::here(request)
        }));
    }

    pub(super) fn next_cid(&mut self) -> u64 {
        self.asked += 1;
        self.asked
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
        Fate::Seen { count, of } => format!("seen {count}/{of}"),
        Fate::Opened(_) => "opened".to_owned(),
        Fate::Failed(_) => "failed".to_owned(),
    }
}
