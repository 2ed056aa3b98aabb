//! `rooms`: those that a profile keeps. Listed and forgotten while no program uses the profile, or come back to.

use std::io::{self, BufRead, IsTerminal, Write};

use super::id::named;
use super::{block_on, run_beside, told};
use crate::base::id::MemberId;
use crate::chat::name::{Mode, Role};
use crate::chat::reply::{Answer, KeptFacts, KeptRoom};
use crate::chat::text::Line;
use crate::cli::args::{self, All, Come, Reopen, Rooms, Secret, Who, WithRooms};
use crate::cli::config::Settings;
use crate::cli::plan::Plan;
use crate::cli::profile;
use crate::cli::report::Failure;
use crate::cli::screen as full;
use crate::cli::session;
use crate::crypto::identity::Identity;
use crate::crypto::name::RoomName;
use crate::crypto::root::Kind;
use crate::node::harden::Hardening;
use crate::room::Keepsake;
use crate::room::log::Log;
use crate::room::rights::Rank;
use crate::store::rooms::Found;
use crate::store::{Fault, Profile};

/// The longest answer read.
const ANSWER: u64 = 64;

pub(super) fn run(
    options: Rooms,
    all: All,
    settings: &Settings,
    hardening: Hardening,
) -> Result<u8, Failure> {
    let Rooms { what, mut keep } = options;
    settings.fill_keep(&mut keep);
    match what {
        None | Some(WithRooms::List) => {
            let profile = profile::open(&keep, all.no_input, named(&keep)?)?;
            list(&profile, &all)
        }
        Some(WithRooms::Forget { name, yes }) => {
            let profile = profile::open(&keep, all.no_input, named(&keep)?)?;
            forget(&profile, &name, yes, &all)
        }
        Some(WithRooms::Reopen(options)) => {
            // One that is not there keeps nothing.
            profile::place(named(&keep)?)?.check()?;
            reopen(*options, keep, all, settings, hardening)
        }
    }
}

fn list(profile: &Profile, all: &All) -> Result<u8, Failure> {
    let me = Identity::from_seed(&profile.content.seed).id();
    let rows: Vec<KeptRoom> = profile.rooms()?.iter().map(|found| row(found, &me)).collect();
    if all.json {
        return told(Answer::Kept(rows));
    }
    let mut out = io::stdout().lock();
    if rows.is_empty() {
        writeln!(io::stderr(), "no room is kept; `join ROOM --persistent -P NAME` keeps one")?;
    }
    for row in &rows {
        writeln!(out, "{}", row.words().as_str())?;
    }
    Ok(0)
}

fn row(found: &Found, me: &MemberId) -> KeptRoom {
    match &found.room {
        Ok(room) => KeptRoom { room: Line::clean(room.root.name().as_str()), found: Ok(facts(room, me)) },
        Err(why) => KeptRoom { room: Line::clean(&found.digits), found: Err(Line::clean(&why.to_string())) },
    }
}

fn facts(room: &Keepsake, me: &MemberId) -> KeptFacts {
    let mut log = Log::new(room.genesis, room.kind());
    for raw in &room.entries {
        // What does not stand is passed over, as in the room itself.
        let _ = log.insert(raw);
    }
    log.look_from(&room.foundings);
    let role = match log.rights().rank(me) {
        Rank::Member => Role::Member,
        Rank::Admin => Role::Admin,
        Rank::Owner => Role::Owner,
    };
    let mode = match room.kind() {
        Kind::Open => Mode::Open,
        Kind::Passphrase => Mode::Passphrase,
        Kind::Invite => Mode::Invite,
    };
    let others = room.members.iter().filter(|known| known.id != *me).count();
    KeptFacts { mode, kept: room.kept.len(), members: others + 1, role }
}

/// The kept room of this name.
fn find(profile: &Profile, typed: &str) -> Result<Keepsake, Failure> {
    let name = RoomName::parse(typed)
        .map_err(|err| Failure::Usage(format!("this cannot be the name of a room: {err}")))?;
    let (mut rooms, mut unread) = (Vec::new(), None);
    for found in profile.rooms()? {
        match found.room {
            Ok(room) if *room.root.name() == name => rooms.push(room),
            Ok(_) => {}
            Err(why) => unread = Some(why),
        }
    }
    let Some(room) = rooms.pop() else {
        // It may be the one that cannot be read.
        return Err(unread.unwrap_or(Fault::RoomMissing).into());
    };
    match rooms.is_empty() {
        true => Ok(room),
        false => Err(Failure::Usage(
            "more than one room of that name is kept; forget one of them first".to_owned(),
        )),
    }
}

fn forget(profile: &Profile, typed: &str, yes: bool, all: &All) -> Result<u8, Failure> {
    let unread = profile.rooms()?.into_iter().find(|found| found.room.is_err() && found.digits == typed);
    let room = if unread.is_some() { None } else { Some(find(profile, typed)?) };
    if !yes && !agreed(all)? {
        return Err(Failure::Stopped(1));
    }
    match (&unread, &room) {
        (Some(found), _) => profile.forget_file(found)?,
        (None, Some(room)) => profile.forget_room(&room.root)?,
        (None, None) => {}
    }
    writeln!(
        io::stderr(),
        "what was kept of it was overwritten and removed; the others keep what they have, and a copy may be left in backups \
         and snapshots"
    )?;
    Ok(0)
}

fn agreed(all: &All) -> Result<bool, Failure> {
    if all.no_input || !io::stdin().is_terminal() {
        return Err(Failure::Usage("without a terminal to ask at, `rooms forget` needs --yes".to_owned()));
    }
    let mut out = io::stderr();
    write!(out, "What is kept of this room here is gone for good then. Type yes to forget it: ")?;
    out.flush()?;
    let mut typed = String::new();
    io::Read::take(io::stdin().lock(), ANSWER).read_line(&mut typed)?;
    Ok(typed.trim() == "yes")
}

fn reopen(
    options: Reopen,
    keep: args::Keep,
    all: All,
    settings: &Settings,
    hardening: Hardening,
) -> Result<u8, Failure> {
    let Reopen { name, nick, screen, network } = options;
    if !io::stdin().is_terminal() && !all.json {
        return Err(Failure::Usage(
            "`rooms reopen` is for people at a terminal; a program adds --json".to_owned(),
        ));
    }
    let room = args::Room { persistent: true, ..args::Room::default() };
    let come = Come { who: Who { nick, keep }, secret: Secret::default(), room, network };
    let mut plan = Plan::new(come, all, settings, hardening).with(screen, settings);
    plan.unlock()?;
    let profile = plan.profile.as_ref().ok_or(Fault::Missing)?;
    let keepsake = find(profile, &name)?;
    if plan.shows() {
        return block_on(full::come_back(plan, keepsake));
    }
    run_beside(async move {
        let (asking, telling) = plan.start()?;
        session::come_back(&asking, keepsake).await;
        session::talk(asking, telling, &plan).await
    })
}
