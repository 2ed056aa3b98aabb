//! What becomes of a message that is said before there is anybody to hear it.

use super::*;
use crate::base::limits::{QUEUE, TTL_DEFAULT_S};
use crate::room::io::{Fate, Refused};

fn fates(world: &World, i: usize, cid: u64) -> Vec<Fate> {
    let fate = |e: &Event| match e {
        Event::Fate { cid: of, fate, .. } if *of == cid => Some(*fate),
        _ => None,
    };
    world.events(i).iter().filter_map(|(_, e)| fate(e)).collect()
}

fn say(world: &mut World, i: usize, draft: Draft) {
    world.command(i, Command::Say(draft));
}

#[test]
fn what_is_said_while_the_room_is_looked_for_goes_out_in_order_once_others_vouch_for_it() {
    let mut world = World::new(1, Links::LAN);
    let ana = world.join(0);
    assert_eq!(world.state(ana).unwrap().standing(), Some(Standing::Searching));
    say(&mut world, ana, Draft::plain(1, "first"));
    assert_eq!(fates(&world, ana, 1), [Fate::Queued]);
    // She founds the room; what waits goes on waiting for somebody to hear it.
    world.run(20_000);
    assert_eq!(world.state(ana).unwrap().standing(), Some(Standing::Alone));
    let bob = world.join(0);
    say(&mut world, bob, Draft::plain(2, "second"));
    say(&mut world, bob, Draft::plain(3, "third"));
    assert!(world.run_until(100, 60_000, |w| w.read(bob, "first") && w.read(ana, "third")).is_some());
    world.run(1_000);
    for (who, cid) in [(ana, 1), (bob, 2), (bob, 3)] {
        assert_eq!(
            fates(&world, who, cid),
            [Fate::Queued, Fate::Sent, Fate::Delivered { count: 1, of: 1 }],
            "{cid}"
        );
    }
    let order: Vec<&str> =
        world.heard(ana).filter_map(|(_, heard)| heard.text.as_ref().map(|t| t.as_str())).collect();
    assert_eq!(order, ["first", "second", "third"]);
    // Its time ran while it waited.
    let first = world.heard(bob).find(|(_, h)| h.ttl_s < TTL_DEFAULT_S).map(|(_, h)| h.ttl_s).unwrap();
    assert!((TTL_DEFAULT_S - 40..=TTL_DEFAULT_S - 19).contains(&first), "{first}");
}

#[test]
fn what_dies_while_it_waits_is_gone_and_its_author_is_told() {
    let mut world = World::new(2, Links::LAN);
    let ana = world.enter(0, Intent::Visit);
    world.run(40_000);
    say(&mut world, ana, Draft { ttl_s: Some(30), ..Draft::plain(1, "too late") });
    say(&mut world, ana, Draft { ttl_s: Some(30), waited_ms: 29_000, ..Draft::plain(2, "said before") });
    world.run(1_500);
    assert_eq!(fates(&world, ana, 2), [Fate::Queued, Fate::Failed(Refused::Burned)]);
    world.run(28_000);
    assert_eq!(world.state(ana).unwrap().unsent(), 1);
    world.run(1_000);
    assert_eq!(world.state(ana).unwrap().unsent(), 0);
    assert_eq!(fates(&world, ana, 1), [Fate::Queued, Fate::Failed(Refused::Burned)]);
    let bob = world.join(0);
    assert!(world.run_until(100, 60_000, |w| w.agree(&[ana, bob])).is_some());
    world.run(5_000);
    assert!(!world.read(bob, "too late") && !world.read(bob, "said before"));
}

#[test]
fn what_waits_can_be_taken_back_and_is_given_up_with_the_room() {
    let mut world = World::new(3, Links::LAN);
    let ana = world.enter(0, Intent::Visit);
    say(&mut world, ana, Draft::plain(1, "a slip"));
    world.command(ana, Command::BurnMine);
    assert_eq!(fates(&world, ana, 1), [Fate::Queued, Fate::Failed(Refused::TakenBack)]);
    say(&mut world, ana, Draft::plain(2, "never mind"));
    world.command(ana, Command::Leave { panic: false });
    assert_eq!(fates(&world, ana, 2), [Fate::Queued, Fate::Failed(Refused::NotIn)]);
    assert_eq!(world.state(ana).unwrap().unsent(), 0);
}

#[test]
fn what_cannot_be_said_anywhere_is_refused_at_once_and_only_so_much_waits() {
    let mut world = World::new(4, Links::LAN);
    let ana = world.enter(0, Intent::Visit);
    for (cid, draft, why) in [
        (1, Draft::plain(1, ""), Refused::TooLong),
        (2, Draft { ttl_s: Some(4), ..Draft::plain(2, "short") }, Refused::TtlRange),
    ] {
        say(&mut world, ana, draft);
        assert_eq!(fates(&world, ana, cid), [Fate::Failed(why)]);
    }
    for cid in 10..10 + QUEUE as u64 {
        say(&mut world, ana, Draft::plain(cid, "one of many"));
    }
    assert_eq!(world.state(ana).unwrap().unsent(), QUEUE);
    say(&mut world, ana, Draft::plain(9, "one too many"));
    assert_eq!(fates(&world, ana, 9), [Fate::Failed(Refused::QueueFull)]);
}

#[test]
fn what_the_room_does_not_allow_fails_when_its_turn_comes() {
    let mut world = World::new(5, Links::LAN);
    let policy = Policy { ttl_max_s: Some(60), ..Policy::default() };
    let owner = world.enter(0, Intent::Join(Box::new(policy)));
    world.run(2_500);
    let guest = world.join(0);
    say(&mut world, guest, Draft { ttl_s: Some(600), ..Draft::plain(1, "long") });
    say(&mut world, guest, Draft { announce: true, ..Draft::plain(2, "hear") });
    say(&mut world, guest, Draft::plain(3, "fine"));
    assert!(world.run_until(100, 60_000, |w| w.read(owner, "fine")).is_some());
    assert_eq!(fates(&world, guest, 1), [Fate::Queued, Fate::Failed(Refused::TtlRange)]);
    assert_eq!(fates(&world, guest, 2), [Fate::Queued, Fate::Failed(Refused::Role)]);
}

#[test]
fn what_waits_for_a_pause_goes_when_the_pause_is_made_shorter() {
    let (mut world, all, _) = room(71);
    let (ana, bob) = (all[0], all[1]);
    let slow = |world: &mut World, slow_s| {
        world.act(ana, Deed::Policy(Box::new(Policy { slow_s: Some(slow_s), ..Policy::default() })));
        world.run(1_000);
    };
    slow(&mut world, 600);
    for text in ["one", "two", "three"] {
        world.say(bob, text);
    }
    world.run(5_000);
    assert!(world.read(ana, "one") && !world.read(ana, "two"));
    slow(&mut world, 2);
    world.run(500);
    assert!(world.read(ana, "two") && !world.read(ana, "three"), "the old pause was over by then");
    world.run(2_500);
    assert!(world.read(ana, "three"));
    world.say(bob, "four");
    world.say(bob, "five");
    slow(&mut world, 600);
    world.run(5_000);
    assert!(!world.read(ana, "five"), "and a longer one holds at once");
    slow(&mut world, 0);
    world.run(500);
    assert!(world.read(ana, "four") && world.read(ana, "five"));
}
