//! Rooms in which many were banned: each ban brings a salt, and whoever lacks one of them is on another topic.

use super::*;
use crate::base::limits::SALTS;

fn ban_many(world: &mut World, by: usize, n: usize) {
    for k in 0..n {
        let target = MemberId(crate::crypto::kdf::sha256(&k.to_be_bytes()));
        let why = format!("number {k} of those who came to sell what nobody had asked for, again and again");
        world.act(by, Deed::Ban { target, why, until: None, then: Then::Nothing });
        world.run(20);
    }
    world.run(1_000);
}

/// All are confirmed with one set, one log and one topic.
fn together(world: &World, who: &[usize]) -> bool {
    let salts = |i: &usize| world.state(*i).and_then(State::inside).map(|inside| &inside.salts);
    world.agree(who) && who.iter().all(|i| salts(i) == salts(&who[0]))
}

fn agree(world: &mut World, who: &[usize]) {
    assert!(world.run_until(100, 60_000, |w| together(w, who)).is_some(), "{}", world.describe(who));
}

#[test]
fn whoever_comes_gets_in_however_many_bans_a_welcome_has_no_room_for() {
    let (mut world, mut all, _) = room(71);
    for more in [12, 60] {
        ban_many(&mut world, all[0], more);
        all.push(world.join(0));
        agree(&mut world, &all);
    }
    world.say(all[3], "here at last");
    world.run(1_000);
    assert!(all.iter().all(|i| world.read(*i, "here at last")));
}

#[test]
fn whoever_was_cut_off_while_many_were_banned_finds_back() {
    let (mut world, all, _) = room(72);
    world.split(&[&all[2..]]);
    ban_many(&mut world, all[0], 120);
    world.heal();
    agree(&mut world, &all);
}

#[test]
fn more_bans_than_a_gate_holds_keep_nobody_out_and_the_removed_lose_the_keys_all_the_same() {
    let (mut world, mut all, liar) = room(73);
    ban_many(&mut world, all[1], 1);
    let id = world.id(all[1]).unwrap();
    world.act(all[0], Deed::Grant(id));
    world.run(1_000);
    // Two who write at once: everybody comes to the same salts in whatever order they are learnt.
    world.split(&[&all[1..2]]);
    ban_many(&mut world, all[0], SALTS / 2 + 20);
    ban_many(&mut world, all[1], SALTS / 2 + 20);
    world.heal();
    agree(&mut world, &all);
    all.push(world.join(0));
    agree(&mut world, &all);
    let whom = world.id(liar).unwrap();
    world.act(all[0], Deed::Kick(whom, String::new()));
    let locked_out = |w: &World| {
        let set = |i: usize| w.state(i).and_then(|s| s.set());
        together(w, &all) && set(all[0]) != set(liar)
    };
    assert!(world.run_until(100, 60_000, locked_out).is_some(), "{}", world.describe(&all));
    world.say(all[1], "among us");
    world.run(5_000);
    assert!(all.iter().all(|i| world.read(*i, "among us")) && !world.read(liar, "among us"));
}
