//! `new`: a private room of one's own, entered by invite.

use std::io::{self, IsTerminal};
use std::time::Duration;

use tokio::time::sleep;

use super::block_on;
use crate::chat::request::{Asked, Request};
use crate::chat::text::Line;
use crate::cli::args::{All, Come, New, Secret};
use crate::cli::config::Settings;
use crate::cli::report::Failure;
use crate::cli::session::{self, Plan};
use crate::crypto::name::RoomName;
use crate::node::harden::Hardening;

/// Uses of the first invite, and how long it holds.
const USES: u64 = 1;
const VALID_MS: u64 = 86_400_000;
/// The system names this machine's addresses one after the other, in the first moments. An invite without them would lead
/// nowhere but to the local network.
const SETTLED: Duration = Duration::from_millis(300);

pub(super) fn run(options: New, all: All, settings: &Settings, hardening: Hardening) -> Result<u8, Failure> {
    let New { room, who, settings: room_settings, network } = options;
    if !io::stdin().is_terminal() && !all.json {
        return Err(Failure::Usage(
            "`new` is for people at a terminal; a program uses `ephem-node pipe`".to_owned(),
        ));
    }
    if let Some(typed) = &room {
        RoomName::parse(typed)
            .map_err(|err| Failure::Usage(format!("this cannot be the name of a room: {err}")))?;
    }
    let mut plan = Plan::new(
        Come { who, secret: Secret::default(), room: room_settings, network },
        all,
        settings,
        hardening,
    );
    block_on(async {
        let (asking, telling) = plan.start()?;
        asking.ask(Asked::here(Request::New(room.as_deref().map(Line::clean)))).await;
        let later = asking.clone();
        tokio::spawn(async move {
            sleep(SETTLED).await;
            later.ask(Asked::here(Request::Invite { uses: USES, valid_ms: VALID_MS, qr: false })).await;
        });
        session::talk(asking, telling, &plan).await
    })
}
