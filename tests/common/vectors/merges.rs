//! Logs of rights that grew in several places at once, and what they fold to.
//!
//! What a log folds to is the crate's to say: it is written down here, not decided. Every case is taken in forwards,
//! backwards and from the middle, and must come to the same.

use std::collections::BTreeMap;

use ephem_node::base::id::{EntryId, Genesis, InviteId, LogHead, MemberId};
use ephem_node::base::time::Unix;
use ephem_node::crypto::kdf::{self, Label};
use ephem_node::room::entry::genesis_of;
use ephem_node::room::log::{Log, sign_entry};
use ephem_node::wire::log::{Act, Entry, Policy, Then};
use serde_json::{Value, json};

use super::entries::{founding, id_of, token};
use super::json::{fixed, h, hs, many, num};
use super::keys::{genesis, kind_of};
use super::payloads::SENT;
use super::{Group, Outcome, actor, bodies, some};

/// A log in the writing: who wrote what on top of which.
struct Dag {
    kind: u64,
    genesis: Genesis,
    raws: Vec<Vec<u8>>,
    seqs: BTreeMap<MemberId, u64>,
}

impl Dag {
    /// A passphrase room that ana founded, and the founding.
    fn new() -> (Dag, EntryId) {
        let mut dag = Dag { kind: 1, genesis: Genesis(genesis()), raws: Vec::new(), seqs: BTreeMap::new() };
        let root = dag.root("ana");
        (dag, root)
    }

    /// The same with bo and cy as admins; gives the second grant, which sees the first.
    fn with_admins() -> (Dag, EntryId) {
        let (mut dag, root) = Dag::new();
        let bo = dag.put("ana", &[root], grant("bo"));
        let cy = dag.put("ana", &[bo], grant("cy"));
        (dag, cy)
    }

    fn root(&mut self, who: &str) -> EntryId {
        self.seqs.insert(actor(who).id(), 1);
        self.push(founding(who))
    }

    fn put(&mut self, who: &str, parents: &[EntryId], act: Act) -> EntryId {
        let seq = self.seqs.get(&actor(who).id()).copied().unwrap_or(0) + 1;
        self.put_as(who, seq, parents, act)
    }

    fn put_as(&mut self, who: &str, seq: u64, parents: &[EntryId], act: Act) -> EntryId {
        let author = actor(who).id();
        self.seqs.insert(author, seq);
        let mut parents = parents.to_vec();
        parents.sort_unstable();
        let at = Unix(SENT + 1_000 * self.raws.len() as u64);
        self.push(sign_entry(&actor(who), &Entry { genesis: self.genesis, author, seq, at, parents, act }))
    }

    fn push(&mut self, raw: Vec<u8>) -> EntryId {
        let id = id_of(&raw);
        self.raws.push(raw);
        id
    }

    fn input(&self) -> Value {
        json!({ "room_kind": self.kind, "genesis": h(self.genesis), "entries": hs(&self.raws) })
    }
}

fn id(who: &str) -> MemberId {
    actor(who).id()
}

fn grant(who: &str) -> Act {
    Act::Grant { target: id(who) }
}

fn kick(who: &str, last_seq: u64) -> Act {
    Act::Kick { target: id(who), last_seq, why: String::new() }
}

fn ban(who: &str, last_seq: u64, then: Then) -> Act {
    Act::Ban { target: id(who), last_seq, why: "spam".into(), until: None, then, salt_hash: [6; 16] }
}

fn mute(who: &str) -> Act {
    Act::Mute { target: id(who), until: Unix(SENT + 60_000), why: String::new() }
}

fn topic(topic: &str) -> Act {
    Act::Policy(Policy { topic: Some(topic.into()), ..Policy::default() })
}

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
        last = dag.put("bo", &[last], Act::Kick { target, last_seq: 0, why: String::new() });
    }
    cases.push(("Nine removals that a removed admin dates back, one after the other", dag));

    let (mut dag, top) = Dag::with_admins();
    dag.put("ana", &[top], kick("bo", 4));
    for n in 0..14u8 {
        let target = MemberId([n + 1; 32]);
        dag.put("bo", &[top], Act::Kick { target, last_seq: 0, why: String::new() });
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
    let offer = dag.put("ana", &[top], Act::Transfer { to: id("bo"), leaving: false });
    let taken = dag.put("bo", &[offer], Act::TransferAccept { transfer: offer });
    dag.put("bo", &[taken], grant("dee"));
    cases.push(("A room handed over and taken, and the new owner's first grant", dag));

    let (mut dag, top) = Dag::with_admins();
    let offer = dag.put("ana", &[top], Act::Transfer { to: id("bo"), leaving: false });
    dag.put("cy", &[offer], Act::TransferAccept { transfer: offer });
    dag.put("ana", &[offer], topic("still mine"));
    cases.push(("A room offered to one and taken by another", dag));

    let (mut dag, top) = Dag::with_admins();
    let left = dag.put("ana", &[top], Act::Transfer { to: id("cy"), leaving: true });
    dag.put("cy", &[left], kick("bo", 0));
    cases.push(("An owner who leaves hands over in the same act", dag));

    let (mut dag, top) = Dag::with_admins();
    let one = dag.put("ana", &[top], Act::Transfer { to: id("bo"), leaving: false });
    let two = dag.put("ana", &[top], Act::Transfer { to: id("cy"), leaving: false });
    dag.put("bo", &[one], Act::TransferAccept { transfer: one });
    dag.put("cy", &[two], Act::TransferAccept { transfer: two });
    cases.push(("A room offered to two, and both take it at once", dag));

    let reclaim = |who: &str, by: &str, next: &str| {
        let next = token(next).id().0;
        let token_sig = token(by).sign(Label::Reclaim, &[&genesis(), &id(who).0, &next]);
        Act::Reclaim { next, token_sig }
    };
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

    let mut dag = Dag { kind: 2, genesis: Genesis([0; 16]), raws: Vec::new(), seqs: BTreeMap::new() };
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

pub fn check(input: &Value) -> Outcome {
    let raws = many(input, "entries");
    let out = fold(input, &raws);
    let backwards: Vec<Vec<u8>> = raws.iter().rev().cloned().collect();
    let (head, tail) = raws.split_at(raws.len() / 2);
    assert_eq!(out, fold(input, &backwards), "backwards");
    assert_eq!(out, fold(input, &[tail, head].concat()), "from the middle");
    Ok(out)
}

fn fold(input: &Value, raws: &[Vec<u8>]) -> Value {
    let mut log = Log::new(Genesis(fixed(input, "genesis")), kind_of(num(input, "room_kind")));
    for raw in raws {
        let _ = log.insert(raw);
    }
    let mut kept: Vec<EntryId> = log.raws().map(|(id, _)| *id).collect();
    kept.sort_unstable();
    let heads: Vec<&[u8]> = log.heads().iter().map(|head| head.0.as_slice()).collect();
    assert_eq!(log.head(), LogHead(*kdf::hash(Label::Heads, &heads).first_chunk().unwrap()));
    let rights = log.rights();
    let domains = rights.domains.iter().map(|(id, d)| {
        json!({
            "founding": h(id), "founder": h(d.founder), "owner": h(d.owner), "admins": hs(&d.admins),
            "reclaim": h(d.reclaim), "yielded_to": super::json::opt(d.yielded),
        })
    });
    let mut removals: Vec<Value> = rights
        .removals
        .values()
        .flatten()
        .map(|r| {
            json!({
                "entry": h(r.entry), "target": h(r.target), "by": h(r.by), "ban": r.ban.is_some(),
                "foundings": hs(&r.domains),
            })
        })
        .collect();
    removals.sort_by_key(|removal| removal["entry"].as_str().unwrap().to_owned());
    let mut rotations = rights.rotations.clone();
    rotations.sort_unstable();
    json!({
        "log_head": h(log.head()), "heads": hs(log.heads()), "kept": hs(&kept),
        "foundings": domains.collect::<Vec<_>>(), "removals": removals,
        "muted": rights.muted.iter().map(|(id, until)| json!([h(id), until.0])).collect::<Vec<_>>(),
        "admitted": hs(&rights.admitted), "denied": hs(&rights.denied),
        "invites": rights.invites.iter().map(|(id, i)| json!([h(id), i.uses, i.revoked])).collect::<Vec<_>>(),
        "policy": bodies::policy(&rights.policy), "rotations": hs(&rotations),
        "closed_by": super::json::opt(rights.closed), "equivocators": hs(log.equivocators()),
    })
}
