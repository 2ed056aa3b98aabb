//! Logs of rights that grew in several places at once, and what they fold to: the plain course of things.

use ephem_node::base::id::{Genesis, InviteId, MemberId, MsgId};
use ephem_node::base::time::Unix;
use ephem_node::room::log::genesis_of;
use ephem_node::wire::log::{Act, Policy, Then};

use super::dag::{Dag, accept, ban, grant, id, kick, kick_of, leave_to, mute, offer, reclaim, topic};
use super::entries::{id_of, token};
use super::payloads::SENT;
use super::{Group, some};

pub fn group() -> Group {
    let mut g = Group::new("log merges", "section 6.3: sets of entries and the rights they fold to");
    for (name, dag) in [small(), removals(), offices(), foundings(), oddities()].into_iter().flatten() {
        g.good(name, "log", dag.input());
    }
    g
}

type Cases = Vec<(&'static str, Dag)>;

fn small() -> Cases {
    let mut cases: Cases = Vec::new();
    let (dag, _) = Dag::new();
    cases.push(("A founding alone", dag));

    let (mut dag, root) = Dag::new();
    let granted = dag.put("ana", &[root], grant("bo"));
    dag.put("bo", &[granted], mute("dee"));
    cases.push(("The owner makes an admin, who mutes a member", dag));

    let (mut dag, root) = Dag::new();
    dag.put("dee", &[root], grant("eli"));
    dag.put("dee", &[root], kick("eli", 0));
    cases.push(("A member's grant and kick are no part of the log", dag));

    let (mut dag, root) = Dag::new();
    let granted = dag.put("ana", &[root], grant("bo"));
    let revoked = dag.put("ana", &[granted], Act::Revoke { target: id("bo") });
    dag.put("bo", &[revoked], kick("dee", 0));
    cases.push(("An admin whose grant was revoked kicks afterwards", dag));

    let (mut dag, top) = Dag::with_admins();
    let kicked = dag.put("bo", &[top], kick("dee", 0));
    dag.put("cy", &[kicked], Act::Admit { target: id("dee") });
    cases.push(("A kicked member is admitted again", dag));

    let (mut dag, top) = Dag::with_admins();
    let banned = dag.put("bo", &[top], ban("dee", 0, Then::Lock));
    dag.put("cy", &[banned], Act::Unban { target: id("dee") });
    cases.push(("A ban that locks the room, and an unban that has seen it", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("bo", &[top], ban("dee", 0, Then::Knock));
    dag.put("cy", &[top], Act::Unban { target: id("dee") });
    cases.push(("An unban beside the ban, which it has not seen", dag));

    let (mut dag, top) = Dag::with_admins();
    let muted = dag.put("bo", &[top], mute("dee"));
    dag.put("cy", &[muted], Act::Unmute { target: id("dee") });
    dag.put("bo", &[muted], mute("eli"));
    cases.push(("A mute taken back by one admin while another mutes somebody else", dag));

    let (mut dag, top) = Dag::with_admins();
    let one = dag.put("bo", &[top], topic("owls"));
    let two = dag.put("cy", &[top], topic("bats"));
    dag.put("ana", &[one, two], Act::Policy(Policy { max: Some(8), ..Policy::default() }));
    cases.push(("Two admins set the topic at once, the owner another setting after both", dag));

    let (mut dag, top) = Dag::with_admins();
    let invite =
        Act::Invite { id: InviteId([7; 16]), key: some("invite key"), uses: 3, until: Unix(SENT + 1) };
    let invited = dag.put("bo", &[top], invite);
    let denied = dag.put("cy", &[top], Act::Deny { target: id("gus") });
    dag.put("ana", &[invited], Act::InviteRevoke { id: InviteId([7; 16]) });
    dag.put("bo", &[denied], Act::Admit { target: id("hal") });
    cases.push(("An invite made and revoked, somebody denied and somebody admitted", dag));

    let (mut dag, top) = Dag::with_admins();
    let rotated = dag.put("bo", &[top], Act::Rotate);
    dag.put("cy", &[top], Act::Rotate);
    dag.put("ana", &[rotated], Act::Close);
    cases.push(("Two ask for a fresh key, the owner closes the room", dag));

    let (mut dag, top) = Dag::with_admins();
    let message = |n: u8| MsgId([n; 8]);
    let pin = |n: u8, author: &str| Act::Pin { message: message(n), author: id(author), n: n.into() };
    let kept = dag.put("bo", &[top], pin(1, "dee"));
    dag.put("bo", &[kept], pin(2, "eli"));
    dag.put("cy", &[kept], Act::Unpin { message: message(1) });
    dag.put("ana", &[top], Act::Unpin { message: message(3) });
    dag.put("cy", &[top], pin(3, "cy"));
    dag.put("dee", &[kept], pin(4, "dee"));
    cases.push((
        "Messages pinned and unpinned by admins, one of them by two at once, and one by a member",
        dag,
    ));

    let (mut dag, top) = Dag::with_admins();
    dag.put("bo", &[top], pin(1, "dee"));
    dag.put("ana", &[top], kick("bo", 0));
    cases.push(("An admin pins a message beside being kicked", dag));
    cases
}

fn removals() -> Cases {
    let mut cases: Cases = Vec::new();
    let (mut dag, top) = Dag::with_admins();
    dag.put("bo", &[top], kick("dee", 0));
    dag.put("cy", &[top], kick("eli", 0));
    cases.push(("Two admins kick two members at once", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("bo", &[top], kick("dee", 0));
    dag.put("cy", &[top], kick("dee", 0));
    cases.push(("Two admins kick one member at once", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("bo", &[top], kick("ana", 3));
    cases.push(("An admin kicks the owner", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("bo", &[top], kick("cy", 0));
    cases.push(("An admin kicks another admin", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("bo", &[top], kick("cy", 0));
    dag.put("cy", &[top], kick("bo", 0));
    cases.push(("Two admins kick each other at once", dag));

    let (mut dag, top) = Dag::with_admins();
    let first = dag.put("bo", &[top], kick("cy", 0));
    dag.put("cy", &[first], kick("bo", 1));
    cases.push(("An admin kicks back having seen the kick", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("bo", &[top], kick("cy", 0));
    dag.put("cy", &[top], kick("bo", 0));
    dag.put("bo", &[top], kick("dee", 0));
    dag.put("cy", &[top], kick("eli", 0));
    cases.push(("Two admins kick each other and a member each", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("ana", &[top], kick("bo", 0));
    dag.put("bo", &[top], mute("dee"));
    dag.put("bo", &[top], topic("mine now"));
    cases.push(("What a removed admin wrote beside the removal, other than removals", dag));

    let (mut dag, top) = Dag::with_admins();
    let seen = dag.put("bo", &[top], mute("dee"));
    dag.put("ana", &[top], kick("bo", 1));
    dag.put("bo", &[seen], mute("eli"));
    cases.push(("What a removed admin wrote up to the last number that the removal names", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("ana", &[top], kick("bo", 0));
    dag.put("bo", &[top], kick("dee", 0));
    cases.push(("A removed admin's own removal beside the removal", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("ana", &[top], kick("bo", 0));
    let mut last = top;
    for n in 0..9u8 {
        let target = MemberId([n + 1; 32]);
        last = dag.put("bo", &[last], kick_of(target, 0));
    }
    cases.push(("Nine removals that a removed admin dates back, one after the other", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("ana", &[top], kick("bo", 4));
    for n in 0..14u8 {
        let target = MemberId([n + 1; 32]);
        dag.put("bo", &[top], kick_of(target, 0));
    }
    cases.push(("Fourteen removals side by side, four of them known to the remover", dag));

    let (mut dag, top) = Dag::with_admins();
    let kicked = dag.put("ana", &[top], kick("bo", 0));
    dag.put("bo", &[kicked], kick("dee", 0));
    cases.push(("A removed admin who goes on as if nothing had happened", dag));

    let (mut dag, top) = Dag::with_admins();
    let kicked = dag.put("ana", &[top], kick("bo", 0));
    let admitted = dag.put("ana", &[kicked], Act::Admit { target: id("bo") });
    dag.put("bo", &[admitted], kick("dee", 0));
    cases.push(("A removed admin let in again is a member", dag));

    let (mut dag, top) = Dag::with_admins();
    let kicked = dag.put("bo", &[top], kick("dee", 0));
    dag.put("ana", &[top], kick("bo", 0));
    dag.put("bo", &[kicked], Act::Admit { target: id("dee") });
    cases.push(("An admit by an admin who was removed beside it", dag));
    cases
}

fn offices() -> Cases {
    let mut cases: Cases = Vec::new();
    let (mut dag, top) = Dag::with_admins();
    dag.put("ana", &[top], Act::Revoke { target: id("bo") });
    dag.put("bo", &[top], kick("dee", 0));
    cases.push(("A revoke and, beside it, a kick by the admin it concerns", dag));

    let (mut dag, top) = Dag::with_admins();
    let offered = dag.put("ana", &[top], offer("bo"));
    let taken = dag.put("bo", &[offered], accept(offered));
    dag.put("bo", &[taken], grant("dee"));
    cases.push(("A room handed over and taken, and the new owner's first grant", dag));

    let (mut dag, top) = Dag::with_admins();
    let offered = dag.put("ana", &[top], offer("bo"));
    dag.put("cy", &[offered], accept(offered));
    dag.put("ana", &[offered], topic("still mine"));
    cases.push(("A room offered to one and taken by another", dag));

    let (mut dag, top) = Dag::with_admins();
    let left = dag.put("ana", &[top], leave_to("cy"));
    dag.put("cy", &[left], kick("bo", 0));
    cases.push(("An owner who leaves hands over in the same act", dag));

    let (mut dag, top) = Dag::with_admins();
    let one = dag.put("ana", &[top], offer("bo"));
    let two = dag.put("ana", &[top], offer("cy"));
    dag.put("bo", &[one], accept(one));
    dag.put("cy", &[two], accept(two));
    cases.push(("A room offered to two, and both take it at once", dag));

    let (mut dag, top) = Dag::with_admins();
    let mine = dag.put("dee", &[top], reclaim("dee", "ana", "dee"));
    dag.put("dee", &[mine], kick("ana", 3));
    cases.push(("Whoever holds the token takes the room and removes the old owner", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("dee", &[top], reclaim("dee", "eli", "dee"));
    dag.put("fay", &[top], reclaim("dee", "ana", "dee"));
    cases.push(("A reclaim by another token, and one whose signature is for somebody else", dag));

    let (mut dag, top) = Dag::with_admins();
    let mine = dag.put("dee", &[top], reclaim("dee", "ana", "dee"));
    dag.put("eli", &[mine], reclaim("eli", "ana", "eli"));
    dag.put("fay", &[mine], reclaim("fay", "dee", "fay"));
    cases.push(("A token used twice, and the token that followed it", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("dee", &[top], reclaim("dee", "ana", "dee"));
    dag.put("eli", &[top], reclaim("eli", "ana", "eli"));
    cases.push(("One token used by two at once", dag));
    cases
}

fn foundings() -> Cases {
    let mut cases: Cases = Vec::new();
    // Two rooms that both had members: ana's with bo as admin, fay's with gus.
    let two = || {
        let (mut dag, ana) = Dag::new();
        let bo = dag.put("ana", &[ana], grant("bo"));
        let fay = dag.root("fay");
        let gus = dag.put("fay", &[fay], grant("gus"));
        (dag, ana, bo, fay, gus)
    };
    let (dag, ..) = two();
    cases.push(("Two foundings stand side by side", dag));

    let (mut dag, _, bo, _, gus) = two();
    dag.put("bo", &[bo, gus], kick("gus", 0));
    dag.put("gus", &[bo, gus], kick("dee", 0));
    cases.push(("Admins of two foundings, one removed by the other", dag));

    let (mut dag, ana, bo, fay, gus) = two();
    let yielded = dag.put("fay", &[bo, gus], Act::Yield { to: ana });
    dag.put("fay", &[yielded], kick("dee", 0));
    dag.put("ana", &[yielded], kick("gus", 0));
    let _ = fay;
    cases.push(("A founding yields to another, and its owner goes on", dag));

    let (mut dag, ana, bo, fay, gus) = two();
    dag.put("fay", &[bo, gus], Act::Yield { to: ana });
    dag.put("ana", &[bo, gus], Act::Yield { to: fay });
    cases.push(("Two foundings yield to each other at once", dag));

    let mut dag = Dag::empty(2, Genesis([0; 16]));
    let nonce = some("founding nonce");
    let act = Act::Genesis {
        room: "general".into(),
        reclaim: token("ana").id().0,
        policy: Policy { knock: Some(true), ..Policy::default() },
        nonce,
    };
    let first = dag.put("ana", &[], act);
    dag.genesis = genesis_of(&first);
    let granted = dag.put("ana", &[first], grant("bo"));
    dag.put("bo", &[granted], Act::Admit { target: id("dee") });
    dag.root("fay");
    cases.push(("An invite room begins with its genesis, and no founding is let in beside it", dag));
    cases
}

fn oddities() -> Cases {
    let mut cases: Cases = Vec::new();
    let (mut dag, top) = Dag::with_admins();
    dag.put_as("bo", 1, &[top], mute("dee"));
    dag.put_as("bo", 1, &[top], mute("eli"));
    cases.push(("An admin who signs two entries with one number", dag));

    let (mut dag, top) = Dag::with_admins();
    let hidden = dag.put("bo", &[top], mute("dee"));
    let lost = dag.raws.pop().unwrap();
    dag.put("cy", &[hidden], kick("eli", 0));
    assert_eq!(id_of(&lost), hidden);
    cases.push(("An entry whose parent nobody has is left waiting", dag));

    let (mut dag, top) = Dag::with_admins();
    let bad = dag.put("dee", &[top], mute("eli"));
    dag.put("bo", &[bad], mute("dee"));
    cases.push(("An entry on top of one that is refused", dag));

    let (mut dag, top) = Dag::with_admins();
    let home = dag.genesis;
    dag.genesis = Genesis([3; 16]);
    dag.put("bo", &[top], mute("dee"));
    dag.genesis = home;
    dag.put("cy", &[top], mute("dee"));
    let forged = dag.raws.last_mut().unwrap();
    *forged.last_mut().unwrap() ^= 1;
    cases.push(("An entry of another room, and one with a forged signature", dag));

    let (mut dag, top) = Dag::with_admins();
    let left = dag.put("bo", &[top], kick("dee", 0));
    let right = dag.put("cy", &[top], mute("eli"));
    let both = dag.put("ana", &[left, right], topic("healed"));
    dag.put("bo", &[both], Act::Rotate);
    dag.put("cy", &[both], Act::Unmute { target: id("eli") });
    cases.push(("A partition heals and parts again", dag));
    cases
}
