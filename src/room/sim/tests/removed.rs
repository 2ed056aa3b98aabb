//! Ways back for whoever was removed.

use super::*;

/// Two rooms of one name that meet, of three each, the last of the second with a modified client.
fn two_rooms(seed: u64, trick: crate::room::sim::villain::Trick) -> (World, [Vec<usize>; 2], usize) {
    let mut world = World::new(seed, Links::LAN);
    let mut sides: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    for k in 0..2 {
        for _ in 0..3 {
            sides[k].push(world.join(0));
            world.split(&[&sides[0], &sides[1]]);
            world.run(2_500);
        }
    }
    let liar = world.mask(0, trick);
    let there = [&sides[1][..], &[liar]].concat();
    world.split(&[&sides[0], &there]);
    world.run(20_000);
    world.heal();
    let all = sides.concat();
    assert!(world.run_until(100, 60_000, |w| w.agree(&all)).is_some(), "{}", world.describe(&all));
    (world, sides, liar)
}

/// Who talks for more than a minute and never says in a beat what it holds, so that it never proves anything, is kicked by the
/// founder of the room it came into, and says before or after that again and again that it came into the other.
fn moves(kicked_first: bool) {
    let silent = |_: &mut State<SimRng>, _: Mono, input: &Input, _: &mut Vec<Output>| {
        !matches!(input, Input::Timer(Timer::Beat | Timer::Echo))
    };
    let (mut world, sides, liar) = two_rooms(91, Box::new(silent));
    for n in 0..14 {
        world.say(liar, &format!("I am here {n}"));
        world.run(5_000);
    }
    let whom = world.id(liar).unwrap();
    let foundings = world.state(sides[0][0]).unwrap().inside().unwrap().foundings.clone();
    let theirs = world.state(liar).unwrap().inside().unwrap().foundings.clone();
    assert_ne!(foundings, theirs);
    let kick = |world: &mut World| world.act(sides[1][0], Deed::Kick(whom, String::new()));
    if kicked_first {
        kick(&mut world);
    }
    for _ in 0..20 {
        let foundings = foundings.clone();
        world.force(liar, move |hub, inside| {
            inside.come_under(&foundings);
            inside.announce_myself(hub);
        });
        world.run(500);
    }
    if !kicked_first {
        kick(&mut world);
        world.run(5_000);
    }
    let all = sides.concat();
    world.say(sides[0][1], "among us");
    world.run(5_000);
    assert!(world.agree(&all) && all.iter().all(|i| world.read(*i, "among us")), "{}", world.describe(&all));
    assert!(!world.read(liar, "among us"));
}

#[test]
fn nobody_who_was_removed_is_under_another_founding_after_that() {
    moves(true);
}

#[test]
fn nobody_who_is_about_to_be_removed_moves_out_of_reach() {
    moves(false);
}

#[test]
fn whoever_told_newcomers_of_another_founding_is_out_once_both_founders_say_so() {
    let (mut world, sides, liar) = two_rooms(92, crate::room::sim::villain::no_trick());
    world.run(70_000);
    let whom = world.id(liar).unwrap();
    let foundings = world.state(sides[0][0]).unwrap().inside().unwrap().foundings.clone();
    let newcomer = world.join(0);
    let all = [&sides.concat()[..], &[newcomer]].concat();
    assert!(world.run_until(100, 60_000, |w| w.agree(&all)).is_some());
    world.force(liar, move |hub, inside| {
        inside.come_under(&foundings);
        inside.announce_myself(hub);
    });
    world.run(20_000);
    for by in [sides[1][0], sides[0][0]] {
        world.act(by, Deed::Kick(whom, String::new()));
        world.run(20_000);
    }
    world.say(sides[0][1], "among us");
    world.run(5_000);
    assert!(world.agree(&all) && all.iter().all(|i| world.read(*i, "among us")), "{}", world.describe(&all));
    assert!(!world.read(liar, "among us"));
}
