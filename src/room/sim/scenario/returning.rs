//! A room that lasts: everybody stops, and they come back one by one.

use super::cast::{owner_of, room_of, still_talk};
use super::{Report, any_links, since};
use crate::base::id::MsgId;
use crate::room::io::{Command, Deed, Draft, Event};
use crate::room::rights::Rank;
use crate::room::sim::World;
use crate::room::sim::returning::Away;
use crate::wire::log::Policy;

fn said(world: &World, i: usize, text: &str) -> Option<MsgId> {
    world.heard(i).find(|(_, h)| h.text.as_ref().is_some_and(|t| t.as_str() == text)).map(|(_, h)| h.id)
}

fn lives(world: &World, i: usize, id: MsgId) -> bool {
    world.state(i).is_some_and(|s| s.living().iter().any(|(living, _)| *living == id))
}

/// Everybody stops, in any order, with a goodbye or without; hours later they come back one by one, in any order but the owner
/// last, and some of them meet before the others are there.
pub(super) fn everybody_returns(seed: u64) -> Report {
    let mut world = World::new(seed, any_links(seed));
    let n = 2 + world.pick(4);
    let all = match room_of(&mut world, n, false) {
        Ok(all) => all,
        Err(report) => return report,
    };
    let owner = owner_of(&world, &all);
    let others: Vec<usize> = all.iter().copied().filter(|i| *i != owner).collect();
    let admin = others[world.pick(others.len())];
    world.act(owner, Deed::Policy(Box::new(Policy { persist: Some(true), ..Policy::default() })));
    if let Some(id) = world.id(admin) {
        world.act(owner, Deed::Grant(id));
    }
    if world.run_until(100, 60_000, |w| w.agree(&all)).is_none() {
        return Report::broken("the settings did not arrive", &world, &all);
    }
    for (who, text, keep) in
        [(owner, "the plan", true), (admin, "gate two", true), (others[0], "pinned", false)]
    {
        world.command(who, Command::Say(Draft { keep, ..Draft::plain(0, text) }));
    }
    world.say(others[0], "this burns");
    let texts = ["the plan", "gate two", "pinned", "this burns"];
    let heard = |w: &World| texts.iter().all(|text| all.iter().all(|i| said(w, *i, text).is_some()));
    if world.run_until(100, 90_000, heard).is_none() {
        return Report::broken("not everybody heard it", &world, &all);
    }
    let [Some(plan), Some(gate), Some(pinned), Some(burns)] = texts.map(|text| said(&world, owner, text))
    else {
        return Report::broken("nothing was said", &world, &all);
    };
    let kept = [plan, gate, pinned];
    world.command(admin, Command::Pin(pinned, true));
    if world
        .run_until(100, 60_000, |w| {
            all.iter().all(|i| w.state(*i).is_some_and(|s| s.dies(&pinned).is_none()))
        })
        .is_none()
    {
        return Report::broken("the pin did not arrive", &world, &all);
    }
    let genesis = world.state(owner).and_then(|s| s.genesis());
    let keys = [owner, admin].map(|i| world.id(i));
    // They stop in any order.
    let mut left = all.clone();
    let mut away: Vec<(bool, Away)> = Vec::new();
    while !left.is_empty() {
        let i = left.swap_remove(world.pick(left.len()));
        let goodbye = world.pick(2) == 0;
        match world.stop(i, goodbye) {
            Some(gone) => away.push((i == owner, gone)),
            None => return Report::broken("nothing of the room stays", &world, &[i]),
        }
        let pause = world.pick(40_000) as u64;
        world.run(pause);
    }
    let night = 60_000 + world.pick(20_000_000) as u64;
    world.run(night);
    // And come back, the owner last.
    let mut back = Vec::new();
    while !away.is_empty() {
        let able: Vec<usize> = (0..away.len()).filter(|at| away.len() == 1 || !away[*at].0).collect();
        let (_, gone) = away.swap_remove(able[world.pick(able.len())]);
        back.push(world.come_back(gone));
        let pause = world.pick(30_000) as u64;
        world.run(pause);
    }
    let returned = world.now;
    let whole = |w: &World| {
        w.agree(&back)
            && back.iter().all(|i| {
                w.state(*i).is_some_and(|s| s.others().len() + 1 == n)
                    && kept.iter().all(|id| lives(w, *i, *id))
            })
    };
    let Some(agreed) = world.run_until(100, 150_000, whole) else {
        return Report::broken("they did not come together with what was kept", &world, &back);
    };
    for i in &back {
        let Some(state) = world.state(*i) else { continue };
        let rights = state.log().map(|log| log.rights());
        let ranks = keys.map(|id| id.zip(rights).map(|(id, rights)| rights.rank(&id)));
        let foundings = rights.map(|rights| rights.domains.len());
        if state.genesis() != genesis || foundings != Some(1) {
            return Report::broken("another room was founded", &world, &back);
        }
        if ranks != [Some(Rank::Owner), Some(Rank::Admin)] {
            return Report::broken(&format!("{i} sees other rights: {ranks:?}"), &world, &back);
        }
        let shown = |id: &MsgId| world.heard(*i).filter(|(_, h)| h.id == *id).count();
        if kept.iter().any(|id| shown(id) != 1) {
            return Report::broken(&format!("{i} was not shown what was kept once"), &world, &back);
        }
        if lives(&world, *i, burns)
            || world.events(*i).iter().any(|(_, e)| matches!(e, Event::Entered { token: Some(_), .. }))
        {
            return Report::broken("what burns came back, or somebody founded", &world, &back);
        }
    }
    if let Err(report) = still_talk(&mut world, &back) {
        return report;
    }
    if world.stale_keys() > 0 {
        return Report::broken("a key outlived its epoch by more than two", &world, &back);
    }
    let mut report = Report::default();
    report.note("together ms", since(returned, agreed));
    report
}
