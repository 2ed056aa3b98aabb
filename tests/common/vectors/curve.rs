//! Signatures that only a strict verification refuses: made with the group's order and little arithmetic.

use ephem_node::crypto::kdf::Label;
use sha2::{Digest, Sha512};

use super::json::unhex;
use super::{actor, actor_seed};

/// The neutral point of the curve: a key under which R = itself and S = 0 satisfy the bare equation.
pub const NEUTRAL: [u8; 32] = {
    let mut point = [0; 32];
    point[0] = 1;
    point
};

/// The order of the group, little endian.
const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

/// The same signature with the group's order added to its scalar.
pub fn unreduced(sig: &[u8; 64]) -> [u8; 64] {
    let mut out = *sig;
    let scalar = add(out[32..].try_into().unwrap(), order());
    out[32..].copy_from_slice(&scalar);
    out
}

/// A signature by somebody with the neutral point as its R: S = k a satisfies the bare equation S B = R + k A.
pub fn neutral_commitment(who: &str, label: Label, message: &[u8]) -> [u8; 64] {
    let signed = [b"ephem/1/", label.as_str().as_bytes(), &[0], message].concat();
    let k =
        Sha512::new().chain_update(NEUTRAL).chain_update(actor(who).id().0).chain_update(signed).finalize();
    let mut a: [u8; 32] = Sha512::digest(actor_seed(who))[..32].try_into().unwrap();
    a[0] &= 0xf8;
    a[31] = a[31] & 0x7f | 0x40;
    let mut out = [0; 64];
    out[..32].copy_from_slice(&NEUTRAL);
    out[32..].copy_from_slice(&times(&k, &a));
    out
}

/// `x y` modulo the order, by doubling and adding. All numbers are little endian.
fn times(x: &[u8], y: &[u8; 32]) -> [u8; 32] {
    let y = (0..256).rev().fold([0; 32], |sum, bit| step(sum, &NEUTRAL, y[bit / 8] >> (bit % 8) & 1 == 1));
    (0..8 * x.len()).rev().fold([0; 32], |sum, bit| step(sum, &y, x[bit / 8] >> (bit % 8) & 1 == 1))
}

fn step(sum: [u8; 32], y: &[u8; 32], set: bool) -> [u8; 32] {
    let doubled = reduced(add(sum, sum));
    if set { reduced(add(doubled, *y)) } else { doubled }
}

/// One subtraction at most: sums of two reduced numbers are under twice the order.
fn reduced(x: [u8; 32]) -> [u8; 32] {
    if x.iter().rev().lt(order().iter().rev()) {
        return x;
    }
    let mut complement = order().map(|byte| !byte);
    complement = add(complement, NEUTRAL);
    add(x, complement)
}

fn add(x: [u8; 32], y: [u8; 32]) -> [u8; 32] {
    let mut out = x;
    let mut carry = 0;
    for (byte, add) in out.iter_mut().zip(y) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    out
}

fn order() -> [u8; 32] {
    unhex(ORDER).try_into().unwrap()
}
