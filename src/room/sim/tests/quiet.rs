//! Newcomers who read first: what they are told, and who lets one speak sooner.

use super::*;
use crate::room::io::{Fate, Refused};

fn quiet(world: &mut World, owner: usize, quiet_s: u64) {
    world.act(owner, Deed::Policy(Box::new(Policy { quiet_s: Some(quiet_s), ..Policy::default() })));
    world.run(2_000);
}

fn told(world: &World, i: usize) -> Vec<u64> {
    let left = |(_, e): &(Mono, Event)| if let Event::Quiet { left_ms } = e { Some(*left_ms) } else { None };
    world.events(i).iter().filter_map(left).collect()
}

fn fate(world: &mut World, i: usize, text: &str) -> Option<Fate> {
    world.command(i, Command::Say(Draft::plain(77, text)));
    let fate = |(_, e): &(Mono, Event)| if let Event::Fate { fate, .. } = e { Some(*fate) } else { None };
    world.events(i).iter().rev().find_map(fate)
}

#[test]
fn a_newcomer_is_told_how_long_and_is_heard_afterwards() {
    let (mut world, all, _) = room(41);
    quiet(&mut world, all[0], 300);
    let dan = world.join(0);
    assert!(world.run_until(100, 60_000, |w| !told(w, dan).is_empty()).is_some());
    let left = told(&world, dan)[0];
    assert!((280_000..=300_000).contains(&left), "{left}");
    let refused = fate(&mut world, dan, "too soon");
    assert!(
        matches!(refused, Some(Fate::Failed(Refused::Quiet { left_ms })) if left_ms <= left),
        "{refused:?}"
    );
    // Those who are in the room for longer are told nothing and go on.
    assert!(world.run_until(100, 10_000, |w| w.read(dan, "nothing")).is_none());
    assert!(world.run_until(100, 320_000, |w| told(w, dan).len() == 2).is_some());
    assert_eq!(told(&world, dan)[1], 0);
    assert_eq!(fate(&mut world, dan, "and now"), Some(Fate::Sent));
    world.run(2_000);
    assert!(all.iter().all(|i| world.read(*i, "and now")));
}

#[test]
fn an_officer_lets_one_speak_sooner_and_the_end_of_it_lets_everybody() {
    let (mut world, all, _) = room(42);
    quiet(&mut world, all[0], 3_600);
    let (dan, eve) = (world.join(0), world.join(0));
    assert!(world.run_until(100, 60_000, |w| !told(w, dan).is_empty() && !told(w, eve).is_empty()).is_some());
    let dans = world.id(dan).unwrap();
    world.act(all[0], Deed::Unmute(dans));
    world.run(2_000);
    assert_eq!(told(&world, dan).last(), Some(&0));
    assert_eq!(fate(&mut world, dan, "thank you"), Some(Fate::Sent));
    assert!(matches!(fate(&mut world, eve, "and I?"), Some(Fate::Failed(Refused::Quiet { .. }))));
    world.run(2_000);
    assert!(all.iter().chain([&eve]).all(|i| world.read(*i, "thank you")));
    // A mute takes that back, and what was set can be put off again.
    world.act(all[0], Deed::Mute(dans, Unix(world.calendar().0 + 1_000), String::new()));
    world.run(3_000);
    assert!(matches!(fate(&mut world, dan, "I again"), Some(Fate::Failed(Refused::Quiet { .. }))));
    quiet(&mut world, all[0], 0);
    for i in [dan, eve] {
        assert_eq!(told(&world, i).last(), Some(&0));
        assert_eq!(fate(&mut world, i, "all may"), Some(Fate::Sent), "{i}");
    }
}
