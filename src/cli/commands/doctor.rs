//! `doctor`: what this machine offers a node, and what to do about it.

use std::io::{self, Write};

use super::block_on;
use crate::chat::doctor::{all_works, network_works};
use crate::cli::args::{self, All, Network, Room, Who};
use crate::cli::config::Settings;
use crate::cli::report::Failure;
use crate::node::clock::Clock;
use crate::node::doctor;
use crate::pipe;
use crate::plain;

pub(super) fn run(options: args::Doctor, all: &All, settings: &Settings) -> Result<u8, Failure> {
    let mut network = Network { bootstrap: options.bootstrap, ..Network::default() };
    settings.fill(&mut Who::default(), &mut Room::default(), &mut network);
    let found = block_on(async { Ok(doctor::examine(&network.bootstrap).await) })?;
    let mut out = Vec::new();
    if all.json {
        let clock = Clock::new();
        for (seq, finding) in (1..).zip(&found) {
            pipe::finding(finding, &pipe::Stamp { seq, ts: clock.wall(), now: clock.now() }, &mut out);
        }
    } else {
        plain::findings(&found, &mut out)?;
    }
    io::stdout().write_all(&out)?;
    Ok(match (network_works(&found), all_works(&found)) {
        (false, _) => 9,
        (true, all) => u8::from(!all),
    })
}
