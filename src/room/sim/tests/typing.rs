//! Who says that they are writing.

use super::*;
use crate::base::limits::{RECEIPT_MEMBERS, TYPING_EACH_MS};

fn typing(world: &World, i: usize) -> Vec<(MemberId, bool)> {
    let sign = |(_, e): &(Mono, Event)| match e {
        Event::Typing { who, alone } => Some((who.id, *alone)),
        _ => None,
    };
    world.events(i).iter().filter_map(sign).collect()
}

#[test]
fn it_reaches_all_or_the_one_it_is_for_and_not_more_often_than_every_three_seconds() {
    let (mut world, all, liar) = room(61);
    let (ana, bob, cho) = (all[0], all[1], all[2]);
    let (anas, bobs) = (world.id(ana).unwrap(), world.id(bob).unwrap());
    world.say(ana, "said without a word before");
    world.run(500);
    assert!(all.iter().all(|i| typing(&world, *i).is_empty()), "nobody wanted that told");
    for _ in 0..10 {
        world.command(ana, Command::Typing(None));
        world.run(100);
    }
    assert!([bob, cho, liar].iter().all(|i| typing(&world, *i) == [(anas, false)]), "once, to each");
    assert!(typing(&world, ana).is_empty());
    world.run(TYPING_EACH_MS);
    world.command(ana, Command::Typing(Some(bobs)));
    world.run(500);
    assert_eq!(typing(&world, bob), [(anas, false), (anas, true)]);
    assert_eq!(typing(&world, cho).len(), 1, "what is for one is told to nobody else");
}

#[test]
fn it_is_not_told_by_the_muted_nor_to_the_blocked() {
    let (mut world, all, _) = room(62);
    let (ana, bob, cho) = (all[0], all[1], all[2]);
    let (bobs, chos) = (world.id(bob).unwrap(), world.id(cho).unwrap());
    world.command(bob, Command::Block(chos, true));
    world.command(bob, Command::Typing(None));
    world.command(cho, Command::Typing(None));
    world.run(500);
    assert_eq!(typing(&world, ana), [(bobs, false), (chos, false)]);
    assert!(typing(&world, cho).is_empty() && typing(&world, bob).is_empty(), "neither way");
    world.act(ana, Deed::Mute(chos, Unix(world.calendar().0 + 60_000), String::new()));
    world.run(TYPING_EACH_MS);
    world.command(cho, Command::Typing(None));
    world.run(500);
    assert_eq!(typing(&world, ana).len(), 2);
}

#[test]
fn one_who_says_it_without_end_is_shown_no_longer_than_others_nor_when_muted() {
    let (mut world, all, liar) = room(63);
    let (ana, bob) = (all[0], all[1]);
    let (lias, bobs) = (world.id(liar).unwrap(), world.id(bob).unwrap());
    let flood = |world: &mut World| {
        for _ in 0..60 {
            world.force(liar, move |hub, inside| {
                inside.direct(hub, &bobs, Body::Typing { alone: false });
            });
            world.run(50);
        }
    };
    flood(&mut world);
    let shown = typing(&world, bob).len();
    assert!((1..=3).contains(&shown), "{shown} in three seconds");
    world.act(ana, Deed::Mute(lias, Unix(world.calendar().0 + 60_000), String::new()));
    world.run(TYPING_EACH_MS);
    flood(&mut world);
    assert_eq!(typing(&world, bob).len(), shown, "muted");
    assert!(world.agree(&all), "and nobody was put off by it");
}

#[test]
fn what_was_sealed_before_the_message_and_comes_after_it_is_over() {
    let (mut world, all, liar) = room(64);
    let bobs = world.id(all[1]).unwrap();
    world.force(liar, move |hub, inside| {
        inside.direct(hub, &bobs, Body::Typing { alone: false });
        let late = hub.out.pop();
        inside.direct(hub, &bobs, Body::Typing { alone: false });
        hub.out.extend(late);
    });
    world.run(500);
    assert_eq!(typing(&world, all[1]).len(), 1);
    world.run(TYPING_EACH_MS);
    world.force(liar, move |hub, inside| {
        inside.direct(hub, &bobs, Body::Typing { alone: false });
        let late = hub.out.pop();
        inside.direct(hub, &bobs, Body::Have(Vec::new()));
        hub.out.extend(late);
    });
    world.run(500);
    assert_eq!(typing(&world, all[1]).len(), 1, "something later came first");
}

#[test]
fn among_many_it_costs_more_than_it_tells_and_is_not_said() {
    let (mut world, mut all, _) = room(65);
    while all.len() <= RECEIPT_MEMBERS {
        all.push(world.join(0));
    }
    assert!(world.run_until(100, 120_000, |w| w.agree(&all)).is_some());
    world.command(all[0], Command::Typing(None));
    world.run(500);
    assert!(all.iter().all(|i| typing(&world, *i).is_empty()));
    // To one alone it goes as ever.
    let to = world.id(all[4]).unwrap();
    world.command(all[0], Command::Typing(Some(to)));
    world.run(500);
    assert_eq!(typing(&world, all[4]).len(), 1);
}
