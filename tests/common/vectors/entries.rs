//! Section 6.2 and the notes of 6.1: what is signed on its own and kept as it was signed.

use ephem_node::base::id::{EntryId, Genesis, InviteId, MemberId, MsgId};
use ephem_node::base::secret::Secret;
use ephem_node::base::time::{Epoch, Unix};
use ephem_node::crypto::identity::{self, Identity};
use ephem_node::crypto::kdf::{self, Label};
use ephem_node::room::chains::{Chain, ChainError};
use ephem_node::room::log::{entry_id, genesis_of, sign_entry};
use ephem_node::wire::cbor::Writer;
use ephem_node::wire::handover::{Note, Why, split_signed};
use ephem_node::wire::log::{Act, Entry, History, Policy, Then};
use serde_json::{Value, json};

use super::curve::{neutral_commitment, unreduced};
use super::json::{bytes, fixed, h, many_fixed};
use super::keys::{EPOCH, genesis};
use super::payloads::SENT;
use super::{Group, Outcome, actor, bodies, some};

pub fn notes() -> Group {
    let mut g = Group::new("notes", "section 6.1: the announcement of a base chain");
    let genesis = Genesis(super::keys::genesis());
    let note = |why, causes, heads| {
        let key = Secret::new(some("chain of ana"));
        Chain::announce(&actor("ana"), genesis, 3, Epoch(EPOCH), &key, why, causes, heads).raw
    };
    let input = |raw: &[u8]| json!({ "genesis": h(genesis), "raw": h(raw) });
    for (name, raw) in [
        ("A note of a founding", note(Why::Founding, vec![], vec![])),
        (
            "A note of a rekey names its causes and the heads of the log",
            note(Why::Entry, vec![[1; 32], [2; 32]], vec![EntryId([3; 32]), EntryId([4; 32])]),
        ),
        ("A note of a conflict", note(Why::Conflict, vec![], vec![EntryId([3; 32])])),
    ] {
        g.good(name, "note", input(&raw));
    }
    let whole = note(Why::Age, vec![], vec![EntryId([3; 32])]);
    let mut flipped = whole.clone();
    flipped[40] ^= 1;
    g.bad("A note with a byte changed", "note", input(&flipped), "signature");
    let mut resigned = whole.clone();
    let (statement, _) = split_signed(&whole).unwrap();
    resigned.truncate(statement.len());
    resigned.extend(actor("bo").sign(Label::Note, &[statement]));
    g.bad("A note signed by another than its author", "note", input(&resigned), "signature");
    let mut mislabelled = statement.to_vec();
    mislabelled.extend(actor("ana").sign(Label::Entry, &[statement]));
    g.bad("A note signed as an entry", "note", input(&mislabelled), "signature");
    let elsewhere = json!({ "genesis": h([3; 16]), "raw": h(&whole) });
    g.bad("A note of another room", "note", elsewhere, "other-room");
    let raw = |why: u64, causes: &[[u8; 32]]| {
        let mut w = Writer::with_capacity(512);
        w.array(9).uint(1).bytes(&genesis.0).uint(3).bytes(&actor("ana").id().0).uint(EPOCH).bytes(&[5; 32]);
        w.uint(why).array(causes.len());
        causes.iter().for_each(|cause| {
            w.bytes(cause);
        });
        w.array(0);
        sign(&actor("ana"), Label::Note, &w.finish())
    };
    g.good("A note written by hand is the same note", "note", input(&raw(3, &[])));
    g.bad("A note for a reason that does not exist", "note", input(&raw(8, &[])), "malformed");
    g.bad("A note whose causes are not sorted", "note", input(&raw(1, &[[2; 32], [1; 32]])), "malformed");
    g.bad("A note that names a cause twice", "note", input(&raw(1, &[[2; 32], [2; 32]])), "malformed");
    g.bad(
        "A note with 33 causes",
        "note",
        input(&raw(1, &std::array::from_fn::<_, 33, _>(|n| [n as u8; 32]))),
        "malformed",
    );
    g.bad("A signature and no note", "note", input(&[7; 64]), "malformed");
    g
}

pub fn group() -> Group {
    let mut g = Group::new("log entries", "section 6.2: each kind of entry, its name, its signature");
    for (name, act) in acts() {
        let reclaims = matches!(act, Act::Reclaim { .. });
        let mut input = json!({ "raw": h(sign_entry(&actor("ana"), &entry(act))) });
        if reclaims {
            input["token"] = h(token("ana").id());
        }
        g.good(name, "entry", input);
    }
    let plain = || entry(Act::Rotate);
    let whole = sign_entry(&actor("ana"), &plain());
    let mut refuse = |name: &str, raw: Vec<u8>, reason: &str| {
        g.bad(name, "entry", json!({ "raw": h(raw) }), reason);
    };
    let mut flipped = whole.clone();
    flipped[30] ^= 1;
    refuse("An entry with a byte changed", flipped, "signature");
    refuse("An entry signed by another than its author", sign_entry(&actor("bo"), &plain()), "signature");
    let statement = plain().encode();
    refuse("An entry signed as a note", sign(&actor("ana"), Label::Note, &statement), "signature");
    let sig = unreduced(&actor("ana").sign(Label::Entry, &[&statement]));
    refuse(
        "An entry whose signature has a scalar that is not reduced",
        [&statement[..], &sig].concat(),
        "signature",
    );
    let sig = neutral_commitment("ana", Label::Entry, &statement);
    refuse("An entry whose signature has an R of small order", [&statement[..], &sig].concat(), "signature");
    let mut huge = entry(Act::Kick { target: actor("bo").id(), last_seq: 1, why: "x".repeat(200) });
    huge.parents = (0..24).map(|n| EntryId([n; 32])).collect();
    assert!(!huge.fits());
    refuse("An entry of more than 1,024 bytes", sign(&actor("ana"), Label::Entry, &raw(&huge)), "malformed");
    let mut unsorted = plain();
    unsorted.parents = vec![EntryId([2; 32]), EntryId([1; 32])];
    refuse(
        "An entry whose parents are not sorted",
        sign(&actor("ana"), Label::Entry, &raw(&unsorted)),
        "malformed",
    );
    unsorted.parents = vec![EntryId([2; 32]), EntryId([2; 32])];
    refuse(
        "An entry that names a parent twice",
        sign(&actor("ana"), Label::Entry, &raw(&unsorted)),
        "malformed",
    );
    unsorted.parents = Vec::new();
    refuse(
        "An entry without parents that begins nothing",
        sign(&actor("ana"), Label::Entry, &raw(&unsorted)),
        "malformed",
    );
    let long = entry(Act::Mute { target: actor("bo").id(), until: Unix(SENT), why: "x".repeat(201) });
    refuse("A reason of 201 bytes", sign(&actor("ana"), Label::Entry, &raw(&long)), "malformed");
    let mut kind = statement.clone();
    let at = kind.len() - 2;
    kind[at] = 20;
    refuse("A kind of entry that does not exist", sign(&actor("ana"), Label::Entry, &kind), "malformed");
    let more = [&statement[..], &[0]].concat();
    refuse(
        "An entry with a byte after it, well signed",
        sign(&actor("ana"), Label::Entry, &more),
        "malformed",
    );
    refuse("An entry cut short", whole[..70].to_vec(), "malformed");

    let (a, b) = (some::<32>("head a"), some::<32>("head b"));
    g.good("A log without entries has a head of zeros", "heads", json!({ "heads": [] }));
    g.good("One head", "heads", json!({ "heads": [h(a)] }));
    let ab = g.good("Two heads", "heads", json!({ "heads": [h(a), h(b)] }));
    let ba = g.good("Two heads in the other order", "heads", json!({ "heads": [h(b), h(a)] }));
    assert_eq!(ab, ba);
    g
}

/// A founding by somebody, signed.
pub fn founding(who: &str) -> Vec<u8> {
    let act = Act::Founding {
        reclaim: token(who).id().0,
        policy: Policy::default(),
        nonce: some(&format!("founding of {who}")),
    };
    sign_entry(&actor(who), &Entry { author: actor(who).id(), seq: 1, parents: vec![], ..entry(act) })
}

/// The ban of hal by ana that brings this salt.
pub fn ban_with(salt: &[u8; 16], parent: EntryId) -> Vec<u8> {
    let salt_hash = *kdf::sha256(salt).first_chunk().unwrap();
    let (target, why, then) = (actor("hal").id(), String::new(), Then::Nothing);
    let act = Act::Ban { target, last_seq: 0, why, until: None, then, salt_hash };
    sign_entry(&actor("ana"), &Entry { seq: 2, parents: vec![parent], ..entry(act) })
}

/// The reclaim token that belongs to somebody's founding.
pub fn token(who: &str) -> Identity {
    Identity::from_seed(&Secret::new(some(&format!("token of {who}"))))
}

pub fn id_of(raw: &[u8]) -> EntryId {
    entry_id(split_signed(raw).unwrap().0)
}

/// An entry by ana, with parents if its kind has any.
pub fn entry(act: Act) -> Entry {
    let parents = if act.begins() { vec![] } else { vec![EntryId([1; 32]), EntryId([2; 32])] };
    let genesis = if matches!(act, Act::Genesis { .. }) { [0; 16] } else { genesis() };
    Entry { genesis: Genesis(genesis), author: actor("ana").id(), seq: 5, at: Unix(SENT), parents, act }
}

fn sign(author: &Identity, label: Label, statement: &[u8]) -> Vec<u8> {
    [statement, &author.sign(label, &[statement])].concat()
}

/// A statement of a bare body that the crate itself would refuse to write.
fn raw(e: &Entry) -> Vec<u8> {
    let mut w = Writer::with_capacity(2_048);
    w.array(8).uint(1).bytes(&e.genesis.0).bytes(&e.author.0).uint(e.seq).uint(e.at.0).array(e.parents.len());
    e.parents.iter().for_each(|parent| {
        w.bytes(&parent.0);
    });
    match &e.act {
        Act::Kick { target, last_seq, why } => w.uint(4).array(3).bytes(&target.0).uint(*last_seq).text(why),
        Act::Mute { target, until, why } => w.uint(7).array(3).bytes(&target.0).uint(until.0).text(why),
        Act::Rotate => w.uint(18).array(0),
        _ => panic!("not needed"),
    };
    w.finish().to_vec()
}

fn acts() -> Vec<(&'static str, Act)> {
    let bo = || actor("bo").id();
    let full = Policy {
        max: Some(50),
        ttl_s: Some(600),
        ttl_max_s: Some(86_400),
        history: Some(History::Unexpired),
        lock: Some(false),
        knock: Some(true),
        slow_s: Some(10),
        rate: Some(5),
        topic: Some("owls, mostly".into()),
        expires: Some(Unix(SENT + 3_600_000)),
        persist: Some(false),
        queued: Some(true),
        quiet_s: Some(600),
    };
    let reclaim = token("ana").id().0;
    let (next, nonce) = (some("next token"), some("founding nonce"));
    let genesis = super::keys::genesis();
    let token_sig = token("ana").sign(Label::Reclaim, &[&genesis, &actor("ana").id().0, &next]);
    let none = Policy::default;
    let key = some("invite key");
    let id = InviteId(some("invite id"));
    let ban = |until, then| Act::Ban {
        target: bo(),
        last_seq: 3,
        why: "spam".into(),
        until,
        then,
        salt_hash: [6; 16],
    };
    vec![
        ("Kind 0, genesis", Act::Genesis { room: "general".into(), reclaim, policy: none(), nonce }),
        ("Kind 1, founding, with every setting", Act::Founding { reclaim, policy: full.clone(), nonce }),
        ("Kind 2, grant", Act::Grant { target: bo() }),
        ("Kind 3, revoke", Act::Revoke { target: bo() }),
        ("Kind 4, kick", Act::Kick { target: bo(), last_seq: 3, why: "spam".into() }),
        ("Kind 5, ban for good", ban(None, Then::Nothing)),
        ("Kind 5, ban with an end, and the room is locked", ban(Some(Unix(SENT + 1)), Then::Lock)),
        ("Kind 6, unban", Act::Unban { target: bo() }),
        ("Kind 7, mute", Act::Mute { target: bo(), until: Unix(SENT + 60_000), why: String::new() }),
        ("Kind 8, unmute", Act::Unmute { target: bo() }),
        ("Kind 9, admit", Act::Admit { target: bo() }),
        ("Kind 10, deny", Act::Deny { target: bo() }),
        ("Kind 11, invite", Act::Invite { id, key, uses: 3, until: Unix(SENT + 86_400_000) }),
        ("Kind 12, invite-revoke", Act::InviteRevoke { id }),
        (
            "Kind 13, policy that changes the topic only",
            Act::Policy(Policy { topic: Some("".into()), ..none() }),
        ),
        ("Kind 14, transfer", Act::Transfer { to: bo(), leaving: false }),
        ("Kind 14, transfer while leaving", Act::Transfer { to: bo(), leaving: true }),
        ("Kind 15, transfer-accept", Act::TransferAccept { transfer: EntryId([5; 32]) }),
        ("Kind 16, reclaim", Act::Reclaim { next, token_sig }),
        ("Kind 17, yield", Act::Yield { to: EntryId([5; 32]) }),
        ("Kind 18, rotate", Act::Rotate),
        ("Kind 19, close", Act::Close),
        ("Kind 20, pin", Act::Pin { message: MsgId([7; 8]), author: bo(), n: 12 }),
        ("Kind 21, unpin", Act::Unpin { message: MsgId([7; 8]) }),
    ]
}

pub fn note(input: &Value) -> Outcome {
    let (raw, genesis) = (bytes(input, "raw"), Genesis(fixed(input, "genesis")));
    let chain = Chain::read(&raw, genesis).map_err(|why| match why {
        ChainError::OtherRoom => "other-room",
        // The crate has one word for both, so it is asked again which it was.
        _ if split_signed(&raw).is_some_and(|(statement, _)| Note::decode(statement).is_ok()) => "signature",
        _ => "malformed",
    })?;
    assert_eq!(chain.raw, raw);
    Ok(json!({ "statement": bodies::note(&chain.note), "chain_id": h(chain.id) }))
}

pub fn check(input: &Value) -> Outcome {
    let raw = bytes(input, "raw");
    let (statement, sig) = split_signed(&raw).ok_or("malformed")?;
    let entry = Entry::decode(statement).map_err(|_| "malformed")?;
    assert_eq!(entry.encode(), statement);
    identity::verify(&entry.author, Label::Entry, &[statement], sig).map_err(|_| "signature")?;
    let id = entry_id(statement);
    let mut out = json!({ "id": h(id), "statement": bodies::entry(&entry) });
    if matches!(entry.act, Act::Genesis { .. }) {
        out["genesis"] = h(genesis_of(&id));
    }
    if let Act::Reclaim { next, token_sig } = &entry.act {
        let signed: [&[u8]; 3] = [&entry.genesis.0, &entry.author.0, next];
        let token = MemberId(fixed(input, "token"));
        out["token_signed"] = identity::verify(&token, Label::Reclaim, &signed, token_sig).is_ok().into();
    }
    Ok(out)
}

pub fn heads(input: &Value) -> Outcome {
    let mut heads: Vec<[u8; 32]> = many_fixed(input, "heads");
    heads.sort_unstable();
    let parts: Vec<&[u8]> = heads.iter().map(|head| head.as_slice()).collect();
    let head =
        if heads.is_empty() { [0; 16] } else { *kdf::hash(Label::Heads, &parts).first_chunk().unwrap() };
    Ok(json!({ "log_head": h(head) }))
}
