//! What one frame costs: junk turned away, a message sealed and opened, good frames refused, and the primitives below.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark prints, reads the wall clock, and may stop where a thing it made itself is broken"
)]

mod common;

use std::cell::RefCell;
use std::collections::BTreeSet;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit as _, Tag, XChaCha20Poly1305, XNonce};
use ed25519_dalek::{Signer, SigningKey};
use ephem_node::base::id::{ChainId, Genesis, LogHead, SetTag};
use ephem_node::base::secret::{Secret, Text};
use ephem_node::base::time::{Epoch, Unix};
use ephem_node::crypto::chain;
use ephem_node::crypto::gate::Gate;
use ephem_node::crypto::identity::Identity;
use ephem_node::crypto::kdf::Label;
use ephem_node::crypto::kem::{self, KemSecret};
use ephem_node::crypto::name::RoomName;
use ephem_node::crypto::root::{Kind, Root};
use ephem_node::crypto::seal::Hedge;
use ephem_node::room::envelope::{self, Dropped};
use ephem_node::wire::frame::FrameType;
use ephem_node::wire::payload::{Body, Payload, Say};
use hkdf::{Hkdf, HkdfExtract};
use hmac::{Hmac, Mac as _};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng};
use sha2::Sha256;

use common::{Cost, founder_of, gossip, in_turns, on_cpu, round, table, talk};

const ROUNDS: usize = 400;
const DEEDS: usize = 100;
/// Where a deed takes tens of microseconds, few make a round: a short one is more likely to be left in peace.
const LONG_ROUNDS: usize = 4_000;
const FEW: usize = 5;

fn main() {
    // `cargo test` runs benchmarks too, to see that they still build.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    junk();
    message();
    refused();
    primitives();
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([5; 32])
}

fn gate() -> Gate {
    let root = Root::from_bytes(Kind::Passphrase, RoomName::parse("tea").unwrap(), Secret::new([1; 32]));
    Gate::new(&root, &BTreeSet::new(), Unix(1_780_012_800_000).day())
}

/// A frame of the right length and version whose every other byte is somebody's guess.
fn forged() -> Vec<u8> {
    let mut junk = vec![0; 640];
    rng().fill_bytes(&mut junk);
    junk[0] = 1;
    junk
}

fn say() -> Body {
    let text = Text::new(&"x".repeat(256));
    let plain = |text| Say::plain(1, text);
    Body::Text(plain(text))
}

// ---- (1) an outsider's junk ----

fn junk() {
    let (gate, junk) = (gate(), forged());
    let bare = Hmac::<Sha256>::new_from_slice(&[2; 32]).unwrap();
    let mut fresh = founder_of(3);
    let (_, topic, _) = talk(&mut fresh.world, 1..2, 1).pop().unwrap();
    let mut burned = founder_of(3);
    burn_many(&mut burned);
    let (fresh_now, burned_now) = (fresh.now, burned.now);
    let costs = in_turns(
        ROUNDS,
        vec![
            (
                "bare HMAC-SHA256 over the same 608 bytes",
                round(
                    DEEDS,
                    || (),
                    |()| {
                        let mut mac = bare.clone();
                        mac.update(&junk[..608]);
                        mac.verify_slice(&junk[608..]).is_err()
                    },
                ),
            ),
            (
                "envelope::admit refuses it",
                round(DEEDS, || (), |()| envelope::admit(&gate, &junk).err() == Some(Dropped::Gate)),
            ),
            (
                "State::handle refuses it",
                round(DEEDS, || gossip(topic, &junk), |input| fresh.state.handle(fresh_now, input)),
            ),
            (
                "State::handle, after 5,000 messages were burned",
                round(DEEDS, || gossip(topic, &junk), |input| burned.state.handle(burned_now, input)),
            ),
        ],
    );
    assert!(fresh.state.counts().get(&Dropped::Gate).is_some_and(|n| *n >= (ROUNDS * DEEDS) as u64));
    table("An outsider's frame of 640 bytes (target: at most 3 us)", &costs);
}

/// Takes back thousands of messages: what is remembered of them must not make everything else dearer.
fn burn_many(member: &mut common::Member) {
    use ephem_node::base::id::MsgId;
    use ephem_node::room::{Command, Input};
    for part in 0..20u64 {
        let ids = (0..256u64).map(|i| MsgId((part * 256 + i).to_be_bytes())).collect();
        member.state.handle(member.now, Input::Command(Command::Burn(ids)));
    }
}

// ---- (2) a message sealed and opened ----

fn message() {
    let (gate, rng) = (gate(), RefCell::new(rng()));
    let hedge = Hedge::new(&mut *rng.borrow_mut());
    let seed = Secret::<32>::random(&mut *rng.borrow_mut());
    let me = Identity::from_seed(&seed);
    let key = Secret::<32>::random(&mut *rng.borrow_mut());
    let sent = Unix(1_780_012_800_000);
    let payload = Payload {
        genesis: Genesis([1; 16]),
        generation: 3,
        epoch: sent.epoch(),
        sender: me.id(),
        counter: 1_000,
        sent,
        ttl_s: 600,
        log_head: LogHead([2; 16]),
        body: say(),
    };
    let tag = SetTag([1, 2, 3, 4]);
    let seal = |payload: &Payload| {
        let bytes = payload.encode();
        let sig = me.sign(Label::Signature, &[&bytes]);
        let rng = &mut *rng.borrow_mut();
        envelope::seal_inner(&hedge, rng, &gate, FrameType::Room, tag, payload.epoch, &key, &bytes, &sig)
    };
    let frame = seal(&payload).unwrap();
    assert_eq!(frame.len(), 640);
    let open = |frame: &[u8]| {
        let opened = envelope::admit(&gate, frame).ok()?.open(&key).ok()?;
        opened.is_signed().then_some(opened)
    };
    assert!(open(&frame).is_some_and(|opened| opened.payload == payload));

    // The same work with nothing around it: the padded inner under the cipher, the payload under the signature.
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    let nonce = XNonce::from([7; 24]);
    let signer = SigningKey::from_bytes(seed.expose());
    let (verifier, signed) = (signer.verifying_key(), payload.encode());
    let signature = signer.sign(&signed);
    let inner_len = 640 - 65 - 16 - 32;
    let mut sealed = vec![0u8; inner_len];
    let mac: Tag = cipher.encrypt_inout_detached(&nonce, b"", sealed.as_mut_slice().into()).unwrap();
    let sealed = &sealed;
    let bare_seal = round(
        FEW,
        || vec![0u8; inner_len],
        |mut inner| {
            let sig = signer.sign(&signed);
            (cipher.encrypt_inout_detached(&nonce, b"", inner.as_mut_slice().into()).unwrap(), sig, inner)
        },
    );
    let bare_open = round(
        FEW,
        || sealed.clone(),
        |mut inner| {
            cipher.decrypt_inout_detached(&nonce, b"", inner.as_mut_slice().into(), &mac).unwrap();
            verifier.verify_strict(&signed, &signature).unwrap();
            inner
        },
    );
    // A receiver has the author's name, which is the key's encoding: reading it is part of any verification.
    let author = me.id();
    let bare_open_read = round(
        FEW,
        || sealed.clone(),
        |mut inner| {
            cipher.decrypt_inout_detached(&nonce, b"", inner.as_mut_slice().into(), &mac).unwrap();
            let key = ed25519_dalek::VerifyingKey::from_bytes(&author.0).unwrap();
            key.verify_strict(&signed, &signature).unwrap();
            inner
        },
    );
    let costs = in_turns(
        LONG_ROUNDS,
        vec![
            ("bare XChaCha20-Poly1305 and Ed25519 sign", bare_seal),
            ("encode, sign, seal_inner", round(FEW, || (), |()| seal(&payload))),
        ],
    );
    table("Sealing a message of 256 bytes (target: ratio at most 1.5)", &costs);
    let costs = in_turns(
        LONG_ROUNDS,
        vec![
            ("bare XChaCha20-Poly1305 and verify_strict", bare_open),
            ("the same, reading the key from its 32 bytes", bare_open_read),
            ("admit, open, is_signed", round(FEW, || (), |()| open(&frame))),
        ],
    );
    table("Opening it (target: ratio at most 1.5)", &costs);
    let decode = || Payload::decode(&signed).unwrap();
    let costs = in_turns(
        LONG_ROUNDS,
        vec![
            ("admit", round(FEW, || (), |()| envelope::admit(&gate, &frame).is_ok())),
            (
                "admit and open",
                round(FEW, || (), |()| envelope::admit(&gate, &frame).unwrap().open(&key).is_ok()),
            ),
            ("decode alone", round(FEW, || (), |()| decode())),
            ("encode alone", round(FEW, || (), |()| payload.encode())),
            ("hedged nonce alone", round(FEW, || (), |()| hedge.nonce(&mut *rng.borrow_mut(), sealed))),
            ("bare sign alone", round(FEW, || (), |()| signer.sign(&signed))),
            ("sign alone", round(FEW, || (), |()| me.sign(Label::Signature, &[&signed]))),
        ],
    );
    table("Where it goes", &costs);
}

// ---- (3) frames of members, refused ----

fn refused() {
    let mut member = founder_of(3);
    let (_, topic, seen) = talk(&mut member.world, 1..2, 1).pop().unwrap();
    member.state.handle(member.now, gossip(topic, &seen));
    assert_eq!(member.state.living_count(), 1, "the first time, it is a message");

    let mut late = founder_of(3);
    let (_, _, stale) = talk(&mut late.world, 1..2, 1).pop().unwrap();
    let after = late.now + 10 * 60_000;

    let mut strange = founder_of(3);
    let day = strange.state.room_time().day();
    let gate = Gate::new(strange.world.root(), &BTreeSet::new(), day);
    let (me, mut rng) = (Identity::generate(&mut rng()), rng());
    let payload = Payload {
        genesis: strange.state.genesis().unwrap(),
        generation: 1,
        epoch: strange.state.room_time().epoch(),
        sender: me.id(),
        counter: 1,
        sent: strange.state.room_time(),
        ttl_s: 600,
        log_head: LogHead([0; 16]),
        body: say(),
    };
    let (hedge, key) = (Hedge::new(&mut rng), Secret::random(&mut rng));
    let tag = SetTag([0xee; 4]);
    let unknown =
        envelope::seal_frame(&me, &hedge, &mut rng, &gate, FrameType::Room, tag, &key, &payload).unwrap();

    let bare = Hmac::<Sha256>::new_from_slice(&[2; 32]).unwrap();
    let junk = forged();
    let (member_now, strange_now) = (member.now, strange.now);
    let costs = in_turns(
        ROUNDS,
        vec![
            (
                "bare HMAC-SHA256 over 608 bytes",
                round(
                    DEEDS,
                    || (),
                    |()| {
                        let mut mac = bare.clone();
                        mac.update(&junk[..608]);
                        mac.verify_slice(&junk[608..]).is_err()
                    },
                ),
            ),
            (
                "a frame seen before",
                round(DEEDS, || gossip(topic, &seen), |input| member.state.handle(member_now, input)),
            ),
            (
                "a frame of ten minutes ago",
                round(DEEDS, || gossip(topic, &stale), |input| late.state.handle(after, input)),
            ),
            (
                "a frame under a set that is not known (it waits)",
                round(DEEDS, || gossip(topic, &unknown), |input| strange.state.handle(strange_now, input)),
            ),
        ],
    );
    let expected = (ROUNDS * DEEDS) as u64;
    for (state, why) in
        [(&member.state, Dropped::Replay), (&late.state, Dropped::Epoch), (&strange.state, Dropped::Unknown)]
    {
        assert!(state.counts().get(&why).is_some_and(|n| *n >= expected), "{why:?}: {:?}", state.counts());
    }
    table("A good gate, and refused all the same", &costs);
}

// ---- (4) what lies below ----

fn primitives() {
    let name = RoomName::parse("tea").unwrap();
    let slow = || Root::passphrase(&name, "correct horse").is_ok();
    let wall = (0..5).map(|_| round(1, || (), |()| slow())());
    let cpu = (0..5).map(|_| on_cpu(slow));
    let costs = [("on the processor", Cost::of(cpu.collect())), ("by the wall", Cost::of(wall.collect()))];
    table("A passphrase: Argon2id, 256 MiB, three passes (on local input only)", &costs);

    let draws = RefCell::new(rng());
    let (secret, public) = KemSecret::generate(&mut rng());
    let (psk, w) = (Secret::new([3; 32]), [9u8; 32]);
    let seal = |psk| kem::seal(&public, psk, b"info", b"", &w, &mut *draws.borrow_mut());
    let (base, with_psk) = (seal(None), seal(Some(&psk)));
    let costs = in_turns(
        1_000,
        vec![
            ("a key pair", round(2, || (), |()| KemSecret::generate(&mut *draws.borrow_mut()))),
            ("seal 32 bytes, base mode", round(2, || (), |()| seal(None))),
            ("seal 32 bytes, PSK mode", round(2, || (), |()| seal(Some(&psk)))),
            ("open, base mode", round(2, || (), |()| secret.open(None, b"info", b"", &base).unwrap())),
            (
                "open, PSK mode",
                round(2, || (), |()| secret.open(Some(&psk), b"info", b"", &with_psk).unwrap()),
            ),
        ],
    );
    table("HPKE with X-Wing", &costs);

    let (id, key) = (ChainId([4; 32]), Secret::new([5; 32]));
    let costs = in_turns(
        ROUNDS,
        vec![
            (
                "bare HKDF-Expand of as many bytes",
                round(
                    DEEDS,
                    || (),
                    |()| {
                        let mut out = [0u8; 32];
                        Hkdf::<Sha256>::from_prk(key.expose()).unwrap().expand(&[6; 56], &mut out).unwrap();
                        out
                    },
                ),
            ),
            ("one chain, one epoch forward", round(DEEDS, || (), |()| chain::step(&key, &id, Epoch(9)))),
        ],
    );
    table("A chain's step", &costs);

    for (n, title) in [(1u8, "The joint key of 1 chain"), (8, "of 8 chains"), (64, "of 64 chains")] {
        let keys: Vec<(ChainId, Secret<32>)> =
            (0..n).map(|i| (ChainId([i; 32]), Secret::new([i; 32]))).collect();
        let parts: Vec<(ChainId, &Secret<32>)> = keys.iter().map(|(id, key)| (*id, key)).collect();
        let costs = in_turns(
            ROUNDS,
            vec![
                (
                    "bare HKDF-Extract over their keys",
                    round(
                        DEEDS,
                        || (),
                        |()| {
                            let mut hkdf = HkdfExtract::<Sha256>::new(Some(&[1; 32]));
                            parts.iter().for_each(|(_, key)| hkdf.input_ikm(key.expose()));
                            hkdf.finalize().0
                        },
                    ),
                ),
                ("the set's hash, extract, two keys", round(DEEDS, || (), |()| chain::joint(1, &parts))),
            ],
        );
        table(title, &costs);
    }
}
