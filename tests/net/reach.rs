//! Ways through relays, and nodes that allow only some ways.

use std::time::Duration;

use ephem_node::base::id::{Peer, Topic};
use ephem_node::net::{Addr, Candidate, Config, Event, Path, Status, Ways};

use crate::node::{Node, local};

const ROOM: Topic = Topic([7; 32]);
/// More than one peer may reach through one relay.
const MANY: usize = 20;
const KEY: [u8; 32] = [9; 32];
/// A place is lost and found again: a dead link shows within ten seconds, and then the next relay is asked.
const ANEW: Duration = Duration::from_secs(40);

async fn relay() -> Node {
    Node::with(Config { serve: true, ..local() }).await
}

/// A node that goes only these ways and begins at these.
async fn only(ways: Ways, at: &[&Node]) -> Node {
    let bootstrap = at.iter().map(|node| node.place()).collect();
    let listen = if ways == Ways::RelayOnly { Vec::new() } else { local().listen };
    Node::with(Config { bootstrap, ways, listen, ..local() }).await
}

async fn told_circuit(node: &mut Node) -> Vec<Addr> {
    node.next("a way through a relay", |e| match e {
        Event::Addresses(addrs) if addrs.iter().any(|addr| addr.relay().is_some()) => Some(addrs.clone()),
        _ => None,
    })
    .await
}

fn candidate(node: &Node, addrs: &[Addr]) -> Candidate {
    Candidate { peer: Some(node.me()), addrs: addrs.iter().map(Addr::to_bytes).collect() }
}

fn way_to(status: &Status, peer: &Peer) -> Option<(Path, Option<Peer>)> {
    status.peers.iter().find(|p| p.peer == *peer).map(|p| (p.path, p.addr.relay()))
}

/// A frame there and one back. One text may be said once.
async fn talk(a: &mut Node, b: &mut Node, text: &str) {
    a.handle.publish(ROOM, text.into()).await.unwrap();
    assert_eq!(b.frame().await.1, text.as_bytes());
    b.handle.direct(a.me(), b"and back".to_vec()).await.unwrap();
    assert_eq!(a.direct().await.1, b"and back");
}

#[tokio::test]
async fn two_who_allow_relays_alone_find_each_other_and_talk_through_one() {
    let s = relay().await;
    let mut a = only(Ways::RelayOnly, &[&s]).await;
    let mut b = only(Ways::RelayOnly, &[&s]).await;
    for node in [&mut a, &mut b] {
        let told = told_circuit(node).await;
        assert!(told.iter().all(|addr| addr.relay() == Some(s.me())), "nothing else is told: {told:?}");
    }
    for node in [&a, &b] {
        node.handle.join(ROOM).await.unwrap();
        node.handle.provide(KEY, ROOM).await.unwrap();
    }
    a.subscribed(ROOM).await;
    b.subscribed(ROOM).await;
    for (node, other) in [(&a, b.me()), (&b, a.me())] {
        let status = node.status().await;
        assert_eq!(way_to(&status, &other), Some((Path::Relay, Some(s.me()))), "{status:#?}");
        assert_eq!((status.listening.len(), status.relays.as_slice()), (0, [s.me()].as_slice()));
    }
    talk(&mut a, &mut b, "through it").await;
    let status = s.until("a circuit", |status| status.circuits > 0).await;
    assert!(status.relaying && status.counters.places_given >= 2, "{status:#?}");
}

#[tokio::test]
async fn a_node_that_allows_relays_alone_is_not_reached_and_does_not_reach_straight() {
    let s = relay().await;
    let mut a = only(Ways::RelayOnly, &[&s]).await;
    let b = Node::new().await;
    told_circuit(&mut a).await;
    a.handle.join(ROOM).await.unwrap();
    b.handle.join(ROOM).await.unwrap();
    a.handle.candidates(ROOM, vec![b.candidate()]).await.unwrap();
    let refused = |status: &Status| status.counters.addresses_refused >= b.addrs.len() as u64;
    let status = a.until("its addresses refused", refused).await;
    assert_eq!(way_to(&status, &b.me()), None);
}

#[tokio::test]
async fn a_node_that_allows_no_relays_asks_for_no_place_and_goes_through_none() {
    let s = relay().await;
    let mut a = only(Ways::RelayOnly, &[&s]).await;
    let b = only(Ways::DirectOnly, &[&s]).await;
    let way = told_circuit(&mut a).await;
    a.handle.join(ROOM).await.unwrap();
    b.handle.join(ROOM).await.unwrap();
    b.handle.candidates(ROOM, vec![candidate(&a, &way)]).await.unwrap();
    let status = b.until("the way refused", |status| status.counters.addresses_refused > 0).await;
    assert_eq!((way_to(&status, &a.me()), status.relays.len()), (None, 0));
}

#[tokio::test]
async fn whoever_allows_both_goes_through_a_relay_where_that_is_the_only_way() {
    let s = relay().await;
    let mut a = Node::at(&s).await;
    let mut b = only(Ways::RelayOnly, &[&s]).await;
    let mut c = Node::at(&s).await;
    let way = told_circuit(&mut b).await;
    for node in [&a, &b, &c] {
        node.handle.join(ROOM).await.unwrap();
    }
    // The one that allows no other way stays behind its relay.
    a.handle.candidates(ROOM, vec![candidate(&b, &way)]).await.unwrap();
    a.link_up(&b.me()).await;
    a.handle.candidates(ROOM, vec![c.candidate()]).await.unwrap();
    a.link_up(&c.me()).await;
    let status = a.status().await;
    assert_eq!(way_to(&status, &b.me()), Some((Path::Relay, Some(s.me()))));
    assert_eq!(way_to(&status, &c.me()), Some((Path::Lan, None)));
    for node in [&mut a, &mut b, &mut c] {
        node.subscribed(ROOM).await;
    }
    a.subscribed(ROOM).await;
    talk(&mut a, &mut b, "through it").await;
}

#[tokio::test]
async fn a_relay_that_dies_is_replaced_by_another_that_is_known() {
    let (one, two) = (relay().await, relay().await);
    let mut a = only(Ways::RelayOnly, &[&one, &two]).await;
    let mut b = only(Ways::RelayOnly, &[&one, &two]).await;
    for node in [&mut a, &mut b] {
        node.until("two places", |status| status.relays.len() == 2).await;
        node.handle.join(ROOM).await.unwrap();
        node.handle.provide(KEY, ROOM).await.unwrap();
    }
    a.subscribed(ROOM).await;
    b.subscribed(ROOM).await;
    talk(&mut a, &mut b, "through it").await;
    let through = way_to(&a.status().await, &b.me()).and_then(|(_, relay)| relay).unwrap();
    let (dies, stays) = if through == one.me() { (one, two) } else { (two, one) };
    dies.handle.shutdown().await;
    let anew = |status: &Status, peer: &Peer| way_to(status, peer) == Some((Path::Relay, Some(stays.me())));
    a.status_within(ANEW, "the other relay", |status| anew(status, &b.me())).await;
    b.status_within(ANEW, "the other relay", |status| anew(status, &a.me())).await;
    a.subscribed(ROOM).await;
    b.subscribed(ROOM).await;
    talk(&mut a, &mut b, "by the other").await;
}

#[tokio::test]
async fn a_relay_refuses_one_peer_too_many_circuits_and_goes_on() {
    let s = relay().await;
    let a = only(Ways::RelayOnly, &[&s]).await;
    a.handle.join(ROOM).await.unwrap();
    let mut others = Vec::new();
    for _ in 0..MANY {
        let mut node = only(Ways::RelayOnly, &[&s]).await;
        let way = told_circuit(&mut node).await;
        a.handle.candidates(ROOM, vec![candidate(&node, &way)]).await.unwrap();
        others.push(node);
    }
    for node in &others {
        a.handle.direct(node.me(), b"one more".to_vec()).await.unwrap();
    }
    let status = s.until("some refused", |status| status.counters.relaying_refused > 0).await;
    assert!(status.circuits > 1 && status.circuits < MANY, "{status:#?}");
    let reached = a.status().await.peers.into_iter().find(|peer| peer.path == Path::Relay).unwrap().peer;
    let mut other = others.into_iter().find(|node| node.me() == reached).unwrap();
    other.direct().await;
    a.handle.direct(reached, b"still there".to_vec()).await.unwrap();
    assert_eq!(other.direct().await.1, b"still there");
}
