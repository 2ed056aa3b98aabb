//! How nodes find each other.

use std::collections::BTreeSet;

use ephem_node::base::id::Topic;
use ephem_node::base::secret::Secret;
use ephem_node::net::{
    BootstrapState, Candidate, Config, Event, Path, Place, Status, Unreachable, Verdict, peer_text,
};

use crate::node::{Node, PATIENCE, local};

const ROOM: Topic = Topic([1; 32]);
const KEY: [u8; 32] = [9; 32];

#[tokio::test]
async fn a_named_candidate_is_linked_with_and_without_its_name() {
    for nameless in [false, true] {
        let mut a = Node::new().await;
        let mut b = Node::at(&a).await;
        let mut c = Node::at(&b).await;
        for node in [&mut a, &mut b, &mut c] {
            node.handle.join(ROOM).await.unwrap();
        }
        c.subscribed(ROOM).await;
        let mut named = a.candidate();
        if nameless {
            named.peer = None;
        }
        c.handle.candidates(ROOM, vec![named]).await.unwrap();
        c.link_up(&a.me()).await;
        assert_eq!(c.subscribed(ROOM).await, a.me());
    }
}

/// Who knows only the first member's address would starve: gossip hands out no addresses, members do.
#[tokio::test]
async fn a_room_of_twelve_that_began_at_one_address_hears_everything() {
    const MEMBERS: usize = 12;
    let mut nodes = vec![Node::new().await];
    for _ in 1..MEMBERS {
        nodes.push(Node::at(&nodes[0]).await);
    }
    let everybody: Vec<Candidate> = nodes.iter().map(Node::candidate).collect();
    for node in &nodes {
        node.handle.join(ROOM).await.unwrap();
        node.handle.candidates(ROOM, everybody.clone()).await.unwrap();
    }
    for node in &nodes {
        let full = |s: &Status| s.topics.iter().all(|(_, there)| *there >= 8);
        node.until("eight links", full).await;
    }
    let (tell, mut told) = tokio::sync::mpsc::channel(MEMBERS);
    for (n, mut node) in nodes.into_iter().enumerate() {
        let tell = tell.clone();
        tokio::spawn(async move {
            node.handle.publish(ROOM, vec![n as u8; 600]).await.unwrap();
            let mut heard = BTreeSet::new();
            while heard.len() < MEMBERS - 1 {
                heard.insert(node.judge(Verdict::Accept).await[0]);
            }
            tell.send((n, node)).await.unwrap();
        });
    }
    // Nobody leaves before all have heard all: others may hear through them.
    let mut done = Vec::new();
    while done.len() < MEMBERS {
        let one = tokio::time::timeout(PATIENCE, told.recv()).await;
        done.push(one.ok().flatten().expect("somebody missed something"));
    }
}

#[tokio::test]
async fn junk_for_candidates_is_passed_over() {
    let mut a = Node::new().await;
    let c = Node::new().await;
    c.handle.join(ROOM).await.unwrap();
    let addr = |text: &str| text.parse::<libp2p::Multiaddr>().unwrap().to_vec();
    let junk = vec![
        Candidate { peer: None, addrs: vec![vec![], vec![0xff; 300], b"junk".to_vec()] },
        Candidate {
            peer: None,
            addrs: vec![
                addr("/ip4/192.168.77.1/tcp/80"),
                addr("/dns4/router/tcp/80"),
                addr("/ip4/127.0.0.1/tcp/0"),
            ],
        },
        Candidate { peer: Some(c.me()), addrs: vec![a.addrs[0].to_bytes()] },
    ];
    c.handle.candidates(ROOM, junk).await.unwrap();
    c.handle.candidates(Topic([8; 32]), vec![a.candidate()]).await.unwrap();
    let status = c.status().await;
    assert_eq!((status.counters.addresses_refused, status.counters.dials_failed), (3, 0));
    // What is good among it still works.
    c.handle.candidates(ROOM, vec![a.candidate()]).await.unwrap();
    a.link_up(&c.me()).await;
}

#[tokio::test]
async fn two_who_dial_each_other_at_once_settle() {
    let (mut a, mut b) = (Node::new().await, Node::new().await);
    for node in [&mut a, &mut b] {
        node.handle.join(ROOM).await.unwrap();
    }
    a.handle.candidates(ROOM, vec![b.candidate()]).await.unwrap();
    b.handle.candidates(ROOM, vec![a.candidate()]).await.unwrap();
    a.subscribed(ROOM).await;
    b.subscribed(ROOM).await;
    for n in 0..20u8 {
        a.handle.publish(ROOM, vec![n + 1]).await.unwrap();
        assert_eq!(b.frame().await.1, [n + 1]);
    }
    assert!(!a.saw(|e| matches!(e, Event::LinkDown { .. })));
    let status = a.status().await;
    assert_eq!(status.peers.len(), 1);
    assert_eq!(status.peers[0].path, Path::Lan);
}

#[tokio::test]
async fn the_table_brings_together_two_whom_nobody_introduced() {
    let server = Node::with(Config { serve: true, ..local() }).await;
    let mut a = Node::at(&server).await;
    a.handle.join(ROOM).await.unwrap();
    a.handle.provide(KEY, ROOM).await.unwrap();
    let mut b = Node::at(&server).await;
    b.handle.join(ROOM).await.unwrap();
    b.handle.provide(KEY, ROOM).await.unwrap();
    // Which of the two finds the other is left open.
    assert_eq!(a.subscribed(ROOM).await, b.me());
    assert_eq!(b.subscribed(ROOM).await, a.me());
    a.handle.publish(ROOM, b"found".to_vec()).await.unwrap();
    assert_eq!(b.frame().await.1, b"found");
    let table = b.status().await.table;
    assert_eq!((table.on, table.serves, table.servers, table.keys), (true, false, 1, 1));
    assert!(server.status().await.table.serves);
    // A key that nobody else has leads to nobody.
    let mut c = Node::at(&server).await;
    c.handle.join(ROOM).await.unwrap();
    c.handle.provide([8; 32], ROOM).await.unwrap();
    c.link_up(&server.me()).await;
    a.handle.withdraw(KEY).await.unwrap();
    assert_eq!(a.status().await.table.keys, 0);
    assert_eq!(c.status().await.peers.len(), 1);
}

#[tokio::test]
async fn a_bootstrap_says_how_it_stands() {
    let a = Node::new().await;
    let mut b = Node::at(&a).await;
    match b.bootstrap().await {
        BootstrapState::Linked { peer, addr } => {
            assert_eq!((peer, &addr), (a.me(), &a.addrs[0]));
        }
        other => panic!("{other:?}"),
    }
    // By host and port, QUIC or TCP, the peer learned.
    let port = a.addrs[0].to_string().rsplit('/').next().unwrap().to_owned();
    b.handle.bootstrap(Place::parse(&format!("127.0.0.1:{port}")).unwrap()).await.unwrap();
    assert!(matches!(b.bootstrap().await, BootstrapState::Linked { .. }));
    assert_eq!(b.status().await.bootstraps.len(), 2);
}

#[tokio::test]
async fn a_bootstrap_that_fails_says_why_and_is_tried_again() {
    // A port that was just free, and a service that is none of ours.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = free.local_addr().unwrap().port();
    let stranger = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other = stranger.local_addr().unwrap().port();
    drop(free);
    tokio::spawn(async move {
        while let Ok((socket, _)) = stranger.accept().await {
            socket.try_write(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        }
    });
    let mut a = Node::new().await;
    let why = |state| match state {
        BootstrapState::Failed { why, .. } | BootstrapState::GivenUp { why } => why,
        other => panic!("{other:?}"),
    };
    let at = |port: u16| Place::parse(&format!("/ip4/127.0.0.1/tcp/{port}")).unwrap();
    a.handle.bootstrap(at(closed)).await.unwrap();
    assert_eq!(why(a.bootstrap().await), Unreachable::Refused);
    a.handle.bootstrap(at(other)).await.unwrap();
    assert_eq!(why(a.bootstrap().await), Unreachable::NotOurs);
    a.handle.bootstrap(a.place()).await.unwrap();
    assert_eq!(why(a.bootstrap().await), Unreachable::Myself);
    let b = Node::new().await;
    let wrong = format!("{}/p2p/{}", b.addrs[0], peer_text(&a.me()).unwrap());
    let mut c = Node::new().await;
    c.handle.bootstrap(Place::parse(&wrong).unwrap()).await.unwrap();
    assert_eq!(why(c.bootstrap().await), Unreachable::OtherPeer);
    // Somebody opens the port that was closed.
    let late = Node::with(Config { listen: vec![addr(closed)], ..local() }).await;
    a.link_up(&late.me()).await;
}

fn addr(port: u16) -> ephem_node::net::Addr {
    ephem_node::net::Addr::parse_listen(&format!("/ip4/127.0.0.1/tcp/{port}")).unwrap()
}

#[tokio::test]
async fn a_lost_bootstrap_that_comes_back_is_found_again_with_all_its_topics() {
    let seed = || Some(Secret::new([5; 32]));
    let a = Node::with(Config { key: seed(), ..local() }).await;
    let (me, port) = (a.me(), a.addrs.iter().find(|a| a.to_string().contains("/tcp/")).unwrap().clone());
    a.handle.join(ROOM).await.unwrap();
    let place = Place::parse(&port.to_string()).unwrap();
    let mut b = Node::with(Config { bootstrap: vec![place], ..local() }).await;
    b.handle.join(ROOM).await.unwrap();
    assert_eq!(b.subscribed(ROOM).await, me);
    a.handle.shutdown().await;
    b.link_down(&me).await;
    let mut again = Node::with(Config { key: seed(), listen: vec![port], ..local() }).await;
    assert_eq!(again.me(), me, "a key that is kept keeps the name");
    again.handle.join(ROOM).await.unwrap();
    assert_eq!(b.subscribed(ROOM).await, me);
    again.subscribed(ROOM).await;
    b.handle.publish(ROOM, b"back".to_vec()).await.unwrap();
    assert_eq!(again.frame().await.1, b"back");
}
