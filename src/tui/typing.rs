//! Who is writing: told while somebody writes here who wants that told, shown for some seconds where others do.

use std::collections::BTreeMap;

use super::screen::{Effect, Moment, Screen};
use crate::base::id::MemberId;
use crate::base::limits::{TYPING_EACH_MS, TYPING_MS};
use crate::base::time::Mono;
use crate::chat::circle::Circle;
use crate::chat::event::{Message, TypingLine};
use crate::chat::request::{Request, Who};

/// Signs held at once; more people than that do not write in a room where signs are told.
const SIGNS: usize = 64;

/// Who writes where, until when that holds, and where it was told from here last.
#[derive(Debug, Default)]
pub(super) struct Typists {
    heard: BTreeMap<(Circle, MemberId), Mono>,
    told: Option<(Circle, Mono)>,
}

impl Typists {
    pub(super) fn settle(&mut self, now: Mono) {
        self.heard.retain(|_, until| *until > now);
    }

    pub(super) fn next_due(&self) -> Option<Mono> {
        self.heard.values().min().copied()
    }
}

impl Screen {
    pub(super) fn on_typing(&mut self, at: Moment, line: &TypingLine) {
        let with = line.alone.then_some(line.from.id);
        let key = (Circle { room: line.room.clone(), with }, line.from.id);
        let heard = &mut self.typists.heard;
        if heard.len() < SIGNS || heard.contains_key(&key) {
            heard.insert(key, at.now + TYPING_MS);
        }
    }

    /// What somebody was writing is here.
    pub(super) fn wrote(&mut self, message: &Message) {
        self.typists.heard.remove(&(message.circle(), message.from.id));
    }

    /// Tells the others in front, or the one, that somebody writes here, and again while they go on. A command is not for them.
    pub(super) fn say_typing(&mut self, at: Moment, out: &mut Vec<Effect>) {
        let Some(circle) = self.circle().filter(|_| self.habits.typing) else { return };
        let draft = self.draft_ref().text();
        if draft.trim().is_empty() || draft.starts_with('/') {
            return;
        }
        let lately = |(told, then): &(Circle, Mono)| *told == circle && at.now.since(*then) < TYPING_EACH_MS;
        if self.typists.told.as_ref().is_some_and(lately) {
            return;
        }
        let (room, to) = (circle.room.clone(), circle.with.as_ref().map(Who::key));
        self.typists.told = Some((circle, at.now));
        self.ask_aside(room, Request::Typing(to), out);
    }

    /// Who writes in what is in front, in words.
    pub(super) fn typing_words(&self, now: Mono) -> Option<String> {
        let circle = self.circle()?;
        let room = self.model.room(Some(&circle.room)).ok()?;
        let held = self.typists.heard.iter().filter(|((at, _), until)| *at == circle && **until > now);
        let shown = held.filter(|((_, id), _)| !room.hides(id));
        let mut names: Vec<&str> = shown
            .filter_map(|((_, id), _)| room.people.get(id))
            .map(|person| self.short_name(room, person))
            .collect();
        names.sort_unstable();
        match names[..] {
            [] => None,
            [one] => Some(format!("{one} is typing")),
            [one, other] => Some(format!("{one} and {other} are typing")),
            _ => Some(format!("{} are typing", names.len())),
        }
    }
}
