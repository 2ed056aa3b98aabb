//! `join`: come into rooms and talk, a line at a time.

use std::io::{self, IsTerminal, Write};

use super::block_on;
use crate::chat::text::Line;
use crate::cli::args::{All, Join};
use crate::cli::config::Settings;
use crate::cli::report::Failure;
use crate::cli::screen as full;
use crate::cli::secret::Chosen;
use crate::cli::session::{self, Plan};
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
    if plan.shows() {
        return block_on(full::join(plan, &rooms));
    }
    let doors = plan.doors(&rooms, None)?;
    invite_others(&rooms, &doors, &plan)?;
    plan.door = if let [(room, _)] = doors.as_slice() { Some(room.clone()) } else { None };
    block_on(async {
        let (asking, telling) = plan.start()?;
        session::enter(&asking, doors).await;
        session::talk(asking, telling, &plan).await
    })
}

/// What a friend must type, as one line. Whoever came by an invite cannot pass it on.
fn invite_others(rooms: &[String], doors: &[(Line, Chosen)], plan: &Plan) -> io::Result<()> {
    let named = |(room, (_, chosen)): (&'_ String, &'_ (Line, Chosen))| {
        (!matches!(chosen, Chosen::Invite(_))).then(|| quoted(room))
    };
    let rooms: Vec<String> = rooms.iter().zip(doors).filter_map(named).collect();
    if plan.all.quiet || plan.all.json || rooms.is_empty() {
        return Ok(());
    }
    let mut line = format!("ephem-node join {}", rooms.join(" "));
    for place in &plan.network.bootstrap {
        line.push_str(" --bootstrap ");
        line.push_str(place.text());
    }
    writeln!(io::stderr(), "the others type: {line}")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    if word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
