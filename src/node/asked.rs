//! What faces ask for, in the words that rooms understand. One way only; nobody is told anything here.

use crate::base::id::{EntryId, MemberId, unhex};
use crate::base::secret::Secret;
use crate::base::time::Unix;
use crate::chat::name::{History, Shut};
use crate::chat::problem::Problem;
use crate::chat::request::{self, Act, Policy, Reach, Who};
use crate::room::io::{Deed, Draft};
use crate::wire::log::{self, Then};

use super::seat::Seat;

/// A mute without an end lasts this long: a day is longer than any message lives.
const MUTE_MS: u64 = 86_400_000;

/// A message, said so long ago.
pub(super) fn draft(draft: request::Draft, waited_ms: u64) -> Draft {
    Draft {
        cid: 0,
        text: draft.text.handle(),
        ttl_s: draft.ttl_s,
        once_s: draft.once_s,
        keep: draft.keep,
        from_read: draft.from_read,
        action: draft.action,
        announce: matches!(draft.announce, Some(Reach::Here | Reach::Owned)),
        reply: None,
        waited_ms,
    }
}

/// An act of office. `find` tells whom a typed name means, among those who are
/// here or first among those who knock or were removed.
pub(super) fn deed(
    seat: &Seat,
    act: Act,
    find: impl Fn(&Who, bool) -> Result<MemberId, Problem>,
) -> Result<Deed, Problem> {
    let now = seat.look().room_time();
    let until = |for_ms: u64| Unix(now.0.saturating_add(for_ms));
    Ok(match act {
        Act::Kick(who, why) => Deed::Kick(find(&who, false)?, why.as_str().to_owned()),
        Act::Ban { who, for_ms, then, why } => Deed::Ban {
            target: find(&who, false)?,
            why: why.as_str().to_owned(),
            until: for_ms.map(until),
            then: match then {
                None => Then::Nothing,
                Some(Shut::Lock) => Then::Lock,
                Some(Shut::Knock) => Then::Knock,
            },
        },
        Act::Unban(who) => Deed::Unban(find(&who, true)?),
        Act::Mute { who, for_ms, why } => {
            Deed::Mute(find(&who, false)?, until(for_ms.unwrap_or(MUTE_MS)), why.as_str().to_owned())
        }
        Act::Unmute(who) => Deed::Unmute(find(&who, false)?),
        Act::Admin(who, true) => Deed::Grant(find(&who, false)?),
        Act::Admin(who, false) => Deed::Revoke(find(&who, false)?),
        Act::Transfer(who) => Deed::Transfer(find(&who, false)?),
        Act::Accept => Deed::TransferAccept(offer(seat).ok_or(Problem::NoSuch)?),
        Act::Admit(who, true) => Deed::Admit(find(&who, true)?),
        Act::Admit(who, false) => Deed::Deny(find(&who, true)?),
        Act::Yield => Deed::Yield(other_founding(seat).ok_or(Problem::NoSuch)?),
        Act::Close => Deed::Close,
    })
}

/// New settings.
pub(super) fn policy(seat: &Seat, asked: &Policy) -> Deed {
    let seconds = |ms: u64| ms.div_ceil(1_000);
    let now = seat.look().room_time();
    Deed::Policy(Box::new(log::Policy {
        max: asked.max,
        ttl_s: asked.ttl_ms.map(seconds),
        ttl_max_s: asked.ttl_max_ms.map(seconds),
        history: asked.history.map(history),
        lock: asked.lock,
        knock: asked.knock,
        slow_s: asked.slow_ms.map(seconds),
        rate: asked.rate,
        topic: asked.topic.as_ref().map(|topic| topic.as_str().to_owned()),
        expires: asked.expires_ms.map(|ms| Unix(now.0.saturating_add(ms))),
        persist: asked.persist,
        queued: None,
        quiet_s: asked.quiet_ms.map(seconds),
    }))
}

/// The reclaim token, as it was written down.
pub(super) fn token(typed: &str) -> Result<Secret<32>, Problem> {
    unhex(typed.trim()).map(Secret::new).ok_or(Problem::BadToken)
}

/// What newcomers see.
pub(super) fn history(history: History) -> log::History {
    match history {
        History::None => log::History::None,
        History::Unexpired => log::History::Unexpired,
    }
}

fn offer(seat: &Seat) -> Option<EntryId> {
    seat.look().log()?.rights().domains.values().find_map(|domain| domain.offer_to(&seat.me()))
}

/// The founding that mine would go under, where there is exactly one other.
fn other_founding(seat: &Seat) -> Option<EntryId> {
    let rights = seat.look().log()?.rights();
    let mut others = rights.domains.iter().filter(|(_, d)| d.owner != seat.me() && d.yielded.is_none());
    let first = others.next().map(|(id, _)| *id)?;
    others.next().is_none().then_some(first)
}
