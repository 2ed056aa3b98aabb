//! `doctor`: what this machine offers a node, and what to do about it.

use std::io::{self, Write};

use super::block_on;
use crate::chat;
use crate::chat::doctor::{all_works, network_works};
use crate::chat::exposure::Plan;
use crate::cli::args::{self, All, Network, Room, Who};
use crate::cli::config::Settings;
use crate::cli::report::Failure;
use crate::net::Place;
use crate::node::clock::Clock;
use crate::node::doctor;
use crate::pipe;
use crate::plain;

pub(super) fn run(options: args::Doctor, all: &All, settings: &Settings) -> Result<u8, Failure> {
    let mut network = Network { bootstrap: options.bootstrap, ..Network::default() };
    settings.fill(&mut Who::default(), &mut Room::default(), &mut network);
    if options.exposure {
        return exposure(&network, all);
    }
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

/// Who sees what, as a page.
fn exposure(network: &Network, all: &All) -> Result<u8, Failure> {
    if all.json {
        return Err(Failure::Usage("--exposure is a page for people; leave out --json".to_owned()));
    }
    let plan = Plan {
        lan: !network.no_mdns,
        table: !network.no_dht && !network.lan_only,
        asks: network.bootstrap.iter().map(|place| place.text().to_owned()).collect(),
        names: network.bootstrap.iter().any(Place::is_named),
    };
    let mut out = io::stdout().lock();
    for seen in chat::exposure::exposure(&plan) {
        writeln!(out, "{}\n    sees {}", seen.who, seen.what)?;
        if !seen.instead.is_empty() {
            writeln!(out, "    to prevent it: {}", seen.instead)?;
        }
    }
    Ok(0)
}
