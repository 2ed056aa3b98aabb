//! Section 12: what is said to one member alone.

use ephem_node::base::secret::{Secret, Text};
use ephem_node::crypto::direct::{DirectPublic, DirectSecret};
use ephem_node::crypto::kdf::{Label, PREFIX};
use ephem_node::crypto::kem::{self, KemSecret};
use ephem_node::wire::payload::{Body, Dm, Payload, Say, Word};
use serde_json::{Value, json};

use super::handing::kem_seed;
use super::json::{bytes, fixed, h};
use super::payloads::around;
use super::{Group, Outcome, rng, some};

pub fn group() -> Group {
    let mut g =
        Group::new("direct messages", "section 12: keys, seal and proof of what is said to one member");
    let said = |text: &str, once_s: u64| {
        let text = Text::new(text);
        Dm::Say(Say { once_s, ..Say::plain(3, text) })
    };
    g.good("Something said to one", "dm", input(&said("psst", 0).encode(), "ana", "bo"));
    g.good("One that opens once", "dm", input(&said("4471", 15).encode(), "ana", "bo"));
    for (name, word) in [
        ("It came", Word::Had),
        ("It was opened", Word::Opened),
        ("It is taken back", Word::TakenBack),
        ("And all before it", Word::AllTakenBack),
    ] {
        g.good(name, "dm", input(&Dm::Word(3, word).encode(), "ana", "bo"));
    }
    // As its reader could have made it as well: the proof is of the two, not of one.
    let (forged, _) = message(&said("I never said that", 0).encode(), "ana", "bo", "bo", "ana");
    g.good("One that its reader made up", "dm", forged);
    let (other, _) = message(&said("psst", 0).encode(), "ana", "bo", "cy", "bo");
    g.bad("One proved with a third one's key", "dm", other, "mac");
    let (mut turned, _) = message(&said("psst", 0).encode(), "ana", "bo", "ana", "bo");
    turned["proof"] = json!(h([7; 64]));
    g.bad("One with another proof", "dm", turned, "mac");
    let mut small = input(&said("psst", 0).encode(), "ana", "bo");
    small["sender_x25519"] = json!(h([0; 32]));
    g.bad("One from a key of small order", "dm", small, "mac");
    let mut to_another = input(&said("psst", 0).encode(), "ana", "bo");
    to_another["receiver_seed"] = json!(h(kem_seed("cy")));
    g.bad("One for somebody else", "dm", to_another, "not-for-me");
    // [3, 48, "", null, 0]: it came and was opened, in one.
    g.bad("Two words at once", "dm", input(&[0x85, 3, 0x18, 48, 0x60, 0xf6, 0], "ana", "bo"), "dm");
    // [3, 0, "", null, 0]
    g.bad("Nothing said", "dm", input(&[0x85, 3, 0, 0x60, 0xf6, 0], "ana", "bo"), "dm");
    // [3, 8, "x", null, 0]
    g.bad("One to be kept", "dm", input(&[0x85, 3, 8, 0x61, b'x', 0xf6, 0], "ana", "bo"), "dm");
    g
}

fn x25519_seed(whose: &str) -> [u8; 32] {
    some(&format!("x25519 of {whose}"))
}

fn x25519(whose: &str) -> (DirectSecret, DirectPublic) {
    DirectSecret::from_seed(&Secret::new(x25519_seed(whose)))
}

fn input(plain: &[u8], from: &str, to: &str) -> Value {
    message(plain, from, to, from, to).0
}

/// A message of `from` to `to`, proved by one who has the secret of `prover` before `other`.
fn message(plain: &[u8], from: &str, to: &str, prover: &str, other: &str) -> (Value, Payload) {
    let (_, public) = KemSecret::from_seed(Secret::new(kem_seed(to)));
    let tag = public.tag();
    let (sealed, export) =
        kem::seal_exporting(&public, None, &info(&tag), &[], plain, &mut rng("direct message"));
    let payload = around(Body::Dm { tag, sealed });
    let encoded = payload.encode();
    let mac = x25519(prover).0.tag(&x25519(other).1, &export, &[&encoded]).unwrap();
    let proof = [mac, some("filling")].concat();
    let input = json!({
        "payload": h(&*encoded),
        "proof": h(proof),
        "receiver_seed": h(kem_seed(to)),
        "receiver_x25519_seed": h(x25519_seed(to)),
        "sender_x25519": h(x25519(from).1.0),
    });
    (input, payload)
}

fn info(tag: &[u8; 8]) -> Vec<u8> {
    [PREFIX.as_bytes(), Label::Direct.as_str().as_bytes(), tag, &super::keys::genesis()].concat()
}

pub fn check(input: &Value) -> Outcome {
    let raw = bytes(input, "payload");
    let payload = Payload::decode(&raw).map_err(|_| "payload")?;
    let Body::Dm { tag, sealed } = &payload.body else { return Err("kind".to_owned()) };
    let (secret, public) = KemSecret::from_seed(Secret::new(fixed(input, "receiver_seed")));
    if public.tag() != *tag {
        return Err("not-for-me".to_owned());
    }
    let (plain, export) = secret.open_exporting(None, &info(tag), &[], sealed).map_err(|_| "sealed")?;
    let (mine, _) = DirectSecret::from_seed(&Secret::new(fixed(input, "receiver_x25519_seed")));
    let proof: [u8; 64] = fixed(input, "proof");
    let mac: [u8; 32] = proof[..32].try_into().unwrap();
    if !mine.admits(&DirectPublic(fixed(input, "sender_x25519")), &export, &[&raw], &mac) {
        return Err("mac".to_owned());
    }
    Ok(match Dm::decode(&plain).map_err(|_| "dm")? {
        Dm::Say(say) => json!({ "n": say.n, "text": say.text.as_str(), "once_s": say.once_s }),
        Dm::Word(n, word) => {
            let word = match word {
                Word::Had => "had",
                Word::Opened => "opened",
                Word::TakenBack => "taken-back",
                Word::AllTakenBack => "all-taken-back",
            };
            json!({ "n": n, "word": word })
        }
    })
}
