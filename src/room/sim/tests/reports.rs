//! Reports to those in office.

use std::cell::Cell;
use std::rc::Rc;

use super::*;
use crate::base::limits::REPORT_BURST;
use crate::base::secret::Text;
use crate::room::io::{Burned, Refused};

fn report(world: &mut World, from: usize, about: usize, text: &str) {
    let about = world.id(about).unwrap();
    world.command(from, Command::Report(about, Text::new(text)));
}

fn refused(world: &World, i: usize) -> Vec<Refused> {
    let why = |(_, e): &(Mono, Event)| if let Event::Refused(why) = e { Some(*why) } else { None };
    world.events(i).iter().filter_map(why).collect()
}

#[test]
fn it_reaches_those_in_office_alone_and_is_closed_by_each_for_themselves() {
    let (mut world, all, liar) = room(31);
    let (ana, bob, cho) = (all[0], all[1], all[2]);
    let bobs = world.id(bob).unwrap();
    world.act(ana, Deed::Grant(bobs));
    world.run(1_000);
    report(&mut world, cho, liar, "floods the room");
    // The keys of those in office are asked for where they are not known yet.
    world.run(8_000);
    assert!(world.events(cho).iter().any(|(_, e)| matches!(e, Event::Reported { to: 2 })));
    let liars = world.id(liar);
    for i in [ana, bob] {
        let (_, heard) = world.heard(i).last().unwrap();
        assert_eq!(heard.about.as_ref().map(|who| who.id), liars);
        assert_eq!(
            (heard.text.as_ref().unwrap().as_str(), heard.from.id),
            ("floods the room", world.id(cho).unwrap())
        );
    }
    assert!([cho, liar].iter().all(|i| world.heard(*i).next().is_none()), "nobody else, and not its author");
    let id = world.heard(ana).last().unwrap().1.id;
    world.command(ana, Command::Burn(vec![id]));
    let closed =
        |w: &World, i| w.events(i).iter().any(|(_, e)| matches!(e, Event::Burned { id: i, .. } if *i == id));
    world.run(1_000);
    assert!(closed(&world, ana) && !closed(&world, bob));
}

#[test]
fn it_is_sealed_to_no_key_that_somebody_else_told_of() {
    let (mut world, all, liar) = room(34);
    let (ana, anas) = (all[0], world.id(all[0]).unwrap());
    let dan = world.join(0);
    let dans = world.id(dan).unwrap();
    let within_reach = |w: &mut World| {
        let told = Rc::new(Cell::new(false));
        let ours = Rc::clone(&told);
        w.force(liar, move |hub, inside| {
            // Whoever is to be reported says that those in office have its own key.
            let Some(mut row) = inside.roster.row(&anas, false) else { return };
            row.kem = inside.hand.public().map(|kem| Box::new(*kem.as_bytes()));
            ours.set(inside.direct(hub, &dans, Body::Roster { page: 0, pages: 1, rows: vec![row] }));
        });
        told.get()
    };
    while !within_reach(&mut world) {
        world.run(1);
    }
    assert!(world.run_until(10, 60_000, |w| w.since(dan, Standing::Confirmed).is_some()).is_some());
    report(&mut world, dan, liar, "floods the room");
    world.run(8_000);
    let heard = |i: usize| world.heard(i).filter(|(_, h)| h.about.is_some()).count();
    assert_eq!((heard(ana), heard(liar)), (1, 0));
}

#[test]
fn it_reaches_all_those_in_office_however_many_once_and_by_whatever_way() {
    let (mut world, mut all, liar) = room(35);
    for _ in 0..27 {
        all.push(world.join(0));
        world.run(200);
    }
    assert!(world.run_until(100, 120_000, |w| w.agree(&all)).is_some());
    let officers: Vec<usize> = all.iter().copied().filter(|i| *i != all[1]).collect();
    for i in officers.iter().skip(1) {
        let id = world.id(*i).unwrap();
        world.act(all[0], Deed::Grant(id));
        world.run(200);
    }
    world.run(3_000);
    // Its author does not know where the last of them is, so one part goes by gossip.
    let last = world.id(*officers.last().unwrap()).unwrap();
    world.seize(all[1], |_, inside| inside.roster.get_mut(&last).unwrap().peer = None);
    report(&mut world, all[1], liar, &"x".repeat(4_000));
    world.run(8_000);
    let to = |(_, e): &(Mono, Event)| if let Event::Reported { to } = e { Some(*to) } else { None };
    assert_eq!(refused(&world, all[1]), []);
    assert_eq!(world.events(all[1]).iter().filter_map(to).collect::<Vec<_>>(), [officers.len()]);
    for i in officers {
        assert_eq!(world.heard(i).filter(|(_, h)| h.about.is_some()).count(), 1, "{i}");
    }
}

#[test]
fn by_gossip_it_goes_on_past_those_it_is_not_for() {
    let (mut world, all, liar) = room(36);
    let (ana, bob, cho) = (all[0], all[1], all[2]);
    report(&mut world, cho, liar, "floods the room");
    world.run(8_000);
    // Now that the key is known, the way is not.
    world.wire_up(&[(ana, bob), (bob, cho), (bob, liar)]);
    let anas = world.id(ana).unwrap();
    world.seize(cho, |_, inside| inside.roster.get_mut(&anas).unwrap().peer = None);
    report(&mut world, cho, liar, "and does not stop");
    world.run(1_000);
    let heard: Vec<&str> = world.heard(ana).filter_map(|(_, h)| Some(h.text.as_ref()?.as_str())).collect();
    assert_eq!(heard, ["floods the room", "and does not stop"]);
}

#[test]
fn it_dies_with_time_and_one_member_tells_only_so_much() {
    let (mut world, all, liar) = room(32);
    world.act(all[0], Deed::Policy(Box::new(Policy { ttl_max_s: Some(60), ..Policy::default() })));
    world.run(1_000);
    for n in 0..10 {
        report(&mut world, liar, all[1], &format!("report {n}"));
    }
    world.run(8_000);
    assert_eq!(world.heard(all[0]).count() as u64, REPORT_BURST);
    world.run(60_000);
    let ttl = |(_, e): &&(Mono, Event)| matches!(e, Event::Burned { why: Burned::Ttl, .. });
    assert_eq!(world.events(all[0]).iter().filter(ttl).count() as u64, REPORT_BURST);
}

#[test]
fn whoever_it_is_about_does_not_get_it_and_without_anybody_else_in_office_it_is_refused() {
    let (mut world, all, _) = room(33);
    report(&mut world, all[1], all[0], "the owner themselves");
    report(&mut world, all[1], all[2], "");
    world.run(1_000);
    assert_eq!(refused(&world, all[1]), [Refused::NobodyInOffice, Refused::TooLong]);
    assert!(world.heard(all[0]).next().is_none());
}
