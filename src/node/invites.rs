//! Invites of rooms that are entered by them: read, made, shown again with the addresses of now, listed, taken back.

use std::collections::BTreeMap;

use super::answer::{After, command, seat};
use super::run::Node;
use crate::base::id::{InviteId, hex};
use crate::base::limits::INVITE_ADDRS;
use crate::base::secret::{Secret, Text};
use crate::base::time::Unix;
use crate::chat::event::Invite as InviteLine;
use crate::chat::name::InviteState as Standing;
use crate::chat::problem::{Flaw, Problem};
use crate::chat::reply::{Answer, InviteRow};
use crate::chat::text::Line;
use crate::crypto::words::SpellError;
use crate::net;
use crate::room::invite::{self, Unread};
use crate::room::io::{Command, Deed};
use crate::room::rights::InviteState;
use crate::wire::invite::{Invite, InviteError};

/// Letters of the largest square that 24 rows of a terminal can show.
const SQUARE: usize = 195;
/// Digits of an id that are enough to name an invite.
const DIGITS: usize = 4;

/// What a node holds of a room that is entered by invite.
pub(super) struct Keys {
    /// What the room's root is made of.
    secret: Secret<16>,
    /// What the keys of invites that were made here are made of, as long as those are good.
    seeds: BTreeMap<InviteId, Secret<16>>,
}

impl Keys {
    pub(super) fn new(secret: Secret<16>) -> Keys {
        Keys { secret, seeds: BTreeMap::new() }
    }

    /// What the room's root is made of, for whoever keeps the room.
    pub(super) fn secret(&self) -> Secret<16> {
        self.secret.duplicate()
    }

    /// Whether an invite with this secret leads to the same room.
    pub(super) fn admits(&self, secret: &Secret<16>) -> bool {
        self.secret == *secret
    }
}

/// Reads an invite as it was typed or pasted, or says what is wrong with it.
pub fn read(typed: &str) -> Result<Invite, Problem> {
    invite::read(typed).map_err(|why| {
        Problem::BadInvite(match why {
            Unread::Neither | Unread::Link(InviteError::NotAnInvite) => Flaw::Neither,
            Unread::Link(InviteError::Letter(at)) => Flaw::Letter(at),
            Unread::Link(InviteError::Damaged | InviteError::TooLong) => Flaw::Letters,
            Unread::Link(InviteError::Version(_)) => Flaw::Version,
            Unread::Link(InviteError::Cbor(_) | InviteError::Field(_)) => Flaw::Content,
            Unread::Words(SpellError::Unknown(at)) => Flaw::Word(at),
            Unread::Words(SpellError::Length) => Flaw::Words,
            Unread::Words(SpellError::Check) => Flaw::WordCheck,
        })
    })
}

/// A new invite, for so many and so many milliseconds.
pub(super) fn make(
    node: &mut Node,
    at: usize,
    (uses, valid_ms): (u64, u64),
    qr: bool,
    after: &mut After,
) -> Result<Answer, Problem> {
    let room = seat(node, at)?.name.clone();
    if !node.keys.contains_key(&room) {
        return Err(Problem::NotAvailable("an invite to a room that is entered by name"));
    }
    let seed = Secret::<16>::random(&mut super::seat::rng());
    let key = invite::invite_key(&seed).id().0;
    let id = invite::invite_id(&key);
    let until = Unix(seat(node, at)?.look().room_time().0.saturating_add(valid_ms));
    let answer = written(node, at, &seed, InviteLine { room: room.clone(), id, ..blank(uses, until) }, qr)?;
    command(node, at, Command::Act(Deed::Invite { key, uses, until }), after)?;
    forget(node, at)?;
    if let Some(keys) = node.keys.get_mut(&room) {
        keys.seeds.insert(id, seed);
    }
    Ok(answer)
}

/// An invite that was made here, with the addresses of now.
pub(super) fn again(node: &mut Node, at: usize, typed: &Line, qr: bool) -> Result<Answer, Problem> {
    forget(node, at)?;
    let id = named(node, at, typed)?;
    let seat = seat(node, at)?;
    let (uses, until) = match seat.look().invites().into_iter().find(|(known, ..)| *known == id) {
        Some((_, state, _)) => (state.uses, state.until),
        None => return Err(Problem::NoInvite),
    };
    let room = seat.name.clone();
    let seed =
        node.keys.get(&room).and_then(|keys| keys.seeds.get(&id)).ok_or(Problem::NoInvite)?.duplicate();
    written(node, at, &seed, InviteLine { room, id, ..blank(uses, until) }, qr)
}

/// All invites that the room's log knows.
pub(super) fn list(node: &mut Node, at: usize) -> Result<Answer, Problem> {
    forget(node, at)?;
    let seat = seat(node, at)?;
    let (keys, now) = (node.keys.get(&seat.name), seat.look().room_time());
    let row = |(id, state, used): (InviteId, &InviteState, Option<u64>)| InviteRow {
        id,
        state: standing(state, used, now),
        uses: state.uses,
        left: used.map(|used| state.uses.saturating_sub(used)),
        until: state.until,
        mine: keys.is_some_and(|keys| keys.seeds.contains_key(&id)),
    };
    Ok(Answer::Invites(seat.look().invites().into_iter().map(row).collect()))
}

/// Takes an invite back.
pub(super) fn revoke(node: &mut Node, at: usize, typed: &Line, after: &mut After) -> Result<Answer, Problem> {
    let id = named(node, at, typed)?;
    let done = command(node, at, Command::Act(Deed::InviteRevoke(id)), after)?;
    forget(node, at)?;
    Ok(done)
}

/// The one invite whose id begins so.
fn named(node: &Node, at: usize, typed: &Line) -> Result<InviteId, Problem> {
    let typed = typed.as_str().trim().to_ascii_lowercase();
    let all = seat(node, at)?.look().invites();
    let mut fits = all.iter().filter(|(id, ..)| typed.len() >= DIGITS && hex(&id.0).starts_with(&typed));
    match (fits.next(), fits.next()) {
        (Some((id, ..)), None) => Ok(*id),
        _ => Err(Problem::NoInvite),
    }
}

fn standing(invite: &InviteState, used: Option<u64>, now: Unix) -> Standing {
    match invite {
        InviteState { revoked: true, .. } => Standing::Revoked,
        InviteState { until, .. } if now > *until => Standing::Expired,
        InviteState { uses, .. } if used >= Some(*uses) => Standing::Spent,
        InviteState { .. } => Standing::Open,
    }
}

/// Wipes the seeds of invites that let nobody in any more.
fn forget(node: &mut Node, at: usize) -> Result<(), Problem> {
    let seat = node.seats.get(at).ok_or(Problem::UnknownRoom)?;
    let (all, now) = (seat.look().invites(), seat.look().room_time());
    let good = |id: &InviteId| {
        let open = |(known, state, used): &(InviteId, &InviteState, Option<u64>)| {
            known == id && standing(state, *used, now) == Standing::Open
        };
        all.iter().any(open)
    };
    if let Some(keys) = node.keys.get_mut(&seat.name) {
        keys.seeds.retain(|id, _| good(id));
    }
    Ok(())
}

fn blank(uses: u64, until: Unix) -> InviteLine {
    let nothing = || Text::new("");
    InviteLine {
        room: Line::clean(""),
        id: InviteId([0; 16]),
        invite: nothing(),
        words: nothing(),
        uses,
        until,
    }
}

/// Writes it down, as a link and in words.
fn written(node: &Node, at: usize, seed: &Secret<16>, line: InviteLine, qr: bool) -> Result<Answer, Problem> {
    let seat = seat(node, at)?;
    let founder = seat.look().log().and_then(|log| log.rights().domains.values().next()).map(|d| d.founder);
    let keys = node.keys.get(&seat.name).ok_or(Problem::NotIn)?;
    let mut invite = Invite {
        room: seat.name.as_str().to_owned(),
        secret: keys.secret.duplicate(),
        owner_fp: invite::fingerprint(&founder.ok_or(Problem::NotIn)?),
        seed: seed.duplicate(),
        addrs: addresses(node, at)?,
    };
    // Addresses go until the square fits a terminal; without any the local network and the table still lead there.
    while qr && invite.to_link().len() > SQUARE && invite.addrs.pop().is_some() {}
    let (link, words) = (invite.to_link(), invite::words(&invite));
    Ok(Answer::Invite(Box::new(InviteLine { invite: Text::new(&link), words: Text::new(&words), ..line })))
}

/// Where a newcomer begins to look: here, and at members who are linked now, since whoever made an invite may be gone when it
/// is used. One address of each, then the others of this node.
fn addresses(node: &Node, at: usize) -> Result<Vec<Vec<u8>>, Problem> {
    let (mine, others) = (&node.reach, seat(node, at)?.look().routes());
    let linked = others.into_iter().filter(|(peer, _)| node.links.is_up(peer));
    let theirs = linked.filter_map(|(_, addrs)| addrs.into_iter().next());
    let mut all: Vec<Vec<u8>> = Vec::with_capacity(INVITE_ADDRS);
    let first = mine.iter().take(1).cloned().chain(theirs).chain(mine.iter().skip(1).cloned());
    // Of a way through a relay the relay's own address is enough: it serves the table, and knows who is where by then.
    for addr in first.filter_map(|addr| Some(net::Addr::from_bytes(&addr)?.begins_at().to_bytes())) {
        if all.len() < INVITE_ADDRS && !all.contains(&addr) {
            all.push(addr);
        }
    }
    Ok(all)
}
