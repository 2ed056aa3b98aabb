//! `new`: a private room of one's own, entered by invite.

use std::io::{self, IsTerminal};

use super::{block_on, run_beside};
use crate::chat::text::Line;
use crate::cli::args::{All, Come, New, Secret};
use crate::cli::config::Settings;
use crate::cli::plan::Plan;
use crate::cli::report::Failure;
use crate::cli::screen as full;
use crate::cli::session;
use crate::crypto::name::RoomName;
use crate::node::harden::Hardening;

pub(super) fn run(options: New, all: All, settings: &Settings, hardening: Hardening) -> Result<u8, Failure> {
    let New { room, qr, who, screen, settings: room_settings, network } = options;
    if !io::stdin().is_terminal() && !all.json {
        return Err(Failure::Usage(
            "`new` is for people at a terminal; a program uses `ephem-node pipe`".to_owned(),
        ));
    }
    if let Some(typed) = &room {
        RoomName::parse(typed)
            .map_err(|err| Failure::Usage(format!("this cannot be the name of a room: {err}")))?;
    }
    let room = room.as_deref().map(Line::clean);
    let come = Come { who, secret: Secret::default(), room: room_settings, network };
    let mut plan = Plan::new(come, all, settings, hardening).with(screen, settings);
    plan.unlock()?;
    if plan.shows() {
        return block_on(full::found(plan, room.as_ref(), qr));
    }
    if qr {
        return Err(Failure::Usage(
            "`new --qr` needs the full screen; once it runs, `ephem-node invite --qr` prints a square"
                .to_owned(),
        ));
    }
    run_beside(async move {
        let (asking, telling) = plan.start()?;
        session::found(&asking, room.as_ref(), false).await;
        session::talk(asking, telling, &plan).await
    })
}
