//! What keys do. The table says which deed a key is; here the deed is done.

use zeroize::Zeroizing;

use super::complete::{self, Completing};
use super::editor::{Editor, Move};
use super::key::{Deed, Key, Place, Press, deed};
use super::overlay::Overlay;
use super::screen::{Effect, Moment, Screen, info};
use crate::base::secret::Text;
use crate::chat::circle::Circle;
use crate::chat::command;
use crate::chat::notice::{Notice, Said};
use crate::chat::problem::Problem;
use crate::chat::request::{Asked, Request, View, Who};
use crate::chat::telling;

/// Lives that a press of the key for the next message's life goes through, in seconds; after the last, the room's own.
const LIVES: [u64; 4] = [30, 120, 600, 3_600];

/// Something the terminal said.
#[derive(Debug)]
pub enum Input {
    /// A key.
    Press(Press),
    /// A text in one piece: never keys, never a command.
    Paste(Zeroizing<String>),
    /// The wheel: up is negative.
    Wheel(i8),
    /// The window is looked at, or not any more.
    Focus(bool),
}

/// Whether it is Escape and then a character that came together, as over a slow link: a terminal sends the same for that
/// and for the character with Alt. Where Alt means nothing with it, a swallowed slash would make a command a message.
fn is_two(press: Press) -> bool {
    let means = |place| deed(place, press).is_some();
    matches!(press.key, Key::Char(_))
        && press.alt
        && !press.ctrl
        && ![Place::Draft, Place::Message, Place::Anywhere].into_iter().any(means)
}

impl Screen {
    /// Takes in what the terminal said.
    pub fn input(&mut self, at: Moment, input: Input) -> Vec<Effect> {
        let mut out = Vec::new();
        if !matches!(input, Input::Focus(_)) {
            self.touched = Some(at.now);
        }
        match input {
            Input::Focus(focused) => self.on_focus(focused),
            Input::Wheel(by) if self.overlay.is_none() => self.scroll(isize::from(by) * 3),
            Input::Wheel(_) => {}
            Input::Paste(text) => self.on_paste(&text),
            Input::Press(press) if is_two(press) => {
                self.on_press(at, Press::of(Key::Esc), &mut out);
                self.on_press(at, Press { alt: false, ..press }, &mut out);
            }
            Input::Press(press) => self.on_press(at, press, &mut out),
        }
        self.ask_way(&mut out);
        self.say_seen(&mut out);
        out
    }

    fn on_focus(&mut self, focused: bool) {
        self.focused = focused;
        if focused && let Some(circle) = self.circle() {
            self.model.turn_to(&circle);
        }
    }

    fn on_paste(&mut self, text: &str) {
        let typed = match &mut self.overlay {
            Some(Overlay::Door(door)) => Some((&mut door.typed, true)),
            Some(Overlay::Token { typed, .. }) => Some((typed, true)),
            Some(Overlay::Palette { query, .. } | Overlay::Search { query, .. }) => Some((query, true)),
            Some(Overlay::Curtain(_)) => return,
            Some(_) => {
                // A box that takes no text makes place for it.
                self.overlay = None;
                None
            }
            None => None,
        };
        match typed {
            Some((editor, _)) => {
                editor.insert(text.lines().next().unwrap_or_default());
            }
            None => {
                let clean = Zeroizing::new(text.replace("\r\n", "\n").replace('\r', "\n"));
                // A pasted slash is text: doubled, it is sent as one.
                let begins = self.draft_ref().caret() == 0 && clean.starts_with('/');
                let pasted = Zeroizing::new(format!("{}{}", if begins { "/" } else { "" }, &*clean));
                if !self.put_in(&pasted) {
                    return;
                }
                self.note = match clean.lines().count() {
                    lines @ 2.. => {
                        Some(info(format!("{lines} lines pasted: Enter sends them as one message")))
                    }
                    _ if begins => Some(info("a pasted slash is sent as text")),
                    _ => None,
                };
            }
        }
    }

    fn on_press(&mut self, at: Moment, press: Press, out: &mut Vec<Effect>) {
        if self.overlay.is_some() {
            return self.on_overlay(at, press, out);
        }
        let chosen = self.place().and_then(|place| place.chosen).is_some();
        let place = if chosen { Place::Message } else { Place::Draft };
        let found = deed(place, press);
        if !matches!(found, Some(Deed::Complete | Deed::CompleteBack)) {
            self.completing = None;
        }
        match found {
            Some(deed) => self.act(at, deed, out),
            None => {
                let Some(c) = press.types() else { return };
                let mut bytes = Zeroizing::new([0; 4]);
                self.put_in(c.encode_utf8(&mut *bytes));
                self.say_typing(at, out);
            }
        }
    }

    /// Puts text into the draft; false, with a word why, if it has no place there.
    pub(super) fn put_in(&mut self, text: &str) -> bool {
        self.leave_message();
        (self.note, self.leaving, self.ending, self.completing) = (None, None, None, None);
        if self.draft_ref().is_empty() {
            // Something new begins; what was recalled has nothing to do with it any more.
            self.done_with_draft();
        }
        let fits = self.draft().insert(text);
        if !fits {
            let most = crate::base::limits::TEXT_BYTES;
            self.wrong(&Problem::TooLong { what: "the text", most });
        }
        fits
    }

    fn act(&mut self, at: Moment, deed: Deed, out: &mut Vec<Effect>) {
        if !matches!(deed, Deed::Interrupt) {
            self.ending = None;
        }
        if !matches!(deed, Deed::Send | Deed::Leave) {
            self.leaving = None;
        }
        match deed {
            Deed::Send => self.send(at, out),
            Deed::NewLine => drop(self.put_in("\n")),
            Deed::Go(step) => drop(self.draft().go(step.0)),
            Deed::Cut(step) => {
                self.note = None;
                self.draft().delete(step.0);
            }
            Deed::PutBack => self.draft().put_back(),
            Deed::Earlier => {
                if !self.draft().go(Move::Up) {
                    self.recall(true);
                }
            }
            Deed::Later => {
                if !self.draft().go(Move::Down) {
                    self.recall(false);
                }
            }
            Deed::Complete => self.complete(1),
            Deed::CompleteBack => self.complete(-1),
            Deed::PageUp => self.scroll(-(isize::from(self.talk_rows as i16) - 1).max(1)),
            Deed::PageDown => self.scroll((isize::from(self.talk_rows as i16) - 1).max(1)),
            Deed::LineUp => self.scroll(-1),
            Deed::LineDown => self.scroll(1),
            Deed::Live => self.live(),
            Deed::Room(at) => self.go_to_circle(|all, _| usize::from(at).min(all)),
            Deed::NextRoom => self.go_to_circle(|all, now| (now + 1) % all.max(1)),
            Deed::RoomBefore => self.go_to_circle(|all, now| (now + all.max(1) - 1) % all.max(1)),
            Deed::Active => self.go_to_active(),
            Deed::Choose => self.choose_message(),
            Deed::Above => self.step_message(true),
            Deed::Below => self.step_message(false),
            Deed::Back => self.leave_message(),
            Deed::Open
            | Deed::Reply
            | Deed::Pin
            | Deed::Copy
            | Deed::Info
            | Deed::Burn
            | Deed::Verify
            | Deed::Report
            | Deed::Block => self.on_message_key(at, deed, out),
            Deed::Ttl => self.next_life(),
            Deed::Palette => self.overlay = Some(Overlay::Palette { query: Editor::default(), chosen: 0 }),
            Deed::Help => self.overlay = Some(Overlay::help()),
            Deed::Search => self.overlay = Some(Overlay::Search { query: Editor::default(), chosen: 0 }),
            Deed::Members => self.overlay = Some(Overlay::Members { scroll: 0 }),
            Deed::Rooms => self.overlay = Some(Overlay::Rooms { chosen: 0, listed: None }),
            Deed::Network => self.network(out),
            Deed::Curtain => self.hide(),
            Deed::Panic => self.panic(out),
            Deed::Redraw => out.push(Effect::Repaint),
            Deed::Interrupt => self.interrupt(at, out),
            Deed::Leave if self.draft().is_empty() => self.leave(at, out),
            Deed::Leave => self.draft().delete(Move::Right),
            Deed::Suspend => out.push(Effect::Suspend),
        }
    }

    // ---- the draft ----

    fn send(&mut self, at: Moment, out: &mut Vec<Effect>) {
        if self.draft_ref().text().trim().is_empty() {
            return match self.asks_here() {
                Some(open) => self.ask(open, "", out),
                None => self.leave(at, out),
            };
        }
        self.leaving = None;
        if self.front().is_none() {
            self.note = Some(info("the room is not there yet; this waits here until it is"));
            return;
        }
        let line = Zeroizing::new(self.draft_ref().text().to_owned());
        match command::parse(&line) {
            Err(why) => self.wrong(&why),
            Ok(asked) => self.carry_out(at, asked, &line, out),
        }
    }

    /// Does what was typed, and clears the draft if it could be done.
    pub(super) fn carry_out(&mut self, at: Moment, mut asked: Asked, line: &str, out: &mut Vec<Effect>) {
        self.note = asked.cleaned.then(|| telling::said(&Notice::node(Said::Cleaned).said));
        let spec = command::named_in(line);
        let role = self.front().map(|room| room.facts.role);
        if let (Some(spec), Some(role)) = (spec, role)
            && let Err(why) = spec.allowed(role)
        {
            return self.wrong(&why);
        }
        if let Request::View(View::Alone(who)) = &asked.request {
            return self.talk_alone(who).unwrap_or_else(|why| self.wrong(&why));
        }
        if let Request::View(view) = &asked.request {
            let done = self.done_words(&asked);
            match self.look(at, view, out) {
                Ok(()) => {
                    self.note = done.map(info).or(self.note.take());
                    self.done_with_draft();
                }
                Err(why) => self.wrong(&why),
            }
            return;
        }
        if let Request::Net | Request::Status = asked.request {
            self.done_with_draft();
            return self.network(out);
        }
        if let Request::Join(join) = &asked.request
            && let crate::chat::request::Join::Named { room, .. } = &**join
            && self.model.rooms().iter().any(|known| known.name == *room)
        {
            self.done_with_draft();
            return self.show_room(&room.clone());
        }
        if let Some(listing) = self.listed_behind(&asked) {
            self.done_with_draft();
            return self.come_into(&listing, out);
        }
        self.to_partner(&mut asked);
        if let Err(why) = self.model.address(&mut asked) {
            return self.wrong(&why);
        }
        if let Request::Token = asked.request
            && let Some(room) = &asked.room
            && let Some(place) = self.places.get_mut(&Circle::room(room))
            && let Some(token) = place.reclaim.take()
        {
            self.overlay = Some(Overlay::token(room, &token));
            return self.done_with_draft();
        }
        if let Request::Reclaim(None) = asked.request {
            self.done_with_draft();
            self.overlay = Some(Overlay::Token { asked: Box::new(asked), typed: Editor::default() });
            return;
        }
        if let Some(question) = spec.and_then(|spec| spec.question(&asked.request)) {
            self.overlay = Some(Overlay::Sure { question, asked: Box::new(asked), draft: Text::new(line) });
            return;
        }
        if let Request::Invite { qr, .. } | Request::InviteAgain { qr, .. } = asked.request {
            self.scanned = qr;
        }
        if let Request::Open(which) = &asked.request
            && let Ok(room) = self.model.room(asked.room.as_ref())
            && let Ok((row, said)) = room.scroll.find(which)
            && said.message.once_ms.is_some()
        {
            // Its time runs from now: it has to be seen.
            self.overlay = Some(Overlay::Sealed { room: room.name.clone(), row });
        }
        self.done_with_draft();
        self.live();
        if let Request::Away(away) = asked.request {
            self.away = away;
            self.note = Some(info(if away { "you are away; /back ends it" } else { "you are back" }));
        }
        self.said_aside(&asked);
        self.ask(asked, line, out);
    }

    /// What to say once something was done that the screen does not show by itself.
    pub(super) fn done_words(&self, asked: &Asked) -> Option<String> {
        let room = asked.room.as_ref();
        let name = |who: &Who| {
            let known = self.model.person(room, who).or_else(|_| self.model.outsider(room, who)).cloned();
            let known = known.or_else(|_| self.model.author(room, who));
            known.map_or_else(|_| who.0.as_str().to_owned(), |person| self.name(room, &person))
        };
        telling::done(&asked.request, &telling::whom(&asked.request).map(name).unwrap_or_default())
    }

    pub(super) fn done_with_draft(&mut self) {
        match self.place() {
            Some(place) => place.empty(),
            None => self.early.clear(),
        }
    }

    /// Goes through what I said here and still lives.
    fn recall(&mut self, earlier: bool) {
        let recalled = self.place().and_then(|place| place.recalled);
        let (Some(room), Some(circle)) = (self.front(), self.circle()) else { return };
        if recalled.is_none() && !self.draft_ref().is_empty() {
            return;
        }
        let mine = room.scroll.living().filter(|(_, said)| {
            let message = &said.message;
            let here = message.partner().map(|partner| partner.id) == circle.with;
            here && message.mine && message.text.is_some() && message.once_ms.is_none()
        });
        let found = if earlier {
            mine.rev().find(|(row, _)| recalled.is_none_or(|at| *row < at))
        } else {
            let mut mine = mine;
            mine.find(|(row, _)| recalled.is_some_and(|at| *row > at))
        };
        let found = found.and_then(|(row, said)| Some((row, said.message.text.clone()?)));
        let Some(place) = self.place() else { return };
        match found {
            Some((row, text)) => {
                place.draft.set(text.as_str());
                place.recalled = Some(row);
            }
            None if !earlier => place.empty(),
            None => {}
        }
    }

    fn complete(&mut self, by: isize) {
        let next = match self.completing.take() {
            Some(Completing { from, candidates, at }) => {
                let count = candidates.len().max(1) as isize;
                let at = (at as isize + by).rem_euclid(count) as usize;
                Some(Completing { from, candidates, at })
            }
            None => complete::candidates(self),
        };
        if let Some(next) = &next
            && let Some(word) = next.candidates.get(next.at)
        {
            let (from, word) = (next.from, word.clone());
            self.draft().replace(from, &word);
        }
        self.completing = next.filter(|next| next.candidates.len() > 1);
    }

    fn next_life(&mut self) {
        let Some(room) = self.front() else { return };
        let next = match room.next_ttl_s {
            None => LIVES.first().copied(),
            Some(now) => LIVES.iter().copied().find(|&life| life > now),
        };
        let cap = room.facts.ttl_ms;
        // Nothing goes wrong here but a room that has just ended.
        if let Err(why) = self.model.view(crate::base::time::Mono(0), None, &View::Ttl(next)) {
            self.wrong(&why);
        }
        let lives = crate::chat::duration::words(next.map_or(cap, |seconds| seconds * 1_000));
        self.note = Some(info(format!("the next messages live {lives}")));
    }

    /// Shows how the others are reached, and asks for round trips as they are now.
    fn network(&mut self, out: &mut Vec<Effect>) {
        self.show(Overlay::Network { scroll: 0 });
        self.ask(Asked::here(Request::Status), "", out);
    }

    // ---- leaving ----

    pub(super) fn leave(&mut self, at: Moment, out: &mut Vec<Effect>) {
        let Some(room) = self.front().map(|room| room.name.clone()) else { return };
        let sure = self.leaving.take().is_some_and(|until| until > at.now);
        if self.leave_alone(sure, Screen::sure_until(at)) {
            return;
        }
        if sure {
            let asked = Asked { room: Some(room), ..Asked::here(Request::Leave) };
            return self.ask(asked, "", out);
        }
        self.leaving = Some(Screen::sure_until(at));
        self.note = Some(info(format!("Enter again to leave #{}", room.as_str())));
    }

    fn interrupt(&mut self, at: Moment, out: &mut Vec<Effect>) {
        if !self.draft_ref().is_empty() {
            self.done_with_draft();
            self.note = Some(info("draft cleared; Ctrl+C twice ends"));
            return;
        }
        if self.ending.take_if(|(_, until)| *until > at.now).is_some() {
            if self.model.me().is_none() {
                return out.push(Effect::End(130));
            }
            return out.push(Effect::Ask(Asked::here(Request::Quit)));
        }
        self.ending = Some((0, Screen::sure_until(at)));
        self.note = Some(info("Ctrl+C again leaves all rooms and ends"));
    }
}
