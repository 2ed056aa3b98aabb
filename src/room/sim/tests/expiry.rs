//! How long a message lives, and who may change that.

use super::*;
use crate::base::id::MsgId;
use crate::base::limits::{BURN_HEARD_MS, TTL_MAX_S};
use crate::room::io::{Burned, Fate, Refused};
use crate::wire::payload::Say;

fn say(world: &mut World, i: usize, draft: Draft) -> MsgId {
    world.command(i, Command::Say(draft));
    let mine = |(_, event): &(Mono, Event)| match event {
        Event::Message(heard) if heard.mine => Some(heard.id),
        _ => None,
    };
    world.events(i).iter().rev().find_map(mine).unwrap()
}

fn lasting(ttl_s: u64, text: &str) -> Draft {
    Draft { ttl_s: Some(ttl_s), ..Draft::plain(0, text) }
}

fn set(world: &mut World, owner: usize, policy: Policy) {
    world.act(owner, Deed::Policy(Box::new(policy)));
    world.run(1_000);
}

/// When it dies here, and when and why it died.
fn dies(world: &World, i: usize, id: MsgId) -> Option<Mono> {
    world.state(i).unwrap().dies(&id)
}

fn burned(world: &World, i: usize, id: MsgId) -> Option<(Mono, Burned)> {
    world.events(i).iter().find_map(|(at, event)| match event {
        Event::Burned { id: of, why } if *of == id => Some((*at, *why)),
        _ => None,
    })
}

/// A modified client says something that the honest one would refuse to say.
fn force_say(world: &mut World, liar: usize, ttl_s: u64, change: fn(&mut Say)) {
    world.force(liar, move |hub, inside| {
        let mut say = Say {
            n: 1_000_000 + hub.counter,
            action: false,
            announce: false,
            from_read: false,
            keep: false,
            text: crate::base::secret::Text::new("by a liar"),
            reply: None,
            once_s: 0,
        };
        change(&mut say);
        let sealed = inside.seal(hub, ttl_s, Body::Text(say)).unwrap();
        hub.out.push(Output::Publish { topic: sealed.topic, bytes: sealed.frame });
    });
}

#[test]
fn nothing_outlives_the_rooms_cap_whatever_its_author_asks() {
    let (mut world, all, liar) = room(21);
    set(&mut world, all[0], Policy { ttl_max_s: Some(60), ..Policy::default() });
    for ttl_s in [4, 61] {
        world.command(all[1], Command::Say(Draft { cid: ttl_s, ..lasting(ttl_s, "refused") }));
        let refused = |(_, e): &(Mono, Event)| matches!(e, Event::Fate { cid, fate: Fate::Failed(Refused::TtlRange), .. } if *cid == ttl_s);
        assert!(world.events(all[1]).iter().any(refused), "{ttl_s}");
    }
    // Unless told otherwise a message lives ten minutes, and the cap where that is less.
    let plain = say(&mut world, all[1], Draft::plain(0, "plain"));
    force_say(&mut world, liar, TTL_MAX_S, |_| {});
    force_say(&mut world, liar, TTL_MAX_S, |say| say.from_read = true);
    force_say(&mut world, liar, TTL_MAX_S, |say| say.once_s = TTL_MAX_S);
    world.run(1_000);
    for i in &all {
        assert_eq!(world.state(*i).unwrap().living_count(), 4, "{i}");
    }
    let sealed = world.heard(all[0]).find(|(_, heard)| heard.text.is_none()).unwrap().1.id;
    world.run(50_000);
    world.command(all[0], Command::Open(sealed));
    assert!(world.heard(all[0]).last().unwrap().1.text.is_some(), "it opens");
    world.run(10_000);
    for i in &all {
        assert_eq!(world.state(*i).unwrap().living_count(), 0, "{i}");
        assert_eq!(burned(&world, *i, plain).unwrap().1, Burned::Ttl);
    }
}

#[test]
fn a_change_of_settings_is_announced_and_touches_nothing_that_lives() {
    let (mut world, all, _) = room(22);
    let long = say(&mut world, all[1], Draft::plain(0, "long"));
    world.run(1_000);
    let before: Vec<_> = all.iter().map(|i| dies(&world, *i, long).unwrap()).collect();
    set(&mut world, all[0], Policy { ttl_s: Some(30), ttl_max_s: Some(60), ..Policy::default() });
    for i in &all {
        let told = |(_, e): &(Mono, Event)| matches!(e, Event::Logged { target: None, .. });
        assert!(world.events(*i).iter().any(told), "{i} was not told");
    }
    let short = say(&mut world, all[1], Draft::plain(0, "short"));
    world.run(1_000);
    let shorts: Vec<_> = all.iter().map(|i| dies(&world, *i, short).unwrap()).collect();
    set(&mut world, all[0], Policy { ttl_s: Some(3_600), ttl_max_s: Some(TTL_MAX_S), ..Policy::default() });
    for (i, (long_at, short_at)) in all.iter().zip(before.iter().zip(&shorts)) {
        assert_eq!(dies(&world, *i, long), Some(*long_at), "{i}: shortened afterwards");
        assert_eq!(dies(&world, *i, short), Some(*short_at), "{i}: prolonged afterwards");
    }
    world.run(30_000);
    assert!(all.iter().all(|i| burned(&world, *i, short).is_some() && burned(&world, *i, long).is_none()));
}

#[test]
fn what_an_officer_keeps_has_no_end_and_what_others_keep_is_not_shown() {
    let (mut world, all, liar) = room(23);
    set(&mut world, all[0], Policy { ttl_s: Some(20), ttl_max_s: Some(30), ..Policy::default() });
    world.command(all[1], Command::Say(Draft { cid: 7, keep: true, ..Draft::plain(7, "mine to keep") }));
    let refused =
        |(_, e): &(Mono, Event)| matches!(e, Event::Fate { cid: 7, fate: Fate::Failed(Refused::Role), .. });
    assert!(world.events(all[1]).iter().any(refused));
    force_say(&mut world, liar, 30, |say| say.keep = true);
    let kept = say(&mut world, all[0], Draft { keep: true, ..Draft::plain(0, "north gate") });
    world.run(300_000);
    for i in &all {
        assert!(dies(&world, *i, kept).is_none() && burned(&world, *i, kept).is_none(), "{i}");
        assert!(world.heard(*i).any(|(_, heard)| heard.id == kept && heard.keep && heard.dies.is_none()));
        assert!(!world.read(*i, "by a liar"), "{i} shows what a member keeps");
    }
    world.act(all[0], Deed::Close);
    world.run(1_000);
    assert!(all.iter().all(|i| burned(&world, *i, kept).is_some_and(|(_, why)| why == Burned::Room)));
}

#[test]
fn a_sealed_message_lives_its_seconds_once_opened_and_never_beyond_its_life() {
    let (mut world, all, _) = room(24);
    let begun = world.now;
    let id = say(&mut world, all[0], Draft { once_s: Some(15), ..lasting(60, "the code is 9920") });
    world.run(5_000);
    assert!(world.read(all[0], "the code is 9920"), "its author has nothing to open");
    assert!(!world.read(all[1], "the code is 9920") && !world.read(all[2], "the code is 9920"));
    let open = |world: &mut World, i: usize| {
        world.command(i, Command::Open(id));
        let (at, heard) = world.heard(i).last().unwrap();
        assert!(heard.text.is_some());
        (at, heard.dies)
    };
    let (at, until) = open(&mut world, all[1]);
    assert_eq!((until, dies(&world, all[1], id)), (Some(at + 15_000), until));
    // Looked at again it does not begin again.
    world.run(5_000);
    world.command(all[1], Command::Open(id));
    assert_eq!(dies(&world, all[1], id), until);
    world.run(10_100);
    assert_eq!(burned(&world, all[1], id).unwrap().1, Burned::Once);
    let opened = |(_, e): &(Mono, Event)| matches!(e, Event::Opened { id: of, .. } if *of == id);
    assert_eq!(world.events(all[0]).iter().filter(|e| opened(e)).count(), 1);
    // Opened five seconds before its end, it has five seconds: so it says, and so it is.
    world.run_to(begun + 55_000);
    let (_, until) = open(&mut world, all[2]);
    assert!(until.is_some_and(|at| at.since(begun) <= 60_100), "{until:?}");
    assert_eq!(until, dies(&world, all[2], id));
    world.run(5_200);
    assert!([0, 2].iter().all(|i| burned(&world, all[*i], id).is_some()));
}

#[test]
fn what_counts_from_its_first_display_waits_for_it_and_for_nothing_after() {
    let (mut world, all, _) = room(25);
    let id = say(&mut world, all[0], Draft { from_read: true, ..lasting(30, "when you read this") });
    world.run(100_000);
    assert!(burned(&world, all[0], id).is_some(), "its author has read it");
    assert!([1, 2].iter().all(|i| dies(&world, all[*i], id).is_some()));
    world.command(all[1], Command::Open(id));
    let until = dies(&world, all[1], id).unwrap();
    assert_eq!(until.since(world.now), 30_000);
    world.run(20_000);
    world.command(all[1], Command::Open(id));
    assert_eq!(dies(&world, all[1], id), Some(until));
    world.run(10_100);
    assert!(burned(&world, all[1], id).is_some() && dies(&world, all[2], id).is_some());
}

#[test]
fn a_frame_that_comes_again_gives_no_more_time() {
    let (mut world, all, _) = room(26);
    world.tape = Some(Vec::new());
    let id = say(&mut world, all[0], lasting(60, "once and no more"));
    let tape = world.tape.take().unwrap();
    world.run(20_000);
    let before: Vec<_> = all.iter().map(|i| dies(&world, *i, id)).collect();
    for taped in tape {
        world.inject(taped.topic.unwrap(), taped.bytes);
    }
    world.run(1_000);
    assert_eq!(before, all.iter().map(|i| dies(&world, *i, id)).collect::<Vec<_>>());
    world.run(40_000);
    assert!(all.iter().all(|i| world.heard(*i).filter(|(_, heard)| heard.id == id).count() == 1));
    assert!(all.iter().all(|i| world.state(*i).unwrap().living_count() == 0));
}

/// From whom what was taken back is gone, as its burner was told last.
fn gone(world: &World, i: usize) -> Option<(usize, usize)> {
    world.events(i).iter().rev().find_map(|(_, event)| match event {
        Event::Gone { count, of } => Some((*count, *of)),
        _ => None,
    })
}

#[test]
fn whoever_takes_back_is_told_from_how_many_it_went() {
    let (mut world, all, _) = room(27);
    let id = say(&mut world, all[1], Draft::plain(0, "a slip"));
    world.run(3_000);
    // Whoever came later has nothing to burn, and is not counted.
    let late = world.join(0);
    let everybody = [&all[..], &[late]].concat();
    assert!(world.run_until(100, 60_000, |w| w.agree(&everybody)).is_some());
    world.command(all[1], Command::Burn(vec![id]));
    world.run(200);
    assert_eq!(gone(&world, all[1]), Some((3, 3)));
    // All of one's own, at once.
    for n in 0..5 {
        say(&mut world, all[1], Draft::plain(0, &format!("slip {n}")));
    }
    world.run(500);
    world.command(all[1], Command::BurnMine);
    world.run(200);
    assert_eq!(gone(&world, all[1]), Some((4, 4)));
    // Somebody else's, by whoever is above them: its author is one of those who have it.
    let id = say(&mut world, all[2], Draft::plain(0, "flooding"));
    world.run(500);
    world.command(all[0], Command::Burn(vec![id]));
    world.run(200);
    assert_eq!(gone(&world, all[0]), Some((4, 4)));
    assert_eq!(burned(&world, all[2], id).unwrap().1, Burned::Admin);
}

#[test]
fn whoever_has_it_and_does_not_answer_is_out_of_reach() {
    let (mut world, all, liar) = room(28);
    let id = say(&mut world, all[1], Draft::plain(0, "a slip"));
    world.run(3_000);
    world.split(&[&[all[0], all[1], liar], &[all[2]]]);
    world.command(all[1], Command::Burn(vec![id]));
    world.run(BURN_HEARD_MS - 100);
    assert_eq!(gone(&world, all[1]), None, "an answer may still come");
    world.run(200);
    assert_eq!(gone(&world, all[1]), Some((2, 3)));
    // What somebody says who was not asked, or of what was not asked, counts for nothing.
    let other = say(&mut world, all[1], Draft::plain(0, "another slip"));
    world.run(500);
    world.command(all[1], Command::Burn(vec![other]));
    let told = world.events(all[1]).iter().filter(|(_, e)| matches!(e, Event::Gone { .. })).count();
    world.force(liar, move |hub, inside| {
        inside.publish(hub, Body::Leave { panic: true });
    });
    world.run(BURN_HEARD_MS);
    assert_eq!(
        world.events(all[1]).iter().filter(|(_, e)| matches!(e, Event::Gone { .. })).count(),
        told + 1
    );
}

#[test]
fn what_was_said_to_nobody_is_taken_back_from_nobody() {
    let mut world = World::new(29, Links::LAN);
    let ana = world.join(0);
    world.run(5_000);
    say(&mut world, ana, Draft::plain(0, "to myself"));
    world.command(ana, Command::BurnMine);
    world.run(BURN_HEARD_MS + 1_000);
    assert_eq!((gone(&world, ana), world.state(ana).unwrap().living_count()), (None, 0));
}

/// How far from its true end a message died, at the worst, in milliseconds.
fn worst(world: &World, who: &[usize], id: MsgId, end: Mono) -> u64 {
    who.iter().map(|i| burned(world, *i, id).unwrap().0.0.abs_diff(end.0)).max().unwrap()
}

#[test]
fn clocks_a_minute_off_move_no_deadline() {
    for (seed, skews) in
        [[0, 60_000, -60_000], [60_000, -60_000, 0], [-60_000, 60_000, 60_000]].iter().enumerate()
    {
        let mut world = World::new(seed as u64, Links::WAN);
        let mut all = vec![world.join(skews[0])];
        world.run(3_000);
        all.extend(skews[1..].iter().map(|skew| world.join(*skew)));
        assert!(world.run_until(100, 60_000, |w| w.agree(&all)).is_some());
        let mut ends = Vec::new();
        for i in &all {
            let end = world.now + 30_000;
            ends.push((say(&mut world, *i, lasting(30, "here")), end));
        }
        world.run(2_000);
        // One of them is cut off, and gets what was said meanwhile by catching up.
        world.split(&[&all[..2], &all[2..]]);
        for i in &all {
            let end = world.now + 60_000;
            ends.push((say(&mut world, *i, lasting(60, "apart")), end));
        }
        world.run(20_000);
        world.heal();
        world.run(70_000);
        for (id, end) in ends {
            let off = worst(&world, &all, id, end);
            assert!(off <= 250, "seed {seed}: {off} ms from its end");
        }
        let late = |i: &usize| world.heard(*i).filter(|(_, heard)| heard.caught_up).count();
        assert!(all.iter().map(late).sum::<usize>() >= 3, "nothing was caught up");
    }
}
