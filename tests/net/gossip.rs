//! Frames on topics and straight to a peer.

use std::time::Duration;

use ephem_node::base::id::Topic;
use ephem_node::net::{Event, SendError, Verdict};

use crate::node::Node;

const ROOM: Topic = Topic([1; 32]);
const OTHER: Topic = Topic([2; 32]);

/// Two nodes on one topic that know of each other.
async fn pair() -> (Node, Node) {
    let mut a = Node::new().await;
    let mut b = Node::at(&a).await;
    for node in [&mut a, &mut b] {
        node.handle.join(ROOM).await.unwrap();
    }
    assert_eq!(a.subscribed(ROOM).await, b.me());
    assert_eq!(b.subscribed(ROOM).await, a.me());
    (a, b)
}

#[tokio::test]
async fn two_who_meet_by_an_address_hear_each_other() {
    let (mut a, mut b) = pair().await;
    a.handle.publish(ROOM, b"from a".to_vec()).await.unwrap();
    assert_eq!(b.judge(Verdict::Accept).await, b"from a");
    b.handle.publish(ROOM, b"from b".to_vec()).await.unwrap();
    assert_eq!(a.judge(Verdict::Accept).await, b"from b");
    let (_, largest, _) = {
        a.handle.publish(ROOM, vec![7; 32_768]).await.unwrap();
        a.handle.publish(ROOM, vec![8; 32_768]).await.unwrap();
        b.frame().await
    };
    assert_eq!(largest.len(), 32_768);
    assert_eq!(b.frame().await.1, vec![8; 32_768], "and the one behind it");
}

#[tokio::test]
async fn a_frame_goes_on_only_where_it_was_accepted() {
    let (mut a, mut b) = pair().await;
    let mut c = Node::at(&b).await;
    c.handle.join(ROOM).await.unwrap();
    c.subscribed(ROOM).await;
    b.subscribed(ROOM).await;
    // All in b's mesh, so that nothing but the verdict decides.
    for (word, verdict) in
        [("rejected", Verdict::Reject), ("ignored", Verdict::Ignore), ("accepted", Verdict::Accept)]
    {
        a.handle.publish(ROOM, word.as_bytes().to_vec()).await.unwrap();
        assert_eq!(b.judge(verdict).await, word.as_bytes());
    }
    assert_eq!(c.frame().await.1, b"accepted", "the first thing c hears");
    assert!(!a.saw(|e| matches!(e, Event::Gossip { .. })), "nothing comes back to its author");
}

#[tokio::test]
async fn who_sends_junk_is_cut_off() {
    let (a, mut b) = pair().await;
    for n in 0..10u8 {
        a.handle.publish(ROOM, vec![n; 100]).await.unwrap();
    }
    for _ in 0..8 {
        b.judge(Verdict::Reject).await;
    }
    let from = a.me();
    b.link_down(&from).await;
    let status = b.status().await;
    assert_eq!((status.counters.shunned, status.peers.len()), (1, 0));
    // It may knock again, and stays outside.
    let refused = a.until("failed dials", |s| s.counters.dials_failed > 0 || s.peers.is_empty()).await;
    assert!(refused.peers.is_empty());
    assert!(b.status().await.peers.is_empty());
}

#[tokio::test]
async fn ignored_frames_cost_nobody_anything() {
    let (a, mut b) = pair().await;
    for n in 0..30u8 {
        a.handle.publish(ROOM, vec![n; 100]).await.unwrap();
        b.judge(Verdict::Ignore).await;
    }
    let status = b.status().await;
    assert_eq!((status.counters.shunned, status.peers.len()), (0, 1));
}

#[tokio::test]
async fn a_topic_not_joined_is_neither_heard_nor_announced() {
    let mut a = Node::new().await;
    let mut b = Node::at(&a).await;
    a.handle.join(ROOM).await.unwrap();
    a.handle.join(OTHER).await.unwrap();
    b.handle.join(OTHER).await.unwrap();
    a.subscribed(OTHER).await;
    b.subscribed(OTHER).await;
    a.handle.publish(ROOM, b"not for b".to_vec()).await.unwrap();
    a.handle.publish(OTHER, b"for b".to_vec()).await.unwrap();
    assert_eq!(b.frame().await.1, b"for b");
    assert!(
        !b.saw(|e| matches!(e, Event::Subscribed { topic: ROOM, .. } | Event::Gossip { topic: ROOM, .. }))
    );
    assert!(!a.saw(|e| matches!(e, Event::Subscribed { topic: ROOM, .. })));
    assert_eq!(a.status().await.counters.held, 1, "it waits for somebody who listens");
    b.handle.publish(ROOM, b"never joined".to_vec()).await.unwrap();
    assert_eq!(b.status().await.counters.unjoined, 1);
}

#[tokio::test]
async fn who_joins_late_learns_who_was_there_before() {
    let mut a = Node::new().await;
    let mut b = Node::at(&a).await;
    a.handle.join(ROOM).await.unwrap();
    a.handle.join(OTHER).await.unwrap();
    b.handle.join(OTHER).await.unwrap();
    b.subscribed(OTHER).await;
    // By now b has been told of both of a's topics, and joins the second.
    b.handle.join(ROOM).await.unwrap();
    assert_eq!(b.subscribed(ROOM).await, a.me());
    a.subscribed(ROOM).await;
    b.handle.publish(ROOM, b"late".to_vec()).await.unwrap();
    assert_eq!(a.frame().await.1, b"late");
    a.handle.publish(ROOM, b"welcome".to_vec()).await.unwrap();
    assert_eq!(b.frame().await.1, b"welcome");
    // And one who leaves is heard to leave.
    b.handle.part(ROOM).await.unwrap();
    a.next("an unsubscription", |e| matches!(e, Event::Unsubscribed { topic: ROOM, .. }).then_some(())).await;
    assert_eq!(a.status().await.topics, [(ROOM, 0), (OTHER, 1)]);
}

#[tokio::test]
async fn what_was_published_before_anybody_listened_arrives_once_somebody_does() {
    let a = Node::new().await;
    a.handle.join(ROOM).await.unwrap();
    for word in ["one", "two"] {
        a.handle.publish(ROOM, word.as_bytes().to_vec()).await.unwrap();
    }
    assert_eq!(a.status().await.counters.held, 2);
    let mut b = Node::at(&a).await;
    b.handle.join(ROOM).await.unwrap();
    let mut heard = [b.frame().await.1, b.frame().await.1];
    heard.sort();
    assert_eq!(heard, [b"one".to_vec(), b"two".to_vec()]);
}

#[tokio::test]
async fn a_direct_frame_goes_both_ways_and_no_further() {
    let (mut a, mut b) = pair().await;
    let mut c = Node::at(&b).await;
    c.handle.join(ROOM).await.unwrap();
    c.subscribed(ROOM).await;
    a.handle.direct(b.me(), vec![1; 32_768]).await.unwrap();
    assert_eq!(b.direct().await, (a.me(), vec![1; 32_768]));
    b.handle.direct(a.me(), b"answer".to_vec()).await.unwrap();
    assert_eq!(a.direct().await, (b.me(), b"answer".to_vec()));
    assert!(!c.saw(|e| matches!(e, Event::Direct { .. })));
    let sent = a.status().await.counters;
    assert_eq!((sent.direct_out, sent.direct_failed), (1, 0));
}

#[tokio::test]
async fn a_direct_frame_makes_its_own_link_to_a_named_peer() {
    let mut a = Node::new().await;
    let b = Node::new().await;
    b.handle.join(ROOM).await.unwrap();
    // Named for the topic, but nothing says that b wants a link: the frame does.
    b.handle.candidates(ROOM, vec![a.candidate()]).await.unwrap();
    b.handle.direct(a.me(), b"hello".to_vec()).await.unwrap();
    assert_eq!(a.direct().await, (b.me(), b"hello".to_vec()));
    // To one nobody ever named it fails, counted.
    let stranger = Node::new().await.me();
    b.handle.direct(stranger, b"hello".to_vec()).await.unwrap();
    b.until("a counted failure", |s| s.counters.direct_failed == 1).await;
}

#[tokio::test]
async fn a_frame_of_no_size_or_too_large_is_refused() {
    let a = Node::new().await;
    a.handle.join(ROOM).await.unwrap();
    for frame in [vec![], vec![0; 32_769]] {
        assert_eq!(a.handle.publish(ROOM, frame.clone()).await, Err(SendError::Size));
        assert_eq!(a.handle.direct(a.me(), frame).await, Err(SendError::Size));
    }
}

#[tokio::test]
async fn the_last_word_before_a_stop_is_heard() {
    let (a, mut b) = pair().await;
    let from = a.me();
    for n in 0..20u8 {
        a.handle.publish(ROOM, vec![n; 1_000]).await.unwrap();
    }
    a.handle.direct(b.me(), b"goodbye".to_vec()).await.unwrap();
    a.handle.shutdown().await;
    for _ in 0..20 {
        b.frame().await;
    }
    assert_eq!(b.direct().await.1, b"goodbye");
    b.link_down(&from).await;
    assert_eq!(a.handle.publish(ROOM, vec![1]).await, Err(SendError::Stopped));
}

/// What gossip forgets, it forgets by its own beat. That beat leaves no waker behind when it falls together with the one of
/// scores, as both do after a moment in which nobody could look: on a quiet node it then stands still, but for the driver's.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a thread that stands still is what is tried")]
async fn a_node_that_stood_still_for_a_moment_keeps_gossips_heartbeat_going() {
    let (a, mut b) = pair().await;
    a.handle.publish(ROOM, b"judged late".to_vec()).await.unwrap();
    let (_, _, id) = b.frame().await;
    // The one thread there is looks away, and then nothing may happen: a question would wake the node.
    std::thread::sleep(Duration::from_millis(2_500));
    tokio::time::sleep(Duration::from_secs(7)).await;
    // A frame is forgotten after five beats of a second.
    b.handle.verdict(id, Verdict::Accept).await.unwrap();
    assert_eq!(b.status().await.counters.late_verdicts, 1, "the frame should have been forgotten");
}
