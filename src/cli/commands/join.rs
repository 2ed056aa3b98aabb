//! `join`: come into rooms and talk, a line at a time.

use std::io::{self, IsTerminal, Write};

use super::{block_on, run_beside};
use crate::chat::telling;
use crate::chat::text::Line;
use crate::cli::args::{All, Join};
use crate::cli::config::Settings;
use crate::cli::plan::Plan;
use crate::cli::report::Failure;
use crate::cli::screen as full;
use crate::cli::secret::Chosen;
use crate::cli::session;
use crate::node::harden::Hardening;

pub(super) fn run(options: Join, all: All, settings: &Settings, hardening: Hardening) -> Result<u8, Failure> {
    let Join { rooms, screen, come } = options;
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "`join` is for people at a terminal; a program talks through `ephem-node pipe`, and says one thing with \
             `ephem-node send`"
                .to_owned(),
        ));
    }
    let mut plan = Plan::new(come, all, settings, hardening).with(screen, settings);
    plan.unlock()?;
    if plan.shows() {
        return block_on(full::join(plan, &rooms));
    }
    let doors = plan.doors(&rooms, None)?;
    invite_others(&rooms, &doors, &plan)?;
    plan.door = if let [(room, _)] = doors.as_slice() { Some(room.clone()) } else { None };
    run_beside(async move {
        let (asking, telling) = plan.start()?;
        session::enter(&asking, doors).await;
        session::talk(asking, telling, &plan).await
    })
}

/// What a friend must type, as one line. Whoever came by an invite cannot pass it on.
fn invite_others(rooms: &[String], doors: &[(Line, Chosen)], plan: &Plan) -> io::Result<()> {
    let by_name = rooms.iter().zip(doors).filter(|(_, (_, chosen))| !matches!(chosen, Chosen::Invite(_)));
    let rooms: Vec<&str> = by_name.map(|(room, _)| room.as_str()).collect();
    if plan.all.quiet || plan.all.json || rooms.is_empty() {
        return Ok(());
    }
    let places = plan.network.bootstrap.iter().map(|place| place.text());
    writeln!(io::stderr(), "{}", telling::others_type(&rooms, places))
}
