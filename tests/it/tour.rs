//! The demo: a real node in a simulated room.

use std::time::Duration;

use ephem_node::base::nick::Nick;
use ephem_node::chat::event::{Event, Fate};
use ephem_node::chat::name::Standing;
use ephem_node::chat::request::{Asked, Draft, Request};
use ephem_node::chat::text::Body;
use ephem_node::node::{Telling, tour};

use crate::words::WAIT;

async fn until<T>(telling: &mut Telling, wanted: impl Fn(&Event) -> Option<T>) -> T {
    let look = async {
        loop {
            let event = telling.next().await.expect("the node goes on");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    };
    tokio::time::timeout(WAIT, look).await.expect("in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_into_the_demo_hears_the_story_and_is_heard() {
    let (asking, mut telling) = tour::start(Nick::parse("eve").expect("a nick"), 1).await.expect("it starts");
    until(&mut telling, |event| match event {
        Event::Room(line) if line.facts.state == Standing::Confirmed && line.facts.members == 5 => Some(()),
        _ => None,
    })
    .await;
    until(&mut telling, |event| match event {
        Event::Message(said) if said.from.nick.as_str() == "ana" => said.text.clone(),
        _ => None,
    })
    .await;
    let text = Body::typed("is anybody real here?").expect("a text").0;
    asking.ask(Asked::here(Request::Send(Box::new(Draft::plain(text))))).await;
    let heard = until(&mut telling, |event| match event {
        Event::Receipt(receipt) => match receipt.fate {
            Fate::Delivered { count, of } if count == of => Some(of),
            _ => None,
        },
        _ => None,
    })
    .await;
    assert_eq!(heard, 4, "all four hear it");
    asking.end(0, "enough").await;
    let bye = until(&mut telling, |event| match event {
        Event::Bye(bye) => Some(bye.code),
        _ => None,
    })
    .await;
    assert_eq!(bye, 0);
    let last = tokio::time::timeout(Duration::from_secs(5), telling.next()).await.expect("it has ended");
    assert!(last.is_none());
}
