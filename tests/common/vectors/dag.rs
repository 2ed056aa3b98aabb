//! A log of rights in the writing, and what the crate makes of one.
//!
//! What a log folds to is the crate's to say: it is written down, not decided. Every log is taken in forwards, backwards
//! and from the middle, and must come to the same.

use std::collections::BTreeMap;

use ephem_node::base::id::{EntryId, Genesis, LogHead, MemberId};
use ephem_node::base::time::Unix;
use ephem_node::crypto::kdf::{self, Label};
use ephem_node::room::log::{Log, sign_entry};
use ephem_node::wire::log::{Act, Entry, Policy, Then};
use serde_json::{Value, json};

use super::entries::{id_of, token};
use super::json::{fixed, get, h, hs, list, many, many_fixed, num, opt};
use super::keys::{genesis, kind_of};
use super::payloads::SENT;
use super::{Outcome, actor, bodies, some};

/// Who wrote what on top of which.
#[derive(Clone)]
pub struct Dag {
    pub kind: u64,
    pub genesis: Genesis,
    pub raws: Vec<Vec<u8>>,
    pub seqs: BTreeMap<MemberId, u64>,
}

impl Dag {
    /// A room of this kind and name, without entries.
    pub fn empty(kind: u64, genesis: Genesis) -> Dag {
        Dag { kind, genesis, raws: Vec::new(), seqs: BTreeMap::new() }
    }

    /// A passphrase room that ana founded, and the founding.
    pub fn new() -> (Dag, EntryId) {
        let mut dag = Dag::empty(1, Genesis(genesis()));
        let root = dag.root("ana");
        (dag, root)
    }

    /// The same with bo and cy as admins; gives the second grant, which sees the first.
    pub fn with_admins() -> (Dag, EntryId) {
        let (mut dag, root) = Dag::new();
        let bo = dag.put("ana", &[root], grant("bo"));
        let cy = dag.put("ana", &[bo], grant("cy"));
        (dag, cy)
    }

    pub fn root(&mut self, who: &str) -> EntryId {
        self.root_as(who, who, 1, Policy::default())
    }

    /// A founding with its own number, settings and token: one person may make several.
    pub fn root_as(&mut self, who: &str, name: &str, seq: u64, policy: Policy) -> EntryId {
        let nonce = some(&format!("founding of {name}"));
        self.put_as(who, seq, &[], Act::Founding { reclaim: token(name).id().0, policy, nonce })
    }

    pub fn put(&mut self, who: &str, parents: &[EntryId], act: Act) -> EntryId {
        let seq = self.seqs.get(&id(who)).copied().unwrap_or(0) + 1;
        self.put_as(who, seq, parents, act)
    }

    pub fn put_as(&mut self, who: &str, seq: u64, parents: &[EntryId], act: Act) -> EntryId {
        let author = id(who);
        self.seqs.insert(author, seq);
        let mut parents = parents.to_vec();
        parents.sort_unstable();
        let begins = parents.is_empty();
        let at = Unix(SENT + if begins { 0 } else { 1_000 * self.raws.len() as u64 });
        self.push(sign_entry(&actor(who), &Entry { genesis: self.genesis, author, seq, at, parents, act }))
    }

    fn push(&mut self, raw: Vec<u8>) -> EntryId {
        let id = id_of(&raw);
        self.raws.push(raw);
        id
    }

    pub fn input(&self) -> Value {
        json!({ "room_kind": self.kind, "genesis": h(self.genesis), "entries": hs(&self.raws) })
    }

    /// The same, looked at by somebody who came in under these foundings, at this time, asking about these people and
    /// the foundings that they are known to have come in under.
    pub fn seen(&self, under: &[EntryId], now_ms: u64, about: &[(&str, &[EntryId])]) -> Value {
        let short = |ids: &[EntryId]| hs(ids.iter().map(|id| &id.0[..8]));
        let about = about.iter().map(|(who, from)| json!({ "id": h(id(who)), "foundings": short(from) }));
        let mut input = self.input();
        input["under"] = short(under);
        input["now_ms"] = now_ms.into();
        input["about"] = about.collect();
        input
    }
}

pub fn id(who: &str) -> MemberId {
    actor(who).id()
}

pub fn grant(who: &str) -> Act {
    Act::Grant { target: id(who) }
}

pub fn kick(who: &str, last_seq: u64) -> Act {
    kick_of(id(who), last_seq)
}

pub fn kick_of(target: MemberId, last_seq: u64) -> Act {
    Act::Kick { target, last_seq, why: String::new() }
}

pub fn ban(who: &str, last_seq: u64, then: Then) -> Act {
    ban_with(who, last_seq, then, None, [6; 16])
}

pub fn ban_with(who: &str, last_seq: u64, then: Then, until: Option<Unix>, salt_hash: [u8; 16]) -> Act {
    Act::Ban { target: id(who), last_seq, why: "spam".into(), until, then, salt_hash }
}

pub fn mute(who: &str) -> Act {
    Act::Mute { target: id(who), until: Unix(SENT + 60_000), why: String::new() }
}

pub fn topic(topic: &str) -> Act {
    Act::Policy(Policy { topic: Some(topic.into()), ..Policy::default() })
}

pub fn offer(to: &str) -> Act {
    Act::Transfer { to: id(to), leaving: false }
}

pub fn leave_to(to: &str) -> Act {
    Act::Transfer { to: id(to), leaving: true }
}

pub fn accept(transfer: EntryId) -> Act {
    Act::TransferAccept { transfer }
}

/// The token `by` makes `who` the owner; `next` is the token from then on.
pub fn reclaim(who: &str, by: &str, next: &str) -> Act {
    let next = token(next).id().0;
    let token_sig = token(by).sign(Label::Reclaim, &[&genesis(), &id(who).0, &next]);
    Act::Reclaim { next, token_sig }
}

/// What the log folds to; with `under` in the input also what somebody sees who came in there.
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
    let view = input.get("under").is_some();
    if view {
        log.look_from(&many_fixed(input, "under"));
    }
    for raw in raws {
        let _ = log.insert(raw);
    }
    let mut out = all(&log);
    if view {
        shown(&log, input, &mut out);
    }
    out
}

fn all(log: &Log) -> Value {
    let mut kept: Vec<EntryId> = log.raws().map(|(id, _)| *id).collect();
    kept.sort_unstable();
    let heads: Vec<&[u8]> = log.heads().iter().map(|head| head.0.as_slice()).collect();
    assert_eq!(log.head(), LogHead(*kdf::hash(Label::Heads, &heads).first_chunk().unwrap()));
    let rights = log.rights();
    let domains = rights.domains.iter().map(|(id, d)| {
        json!({
            "founding": h(id), "founder": h(d.founder), "owner": h(d.owner), "admins": hs(&d.admins),
            "reclaim": h(d.reclaim), "yielded_to": opt(d.yielded),
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
        "voiced": hs(&rights.voiced), "admitted": hs(&rights.admitted), "denied": hs(&rights.denied),
        "invites": rights.invites.iter().map(|(id, i)| json!([h(id), i.uses, i.revoked])).collect::<Vec<_>>(),
        "policy": bodies::policy(&rights.policy), "rotations": hs(&rotations),
        "closed_by": opt(rights.closed),
        "pins": rights.kept.iter().filter_map(|(id, word)| word.of.map(|(author, n)| json!([h(id), h(author), n])))
            .collect::<Vec<_>>(),
        "unpinned": hs(rights.kept.iter().filter(|(_, word)| word.of.is_none()).map(|(id, _)| id)),
        "equivocators": hs(log.equivocators()),
    })
}

/// What depends on where one stands: ranks, who is removed or muted by now, whose salts are taken.
fn shown(log: &Log, input: &Value, out: &mut Value) {
    let (rights, now) = (log.rights(), Unix(num(input, "now_ms")));
    let about = |of: &dyn Fn(MemberId, &Value) -> Value| -> Value {
        list(input, "about").iter().map(|one| of(MemberId(fixed(one, "id")), one)).collect()
    };
    out["salt_hashes"] = hs(log.salt_hashes());
    out["ranks"] = about(&|id, _| (rights.rank(&id) as u64).into());
    out["silent"] = about(&|id, _| rights.is_muted(&id, now).into());
    out["removed"] = about(&|id, one| {
        assert!(get(one, "foundings").is_array());
        rights.removal(&id, &many_fixed::<8>(one, "foundings"), now).is_some().into()
    });
}
