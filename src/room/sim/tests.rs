//! Small promises of a room that take a liar, or a look inside, to show.

mod bans;
mod dms;
mod expiry;
mod forks;
mod guise;
mod kept;
mod knocks;
mod nameless;
mod quiet;
mod refused;
mod removed;
mod reports;
mod seen;
mod typing;
mod unions;
mod unsent;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::base::id::SetTag;
use crate::base::limits::{BEAT_MS, KNOWN_MEMBERS};
use crate::crypto::gate::Gate;
use crate::crypto::identity::rank_hash;
use crate::room::envelope;
use crate::room::invite::invite_key;
use crate::room::roster::Roster;
use crate::wire::frame::FrameType;
use crate::wire::invite::Invite;
use crate::wire::log::{Act, Policy, Then};
use crate::wire::payload::{Beacon, Body};

use super::villain::no_trick;

/// An owner, two more, and somebody with a modified client, all confirmed.
fn room(seed: u64) -> (World, Vec<usize>, usize) {
    let mut world = World::new(seed, Links::LAN);
    let mut all = vec![world.join(0)];
    world.run(2_500);
    all.extend([world.join(0), world.join(0)]);
    let liar = world.mask(0, no_trick());
    let mut everybody = all.clone();
    everybody.push(liar);
    assert!(world.run_until(100, 60_000, |w| w.agree(&everybody)).is_some());
    world.run(3_000);
    (world, all, liar)
}

/// The lobby frames among these, opened as by somebody who has the root.
fn lobby(world: &World, day: crate::base::time::Day, frames: &[Vec<u8>]) -> Vec<envelope::Opened> {
    let gate = Gate::new(world.root(), &BTreeSet::new(), day);
    let open = |bytes: &Vec<u8>| {
        let frame = envelope::admit(&gate, bytes).ok()?;
        (frame.header.frame_type == FrameType::Lobby).then(|| frame.open(&world.root().lobby(day)).ok())?
    };
    frames.iter().filter_map(open).collect()
}

#[test]
fn whoever_slept_past_all_keys_asks_again_with_the_invite() {
    let mut world = World::around(5, Links::LAN, Kind::Invite);
    let owner = world.enter(0, Intent::Found(Box::default()));
    let mut owner_fp = [0; 10];
    owner_fp.copy_from_slice(&rank_hash(&world.id(owner).unwrap())[..10]);
    let seed = || Secret::new([9; 16]);
    let key = invite_key(&seed()).id().0;
    let until = Unix(world.calendar().0 + 3_600_000);
    world.act(owner, Deed::Invite { key, uses: 1, until });
    let secret = Secret::new([0; 16]);
    let invite = Invite { room: "lobby".to_owned(), secret, owner_fp, seed: seed(), addrs: Vec::new() };
    let guest = world.enter(0, Intent::Invited(Box::new(invite)));
    assert!(world.run_until(100, 60_000, |w| w.agree(&[owner, guest])).is_some());
    let later = world.now + 8 * crate::base::limits::DAY_MS;
    let mut state = world.take_out(guest).unwrap();
    let out = state.handle(later, Input::Timer(Timer::Upkeep));
    assert_eq!(state.standing(), Some(Standing::Searching));
    let frames: Vec<Vec<u8>> = out
        .into_iter()
        .filter_map(|o| match o {
            Output::Publish { bytes, .. } => Some(bytes),
            _ => None,
        })
        .collect();
    let hellos = lobby(&world, state.room_time().day(), &frames);
    let proof = |o: &envelope::Opened| matches!(&o.payload.body, Body::Hello(h) if h.proof.is_some());
    assert!(hellos.iter().any(proof), "{} frames, {} of the lobby", frames.len(), hellos.len());
}

#[test]
fn all_five_hellos_go_across() {
    let (mut world, _, liar) = room(2);
    world.tape = Some(Vec::new());
    world.force(liar, |hub, inside| {
        let beacon = Beacon {
            set_tag: SetTag([9; 4]),
            topic_tag: hub.doors.topic_tag(),
            members: 5,
            never_joined: false,
            founding: [0; 16],
        };
        inside.lobby(hub, Body::Beacon(beacon));
    });
    world.run(9_000);
    let frames: Vec<Vec<u8>> = world.tape.take().unwrap().into_iter().map(|t| t.bytes).collect();
    let mut sent: BTreeMap<MemberId, usize> = BTreeMap::new();
    for opened in lobby(&world, world.calendar().day(), &frames) {
        if matches!(&opened.payload.body, Body::Hello(h) if h.at.is_some()) {
            *sent.entry(opened.payload.sender).or_default() += 1;
        }
    }
    assert_eq!(sent.values().max(), Some(&5), "{sent:?}");
}

#[test]
fn an_end_that_is_over_ends_nothing_and_one_to_come_ends_the_room() {
    let (mut world, all, liar) = room(3);
    let ended = |w: &World, i: usize| w.events(i).iter().any(|(_, e)| matches!(e, Event::Ended { .. }));
    let target = world.id(liar).unwrap();
    world.act(all[0], Deed::Grant(target));
    world.run(2_000);
    let at =
        |world: &World, ms: i64| Policy { expires: Some(world.calendar().shifted(ms)), ..Policy::default() };
    let past = at(&world, -1);
    world.act(all[0], Deed::Policy(Box::new(past)));
    let refused = |(_, e): &(Mono, Event)| matches!(e, Event::Refused(_));
    assert!(world.events(all[0]).iter().any(refused), "an end that is over was written");
    let past = at(&world, -60_000);
    world.force(liar, move |hub, inside| {
        let raw = inside.log.write(&hub.me, hub.room(), Act::Policy(past));
        assert!(inside.take_entries(hub, std::slice::from_ref(&raw)));
        inside.publish(hub, Body::Entry(vec![raw]));
    });
    world.run(5_000);
    assert!(world.agree(&all) && !all.iter().any(|i| ended(&world, *i)));
    let soon = at(&world, 20_000);
    world.act(all[0], Deed::Policy(Box::new(soon)));
    world.run(15_000);
    assert!(!all.iter().any(|i| ended(&world, *i)));
    world.run(70_000);
    assert!(all.iter().all(|i| ended(&world, *i)));
}

#[test]
fn an_admin_takes_back_nothing_of_an_equal_that_others_have_not_seen() {
    let (mut world, all, liar) = room(4);
    for i in [all[1], liar] {
        let id = world.id(i).unwrap();
        world.act(all[0], Deed::Grant(id));
    }
    world.run(2_000);
    for (burner, text) in [(liar, "by an equal"), (all[0], "by the owner")] {
        let mut near = vec![all[1], liar];
        near.push(burner);
        world.split(&[&near, &[all[2]]]);
        world.say(all[1], text);
        world.run(500);
        let id =
            world.state(all[1]).unwrap().living().into_iter().find(|(_, t)| t.as_str() == text).unwrap().0;
        world.heal();
        if burner == liar {
            world.force(liar, move |hub, inside| {
                inside.publish(hub, Body::Burn { ids: vec![id], upto: 0 });
            });
        } else {
            world.command(burner, Command::Burn(vec![id]));
        }
        world.run(60_000);
        assert_eq!(world.read(all[2], text), burner == liar, "{text}");
    }
}

#[test]
fn a_full_roster_forgets_names_that_never_stood_before_members_who_did() {
    let mut roster = Roster::default();
    let id = |n: usize| {
        let mut id = MemberId([7; 32]);
        id.0[..8].copy_from_slice(&(n as u64).to_be_bytes());
        id
    };
    for n in 0..KNOWN_MEMBERS {
        let member = roster.meet(id(n), Mono(1), Unix(1));
        member.heard = Some(Mono(10 + n as u64));
        member.proved = n < 4;
        member.left = n == 3;
    }
    assert!(roster.make_way(|who| *who == id(4)));
    assert!(
        roster.knows(&id(4)) && !roster.knows(&id(5)),
        "who stays is spared, then who was heard longest ago goes"
    );
    for _ in 6..KNOWN_MEMBERS {
        assert!(roster.make_way(|who| *who == id(4)));
    }
    assert!((0..5).all(|n| roster.knows(&id(n))));
    assert!(roster.make_way(|_| false) && !roster.knows(&id(4)));
    assert!(roster.make_way(|_| false) && !roster.knows(&id(3)), "then those who are gone");
    assert!(!roster.make_way(|_| false) && roster.count() == 3);
}

#[test]
fn minted_names_keep_no_newcomer_out_of_the_roster() {
    let (mut world, all, liar) = room(6);
    for _ in 0..12 {
        world.force(liar, move |hub, inside| {
            for _ in 0..100 {
                let fresh = crate::crypto::identity::Identity::generate(&mut hub.rng);
                let real = (hub.id, std::mem::replace(&mut hub.me, fresh));
                hub.id = hub.me.id();
                inside.publish(hub, Body::Leave { panic: false });
                (hub.id, hub.me) = real;
            }
        });
        world.run(50);
    }
    let newcomer = world.join(0);
    let mut everybody = all.clone();
    everybody.push(newcomer);
    assert!(
        world.run_until(100, 60_000, |w| w.agree(&everybody)).is_some(),
        "{}",
        world.describe(&everybody)
    );
    world.say(newcomer, "me too");
    assert!(world.run_until(100, 30_000, |w| all.iter().all(|i| w.read(*i, "me too"))).is_some());
}

#[test]
fn a_ban_with_an_end_is_over_then_for_everybody() {
    let (mut world, all, liar) = room(7);
    let target = world.id(liar).unwrap();
    let until = Some(world.calendar().shifted(100_000));
    world.act(all[0], Deed::Ban { target, why: String::new(), until, then: Then::Lock });
    world.run(90_000);
    world.say(all[0], "among ourselves");
    world.run(5_000);
    assert!(world.agree(&all) && !world.read(liar, "among ourselves"));
    let mut everybody = all.clone();
    everybody.push(liar);
    let back = world.run_until(100, 180_000, |w| w.agree(&everybody));
    assert!(back.is_some(), "{}", world.describe(&everybody));
    // What was locked stays locked for others.
    let other = world.join(0);
    world.run(20_000);
    assert!(world.state(other).is_some_and(|s| s.set().is_none()));
    // And the owner may make an admin of them again.
    world.act(all[0], Deed::Grant(target));
    world.run(3_000);
    let rank = |i: &usize| world.state(*i).unwrap().log().unwrap().rights().rank(&target);
    assert!(all.iter().all(|i| rank(i) == crate::room::rights::Rank::Admin));
}

#[test]
fn everybody_is_told_once_of_everybody_and_by_name() {
    for seed in 0..6 {
        let mut world = World::new(seed, if seed % 2 == 0 { Links::WAN } else { Links::BAD });
        let all: Vec<usize> = (0..4)
            .map(|_| {
                world.run(1_500);
                world.join(0)
            })
            .collect();
        assert!(world.run_until(100, 90_000, |w| w.agree(&all)).is_some());
        world.run(30_000);
        for i in &all {
            let told: Vec<(MemberId, String)> = world
                .events(*i)
                .iter()
                .filter_map(|(_, e)| match e {
                    Event::Joined(who) => Some((who.id, who.nick.clone())),
                    _ => None,
                })
                .collect();
            let mut ids: Vec<MemberId> = told.iter().map(|(id, _)| *id).collect();
            ids.sort_unstable();
            assert!(told.iter().all(|(_, nick)| !nick.is_empty()), "seed {seed}: {told:?}");
            assert_eq!(ids, world.state(*i).unwrap().others(), "seed {seed}, {i}: {told:?}");
        }
    }
}

#[test]
fn thousands_of_messages_said_while_a_link_was_down_all_come_soon_after_its_return() {
    let mut world = World::new(9, Links::LAN);
    let ana = world.join(0);
    world.run(2_500);
    let bob = world.join(0);
    assert!(world.run_until(100, 60_000, |w| w.agree(&[ana, bob])).is_some());
    let off = Policy { rate: Some(0), ..Policy::default() };
    world.act(ana, Deed::Policy(Box::new(off)));
    world.run(2_000);
    world.split(&[&[ana], &[bob]]);
    let many = 4_500;
    (0..many).for_each(|n| world.say(ana, &format!("{n:<256}")));
    world.run(1_000);
    assert_eq!(world.heard(bob).count(), 0);
    world.heal();
    // A beat shows that something is missing; ten answers, each to an ask of its own, bring it.
    let there = world.run_until(100, BEAT_MS, |w| w.heard(bob).count() == many);
    assert!(there.is_some(), "{} of {many}", world.heard(bob).count());
}

#[test]
fn whoever_is_removed_is_not_counted_from_that_moment() {
    let (mut world, all, _) = room(9);
    let here = |w: &World, who: usize| w.state(who).unwrap().others().len();
    let before = here(&world, all[0]);
    let mut left: Vec<usize> = all.iter().copied().skip(1).collect();
    while let Some(out) = left.pop() {
        let target = world.id(out).unwrap();
        world.act(all[0], Deed::Kick(target, String::new()));
        // Nobody but the one who acts has to have heard of it.
        world.run(100);
        assert!(!world.state(all[0]).unwrap().others().contains(&target));
    }
    assert_eq!(here(&world, all[0]), before - (all.len() - 1));
    world.run(30_000);
    assert_eq!(here(&world, all[0]), before - (all.len() - 1), "and nothing they say brings them back");
}
