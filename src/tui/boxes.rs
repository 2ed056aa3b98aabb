//! What keys do while a box lies over the talk.

use zeroize::Zeroizing;

use super::editor::{Editor, Move};
use super::key::{Deed, Key, Place, Press, deed};
use super::overlay::{self, Door, Overlay, sealed};
use super::palette;
use super::screen::{Effect, Moment, Screen};
use crate::base::secret::Text;
use crate::chat::listing::Listing;
use crate::chat::request::{Asked, Burn, Request, Which};
use crate::chat::text::Line;

impl Screen {
    pub(super) fn on_overlay(&mut self, at: Moment, press: Press, out: &mut Vec<Effect>) {
        if deed(Place::Anywhere, press) == Some(Deed::Panic) {
            return self.panic(out);
        }
        if !matches!(self.overlay, Some(Overlay::Curtain(_))) {
            // What must work whatever is open.
            match deed(Place::Anywhere, press) {
                Some(Deed::Curtain) => return self.hide(),
                Some(Deed::Suspend) => return out.push(Effect::Suspend),
                Some(Deed::Redraw) => return out.push(Effect::Repaint),
                _ => {}
            }
        }
        let Some(mut overlay) = self.overlay.take() else { return };
        let stays = self.overlay_key(at, &mut overlay, press, out);
        if !stays && let Some(c) = press.types().filter(|c| !overlay.knows(*c)) {
            // Whoever goes on writing has read it. A slash that was swallowed here would make a command a message.
            self.type_in(c);
        }
        if stays && self.overlay.is_none() {
            self.overlay = Some(overlay);
        }
    }

    /// Burns everything and ends. At the door nothing has begun yet.
    pub(super) fn panic(&mut self, out: &mut Vec<Effect>) {
        out.push(match self.overlay {
            Some(Overlay::Door(_)) => Effect::End(0),
            _ => Effect::Ask(Asked::here(Request::Panic)),
        });
        self.hide();
    }

    /// What a key does in a box; true if the box stays.
    fn overlay_key(
        &mut self,
        at: Moment,
        overlay: &mut Overlay,
        press: Press,
        out: &mut Vec<Effect>,
    ) -> bool {
        let stop = press.key == Key::Esc || (press.ctrl && press.key == Key::Char('c'));
        match overlay {
            Overlay::Curtain(behind) => {
                self.overlay = behind.take().map(|behind| *behind);
                false
            }
            Overlay::Door(door) => {
                if press.ctrl && press.key == Key::Char('g') {
                    out.push(Effect::Generate);
                } else if press.key == Key::Enter {
                    let typed = Zeroizing::new(door.typed.text().to_owned());
                    if typed.is_empty() && !door.may_be_open {
                        return true;
                    }
                    out.push(Effect::Enter((!typed.is_empty()).then_some(typed)));
                    return false;
                } else if stop || (press.ctrl && press.key == Key::Char('d')) {
                    out.push(Effect::End(130));
                } else if edit(&mut door.typed, press) {
                    door.generated &= !door.typed.is_empty();
                }
                true
            }
            _ if stop => false,
            // How far they go is known where their lines are wrapped: whoever draws them scrolls back what was too far.
            Overlay::Page { scroll, .. } | Overlay::Members { scroll } | Overlay::Network { scroll } => {
                turn(scroll, usize::MAX, press)
            }
            Overlay::Palette { query, chosen } => {
                if press.key == Key::Enter {
                    if let Some(spec) = palette::matches(query.text()).get(*chosen) {
                        let line = if spec.args.is_empty() {
                            spec.slashed.to_owned()
                        } else {
                            format!("{} ", spec.slashed)
                        };
                        if self.draft_ref().is_empty() {
                            self.draft().insert(&line);
                        }
                    }
                    return false;
                }
                if !turn(chosen, palette::matches(query.text()).len(), press) && edit(query, press) {
                    *chosen = 0;
                }
                true
            }
            Overlay::Search { query, chosen } => {
                let rows = overlay::search(self, query.text(), at.now);
                if press.key == Key::Enter {
                    self.go_to_row(rows.get((*chosen).min(rows.len().saturating_sub(1))).copied());
                    return false;
                }
                if !turn(chosen, rows.len(), press) && edit(query, press) {
                    *chosen = 0;
                }
                true
            }
            Overlay::Found { rows, chosen, .. } => {
                if let Some(room) = self.front() {
                    rows.retain(|row| room.scroll.get(*row).is_some());
                }
                if press.key == Key::Enter {
                    self.go_to_row(rows.get((*chosen).min(rows.len().saturating_sub(1))).copied());
                    return false;
                }
                turn(chosen, rows.len(), press)
            }
            Overlay::Rooms { chosen, listed } => {
                let circles = self.circles();
                let others: Vec<Listing> = self.findable(listed.as_deref()).cloned().collect();
                if press.key == Key::Enter {
                    match circles.get(*chosen) {
                        Some(to) => self.turn_to(to),
                        None => others
                            .get(*chosen - circles.len())
                            .into_iter()
                            .for_each(|other| self.come_into(other, out)),
                    }
                    return false;
                }
                turn(chosen, circles.len() + others.len(), press)
            }
            Overlay::Friends { friends, chosen } => {
                let Some(row) = friends.rows.get(*chosen) else { return press.key != Key::Enter };
                if press.types() == Some('i') {
                    self.beckon(row, out);
                    return false;
                }
                if press.key == Key::Enter {
                    self.talk_to_friend(row);
                    return false;
                }
                turn(chosen, friends.rows.len(), press)
            }
            Overlay::Sealed { room, row } => {
                let unopened = sealed(&self.model, room, *row).is_some_and(|m| m.is_sealed());
                let which = Which::Named(Line::clean(&row.to_string()));
                let asked = |request| Asked { room: Some(room.clone()), ..Asked::here(request) };
                match press.key {
                    Key::Enter if unopened => {
                        self.ask(asked(Request::Open(which)), "", out);
                        true
                    }
                    Key::Char(' ') | Key::Char('b') if !unopened => {
                        self.ask(asked(Request::Burn(Burn::One(which))), "", out);
                        false
                    }
                    _ => true,
                }
            }
            Overlay::Sure { asked, draft, .. } => {
                if press.types() == Some('y') || press.key == Key::Enter {
                    self.done_with_draft();
                    let (asked, draft) = (Asked::clone(asked), draft.clone());
                    self.ask(asked, draft.as_str(), out);
                    return false;
                }
                press.types() != Some('n')
            }
            Overlay::Token { asked, typed } => {
                if press.key == Key::Enter {
                    if !typed.is_empty() {
                        let request = match &asked.request {
                            Request::Join(join) => Request::Join(Box::new(join.behind(typed.text()))),
                            _ => Request::Reclaim(Some(Text::new(typed.text().trim()))),
                        };
                        self.ask(Asked { request, ..Asked::clone(asked) }, "", out);
                    }
                    return false;
                }
                edit(typed, press);
                true
            }
            Overlay::Secret { square, scanned, .. } => {
                if press.key == Key::Tab && square.is_some() {
                    *scanned = !*scanned;
                } else if let Some(c) = press.types() {
                    // It came by itself: whoever was writing goes on, and Enter sends nothing yet.
                    self.type_in(c);
                }
                press.key != Key::Enter
            }
        }
    }

    fn type_in(&mut self, c: char) {
        let mut bytes = Zeroizing::new([0; 4]);
        self.put_in(c.encode_utf8(&mut *bytes));
    }

    /// Opens the question at the door.
    pub fn ask_passphrase(&mut self, room: &Line, may_be_open: bool) {
        let door = Door { room: room.clone(), typed: Editor::default(), generated: false, may_be_open };
        self.overlay = Some(Overlay::Door(door));
    }

    /// Words that were drawn for the door.
    pub fn generated(&mut self, words: &str) {
        if let Some(Overlay::Door(door)) = &mut self.overlay {
            door.typed.set(words);
            door.generated = true;
        }
    }
}

/// A key in a field of one line; false if it is none for a field.
fn edit(field: &mut Editor, press: Press) -> bool {
    match (press.key, press.ctrl) {
        (Key::Backspace, _) => field.delete(Move::Left),
        (Key::Delete, _) => field.delete(Move::Right),
        (Key::Left, _) => drop(field.go(Move::Left)),
        (Key::Right, _) => drop(field.go(Move::Right)),
        (Key::Char('u'), true) => field.delete(Move::Home),
        (Key::Char('w'), true) => field.delete(Move::WordLeft),
        (Key::Char('a'), true) => drop(field.go(Move::Home)),
        (Key::Char('e'), true) => drop(field.go(Move::End)),
        _ => {
            let Some(c) = press.types() else { return false };
            let mut bytes = Zeroizing::new([0; 4]);
            field.insert(c.encode_utf8(&mut *bytes));
        }
    }
    true
}

/// A key that goes through lines; false if it is none of those.
fn turn(at: &mut usize, count: usize, press: Press) -> bool {
    let by: isize = match press.key {
        Key::Up => -1,
        Key::Down => 1,
        Key::PageUp => -10,
        Key::PageDown => 10,
        Key::Char('n') if press.ctrl => 1,
        Key::Char('p') if press.ctrl => -1,
        _ => return false,
    };
    *at = at.saturating_add_signed(by).min(count.saturating_sub(1));
    true
}
