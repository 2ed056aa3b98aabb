//! Rooms that others tell of, beside one's own: which are shown, and how one gets into them.

use super::editor::Editor;
use super::overlay::Overlay;
use super::screen::{Effect, Screen, info};
use crate::chat::listing::Listing;
use crate::chat::name::Mode;
use crate::chat::request::{Asked, Join, Request};

impl Screen {
    /// What neighbours tell of and this node is not in.
    pub(super) fn nearby(&self) -> impl Iterator<Item = &Listing> {
        let here = |listing: &Listing| self.model.rooms().iter().any(|room| room.name == listing.room);
        self.model.nearby.iter().filter(move |listing| !here(listing))
    }

    /// The room of a line in the box of rooms, behind one's own: what is near, then what was found further away.
    pub(super) fn findable<'a>(&'a self, listed: Option<&'a [Listing]>) -> impl Iterator<Item = &'a Listing> {
        self.nearby().chain(listed.unwrap_or_default())
    }

    /// A room that was typed is one that neighbours list behind a passphrase: it has to be asked for.
    pub(super) fn listed_behind(&self, asked: &Asked) -> Option<Listing> {
        let Request::Join(join) = &asked.request else { return None };
        let Join::Named { room, passphrase: None } = &**join else { return None };
        let named = || self.nearby().filter(|listing| listing.room == *room);
        if named().any(|listing| listing.mode == Mode::Open) {
            return None;
        }
        named().find(|listing| listing.mode == Mode::Passphrase).cloned()
    }

    /// Goes into a room that is listed, or says what it takes.
    pub(super) fn come_into(&mut self, listing: &Listing, out: &mut Vec<Effect>) {
        let join = Join::Named { room: listing.room.clone(), passphrase: None };
        let asked = Asked::here(Request::Join(Box::new(join)));
        match listing.mode {
            Mode::Open => self.ask(asked, "", out),
            Mode::Passphrase => {
                self.show(Overlay::Token { asked: Box::new(asked), typed: Editor::default() });
            }
            Mode::Invite => {
                let (room, by) = (listing.room.as_str(), listing.tag.as_str());
                self.note = Some(info(format!("#{room} is entered by invite: ask {by}, then /join INVITE")));
            }
        }
    }
}
