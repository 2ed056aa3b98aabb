//! Wishes and settings beyond their bounds: they are refused or cut, and the room goes on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has done its work")]

use ephem_node::base::limits::{ADDRS, NAME_BYTES, NICK_BYTES, WHY_BYTES};
use ephem_node::room::io::{Command, Deed, Event, Refused};
use ephem_node::room::sim::{Links, World};
use ephem_node::wire::log::Policy;

fn room() -> (World, Vec<usize>) {
    let mut world = World::new(3, Links::LAN);
    let all = vec![world.join(0), world.join(0), world.join(0)];
    assert!(world.run_until(100, 60_000, |w| w.agree(&all)).is_some());
    (world, all)
}

fn refusals(world: &World, i: usize) -> usize {
    let too_long = |e: &Event| matches!(e, Event::Refused(Refused::TooLong));
    world.events(i).iter().filter(|(_, e)| too_long(e)).count()
}

#[test]
fn a_nick_that_nobody_would_decode_is_refused() {
    let (mut world, all) = room();
    for nick in [String::new(), "x".repeat(NICK_BYTES + 1)] {
        world.command(all[0], Command::Nick(nick));
    }
    assert_eq!(refusals(&world, all[0]), 2);
    world.command(all[0], Command::Nick("x".repeat(NICK_BYTES)));
    assert_eq!(refusals(&world, all[0]), 2);
}

#[test]
fn addresses_beyond_what_a_beat_carries_are_left_out() {
    let (mut world, all) = room();
    let mut addrs = vec![vec![7; 500]];
    addrs.extend(vec![vec![1, 2, 3]; ADDRS + 3]);
    world.command(all[0], Command::Addresses(addrs));
    world.run(60_000);
    assert!(world.agree(&all));
}

#[test]
fn words_too_long_for_the_log_are_refused_before_they_are_signed() {
    let (mut world, all) = room();
    let target = world.id(all[1]).unwrap();
    let topic = Some("t".repeat(NAME_BYTES + 1));
    world.act(all[0], Deed::Kick(target, "w".repeat(WHY_BYTES + 1)));
    world.act(all[0], Deed::Policy(Box::new(Policy { topic, ..Policy::default() })));
    assert_eq!(refusals(&world, all[0]), 2);
}

#[test]
fn the_longest_slow_mode_there_is_stops_nobodys_clock() {
    let (mut world, all) = room();
    for i in &all {
        let slow = Policy { slow_s: Some(u64::MAX), quiet_s: Some(u64::MAX), ..Policy::default() };
        world.act(*i, Deed::Policy(Box::new(slow)));
    }
    world.run(2_000);
    for i in &all {
        world.say(*i, "one");
        world.say(*i, "two");
    }
    world.run(10_000);
    assert!(world.agree(&all));
}
