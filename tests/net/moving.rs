//! Links that die without a word, and peers that come back while the other end still holds the old link.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ephem_node::base::id::Topic;
use ephem_node::net::{Config, Place};
use ephem_node::node::clock::instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::node::{Node, local};

const ROOM: Topic = Topic([1; 32]);

/// Something between two nodes that passes bytes on until it is told to swallow them: a cable that is cut, as TCP sees it.
/// Whoever comes after the cut is passed on as if there had been none.
async fn cable(to: &Node) -> (Place, Arc<AtomicBool>) {
    let port: u16 = to.addrs[0].to_string().rsplit('/').next().unwrap().parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = format!("/ip4/127.0.0.1/tcp/{}", listener.local_addr().unwrap().port());
    let cut = Arc::new(AtomicBool::new(false));
    let switch = cut.clone();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let after = switch.load(Ordering::SeqCst);
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            for (mut from, mut to) in [(near_in, far_out), (far_in, near_out)] {
                let switch = switch.clone();
                tokio::spawn(async move {
                    let mut buffer = [0; 4_096];
                    while let Ok(length @ 1..) = from.read(&mut buffer).await {
                        if (after || !switch.load(Ordering::SeqCst))
                            && to.write_all(&buffer[..length]).await.is_err()
                        {
                            return;
                        }
                    }
                    if !after && switch.load(Ordering::SeqCst) {
                        // The word that it was closed does not come through either.
                        std::future::pending::<()>().await;
                    }
                });
            }
        }
    });
    (Place::parse(&place).unwrap(), cut)
}

#[tokio::test]
async fn a_tcp_link_that_swallows_everything_is_given_up_and_made_anew_in_twenty_seconds() {
    let mut a = Node::new().await;
    let (place, cut) = cable(&a).await;
    let mut b = Node::with(Config { bootstrap: vec![place], ..local() }).await;
    for node in [&mut a, &mut b] {
        node.handle.join(ROOM).await.unwrap();
    }
    a.subscribed(ROOM).await;
    b.subscribed(ROOM).await;
    cut.store(true, Ordering::SeqCst);
    let at = instant();
    b.link_down(&a.me()).await;
    b.link_up(&a.me()).await;
    b.subscribed(ROOM).await;
    // Libp2p's own pings would have taken forty.
    assert!(at.elapsed() < Duration::from_secs(25), "{:?}", at.elapsed());
    b.handle.publish(ROOM, b"anew".to_vec()).await.unwrap();
    assert_eq!(a.frame().await.1, b"anew");
}
