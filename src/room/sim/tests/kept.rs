//! What is kept beyond its time, who says so, and who takes it back.

use super::*;
use crate::base::id::MsgId;
use crate::base::limits::KEPT;
use crate::room::io::{Burned, Refused};
use crate::wire::log::History;

fn say(world: &mut World, i: usize, draft: Draft) -> MsgId {
    world.command(i, Command::Say(draft));
    world.run(1_000);
    let mine = |(_, event): &(Mono, Event)| match event {
        Event::Message(heard) if heard.mine => Some(heard.id),
        _ => None,
    };
    world.events(i).iter().rev().find_map(mine).unwrap()
}

fn brief(text: &str) -> Draft {
    Draft { ttl_s: Some(60), ..Draft::plain(0, text) }
}

fn lives(world: &World, i: usize, id: MsgId) -> bool {
    world.state(i).unwrap().living().iter().any(|(living, _)| *living == id)
}

fn everywhere(world: &World, all: &[usize], id: MsgId) -> bool {
    all.iter().all(|i| lives(world, *i, id))
}

fn nowhere(world: &World, all: &[usize], id: MsgId) -> bool {
    !all.iter().any(|i| lives(world, *i, id))
}

fn pin(world: &mut World, i: usize, id: MsgId, keep: bool) {
    world.command(i, Command::Pin(id, keep));
    world.run(1_000);
}

fn refused(world: &World, i: usize, why: Refused) -> bool {
    world.events(i).iter().any(|(_, event)| matches!(event, Event::Refused(said) if *said == why))
}

fn why_burned(world: &World, i: usize, id: MsgId) -> Option<Burned> {
    world.events(i).iter().find_map(|(_, event)| match event {
        Event::Burned { id: of, why } if *of == id => Some(*why),
        _ => None,
    })
}

#[test]
fn what_an_officer_pins_outlives_its_time_and_what_is_unpinned_ends_with_it_or_at_once() {
    let (mut world, all, _) = room(61);
    let [old, young] = ["old", "young"].map(|text| say(&mut world, all[1], brief(text)));
    for id in [old, young] {
        pin(&mut world, all[1], id, true);
        assert!(refused(&world, all[1], Refused::Role), "its author is no officer");
        pin(&mut world, all[0], id, true);
    }
    let told = |i: usize, of: MsgId| {
        world
            .events(i)
            .iter()
            .any(|(_, e)| matches!(e, Event::Kept { id, keep: true, dies: None, .. } if *id == of))
    };
    assert!(all.iter().all(|i| told(*i, old) && told(*i, young)));
    pin(&mut world, all[0], young, false);
    assert!(everywhere(&world, &all, young), "its own time is not over");
    world.run(60_000);
    assert!(nowhere(&world, &all, young) && everywhere(&world, &all, old));
    pin(&mut world, all[0], old, false);
    for i in &all {
        assert_eq!(why_burned(&world, *i, old), Some(Burned::Ttl), "{i}: its time was over long ago");
    }
}

#[test]
fn newcomers_get_what_is_kept_where_the_room_shows_what_was_said_before_them() {
    let (mut world, all, _) = room(62);
    let id = say(&mut world, all[1], brief("gate two"));
    let kept = say(&mut world, all[0], Draft { keep: true, ..brief("gate three") });
    pin(&mut world, all[0], id, true);
    world.run(120_000);
    let late = world.join(0);
    world.run(60_000);
    assert!(nowhere(&world, &[late], id), "nothing of what was said before");
    world.act(
        all[0],
        Deed::Policy(Box::new(Policy { history: Some(History::Unexpired), ..Policy::default() })),
    );
    let later = world.join(0);
    let both = [late, later];
    let came = world.run_until(500, 120_000, |w| everywhere(w, &both, id) && everywhere(w, &both, kept));
    assert!(came.is_some(), "{}", world.describe(&both));
    let heard = |i: usize| {
        world.heard(i).filter(|(_, h)| h.id == id).map(|(_, h)| (h.keep, h.dies)).collect::<Vec<_>>()
    };
    assert_eq!((heard(late), heard(later)), (vec![(true, None)], vec![(true, None)]));
}

#[test]
fn whoever_lost_it_before_the_pin_was_known_gets_it_again() {
    let (mut world, all, _) = room(63);
    let id = say(&mut world, all[1], brief("gate two"));
    let (here, there) = all.split_at(2);
    world.split(&[here, there]);
    pin(&mut world, all[0], id, true);
    world.run(90_000);
    assert!(everywhere(&world, here, id) && nowhere(&world, there, id));
    world.heal();
    let again = world.run_until(500, 120_000, |w| everywhere(w, &all, id));
    assert!(again.is_some(), "{}", world.describe(&all));
}

#[test]
fn its_authors_burn_wins_over_a_pin_whichever_is_heard_first() {
    for burned_first in [true, false] {
        let (mut world, all, _) = room(64);
        let id = say(&mut world, all[1], brief("a slip"));
        // Its author is cut off from the officer.
        let (here, there): (Vec<usize>, Vec<usize>) = all.iter().partition(|i| **i != all[1]);
        world.split(&[&here, &there]);
        if burned_first {
            world.command(all[1], Command::Burn(vec![id]));
            world.run(30_000);
        }
        pin(&mut world, all[0], id, true);
        if !burned_first {
            world.command(all[1], Command::Burn(vec![id]));
            world.run(90_000);
        }
        assert!(everywhere(&world, &here, id));
        world.heal();
        let gone = world.run_until(500, 240_000, |w| nowhere(w, &all, id) && w.agree(&all));
        assert!(gone.is_some(), "burned first: {burned_first}\n{}", world.describe(&all));
        world.run(180_000);
        assert!(nowhere(&world, &all, id), "and nobody brings it back");
    }
}

#[test]
fn what_came_again_by_a_pin_is_taken_back_by_its_author_like_anything_else() {
    let (mut world, all, _) = room(66);
    let id = say(&mut world, all[1], brief("a slip"));
    let (here, there): (Vec<usize>, Vec<usize>) = all.iter().partition(|i| **i != all[1]);
    world.split(&[&here, &there]);
    pin(&mut world, all[0], id, true);
    world.run(90_000);
    world.heal();
    assert!(world.run_until(500, 120_000, |w| everywhere(w, &all, id)).is_some(), "{}", world.describe(&all));
    world.command(all[1], Command::Burn(vec![id]));
    world.run(1_000);
    assert!(nowhere(&world, &all, id));
    world.run(120_000);
    assert!(nowhere(&world, &all, id) && world.agree(&all));
}

#[test]
fn what_opens_once_is_never_kept_and_there_is_an_end_to_what_is() {
    let (mut world, all, _) = room(65);
    let once = say(&mut world, all[1], Draft { once_s: Some(10), ..brief("once") });
    pin(&mut world, all[0], once, true);
    assert!(refused(&world, all[0], Refused::OpensOnce));
    for n in 1..KEPT {
        say(&mut world, all[0], Draft { keep: true, ..brief(&format!("{n}")) });
    }
    let pinned = say(&mut world, all[1], brief("pinned"));
    pin(&mut world, all[0], pinned, true);
    assert!(!refused(&world, all[0], Refused::KeptFull));
    let last = say(&mut world, all[1], brief("the last"));
    pin(&mut world, all[0], last, true);
    assert!(refused(&world, all[0], Refused::KeptFull));
    world.run(90_000);
    assert!(nowhere(&world, &all, last) && everywhere(&world, &all, pinned));
    assert!(all.iter().all(|i| world.state(*i).unwrap().living_count() == KEPT));
}

#[test]
fn whoever_was_removed_while_away_is_told_so_when_they_come_back() {
    for (seed, ban) in [(67, false), (68, true)] {
        let (mut world, all, _) = room(seed);
        world.act(all[0], Deed::Policy(Box::new(Policy { persist: Some(true), ..Policy::default() })));
        world.run(2_000);
        let id = world.id(all[1]).unwrap();
        let away = world.stop(all[1], false).unwrap();
        world.run(5_000);
        let why = "came to sell".to_owned();
        let deed = match ban {
            true => Deed::Ban { target: id, why, until: None, then: Then::Nothing },
            false => Deed::Kick(id, why),
        };
        world.act(all[0], deed);
        world.run(10_000);
        // What comes after it is none of theirs.
        world.act(
            all[0],
            Deed::Policy(Box::new(Policy { topic: Some("among us".into()), ..Policy::default() })),
        );
        world.run(60_000);
        let back = world.come_back(away);
        let told = |w: &World| {
            w.events(back)
                .iter()
                .any(|(_, e)| matches!(e, Event::Removed { why, .. } if why == "came to sell"))
        };
        assert!(world.run_until(500, 120_000, told).is_some(), "{}", world.describe(&[back, all[0]]));
        assert!(world.state(back).unwrap().standing().is_none(), "and it is over for them");
        let logged = |(_, e): &(Mono, Event)| matches!(e, Event::Logged { .. });
        assert_eq!(
            world.events(back).iter().filter(|one| logged(one)).count(),
            1,
            "the removal, and nothing after it"
        );
    }
}
