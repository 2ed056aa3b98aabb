//! Rooms that last on this node: taken up again from the profile, written whenever something in them changes, and removed when
//! they are over. Before anybody is told that something is kept, it is on the disk; and what goes, goes from there at once.

use super::run::{Node, Over};
use super::seat::Seat;
use crate::base::time::Mono;
use crate::chat::event::Event;
use crate::chat::notice::{Notice, Said};
use crate::chat::text::Line;
use crate::crypto::root::Root;
use crate::room::Mark;
use crate::room::entry::Intent;
use crate::room::io::Standing;

/// How long after a write that failed the next is tried, if nothing changes before.
const AGAIN_MS: u64 = 5_000;

/// What of a room is on the disk.
#[derive(Default)]
pub(super) struct Keeping {
    /// It is to be kept, if the room lasts.
    pub(super) on: bool,
    /// As it was written last.
    written: Option<Mark>,
    /// When a write failed.
    failed: Option<(Mark, Mono)>,
    /// It was said that the room does not last.
    told: bool,
}

/// What comes of going into a room that is to be kept: back to what was kept of it, if anything was. Where that cannot be read
/// nothing is written over it.
pub(super) fn take_up(node: &mut Node, name: &Line, root: &Root, intent: Intent) -> (Intent, Keeping) {
    let keeps = |on| Keeping { on, ..Keeping::default() };
    let wanted = node.keeping || matches!(intent, Intent::Reopen(_));
    let Some(profile) = node.profile.as_ref().filter(|_| wanted) else { return (intent, keeps(false)) };
    match (intent, profile.room(root)) {
        (intent @ Intent::Reopen(_), _) | (intent, Ok(None)) => (intent, keeps(true)),
        (_, Ok(Some(keepsake))) => (Intent::Reopen(Box::new(keepsake)), keeps(true)),
        (intent, Err(fault)) => {
            let why = Line::clean(&fault.to_string());
            node.tell(Event::Notice(Notice::room(name, Said::RoomNotKept { why })));
            (intent, keeps(false))
        }
    }
}

/// Writes what has changed.
pub(super) fn write(node: &mut Node) {
    if node.profile.is_none() {
        return;
    }
    let now = node.clock.now();
    let mut said = Vec::new();
    for at in 0..node.seats.len() {
        let Some(told) = write_one(node, at, now) else { continue };
        said.extend(node.seats.get(at).map(|seat| Notice::room(&seat.name, told)));
    }
    said.into_iter().for_each(|notice| node.tell(Event::Notice(notice)));
}

fn write_one(node: &mut Node, at: usize, now: Mono) -> Option<Said> {
    let seat = node.seats.get_mut(at).filter(|seat| seat.keeping.on)?;
    let profile = node.profile.as_ref()?;
    let Some(mark) = seat.look().mark() else { return lasts_no_more(profile, seat) };
    let tried =
        seat.keeping.failed.is_some_and(|(before, when)| before == mark && now.since(when) < AGAIN_MS);
    if tried || seat.keeping.written == Some(mark) {
        return None;
    }
    let mut keepsake = seat.look().keepsake()?;
    if keepsake.secret.is_none() {
        keepsake.secret = node.keys.get(&seat.name).map(|keys| keys.secret());
    }
    match profile.keep_room(&keepsake, &mut super::seat::rng()) {
        Ok(()) => {
            let first = seat.keeping.written.replace(mark).is_none();
            (seat.keeping.failed, seat.keeping.told) = (None, false);
            first.then_some(Said::Lasts)
        }
        Err(fault) => {
            let first = seat.keeping.failed.replace((mark, now)).is_none();
            first.then(|| Said::RoomNotKept { why: Line::clean(&fault.to_string()) })
        }
    }
}

/// Where the owner wants nothing kept, nothing is: what was is removed.
fn lasts_no_more(profile: &crate::store::Profile, seat: &mut Seat) -> Option<Said> {
    let sure = matches!(seat.standing(), Some(Standing::Confirmed | Standing::Alone));
    if !sure || seat.policy().persist == Some(true) {
        return None;
    }
    if seat.keeping.written.take().is_some()
        && let Err(fault) = profile.forget_room(seat.look().root())
    {
        return Some(Said::RoomNotKept { why: Line::clean(&fault.to_string()) });
    }
    let first = !std::mem::replace(&mut seat.keeping.told, true);
    first.then_some(Said::DoesNotLast)
}

/// A room that is over leaves nothing behind; one that this node left stays where it is.
pub(super) fn over(node: &Node, seat: &Seat, over: Over) {
    let Some(profile) = node.profile.as_ref().filter(|_| seat.keeping.on && over != Over::Left) else {
        return;
    };
    if let Err(fault) = profile.forget_room(seat.look().root()) {
        tracing::warn!(%fault, "a room that is over could not be removed from the disk");
    }
}

/// The rooms that are kept and not open, by name, where there are any.
pub(super) fn others(node: &Node) -> Option<Said> {
    let rooms = node.profile.as_ref()?.rooms().ok()?;
    let names = rooms.iter().map(|found| match &found.room {
        Ok(room) => Line::clean(room.root.name().as_str()),
        Err(_) => Line::clean(&format!("{} (unreadable)", found.digits)),
    });
    let open = |name: &Line| node.seats.iter().any(|seat| seat.keeping.on && seat.name == *name);
    let names: Vec<Line> = names.filter(|name| !open(name)).collect();
    (!names.is_empty()).then_some(Said::KeptRooms { names })
}
