//! Section 2: X-Wing keys, from their seeds and as somebody else's bytes.

use ephem_node::base::secret::Secret;
use ephem_node::crypto::kem::{KemPublic, KemSecret};
use serde_json::{Value, json};

use super::json::{bytes, fixed, h};
use super::{Group, Outcome, some};

pub fn group() -> Group {
    let mut g = Group::new("keys to seal to", "section 2: X-Wing");
    let seed = some::<32>("a kem seed");
    let made = g.good("A key pair is made of a seed", "kem-seed", json!({ "seed": h(seed) }));
    g.good("A seed of zeros is one too", "kem-seed", json!({ "seed": h([0; 32]) }));
    let public = bytes(&made, "public");
    let mut other = |name: &str, change: &dyn Fn(&mut Vec<u8>), good: bool| {
        let mut key = public.clone();
        change(&mut key);
        let input = json!({ "public": h(key) });
        if good {
            g.good(name, "kem", input);
        } else {
            g.bad(name, "kem", input, "kem");
        }
    };
    other("A key as it is made", &|_| (), true);
    other("Zeros for the X25519 part: it is not looked at", &|key| key[1184..].fill(0), true);
    // Two coefficients in three bytes, the low one first.
    other("A coefficient of 3,328", &|key| key[..3].copy_from_slice(&[0x00, 0x0d, 0x00]), true);
    other("A coefficient of 3,329", &|key| key[..3].copy_from_slice(&[0x01, 0x0d, 0x00]), false);
    other("A last coefficient of 4,095", &|key| key[1150..1152].fill(0xff), false);
    other("A byte too few", &|key| key.truncate(1215), false);
    other("A byte too many", &|key| key.push(0), false);
    g
}

pub fn seed(input: &Value) -> Outcome {
    let (_, public) = KemSecret::from_seed(Secret::new(fixed(input, "seed")));
    Ok(json!({ "public": h(public.as_bytes()), "tag": h(public.tag()) }))
}

pub fn public(input: &Value) -> Outcome {
    let public = KemPublic::from_bytes(&bytes(input, "public")).ok_or("kem")?;
    Ok(json!({ "tag": h(public.tag()) }))
}
