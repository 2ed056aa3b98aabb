//! What somebody asks of a room by their office: who may, and what the log says was done.

use super::answer::{After, command, seat};
use super::run::Node;
use super::seat::Seat;
use super::told;
use crate::base::id::MemberId;
use crate::base::secret::{Secret, Text};
use crate::base::time::Unix;
use crate::chat::name::History;
use crate::chat::office;
use crate::chat::problem::Problem;
use crate::chat::record::{self, Ban, Record};
use crate::chat::reply::{Answer, Rows, Sheet};
use crate::chat::request::{Policy, Request};
use crate::chat::text::Line;
use crate::crypto::identity::Identity;
use crate::room::io::{Command, Deed, Standing};
use crate::room::rights::Removal;
use crate::wire::log::{self, Act, Entry, Then};

/// Whether this node may ask that of the room, by its role. Before it stands in the room nobody knows that: the room answers.
pub(super) fn may(seat: &Seat, request: &Request) -> Result<(), Problem> {
    let needs = office::needs(request);
    let known = seat.standing() == Some(Standing::Confirmed);
    if known && told::role(seat.rank()) < needs { Err(Problem::Role { needs }) } else { Ok(()) }
}

/// Whether somebody is low enough for what is to be done to them.
pub(super) fn reaches(seat: &Seat, deed: &Deed) -> Result<(), Problem> {
    let (Deed::Kick(target, _) | Deed::Ban { target, .. } | Deed::Mute(target, ..)) = deed else {
        return Ok(());
    };
    let theirs = seat.rank_of(target);
    let known = seat.standing() == Some(Standing::Confirmed);
    if known && theirs >= seat.rank() {
        return Err(Problem::Outranked { role: told::role(theirs) });
    }
    Ok(())
}

/// Takes the room back with its token, and gives the next one.
pub(super) fn reclaim(
    node: &mut Node,
    at: usize,
    token: Secret<32>,
    after: &mut After,
) -> Result<Answer, Problem> {
    let key = Identity::from_seed(&token).id().0;
    let log = seat(node, at)?.look().log();
    if log.is_some_and(|log| log.rights().domains.values().all(|domain| domain.reclaim != key)) {
        return Err(Problem::BadToken);
    }
    let next = Secret::<32>::random(&mut super::seat::rng());
    let key = Identity::from_seed(&next).id().0;
    command(node, at, Command::Act(Deed::Reclaim { token, next: key }), after)?;
    Ok(Answer::Token(Text::new(&crate::base::id::hex(next.expose()))))
}

/// Who is banned.
pub(super) fn bans(seat: &Seat) -> Answer {
    let now = seat.look().room_time();
    let removals = seat.look().log().into_iter().flat_map(|log| log.rights().removals.values().flatten());
    let ban = |removal: &Removal| {
        let until = removal.ban.filter(|until| until.is_none_or(|until| until > now))?;
        let (who, by) = (seat.person(&removal.target), seat.person(&removal.by));
        Some(Ban { who, by, until, why: Line::clean(&removal.why) })
    };
    let rows: Vec<Ban> = removals.filter_map(ban).collect();
    let mut page: Vec<Line> = rows.iter().map(|ban| ban.line(now)).collect();
    if page.is_empty() {
        page.push(Line::clean(record::NOBODY));
    }
    Answer::Sheet(Box::new(Sheet { page, rows: Rows::Bans(rows) }))
}

/// Everything anybody did in office, oldest first.
pub(super) fn audit(seat: &Seat) -> Answer {
    let log = seat.look().log();
    let mut entries: Vec<&Entry> =
        log.into_iter().flat_map(|log| log.raws().filter_map(|(id, _)| log.get(id))).collect();
    entries.sort_by_key(|entry| (entry.at, entry.seq));
    let now = seat.look().room_time();
    let rows: Vec<Record> = entries.into_iter().map(|entry| recorded(seat, entry)).collect();
    let page = rows.iter().map(|record| record.line(now)).collect();
    Answer::Sheet(Box::new(Sheet { page, rows: Rows::Audit(rows) }))
}

fn recorded(seat: &Seat, entry: &Entry) -> Record {
    let (until, why) = match &entry.act {
        Act::Kick { why, .. } => (None, why.as_str()),
        Act::Ban { until, why, .. } => (*until, why.as_str()),
        Act::Mute { until, why, .. } => (Some(*until), why.as_str()),
        Act::Invite { until, .. } => (Some(*until), ""),
        _ => (None, ""),
    };
    let policy = match &entry.act {
        Act::Ban { then: Then::Lock, .. } => Some(Policy { lock: Some(true), ..Policy::default() }),
        Act::Ban { then: Then::Knock, .. } => Some(Policy { knock: Some(true), ..Policy::default() }),
        Act::Genesis { policy, .. } | Act::Founding { policy, .. } | Act::Policy(policy) => {
            Some(settings(policy, entry.at))
        }
        _ => None,
    };
    Record {
        at: entry.at,
        by: seat.person(&entry.author),
        act: code(&entry.act),
        did: entry.act.name(),
        whom: entry.act.target().map(|id: MemberId| seat.person(&id)),
        until,
        policy,
        why: Line::clean(why),
    }
}

/// What programs are told was done.
fn code(act: &Act) -> &'static str {
    match act {
        Act::Genesis { .. } => "open",
        Act::Founding { .. } => "found",
        Act::Grant { .. } => "admin",
        Act::Revoke { .. } => "unadmin",
        Act::Kick { .. } => "kick",
        Act::Ban { .. } => "ban",
        Act::Unban { .. } => "unban",
        Act::Mute { .. } => "mute",
        Act::Unmute { .. } => "unmute",
        Act::Admit { .. } => "admit",
        Act::Deny { .. } => "deny",
        Act::Invite { .. } => "invite",
        Act::InviteRevoke { .. } => "revoke",
        Act::Policy(_) => "policy",
        Act::Transfer { .. } => "transfer",
        Act::TransferAccept { .. } => "accept",
        Act::Reclaim { .. } => "reclaim",
        Act::Yield { .. } => "yield",
        Act::Rotate => "rotate",
        Act::Close => "close",
        Act::Pin { .. } => "pin",
        Act::Unpin { .. } => "unpin",
    }
}

/// Settings of the log in the words of faces.
pub(super) fn settings(policy: &log::Policy, at: Unix) -> Policy {
    let ms = |seconds: u64| seconds.saturating_mul(1_000);
    Policy {
        max: policy.max,
        ttl_ms: policy.ttl_s.map(ms),
        ttl_max_ms: policy.ttl_max_s.map(ms),
        history: policy.history.map(|history| match history {
            log::History::None => History::None,
            log::History::Unexpired => History::Unexpired,
        }),
        lock: policy.lock,
        knock: policy.knock,
        slow_ms: policy.slow_s.map(ms),
        rate: policy.rate,
        topic: policy.topic.as_deref().map(Line::clean),
        expires_ms: policy.expires.map(|end| end.0.saturating_sub(at.0)),
        quiet_ms: policy.quiet_s.map(ms),
        persist: policy.persist,
    }
}
