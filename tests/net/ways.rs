//! Every way one node can be linked with another: IPv4 and IPv6, QUIC and TCP, by number and by name.

use ephem_node::base::id::Topic;
use ephem_node::net::{Addr, BootstrapState, Config, Place, probe};
use ephem_node::node::clock::instant;

use crate::node::{Node, PATIENCE, local};

const ROOM: Topic = Topic([1; 32]);

/// A node that listens there and nowhere else; `None` where this machine has no such address.
async fn only(listen: &str) -> Option<Node> {
    if listen.starts_with("/ip6") && std::net::TcpListener::bind("[::1]:0").is_err() {
        // Nothing to be seen on a machine without IPv6.
        return None;
    }
    let listen = vec![Addr::parse_listen(listen).unwrap()];
    Some(Node::with(Config { listen, ..local() }).await)
}

fn port(node: &Node) -> String {
    node.addrs[0].to_string().split('/').nth(4).unwrap().to_owned()
}

async fn talk(a: &mut Node, b: &mut Node) {
    for node in [&mut *a, &mut *b] {
        node.handle.join(ROOM).await.unwrap();
    }
    a.subscribed(ROOM).await;
    b.subscribed(ROOM).await;
    a.handle.publish(ROOM, b"there".to_vec()).await.unwrap();
    assert_eq!(b.frame().await.1, b"there");
    b.handle.direct(a.me(), b"and back".to_vec()).await.unwrap();
    assert_eq!(a.direct().await.1, b"and back");
}

#[tokio::test]
async fn two_talk_over_one_transport_alone() {
    for listen in
        ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1", "/ip6/::1/tcp/0", "/ip6/::1/udp/0/quic-v1"]
    {
        let (Some(mut a), Some(mut b)) = (only(listen).await, only(listen).await) else { continue };
        b.handle.bootstrap(a.place()).await.unwrap();
        talk(&mut a, &mut b).await;
        let peers = b.status().await.peers;
        assert_eq!((peers.len(), peers[0].links), (1, 1), "{listen}");
        assert_eq!(peers[0].addr, a.addrs[0], "{listen}");
    }
}

#[tokio::test]
async fn a_host_and_a_port_are_tried_over_both_transports() {
    for (listen, host) in [
        ("/ip4/127.0.0.1/tcp/0", "127.0.0.1"),
        ("/ip4/127.0.0.1/udp/0/quic-v1", "127.0.0.1"),
        ("/ip4/127.0.0.1/tcp/0", "localhost"),
        ("/ip6/::1/tcp/0", "[::1]"),
        ("/ip6/::1/udp/0/quic-v1", "[::1]"),
    ] {
        let Some(mut a) = only(listen).await else { continue };
        let mut b = Node::new().await;
        b.handle.bootstrap(Place::parse(&format!("{host}:{}", port(&a))).unwrap()).await.unwrap();
        match b.bootstrap().await {
            BootstrapState::Linked { peer, addr } => assert_eq!((peer, addr), (a.me(), a.addrs[0].clone())),
            other => panic!("{host}, {listen}: {other:?}"),
        }
        talk(&mut a, &mut b).await;
    }
}

#[tokio::test]
async fn a_name_in_an_address_is_looked_up() {
    for (listen, end) in [("/ip4/127.0.0.1/tcp/0", "tcp/"), ("/ip4/127.0.0.1/udp/0/quic-v1", "udp/")] {
        for name in ["dns4", "dns"] {
            let mut a = only(listen).await.unwrap();
            let quic = if end == "udp/" { "/quic-v1" } else { "" };
            let place = Place::parse(&format!("/{name}/localhost/{end}{}{quic}", port(&a))).unwrap();
            let mut b = Node::with(Config { bootstrap: vec![place], ..local() }).await;
            assert!(matches!(b.bootstrap().await, BootstrapState::Linked { .. }), "{name} {listen}");
            talk(&mut a, &mut b).await;
        }
    }
}

#[tokio::test]
async fn whoever_only_asks_waits_until_something_came_of_a_name() {
    let Some(a) = only("/ip4/127.0.0.1/tcp/0").await else { return };
    let place = Place::parse(&format!("localhost:{}", port(&a))).unwrap();
    let found = probe::ask(&[place], instant() + PATIENCE).await.unwrap();
    assert!(matches!(found.as_slice(), [(_, BootstrapState::Linked { .. })]), "{found:?}");
}
