//! Rooms that one enters with an invite: played honestly, and against those who hold one, held one, or claim to.

use std::cell::Cell;
use std::rc::Rc;

use super::Report;
use super::cast::still_talk;
use crate::base::id::InviteId;
use crate::base::secret::Secret;
use crate::base::time::Unix;
use crate::crypto::identity::rank_hash;
use crate::crypto::root::Kind;
use crate::room::entry::Intent;
use crate::room::invite::{invite_id, invite_key};
use crate::room::io::{Deed, Event, Standing};
use crate::room::sim::villain::{Trick, forker, no_trick};
use crate::room::sim::{Input, Links, World};
use crate::wire::invite::Invite;
use crate::wire::payload::{Body, Join, Proof, Reason};

/// What an invite is made of, so that more than one person can be given it.
struct Link {
    seed: [u8; 16],
    owner_fp: [u8; 10],
}

impl Link {
    fn id(&self) -> InviteId {
        invite_id(&self.key())
    }

    fn key(&self) -> [u8; 32] {
        invite_key(&Secret::new(self.seed)).id().0
    }

    fn intent(&self) -> Intent {
        Intent::Invited(Box::new(Invite {
            room: "lobby".to_owned(),
            secret: Secret::new([0; 16]),
            owner_fp: self.owner_fp,
            seed: Secret::new(self.seed),
            addrs: Vec::new(),
        }))
    }
}

/// An invite room and its owner.
struct Hosted {
    world: World,
    owner: usize,
    owner_fp: [u8; 10],
    made: u8,
}

impl Hosted {
    /// On links that lose nothing: a join that got lost is a use that was not counted.
    fn open(seed: u64) -> Hosted {
        let links = if seed.is_multiple_of(2) { Links::LAN } else { Links::WAN };
        let mut world = World::around(seed, links, Kind::Invite);
        let owner = world.enter(0, Intent::Found(Box::default()));
        world.run(1_000);
        let hash = world.id(owner).map(|id| rank_hash(&id)).unwrap_or_default();
        let mut owner_fp = [0; 10];
        owner_fp.copy_from_slice(&hash[..10]);
        Hosted { world, owner, owner_fp, made: 0 }
    }

    /// Somebody makes an invite that lives so long.
    fn invite(&mut self, by: usize, uses: u64, life_ms: u64) -> Link {
        self.made += 1;
        let link = Link { seed: [self.made; 16], owner_fp: self.owner_fp };
        let until = Unix(self.world.calendar().0 + life_ms);
        self.world.act(by, Deed::Invite { key: link.key(), uses, until });
        link
    }

    /// Somebody comes with it and has to stand confirmed with these.
    fn admits(&mut self, link: &Link, with: &[usize]) -> Result<usize, Report> {
        let guest = self.world.enter(0, link.intent());
        let mut all = with.to_vec();
        all.push(guest);
        match self.world.run_until(100, 60_000, |w| w.agree(&all)) {
            Some(_) => Ok(guest),
            None => Err(Report::broken("somebody who was invited did not come in", &self.world, &all)),
        }
    }

    /// Somebody comes with it and has to be told why not.
    fn refuses(&mut self, intent: Intent, why: Reason) -> Result<(), Report> {
        let guest = self.world.enter(0, intent);
        let told =
            |w: &World| w.events(guest).iter().any(|(_, e)| matches!(e, Event::NotAdmitted(r) if *r == why));
        let answered = self.world.run_until(100, 30_000, told).is_some();
        self.world.run(5_000);
        let state = self.world.state(guest);
        let out = state.is_some_and(|s| s.standing() == Some(Standing::Searching) && s.set().is_none());
        let shown = match (answered, out) {
            (true, true) => Ok(()),
            (_, false) => Err(Report::broken(&format!("came in despite {why:?}"), &self.world, &[guest])),
            (false, _) => Err(Report::broken(&format!("was not told {why:?}"), &self.world, &[guest])),
        };
        self.world.crash(guest);
        shown
    }
}

/// An invite room from its opening to a day without its owner.
pub(super) fn invite_room(seed: u64) -> Report {
    played(seed).err().unwrap_or_default()
}

fn played(seed: u64) -> Result<(), Report> {
    let mut room = Hosted::open(seed);
    let owner = room.owner;
    if room.world.state(owner).and_then(|s| s.standing()) != Some(Standing::Alone) {
        return Err(Report::broken("the owner did not open the room", &room.world, &[owner]));
    }
    let twice = room.invite(owner, 2, 3_600_000);
    let short = room.invite(owner, 5, 60_000);
    let gone = room.invite(owner, 5, 3_600_000);
    room.world.act(owner, Deed::InviteRevoke(gone.id()));
    let first = room.admits(&twice, &[owner])?;
    let early = room.admits(&short, &[owner, first])?;
    let second = room.admits(&twice, &[owner, first, early])?;
    room.refuses(twice.intent(), Reason::Spent)?;
    room.refuses(gone.intent(), Reason::Revoked)?;
    // The same root and no invite: comes to look, comes to stay, or with an invite that nobody made.
    room.refuses(Intent::Visit, Reason::Revoked)?;
    room.refuses(Intent::Join(Box::default()), Reason::Revoked)?;
    let made_up = Link { seed: [0xee; 16], owner_fp: room.owner_fp };
    room.refuses(made_up.intent(), Reason::Revoked)?;
    room.world.run(60_000);
    room.refuses(short.intent(), Reason::Expired)?;

    // A partition, and an invite made in each half.
    let all = [owner, first, early, second];
    if let Some(id) = room.world.id(first) {
        room.world.act(owner, Deed::Grant(id));
    }
    room.world.run(3_000);
    room.world.split(&[&[owner, early], &[first, second]]);
    room.world.run(3_000);
    room.invite(owner, 1, 3_600_000);
    let theirs = room.invite(first, 1, 3_600_000);
    let wait = 1_000 + room.world.pick(40_000) as u64;
    room.world.run(wait);
    room.world.heal();
    if room.world.run_until(100, 75_000, |w| w.agree(&all)).is_none() {
        return Err(Report::broken("the halves did not agree", &room.world, &all));
    }
    // The owner's machine is off: an admin's invite lets somebody in, whom the others vouch for.
    room.world.sleep(owner);
    let rest = [first, early, second];
    let third = room.admits(&theirs, &rest)?;
    room.refuses(theirs.intent(), Reason::Spent)?;
    room.world.wake(owner);
    let all = [owner, first, early, second, third];
    still_talk(&mut room.world, &all)
}

/// A member names an invite that is somebody else's as its own, to use it up.
pub(super) fn claimed_invite(seed: u64) -> Report {
    let mut room = Hosted::open(seed);
    let owner = room.owner;
    let one = room.invite(owner, 1, 3_600_000);
    let other = room.invite(owner, 1, 3_600_000);
    let liar = room.world.mask_as(0, one.intent(), no_trick());
    if room.world.run_until(100, 60_000, |w| w.agree(&[owner, liar])).is_none() {
        return Report::broken("the liar never became a member", &room.world, &[owner, liar]);
    }
    let (id, key) = (other.id(), other.key());
    room.world.force(liar, move |hub, inside| {
        let Some(kem) = inside.hand.public().map(|k| Box::new(*k.as_bytes())) else { return };
        let sig = hub.me.sign(crate::crypto::kdf::Label::Invite, &[&hub.id.0, &kem[..]]);
        let join = Join {
            nick: hub.nick.clone(),
            serve: false,
            proof: Some(Proof { invite: id, key, sig }),
            kem,
            foundings: inside.foundings.clone(),
            peer: Vec::new(),
            addrs: Vec::new(),
        };
        inside.publish(hub, Body::Join(join));
    });
    room.world.run(2_000);
    room.admits(&other, &[owner]).err().unwrap_or_default()
}

/// Somebody who was an admin when it last listened welcomes newcomers to keys of its own, and vouches for them.
pub(super) fn former_admin(seed: u64) -> Report {
    let mut room = Hosted::open(seed / 2);
    let owner = room.owner;
    let link = room.invite(owner, 10, 3_600_000);
    let mut honest = vec![owner];
    for _ in 0..2 {
        match room.admits(&link, &honest) {
            Ok(guest) => honest.push(guest),
            Err(report) => return report,
        }
    }
    // The liar plays fair until it is deaf; from then on it knows of nothing that is done to it.
    let deaf: Rc<Cell<bool>> = Rc::default();
    let mut fork = forker(seed / 2 % 3);
    let off = Rc::clone(&deaf);
    let trick: Trick = Box::new(move |state, now, input, out| {
        let frame = matches!(input, Input::Gossip { .. } | Input::Direct { .. });
        !off.get() || (fork(state, now, input, out) && !frame)
    });
    let liar = room.world.mask_as(0, link.intent(), trick);
    let mut all = honest.clone();
    all.push(liar);
    if room.world.run_until(100, 60_000, |w| w.agree(&all)).is_none() {
        return Report::broken("the liar never became a member", &room.world, &all);
    }
    let Some(target) = room.world.id(liar) else { return Report::default() };
    room.world.act(owner, Deed::Grant(target));
    if room.world.run_until(100, 60_000, |w| w.agree(&all)).is_none() {
        return Report::broken("the grant did not arrive", &room.world, &all);
    }
    deaf.set(true);
    let end = if seed.is_multiple_of(2) { Deed::Revoke(target) } else { Deed::Kick(target, String::new()) };
    room.world.act(owner, end);
    room.world.run(5_000);
    let newcomer = room.world.enter(0, link.intent());
    let mut everybody = honest.clone();
    everybody.push(newcomer);
    for _ in 0..4_000 {
        room.world.run(10);
        let Some(state) = room.world.state(newcomer) else { break };
        let set = state.set().map(|s| s.0);
        let same = honest.iter().any(|i| room.world.state(*i).and_then(|s| s.set()).map(|s| s.0) == set);
        if state.standing() == Some(Standing::Confirmed) && !same {
            return Report::broken("a former admin confirmed a newcomer alone", &room.world, &everybody);
        }
    }
    still_talk(&mut room.world, &everybody).err().unwrap_or_default()
}
