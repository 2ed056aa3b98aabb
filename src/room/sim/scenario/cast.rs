//! Who plays in a trial: rooms formed before it begins, and the question whether they still work when it is over.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::Report;
use crate::base::id::ChainId;
use crate::room::io::Deed;
use crate::room::rights::Rank;
use crate::room::sim::World;
use crate::room::sim::villain::Trick;

/// A room of `n`, formed: everybody came at some time in the first seconds, with a calendar off by up to 90 seconds.
pub(super) fn room_of(world: &mut World, n: usize, skew: bool) -> Result<Vec<usize>, Report> {
    let mut all = Vec::new();
    for _ in 0..n {
        let off = if skew { world.pick(180_001) as i64 - 90_000 } else { 0 };
        all.push(world.join(off));
        let wait = world.pick(2_000) as u64;
        world.run(wait);
    }
    let everybody = all.clone();
    let formed = world.run_until(100, 90_000, |w| {
        w.agree(&everybody)
            && everybody.iter().all(|i| w.state(*i).is_some_and(|s| s.others().len() + 1 == n))
    });
    match formed {
        Some(_) => Ok(all),
        None => Err(Report::broken("the room did not form", world, &all)),
    }
}

/// The founder, as the log has it.
pub(super) fn owner_of(world: &World, all: &[usize]) -> usize {
    let owns = |i: &&usize| {
        let log = world.state(**i).and_then(|s| s.log());
        world.id(**i).is_some_and(|id| log.is_some_and(|l| l.rights().rank(&id) == Rank::Owner))
    };
    all.iter().find(owns).or(all.first()).copied().unwrap_or_default()
}

/// A room of honest members with one liar in it, all confirmed.
pub(super) fn with_liar(
    world: &mut World,
    honest: usize,
    trick: Trick,
) -> Result<(Vec<usize>, usize), Report> {
    let all = room_of(world, honest, false)?;
    let liar = world.mask(0, trick);
    let mut everybody = all.clone();
    everybody.push(liar);
    let full = |w: &World, i: &usize| w.state(*i).is_some_and(|s| s.others().len() == honest);
    if world.run_until(100, 60_000, |w| w.agree(&everybody) && everybody.iter().all(|i| full(w, i))).is_none()
    {
        return Err(Report::broken("the liar never became a member", world, &everybody));
    }
    world.run(5_000);
    Ok((all, liar))
}

/// Whether a room still works: everybody says something and reads what all the others say.
pub(super) fn still_talk(world: &mut World, all: &[usize]) -> Result<(), Report> {
    let text = |i: &usize| format!("{i} is still here");
    for i in all {
        world.say(*i, &text(i));
    }
    let heard = |w: &World| all.iter().all(|i| all.iter().all(|j| w.read(*i, &text(j))));
    match world.run_until(100, 90_000, |w| w.agree(all) && heard(w)) {
        Some(_) => Ok(()),
        None => Err(Report::broken("they no longer talk", world, all)),
    }
}

/// What a coalition has ever held.
pub(super) type Pool = Rc<RefCell<BTreeSet<ChainId>>>;

/// A room in which some are honest and some will be removed and pool their keys.
pub(super) struct Cast {
    pub(super) owner: usize,
    pub(super) admins: Vec<usize>,
    pub(super) rest: Vec<usize>,
    pub(super) victims: Vec<usize>,
    pub(super) pool: Pool,
}

impl Cast {
    /// Everybody who is to stay.
    pub(super) fn staying(&self) -> Vec<usize> {
        let mut all = vec![self.owner];
        all.extend(&self.admins);
        all.extend(&self.rest);
        all
    }

    /// Whether those who stay agree on keys that the coalition does not hold.
    pub(super) fn locked_out(&self, world: &World) -> bool {
        let staying = self.staying();
        if !world.agree(&staying) {
            return false;
        }
        let pool = self.pool.borrow();
        let held_now: BTreeSet<ChainId> =
            self.victims.iter().filter_map(|v| world.state(*v)).flat_map(|s| s.chains_held()).collect();
        staying.iter().all(|i| {
            let chains = world.state(*i).map(|s| s.chains()).unwrap_or_default();
            !chains.iter().all(|c| pool.contains(c) || held_now.contains(c))
        })
    }

    /// Says something and sees to it that exactly those who stay read it.
    pub(super) fn speak_apart(&self, world: &mut World) -> Result<(), String> {
        let text = "now that we are among ourselves";
        world.say(self.owner, text);
        // On bad links a frame may be lost, and the next beat shows it.
        let staying = self.staying();
        world.run_until(100, 75_000, |w| staying.iter().all(|i| w.read(*i, text)));
        if let Some(i) = self.staying().iter().find(|i| !world.read(**i, text)) {
            return Err(format!("{i} stays and did not read it"));
        }
        if let Some(v) = self.victims.iter().find(|v| world.read(**v, text)) {
            return Err(format!("{v} was removed and read it"));
        }
        if let Some(i) = self.staying().iter().find(|i| {
            let ids: Vec<_> = self.victims.iter().filter_map(|v| world.id(*v)).collect();
            world.state(**i).is_some_and(|s| {
                s.log().is_some_and(|l| ids.iter().any(|v| !l.rights().removals.contains_key(v)))
            })
        }) {
            return Err(format!("{i} does not know that somebody is removed"));
        }
        Ok(())
    }
}

/// An owner, so many admins, plain members and future victims (of whom some are admins too), all confirmed.
pub(super) fn cast(
    world: &mut World,
    admins: usize,
    rest: usize,
    victims: usize,
    victim_admins: usize,
) -> Result<Cast, Report> {
    let pool = Pool::default();
    let owner = world.join(0);
    world.run(2_500);
    let mut cast =
        Cast { owner, admins: Vec::new(), rest: Vec::new(), victims: Vec::new(), pool: Rc::clone(&pool) };
    for _ in 0..admins {
        cast.admins.push(world.join(0));
    }
    for _ in 0..rest {
        cast.rest.push(world.join(0));
    }
    for _ in 0..victims {
        cast.victims.push(world.mask(0, pooling(&pool)));
    }
    let everybody: Vec<usize> = cast.staying().into_iter().chain(cast.victims.iter().copied()).collect();
    let n = everybody.len();
    let ready = |w: &World| {
        w.agree(&everybody)
            && everybody.iter().all(|i| w.state(*i).is_some_and(|s| s.others().len() + 1 == n))
    };
    if world.run_until(100, 90_000, ready).is_none() {
        return Err(Report::broken("the room did not form", world, &everybody));
    }
    let mut offices: Vec<usize> = cast.admins.clone();
    offices.extend(cast.victims.iter().take(victim_admins));
    for i in offices {
        if let Some(id) = world.id(i) {
            world.act(owner, Deed::Grant(id));
        }
    }
    if world.run_until(100, 60_000, ready).is_none() {
        return Err(Report::broken("the grants did not arrive", world, &everybody));
    }
    Ok(cast)
}

pub(super) fn pooling(pool: &Pool) -> Trick {
    let pool = Rc::clone(pool);
    Box::new(move |state, _, _, _| {
        pool.borrow_mut().extend(state.chains_held());
        true
    })
}
