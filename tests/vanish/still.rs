//! A screen whose process stood still beyond the end of what it showed: when it goes on, nothing of that is drawn or sent.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::messages::texts;
use crate::scan::{SHORT, Wanted, may_read};
use crate::seat::Seat;
use crate::words::Net;

/// So long after it went on everything that it had to do has been done.
const AFTER: Duration = Duration::from_secs(2);
/// Letters in a row that nothing else on a screen has.
const LETTERS: usize = 5;
const SHORT_LIFE_MS: u64 = 5_000;

/// Whether what was written to a terminal holds a piece of a text.
fn holds(written: &[u8], text: &str) -> bool {
    let words = text.split(' ').filter(|word| word.len() >= LETTERS);
    words
        .flat_map(|word| word.as_bytes().windows(LETTERS))
        .any(|piece| written.windows(LETTERS).any(|at| at == piece))
}

/// Stands still for so long, with one message on the screen, one that comes meanwhile, and one that waits to be sent: all
/// three are over when it goes on.
fn stands_still(wait: Duration) {
    let [shown, came, waits, stays] = texts(4, 21).try_into().expect("four");
    let mut net = Net::hosted_by("ana", &["--rate", "off"]);
    let mut bob = Seat::screen(&net, &["lobby", "--open", "--nick", "bob"]);
    net.counts("ana", 2);
    bob.shows("2 here");
    let last = |text: &str| text.rsplit(' ').next().expect("a word").to_owned();
    let short = |text: &str| json!({"cmd": "send", "text": text, "ttl_ms": SHORT_LIFE_MS});
    // A member's second message waits until after its own end.
    assert_eq!(net.ask("ana", json!({"cmd": "line", "text": "/slow 6s"}))["ok"], true);
    bob.types("/ttl 5s\r");
    bob.shows("[5s]");
    bob.types("a first one\r");
    net.expect(&["ana"], "a first one");
    bob.types(&waits);
    bob.shows(&last(&waits));
    bob.types("\r");
    bob.shows("write a message");
    assert_eq!(net.ask("ana", short(&shown))["ok"], true);
    bob.shows(&last(&shown));
    assert!(holds(&bob.take_written(), &shown), "the search does not find what was drawn");
    bob.signal("STOP");
    let stopped = Instant::now();
    assert_eq!(net.ask("ana", short(&came))["ok"], true);
    assert_eq!(net.ask("ana", json!({"cmd": "send", "text": stays}))["ok"], true);
    sleep(wait);
    drop(bob.take_written());
    // What a stopped process has drawn stays where it is: nobody else can take it away.
    bob.shows(&last(&shown));
    let woke = Instant::now();
    bob.signal("CONT");
    bob.until("what is over is gone", |text| !text.contains(&last(&shown)));
    let took = woke.elapsed();
    bob.shows(&last(&stays));
    sleep(AFTER);
    let written = bob.take_written();
    for (what, text) in [("shown before", &shown), ("came meanwhile", &came), ("waited to be sent", &waits)] {
        assert!(!holds(&written, text), "drawn after its end: {what}");
    }
    net.never("ana", &waits);
    assert!(holds(&written, &stays), "the search does not find what was drawn");
    println!(
        "stood still for {:.1} s: off the screen {} ms after going on, nothing of it in {} bytes written since",
        (woke - stopped).as_secs_f64(),
        took.as_millis(),
        written.len()
    );
    assert!(took <= Duration::from_millis(250), "{took:?}");
    if may_read(bob.pid()) {
        let found = Wanted::of(&[shown, came, waits]).within(bob.pid(), &SHORT);
        assert_eq!(found.pieces, 0, "{found}");
    }
}

#[test]
fn a_screen_that_stood_still_draws_and_sends_nothing_whose_time_is_over() {
    stands_still(Duration::from_secs(7));
}

#[test]
#[ignore = "long: just vanish"]
fn nor_does_one_that_stood_still_for_half_a_minute() {
    stands_still(Duration::from_secs(30));
}
