//! A message that is chosen, and what is done with it.

use zeroize::Zeroizing;

use super::key::Deed;
use super::overlay::Overlay;
use super::screen::{Effect, Moment, Screen, info};
use crate::base::secret::Text;
use crate::chat::event::Fate;
use crate::chat::request::{Asked, Burn, Join, Request, Which, Who, invite_in};
use crate::chat::text::Line;

impl Screen {
    pub(super) fn choose_message(&mut self) {
        if !self.draft_ref().is_empty() {
            return;
        }
        let last = self.shown().and_then(|mut living| living.next_back());
        self.choose(last);
    }

    /// Rows of the living messages that are shown in front.
    fn shown(&self) -> Option<impl DoubleEndedIterator<Item = u64>> {
        let (room, with) = (self.front()?, self.circle()?.with);
        let shown = room.scroll.living().filter(move |(_, said)| {
            !said.hidden && said.message.partner().map(|partner| partner.id) == with
        });
        Some(shown.map(|(row, _)| row))
    }

    /// Chooses a message, and brings it into view.
    pub(super) fn choose(&mut self, row: Option<u64>) {
        let (Some(row), Some(place)) = (row, self.place()) else { return };
        place.chosen = Some(row);
        self.reveal(row);
    }

    pub(super) fn step_message(&mut self, above: bool) {
        let Some(now) = self.place().and_then(|place| place.chosen) else { return };
        let to = self.shown().and_then(|mut shown| {
            if above { shown.rfind(|row| *row < now) } else { shown.find(|row| *row > now) }
        });
        self.choose(to);
    }

    pub(super) fn leave_message(&mut self) {
        if let Some(place) = self.place() {
            place.chosen = None;
        }
    }

    pub(super) fn on_message_key(&mut self, at: Moment, deed: Deed, out: &mut Vec<Effect>) {
        let Some(row) = self.place().and_then(|place| place.chosen) else { return };
        let Some(room) = self.front() else { return };
        let name = room.name.clone();
        let Some(said) = room.scroll.get(row) else { return };
        let message = said.message.clone();
        let which = || Which::Named(Line::clean(&row.to_string()));
        let author = || Who::key(&message.from.id);
        let in_room = |request| Asked { room: Some(name.clone()), ..Asked::here(request) };
        match deed {
            Deed::Open if message.once_ms.is_some() => {
                self.overlay = Some(Overlay::Sealed { room: name, row });
            }
            Deed::Open if message.is_sealed() => self.ask(in_room(Request::Open(which())), "", out),
            Deed::Open if !message.mine => {
                let text = message.readable(at.now);
                let Some(link) = text.and_then(|text| invite_in(text.as_str())) else { return };
                let join = Join::Invite(Text::new(link));
                self.overlay = Some(Overlay::Sure {
                    question: "go into the room that this invite is for?",
                    asked: Box::new(Asked::here(Request::Join(Box::new(join)))),
                    draft: Text::new(""),
                });
            }
            Deed::Pin => self.ask(in_room(Request::Pin(which(), !message.keep)), "", out),
            Deed::Block if message.mine => {}
            Deed::Block => {
                self.overlay = Some(Overlay::Sure {
                    question: "take nothing from its author any more, in any room?",
                    asked: Box::new(in_room(Request::Block(author(), true))),
                    draft: Text::new(""),
                });
            }
            Deed::Reply => {
                let tagged = self.front().is_none_or(|room| room.people.needs_tag(&message.from));
                let at = if tagged || message.from.nick.as_str().contains(' ') {
                    message.from.tag.as_str()
                } else {
                    message.from.nick.as_str()
                };
                let line = Zeroizing::new(format!("{at}: "));
                self.put_in(&line);
            }
            Deed::Copy if message.once_ms.is_some() => {
                self.note = Some(info("a sealed message cannot be copied"))
            }
            Deed::Copy => {
                if let Some(text) = message.readable(at.now) {
                    out.push(Effect::Copy(text.clone()));
                    self.note = Some(info("copied; the clipboard does not burn"));
                }
            }
            Deed::Info => {
                let lines = said_lines(self, at, row);
                self.show(Overlay::Page { title: format!("Message {row}"), lines, scroll: 0 });
            }
            Deed::Burn if message.mine => self.ask(in_room(Request::Burn(Burn::One(which()))), "", out),
            Deed::Burn => {
                self.note = Some(info("only your own messages; an admin takes back others with /burn"))
            }
            Deed::Verify => self.ask(in_room(Request::Verify(author())), "", out),
            Deed::Report => {
                self.done_with_draft();
                self.put_in(&format!("/report {row} "));
            }
            _ => {}
        }
    }
}

fn said_lines(screen: &Screen, at: Moment, row: u64) -> Vec<String> {
    let Some(said) = screen.front().and_then(|room| room.scroll.get(row)) else { return Vec::new() };
    let message = &said.message;
    let (hour, minute) = at.clock(message.sent);
    let mut lines = vec![
        format!("from   {} ({})", message.from.nick.as_str(), message.from.tag.as_str()),
        format!("key    {}", crate::base::id::hex(&message.from.id.0)),
        format!("sent   {hour:02}:{minute:02}"),
        format!("id     {}", crate::base::id::hex(&message.id.0)),
    ];
    lines.push(match message.left_ms(at.now) {
        Some(left) => format!("burns  in {}", crate::chat::duration::words(left)),
        None if message.keep => "burns  when the room closes".to_owned(),
        None => "burns  once it was opened".to_owned(),
    });
    if let Some(fate) = &said.fate {
        lines.push(match fate {
            Fate::Queued => "reached nobody: you were alone, and who comes later does not get it".to_owned(),
            fate => format!("reached {}", super::screen::fate_words(fate, true)),
        });
    }
    lines
}
