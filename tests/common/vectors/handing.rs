//! Section 6.1: keys handed over. Hello, welcome, refusal; share and rekey; pages of what was missed.

use ephem_node::base::id::{Genesis, InviteId, MemberId, SetTag, TopicTag};
use ephem_node::base::secret::{Secret, Text};
use ephem_node::base::time::{Epoch, Unix};
use ephem_node::crypto::identity;
use ephem_node::crypto::kdf::{Label, PREFIX, sha256};
use ephem_node::crypto::kem::{self, KemPublic, KemSecret};
use ephem_node::crypto::seal::{self, OpenError};
use ephem_node::room::chains::Chain;
use ephem_node::room::envelope::message_id;
use ephem_node::room::invite::{invite_id, invite_key};
use ephem_node::wire::handover::{Handover, Why};
use ephem_node::wire::payload::{
    Body, Hello, Missed, Payload, Proof, Reason, Refusal, Row, Sealed, decode_missed, decode_report,
    encode_missed, encode_report,
};
use serde_json::{Value, json};

use super::json::{bytes, fixed, h, text};
use super::keys::{EPOCH, genesis};
use super::payloads::{SENT, around, say};
use super::{Group, Outcome, actor, bodies, entries, rng, some};

/// The seed of a receiver's X-Wing key.
pub fn kem_seed(whose: &str) -> [u8; 32] {
    some(&format!("kem of {whose}"))
}

fn kem_of(whose: &str) -> KemPublic {
    KemSecret::from_seed(Secret::new(kem_seed(whose))).1
}

pub fn group() -> Group {
    let mut g = Group::new("handing over", "section 6.1: hello, welcome, refusal, share, rekey, missed page");
    hellos(&mut g);
    welcomes(&mut g);
    parts(&mut g);
    pages(&mut g);
    reports(&mut g);
    g
}

fn hellos(g: &mut Group) {
    let plain = a_hello(None);
    g.good("A newcomer's hello", "hello", signed(&plain, "eli"));
    let by_invite = a_hello(Some(proof("eli", &kem_of("eli"))));
    g.good("A hello with the proof of an invite", "hello", signed(&by_invite, "eli"));
    g.bad("A hello signed by another than its sender", "hello", signed(&plain, "fay"), "signature");
    let stolen = a_hello(Some(proof("fay", &kem_of("eli"))));
    g.bad("A proof made for another member", "hello", signed(&stolen, "eli"), "proof");
    let other_key = a_hello(Some(proof("eli", &kem_of("fay"))));
    g.bad("A proof made for another key", "hello", signed(&other_key, "eli"), "proof");
    let mut misnamed = proof("eli", &kem_of("eli"));
    misnamed.invite = InviteId([9; 16]);
    g.bad("A proof under another invite's id", "hello", signed(&a_hello(Some(misnamed)), "eli"), "proof");
}

/// Eli's hello.
pub fn a_hello(proof: Option<Proof>) -> Payload {
    let kem = Box::new(*kem_of("eli").as_bytes());
    let at = Some((SetTag(some("set tag")), TopicTag(some("topic tag")))).filter(|_| proof.is_some());
    let hello = Hello { kem, nonce: some("hello nonce"), proof, at };
    Payload { sender: actor("eli").id(), ..around(Body::Hello(hello)) }
}

fn proof(who: &str, kem: &KemPublic) -> Proof {
    let key = invite_key(&Secret::new(some("invite seed")));
    let sig = key.sign(Label::Invite, &[&actor(who).id().0, kem.as_bytes()]);
    Proof { invite: invite_id(&key.id().0), key: key.id().0, sig }
}

fn signed(payload: &Payload, by: &str) -> Value {
    let raw = payload.encode();
    json!({ "payload": h(&*raw), "sig": h(actor(by).sign(Label::Signature, &[&raw])) })
}

/// A handover of two chains, one salt with the ban that brought it, the room's founding and one member.
pub fn a_handover(epoch: u64) -> Handover {
    let genesis = Genesis(super::keys::genesis());
    let founding = entries::founding("ana");
    let ban = entries::ban_with(&some("salt a"), entries::id_of(&founding));
    let mut chains: Vec<(Chain, Secret<32>)> = [("ana", EPOCH), ("bo", EPOCH - 3)]
        .into_iter()
        .map(|(who, birth)| {
            let key = Secret::new(some(&format!("chain of {who}")));
            let heads = vec![entries::id_of(&founding)];
            let chain =
                Chain::announce(&actor(who), genesis, 1, Epoch(birth), &key, Why::Founding, vec![], heads);
            let stepped = (birth + 1..=epoch)
                .fold(key, |key, to| ephem_node::crypto::chain::step(&key, &chain.id, Epoch(to)));
            (chain, stepped)
        })
        .collect();
    chains.sort_by_key(|(chain, _)| chain.id);
    Handover {
        generation: 1,
        epoch: Epoch(epoch),
        chains: chains.into_iter().map(|(chain, key)| (chain.raw, key)).collect(),
        salts: vec![some("salt a")],
        room: Unix(SENT),
        steps_ms: 1_500,
        never_joined: false,
        more_log: true,
        more_roster: false,
        entries: vec![founding, ban],
        rows: vec![Row {
            id: actor("ana").id(),
            nick: "ana".into(),
            joined: Unix(SENT - 60_000),
            serve: false,
            left: false,
            kem: None,
            foundings: vec![[6; 8]],
            peer: vec![8; 34],
            addrs: vec![],
        }],
    }
}

/// What a welcome and a refusal are bound to.
pub fn welcome_info(label: &str, hello: &[u8; 32], from: &MemberId, genesis: &[u8; 16]) -> Vec<u8> {
    [PREFIX.as_bytes(), label.as_bytes(), hello, &from.0, genesis].concat()
}

fn welcomes(g: &mut Group) {
    let hello = a_hello(None).encode();
    let (psk, genesis) = (some::<32>("psk"), super::keys::genesis());
    let sealed = |label: &str, plain: &[u8]| {
        let info = welcome_info(label, &sha256(&hello), &actor("ana").id(), &genesis);
        kem::seal(&kem_of("eli"), Some(&Secret::new(psk)), &info, &[], plain, &mut rng(label))
    };
    let input = |label: &str, sealed: &[u8]| {
        json!({
            "label": label, "receiver_seed": h(kem_seed("eli")), "psk": h(psk), "hello": h(&*hello),
            "welcomer": h(actor("ana").id()), "genesis": h(genesis), "sealed": h(sealed),
        })
    };
    let welcome = sealed("welcome", &a_handover(EPOCH).encode());
    let refusal = sealed("refusal", &Refusal::from(Reason::Knock).encode());
    g.good("A welcome opens to a handover", "welcome", input("welcome", &welcome));
    g.good("A refusal opens to its reason", "welcome", input("refusal", &refusal));
    let founding = entries::founding("ana");
    let ban = entries::ban_with(&some("salt a"), entries::id_of(&founding));
    let shown = Refusal { reason: Reason::Removed, entries: vec![founding, ban] };
    let shown = sealed("refusal", &shown.encode());
    g.good("Whoever was removed is shown the entries", "welcome", input("refusal", &shown));
    let bare = sealed("refusal", &[0x81, 9]);
    g.bad("A removal without entries", "welcome", input("refusal", &bare), "reason");
    let mut refuse = |name: &str, input: Value, reason: &str| g.bad(name, "welcome", input, reason);
    let with = |key: &str, value: Value| {
        let mut changed = input("welcome", &welcome);
        changed[key] = value;
        changed
    };
    refuse("A welcome under another pre-shared key", with("psk", h(some::<32>("other psk"))), "sealed");
    let other_hello = a_hello(Some(proof("eli", &kem_of("eli")))).encode();
    refuse("A welcome to another hello of the same key", with("hello", h(&*other_hello)), "sealed");
    refuse("A welcome sent on by another member", with("welcomer", h(actor("bo").id())), "sealed");
    refuse("A welcome to another room", with("genesis", h([3; 16])), "sealed");
    refuse("A welcome for another receiver", with("receiver_seed", h(kem_seed("fay"))), "sealed");
    refuse("A welcome shown as a refusal", input("refusal", &welcome), "sealed");
    let mut flipped = welcome.clone();
    *flipped.last_mut().unwrap() ^= 1;
    refuse("A welcome with its tag changed", input("welcome", &flipped), "sealed");
    let mut flipped = welcome.clone();
    flipped[5] ^= 1;
    refuse("A welcome with its encapsulated key changed", input("welcome", &flipped), "sealed");
    refuse("A welcome too short to hold a key", input("welcome", &welcome[..1_135]), "sealed");
    let base = {
        let info = welcome_info("welcome", &sha256(&hello), &actor("ana").id(), &genesis);
        kem::seal(&kem_of("eli"), None, &info, &[], &a_handover(EPOCH).encode(), &mut rng("base mode"))
    };
    refuse("A welcome in base mode", input("welcome", &base), "sealed");
    let mut unsorted = a_handover(EPOCH);
    unsorted.salts = vec![[2; 16], [1; 16]];
    let unsorted = unsorted_salts(&unsorted);
    refuse(
        "A handover whose salts are not sorted",
        input("welcome", &sealed("welcome", &unsorted)),
        "handover",
    );
    let mut more = a_handover(EPOCH).encode().to_vec();
    more.push(0);
    refuse("A handover with a byte after it", input("welcome", &sealed("welcome", &more)), "handover");
    let reason = [0x81, 9];
    refuse(
        "A refusal for a reason that does not exist",
        input("refusal", &sealed("refusal", &reason)),
        "reason",
    );
}

/// The bytes of a handover with the two salts swapped, which the crate would not write.
fn unsorted_salts(x: &Handover) -> Vec<u8> {
    let mut sorted = Handover { salts: vec![[1; 16], [2; 16]], ..a_handover(x.epoch.0) }.encode().to_vec();
    let at = sorted.windows(34).position(|w| w[0] == 0x50 && w[1..17] == [1; 16] && w[17] == 0x50).unwrap();
    sorted[at + 1..at + 17].fill(2);
    sorted[at + 18..at + 34].fill(1);
    sorted
}

/// What opens the box of a share, a rekey or a page besides the key.
pub fn boxed_aad(label: &str, from: &MemberId) -> Vec<u8> {
    [PREFIX.as_bytes(), label.as_bytes(), &from.0].concat()
}

fn wrap(to: &KemPublic, genesis: &[u8; 16], w: &Secret<32>, purpose: &str) -> Vec<u8> {
    let info = [PREFIX.as_bytes(), b"wrap", &to.tag(), genesis].concat();
    kem::seal(to, None, &info, &[], w.expose(), &mut rng(purpose))
}

fn box_up(label: &str, plain: &[u8], purpose: &str) -> (Secret<32>, [u8; 24], [u8; 32], Vec<u8>) {
    let w = Secret::new(some(&format!("box key of {purpose}")));
    let nonce = some(&format!("nonce of {purpose}"));
    let mut boxed = plain.to_vec();
    let (com, tag) = seal::seal(&w, &nonce, &boxed_aad(label, &actor("ana").id()), &mut boxed);
    boxed.extend(tag);
    (w, nonce, com, boxed)
}

fn a_part(label: &str) -> Sealed {
    let genesis = super::keys::genesis();
    let (w, nonce, com, boxed) = box_up(label, &a_handover(EPOCH).encode(), label);
    let to = ["bo", "cy"]
        .map(|who| (kem_of(who).tag(), wrap(&kem_of(who), &genesis, &w, &format!("{label} {who}"))));
    Sealed { to: to.into(), nonce, com, boxed }
}

fn parts(g: &mut Group) {
    let input = |payload: &Payload, whose: &str| json!({ "payload": h(&*payload.encode()), "receiver_seed": h(kem_seed(whose)) });
    let (share, rekey) = (around(Body::Share(a_part("share"))), around(Body::Rekey(a_part("rekey"))));
    let first = g.good("A share opens for its first receiver", "part", input(&share, "bo"));
    let second = g.good("A share opens for its second receiver", "part", input(&share, "cy"));
    assert_eq!(first["handover"], second["handover"]);
    g.good("A rekey opens for its first receiver", "part", input(&rekey, "bo"));
    g.good("A rekey opens for its second receiver", "part", input(&rekey, "cy"));
    let mut refuse = |name: &str, payload: Payload, whose: &str, reason: &str| {
        g.bad(name, "part", input(&payload, whose), reason);
    };
    refuse("A part that is not for the receiver", around(Body::Rekey(a_part("rekey"))), "dee", "not-for-me");
    let misnamed = {
        let mut part = a_part("rekey");
        part.to[0].0 = kem_of("dee").tag();
        around(Body::Rekey(part))
    };
    refuse("A part under the receiver's tag, sealed to another key", misnamed, "dee", "sealed");
    let elsewhere = Payload { genesis: Genesis([3; 16]), ..around(Body::Rekey(a_part("rekey"))) };
    refuse("A part of another room", elsewhere, "bo", "sealed");
    refuse("A share shown as a rekey", around(Body::Rekey(a_part("share"))), "bo", "aead");
    let relayed = Payload { sender: actor("bo").id(), ..around(Body::Rekey(a_part("rekey"))) };
    refuse("A part sent on by another member", relayed, "cy", "aead");
    let changed = |change: fn(&mut Sealed)| {
        let mut part = a_part("rekey");
        change(&mut part);
        around(Body::Rekey(part))
    };
    refuse("A part with its commitment changed", changed(|part| part.com[0] ^= 1), "bo", "commitment");
    refuse("A part with its box changed", changed(|part| part.boxed[9] ^= 1), "bo", "aead");
    refuse("A part whose box is shorter than a tag", changed(|part| part.boxed.truncate(15)), "bo", "aead");
    let swapped = changed(|part| {
        let (w, ..) = box_up("rekey", b"", "another box");
        part.to[0].1 = wrap(&kem_of("bo"), &genesis(), &w, "another box");
    });
    refuse("A part that hands one receiver another key", swapped, "bo", "commitment");
}

fn reports(g: &mut Group) {
    let told = |plain: &[u8], label: &str| {
        let (w, nonce, com, boxed) = box_up(label, plain, "report");
        let to = vec![(kem_of("bo").tag(), wrap(&kem_of("bo"), &genesis(), &w, "report bo"))];
        json!({ "payload": h(&*around(Body::Report(Sealed { to, nonce, com, boxed })).encode()), "receiver_seed": h(kem_seed("bo")) })
    };
    let plain = encode_report(&actor("eli").id(), &Text::new("floods the room"));
    g.good("A report about a member", "report", told(&plain, "report"));
    g.bad("A share shown as a report", "report", told(&plain, "share"), "aead");
    let nothing = [&plain[..plain.len() - 16], &[0x60]].concat();
    g.bad("A report without words", "report", told(&nothing, "report"), "report");
}

pub fn report(input: &Value) -> Outcome {
    let payload = Payload::decode(&bytes(input, "payload")).unwrap();
    let Body::Report(part) = &payload.body else { panic!("not a report") };
    let (_, public) = kem_secret(input);
    let (_, wrapped) = part.to.iter().find(|(tag, _)| *tag == public.tag()).ok_or("not-for-me")?;
    let plain = unbox(input, &payload, "report", wrapped, part)?;
    let (about, text) = decode_report(&plain).map_err(|_| "report")?;
    Ok(json!({ "about": h(about), "text": text.as_str() }))
}

fn pages(g: &mut Group) {
    let said = |who: &str, text: &str, n: u64| {
        let payload = Payload { sender: actor(who).id(), counter: n, ..around(say(text)) };
        let mut inner = payload.encode().to_vec();
        let sig = actor(who).sign(Label::Signature, &[&inner]);
        inner.extend(sig);
        inner
    };
    let page = |items: &[(Vec<u8>, u64)]| {
        let (w, nonce, com, boxed) = box_up("missed", &encode_missed(items), "missed");
        Missed { nonce, com, sealed: wrap(&kem_of("eli"), &genesis(), &w, "missed"), boxed }
    };
    let input = |missed: Missed, seed: &str| json!({ "payload": h(&*around(Body::Missed(missed)).encode()), "receiver_seed": h(kem_seed(seed)) });
    let items = || vec![(said("bo", "hello?", 3), 41_000), (said("cy", "anyone?", 9), 599_999)];
    g.good("A page of two messages opens with the key of its ask", "missed", input(page(&items()), "eli"));
    g.good("A page may be empty", "missed", input(page(&[]), "eli"));
    g.bad("A page for the key of another ask", "missed", input(page(&items()), "fay"), "sealed");
    let mut forged = items();
    forged[1].0[40] ^= 1;
    g.bad(
        "A page with a message that its author did not sign",
        "missed",
        input(page(&forged), "eli"),
        "signature",
    );
    let mut com = page(&items());
    com.com[31] ^= 1;
    g.bad("A page with its commitment changed", "missed", input(com, "eli"), "commitment");
}

fn kem_secret(input: &Value) -> (KemSecret, KemPublic) {
    KemSecret::from_seed(Secret::new(fixed(input, "receiver_seed")))
}

pub fn hello(input: &Value) -> Outcome {
    let raw = bytes(input, "payload");
    let payload = Payload::decode(&raw).unwrap();
    let Body::Hello(hello) = &payload.body else { panic!("not a hello") };
    identity::verify(&payload.sender, Label::Signature, &[&raw], &fixed(input, "sig"))
        .map_err(|_| "signature")?;
    if let Some(proof) = &hello.proof {
        let signed: [&[u8]; 2] = [&payload.sender.0, &hello.kem[..]];
        let holds = identity::verify(&MemberId(proof.key), Label::Invite, &signed, &proof.sig).is_ok();
        if !holds || proof.invite != invite_id(&proof.key) {
            return Err("proof".into());
        }
    }
    let invite = super::json::opt(hello.proof.as_ref().map(|proof| proof.invite));
    Ok(json!({ "hash": h(sha256(&raw)), "sender": h(payload.sender), "invite_id": invite }))
}

pub fn welcome(input: &Value) -> Outcome {
    let (label, from) = (text(input, "label"), MemberId(fixed(input, "welcomer")));
    let info = welcome_info(label, &sha256(&bytes(input, "hello")), &from, &fixed(input, "genesis"));
    let psk = Secret::new(fixed(input, "psk"));
    let (secret, _) = kem_secret(input);
    let plain = secret.open(Some(&psk), &info, &[], &bytes(input, "sealed")).map_err(|_| "sealed")?;
    if label == "refusal" {
        let Refusal { reason, entries } = Refusal::decode(&plain).map_err(|_| "reason")?;
        let mut out = json!({ "plain": h(&*plain), "reason": reason as u64 });
        if reason == Reason::Removed {
            out["entries"] = entries.iter().map(h).collect();
        }
        return Ok(out);
    }
    handed(&plain)
}

fn handed(plain: &[u8]) -> Outcome {
    let handover = Handover::decode(plain).map_err(|_| "handover")?;
    assert_eq!(*handover.encode(), plain);
    Ok(json!({ "plain": h(plain), "handover": bodies::handover(&handover) }))
}

pub fn part(input: &Value) -> Outcome {
    let payload = Payload::decode(&bytes(input, "payload")).unwrap();
    let (label, part) = match &payload.body {
        Body::Share(part) => ("share", part),
        Body::Rekey(part) => ("rekey", part),
        _ => panic!("neither share nor rekey"),
    };
    let (_, public) = kem_secret(input);
    let (_, wrapped) = part.to.iter().find(|(tag, _)| *tag == public.tag()).ok_or("not-for-me")?;
    let plain = unbox(input, &payload, label, wrapped, part)?;
    handed(&plain)
}

pub fn missed(input: &Value) -> Outcome {
    let payload = Payload::decode(&bytes(input, "payload")).unwrap();
    let Body::Missed(page) = &payload.body else { panic!("not a page") };
    let part = Sealed { to: Vec::new(), nonce: page.nonce, com: page.com, boxed: page.boxed.clone() };
    let plain = unbox(input, &payload, "missed", &page.sealed, &part)?;
    let mut items = Vec::new();
    for (inner, left_ms) in decode_missed(&plain).map_err(|_| "page")? {
        let (said, sig) = inner.split_last_chunk::<64>().ok_or("page")?;
        // Whether the bytes still are a payload is asked after the signature, so that one reason is the only one.
        let sender = Payload::decode(said).map(|said| said.sender).map_err(|_| "signature")?;
        identity::verify(&sender, Label::Signature, &[said], sig).map_err(|_| "signature")?;
        items.push(json!({ "id": h(message_id(said)), "sender": h(sender), "left_ms": left_ms }));
    }
    Ok(json!({ "plain": h(&plain), "items": items }))
}

fn unbox(
    input: &Value,
    payload: &Payload,
    label: &str,
    wrapped: &[u8],
    part: &Sealed,
) -> Result<Vec<u8>, String> {
    let (secret, public) = kem_secret(input);
    let info = [PREFIX.as_bytes(), b"wrap", &public.tag(), &payload.genesis.0].concat();
    let w = secret.open(None, &info, &[], wrapped).map_err(|_| "sealed")?;
    let w = Secret::from_slice(&w).ok_or("sealed")?;
    let (body, tag) = part.boxed.split_last_chunk().ok_or("aead")?;
    let mut plain = body.to_vec();
    let aad = boxed_aad(label, &payload.sender);
    seal::open(&w, &part.nonce, &part.com, &aad, &mut plain, tag).map_err(|why| match why {
        OpenError::Commitment => "commitment",
        OpenError::Aead => "aead",
    })?;
    Ok(plain)
}
