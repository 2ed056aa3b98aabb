//! People this node knows by their keys: remembered, forgotten, listed; said to every room, where they are no strangers.

use super::answer::{self, After, Caller, command, seat_at};
use super::invites;
use super::kept;
use super::run::Node;
use super::seat::Effect;
use crate::base::id::MemberId;
use crate::chat::event::{Event, MemberLine, Person};
use crate::chat::friends::{Friend, beckoning};
use crate::chat::model::Room;
use crate::chat::name::MemberChange;
use crate::chat::problem::Problem;
use crate::chat::reply::{Answer, FriendRow, Friends};
use crate::chat::request::{Draft, INVITE_MS, Who};
use crate::chat::text::Line;
use crate::room::io::{Command, Deed};

/// All of them, and where they are.
pub(super) fn list(node: &Node) -> Answer {
    let rows = node.model.friends.iter().map(|friend| row(node, friend)).collect();
    Answer::Friends(Friends { rows, kept: node.profile.is_some() })
}

/// Somebody is one from now on, under the nick they have now.
pub(super) fn add(
    node: &mut Node,
    room: Option<&Line>,
    who: &Person,
    after: &mut After,
) -> Result<Answer, Problem> {
    let before = node.model.friends.get(&who.id);
    let here = node.model.room(room).is_ok_and(|room| room.has_verified(&who.id));
    let friend = Friend {
        id: who.id,
        nick: who.nick.clone(),
        tag: who.tag.clone(),
        verified: here || before.is_some_and(|friend| friend.verified),
        since: before.map_or_else(|| node.clock.wall(), |friend| friend.since),
    };
    let told = row(node, &friend);
    node.model.friends.put(friend)?;
    say(node, who.id, true, after)?;
    let kept = kept::keep_friends(node)?;
    Ok(Answer::Friends(Friends { rows: vec![told], kept }))
}

/// Somebody is none any more; they need not be here.
pub(super) fn remove(node: &mut Node, who: &Who, after: &mut After) -> Result<Answer, Problem> {
    let id = node.model.friends.resolve(who)?.id;
    node.model.friends.remove(&id);
    say(node, id, false, after)?;
    kept::keep_friends(node)?;
    Ok(Answer::Done)
}

/// Asks a friend into a room: an invite for one goes to them alone, in another room where they are. Without that it is taken
/// back.
pub(super) fn beckon(
    node: &mut Node,
    at: usize,
    who: &Who,
    caller: Caller,
    after: &mut After,
) -> Result<Answer, Problem> {
    let id = node.model.friends.resolve(who)?.id;
    let here = |room: &Room| room.people.get(&id).is_some();
    let to = node.seats.get(at).ok_or(Problem::UnknownRoom)?.name.clone();
    if node.model.room(Some(&to)).is_ok_and(here) {
        return Err(Problem::FriendHere);
    }
    let there = node.model.rooms().iter().find(|room| here(room)).map(|room| room.name.clone());
    let there = seat_at(node, Some(&there.ok_or(Problem::FriendAway)?))?;
    let Answer::Invite(invite) = invites::make(node, at, (1, INVITE_MS), false, after)? else {
        return Err(Problem::NotIn);
    };
    let sent = beckoning(&to, &invite.invite)
        .and_then(|text| answer::say(node, there, Draft::plain(text), Some(id), caller, after));
    if sent.is_err() {
        command(node, at, Command::Act(Deed::InviteRevoke(invite.id)), after)?;
    }
    sent
}

/// Words were shown that are to be compared with somebody: of a friend that is remembered.
pub(super) fn verified(node: &mut Node, who: &Person) -> Result<(), Problem> {
    let Some(friend) = node.model.friends.get(&who.id).filter(|friend| !friend.verified) else {
        return Ok(());
    };
    let friend = Friend { verified: true, ..friend.clone() };
    node.model.friends.put(friend)?;
    kept::keep_friends(node).map(drop)
}

fn row(node: &Node, friend: &Friend) -> FriendRow {
    let here = node.model.rooms().iter().filter(|room| room.people.get(&friend.id).is_some());
    FriendRow { friend: friend.clone(), rooms: here.map(|room| room.name.clone()).collect() }
}

/// Tells every room, and the faces wherever they are seen now.
fn say(node: &mut Node, id: MemberId, is: bool, after: &mut After) -> Result<(), Problem> {
    for at in 0..node.seats.len() {
        command(node, at, Command::Friend(id, is), after)?;
        let Some(name) = node.seats.get(at).map(|seat| seat.name.clone()) else { continue };
        let person = node.model.room(Some(&name)).ok().and_then(|room| room.people.get(&id));
        if let Some(who) = person.cloned() {
            let change = MemberChange::Profile;
            let line = MemberLine::of(name, change, who);
            after.push((at, vec![Effect::Tell(Event::Member(Box::new(line)))]));
        }
    }
    Ok(())
}
