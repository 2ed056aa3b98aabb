//! Commands about one's own view: what the screen answers without the node.

use super::editor::Editor;
use super::overlay::Overlay;
use super::screen::{Effect, Moment, Screen, info};
use crate::chat::name::Ring;
use crate::chat::problem::Problem;
use crate::chat::request::View;

impl Screen {
    /// Does what concerns nobody else.
    pub(super) fn look(&mut self, at: Moment, view: &View, out: &mut Vec<Effect>) -> Result<(), Problem> {
        match view {
            View::Screen(name) => self.screen_command(name),
            View::Theme(wish) => {
                self.look.theme = wish.unwrap_or(self.look.usual.0);
                self.note = Some(info(format!("colours: {}", self.look.theme.name())));
                Ok(())
            }
            View::Motion(wish) => {
                self.look.motion = wish.unwrap_or(self.look.usual.1);
                self.note = Some(info(format!("motion: {}", self.look.motion.name())));
                Ok(())
            }
            View::Notify(ring, room) => {
                let room = room.as_ref().map(|room| self.model.room(Some(room))).transpose()?;
                let room = room.map(|room| room.name.clone());
                self.habits.ring(*ring, room.as_ref());
                let place = room.map(|room| format!(" in {}", room.as_str())).unwrap_or_default();
                self.note = Some(info(format!("{}{place}", rings(*ring))));
                Ok(())
            }
            View::Seen(on) => {
                self.habits.seen = *on;
                let words = if *on {
                    "those who write are told from now on when you have seen it"
                } else {
                    "nobody is told any more what you have seen"
                };
                self.note = Some(info(words));
                // What was on the screen before is nobody's business.
                self.pass_over_seen();
                Ok(())
            }
            View::Typing(on) => {
                self.habits.typing = *on;
                let words = if *on {
                    "the others are told from now on while you write"
                } else {
                    "nobody is told any more that you write"
                };
                self.note = Some(info(words));
                Ok(())
            }
            View::Help(None) => {
                self.overlay = Some(Overlay::help());
                Ok(())
            }
            View::Search(text) => {
                let mut query = Editor::default();
                query.insert(text.as_str());
                self.overlay = Some(Overlay::Search { query, chosen: 0 });
                Ok(())
            }
            view => {
                let answer = self.model.view(at.now, None, view)?;
                self.answered(at, &answer, out);
                if let Some(Overlay::Found { title, .. }) = &mut self.overlay {
                    *title = match view {
                        View::Pins => "What is kept",
                        View::Mentions => "What named you",
                        View::Reports => "Reports: /reports close ID, Enter leads to one",
                        _ => title,
                    };
                }
                Ok(())
            }
        }
    }

    /// Commands about the screen itself, by the name in the table.
    fn screen_command(&mut self, name: &'static str) -> Result<(), Problem> {
        match name {
            "/curtain" => self.hide(),
            "/keys" => self.overlay = Some(Overlay::help()),
            "/clear" => {
                let last = self.front().and_then(|room| room.scroll.rows().next_back().map(|(row, _)| row));
                if let (Some(last), Some(place)) = (last, self.place()) {
                    place.cleared = last;
                    place.top = None;
                }
            }
            name => return Err(Problem::NoScreen(name)),
        }
        Ok(())
    }
}

fn rings(ring: Ring) -> &'static str {
    match ring {
        Ring::Off => "it never rings",
        Ring::Mentions => "it rings when somebody names you",
        Ring::Dm => "it rings when somebody writes to you alone",
        Ring::All => "it rings at every message",
    }
}
