//! The corners of section 6.3: rules that only show where several of them meet.

use ephem_node::base::id::{EntryId, InviteId, MemberId};
use ephem_node::base::time::Unix;
use ephem_node::wire::log::{Act, Policy, Then};

use super::dag::{Dag, accept, ban, grant, id, kick, kick_of, leave_to, mute, offer, reclaim, topic};
use super::entries::id_of;
use super::payloads::SENT;
use super::{Group, some};

type Cases = Vec<(&'static str, Dag)>;

pub fn group() -> Group {
    let mut g = Group::new("log corners", "section 6.3: where several of its rules meet");
    for (name, dag) in [removals(), tokens(), offers(), grants(), yields(), numbers(), settings(), orders()]
        .into_iter()
        .flatten()
    {
        g.good(name, "log", dag.input());
    }
    g
}

/// Somebody who is in no other part of the play.
fn extra(n: u8) -> MemberId {
    MemberId([n + 1; 32])
}

/// So many kicks, one on top of the other.
fn kicks(dag: &mut Dag, who: &str, on: EntryId, from: u8, count: u8) -> EntryId {
    (from..from + count).fold(on, |on, n| dag.put(who, &[on], kick_of(extra(n), 0)))
}

fn removals() -> Cases {
    let mut cases: Cases = Vec::new();
    // dee takes the room beside ana's nine kicks, so ana has eight; the ninth is of bo, who therefore has ten.
    let (mut dag, top) = Dag::with_admins();
    dag.put("dee", &[top], reclaim("dee", "ana", "dee"));
    let eighth = kicks(&mut dag, "ana", top, 0, 8);
    dag.put("ana", &[eighth], kick("bo", 0));
    kicks(&mut dag, "bo", top, 20, 10);
    cases.push(("A removal over one allowance does not bring its target under another", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("dee", &[top], reclaim("dee", "ana", "dee"));
    let seventh = kicks(&mut dag, "ana", top, 0, 7);
    dag.put("ana", &[seventh], kick("bo", 0));
    kicks(&mut dag, "bo", top, 20, 10);
    cases.push(("A removal within one allowance brings its target under another", dag));

    let (mut dag, top) = Dag::with_admins();
    let before = kicks(&mut dag, "bo", top, 0, 3);
    dag.put("ana", &[before], kick("bo", 4));
    kicks(&mut dag, "bo", before, 20, 9);
    cases.push(("Removals that the end of an office has seen do not use up the allowance", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("bo", &[top], kick("cy", 0));
    dag.put("cy", &[top], kick("bo", 0));
    kicks(&mut dag, "bo", top, 0, 9);
    cases.push(("A removal among equals is one of the eight: it may fall as the ninth", dag));

    // bo and cy are equals under ana's founding; under fay's bo is an admin and cy is nobody.
    let (mut dag, top) = Dag::with_admins();
    let fay = dag.root("fay");
    let there = dag.put("fay", &[fay], grant("bo"));
    dag.put("bo", &[top, there], kick("cy", 0));
    dag.put("cy", &[top, there], kick("bo", 0));
    cases.push(("Equals under one founding and not under another remove each other", dag));

    let (mut dag, root) = Dag::new();
    let first = dag.put("ana", &[root], grant("cy"));
    let second = dag.put("ana", &[first], grant("bo"));
    dag.put("cy", &[first], kick("bo", 0));
    dag.put("bo", &[second], kick("cy", 0));
    cases.push((
        "An equal's removal is not answered by one from above, written before the grant was seen",
        dag,
    ));

    let (mut dag, top) = Dag::with_admins();
    let fay = dag.root("fay");
    let there = dag.put("fay", &[fay], grant("bo"));
    dag.put("ana", &[top], kick("bo", 0));
    let mut last = dag.put("bo", &[top, there], kick_of(extra(0), 0));
    for n in 1..10 {
        last = dag.put("bo", &[last], kick_of(extra(n), 0));
    }
    cases.push(("An allowance is counted under each founding by itself", dag));

    let (mut dag, top) = Dag::with_admins();
    let first = dag.put("bo", &[top], kick("dee", 0));
    let again = dag.put("cy", &[top], kick("dee", 0));
    let lifted = dag.put("ana", &[first], Act::Admit { target: id("dee") });
    dag.put("ana", &[lifted, again], topic("one of two"));
    cases.push(("Who is admitted past one removal stays removed by another", dag));
    cases
}

fn tokens() -> Cases {
    let mut cases: Cases = Vec::new();
    let (mut dag, top) = Dag::with_admins();
    dag.put("dee", &[top], reclaim("dee", "ana", "dee"));
    dag.put("bo", &[top], kick("dee", 0));
    dag.put("ana", &[top], ban("dee", 0, Then::Lock));
    cases.push(("Who takes the room by its token is not removed beside it", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("dee", &[top], reclaim("dee", "ana", "dee"));
    let later = dag.put("cy", &[top], topic("later"));
    dag.put("eli", &[later], reclaim("eli", "ana", "eli"));
    dag.put("bo", &[later], kick("eli", 0));
    cases.push(("A token that came second shields nobody", dag));

    let (mut dag, top) = Dag::with_admins();
    let granted = dag.put("ana", &[top], grant("hal"));
    dag.put("dee", &[granted], reclaim("dee", "ana", "dee"));
    let later = (0..3).fold(top, |on, _| dag.put("cy", &[on], Act::Rotate));
    dag.put("eli", &[later], reclaim("eli", "ana", "eli"));
    cases.push(("A token that came second ends nobody's office", dag));

    let (mut dag, top) = Dag::with_admins();
    let fay = dag.root("fay");
    let gone = dag.put("fay", &[fay, top], Act::Yield { to: id_of(&dag.raws[0]) });
    dag.put("hal", &[gone], reclaim("hal", "fay", "hal"));
    cases.push(("A founding that has yielded is taken by its token", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("ana", &[top], reclaim("ana", "ana", "gus"));
    dag.put_as("ana", 4, &[top], grant("dee"));
    cases.push(("An owner's own reclaim ends no office: what they do beside it counts", dag));

    let (mut dag, top) = Dag::with_admins();
    let kicked = dag.put("bo", &[top], kick("dee", 0));
    let beside = dag.put("cy", &[top], ban("dee", 0, Then::Nothing));
    let taken = dag.put("dee", &[kicked], reclaim("dee", "ana", "dee"));
    dag.put("dee", &[taken, beside], grant("eli"));
    cases.push(("Who takes the room lifts the removal they have seen, and the other never stood", dag));

    let (mut dag, top) = Dag::with_admins();
    let kicked = dag.put("bo", &[top], kick("dee", 0));
    let taken = dag.put("dee", &[top], reclaim("dee", "ana", "dee"));
    let both = dag.put("dee", &[taken, kicked], reclaim("dee", "dee", "fay"));
    dag.put("cy", &[both], kick("dee", 2));
    cases.push(("A token renewed by who owns the room already", dag));

    let (mut dag, top) = Dag::with_admins();
    let offered = dag.put("ana", &[top], offer("dee"));
    let renewed = dag.put("ana", &[offered], reclaim("ana", "ana", "gus"));
    dag.put("dee", &[renewed], accept(offered));
    cases.push(("An owner who renews the token takes back what was offered", dag));

    let (mut dag, top) = Dag::with_admins();
    let offered = dag.put("ana", &[top], offer("dee"));
    dag.put("ana", &[offered], reclaim("ana", "ana", "gus"));
    dag.put("dee", &[offered], accept(offered));
    cases.push(("An offer taken beside the owner's own reclaim", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("dee", &[top], reclaim("dee", "ana", "ana"));
    cases.push(("A reclaim that names the key it is signed with as the next", dag));

    let (mut dag, top) = Dag::with_admins();
    let left = dag.put("ana", &[top], leave_to("cy"));
    dag.put_as("ana", 4, &[top], kick("bo", 0));
    dag.put_as("ana", 4, &[top], ban("cy", 0, Then::Nothing));
    dag.put("cy", &[left], grant("dee"));
    cases.push(("Who hands over and leaves does not remove anybody beside it", dag));
    cases
}

fn offers() -> Cases {
    let mut cases: Cases = Vec::new();
    let (mut dag, top) = Dag::with_admins();
    let offered = dag.put("ana", &[top], offer("dee"));
    dag.put("dee", &[offered], accept(offered));
    dag.put("bo", &[offered], kick("dee", 0));
    dag.put("ana", &[offered], topic("still mine"));
    cases.push(("An offer taken beside the removal of who takes it is void", dag));

    let (mut dag, top) = Dag::with_admins();
    let offered = dag.put("ana", &[top], offer("dee"));
    let taken = dag.put("dee", &[offered], accept(offered));
    let later = dag.put("bo", &[offered], topic("later"));
    dag.put("bo", &[later], kick("dee", 0));
    dag.put("ana", &[offered], topic("still mine"));
    dag.put("dee", &[taken], topic("mine"));
    cases.push(("The same where the taking has its turn before the removal", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("ana", &[top], leave_to("dee"));
    dag.put("bo", &[top], kick("dee", 0));
    dag.put_as("ana", 4, &[top], grant("eli"));
    cases.push(("Who hands over and leaves to somebody removed beside it has ended nothing", dag));

    let (mut dag, top) = Dag::with_admins();
    let offered = dag.put("ana", &[top], offer("bo"));
    dag.put("bo", &[offered], accept(offered));
    dag.put("ana", &[offered], Act::Revoke { target: id("bo") });
    cases.push(("An offer taken beside a revoke of who takes it: the revoke is void, not the taking", dag));

    let (mut dag, top) = Dag::with_admins();
    let offered = dag.put("ana", &[top], offer("dee"));
    let kicked = dag.put("bo", &[offered], kick("dee", 0));
    let admitted = dag.put("ana", &[kicked], Act::Admit { target: id("dee") });
    dag.put("dee", &[admitted], accept(offered));
    cases.push(("A removal clears an offer, and an admit does not bring it back", dag));

    let (mut dag, top) = Dag::with_admins();
    let one = dag.put("ana", &[top], offer("bo"));
    let two = dag.put("ana", &[one], offer("cy"));
    let taken = dag.put("bo", &[two], accept(one));
    dag.put("cy", &[taken], accept(two));
    cases.push(("A taking clears the other offers", dag));

    let (mut dag, top) = Dag::with_admins();
    let kicked = dag.put("bo", &[top], kick("dee", 0));
    let offered = dag.put("ana", &[kicked], offer("dee"));
    let left = dag.put("ana", &[offered], leave_to("dee"));
    dag.put("dee", &[left], accept(offered));
    cases.push(("A room handed to somebody removed stays where it is", dag));

    let (mut dag, top) = Dag::with_admins();
    let offered = dag.put("ana", &[top], offer("dee"));
    let fay = dag.root("fay");
    let gone = dag.put("ana", &[offered, fay], Act::Yield { to: fay });
    dag.put("dee", &[gone], accept(offered));
    cases.push(("An offer is taken though its founding has yielded", dag));
    cases
}

fn grants() -> Cases {
    let mut cases: Cases = Vec::new();
    let (mut dag, top) = Dag::with_admins();
    let kicked = dag.put("bo", &[top], kick("dee", 0));
    let granted = dag.put("ana", &[kicked], grant("dee"));
    let admitted = dag.put("ana", &[granted], Act::Admit { target: id("dee") });
    dag.put("ana", &[admitted], grant("eli"));
    cases.push(("Somebody removed is made an admin in vain", dag));

    let (mut dag, top) = Dag::with_admins();
    let kicked = dag.put("bo", &[top], kick("dee", 0));
    let granted = dag.put("ana", &[top], grant("dee"));
    dag.put("ana", &[kicked, granted], Act::Unban { target: id("dee") });
    cases.push(("Who is made an admin beside a removal is none, also once it is lifted", dag));

    let (mut dag, top) = Dag::with_admins();
    let kicked = dag.put("bo", &[top], kick("dee", 0));
    dag.put("cy", &[kicked], Act::Unban { target: id("dee") });
    let one = dag.put("ana", &[top], topic("one"));
    let two = dag.put("ana", &[one], topic("two"));
    dag.put("ana", &[two], grant("dee"));
    cases.push(("The same where the removal was lifted before the grant has its turn", dag));

    let (mut dag, top) = Dag::with_admins();
    let kicked = dag.put("bo", &[top], kick("dee", 0));
    let admitted = dag.put("cy", &[kicked], Act::Admit { target: id("dee") });
    dag.put("ana", &[admitted], grant("dee"));
    cases.push(("Who was removed and admitted again is made an admin", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("ana", &[top], Act::Revoke { target: id("ana") });
    cases.push(("An owner revokes their own office in vain", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("ana", &[top], grant("ana"));
    cases.push(("An owner is not made an admin", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("ana", &[top], offer("ana"));
    cases.push(("An owner offers the room to themselves: refused", dag));

    // bo owns a founding of their own and is an admin of ana's when granting; when its turn comes they own both.
    let (mut dag, top) = Dag::with_admins();
    let own = dag.root("bo");
    let offered = dag.put("ana", &[top], offer("bo"));
    dag.put_as("bo", 2, &[offered, own], accept(offered));
    let fork = dag.put_as("bo", 2, &[top, own], Act::Rotate);
    let later = dag.put("bo", &[fork], Act::Rotate);
    dag.put("bo", &[later], grant("eli"));
    cases.push((
        "Who is an admin when granting and the owner when it is their turn grants nothing there",
        dag,
    ));

    let (mut dag, top) = Dag::with_admins();
    let fay = dag.root("fay");
    let both = dag.put("ana", &[top, fay], grant("fay"));
    dag.put("fay", &[both], Act::Revoke { target: id("bo") });
    dag.put("bo", &[both], topic("still an admin"));
    cases.push(("A revoke by who owns another founding ends no office in this one", dag));

    let (mut dag, top) = Dag::with_admins();
    let offered = dag.put("ana", &[top], offer("cy"));
    dag.put("cy", &[offered], accept(offered));
    dag.put("ana", &[offered], grant("dee"));
    dag.put("ana", &[offered], kick("bo", 0));
    cases.push((
        "What an owner does beside the taking of their offer: a removal stands, a grant is void",
        dag,
    ));
    cases
}

fn yields() -> Cases {
    let mut cases: Cases = Vec::new();
    let three = || {
        let (mut dag, ana) = Dag::new();
        let (fay, gus) = (dag.root("fay"), dag.root("gus"));
        (dag, ana, fay, gus)
    };
    let (mut dag, ana, fay, gus) = three();
    let first = dag.put("fay", &[fay, ana], Act::Yield { to: ana });
    dag.put("gus", &[first, gus], Act::Yield { to: fay });
    cases.push(("A yield to a founding that has yielded names that one, and leads on", dag));

    let (mut dag, ana, fay, _) = three();
    dag.put("fay", &[fay], Act::Yield { to: ana });
    cases.push(("A yield to a founding that its author has not seen, and that is there by then", dag));

    let (mut dag, ana, fay, gus) = three();
    dag.put("ana", &[ana, fay], Act::Yield { to: fay });
    dag.put("fay", &[fay, gus], Act::Yield { to: gus });
    dag.put("gus", &[gus, ana], Act::Yield { to: ana });
    cases.push(("Three foundings yield in a ring: the last of them stays", dag));

    let (mut dag, ana, fay, _) = three();
    let first = dag.put("fay", &[fay, ana], Act::Yield { to: ana });
    dag.put("fay", &[first], Act::Yield { to: ana });
    dag.put("ana", &[first], Act::Yield { to: EntryId([9; 32]) });
    cases.push(("A second yield is refused, and one to a founding that nobody has does nothing", dag));

    let (mut dag, ana, fay, gus) = three();
    let bo = dag.put("ana", &[ana], grant("bo"));
    let kicked = dag.put("fay", &[fay], kick("dee", 0));
    let also = dag.put("gus", &[gus], kick("dee", 0));
    let came = dag.put("fay", &[kicked, ana], Act::Yield { to: ana });
    dag.put("bo", &[bo, came, also], Act::Admit { target: id("dee") });
    cases.push(("Who speaks for a founding lifts what was spoken under those that came under it", dag));
    cases
}

fn numbers() -> Cases {
    let mut cases: Cases = Vec::new();
    let (mut dag, top) = Dag::with_admins();
    dag.put_as("bo", 3, &[top], mute("dee"));
    let first = dag.put_as("bo", 1, &[top], mute("eli"));
    dag.put_as("bo", 1, &[first], mute("gus"));
    cases.push(("A number left out, and a number taken twice in a row", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put_as("bo", 1, &[top], mute("dee"));
    dag.root("bo");
    dag.root_as("bo", "gus", 1, Policy::default());
    cases.push(("Two foundings and an entry with one number are no lie", dag));

    let (mut dag, ana) = Dag::new();
    let high = dag.root_as("ana", "hal", 7, Policy::default());
    dag.put_as("ana", 8, &[ana, high], grant("bo"));
    dag.put_as("ana", 2, &[ana], grant("cy"));
    dag.put_as("ana", 2, &[ana, high], grant("dee"));
    cases.push(("A founding may have any number, and who has seen it goes on from there", dag));
    cases
}

/// What is the owner's to set counts of nobody else, whatever else stands beside it.
fn settings() -> Cases {
    let mut cases: Cases = Vec::new();
    let all = |max, at, topic: &str| {
        let (max, expires, persist) = (Some(max), Some(Unix(SENT + at)), Some(max > 9));
        Act::Policy(Policy { max, expires, persist, topic: Some(topic.into()), ..Policy::default() })
    };
    let (mut dag, top) = Dag::with_admins();
    let owners = dag.put("ana", &[top], all(16, 600_000, "owls"));
    dag.put("bo", &[owners], all(2, 60_000, "bats"));
    cases.push(("Of an admin's settings the owner's three do not count, and the rest do", dag));

    let (mut dag, top) = Dag::with_admins();
    let given = dag.put("ana", &[top], leave_to("bo"));
    dag.put("bo", &[given], all(12, 60_000, "bats"));
    dag.put("ana", &[given], all(2, 600_000, "owls"));
    cases.push(("Whoever was given the room sets them, and whoever gave it does not", dag));
    cases
}

/// What is written last holds, and last is by depth, then rank, then id.
fn orders() -> Cases {
    let mut cases: Cases = Vec::new();
    let against_ids = |n: u32| {
        let (mut dag, top) = Dag::with_admins();
        let owner = dag.put("ana", &[top], topic(&format!("the owner's {n}")));
        (dag.put("bo", &[top], topic("an admin's")) < owner).then_some(dag)
    };
    let dag = (0..64).find_map(against_ids).unwrap();
    cases.push(("At one depth the owner's word comes before an admin's, whatever the ids", dag));

    let (mut dag, top) = Dag::with_admins();
    let invite =
        |uses| Act::Invite { id: InviteId([7; 16]), key: some("invite key"), uses, until: Unix(SENT) };
    let first = dag.put("bo", &[top], invite(3));
    let second = dag.put("cy", &[first], invite(9));
    dag.put("ana", &[second], Act::InviteRevoke { id: InviteId([8; 16]) });
    cases.push(("An invite named twice is the first; one nobody made is not revoked", dag));

    let (mut dag, top) = Dag::with_admins();
    let admitted = dag.put("bo", &[top], Act::Admit { target: id("gus") });
    let denied = dag.put("bo", &[admitted], Act::Deny { target: id("hal") });
    let kicked = dag.put("cy", &[denied], kick("gus", 0));
    dag.put("cy", &[kicked], kick("hal", 0));
    cases.push(("A removal takes back that somebody was admitted, not that somebody was denied", dag));
    cases
}
