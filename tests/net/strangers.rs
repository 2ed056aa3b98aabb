//! Strangers around a topic: they must not keep a node from its members.

use ephem_node::base::id::Topic;
use ephem_node::net::{Config, Status, Verdict};

use crate::node::{Node, local};

const ROOM: Topic = Topic([1; 32]);
/// More than the links a node looks for.
const CROWD: usize = 12;

#[tokio::test]
async fn strangers_who_come_first_do_not_keep_a_node_from_looking_for_its_members() {
    let a = Node::new().await;
    let mut b = Node::new().await;
    for node in [&a, &b] {
        node.handle.join(ROOM).await.unwrap();
    }
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        // They link with both, listen, and pass nothing on.
        let stranger = Node::with(Config { bootstrap: vec![a.place(), b.place()], ..local() }).await;
        stranger.handle.join(ROOM).await.unwrap();
        crowd.push(stranger);
    }
    let full = |s: &Status| s.topics.iter().any(|(topic, there)| *topic == ROOM && *there >= CROWD);
    a.until("a crowd around a", full).await;
    b.until("a crowd around b", full).await;
    // What a room does when a beat says where somebody is.
    a.handle.candidates(ROOM, vec![b.candidate()]).await.unwrap();
    b.handle.candidates(ROOM, vec![a.candidate()]).await.unwrap();
    let found = |s: &Status| s.topics.iter().any(|(topic, there)| *topic == ROOM && *there > CROWD);
    a.until("b among them", found).await;
    b.until("a among them", found).await;
    for n in 0..10u8 {
        a.handle.publish(ROOM, vec![n; 100]).await.unwrap();
    }
    let mut heard: Vec<u8> = Vec::new();
    for _ in 0..10 {
        heard.push(b.judge(Verdict::Accept).await[0]);
    }
    heard.sort_unstable();
    assert_eq!(heard, (0..10).collect::<Vec<u8>>());
}
