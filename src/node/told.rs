//! What a room says, in the words that faces share. One way only: nothing here changes a room.

use crate::base::id::{EntryId, MemberId};
use crate::base::nick::Nick;
use crate::base::time::Unix;
use crate::chat::avatar::Avatar;
use crate::chat::event::Fate as Told;
use crate::chat::event::{
    Burned, Event, Facts, KeptLine, KeysLine, MemberLine, Message, Person, Receipt, RoomLine, SetBy,
    TypingLine,
};
use crate::chat::name::{BurnWhy, Door, KeysChange, Kind, MemberChange, Mode, Role, RoomChange, Standing};
use crate::chat::notice::{Notice, Refusal, Said};
use crate::chat::problem::Problem;
use crate::chat::telling::BY_TOKEN;
use crate::chat::text::{Body, Line};
use crate::crypto::{root, words};
use crate::room::io::{self, Fate, Heard, Refused, Who};
use crate::room::log::Log;
use crate::room::rights::{Rank, Rights};
use crate::wire::log::Act;
use crate::wire::payload::Reason;

use super::office;
use super::seat::Seat;

/// Every event of a room becomes none, one or more events of the shared vocabulary.
pub(super) fn told(seat: &mut Seat, event: io::Event, out: &mut Vec<Event>) {
    match event {
        io::Event::Standing { .. } => {
            out.extend(seat.changed().then(|| line(seat, RoomChange::State)));
            out.extend(seat.owner_on_trust().map(|owner| notice(seat, Said::OwnerOnTrust(owner))));
        }
        io::Event::Entered { token, .. } => {
            out.push(line(seat, RoomChange::Joined));
            if let Some(token) = token {
                let mut owner = room_line(seat, RoomChange::Owner);
                owner.reclaim = Some(crate::base::secret::Text::new(&crate::base::id::hex(token.expose())));
                out.push(Event::Room(Box::new(owner)));
            }
        }
        io::Event::Joined(who) => out.push(member(seat, MemberChange::Join, &who)),
        io::Event::Left { who, .. } => out.push(member(seat, MemberChange::Leave, &who)),
        io::Event::Changed(who) => out.push(member(seat, MemberChange::Nick, &who)),
        io::Event::Guise(who) => out.push(member(seat, MemberChange::Profile, &who)),
        io::Event::Typing { who, alone } => {
            let from = person(&who);
            out.push(Event::Typing(Box::new(TypingLine { room: seat.name.clone(), from, alone })));
        }
        io::Event::Away { who, away } => {
            let change = if away { MemberChange::Away } else { MemberChange::Back };
            out.push(member(seat, change, &who));
        }
        io::Event::Logged { entry, by, target } => {
            let roles = seat.new_roles();
            logged(seat, &entry, &by, target.as_ref(), out);
            settled(seat, &entry, &roles, out);
        }
        io::Event::Knock(id) => {
            let who = seat.person(&id);
            // Who can do nothing about it is not asked to.
            if seat.rank() >= Rank::Admin {
                out.push(notice(seat, Said::Knocks(who.tag.clone())));
            }
            out.push(Event::Member(Box::new(member_line(seat, MemberChange::Knock, who))));
        }
        io::Event::Message(heard) => {
            if let Some(about) = &heard.about {
                let (from, about) = (Box::new(person(&heard.from)), Box::new(person(about)));
                out.push(notice(seat, Said::Reports { from, about }));
            }
            out.push(message(seat, *heard));
        }
        io::Event::Reported { to } => out.push(notice(seat, Said::Reported { to })),
        io::Event::Fate { cid, id, fate } => {
            let asked = seat.cid(cid, id, &fate);
            // One that has a name and is queued is in the room, and alone there: this one is not.
            let asks = fate == Fate::Asking;
            let id = id.filter(|_| !asks);
            let fate = match fate {
                Fate::Queued | Fate::Asking => Told::Queued,
                Fate::Sent => Told::Sent,
                Fate::Delivered { count, of } => Told::Delivered { count, of },
                Fate::Seen { count, of } => Told::Seen { count, of },
                Fate::Failed(why) => Told::Failed(Box::new(problem(seat, why))),
            };
            let waits = matches!(fate, Told::Queued) && id.is_none() && !asks;
            out.push(Event::Receipt(Receipt { room: seat.name.clone(), id, cid: asked, fate }));
            out.extend(waits.then(|| seat.waits()).flatten().map(|said| notice(seat, said)));
        }
        io::Event::Burned { id, why } => {
            out.push(Event::Burned(Burned { room: seat.name.clone(), id, why: burn_why(seat, why) }));
        }
        io::Event::Kept { id, by, keep, dies } => {
            let by = person(&by);
            out.push(Event::Kept(Box::new(KeptLine { room: seat.name.clone(), id, by, keep, dies })));
        }
        io::Event::Gone { count, of } => {
            out.push(notice(seat, Said::Gone { count, missed: of.saturating_sub(count) }));
        }
        io::Event::Opened { id, by } => {
            let fate = Told::Opened(Box::new(seat.person(&by)));
            out.push(Event::Receipt(Receipt { room: seat.name.clone(), id: Some(id), cid: None, fate }));
        }
        io::Event::Quiet { left_ms } => out.push(notice(seat, Said::Quiet { left_ms })),
        // Whoever asked gets it as the answer.
        io::Event::Refused(why) => seat.refused = Some(why),
        io::Event::NotAdmitted(reason) => out.push(notice(seat, Said::NotAdmitted(refusal(reason)))),
        io::Event::ClockOff { by_ms } => out.push(notice(seat, Said::ClockOff { by_ms })),
        io::Event::Keys { generation, chains, epoch, merged } => {
            let change = if merged { KeysChange::Merged } else { KeysChange::Rotated };
            let keys = KeysLine { room: seat.name.clone(), change, epoch: epoch.0, generation, chains };
            out.push(Event::Keys(keys));
            if merged {
                out.push(notice(seat, Said::Merged));
                out.push(line(seat, RoomChange::Merged));
                out.extend(other_owner(seat).map(|owner| notice(seat, Said::TwoOwners(owner))));
            }
        }
        io::Event::Conflict { by } => {
            let who = by.map(|id| seat.person(&id));
            out.push(notice(seat, Said::Conflict(who)));
            out.push(line(seat, RoomChange::Conflict));
        }
        io::Event::Yielded { to } => {
            let who = to.map(|id| seat.person(&id));
            out.push(notice(seat, Said::Yielded(who)));
        }
        io::Event::Apart { by_ms } => {
            out.push(notice(seat, Said::Apart { by_ms: by_ms.unsigned_abs() }));
        }
        io::Event::Removed { by, why, ban, ends_in_ms } => {
            let by = Some(person(&by));
            let why = Some(Line::clean(&why)).filter(|why| !why.is_empty());
            let said = if ban { Said::Banned { by, why, ends_in_ms } } else { Said::Kicked { by, why } };
            out.push(notice(seat, said));
            out.push(line(seat, RoomChange::Left));
            seat.over = Some(super::Over::Removed);
        }
        io::Event::Ended { .. } if seat.leaving => {
            out.push(line(seat, RoomChange::Left));
            seat.over = Some(super::Over::Left);
        }
        io::Event::Ended { closed } => {
            out.push(notice(seat, if closed { Said::Closed } else { Said::Expired }));
            out.push(line(seat, if closed { RoomChange::Closed } else { RoomChange::Expired }));
            seat.over = Some(super::Over::Ended);
        }
    }
}

/// What an entry of the log that came into force means for people.
fn logged(seat: &Seat, entry: &EntryId, author: &MemberId, target: Option<&MemberId>, out: &mut Vec<Event>) {
    let Some(act) = seat.act(entry) else { return };
    let (actor, past) = (Some(seat.person(author)), seat.is_past(entry));
    let mut change = |change, why: Option<&str>, until: Option<Unix>| {
        let Some(target) = target else { return };
        let reason = why.map(Line::clean).filter(|why| !why.is_empty());
        let line = member_line(seat, change, seat.person(target));
        let line = MemberLine { by: actor.clone(), reason, until, past, ..line };
        out.push(Event::Member(Box::new(line)));
    };
    match act {
        Act::Grant { .. } | Act::Revoke { .. } => change(MemberChange::Role, None, None),
        Act::Kick { why, .. } => change(MemberChange::Kick, Some(why), None),
        Act::Ban { why, until, .. } => change(MemberChange::Ban, Some(why), *until),
        Act::Unban { .. } => change(MemberChange::Unban, None, None),
        Act::Mute { until, why, .. } => change(MemberChange::Mute, Some(why), Some(*until)),
        Act::Unmute { .. } => change(MemberChange::Unmute, None, None),
        Act::Policy(policy) => {
            let policy = office::settings(policy, seat.look().room_time());
            let set = Some(Box::new(SetBy { by: seat.person(author), policy, past }));
            out.push(Event::Room(Box::new(RoomLine { set, ..room_line(seat, RoomChange::Settings) })));
        }
        Act::Transfer { to, .. } if *to == seat.me() => {
            out.push(notice(seat, Said::Offered(seat.person(author))));
        }
        Act::Yield { .. } => {
            out.push(line(seat, RoomChange::Owner));
            if *author != seat.me() && !past {
                out.push(notice(seat, Said::OneOwner(seat.person(author))));
            }
        }
        act if act.settles() => out.push(line(seat, RoomChange::Owner)),
        // Said by the events of their own, or of no interest to anybody but those who did it.
        Act::Genesis { .. }
        | Act::Founding { .. }
        | Act::Transfer { .. }
        | Act::TransferAccept { .. }
        | Act::Reclaim { .. }
        | Act::Admit { .. }
        | Act::Deny { .. }
        | Act::Invite { .. }
        | Act::InviteRevoke { .. }
        | Act::Rotate
        | Act::Close
        | Act::Pin { .. }
        | Act::Unpin { .. } => {}
    }
}

/// Who is the owner now, and who is it no more; and whose doing it was.
fn settled(seat: &Seat, entry: &EntryId, roles: &[MemberId], out: &mut Vec<Event>) {
    let Some(act) = seat.act(entry).filter(|act| act.settles()) else { return };
    let author = |entry: &EntryId| seat.look().log()?.get(entry).map(|entry| entry.author);
    let by = match act {
        Act::TransferAccept { transfer } => author(transfer),
        _ => author(entry),
    };
    for id in roles {
        let line = member_line(seat, MemberChange::Role, seat.person(id));
        let taken = matches!(act, Act::Reclaim { .. }) && line.who.role == Role::Owner;
        let line = MemberLine {
            by: by.filter(|by| by != id).map(|by| seat.person(&by)),
            reason: taken.then(|| Line::clean(BY_TOKEN)),
            past: seat.is_past(entry),
            ..line
        };
        out.push(Event::Member(Box::new(line)));
    }
}

/// The owner of another founding, where two have met and neither gave way.
fn other_owner(seat: &Seat) -> Option<Person> {
    let rights = seat.look().log()?.rights();
    let mut others = rights.domains.iter().filter(|(id, d)| d.yielded.is_none() && !rights.is_home(id));
    others.next().map(|(_, domain)| seat.person(&domain.owner))
}

fn message(seat: &Seat, heard: Heard) -> Event {
    let kind = match (&heard.alone, heard.action, heard.announce) {
        _ if heard.about.is_some() => Kind::Report,
        (Some(_), ..) => Kind::Dm,
        (_, _, true) => Kind::Announce,
        (_, true, _) => Kind::Action,
        _ => Kind::Text,
    };
    let to = heard.alone.as_ref().map(|with| if heard.mine { person(with) } else { seat.person(&seat.me()) });
    Event::Message(Box::new(Message {
        room: seat.name.clone(),
        id: heard.id,
        from: person(&heard.from),
        to,
        asks: heard.asks,
        about: heard.about.as_ref().map(person),
        text: heard.text.as_ref().map(Body::of),
        kind,
        sent: heard.sent,
        ttl_ms: heard.ttl_s * 1_000,
        dies: heard.dies,
        once_ms: heard.once_s.map(|s| s * 1_000),
        keep: heard.keep,
        mine: heard.mine,
        caught_up: heard.caught_up,
        reply: heard.reply,
    }))
}

fn notice(seat: &Seat, said: Said) -> Event {
    Event::Notice(Notice::room(&seat.name, said))
}

fn member(seat: &Seat, change: MemberChange, who: &Who) -> Event {
    Event::Member(Box::new(member_line(seat, change, person(who))))
}

fn member_line(seat: &Seat, change: MemberChange, who: Person) -> MemberLine {
    let door = matches!(change, MemberChange::Ban | MemberChange::Unban).then(|| door(seat));
    let room = seat.name.clone();
    MemberLine { door, ..MemberLine::of(room, change, who) }
}

/// What it takes to come in today under a key that the room has never seen.
pub(super) fn door(seat: &Seat) -> Door {
    let rights = seat.look().log().map(Log::rights);
    match seat.mode {
        _ if rights.is_some_and(Rights::locked) => Door::Locked,
        _ if rights.is_some_and(Rights::knocking) => Door::Knock,
        Mode::Open => Door::Name,
        Mode::Passphrase => Door::Passphrase,
        Mode::Invite => Door::Invite,
    }
}

/// A line about the room as it stands now.
pub(super) fn line(seat: &Seat, change: RoomChange) -> Event {
    Event::Room(Box::new(room_line(seat, change)))
}

fn room_line(seat: &Seat, change: RoomChange) -> RoomLine {
    RoomLine { room: seat.name.clone(), change, facts: facts(seat), reclaim: None, set: None }
}

fn facts(seat: &Seat) -> Facts {
    let policy = seat.policy();
    Facts {
        mode: seat.mode,
        mark: seat.mark.clone(),
        members: seat.members(),
        ttl_ms: policy.ttl_s.unwrap_or(crate::base::limits::TTL_DEFAULT_S) * 1_000,
        state: standing(seat.standing()),
        role: role(seat.rank()),
        only: seat.only().map(|id| seat.person(&id)),
        quiet_ms: policy.quiet_s.unwrap_or(0).saturating_mul(1_000),
        persist: policy.persist.unwrap_or(false),
        topic: policy.topic.as_deref().map(Line::clean).filter(|topic| !topic.is_empty()),
        closes: seat.closing(),
    }
}

/// A member as faces name them. A nick of which nothing is left to see gives way to the two words of the key.
pub(super) fn person(who: &Who) -> Person {
    let tag = words::tag(&who.id);
    let nick = Nick::parse(&who.nick).or_else(|_| Nick::parse(&tag));
    Person {
        id: who.id,
        nick: nick.unwrap_or_else(|_| Nick::unnamed()),
        tag: Line::clean(&tag),
        role: role(who.rank),
        avatar: Avatar::of(&who.id, who.guise.glyph, who.guise.colour),
        status: Line::clean(&who.guise.status),
        serve: who.serve,
        // What the node knows of them, it says where it tells the faces.
        friend: false,
    }
}

pub(super) fn role(rank: Rank) -> Role {
    match rank {
        Rank::Member => Role::Member,
        Rank::Admin => Role::Admin,
        Rank::Owner => Role::Owner,
    }
}

pub(super) fn standing(standing: Option<io::Standing>) -> Standing {
    match standing {
        Some(io::Standing::Searching) | None => Standing::Searching,
        Some(io::Standing::Alone) => Standing::Alone,
        Some(io::Standing::Unconfirmed) => Standing::Unconfirmed,
        Some(io::Standing::Confirmed) => Standing::Confirmed,
    }
}

/// How a room is entered.
pub(super) fn mode(kind: root::Kind) -> Mode {
    match kind {
        root::Kind::Open => Mode::Open,
        root::Kind::Passphrase => Mode::Passphrase,
        root::Kind::Invite => Mode::Invite,
    }
}

fn burn_why(seat: &Seat, why: io::Burned) -> BurnWhy {
    match why {
        io::Burned::Ttl => BurnWhy::Ttl,
        io::Burned::Once => BurnWhy::Once,
        io::Burned::Sender => BurnWhy::Sender,
        io::Burned::Admin => BurnWhy::Admin,
        io::Burned::Room if seat.panicking => BurnWhy::Panic,
        io::Burned::Room => BurnWhy::Room,
        io::Burned::Crowded => BurnWhy::Crowded,
    }
}

fn refusal(reason: Reason) -> Refusal {
    match reason {
        Reason::Full => Refusal::Full,
        Reason::Locked => Refusal::Locked,
        Reason::Knock => Refusal::Knock,
        Reason::Spent => Refusal::InviteSpent,
        Reason::Expired => Refusal::InviteExpired,
        Reason::Revoked => Refusal::InviteRevoked,
        Reason::Clock => Refusal::Clock,
        Reason::Version => Refusal::Version,
        Reason::Closed => Refusal::Closed,
        Reason::Removed => Refusal::Removed,
    }
}

/// Why the room did not carry out a command, as an answer.
pub(super) fn problem(seat: &Seat, why: Refused) -> Problem {
    match why {
        Refused::NotIn => Problem::NotIn,
        Refused::Unconfirmed => Problem::Unconfirmed,
        Refused::Role => {
            Problem::Role { needs: if seat.rank() == Rank::Admin { Role::Owner } else { Role::Admin } }
        }
        Refused::Muted { left_ms } => Problem::Muted { left_ms },
        Refused::Quiet { left_ms } => Problem::Quiet { left_ms },
        Refused::TooLong => Problem::TooLong { what: "the text", most: crate::base::limits::TEXT_BYTES },
        Refused::TtlRange => Problem::TtlRange { most_ms: seat.ttl_cap_ms() },
        Refused::QueueFull => Problem::QueueFull,
        Refused::Burned => Problem::BurnedUnsent,
        Refused::TakenBack => Problem::TakenBack,
        Refused::Unknown => Problem::NoSuch,
        Refused::LogFull => Problem::LogFull,
        Refused::KeptFull => Problem::KeptFull,
        Refused::OpensOnce => Problem::OpensOnce,
        Refused::NoAnswer => Problem::NoAnswer,
        Refused::NobodyInOffice => Problem::NobodyInOffice,
        Refused::Elsewhere => Problem::Elsewhere,
        Refused::NotYet => Problem::NotYet,
    }
}
