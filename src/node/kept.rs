//! What of this node stays when it ends: taken up at the start, written at each change, and only where there is a profile.

use super::run::Node;
use crate::base::nick::Nick;
use crate::base::secret::Secret;
use crate::chat::friends::{Friend, Friends};
use crate::chat::problem::Problem;
use crate::chat::text::Line;
use crate::crypto::words;
use crate::room::Guise;
use crate::store::{self, Content, Profile};

/// The seed of the identity: the one that was kept, else a fresh one.
pub(super) fn seed(profile: Option<&Profile>) -> Secret<32> {
    let fresh = || Secret::random(&mut super::seat::rng());
    profile.map_or_else(fresh, |profile| profile.content.seed.duplicate())
}

/// Numbers that one stay in a room has for itself: more than anybody sends in a second, and nobody comes and goes faster.
pub(super) const RUN: u64 = 1 << 20;

/// What the numbers of everything it writes in this run are beyond.
pub(super) fn begun(profile: Option<&Profile>) -> u64 {
    profile.map_or(0, |profile| profile.content.begun)
}

/// How it wants to be shown.
pub(super) fn guise(profile: Option<&Profile>) -> Guise {
    profile.map(|profile| looks(&profile.content).1).unwrap_or_default()
}

fn looks(content: &Content) -> (Nick, Guise) {
    let guise = Guise { status: content.status.clone(), glyph: content.glyph, colour: content.colour };
    (content.nick.clone(), guise)
}

fn wear(content: &mut Content, (nick, guise): (Nick, Guise)) {
    let Guise { status, glyph, colour } = guise;
    (content.nick, content.status, content.glyph, content.colour) = (nick, status, glyph, colour);
}

/// Whom it knows by their keys.
pub(super) fn friends(profile: Option<&Profile>) -> Friends {
    let mut friends = Friends::default();
    for friend in profile.into_iter().flat_map(|profile| &profile.content.friends) {
        // A file holds no more of them than there may be.
        let _put = friends.put(shown(friend));
    }
    friends
}

/// A friend of a file as faces know them.
pub fn shown(friend: &store::Friend) -> Friend {
    let store::Friend { id, nick, verified, since } = friend;
    let tag = Line::clean(&words::tag(id));
    Friend { id: *id, nick: nick.clone(), tag, verified: *verified, since: *since }
}

/// Writes whom it knows; true where there is a file to write it to.
pub(super) fn keep_friends(node: &mut Node) -> Result<bool, Problem> {
    let Some(profile) = &mut node.profile else { return Ok(false) };
    let kept = |friend: &Friend| store::Friend {
        id: friend.id,
        nick: friend.nick.clone(),
        verified: friend.verified,
        since: friend.since,
    };
    profile.content.friends = node.model.friends.iter().map(kept).collect();
    save(profile).map(|()| true)
}

/// Writes how this node is shown, where that stays and is another than what was written. The file is small, and a person waits
/// for the answer: the loop stands still for the few milliseconds that a disk takes.
pub(super) fn keep_looks(node: &mut Node) -> Result<(), Problem> {
    let Some(profile) = &mut node.profile else { return Ok(()) };
    let (before, now) = (looks(&profile.content), (node.nick.clone(), node.guise.clone()));
    if before == now {
        return Ok(());
    }
    wear(&mut profile.content, now);
    // Not written, it is still to be written when it is asked for again.
    save(profile).inspect_err(|_| wear(&mut profile.content, before))
}

fn save(profile: &Profile) -> Result<(), Problem> {
    profile.save(&mut super::seat::rng()).map_err(|fault| Problem::NotKept(Line::clean(&fault.to_string())))
}
