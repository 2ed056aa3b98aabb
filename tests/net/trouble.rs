//! What goes wrong on this machine, and what strangers try.

use std::time::Duration;

use ephem_node::base::id::Topic;
use ephem_node::base::secret::Secret;
use ephem_node::net::{Addr, Config, Event, ListenFault, StartError, Verdict, start};
use libp2p::futures::StreamExt;
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity, MessageId, PublishError, ValidationMode};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Swarm, SwarmBuilder, noise, tcp, yamux};

use crate::node::{Node, PATIENCE, local};

const ROOM: Topic = Topic([1; 32]);

#[tokio::test]
async fn a_port_in_use_is_called_that() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr =
        Addr::parse_listen(&format!("/ip4/127.0.0.1/tcp/{}", taken.local_addr().unwrap().port())).unwrap();
    let refused = start(Config { listen: vec![addr.clone()], ..local() }).err();
    assert_eq!(refused, Some(StartError::Listen { addr, why: ListenFault::PortInUse }));
    // Another node counts as another program.
    let node = Node::new().await;
    for addr in &node.addrs {
        let refused = start(Config { listen: vec![addr.clone()], ..local() }).err();
        assert_eq!(refused, Some(StartError::Listen { addr: addr.clone(), why: ListenFault::PortInUse }));
    }
    let elsewhere = Addr::parse_listen("/ip4/192.0.2.1/tcp/0").unwrap();
    let refused = start(Config { listen: vec![elsewhere.clone()], ..local() }).err();
    assert_eq!(refused, Some(StartError::Listen { addr: elsewhere, why: ListenFault::NotMine }));
}

/// Somebody who speaks gossipsub and is no node: it publishes what it likes.
async fn stranger(at: &Addr) -> Swarm<gossipsub::Behaviour> {
    let config = gossipsub::ConfigBuilder::default()
        .validation_mode(ValidationMode::Anonymous)
        .message_id_fn(|m| MessageId(m.data.clone()))
        .max_transmit_size(1 << 20)
        .flood_publish(true)
        .build()
        .unwrap();
    let mut swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_behaviour(|_| {
            gossipsub::Behaviour::new(MessageAuthenticity::Anonymous, config.clone()).unwrap()
        })
        .unwrap()
        .build();
    swarm.behaviour_mut().subscribe(&IdentTopic::new(ROOM.hex())).unwrap();
    swarm.dial(at.to_string().parse::<Multiaddr>().unwrap()).unwrap();
    loop {
        let event = tokio::time::timeout(PATIENCE, swarm.select_next_some()).await.unwrap();
        if matches!(event, SwarmEvent::Behaviour(gossipsub::Event::Subscribed { .. })) {
            return swarm;
        }
    }
}

fn shout(swarm: &mut Swarm<gossipsub::Behaviour>, frame: Vec<u8>) {
    match swarm.behaviour_mut().publish(IdentTopic::new(ROOM.hex()), frame) {
        Ok(_) | Err(PublishError::AllQueuesFull(_) | PublishError::NoPeersSubscribedToTopic) => {}
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn frames_nobody_reads_are_dropped_and_counted_and_the_node_goes_on() {
    let node = Node::new().await;
    node.handle.join(ROOM).await.unwrap();
    let mut stranger = stranger(&node.addrs[0]).await;
    for n in 0..2_000u32 {
        shout(&mut stranger, [n.to_be_bytes().as_slice(), &[0; 600]].concat());
        if n % 100 == 0 {
            // Lets it be sent.
            _ = tokio::time::timeout(Duration::from_millis(5), stranger.select_next_some()).await;
        }
    }
    let deaf = async {
        loop {
            _ = stranger.next().await;
        }
    };
    tokio::select! {
        () = deaf => {}
        status = node.until("dropped frames", |s| s.counters.frames_unread > 500) => {
            assert!(status.counters.frames_in < 512, "{status:?}");
        }
    }
}

#[tokio::test]
async fn what_is_larger_than_any_frame_costs_its_sender_the_link() {
    let mut node = Node::new().await;
    node.handle.join(ROOM).await.unwrap();
    let mut stranger = stranger(&node.addrs[0]).await;
    let them = ephem_node::net::peer_from_text(&stranger.local_peer_id().to_base58()).unwrap();
    for n in 0..12u8 {
        shout(&mut stranger, vec![n; 33_000]);
    }
    let sends = async {
        loop {
            _ = stranger.next().await;
        }
    };
    tokio::select! {
        () = sends => {}
        () = node.link_down(&them) => {}
    }
    let counters = node.status().await.counters;
    assert_eq!((counters.shunned, counters.frames_in), (1, 0));
    assert!(counters.misshapen >= 8);
    assert!(!node.saw(|e| matches!(e, Event::Gossip { .. })));
}

#[tokio::test]
async fn one_who_joins_and_leaves_without_end_is_cut_off() {
    let mut node = Node::new().await;
    node.handle.join(ROOM).await.unwrap();
    let mut stranger = stranger(&node.addrs[0]).await;
    let them = ephem_node::net::peer_from_text(&stranger.local_peer_id().to_base58()).unwrap();
    let topic = IdentTopic::new(ROOM.hex());
    let flaps = async {
        loop {
            stranger.behaviour_mut().unsubscribe(&topic);
            stranger.behaviour_mut().subscribe(&topic).unwrap();
            _ = tokio::time::timeout(Duration::from_millis(1), stranger.next()).await;
        }
    };
    tokio::select! {
        () = flaps => {}
        () = node.link_down(&them) => {}
    }
    let status = node.status().await;
    assert_eq!((status.counters.shunned, status.topics), (1, vec![(ROOM, 0)]));
}

#[tokio::test]
async fn strange_topics_are_not_remembered_and_do_not_hide_ours() {
    let mut node = Node::new().await;
    // Something to be told, so that the stranger knows when the link is up.
    node.handle.join(Topic([7; 32])).await.unwrap();
    let mut stranger = stranger(&node.addrs[0]).await;
    for n in 0..50 {
        stranger.behaviour_mut().subscribe(&IdentTopic::new(format!("strange {n}"))).unwrap();
    }
    node.handle.join(ROOM).await.unwrap();
    let talks = async {
        loop {
            _ = stranger.next().await;
        }
    };
    tokio::select! {
        () = talks => {}
        _ = node.subscribed(ROOM) => {}
    }
    assert_eq!(node.status().await.topics, [(ROOM, 1), (Topic([7; 32]), 0)]);
}

#[tokio::test]
async fn garbage_costs_its_sender_the_link_and_nobody_else_anything() {
    let mut node = Node::new().await;
    node.handle.join(ROOM).await.unwrap();
    let mut friend = Node::at(&node).await;
    friend.handle.join(ROOM).await.unwrap();
    assert_eq!(node.subscribed(ROOM).await, friend.me());
    friend.subscribed(ROOM).await;
    let mut stranger = stranger(&node.addrs[0]).await;
    let them = ephem_node::net::peer_from_text(&stranger.local_peer_id().to_base58()).unwrap();
    assert_eq!(node.subscribed(ROOM).await, them);
    let junk = async {
        for n in 0u64.. {
            shout(&mut stranger, [n.to_be_bytes().as_slice(), &[0xee; 600]].concat());
            _ = tokio::time::timeout(Duration::from_millis(20), stranger.next()).await;
        }
    };
    let (mut heard, mut rejected) = (0u8, 0);
    let judged = async {
        while rejected < 8 || heard < 20 {
            if heard < 20 {
                friend.handle.publish(ROOM, vec![heard; 100]).await.unwrap();
            }
            let (_, bytes, id) = node.frame().await;
            let good = bytes.len() == 100;
            // As a room would: what no key of any room made is rejected.
            node.handle.verdict(id, if good { Verdict::Accept } else { Verdict::Reject }).await.unwrap();
            if good { heard += 1 } else { rejected += 1 }
        }
        node.link_down(&them).await;
    };
    tokio::select! {
        () = junk => {}
        () = judged => {}
    }
    let status = node.status().await;
    assert_eq!((status.counters.shunned, status.peers.len()), (1, 1));
    assert_eq!(status.peers[0].peer, friend.me(), "who did nothing wrong stays");
    // It may knock again, and is not heard.
    stranger.dial(node.addrs[0].to_string().parse::<Multiaddr>().unwrap()).unwrap();
    let refused = async {
        loop {
            if let SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. } =
                stranger.select_next_some().await
            {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("refused");
    friend.handle.publish(ROOM, b"still here".to_vec()).await.unwrap();
    while node.judge(Verdict::Accept).await != b"still here" {}
}

/// A link is measured every ten seconds; two round trips that take longer than ten are its end, and then both look for each
/// other again. That takes forty seconds at most; the rest is for a busy machine.
const LINK_DIES: Duration = Duration::from_secs(90);

/// Somebody whose machine was switched off and on again comes back under the same name while the old link still looks alive.
/// Topics are told once for each peer, so the newcomer would never hear of them.
#[tokio::test]
async fn whoever_returns_while_the_old_link_still_looks_alive_is_heard_again() {
    let config = || Config { key: Some(Secret::new([6; 32])), ..local() };
    let mut other = Node::new().await;
    other.handle.join(ROOM).await.unwrap();
    let place = other.place();
    let (stopped, stands) = std::sync::mpsc::sync_channel::<()>(1);
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    let first = Config { bootstrap: vec![place.clone()], ..config() };
    let frozen = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let node = runtime.block_on(async {
            let mut node = Node::with(first).await;
            node.handle.join(ROOM).await.unwrap();
            node.subscribed(ROOM).await;
            node
        });
        ready.send(node.me()).unwrap();
        // Its sockets stay open, and nobody looks after them any more.
        _ = stands.recv();
    });
    let me = is_ready.await.unwrap();
    assert_eq!(other.subscribed(ROOM).await, me);
    let mut again = Node::with(Config { bootstrap: vec![place], ..config() }).await;
    assert_eq!(again.me(), me);
    again.handle.join(ROOM).await.unwrap();
    // Until the old link is found dead, which takes a round trip that fails; then both begin anew.
    again.status_within(LINK_DIES, "somebody who listens", |s| s.topics == [(ROOM, 1)]).await;
    again.handle.publish(ROOM, b"I am back".to_vec()).await.unwrap();
    assert_eq!(other.frame().await.1, b"I am back");
    other.handle.publish(ROOM, b"welcome back".to_vec()).await.unwrap();
    assert_eq!(again.frame().await.1, b"welcome back");
    drop(stopped);
    frozen.join().unwrap();
}
