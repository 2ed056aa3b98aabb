//! `/net`: what this node knows of its own network, a line each.

use super::answer::status;
use super::links::{self, peer_name};
use super::run::Node;
use crate::chat::reply::{Answer, Rows, Sheet};
use crate::chat::text::Line;
use crate::chat::way::{reach_words, short};
use crate::net;

/// The page, and for programs what the node sees.
pub(super) async fn answer(node: &Node) -> Answer {
    let (page, status) = (page(node).await, status(node).await);
    Answer::Sheet(Box::new(Sheet { page, rows: Rows::Net(Box::new(status)) }))
}

async fn page(node: &Node) -> Vec<Line> {
    let Ok(status) = node.net.snapshot().await else {
        return vec![Line::clean("the network has stopped")];
    };
    let mut page: Vec<String> = status.listening.iter().map(|addr| format!("listening on {addr}")).collect();
    page.push(format!("local network: {}", if status.mdns { "searched" } else { "not searched" }));
    let line = node.model.net();
    page.push(reach_words(line).to_owned());
    page.extend(
        status
            .relays
            .iter()
            .map(|relay| format!("relay {}: it keeps a place for this node", peer_name(relay))),
    );
    if status.relaying {
        page.push(format!("this node is a relay for others: {} links through it now", status.circuits));
    }
    page.push(match (status.table.on, status.table.serves) {
        (false, _) => "table: not asked".to_owned(),
        (true, serves) => format!(
            "table: {} servers known, {} keys looked for{}",
            status.table.servers,
            status.table.keys,
            if serves { ", answering others" } else { "" }
        ),
    });
    page.push(node.finding.words());
    page.extend(
        status.bootstraps.iter().map(|(asked, state)| format!("bootstrap {asked}: {}", standing(state))),
    );
    page.extend(status.peers.iter().map(|link| {
        let there = link
            .rtt
            .map_or("round trip not measured yet".to_owned(), |rtt| format!("{} ms", rtt.as_millis()));
        format!(
            "{} {}{} {there}, for {} s",
            peer_name(&link.peer),
            links::route(link.path).name(),
            links::via(&link.addr).map(|relay| format!(" {}", short(&relay))).unwrap_or_default(),
            link.up.as_secs()
        )
    }));
    if status.peers.is_empty() {
        page.push("no link to anybody".to_owned());
    }
    page.iter().map(|line| Line::clean(line)).collect()
}

fn standing(state: &net::BootstrapState) -> String {
    match state {
        net::BootstrapState::Looking => "its name is being looked up".to_owned(),
        net::BootstrapState::Trying => "being tried".to_owned(),
        net::BootstrapState::Linked { addr, .. } => format!("linked at {addr}"),
        net::BootstrapState::Failed { why, again } => format!("{why}; again in {} s", again.as_secs()),
        net::BootstrapState::GivenUp { why } => format!("{why}; given up"),
    }
}
