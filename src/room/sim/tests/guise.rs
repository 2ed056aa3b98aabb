//! How members want to be shown, and who learns it when.

use super::*;
use crate::base::limits::{NAME_BYTES, PROFILE_GAP_MS, PROFILE_LATER_MS};
use crate::room::Guise;
use crate::room::io::Refused;
use crate::wire::payload::Profile;

fn guise(status: &str) -> Guise {
    Guise { status: status.to_owned(), glyph: 3, colour: 5 }
}

fn dress(world: &mut World, i: usize, status: &str) {
    world.command(i, Command::Guise { nick: None, guise: guise(status) });
}

/// How `i` would show `of`.
fn shown(world: &World, i: usize, of: MemberId) -> Guise {
    world.state(i).unwrap().who(&of).unwrap().guise
}

fn told(world: &World, i: usize, of: MemberId) -> usize {
    let of_them = |e: &Event| matches!(e, Event::Guise(who) if who.id == of);
    world.events(i).iter().filter(|(_, e)| of_them(e)).count()
}

#[test]
fn a_choice_is_told_to_those_who_are_here_once_and_to_whoever_comes_later() {
    let (mut world, all, _) = room(11);
    let ana = world.id(all[0]).unwrap();
    dress(&mut world, all[0], "gone fishing");
    world.run(1_000);
    assert_eq!(shown(&world, all[1], ana), guise("gone fishing"));
    assert_eq!(
        (told(&world, all[0], ana), told(&world, all[1], ana)),
        (1, 1),
        "its owner hears of it as well"
    );
    world.run(PROFILE_GAP_MS);
    let late = world.join(0);
    let knows = |w: &World| {
        let state = w.state(late)?;
        (state.who(&ana)?.guise == guise("gone fishing")).then_some(())
    };
    let greeted =
        |w: &World| w.events(late).iter().any(|(_, e)| matches!(e, Event::Joined(who) if who.id == ana));
    assert!(world.run_until(10, 30_000, |w| greeted(w)).is_some());
    assert!(world.run_until(10, PROFILE_LATER_MS.1 + 2_000, |w| knows(w).is_some()).is_some());
    world.run(5_000);
    assert_eq!(told(&world, all[1], ana), 1, "what is said again is no news");
}

#[test]
fn however_many_come_it_is_said_again_once_in_a_while_and_the_last_of_them_hears_it() {
    let (mut world, all, _) = room(12);
    let ana = world.id(all[0]).unwrap();
    let last = |w: &mut World| w.seize(all[1], |_, inside| inside.roster.get(&ana).map(|m| m.profiled));
    dress(&mut world, all[0], "here");
    world.run(1_000);
    let (mut late, mut said, mut before) = (Vec::new(), vec![world.now], last(&mut world));
    for tenth in 0..400 {
        if tenth % 15 == 0 && late.len() < 8 {
            late.push(world.join(0));
        }
        world.run(100);
        let now = last(&mut world);
        if now != before {
            (said, before) = ([said, vec![world.now]].concat(), now);
        }
    }
    let pauses: Vec<u64> = said.windows(2).map(|two| two[1].since(two[0])).collect();
    assert!((2..=3).contains(&pauses.len()), "{pauses:?}");
    assert!(pauses.iter().all(|ms| *ms + 1_000 >= PROFILE_GAP_MS), "{pauses:?}");
    assert!(late.iter().all(|i| shown(&world, *i, ana) == guise("here")));
}

#[test]
fn a_new_nick_leaves_the_status_and_a_new_guise_the_nick() {
    let (mut world, all, _) = room(13);
    let ana = world.id(all[0]).unwrap();
    world.command(all[0], Command::Nick("otter".to_owned()));
    dress(&mut world, all[0], "gone fishing");
    world.run(1_000);
    world.command(all[0], Command::Nick("wolf".to_owned()));
    world.run(1_000);
    let who = world.state(all[1]).unwrap().who(&ana).unwrap();
    assert_eq!((who.nick.as_str(), who.guise), ("wolf", guise("gone fishing")));
    world.command(all[0], Command::Guise { nick: Some("quiet-owl".to_owned()), guise: Guise::default() });
    world.run(1_000);
    let who = world.state(all[1]).unwrap().who(&ana).unwrap();
    assert_eq!((who.nick.as_str(), who.guise), ("quiet-owl", Guise::default()));
}

#[test]
fn what_nobody_would_decode_is_refused_and_changes_nothing() {
    let (mut world, all, _) = room(14);
    let ana = world.id(all[0]).unwrap();
    dress(&mut world, all[0], &"x".repeat(NAME_BYTES));
    dress(&mut world, all[0], &"x".repeat(NAME_BYTES + 1));
    world.command(all[0], Command::Guise { nick: Some(String::new()), guise: Guise::default() });
    let refused = |(_, e): &&(Mono, Event)| matches!(e, Event::Refused(Refused::TooLong));
    assert_eq!(world.events(all[0]).iter().filter(refused).count(), 2);
    world.run(1_000);
    assert_eq!(shown(&world, all[1], ana).status.len(), NAME_BYTES);
}

#[test]
fn what_is_chosen_before_the_room_is_found_is_kept_for_it() {
    let (mut world, all, _) = room(15);
    let late = world.join(0);
    dress(&mut world, late, "on my way");
    let id = world.id(late).unwrap();
    let knows =
        |w: &World| w.state(all[0]).unwrap().who(&id).is_some_and(|who| who.guise == guise("on my way"));
    assert!(world.run_until(100, 30_000, knows).is_some());
}

#[test]
fn whoever_is_removed_is_shown_as_before_whatever_they_say() {
    let (mut world, all, liar) = room(16);
    let id = world.id(liar).unwrap();
    world.act(all[0], Deed::Kick(id, String::new()));
    world.run(3_000);
    world.force(liar, |hub, inside| {
        let profile = Profile { nick: "owner".into(), status: "vote for me".into(), glyph: 1, colour: 1 };
        inside.publish(hub, Body::Profile(profile));
    });
    world.run(2_000);
    assert_eq!(shown(&world, all[0], id), Guise::default());
}
