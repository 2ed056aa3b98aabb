//! What goes into the log, if one is asked for. Rooms are numbers, in the order in which they were entered, and peers are the
//! ends of their transport ids: no text, nick, name of a room or secret comes near it, and no member's key.

use tracing::{debug, info, trace, warn};

use crate::chat::problem::Problem;
use crate::net;
use crate::room::io::{Event, Fate, Output, Verdict};

/// What the network told.
pub(super) fn network(event: &net::Event) {
    match event {
        net::Event::Listening(addr) => info!(%addr, "listening"),
        net::Event::Addresses(addrs) => debug!(count = addrs.len(), "addresses worth telling"),
        net::Event::Subscribed { peer, .. } => debug!(peer = %net::short(peer), "a peer listens on a topic"),
        net::Event::Unsubscribed { peer, .. } => debug!(peer = %net::short(peer), "it does no more"),
        net::Event::LinkUp { peer, path, .. } => info!(peer = %net::short(peer), ?path, "link up"),
        net::Event::LinkPath { peer, path, .. } => info!(peer = %net::short(peer), ?path, "link changed"),
        net::Event::LinkDown { peer } => info!(peer = %net::short(peer), "link down"),
        net::Event::Bootstrap { asked, state } => bootstrap(asked, state),
        net::Event::Reach { nat, relays } => info!(?nat, relays = relays.len(), "how others reach this node"),
        net::Event::OnlyRelays => info!("only relays lead to the others"),
        net::Event::Trouble(trouble) => warn!(?trouble, "trouble with the network"),
        net::Event::Lagged { lost } => warn!(lost, "the node was too slow for the network"),
        net::Event::Gossip { bytes, .. } | net::Event::Direct { bytes, .. } => {
            trace!(bytes = bytes.len(), "a frame came");
        }
    }
}

fn bootstrap(asked: &str, state: &net::BootstrapState) {
    // Without whose it is to be, where that was typed as well.
    let at = asked.split("/p2p/").next().unwrap_or_default();
    match state {
        net::BootstrapState::Looking => debug!(at, "looking a bootstrap up"),
        net::BootstrapState::Trying => debug!(at, "trying a bootstrap"),
        net::BootstrapState::Linked { peer, .. } => {
            info!(at, peer = %net::short(peer), "a bootstrap answered")
        }
        net::BootstrapState::Failed { why, again } => {
            warn!(at, %why, again_s = again.as_secs(), "a bootstrap failed");
        }
        net::BootstrapState::GivenUp { why } => warn!(at, %why, "a bootstrap was given up"),
    }
}

/// What a room wants done.
pub(super) fn output(room: u64, output: &Output) {
    match output {
        Output::Publish { bytes, .. } => trace!(room, bytes = bytes.len(), "a frame goes out"),
        Output::Direct { to, bytes } => {
            trace!(room, peer = %net::short(to), bytes = bytes.len(), "a frame goes to one peer");
        }
        Output::Join(_) => debug!(room, "listening on a topic"),
        Output::Part(_) => debug!(room, "leaving a topic"),
        Output::Verdict(Verdict::Accept) | Output::Timer { .. } => {}
        Output::Verdict(verdict) => trace!(room, ?verdict, "a frame was not taken"),
        Output::Event(event) => happened(room, event),
    }
}

/// What was asked for and not done.
pub(super) fn refused(problem: &Problem) {
    debug!(code = problem.code(), "asked for and not done");
}

fn happened(room: u64, event: &Event) {
    match event {
        Event::Standing { standing, members, only } => {
            info!(room, ?standing, members, lone_witness = only.is_some(), "standing");
        }
        Event::Entered { .. } => info!(room, "entered"),
        Event::Joined(_) => debug!(room, "somebody came"),
        Event::Left { said, .. } => debug!(room, said, "somebody left"),
        Event::Changed(_) | Event::Guise(_) => trace!(room, "somebody changed"),
        Event::Typing { alone, .. } => trace!(room, alone, "somebody is writing"),
        Event::Away { away, .. } => trace!(room, away, "somebody is away or back"),
        Event::Logged { target, .. } => debug!(room, about_somebody = target.is_some(), "an act of office"),
        Event::Knock(_) => debug!(room, "somebody knocks"),
        Event::Message(heard) => {
            trace!(room, mine = heard.mine, caught_up = heard.caught_up, "a message");
        }
        Event::Fate { cid, fate: Fate::Failed(why), .. } => debug!(room, message = cid, ?why, "not sent"),
        Event::Fate { cid, fate, .. } => debug!(room, message = cid, ?fate, "on its way"),
        Event::Burned { why, .. } => trace!(room, ?why, "burned"),
        Event::Kept { keep, .. } => trace!(room, keep, "kept, or no longer"),
        Event::Reported { to } => debug!(room, to, "a report went out"),
        Event::Gone { count, of } => debug!(room, count, of, "gone from those who had it"),
        Event::Opened { .. } => trace!(room, "opened"),
        Event::Quiet { left_ms } => debug!(room, left_ms, "may only read"),
        Event::Refused(why) => debug!(room, ?why, "refused"),
        Event::NotAdmitted(reason) => warn!(room, ?reason, "not admitted"),
        Event::ClockOff { by_ms } => warn!(room, by_ms, "this clock is off"),
        Event::Keys { generation, chains, epoch, merged } => {
            debug!(room, generation, chains, epoch = epoch.0, merged, "keys");
        }
        Event::Conflict { .. } => warn!(room, "contradicting keys"),
        Event::Yielded { .. } => info!(room, "gave way to another founding"),
        Event::Apart { by_ms } => warn!(room, by_ms, "two halves cannot meet"),
        Event::Removed { ban, .. } => warn!(room, ban, "removed"),
        Event::Ended { closed } => info!(room, closed, "over"),
    }
}
