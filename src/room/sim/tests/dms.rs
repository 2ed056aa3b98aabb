//! What is said to one member alone.

use super::*;
use crate::base::id::MsgId;
use crate::base::limits::{DM_GIVE_UP_MS, DM_KEY_LINGERS_MS, DM_KEY_MS};
use crate::room::io::{Burned, Fate, Refused};

fn tell(world: &mut World, from: usize, to: usize, cid: u64, text: &str) {
    tell_as(world, from, to, Draft::plain(cid, text));
}

fn tell_as(world: &mut World, from: usize, to: usize, draft: Draft) {
    let to = world.id(to).unwrap();
    world.command(from, Command::Dm { to, draft });
}

fn fates(world: &World, i: usize, cid: u64) -> Vec<Fate> {
    let of = |(_, e): &(Mono, Event)| match e {
        Event::Fate { cid: c, fate, .. } if *c == cid => Some(*fate),
        _ => None,
    };
    world.events(i).iter().filter_map(of).collect()
}

fn burned(world: &World, i: usize) -> Vec<Burned> {
    let why = |(_, e): &(Mono, Event)| if let Event::Burned { why, .. } = e { Some(*why) } else { None };
    world.events(i).iter().filter_map(why).collect()
}

/// The last message somebody was shown.
fn last(world: &World, i: usize) -> (MsgId, Option<String>, bool) {
    let (_, heard) = world.heard(i).last().unwrap();
    (heard.id, heard.text.as_ref().map(|t| t.as_str().to_owned()), heard.asks)
}

const CAME: Fate = Fate::Delivered { count: 1, of: 1 };

#[test]
fn it_is_read_by_whom_it_is_for_and_by_nobody_else_and_a_stranger_asks_first() {
    let (mut world, all, liar) = room(21);
    let (ana, bob, cho) = (all[0], all[1], all[2]);
    tell(&mut world, ana, bob, 1, "psst");
    world.run(2_000);
    assert_eq!(fates(&world, ana, 1), [Fate::Asking, Fate::Sent, CAME]);
    let (id, text, asks) = last(&world, bob);
    assert_eq!((text, asks), (None, true), "of a stranger nothing is shown but that they wrote");
    assert_eq!(id, last(&world, ana).0, "one name for both");
    world.command(bob, Command::Open(id));
    assert_eq!(last(&world, bob), (id, Some("psst".to_owned()), false));
    let alone = |i: usize| world.heard(i).last().unwrap().1.alone.as_ref().map(|who| who.id);
    assert_eq!((alone(ana), alone(bob)), (world.id(bob), world.id(ana)), "each is told with whom");
    tell(&mut world, bob, ana, 2, "yes?");
    tell(&mut world, ana, bob, 3, "nothing");
    world.run(2_000);
    assert_eq!(
        (last(&world, ana).1.unwrap(), last(&world, bob).1.unwrap()),
        ("yes?".into(), "nothing".into())
    );
    assert!([cho, liar].iter().all(|i| world.heard(*i).next().is_none()));
}

#[test]
fn a_friend_does_not_ask_and_what_they_asked_before_is_shown() {
    let (mut world, all, _) = room(21);
    let (ana, bob, cho) = (all[0], all[1], all[2]);
    let (ana_id, cho_id) = (world.id(ana).unwrap(), world.id(cho).unwrap());
    tell(&mut world, ana, bob, 1, "psst");
    world.run(2_000);
    assert_eq!((last(&world, bob).1, last(&world, bob).2), (None, true));
    world.command(bob, Command::Friend(ana_id, true));
    assert_eq!((last(&world, bob).1, last(&world, bob).2), (Some("psst".to_owned()), false));
    world.command(bob, Command::Friend(cho_id, true));
    tell(&mut world, cho, bob, 2, "me too");
    world.run(2_000);
    assert_eq!((last(&world, bob).1, last(&world, bob).2), (Some("me too".to_owned()), false));
    // A friend no more, who was never written to nor opened, is a stranger again.
    world.command(bob, Command::Friend(cho_id, false));
    tell(&mut world, cho, bob, 3, "and now?");
    world.run(2_000);
    assert_eq!((last(&world, bob).1, last(&world, bob).2), (None, true));
}

#[test]
fn each_comes_once_where_frames_are_lost_and_doubled() {
    let mut world = World::new(22, Links::BAD);
    let all: Vec<usize> = (0..3)
        .map(|_| {
            world.run(2_500);
            world.join(0)
        })
        .collect();
    assert!(world.run_until(100, 60_000, |w| w.agree(&all)).is_some());
    world.run(5_000);
    for n in 0..20 {
        tell(&mut world, all[0], all[1], n, &format!("there {n}"));
        tell(&mut world, all[1], all[0], n, &format!("back {n}"));
        world.run(300);
    }
    let came = |w: &World, i: usize| (0..20).all(|n| fates(w, i, n).contains(&CAME));
    assert!(world.run_until(100, DM_GIVE_UP_MS, |w| came(w, all[0]) && came(w, all[1])).is_some());
    for (i, word) in [(all[1], "there"), (all[0], "back")] {
        let theirs = || world.heard(i).filter(|(_, h)| !h.mine).filter_map(|(_, h)| h.text.as_ref());
        let times = |n: u64| theirs().filter(|t| t.as_str() == format!("{word} {n}")).count();
        assert!((0..20).all(|n| times(n) == 1), "{word}");
    }
    assert!(world.heard(all[2]).next().is_none());
}

#[test]
fn a_partner_cannot_speak_for_another_and_the_reader_could_have_written_it_all() {
    let (mut world, all, _) = room(23);
    let liar = all[2];
    let (ana, bob) = (world.id(all[0]).unwrap(), world.id(all[1]).unwrap());
    for (from, text) in [(all[0], "it is me"), (liar, "and me")] {
        tell(&mut world, from, all[1], 1, text);
        world.run(2_000);
        let id = last(&world, all[1]).0;
        world.command(all[1], Command::Open(id));
    }
    let before = world.heard(all[1]).count();
    // The liar has the keys of the one it writes to, and says that ana wrote it.
    let forged =
        world.seize(liar, |hub, inside| inside.forge_dm(hub, &bob, ana, &bob, "send the code")).unwrap();
    world.inject(forged.0, forged.1);
    world.run(1_000);
    assert_eq!(world.heard(all[1]).count(), before, "not believed");
    // The reader makes what only ana is thought to make, and so shows nobody anything.
    let own = world
        .seize(all[1], |hub, inside| inside.forge_dm(hub, &ana, ana, &bob, "I never said that"))
        .unwrap();
    world.inject_to(all[1], own.0, own.1);
    world.run(1_000);
    assert!(world.read(all[1], "I never said that"));
}

#[test]
fn keys_are_wiped_within_the_hour_and_two_minutes_and_made_anew_when_needed() {
    let (mut world, all, _) = room(24);
    tell(&mut world, all[0], all[1], 1, "first");
    world.run(2_000);
    let ages =
        |w: &mut World, i| w.seize(i, |hub, inside| inside.dms.ages(hub.now).collect::<Vec<_>>()).unwrap();
    assert_eq!(ages(&mut world, all[1]).len(), 1);
    assert!(ages(&mut world, all[2]).is_empty(), "whoever talks to nobody alone has none");
    world.run(DM_KEY_MS + DM_KEY_LINGERS_MS);
    assert!([all[0], all[1]].iter().all(|i| ages(&mut world, *i).is_empty()));
    for (n, from, to) in [(2, all[1], all[0]), (3, all[0], all[1])] {
        tell(&mut world, from, to, n, "again");
        world.run(2_000);
        assert_eq!(fates(&world, from, n).last(), Some(&CAME));
    }
    // One of them has keys that the other does not know of.
    world.run(DM_KEY_MS / 2);
    tell(&mut world, all[0], all[1], 4, "half an hour on");
    world.run(DM_KEY_MS * 2 / 3);
    tell(&mut world, all[1], all[0], 5, "and an hour");
    world.run(20_000);
    assert!(fates(&world, all[0], 4).contains(&CAME) && fates(&world, all[1], 5).contains(&CAME));
}

#[test]
fn it_dies_is_opened_once_and_is_taken_back_on_both_sides() {
    let (mut world, all, _) = room(25);
    let (ana, bob) = (all[0], all[1]);
    tell_as(&mut world, ana, bob, Draft { ttl_s: Some(10), ..Draft::plain(1, "ten seconds") });
    world.run(9_000);
    assert!(burned(&world, ana).is_empty() && burned(&world, bob).is_empty());
    world.run(1_500);
    assert_eq!((burned(&world, ana), burned(&world, bob)), (vec![Burned::Ttl], vec![Burned::Ttl]));
    tell_as(&mut world, ana, bob, Draft { once_s: Some(5), ..Draft::plain(2, "once") });
    world.run(2_000);
    let (id, text, _) = last(&world, bob);
    assert_eq!(text, None);
    world.command(bob, Command::Open(id));
    world.run(1_000);
    assert!(world.read(bob, "once"));
    assert!(
        world.events(ana).iter().any(|(_, e)| matches!(e, Event::Opened { id: opened, .. } if *opened == id))
    );
    world.run(5_000);
    assert_eq!(burned(&world, bob).last(), Some(&Burned::Once));
    tell(&mut world, ana, bob, 3, "a slip");
    world.run(1_000);
    let slip = last(&world, ana).0;
    world.command(ana, Command::Burn(vec![slip]));
    tell(&mut world, ana, bob, 4, "another");
    tell(&mut world, ana, bob, 5, "and another");
    world.run(1_000);
    world.command(ana, Command::BurnMine);
    world.run(1_000);
    for i in [ana, bob] {
        let living = world.seize(i, |_, inside| inside.dms.living().len());
        assert_eq!(living, Some(0), "{i}");
    }
    assert_eq!(burned(&world, bob).iter().filter(|why| **why == Burned::Sender).count(), 3);
}

#[test]
fn whoever_is_blocked_is_not_heard_nor_told_so() {
    let (mut world, all, _) = room(26);
    let ana = world.id(all[0]).unwrap();
    world.command(all[1], Command::Block(ana, true));
    tell(&mut world, all[0], all[1], 1, "hello?");
    world.say(all[0], "hello all?");
    world.run(DM_GIVE_UP_MS + 1_000);
    assert_eq!(fates(&world, all[0], 1).last(), Some(&Fate::Failed(Refused::NoAnswer)));
    assert!(world.heard(all[1]).next().is_none() && world.read(all[2], "hello all?"));
    world.command(all[1], Command::Block(ana, false));
    tell(&mut world, all[0], all[1], 2, "and now?");
    world.say(all[0], "now?");
    world.run(5_000);
    assert!(fates(&world, all[0], 2).contains(&CAME) && world.read(all[1], "now?"));
}

#[test]
fn nobody_writes_to_the_absent_to_themselves_or_nothing() {
    let (mut world, all, _) = room(27);
    let ghost = MemberId([9; 32]);
    world.command(all[0], Command::Dm { to: ghost, draft: Draft::plain(1, "who?") });
    tell(&mut world, all[0], all[0], 2, "note");
    tell(&mut world, all[0], all[1], 3, "");
    tell_as(&mut world, all[0], all[1], Draft { keep: true, ..Draft::plain(4, "keep") });
    let why = |cid| fates(&world, all[0], cid);
    assert_eq!(why(1), [Fate::Failed(Refused::Unknown)]);
    assert_eq!(why(2), [Fate::Failed(Refused::Unknown)]);
    assert_eq!(why(3), [Fate::Failed(Refused::TooLong)]);
    assert_eq!(why(4), [Fate::Failed(Refused::Role)]);
    // The other goes while something waits for them.
    let to = world.id(all[1]).unwrap();
    world.crash(all[1]);
    world.command(all[0], Command::Dm { to, draft: Draft::plain(5, "are you there?") });
    world.run(DM_GIVE_UP_MS + 1_000);
    assert_eq!(fates(&world, all[0], 5), [Fate::Asking, Fate::Failed(Refused::NoAnswer)]);
}
