//! What news of messages, keys and troubles do to a screen: what is marked, what rings, what is said in a corner.

use super::overlay::Overlay;
use super::screen::{Effect, KeyAge, Moment, Screen};
use crate::base::time::Mono;
use crate::chat::circle::Circle;
use crate::chat::event::{Burned, Fate, KeysLine, Message, Receipt};
use crate::chat::name::{KeysChange, Kind, Level, Ring};
use crate::chat::notice;
use crate::chat::reply::Cid;
use crate::chat::request::{Request, Which};
use crate::chat::scrollback::{Said, contains_word};
use crate::chat::telling;
use crate::chat::text::Line;

/// Messages told of at once.
const SEEN: usize = 64;

impl Screen {
    pub(super) fn on_burned(&mut self, at: Moment, burned: &Burned) {
        let row = self.model.room(Some(&burned.room)).ok().and_then(|room| room.scroll.number_of(&burned.id));
        if let Some(row) = row {
            self.row_burned(&burned.room, row, at.now);
        }
    }

    /// A row of a room burned: its place keeps a mark for a while.
    pub(super) fn row_burned(&mut self, room: &Line, row: u64, now: Mono) {
        let with = self.model.room(Some(room)).ok().and_then(|room| room.scroll.partner(row));
        if let Some(place) = self.places.get_mut(&Circle { room: room.clone(), with }) {
            place.burned(row, now);
        }
    }

    pub(super) fn on_message(&mut self, message: &Message, out: &mut Vec<Effect>) {
        let Ok(room) = self.model.room(Some(&message.room)) else { return };
        let Some(row) = room.scroll.number_of(&message.id) else { return };
        let circle = message.circle();
        let in_front = self.circle().is_some_and(|front| front == circle);
        let covered = self.overlay.as_ref().is_some_and(Overlay::hides_talk);
        let looked_at = in_front && self.focused && !covered;
        let hidden = !message.mine && room.hides(&message.from.id);
        let me = self.model.my_nick(room);
        let names_me = message.kind == Kind::Dm
            || me
                .zip(message.text.as_ref())
                .is_some_and(|(me, text)| contains_word(text.as_str(), me.as_str()));
        if message.mine || hidden {
            return;
        }
        let place = self.places.entry(circle).or_default();
        if !looked_at || place.top.is_some() {
            place.new_from.get_or_insert(row);
        }
        let ring = match self.habits.rings_in(&message.room) {
            Ring::Off => false,
            Ring::Mentions => names_me,
            Ring::Dm => message.kind == Kind::Dm,
            Ring::All => true,
        };
        if ring && !looked_at {
            out.push(Effect::Ring(message.room.clone()));
        }
    }

    /// What waited has gone, or will not go any more.
    pub(super) fn on_receipt(&mut self, receipt: &Receipt) {
        let Some(Cid::Number(number)) = &receipt.cid else { return };
        if receipt.id.is_some() || matches!(receipt.fate, Fate::Failed(_)) {
            let here = self.places.iter_mut().filter(|(circle, _)| circle.room == receipt.room);
            here.for_each(|(_, place)| drop(place.unsent.remove(number)));
        }
    }

    /// Tells authors what stands before somebody who wants them to know: in the room in front, at its end, under nothing.
    pub(super) fn say_seen(&mut self, out: &mut Vec<Effect>) {
        let Some(circle) = self.circle().filter(|circle| circle.with.is_none()) else { return };
        let covered = self.overlay.as_ref().is_some_and(Overlay::hides_talk);
        let Ok(room) = self.model.room(Some(&circle.room)) else { return };
        let Some(place) = self.places.get_mut(&circle) else { return };
        if !self.habits.seen || !self.focused || covered || place.top.is_some() {
            return;
        }
        let readable = |said: &Said| !(said.message.mine || said.hidden || said.message.is_sealed());
        let fresh = room.scroll.living().rev().take_while(|(row, _)| *row > place.seen);
        let in_room = fresh.filter(|(_, said)| !matches!(said.message.kind, Kind::Dm | Kind::Report));
        let rows: Vec<u64> =
            in_room.filter(|(_, said)| readable(said)).map(|(row, _)| row).take(SEEN).collect();
        let Some(last) = rows.first().copied() else { return };
        place.seen = last;
        let saw = rows.iter().map(|row| Which::Named(Line::clean(&row.to_string()))).collect();
        self.ask_aside(circle.room, Request::Saw(saw), out);
    }

    /// What stands in rooms now is not told of.
    pub(super) fn pass_over_seen(&mut self) {
        for (circle, place) in &mut self.places {
            let room = self.model.room(Some(&circle.room));
            let last = room.ok().and_then(|room| room.scroll.living().next_back().map(|(row, _)| row));
            place.seen = place.seen.max(last.unwrap_or_default());
        }
    }

    pub(super) fn on_keys(&mut self, at: Moment, line: &KeysLine) {
        let before = self.keys.get(&line.room).map(|age| age.made);
        let made = match (line.change, before) {
            (KeysChange::Epoch, Some(made)) => made,
            _ => at.now,
        };
        self.keys.insert(line.room.clone(), KeyAge { made });
    }

    pub(super) fn on_notice(&mut self, at: Moment, said: &notice::Said, in_room: bool) {
        if let notice::Said::ClockOff { by_ms } = said {
            self.clock_off_ms = Some(*by_ms);
        }
        let told = telling::said(said);
        // What a room says stands in its talk; what the node says has no other place.
        if !in_room || told.level == Level::Error {
            self.toast(at, told);
        }
    }
}
