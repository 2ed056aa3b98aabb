//! One log seen from several places: section 6.3, from "What is shown" on.

use ephem_node::base::id::{EntryId, Genesis, InviteId};
use ephem_node::base::time::Unix;
use ephem_node::wire::log::{Act, Policy, Then};

use super::dag::{Dag, ban_with, grant, id, kick, mute, topic};
use super::entries::id_of;
use super::keys::genesis;
use super::payloads::SENT;
use super::{Group, some};

pub fn group() -> Group {
    let mut g = Group::new("log views", "section 6.3: who sees what of one log, and when");
    places(&mut g);
    mutes(&mut g);
    bans(&mut g);
    salts(&mut g);
    g
}

/// Ana's room with bo as admin; fay's with gus, who yield to ana at the end; hal's, whom nobody knows.
struct Three {
    dag: Dag,
    ana: EntryId,
    fay: EntryId,
    hal: EntryId,
}

fn three() -> Three {
    let set = |max, topic: &str| Policy { max: Some(max), topic: Some(topic.into()), ..Policy::default() };
    let mut dag = Dag::empty(1, Genesis(genesis()));
    let ana = dag.root_as("ana", "ana", 1, set(10, "owls"));
    let fay = dag.root_as("fay", "fay", 1, set(20, "bats"));
    let hal = dag.root_as("hal", "hal", 1, set(30, "hal's"));
    let bo = dag.put("ana", &[ana], grant("bo"));
    let gus = dag.put("fay", &[fay], grant("gus"));
    let muted = dag.put("bo", &[bo], mute("dee"));
    let key = some("invite key");
    let invite = Act::Invite { id: InviteId([7; 16]), key, uses: 3, until: Unix(SENT + 1) };
    let invited = dag.put("bo", &[muted], invite.clone());
    let kicked = dag.put("gus", &[gus], kick("eli", 0));
    let denied = dag.put("gus", &[kicked], Act::Deny { target: id("cy") });
    let banned = dag.put("hal", &[hal], ban_with("bo", 0, Then::Lock, None, [3; 16]));
    let closed = dag.put("hal", &[banned], Act::Close);
    let came = dag.put("fay", &[denied, invited], Act::Yield { to: ana });
    dag.put("gus", &[denied], topic("too late"));
    dag.put("gus", &[came], topic("far too late"));
    let third = dag.put("ana", &[came], Act::InviteRevoke { id: InviteId([7; 16]) });
    dag.put("ana", &[third, closed], kick("gus", 0));
    Three { dag, ana, fay, hal }
}

fn places(g: &mut Group) {
    let Three { dag, ana, fay, hal } = three();
    let nowhere = EntryId([9; 32]);
    let people: Vec<(&str, Vec<EntryId>)> = vec![
        ("ana", vec![ana]),
        ("bo", vec![ana]),
        ("bo", vec![]),
        ("bo", vec![nowhere]),
        ("bo", vec![hal]),
        ("eli", vec![]),
        ("eli", vec![ana]),
        ("eli", vec![fay]),
        ("eli", vec![hal, fay]),
        ("gus", vec![fay]),
        ("gus", vec![hal]),
        ("dee", vec![ana]),
        ("fay", vec![fay]),
        ("hal", vec![hal]),
    ];
    let people: Vec<(&str, &[EntryId])> = people.iter().map(|(who, from)| (*who, from.as_slice())).collect();
    for (name, under) in [
        ("A log seen by who came in under the first founding", vec![ana]),
        ("The same seen by who came in under the one that yielded: its removals hold too", vec![fay]),
        ("The same seen by who came in under the third", vec![hal]),
        ("The same seen from two foundings", vec![fay, hal]),
        ("The same seen by who came in under none that is known: all of them count", vec![nowhere]),
        ("The same seen by who knows no founding of their own", vec![]),
    ] {
        g.good(name, "log", dag.seen(&under, SENT, &people));
    }
}

/// bo outranks cy under fay's founding only, and is her equal under ana's.
fn mutes(g: &mut Group) {
    let about = |who| (who, &[][..]);
    let (mut dag, top) = Dag::with_admins();
    let (ana, fay) = (id_of(&dag.raws[0]), dag.root("fay"));
    let there = dag.put("fay", &[fay], grant("bo"));
    dag.put("bo", &[top, there], mute("cy"));
    for (name, under) in [
        ("A mute holds where its author outranks the target", fay),
        ("It does not hold where they are equals", ana),
    ] {
        g.good(name, "log", dag.seen(&[under], SENT, &[about("cy")]));
    }
    g.good(
        "It holds for who looks from everywhere, until its end",
        "log",
        dag.seen(&[], SENT + 60_000, &[about("cy")]),
    );
    dag.put("fay", &[there], Act::Revoke { target: id("bo") });
    g.good(
        "A mute void under the one founding where it reached counts under the other in vain",
        "log",
        dag.seen(&[], SENT, &[about("cy")]),
    );
}

fn bans(g: &mut Group) {
    let until = SENT + 60_000;
    let (mut dag, top) = Dag::with_admins();
    let ana = id_of(&dag.raws[0]);
    let banned = dag.put("bo", &[top], ban_with("dee", 0, Then::Nothing, Some(Unix(until)), [4; 16]));
    dag.put("ana", &[banned], grant("dee"));
    let dee: &[(&str, &[EntryId])] = &[("dee", &[ana]), ("dee", &[])];
    for (name, now) in [
        ("A ban with an end holds in the last millisecond before it", until - 1),
        ("At its end it removes nobody, and is in the log's own eyes still in force", until),
    ] {
        g.good(name, "log", dag.seen(&[ana], now, dee));
    }
}

fn salts(g: &mut Group) {
    let (mut dag, top) = Dag::with_admins();
    let ana = id_of(&dag.raws[0]);
    let fay = dag.root("fay");
    let lifted = dag.put("bo", &[top], ban_with("dee", 0, Then::Nothing, None, [1; 16]));
    dag.put("ana", &[lifted], Act::Unban { target: id("dee") });
    dag.put("cy", &[top], ban_with("bo", 0, Then::Nothing, None, [2; 16]));
    dag.put("ana", &[top], ban_with("eli", 0, Then::Nothing, None, [2; 16]));
    dag.put("fay", &[fay], ban_with("ana", 0, Then::Knock, None, [3; 16]));
    dag.put("dee", &[top], ban_with("eli", 0, Then::Nothing, None, [4; 16]));
    for (name, under) in [
        ("Salts of a ban lifted, of one that never stood, and of two with one salt", vec![ana]),
        ("Salts as another founding has them", vec![fay]),
        ("Salts of all foundings", vec![]),
    ] {
        g.good(name, "log", dag.seen(&under, SENT, &[]));
    }
}
